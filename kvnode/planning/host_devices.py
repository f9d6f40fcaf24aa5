"""Devices of the host that become the guest's: functions on PCI, mediated devices, USB devices.

Which ones is not decided here: a device plugin (or the SR-IOV network's) has allotted addresses to the Pod, and the
facts have them by resource name, in the order in which the manifest's devices take them. That order is: host devices,
GPUs, interfaces. What a driver has allotted to a resource claim the facts have by the claim and the request in it.
"""

from __future__ import annotations

from kvnode.api.devices import GPU
from kvnode.api.devices import HostDevice as HostDeviceSpec
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.network import Interface
from kvnode.errors import HostError
from kvnode.facts import ClaimedDevice, HostFacts
from kvnode.planning.device_plans import HostDevice, PciAddress
from kvnode.planning.devices import has_graphics
from kvnode.planning.pci import pci_address
from kvnode.planning.refusal import Refused, invalid

_DEVICES = "spec.domain.devices"


def host_devices(vmi: VirtualMachineInstance, host: HostFacts) -> tuple[HostDevice, ...]:
    """Every device of the manifest that lives on the host. Raises HostError where the node has allotted too few."""
    devices = vmi.spec.domain.devices
    functions = _functions(devices.interfaces, host)
    if not devices.host_devices and not devices.gpus:
        return functions
    allotted = _Allotted(host)
    made: list[HostDevice] = []
    for position, device in enumerate(devices.host_devices):
        at = f"{_DEVICES}.hostDevices[{position}]"
        made.append(allotted.take(at, device, f"ua-hostdevice-{device.name}"))
    displayed = not has_graphics(devices)
    for position, gpu in enumerate(devices.gpus):
        taken = allotted.take(f"{_DEVICES}.gpus[{position}]", gpu, f"ua-gpu-{gpu.name}")
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


def _functions(interfaces: tuple[Interface, ...], host: HostFacts) -> tuple[HostDevice, ...]:
    """The functions of network cards behind SR-IOV interfaces."""
    made: list[HostDevice] = []
    for position, interface in enumerate(interfaces):
        if interface.sriov is None or interface.state == "absent":
            continue
        made.append(_function(f"{_DEVICES}.interfaces[{position}]", interface, host))
    return tuple(made) if made else ()


def _function(at: str, interface: Interface, host: HostFacts) -> HostDevice:
    link = host.links.get(interface.name)
    if link is None or link.pci is None:
        raise HostError(f"{at}.sriov: no function of a network card is allotted to the network {interface.name[:60]!r}")
    return HostDevice(
        "pci",
        f"ua-sriov-{interface.name}",
        source=_address(at, "", link.pci),
        boot_order=interface.boot_order or None,
        address=_address(at, "pciAddress", interface.pci_address) if interface.pci_address else None,
    )


def _address(at: str, field: str, text: str) -> PciAddress:
    try:
        return pci_address(field, text)
    except Refused as fault:
        raise fault.at(at) from None


class _Allotted:
    """What the node has allotted, taken in turn: by resource name, or by a claim and the request within it."""

    def __init__(self, host: HostFacts) -> None:
        kinds = (("pci", host.pci), ("mdev", host.mdev), ("usb", host.usb))
        self._left = {name: [(kind, one) for one in held] for kind, all_ in kinds for name, held in all_.items()}
        self._claimed = {
            (claim, request): [_claimed(device) for device in devices]
            for claim, requests in host.claims.items()
            for request, devices in requests.items()
        }

    def take(self, at: str, device: GPU | HostDeviceSpec, alias: str) -> HostDevice:
        """The next device of the resource, or of the claim's request, that the manifest's device names."""
        if device.device_name:
            left = self._left.get(device.device_name)
            field, what = "deviceName", f"{device.device_name[:80]!r}"
        elif device.claim_name:
            request = device.request_name or ""
            left = self._claimed.get((device.claim_name, request))
            field, what = "claimName", f"by the request {request[:63]!r} of the claim {device.claim_name[:63]!r}"
        else:
            raise invalid(at, "a device is named by a deviceName, or by a claimName and its requestName")
        if not left:
            raise HostError(f"{at}.{field}: the node has allotted no (further) device {what} to the guest")
        kind, address = left.pop(0)
        if kind == "pci":
            return HostDevice(kind, alias, source=_address(at, "", address))
        if kind == "mdev":
            return HostDevice(kind, alias, uuid=address)
        bus, _, number = address.partition(":")
        return HostDevice(kind, alias, usb_bus=int(bus), usb_device=int(number))


def _claimed(device: ClaimedDevice) -> tuple[str, str]:
    if device.pci is not None:
        return "pci", device.pci
    return ("mdev", device.mdev) if device.mdev is not None else ("usb", device.usb or "0:0")
