"""What one guest's DHCP answer says, from what was seen of the Pod's link.

With the bridge binding the guest takes the Pod's address over: same prefix, same routes, same MTU and resolver, as
if the container runtime had configured the guest. Some CNIs give a /32 and a gateway outside of it (169.254.1.1);
that is said with classless routes (RFC 3442), which clients take instead of the router option, so they hold the
default route too and a route to each such gateway on the link itself.

The lease never ends: while the node's daemon is away nobody restarts the server, and no guest may notice.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from kvnode.facts import LinkFacts, Resolver, Route
from kvnode.planning.ipv4 import Ipv4, read_ipv4

ON_LINK = "0.0.0.0"
_ANYWHERE = Ipv4(0, 0)

FIRST_PRIVATE_OPTION, LAST_PRIVATE_OPTION = 224, 254
"""What RFC 3942 leaves to a site."""

DHCP_TEXT = re.compile(r"[A-Za-z0-9._/:@%+=~-]{1,255}", re.ASCII)
"""What the name of a server or a file may be made of; an option holds 255 bytes."""


class ClasslessRoute(msgspec.Struct, frozen=True, gc=False):
    """A destination in CIDR form and its gateway; ``0.0.0.0`` is the link itself (RFC 3442)."""

    dst: str
    gateway: str


class PrivateOption(msgspec.Struct, frozen=True, gc=False):
    """A site-specific option (RFC 3942: 224 to 254) with its text."""

    code: Annotated[int, msgspec.Meta(ge=FIRST_PRIVATE_OPTION, le=LAST_PRIVATE_OPTION)]
    value: str


class DhcpHandoff(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One DHCP server with one lease.

    bridge         -- the link that it answers on
    server         -- its own address there, without a prefix
    mac            -- the only client it knows
    address        -- the lease in CIDR form, as ``10.244.1.17/32``
    router         -- None: the guest gets no router option
    routes         -- classless routes, complete with the default route; empty where the router says it all
    mtu            -- in bytes, None where unknown
    hostname       -- a DNS label, None where there is none to give
    """

    bridge: str
    server: str
    mac: str
    address: str
    router: str | None = None
    routes: tuple[ClasslessRoute, ...] = ()
    nameservers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    mtu: int | None = None
    hostname: str | None = None
    ntp_servers: tuple[str, ...] = ()
    tftp_server_name: str | None = None
    boot_file_name: str | None = None
    private_options: tuple[PrivateOption, ...] = ()


def first_ipv4(link: LinkFacts) -> Ipv4 | None:
    """The link's first IPv4 address, which is the Pod's; None where it has none."""
    for text in link.addresses:
        address = read_ipv4(text)
        if address is not None:
            return address
    return None


def ipv4_nameservers(resolver: Resolver | None) -> tuple[str, ...]:
    """The servers that fit into DHCP's option 6, in their order."""
    if resolver is None:
        return ()
    return tuple(server for server in resolver.nameservers if read_ipv4(server) is not None)


def routes_of(address: Ipv4, routes: tuple[Route, ...]) -> tuple[str | None, tuple[ClasslessRoute, ...]]:
    """The router, and the classless routes where a router alone doesn't say it.

    For 10.88.0.5/16 with a default route by 10.88.0.1 that is ``("10.88.0.1", ())``. For 10.244.1.17/32 by
    169.254.1.1 it is that router, 169.254.1.1/32 on the link, and 0.0.0.0/0 by 169.254.1.1.
    The route to the address's own network is the lease's mask, and IPv6 is another protocol's business.
    """
    router: str | None = None
    on_link: dict[str, ClasslessRoute] = {}
    beyond: list[ClasslessRoute] = []
    plain = True
    for route in routes:
        gateway = read_ipv4(route.gateway) if route.gateway is not None else None
        if route.gateway is not None and gateway is None:
            continue
        destination = _ANYWHERE if route.dst == "default" else read_ipv4(route.dst)
        if destination is None:
            continue
        destination = destination.network
        if gateway is None:
            if destination != address.network:
                on_link.setdefault(str(destination), ClasslessRoute(str(destination), ON_LINK))
                plain = False
            continue
        if not address.covers(gateway.number):
            on_link.setdefault(f"{gateway.host}/32", ClasslessRoute(f"{gateway.host}/32", ON_LINK))
            plain = False
        if destination.prefix:
            plain = False
        elif router is None:
            router = gateway.host
        else:
            continue
        beyond.append(ClasslessRoute(str(destination), gateway.host))
    return router, () if plain else (*on_link.values(), *beyond)
