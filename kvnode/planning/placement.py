"""Which of the host's CPUs each thread of a guest has for itself, and in which of its cells the guest's memory lies.

The search is one pass over tables that are made once for a host (``kvnode._fast.placement``); here stand what is
searched for and what becomes of the answer. CPUs are those that the guest's Pod was allotted, and each is given to one
thread alone:

- a vCPU each, the threads of a guest core on those of one host core as far as there are such;
- with ``isolateEmulatorThread`` one for QEMU's own threads, or two where the annotation asks that all of the guest's
  CPUs together be an even number, which a kubelet that hands out whole cores wants;
- one for each IO thread of a ``supplementalPool``. Other IO threads share the emulator's where it has its own, else the
  vCPUs': all of them, or with the policy ``auto`` each thread a part.

With ``guestMappingPassthrough`` each cell of the host that the guest's vCPUs lie in becomes a cell of the guest, of
which the memory is taken there: as many pages as its share of the vCPUs, as far as they are free.
"""

from __future__ import annotations

from kvnode._fast.placement import CROSSES_CELLS, FEWER_PAGES_THAN_CELLS, TOO_FEW_CPUS, HostCpus, place
from kvnode.api.cpu_memory import EVEN_PARITY, Realtime
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import NoFit
from kvnode.facts import Cell, HostFacts
from kvnode.facts.cpuset import CpusetError, format_cpuset, parse_cpuset
from kvnode.planning.domain_plan import CpuTune, MemoryPlan, NumaCell, Topology, VcpuPlan
from kvnode.planning.intermediate import IoThreads, Placement
from kvnode.planning.refusal import invalid
from kvnode.quantity import bytes_text

_CPU = "spec.domain.cpu"
_MOST_PAGES = 1 << 52
_LOCAL = 10  # a cell's distance to itself (ACPI SLIT)
_FARTHEST = 255  # no way there (the same)
"""More than any guest can have, and sums of it are still numbers to compiled code."""


def placement(
    vmi: VirtualMachineInstance,
    host: HostFacts,
    vcpu: VcpuPlan,
    topology: Topology,
    memory: MemoryPlan,
    threads: IoThreads,
) -> Placement | None:
    """Where the guest's threads run and its memory lies; None for a guest without CPUs of its own.

    Raises NoFit with what is too few: CPUs, room for guest cores that each lie in one cell, or pages.
    """
    cpu = vmi.spec.domain.cpu
    if cpu is None or not cpu.dedicated_cpu_placement:
        return None
    pool = threads.count if vmi.spec.domain.io_threads_policy == "supplementalPool" else 0
    emulator = emulator_cpus(vmi, vcpu.enabled + pool) if cpu.isolate_emulator_thread else 0
    mapped = cpu.numa is not None and cpu.numa.guest_mapping_passthrough is not None
    cores = vcpu.enabled // topology.threads
    cpus = host.cpus if host.cells else _unknown_host(host, vcpu.enabled + pool + emulator, topology.threads)
    page = _page(memory) if mapped and host.cells else None
    pages = _free_pages(host, page) if page is not None else None
    wanted = memory.bytes // page if page is not None else 0
    found = place(cpus, cores, topology.threads, pool + emulator, mapped, pages, wanted)
    if isinstance(found[0], int):
        raise _no_fit(host, *found, cores, topology.threads, page)
    pins, beside, shares = found
    tune = CpuTune(
        tuple(pins),
        _cpus(beside[pool:]) if emulator else None,
        _iothreads(vmi, threads, pins, beside[:pool], beside[pool:]) if threads.count else (),
        _realtime(cpu.realtime, vcpu.enabled) if cpu.realtime is not None else None,
    )
    if not mapped:
        return Placement(tune)
    cells = _cells(host, shares, vcpu, topology, memory, page)
    return Placement(tune, cells, _host_cells(cells))


def _host_cells(cells: tuple[NumaCell, ...]) -> str:
    return _cpus([cell.host_cell for cell in cells if cell.host_cell is not None])


def emulator_cpus(vmi: VirtualMachineInstance, others: int) -> int:
    """CPUs for an emulator that has its own, beside ``others`` of the guest's."""
    return 2 if EVEN_PARITY in (vmi.metadata.annotations or ()) and others % 2 == 0 else 1


def _unknown_host(host: HostFacts, wanted: int, threads: int) -> HostCpus:
    """A host of which no cells are known: what is allotted, each CPU a core; or just the CPUs that are asked for."""
    if host.allotted_cpus is not None:
        allotted = parse_cpuset(host.allotted_cpus)
        return HostCpus((tuple((cpu,) for cpu in range(allotted.bit_length()) if allotted >> cpu & 1),), allotted)
    wanted += -wanted % threads
    cores = tuple(tuple(range(first, first + threads)) for first in range(0, wanted, threads))
    return HostCpus((cores,), (1 << wanted) - 1)


def _page(memory: MemoryPlan) -> int:
    if memory.hugepage_bytes is None:
        message = "a guest that sees the host's cells takes its memory in huge pages; add memory.hugepages.pageSize"
        raise invalid(f"{_CPU}.numa.guestMappingPassthrough", message)
    return memory.hugepage_bytes


def _free_pages(host: HostFacts, page: int) -> tuple[int, ...]:
    free = []
    for cell in host.cells:
        pool = cell.pools.get(page)
        free.append(min(pool.free, _MOST_PAGES) if pool is not None else 0)
    return tuple(free)


