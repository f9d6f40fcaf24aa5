"""Networks and the guest's interfaces on them.

`networks` says what to connect to, `interfaces` how; they pair up by name. An interface has at most one binding,
and what has no fields (`bridge: {}`, `masquerade: {}`) counts by being there.
"""

from msgspec import field

from kvnode.api.base import EMPTY, ZERO, Int32, Model, Uint32
from kvnode.api.cpu_memory import ClaimRequest


class PodNetwork(Model, frozen=True):
    """The Pod's own network, and the guest's addresses where it is hidden behind the Pod's."""

    # the guest's IPv4 network behind NAT, such as `10.0.2.0/24`
    vm_network_cidr: str | None = field(default=None, name="vmNetworkCIDR")
    # the guest's IPv6 network behind NAT
    vm_ipv6_network_cidr: str | None = field(default=None, name="vmIPv6NetworkCIDR")


class MultusNetwork(Model, frozen=True):
    """A network that Multus attaches to the Pod."""

    network_name: str = EMPTY  # a NetworkAttachmentDefinition, as `name` or `namespace/name`
    default: bool | None = None  # whether it stands in for the Pod's own network


class Network(Model, frozen=True):
    """Something to connect to."""

    name: str = EMPTY  # what the interface refers to
    pod: PodNetwork | None = None  # the Pod's own network
    multus: MultusNetwork | None = None  # a further network
    resource_claim: ClaimRequest | None = None  # a network that a device driver allots


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

    name: str = EMPTY  # the plugin, as the configuration registers it


class Port(Model, frozen=True):
    """A port of the guest that is to be reached through NAT."""

    name: str | None = None  # a name for the port
    port: Int32 = ZERO  # the number, from 1 to 65535
    protocol: str | None = None  # what is spoken there: `TCP`, as is usual, or `UDP`


class PortRange(Model, frozen=True):
    """A run of ports that is to be reached."""

    start: Int32 = ZERO  # the first port
    end: Int32 = ZERO  # the last port
    protocol: str = EMPTY  # what is spoken there: `TCP` or `UDP`


class DHCPPrivateOptions(Model, frozen=True):
    """One site-specific DHCP option."""

    option: Int32 = ZERO  # its number, from 224 to 254
    value: str = EMPTY  # its text


class DHCPOptions(Model, frozen=True):
    """What the guest's DHCP answer says besides the address."""

    boot_file_name: str | None = None  # file that a network boot loads
    tftp_server_name: str | None = None  # server that it is loaded from
    ntp_servers: tuple[str, ...] = ()  # IPv4 addresses of time servers
    private_options: tuple[DHCPPrivateOptions, ...] = ()  # site-specific options


class Interface(Model, frozen=True):
    """A network card of the guest."""

    name: str = EMPTY  # the network that it is on
    bridge: InterfaceBridge | None = None  # takes over the Pod's address
    masquerade: InterfaceMasquerade | None = None  # is hidden behind the Pod's address
    sriov: InterfaceSRIOV | None = None  # is a function of a network card
    passt_binding: InterfacePasstBinding | None = None  # is connected by passt
    binding: PluginBinding | None = None  # is connected by a plugin
    macvtap: DeprecatedInterfaceMacvtap | None = None  # removed; was a macvtap
    passt: DeprecatedInterfacePasst | None = None  # removed; was the first passt binding
    slirp: DeprecatedInterfaceSlirp | None = None  # removed; was QEMU's user network
    # the card that the guest sees: `virtio`, `e1000`, `e1000e`, `igb`, `ne2k_pci`, `pcnet` or `rtl8139`
    model: str | None = None
    mac_address: str | None = None  # the card's MAC address
    ports: tuple[Port, ...] = ()  # ports that NAT lets in; none means all
    port_ranges: tuple[PortRange, ...] = ()  # ranges of ports that are let in
    boot_order: Uint32 | None = None  # when the firmware tries to boot from it, 1 first
    pci_address: str | None = None  # where the card sits, such as `0000:05:00.0`
    acpi_index: Int32 | None = None  # index that the guest may name the card by
    dhcp_options: DHCPOptions | None = None  # what its DHCP answer says besides
    state: str | None = None  # whether the cable is plugged in: `up` or `down`; `absent` takes the whole card out
    tag: str | None = None  # shown to the guest with its address, to find the card by


class PodDNSConfigOption(Model, frozen=True):
    """One option of the resolver."""

    name: str | None = None  # the option, such as `ndots`
    value: str | None = None  # its value, if it takes one


class PodDNSConfig(Model, frozen=True):
    """Resolver settings that join or replace those of the cluster."""

    nameservers: tuple[str, ...] = ()  # addresses of name servers
    searches: tuple[str, ...] = ()  # domains to try names in
    options: tuple[PodDNSConfigOption, ...] = ()  # options of the resolver
