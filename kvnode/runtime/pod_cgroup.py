"""The way into a Pod's cgroups, for what the node half starts for a guest: it is to be counted, limited and ended with
the Pod, and not with whoever started it.

A process enters a cgroup by writing its own number into it, in each hierarchy of v1 and in the one of v2.  It is done
by a shell before the program is executed, so there is no moment at which the program runs outside.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from kvnode.errors import HostError

_SCRIPT = 'while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs" || exit 1; shift; done; shift; exec "$@"'
_UNIFIED = ("unified", "")


def into_cgroups_of(pid: int, mounted: Path) -> list[str]:
    """The command that enters every cgroup of a process and executes what follows it.

    pid      -- a process of the Pod, as this process counts
    mounted  -- where the host's cgroup hierarchies are: the host's /sys/fs/cgroup, not a container's view of it

    Raises HostError where the process has ended or its cgroups can't be seen from here.
    """
    folders = cgroup_folders(pid, mounted)
    return ["/bin/sh", "-c", _SCRIPT, "sh", *map(str, folders), "--"]


def cgroup_folders(pid: int, mounted: Path) -> list[Path]:
    """The folder of each cgroup of a process, in the order of /proc/PID/cgroup (cgroups(7))."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError as error:
        raise HostError(f"the cgroups of process {pid} can't be read: {error.strerror}") from error
    folders = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        inner = PurePosixPath(path)
        if ".." in inner.parts:
            raise HostError(
                f"process {pid} is in the cgroup {path}, which lies outside of this process's cgroup namespace: "
                "whoever starts guests runs in the host's (a privileged container does)"
            )
        names = _UNIFIED if not controllers else (controllers.removeprefix("name="), *controllers.split(","))
        for name in names:
            folder = mounted / name / str(inner).lstrip("/")
            if (folder / "cgroup.procs").exists():
                folders.append(folder)
                break
    if not folders:
        raise HostError(
            f"none of the cgroups of process {pid} is below {mounted}: mount the host's /sys/fs/cgroup there"
        )
    return folders
