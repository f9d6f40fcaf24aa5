"""What this process's cgroups leave to a guest: CPUs and memory, in v1, v2 and the mixture of both.

``/proc/self/cgroup`` gives a path for each hierarchy, ``/proc/self/mountinfo`` says where that hierarchy is mounted and
which part of it: in a container the mount often shows the container's own subtree while the path still counts from the
host's root. Limits of all levels up to the mount count, since a child may use no more than its parents have.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import msgspec

from kvnode.facts.cpuset import CpusetError, parse_cpuset
from kvnode.host.tree import Tree

_NO_LIMIT = 1 << 60
"""v1 writes "no limit" as the largest whole page below 2**63; no machine has an exbibyte."""


class Hierarchy(msgspec.Struct, frozen=True):
    """Where one controller's files lie, below the tree's root: the process's own cgroup first, then its parents."""

    version: int
    levels: tuple[str, ...]


def find_hierarchy(tree: Tree, controller: str) -> Hierarchy | None:
    """The hierarchy that a controller (``cpuset``, ``memory``) of this process belongs to, None without cgroups."""
    own = _own_paths(tree)
    mounts = _mounts(tree)
    # A controller that sits in a v1 hierarchy is in no other; only the rest is the unified hierarchy's.
    for version, name in ((1, controller), (2, "")):
        if name in own and name in mounts:
            root, mount = mounts[name]
            return Hierarchy(version, tuple(_levels(own[name], root, mount)))
    return None


def cpuset_mask(tree: Tree) -> int | None:
    """The CPUs of this process's cgroup, or what its affinity says where cgroups say nothing; None if unknown."""
    hierarchy = find_hierarchy(tree, "cpuset")
    names = ["cpuset.cpus.effective"]
    if hierarchy is not None and hierarchy.version == 1:
        names = ["cpuset.effective_cpus", "cpuset.cpus"]
    for level in hierarchy.levels if hierarchy else ():
        for name in names:
            mask = _mask(tree.text(f"{level}/{name}"))
            if mask:
                return mask
    for line in (tree.text("proc/self/status") or "").splitlines():
        if line.startswith("Cpus_allowed_list:"):
            return _mask(line.partition(":")[2]) or None
    return None


def memory_available_bytes(tree: Tree) -> int | None:
    """What the memory limits of this process's cgroups leave, droppable page cache included; None without a limit."""
    hierarchy = find_hierarchy(tree, "memory")
    if hierarchy is None:
        return None
    left = [room for level in hierarchy.levels if (room := _room(tree, level, hierarchy.version)) is not None]
    return min(left, default=None)


def _room(tree: Tree, level: str, version: int) -> int | None:
    limit_name, usage_name, cache_key = (
        ("memory.max", "memory.current", "inactive_file")
        if version == 2
        else ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    )
    limit = tree.number(f"{level}/{limit_name}")
    if limit is None or limit >= _NO_LIMIT:
        return None
    usage = tree.number(f"{level}/{usage_name}") or 0
    cache = tree.table(f"{level}/memory.stat").get(cache_key, 0)
    return max(0, limit - max(0, usage - cache))


def _own_paths(tree: Tree) -> dict[str, str]:
    """This process's path by controller; the unified hierarchy's is under the empty name."""
    paths: dict[str, str] = {}
    for line in (tree.text("proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if colon:
            for controller in controllers.split(","):
                paths[controller] = path
    return paths


def _mounts(tree: Tree) -> dict[str, tuple[str, str]]:
    """(root within the hierarchy, mount point) by controller, the unified one's under the empty name (proc(5))."""
    mounts: dict[str, tuple[str, str]] = {}
    for line in (tree.text("proc/self/mountinfo") or "").splitlines():
        before, dash, after = line.partition(" - ")
        fields, types = before.split(), after.split()
        if not dash or len(fields) < 5 or len(types) < 3:
            continue
        if types[0] == "cgroup2":
            mounts.setdefault("", (fields[3], fields[4]))
        elif types[0] == "cgroup":
            for option in types[2].split(","):
                mounts.setdefault(option, (fields[3], fields[4]))
    return mounts


def _levels(own: str, root: str, mount: str) -> Iterator[str]:
    """The folder of a cgroup and those above it up to the mount point."""
    path, base = PurePosixPath(own), PurePosixPath(root)
    # A path outside of what is mounted ("/.." in a cgroup namespace, or a bind mount of another part): the mount's top
    # is the nearest that can be seen.
    inner = path.relative_to(base) if path.is_relative_to(base) and ".." not in path.parts else PurePosixPath()
    for level in (inner, *inner.parents):
        yield str(PurePosixPath(mount) / level)


def _mask(text: str | None) -> int | None:
    try:
        return parse_cpuset(text) if text is not None else None
    except CpusetError:
        return None
