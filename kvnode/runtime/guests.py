"""What the node knows of its guests, on disk: one folder for each, and one record in it.

The record is written by whoever has the guest in hand (the starter until it runs, then whoever reaps it), always
whole.  What is true of processes is asked of the kernel, never read from a record: a record only says which processes
were meant.  Folders are called by a hash (``kvnode.paths``), so nothing here depends on what a name contains.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from kvnode.errors import HostError
from kvnode.paths import GuestPaths, NodePaths, guest_id
from kvnode.runtime.process import Process
from kvnode.storage.files import host_errors, open_folder, remove_entry

ENDED_PHASES = ("Succeeded", "Failed")
STARTING_PHASES = ("Pending", "Scheduled")
RECORD_BYTES = 1 << 20


class GuestRecord(msgspec.Struct, frozen=True):
    """What was decided and seen of a guest.

    created        -- seconds since the epoch
    phase          -- as the API has it; of a guest that runs the launcher knows better
    reason, message -- why it ended or could not start
    addresses      -- the guest's own, IPv4 first
    attached       -- somebody stays with the guest and will forget it when it has ended
    cpus           -- the CPUs that its threads have for themselves, as a CPU list
    starter        -- who starts it; of interest until it runs
    interruptible  -- the starter takes a SIGTERM for an interruption of the start, and undoes it
    """

    namespace: str
    name: str
    created: float
    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    addresses: tuple[str, ...] = ()
    starter: Process | None = None
    interruptible: bool = False
    launcher: Process | None = None
    keeper: Process | None = None
    grace_period_s: int = 30
    console: bool = False
    attached: bool = False
    cpus: str = ""

    @property
    def starting(self) -> bool:
        """Whether somebody is at work to start it."""
        return self.phase in STARTING_PHASES and self.starter is not None and self.starter.alive()

    @property
    def ident(self) -> str:
        """The guest's twelve hex digits."""
        return guest_id(self.namespace, self.name)


_decode = msgspec.json.Decoder(GuestRecord).decode


def record_path(paths: GuestPaths) -> Path:
    """Where a guest's record lies."""
    return paths.state / "guest.json"


def write_record(paths: GuestPaths, record: GuestRecord) -> None:
    """Writes a guest's record; raises HostError where the disk is full."""
    write_whole(record_path(paths), msgspec.json.encode(record))


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Writes a file that is there whole or not at all; not for what has to outlast the machine, as /run doesn't."""
    new = half_written(path)
    try:
        fd = os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
        os.replace(new, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink()
        raise HostError(f"{path} can't be written: {error.strerror}; free space there and try again") from error


def half_written(path: Path) -> Path:
    """What ``write_whole`` calls a file until it is whole; a writer that was killed leaves it."""
    return path.with_name(path.name + ".new")


def read_record(paths: GuestPaths) -> GuestRecord | None:
    """A guest's record; None where there is none or a crash left it unreadable."""
    data = read_bounded(record_path(paths), RECORD_BYTES)
    if data is None:
        return None
    try:
        return _decode(data)
    except msgspec.MsgspecError:
        return None


def read_bounded(path: Path, limit: int, tail: bool = False) -> bytes | None:
    """At most ``limit`` bytes of a regular file, its end where ``tail``; None where there is no such file.

    Links are not followed and nothing else than a file is opened: the launcher can write in its folders.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            return None
        start = max(0, status.st_size - limit) if tail else 0
        with open(fd, "rb", closefd=False) as file:
            file.seek(start)
            return file.read(limit)
    finally:
        os.close(fd)


def all_guests(node: NodePaths) -> list[tuple[GuestPaths, GuestRecord]]:
    """Every guest that has a record, by namespace and name."""
    found = []
    with contextlib.suppress(FileNotFoundError), os.scandir(node.guests) as entries:
        for entry in entries:
            paths = GuestPaths(
                node.guests / entry.name, node.guests / entry.name / "pod", node.lib / "guests" / entry.name
            )
            record = read_record(paths)
            if record is not None and record.ident == entry.name:
                found.append((paths, record))
    return sorted(found, key=lambda pair: (pair[1].namespace, pair[1].name))


@contextlib.contextmanager
def locked_guests(node: NodePaths) -> Iterator[None]:
    """Holds the folder of all guests to oneself; makes it, and removes it again where it is left empty.

    The lock is on the folder itself, so that nothing remains when the last guest has gone.  Whoever waited for a
    folder that was removed meanwhile tries the new one.
    """
    while True:
        try:
            node.guests.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(node.guests, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        fcntl.flock(fd, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if os.stat(node.guests).st_ino == os.fstat(fd).st_ino:
                break
        os.close(fd)
    try:
        yield
    finally:
        remove_empty(node.guests, node.run)
        os.close(fd)


def remove_empty(*folders: Path) -> None:
    """Removes folders as long as they are empty, innermost first."""
    with contextlib.suppress(OSError):
        for folder in folders:
            folder.rmdir()


def remove_state(paths: GuestPaths) -> None:
    """Removes what is left of a guest that has ended, its record and its logs; the caller holds ``locked_guests``.

    The launcher could write in a part of it, so it is removed as strangers' folders are.
    """
    absent = contextlib.suppress(FileNotFoundError)
    with host_errors("remove the guest's folder", paths.state), absent, open_folder(paths.state.parent) as guests:
        remove_entry(paths.state.name, guests)


def processes_in(paths: GuestPaths) -> list[int]:
    """Every process that lives in a guest's sandbox, by the host's pids; the sandbox's first process comes first.

    They are found by their root, where the guest's own folder is mounted, and by the pid namespace of those: records
    may be lost, and dnsmasq has the node's root.
    """
    return processes_of([paths])[0]


def processes_of(guests: Sequence[GuestPaths]) -> list[list[int]]:
    """The same of many guests, in their order, for the price of one walk through ``/proc``."""
    places: dict[tuple[int, int] | None, int] = {}
    for index, paths in enumerate(guests):
        if (place := _identity(str(paths.pod))) is not None:
            places[place] = index
    found: list[list[int]] = [[] for _ in guests]
    if not places:
        return found
    spaces: dict[tuple[int, int] | None, int] = {}
    others = []
    for pid in [int(entry) for entry in os.listdir("/proc") if entry.isdecimal()]:
        index = places.get(_identity(f"/proc/{pid}/root/var/run/kubevirt"), -1)
        if index < 0:
            others.append(pid)
            continue
        found[index].append(pid)
        spaces[_identity(f"/proc/{pid}/ns/pid")] = index
    for none_of_its_own in (None, _identity("/proc/self/ns/pid")):
        spaces.pop(none_of_its_own, None)
    for pid in others if spaces else ():
        index = spaces.get(_identity(f"/proc/{pid}/ns/pid"), -1)
        if index >= 0:
            found[index].append(pid)
    return [sorted(pids, key=lambda pid: (_pid_inside(pid), pid)) for pids in found]


def _identity(path: str) -> tuple[int, int] | None:
    """Device and inode, None where there is nothing."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _pid_inside(pid: int) -> int:
    """A process's pid in its innermost namespace."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("NSpid:"):
                    return int(line.split()[-1])
    except OSError:
        pass
    return 1 << 30
