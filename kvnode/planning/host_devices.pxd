# cython: language_level=3
"""The types of kvnode.planning.host_devices, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_devices cimport GPU
from kvnode._fast.layout_api_devices cimport HostDevice as devices_HostDevice
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_network cimport Interface
from kvnode._fast.layout_facts_host cimport ClaimedDevice as host_ClaimedDevice
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_planning_device_plans cimport HostDevice
from kvnode._fast.layout_planning_device_plans cimport PciAddress
from kvnode.planning.devices cimport has_graphics
from kvnode.planning.pci cimport pci_address
from kvnode.planning.refusal cimport invalid

cdef object _DEVICES
@cython.locals(made=list, device=devices_HostDevice, gpu=GPU)
cpdef tuple host_devices(VirtualMachineInstance vmi, host_HostFacts host)
cpdef HostDevice _with_display(HostDevice device, GPU gpu)
@cython.locals(made=list, interface=Interface)
cpdef tuple _functions(tuple interfaces, host_HostFacts host)
cpdef HostDevice _function(at, Interface interface, host_HostFacts host)
cpdef PciAddress _address(at, field, text)

cdef class _Allotted:
    cdef object _left
    cdef object _claimed
    cpdef HostDevice take(self, at, device, alias)

cpdef tuple _claimed(host_ClaimedDevice device)
