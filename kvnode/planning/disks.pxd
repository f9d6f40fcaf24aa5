# cython: language_level=3
"""The types of kvnode.planning.disks, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_disks cimport CDRomTarget
from kvnode._fast.layout_api_disks cimport CustomBlockSize
from kvnode._fast.layout_api_disks cimport Disk
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_volumes cimport Volume
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_facts_host cimport VolumeFacts as host_VolumeFacts
from kvnode._fast.layout_planning_device_plans cimport BlockIo
from kvnode._fast.layout_planning_device_plans cimport DiskDevice
from kvnode._fast.layout_planning_intermediate cimport Architecture
from kvnode._fast.layout_planning_intermediate cimport IoThreads
from kvnode.planning.architecture cimport disk_bus
from kvnode.planning.disk_operations cimport volume_path
from kvnode.planning.pci cimport Places
from kvnode.planning.pci cimport pci_address
from kvnode.planning.refusal cimport choice
from kvnode.planning.refusal cimport invalid

@cython.locals(made=list, disk=Disk, served_by=tuple)
cpdef tuple disk_devices(VirtualMachineInstance vmi, host_HostFacts host, Architecture arch, tuple operations, IoThreads threads, vcpus, Places places)

cdef class _Guest:
    cdef Architecture _arch
    cdef host_HostFacts _host
    cdef tuple _volumes
    cdef dict _indexes
    cdef dict _operations
    cdef object _virtio
    cdef object _queues
    cdef _Names _names
    cdef Places _places
    cdef object _units
    cpdef DiskDevice device(self, Disk disk, tuple threads)
    cpdef BlockIo _blocks(self, Disk disk, bus, source, host_VolumeFacts facts)

cpdef bint matches_volume(Disk disk)
cpdef _no_bus(kind, bus)
cpdef _check_empty(kind, name, bus)
cpdef bint _is_open(CDRomTarget drive)
cpdef virtio_model(VirtualMachineInstance vmi, Architecture arch)

cdef class _Names:
    cdef dict _given
    cdef object _taken
    cdef object _next
    cpdef target(self, name, prefix)

cpdef _letters(number)
cpdef bint _read_only(index, kind, bus)
cpdef _file_of(Volume volume)
cpdef _source(index, Volume volume, host_VolumeFacts facts, operation, bint lun)
cpdef tuple _claim(index, host_VolumeFacts facts, bint lun=*)
cpdef _cache(Disk disk)
cpdef _io(asked)
cpdef BlockIo _custom_blocks(CustomBlockSize custom)
cpdef BlockIo _matching_blocks(bus, source, host_VolumeFacts facts, host_HostFacts host)
