# cython: language_level=3
"""The types of kvnode.planning.interfaces, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_network cimport Interface
from kvnode._fast.layout_planning_device_plans cimport InterfaceDevice
from kvnode._fast.layout_planning_intermediate cimport Architecture
from kvnode._fast.layout_planning_intermediate cimport PlanSettings
from kvnode._fast.layout_planning_network_plans cimport InterfaceNetwork
from kvnode._fast.layout_planning_network_plans cimport NetworkPlan
from kvnode.planning.disks cimport virtio_model
from kvnode.planning.macs cimport given_mac
from kvnode.planning.pci cimport Places
from kvnode.planning.pci cimport pci_address
from kvnode.planning.refusal cimport choice

cdef tuple _MODELS
@cython.locals(made=list, interface=Interface)
cpdef tuple interface_devices(VirtualMachineInstance vmi, Architecture arch, NetworkPlan network, PlanSettings settings, Places places)
@cython.locals(planned=InterfaceNetwork)
cpdef InterfaceNetwork _on_network(NetworkPlan network, name)
@cython.locals(mac=str)
cpdef InterfaceDevice _card(Interface interface, InterfaceNetwork planned, position, virtio, PlanSettings settings, Places places)
