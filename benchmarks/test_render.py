"""From a manifest's bytes to domain XML, step by step: load, default, validate, plan, render.

Two guests: ``tiny`` is the example that boots, ``typical`` has three disks, two cards and a cloud-init seed. Beside the
steps stands what the same machine takes for a ``json.loads`` of the same manifest, because times of different machines
compare only as multiples of that; and beside the rendering the same document written by ElementTree.
"""

from __future__ import annotations

import copy
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_benchmark.fixture import BenchmarkFixture

import kvnode
from kvnode import HostFacts
from kvnode.domain import render_bytes

EXAMPLE = Path(__file__).resolve().parents[1] / "deploy" / "examples" / "vmi-tiny.yaml"
LINK = {"ifname": "eth0", "mac": "0a:58:0a:f4:01:11", "mtu": 1450, "addresses": ["10.244.1.17/32"]}
HOST = HostFacts.from_json(
    {
        "cells": [{"id": 0, "memory_free_bytes": 1 << 36, "cores": [[0], [1], [2], [3]]}],
        "links": {"default": LINK, "second": LINK | {"ifname": "net1", "mac": "0a:58:0a:f4:02:12"}},
    }
)


def tiny() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    return document


def typical() -> dict[str, Any]:
    document = copy.deepcopy(tiny())
    spec = document["spec"]
    devices = spec["domain"]["devices"]
    devices["disks"].append({"name": "data", "disk": {"bus": "virtio"}, "serial": "DATA", "cache": "none"})
    spec["volumes"].append({"name": "data", "emptyDisk": {"capacity": "10Gi"}})
    devices["interfaces"] = [{"name": "default", "masquerade": {}}, {"name": "second", "bridge": {}}]
    spec["networks"] = [{"name": "default", "pod": {}}, {"name": "second", "multus": {"networkName": "second"}}]
    return document


GUESTS = {"tiny": tiny(), "typical": typical()}
guests = pytest.mark.parametrize("name", GUESTS)


@guests
@pytest.mark.benchmark(group="manifest to XML")
def test_0_json_loads(benchmark: BenchmarkFixture, name: str) -> None:
    """the yardstick"""
    data = json.dumps(GUESTS[name]).encode()
    assert benchmark(json.loads, data) == GUESTS[name]


@guests
@pytest.mark.benchmark(group="manifest to XML")
def test_1_load(benchmark: BenchmarkFixture, name: str) -> None:
    """JSON, read strictly"""
    data = json.dumps(GUESTS[name]).encode()
    assert benchmark(kvnode.load, data).metadata.name == "vmi-tiny"


@guests
@pytest.mark.benchmark(group="manifest to XML")
def test_2_default(benchmark: BenchmarkFixture, name: str) -> None:
    vmi = kvnode.load(GUESTS[name])
    assert benchmark(kvnode.default, vmi).spec.domain.firmware is not None


@guests
@pytest.mark.benchmark(group="manifest to XML")
def test_3_validate(benchmark: BenchmarkFixture, name: str) -> None:
    vmi = kvnode.default(kvnode.load(GUESTS[name]))
    assert benchmark(kvnode.validate, vmi) == []


@guests
@pytest.mark.benchmark(group="manifest to XML")
def test_4_plan(benchmark: BenchmarkFixture, name: str) -> None:
    vmi = kvnode.default(kvnode.load(GUESTS[name]))
    assert benchmark(kvnode.plan, vmi, HOST).guest == "vmi-tiny"


@guests
@pytest.mark.benchmark(group="manifest to XML")
def test_5_render(benchmark: BenchmarkFixture, name: str) -> None:
    plan = kvnode.plan(kvnode.default(kvnode.load(GUESTS[name])), HOST)
    xml = benchmark(render_bytes, plan)
    benchmark.extra_info["bytes"] = len(xml)
    assert xml.startswith(b"<domain")


@guests
@pytest.mark.benchmark(group="manifest to XML")
def test_6_all_of_it(benchmark: BenchmarkFixture, name: str) -> None:
    """bytes to bytes, validation included"""
    data = json.dumps(GUESTS[name]).encode()

    def all_of_it() -> bytes:
        vmi = kvnode.default(kvnode.load(data))
        assert not kvnode.validate(vmi)
        return render_bytes(kvnode.plan(vmi, HOST))

    assert benchmark(all_of_it).endswith(b"</domain>")


@guests
@pytest.mark.benchmark(group="rendering")
def test_ours(benchmark: BenchmarkFixture, name: str) -> None:
    plan = kvnode.plan(kvnode.default(kvnode.load(GUESTS[name])), HOST)
    assert benchmark(render_bytes, plan)


@guests
@pytest.mark.benchmark(group="rendering")
def test_elementtree(benchmark: BenchmarkFixture, name: str) -> None:
    """The finished tree, only written: what a tree costs to build comes on top."""
    xml = kvnode.render(kvnode.plan(kvnode.default(kvnode.load(GUESTS[name])), HOST))
    root = ET.fromstring(xml)
    assert len(benchmark(ET.tostring, root)) >= len(xml)
