"""The itemised memory overhead, held against real processes: never below what is used, never far above.

A guest is put under load that fills the emulator's translation buffer, touches its memory from every vCPU and its
disks through every queue; what its processes hold beside the guest's own memory is sampled meanwhile, and the most
counts. Resident pages of files are counted as well, although the kernel would give them up first.
"""

from __future__ import annotations

import re
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml

import kvnode
from kvnode import DomainPlan, HostFacts
from kvnode.facts import Firmware
from tests.guest.conftest import EXAMPLE, Guests, wait_for, web_page
from tests.huge_pages import reserved

SHORTEST_S, LONGEST_S, STILL_S = 20.0, 90.0, 12.0
"""The load runs until nothing has grown by a hundredth for ``STILL_S``."""

MOST = 4 / 3
"""How far above what was seen the plan may be."""

# Forks, scripts, compression, the page cache and every disk, from as many processes as there are vCPUs and more.
LOAD = (
    "for i in 1 2 3 4 5 6 7 8; do (while true; do find / -xdev -type f | xargs md5sum | sort | gzip -9 | bzip2; "
    "for a in $(busybox --list); do busybox $a --help; done; "
    "ls -lR / | awk '{print $5}' | sort -n; for d in /dev/[vs]d*; do dd if=$d bs=1M count=64; done; done) "
    ">/dev/null 2>&1 & done; (while true; do dd if=/dev/zero of=/dev/null bs=16M count=8; done) >/dev/null 2>&1 &"
)


Shape = dict[str, Any]


def more_disks(number: int) -> Shape:
    """So many empty disks beside the example's two, with a queue for each vCPU and threads of their own."""
    return {
        "disks": [{"name": f"more{one}", "disk": {"bus": "virtio"}} for one in range(number)],
        "volumes": [{"name": f"more{one}", "emptyDisk": {"capacity": "4Gi"}} for one in range(number)],
        "ioThreadsPolicy": "auto",
        "devices": {"blockMultiQueue": True, "networkInterfaceMultiqueue": True},
    }


NO_SCREEN = {"devices": {"autoattachGraphicsDevice": False}}
EMULATED: Shape = {
    "image": "localhost/kvnode/tiny-full",
    "disks": [{"name": bus, "disk": {"bus": bus}} for bus in ("sata", "scsi", "usb")],
    "volumes": [{"name": bus, "emptyDisk": {"capacity": "1Gi"}} for bus in ("sata", "scsi", "usb")],
    "firmware": {"bootloader": {"efi": {"secureBoot": False}}},
    "devices": {
        "tpm": {},
        "sound": {"name": "sound"},
        "watchdog": {"name": "dog", "i6300esb": {}},
        "inputs": [{"name": "pen", "type": "tablet", "bus": "usb"}],
        "interfaces": [{"name": "default", "bridge": {}, "model": "e1000e"}],
    },
}
"""Firmware, card, disks, TPM and what else QEMU or a process beside it plays the part of, and a screen."""


def shape(tmp_path: Path, cpu: Shape, memory: Shape, **changes: Any) -> Path:
    """The example as a guest of that shape: parts of its domain, further disks and volumes, another image."""
    document = yaml.safe_load(EXAMPLE.read_text())
    spec, domain = document["spec"], document["spec"]["domain"]
    domain |= {"cpu": cpu, "memory": memory}
    spec["volumes"][0]["containerDisk"]["image"] = changes.pop("image", "localhost/kvnode/tiny")
    spec["volumes"] += changes.pop("volumes", [])
    domain["devices"]["disks"] += changes.pop("disks", [])
    domain["devices"] |= changes.pop("devices", {})
    domain |= changes
    path = tmp_path / "vmi.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def planned(path: Path) -> DomainPlan:
    """The plan of that file on a host that emulates."""
    firmware = {"plain": Firmware("/code.fd", "/vars.fd")}
    host = HostFacts(kvm="absent", emulation_allowed=True, efi=firmware)
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
    pytest.param({"cores": 1}, {"guest": "128Mi"}, {}, id="tiny"),
    pytest.param(
        *({"cores": 4}, {"guest": "256Mi"}, NO_SCREEN),
        id="4-vcpus",
        marks=pytest.mark.full("memory overhead of a guest with 4 vCPUs"),
    ),
    pytest.param(
        *({"cores": 2}, {"guest": "512Mi"}, more_disks(6)),
        id="8-disks",
        marks=pytest.mark.full("memory overhead of a guest with 8 disks, their queues and threads"),
    ),
    pytest.param(
        *({"cores": 2}, {"guest": "1Gi"}, NO_SCREEN),
        id="1-gib",
        marks=pytest.mark.full("memory overhead of a guest of 1 GiB"),
    ),
]


