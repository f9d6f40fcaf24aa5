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

import re

from msgspec.structs import replace

from kvnode.api.instance import VirtualMachineInstance
from kvnode.planning.device_plans import Controller, HostDevice, PciAddress
from kvnode.planning.intermediate import Architecture
from kvnode.planning.refusal import Refused

_ADDRESS = re.compile(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{2}):([01][0-9a-fA-F])\.([0-7])", re.ASCII)

SCREEN = 0x01
_BLOCKS = tuple(range(0x02, 0x0E))
_SPARE = (0x0E, 0x0F)
_HOST_PORTS = (0x10, 0x11)
PANIC = 0x13
USB, SCSI, SERIAL = 0x14, 0x15, 0x16
BALLOON, RNG, WATCHDOG, VSOCK = 0x17, 0x18, 0x19, 0x1A
SOUND = 0x1B  # where the machine that q35 imitates has it
INPUTS, FILESYSTEMS, OLD_CARDS = 0x1C, 0x1D, 0x1E

_IN_BLOCK = 8  # as many functions as a slot has
_OF_A_KIND = 4
_SMALL_BYTES = 2 << 30
_SMALL, _LARGE, _NOTHING_PLUGGED = (1, 3), (2, 6), (1, 0)
"""Blocks at least, and free ports at least."""

_EXPRESS_CARDS = frozenset(("virtio", "virtio-non-transitional", "e1000e", "igb"))
PCI_SCREENS = ("vga", "cirrus", "virtio", "bochs")
_ROOT_PORT = "pcie-root-port"

_PLACES = tuple(tuple(PciAddress(0, 0, slot, function) for function in range(_IN_BLOCK)) for slot in range(0x20))
"""Of bus 0, by slot and function."""
_FIRST = tuple(functions[0] for functions in _PLACES)

_MOST_PORTS = _IN_BLOCK * (len(_BLOCKS) + len(_HOST_PORTS))
_BEHIND = tuple(PciAddress(0, bus, 0, 0) for bus in range(_MOST_PORTS + 1))
"""The one place that a root port has behind it, by its bus."""

_CARD_PORTS = tuple(block * _IN_BLOCK + port for block in range(len(_BLOCKS)) for port in range(1, 1 + _OF_A_KIND))
_CARDS = tuple(_BEHIND[port] for port in _CARD_PORTS)
_DISKS = tuple(_BEHIND[port + _OF_A_KIND] for port in _CARD_PORTS)
"""The places of cards and of virtio disks, as they are dealt out."""

_MOST_OF_A_KIND = len(_CARDS)
_EMPTY: frozenset[int] = frozenset()


def pci_address(field: str, text: str) -> PciAddress:
    """``0000:05:00.0`` as numbers; raises Refused by that field of an item."""
    address = _read(text)
    if address is None:
        raise Refused(field, f"{text[:60]!r} is not a PCI address such as 0000:05:00.0")
    return address


def _read(text: str) -> PciAddress | None:
    match = _ADDRESS.fullmatch(text)
    return PciAddress(*[int(part, 16) for part in match.groups()]) if match is not None else None


def places_of(vmi: VirtualMachineInstance, arch: Architecture) -> Places:
    """The places of a guest's devices, which they take as they are made."""
    devices = vmi.spec.domain.devices
    if not arch.pci or devices.use_virtio_transitional:
        return _NOWHERE
    texts: list[str] = []
    for disk in devices.disks:
        plain = disk.disk
        if plain is not None and plain.pci_address:
            texts.append(plain.pci_address)
    for interface in devices.interfaces:
        if interface.pci_address and interface.state != "absent":
            texts.append(interface.pci_address)
    return _places_beside(texts) if texts else Places(_EMPTY, _EMPTY)


def _places_beside(texts: list[str]) -> Places:
    """Those that are left where the manifest names some; what is no address is refused where the device is made."""
    given = [address for address in map(_read, texts) if address is not None]
    if not _placeable(given):
        return _NOWHERE
    slots, buses = [one.slot for one in given if not one.bus], [one.bus for one in given if one.bus]
    return Places(frozenset(slots), frozenset(buses))


def _placeable(given: list[PciAddress]) -> bool:
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


