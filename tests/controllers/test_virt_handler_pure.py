"""What the node's handler decides, touching nothing: how a Pod's end reads, which Pod counts, a node's labels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from controllers.launchers import pod_name
from controllers.virt_handler.cpu_manager import gives_own_cpus, unthrottled_realtime
from controllers.virt_handler.guest_status import end_of_pod, fault_report, phase_patch
from controllers.virt_handler.node_labels import label_patch, node_labels
from controllers.virt_handler.objects import (
    CREATED_BY,
    ContainerState,
    ContainerStatus,
    Pod,
    PodSpec,
    PodStatus,
    Terminated,
    pod_of,
)
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.meta import ObjectMeta, OwnerReference
from kvnode.api.status import (
    VirtualMachineInstanceCondition,
    VirtualMachineInstancePhaseTransitionTimestamp,
    VirtualMachineInstanceStatus,
)
from kvnode.errors import HostError
from kvnode.facts import HostFacts
from kvnode.runtime.pod_cgroup import cgroup_folders, into_cgroups_of

NOW, BEFORE = "2026-11-23T11:00:00Z", "2026-11-23T10:00:00Z"


def ended_pod(exit_code: int, *, message: str = "", reason: str | None = None) -> Pod:
    terminated = Terminated(exit_code=exit_code, reason=reason, message=message)
    container = ContainerStatus(name="compute", state=ContainerState(terminated=terminated))
    return Pod(status=PodStatus(phase="Failed" if exit_code else "Succeeded", container_statuses=(container,)))


@pytest.mark.parametrize(
    ("pod", "phase", "reason", "words"),
    [
        (ended_pod(0), "Succeeded", "Shutdown", "shut itself down"),
        (ended_pod(0, message="the guest was ended by force"), "Succeeded", "Shutdown", "by force"),
        (ended_pod(3, message="libvirt could not start the guest: no"), "Failed", "StartFailed", "libvirt could not"),
        (ended_pod(4), "Failed", "GuestCrashed", "crashed"),
        (ended_pod(137, reason="OOMKilled"), "Failed", "OOMKilled", "reservedOverhead"),
        (ended_pod(137), "Failed", "LauncherCrashed", "status 137"),
        (Pod(status=PodStatus(phase="Failed", reason="Evicted", message="the node had too little memory")),
         "Failed", "Evicted", "too little memory"),
        (Pod(status=PodStatus(phase="Failed")), "Failed", "PodFailed", "doesn't say why"),
    ],
)  # fmt: skip
def test_how_a_pods_end_reads(pod: Pod, phase: str, reason: str, words: str) -> None:
    status = end_of_pod(pod)
    assert (status.phase, status.reason) == (phase, reason)
    assert words in status.message


def test_the_pod_that_counts_is_the_guests_own_on_this_node() -> None:
    """What else may claim to be one is in test_launchers.py."""
    owner = OwnerReference(
        api_version="kubevirt.io/v1", kind="VirtualMachineInstance", name="a", uid="u", controller=True
    )

    def pod(node: str = "here", phase: str = "Running", **meta: Any) -> Pod:
        known: dict[str, Any] = {"name": pod_name("a", "u"), "namespace": "n", "owner_references": (owner,)}
        metadata = ObjectMeta(labels={CREATED_BY: "u"}, **known | meta)
        return Pod(metadata=metadata, spec=PodSpec(node_name=node), status=PodStatus(phase=phase))

    vmi = VirtualMachineInstance(metadata=ObjectMeta(name="a", namespace="n", uid="u"))
    claims = [pod(namespace="evil"), pod(name="virt-launcher-a"), pod(owner_references=())]
    for mine in (pod(), pod(phase="Failed")):
        assert pod_of(vmi, [*claims, mine], "here") == mine
    assert pod_of(vmi, [*claims, pod(node="there")], "here") is None


def test_a_condition_keeps_its_time_while_its_status_stays() -> None:
    there = VirtualMachineInstanceCondition(type="Ready", status="False", last_transition_time=BEFORE)
    vmi = VirtualMachineInstance(
        metadata=ObjectMeta(name="a", namespace="n", uid="u"), status=VirtualMachineInstanceStatus(conditions=(there,))
    )
    body = fault_report(vmi, "NoSpace", "m" * 5000, NOW)
    ready, synchronized = body["status"]["conditions"]
    assert (ready["lastTransitionTime"], synchronized["lastTransitionTime"]) == (BEFORE, NOW)
    assert len(synchronized["message"]) == 1024
    assert body["metadata"] == {"name": "a", "namespace": "n", "uid": "u"}, "no other guest of that name"


def test_a_phase_is_entered_once_and_the_others_times_stay() -> None:
    passed = tuple(
        VirtualMachineInstancePhaseTransitionTimestamp(phase=phase, phase_transition_timestamp=BEFORE)
        for phase in ("Scheduled", "Running")
    )
    vmi = VirtualMachineInstance(status=VirtualMachineInstanceStatus(phase_transition_timestamps=passed))
    status = phase_patch(vmi, "Running", NOW)["status"]
    assert status["phase"] == "Running"
    assert [tuple(one.values()) for one in status["phaseTransitionTimestamps"]] == [
        ("Scheduled", BEFORE),
        ("Running", NOW),
    ]


def test_a_nodes_labels_say_what_it_can_and_take_back_what_it_no_longer_can() -> None:
    host = HostFacts(kvm="broken", cpu_models=("qemu64", "a/b"), machine_types=("pc-q35-7.2",), host_cpu_model="EPYC")
    labels = node_labels(host)
    assert labels == {
        "kubevirt.io/schedulable": "true",
        "kubevirt.io/kvm": "broken",
        "cpumanager": "false",
        "kubevirt.io/cpumanager": "false",
        "cpu-model.node.kubevirt.io/qemu64": "true",
        "machine-type.node.kubevirt.io/pc-q35-7.2": "true",
        "host-model-cpu.node.kubevirt.io/EPYC": "true",
    }
    there = {"cpu-model.node.kubevirt.io/Skylake": "true", "kubernetes.io/os": "linux"}
    metadata = label_patch(labels, there, NOW)["metadata"]
    assert metadata["labels"] == {"cpu-model.node.kubevirt.io/Skylake": None, **labels}
    assert metadata["annotations"] == {"kubevirt.io/heartbeat": NOW}


@pytest.mark.parametrize(
    ("record", "gives"),
    [
        ('{"policyName":"static","defaultCpuSet":"0-3","entries":{"u":{"compute":"2-3"}},"checksum":1353318690}', True),
        ('{"policyName":"static","defaultCpuSet":"0-3","checksum":1353318690}', True),
        ('{"policyName":"none","defaultCpuSet":"","checksum":1353318690}', False),
        ('{"policyName":"stat', False),
        ('["static"]', False),
        ("", False),
        (None, False),
    ],
)
def test_a_kubelets_own_record_says_whether_it_gives_cpus_away(tmp_path: Path, record: str | None, gives: bool) -> None:
    if record is not None:
        (tmp_path / "cpu_manager_state").write_text(record)
    assert gives_own_cpus(tmp_path) is gives
    labels = node_labels(HostFacts(), gives_own_cpus(tmp_path))
    assert {labels["cpumanager"], labels["kubevirt.io/cpumanager"]} == {str(gives).lower()}


@pytest.mark.parametrize(("bound", "labelled"), [("-1\n", True), ("950000\n", False), (None, False)])
def test_a_node_is_one_for_real_time_where_its_kernel_takes_nobody_off_its_cpu(
    tmp_path: Path, bound: str | None, labelled: bool
) -> None:
    file = tmp_path / "sched_rt_runtime_us"
    if bound is not None:
        file.write_text(bound)
    labels = node_labels(HostFacts(), realtime=unthrottled_realtime(file))
    assert labels.get("kubevirt.io/realtime") == ("" if labelled else None)
    before = {"kubevirt.io/realtime": ""}
    patch = label_patch(labels, before, NOW)["metadata"]["labels"]
    assert patch["kubevirt.io/realtime"] == ("" if labelled else None)


def test_the_way_into_a_processs_cgroups(tmp_path: Path) -> None:
    """Folders that look as the hierarchies of this process would; entering one is writing 0 into its list."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    for line in lines:
        _, controllers, path = line.split(":", 2)
        folder = tmp_path / (controllers.removeprefix("name=") or "unified") / path.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cgroup.procs").touch()
    folders = cgroup_folders(os.getpid(), tmp_path)
    assert len(folders) == len(lines)
    command = [*into_cgroups_of(os.getpid(), tmp_path), "printf", "%s|", "a b", "--", "c"]
    read, write = os.pipe()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, write, 1)])
    os.close(write)
    assert os.waitpid(pid, 0)[1] == 0
    with open(read) as output:
        assert output.read() == "a b|--|c|"
    assert {(folder / "cgroup.procs").read_text() for folder in folders} == {"0\n"}
    with pytest.raises(HostError, match="mount the host's /sys/fs/cgroup there"):
        cgroup_folders(os.getpid(), tmp_path / "elsewhere")
