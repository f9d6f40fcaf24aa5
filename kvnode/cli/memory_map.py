"""A guest's memory on the host: what it takes of which cell, in which pages, and what was free before and is after.

Where a guest's memory may come from any of several cells, the kernel decides that when the guest touches it. Then a
cell has a number before and none after, and what is left is told of the host as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kvnode.cli.columns import Line, table
from kvnode.quantity import bytes_text

if TYPE_CHECKING:
    from kvnode.facts import HostFacts
    from kvnode.planning.domain_plan import DomainPlan

_UNKNOWN = "unknown"


class _Row(NamedTuple):
    """One kind of pages in one place; None is unknown, for what is taken: not known beforehand."""

    place: str
    page_bytes: int | None
    taken_bytes: int | None
    free_bytes: int | None
    all_bytes: int | None = None


def lines(plan: DomainPlan, host: HostFacts) -> Iterator[Line]:
    """What backs the guest's memory, and a table of what it takes where."""
    memory, overhead = plan.memory, plan.overhead
    size = bytes_text(memory.bytes)
    if memory.hugepage_bytes is None:
        yield Line(f"{size} in normal pages, taken when the guest touches them")
    else:
        count = memory.bytes // memory.hugepage_bytes
        yield Line(f"{size} in {count} huge pages of {bytes_text(memory.hugepage_bytes)}, taken at the start")
    if memory.max_bytes is not None:
        yield Line(f"may grow to {bytes_text(memory.max_bytes)}: {memory.slots} slots for more memory")
    if memory.source is not None:
        others = ", which other processes map too (virtiofs)" if memory.shared else ""
        yield Line(f"a {memory.source} file{others}")
    if plan.memory_lock_bytes is not None:
        yield Line(f"{bytes_text(plan.memory_lock_bytes)} may be locked: kept in place for devices that reach into it")
    if memory.unmerged:
        yield Line("not merged with other guests' equal pages")
    yield Line(f"{bytes_text(overhead.total_bytes)} of overhead beside it, in normal pages (below)")
    rows = [*_huge(plan, host), *_normal(plan, host)]
    heading = ("", "pages", "taken", "free", "then free", "of")
    yield from table([heading, *map(_told, rows)], right=(2, 3, 4))
    if any(row.free_bytes is not None and (row.taken_bytes or 0) > row.free_bytes for row in rows):
        yield Line(
            "The manifest requests less than the guest may use: it fits as long as the guest doesn't use it all."
        )


def _huge(plan: DomainPlan, host: HostFacts) -> Iterator[_Row]:
    """The pools: a row for each cell, and where the guest's pages may come from any, one for the host."""
    page = plan.memory.hugepage_bytes
    if page is None:
        return
    bound: dict[int | None, int] = {}
    for cell in plan.cpu.numa:
        bound[cell.host_cell] = bound.get(cell.host_cell, 0) + cell.memory_bytes
    free, total = 0, 0
    for one in host.cells:
        pool = one.pools.get(page)
        here, there = (pool.free * page, pool.total * page) if pool is not None else (0, 0)
        free, total = free + here, total + there
        taken = bound.get(one.id, 0) if None not in bound and bound else None
        if len(host.cells) == 1:
            taken = plan.memory.bytes
        yield _Row(f"host cell {one.id}", page, taken, here, there)
    if len(host.cells) > 1 and (None in bound or not bound):
        yield _Row("all cells", page, plan.memory.bytes, free, total)
    if not host.cells:
        yield _Row("the host", page, plan.memory.bytes, None)


def _normal(plan: DomainPlan, host: HostFacts) -> Iterator[_Row]:
    """Normal pages hold the overhead, and the guest's memory where that isn't in huge ones."""
    taken = plan.overhead.total_bytes + (plan.memory.bytes if plan.memory.hugepage_bytes is None else 0)
    known = [cell for cell in host.cells if cell.memory_free_bytes is not None]
    for cell in known:
        alone = taken if len(host.cells) == 1 else None
        yield _Row(f"host cell {cell.id}", None, alone, cell.memory_free_bytes, cell.memory_bytes)
    free = sum(cell.memory_free_bytes or 0 for cell in known)
    limit = host.memory_available_bytes
    if len(host.cells) > 1 and len(known) == len(host.cells):
        yield _Row("all cells", None, taken, free)
    if limit is not None and (not known or limit < free):
        yield _Row("cgroup's limit", None, taken, limit)
    elif not known:
        yield _Row("the host", None, taken, None)


def _told(row: _Row) -> tuple[str, ...]:
    size = row.page_bytes
    after = row.free_bytes - row.taken_bytes if row.free_bytes is not None and row.taken_bytes is not None else None
    return (
        row.place,
        bytes_text(size) if size is not None else "normal",
        _amount(row.taken_bytes, size, "as it comes"),
        _amount(row.free_bytes, size, _UNKNOWN),
        "" if after is None else _amount(after, size, "") if after >= 0 else f"{_amount(-after, size, '')} short",
        _amount(row.all_bytes, size, ""),
    )


def _amount(size: int | None, page_bytes: int | None, unknown: str) -> str:
    """Normal memory in bytes, huge pages by their number."""
    if size is None:
        return unknown
    if page_bytes is None:
        return bytes_text(size)
    count = size // page_bytes
    return f"{count} page" if count == 1 else f"{count} pages"