class Places:
    """The places of one guest, less those that its manifest gives away; None where there is none left.

    Worked: 1 GiB, a card, three virtio disks, a balloon: ports 1 to 8 in slot 2, the card behind port 1, the disks
    behind 5, 6 and 7, four ports free, the balloon in slot 0x17.
    """

    def __init__(self, slots: frozenset[int], buses: frozenset[int]) -> None:
        self._slots = slots
        self._buses = buses
        self._instead: dict[int, int | None] | None = None
        self._functions: dict[int, int] | None = None
        self._cards = self._disks = self._taken = 0
        self._own: list[int] | None = None

    def disk(self) -> PciAddress | None:
        """Behind the next port for virtio disks."""
        while self._disks < _MOST_OF_A_KIND:
            place: PciAddress = _DISKS[self._disks]
            self._disks += 1
            if not self._buses or place.bus not in self._buses:
                self._taken += 1
                return place
        return None

    def card(self, model: str) -> PciAddress | None:
        """Behind the next port for cards; one of conventional PCI has no use for that."""
        if model not in _EXPRESS_CARDS:
            return self.next_function(OLD_CARDS)
        while self._cards < _MOST_OF_A_KIND:
            place: PciAddress = _CARDS[self._cards]
            self._cards += 1
            if not self._buses or place.bus not in self._buses:
                self._taken += 1
                return place
        return None

    def ports(self, memory_bytes: int, plugged: bool, from_host: int) -> tuple[Controller, ...]:
        """The root ports, once all disks and cards have their place.

        memory_bytes  -- the guest's, which says how many ports are kept free
        plugged       -- whether anything may be plugged while the guest runs
        from_host     -- how many devices of the host want a port of their own, which ``host_device`` then gives
        """
        blocks, free = (_LARGE if memory_bytes > _SMALL_BYTES else _SMALL) if plugged else _NOTHING_PLUGGED
        dealt, taken = max(self._cards, self._disks), self._taken
        if self._buses:
            blocks, taken = max(blocks, -(-max(self._buses) // _IN_BLOCK)), taken + len(self._buses)
        if dealt > blocks * _OF_A_KIND:
            blocks = -(-dealt // _OF_A_KIND)
        while blocks < len(_BLOCKS) and blocks * _IN_BLOCK - taken < free:
            blocks += 1
        made = _PORTS[blocks] if not self._slots else self._ports_elsewhere(blocks)
        if not from_host:
            return made
        found = [slot for slot in map(self._slot, _HOST_PORTS) if slot is not None]
        more = _root_ports(found, len(made) + 1)[:from_host]
        self._own = [port.index for port in reversed(more)]
        return made + more

    def _ports_elsewhere(self, blocks: int) -> tuple[Controller, ...]:
        """Blocks in slots that the manifest has given to nobody."""
        if self._slots.isdisjoint(_BLOCKS):
            return _PORTS[blocks]
        slots = [slot for slot in (*_BLOCKS, *_SPARE) if slot not in self._slots]
        return _root_ports(slots[:blocks], 1)

    def host_device(self) -> PciAddress | None:
        """Behind the next of the ports for devices of the host."""
        return _BEHIND[self._own.pop()] if self._own else None

    def function(self, slot: int) -> PciAddress | None:
        """The slot that is kept for what a guest has once."""
        found = self._slot(slot) if self._slots else slot
        return _FIRST[found] if found is not None else None

    def next_function(self, slot: int) -> PciAddress | None:
        """The next function of a slot that is kept for a kind."""
        found = self._slot(slot) if self._slots else slot
        if self._functions is None:
            self._functions = {}
        function = self._functions.get(slot, 0)
        if found is None or function == _IN_BLOCK:
            return None
        self._functions[slot] = function + 1
        return _PLACES[found][function]

    def _slot(self, slot: int) -> int | None:
        """A slot, or the one that stands in for it where the manifest has it; None where none is left."""
        if slot not in self._slots:
            return slot
        if self._instead is None:
            self._instead = {}
        if slot not in self._instead:
            left = [spare for spare in _SPARE if spare not in self._slots and spare not in self._instead.values()]
            self._instead[slot] = left[-1] if left else None
        return self._instead[slot]


def behind_ports(devices: tuple[HostDevice, ...], places: Places) -> tuple[HostDevice, ...]:
    """Devices of the host, those on PCI each behind a port of its own."""
    return tuple(
        replace(one, address=places.host_device()) if one.kind != "usb" and one.address is None else one
        for one in devices
    )


class _Nowhere(Places):
    """Of a guest whose devices have none here: libvirt places them."""

    def disk(self) -> PciAddress | None:
        return None

    def card(self, model: str) -> PciAddress | None:
        return None

    def ports(self, memory_bytes: int, plugged: bool, from_host: int) -> tuple[Controller, ...]:
        return ()

    def host_device(self) -> PciAddress | None:
        return None

    def function(self, slot: int) -> PciAddress | None:
        return None

    def next_function(self, slot: int) -> PciAddress | None:
        return None


def _root_ports(slots: list[int] | tuple[int, ...], first: int) -> tuple[Controller, ...]:
    """Ports that fill these slots, counted from ``first``, which is the number of the bus behind it."""
    places = [place for slot in slots for place in _PLACES[slot]]
    return tuple(Controller("pci", first + number, _ROOT_PORT, address=place) for number, place in enumerate(places))


_ALL_PORTS = _root_ports(_BLOCKS, 1)
_PORTS = tuple(_ALL_PORTS[: blocks * _IN_BLOCK] for blocks in range(len(_BLOCKS) + 1))
"""By how many blocks there are."""
_NOWHERE = _Nowhere(_EMPTY, _EMPTY)
