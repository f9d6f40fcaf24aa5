"""The node's privileged half of a guest's life: look after it, stop it, and clean up behind it.

Everything that needs root is in this room: the sandbox, its network, the guest's disks, dnsmasq; ``starting`` makes
them.  The guest itself is the launcher's.  What holds:

- A name is claimed by making the guest's folder; whoever finds a folder without a living guest cleans up first.
- ``reap`` takes away everything of a guest, from what lies on disk and what the kernel says, and can be repeated:
  after any crash, of anybody, a stop leaves nothing.
- What a record says of processes is a hint; which processes are in a sandbox is asked of the kernel.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from kvnode.errors import HostError, KvnodeError, NotFound
from kvnode.network.sandbox_network import detach
from kvnode.paths import GuestPaths, NodePaths
from kvnode.runtime.guests import (
    ENDED_PHASES,
    GuestRecord,
    all_guests,
    locked_guests,
    processes_in,
    processes_of,
    read_bounded,
    read_record,
    remove_empty,
    remove_state,
    write_record,
)
from kvnode.runtime.interrupts import interrupts_deferred
from kvnode.runtime.launcher_client import connect_launcher
from kvnode.runtime.process import Process
from kvnode.runtime.protocol import Connection, Follow, ProtocolError, Query, Status, Stop
from kvnode.runtime.sandbox import STANDALONE_UID
from kvnode.storage.guest_disks import remove_disks

ANSWER_S = 5.0
ASKED_AT_ONCE = 64
END_SLACK_S = 15.0
KEEPER_S = 20.0
END_FILE = "end.json"
PARTS = ("launcher", "libvirt", "qemu", "dnsmasq")
_END_BYTES = 64 << 10


class Guest(msgspec.Struct, frozen=True):
    """A guest as it is now: its record with the launcher's own word on it, and its processes by part.

    ``processes`` has the host's pids; ``libvirt`` is empty where it lives in the launcher's process.
    """

    record: GuestRecord
    paths: GuestPaths
    processes: dict[str, list[int]]


def find_guest(node: NodePaths, namespace: str, name: str) -> tuple[GuestPaths, GuestRecord]:
    """A guest that runs or has ended and is not forgotten; NotFound names those that there are."""
    paths = GuestPaths.of(namespace, name, node)
    record = read_record(paths)
    if record is None:
        others = ", ".join(sorted(f"{other.namespace}/{other.name}" for _, other in all_guests(node))) or "none at all"
        raise NotFound(f"there is no guest {name!r} in namespace {namespace!r}; there is: {others}")
    return paths, record


def guests(node: NodePaths) -> list[Guest]:
    """Every guest on this node, as it is now; a launcher that doesn't answer makes its phase Unknown.

    All launchers are asked at once: one that is silent costs the whole list no more than its own patience.
    """
    from concurrent.futures import ThreadPoolExecutor

    found = all_guests(node)
    pids = processes_of([paths for paths, _ in found])
    with ThreadPoolExecutor(max_workers=min(len(found), ASKED_AT_ONCE) or 1) as pool:
        return list(pool.map(_inspect, found, pids))


def _inspect(guest: tuple[GuestPaths, GuestRecord], pids: list[int]) -> Guest:
    """One guest as it is now."""
    paths, record = guest
    processes = processes_by_part(pids)
    if record.phase not in ENDED_PHASES and not record.starting:
        record = _as_launcher_says(paths, record, bool(processes["launcher"]))
    return Guest(record, paths, processes)


def _as_launcher_says(paths: GuestPaths, record: GuestRecord, there: bool) -> GuestRecord:
    if not there:
        end = ended_as(paths, None)
        return msgspec.structs.replace(record, phase=end.phase, reason=end.reason, message=end.message)
    try:
        with connect_launcher(paths.pod, STANDALONE_UID, ANSWER_S) as connection:
            status = connection.status(Query())
    except ProtocolError as error:
        return msgspec.structs.replace(record, phase="Unknown", reason="LauncherSilent", message=str(error))
    return msgspec.structs.replace(record, phase=status.phase, reason=status.reason, message=status.message)


def processes_by_part(pids: Iterable[int]) -> dict[str, list[int]]:
    """The processes of a guest's sandbox by part; whatever is none of the parts counts as the launcher's."""
    found: dict[str, list[int]] = {part: [] for part in PARTS}
    for pid in pids:
        name = _comm(pid)
        if name is None:
            continue
        part = "qemu" if name.startswith("qemu") else "dnsmasq" if name == "dnsmasq" else "launcher"
        found[part].append(pid)
    return found


def _comm(pid: int) -> str | None:
    """What a process is called; None where it has ended, though nobody may have asked after it yet."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            name, _, rest = file.read().partition("(")[2].rpartition(")")
    except OSError:
        return None
    return None if rest.split()[0] in ("Z", "X") else name


def follow_to_end(connection: Connection, status: Status, seen: Callable[[Status], None]) -> Status | None:
    """Waits for the guest's end, each change told to ``seen``; None where the launcher went without a word.

    The connection has asked to follow already, and ``status`` is the last that came: a launcher that has ended
    meanwhile can't be asked any more, but what it said waits to be read.
    """
    connection.limit(None)
    try:
        while True:
            seen(status)
            if status.phase in ENDED_PHASES:
                return status
            reply = connection.receive()
            if isinstance(reply, Status):
                status = reply
    except ProtocolError:
        return None


