"""Rules about interfaces: how the guest's network cards look, and how they are bound to their networks."""

from __future__ import annotations

from itertools import pairwise

from kvnode._fast.names import is_card_address, is_interface_name
from kvnode._fast.plain import Plain
from kvnode.api.card_address import canonical_mac
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.network import DHCPOptions, Interface, Network, PortRange
from kvnode.api.settings import Settings
from kvnode.api.validation.disks import PCI_ADDRESS
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.names import interface_name_fault, ip_address_fault, port_name_fault

__all__ = ["interface_rules"]

_BINDINGS = ("bridge", "masquerade", "sriov", "passtBinding", "macvtap", "passt", "slirp", "binding")
_MODELS = ("virtio", "e1000", "e1000e", "igb", "ne2k_pci", "pcnet", "rtl8139")
_STATES = ("up", "down", "absent")
_PROTOCOLS = ("TCP", "UDP")
_ODD_DIGITS = "13579bdf"
_NOBODY = "00:00:00:00:00:00"
_MASQUERADE_BRIDGE_MAC = "02:00:00:00:00:00"
_MAX_ACPI_INDEX = 16383
"""QEMU's bound for acpi-index: what a guest's kernel can turn into a name such as eno16383."""
_MAX_INTERFACES = 240
"""Root ports that a guest's PCI has room for: eight functions in each of thirty slots."""
_PRIVATE_DHCP_OPTIONS = range(224, 255)
_MAX_DHCP_CHARACTERS = 255
_MAX_TAG_CHARACTERS = 253

_INTERFACES = "spec.domain.devices.interfaces"

_PLAIN = Plain(
    Interface,
    {
        "name": is_interface_name,
        "bridge": ...,
        "sriov": ...,
        "model": frozenset(_MODELS),
        "mac_address": is_card_address,
        "boot_order": ...,
    },
    one_of=("bridge", "sriov"),
    unique="mac_address",
)
"""Interfaces of which interface_rules would say nothing, where a bridge is permitted on every network."""


