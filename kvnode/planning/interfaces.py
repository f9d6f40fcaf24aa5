"""The guest's network cards, on the links that the network's plan has made for them."""

from __future__ import annotations

from typing import NamedTuple

from kvnode.api.card_address import canonical_mac
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.network import Interface
from kvnode.planning.device_plans import InterfaceDevice
from kvnode.planning.disks import virtio_model
from kvnode.planning.intermediate import Architecture, PlanSettings
from kvnode.planning.network import InterfaceNetwork, NetworkPlan
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
    guest = _Guest(virtio_model(vmi, arch), settings.tap_plugins, places)
    made: list[InterfaceDevice] = []
    for position, interface in enumerate(vmi.spec.domain.devices.interfaces):
        if interface.state == "absent" or interface.sriov is not None:
            continue
        try:
            device = guest.device(interface, network.interface(interface.name), position)
        except Refused as fault:
            raise fault.at(f"spec.domain.devices.interfaces[{position}]") from None
        if device is not None:
            made.append(device)
    return tuple(made)


class _Guest(NamedTuple):
    """What all interfaces of a guest share."""

    virtio: str
    tap_plugins: frozenset[str]
    places: Places

    def device(self, interface: Interface, planned: InterfaceNetwork | None, position: int) -> InterfaceDevice | None:
        """One card; None for what a binding plugin attaches. Raises Refused by the interface's own fields."""
        mac, mtu, queues = None, None, None
        model = choice("model", interface.model, _MODELS) if interface.model else "virtio"
        virtio = model == "virtio"
        if planned is not None:
            tap, mac, mtu = planned.tap, planned.guest_mac, planned.mtu
            queues = planned.queues if planned.queues > 1 else None
        elif interface.binding is None:
            raise Refused("", f"the interface {interface.name[:60]!r} has no binding that can be planned")
        elif interface.binding.name not in self.tap_plugins:
            return None
        else:
            tap, mac = f"tap{position}", canonical_mac(interface.mac_address) if interface.mac_address else None
        if virtio:
            model = self.virtio
        place = interface.pci_address
        return InterfaceDevice(
            interface.name,
            f"ua-{interface.name}",
            model,
            tap,
            mac=mac,
            mtu=mtu,
            queues=queues,
            boot_order=interface.boot_order or None,
            acpi_index=interface.acpi_index or None,
            link_down=interface.state == "down",
            # Who names no order never boots from it, and its firmware needn't look.
            rom=bool(interface.boot_order),
            address=pci_address("pciAddress", place) if place else self.places.card(model),
        )
