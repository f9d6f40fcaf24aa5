"""A plan is total: any manifest that the types can hold, on any host, is planned or refused with a sentence of ours.

Whatever is planned can be rendered, keeps the promises that a plan makes about itself, and is the same plan again.
"""

import xml.etree.ElementTree as ET
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import kvnode
from kvnode import HostFacts
from kvnode.api.devices import Devices
from kvnode.api.instance import DomainSpec, VirtualMachineInstanceSpec
from kvnode.errors import KvnodeError
from tests.api_documents import documents_of
from tests.plans import EMULATING, HOST, manifest

HOSTS = [
    HostFacts(),
    HostFacts.from_json(HOST),
    HostFacts.from_json(EMULATING | {"libvirt": 9_000_000, "qemu": 7_002_000}),
    HostFacts.from_json({"cells": [{"id": 0, "memory_free_bytes": 700 << 20, "hugepages": {"2Mi": {"total": 9}}}]}),
    HostFacts.from_json(
        {
            "links": {"default": {"ifname": "eth0", "mac": "0a:58:0a:f4:01:11", "addresses": ["10.1.1.7/24"]}},
            "volumes": {"system": {"mode": "Block", "capacity_bytes": 1 << 40}},
            "efi": {"plain": {"code": "/c", "vars": "/v"}, "secure_boot": {"code": "/s"}},
        }
    ),
]


def answer(document: dict[str, Any], host: HostFacts, defaulted: bool) -> "kvnode.DomainPlan | None":
    """The plan, or None where it was refused as it may be."""
    try:
        vmi = kvnode.load(document)
        return kvnode.plan(kvnode.default(vmi) if defaulted else vmi, host)
    except KvnodeError as error:
        assert str(error)
    return None


def holds(plan: "kvnode.DomainPlan", host: HostFacts) -> None:
    topology, overhead = plan.cpu.topology, plan.overhead
    assert 1 <= plan.vcpu.enabled <= plan.vcpu.maximum == topology.sockets * topology.cores * topology.threads
    assert overhead.total_bytes == sum(item.bytes for item in overhead.items)
    assert len({disk.target for disk in plan.devices.disks}) == len(plan.devices.disks)
    assert all(0 < thread <= plan.iothreads for disk in plan.devices.disks for thread in disk.iothreads)
    assert (plan.hypervisor == "kvm") == (host.kvm == "works")
    if host.memory_free_bytes is not None and plan.memory.hugepage_bytes is not None:
        assert overhead.total_bytes <= host.memory_free_bytes
    try:
        root = ET.fromstring(kvnode.render(plan))
    except KvnodeError as error:
        assert "no way to say" in str(error)
        return
    for source in root.iterfind(".//source"):
        for path in filter(None, (source.get("file"), source.get("dev"), source.get("path"))):
            assert path.startswith(("/var/run/kubevirt/", "/var/run/kubevirt-private/"))
            assert ".." not in path


@given(documents_of(DomainSpec), st.sampled_from(HOSTS), st.booleans())
def test_any_domain_on_top_of_the_least(domain: dict[str, Any], host: HostFacts, defaulted: bool) -> None:
    document = manifest()
    whole = document["spec"]["domain"]
    devices = {**whole["devices"], **domain.pop("devices", {})}
    document["spec"]["domain"] = {**whole, **domain, "devices": devices}
    plan = answer(document, host, defaulted)
    if plan is not None:
        holds(plan, host)
        assert answer(document, host, defaulted) == plan


@given(documents_of(VirtualMachineInstanceSpec), st.sampled_from(HOSTS), st.booleans())
def test_any_spec(spec: dict[str, Any], host: HostFacts, defaulted: bool) -> None:
    document = manifest()
    document["spec"] = {**document["spec"], **spec}
    plan = answer(document, host, defaulted)
    if plan is not None:
        holds(plan, host)


@given(documents_of(Devices), st.sampled_from(HOSTS))
def test_any_devices(devices: dict[str, Any], host: HostFacts) -> None:
    plan = answer(manifest({f"devices.{name}": value for name, value in devices.items()}), host, True)
    if plan is not None:
        holds(plan, host)
