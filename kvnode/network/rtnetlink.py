"""A route netlink socket: batches out and their acks, and what links, addresses and routes there are.

The kernel works a batch off within the sendmsg, so all acks lie in the socket before the first is read; the receive
buffer is made large enough for them, since what doesn't fit is dropped.  Queries read the few attributes that are
asked for and pass over the rest (RFC 3549, linux/rtnetlink.h).
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

import msgspec

from kvnode._fast.netlink import Batch, read_acks
from kvnode.errors import HostError

_SOL_NETLINK = 270
_NETLINK_CAP_ACK = 10
_NETLINK_EXT_ACK = 11
_NETLINK_GET_STRICT_CHK = 12
_SO_RCVBUFFORCE = 33
_SO_SNDBUFFORCE = 32
_ACK_BYTES = 1024  # of socket memory, bookkeeping included
# What a socket's buffers hold by themselves; net.core.rmem_default is 208 KiB everywhere.
_ACKS_THAT_FIT = 64
_BYTES_THAT_FIT = 1 << 16
_RECEIVE_BYTES = 1 << 16
_ANSWER_S = 10.0
_DUMP_TRIES = 50

_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLM_F_REQUEST, _NLM_F_DUMP_INTR, _NLM_F_DUMP = 0x1, 0x10, 0x300
_RTM_NEWLINK, _RTM_GETLINK = 16, 18
_RTM_NEWADDR, _RTM_GETADDR = 20, 22
_RTM_NEWROUTE, _RTM_GETROUTE = 24, 26
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU, _IFLA_MASTER, _IFLA_IFALIAS = 1, 3, 4, 10, 20
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_TABLE = 1, 4, 5, 15
_RT_TABLE_MAIN, _RTN_UNICAST = 254, 1
_ATTRIBUTE_KIND = 0x3FFF

_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")
_ROUTE = struct.Struct("=BBBBBBBBI")


class Refusal(msgspec.Struct, frozen=True):
    """What the kernel said to one message of a batch: its place, the errno, and the kernel's own words if any."""

    place: int
    errno: int
    text: str | None

    def __str__(self) -> str:
        said = f" ({self.text})" if self.text else ""
        return os.strerror(self.errno) + said


class Link(msgspec.Struct, frozen=True):
    """A link as the kernel has it."""

    index: int
    name: str
    up: bool
    mac: str | None = None
    mtu: int | None = None
    master: int = 0
    alias: str = ""


class Address(msgspec.Struct, frozen=True):
    """An address on a link, in CIDR form; ``scope`` is the kernel's: 0 everywhere, 253 on the link."""

    index: int
    cidr: str
    scope: int


class KernelRoute(msgspec.Struct, frozen=True):
    """A unicast route of the main table; ``dst`` in CIDR form, ``0.0.0.0/0`` for the default."""

    index: int
    dst: str
    gateway: str | None


