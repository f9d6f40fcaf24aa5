# cython: language_level=3
"""The types of kvnode.planning.pci, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_disks cimport Disk as disks_Disk
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_network cimport Interface as network_Interface
from kvnode._fast.layout_planning_device_plans cimport PciAddress
from kvnode._fast.layout_planning_intermediate cimport Architecture

cpdef PciAddress pci_address(field, text)
cpdef PciAddress _read(text)
@cython.locals(texts=list, disk=disks_Disk, interface=network_Interface)
cpdef Places places_of(VirtualMachineInstance vmi, Architecture arch)
cpdef Places _places_beside(list texts)
@cython.locals(address=PciAddress)
cpdef bint _placeable(list given)

cdef class Places:
    cdef frozenset _slots
    cdef frozenset _buses
    cdef dict _instead
    cdef dict _functions
    cdef object _cards
    cdef object _disks
    cdef object _taken
    cdef list _own
    @cython.locals(place=PciAddress)
    cpdef PciAddress disk(self)
    @cython.locals(place=PciAddress)
    cpdef PciAddress card(self, model)
    cpdef tuple ports(self, memory_bytes, bint plugged, from_host)
    cpdef tuple _ports_elsewhere(self, blocks)
    cpdef PciAddress host_device(self)
    cpdef PciAddress function(self, slot)
    cpdef PciAddress next_function(self, slot)
    cpdef _slot(self, slot)


cdef class _Nowhere(Places):
    cpdef PciAddress disk(self)
    cpdef PciAddress card(self, model)
    cpdef tuple ports(self, memory_bytes, bint plugged, from_host)
    cpdef PciAddress host_device(self)
    cpdef PciAddress function(self, slot)
    cpdef PciAddress next_function(self, slot)

