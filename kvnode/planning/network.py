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
  repeats the operations (after a crash) keeps the plan and doesn't probe again.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from kvnode.api.card_address import canonical_mac
from kvnode.api.identity import identity_of
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.network import DHCPOptions, Interface, Network
from kvnode.errors import VALUE_INVALID, FieldError, InvalidManifest
from kvnode.facts import HostFacts, LinkFacts
from kvnode.planning.dhcp_handoff import (
    DHCP_TEXT,
    FIRST_PRIVATE_OPTION,
    LAST_PRIVATE_OPTION,
    ClasslessRoute,
    DhcpHandoff,
    PrivateOption,
    first_ipv4,
    ipv4_nameservers,
    routes_of,
)
from kvnode.planning.hostname import guest_hostname
from kvnode.planning.ipv4 import Ipv4, read_ipv4
from kvnode.planning.link_operations import (
    AddAddress,
    CreateBridge,
    CreateTap,
    LinkOperation,
    RemoveAddress,
    SetLink,
    SetPort,
    SetSysctl,
)

Binding = Literal["bridge", "masquerade"]

MAX_QUEUES = 256
"""Queues of one tap (the kernel's MAX_TAP_QUEUES)."""

GUEST_NETWORK = "10.0.2.0/24"
"""Where masqueraded guests live unless ``vmNetworkCIDR`` says otherwise; KubeVirt's default."""

MASQUERADE_BRIDGE_MAC = "02:00:00:00:00:00"
"""The gateway's MAC as every masqueraded guest sees it, so that a migrated one finds its neighbour again."""

LINK_GROUP = 0x6B76
"""Links made for a guest are in this group, so that they can be deleted by one message."""

# Far above what the kernel counts up to on its own: a link moved into the Pod keeps its index if that is free.
_FIRST_BRIDGE_INDEX = 0x6B760000
_FIRST_TAP_INDEX = 0x6B768000

_MOST_INTERFACES = 240
"""As many root ports as a guest's PCI has room for; each DHCP server has an address of 169.254.75.10 to .249."""
_PROTOCOLS: dict[str, Literal["tcp", "udp"]] = {"TCP": "tcp", "UDP": "udp"}
_IFNAME_BYTES = 15
_BRIDGE_PREFIX = "k6t-"
_NO_LINK = LinkFacts()
# Knobs are set before any link is made: what is ``default`` then, a new link has from its first moment. The Pod's own
# stack has nothing to say on the guest's wire: no IPv6 address of its own, no answer for others'.
_QUIET = (SetSysctl("ipv6", "disable_ipv6", 1, "default"), SetSysctl("ipv4", "arp_ignore", 1, "default"))
# What runs beside the guest in the Pod reaches its ports on the loopback, as `kubectl port-forward` does.
_ROUTING = (SetSysctl("ipv4", "route_localnet", 1, "default"), SetSysctl("ipv4", "ip_forward", 1, None))
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)


class ForwardedPort(msgspec.Struct, frozen=True, gc=False):
    """A run of ports of the Pod that lead to the guest, ``first`` and ``last`` included."""

    protocol: Literal["tcp", "udp"]
    first: int
    last: int