class RouteSocket:
    """A socket in the network namespace of the thread that makes it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.settimeout(_ANSWER_S)
        for option in (_NETLINK_CAP_ACK, _NETLINK_EXT_ACK, _NETLINK_GET_STRICT_CHK):
            self._socket.setsockopt(_SOL_NETLINK, option, 1)
        self._sequence = 0

    def __enter__(self) -> RouteSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the socket; a second time does nothing."""
        self._socket.close()

    def send(self, batch: Batch) -> list[Refusal]:
        """One sendmsg; returns what the kernel refused, by place, and nothing where all was done."""
        if not len(batch):
            return []
        data = bytes(batch)
        try:
            if len(batch) > _ACKS_THAT_FIT:
                self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, len(batch) * _ACK_BYTES)
            if len(data) > _BYTES_THAT_FIT:
                self._socket.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, 2 * len(data))
            self._socket.send(data)
        except OSError as error:
            raise HostError(f"{len(batch)} link operations can't be handed to the kernel: {error.strerror}") from error
        refusals: list[Refusal] = []
        missing = len(batch)
        while missing > 0:
            acks = read_acks(self._receive(), batch.first_sequence, batch.count)
            missing -= len(acks)
            refusals.extend(Refusal(*ack) for ack in acks if ack[1])
        return refusals

    def links(self) -> list[Link]:
        """Every link of the namespace."""
        found = []
        for body in self._dump(_RTM_GETLINK, _RTM_NEWLINK, _LINK.pack(0, 0, 0, 0, 0)):
            _, _, index, flags, _ = _LINK.unpack_from(body)
            values = dict(_attributes(body, _LINK.size))
            mac = values.get(_IFLA_ADDRESS)
            found.append(
                Link(
                    index=index,
                    name=_text(values.get(_IFLA_IFNAME)),
                    up=bool(flags & 1),
                    mac=mac.hex(":") if mac is not None and len(mac) == 6 else None,
                    mtu=_number(values.get(_IFLA_MTU)) or None,
                    master=_number(values.get(_IFLA_MASTER)),
                    alias=_text(values.get(_IFLA_IFALIAS)),
                )
            )
        return found

    def addresses(self) -> list[Address]:
        """Every address of the namespace, IPv4 and IPv6."""
        found = []
        for body in self._dump(_RTM_GETADDR, _RTM_NEWADDR, _ADDRESS.pack(0, 0, 0, 0, 0)):
            _, prefix, _, scope, index = _ADDRESS.unpack_from(body)
            values = dict(_attributes(body, _ADDRESS.size))
            packed = values.get(_IFA_LOCAL) or values.get(_IFA_ADDRESS)
            if packed is not None:
                found.append(Address(index, f"{ip_address(packed)}/{prefix}", scope))
        return found

    def routes(self) -> list[KernelRoute]:
        """The main table's unicast routes in the kernel's order, IPv4 before IPv6; multipath ones without gateway."""
        found = []
        for family in (socket.AF_INET, socket.AF_INET6):
            any_address = b"\0" * (4 if family == socket.AF_INET else 16)
            for body in self._dump(_RTM_GETROUTE, _RTM_NEWROUTE, _ROUTE.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)):
                _, prefix, _, _, table, _, _, kind, _ = _ROUTE.unpack_from(body)
                values = dict(_attributes(body, _ROUTE.size))
                if (_number(values.get(_RTA_TABLE)) or table) != _RT_TABLE_MAIN or kind != _RTN_UNICAST:
                    continue
                gateway = values.get(_RTA_GATEWAY)
                dst = ip_network((values.get(_RTA_DST, any_address), prefix), strict=False)
                oif = _number(values.get(_RTA_OIF))
                found.append(KernelRoute(oif, str(dst), str(ip_address(gateway)) if gateway else None))
        return found

    def _dump(self, ask: int, answer: int, body: bytes) -> list[bytes]:
        """The bodies of a whole answer; asked again while something changed under it.

        Such an answer may lack what was there all the time, and whoever sees no link takes its guest for gone.
        """
        for _ in range(_DUMP_TRIES):
            bodies, consistent = self._one_dump(ask, answer, body)
            if consistent:
                return bodies
        raise HostError(f"links and addresses change faster than the kernel can list them ({_DUMP_TRIES} times)")

    def _one_dump(self, ask: int, answer: int, body: bytes) -> tuple[list[bytes], bool]:
        bodies: list[bytes] = []
        consistent = True
        self._sequence += 1
        size = _HEADER.size + len(body)
        self._socket.send(_HEADER.pack(size, ask, _NLM_F_REQUEST | _NLM_F_DUMP, self._sequence, 0) + body)
        while True:
            data = self._receive()
            at = 0
            while len(data) - at >= _HEADER.size:
                length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
                if not _HEADER.size <= length <= len(data) - at:
                    raise HostError(f"the kernel's answer about links is cut off at {at} of {len(data)} bytes")
                if sequence == self._sequence:
                    consistent = consistent and not flags & _NLM_F_DUMP_INTR
                    if kind == _NLMSG_DONE:
                        return bodies, consistent
                    if kind == _NLMSG_ERROR:
                        number = -struct.unpack_from("=i", data, at + _HEADER.size)[0]
                        raise HostError(f"the kernel doesn't tell about its links: {os.strerror(number)}")
                    if kind == answer:
                        bodies.append(data[at + _HEADER.size : at + length])
                at += (length + 3) & ~3

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(_RECEIVE_BYTES)
        except TimeoutError:
            raise HostError(f"the kernel didn't answer about its links within {_ANSWER_S:.0f} s") from None
        except OSError as error:
            raise HostError(f"the kernel's answer about its links was lost: {error.strerror}") from error


def _attributes(body: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    at = start
    while len(body) - at >= 4:
        length, kind = struct.unpack_from("=HH", body, at)
        if not 4 <= length <= len(body) - at:
            return
        yield kind & _ATTRIBUTE_KIND, body[at + 4 : at + length]
        at += (length + 3) & ~3


def _number(value: bytes | None) -> int:
    return int.from_bytes(value, "little" if struct.pack("=H", 1)[0] else "big") if value else 0


def _text(value: bytes | None) -> str:
    return value.rstrip(b"\0").decode("utf-8", "surrogateescape") if value else ""
