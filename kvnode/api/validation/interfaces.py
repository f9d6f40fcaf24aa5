"""Rules about interfaces: how the guest's network cards look, and how they are bound to their networks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.network import DHCPOptions, Interface, Network
from kvnode.api.settings import Settings
from kvnode.api.validation.disks import PCI_ADDRESS
from kvnode.api.validation.finding import duplicate, invalid, listed, not_supported, required, shown
from kvnode.api.validation.names import interface_name_fault, ip_address_fault, port_name_fault
from kvnode.errors import FieldError

__all__ = ["interface_rules"]

_BINDINGS = {
    "bridge": "bridge",
    "masquerade": "masquerade",
    "sriov": "sriov",
    "passt_binding": "passtBinding",
    "macvtap": "macvtap",
    "passt": "passt",
    "slirp": "slirp",
}
_REMOVED_BINDINGS = ("macvtap", "passt", "slirp")
_MODELS = ("virtio", "e1000", "e1000e", "igb", "ne2k_pci", "pcnet", "rtl8139")
_STATES = ("up", "down", "absent")
_PROTOCOLS = ("TCP", "UDP")
_MAC = re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}", re.ASCII).fullmatch
_MASQUERADE_BRIDGE_MAC = "02:00:00:00:00:00"
_MAX_ACPI_INDEX = 16383
"""QEMU's bound for acpi-index: what a guest's kernel can turn into a name such as eno16383."""
_PRIVATE_DHCP_OPTIONS = range(224, 255)
_MAX_DHCP_CHARACTERS = 255
_MAX_TAG_CHARACTERS = 253

_INTERFACES = "spec.domain.devices.interfaces"


def interface_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Each interface by itself: a name, one binding that suits its network, and a card that exists."""
    networks = {network.name: network for network in spec.networks}
    macs: dict[str, int] = {}
    for index, interface in enumerate(spec.domain.devices.interfaces):
        field = f"{_INTERFACES}[{index}]"
        network = networks.get(interface.name)
        if fault := interface_name_fault(interface.name):
            yield invalid(f"{field}.name", f"{shown(interface.name)} {fault}.")
        yield from _binding(field, interface, network, settings)
        yield from _card(field, interface)
        mac = (interface.mac_address or "").lower()
        if mac and mac in macs:
            yield duplicate(f"{field}.macAddress", f"{mac} is the address of {_INTERFACES}[{macs[mac]}] already.")
        macs.setdefault(mac, index)
        if network is None or network.pod is not None:
            yield from _ports(field, interface, settings)
        if interface.dhcp_options is not None:
            yield from _dhcp_options(f"{field}.dhcpOptions", interface.dhcp_options)


def _binding(field: str, interface: Interface, network: Network | None, settings: Settings) -> Iterator[FieldError]:
    given = [wire for name, wire in _BINDINGS.items() if getattr(interface, name) is not None]
    if interface.binding is not None:
        given.append("binding")
    if len(given) != 1:
        yield invalid(
            field,
            f"an interface has exactly one binding, such as masquerade or bridge; this one has "
            f"{' and '.join(given) or 'none'}.",
        )
    for name in _REMOVED_BINDINGS:
        if getattr(interface, name) is not None:
            yield invalid(f"{field}.{name}", f"the binding {name} was removed: use masquerade, bridge or passtBinding.")
    on_pod = network is not None and network.pod is not None
    elsewhere = network is not None and network.pod is None
    if interface.masquerade is not None:
        if elsewhere:
            yield invalid(
                f"{field}.name", "masquerade hides the guest behind the Pod's address: it takes a pod network."
            )
        if (interface.mac_address or "").lower() == _MASQUERADE_BRIDGE_MAC:
            yield invalid(
                f"{field}.macAddress", f"{_MASQUERADE_BRIDGE_MAC} is the bridge's own address: choose another."
            )
    if interface.bridge is not None and on_pod and not settings.bridge_on_pod_network:
        yield invalid(
            f"{field}.name",
            "the KubeVirt configuration permits no bridge on the pod network: use masquerade.",
        )
    if interface.passt_binding is not None:
        if not settings.gate("PasstBinding"):
            yield invalid(f"{field}.name", "passtBinding takes the feature gate PasstBinding, which is shut.")
        if elsewhere:
            yield invalid(
                f"{field}.name", "passtBinding connects the guest by the Pod's sockets: it takes a pod network."
            )
    if interface.binding is not None and interface.binding.name not in settings.binding_plugins:
        yield invalid(
            f"{field}.binding.name",
            f"{shown(interface.binding.name)} is not among network.binding of the KubeVirt configuration.",
        )


