# cython: language_level=3
"""The types of kvnode.planning.iothreads, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_cpu_memory cimport DiskIOThreads
from kvnode._fast.layout_api_disks cimport Disk
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_planning_intermediate cimport Architecture
from kvnode._fast.layout_planning_intermediate cimport IoThreads
from kvnode.planning.architecture cimport disk_bus
from kvnode.planning.refusal cimport invalid
from kvnode.planning.refusal cimport one_of

cdef tuple _POLICIES
cdef object _THREADS_FOR_VCPU
cdef object _MOST_THREADS
@cython.locals(disk=Disk)
cpdef IoThreads iothreads_plan(VirtualMachineInstance vmi, Architecture arch, vcpus)
@cython.locals(of_disk=list, disk=Disk)
cpdef tuple _dealt(tuple disks, list on_virtio, shared)
cpdef IoThreads _pool(DiskIOThreads threads, list on_virtio)
