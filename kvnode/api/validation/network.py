"""Rules about networks: what the guest connects to, and that each network has its interface."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from kvnode._fast.names import is_attachment_name, is_interface_name
from kvnode._fast.plain import Plain
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.network import Interface, MultusNetwork, Network, PodNetwork
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings, shown
from kvnode.api.validation.names import interface_name_fault, label_fault

__all__ = ["claimed_network_rules", "network_rules", "pairing_rules"]

_PLAIN = Plain(
    Network,
    {"name": is_interface_name, "multus": Plain(MultusNetwork, {"network_name": is_attachment_name})},
    one_of=("multus",),
    unique="name",
)
"""Networks of which network_rules would say nothing: further ones, neither the Pod's own nor what stands in for it."""

_NETWORKS = "spec.networks"
_INTERFACES = "spec.domain.devices.interfaces"

_LONGEST_PREFIX = {4: 30, 6: 126}
"""The guest and its gateway both need an address, beside the network's own and the broadcast address."""


def network_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Each network has a name of its own and one source, and at most one of them is the Pod's."""
    seen: dict[str, int] = {}
    pods: list[str] = []
    defaults = 0
    networks = spec.networks
    for index in _PLAIN.others(networks):
        network = networks[index]
        name = network.name
        if name in seen:
            found.duplicate(f"{_at(index)}.name", f"{shown(name)} is the name of {_at(seen[name])} already.")
        seen.setdefault(name, index)
        if not is_interface_name(name):
            found.invalid(f"{_at(index)}.name", f"{shown(name)} {interface_name_fault(name)}.")
        if network.pod is not None:
            pods.append(name)
        if network.multus is not None and network.multus.default:
            defaults += 1
        _source(found, index, network)
    if len(pods) + defaults > 1:
        _primary(found, pods, defaults)


def pairing_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Networks and interfaces pair up one to one, by name."""
    networks = {network.name for network in spec.networks}
    interfaces: dict[str, int] = {}
    for index, interface in enumerate(spec.domain.devices.interfaces):
        name = interface.name
        if name not in networks:
            found.invalid(
                f"{_INTERFACES}[{index}].name",
                f"no network is called {shown(name)}: add it to {_NETWORKS}, or drop the interface.",
            )
        if name in interfaces:
            found.duplicate(
                f"{_INTERFACES}[{index}].name",
                f"{_INTERFACES}[{interfaces[name]}] is on network {shown(name)} already.",
            )
        interfaces.setdefault(name, index)
    for index, network in enumerate(spec.networks):
        if network.name not in interfaces:
            found.required(
                f"{_NETWORKS}[{index}].name",
                f"no interface is called {shown(network.name)}: add it to {_INTERFACES}, or drop the network.",
            )


def claimed_network_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Networks whose device comes from a resource claim: behind a gate, by SR-IOV, each claim and request once."""
    claimed = [(index, network) for index, network in enumerate(spec.networks) if network.resource_claim is not None]
    if not claimed:
        return
    if not settings.gate("NetworkDevicesWithDRA"):
        found.invalid(
            _NETWORKS,
            "a network from a resource claim takes the feature gate NetworkDevicesWithDRA, which is shut; "
            "open it in the KubeVirt configuration.",
        )
        return
    if any(network.multus is not None for network in spec.networks):
        found.invalid(_NETWORKS, "multus networks and networks from resource claims can't be in one guest.")
    known = {claim.name for claim in spec.resource_claims}
    interfaces = {interface.name: interface for interface in spec.domain.devices.interfaces}
    for index, network in claimed:
        _claimed(found, f"{_NETWORKS}[{index}]", network, known, interfaces.get(network.name))


def _claimed(found: Findings, field: str, network: Network, known: set[str], interface: Interface | None) -> None:
    if interface is not None and interface.sriov is None:
        found.invalid(_INTERFACES, f"network {shown(network.name)} is a claimed device, which takes the binding sriov.")
    claim = network.resource_claim
    if claim is None:
        return
    if not claim.request_name:
        found.required(f"{field}.resourceClaim.requestName", "name the request within the claim.")
    elif fault := label_fault(claim.request_name):
        found.invalid(f"{field}.resourceClaim.requestName", f"{shown(claim.request_name)} {fault}.")
    if not claim.claim_name:
        found.required(f"{field}.resourceClaim.claimName", "name one of spec.resourceClaims.")
    elif claim.claim_name not in known:
        found.invalid(
            f"{field}.resourceClaim.claimName",
            f"{shown(claim.claim_name)} is none of spec.resourceClaims: add it there.",
        )


def _at(index: int) -> str:
    """Where a network stands in the manifest."""
    return f"{_NETWORKS}[{index}]"


def _source(found: Findings, index: int, network: Network) -> None:
    pod, multus, claim = network.pod, network.multus, network.resource_claim
    if (pod is not None) + (multus is not None) + (claim is not None) != 1:
        sources = (("pod", pod), ("multus", multus), ("resourceClaim", claim))
        given = [name for name, source in sources if source is not None]
        found.required(
            _at(index),
            f"a network is one of pod, multus or resourceClaim; this one has {' and '.join(given) or 'none'}.",
        )
    if pod is not None and (pod.vm_network_cidr or pod.vm_ipv6_network_cidr):
        _pod_ranges(found, index, pod)
    if multus is not None:
        _attachment(found, index, multus.network_name)


def _attachment(found: Findings, index: int, name: str) -> None:
    if not name:
        found.required(f"{_at(index)}.multus.networkName", "name a NetworkAttachmentDefinition, [namespace/]name.")
        return
    if not is_attachment_name(name):
        found.invalid(
            f"{_at(index)}.multus.networkName",
            f"{shown(name)} must be [namespace/]name of a NetworkAttachmentDefinition, each part a DNS name.",
        )


def _pod_ranges(found: Findings, index: int, pod: PodNetwork) -> None:
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
            found.invalid(
                f"{_at(index)}.pod.{name}",
                f"{shown(text)} must be a range with room for the guest and its gateway, such as {example}.",
            )


def _primary(found: Findings, pods: list[str], defaults: int) -> None:
    """A Pod has one network that is the first: its own, or the multus network that is the default."""
    if len(pods) > 1:
        found.duplicate(
            _INTERFACES,
            f"{len(pods)} networks are the Pod's ({', '.join(map(shown, pods[:4]))}); a Pod has one of them.",
        )
    if defaults > 1:
        found.invalid(_NETWORKS, f"{defaults} multus networks are the default; a Pod has one.")
    if pods and defaults:
        found.invalid(_NETWORKS, "the default multus network takes the place of the Pod's: drop one of them.")
