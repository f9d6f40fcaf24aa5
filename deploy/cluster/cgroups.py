"""Cgroups of our own inside of the hierarchies that are there; nothing is mounted and nobody else's is touched.

A machine has two: ``<cluster>/<machine>`` is the root below which a kubelet makes its Pods' cgroups, and ``daemons`` in
it holds the machine's own processes.
"""

import os
import time
from pathlib import Path

from deploy.cluster.faults import ClusterError

REMOVE_TIMEOUT_S = 20.0


def hierarchies() -> list[Path]:
    """The mount points of the hierarchies that a kubelet works with: one for each controller on v1, one on v2."""
    v1, v2 = _mounted()
    if not v1 and not v2:
        raise ClusterError("no cgroup hierarchy is mounted, and a kubelet needs one: mount cgroup2 at /sys/fs/cgroup")
    return v1 or v2


def _mounted() -> tuple[list[Path], list[Path]]:
    v1: list[Path] = []
    v2: list[Path] = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        kind = fields[fields.index("-") + 1]
        if kind == "cgroup":
            v1.append(Path(fields[4]))
        elif kind == "cgroup2":
            v2.append(Path(fields[4]))
    return v1, v2


def make_cgroup(name: str) -> list[Path]:
    """Make the cgroup in every hierarchy, ready to take processes; ``name`` is relative, such as ``a/b``."""
    made = []
    for hierarchy in hierarchies():
        folder = hierarchy
        for part in name.split("/"):
            _delegate(folder)
            parent, folder = folder, folder / part
            folder.mkdir(exist_ok=True)
            _inherit_cpuset(parent, folder)
        made.append(folder)
    return made


def _delegate(folder: Path) -> None:
    """On v2 a controller is in a cgroup only where its parent hands it down."""
    controllers = folder / "cgroup.controllers"
    if controllers.exists():
        for name in controllers.read_text().split():
            try:
                (folder / "cgroup.subtree_control").write_text(f"+{name}")
            except OSError:
                continue  # one that can't be handed down here; whether it matters, the kubelet says


def _inherit_cpuset(parent: Path, folder: Path) -> None:
    """On v1 a new cpuset is empty, and nothing can run in it; on v2 empty means the parent's."""
    if (folder / "cgroup.controllers").exists():
        return
    for name in ("cpuset.cpus", "cpuset.mems"):
        if (folder / name).exists() and not (folder / name).read_text().strip():
            (folder / name).write_text((parent / name).read_text())


def remove_cgroups(name: str) -> None:
    """Remove the cgroup and all below it, wherever there is one; its processes must have ended.

    runc makes one in the v2 hierarchy, too, where that is mounted beside v1.
    Raises ClusterError where one stays: the kernel lets go of a cgroup only some time after its last process.
    """
    deadline = time.monotonic() + REMOVE_TIMEOUT_S
    while True:
        left = [folder for mounted in _mounted() for hierarchy in mounted for folder in _remove_tree(hierarchy / name)]
        if not left:
            return
        if time.monotonic() > deadline:
            raise ClusterError(
                f"the cgroup {left[0]} can't be removed after {REMOVE_TIMEOUT_S:.0f} s, so a process must still be in "
                f"it: {_processes(left[0])}; end it and ask again"
            )
        time.sleep(0.05)


def _remove_tree(top: Path) -> list[Path]:
    left = []
    for path, _, _ in os.walk(top, topdown=False):
        try:
            os.rmdir(path)
        except FileNotFoundError:
            continue
        except OSError:
            left.append(Path(path))
    return left


def _processes(folder: Path) -> str:
    try:
        pids = (folder / "cgroup.procs").read_text().split()
    except OSError as error:
        return str(error)
    return ", ".join(pids) or "none is listed, so it is on its way out or in a namespace that can't be seen"
