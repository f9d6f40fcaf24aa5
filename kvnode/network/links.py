"""A NetworkPlan put into a Pod's network namespace, and a Pod's link seen as facts.

``apply_links`` does what the plan lists: knobs first, then taps, then everything else as one netlink batch, at last
the packet rules.  It decides nothing but what may be repeated: a link that is there isn't made again, an address
that is there or gone already is no failure.  So whoever mends a guest after a crash applies the same plan again, and
a plan that failed halfway can be applied once more.

What the kernel refuses is a HostError that names the operation, not a number.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Sequence
from ipaddress import ip_interface

from kvnode._fast.netlink import Batch
from kvnode.errors import HostError
from kvnode.facts import LinkFacts, Resolver, Route
from kvnode.network.netns import Netns
from kvnode.network.nft import load_ruleset, pod_ruleset
from kvnode.network.rtnetlink import Address, KernelRoute, RouteSocket
from kvnode.network.taps import create_tap
from kvnode.planning.link_operations import (
    AddAddress,
    CreateBridge,
    CreateTap,
    LinkOperation,
    NetlinkOperation,
    RemoveAddress,
    SetLink,
    SetPort,
    SetSysctl,
)
from kvnode.planning.network_plans import NetworkPlan

_SCOPE_UNIVERSE = 0

# A failure that says that the wanted state is there already.
_DONE_ALREADY = {AddAddress: errno.EEXIST, RemoveAddress: errno.EADDRNOTAVAIL}


def apply_links(plan: NetworkPlan, netns: Netns, tap_uid: int) -> None:
    """Makes the Pod's network what the plan says.

    plan     -- made from facts that were seen before it was first applied
    netns    -- the Pod's network namespace
    tap_uid  -- who may open the taps: the launcher's user

    Raises HostError that names the operation and what the kernel said. It may be called again at any time.
    """
    if plan.operations:
        netns.run(_apply, plan, tap_uid)


def probe_links(netns: Netns, ifname: str, resolver: Resolver | None = None) -> LinkFacts:
    """What a link of the Pod has: MAC, MTU, addresses, routes; with ``resolver`` as whoever made the Pod says.

    Raises HostError where the namespace has no such link.
    """
    return netns.run(_probe, ifname, resolver)


def has_link(netns: Netns, ifname: str) -> bool:
    """Whether the namespace has a link of that name."""
    return netns.run(lambda: ifname in {name for _, name in socket.if_nameindex()})


def _apply(plan: NetworkPlan, tap_uid: int) -> None:
    apply_operations(plan.operations, tap_uid)
    load_ruleset(pod_ruleset(plan))


def apply_operations(operations: Sequence[LinkOperation], tap_uid: int) -> None:
    """The knobs of the operations, then their links, in the namespace of this thread. Raises HostError."""
    for operation in operations:
        if isinstance(operation, SetSysctl):
            _set_sysctl(operation)
    make_links(operations, tap_uid)


def make_links(operations: Sequence[LinkOperation], tap_uid: int) -> None:
    """The taps of the operations, then all that netlink does of them, in the namespace of this thread."""
    indexes = link_indexes(operations)
    for operation in operations:
        if isinstance(operation, CreateTap) and operation.link not in indexes:
            create_tap(operation.link, operation.index, tap_uid, queues=operation.queues)
            indexes[operation.link] = operation.index
    _apply_batch(operations, indexes)


def link_indexes(operations: Iterable[LinkOperation]) -> dict[str, int]:
    """Indexes by name of those links of the operations that are in this thread's namespace already."""
    indexes: dict[str, int] = {}
    for operation in operations:
        if operation.link is not None and operation.link not in indexes:
            try:
                indexes[operation.link] = socket.if_nametoindex(operation.link)
            except OSError:
                continue
    return indexes


def _apply_batch(operations: Iterable[LinkOperation], indexes: dict[str, int]) -> None:
    batch = Batch()
    sent: list[NetlinkOperation] = []
    for operation in operations:
        if isinstance(operation, CreateTap | SetSysctl):
            continue
        if isinstance(operation, CreateBridge):
            if operation.link in indexes:
                continue
            indexes[operation.link] = operation.index
        encode_operation(batch, operation, indexes)
        sent.append(operation)
    with RouteSocket() as routes:
        refusals = routes.send(batch)
    for refusal in refusals:
        refused = sent[refusal.place]
        if _DONE_ALREADY.get(type(refused)) != refusal.errno:
            raise HostError(f"the kernel refuses to {_words(refused)}: {refusal}")


