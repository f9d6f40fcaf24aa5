"""The guests that all benchmarks share, each with a host that it fits on, and each at every stage of its way.

``minimal`` is the least that boots, ``typical`` has three disks, two cards and a cloud-init seed, ``heavy`` 32 pinned
vCPUs on two cells, pages of 1 GiB, sixteen disks and eight cards. The last two are those of `tests.sized_guests`, so
budgets and benchmarks speak of the same. Everything is made once and kept: what is timed is never the making.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import kvnode
from kvnode import DomainPlan, HostFacts
from kvnode.api.instance import VirtualMachineInstance
from tests.sized_guests import HEAVY, TYPICAL

GIB = 1 << 30

MINIMAL: dict[str, Any] = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachineInstance",
    "metadata": {"name": "minimal", "namespace": "default"},
    "spec": {
        "domain": {
            "memory": {"guest": "512Mi"},
            "devices": {
                "disks": [{"name": "root", "disk": {"bus": "virtio"}}],
                "interfaces": [{"name": "default", "masquerade": {}}],
            },
        },
        "networks": [{"name": "default", "pod": {}}],
        "volumes": [{"name": "root", "containerDisk": {"image": "registry.example/disks/debian:12"}}],
    },
}

MANIFESTS = {"minimal": MINIMAL, "typical": TYPICAL, "heavy": HEAVY}

_LINK = {"mac": "0a:58:0a:f4:01:11", "mtu": 1450, "addresses": ["10.244.1.17/32"]}
_FEW = {
    "cells": [{"id": 0, "memory_bytes": 64 * GIB, "memory_free_bytes": 48 * GIB, "cores": [[0], [1], [2], [3]]}],
    "links": {name: {**_LINK, "ifname": f"net{at}"} for at, name in enumerate(("default", "second"))},
    "volumes": {"data": {"mode": "Block"}},
}
# Two cells of 64 threads; each has pages for half of the guest, so that it lies in both.
_TWO_CELLS = {
    "cells": [
        {
            "id": cell,
            "memory_bytes": 128 * GIB,
            "memory_free_bytes": 96 * GIB,
            "distances": {str(other): 10 if other == cell else 21 for other in range(2)},
            "cores": [[32 * cell + core, 64 + 32 * cell + core] for core in range(32)],
            "hugepages": {"1Gi": {"total": 64, "free": 32}},
        }
        for cell in range(2)
    ],
    "links": {f"net-{at}": {**_LINK, "ifname": f"net{at}", "mac": f"0a:58:0a:f4:02:{at:02x}"} for at in range(8)},
    "volumes": {f"disk-{at}": {"mode": "Block"} for at in range(3, 16, 2)},
    "efi": {"plain": {"code": "/usr/share/OVMF/OVMF_CODE_4M.fd", "vars": "/usr/share/OVMF/OVMF_VARS_4M.fd"}},
}
_HOSTS = {"minimal": _FEW, "typical": _FEW, "heavy": _TWO_CELLS}


@cache
def loaded(name: str) -> VirtualMachineInstance:
    """The guest as a person wrote it."""
    return kvnode.load(MANIFESTS[name])


@cache
def guest(name: str) -> VirtualMachineInstance:
    """The guest, defaulted, as everything behind the webhooks meets it."""
    return kvnode.default(loaded(name))


@cache
def document(name: str) -> bytes:
    """That guest's JSON, as Python writes it."""
    return json.dumps(kvnode.to_dict(guest(name))).encode()


@cache
def host(name: str) -> HostFacts:
    """The facts of a host that the guest fits on."""
    return HostFacts.from_json(_HOSTS[name])


@cache
def plan(name: str) -> DomainPlan:
    """What is decided for the guest on that host."""
    return kvnode.plan(guest(name), host(name))
