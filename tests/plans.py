"""Plans for tests: the least manifest, what a test changes of it, and a host that fits it."""

import copy
from typing import Any

import kvnode
from kvnode import DomainPlan, HostFacts
from kvnode.api.instance import VirtualMachineInstance

MIB = 1 << 20
GIB = 1 << 30

LEAST: dict[str, Any] = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachineInstance",
    "metadata": {"name": "guest", "namespace": "tests", "uid": "7f3b1d52-9d0a-4b0a-9f55-1f6f2f6f0001"},
    "spec": {
        "domain": {
            "memory": {"guest": "512Mi"},
            "devices": {
                "disks": [{"name": "system", "disk": {"bus": "virtio"}}],
                "interfaces": [{"name": "default", "masquerade": {}}],
            },
        },
        "networks": [{"name": "default", "pod": {}}],
        "volumes": [{"name": "system", "containerDisk": {"image": "localhost/kvnode/tiny"}}],
    },
}

HOST: dict[str, Any] = {
    "cells": [{"id": 0, "memory_bytes": 64 * GIB, "memory_free_bytes": 48 * GIB, "cores": [[0], [1], [2], [3]]}]
}
EMULATING: dict[str, Any] = {**HOST, "kvm": "absent", "emulation_allowed": True}


def manifest(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """The least manifest with values set at dotted paths below ``spec.domain`` (or at any, from ``spec.`` on).

    ``{"devices.rng": {}, "spec.hostname": "web"}``; a value of None takes a field out.
    """
    document = copy.deepcopy(LEAST)
    for path, value in (changes or {}).items():
        at = document if path.startswith(("spec.", "metadata.", "status.")) else document["spec"]["domain"]
        *parents, last = path.split(".")
        for name in parents:
            at = at.setdefault(name, {})
        if value is None:
            at.pop(last, None)
        else:
            at[last] = value
    return document


def guest(changes: dict[str, Any] | None = None) -> VirtualMachineInstance:
    """That manifest, loaded and defaulted."""
    return kvnode.default(kvnode.load(manifest(changes)))


def plan_of(
    changes: dict[str, Any] | None = None, facts: dict[str, Any] | None = None, config: dict[str, Any] | None = None
) -> DomainPlan:
    """The plan of that guest on a host with ``facts`` (HOST without)."""
    return kvnode.plan(guest(changes), HostFacts.from_json(HOST if facts is None else facts), config)
