"""libvirt's live XML -> DomainState: what a running domain has, in the words of its plan.

libvirt's own output is what is read here; a guest has no say in its structure, only in some strings (the channel's
state, an interface's name). Volumes and networks are found again by the aliases that the plan gave them, ``ua-`` and
the name; a device that somebody else added has none of ours and is reported with its name as None.

An element that is missing is None or empty and never an error: libvirt of another version says less or more.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

import msgspec

from kvnode.errors import KvnodeError

_ALIAS = "ua-"
_CARD = "_card"
"""What tells a card apart whose plain alias a disk has (``kvnode.planning.aliases``)."""
_UNITS = {
    "b": 1, "bytes": 1, "KB": 10**3, "k": 1 << 10, "KiB": 1 << 10, "MB": 10**6, "M": 1 << 20, "MiB": 1 << 20,
    "GB": 10**9, "G": 1 << 30, "GiB": 1 << 30, "TB": 10**12, "T": 1 << 40, "TiB": 1 << 40,
}  # fmt: skip
"""Scaled integers of libvirt's format (formatdomain, ``memory``); without a unit it is KiB."""


class UnreadableDomain(KvnodeError, ValueError):
    """What libvirt gave as a domain's XML isn't one."""

    reason = "UnreadableDomain"


class DiskState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A disk of a running domain: the manifest's volume (None where it isn't ours), device, target, bus and source."""

    volume: str | None
    device: str
    target: str
    bus: str | None = None
    path: str | None = None
    format: str | None = None
    serial: str | None = None
    readonly: bool = False


class InterfaceState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A NIC of a running domain: the manifest's network (None where it isn't ours), MAC, model, tap and cable."""

    network: str | None
    mac: str | None
    model: str | None = None
    tap: str | None = None
    mtu: int | None = None
    queues: int | None = None
    link_up: bool = True


class ChannelState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A virtio-serial channel: its socket, and whether somebody in the guest has opened it (None where unknown)."""

    name: str
    path: str | None = None
    connected: bool | None = None


class DomainState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A domain as libvirt describes it.

    id                    -- libvirt's number of a running domain, None where it isn't running
    memory_bytes          -- what it was started with; ``current_memory_bytes`` what the balloon leaves
    vcpus, vcpus_maximum  -- those that are enabled, and those there may be
    serial_sockets        -- of the serial ports, in their order
    vnc_socket            -- None without a screen, or one that isn't on a socket
    """

    name: str
    uuid: str
    hypervisor: str
    id: int | None = None
    machine: str | None = None
    memory_bytes: int | None = None
    current_memory_bytes: int | None = None
    max_memory_bytes: int | None = None
    vcpus: int | None = None
    vcpus_maximum: int | None = None
    disks: tuple[DiskState, ...] = ()
    interfaces: tuple[InterfaceState, ...] = ()
    channels: tuple[ChannelState, ...] = ()
    serial_sockets: tuple[str, ...] = ()
    vnc_socket: str | None = None


def domain_state(xml: str | bytes) -> DomainState:
    """A domain's XML as values. Raises UnreadableDomain where it isn't the XML of a domain."""
    try:
        root = ET.fromstring(xml)
    except (ET.ParseError, ValueError) as error:
        raise UnreadableDomain(f"libvirt's description of a domain can't be read: {error}") from None
    if root.tag != "domain":
        raise UnreadableDomain(f"libvirt's description of a domain begins with <{root.tag[:40]}>")
    devices = root.find("devices")
    devices = devices if devices is not None else ET.Element("devices")
    vcpus, maximum = _vcpus(root)
    return DomainState(
        name=root.findtext("name", ""),
        uuid=root.findtext("uuid", ""),
        hypervisor=root.get("type", ""),
        id=_integer(root.get("id")),
        machine=_attribute(root, "os/type", "machine"),
        memory_bytes=_amount(root.find("memory")),
        current_memory_bytes=_amount(root.find("currentMemory")),
        max_memory_bytes=_amount(root.find("maxMemory")),
        vcpus=vcpus,
        vcpus_maximum=maximum,
        disks=tuple(map(_disk, devices.iterfind("disk"))),
        interfaces=tuple(map(_interface, devices.iterfind("interface"))),
        channels=tuple(_channel(one) for one in devices.iterfind("channel") if one.find("target[@name]") is not None),
        serial_sockets=tuple(filter(None, (_attribute(one, "source", "path") for one in devices.iterfind("serial")))),
        vnc_socket=_attribute(devices, "graphics[@type='vnc']/listen[@type='socket']", "socket"),
    )


def _attribute(parent: ET.Element, path: str, name: str) -> str | None:
    found = parent.find(path)
    return found.get(name) if found is not None else None


def _integer(text: str | None) -> int | None:
    """A number of libvirt's, none of which has more digits than 64 bits do."""
    return int(text) if text is not None and len(text) <= 20 and text.isascii() and text.isdigit() else None


def _amount(found: ET.Element | None) -> int | None:
    """A scaled integer in bytes."""
    if found is None:
        return None
    amount, unit = _integer((found.text or "").strip()), _UNITS.get(found.get("unit", "KiB"))
    return None if amount is None or unit is None else amount * unit


def _vcpus(root: ET.Element) -> tuple[int | None, int | None]:
    found = root.find("vcpu")
    maximum = _integer((found.text or "").strip()) if found is not None else None
    current = _integer(found.get("current")) if found is not None else None
    return maximum if current is None else current, maximum


def _ours(device: ET.Element) -> str | None:
    alias = _attribute(device, "alias", "name")
    return alias[len(_ALIAS) :] if alias is not None and alias.startswith(_ALIAS) else None


def _disk(disk: ET.Element) -> DiskState:
    source = disk.find("source")
    return DiskState(
        _ours(disk),
        disk.get("device", "disk"),
        _attribute(disk, "target", "dev") or "",
        _attribute(disk, "target", "bus"),
        (source.get("file") or source.get("dev")) if source is not None else None,
        _attribute(disk, "driver", "type"),
        disk.findtext("serial"),
        disk.find("readonly") is not None,
    )


def _interface(interface: ET.Element) -> InterfaceState:
    network = _ours(interface)
    return InterfaceState(
        network.removesuffix(_CARD) if network is not None else None,
        _attribute(interface, "mac", "address"),
        _attribute(interface, "model", "type"),
        _attribute(interface, "target", "dev"),
        _integer(_attribute(interface, "mtu", "size")),
        _integer(_attribute(interface, "driver", "queues")),
        _attribute(interface, "link", "state") != "down",
    )


def _channel(channel: ET.Element) -> ChannelState:
    state = _attribute(channel, "target", "state")
    return ChannelState(
        _attribute(channel, "target", "name") or "",
        _attribute(channel, "source", "path"),
        None if state is None else state == "connected",
    )
