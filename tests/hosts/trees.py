"""Small trees of /sys, /proc and /dev, each the part of some machine that the probe reads.

They are written by code and not kept as files: what matters of a machine stands in a few arguments, and a reader sees
which. The formats are those of the kernel's own documentation (see kvnode.host.cells and kvnode.host.cgroups).
"""

from __future__ import annotations

from pathlib import Path

KIB_PER_GIB = 1 << 20

Files = dict[str, object]
"""Path below the root, and what the file says."""


def put(root: Path, files: Files) -> Path:
    """Writes files below a root: path to content; a number or a text gets a line's end."""
    for relative, content in files.items():
        path = root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")
    return root


def cpus(cores: list[str], online: str) -> Files:
    """sysfs's CPUs: a sibling list for each core."""
    files: Files = {"sys/devices/system/cpu/online": online}
    for siblings in cores:
        for cpu in siblings.split(","):
            files[f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"] = siblings
    return files


def node(number: int, cpulist: str, distance: str, memory_gib: int, free_gib: int, pools: str = "") -> Files:
    """One NUMA node; ``pools`` as ``2048:16:12`` is size in KiB, pages, free pages, several with blanks between."""
    folder = f"sys/devices/system/node/node{number}"
    lines = [
        f"Node {number} MemTotal:       {memory_gib * KIB_PER_GIB} kB",
        f"Node {number} MemFree:        {(free_gib - 1) * KIB_PER_GIB} kB",
        f"Node {number} Active(file):   {KIB_PER_GIB // 2} kB",
        f"Node {number} Inactive(file): {KIB_PER_GIB // 4} kB",
        f"Node {number} SReclaimable:   {KIB_PER_GIB // 4} kB",
        f"Node {number} HugePages_Total:     0",
    ]
    files: Files = {
        f"{folder}/cpulist": cpulist,
        f"{folder}/distance": distance,
        f"{folder}/meminfo": "\n".join(lines),
    }
    for pool in pools.split():
        size, total, free = pool.split(":")
        files[f"{folder}/hugepages/hugepages-{size}kB/nr_hugepages"] = total
        files[f"{folder}/hugepages/hugepages-{size}kB/free_hugepages"] = free
    return files


def meminfo(total_gib: int, available_gib: int) -> Files:
    """The machine's own account of memory."""
    lines = [f"MemTotal: {total_gib * KIB_PER_GIB} kB", f"MemAvailable: {available_gib * KIB_PER_GIB} kB"]
    return {"proc/meminfo": "\n".join(lines)}


def unified(path: str, mount_root: str = "/") -> Files:
    """A process in the cgroup ``path`` of a v2 hierarchy of which ``mount_root`` and below is mounted."""
    return {
        "proc/self/cgroup": f"0::{path}",
        "proc/self/mountinfo": f"30 23 0:26 {mount_root} /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
    }


def legacy(paths: dict[str, str], mount_root: str = "/") -> Files:
    """A process in v1 cgroups by controller, with an empty unified hierarchy beside them."""
    own = [f"{number}:{controller}:{path}" for number, (controller, path) in enumerate(paths.items(), 2)]
    mounts = [
        f"{30 + number} 23 0:{30 + number} {mount_root} /sys/fs/cgroup/{controller} rw - cgroup cgroup rw,{controller}"
        for number, controller in enumerate(paths)
    ]
    return {
        "proc/self/cgroup": "\n".join([*own, "1:name=systemd:/", "0::/"]),
        "proc/self/mountinfo": "\n".join([*mounts, "60 23 0:60 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"]),
    }


def two_cells(root: Path) -> Path:
    """Two cells of two cores with two threads each, pools of two sizes, and a container that has half of it."""
    return put(
        root,
        {
            **cpus(["0,4", "1,5", "2,6", "3,7"], "0-7"),
            "sys/devices/system/node/online": "0-1",
            **node(0, "0-1,4-5", "10 21", 8, 6, "2048:16:12 1048576:2:2"),
            **node(1, "2-3,6-7", "21 10", 8, 4, "2048:16:16 1048576:0:0"),
            **meminfo(16, 15),
            **unified("/kubepods/pod1/c1"),
            "sys/fs/cgroup/kubepods/pod1/c1/cpuset.cpus.effective": "1-2,5-6",
            "sys/fs/cgroup/kubepods/pod1/c1/memory.max": "max",
            "sys/fs/cgroup/kubepods/pod1/memory.max": 4 << 30,
            "sys/fs/cgroup/kubepods/pod1/memory.current": 3 << 30,
            "sys/fs/cgroup/kubepods/pod1/memory.stat": f"anon 5\ninactive_file {1 << 30}",
            "proc/sys/kernel/arch": "x86_64",
        },
    )
