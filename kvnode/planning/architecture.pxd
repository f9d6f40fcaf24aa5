# cython: language_level=3
"""The types of kvnode.planning.architecture, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_api_disks cimport Disk
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_planning_intermediate cimport Architecture
from kvnode.planning.refusal cimport invalid

cdef object _NEW
cdef object _OLD
cdef dict _TABLE
cdef dict _BY_HOST
cpdef Architecture architecture_of(VirtualMachineInstance vmi, host_HostFacts host)
cpdef disk_bus(Disk disk, Architecture arch)
