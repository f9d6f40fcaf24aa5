"""Documents and objects of the API's types, made from the types' own annotations.

Whatever form of annotation a field has, there is a strategy for it here, so that a type that is added tomorrow is
tried tomorrow. Documents have nothing that counts as absent: reading and writing gives the same document back.
"""

from __future__ import annotations

import importlib
import pkgutil
import types
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

import kvnode.api
from kvnode.api.base import EMPTY, FALSE, NO_ITEMS, NOTHING, ZERO, Duration, IntOrString, Model, Time
from kvnode.api.core import RawObject
from kvnode.quantity import Quantity

# No NUL and no surrogates; those are refused, which has tests of its own.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)

_REQUIRED = [default.default_factory for default in (EMPTY, ZERO, FALSE, NOTHING, NO_ITEMS)]
_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    bool: st.booleans(),
    float: st.floats(0.5, 1e6).filter(lambda number: not number.is_integer()),
    Time: st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat() + "Z"),
    Duration: st.sampled_from(["1h", "1h30m", "250ms", "0"]),
    Quantity: st.sampled_from(["512Mi", "1.5Gi", "500m", 2, 0.5]),
    IntOrString: st.one_of(st.integers(1, 65535), TEXT),
    Any: st.sampled_from(["x", 1, True, [1], {"a": "b"}]),
}
# One good value of each, for documents that have everything.
_EXAMPLES: dict[Any, Any] = {
    str: "text",
    bool: True,
    float: 1.5,
    Time: "2026-08-01T12:00:00Z",
    Duration: "1h30m",
    Quantity: "512Mi",
    IntOrString: "25%",
    Any: {"a": ["b"]},
}


@cache
def api_types() -> tuple[type[Model], ...]:
    """Every type of the API, by name. Whoever else has a type on the same base answers for it; RawObject is no type
    of the API, it holds a document as it is."""
    for module in pkgutil.iter_modules(kvnode.api.__path__):
        importlib.import_module(f"kvnode.api.{module.name}")
    own = {kind for kind in _below(Model) if kind.__module__.startswith("kvnode.api.")} - {RawObject}
    return tuple(sorted(own, key=lambda kind: kind.__name__))


def documents_of(kind: type[msgspec.Struct], head: dict[str, Any] | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Documents of this type with what it requires and a few more of its fields, at any depth.

    head -- fields that each of them has, as they are
    """
    given = head or {}
    required = {f.encode_name for f in msgspec.structs.fields(kind) if f.default_factory in _REQUIRED} - set(given)
    fields = {
        field.encode_name: st.deferred(lambda annotation=field.type: _values(annotation))
        for field in msgspec.structs.fields(kind)
        if field.encode_name not in given
    }
    # Few fields at a time, or documents grow beyond measure: each has as many again.
    some = st.lists(st.sampled_from(sorted(fields)), max_size=2, unique=True) if fields else st.just([])
    chosen = some.flatmap(lambda names: st.fixed_dictionaries({name: fields[name] for name in required.union(names)}))
    return chosen.map(lambda found: {**given, **found})


def objects_of(kind: type[msgspec.Struct], head: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """Objects of this type, as `documents_of` has their documents."""
    return documents_of(kind, head).map(lambda document: msgspec.convert(document, kind))


def whole_document(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """A document of this type with every field at any depth; where a type is inside itself, it stops."""
    return _whole(kind, ())


# Kept, since drawing what was drawn from before is far cheaper.
@cache
def _values(annotation: Any) -> st.SearchStrategy[Any]:
    def made(form: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
        if form is Annotated:
            return st.integers(arguments[1].ge, arguments[1].le)
        if form is tuple:
            return st.lists(_values(arguments[0]), min_size=1, max_size=2)
        if form is dict:
            return st.dictionaries(TEXT, _values(arguments[1]), max_size=2)
        return documents_of(arguments[0])

    return _by_form(annotation, _SCALARS, made)


def _whole(kind: type[msgspec.Struct], within: tuple[type, ...]) -> dict[str, Any]:
    def made(form: Any, arguments: tuple[Any, ...]) -> Any:
        if form is Annotated:
            return arguments[1].le
        if form is tuple:
            inner = [arguments[0]]
            return [] if inner[0] in (*within, kind) else [_by_form(inner[0], _EXAMPLES, made)]
        if form is dict:
            return {"key": _by_form(arguments[1], _EXAMPLES, made)}
        return _whole(arguments[0], (*within, kind))

    found = {field.encode_name: _by_form(field.type, _EXAMPLES, made) for field in msgspec.structs.fields(kind)}
    return {name: value for name, value in found.items() if value != []}


def _by_form(annotation: Any, scalars: dict[Any, Any], made: Callable[[Any, tuple[Any, ...]], Any]) -> Any:
    """What `scalars` has for an annotation, or what `made` makes of its form: Annotated, tuple, dict or Struct."""
    if annotation in scalars:
        return scalars[annotation]
    form, arguments = get_origin(annotation), get_args(annotation)
    if form in (Union, types.UnionType):
        members = tuple(member for member in arguments if member is not type(None))
        # A union flattens: `Quantity | None` is `str | int | float | None`.
        return _by_form(members[0], scalars, made) if len(members) == 1 else scalars[Union[members]]  # noqa: UP007
    if form in (Annotated, tuple, dict):
        return made(form, arguments)
    return made(msgspec.Struct, (annotation,))


def _below(kind: type) -> set[type]:
    return {found for direct in kind.__subclasses__() for found in (direct, *_below(direct))}
