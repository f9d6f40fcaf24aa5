"""The guest's network cards, on the links that the network's plan has made for them."""

from __future__ import annotations

from kvnode.api.card_address import canonical_mac
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.network import Interface
from kvnode.planning.architecture import Architecture
from kvnode.planning.device_plans import InterfaceDevice
from kvnode.planning.disks import pci_address, virtio_model
from kvnode.planning.network import NetworkPlan
from kvnode.planning.refusal import invalid, one_of
from kvnode.planning.settings import PlanSettings

_MODELS = ("virtio", "e1000", "e1000e", "igb", "ne2k_pci", "pcnet", "rtl8139")


def interface_devices(
    vmi: VirtualMachineInstance, arch: Architecture, network: NetworkPlan, settings: PlanSettings
) -> tuple[InterfaceDevice, ...]:
    """A card for each interface that ends in a tap, in the manifest's order.

    An SR-IOV interface is a device of the host (``host_devices``). What a binding plugin attaches by itself has none
    here: its sidecar adds what it needs.
    """
    devices: list[InterfaceDevice] = []
    for position, interface in enumerate(vmi.spec.domain.devices.interfaces):
        at = f"spec.domain.devices.interfaces[{position}]"
        if interface.state == "absent" or interface.sriov is not None:
            continue
        planned = network.interface(interface.name)
        if planned is not None:
            queues = planned.queues if planned.queues > 1 else None
            devices.append(_device(at, vmi, interface, arch, planned.tap, planned.guest_mac, planned.mtu, queues))
        elif interface.binding is not None:
            if interface.binding.name in settings.tap_plugins:
                tap = f"tap{position}"
                devices.append(
                    _device(at, vmi, interface, arch, tap, canonical_mac(interface.mac_address or ""), None, None)
                )
        else:
            raise invalid(at, f"the interface {interface.name[:60]!r} has no binding that can be planned")
    return tuple(devices)


def _device(
    at: str,
    vmi: VirtualMachineInstance,
    interface: Interface,
    arch: Architecture,
    tap: str,
    mac: str | None,
    mtu: int | None,
    queues: int | None,
) -> InterfaceDevice:
    model = one_of(f"{at}.model", interface.model, _MODELS) or "virtio"
    return InterfaceDevice(
        interface.name,
        f"ua-{interface.name}",
        virtio_model(vmi, arch) if model == "virtio" else model,
        tap,
        mac=mac.replace("-", ":").lower() if mac else None,
        mtu=mtu,
        queues=queues,
        boot_order=interface.boot_order or None,
        acpi_index=interface.acpi_index or None,
        link_down=interface.state == "down",
        # Who names no order never boots from it, and its firmware needn't look.
        rom=bool(interface.boot_order),
        address=pci_address(f"{at}.pciAddress", interface.pci_address),
    )
