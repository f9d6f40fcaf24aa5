"""The fields of a type at any depth, and where a document sets them.

A field's path is that of a finding, with `[]` for any place in a list and `<name>` for any key of a map. Maps whose
keys mean something each (`requests.cpu`) have a field for each of those keys. What is found comes from the types, so
that a field that is added tomorrow is a field here tomorrow.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from kvnode.api.fault import child

KEY = "<name>"
_AMOUNTS = ("cpu", "memory")
KNOWN_KEYS = {"spec.domain.resources.requests": _AMOUNTS, "spec.domain.resources.limits": _AMOUNTS}
"""Keys of maps that mean something each; any other is `<name>`."""

Steps = tuple[str | int, ...]


class Field(msgspec.Struct, frozen=True):
    """A field: its path, what it holds (without `| None`), and the type that declares it; None for a map's key."""

    path: str
    holds: Any
    owner: type[msgspec.Struct] | None
    name: str


def fields_below(
    kind: type[msgspec.Struct], root: str, foreign: tuple[type[msgspec.Struct], ...] = ()
) -> Iterator[Field]:
    """Every field of a type at any depth, a field before those within it.

    foreign  -- types of others, which are one thing each: their fields aren't entered
    """
    for field in msgspec.structs.fields(kind):
        path, holds = f"{root}.{field.encode_name}", plain(field.type)
        yield Field(path, holds, kind, field.encode_name)
        if get_origin(holds) is dict and path in KNOWN_KEYS:
            yield from (Field(f"{path}.{key}", get_args(holds)[1], None, key) for key in (*KNOWN_KEYS[path], KEY))
        inner, suffix = _inside(holds)
        if inner is not None and inner not in foreign:
            yield from fields_below(inner, path + suffix, foreign)


def places(kind: type[msgspec.Struct], value: Any, root: str, at: Steps) -> Iterator[tuple[str, Steps]]:
    """(path of the field, steps to it) of everything that a document of this type sets, a field before those within.

    value  -- the document's part that is of this type
    root   -- the path of that part, at -- the steps to it
    """
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        if name in value:
            path, holds = f"{root}.{name}", plain(field.type)
            yield path, (*at, name)
            yield from _within(holds, value[name], path, (*at, name))


def _within(holds: Any, value: Any, path: str, at: Steps) -> Iterator[tuple[str, Steps]]:
    inner, suffix = _inside(holds)
    if path in KNOWN_KEYS:
        yield from ((f"{path}.{key if key in KNOWN_KEYS[path] else KEY}", (*at, key)) for key in value)
    if inner is None:
        return
    if suffix == "[]":
        for index, item in enumerate(value):
            yield from places(inner, item, path + suffix, (*at, index))
    elif suffix:
        for key, item in value.items():
            yield from places(inner, item, path + suffix, (*at, key))
    else:
        yield from places(inner, value, path, at)


def plain(annotation: Any) -> Any:
    """An annotation without `| None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        members = tuple(one for one in get_args(annotation) if one is not type(None))
        return members[0] if len(members) == 1 else Union[members]  # noqa: UP007
    return annotation


def _inside(holds: Any) -> tuple[type[msgspec.Struct] | None, str]:
    """The type within an annotation, and what a path has before its fields; None where there is none."""
    form, arguments = get_origin(holds), get_args(holds)
    if form is tuple:
        inner, suffix = plain(arguments[0]), "[]"
    elif form is dict:
        inner, suffix = plain(arguments[1]), f".{KEY}"
    elif form is Annotated:
        return None, ""
    else:
        inner, suffix = holds, ""
    is_struct = isinstance(inner, type) and issubclass(inner, msgspec.Struct)
    return (inner, suffix) if is_struct else (None, "")


def written(steps: Steps) -> str:
    """The path of one place, as findings write it: `spec.volumes[0].name`."""
    path = ""
    for step in steps:
        path = f"{path}[{step}]" if isinstance(step, int) else child(path, step)
    return path


def covers(finding: str, place: str) -> bool:
    """Whether what is said of one path is said of a place too: it is that place, or around it."""
    return place == finding or place.startswith((f"{finding}.", f"{finding}["))


def value_at(document: Any, steps: Steps) -> Any:
    """What stands there."""
    for step in steps:
        document = document[step]
    return document


def changed(document: dict[str, Any], steps: Steps, *value: Any) -> dict[str, Any]:
    """A copy with another value there, or with nothing where none is given."""
    # Not by deepcopy, which keeps parts that are shared one part: a change of one would be a change of all.
    made: dict[str, Any] = json.loads(json.dumps(document))
    *parents, last = steps
    here = value_at(made, tuple(parents))
    if value:
        here[last] = value[0]
    else:
        del here[last]
    return made