def _card(field: str, interface: Interface) -> Iterator[FieldError]:
    if interface.model and interface.model not in _MODELS:
        yield not_supported(f"{field}.model", f"{shown(interface.model)} is no model; it is {listed(_MODELS)}.")
    if interface.mac_address:
        yield from _mac(f"{field}.macAddress", interface.mac_address)
    if interface.pci_address and not PCI_ADDRESS(interface.pci_address):
        yield invalid(f"{field}.pciAddress", f"{shown(interface.pci_address)} is no PCI address, such as 0000:81:01.0.")
    if interface.state and interface.state not in _STATES:
        yield invalid(f"{field}.state", f"{shown(interface.state)} is no state; it is {listed(_STATES)}.")
    if interface.acpi_index is not None and not 0 <= interface.acpi_index <= _MAX_ACPI_INDEX:
        yield invalid(f"{field}.acpiIndex", f"{interface.acpi_index} is not between 0 and {_MAX_ACPI_INDEX}.")
    if interface.tag and (len(interface.tag) > _MAX_TAG_CHARACTERS or not interface.tag.isprintable()):
        yield invalid(
            f"{field}.tag", f"{shown(interface.tag)} must be at most {_MAX_TAG_CHARACTERS} printable characters."
        )


def _mac(field: str, text: str) -> Iterator[FieldError]:
    if not _MAC(text):
        yield invalid(field, f"{shown(text)} is no MAC address, such as 02:00:5e:10:00:01.")
    elif int(text[:2], 16) & 1:
        yield invalid(
            field, f"{text} is a group's address (its first octet is odd); a card's own is even, such as 02:{text[3:]}."
        )
    elif not text.strip("0:"):
        yield invalid(field, f"{text} is no address of a card.")


def _ports(field: str, interface: Interface, settings: Settings) -> Iterator[FieldError]:
    if interface.ports and interface.port_ranges:
        yield invalid(f"{field}.name", "ports and portRanges exclude each other: keep one of the lists.")
    names: dict[str, int] = {}
    for index, port in enumerate(interface.ports):
        inside = f"{field}.ports[{index}]"
        if port.name:
            if port.name in names:
                yield duplicate(
                    f"{inside}.name", f"{shown(port.name)} is the name of ports[{names[port.name]}] already."
                )
            elif fault := port_name_fault(port.name):
                yield invalid(f"{inside}.name", f"{shown(port.name)} {fault}.")
            names.setdefault(port.name, index)
        if port.port == 0:
            yield required(f"{inside}.port", "name the port, from 1 to 65535.")
        else:
            yield from _port(f"{inside}.port", port.port)
        yield from _protocol(f"{inside}.protocol", port.protocol)
    if interface.port_ranges and not settings.gate("PortRangesSpec"):
        yield invalid(f"{field}.portRanges", "portRanges take the feature gate PortRangesSpec, which is shut.")
    for index, run in enumerate(interface.port_ranges):
        inside = f"{field}.portRanges[{index}]"
        yield from _port(f"{inside}.start", run.start)
        yield from _port(f"{inside}.end", run.end)
        if run.start > run.end:
            yield invalid(f"{inside}.end", f"{run.end} is before the start, {run.start}.")
        yield from _protocol(f"{inside}.protocol", run.protocol)


def _port(field: str, port: int) -> Iterator[FieldError]:
    if not 1 <= port <= 65535:
        yield invalid(field, f"{port} is no port, which is from 1 to 65535.")


def _protocol(field: str, protocol: str | None) -> Iterator[FieldError]:
    if protocol and protocol not in _PROTOCOLS:
        yield invalid(field, f"{shown(protocol)} is no protocol; it is {listed(_PROTOCOLS)}.")


def _dhcp_options(field: str, options: DHCPOptions) -> Iterator[FieldError]:
    for name, text in (("bootFileName", options.boot_file_name), ("tftpServerName", options.tftp_server_name)):
        if text and (len(text) > _MAX_DHCP_CHARACTERS or not text.isprintable() or "," in text or '"' in text):
            yield invalid(
                f"{field}.{name}",
                f"{shown(text)} must be at most {_MAX_DHCP_CHARACTERS} printable characters without commas and quotes.",
            )
    for index, server in enumerate(options.ntp_servers):
        if ip_address_fault(server) or ":" in server:
            yield invalid(f"{field}.ntpServers[{index}]", f"{shown(server)} must be an IPv4 address.")
    seen: dict[int, int] = {}
    for index, private in enumerate(options.private_options):
        inside = f"{field}.privateOptions[{index}]"
        if private.option not in _PRIVATE_DHCP_OPTIONS:
            yield invalid(f"{inside}.option", f"{private.option} is not a site's own option, which are 224 to 254.")
        elif private.option in seen:
            yield duplicate(f"{inside}.option", f"{private.option} stands in privateOptions[{seen[private.option]}].")
        seen.setdefault(private.option, index)
        value = private.value
        if not value or len(value) > _MAX_DHCP_CHARACTERS or not value.isprintable():
            yield invalid(
                f"{inside}.value", f"{shown(value)} must be 1 to {_MAX_DHCP_CHARACTERS} printable characters."
            )
