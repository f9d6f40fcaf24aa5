"""IPv4 addresses, read from texts.

A plan looks at a handful of addresses, and the objects of ``ipaddress`` for them were half of its time. The reading is
compiled (``kvnode._fast.addresses``); here stands what is said of a text that is none. What is read was judged before
(``kvnode.facts.checks``, admission), or is refused by whoever asked.
"""

from __future__ import annotations

from ipaddress import IPv6Address

from kvnode._fast.addresses import ipv4
from kvnode.planning.ipv4_address import Ipv4


def read_ipv4(text: str) -> Ipv4 | None:
    """``10.244.1.17/24``, or without a prefix; None for an IPv6 address. Raises ValueError for anything else."""
    found = ipv4(text)
    if found is not None:
        return Ipv4(found[0], found[1])
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
