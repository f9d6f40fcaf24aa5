"""The itemised memory overhead, held against real processes: never below what is used, never far above.

A guest is put under load that fills the emulator's translation buffer, touches its memory from every vCPU and its
disks through every queue; what its processes hold beside the guest's own memory is sampled meanwhile, and the most
counts. Resident pages of files are counted as well, although the kernel would give them up first.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import yaml

import kvnode
from kvnode import DomainPlan, HostFacts
from tests.guest.conftest import EXAMPLE, Guests, wait_for, web_page

SHORTEST_S, LONGEST_S, STILL_S = 20.0, 90.0, 12.0
"""The load runs until nothing has grown by a hundredth for ``STILL_S``."""

MOST = 4 / 3
"""How far above what was seen the plan may be."""

# Forks, scripts, compression, the page cache and every disk, from as many processes as there are vCPUs and more.
LOAD = (
    "for i in 1 2 3 4 5 6 7 8; do (while true; do find / -xdev -type f | xargs md5sum | sort | gzip -9 | bzip2; "
    "for a in $(busybox --list); do busybox $a --help; done; "
    "ls -lR / | awk '{print $5}' | sort -n; for d in /dev/vd*; do dd if=$d bs=1M count=64; done; done) "
    ">/dev/null 2>&1 & done; (while true; do dd if=/dev/zero of=/dev/null bs=16M count=8; done) >/dev/null 2>&1 &"
)


def shape(tmp_path: Path, cores: int, memory: str, disks: int, graphics: bool) -> Path:
    document = yaml.safe_load(EXAMPLE.read_text())
    domain = document["spec"]["domain"]
    domain["cpu"] = {"cores": cores}
    domain["memory"] = {"guest": memory}
    domain["devices"]["autoattachGraphicsDevice"] = graphics
    if disks:
        domain["ioThreadsPolicy"] = "shared"
    for number in range(disks):
        domain["devices"]["disks"].append({"name": f"more{number}", "disk": {"bus": "virtio"}})
        document["spec"]["volumes"].append({"name": f"more{number}", "emptyDisk": {"capacity": "4Gi"}})
    path = tmp_path / "vmi.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def planned(path: Path) -> DomainPlan:
    """The plan of that file on a host that emulates."""
    host = HostFacts(kvm="absent", emulation_allowed=True)
    return kvnode.plan(kvnode.default(kvnode.load(path)), host)


def beside_the_guest(pid: int, guest_bytes: int) -> int:
    """Resident bytes of a process and its page tables, without the mapping that is the guest's memory."""
    total = 0
    for mapping in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", Path(f"/proc/{pid}/smaps").read_text()):
        sizes = dict(re.findall(r"(?m)^(Size|Rss): +(\d+) kB$", mapping))
        if sizes and int(sizes["Size"]) << 10 != guest_bytes:
            total += int(sizes["Rss"]) << 10
    tables = re.search(r"VmPTE:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert tables is not None
    return total + (int(tables[1]) << 10)


def most_under_load(pids: dict[str, list[int]], guest_bytes: int) -> dict[str, int]:
    """The most that the processes of each part held, until it stands still."""
    most = dict.fromkeys(pids, 0)
    start = grown = time.monotonic()
    while (now := time.monotonic()) < start + LONGEST_S and (now < grown + STILL_S or now < start + SHORTEST_S):
        for part, found in pids.items():
            used = sum(beside_the_guest(pid, guest_bytes) for pid in found)
            if used > most[part] * 1.01:
                grown = now
            most[part] = max(most[part], used)
        time.sleep(0.5)
    return most


SHAPES = [
    pytest.param(1, "128Mi", 0, True, id="tiny"),
    pytest.param(4, "256Mi", 0, False, id="4-vcpus"),
    pytest.param(2, "512Mi", 6, False, id="8-disks", marks=pytest.mark.full("memory overhead of a guest with 8 disks")),
    pytest.param(2, "1Gi", 0, False, id="1-gib", marks=pytest.mark.full("memory overhead of a guest of 1 GiB")),
]


@pytest.mark.parametrize(("cores", "memory", "disks", "graphics"), SHAPES)
def test_the_overhead_is_what_is_used_and_little_more(
    guests: Guests, tmp_path: Path, cores: int, memory: str, disks: int, graphics: bool
) -> None:
    manifest = shape(tmp_path, cores, memory, disks, graphics)
    plan = planned(manifest)
    items = {item.name: item.bytes for item in plan.overhead.items}
    listed = guests.detach(manifest, "costs")
    (address,) = listed["addresses"]  # type: ignore[misc]
    wait_for("the guest", lambda: "costs" in web_page(address))
    guests.type("costs", LOAD)
    listed = guests.listed("costs")  # a dnsmasq that has just made itself a daemon is listed twice
    pids = {part: listed["processes"][part] for part in ("qemu", "launcher", "dnsmasq")}  # type: ignore[index]
    most = most_under_load(pids, plan.memory.bytes)
    qemu = plan.overhead.total_bytes - items["launcher"] - items["dnsmasq"]
    # A text screen touches little of the display's memory; what a picture would take is promised all the same.
    picture = items.get("video", 0) + items.get("vnc", 0)
    told = f"seen {most}, planned {items}"
    assert most["launcher"] <= items["launcher"], told
    assert most["dnsmasq"] <= items["dnsmasq"], told
    assert most["qemu"] <= qemu, told
    assert qemu - picture <= MOST * most["qemu"], told
