"""All that this build makes of one manifest: what is said of it, and what comes out, by who sees it.

Everything is the real thing: the library's own calls, and the daemons' decisions, which are functions of what is seen.
What comes out is split by where a user would look: the domain's XML, disks, cloud-init's files, the network's links and
address server, the launcher's Pod; and what else a plan decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

import kvnode
from controllers.virt_api import admission
from controllers.virt_controller.launcher_pod import generic_plan, launcher_pod
from controllers.virt_controller.settings import launcher_settings
from kvnode import DomainPlan, HostFacts
from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.unsupported import without_effect
from kvnode.errors import FieldError, InvalidManifest, KvnodeError
from kvnode.network.resolver import resolver_facts
from kvnode.planning.disk_files import CloudInitNoCloud, ContainerDisk
from kvnode.planning.network_plans import NetworkPlan
from tests.fields.guests import HOST

MODES = ("standalone", "cluster")
Told = Mapping[str, frozenset[str]]
NOBODY: Told = dict.fromkeys(MODES, frozenset())
GUEST_PARTS = ("domain", "disks", "cloud-init", "network")
_MACHINES = {"arm64": "aarch64", "s390x": "s390x"}
_RESOLV_CONF = Path(__file__).parent / "resolv.conf"


class Outcome(msgspec.Struct, frozen=True):
    """What becomes of a manifest.

    faults   -- paths of what is wrong with it, with the sentence
    refused  -- by mode, paths of what this build can't do
    made     -- by part, what came out; None where nothing did
    is_read  -- whether it could be read at all: fields and types are right
    """

    faults: frozenset[tuple[str, str]]
    refused: Mapping[str, frozenset[str]]
    made: Mapping[str, Any] | None
    is_read: bool = True


def of_guest(document: dict[str, Any], config: KubeVirtConfiguration) -> Outcome:
    """What becomes of a VirtualMachineInstance."""
    try:
        read = kvnode.load(document)
    except InvalidManifest as error:
        return wrong(error.errors)
    guest = kvnode.default(read, config)
    return Outcome(
        faults=frozenset((one.field, one.message) for one in kvnode.validate(guest, config)),
        refused={mode: frozenset(one.field for one in kvnode.unsupported(guest, mode)) for mode in MODES},
        made=made_of(guest, config),
    )


def told_of_guest(document: dict[str, Any], config: KubeVirtConfiguration) -> Told:
    """What the user of a VirtualMachineInstance is told that isn't followed, by mode."""
    notes = without_effect(kvnode.load(document))
    return {"standalone": frozenset(one.field for one in notes), "cluster": warned(document, config)}


def wrong(errors: Iterable[FieldError]) -> Outcome:
    """What becomes of a manifest that can't be read."""
    return Outcome(frozenset((one.field, one.message) for one in errors), NOBODY, None, is_read=False)


def made_of(guest: VirtualMachineInstance, config: KubeVirtConfiguration) -> dict[str, Any] | None:
    """What comes of a defaulted guest, by part; None where it can't be planned."""
    try:
        planned = kvnode.plan(guest, _host(guest.spec.architecture or ""), config)
        resolver = resolver_facts(guest.spec.dns_policy, guest.spec.dns_config, path=_RESOLV_CONF, stub=_RESOLV_CONF)
    except KvnodeError:
        return None
    return {**_parts(planned, resolver), "Pod": _pod(guest, config)}


def _pod(guest: VirtualMachineInstance, config: KubeVirtConfiguration) -> dict[str, Any] | None:
    """The launcher's Pod; None for a guest that can't be planned before its node is known."""
    settings = launcher_settings(config, "launcher:v1")
    try:
        return launcher_pod(guest, settings, generic_plan(guest, settings))
    except KvnodeError:
        return None


def _parts(planned: DomainPlan, resolver: Any) -> dict[str, Any]:
    operations = planned.disk_operations
    policies = [one.pull_policy for one in operations if isinstance(one, ContainerDisk)]
    return {
        "domain": kvnode.render(planned),
        "disks": [
            msgspec.structs.replace(one, pull_policy="") if isinstance(one, ContainerDisk) else one
            for one in operations
            if not isinstance(one, CloudInitNoCloud)
        ],
        "cloud-init": [one for one in operations if isinstance(one, CloudInitNoCloud)],
        "network": (planned.network, resolver),
        "plan": (msgspec.structs.replace(planned, network=NetworkPlan(), disk_operations=()), policies),
    }


def warned(document: dict[str, Any], config: KubeVirtConfiguration) -> frozenset[str]:
    """The paths of which admission warns that they aren't followed."""
    review = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {"uid": "r-1", "operation": "CREATE", "object": document},
    }
    answer = admission.mutate(json.dumps(review).encode(), admission.Rules(config))
    found = (text.partition(": it is kept") for text in answer["response"].get("warnings", []))
    return frozenset(path for path, is_about_that, _ in found if is_about_that)


@cache
def _host(architecture: str) -> HostFacts:
    """A node of that architecture."""
    return HostFacts.from_json({**HOST, "arch": _MACHINES.get(architecture, "x86_64")})
