"""How a rule says what it found.

A finding is a FieldError: the path of the field as the manifest has it, a Kubernetes cause, and one sentence with the
values in it that ends with what would do.  The sentence never repeats its own path (whoever prints it puts that in
front), and a value in it is cut to a length that a terminal can show: manifests are hostile, and a ten-megabyte name
must not come back as a ten-megabyte error.

Rules add to a list that they are handed, and make a path only when they have something to say: nearly all manifests
are sound, and what is sound should cost nothing but being looked at.
"""

from __future__ import annotations

from collections.abc import Iterable

from kvnode.api.fault import child, shown
from kvnode.errors import VALUE_DUPLICATE, VALUE_INVALID, VALUE_NOT_SUPPORTED, VALUE_REQUIRED, FieldError

__all__ = ["Findings", "child", "few", "listed", "shown"]

_FEW = 6


class Findings(list[FieldError]):
    """What rules found, in the order of the rules; a cause has a method each."""

    __slots__ = ()

    def invalid(self, field: str, message: str) -> None:
        """The value can't be used."""
        self.append(FieldError(field, VALUE_INVALID, message))

    def required(self, field: str, message: str) -> None:
        """A value is missing."""
        self.append(FieldError(field, VALUE_REQUIRED, message))

    def duplicate(self, field: str, message: str) -> None:
        """The value is taken."""
        self.append(FieldError(field, VALUE_DUPLICATE, message))

    def not_supported(self, field: str, message: str) -> None:
        """The value isn't one of those that exist, or asks for what can't be had."""
        self.append(FieldError(field, VALUE_NOT_SUPPORTED, message))


def listed(values: Iterable[str]) -> str:
    """Choices in a sentence: ``a, b or c``."""
    *rest, last = values
    return f"{', '.join(rest)} or {last}" if rest else last


def few(values: Iterable[str]) -> str:
    """Choices that somebody wrote, in a sentence: each cut and printable, and no more than a few of them."""
    given = [shown(value) for value in values]
    return listed(given) if len(given) <= _FEW else f"{', '.join(given[:_FEW])} or another"
