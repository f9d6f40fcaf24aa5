# cython: language_level=3
"""The types of kvnode.planning.disk_operations, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_meta cimport LocalObjectReference
from kvnode._fast.layout_api_volumes cimport CloudInitNoCloudSource
from kvnode._fast.layout_api_volumes cimport Volume
from kvnode._fast.layout_facts_host cimport VolumeFacts as host_VolumeFacts
from kvnode.planning.hostname cimport guest_hostname
from kvnode.planning.refusal cimport bytes_of

@cython.locals(operations=list, volume=Volume)
cpdef tuple disk_operations(VirtualMachineInstance vmi, volumes=*)
cpdef volume_path(index, file)
cpdef _container_disk(index, Volume volume, host_VolumeFacts facts)
cpdef _empty_disk(index, Volume volume)
cpdef _cloud_init(index, Volume volume, VirtualMachineInstance vmi)
cpdef cloud_init_meta_data(VirtualMachineInstance vmi)
cpdef tuple _inline_data(field, CloudInitNoCloudSource source)
cpdef _text_or_base64(field, name, text, encoded)
cpdef _referenced(LocalObjectReference reference, data)
cpdef _fault(field, message)
