"""The network of a guest: (VMI, HostFacts) -> NetworkPlan.

Two bindings. With ``bridge`` the guest takes the Pod's address over: a bridge joins the Pod's link and the guest's
tap, the address leaves the link, and a DHCP server on a link-local address of the bridge leases that very address.
With ``masquerade`` the Pod keeps its address and the guest is behind it at 10.0.2.2, by NAT.

What holds:

- Link names come from the Pod (``eth0``), from it (``k6t-eth0``) or by counting (``tap0``); none from a manifest.
- No two ports of a bridge have one MAC: where the guest has the Pod's, the Pod's link gets another.
- A MAC that nobody gave derives from the guest's identity, so the same manifest gives the same plan.
- Without facts about a link the plan has names and MACs, but no operation and no lease: rendering needs no node.
- The facts are those from before the plan was applied. Afterwards the Pod's link has no address any more, so whoever
  repeats the operations (after a crash) keeps the plan, which they follow from (``network_plans``), or the facts, and
  doesn't probe again.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from kvnode._fast.addresses import ipv4_within
from kvnode._fast.names import is_interface_name, is_label
from kvnode.api.identity import DEFAULT_NAMESPACE, identity_of
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.network import Interface, Network
from kvnode.errors import InvalidManifest
from kvnode.facts.host import HostFacts, LinkFacts
from kvnode.planning.dhcp_handoff import ipv4_nameservers, leased_address, routes_of, with_options
from kvnode.planning.hostname import guest_hostname
from kvnode.planning.ipv4 import read_ipv4
from kvnode.planning.ipv4_address import Ipv4
from kvnode.planning.macs import GUEST, POD, derived_mac, given_mac, seen_mac
from kvnode.planning.network_plans import (
    MASQUERADE_BRIDGE_MAC,
    DhcpHandoff,
    ForwardedPort,
    InterfaceNetwork,
    Nat,
    NetworkPlan,
)
from kvnode.planning.refusal import Refused, invalid

MAX_QUEUES = 256
"""Queues of one tap (the kernel's MAX_TAP_QUEUES)."""

GUEST_NETWORK = "10.0.2.0/24"
"""Where masqueraded guests live unless ``vmNetworkCIDR`` says otherwise; KubeVirt's default."""

_MOST_INTERFACES = 240
"""As many root ports as a guest's PCI has room for; each DHCP server has an address of 169.254.75.10 to .249."""
_SERVERS = tuple(f"169.254.75.{10 + ordinal}" for ordinal in range(_MOST_INTERFACES))
_TAPS = tuple(f"tap{ordinal}" for ordinal in range(_MOST_INTERFACES))
_IFNAME_BYTES = 15
_NO_LINK = LinkFacts()
_NO_NETWORK = NetworkPlan()
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)


def bridge_name(pod_ifname: str, ordinal: int = 0) -> str:
    """The bridge that joins a link of the Pod and the guest's tap; by the interface's place where the name is too long.

    ``eth0`` has ``k6t-eth0``.
    """
    name = f"k6t-{pod_ifname}"
    fits = len(name) <= _IFNAME_BYTES and (is_interface_name(name) or len(name.encode()) <= _IFNAME_BYTES)
    return name if fits else f"k6t-{ordinal}"


class _Guest:
    """What all interfaces of a guest share: its identity, the name it is told, the queues of its virtio cards."""

    def __init__(self, vmi: VirtualMachineInstance, identity: str, hostname: str | None, queues: int) -> None:
        self.vmi = vmi
        self.identity = identity
        self.hostname = hostname
        self.queues = queues


def network_plan(vmi: VirtualMachineInstance, host: HostFacts) -> NetworkPlan:
    """Decides everything about the guest's network.

    vmi   -- defaulted: every interface has its binding
    host  -- ``host.links`` by the manifest's network name; a missing link gives a plan without operations

    Raises InvalidManifest with the field for a network that can't be planned. The same arguments give the same plan.
    """
    interfaces = vmi.spec.domain.devices.interfaces
    if not interfaces:
        return _NO_NETWORK
    if len(interfaces) > _MOST_INTERFACES:
        message = f"{len(interfaces)} interfaces are more than {_MOST_INTERFACES}"
        raise invalid("spec.domain.devices.interfaces", message)
    networks: dict[str, Network] = {}
    for one in vmi.spec.networks:
        networks[one.name] = one
    links: dict[str, LinkFacts] = host.links
    guest = _Guest(vmi, vmi.metadata.uid or identity_of(vmi.metadata), _hostname(vmi) if links else None, _queues(vmi))
    planned: list[InterfaceNetwork] = []
    for position, interface in enumerate(interfaces):
        if interface.state == "absent" or (interface.bridge is None and interface.masquerade is None):
            continue
        network = networks.get(interface.name)
        if network is None:
            message = f"there is no network {interface.name[:60]!r} in spec.networks for this interface to be on"
            raise invalid(f"spec.domain.devices.interfaces[{position}].name", message)
        link = links.get(interface.name, _NO_LINK)
        planned.append(_interface_network(guest, interface, network, link, position, len(planned)))
    if len(planned) > 1:
        _refuse_shared_links(planned)
    return NetworkPlan(tuple(planned))


