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
from controllers.virt_controller.settings import LauncherSettings, launcher_settings
from kvnode import DomainPlan, HostFacts
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.settings import typed_configuration
from kvnode.api.unsupported import without_effect
from kvnode.errors import FieldError, InvalidManifest, KvnodeError
from kvnode.network.resolver import resolver_facts
from kvnode.planning.disk_operations import CloudInitNoCloud, ContainerDisk
from kvnode.planning.network import NetworkPlan
from tests.fields.guests import HOST

MODES = ("standalone", "cluster")
GUEST_PARTS = ("domain", "disks", "cloud-init", "network")
_MACHINES = {"arm64": "aarch64", "s390x": "s390x"}
_RESOLV_CONF = Path(__file__).parent / "resolv.conf"


class Outcome(msgspec.Struct, frozen=True):
    """What becomes of a manifest.

    faults   -- paths of what is wrong with it, with the sentence
    refused  -- by mode, paths of what this build can't do
    told     -- by mode, paths of what is taken and not followed, as its user is told
    made     -- by part, what came out; None where nothing did
    is_read  -- whether it could be read at all: fields and types are right
    """

    faults: frozenset[tuple[str, str]]
    refused: Mapping[str, frozenset[str]]
    told: Mapping[str, frozenset[str]]
    made: Mapping[str, Any] | None
    is_read: bool = True


def of_guest(document: dict[str, Any], config: dict[str, Any]) -> Outcome:
    """What becomes of a VirtualMachineInstance."""
    try:
        read = kvnode.load(document)
    except InvalidManifest as error:
        return wrong(error.errors)
    guest = kvnode.default(read, config)
    return Outcome(
        faults=frozenset((one.field, one.message) for one in kvnode.validate(guest, config)),
        refused={mode: frozenset(one.field for one in kvnode.unsupported(guest, mode)) for mode in MODES},
        told={
            "standalone": frozenset(one.field for one in without_effect(read)),
            "cluster": warned(document, config),
        },
        made=made_of(guest, config),
    )


def wrong(errors: Iterable[FieldError]) -> Outcome:
    """What becomes of a manifest that can't be read."""
    nobody: dict[str, frozenset[str]] = dict.fromkeys(MODES, frozenset())
    return Outcome(frozenset((one.field, one.message) for one in errors), nobody, nobody, None, is_read=False)


def made_of(guest: VirtualMachineInstance, config: dict[str, Any]) -> dict[str, Any] | None:
    """What comes of a defaulted guest, by part; None where it can't be planned."""
    try:
        planned = kvnode.plan(guest, _host(guest.spec.architecture or ""), config)
        resolver = resolver_facts(guest.spec.dns_policy, guest.spec.dns_config, path=_RESOLV_CONF, stub=_RESOLV_CONF)
    except KvnodeError:
        return None
    return {**_parts(planned, resolver), "Pod": _pod(guest, config)}


def _pod(guest: VirtualMachineInstance, config: dict[str, Any]) -> dict[str, Any] | None:
    """The launcher's Pod; None for a guest that can't be planned before its node is known."""
    settings = _launcher_settings(json.dumps(config))
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


def warned(document: dict[str, Any], config: dict[str, Any]) -> frozenset[str]:
    """The paths of which admission warns that they aren't followed."""
    review = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {"uid": "r-1", "operation": "CREATE", "object": document},
    }
    answer = admission.mutate(json.dumps(review).encode(), admission.Rules(typed_configuration(config)))
    found = (text.partition(": it is kept") for text in answer["response"].get("warnings", []))
    return frozenset(path for path, is_about_that, _ in found if is_about_that)


@cache
def _host(architecture: str) -> HostFacts:
    """A node of that architecture."""
    return HostFacts.from_json({**HOST, "arch": _MACHINES.get(architecture, "x86_64")})


# A configuration's settings are the same for hundreds of guests.
@cache
def _launcher_settings(config: str) -> LauncherSettings:
    return launcher_settings(json.loads(config), "launcher:v1")
