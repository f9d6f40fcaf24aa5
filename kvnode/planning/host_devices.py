"""Devices of the host that become the guest's: functions on PCI, mediated devices, USB devices.

Which ones is not decided here: a device plugin (or the SR-IOV network's) has allotted addresses to the Pod, and the
facts have them by resource name, in the order in which the manifest's devices take them. That order is: host devices,
GPUs, interfaces.
"""

from __future__ import annotations

from kvnode.api.devices import GPU
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.network import Interface
from kvnode.errors import HostError
from kvnode.facts import HostFacts
from kvnode.planning.device_plans import HostDevice, PciAddress
from kvnode.planning.devices import has_graphics
from kvnode.planning.disks import pci_address
from kvnode.planning.refusal import Refused

_DEVICES = "spec.domain.devices"


def host_devices(vmi: VirtualMachineInstance, host: HostFacts) -> tuple[HostDevice, ...]:
    """Every device of the manifest that lives on the host. Raises HostError where the node has allotted too few."""
    devices = vmi.spec.domain.devices
    functions = _functions(devices.interfaces, host)
    if not devices.host_devices and not devices.gpus:
        return tuple(functions)
    allotted = _Allotted(host)
    made: list[HostDevice] = []
    for position, device in enumerate(devices.host_devices):
        at = f"{_DEVICES}.hostDevices[{position}]"
        made.append(allotted.take(at, device.device_name or "", f"ua-hostdevice-{device.name}"))
    displayed = not has_graphics(vmi)
    for position, gpu in enumerate(devices.gpus):
        taken = allotted.take(f"{_DEVICES}.gpus[{position}]", gpu.device_name or "", f"ua-gpu-{gpu.name}")
        if taken.kind == "mdev" and not displayed:
            taken, displayed = _with_display(taken, gpu), True
        made.append(taken)
    return (*made, *functions)


def _with_display(device: HostDevice, gpu: GPU) -> HostDevice:
    """The first virtual GPU draws the screen, and before its driver is loaded a plain frame buffer does."""
    display = gpu.virtual_gpu_options.display if gpu.virtual_gpu_options is not None else None
    if display is not None and display.enabled is False:
        return device
    ramfb = display is None or display.ram_fb is None or display.ram_fb.enabled is not False
    return HostDevice(device.kind, device.alias, uuid=device.uuid, display=True, ramfb=ramfb)


def _functions(interfaces: tuple[Interface, ...], host: HostFacts) -> list[HostDevice]:
    """The functions of network cards behind SR-IOV interfaces."""
    made: list[HostDevice] = []
    for position, interface in enumerate(interfaces):
        if interface.sriov is None or interface.state == "absent":
            continue
        at = f"{_DEVICES}.interfaces[{position}]"
        link = host.links.get(interface.name)
        if link is None or link.pci is None:
            raise HostError(
                f"{at}.sriov: no function of a network card is allotted to the network {interface.name[:60]!r}"
            )
        made.append(
            HostDevice(
                "pci",
                f"ua-sriov-{interface.name}",
                source=_address(at, "", link.pci),
                boot_order=interface.boot_order or None,
                address=_address(at, "pciAddress", interface.pci_address) if interface.pci_address else None,
            )
        )
    return made


def _address(at: str, field: str, text: str) -> PciAddress:
    try:
        return pci_address(field, text)
    except Refused as fault:
        raise fault.at(at) from None


class _Allotted:
    """What the node has allotted, taken in turn."""

    def __init__(self, host: HostFacts) -> None:
        kinds = (("pci", host.pci), ("mdev", host.mdev), ("usb", host.usb))
        self._left = {name: (kind, list(addresses)) for kind, held in kinds for name, addresses in held.items()}

    def take(self, at: str, resource: str, alias: str) -> HostDevice:
        """The next device of a resource."""
        kind, left = self._left.get(resource, ("", []))
        if not left:
            raise HostError(
                f"{at}.deviceName: the node has allotted no (further) device {resource[:80]!r} to the guest"
            )
        address = left.pop(0)
        if kind == "pci":
            return HostDevice(kind, alias, source=_address(at, "", address))
        if kind == "mdev":
            return HostDevice(kind, alias, uuid=address)
        bus, _, device = address.partition(":")
        return HostDevice(kind, alias, usb_bus=int(bus), usb_device=int(device))
