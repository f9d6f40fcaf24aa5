"""Rules about quantities: that they can be read, and that they aren't negative.

Everything else that compares amounts (memory against pages, requests against limits) asks ``amount`` and ``size``
here, which answer None for what is absent or can't be read: a broken quantity is one finding, not a row of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import child, invalid, shown
from kvnode.errors import FieldError, QuantityError
from kvnode.quantity import Quantity, parse, to_bytes, to_millis

__all__ = ["amount", "quantity_rules", "size"]


def amount(quantity: Quantity | None) -> Fraction | None:
    """The exact value, or None where there is none to be read."""
    try:
        return None if quantity is None else parse(quantity)
    except QuantityError:
        return None


def size(quantity: Quantity | None) -> int | None:
    """The value rounded up to a whole number, or None where there is none to be read."""
    try:
        return None if quantity is None else to_bytes(quantity)
    except QuantityError:
        return None


def quantity_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Every quantity of the manifest reads as one and isn't negative."""
    for field, quantity in _quantities(spec):
        try:
            value = to_millis(quantity)
        except QuantityError as error:
            yield invalid(field, f"{error}.")
            continue
        if value < 0:
            yield invalid(field, f"{shown(quantity)} is less than 0.")


def _quantities(spec: VirtualMachineInstanceSpec) -> Iterator[tuple[str, Quantity]]:
    domain = spec.domain
    for kind, amounts in (("requests", domain.resources.requests), ("limits", domain.resources.limits)):
        for name, quantity in (amounts or {}).items():
            yield child(f"spec.domain.resources.{kind}", name), quantity
    memory = domain.memory
    if memory is not None:
        overhead = memory.reserved_overhead
        named = (
            ("guest", memory.guest),
            ("maxGuest", memory.max_guest),
            ("hugepages.pageSize", memory.hugepages.page_size if memory.hugepages else None),
            ("reservedOverhead.addedOverhead", overhead.added_overhead if overhead else None),
        )
        for name, value in named:
            if value is not None:
                yield f"spec.domain.memory.{name}", value
    for index, volume in enumerate(spec.volumes):
        if volume.empty_disk is not None:
            yield f"spec.volumes[{index}].emptyDisk.capacity", volume.empty_disk.capacity
        if volume.host_disk is not None and volume.host_disk.capacity is not None:
            yield f"spec.volumes[{index}].hostDisk.capacity", volume.host_disk.capacity
