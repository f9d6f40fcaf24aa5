"""Rules about networks: what the guest connects to, and that each network has its interface."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network

from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.network import Interface, Network, PodNetwork
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import duplicate, invalid, required, shown
from kvnode.api.validation.names import interface_name_fault, subdomain_fault
from kvnode.errors import FieldError

__all__ = ["claimed_network_rules", "network_rules", "pairing_rules"]

_NETWORKS = "spec.networks"
_INTERFACES = "spec.domain.devices.interfaces"

_LONGEST_PREFIX = {4: 30, 6: 126}
"""The guest and its gateway both need an address, beside the network's own and the broadcast address."""


def network_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Each network has a name of its own and one source, and at most one of them is the Pod's."""
    seen: dict[str, int] = {}
    for index, network in enumerate(spec.networks):
        field = f"{_NETWORKS}[{index}]"
        if network.name in seen:
            yield duplicate(
                f"{field}.name", f"{shown(network.name)} is the name of {_NETWORKS}[{seen[network.name]}] already."
            )
        seen.setdefault(network.name, index)
        if fault := interface_name_fault(network.name):
            yield invalid(f"{field}.name", f"{shown(network.name)} {fault}.")
        yield from _source(field, network)
    yield from _primary(spec.networks)


def pairing_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Networks and interfaces pair up one to one, by name."""
    networks = {network.name for network in spec.networks}
    interfaces: dict[str, int] = {}
    for index, interface in enumerate(spec.domain.devices.interfaces):
        field = f"{_INTERFACES}[{index}].name"
        if interface.name not in networks:
            yield invalid(
                field, f"no network is called {shown(interface.name)}: add it to {_NETWORKS}, or drop the interface."
            )
        if interface.name in interfaces:
            yield duplicate(
                field, f"{_INTERFACES}[{interfaces[interface.name]}] is on network {shown(interface.name)} already."
            )
        interfaces.setdefault(interface.name, index)
    for index, network in enumerate(spec.networks):
        if network.name not in interfaces:
            yield required(
                f"{_NETWORKS}[{index}].name",
                f"no interface is called {shown(network.name)}: add it to {_INTERFACES}, or drop the network.",
            )


def claimed_network_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Networks whose device comes from a resource claim: behind a gate, by SR-IOV, each claim and request once."""
    claimed = [(index, network) for index, network in enumerate(spec.networks) if network.resource_claim is not None]
    if not claimed:
        return
    if not settings.gate("NetworkDevicesWithDRA"):
        yield invalid(
            _NETWORKS,
            "a network from a resource claim takes the feature gate NetworkDevicesWithDRA, which is shut; "
            "open it in the KubeVirt configuration.",
        )
        return
    if any(network.multus is not None for network in spec.networks):
        yield invalid(_NETWORKS, "multus networks and networks from resource claims can't be in one guest.")
    known = {claim.name for claim in spec.resource_claims}
    interfaces = {interface.name: interface for interface in spec.domain.devices.interfaces}
    for index, network in claimed:
        yield from _claimed(f"{_NETWORKS}[{index}]", network, known, interfaces.get(network.name))


def _claimed(field: str, network: Network, known: set[str], interface: Interface | None) -> Iterator[FieldError]:
    if interface is not None and interface.sriov is None:
        yield invalid(_INTERFACES, f"network {shown(network.name)} is a claimed device, which takes the binding sriov.")
    claim = network.resource_claim
    if claim is None:
        return
    if not claim.request_name:
        yield required(f"{field}.resourceClaim.requestName", "name the request within the claim.")
    if not claim.claim_name:
        yield required(f"{field}.resourceClaim.claimName", "name one of spec.resourceClaims.")
    elif claim.claim_name not in known:
        yield invalid(
            f"{field}.resourceClaim.claimName",
            f"{shown(claim.claim_name)} is none of spec.resourceClaims: add it there.",
        )


def _source(field: str, network: Network) -> Iterator[FieldError]:
    sources = [name for name in ("pod", "multus", "resource_claim") if getattr(network, name) is not None]
    if len(sources) != 1:
        given = " and ".join(sources).replace("resource_claim", "resourceClaim") or "none"
        yield required(field, f"a network is one of pod, multus or resourceClaim; this one has {given}.")
    if network.pod is not None:
        yield from _pod_ranges(f"{field}.pod", network.pod)
    if network.multus is not None:
        name = network.multus.network_name
        if not name:
            yield required(f"{field}.multus.networkName", "name a NetworkAttachmentDefinition, [namespace/]name.")
            return
        *namespace, rest = name.split("/")
        fault = subdomain_fault(rest) or (subdomain_fault(namespace[0]) if namespace else None)
        if fault or len(namespace) > 1:
            yield invalid(
                f"{field}.multus.networkName",
                f"{shown(name)} must be [namespace/]name of a NetworkAttachmentDefinition, each part a DNS name.",
            )


def _pod_ranges(field: str, pod: PodNetwork) -> Iterator[FieldError]:
    ranges: tuple[tuple[str, str | None, type[IPv4Network] | type[IPv6Network], str], ...] = (
        ("vmNetworkCIDR", pod.vm_network_cidr, IPv4Network, "10.0.2.0/24"),
        ("vmIPv6NetworkCIDR", pod.vm_ipv6_network_cidr, IPv6Network, "fd10:0:2::/120"),
    )
    for name, text, kind, example in ranges:
        if not text:
            continue
        try:
            network = kind(text, strict=False)
            sound = "/" in text and network.prefixlen <= _LONGEST_PREFIX[network.version]
        except ValueError:
            sound = False
        if not sound:
            yield invalid(
                f"{field}.{name}",
                f"{shown(text)} must be a range with room for the guest and its gateway, such as {example}.",
            )


def _primary(networks: tuple[Network, ...]) -> Iterator[FieldError]:
    pods = [network.name for network in networks if network.pod is not None]
    defaults = [network.name for network in networks if network.multus is not None and network.multus.default]
    if len(pods) > 1:
        yield duplicate(
            _INTERFACES, f"{len(pods)} networks are the Pod's ({shown(', '.join(pods))}); a Pod has one of them."
        )
    if len(defaults) > 1:
        yield invalid(_NETWORKS, f"{len(defaults)} multus networks are the default; a Pod has one.")
    if pods and defaults:
        yield invalid(_NETWORKS, "the default multus network takes the place of the Pod's: drop one of them.")
