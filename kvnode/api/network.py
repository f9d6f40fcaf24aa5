"""Networks and the guest's interfaces on them.

`networks` says what to connect to, `interfaces` how; they pair up by name. An interface has at most one binding,
and what has no fields (`bridge: {}`, `masquerade: {}`) counts by being there.
"""

from msgspec import field

from kvnode.api.base import Int32, Model, Uint32
from kvnode.api.cpu_memory import ClaimRequest


class PodNetwork(Model, frozen=True):
    """The Pod's own network, and the guest's addresses where it is hidden behind the Pod's."""

    vm_ipv6_network_cidr: str | None = field(default=None, name="vmIPv6NetworkCIDR")
    vm_network_cidr: str | None = field(default=None, name="vmNetworkCIDR")


class MultusNetwork(Model, frozen=True):
    """A network that Multus attaches to the Pod."""

    default: bool | None = None
    network_name: str = ""


class Network(Model, frozen=True):
    """Something to connect to."""

    name: str = ""
    multus: MultusNetwork | None = None
    pod: PodNetwork | None = None
    resource_claim: ClaimRequest | None = None


class InterfaceBridge(Model, frozen=True):
    """Hands the Pod's address on to the guest, over a bridge."""


class InterfaceMasquerade(Model, frozen=True):
    """Hides the guest behind the Pod's address by NAT."""


class InterfaceSRIOV(Model, frozen=True):
    """Gives the guest a function of a network card."""


class InterfacePasstBinding(Model, frozen=True):
    """Connects the guest by passt, without privileges."""


class DeprecatedInterfaceMacvtap(Model, frozen=True):
    """Binding that KubeVirt has removed; read so that it can be refused by name."""


class DeprecatedInterfacePasst(Model, frozen=True):
    """Binding that KubeVirt has removed; read so that it can be refused by name."""


class DeprecatedInterfaceSlirp(Model, frozen=True):
    """Binding that KubeVirt has removed; read so that it can be refused by name."""


class PluginBinding(Model, frozen=True):
    """A binding that an administrator registered."""

    name: str = ""


class Port(Model, frozen=True):
    """A port of the guest that is to be reached through NAT."""

    name: str | None = None
    port: Int32 = 0
    protocol: str | None = None


class PortRange(Model, frozen=True):
    """A run of ports that is to be reached."""

    end: Int32 = 0
    protocol: str = ""
    start: Int32 = 0


class DHCPPrivateOptions(Model, frozen=True):
    """One site-specific DHCP option."""

    option: Int32 = 0
    value: str = ""


class DHCPOptions(Model, frozen=True):
    """What the guest's DHCP answer says besides the address."""

    boot_file_name: str | None = None
    ntp_servers: tuple[str, ...] = ()
    private_options: tuple[DHCPPrivateOptions, ...] = ()
    tftp_server_name: str | None = None


class Interface(Model, frozen=True):
    """A network card of the guest."""

    name: str = ""
    acpi_index: Int32 | None = None
    binding: PluginBinding | None = None
    boot_order: Uint32 | None = None
    bridge: InterfaceBridge | None = None
    dhcp_options: DHCPOptions | None = None
    mac_address: str | None = None
    macvtap: DeprecatedInterfaceMacvtap | None = None
    masquerade: InterfaceMasquerade | None = None
    model: str | None = None
    passt: DeprecatedInterfacePasst | None = None
    passt_binding: InterfacePasstBinding | None = None
    pci_address: str | None = None
    port_ranges: tuple[PortRange, ...] = ()
    ports: tuple[Port, ...] = ()
    slirp: DeprecatedInterfaceSlirp | None = None
    sriov: InterfaceSRIOV | None = None
    state: str | None = None
    tag: str | None = None


class PodDNSConfigOption(Model, frozen=True):
    """One option of the resolver."""

    name: str | None = None
    value: str | None = None


class PodDNSConfig(Model, frozen=True):
    """Resolver settings that join or replace those of the cluster."""

    nameservers: tuple[str, ...] = ()
    options: tuple[PodDNSConfigOption, ...] = ()
    searches: tuple[str, ...] = ()
