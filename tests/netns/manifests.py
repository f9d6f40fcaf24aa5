"""Guests as short as the network needs them."""

from typing import Any

import msgspec

from kvnode.api.instance import VirtualMachineInstance
from kvnode.facts import HostFacts, LinkFacts
from kvnode.planning.network import network_plan
from kvnode.planning.network_plans import NetworkPlan


def guest_with(*interfaces: dict[str, Any], networks: list[dict[str, Any]] | None = None, **spec: Any) -> Any:
    """A guest with these interfaces, on the Pod's network each where no networks are given."""
    named = [{"name": f"net{index}", **interface} for index, interface in enumerate(interfaces)]
    document = {
        "metadata": {"name": "tiny", "namespace": "default"},
        "spec": {
            **spec,
            "networks": networks or [{"name": interface["name"], "pod": {}} for interface in named],
            "domain": {"devices": {"interfaces": named}},
        },
    }
    return msgspec.convert(document, VirtualMachineInstance)


def plan_for(link: LinkFacts, interface: dict[str, Any], **spec: Any) -> NetworkPlan:
    """The plan of a guest with that one interface on that link."""
    return network_plan_of(guest_with(interface, **spec), link)


def network_plan_of(vmi: VirtualMachineInstance, link: LinkFacts) -> NetworkPlan:
    """The plan of a guest whose network ``net0`` is that link."""
    return network_plan(vmi, HostFacts(links={"net0": link}))
