"""IPv4 addresses as numbers.

A plan looks at a handful of addresses, and the objects of ``ipaddress`` for them were half of its time. What is read
here was judged before (``kvnode.facts.checks``, admission), or is refused by whoever asked.
"""

from __future__ import annotations

from ipaddress import IPv6Address

import msgspec

_ALL = 0xFFFF_FFFF


class Ipv4(msgspec.Struct, frozen=True, gc=False):
    """An address and the length of its network's prefix."""

    number: int
    prefix: int = 32

    @property
    def host(self) -> str:
        """The address alone: ``10.244.1.17``."""
        number = self.number
        return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    @property
    def network(self) -> Ipv4:
        """The network that it lies in, its host bits 0."""
        return Ipv4(self.number & _mask(self.prefix), self.prefix)

    def covers(self, number: int) -> bool:
        """Whether the network of this address has another one in it."""
        return not (self.number ^ number) & _mask(self.prefix)

    def __str__(self) -> str:
        return f"{self.host}/{self.prefix}"


def _mask(prefix: int) -> int:
    return _ALL << (32 - prefix) & _ALL


def read_ipv4(text: str) -> Ipv4 | None:
    """``10.244.1.17/24``, or without a prefix; None for an IPv6 address. Raises ValueError for anything else."""
    host, slash, length = text.partition("/")
    number = _number(host)
    if number is None:
        if is_ipv6(host):
            return None
        raise ValueError(f"{text[:60]!r} is no IP address")
    if not slash:
        return Ipv4(number)
    if not length.isdecimal() or not length.isascii() or len(length) > 2 or int(length) > 32:
        raise ValueError(f"{text[:60]!r} has no prefix from 0 to 32")
    return Ipv4(number, int(length))


def _number(host: str) -> int | None:
    """Four decimal numbers up to 255 without leading zeros, which some read as octal; None for any other text."""
    octets = host.split(".")
    if len(octets) != 4 or not host.isascii():
        return None
    number = 0
    for octet in octets:
        if not octet.isdecimal() or len(octet) > 3 or (octet[0] == "0" and len(octet) > 1):
            return None
        value = int(octet)
        if value > 255:
            return None
        number = number << 8 | value
    return number


def is_ipv6(text: str) -> bool:
    """Whether a text is an IPv6 address, its zone aside."""
    try:
        IPv6Address(text.partition("%")[0])
    except ValueError:
        return False
    return True
