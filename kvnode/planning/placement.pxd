# cython: language_level=3
"""The types of kvnode.planning.placement, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_planning_domain_plan cimport MemoryPlan
from kvnode._fast.layout_planning_domain_plan cimport Topology
from kvnode._fast.layout_planning_domain_plan cimport VcpuPlan
from kvnode._fast.layout_planning_intermediate cimport IoThreads
from kvnode._fast.layout_planning_intermediate cimport Placement
from kvnode.planning.refusal cimport invalid

cpdef Placement placement(VirtualMachineInstance vmi, host_HostFacts host, VcpuPlan vcpu, Topology topology, MemoryPlan memory, IoThreads threads)
cpdef _host_cells(tuple cells)
cpdef emulator_cpus(VirtualMachineInstance vmi, others)
cpdef _page(MemoryPlan memory)
cpdef list _free_pages(host_HostFacts host, page)
cpdef _cpus(list cpus)
cpdef list _turn(list vcpus, thread, threads)
cpdef _realtime(VirtualMachineInstance vmi, VcpuPlan vcpu)
cpdef tuple _cells(host_HostFacts host, list shares, VcpuPlan vcpu, Topology topology, MemoryPlan memory, page)
