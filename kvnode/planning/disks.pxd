# cython: language_level=3
"""The types of kvnode.planning.disks, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_disks cimport CDRomTarget
from kvnode._fast.layout_api_disks cimport CustomBlockSize
from kvnode._fast.layout_api_disks cimport Disk
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_status cimport VolumeStatus
from kvnode._fast.layout_api_volumes cimport Volume
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_facts_host cimport VolumeFacts as host_VolumeFacts
from kvnode._fast.layout_planning_device_plans cimport BlockIo
from kvnode._fast.layout_planning_device_plans cimport DiskDevice
from kvnode._fast.layout_planning_disk_files cimport ContainerDisk
from kvnode._fast.layout_planning_disk_files cimport DiskSource
from kvnode._fast.layout_planning_disk_files cimport OfVolume
from kvnode._fast.layout_planning_intermediate cimport Architecture
from kvnode._fast.layout_planning_intermediate cimport IoThreads
from kvnode.planning.architecture cimport disk_bus
from kvnode.planning.disk_operations cimport volume_path
from kvnode.planning.pci cimport Places
from kvnode.planning.pci cimport pci_address
from kvnode.planning.refusal cimport choice
from kvnode.planning.refusal cimport invalid

@cython.locals(made=list, disk=Disk)
cpdef tuple disk_devices(VirtualMachineInstance vmi, host_HostFacts host, Architecture arch, tuple operations, IoThreads threads, vcpus, Places places)

cdef class _Guest:
    cdef Architecture _arch
    cdef host_HostFacts _host
    cdef dict _facts
    cdef tuple _volumes
    cdef dict _indexes
    cdef list _operations
    cdef object _virtio
    cdef object _queues
    cdef dict _given
    cdef frozenset _taken
    cdef Places _places
    cdef object _named_virtio
    cdef object _named_emulated
    cdef object _units
    @cython.locals(facts=host_VolumeFacts, source=DiskSource, volume=Volume)
    cpdef DiskDevice device(self, Disk disk, tuple threads)
    cpdef _target(self, name, bint virtio)
    cpdef BlockIo _blocks(self, Disk disk, bus, DiskSource source, host_VolumeFacts facts)

@cython.locals(volume=Volume)
cpdef dict volume_indexes(tuple volumes)
@cython.locals(found=list, operation=OfVolume)
cpdef list _by_volume(tuple operations, tuple volumes)
@cython.locals(given=dict, status=VolumeStatus)
cpdef dict _given_names(tuple statuses)
cpdef bint matches_volume(Disk disk)
cpdef _no_bus(kind, bus)
cpdef _check_empty(kind, name, bus)
cpdef bint _is_open(CDRomTarget drive)
cpdef virtio_model(VirtualMachineInstance vmi, Architecture arch)
cpdef _letters(number)
cpdef bint _read_only(index, kind, bus)
cpdef _file_of(Volume volume)
cpdef DiskSource _source(index, Volume volume, host_VolumeFacts facts, operation, bint lun)
cpdef DiskSource _made(operation, host_VolumeFacts facts)
cpdef DiskSource _overlay(ContainerDisk disk, host_VolumeFacts facts)
cpdef DiskSource _claim(index, host_VolumeFacts facts, bint lun)
cpdef bint _is_generated(Volume volume)
cpdef _cache(Disk disk)
cpdef _io(asked)
cpdef BlockIo _custom_blocks(CustomBlockSize custom)
cpdef BlockIo _matching_blocks(bus, DiskSource source, host_VolumeFacts facts, host_HostFacts host)
