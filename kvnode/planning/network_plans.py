"""What is decided of a guest's network, as values: interfaces, NAT, leases, and what all that asks of the kernel.

Types alone, which compiled code reads in place; ``network`` makes them. Link operations aren't kept: they follow from
the decisions and are made when somebody asks for them. So whoever keeps a plan keeps its operations, those made after a
crash are those made before it, and rendering, which asks for none, pays for none.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

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
from kvnode.planning.macs import BRIDGE, derived_mac

Binding = Literal["bridge", "masquerade"]

FIRST_PRIVATE_OPTION, LAST_PRIVATE_OPTION = 224, 254
"""What RFC 3942 leaves to a site."""

MASQUERADE_BRIDGE_MAC = "02:00:00:00:00:00"
"""The gateway's MAC as every masqueraded guest sees it, so that a migrated one finds its neighbour again."""

LINK_GROUP = 0x6B76
"""Links made for a guest are in this group, so that they can be deleted by one message."""

# Far above what the kernel counts up to on its own: a link moved into the Pod keeps its index if that is free.
_FIRST_BRIDGE_INDEX = 0x6B760000
_FIRST_TAP_INDEX = 0x6B768000

# Knobs are set before any link is made: what is ``default`` then, a new link has from its first moment. The Pod's own
# stack has nothing to say on the guest's wire: no IPv6 address of its own, no answer for others'.
_QUIET = (SetSysctl("ipv6", "disable_ipv6", 1, "default"), SetSysctl("ipv4", "arp_ignore", 1, "default"))
# What runs beside the guest in the Pod reaches its ports on the loopback, as `kubectl port-forward` does.
_ROUTING = (SetSysctl("ipv4", "route_localnet", 1, "default"), SetSysctl("ipv4", "ip_forward", 1, None))


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


class InterfaceNetwork(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One interface of the guest and what stands behind it in the Pod.

    name          -- of the manifest's network; a label, never a link's name
    pod_ifname    -- the link that the Pod has
    guest_mac     -- what the guest's card has
    pod_mac       -- what the Pod's link has once the plan is applied; None where that is unknown
    mtu           -- in bytes; None where unknown
    queues        -- of a virtio card and its tap: the guest's vCPUs where multi-queue is asked for
    pod_addresses -- in CIDR form, what the Pod's link had
    seen          -- whether somebody looked at the Pod's link; where nobody did, there are no operations
    ordinal       -- counts the guest's interfaces here; indexes of links go by it
    identity      -- of the guest, which the bridge's MAC derives from
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
    nat: Nat | None = None
    dhcp: DhcpHandoff | None = None
    seen: bool = False
    ordinal: int = 0
    identity: str = ""

    @property
    def operations(self) -> tuple[LinkOperation, ...]:
        """What the interface asks of the kernel, in order: a function of what is decided, and of nothing else."""
        if not self.seen:
            return ()
        return _bridge_operations(self) if self.nat is None else _masquerade_operations(self, self.nat)


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


def _bridge_operations(planned: InterfaceNetwork) -> tuple[LinkOperation, ...]:
    """The address leaves before the link becomes a port, so at no time do two answer for it."""
    pod, bridge, tap, mtu = planned.pod_ifname, planned.bridge, planned.tap, planned.mtu
    bridge_mac = derived_mac(BRIDGE, planned.identity, planned.name)
    operations: list[LinkOperation] = [
        SetSysctl("ipv6", "disable_ipv6", 1, pod),
        *_QUIET,
        CreateTap(tap, _FIRST_TAP_INDEX + planned.ordinal, planned.queues),
        CreateBridge(bridge, _FIRST_BRIDGE_INDEX + planned.ordinal, bridge_mac, mtu),
        *(RemoveAddress(pod, address) for address in planned.pod_addresses),
        SetLink(pod, mac=planned.pod_mac, master=bridge, up=True),
        # A network whose bridge sends frames back to the port they came from (hairpin mode) would teach ours that the
        # guest is out there.
        SetPort(pod, learning=False),
        SetLink(tap, mtu=mtu, master=bridge, group=LINK_GROUP, up=True),
    ]
    if planned.dhcp is not None:
        operations.append(AddAddress(bridge, f"{planned.dhcp.server}/32"))
    operations.append(SetLink(bridge, group=LINK_GROUP, up=True))
    return tuple(operations)


def _masquerade_operations(planned: InterfaceNetwork, nat: Nat) -> tuple[LinkOperation, ...]:
    bridge, tap, mtu = planned.bridge, planned.tap, planned.mtu
    return (
        *_QUIET,
        *_ROUTING,
        CreateTap(tap, _FIRST_TAP_INDEX + planned.ordinal, planned.queues),
        CreateBridge(bridge, _FIRST_BRIDGE_INDEX + planned.ordinal, MASQUERADE_BRIDGE_MAC, mtu),
        SetLink(tap, mtu=mtu, master=bridge, group=LINK_GROUP, up=True),
        AddAddress(bridge, nat.gateway),
        SetLink(bridge, group=LINK_GROUP, up=True),
    )