def interface_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Each interface by itself: a name, one binding that suits its network, and a card that exists."""
    interfaces = spec.domain.devices.interfaces
    closer = _PLAIN.others(interfaces) if settings.bridge_on_pod_network else range(len(interfaces))
    networks = {network.name: network for network in spec.networks} if closer else {}
    macs: dict[str, int] = {}
    acpi_indexes: dict[int, int] = {}
    if len(interfaces) > _MAX_INTERFACES:
        found.invalid(
            _INTERFACES,
            f"{len(interfaces)} interfaces are more than {_MAX_INTERFACES}, the most that a guest can have.",
        )
    for index in closer:
        interface = interfaces[index]
        name = interface.name
        network = networks.get(name)
        if not is_interface_name(name):
            found.invalid(f"{_at(index)}.name", f"{shown(name)} {interface_name_fault(name)}.")
        _binding(found, index, interface, network, settings)
        _card(found, index, interface)
        if interface.state:
            _state(found, index, interface, network)
        if interface.mac_address:
            mac = canonical_mac(interface.mac_address) or interface.mac_address
            if macs.setdefault(mac, index) != index:
                found.duplicate(f"{_at(index)}.macAddress", f"{shown(mac)} is the address of {_at(macs[mac])} already.")
        number = interface.acpi_index if interface.state != "absent" else None
        if number and acpi_indexes.setdefault(number, index) != index:
            found.duplicate(f"{_at(index)}.acpiIndex", f"{number} is that of {_at(acpi_indexes[number])} already.")
        if (interface.ports or interface.port_ranges) and (network is None or network.pod is not None):
            _ports(found, _at(index), interface, settings)
        if interface.dhcp_options is not None:
            _dhcp_options(found, f"{_at(index)}.dhcpOptions", interface.dhcp_options)


def _at(index: int) -> str:
    """Where an interface stands in the manifest."""
    return f"{_INTERFACES}[{index}]"


def _binding(found: Findings, index: int, interface: Interface, network: Network | None, settings: Settings) -> None:
    """Exactly one binding; what each of them takes is looked at where it is set."""
    bindings = (
        interface.bridge,
        interface.masquerade,
        interface.sriov,
        interface.passt_binding,
        interface.macvtap,
        interface.passt,
        interface.slirp,
        interface.binding,
    )
    if bindings.count(None) != len(bindings) - 1:
        given = [name for name, binding in zip(_BINDINGS, bindings, strict=True) if binding is not None]
        found.invalid(
            _at(index),
            f"an interface has exactly one binding, such as masquerade or bridge; this one has "
            f"{' and '.join(given) or 'none'}.",
        )
    if interface.macvtap is not None or interface.passt is not None or interface.slirp is not None:
        _removed_bindings(found, index, interface)
    elsewhere = network is not None and network.pod is None
    if interface.masquerade is not None:
        if elsewhere:
            found.invalid(
                f"{_at(index)}.name", "masquerade hides the guest behind the Pod's address: it takes a pod network."
            )
        if interface.mac_address and canonical_mac(interface.mac_address) == _MASQUERADE_BRIDGE_MAC:
            found.invalid(
                f"{_at(index)}.macAddress", f"{_MASQUERADE_BRIDGE_MAC} is the bridge's own address: choose another."
            )
    on_pod = network is not None and network.pod is not None
    if interface.bridge is not None and on_pod and not settings.bridge_on_pod_network:
        found.invalid(
            f"{_at(index)}.name", "the KubeVirt configuration permits no bridge on the pod network: use masquerade."
        )
    if interface.passt_binding is not None:
        if not settings.gate("PasstBinding"):
            found.invalid(f"{_at(index)}.name", "passtBinding takes the feature gate PasstBinding, which is shut.")
        if elsewhere:
            found.invalid(
                f"{_at(index)}.name", "passtBinding connects the guest by the Pod's sockets: it takes a pod network."
            )
    if interface.binding is not None and interface.binding.name not in settings.binding_plugins:
        found.invalid(
            f"{_at(index)}.binding.name",
            f"{shown(interface.binding.name)} is not among network.binding of the KubeVirt configuration.",
        )


def _card(found: Findings, index: int, interface: Interface) -> None:
    model, address, tag = interface.model, interface.pci_address, interface.tag
    if model and model not in _MODELS:
        found.not_supported(f"{_at(index)}.model", f"{shown(model)} is no model; it is {listed(_MODELS)}.")
    if interface.mac_address and (fault := _mac_fault(interface.mac_address)):
        found.invalid(f"{_at(index)}.macAddress", fault)
    if address and not PCI_ADDRESS(address):
        found.invalid(f"{_at(index)}.pciAddress", f"{shown(address)} is no PCI address, such as 0000:05:00.0.")
    if interface.acpi_index is not None and not 0 <= interface.acpi_index <= _MAX_ACPI_INDEX:
        found.invalid(f"{_at(index)}.acpiIndex", f"{interface.acpi_index} is not between 0 and {_MAX_ACPI_INDEX}.")
    if tag and (len(tag) > _MAX_TAG_CHARACTERS or not tag.isprintable()):
        found.invalid(f"{_at(index)}.tag", f"{shown(tag)} must be at most {_MAX_TAG_CHARACTERS} printable characters.")


def _state(found: Findings, index: int, interface: Interface, network: Network | None) -> None:
    """A link goes up and down unless it is the hardware's, and only a bridge on a further network can be unplugged."""
    state, field = interface.state, f"{_at(index)}.state"
    if state not in _STATES:
        found.invalid(field, f"{shown(state or '')} is no state; it is {listed(_STATES)}.")
    elif state != "absent":
        if interface.sriov is not None:
            found.invalid(field, f"an sriov card's link is the hardware's and can't be set {state}: leave it out.")
    elif interface.bridge is None:
        found.invalid(field, "only an interface with the binding bridge can be absent: drop it and its network.")
    elif network is not None and (network.pod is not None or (network.multus is not None and network.multus.default)):
        found.invalid(field, "the Pod's first network can't be absent: drop the interface and its network.")


def _removed_bindings(found: Findings, index: int, interface: Interface) -> None:
    for name in ("macvtap", "passt", "slirp"):
        if getattr(interface, name) is not None:
            found.invalid(
                f"{_at(index)}.{name}", f"the binding {name} was removed: use masquerade, bridge or passtBinding."
            )


def _mac_fault(text: str) -> str | None:
    mac = canonical_mac(text)
    if mac is None:
        return f"{shown(text)} is no MAC address, such as 02:00:5e:10:00:01."
    if mac[1] in _ODD_DIGITS:
        return f"{text} is a group's address (its first octet is odd); a card's own is even, such as 02:{mac[3:]}."
    return f"{text} is no address of a card." if mac == _NOBODY else None


