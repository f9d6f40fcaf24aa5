"""Pid 1's duty: to take in children whose parents have gone, without taking them from libvirt.

libvirt forks and waits for its own helpers by pid; a reaper that waits for everybody would steal their status and
fail libvirt's call.  QEMU, once it is a daemon, is nobody's child but ours, and has to be taken in at once: while it is
a zombie libvirt waits for it to disappear, up to half a minute.  What tells them apart is the session: a daemon has
left ours, and a QEMU that libvirt waits for (one that starts a daemon for a probe, and ends) has not.  So children are
looked at first: daemons of QEMU are taken at once, every other only when it is still there after a second, by when
libvirt has taken its own.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import NamedTuple

ORPHANED_AFTER_S = 1.0


class Zombie(NamedTuple):
    """A child that has ended: its name, and whether it is a daemon of QEMU."""

    pid: int
    name: str
    session: int

    @property
    def is_qemu_daemon(self) -> bool:
        """Whether nobody but us can be waiting for it."""
        return self.name.startswith(("qemu-system", "qemu-kvm")) and self.session != os.getsid(0)


class Reaper:
    """``qemu_status`` is QEMU's wait status once it has ended, None before."""

    def __init__(self) -> None:
        self.qemu_status: int | None = None
        self._seen: dict[int, float] = {}

    def reap(self) -> bool:
        """Takes in whoever may be taken in; True where a later look is needed."""
        now = time.monotonic()
        zombies = _zombies()
        still = {zombie.pid for zombie in zombies}
        self._seen = {pid: since for pid, since in self._seen.items() if pid in still}
        for zombie in zombies:
            since = self._seen.setdefault(zombie.pid, now)
            if zombie.is_qemu_daemon or now - since >= ORPHANED_AFTER_S:
                self._take(zombie)
        return bool(self._seen)

    def _take(self, zombie: Zombie) -> None:
        with contextlib.suppress(ChildProcessError):
            ended, status = os.waitpid(zombie.pid, os.WNOHANG)
            if ended and zombie.is_qemu_daemon:
                self.qemu_status = status
        self._seen.pop(zombie.pid, None)


def _zombies() -> list[Zombie]:
    """Our children that have ended and wait to be taken in.  A sandbox has a handful of processes."""
    found = (_zombie(entry) for entry in os.listdir("/proc") if entry.isdecimal())
    return [zombie for zombie in found if zombie is not None]


def _zombie(pid: str) -> Zombie | None:
    """A process that has ended and is our child, None for any other; see proc(5) for the fields of ``stat``."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            head, _, tail = file.read().rpartition(")")
    except OSError:
        return None
    state, parent, _group, session = tail.split()[:4]
    if state != "Z" or int(parent) != os.getpid():
        return None
    return Zombie(int(pid), head.partition("(")[2], int(session))


def ending(status: int | None) -> str:
    """A wait status in words, for a sentence about a QEMU that is gone."""
    if status is None:
        return "QEMU is gone"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        hint = ": out of memory, or somebody's kill" if number == 9 else ""
        return f"QEMU was ended by signal {number}{hint}"
    return f"QEMU ended with status {os.waitstatus_to_exitcode(status)}"
