"""Who is taken in, and who is left to whoever waits for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kvnode.runtime.launcher.reaper import ORPHANED_AFTER_S, Reaper, ending

NAMED = "import ctypes, sys; ctypes.CDLL(None).prctl(15, sys.argv[1].encode()); sys.exit(7)"


def ended_child(name: str, *, daemon: bool) -> subprocess.Popen[bytes]:
    """A zombie of this name; a daemon has a session of its own."""
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", NAMED, name], start_new_session=daemon)
    while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.005)
    return child


def is_there(child: subprocess.Popen[bytes]) -> bool:
    return Path(f"/proc/{child.pid}").exists()


@pytest.mark.parametrize("name", ["qemu-system-x86", "qemu-kvm"])
def test_a_qemu_that_is_a_daemon_is_taken_at_once(name: str) -> None:
    child = ended_child(name, daemon=True)
    reaper = Reaper()
    reaper.reap()
    assert not is_there(child)
    assert reaper.qemu_status is not None
    assert os.waitstatus_to_exitcode(reaper.qemu_status) == 7
    child.returncode = 7


@pytest.mark.parametrize(("name", "daemon"), [("qemu-system-x86", False), ("qemu-img", False), ("helper", True)])
def test_whoever_may_be_waited_for_is_left_a_second(name: str, daemon: bool) -> None:
    child = ended_child(name, daemon=daemon)
    reaper = Reaper()
    assert reaper.reap()
    assert is_there(child)
    assert child.wait() == 7, "its status was stolen"
    assert not reaper.reap()
    assert reaper.qemu_status is None


def test_an_orphan_is_taken_in_the_end() -> None:
    child = ended_child("orphan", daemon=False)
    reaper = Reaper()
    assert reaper.reap()
    time.sleep(ORPHANED_AFTER_S + 0.05)
    assert not reaper.reap()
    assert not is_there(child)
    child.returncode = 7


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (None, "is gone"),
        (signal.SIGKILL.value, "signal 9: out of memory"),
        (signal.SIGTERM.value, "signal 15"),
        (3 << 8, "status 3"),
    ],
)
def test_an_ending_in_words(status: int | None, words: str) -> None:
    assert words in ending(status)