def vcpu_count(vmi: VirtualMachineInstance) -> int:
    """Cores times sockets times threads, at least 1."""
    cpu = vmi.spec.domain.cpu
    if cpu is None:
        return 1
    return (cpu.cores or 1) * (cpu.sockets or 1) * (cpu.threads or 1)


def _queues(vmi: VirtualMachineInstance) -> int:
    """Pairs of queues of a virtio card and of its tap: who opens a tap has to want as many."""
    if not vmi.spec.domain.devices.network_interface_multiqueue:
        return 1
    return min(vcpu_count(vmi), MAX_QUEUES)


def _interface_network(
    guest: _Guest, interface: Interface, network: Network, link: LinkFacts, position: int, ordinal: int
) -> InterfaceNetwork:
    """One interface; ``ordinal`` counts the planned ones.

    With the bridge binding the guest is on the Pod's own wire, with the Pod's address and, where the manifest has none,
    the Pod's MAC. With masquerade it is on a network of its own behind the Pod's address.
    """
    seen = link.ifname is not None
    pod_ifname = link.ifname if link.ifname is not None else _usual_ifname(network, ordinal)
    bridge = bridge_name(pod_ifname, ordinal)
    guest_mac = given_mac(interface.mac_address)
    pod_mac = seen_mac(link.mac)
    nat: Nat | None = None
    if interface.bridge is not None:
        guest_mac = guest_mac or pod_mac or derived_mac(GUEST, guest.identity, network.name)
        if pod_mac == guest_mac:
            pod_mac = derived_mac(POD, guest.identity, network.name)
        server, address = _SERVERS[ordinal], leased_address(link)
    else:
        guest_mac = guest_mac or derived_mac(GUEST, guest.identity, network.name)
        if guest_mac == MASQUERADE_BRIDGE_MAC:
            message = f"{guest_mac} is the MAC of the gateway that a masqueraded guest sees; choose another"
            raise invalid(f"spec.domain.devices.interfaces[{position}].macAddress", message)
        wire = _guest_network(guest.vmi, network, link)
        nat = Nat(wire.guest, wire.gateway, _forwarded_ports(interface, position))
        server, address = wire.router, wire.guest
    lease: DhcpHandoff | None = None
    if seen and address is not None:
        router, routes = (server, ()) if nat is not None else routes_of(address, link.routes)
        lease = DhcpHandoff(
            bridge,
            server,
            guest_mac,
            address,
            router,
            routes,
            ipv4_nameservers(link.resolver),
            _search(guest.vmi, link),
            link.mtu,
            guest.hostname,
        )
        if interface.dhcp_options is not None:
            lease = with_options(lease, interface.dhcp_options, position)
    # By position, in the order of its fields: a call by that many names takes longer than all else here.
    return InterfaceNetwork(
        network.name,
        "bridge" if nat is None else "masquerade",
        pod_ifname,
        bridge,
        _TAPS[ordinal],
        guest_mac,
        pod_mac,
        link.mtu,
        guest.queues if not interface.model or interface.model == "virtio" else 1,
        link.addresses,
        nat,
        lease,
        seen,
        ordinal,
        guest.identity if seen else "",
    )


def _usual_ifname(network: Network, ordinal: int) -> str:
    """What the Pod's link is called where nobody has looked."""
    return f"net{ordinal}" if network.multus is not None else "eth0"


class _Wire:
    """The network between a masqueraded guest and its gateway, which are its first two hosts."""

    def __init__(self, network: Ipv4) -> None:
        self.network = network
        router = Ipv4(network.number + 1, network.prefix)
        self.router = router.host
        self.gateway = str(router)
        self.guest = str(Ipv4(network.number + 2, network.prefix))


