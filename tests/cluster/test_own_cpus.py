"""Guests with CPUs, pages and cells of their own: what the kubelet gives the Pod is where QEMU's threads run."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
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
MAPPED = {**OWN, "numa": {"guestMappingPassthrough": {}}}
PAGES = 64
MEMORY = {"guest": f"{2 * PAGES}Mi", "hugepages": {"pageSize": "2Mi"}}
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


@pytest.fixture(scope="module")
def pages(kubevirt: Cluster) -> Iterator[int]:
    """Huge pages for one guest, which the node's kubelet has counted; how many there are."""

    def heartbeat() -> str:
        conditions = kubevirt.api.get(f"/api/v1/nodes/{NODE}")["status"]["conditions"]
        return next(str(one["lastHeartbeatTime"]) for one in conditions if one["type"] == "Ready")

    def counted(pages: int) -> None:
        """A kubelet counts them when it starts; devices it has when their plugins have seen that it is another one."""
        before = heartbeat()
        kubevirt.restart(NODE, "kubelet")
        kubevirt.await_all_ready()

        def knows() -> bool:
            allocatable = kubevirt.api.get(f"/api/v1/nodes/{NODE}")["status"]["allocatable"]
            counted = to_bytes(allocatable["hugepages-2Mi"]) >= pages * 2 * MIB
            return heartbeat() != before and counted and to_bytes(allocatable[TUN]) > 0

        wait_for(f"{NODE} knows of {pages} huge pages", knows)

    with reserved(PAGES) as there:
        counted(PAGES)
        yield there
    counted(0)


@pytest.mark.full("a cluster's guest of huge pages in the cells of its CPUs, on a kubelet that counts them anew")
@pytest.mark.needs("root", "cpus_2", "hugepages_2Mi_to_reserve")
def test_memory_of_huge_pages_in_the_cells_of_its_cpus_and_no_privilege_for_it(
    pages: int, guest: Guest, kubevirt: Cluster
) -> None:
    guest.apply(domain=domain(cpu=MAPPED, memory=MEMORY))
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


def share_real_time(node: Node, pod: dict[str, Any]) -> None:
    """What an administrator of a kernel with CONFIG_RT_GROUP_SCHED does: each cgroup down to the Pod's has a share."""
    container = pod["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
    below = f"{node.cgroup}/kubepods/pod{pod['metadata']['uid']}/{container}"
    folder = Path("/sys/fs/cgroup/cpu")
    for part in below.split("/"):
        folder = folder / part
        (folder / "cpu.rt_runtime_us").write_text("100000")


@pytest.mark.full("a cluster's guest with real-time vCPUs, from a node without them to threads under the scheduler")
@pytest.mark.needs("root", "cpus_2", "hugepages_2Mi_to_reserve", "realtime_groups")
def test_real_time_waits_for_a_node_for_it_and_for_its_cgroups_share(
    pages: int, guest: Guest, kubevirt: Cluster
) -> None:
    """The node has one CPU to give, which is too little for such a guest to get on: one that does is in
    tests/guest/test_realtime.py."""
    guest.apply(domain=domain(cpu={**MAPPED, "realtime": {}}, memory=MEMORY))
    wait_for("it is told", lambda: guest.condition("PodScheduled").get("reason") == "Unschedulable", guest.said)
    assert "kubevirt.io/realtime" in guest.condition("PodScheduled")["message"]

    # This machine's kernel isn't made one for real-time by a test, so the label is, until the handler takes it back.
    deadline = time.monotonic() + BOOT_S
    while not guest.pod()["spec"].get("nodeName"):
        assert time.monotonic() < deadline, guest.said()
        kubevirt.kubectl("label", "node", NODE, "kubevirt.io/realtime=", "--overwrite")
        time.sleep(1)
    wait_for(
        "it is refused",
        lambda: "CONFIG_RT_GROUP_SCHED" in guest.condition("Synchronized").get("message", ""),
        guest.said,
    )
    assert guest.qemus() == 0

    node = kubevirt.machine(NODE)
    share_real_time(node, guest.pod())
    guest.running()
    qemu = qemu_of(node, guest)
    told = node.run("sh", "-c", f'for task in /proc/{qemu}/task/*; do cat $task/comm; chrt --pid "${{task##*/}}"; done')
    policies = re.findall(r"^(.*)\n.*scheduling policy: (.*)$", told.stdout, re.MULTILINE)
    assert [policy for name, policy in policies if name.startswith("CPU ")] == ["SCHED_FIFO|SCHED_RESET_ON_FORK"]
    assert {policy for name, policy in policies if not name.startswith("CPU ")} == {"SCHED_OTHER"}
