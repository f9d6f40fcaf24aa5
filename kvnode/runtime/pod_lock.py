"""One hand at a Pod at a time: a lock on a file beside the Pod's record.

Two handlers may be at home on one node for a while (an update, a Pod that ends slowly), and one handler starts a guest
on one thread and mends guests on another.  A start looks, decides, writes down and makes; half of one and half of
another is what nobody decided.  Nobody waits for the lock: whoever doesn't get it comes back later.

The kernel lets go of it when its holder dies, at whatever point.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from kvnode.errors import KvnodeError
from kvnode.storage.files import host_errors


class PodBusy(KvnodeError):
    """Somebody else is at work on the Pod at this moment."""

    reason = "PodBusy"
    retryable = True


@contextlib.contextmanager
def held_pod(lock: Path) -> Iterator[None]:
    """Holds a Pod by its lock file, which is made where it is missing.  Raises PodBusy, HostError for a full disk."""
    with host_errors("make the folder", lock.parent):
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = _locked(lock)
    try:
        yield
    finally:
        os.close(fd)


def _locked(lock: Path) -> int:
    """The lock file, open and locked; one that was removed while it was being locked is no lock for anybody."""
    while True:
        with host_errors("make the lock", lock):
            fd = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is(fd, lock):
                return fd
        except BlockingIOError:
            os.close(fd)
            raise PodBusy(f"another handler is at work on the Pod of {lock.stem}") from None
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _is(fd: int, path: Path) -> bool:
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    mine = os.fstat(fd)
    return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)