def encode_operation(batch: Batch, operation: NetlinkOperation, indexes: dict[str, int]) -> None:
    """One operation more in the batch; its links by name have to be in ``indexes``, or HostError names the one."""
    index = _index(operation.link, operation, indexes)
    match operation:
        case CreateBridge():
            batch.create_link(operation.link, "bridge", index, _packed_mac(operation.mac), operation.mtu or 0)
        case SetLink():
            batch.set_link(
                index,
                _packed_mac(operation.mac) if operation.mac is not None else None,
                operation.mtu or 0,
                _index(operation.master, operation, indexes) if operation.master is not None else None,
                operation.group,
                operation.up,
            )
        case SetPort():
            batch.set_port(index, operation.learning)
        case AddAddress() | RemoveAddress():
            address = ip_interface(operation.address)
            do = batch.add_address if isinstance(operation, AddAddress) else batch.remove_address
            do(index, address.packed, address.network.prefixlen)


def _index(link: str, operation: NetlinkOperation, indexes: dict[str, int]) -> int:
    index = indexes.get(link)
    if index is None:
        raise HostError(f"the guest's network namespace has no link {link}, wanted to {_words(operation)}")
    return index


def _packed_mac(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def _words(operation: NetlinkOperation) -> str:
    """The operation as it stands in a sentence after "to"."""
    match operation:
        case CreateBridge():
            return f"make the bridge {operation.link}"
        case SetLink():
            named = ("mac", "mtu", "master", "group", "up")
            changes = [f"{name} {getattr(operation, name)}" for name in named if getattr(operation, name) is not None]
            return f"change {operation.link} ({', '.join(changes)})"
        case SetPort():
            return f"switch the bridge's learning from {operation.link} {'on' if operation.learning else 'off'}"
        case AddAddress():
            return f"give {operation.link} the address {operation.address}"
        case RemoveAddress():
            return f"take the address {operation.address} off {operation.link}"


def _set_sysctl(operation: SetSysctl) -> None:
    """Writes a knob; one of IPv6 on a kernel without IPv6 has nothing to switch off."""
    middle = f"conf/{operation.link}/" if operation.link is not None else ""
    path = f"/proc/sys/net/{operation.family}/{middle}{operation.key}"
    try:
        # Looked at first: a read-only /proc/sys that has the value already is no reason to fail.
        with open(path) as knob:
            there = knob.read().strip()
        if there != str(operation.value):
            with open(path, "w") as knob:
                knob.write(str(operation.value))
    except FileNotFoundError:
        if operation.family != "ipv6":
            raise HostError(f"this kernel has no {path}, which a guest's network needs") from None
    except OSError as error:
        raise HostError(f"{path} can't be set to {operation.value}: {error.strerror}") from error


def _probe(ifname: str, resolver: Resolver | None) -> LinkFacts:
    with RouteSocket() as kernel:
        links = {link.name: link for link in kernel.links()}
        link = links.get(ifname)
        if link is None:
            raise HostError(f"the guest's network namespace has no link {ifname}; it has {', '.join(sorted(links))}")
        addresses = [address for address in kernel.addresses() if address.index == link.index]
        routes = [route for route in kernel.routes() if route.index == link.index]
    return LinkFacts(
        ifname=ifname,
        mac=link.mac,
        mtu=link.mtu,
        addresses=tuple(address.cidr for address in addresses if _is_the_pods(address)),
        routes=tuple(_route(route) for route in routes if not route.dst.startswith("fe80:")),
        resolver=resolver,
    )


def _is_the_pods(address: Address) -> bool:
    """Every IPv4 address, and IPv6 addresses that somebody gave: the link-local ones the kernel makes by itself."""
    return ":" not in address.cidr or address.scope == _SCOPE_UNIVERSE


def _route(route: KernelRoute) -> Route:
    return Route("default" if route.dst in ("0.0.0.0/0", "::/0") else route.dst, route.gateway)
