"""Words for faults of a manifest: paths, values shown, and the refusal of a whole source.

What a manifest says ends up in terminals and logs: values are shown short and printable, keys that aren't plain
words in quotes.
"""

import re
from typing import Any, NoReturn

from kvnode.errors import VALUE_INVALID, FieldError, InvalidManifest

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def shown(value: Any) -> str:
    """A value from a manifest for a message: at most some 50 characters, printable, whatever it is."""
    if isinstance(value, str):
        return repr(value) if len(value) <= 40 else f"{value[:40]!r}..."
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length()} bits"
    return str(value)[:50]


def child(path: str, key: str) -> str:
    """The path of a field: `spec.domain`, or `labels['a b']` where the key isn't a plain word."""
    if _WORD.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{shown(key)}]"


def refuse(
    message: str, line: int | None = None, column: int | None = None, *, field: str = "", reason: str = VALUE_INVALID
) -> NoReturn:
    """Raises InvalidManifest with this one fault."""
    where = "" if line is None else f"line {line}: " if column is None else f"line {line}, column {column}: "
    raise InvalidManifest([FieldError(field, reason, where + message)])
