"""Rules about the guest's memory, its pages, and what the Pod requests for it."""

from __future__ import annotations

from kvnode.api.cpu_memory import Hugepages, Memory, ReservedOverhead
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.amounts import amount, size
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.quantity import Quantity

__all__ = ["memory_rules"]

_MINIMUM_BYTES = 1_000_000
"""The least that admission lets through; no firmware starts with less."""

_MAXIMUM_BYTES = 1 << 52
"""What a 64-bit processor can address at most: 52 bits on amd64 and arm64."""

_MEMORY_LOCKS = ("Required", "NotRequired")

_OVERHEAD = "spec.domain.memory.reservedOverhead"
_GUEST = "spec.domain.memory.guest"
_PAGE_SIZE = "spec.domain.memory.hugepages.pageSize"
_REQUEST = "spec.domain.resources.requests.memory"
_LIMIT = "spec.domain.resources.limits.memory"


def memory_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """There is memory, within bounds, made of whole pages, and the Pod may use as much."""
    domain = spec.domain
    memory = domain.memory or Memory()
    request = (domain.resources.requests or {}).get("memory")
    limit = (domain.resources.limits or {}).get("memory")
    guest, asked, most = size(memory.guest), size(request), size(limit)
    if memory.guest is None and memory.hugepages is None and not amount(request):
        found.required(_GUEST, f"the guest has no memory: set it (1Gi, say), or {_REQUEST}, or {_PAGE_SIZE}.")
    _bounds(found, _GUEST, memory.guest, guest)
    _bounds(found, "spec.domain.memory.maxGuest", memory.max_guest, size(memory.max_guest))
    if asked is not None and 0 < asked < _MINIMUM_BYTES:
        found.invalid(_REQUEST, f"{shown(request)} is less than 1M, with which no guest starts.")
    if most is not None and most > 0:
        _within_limit(found, memory, request, limit, most)
    if memory.hugepages is not None:
        _whole_pages(found, memory.hugepages, guest, asked)
    if memory.reserved_overhead is not None:
        _reserved_overhead(found, memory.reserved_overhead, settings)


def _reserved_overhead(found: Findings, overhead: ReservedOverhead, settings: Settings) -> None:
    if not settings.gate("ReservedOverheadMemlock"):
        found.invalid(
            _OVERHEAD, "the feature gate ReservedOverheadMemlock is shut; open it in the KubeVirt configuration."
        )
    if overhead.mem_lock and overhead.mem_lock not in _MEMORY_LOCKS:
        found.invalid(f"{_OVERHEAD}.memLock", f"{shown(overhead.mem_lock)} is neither {listed(_MEMORY_LOCKS)}.")
    added = size(overhead.added_overhead)
    if added is not None and added > _MAXIMUM_BYTES:
        found.invalid(
            f"{_OVERHEAD}.addedOverhead", f"{shown(overhead.added_overhead)} is more than 4Pi, which no node has."
        )


def _bounds(found: Findings, field: str, quantity: Quantity | None, value: int | None) -> None:
    if value is None or value < 0:
        return
    if value < _MINIMUM_BYTES:
        found.invalid(field, f"{shown(quantity)} is less than 1M, with which no guest starts.")
    elif value > _MAXIMUM_BYTES:
        found.invalid(field, f"{shown(quantity)} is more than 4Pi, the most that a guest can address.")


def _within_limit(found: Findings, memory: Memory, request: Quantity | None, limit: Quantity | None, most: int) -> None:
    asked, guest = size(request), size(memory.guest)
    if asked is not None and asked > most:
        found.invalid(_REQUEST, f"{shown(request)} is more than {_LIMIT} ({limit}).")
    if guest is not None and guest > most:
        found.invalid(
            _GUEST,
            f"{shown(memory.guest)} is more than {_LIMIT} ({limit}), "
            "so the guest would be killed as soon as it used its memory; raise the limit or leave it out.",
        )


def _whole_pages(found: Findings, pages: Hugepages, guest: int | None, asked: int | None) -> None:
    """The guest's memory, or what is requested for it, is made of whole pages."""
    text = pages.page_size
    if not text:
        found.required(_PAGE_SIZE, "huge pages have a size: 2Mi or 1Gi on amd64.")
        return
    page = size(text)
    if page is None or page < 0:
        return
    if page == 0 or page & (page - 1):
        found.invalid(_PAGE_SIZE, f"{shown(text)} is not a page size: it must be a power of two, 2Mi or 1Gi on amd64.")
    # The path is the one that KubeVirt's clients know this fault by; the guest's memory counts where none is requested.
    total = asked or guest
    if not page or total is None or total < 0:
        return
    what = "the request" if asked else "the guest's memory"
    if total < page:
        found.invalid(_REQUEST, f"{what} ({total} bytes) is less than one page of {_PAGE_SIZE} ({text}).")
    elif total % page:
        found.invalid(
            _REQUEST,
            f"{what} ({total} bytes) is not a multiple of {_PAGE_SIZE} ({text}): "
            f"{total - total % page} or {total - total % page + page} bytes would do.",
        )