def _no_fit(
    host: HostFacts, kind: int, wanted: int, available: int, cores: int, threads: int, page: int | None
) -> NoFit:
    """What was missing, and how much of it each cell has that comes into question."""
    if kind == TOO_FEW_CPUS:
        unit = "CPUs for this guest alone"
        return NoFit("NotEnoughCpus", wanted, available, unit=unit, by_cell=lambda: _cores_by_cell(host, 1))
    if kind == CROSSES_CELLS:
        unit = f"times {threads} CPUs within one cell for a core of the guest"
        return NoFit("CoresCrossCells", wanted, available, unit=unit, by_cell=lambda: _cores_by_cell(host, threads))
    pages = f"pages of {bytes_text(page or 0)}"
    if kind == FEWER_PAGES_THAN_CELLS:
        detail = "each cell that the guest's cores lie in gives a page at least"
        return NoFit("FewerPagesThanCells", wanted, available, unit=f"{pages} to share out", detail=detail)
    unit = f"free {pages} where the guest's CPUs can be"
    return NoFit(
        "NotEnoughHugepages",
        wanted,
        available,
        unit=unit,
        by_cell=lambda: _pages_by_cell(host, cores, threads, page or 0),
    )


def _cores_by_cell(host: HostFacts, threads: int) -> tuple[tuple[int, int], ...]:
    """How many cores of a guest each cell has room for; those without aren't told."""
    room = ((cell.id, (cell.mask & host.allotted).bit_count() // threads) for cell in host.cells)
    return tuple((number, cores) for number, cores in room if cores)


def _pages_by_cell(host: HostFacts, cores: int, threads: int, page: int) -> tuple[tuple[int, int], ...]:
    """Free pages of the cells that a guest can be in: as many as it has cores, at best those with the most pages."""
    able = {number for number, _ in _cores_by_cell(host, threads)}
    free = [
        (cell.id, pages) for cell, pages in zip(host.cells, _free_pages(host, page), strict=True) if cell.id in able
    ]
    return tuple(sorted(sorted(free, key=lambda one: (-one[1], one[0]))[:cores]))


def _cpus(cpus: list[int]) -> str:
    """CPUs in any order as a list of single ones and ranges, as `format_cpuset` writes a mask."""
    told: list[str] = []
    first = last = -1
    for cpu in sorted(cpus):
        if last < 0:
            first = cpu
        elif cpu > last + 1:
            told.append(_run(first, last))
            first = cpu
        last = cpu
    if last >= 0:
        told.append(_run(first, last))
    return ",".join(told)


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _iothreads(
    vmi: VirtualMachineInstance, threads: IoThreads, vcpus: list[int], own: list[int], emulator: list[int]
) -> tuple[str, ...]:
    count = threads.count
    if own:
        return tuple([str(cpu) for cpu in own])
    if vmi.spec.domain.io_threads_policy == "auto" and not emulator:
        return tuple([_cpus(_turn(vcpus, thread, count)) for thread in range(count)])
    return (_cpus(emulator or vcpus),) * count


def _turn(vcpus: list[int], thread: int, threads: int) -> list[int]:
    """The CPUs of one of so many threads, dealt out evenly: several each, or one that several have."""
    if threads > len(vcpus):
        return [vcpus[thread % len(vcpus)]]
    return vcpus[len(vcpus) * thread // threads : len(vcpus) * (thread + 1) // threads]


def _realtime(realtime: Realtime, vcpus: int) -> str:
    """The vCPUs under the real-time scheduler: those of the mask, or all."""
    if not realtime.mask:
        return _run(0, vcpus - 1)
    field = f"{_CPU}.realtime.mask"
    try:
        mask = parse_cpuset(realtime.mask)
    except CpusetError as error:
        raise invalid(field, f"{error}; write vCPUs such as 0-3,^1") from None
    if not mask or mask >> vcpus:
        raise invalid(field, f"{realtime.mask[:60]!r} has to name vCPUs of the {vcpus} from 0 up")
    return format_cpuset(mask)


def _cells(
    host: HostFacts,
    shares: list[tuple[int, int, int]],
    vcpu: VcpuPlan,
    topology: Topology,
    memory: MemoryPlan,
    page: int | None,
) -> tuple[NumaCell, ...]:
    """The guest's cells. vCPUs that may be plugged later are the last cell's: they have no CPUs yet."""
    used = [host.cells[at] for at, _, _ in shares] if host.cells else []
    distances = _distances(used)
    made: list[NumaCell] = []
    first, last = 0, 0
    for number, share in enumerate(shares):
        _, cores, pages = share
        last += cores * topology.threads
        if number == len(shares) - 1:
            last = vcpu.maximum
        size = pages * page if page is not None else memory.bytes
        known = distances[number] if distances else ()
        made.append(NumaCell(number, _run(first, last - 1), size, used[number].id if used else 0, known))
        first = last
    return tuple(made)


def _distances(used: list[Cell]) -> list[tuple[tuple[int, int], ...]]:
    """From each cell of the guest to each; none where the host's aren't all known, or aren't what a guest can be told.

    libvirt takes 10 for a cell itself and no less than 11 for another (formatdomain, "Guest NUMA topology"), and some
    firmware says 10 of all.
    """
    rows: list[tuple[tuple[int, int], ...]] = []
    for at, here in enumerate(used):
        row: list[tuple[int, int]] = []
        for to, there in enumerate(used):
            value = here.distances.get(there.id, 0)
            if not (value == _LOCAL if to == at else _LOCAL < value <= _FARTHEST):
                return []
            row.append((to, value))
        rows.append(tuple(row))
    return rows
