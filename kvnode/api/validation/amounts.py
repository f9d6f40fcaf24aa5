"""Rules about quantities: that they can be read, and that they aren't negative.

Everything else that compares amounts (memory against pages, requests against limits) asks ``amount`` and ``size``
here, which answer None for what is absent or can't be read: a broken quantity is one finding, not a row of them.
"""

from __future__ import annotations

from kvnode._fast.names import is_qualified_name
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings, child, listed, shown
from kvnode.api.validation.names import qualified_name_fault
from kvnode.errors import QuantityError
from kvnode.quantity import Quantity, to_bytes, to_nanos

__all__ = ["ONE", "amount", "amount_rules", "quantity_rules", "size"]

ONE = 10**9
"""The amount that is 1: one byte, one CPU."""

_POD_RESOURCES = ("cpu", "memory", "ephemeral-storage")

_MEMORY = "spec.domain.memory"
_RESOURCES = "spec.domain.resources"


def amount(quantity: Quantity | None) -> int | None:
    """The exact value in billionths, or None where there is none to be read."""
    try:
        return None if quantity is None else to_nanos(quantity)
    except QuantityError:
        return None


def size(quantity: Quantity | None) -> int | None:
    """The value rounded up to a whole number, or None where there is none to be read."""
    try:
        return None if quantity is None else to_bytes(quantity)
    except QuantityError:
        return None


def quantity_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Every quantity of the manifest reads as one and isn't negative."""
    resources = spec.domain.resources
    if resources.requests:
        _amounts(found, "requests", resources.requests)
    if resources.limits:
        _amounts(found, "limits", resources.limits)
    memory = spec.domain.memory
    if memory is not None:
        overhead, pages = memory.reserved_overhead, memory.hugepages
        _quantity(found, f"{_MEMORY}.guest", memory.guest)
        _quantity(found, f"{_MEMORY}.maxGuest", memory.max_guest)
        _quantity(found, f"{_MEMORY}.hugepages.pageSize", pages.page_size if pages else None)
        _quantity(found, f"{_MEMORY}.reservedOverhead.addedOverhead", overhead.added_overhead if overhead else None)
    for index, volume in enumerate(spec.volumes):
        if volume.empty_disk is not None:
            _quantity(found, f"spec.volumes[{index}].emptyDisk.capacity", volume.empty_disk.capacity)
        if volume.host_disk is not None:
            _quantity(found, f"spec.volumes[{index}].hostDisk.capacity", volume.host_disk.capacity)


def amount_rules(found: Findings, field: str, quantity: Quantity | None, *, positive: bool = False) -> None:
    """A quantity of any object: it reads as one, isn't negative, and isn't 0 where nothing won't do."""
    if quantity is None:
        return
    if fault := _fault(quantity):
        found.invalid(field, fault)
    elif positive and not amount(quantity):
        found.invalid(field, f"{shown(quantity)} is nothing: it has to be more than 0.")


def _amounts(found: Findings, kind: str, amounts: dict[str, Quantity]) -> None:
    for name, quantity in amounts.items():
        if name not in _POD_RESOURCES and (fault := _resource_fault(name)):
            found.invalid(child(f"{_RESOURCES}.{kind}", name), f"{shown(name)} {fault}.")
        if fault := _fault(quantity):
            found.invalid(child(f"{_RESOURCES}.{kind}", name), fault)


def _resource_fault(name: str) -> str | None:
    """What a Pod can ask for is one of Kubernetes' own resources, or somebody's, who says so before a slash."""
    if "/" in name or not is_qualified_name(name):
        return qualified_name_fault(name)
    return None if name.startswith("hugepages-") else f"is no resource; it is {listed(_POD_RESOURCES)}, or DOMAIN/NAME"


def _quantity(found: Findings, field: str, quantity: Quantity | None) -> None:
    if quantity is not None and (fault := _fault(quantity)):
        found.invalid(field, fault)


def _fault(quantity: Quantity) -> str | None:
    try:
        negative = to_nanos(quantity) < 0
    except QuantityError as error:
        return f"{error}."
    return f"{shown(quantity)} is less than 0." if negative else None
