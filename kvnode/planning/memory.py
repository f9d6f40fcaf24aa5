"""The guest's memory: how much, how far it may grow, what backs it, and whether the host has it."""

from __future__ import annotations

from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import NoFit
from kvnode.facts import HostFacts
from kvnode.planning.domain_plan import MemoryPlan
from kvnode.planning.refusal import bytes_of, invalid, one_of
from kvnode.quantity import Quantity, bytes_text

MIB = 1 << 20
_SMALLEST = MIB
_LARGEST = 1 << 52  # what an x86 page table can address (Intel SDM 3A, 4.1.4: MAXPHYADDR is at most 52)
_SLOTS = 16


def memory_plan(vmi: VirtualMachineInstance, host: HostFacts) -> MemoryPlan:
    """The memory of a guest; raises InvalidManifest for amounts that are none, NoFit where huge pages are too few."""
    field, amount = _guest_memory(vmi)
    size = _in_range(field, amount)
    memory = vmi.spec.domain.memory
    maximum = None
    if memory is not None and memory.max_guest is not None:
        field = "spec.domain.memory.maxGuest"
        maximum = _in_range(field, memory.max_guest)
        if maximum < size:
            raise invalid(field, f"{memory.max_guest} is less than the {size} bytes that the guest starts with")
    grows = maximum is not None and maximum > size
    page = _page_bytes(vmi, size)
    if page is not None:
        _check_pages(host, size, page)
    shared = bool(vmi.spec.domain.devices.filesystems)
    cpu = vmi.spec.domain.cpu
    return MemoryPlan(
        size,
        maximum if grows else None,
        _SLOTS if grows else 0,
        page,
        "memfd" if page is not None or shared else None,
        shared,
        cpu is not None and cpu.realtime is not None,
    )


def requested_bytes(vmi: VirtualMachineInstance, memory: MemoryPlan) -> int:
    """What the host's normal pages have to have for the guest's own memory.

    A request below the guest's memory is overcommitment that somebody asked for; huge pages are counted apart.
    """
    if memory.hugepage_bytes is not None:
        return 0
    requests = vmi.spec.domain.resources.requests
    if requests and "memory" in requests:
        return min(bytes_of("spec.domain.resources.requests.memory", requests["memory"]), memory.bytes)
    return memory.bytes


def added_overhead_bytes(vmi: VirtualMachineInstance) -> int:
    """What the manifest wants reserved beyond the estimate of what QEMU itself needs."""
    memory = vmi.spec.domain.memory
    overhead = memory.reserved_overhead if memory is not None else None
    if overhead is None or overhead.added_overhead is None:
        return 0
    return bytes_of("spec.domain.memory.reservedOverhead.addedOverhead", overhead.added_overhead)


def locked_bytes(vmi: VirtualMachineInstance, memory: MemoryPlan, overhead_bytes: int) -> int | None:
    """How much memory the guest's processes may keep from being swapped out or moved; None where nothing asks for it.

    That is what ``memLock`` is about: a device that reaches into the guest's memory by itself needs all of it in place,
    also what may be plugged later, and whoever attaches the device finds out when the lock is refused.
    """
    guest = vmi.spec.domain.memory
    reserved = guest.reserved_overhead if guest is not None else None
    if reserved is None:
        return None
    field = "spec.domain.memory.reservedOverhead.memLock"
    asked = one_of(field, reserved.mem_lock, ("Required", "NotRequired"))
    return (memory.max_bytes or memory.bytes) + overhead_bytes if asked == "Required" else None


def check_memory_fits(host: HostFacts, guest_bytes: int, overhead_bytes: int) -> None:
    """Raise NoFit, in MiB, where the host is known to have less than the guest's memory and its overhead together."""
    free, wanted = host.memory_free_bytes, guest_bytes + overhead_bytes
    if free is None or free >= wanted:
        return
    raise _too_little(host, free, wanted, guest_bytes, overhead_bytes)


def _too_little(host: HostFacts, free: int, wanted: int, guest_bytes: int, overhead_bytes: int) -> NoFit:
    by_cell = [(cell.id, cell.memory_free_bytes) for cell in host.cells if cell.memory_free_bytes is not None]
    # What a cgroup leaves is missing in no cell, and a cell of which nothing is known might have it.
    limited = sum(amount for _, amount in by_cell) > free or not by_cell
    told = () if limited or len(by_cell) < len(host.cells) else by_cell
    return NoFit(
        "NotEnoughMemory",
        -(-wanted // MIB),
        free // MIB,
        unit="MiB of memory free" + (" within its cgroup's limit" if limited else ""),
        by_cell=tuple((number, amount // MIB) for number, amount in told),
        detail=f"{guest_bytes // MIB} MiB for the guest, {-(-overhead_bytes // MIB)} MiB as its overhead",
    )


def _guest_memory(vmi: VirtualMachineInstance) -> tuple[str, Quantity]:
    """The amount and its path: memory.guest, or as defaulting derives it, the request or else the limit."""
    memory, resources = vmi.spec.domain.memory, vmi.spec.domain.resources
    if memory is not None and memory.guest is not None:
        return "spec.domain.memory.guest", memory.guest
    if resources.requests and "memory" in resources.requests:
        return "spec.domain.resources.requests.memory", resources.requests["memory"]
    if resources.limits and "memory" in resources.limits:
        return "spec.domain.resources.limits.memory", resources.limits["memory"]
    raise invalid("spec.domain.memory.guest", "nothing says how much memory the guest has; name it, such as 512Mi")


def _in_range(field: str, amount: Quantity) -> int:
    size = bytes_of(field, amount)
    if not _SMALLEST <= size <= _LARGEST:
        raise invalid(field, f"{str(amount)[:60]!r} is {size} bytes; a guest has from {_SMALLEST} to {_LARGEST}")
    return size


def _page_bytes(vmi: VirtualMachineInstance, size: int) -> int | None:
    memory = vmi.spec.domain.memory
    if memory is None or memory.hugepages is None:
        return None
    field = "spec.domain.memory.hugepages.pageSize"
    text = memory.hugepages.page_size
    if not text:
        raise invalid(field, "huge pages without a size; name it, such as 2Mi")
    page = bytes_of(field, text)
    if page < 1024 or page & (page - 1):
        raise invalid(field, f"{text[:60]!r} is {page} bytes, and a page is a power of two of at least 1Ki")
    if size % page:
        raise invalid(field, f"{size} bytes of guest memory are no whole number of {text} pages")
    return page


def _check_pages(host: HostFacts, size: int, page: int) -> None:
    if not host.cells:
        return
    free = 0
    for cell in host.cells:
        if page in cell.pools:
            free += cell.pools[page].free
    if free < size // page:
        raise _too_few_pages(host, size // page, free, page)


def _too_few_pages(host: HostFacts, wanted: int, free: int, page: int) -> NoFit:
    unit = f"free pages of {bytes_text(page)}"
    return NoFit("NotEnoughHugepages", wanted, free, unit=unit, by_cell=lambda: _free_pages(host, page))


def _free_pages(host: HostFacts, page: int) -> tuple[tuple[int, int], ...]:
    return tuple((cell.id, cell.pools[page].free if page in cell.pools else 0) for cell in host.cells)
