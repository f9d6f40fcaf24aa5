"""A small sound manifest, and how tests change it."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import Any

import msgspec

from kvnode.api.defaults import default
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.validation import validate

SOUND: dict[str, Any] = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachineInstance",
    "metadata": {"name": "mill", "namespace": "works"},
    "spec": {
        "domain": {
            "cpu": {"cores": 2},
            "memory": {"guest": "1Gi"},
            "devices": {
                "disks": [
                    {"name": "root", "disk": {"bus": "virtio"}},
                    {"name": "scratch", "disk": {"bus": "virtio"}},
                    {"name": "seed", "cdrom": {"bus": "sata"}},
                ],
                "interfaces": [{"name": "default", "masquerade": {}, "ports": [{"port": 80}]}],
            },
        },
        "networks": [{"name": "default", "pod": {}}],
        "volumes": [
            {"name": "root", "containerDisk": {"image": "registry.example/disks/debian:12"}},
            {"name": "scratch", "emptyDisk": {"capacity": "2Gi"}},
            {"name": "seed", "cloudInitNoCloud": {"userData": "#!/bin/sh\necho hello\n"}},
        ],
    },
}
"""Two disks, a cloud-init drive and an interface: what most people have."""

DOMAIN = "spec.domain"
DEVICES = "spec.domain.devices"

_GONE = object()
GONE: Any = _GONE
"""The value that takes a field away."""


def vmi(changes: dict[str, Any] | None = None) -> VirtualMachineInstance:
    """The sound manifest with values put at dotted paths, such as ``{"spec.volumes.0.name": "x"}``."""
    return msgspec.convert(manifest(changes), VirtualMachineInstance)


def manifest(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """The same as a plain document."""
    return changed(SOUND, changes)


def changed(document: dict[str, Any], changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """A copy of a document with values at dotted paths. A number in a path is an index; one past the end appends."""
    made = deepcopy(document)
    for path, value in (changes or {}).items():
        *parents, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
        here: Any = made
        for step, below in pairwise([*parents, last]):
            fresh: Any = [] if isinstance(below, int) else {}
            if isinstance(here, list):
                if step == len(here):
                    here.append(fresh)
                here = here[step]
            else:
                here = here.setdefault(step, fresh)
        if value is _GONE:
            del here[last]
        elif isinstance(here, list) and last == len(here):
            here.append(value)
        else:
            here[last] = value
    return made


def findings(changes: dict[str, Any] | None = None, config: dict[str, Any] | None = None) -> dict[str, list[str]]:
    """What validation says of the changed manifest once it is defaulted: reasons by field."""
    found: dict[str, list[str]] = {}
    for error in validate(default(vmi(changes), config), config):
        found.setdefault(error.field, []).append(error.reason.removeprefix("FieldValue"))
    return found


def gates(*names: str) -> dict[str, Any]:
    """A configuration with these feature gates open."""
    return {"developerConfiguration": {"featureGates": list(names)}}


def shut(*names: str) -> dict[str, Any]:
    """A configuration with these feature gates shut."""
    return {"developerConfiguration": {"disabledFeatureGates": list(names)}}
