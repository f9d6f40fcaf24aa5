# cython: language_level=3
"""The types of kvnode.planning.disk_operations, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_meta cimport LocalObjectReference
from kvnode._fast.layout_api_volumes cimport CloudInitNoCloudSource
from kvnode._fast.layout_api_volumes cimport ContainerDiskSource
from kvnode._fast.layout_api_volumes cimport EmptyDiskSource
from kvnode._fast.layout_api_volumes cimport Volume as volumes_Volume
from kvnode._fast.layout_facts_host cimport VolumeFacts as host_VolumeFacts
from kvnode._fast.layout_planning_disk_files cimport CloudInitNoCloud
from kvnode._fast.layout_planning_disk_files cimport ContainerDisk
from kvnode._fast.layout_planning_disk_files cimport EmptyDisk
from kvnode.planning.hostname cimport guest_hostname
from kvnode.planning.refusal cimport bytes_of
from kvnode.planning.refusal cimport invalid

@cython.locals(operations=list, volume=volumes_Volume)
cpdef tuple disk_operations(VirtualMachineInstance vmi, dict volumes=*)
cpdef volume_path(index, file)
cpdef ContainerDisk _container_disk(index, name, ContainerDiskSource source, host_VolumeFacts facts)
cpdef EmptyDisk _empty_disk(index, name, EmptyDiskSource source)
cpdef CloudInitNoCloud _cloud_init(index, name, CloudInitNoCloudSource source, VirtualMachineInstance vmi)
@cython.locals(annotations=dict)
cpdef cloud_init_meta_data(VirtualMachineInstance vmi)
cpdef _data(index, name, text, encoded)
cpdef _fault(index, field, message)
cpdef _referenced(LocalObjectReference reference, data)
