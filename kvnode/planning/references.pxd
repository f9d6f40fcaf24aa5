# cython: language_level=3
"""The types of kvnode.planning.references, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_volumes cimport CloudInitNoCloudSource

@cython.locals(errors=list)
cpdef VirtualMachineInstance resolve_references(VirtualMachineInstance vmi, objects)
cpdef VirtualMachineInstance with_cloud_init_data(VirtualMachineInstance vmi, user_data, network_data)
cpdef CloudInitNoCloudSource _resolved(field, CloudInitNoCloudSource source, dict secrets, list errors)
cpdef _named(names)
