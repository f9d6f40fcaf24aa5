"""The guest's network cards, on the links that the network's plan has made for them."""

from __future__ import annotations

from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.network import Interface
from kvnode.planning.device_plans import InterfaceDevice
from kvnode.planning.disks import virtio_model
from kvnode.planning.intermediate import Architecture, PlanSettings
from kvnode.planning.macs import given_mac
from kvnode.planning.network_plans import InterfaceNetwork, NetworkPlan
from kvnode.planning.pci import Places, pci_address
from kvnode.planning.refusal import Refused, choice

_MODELS = ("virtio", "e1000", "e1000e", "igb", "ne2k_pci", "pcnet", "rtl8139")


def interface_devices(
    vmi: VirtualMachineInstance, arch: Architecture, network: NetworkPlan, settings: PlanSettings, places: Places
) -> tuple[InterfaceDevice, ...]:
    """A card for each interface that ends in a tap, in the manifest's order.

    An SR-IOV interface is a device of the host (``host_devices``). What a binding plugin attaches by itself has none
    here: its sidecar adds what it needs.
    """
    interfaces = vmi.spec.domain.devices.interfaces
    if not interfaces:
        return ()
    virtio = virtio_model(vmi, arch)
    made: list[InterfaceDevice] = []
    for position, interface in enumerate(interfaces):
        if interface.state == "absent" or interface.sriov is not None:
            continue
        try:
            device = _card(interface, _on_network(network, interface.name), position, virtio, settings, places)
        except Refused as fault:
            raise fault.at(f"spec.domain.devices.interfaces[{position}]") from None
        if device is not None:
            made.append(device)
    return tuple(made)


def _on_network(network: NetworkPlan, name: str) -> InterfaceNetwork | None:
    for planned in network.interfaces:
        if planned.name == name:
            return planned
    return None


def _card(
    interface: Interface,
    planned: InterfaceNetwork | None,
    position: int,
    virtio: str,
    settings: PlanSettings,
    places: Places,
) -> InterfaceDevice | None:
    """One card; None for what a binding plugin attaches. Raises Refused by the interface's own fields."""
    model = interface.model
    if not model or model == "virtio":
        model = virtio
    else:
        choice("model", model, _MODELS)
    mac: str | None = None
    mtu, queues = None, None
    if planned is not None:
        tap, mac, mtu = planned.tap, planned.guest_mac, planned.mtu
        queues = planned.queues if planned.queues > 1 else None
    elif interface.binding is None:
        raise Refused("", f"the interface {interface.name[:60]!r} has no binding that can be planned")
    elif interface.binding.name not in settings.tap_plugins:
        return None
    else:
        tap, mac = f"tap{position}", given_mac(interface.mac_address)
    place = interface.pci_address
    # By position, in the order of its fields.
    return InterfaceDevice(
        interface.name,
        f"ua-{interface.name}",
        model,
        tap,
        mac,
        mtu,
        queues,
        interface.boot_order or None,
        interface.acpi_index or None,
        interface.state == "down",
        # Who names no order never boots from it, and its firmware needn't look.
        bool(interface.boot_order),
        pci_address("pciAddress", place) if place else places.card(model),
    )
