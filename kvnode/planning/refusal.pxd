# cython: language_level=3
"""The types of kvnode.planning.refusal, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_devices cimport Devices
from kvnode._fast.layout_api_disks cimport Disk as disks_Disk
from kvnode._fast.layout_api_instance cimport DomainSpec
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_instance cimport VirtualMachineInstanceSpec
from kvnode._fast.layout_api_network cimport Network as network_Network
from kvnode._fast.quantities cimport plain_bytes

cdef object _DOMAIN
cpdef invalid(field, message)
cpdef choice(field, value, tuple allowed)
cpdef one_of(field, value, tuple allowed)
cpdef _none_of(value, tuple allowed)
cpdef bytes_of(field, quantity)
cpdef some_of(tuple names, most=*)
@cython.locals(found=list)
cpdef refuse_unplanned(VirtualMachineInstance vmi)
cpdef _unplanned(field, why)
cpdef _find_compute(list found, DomainSpec domain)
@cython.locals(disk=disks_Disk)
cpdef _find_devices(list found, Devices devices)
@cython.locals(network=network_Network)
cpdef _find_sources(list found, VirtualMachineInstanceSpec spec)
