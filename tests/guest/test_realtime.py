"""vCPUs under the real-time scheduler, as the kernel has them: nobody but they, and nobody who may take it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from kvnode.api.cpu_memory import CPU, Realtime
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import HostError
from kvnode.runtime.pod_node import NodeHalf, mend_guest, read_pod_record, start_in_pod
from kvnode.runtime.progress import Progress
from kvnode.runtime.realtime import check_realtime, give_realtime
from tests.guest.conftest import Guests, pings, wait_for
from tests.guest.launcher_pod import Pod
from tests.guest.test_lifecycle import variant
from tests.guest.test_pinned import ALLOWED, MEMORY, PAGES, qemu_of
from tests.guest.test_pod_node import confine, half, pod, qemu_in
from tests.huge_pages import reserved

__all__ = ["half", "pod"]  # fixtures

FIFO = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
RT_GROUPS = Path("/sys/fs/cgroup/cpu/cpu.rt_runtime_us")
OWN = CPU(cores=1, dedicated_cpu_placement=True, realtime=Realtime())


def schedulers(qemu: int) -> dict[str, set[int]]:
    """The schedulers of QEMU's vCPUs, and of everything else that it does."""
    found: dict[str, set[int]] = {"vcpus": set(), "others": set()}
    for task in Path(f"/proc/{qemu}/task").iterdir():
        kind = "vcpus" if (task / "comm").read_text().startswith("CPU ") else "others"
        found[kind].add(os.sched_getscheduler(int(task.name)))
    return found


def with_cpu(vmi: VirtualMachineInstance, cpu: CPU) -> VirtualMachineInstance:
    domain = msgspec.structs.replace(vmi.spec.domain, cpu=cpu)
    return msgspec.structs.replace(vmi, spec=msgspec.structs.replace(vmi.spec, domain=domain))


@pytest.mark.needs("root", "realtime_scheduler")
def test_a_pods_vcpus_are_real_time_and_its_launcher_may_not_make_them_so(pod: Pod, half: NodeHalf) -> None:
    launcher = pod.start().launcher.pid
    confine(launcher, {max(ALLOWED)})
    with start_in_pod(with_cpu(pod.vmi(), OWN), pod.place, half, Progress()).connection:
        qemu = qemu_in(launcher)
        assert schedulers(qemu) == {"vcpus": {FIFO}, "others": {os.SCHED_OTHER}}
        (vcpu,) = [task for task in Path(f"/proc/{qemu}/task").iterdir() if "CPU 0" in (task / "comm").read_text()]
        assert os.sched_getparam(int(vcpu.name)).sched_priority == 1
        for process in (launcher, qemu):
            status = Path(f"/proc/{process}/status").read_text()
            assert "CapEff:\t0000000000000000" in status
            assert "Max realtime priority     0 " in Path(f"/proc/{process}/limits").read_text()
        record = read_pod_record(pod.place)
        assert record is not None
        (address,) = record.interfaces[0].addresses
        wait_for("a ping", lambda: pings(address))

        # A start that was cut off in between is ended by whoever looks after the guest next.
        os.sched_setscheduler(int(vcpu.name), os.SCHED_OTHER, os.sched_param(0))
        mend_guest(pod.place, record, half)
        assert schedulers(qemu)["vcpus"] == {FIFO}
        with pytest.raises(HostError, match=r"spec.domain.cpu.realtime: QEMU has no thread for the vCPU 3; .* \[0\]"):
            give_realtime(launcher, inner(qemu), "0,3")


def inner(qemu: int) -> int:
    """QEMU's number in its own pid namespace."""
    lines = Path(f"/proc/{qemu}/status").read_text().splitlines()
    (numbers,) = [line.split() for line in lines if line.startswith("NSpid:")]
    return int(numbers[-1])


@pytest.mark.needs("root", "realtime_scheduler", "cpus_2", "hugepages_2Mi_to_reserve")
def test_by_kvnode_run_only_the_vcpus_that_the_mask_names(guests: Guests, tmp_path: Path) -> None:
    cpu = {"cores": 2, "dedicatedCpuPlacement": True, "numa": {"guestMappingPassthrough": {}}}
    with reserved(PAGES):
        manifest = variant(tmp_path, domain__cpu={**cpu, "realtime": {"mask": "1"}}, domain__memory=MEMORY)
        guests.detach(manifest, "timely")
        qemu = qemu_of(guests, "timely")
        found = {
            (task / "comm").read_text().split("/")[0]: os.sched_getscheduler(int(task.name))
            for task in Path(f"/proc/{qemu}/task").iterdir()
            if (task / "comm").read_text().startswith("CPU ")
        }
        assert found == {"CPU 0": os.SCHED_OTHER, "CPU 1": FIFO}
        guests.kvnode("stop", "timely", "--force")


@pytest.mark.needs("root", "realtime_groups")
def test_a_cgroup_without_a_share_of_real_time_is_found_out_before_anything_starts() -> None:
    cgroup = RT_GROUPS.parent / f"kvnode-test-{os.getpid()}"
    cgroup.mkdir()
    try:
        with pytest.raises(HostError, match=r"spec.domain.cpu.realtime: .*not permitted.*CONFIG_RT_GROUP_SCHED"):
            check_realtime(["/bin/sh", "-c", f'echo 0 >{cgroup}/cgroup.procs; exec "$@"', "sh"])
    finally:
        cgroup.rmdir()
