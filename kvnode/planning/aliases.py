"""A guest's devices under aliases of their own: libvirt takes no two that are the same.

A manifest's names are unique among disks and among network cards, and a disk may well be called as a card is. A disk
has its plain name as an alias, ``ua-`` and the name; who comes later and finds that taken is told apart by its kind. An
underscore does it, because few names have one; and a card whose name ends as if it were told apart is told apart too,
so that the name can be read back (``kvnode.domain``).
"""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from kvnode.planning.device_plans import DevicesPlan, HostDevice, Input, InterfaceDevice, Sound, Watchdog

_D = TypeVar("_D", InterfaceDevice, HostDevice, Input, Watchdog, Sound)

CARD = "_card"


def with_aliases(devices: DevicesPlan) -> DevicesPlan:
    """The same devices, each with an alias that no other has."""
    if _are_apart(devices):
        return devices
    taken = {disk.alias for disk in devices.disks}
    return replace(
        devices,
        interfaces=_told_apart(devices.interfaces, CARD, taken),
        host_devices=_told_apart(devices.host_devices, "_device", taken),
        inputs=_told_apart(devices.inputs, "_input", taken),
        watchdogs=_told_apart(devices.watchdogs, "_watchdog", taken),
        sounds=_told_apart(devices.sounds, "_sound", taken),
    )


def _are_apart(devices: DevicesPlan) -> bool:
    """Whether nothing is to be told apart, as far as that is told quickly: nothing but disks and cards has a name."""
    if devices.host_devices or devices.watchdogs or devices.sounds:
        return False
    for device in devices.inputs:
        if device.alias is not None:
            return False
    cards: set[str] = set()
    for card in devices.interfaces:
        name: str = card.network
        if name.endswith(CARD):
            return False
        cards.add(name)
    apart = len(cards) == len(devices.interfaces)
    for disk in devices.disks:
        if disk.volume in cards:
            apart = False
    return apart


def _told_apart(devices: tuple[_D, ...], suffix: str, taken: set[str]) -> tuple[_D, ...]:
    """Aliases that end in a kind are none that a disk has: volumes' names have no underscore."""
    made: list[_D] = []
    for device in devices:
        alias = device.alias
        if alias is not None:
            if suffix == CARD and alias.endswith(CARD):
                alias += CARD
            while alias in taken:
                alias += suffix
            taken.add(alias)
        made.append(device if alias == device.alias else replace(device, alias=alias))
    return tuple(made)
