"""The paths of a VirtualMachineInstance, or of another kind, found from its types: to try one value everywhere.

They walk the types and not an example, so that a field that is added tomorrow is tried tomorrow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import inspect

from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.meta import ObjectMeta

KEY = "key"
"""The key that stands for any key of a map."""

Path = tuple[str | int, ...]

# What is below a map's key is never a field here, so a key goes on to the last bracket, whatever it has.
_STEP = re.compile(r"\[(?P<index>\d+)\]|(?P<key>\[.*\])|\.?(?P<name>\w+)", re.DOTALL)


@cache
def all_paths(spec: type = VirtualMachineInstanceSpec) -> dict[str, inspect.Type]:
    """Every path of metadata and spec with its type; list indexes are ``[0]``, map keys ``.key``."""
    found: dict[str, inspect.Type] = {}
    for name, model in (("metadata", ObjectMeta), ("spec", spec)):
        for path, kind in _walk(inspect.type_info(model)):
            found[dotted((name, *path))] = kind
    return found


def text_paths(spec: type = VirtualMachineInstanceSpec) -> list[Path]:
    """Paths of everything that takes text, such as ("spec", "domain", "devices", "disks", 0, "serial")."""
    found: list[Path] = []
    for name, model in (("metadata", ObjectMeta), ("spec", spec)):
        paths = [path for path, kind in _walk(inspect.type_info(model)) if isinstance(kind, inspect.StrType)]
        found += [(name, *path) for path in paths]
    return found


def document(path: Path, value: Any) -> dict[str, Any]:
    """A document with that value at that path and nothing else."""
    for step in reversed(path):
        value = [value] if step == 0 else {step: value}
    result: dict[str, Any] = value
    return result


def finding_path(path: Path) -> str:
    """The path as a finding writes it: ``metadata.labels[key]``."""
    return re.sub(rf"\.(annotations|labels|matchLabels|nodeSelector)\.{KEY}$", rf".\1[{KEY}]", dotted(path))


def dotted(path: Path) -> str:
    """The path as `all_paths` has it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def is_real(field: str, spec: type = VirtualMachineInstanceSpec) -> bool:
    """Whether a finding's path names a field of the types; map keys and indexes may be any."""
    paths, sofar, position = all_paths(spec), "", 0
    while position < len(field):
        step = _STEP.match(field, position)
        if step is None:
            return False
        position = step.end()
        if step["index"] is not None and f"{sofar}[0]" in paths:
            sofar += "[0]"
        elif step["name"] is not None and f"{sofar}.{step['name']}".removeprefix(".") in paths:
            sofar = f"{sofar}.{step['name']}".removeprefix(".")
        else:
            sofar += f".{KEY}"
        if sofar not in paths:
            return False
    return bool(sofar)


def _walk(kind: inspect.Type, path: Path = ()) -> Iterator[tuple[Path, inspect.Type]]:
    yield path, kind
    if isinstance(kind, inspect.Metadata):
        yield from _walk(kind.type, path)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _walk(one, path)
    elif isinstance(kind, inspect.VarTupleType | inspect.ListType):
        yield from _walk(kind.item_type, (*path, 0))
    elif isinstance(kind, inspect.DictType):
        yield from _walk(kind.value_type, (*path, KEY))
    elif isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from _walk(field.type, (*path, field.encode_name))
