"""IPv4 addresses as numbers.

A plan looks at a handful of addresses, and the objects of ``ipaddress`` for them were half of its time. The reading is
compiled (``kvnode._fast.addresses``); here stands what is said of a text that is none. What is read was judged before
(``kvnode.facts.checks``, admission), or is refused by whoever asked.
"""

from __future__ import annotations

from ipaddress import IPv6Address

import msgspec

from kvnode._fast.addresses import ipv4, ipv4_text

_ALL = 0xFFFF_FFFF


class Ipv4(msgspec.Struct, frozen=True, gc=False):
    """An address and the length of its network's prefix."""

    number: int
    prefix: int = 32

    @property
    def host(self) -> str:
        """The address alone: ``10.244.1.17``."""
        return ipv4_text(self.number)

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
    found = ipv4(text)
    if found is not None:
        return Ipv4(*found)
    host = text.partition("/")[0]
    if is_ipv6(host):
        return None
    if ipv4(host) is None:
        raise ValueError(f"{text[:60]!r} is no IP address")
    raise ValueError(f"{text[:60]!r} has no prefix from 0 to 32")


def is_ipv6(text: str) -> bool:
    """Whether a text is an IPv6 address, its zone aside."""
    try:
        IPv6Address(text.partition("%")[0])
    except ValueError:
        return False
    return True