def parts_of(guests: Guests, name: str) -> dict[str, list[int]]:
    """Its processes as they are accounted for: the TPM's is apart, and in the launcher's keeping otherwise."""
    processes = guests.listed(name)["processes"]
    assert isinstance(processes, dict)
    parts: dict[str, list[int]] = {part: list(processes[part]) for part in ("qemu", "launcher", "dnsmasq")}
    parts["tpm"] = [pid for pid in parts["launcher"] if Path(f"/proc/{pid}/comm").read_text() == "swtpm\n"]
    parts["launcher"] = [pid for pid in parts["launcher"] if pid not in parts["tpm"]]
    return parts


@pytest.mark.parametrize(("cpu", "memory", "changes"), SHAPES)
def test_the_overhead_is_what_is_used_and_little_more(
    guests: Guests, tmp_path: Path, cpu: Shape, memory: Shape, changes: Shape
) -> None:
    check_overhead(guests, tmp_path, cpu, memory, changes)


@pytest.mark.full("memory overhead of a guest with UEFI, a TPM and emulated devices")
@pytest.mark.needs("ovmf", "swtpm")
def test_so_it_is_of_emulated_devices_and_firmware(guests: Guests, tiny_full_image: str, tmp_path: Path) -> None:
    check_overhead(guests, tmp_path, {"cores": 2, "maxSockets": 4}, {"guest": "256Mi"}, EMULATED)


@pytest.mark.full("memory overhead of a guest of huge pages with 8 vCPUs")
@pytest.mark.needs("root", "hugepages_2Mi_to_reserve")
def test_so_it_is_of_huge_pages_and_many_vcpus(guests: Guests, tmp_path: Path) -> None:
    memory = {"guest": "256Mi", "hugepages": {"pageSize": "2Mi"}}
    check_overhead(guests, tmp_path, {"cores": 8}, memory, NO_SCREEN)


def check_overhead(guests: Guests, tmp_path: Path, cpu: Shape, memory: Shape, changes: Shape) -> None:
    """Runs a guest of that shape under load, and holds what its processes take against its plan's items."""
    manifest = shape(tmp_path, cpu, memory, **changes)
    plan = planned(manifest)
    items = {item.name: item.bytes for item in plan.overhead.items}
    with reserved(plan.memory.bytes >> 21) if plan.memory.hugepage_bytes else nullcontext():
        listed = guests.detach(manifest, "costs")
        (address,) = listed["addresses"]
        wait_for("the guest", lambda: "costs" in web_page(address))
        guests.type("costs", LOAD)
        # Asked anew: a dnsmasq that has just made itself a daemon was listed twice.
        most = most_under_load(parts_of(guests, "costs"), plan.memory.bytes)
        guests.kvnode("stop", "costs", "--force")
    beside = {"launcher", "dnsmasq", "tpm"}
    qemu = plan.overhead.total_bytes - sum(items.get(part, 0) for part in beside)
    # A text screen touches little of the display's memory; what a picture would take is promised all the same.
    picture = items.get("video", 0) + items.get("vnc", 0)
    told = f"seen {most}, planned {items}"
    print(told)
    for part in beside:
        assert most[part] <= items.get(part, 0), told
    assert most["qemu"] <= qemu, told
    assert qemu - picture <= MOST * most["qemu"], told
