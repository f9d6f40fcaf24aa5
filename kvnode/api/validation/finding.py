"""How a rule says what it found.

A finding is a FieldError: the path of the field as the manifest has it, a Kubernetes cause, and one sentence with the
values in it that ends with what would do.  The sentence never repeats its own path (whoever prints it puts that in
front), and a value in it is cut to a length that a terminal can show: manifests are hostile, and a ten-megabyte name
must not come back as a ten-megabyte error.
"""

from __future__ import annotations

from collections.abc import Iterable

from kvnode.api.fault import child, shown
from kvnode.errors import VALUE_DUPLICATE, VALUE_INVALID, VALUE_NOT_SUPPORTED, VALUE_REQUIRED, FieldError

__all__ = ["child", "duplicate", "invalid", "listed", "not_supported", "required", "shown"]


def listed(values: Iterable[str]) -> str:
    """Choices in a sentence: ``a, b or c``."""
    *rest, last = values
    return f"{', '.join(rest)} or {last}" if rest else last


def invalid(field: str, message: str) -> FieldError:
    """The value can't be used."""
    return FieldError(field, VALUE_INVALID, message)


def required(field: str, message: str) -> FieldError:
    """A value is missing."""
    return FieldError(field, VALUE_REQUIRED, message)


def duplicate(field: str, message: str) -> FieldError:
    """The value is taken."""
    return FieldError(field, VALUE_DUPLICATE, message)


def not_supported(field: str, message: str) -> FieldError:
    """The value isn't one of those that exist, or asks for what can't be had."""
    return FieldError(field, VALUE_NOT_SUPPORTED, message)