def _ports(found: Findings, field: str, interface: Interface, settings: Settings) -> None:
    if interface.ports and interface.port_ranges:
        found.invalid(f"{field}.name", "ports and portRanges exclude each other: keep one of the lists.")
    names: dict[str, int] = {}
    for index, port in enumerate(interface.ports):
        name, number = port.name, port.port
        if name:
            if name in names:
                found.duplicate(
                    f"{field}.ports[{index}].name", f"{shown(name)} is the name of ports[{names[name]}] already."
                )
            elif fault := port_name_fault(name):
                found.invalid(f"{field}.ports[{index}].name", f"{shown(name)} {fault}.")
            names.setdefault(name, index)
        if number == 0:
            found.required(f"{field}.ports[{index}].port", "name the port, from 1 to 65535.")
        elif fault := _port_fault(number):
            found.invalid(f"{field}.ports[{index}].port", fault)
        if fault := _protocol_fault(port.protocol):
            found.invalid(f"{field}.ports[{index}].protocol", fault)
    if interface.port_ranges:
        _port_ranges(found, field, interface, settings)


def _port_ranges(found: Findings, field: str, interface: Interface, settings: Settings) -> None:
    if not settings.gate("PortRangesSpec"):
        found.invalid(f"{field}.name", "portRanges take the feature gate PortRangesSpec, which is shut.")
    if interface.masquerade is None:
        found.invalid(f"{field}.name", "only masquerade forwards portRanges: leave them out, or use that binding.")
    runs: dict[str, list[PortRange]] = {}
    for index, run in enumerate(interface.port_ranges):
        inside = f"{field}.portRanges[{index}]"
        if fault := _port_fault(run.start):
            found.invalid(f"{inside}.start", fault)
        if fault := _port_fault(run.end):
            found.invalid(f"{inside}.end", fault)
        if run.start > run.end:
            found.invalid(f"{inside}.start", f"{run.start} is after the end, {run.end}.")
        if fault := _protocol_fault(run.protocol):
            found.invalid(f"{inside}.protocol", fault)
        runs.setdefault(run.protocol or _PROTOCOLS[0], []).append(run)
    for protocol, those in runs.items():
        those.sort(key=lambda run: run.start)
        for one, following in pairwise(those):
            if following.start <= one.end:
                found.invalid(
                    f"{field}.portRanges",
                    f"{protocol} ports {one.start} to {one.end} and {following.start} to {following.end} overlap: "
                    "make them one range.",
                )


def _port_fault(port: int) -> str | None:
    return None if 1 <= port <= 65535 else f"{port} is no port, which is from 1 to 65535."


def _protocol_fault(protocol: str | None) -> str | None:
    if not protocol or protocol in _PROTOCOLS:
        return None
    return f"{shown(protocol)} is no protocol; it is {listed(_PROTOCOLS)}."


def _dhcp_options(found: Findings, field: str, options: DHCPOptions) -> None:
    for name, text in (("bootFileName", options.boot_file_name), ("tftpServerName", options.tftp_server_name)):
        if text and (len(text) > _MAX_DHCP_CHARACTERS or not text.isprintable() or "," in text or '"' in text):
            found.invalid(
                f"{field}.{name}",
                f"{shown(text)} must be at most {_MAX_DHCP_CHARACTERS} printable characters without commas and quotes.",
            )
    for index, server in enumerate(options.ntp_servers):
        if ip_address_fault(server) or ":" in server:
            found.invalid(f"{field}.ntpServers[{index}]", f"{shown(server)} must be an IPv4 address.")
    seen: dict[int, int] = {}
    for index, private in enumerate(options.private_options):
        inside = f"{field}.privateOptions[{index}]"
        if private.option not in _PRIVATE_DHCP_OPTIONS:
            found.invalid(f"{inside}.option", f"{private.option} is not a site's own option, which are 224 to 254.")
        elif private.option in seen:
            found.duplicate(f"{inside}.option", f"{private.option} stands in privateOptions[{seen[private.option]}].")
        seen.setdefault(private.option, index)
        value = private.value
        if not value or len(value) > _MAX_DHCP_CHARACTERS or not value.isprintable():
            found.invalid(
                f"{inside}.value", f"{shown(value)} must be 1 to {_MAX_DHCP_CHARACTERS} printable characters."
            )
