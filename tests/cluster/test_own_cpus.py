"""Guests with CPUs, pages and cells of their own: what the kubelet gives the Pod is where QEMU's threads run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.cluster.cluster import Cluster
from deploy.cluster.kube_api import KubeApi
from deploy.cluster.machine import Machine as Node
from kvnode.facts.cpuset import parse_cpuset
from kvnode.quantity import to_bytes
from tests.cluster.guests import BOOT_S, Guest, example, facts_of, wait_for
from tests.huge_pages import reserved

OWN = {"cores": 1, "dedicatedCpuPlacement": True}
NODE = "node-1"
"""The one whose kubelet gives CPUs away (deploy/cluster/node.py)."""
PAGES = 64
MIB = 1 << 20
TUN = "devices.kubevirt.io/tun"


def domain(**changes: Any) -> dict[str, Any]:
    """The example's domain with these parts in the example's place."""
    return {**example("vmi-tiny")["spec"]["domain"], **changes}


def given(node: Node, pod_uid: str) -> tuple[int, int]:
    """The CPUs that a node's kubelet has given to a Pod's guest, and those that everybody else has."""
    record = json.loads(node.path("/var/lib/kubelet/cpu_manager_state").read_text())
    own = record.get("entries", {}).get(pod_uid, {}).get("compute", "")
    return parse_cpuset(own), parse_cpuset(record["defaultCpuSet"])


def qemu_of(node: Node, guest: Guest) -> str:
    """QEMU's process id as its node counts."""
    return node.run("pgrep", "--full", f"guest=default_{guest.name},").stdout.strip()


def threads_of(node: Node, guest: Guest) -> list[tuple[str, int]]:
    """Each of QEMU's threads: its name, and the CPUs that it may run on."""
    told = node.run("sh", "-c", f"cat /proc/{qemu_of(node, guest)}/task/*/status").stdout
    found = re.findall(r"^Name:\t(.*?)$.*?^Cpus_allowed_list:\t(.*?)$", told, re.MULTILINE | re.DOTALL)
    return [(name, parse_cpuset(cpus)) for name, cpus in found]


@pytest.mark.needs("root", "cpus_2")
def test_its_threads_run_where_the_kubelet_gave_it_cpus_and_nobody_else_does(
    guest: Guest, kubevirt: Cluster, user: KubeApi
) -> None:
    guest.apply(domain=domain(cpu=OWN))
    address = guest.running()
    pod, node = guest.pod(), kubevirt.machine(guest.node)
    assert (guest.node, pod["status"]["qosClass"]) == (NODE, "Guaranteed")
    own, others = given(node, pod["metadata"]["uid"])
    assert own.bit_count() == 1
    assert own & others == 0
    threads = threads_of(node, guest)
    vcpus = [cpus for name, cpus in threads if name.startswith("CPU ")]
    assert vcpus == [own]
    assert {cpus for _, cpus in threads} == {own}, "what QEMU does beside the vCPU has the Pod's CPUs too"
    assert facts_of(address)["hostname"] == guest.name

    # There is none left for another one, who waits and says so, and has it once it is given back.
    second = Guest(kubevirt, user, "second-with-cpus")
    second.apply(domain=domain(cpu=OWN))
    try:
        wait_for("it is told", lambda: second.condition("PodScheduled").get("reason") == "Unschedulable", second.said)
        assert "Insufficient cpu" in second.condition("PodScheduled")["message"]
        guest.remove()
        second.running()
        assert [cpus for name, cpus in threads_of(node, second) if name.startswith("CPU ")] == [own]
    finally:
        second.remove()
    wait_for("the CPUs are everybody's again", lambda: given(node, "")[1] == own | others)


@pytest.fixture
def pages(kubevirt: Cluster) -> Iterator[int]:
    """Huge pages for one guest, which the node's kubelet has counted; how many there are."""

    def counted(pages: int) -> None:
        """A kubelet counts them when it starts; devices it has when their plugins have seen that it is another one."""
        kubevirt.restart(NODE, "kubelet")
        kubevirt.await_all_ready()

        def knows() -> bool:
            allocatable = kubevirt.api.get(f"/api/v1/nodes/{NODE}")["status"]["allocatable"]
            return to_bytes(allocatable["hugepages-2Mi"]) == pages * 2 * MIB and to_bytes(allocatable[TUN]) > 0

        wait_for(f"{NODE} knows of {pages} huge pages", knows)

    with reserved(PAGES) as there:
        counted(there)
        yield there
    counted(there - PAGES)


@pytest.mark.needs("root", "cpus_2", "hugepages_2Mi_to_reserve")
def test_memory_of_huge_pages_in_the_cells_of_its_cpus_and_no_privilege_for_it(
    pages: int, guest: Guest, kubevirt: Cluster
) -> None:
    memory = {"guest": f"{2 * PAGES}Mi", "hugepages": {"pageSize": "2Mi"}}
    guest.apply(domain=domain(cpu={**OWN, "numa": {"guestMappingPassthrough": {}}}, memory=memory))
    address = guest.running(2 * BOOT_S)
    pod, node = guest.pod(), kubevirt.machine(guest.node)
    resources = pod["spec"]["containers"][0]["resources"]
    assert to_bytes(resources["limits"]["hugepages-2Mi"]) == PAGES * 2 * MIB
    assert resources["requests"]["memory"] == resources["limits"]["memory"]
    assert pod["status"]["qosClass"] == "Guaranteed"

    qemu = qemu_of(node, guest)
    (memory_area,) = [
        line for line in node.run("cat", f"/proc/{qemu}/numa_maps").stdout.splitlines() if " huge " in line
    ]
    assert re.search(rf" bind:\d+ .*dirty={PAGES} .*kernelpagesize_kB=2048", memory_area), memory_area
    own, _ = given(node, pod["metadata"]["uid"])
    assert [cpus for name, cpus in threads_of(node, guest) if name.startswith("CPU ")] == [own]
    status = dict(re.findall(r"^(Cap\w+):\s*(\w+)$", node.run("cat", f"/proc/{qemu}/status").stdout, re.MULTILINE))
    assert {status[name] for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {"0" * 16}
    assert facts_of(address)["hostname"] == guest.name
