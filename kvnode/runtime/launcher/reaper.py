"""Pid 1's duty: to take in children whose parents have gone, without taking them from libvirt.

libvirt forks and waits for its own helpers by pid; a reaper that waits for everybody would steal their status and
fail libvirt's call.  QEMU, which libvirt turns into a daemon, is nobody's child but ours, and has to be taken in at
once: while it is a zombie libvirt waits for it to disappear, up to half a minute.  So children are looked at first
(``WNOWAIT``): QEMU at once, every other only when it is still there after a second, by when libvirt has taken its own.
"""

from __future__ import annotations

import contextlib
import os
import time

ORPHANED_AFTER_S = 1.0


class Reaper:
    """``qemu_status`` is QEMU's wait status once it has ended, None before."""

    def __init__(self) -> None:
        self.qemu_status: int | None = None
        self._seen: dict[int, float] = {}

    def reap(self) -> bool:
        """Takes in whoever may be taken in; True where a later look is needed."""
        now = time.monotonic()
        zombies = _zombies()
        self._seen = {pid: since for pid, since in self._seen.items() if pid in zombies}
        for pid, name in zombies.items():
            since = self._seen.setdefault(pid, now)
            if name.startswith("qemu-system") or now - since >= ORPHANED_AFTER_S:
                self._take(pid, name)
        return bool(self._seen)

    def _take(self, pid: int, name: str) -> None:
        with contextlib.suppress(ChildProcessError):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended and name.startswith("qemu-system"):
                self.qemu_status = status
        self._seen.pop(pid, None)


def _zombies() -> dict[int, str]:
    """Our children that have ended and wait to be taken in: pid and name.  A sandbox has a handful of processes."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdecimal() and (name := _zombie_name(entry)) is not None:
            found[int(entry)] = name
    return found


def _zombie_name(pid: str) -> str | None:
    """The name of a process that is a zombie and our child, None of any other."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            head, _, tail = file.read().rpartition(")")
    except OSError:
        return None
    state, parent = tail.split()[:2]
    return head.partition("(")[2] if state == "Z" and int(parent) == os.getpid() else None


def ending(status: int | None) -> str:
    """A wait status in words, for a sentence about a QEMU that is gone."""
    if status is None:
        return "QEMU is gone"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        hint = ": out of memory, or somebody's kill" if number == 9 else ""
        return f"QEMU was ended by signal {number}{hint}"
    return f"QEMU ended with status {os.waitstatus_to_exitcode(status)}"
