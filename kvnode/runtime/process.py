"""A process that is meant, and no other that got its number later: pid and start time together.

Whatever the node half ends, it ends through here, by a pidfd that was checked against the recorded start time.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal

import msgspec


class Process(msgspec.Struct, frozen=True):
    """A process's pid and the clock tick it started at (field 22 of /proc/PID/stat); 0 where it was gone already."""

    pid: int
    start_ticks: int

    @classmethod
    def of(cls, pid: int) -> Process:
        """The process that has this pid now."""
        return cls(pid, _start_ticks(pid))

    def alive(self) -> bool:
        """Whether it still runs (a zombie does not)."""
        return self.start_ticks != 0 and _start_ticks(self.pid) == self.start_ticks

    def open(self) -> int | None:
        """A pidfd of it, None where it is gone."""
        try:
            fd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return None
        if self.alive():
            return fd
        os.close(fd)
        return None

    def end(self, number: signal.Signals, timeout_s: float) -> bool:
        """Sends the signal and waits for its end; whether it has ended."""
        fd = self.open()
        if fd is None:
            return True
        try:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(fd, number)
            return readable(fd, timeout_s)
        finally:
            os.close(fd)

    def wait(self, timeout_s: float | None) -> bool:
        """Waits for its end; whether it has ended."""
        fd = self.open()
        if fd is None:
            return True
        try:
            return readable(fd, timeout_s)
        finally:
            os.close(fd)


def readable(fd: int, timeout_s: float | None) -> bool:
    """Whether a descriptor has something to be read, or its end, within the time; select(2) knows none above 1023."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(None if timeout_s is None else timeout_s * 1000))


def _start_ticks(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except (OSError, ProcessLookupError):
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])
