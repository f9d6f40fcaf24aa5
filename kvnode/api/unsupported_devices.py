"""Devices that are well-formed, which is all that admission asks for, and that no machine here can have.

libvirt or QEMU would say so when the guest starts, or not at all: of a place on PCI that can't be there libvirt forgets
some in silence, and others the guest never looks at. So it is said before, in every mode.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.validation.disks import PCI_ADDRESS
from kvnode.errors import VALUE_NOT_SUPPORTED, FieldError

__all__ = ["unsupported_devices"]

_EXPRESS_CARDS = ("virtio", "e1000e", "igb")
"""Models of network cards that are PCI Express."""

_CHIPSET = ("1f.0", "1f.2", "1f.3")
"""What q35 has on bus 00 itself: the bridge to ISA, SATA, SMBus."""

_MOST_PORTS = 30 * 8
"""Root ports that bus 00 has room for: eight functions in each of the slots 01 to 1e."""


class _Place(NamedTuple):
    """An address of the manifest's in lower case, whose device it is, and whether that is PCI Express."""

    field: str
    address: str
    express: bool

    @property
    def bus(self) -> str:
        return self.address[5:7]

    @property
    def slot(self) -> str:
        return self.address[8:10]

    @property
    def function(self) -> str:
        return self.address[11:]


def unsupported_devices(vmi: VirtualMachineInstance) -> Iterator[FieldError]:
    """Findings with reason FieldValueNotSupported, of a guest with its defaults."""
    if vmi.spec.architecture != "s390x":
        yield from _places(vmi)


def _places(vmi: VirtualMachineInstance) -> Iterator[FieldError]:
    """Each place by itself, then as one of all: two devices have two, and function 0 of a slot is there.

    A guest asks a slot's function 0 whether anything is there (PCI Local Bus Specification 3.0, 3.2.2.3.4).
    """
    places = list(_given(vmi))
    taken: dict[str, str] = {}
    for place in places:
        taken.setdefault(place.address, place.field)
    for place in places:
        message = _fault(place, vmi.spec.architecture != "arm64")
        if message is None and taken[place.address] != place.field:
            message = f"{place.address} is that of {taken[place.address].rpartition('.')[0]} already: take another."
        if message is None and place.function != "0" and f"{place.address[:-1]}0" not in taken and not _rear(place):
            message = f"nothing is at function 0 of its slot, so no guest looks for more: take {place.address[:-1]}0."
        if message is not None:
            yield FieldError(place.field, VALUE_NOT_SUPPORTED, message)


def _given(vmi: VirtualMachineInstance) -> Iterator[_Place]:
    devices = vmi.spec.domain.devices
    old = bool(devices.use_virtio_transitional)
    for index, interface in enumerate(devices.interfaces):
        address, model = interface.pci_address, interface.model or "virtio"
        if address and PCI_ADDRESS(address) and interface.state != "absent":
            express = model in _EXPRESS_CARDS and not (old and model == "virtio")
            yield _Place(f"spec.domain.devices.interfaces[{index}].pciAddress", address.lower(), express)
    for index, disk in enumerate(devices.disks):
        address = disk.disk.pci_address if disk.disk is not None else None
        if address and PCI_ADDRESS(address):
            yield _Place(f"spec.domain.devices.disks[{index}].disk.pciAddress", address.lower(), not old)


def _rear(place: _Place) -> bool:
    """In the slot of the chipset, whose function 0 is there."""
    return place.bus == "00" and place.slot == "1f"


def _fault(place: _Place, q35: bool) -> str | None:
    """What is wrong with a place whatever else there is.

    Every bus but the root's own is that of a PCI Express root port, which has one slot (libvirt's documentation,
    "Controllers", pcie-root-port). Devices of conventional PCI come behind a bridge, which has 32.
    """
    if int(place.address[:4], 16):
        return f"the guest's PCI has one domain, and {place.address} is in another: begin with 0000."
    if place.bus != "00":
        if int(place.bus, 16) > _MOST_PORTS:
            return f"bus {place.bus} is behind no root port, of which a guest has {_MOST_PORTS}: take a lower one."
        if place.express and place.slot != "00":
            bus = place.bus
            return f"bus {bus} is a root port's, which has slot 00 alone: take 0000:{bus}:00.0, or a slot of bus 00."
        return None
    if place.slot == "00" or (q35 and place.address[8:] in _CHIPSET):
        return f"{place.address} is the machine's own: take a slot of bus 00 from 01 to 1e."
    return None
