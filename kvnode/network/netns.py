"""A network namespace that somebody else lives in, and work done inside of it.

A thread of its own enters the namespace and ends there, so no other thread of the process ever notices: entering is
a property of a thread (setns(2)), and a thread that entered isn't used again.  What the work opens or starts
(sockets, ``/dev/net/tun``, a child process) belongs to the namespace.

The namespace is held by a file descriptor: whatever becomes of the process that it was found by, it stays the one
that was meant.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from kvnode.errors import HostError

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)

T = TypeVar("T")


class Netns:
    """A network namespace, held open until ``close`` or the end of a ``with``."""

    def __init__(self, path: str | Path) -> None:
        """``path`` is a namespace's file, as ``/proc/4711/ns/net``. Raises HostError where it can't be opened."""
        self.label = str(path)
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise HostError(f"the network namespace {self.label} can't be opened: {error.strerror}") from error

    @classmethod
    def of_pid(cls, pid: int) -> Netns:
        """The namespace that the process ``pid`` is in."""
        return cls(f"/proc/{pid}/ns/net")

    def fileno(self) -> int:
        """The open descriptor, for ``pass_fds`` and the like."""
        return self._fd

    def run(self, work: Callable[..., T], *args: Any) -> T:
        """What ``work(*args)`` returns or raises when it is done inside of the namespace."""
        outcome: list[T] = []
        failure: list[BaseException] = []

        def enter_and_work() -> None:
            try:
                self.enter()
                outcome.append(work(*args))
            except BaseException as error:  # handed to the caller, whatever it is
                failure.append(error)

        thread = threading.Thread(target=enter_and_work, name="netns")
        thread.start()
        thread.join()
        if failure:
            raise failure[0]
        return outcome[0]

    def close(self) -> None:
        """Lets go of the namespace; a second time does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Netns:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def enter(self) -> None:
        """Puts this thread into the namespace for good; ``run`` is for work that comes back."""
        if _libc.setns(self._fd, _CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise HostError(
                f"the network namespace {self.label} can't be entered: {os.strerror(number)}; "
                "that takes root (CAP_SYS_ADMIN)"
            )
