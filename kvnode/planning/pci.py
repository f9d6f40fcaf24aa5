"""Where each device lies on the guest's PCI, so that it lies there at every start and whatever is added later.

A guest knows its devices by their place: names of network cards, boot entries of UEFI and the activation of Windows go
by it. libvirt deals places out by its own order of kinds, so that with one more card every disk moves. Here each kind
has places of its own and counts them up:

- what there is once (controllers, balloon, rng, watchdog, ...) has a slot of bus 0 that is kept for it. Nothing can be
  pulled out of bus 0 while the guest runs, which is right for them;
- cards and virtio disks are behind root ports, in blocks of eight ports that fill a slot: four for cards, four for
  disks. A block is there as a whole, so a fifth disk adds a block behind all others, and buses keep the numbers that
  the guest's firmware gives them. Free ports take what is plugged while the guest runs;
- devices of the host have ports after all blocks: their slots stay, and a block more makes their buses' numbers larger.

A place that the manifest names is that device's, and whoever would have had it takes the next one. What has no place
here (a ninth tablet, a second SATA controller, a bus that the manifest makes a bridge of) is left to libvirt, which
moves nothing that has one. So are all devices of a guest with ``useVirtioTransitional``: they belong on a bridge.

As many ports are kept free as with KubeVirt: with up to 2 GiB of memory three of at least eight, with more six of at
least sixteen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from kvnode.planning.device_plans import (
    Controller,
    DevicesPlan,
    DiskDevice,
    HostDevice,
    InterfaceDevice,
    PciAddress,
)

_D = TypeVar("_D", bound=Struct)
_Port = TypeVar("_Port", DiskDevice, InterfaceDevice, HostDevice)

_SCREEN = 0x01
_BLOCKS = tuple(range(0x02, 0x0E))
_SPARE = (0x0E, 0x0F)
_HOST_PORTS = (0x10, 0x11)
_PANIC = 0x13
_CONTROLLERS = {"usb": 0x14, "scsi": 0x15, "virtio-serial": 0x16}
_BALLOON, _RNG, _WATCHDOG, _VSOCK = 0x17, 0x18, 0x19, 0x1A
_SOUND = 0x1B  # where the machine that q35 imitates has it
_INPUTS, _FILESYSTEMS, _OLD_CARDS = 0x1C, 0x1D, 0x1E

_IN_BLOCK = 8  # as many functions as a slot has
_OF_A_KIND = 4
_SMALL_BYTES = 2 << 30
_SMALL, _LARGE, _NOTHING_PLUGGED = (1, 3), (2, 6), (1, 0)
"""Blocks at least, and free ports at least."""

_EXPRESS_CARDS = ("virtio", "virtio-non-transitional", "e1000e", "igb")
_PCI_SCREENS = ("vga", "cirrus", "virtio", "bochs")
_ROOT_PORT = "pcie-root-port"

_PLACES = tuple(tuple(PciAddress(0, 0, slot, function) for function in range(_IN_BLOCK)) for slot in range(0x20))
"""Of bus 0, by slot and function."""

_MOST_PORTS = _IN_BLOCK * (len(_BLOCKS) + len(_HOST_PORTS))
_BEHIND = tuple(PciAddress(0, bus, 0, 0) for bus in range(_MOST_PORTS + 1))
"""The one place that a root port has behind it, by its bus."""


def with_places(devices: DevicesPlan, memory_bytes: int, plugged: bool, old_virtio: bool) -> DevicesPlan:
    """The same devices, each with its place on PCI, and the root ports.

    memory_bytes  -- the guest's, which says how many ports are kept free
    plugged       -- whether anything may be plugged while the guest runs
    old_virtio    -- its virtio devices are of the kind that belongs on a conventional bus

    Worked: 1 GiB, a card, three virtio disks, a balloon: ports 1 to 8 in slot 2, the card behind port 1, the disks
    behind 5, 6 and 7, four ports free, the balloon in slot 0x17.
    """
    given = [
        device.address
        for kind in (devices.disks, devices.interfaces, devices.host_devices)
        for device in kind
        if device.address is not None
    ]
    if old_virtio or not _placeable(given):
        return devices
    places = _Places(given)
    disks = tuple(places.disk(one) if one.bus == "virtio" else one for one in devices.disks)
    cards = tuple(map(places.card, devices.interfaces))
    ports = places.ports(*(_LARGE if memory_bytes > _SMALL_BYTES else _SMALL) if plugged else _NOTHING_PLUGGED)
    functions, more_ports = places.host_devices(devices.host_devices, len(ports))
    video, balloon = devices.video, devices.balloon
    return replace(
        devices,
        controllers=(*map(places.controller, devices.controllers), *ports, *more_ports),
        disks=disks,
        interfaces=cards,
        host_devices=functions,
        filesystems=tuple(places.function(one, _FILESYSTEMS) for one in devices.filesystems),
        inputs=tuple(places.function(one, _INPUTS) if one.bus == "virtio" else one for one in devices.inputs),
        video=places.alone(video, _SCREEN) if video is not None and video.type in _PCI_SCREENS else video,
        rng=places.alone(devices.rng, _RNG),
        balloon=places.alone(balloon, _BALLOON) if balloon is not None and balloon.model != "none" else balloon,
        watchdogs=tuple(places.function(one, _WATCHDOG) for one in devices.watchdogs),
        sounds=tuple(places.function(one, _SOUND) for one in devices.sounds),
        vsock=places.alone(devices.vsock, _VSOCK),
        panics=tuple(places.function(one, _PANIC) if one.model == "pvpanic" else one for one in devices.panics),
    )


def _placeable(given: Iterable[PciAddress]) -> bool:
    """Whether the places that the manifest names go with root ports, and leave slots enough for what is fixed."""
    slots = set()
    for address in given:
        if address.bus == 0:
            slots.add(address.slot)
        if address.domain or address.bus > _IN_BLOCK * len(_BLOCKS):
            return False
        if address.bus and (address.slot or address.function):
            return False
    return len(slots) <= len(_SPARE)


def _ports_of(first: int) -> Iterator[int]:
    """Four ports of each block, from this one on."""
    for block in range(len(_BLOCKS)):
        for port in range(_OF_A_KIND):
            yield block * _IN_BLOCK + first + port


class _Places:
    """The places of one guest, less those that its manifest gives away."""

    def __init__(self, given: list[PciAddress]) -> None:
        self._slots = {address.slot for address in given if not address.bus}
        self._buses = {address.bus for address in given if address.bus}
        self._spare = [slot for slot in _SPARE if slot not in self._slots]
        self._instead: dict[int, int] = {}
        self._functions: dict[int, int] = {}
        self._cards, self._disks = _ports_of(1), _ports_of(1 + _OF_A_KIND)

    def disk(self, disk: DiskDevice) -> DiskDevice:
        """A virtio disk behind its port."""
        return self._behind(disk, self._disks)

    def card(self, card: InterfaceDevice) -> InterfaceDevice:
        """A card behind its port; one of conventional PCI has no use for that."""
        if card.model in _EXPRESS_CARDS:
            return self._behind(card, self._cards)
        return self.function(card, _OLD_CARDS) if card.address is None else card

    def _behind(self, device: _Port, ports: Iterator[int]) -> _Port:
        if device.address is not None:
            return device
        bus = next((bus for bus in ports if bus not in self._buses), None)
        if bus is None:
            return device
        self._buses.add(bus)
        return replace(device, address=_BEHIND[bus])

    def ports(self, blocks: int, free: int) -> tuple[Controller, ...]:
        """Root ports in whole blocks: up to the last one that is used, and as many as are kept free."""
        blocks = max(blocks, -(-max(self._buses, default=0) // _IN_BLOCK))
        while blocks < len(_BLOCKS) and blocks * _IN_BLOCK - len(self._buses) < free:
            blocks += 1
        if self._slots.isdisjoint(_BLOCKS):
            return _PORTS[: blocks * _IN_BLOCK]
        slots = [slot for slot in (*_BLOCKS, *_SPARE) if slot not in self._slots]
        return _root_ports(slots[:blocks], 1)

    def host_devices(
        self, devices: tuple[HostDevice, ...], ports: int
    ) -> tuple[tuple[HostDevice, ...], tuple[Controller, ...]]:
        """Devices of the host behind ports of their own, and those ports, after so many others."""
        wanted = sum(one.kind != "usb" and one.address is None for one in devices)
        if not wanted:
            return devices, ()
        slots = [self._slot(slot) for slot in _HOST_PORTS]
        more = _root_ports([slot for slot in slots if slot is not None], ports + 1)[:wanted]
        own = (controller.index for controller in more)
        placed = tuple(one if one.kind == "usb" else self._behind(one, own) for one in devices)
        return placed, more

    def controller(self, controller: Controller) -> Controller:
        """A controller in the slot of its type, where it is a device at all."""
        slot = _CONTROLLERS.get(controller.type)
        return controller if slot is None or controller.model == "none" else self.function(controller, slot)

    def alone(self, device: _D | None, slot: int) -> _D | None:
        """The one device of its kind, in the slot kept for it."""
        return None if device is None else self.function(device, slot)

    def function(self, device: _D, slot: int) -> _D:
        """The next function of a slot; what finds none is left to libvirt."""
        found, function = self._slot(slot), self._functions.get(slot, 0)
        if found is None or function == _IN_BLOCK:
            return device
        self._functions[slot] = function + 1
        return replace(device, address=_PLACES[found][function])

    def _slot(self, slot: int) -> int | None:
        """A slot, or the one that stands in for it where the manifest has it; None where none is left."""
        if slot not in self._slots:
            return slot
        if slot not in self._instead and self._spare:
            self._instead[slot] = self._spare.pop()
        return self._instead.get(slot)


def _root_ports(slots: list[int] | tuple[int, ...], first: int) -> tuple[Controller, ...]:
    """Ports that fill these slots, counted from ``first``, which is the number of the bus behind it."""
    places = [place for slot in slots for place in _PLACES[slot]]
    return tuple(Controller("pci", first + number, _ROOT_PORT, address=place) for number, place in enumerate(places))


_PORTS = _root_ports(_BLOCKS, 1)