# A cluster has one network for all its masqueraded guests, or a few.
@lru_cache(maxsize=16)
def _wire(text: str) -> _Wire | str:
    """The network of that address; or in a sentence, why no guest and its gateway can be in it."""
    try:
        read = read_ipv4(text)
    except ValueError:
        read = None
    if read is None:
        return f"{text[:60]!r} is not an IPv4 network such as {GUEST_NETWORK}"
    network = read.network
    if network.prefix > 30:
        return f"{network} has no room for a guest and its gateway: a prefix of at most 30 bits is needed"
    # This network, the loopback, multicast and what is reserved (RFC 6890).
    first = network.number >> 24
    if first in (0, 127) or first >= 224:
        return f"no host can have an address of {network}: take a private range such as {GUEST_NETWORK}"
    return _Wire(network)


_USUAL_WIRE = _Wire(Ipv4(0x0A00_0200, 24))  # of GUEST_NETWORK


def _guest_network(vmi: VirtualMachineInstance, network: Network, link: LinkFacts) -> _Wire:
    """The network of ``vmNetworkCIDR``, which has to be another than the Pod's own."""
    wire: _Wire = _USUAL_WIRE
    if network.pod is not None and network.pod.vm_network_cidr:
        found = _wire(network.pod.vm_network_cidr)
        if isinstance(found, str):
            raise _network_fault(vmi, network, found)
        wire = found
    for address in link.addresses:
        inside = ipv4_within(address, wire.network.number, wire.network.prefix)
        if inside:
            message = (
                f"{wire.network} has the Pod's own address {address} in it, so that neither would be reached: "
                "take another"
            )
            raise _network_fault(vmi, network, message)
        if inside is None:
            read_ipv4(address)  # which raises for what is no address at all
    return wire


def _network_fault(vmi: VirtualMachineInstance, network: Network, message: str) -> InvalidManifest:
    at = 0
    for index, one in enumerate(vmi.spec.networks):
        if one is network:
            at = index
    return invalid(f"spec.networks[{at}].pod.vmNetworkCIDR", message)


def _forwarded_ports(interface: Interface, position: int) -> tuple[ForwardedPort, ...]:
    """Ports and port ranges of the interface; TCP where no protocol is said."""
    if not interface.ports and not interface.port_ranges:
        return ()
    forwarded: list[ForwardedPort] = []
    try:
        for port in interface.ports:
            forwarded.append(_forwarded(port.protocol, port.port, port.port))
        for run in interface.port_ranges:
            forwarded.append(_forwarded(run.protocol, run.start, run.end))
    except Refused as fault:
        ports, at = len(interface.ports), len(forwarded)
        item = f"ports[{at}]" if at < ports else f"portRanges[{at - ports}]"
        raise fault.at(f"spec.domain.devices.interfaces[{position}].{item}") from None
    return tuple(forwarded) if len(forwarded) == 1 else tuple(dict.fromkeys(forwarded))


def _forwarded(protocol: str | None, first: int, last: int) -> ForwardedPort:
    """One run of ports; raises Refused by the item's own fields."""
    if not protocol or protocol.upper() == "TCP":
        name: Literal["tcp", "udp"] = "tcp"
    elif protocol.upper() == "UDP":
        name = "udp"
    else:
        raise Refused("protocol", f"{protocol[:60]!r} can't be forwarded; TCP and UDP can")
    if not 1 <= first <= last <= 65535:
        raise Refused("", f"{first} to {last} are not ports: 1 to 65535 in rising order are")
    return ForwardedPort(name, first, last)


def _hostname(vmi: VirtualMachineInstance) -> str | None:
    """The guest's host name; None where that isn't a DNS label, the only thing that DHCP clients take."""
    name = guest_hostname(vmi)
    return name if is_label(name) or _LABEL.fullmatch(name) else None


def _search(vmi: VirtualMachineInstance, link: LinkFacts) -> tuple[str, ...]:
    """The Pod's search domains; a guest with a subdomain looks there first, as its Service's other members do."""
    if link.resolver is None:
        return ()
    domains = link.resolver.search
    subdomain = vmi.spec.subdomain
    if not subdomain or not _LABEL.fullmatch(subdomain):
        return domains
    services = f"{vmi.metadata.namespace or DEFAULT_NAMESPACE}.svc."
    for domain in domains:
        if domain.startswith(services):
            return (f"{subdomain}.{domain}", *domains)
    return domains


def _refuse_shared_links(planned: list[InterfaceNetwork]) -> None:
    """A link of the Pod joins one bridge: two interfaces on it can't both be planned."""
    if len({interface.pod_ifname for interface in planned}) == len(planned):
        return
    owner: dict[str, InterfaceNetwork] = {}
    for interface in planned:
        other = owner.setdefault(interface.pod_ifname, interface)
        if other is not interface:
            message = (
                f"networks {other.name[:60]!r} and {interface.name[:60]!r} are both on the Pod's link "
                f"{interface.pod_ifname}; a link carries one interface of a guest"
            )
            raise invalid("spec.networks", message)
