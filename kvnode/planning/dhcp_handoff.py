"""What one guest's DHCP answer says, from what was seen of the Pod's link.

With the bridge binding the guest takes the Pod's address over: same prefix, same routes, same MTU and resolver, as
if the container runtime had configured the guest. Some CNIs give a /32 and a gateway outside of it (169.254.1.1);
that is said with classless routes (RFC 3442), which clients take instead of the router option, so they hold the
default route too and a route to each such gateway on the link itself.

The lease never ends: while the node's daemon is away nobody restarts the server, and no guest may notice.
"""

from __future__ import annotations

import re

import msgspec

from kvnode._fast.addresses import ipv4_cidr
from kvnode.api.network import DHCPOptions
from kvnode.facts.host import LinkFacts, Resolver, Route
from kvnode.planning.ipv4 import read_ipv4
from kvnode.planning.ipv4_address import Ipv4
from kvnode.planning.network_plans import (
    FIRST_PRIVATE_OPTION,
    LAST_PRIVATE_OPTION,
    ClasslessRoute,
    DhcpHandoff,
    PrivateOption,
)
from kvnode.planning.refusal import invalid

ON_LINK = "0.0.0.0"
_ANYWHERE = Ipv4(0, 0)

DHCP_TEXT = re.compile(r"[A-Za-z0-9._/:@%+=~-]{1,255}", re.ASCII)
"""What the name of a server or a file may be made of; an option holds 255 bytes."""


def leased_address(link: LinkFacts) -> str | None:
    """The link's first IPv4 address, which is the Pod's, in CIDR form; None where it has none."""
    for text in link.addresses:
        address = ipv4_cidr(text)
        if address is not None:
            return address
        read_ipv4(text)  # which raises for what is no address at all
    return None


def ipv4_nameservers(resolver: Resolver | None) -> tuple[str, ...]:
    """The servers that fit into DHCP's option 6, in their order."""
    if resolver is None:
        return ()
    return tuple([server for server in resolver.nameservers if read_ipv4(server) is not None])


def routes_of(leased: str, routes: tuple[Route, ...]) -> tuple[str | None, tuple[ClasslessRoute, ...]]:
    """The router, and the classless routes where a router alone doesn't say it.

    For 10.88.0.5/16 with a default route by 10.88.0.1 that is ``("10.88.0.1", ())``. For 10.244.1.17/32 by
    169.254.1.1 it is that router, 169.254.1.1/32 on the link, and 0.0.0.0/0 by 169.254.1.1.
    The route to the address's own network is the lease's mask, and IPv6 is another protocol's business.
    """
    address = read_ipv4(leased) if routes else None
    if address is None:
        return None, ()
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


def with_options(handoff: DhcpHandoff, options: DHCPOptions, position: int) -> DhcpHandoff:
    """The lease with what the manifest adds, each value in a form that a DHCP answer can hold.

    Raises InvalidManifest for another; ``position`` is the interface's, for its path.
    """
    at = f"spec.domain.devices.interfaces[{position}].dhcpOptions"
    for n, server in enumerate(options.ntp_servers):
        if not _is_ipv4_host(server):
            raise invalid(f"{at}.ntpServers[{n}]", f"{server[:60]!r} is not an IPv4 address")
    for name, text in (("tftpServerName", options.tftp_server_name), ("bootFileName", options.boot_file_name)):
        if text is not None and not DHCP_TEXT.fullmatch(text):
            message = f"{text[:60]!r} can't be told by DHCP: 1 to 255 letters, digits and ._/:@%+=~- can"
            raise invalid(f"{at}.{name}", message)
    for n, option in enumerate(options.private_options):
        if not FIRST_PRIVATE_OPTION <= option.option <= LAST_PRIVATE_OPTION:
            message = f"{option.option} is not a private option: {FIRST_PRIVATE_OPTION} to {LAST_PRIVATE_OPTION} are"
            raise invalid(f"{at}.privateOptions[{n}].option", message)
        size = len(option.value.encode("utf-8", "surrogatepass"))
        if not 1 <= size <= 255:
            raise invalid(f"{at}.privateOptions[{n}].value", f"a DHCP option holds 1 to 255 bytes, not {size}")
    return msgspec.structs.replace(
        handoff,
        ntp_servers=options.ntp_servers,
        tftp_server_name=options.tftp_server_name,
        boot_file_name=options.boot_file_name,
        private_options=tuple([PrivateOption(one.option, one.value) for one in options.private_options]),
    )


def _is_ipv4_host(text: str) -> bool:
    try:
        return "/" not in text and read_ipv4(text) is not None
    except ValueError:
        return False
