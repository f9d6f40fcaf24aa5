"""What a machine may lack, by name, each probed on the machine that runs the tests.

A test says ``@pytest.mark.needs("cgroup_v2")``; where the probe says no, the test isn't run and the closing list says
why. A probe looks at the machine itself and never at an environment variable, so nobody can argue a layer away.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

CAP_NET_ADMIN = 12
CAP_SYS_ADMIN = 21
CAP_SYS_RESOURCE = 24


@dataclass(frozen=True)
class Fact:
    """What is meant, in words that end "this machine has no ...", and how it is found out."""

    meaning: str
    probe: Callable[[], bool]


def _effective_capability(number: int) -> bool:
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            return bool(int(value, 16) >> number & 1)
    return False


def _kvm_is(state: str) -> Callable[[], bool]:
    def probe() -> bool:
        from kvnode import probe_host

        return bool(probe_host().kvm == state)

    return probe


def _cgroup_v2() -> bool:
    enabled = Path("/sys/fs/cgroup/cgroup.subtree_control")
    return enabled.exists() and "cpuset" in enabled.read_text().split()


def _cgroup_v1_cpuset() -> bool:
    return Path("/sys/fs/cgroup/cpuset/cpuset.cpus").exists()


def _numa_cells() -> int:
    return len(list(Path("/sys/devices/system/node").glob("node[0-9]*")))


def _hugepages(kib: int) -> int:
    pool = Path(f"/sys/kernel/mm/hugepages/hugepages-{kib}kB/nr_hugepages")
    return int(pool.read_text()) if pool.exists() else 0


def _page_to_reserve() -> bool:
    """Whether the pool of 2 MiB pages grows by one where that is asked for; it is as before then."""
    pool = Path("/proc/sys/vm/nr_hugepages")
    try:
        before = int(pool.read_text())
        pool.write_text(str(before + 1))
        grown = int(pool.read_text()) > before
        pool.write_text(str(before))
    except OSError:
        return False
    return grown


def _may_be_realtime() -> bool:
    """Whether a process of ours may become real-time; it ends at once."""
    try:
        return subprocess.run(["chrt", "--fifo", "1", "true"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _device(path: str) -> Callable[[], bool]:
    def opens() -> bool:
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
        except OSError:
            return False
        return True

    return opens


def _go(*wanted: int) -> bool:
    """Whether a Go compiler of this version or a later one is on PATH."""
    try:
        own = {**os.environ, "GOTOOLCHAIN": "local"}
        said = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, env=own, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = re.match(r"go(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= wanted


def _nova() -> bool:
    """Whether nova's environment has been made: no test fetches a hundred packages."""
    from benchmarks.nova_rival import is_made

    return is_made()


FACTS: dict[str, Fact] = {
    "root": Fact("user id 0", lambda: os.geteuid() == 0),
    "cap_net_admin": Fact("CAP_NET_ADMIN", lambda: _effective_capability(CAP_NET_ADMIN)),
    "cap_sys_admin": Fact("CAP_SYS_ADMIN", lambda: _effective_capability(CAP_SYS_ADMIN)),
    "cap_sys_resource": Fact("CAP_SYS_RESOURCE", lambda: _effective_capability(CAP_SYS_RESOURCE)),
    "kvm_works": Fact("KVM that runs guests at the processor's own speed", _kvm_is("works")),
    "kvm_broken": Fact("KVM that opens and interprets every instruction", _kvm_is("broken")),
    "kvm_device": Fact("/dev/kvm that opens", _device("/dev/kvm")),
    "loop_devices": Fact("/dev/loop-control", _device("/dev/loop-control")),
    "vhost_net": Fact("/dev/vhost-net", _device("/dev/vhost-net")),
    "cgroup_v2": Fact("unified cgroup hierarchy with cpuset", _cgroup_v2),
    "cgroup_v1_cpuset": Fact("cpuset controller of cgroup v1", _cgroup_v1_cpuset),
    "numa_cells_2": Fact("second NUMA cell", lambda: _numa_cells() >= 2),
    "realtime_scheduler": Fact("real-time scheduler that may be used", _may_be_realtime),
    "realtime_groups": Fact(
        "kernel that gives real-time by cgroup (v1)", lambda: Path("/sys/fs/cgroup/cpu/cpu.rt_runtime_us").exists()
    ),
    "cpus_2": Fact("two CPUs", lambda: len(os.sched_getaffinity(0)) >= 2),
    "cpus_4": Fact("four CPUs", lambda: len(os.sched_getaffinity(0)) >= 4),
    "hugepages_2Mi": Fact("pool of 2 MiB pages", lambda: _hugepages(2048) > 0),
    "hugepages_2Mi_to_reserve": Fact("2 MiB pages that can be reserved", _page_to_reserve),
    "hugepages_1Gi": Fact("pool of 1 GiB pages", lambda: _hugepages(1048576) > 0),
    "ovmf": Fact("UEFI firmware for guests", lambda: Path("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd").exists()),
    "swtpm": Fact("swtpm and what makes its state", lambda: all(map(shutil.which, ("swtpm", "swtpm_setup")))),
    "atheris": Fact(
        "Atheris, of which there are wheels for Python 3.11 to 3.13 on x86-64 Linux",
        lambda: find_spec("atheris") is not None,
    ),
    "go": Fact("Go compiler of version 1.26 or later", lambda: _go(1, 26)),
    "nova": Fact("environment with OpenStack nova, which `python -m benchmarks.domains` makes", _nova),
}


@cache
def present(name: str) -> bool:
    """Whether this machine has the fact; an unknown name is a KeyError, as a misspelt need would hide a test."""
    return FACTS[name].probe()
