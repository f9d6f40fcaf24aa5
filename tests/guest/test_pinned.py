"""Guests with CPUs and pages of their own, as the kernel has them: where threads may run, and what memory is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvnode.facts.cpuset import format_cpuset, mask_of
from tests.guest.conftest import Guests, wait_for
from tests.guest.test_lifecycle import variant
from tests.huge_pages import reserved

OWN = {"cores": 1, "dedicatedCpuPlacement": True, "isolateEmulatorThread": True}
ALLOWED = os.sched_getaffinity(0)


def qemu_of(guests: Guests, name: str) -> int:
    processes = guests.listed(name)["processes"]
    assert isinstance(processes, dict)
    (pid,) = processes["qemu"]
    return int(pid)


def threads_of(pid: int) -> dict[str, list[str]]:
    """The CPUs that each of a process's threads may run on, by the thread's name."""
    found: dict[str, list[str]] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        lines = (task / "status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        found.setdefault(status["Name"], []).append(status["Cpus_allowed_list"])
    return found


def test_threads_run_where_they_were_placed_and_nobody_else_is_placed_there(guests: Guests, tmp_path: Path) -> None:
    guests.detach(variant(tmp_path, domain__cpu=OWN), "first")
    qemu = qemu_of(guests, "first")
    threads = threads_of(qemu)
    (vcpu,) = [cpus for name, cpus in threads.items() if name.startswith("CPU 0")]
    assert len(vcpu) == 1
    beside = {cpus for name, some in threads.items() if not name.startswith("CPU ") for cpus in some}
    assert len(beside) == 1, threads
    assert vcpu[0].isdecimal()
    assert beside != set(vcpu)

    others = {**OWN, "cores": max(len(ALLOWED) - 1, 1), "isolateEmulatorThread": False}
    crowded = variant(tmp_path, domain__cpu=others)
    refused = guests.kvnode("run", str(crowded), "--name", "second", "--detach", status=3).stderr
    left = len(ALLOWED) - 2
    assert f"the host has {left} CPUs for this guest alone, {others['cores']} wanted (NotEnoughCpus)" in refused

    guests.kvnode("stop", "first", "--force")
    guests.detach(crowded, "second")
    pins = {
        cpus for name, some in threads_of(qemu_of(guests, "second")).items() if name.startswith("CPU ") for cpus in some
    }
    taken = mask_of(int(cpu) for cpu in pins)
    assert taken & ~mask_of(ALLOWED) == 0
    assert taken.bit_count() == others["cores"], format_cpuset(taken)
    guests.kvnode("stop", "second", "--force")


def test_a_guest_that_was_killed_gives_its_cpus_back(guests: Guests, tmp_path: Path) -> None:
    everything = variant(tmp_path, domain__cpu={"cores": len(ALLOWED), "dedicatedCpuPlacement": True})
    for name in ("first", "second"):
        guests.detach(everything, name)
        os.kill(qemu_of(guests, name), 9)
        guests.kvnode("stop", name, "--force", status=None)


PAGES = 64
MEMORY = {"guest": "128Mi", "hugepages": {"pageSize": "2Mi"}}


@pytest.fixture
def pages() -> Iterator[int]:
    """Huge pages for one guest, beside those that the machine has; how many there are then."""
    with reserved(PAGES) as there:
        yield there


def huge_bytes_of(pid: int) -> int:
    """How much of a process's address space is made of pages of 2 MiB."""
    areas = Path(f"/proc/{pid}/smaps").read_text().split("VmFlags:")
    sizes = (re.search(r"Size: +(\d+) kB\n[^:]*KernelPageSize: +2048 kB", area) for area in areas)
    return sum(int(found[1]) << 10 for found in sizes if found)


@pytest.mark.needs("root", "hugepages_2Mi_to_reserve")
def test_memory_of_huge_pages_in_the_cells_that_the_guest_lies_in(pages: int, guests: Guests, tmp_path: Path) -> None:
    mapped = {"cores": 1, "dedicatedCpuPlacement": True, "numa": {"guestMappingPassthrough": {}}}
    guests.detach(variant(tmp_path, domain__cpu=mapped, domain__memory=MEMORY), "paged")
    assert huge_bytes_of(qemu_of(guests, "paged")) == 128 << 20
    wait_for("its cells", lambda: "node0" in guests.type("paged", "ls /sys/devices/system/node"))
    guests.kvnode("stop", "paged", "--force")


def test_pages_that_are_not_there_are_missed_before_anything_starts(guests: Guests, tmp_path: Path) -> None:
    memory = {"guest": "64Gi", "hugepages": {"pageSize": "2Mi"}}
    refused = guests.kvnode("run", str(variant(tmp_path, domain__memory=memory)), "--name", "paged", status=3).stderr
    assert "free pages of 2 MiB, 32768 wanted (NotEnoughHugepages)" in refused
