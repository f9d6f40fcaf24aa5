# cython: language_level=3
"""The types of kvnode.planning.cpu, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_api_cpu_memory cimport CPU
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_planning_domain_plan cimport CpuFeature
from kvnode._fast.layout_planning_domain_plan cimport CpuPlan
from kvnode._fast.layout_planning_domain_plan cimport MemoryPlan
from kvnode._fast.layout_planning_domain_plan cimport Topology
from kvnode._fast.layout_planning_intermediate cimport Architecture
from kvnode.planning.refusal cimport one_of
from kvnode.planning.refusal cimport some_of

cdef CPU _NO_CPU
cdef CpuFeature _NO_MPX
cdef tuple _POLICIES
cdef object _MOST_VCPUS
cdef tuple _Q35_LIMITS
cdef object _X2APIC_FROM
cpdef tuple vcpu_plan(VirtualMachineInstance vmi, host_HostFacts host)
cpdef _vcpu_limit(host_HostFacts host)
cpdef CpuPlan cpu_plan(VirtualMachineInstance vmi, host_HostFacts host, Architecture arch, hypervisor, Topology topology, MemoryPlan memory, tuple cells=*)
cpdef CpuFeature _feature(index, name, policy)
cpdef _check_model(host_HostFacts host, model)
cpdef tuple _cells_for_growth(Topology topology, MemoryPlan memory)