class Nat(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How a masqueraded guest is reached and how it reaches out.

    guest, gateway  -- addresses in CIDR form on the bridge: ``10.0.2.2/24`` behind ``10.0.2.1/24``
    ports           -- what is forwarded to the guest; empty: everything
    """

    guest: str
    gateway: str
    ports: tuple[ForwardedPort, ...] = ()


class InterfaceNetwork(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One interface of the guest and what stands behind it in the Pod.

    name          -- of the manifest's network; a label, never a link's name
    pod_ifname    -- the link that the Pod has
    guest_mac     -- what the guest's card has
    pod_mac       -- what the Pod's link has once the plan is applied; None where that is unknown
    mtu           -- in bytes; None where unknown
    queues        -- of a virtio card and its tap: the guest's vCPUs where multi-queue is asked for
    pod_addresses -- in CIDR form, what the Pod's link had
    """

    name: str
    binding: Binding
    pod_ifname: str
    bridge: str
    tap: str
    guest_mac: str
    pod_mac: str | None = None
    mtu: int | None = None
    queues: int = 1
    pod_addresses: tuple[str, ...] = ()
    operations: tuple[LinkOperation, ...] = ()
    nat: Nat | None = None
    dhcp: DhcpHandoff | None = None


class NetworkPlan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The guest's interfaces by bridge and masquerade, in the manifest's order. Other bindings need nothing here."""

    interfaces: tuple[InterfaceNetwork, ...] = ()

    @property
    def operations(self) -> tuple[LinkOperation, ...]:
        """All link operations of the guest, in order."""
        return tuple(operation for interface in self.interfaces for operation in interface.operations)

    def interface(self, name: str) -> InterfaceNetwork | None:
        """The interface on the manifest's network of that name, None where it is none of ours."""
        return next((interface for interface in self.interfaces if interface.name == name), None)


_NO_NETWORK = NetworkPlan()


def bridge_name(pod_ifname: str, ordinal: int = 0) -> str:
    """The bridge that joins a link of the Pod and the guest's tap; by the interface's place where the name is too long.

    ``eth0`` has ``k6t-eth0``.
    """
    name = _BRIDGE_PREFIX + pod_ifname
    return name if len(name.encode()) <= _IFNAME_BYTES else f"{_BRIDGE_PREFIX}{ordinal}"


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
        raise _fault("spec.domain.devices.interfaces", message)
    indexes = {network.name: index for index, network in enumerate(vmi.spec.networks)}
    guest = _Guest(vmi, identity_of(vmi.metadata), _hostname(vmi), _queues(vmi))
    planned: list[InterfaceNetwork] = []
    for position, interface in enumerate(interfaces):
        masqueraded = interface.masquerade is not None and interface.bridge is None
        if interface.state == "absent" or not (masqueraded or interface.bridge is not None):
            continue
        index = indexes.get(interface.name)
        if index is None:
            message = f"there is no network {interface.name[:60]!r} in spec.networks for this interface to be on"
            raise _fault(f"spec.domain.devices.interfaces[{position}].name", message)
        network, link, ordinal = vmi.spec.networks[index], host.links.get(interface.name, _NO_LINK), len(planned)
        pod_ifname = link.ifname if link.ifname is not None else _usual_ifname(network, ordinal)
        bridge, tap = bridge_name(pod_ifname, ordinal), f"tap{ordinal}"
        queues = guest.queues if interface.model in (None, "", "virtio") else 1
        scene = _Scene(guest, interface, position, network, index, link, ordinal, pod_ifname, bridge, tap, queues)
        planned.append(_masqueraded(scene) if masqueraded else _bridged(scene))
    if len(planned) > 1:
        _refuse_shared_links(planned)
    return NetworkPlan(tuple(planned))


class DerivedMacs(NamedTuple):
    """Addresses on one network that nobody gave, all of them locally administered and no group's."""

    guest: str
    pod: str
    bridge: str


def derived_macs(identity: str, network: str) -> DerivedMacs:
    """What derives from a guest's identity (``identity_of``) and the name of its network in the manifest."""
    digest = hashlib.sha256(f"{identity}\0guest/{network}".encode(errors="surrogatepass")).digest()
    own = digest[:5].hex(":")
    return DerivedMacs(f"02:{own}", f"06:{own}", f"0a:{own}")


def vcpu_count(vmi: VirtualMachineInstance) -> int:
    """Cores times sockets times threads, at least 1."""
    cpu = vmi.spec.domain.cpu
    if cpu is None:
        return 1
    return (cpu.cores or 1) * (cpu.sockets or 1) * (cpu.threads or 1)


class _Guest(msgspec.Struct, frozen=True, gc=False):
    """What all interfaces of a guest share: its identity, the name it is told, the queues of its virtio cards."""

    vmi: VirtualMachineInstance
    identity: str
    hostname: str | None
    queues: int


class _Scene(msgspec.Struct, frozen=True, gc=False):
    """What the plan of one interface is made from; ``ordinal`` counts the planned ones."""

    guest: _Guest
    interface: Interface
    position: int
    network: Network
    network_index: int
    link: LinkFacts
    ordinal: int
    pod_ifname: str
    bridge: str
    tap: str
    queues: int

    @property
    def manifest_mac(self) -> str | None:
        mac = self.interface.mac_address
        return canonical_mac(mac) if mac else None


def _usual_ifname(network: Network, ordinal: int) -> str:
    """What the Pod's link is called where nobody has looked."""
    return f"net{ordinal}" if network.multus is not None else "eth0"


def _queues(vmi: VirtualMachineInstance) -> int:
    """Pairs of queues of a virtio card and of its tap: who opens a tap has to want as many."""
    if not vmi.spec.domain.devices.network_interface_multiqueue:
        return 1
    return min(vcpu_count(vmi), MAX_QUEUES)


def _bridged(scene: _Scene) -> InterfaceNetwork:
    """The guest on the Pod's own wire, with the Pod's address."""
    link = scene.link
    seen = link.mac.lower() if link.mac else None
    derived = derived_macs(scene.guest.identity, scene.network.name)
    guest_mac = scene.manifest_mac or seen or derived.guest
    pod_mac = seen if seen != guest_mac else derived.pod
    address = first_ipv4(link)
    server = f"169.254.75.{10 + scene.ordinal}"
    dhcp = None
    known = link.ifname is not None
    if address is not None and known:
        router, routes = routes_of(address, link.routes)
        dhcp = _handoff(scene, server, guest_mac, str(address), router, routes)
    return InterfaceNetwork(
        name=scene.network.name,
        binding="bridge",
        pod_ifname=scene.pod_ifname,
        bridge=scene.bridge,
        tap=scene.tap,
        guest_mac=guest_mac,
        pod_mac=pod_mac,
        mtu=link.mtu,
        queues=scene.queues,
        pod_addresses=link.addresses,
        operations=_bridge_operations(scene, derived.bridge, pod_mac, server if dhcp else None) if known else (),
        dhcp=dhcp,
    )


def _bridge_operations(
    scene: _Scene, bridge_mac: str, pod_mac: str | None, server: str | None
) -> tuple[LinkOperation, ...]:
    """The address leaves before the link becomes a port, so at no time do two answer for it."""
    pod, bridge, tap, mtu = scene.pod_ifname, scene.bridge, scene.tap, scene.link.mtu
    operations: list[LinkOperation] = [
        SetSysctl("ipv6", "disable_ipv6", 1, pod),
        *_QUIET,
        CreateTap(tap, _FIRST_TAP_INDEX + scene.ordinal, scene.queues),
        CreateBridge(bridge, _FIRST_BRIDGE_INDEX + scene.ordinal, bridge_mac, mtu),
        *(RemoveAddress(pod, address) for address in scene.link.addresses),
        SetLink(pod, mac=pod_mac, master=bridge, up=True),
        # A network whose bridge sends frames back to the port they came from (hairpin mode) would teach ours that the
        # guest is out there.
        SetPort(pod, learning=False),
        SetLink(tap, mtu=mtu, master=bridge, group=LINK_GROUP, up=True),
    ]
    if server is not None:
        operations.append(AddAddress(bridge, f"{server}/32"))
    operations.append(SetLink(bridge, group=LINK_GROUP, up=True))
    return tuple(operations)


def _masqueraded(scene: _Scene) -> InterfaceNetwork:
    """The guest on a network of its own behind the Pod's address."""
    link = scene.link
    guest_mac = scene.manifest_mac or derived_macs(scene.guest.identity, scene.network.name).guest
    if guest_mac == MASQUERADE_BRIDGE_MAC:
        message = f"{guest_mac} is the MAC of the gateway that a masqueraded guest sees; choose another"
        raise _fault(f"spec.domain.devices.interfaces[{scene.position}].macAddress", message)
    wire = _guest_network(scene)
    nat = Nat(wire.guest, wire.gateway, _forwarded_ports(scene))
    known = link.ifname is not None
    return InterfaceNetwork(
        name=scene.network.name,
        binding="masquerade",
        pod_ifname=scene.pod_ifname,
        bridge=scene.bridge,
        tap=scene.tap,
        guest_mac=guest_mac,
        pod_mac=link.mac.lower() if link.mac else None,
        mtu=link.mtu,
        queues=scene.queues,
        pod_addresses=link.addresses,
        operations=_masquerade_operations(scene, nat) if known else (),
        nat=nat,
        dhcp=_handoff(scene, wire.router, guest_mac, wire.guest, wire.router) if known else None,
    )


def _masquerade_operations(scene: _Scene, nat: Nat) -> tuple[LinkOperation, ...]:
    bridge, tap, mtu = scene.bridge, scene.tap, scene.link.mtu
    return (
        *_QUIET,
        *_ROUTING,
        CreateTap(tap, _FIRST_TAP_INDEX + scene.ordinal, scene.queues),
        CreateBridge(bridge, _FIRST_BRIDGE_INDEX + scene.ordinal, MASQUERADE_BRIDGE_MAC, mtu),
        SetLink(tap, mtu=mtu, master=bridge, group=LINK_GROUP, up=True),
        AddAddress(bridge, nat.gateway),
        SetLink(bridge, group=LINK_GROUP, up=True),
    )


def _guest_network(scene: _Scene) -> _Wire:
    """The network of ``vmNetworkCIDR``, which has to be another than the Pod's own."""
    pod = scene.network.pod
    text = pod.vm_network_cidr if pod is not None and pod.vm_network_cidr else GUEST_NETWORK
    wire = _wire(text)
    if isinstance(wire, str):
        raise _fault(f"spec.networks[{scene.network_index}].pod.vmNetworkCIDR", wire)
    for address in scene.link.addresses:
        known = read_ipv4(address)
        if known is not None and wire.network.covers(known.number):
            message = (
                f"{wire.network} has the Pod's own address {address} in it, so that neither would be reached: "
                "take another"
            )
            raise _fault(f"spec.networks[{scene.network_index}].pod.vmNetworkCIDR", message)
    return wire


class _Wire(msgspec.Struct, frozen=True, gc=False):
    """The network between a masqueraded guest and its gateway, which are its first two hosts."""

    network: Ipv4
    router: str
    gateway: str
    guest: str


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
    gateway, guest = Ipv4(network.number + 1, network.prefix), Ipv4(network.number + 2, network.prefix)
    return _Wire(network, gateway.host, str(gateway), str(guest))


def _forwarded_ports(scene: _Scene) -> tuple[ForwardedPort, ...]:
    """Ports and port ranges of the interface; TCP where no protocol is said."""
    if not scene.interface.ports and not scene.interface.port_ranges:
        return ()
    at = f"spec.domain.devices.interfaces[{scene.position}]"
    wanted = [(f"{at}.ports[{n}]", p.protocol, p.port, p.port) for n, p in enumerate(scene.interface.ports)]
    ranges = scene.interface.port_ranges
    wanted += [(f"{at}.portRanges[{n}]", r.protocol, r.start, r.end) for n, r in enumerate(ranges)]
    forwarded: dict[ForwardedPort, None] = {}
    for field, protocol, first, last in wanted:
        name = _PROTOCOLS.get((protocol or "TCP").upper())
        if name is None:
            raise _fault(f"{field}.protocol", f"{str(protocol)[:60]!r} can't be forwarded; TCP and UDP can")
        if not 1 <= first <= last <= 65535:
            raise _fault(field, f"{first} to {last} are not ports: 1 to 65535 in rising order are")
        forwarded[ForwardedPort(name, first, last)] = None
    return tuple(forwarded)


def _handoff(
    scene: _Scene,
    server: str,
    mac: str,
    address: str,
    router: str | None,
    routes: tuple[ClasslessRoute, ...] = (),
) -> DhcpHandoff:
    """The lease."""
    handoff = DhcpHandoff(
        bridge=scene.bridge,
        server=server,
        mac=mac,
        address=address,
        router=router,
        routes=routes,
        nameservers=ipv4_nameservers(scene.link.resolver),
        search=_search(scene),
        mtu=scene.link.mtu,
        hostname=scene.guest.hostname,
    )
    options = scene.interface.dhcp_options
    return handoff if options is None else _with_options(handoff, options, scene.position)


def _with_options(handoff: DhcpHandoff, options: DHCPOptions, position: int) -> DhcpHandoff:
    """The lease with what the manifest adds, each value in a form that a DHCP answer can hold."""
    at = f"spec.domain.devices.interfaces[{position}].dhcpOptions"
    for n, server in enumerate(options.ntp_servers):
        if not _is_ipv4_host(server):
            raise _fault(f"{at}.ntpServers[{n}]", f"{server[:60]!r} is not an IPv4 address")
    for name, text in (("tftpServerName", options.tftp_server_name), ("bootFileName", options.boot_file_name)):
        if text is not None and not DHCP_TEXT.fullmatch(text):
            message = f"{text[:60]!r} can't be told by DHCP: 1 to 255 letters, digits and ._/:@%+=~- can"
            raise _fault(f"{at}.{name}", message)
    for n, option in enumerate(options.private_options):
        if not FIRST_PRIVATE_OPTION <= option.option <= LAST_PRIVATE_OPTION:
            message = f"{option.option} is not a private option: {FIRST_PRIVATE_OPTION} to {LAST_PRIVATE_OPTION} are"
            raise _fault(f"{at}.privateOptions[{n}].option", message)
        size = len(option.value.encode("utf-8", "surrogatepass"))
        if not 1 <= size <= 255:
            raise _fault(f"{at}.privateOptions[{n}].value", f"a DHCP option holds 1 to 255 bytes, not {size}")
    return msgspec.structs.replace(
        handoff,
        ntp_servers=options.ntp_servers,
        tftp_server_name=options.tftp_server_name,
        boot_file_name=options.boot_file_name,
        private_options=tuple(PrivateOption(option.option, option.value) for option in options.private_options),
    )


def _is_ipv4_host(text: str) -> bool:
    try:
        return "/" not in text and read_ipv4(text) is not None
    except ValueError:
        return False


def _hostname(vmi: VirtualMachineInstance) -> str | None:
    """The guest's host name; None where that isn't a DNS label, the only thing that DHCP clients take."""
    name = guest_hostname(vmi)
    return name if _LABEL.fullmatch(name) else None


def _search(scene: _Scene) -> tuple[str, ...]:
    """The Pod's search domains; a guest with a subdomain looks there first, as its Service's other members do."""
    resolver = scene.link.resolver
    domains = resolver.search if resolver is not None else ()
    subdomain = scene.guest.vmi.spec.subdomain
    if not subdomain:
        return domains
    services = f"{scene.guest.vmi.metadata.namespace or 'default'}.svc."
    own = next((domain for domain in domains if domain.startswith(services)), None)
    if own is None or not _LABEL.fullmatch(subdomain):
        return domains
    return (f"{subdomain}.{own}", *domains)


def _refuse_shared_links(planned: list[InterfaceNetwork]) -> None:
    """A link of the Pod joins one bridge: two interfaces on it can't both be planned."""
    owner: dict[str, InterfaceNetwork] = {}
    for interface in planned:
        other = owner.setdefault(interface.pod_ifname, interface)
        if other is not interface:
            message = (
                f"networks {other.name[:60]!r} and {interface.name[:60]!r} are both on the Pod's link "
                f"{interface.pod_ifname}; a link carries one interface of a guest"
            )
            raise _fault("spec.networks", message)


def _fault(field: str, message: str) -> InvalidManifest:
    return InvalidManifest([FieldError(field, VALUE_INVALID, message)])
