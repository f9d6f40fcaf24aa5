"""What fuzzing begins with: the manifests that the tree ships and tests with, hostile shapes, and earlier finds.

``finds/`` holds one file for each fault that the fuzzer found, made as small as it gets. They stay, so that a fault
that comes back is seen by the ordinary tests.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import kvnode
from kvnode.api.kinds import KINDS
from kvnode.errors import InvalidManifest
from tests.api_documents import whole_document
from tests.golden.folders import FOLDERS
from tests.hostile_sources import SHAPES
from tests.object_manifests import SOUND_OBJECTS

TREE = Path(__file__).resolve().parents[2]
FINDS = Path(__file__).with_name("finds")
HOSTILE_BYTES = 2000
LARGE_BYTES = 8000


def finds() -> dict[str, bytes]:
    """What was found, by the file's name."""
    return {path.name: path.read_bytes() for path in sorted(FINDS.iterdir())}


@cache
def seeds() -> dict[str, bytes]:
    """Every input to begin with, by a name: manifests as they are written and as JSON, which is changed as a tree."""
    written = {path.stem: path for path in sorted((TREE / "deploy/examples").glob("*.yaml"))}
    written |= {folder.name: folder / "manifest.yaml" for folder in FOLDERS}
    found = {name: path.read_bytes() for name, path in written.items()}
    found |= {f"{name}.json": _as_json(text) for name, text in found.items()}
    found["configured.json"] = json.dumps(_configured(json.loads(found["typical.json"]))).encode()
    found |= {f"facts of {name}": json.dumps(facts).encode() for name, facts in recorded_facts().items()}
    for kind in KINDS.values():
        document = {**whole_document(kind.type()), "apiVersion": kind.api_versions[0], "kind": kind.name}
        data = json.dumps(document).encode()
        # Kinds that hold a guest's template are its size again, and slow to change.
        if len(data) < LARGE_BYTES:
            found[f"whole {kind.name}"] = data
    found |= {f"sound {kind}": json.dumps(document).encode() for kind, document in SOUND_OBJECTS.items()}
    return found | {f"shape {name}": shape(HOSTILE_BYTES) for name, shape in SHAPES.items()} | finds()


@cache
def recorded_facts() -> dict[str, dict[str, Any]]:
    """Facts of hosts, by a name: those of the golden domains, and of a host that has all there is."""
    found = {folder.name: yaml.safe_load((folder / "facts.yaml").read_text()) for folder in FOLDERS}
    return found | {"everything": EVERYTHING}


# Two cells and a core for each thread of them, firmware, volumes, links as a CNI plugin makes them.
EVERYTHING: dict[str, Any] = {
    "version": 1,
    "arch": "x86_64",
    "kvm": "works",
    "allotted_cpus": "0-3,8-11",
    "cells": [
        {
            "id": cell,
            "memory_bytes": 64 << 30,
            "memory_free_bytes": 48 << 30,
            "distances": {"0": 10 + 11 * cell, "1": 21 - 11 * cell},
            "cores": [[4 * cell + core, 8 + 4 * cell + core] for core in range(4)],
            "hugepages": {"2Mi": {"total": 2048, "free": 2000}, "1Gi": {"total": 8}},
        }
        for cell in range(2)
    ],
    "memory_available_bytes": 80 << 30,
    "volumes": {
        "system": {"format": "raw", "path": "/var/run/kubevirt/container-disks/disk_0.img"},
        "data": {"mode": "Block", "capacity_bytes": 1 << 40, "preallocated": True},
    },
    "pci": {"example.org/nvme": ["0000:5e:00.0", "0000:5e:00.1"]},
    "links": {
        "default": {
            "ifname": "eth0",
            "mac": "0a:58:0a:f4:01:11",
            "mtu": 1450,
            "addresses": ["10.244.1.17/32", "fd00::17/128"],
            "routes": [
                {"dst": "default", "gateway": "169.254.1.1"},
                {"dst": "10.96.0.0/12", "gateway": "169.254.1.1"},
                {"dst": "169.254.1.1/32"},
            ],
            "resolver": {"nameservers": ["10.96.0.10"], "search": ["default.svc.cluster.local", "svc.cluster.local"]},
        }
    },
    "efi": {
        "plain": {"code": "/fw/code.fd", "vars": "/fw/vars.fd"},
        "secure_boot": {"code": "/fw/sb.fd", "vars": "/fw/sv.fd"},
    },
    "machine_types": ["q35", "pc-q35-7.2"],
    "cpu_models": ["Skylake-Server", "EPYC"],
    "host_cpu_model": "EPYC",
}


def _configured(guest: dict[str, Any]) -> dict[str, Any]:
    """The guest beside a configuration that changes what is made of it."""
    configuration = {
        "cpuModel": "EPYC",
        "cpuRequest": "200m",
        "evictionStrategy": "LiveMigrate",
        "additionalGuestMemoryOverheadRatio": "1.5",
        "smbios": {"manufacturer": "Example", "product": "Guest", "version": "1", "sku": "a", "family": "b"},
        "virtualMachineOptions": {"disableFreePageReporting": {}, "disableSerialConsoleLog": {}},
        "network": {
            "defaultNetworkInterface": "masquerade",
            "permitBridgeInterfaceOnPodNetwork": True,
            "binding": {"plug": {"domainAttachmentType": "tap", "sidecarImage": "registry.example/plug"}},
        },
        "permittedHostDevices": {
            "pciHostDevices": [{"pciVendorSelector": "8086:1521", "resourceName": "example.org/nvme"}]
        },
        "architectureConfiguration": {"amd64": {"machineType": "q35", "emulatedMachines": ["q35*"]}},
        "developerConfiguration": {
            "featureGates": ["HostDisk", "Root"],
            "memoryOvercommit": 150,
            "cpuAllocationRatio": 10,
        },
    }
    kubevirt = {"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "spec": {"configuration": configuration}}
    return {"apiVersion": "v1", "kind": "List", "items": [guest, kubevirt]}


def _as_json(text: bytes) -> bytes:
    try:
        documents = [kvnode.to_dict(item) for item in kvnode.load_all(text)]
    except InvalidManifest:
        return b"{}"
    return json.dumps(
        documents[0] if len(documents) == 1 else {"apiVersion": "v1", "kind": "List", "items": documents}
    ).encode()
