"""Words for faults of a manifest: paths, values shown, and the refusal of a whole source.

What a manifest says ends up in terminals and logs: values and keys are shown short and printable. Paths are written as
Kubernetes writes them: fields follow a point, indexes and keys of a map stand in brackets.
"""

import re
from typing import Any, NoReturn

from kvnode.errors import VALUE_INVALID, FieldError, InvalidManifest

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# A qualified name: a DNS name, a slash and a name.
_LONGEST_KEY = 253 + 1 + 63
# Fields that hold keys of the user's own, for what looks at a document without its types.
_MAPS = frozenset({"annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector", "stringData"})
# Where a sentence names a field of the object by its path; what stands in quotes was written by somebody.
_NAMED_FIELD = re.compile(r"(?<![\w.\]'\"/-])(?=spec\.[a-z])")


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
    """The path of a field, `spec.domain`, or of an entry where the key is no field: in a map of labels, or no word.

    Resources count as fields (`requests.memory`, but `requests[example.com/fpga]`): KubeVirt's clients know them so.
    """
    if _WORD.fullmatch(key) and path.rpartition(".")[2] not in _MAPS:
        return f"{path}.{key}" if path else key
    return entry(path, key)


def entry(path: str, key: str) -> str:
    """The path of a map's entry: `metadata.labels[app]`; a key that can't be shown as it is stands in quotes."""
    plain = len(key) <= _LONGEST_KEY and key.isprintable()
    return f"{path}[{key if plain else shown(key)}]"


def below(path: str, fault: FieldError) -> FieldError:
    """A fault of something that stands in another object: its field, and those that its sentence names, from there on.

    path -- where that something is, such as `spec.template`; empty for the object itself
    """
    if not path:
        return fault
    field = f"{path}.{fault.field}" if fault.field else path
    return FieldError(field, fault.reason, _NAMED_FIELD.sub(f"{path}.", fault.message))


def refuse(
    message: str, line: int | None = None, column: int | None = None, *, field: str = "", reason: str = VALUE_INVALID
) -> NoReturn:
    """Raises InvalidManifest with this one fault."""
    where = "" if line is None else f"line {line}: " if column is None else f"line {line}, column {column}: "
    raise InvalidManifest([FieldError(field, reason, where + message)])
