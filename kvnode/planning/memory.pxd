# cython: language_level=3
"""The types of kvnode.planning.memory, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_facts_host cimport Cell as host_Cell
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_planning_domain_plan cimport MemoryPlan
from kvnode.planning.refusal cimport bytes_of
from kvnode.planning.refusal cimport invalid
from kvnode.planning.refusal cimport one_of

cdef object _SMALLEST
cdef object _LARGEST
cdef object _SLOTS
cpdef MemoryPlan memory_plan(VirtualMachineInstance vmi, host_HostFacts host)
cpdef requested_bytes(VirtualMachineInstance vmi, MemoryPlan memory)
cpdef added_overhead_bytes(VirtualMachineInstance vmi)
cpdef locked_bytes(VirtualMachineInstance vmi, MemoryPlan memory, overhead_bytes)
cpdef check_memory_fits(host_HostFacts host, guest_bytes, overhead_bytes)
cpdef tuple _guest_memory(VirtualMachineInstance vmi)
cpdef _in_range(field, amount)
cpdef _page_bytes(VirtualMachineInstance vmi, size)
@cython.locals(cell=host_Cell)
cpdef _check_pages(host_HostFacts host, size, page)