def stop_guest(
    node: NodePaths, namespace: str, name: str, grace_period_s: int | None, say: Callable[[str], None]
) -> GuestRecord:
    """Stops a guest, waits for its end, and takes away everything of it, its record too.

    grace_period_s  -- how long it may take over its shutdown; None is what its manifest says, 0 ends it by force

    Of a guest that has ended, or whose launcher, client or QEMU was killed, it takes away what is left.  Raises
    NotFound where there is nothing of that name.
    """
    paths = GuestPaths.of(namespace, name, node)
    record = read_record(paths)
    if record is None:
        if not paths.state.exists() and not paths.private.exists():
            find_guest(node, namespace, name)
        say("its record is lost; taking away what is left of it")
        record = GuestRecord(namespace, name, time.time())
    if record.starting and record.starter is not None:
        _end_start(paths, record, record.starter, say)
    if processes_in(paths):
        _ask_to_stop(paths, record, grace_period_s, say)
    return finish_guest(node, paths, record)


def _end_start(paths: GuestPaths, record: GuestRecord, starter: Process, say: Callable[[str], None]) -> None:
    """Ends a start that is under way; the starter undoes it. A program of somebody's own gets no signal from us."""
    say("it is being started; ending the start")
    if record.interruptible:
        starter.end(signal.SIGTERM, KEEPER_S)
        return
    deadline = time.monotonic() + KEEPER_S
    while record.starting and time.monotonic() < deadline:
        end_processes(paths)
        time.sleep(0.1)
        record = read_record(paths) or msgspec.structs.replace(record, starter=None)
    if record.starting:
        raise HostError(
            f"process {starter.pid} is starting it and has no sandbox to end yet; stop it there, or try again"
        )


def finish_guest(node: NodePaths, paths: GuestPaths, record: GuestRecord) -> GuestRecord:
    """Takes away everything of a guest that has ended, the record too; returns the record with how it ended.

    The keeper has begun already; it is waited for, so that two don't do the same work, and what it left is done.
    """
    if record.keeper is not None:
        record.keeper.wait(KEEPER_S)
    with interrupts_deferred(), locked_guests(node):
        there = read_record(paths)
        if there is not None and there.created != record.created:
            return record  # somebody else was faster, and its name is another guest's by now
        reap(node, paths)
        ended = read_record(paths)
        remove_state(paths)
    if ended is None:  # another command was quicker
        return msgspec.structs.replace(record, phase="Failed", message="it was stopped, and left no last word")
    return ended


def _ask_to_stop(
    paths: GuestPaths, record: GuestRecord, grace_period_s: int | None, say: Callable[[str], None]
) -> None:
    """The power button by way of the launcher; a launcher that is silent is left to ``reap``."""
    grace_s = record.grace_period_s if grace_period_s is None else grace_period_s
    try:
        with connect_launcher(paths.pod, STANDALONE_UID, ANSWER_S) as connection:
            connection.status(Stop(grace_s))
            say(f"asked to shut down; it has {grace_s} s until it is ended by force")
            # One deadline for all of it: a launcher that a guest has taken over could talk on and on.
            deadline = time.monotonic() + grace_s + END_SLACK_S
            status = connection.status(Follow())
            while status.phase not in ENDED_PHASES:
                connection.limit(deadline - time.monotonic())
                reply = connection.receive()
                if time.monotonic() > deadline:
                    raise ProtocolError("the guest has not ended within its grace period")
                if isinstance(reply, Status):
                    status = reply
    except ProtocolError as error:
        say(f"{error}; ending it by force")
        end_processes(paths)  # its keeper, which is waited for next, waits for that


def end_processes(paths: GuestPaths) -> None:
    """Ends whatever is left in a guest's sandbox: with its first process the kernel ends all others."""
    deadline = time.monotonic() + KEEPER_S
    while pids := processes_in(paths):
        Process.of(pids[0]).end(signal.SIGKILL, 5.0)
        if time.monotonic() > deadline:
            raise HostError(f"processes {pids} of the guest don't end, though they were killed; is its disk hung?")


def ended_as(paths: GuestPaths, exit_status: int | None) -> Status:
    """How a guest ended: the launcher's last word, or what its exit status says where it left none."""
    data = read_bounded(paths.pod / END_FILE, _END_BYTES)
    if data is not None:
        with contextlib.suppress(msgspec.MsgspecError):
            status = msgspec.json.decode(data, type=Status)
            if status.phase in ENDED_PHASES:
                return status
    if exit_status is None:
        how = "the launcher is gone"
    elif exit_status > 128:
        how = f"the launcher was ended by signal {exit_status - 128}"
    else:
        how = f"the launcher ended with status {exit_status}"
    return Status("Failed", "LauncherCrashed", f"{how} without a last word; the guest went with it")


def reap(node: NodePaths, paths: GuestPaths, exit_status: int | None = None) -> None:
    """Takes away what a guest leaves: processes, its place on the network, its disks.  Its record and logs stay.

    May be called at any time and again: whoever died half way is finished by the next.
    """
    end_processes(paths)
    problems: list[str] = []
    for work in (partial(detach, paths.state.name, node), partial(remove_disks, paths.private)):
        try:
            work()
        except (KvnodeError, OSError) as error:
            problems.append(str(error))
    remove_empty(paths.private, paths.private.parent)
    record = read_record(paths)
    if record is not None and record.phase not in ENDED_PHASES:
        end = ended_as(paths, exit_status)
        with contextlib.suppress(HostError):
            write_record(
                paths, msgspec.structs.replace(record, phase=end.phase, reason=end.reason, message=end.message)
            )
    if problems:
        raise HostError("not everything of the guest could be taken away: " + "; ".join(problems))


def abandon(node: NodePaths, paths: GuestPaths) -> None:
    """Undoes a start: as ``reap``, and without a record left."""
    reap(node, paths)
    with locked_guests(node):
        remove_state(paths)
