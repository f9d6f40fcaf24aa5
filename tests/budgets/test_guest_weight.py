"""What stands beside a guest's QEMU, in memory that nobody else shares, and in processes and descriptors."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from tests.guest.conftest import EXAMPLE, Guests, guests, wait_for, web_page

__all__ = ["guests"]

MIB = 1 << 20
PRIVATE_BYTES = {"launcher": 15 * MIB, "keeper": 4 * MIB, "dnsmasq": 2 * MIB}
"""Anonymous memory, which no other guest shares: programs and libraries are the node's once for all of them.

KubeVirt budgets 190 MiB beside QEMU; a sixth of that is 31.
"""


def anonymous_bytes(pid: int) -> int:
    """What a process holds that no file is behind (proc(5), smaps_rollup)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"the kernel does not say what process {pid} holds")


@pytest.fixture
def processes(guests: Guests) -> dict[str, list[int]]:
    """The processes of a guest that has booted, its keeper among them."""
    listed = guests.detach(EXAMPLE, "weight")
    wait_for("its page", lambda: web_page(str(listed["addresses"][0])))  # type: ignore[index]
    parts = listed["processes"]
    assert isinstance(parts, dict)
    launcher = parts["launcher"][0]
    return {**parts, "keeper": [psutil.Process(launcher).ppid()]}


def test_what_stands_beside_qemu_is_small(processes: dict[str, list[int]]) -> None:
    private = {part: sum(map(anonymous_bytes, processes[part])) for part in PRIVATE_BYTES}
    assert {part: size for part, size in private.items() if size > PRIVATE_BYTES[part]} == {}, private
    assert sum(private.values()) < 20 * MIB, private


def test_it_is_few_processes_and_they_hold_little_open(processes: dict[str, list[int]]) -> None:
    assert {part: len(pids) for part, pids in processes.items()} == {
        "launcher": 1,
        "libvirt": 0,
        "qemu": 1,
        "dnsmasq": 1,
        "keeper": 1,
    }
    (launcher,), (keeper,) = processes["launcher"], processes["keeper"]
    assert len(os.listdir(f"/proc/{launcher}/fd")) <= 40
    assert len(os.listdir(f"/proc/{keeper}/fd")) <= 3
    assert len(os.listdir(f"/proc/{launcher}/task")) <= 6


def test_the_keeper_is_outside_and_the_rest_sees_nothing_of_the_host(processes: dict[str, list[int]]) -> None:
    (launcher,), (keeper,) = processes["launcher"], processes["keeper"]
    for space in ("pid", "mnt", "ipc", "uts", "net"):
        mine, its = (os.readlink(f"/proc/{pid}/ns/{space}") for pid in (os.getpid(), launcher))
        assert mine != its
        assert os.readlink(f"/proc/{keeper}/ns/{space}") == mine
    root = Path(f"/proc/{launcher}/root")
    assert not (root / "etc/shadow").exists()
    assert not (root / "root/.ssh").exists()
    assert sorted(path.name for path in (root / "dev").iterdir() if path.is_char_device()) == [
        "full", "null", "ptmx", "random", "urandom", "zero",
    ]  # fmt: skip
    writable = [line.split() for line in (root / "proc/1/mountinfo").read_text().splitlines()]
    ours = {"/run/libvirt", "/tmp", "/var/run/kubevirt", "/var/run/kubevirt-private"}
    kernels = {"/dev", "/dev/pts", "/dev/shm", "/proc"}
    assert {fields[4] for fields in writable if "rw" in fields[5].split(",")} == ours | kernels
