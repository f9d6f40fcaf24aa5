"""Every error that kvnode raises on purpose.

An error is a sentence with the values in it: what, where, why, and what would do.  Beside the sentence each carries
what a program reads: ``reason`` in CamelCase as a Kubernetes condition has it, ``exit_status`` as the command line
promises it, and for a manifest the list of its faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

VALUE_INVALID = "FieldValueInvalid"
VALUE_REQUIRED = "FieldValueRequired"
VALUE_DUPLICATE = "FieldValueDuplicate"
VALUE_NOT_SUPPORTED = "FieldValueNotSupported"

_MOST_CELLS_TOLD = 8

ByCell = tuple[tuple[int, int], ...]


class FieldError(msgspec.Struct, frozen=True):
    """One fault of a manifest: the path of the field, a Kubernetes cause, and a sentence for a person."""

    field: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class KvnodeError(Exception):
    """The base of all: whoever catches this has caught whatever kvnode refuses."""

    reason = "Failed"
    exit_status = 3
    retryable = False


class InvalidManifest(KvnodeError):
    """A manifest that can't be used; ``errors`` holds every fault that was found, not the first alone."""

    reason = "InvalidManifest"
    exit_status = 1

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = list(errors)
        super().__init__(self.errors)

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))


class QuantityError(KvnodeError, ValueError):
    """Text that isn't a Kubernetes quantity."""

    reason = "InvalidQuantity"
    exit_status = 1


class NotFound(KvnodeError):
    """There is no such guest, image or file."""

    reason = "NotFound"
    exit_status = 1


class AlreadyExists(KvnodeError):
    """A guest or an image of that name is there already."""

    reason = "AlreadyExists"
    exit_status = 1


class InvalidImage(KvnodeError):
    """An image that is broken or that would reach outside of itself."""

    reason = "InvalidImage"
    exit_status = 1


class UsageError(KvnodeError):
    """The command's words are off."""

    reason = "Usage"
    exit_status = 2


class HostError(KvnodeError):
    """The host can't: something is missing, full or not allowed; the sentence says what would do."""

    reason = "HostCannot"
    exit_status = 3


class NoFit(KvnodeError):
    """The guest does not fit on this host: an answer, not an accident.

    reason     -- CamelCase, such as ``NotEnoughHugepages``
    wanted     -- how much was asked for, in ``unit``
    available  -- how much there was
    cell       -- the id of the NUMA cell that it was missing in; None where several cells, or none, could have had it
    by_cell    -- (id, how much there was) of each cell that comes into question; what is given may be a function that
                  tells it

    Cells and sentence are made only when they are read: a scheduler that tries many hosts asks for the reason alone.
    """

    exit_status = 3

    def __init__(
        self,
        reason: str,
        wanted: int,
        available: int,
        cell: int | None = None,
        *,
        unit: str = "",
        by_cell: ByCell | Callable[[], ByCell] = (),
        detail: str = "",
    ) -> None:
        self.reason = reason
        self.wanted = wanted
        self.available = available
        self.unit = unit
        self.detail = detail
        self._cell = cell
        self._by_cell = by_cell
        super().__init__(reason, wanted, available, cell)

    @property
    def by_cell(self) -> ByCell:
        if callable(self._by_cell):
            self._by_cell = self._by_cell()
        return self._by_cell

    @property
    def cell(self) -> int | None:
        return self.by_cell[0][0] if self._cell is None and len(self.by_cell) == 1 else self._cell

    def __reduce__(self) -> tuple[object, ...]:
        # What tells of the cells may be a function, and holds the whole host.
        told = {"unit": self.unit, "detail": self.detail, "_cell": self._cell, "_by_cell": self.by_cell}
        return type(self), self.args, told

    def __str__(self) -> str:
        where = "the host has" if self.cell is None else f"cell {self.cell} has"
        unit = f" {self.unit}" if self.unit else ""
        detail = f": {self.detail}" if self.detail else ""
        return f"{where} {self.available}{unit}{self._spread()}, {self.wanted} wanted{detail} ({self.reason})"

    def _spread(self) -> str:
        """How it lies in the cells, of very many the first."""
        if self.cell is not None or not self.by_cell:
            return ""
        told = ", ".join(f"{amount} in cell {number}" for number, amount in self.by_cell[:_MOST_CELLS_TOLD])
        more = len(self.by_cell) - _MOST_CELLS_TOLD
        return f" ({told}, and {more} cells more)" if more > 0 else f" ({told})"


class GuestCrashed(KvnodeError):
    """The guest, its QEMU or its launcher ended without having been asked to."""

    reason = "GuestCrashed"
    exit_status = 4
