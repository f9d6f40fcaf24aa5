"""The way of a packet between the Pod's link and the guest's card, as lines, station by station.

What a station is called, its MAC and its addresses are those that it has when the guest runs: they are read from the
plan's operations, which make it so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kvnode.cli.columns import Line, table
from kvnode.cli.sentences import counted, ports_text

if TYPE_CHECKING:
    from kvnode.planning.device_plans import InterfaceDevice
    from kvnode.planning.domain_plan import DomainPlan
    from kvnode.planning.network_plans import DhcpHandoff, InterfaceNetwork


def lines(plan: DomainPlan) -> Iterator[Line]:
    """Every interface of the guest; ``none`` where it has none."""
    cards = {card.network: card for card in plan.devices.interfaces}
    for network in plan.network.interfaces:
        yield from _interface(network, cards.pop(network.name, None))
    for card in cards.values():
        yield Line(f"{card.network}: {_card(card)} on {card.tap}, which a binding plugin makes")
    for device in plan.devices.host_devices:
        if device.alias.startswith("ua-sriov-"):
            yield Line(f"{device.alias.removeprefix('ua-sriov-')}: a function of the host's card (see devices)")
    if not plan.devices.interfaces and not any(d.alias.startswith("ua-sriov-") for d in plan.devices.host_devices):
        yield Line("none")


def _interface(network: InterfaceNetwork, card: InterfaceDevice | None) -> Iterator[Line]:
    mtu = f", MTU {network.mtu}" if network.mtu is not None else ""
    yield Line(f"{network.name}: {network.binding}{mtu}")
    yield Line(f"  {network.pod_ifname} -> {network.bridge} -> {network.tap} -> {_model(card)}")
    yield from (_inner(line) for line in table(list(_stations(network, card))))
    yield from (_inner(line) for line in table(list(_service(network))))


def _inner(line: Line) -> Line:
    return Line(f"  {line.text}", 2 + (line.hang or 0))


def _model(card: InterfaceDevice | None) -> str:
    return card.model if card is not None else "card"


def _stations(network: InterfaceNetwork, card: InterfaceDevice | None) -> Iterator[tuple[str, ...]]:
    from kvnode.planning.link_operations import AddAddress, CreateBridge

    made = network.operations
    bridge_mac = next((step.mac for step in made if isinstance(step, CreateBridge)), "")
    bridge_addresses = [step.address for step in made if isinstance(step, AddAddress) and step.link == network.bridge]
    unknown = "" if made else "not in the facts"
    held = ", ".join(network.pod_addresses)
    kept = held if network.binding == "masquerade" else f"{held} until now" if held else ""
    yield "Pod link", network.pod_ifname, network.pod_mac or "", kept or unknown
    yield "bridge", network.bridge, bridge_mac, ", ".join(bridge_addresses)
    yield "tap", network.tap, "", counted(network.queues, "queue pair") if network.queues > 1 else ""
    yield "card", _model(card), network.guest_mac, _card_facts(card)


def _card_facts(card: InterfaceDevice | None) -> str:
    if card is None:
        return ""
    address = card.address
    told = [
        f"boot order {card.boot_order}" if card.boot_order is not None else "",
        f"ACPI index {card.acpi_index}" if card.acpi_index is not None else "",
        f"PCI {address.domain:04x}:{address.bus:02x}:{address.slot:02x}.{address.function}" if address else "",
        "the cable is pulled" if card.link_down else "",
    ]
    return ", ".join(filter(None, told))


def _card(card: InterfaceDevice) -> str:
    return f"{card.model} {card.mac or 'with a MAC of libvirt'}"


def _service(network: InterfaceNetwork) -> Iterator[tuple[str, str]]:
    """What is done for the guest on the way: its lease, the translation of addresses."""
    if network.dhcp is not None:
        yield "lease", f"{network.dhcp.address} from {network.dhcp.server} by DHCP, without an end"
        yield from _lease(network.dhcp)
    elif network.binding == "bridge":
        yield "lease", "none: no address of the Pod's link is known"
    if network.nat is None:
        return
    # Nothing translates IPv6.
    held = [address.partition("/")[0] for address in network.pod_addresses if ":" not in address]
    pod = ", ".join(held) or "the Pod's address"
    yield "out", f"{network.nat.guest} behind {network.nat.gateway}, seen as {pod} (NAT)"
    if not network.nat.ports:
        yield "in", "all ports of the Pod lead to the guest"
        return
    ports = ", ".join(f"{port.protocol} {ports_text(port.first, port.last)}" for port in network.nat.ports)
    yield "in", f"{ports} of the Pod lead to the guest; other ports don't"


def _lease(lease: DhcpHandoff) -> Iterator[tuple[str, str]]:
    routes = [f"{route.dst} by {'the link' if route.gateway == '0.0.0.0' else route.gateway}" for route in lease.routes]
    options = [f"{option.code}={option.value}" for option in lease.private_options]
    told = (
        ("host name", lease.hostname),
        ("router", lease.router),
        ("routes", ", ".join(routes)),
        ("resolver", ", ".join(lease.nameservers)),
        ("search", " ".join(lease.search)),
        ("NTP", ", ".join(lease.ntp_servers)),
        ("boot server", lease.tftp_server_name),
        ("boot file", lease.boot_file_name),
        ("options", ", ".join(options)),
    )
    yield from ((name, value) for name, value in told if value)
