# cython: language_level=3
"""The types of kvnode.planning.placement, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_cpu_memory cimport Realtime
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_facts_host cimport Cell as host_Cell
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_planning_domain_plan cimport MemoryPlan
from kvnode._fast.layout_planning_domain_plan cimport Topology
from kvnode._fast.layout_planning_domain_plan cimport VcpuPlan
from kvnode._fast.layout_planning_intermediate cimport IoThreads
from kvnode._fast.layout_planning_intermediate cimport Placement
from kvnode.planning.refusal cimport invalid

cdef object _CPU
cdef object _MOST_PAGES
cdef object _LOCAL
cdef object _FARTHEST
cpdef Placement placement(VirtualMachineInstance vmi, host_HostFacts host, VcpuPlan vcpu, Topology topology, MemoryPlan memory, IoThreads threads)
cpdef _host_cells(tuple cells)
cpdef emulator_cpus(VirtualMachineInstance vmi, others)
cpdef _page(MemoryPlan memory)
@cython.locals(cell=host_Cell)
cpdef tuple _free_pages(host_HostFacts host, page)
@cython.locals(told=list)
cpdef _cpus(list cpus)
cpdef _run(first, last)
cpdef tuple _iothreads(VirtualMachineInstance vmi, IoThreads threads, list vcpus, list own, list emulator)
cpdef list _turn(list vcpus, thread, threads)
cpdef _realtime(Realtime realtime, vcpus)
@cython.locals(made=list, share=tuple)
cpdef tuple _cells(host_HostFacts host, list shares, VcpuPlan vcpu, Topology topology, MemoryPlan memory, page)
@cython.locals(rows=list, row=list, here=host_Cell, there=host_Cell)
cpdef list _distances(list used)
