"""CPUs, cores, NUMA cells, memory and hugepage pools, as sysfs tells them.

Sources: Documentation/ABI/stable/sysfs-devices-node, Documentation/ABI/stable/sysfs-devices-system-cpu and
Documentation/admin-guide/cputopology.rst of the kernel. Only CPUs that are online count; cores may have different
numbers of threads (hybrid CPUs, or a sibling taken offline); node ids may have gaps; a node may have memory and no
CPUs (CXL) or CPUs and no memory. A machine whose sysfs knows no nodes is one cell.
"""

from __future__ import annotations

import msgspec

from kvnode.facts import Cell, HugepagePool
from kvnode.facts.cpuset import CpusetError, cpus_of, mask_of, parse_cpuset
from kvnode.host.tree import Tree

_CPUS = "sys/devices/system/cpu"
_NODES = "sys/devices/system/node"
_POOLS = "sys/kernel/mm/hugepages"


def probe_cells(tree: Tree) -> tuple[Cell, ...]:
    """The node's cells, ascending by id."""
    online = online_cpus(tree)
    ids = cpus_of(_mask(tree, f"{_NODES}/online") or 0)
    nodes = [node for node in ids if tree.names(f"{_NODES}/node{node}")]
    if len(nodes) < 2:
        return (_whole_machine(tree, nodes[0] if nodes else 0, online),)
    cells = [_cell(tree, node, nodes, online) for node in nodes]
    # CPUs that no node claims would be lost to every placement; the kernel counts them to the first node too.
    stray = online & ~_union(cells)
    if stray:
        cells[0] = msgspec.structs.replace(cells[0], cores=cells[0].cores + _cores(tree, stray))
    return tuple(_shared_out(cells, tree.table("proc/meminfo").get("MemAvailable")))


def online_cpus(tree: Tree) -> int:
    """The mask of CPUs that are online; by /proc/cpuinfo where sysfs is hidden, and at least CPU 0."""
    mask = _mask(tree, f"{_CPUS}/online")
    if mask:
        return mask
    lines = (tree.text("proc/cpuinfo") or "").splitlines()
    numbers = [line.partition(":")[2].strip() for line in lines if line.split(":")[0].strip() == "processor"]
    return mask_of(int(number) for number in numbers if number.isdigit()) or 1


def _whole_machine(tree: Tree, node: int, online: int) -> Cell:
    """The only cell: its memory is the machine's own account, which knows best what can be had."""
    memory = tree.table("proc/meminfo")
    total = memory.get("MemTotal")
    return Cell(
        id=node,
        memory_bytes=total,
        memory_free_bytes=memory.get("MemAvailable", memory.get("MemFree")),
        distances={node: 10},
        cores=_cores(tree, online),
        hugepages=_pools(tree, _POOLS),
    )


def _cell(tree: Tree, node: int, nodes: list[int], online: int) -> Cell:
    folder = f"{_NODES}/node{node}"
    memory = _node_memory(tree, node)
    free = None
    if "MemFree" in memory:
        droppable = ("Active(file)", "Inactive(file)", "SReclaimable")
        free = memory["MemFree"] + sum(memory.get(key, 0) for key in droppable)
    return Cell(
        id=node,
        memory_bytes=memory.get("MemTotal"),
        memory_free_bytes=free,
        distances=_distances(tree.text(f"{folder}/distance"), nodes),
        cores=_cores(tree, (_mask(tree, f"{folder}/cpulist") or 0) & online),
        hugepages=_pools(tree, f"{folder}/hugepages"),
    )


def _shared_out(cells: list[Cell], available: int | None) -> list[Cell]:
    """The cells' free memory, scaled down where they add up to more than the kernel thinks can be had."""
    known = sum(cell.memory_free_bytes or 0 for cell in cells)
    if available is None or known <= available:
        return cells
    return [
        cell
        if cell.memory_free_bytes is None
        else msgspec.structs.replace(cell, memory_free_bytes=cell.memory_free_bytes * available // known)
        for cell in cells
    ]


def _node_memory(tree: Tree, node: int) -> dict[str, int]:
    """A node's meminfo in bytes: its lines are ``Node 0 MemTotal:  4417740 kB``."""
    values: dict[str, int] = {}
    for line in (tree.text(f"{_NODES}/node{node}/meminfo") or "").splitlines():
        words = line.split()
        if len(words) == 5 and words[4] == "kB" and words[3].isdigit():
            values[words[2].rstrip(":")] = int(words[3]) * 1024
    return values


def _cores(tree: Tree, cpus: int) -> tuple[tuple[int, ...], ...]:
    """The threads of each core of some CPUs; a CPU whose topology is hidden is a core of its own."""
    cores: list[tuple[int, ...]] = []
    left = cpus
    while left:
        cpu = (left & -left).bit_length() - 1
        topology = f"{_CPUS}/cpu{cpu}/topology"
        # core_cpus_list since Linux 5.3, thread_siblings_list before.
        siblings = _mask(tree, f"{topology}/core_cpus_list") or _mask(tree, f"{topology}/thread_siblings_list") or 0
        core = (siblings & left) | 1 << cpu
        cores.append(tuple(cpus_of(core)))
        left &= ~core
    return tuple(cores)


def _distances(text: str | None, nodes: list[int]) -> dict[int, int]:
    """A row of the kernel's distance table: one number for each online node, ascending."""
    numbers = [int(word) for word in (text or "").split() if word.isdigit()]
    return dict(zip(nodes, numbers, strict=True)) if len(numbers) == len(nodes) else {}


def _pools(tree: Tree, folder: str) -> dict[str, HugepagePool]:
    """The pools below a hugepages folder, by size."""
    pools: dict[int, HugepagePool] = {}
    for name in tree.names(folder):
        size = name.removeprefix("hugepages-").removesuffix("kB")
        total = tree.number(f"{folder}/{name}/nr_hugepages")
        if not size.isdigit() or int(size) == 0 or total is None:
            continue
        # Pages that are promised to a mapping and not yet touched count as free; only the machine's pools tell them.
        promised = tree.number(f"{folder}/{name}/resv_hugepages") or 0
        free = (tree.number(f"{folder}/{name}/free_hugepages") or 0) - promised
        pools[int(size)] = HugepagePool(total, min(total, max(0, free)))
    return {_size_name(size): pools[size] for size in sorted(pools)}


def _size_name(kib: int) -> str:
    for unit, kib_per_unit in (("Gi", 1 << 20), ("Mi", 1 << 10)):
        if kib % kib_per_unit == 0:
            return f"{kib // kib_per_unit}{unit}"
    return f"{kib}Ki"


def _union(cells: list[Cell]) -> int:
    mask = 0
    for cell in cells:
        mask |= cell.mask
    return mask


def _mask(tree: Tree, relative: str) -> int | None:
    text = tree.text(relative)
    try:
        return None if text is None else parse_cpuset(text)
    except CpusetError:
        return None
