"""Rules about the guest's memory, its pages, and what the Pod requests for it."""

from __future__ import annotations

from collections.abc import Iterator

from kvnode.api.cpu_memory import Memory
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.amounts import amount, size
from kvnode.api.validation.finding import invalid, required, shown
from kvnode.errors import FieldError

__all__ = ["memory_rules"]

_MINIMUM_BYTES = 1_000_000
"""The least that admission lets through; no firmware starts with less."""

_MAXIMUM_BYTES = 1 << 52
"""What a 64-bit processor can address at most: 52 bits on amd64 and arm64."""

_GUEST = "spec.domain.memory.guest"
_PAGE_SIZE = "spec.domain.memory.hugepages.pageSize"
_REQUEST = "spec.domain.resources.requests.memory"
_LIMIT = "spec.domain.resources.limits.memory"


def memory_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """There is memory, within bounds, made of whole pages, and the Pod may use as much."""
    domain = spec.domain
    memory = domain.memory or Memory()
    request = (domain.resources.requests or {}).get("memory")
    limit = (domain.resources.limits or {}).get("memory")
    if memory.guest is None and memory.hugepages is None and not amount(request):
        yield required(_GUEST, f"the guest has no memory: set it (1Gi, say), or {_REQUEST}, or {_PAGE_SIZE}.")
    yield from _bounds(_GUEST, memory.guest)
    yield from _bounds("spec.domain.memory.maxGuest", memory.max_guest)
    yield from _request_and_limit(memory, request, limit)
    yield from _hugepages(memory, request)
    if memory.reserved_overhead is not None and not settings.gate("ReservedOverheadMemlock"):
        yield invalid(
            "spec.domain.memory.reservedOverhead",
            "the feature gate ReservedOverheadMemlock is shut; open it in the KubeVirt configuration.",
        )


def _bounds(field: str, quantity: str | int | float | None) -> Iterator[FieldError]:
    value = size(quantity)
    if value is None or value < 0:
        return
    if value < _MINIMUM_BYTES:
        yield invalid(field, f"{shown(quantity)} is less than 1M, with which no guest starts.")
    elif value > _MAXIMUM_BYTES:
        yield invalid(field, f"{shown(quantity)} is more than 4Pi, the most that a guest can address.")


def _request_and_limit(
    memory: Memory, request: str | int | float | None, limit: str | int | float | None
) -> Iterator[FieldError]:
    asked, most, guest = size(request), size(limit), size(memory.guest)
    if request is not None and asked is not None and 0 < asked < _MINIMUM_BYTES:
        yield invalid(_REQUEST, f"{shown(request)} is less than 1M, with which no guest starts.")
    if not most or most < 0:
        return
    if asked is not None and asked > most:
        yield invalid(_REQUEST, f"{shown(request)} is more than {_LIMIT} ({limit}).")
    if guest is not None and guest > most:
        yield invalid(
            _GUEST,
            f"{shown(memory.guest)} is more than {_LIMIT} ({limit}), "
            "so the guest would be killed as soon as it used its memory; raise the limit or leave it out.",
        )


def _hugepages(memory: Memory, request: str | int | float | None) -> Iterator[FieldError]:
    if memory.hugepages is None:
        return
    text = memory.hugepages.page_size
    if not text:
        yield required(_PAGE_SIZE, "huge pages have a size: 2Mi or 1Gi on amd64.")
        return
    page = size(text)
    if page is None or page < 0:
        return
    if page == 0 or page & (page - 1):
        yield invalid(_PAGE_SIZE, f"{shown(text)} is not a page size: it must be a power of two, 2Mi or 1Gi on amd64.")
    guest = size(memory.guest) if size(request) in (None, 0) else size(request)
    if not page or guest is None or guest < 0:
        return
    # The path is the one that KubeVirt's clients know this fault by; the guest's memory counts where none is requested.
    what = "the guest's memory" if size(request) in (None, 0) else "the request"
    if guest < page:
        yield invalid(_REQUEST, f"{what} ({guest} bytes) is less than one page of {_PAGE_SIZE} ({text}).")
    elif guest % page:
        yield invalid(
            _REQUEST,
            f"{what} ({guest} bytes) is not a multiple of {_PAGE_SIZE} ({text}): "
            f"{guest - guest % page} or {guest - guest % page + page} bytes would do.",
        )
