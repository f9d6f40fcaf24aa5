"""An IPv4 address as its two numbers: the type alone, which compiled code reads in place. ``ipv4`` reads texts."""

from __future__ import annotations

import msgspec

from kvnode._fast.addresses import ipv4_text

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
        return Ipv4(self.number & self._mask, self.prefix)

    def covers(self, number: int) -> bool:
        """Whether the network of this address has another one in it."""
        return not (self.number ^ number) & self._mask

    @property
    def _mask(self) -> int:
        return _ALL << (32 - self.prefix) & _ALL

    def __str__(self) -> str:
        return f"{self.host}/{self.prefix}"
