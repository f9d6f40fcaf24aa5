"""vCPUs under the real-time scheduler: the privileged half puts QEMU's threads there, once they run.

libvirt would, but it lives in the launcher, an ordinary user without CAP_SYS_NICE, and neither that capability nor a
limit (RLIMIT_RTPRIO) is given to a process that a guest may break into.  So the domain is started without a word of it,
and whoever started the launcher sets the scheduler of the threads that run vCPUs: SCHED_FIFO with its lowest priority,
above everything that isn't real-time, as KubeVirt's handler does.  What holds:

- Only threads of the guest's own QEMU are set, by their numbers in the guest's pid namespace and from within it: a
  number that means another thread by then means another one of that guest's.
- What such a thread starts is not real-time (SCHED_RESET_ON_FORK).
- Whether the kernel does it is tried before the guest starts, in the cgroups that the guest will be in: with
  CONFIG_RT_GROUP_SCHED a cgroup has no real-time unless somebody gives it a share
  (Documentation/scheduler/sched-rt-group.rst).
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from kvnode.errors import HostError
from kvnode.facts.cpuset import cpus_of, parse_cpuset
from kvnode.network.netns import Netns

PRIORITY = "1"
FIELD = "spec.domain.cpu.realtime"

_RUN_S = 20.0
_THREAD = re.compile(r"CPU (\d{1,5})/(?:KVM|TCG)", re.ASCII)
_SET_EACH = 'for thread; do chrt --fifo --reset-on-fork --pid "$0" "$thread" || exit 1; done'


def check_realtime(through: Sequence[str] = ()) -> None:
    """Raises HostError where a process may not become real-time.

    through -- a command that executes what follows it where the guest will be, such as in its cgroups
    """
    said = _run([*through, _program("chrt"), "--fifo", PRIORITY, "/bin/sh", "-c", ":"])
    if said is not None:
        raise HostError(
            f"{FIELD}: this node gives a guest no real-time scheduler ({said}): it takes root with CAP_SYS_NICE, and a "
            "kernel without CONFIG_RT_GROUP_SCHED or a cpu.rt_runtime_us above 0 in each cgroup above the guest's"
        )


def give_realtime(launcher: int, qemu: int, vcpus: str) -> int:
    """Puts vCPUs of a guest that runs under the scheduler; returns how many weren't there yet.

    launcher -- the first process of the guest's pid namespace, as we count
    qemu     -- QEMU's pid as it is counted in there
    vcpus    -- as a list: ``0-3,6``

    May be repeated.  Raises HostError, also where QEMU has no thread for one of them.
    """
    wanted = cpus_of(parse_cpuset(vcpus))
    try:
        threads = _threads(_seen_from_here(launcher, qemu))
        late = [_numbers(threads[vcpu])[-1] for vcpu in wanted if vcpu in threads and not _is_realtime(threads[vcpu])]
    except OSError as error:  # the guest ended, or this vCPU did
        raise HostError(f"{FIELD}: QEMU's threads can't be looked at: {error.strerror}") from error
    missing = [vcpu for vcpu in wanted if vcpu not in threads]
    if missing:
        raise HostError(f"{FIELD}: QEMU has no thread for the vCPU {missing[0]}; it has some for {sorted(threads)}")
    if late:
        _set(launcher, late)
    return len(late)


def _threads(qemu: int) -> dict[int, Path]:
    """The thread of each vCPU, as its folder in /proc; QEMU calls them after the vCPU."""
    found: dict[int, Path] = {}
    for task in sorted(Path(f"/proc/{qemu}/task").iterdir()):
        match = _THREAD.fullmatch((task / "comm").read_text(errors="replace").rstrip("\n"))
        if match:
            found.setdefault(int(match[1]), task)
    return found


def _seen_from_here(launcher: int, inner: int) -> int:
    """The process of the launcher's pid namespace that has this number in there, as we count; OSError."""
    space, depth = os.readlink(f"/proc/{launcher}/ns/pid"), len(_numbers(Path(f"/proc/{launcher}")))
    for entry in filter(str.isdecimal, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{entry}/ns/pid") != space:
                continue
            numbers = _numbers(Path("/proc", entry))
        except OSError:  # it ended meanwhile
            continue
        if len(numbers) == depth and numbers[-1] == inner:
            return int(entry)
    raise ProcessLookupError(errno.ESRCH, f"no process {inner} is in there")


def _numbers(process: Path) -> list[int]:
    """A process's or thread's number in each pid namespace from ours down to its own (proc(5), NSpid); OSError."""
    for line in (process / "status").read_text(errors="replace").splitlines():
        if line.startswith("NSpid:"):
            return [int(number) for number in line.split()[1:]]
    raise ProcessLookupError(errno.ESRCH, "it has no number in a pid namespace")


def _is_realtime(task: Path) -> bool:
    try:
        return os.sched_getscheduler(int(task.name)) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO
    except ProcessLookupError:
        return False


def _set(launcher: int, threads: list[int]) -> None:
    with Netns(f"/proc/{launcher}/ns/pid") as space:
        enter = [_program("nsenter"), f"--pid=/proc/self/fd/{space.fileno()}", "--"]
        said = _run([*enter, "/bin/sh", "-c", _SET_EACH, PRIORITY, *map(str, threads)], space.fileno())
    if said is not None:
        raise HostError(f"{FIELD}: the vCPUs' threads can't be made real-time: {said}")


def _run(command: Sequence[str], *descriptors: int) -> str | None:
    """What a command said that failed, None where it didn't."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=_RUN_S,
            pass_fds=descriptors,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stderr.strip() or f"status {done.returncode}") if done.returncode else None


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise HostError(f"{FIELD}: a guest's vCPUs are made real-time by {name}, which is not here: install util-linux")
    return found
