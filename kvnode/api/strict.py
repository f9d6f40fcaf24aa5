"""The strict walk: a plain document against the type that it should have, every fault with its path.

The fast decoder (`decode`) stops at the first type error and passes over unknown fields, which is right for what an
API server has stored and wrong for what a person has written. This walk goes over the whole document once, collects
every unknown field with the name that was probably meant, and every value of a wrong type, and builds the object as
it goes; so what it accepts needs no second look.

It knows types and nothing else: whether `bus: pink` is a bus is validation's business. A null is an absent field,
as it is in Go. NUL and lone surrogates are refused in every text, because neither libvirt's XML nor the kernel's
strings can carry them. The shape of a type is taken from its annotations when it is first met, and kept.

Each webhook walks over every guest, and nearly all are sound. So the path of a value is not made on the way to it: a
checker is told the place as the steps that lead there, and whoever has a fault to tell makes words of them.
"""

import re
import types
from collections.abc import Callable
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from msgspec import Meta, Struct
from msgspec.structs import fields

from kvnode.api.base import Duration, IntOrString, Time
from kvnode.api.fault import child, entry, shown
from kvnode.api.limits import MAX_DEPTH, MAX_FAULTS
from kvnode.api.meta import FieldsV1
from kvnode.errors import VALUE_INVALID, FieldError, QuantityError
from kvnode.quantity import Quantity, to_nanos

T = TypeVar("T", bound=Struct)

# What a checker hands back for a value that it refused.
_BAD: Any = object()

# Text that libvirt, the kernel or UTF-8 can't carry.
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_DURATION = re.compile(r"[-+]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})")
_LIKE_A_NUMBER = re.compile(r"[-+]?[0-9]{1,19}")


# A step and what is above it: (place above, how the step is written behind a path, the step, mapping, key). The mapping
# and the key in it are what has a line: of an entry of a list those that the list has. At the top the step is the path.
Place = tuple[Any, Callable[[str, Any], str], Any, Any, str]


def path_of(at: Place) -> str:
    """The path of a place, as faults tell it."""
    above, written, step, _, _ = at
    path: str = step if above is None else written(path_of(above), step)
    return path


def _field(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _item(path: str, index: int) -> str:
    return f"{path}[{index}]"


def _top(path: str) -> Place:
    return None, _field, path, None, ""


class Walk:
    """One pass over one document: the faults found so far.

    lines    -- line of each key by id() of its mapping, where the document has lines
    suffix   -- said after each message: which document of several this is
    """

    def __init__(self, lines: dict[int, dict[str, int]] | None = None, suffix: str = "") -> None:
        self.errors: list[FieldError] = []
        # Those too that are more than are told.
        self.faults = 0
        self.lines = lines or {}
        self.suffix = suffix
        self.depth = 0

    def fault(self, path: str, message: str, holder: Any = None, key: str = "", *, reason: str = VALUE_INVALID) -> Any:
        """Notes one fault, unless there are enough; the line is that of `key` in `holder`."""
        self.faults += 1
        if self.faults <= MAX_FAULTS:
            line = self.lines.get(id(holder), {}).get(key)
            where = "" if line is None else f" (line {line})"
            self.errors.append(FieldError(path, reason, f"{message}{where}{self.suffix}"))
        return _BAD

    def fault_at(self, at: Place, message: str) -> Any:
        """Notes one fault of the value at this place."""
        return self.fault(path_of(at), message, at[3], at[4])

    def enter(self, at: Place) -> bool:
        """Counts one level down; False, and a fault, where that is too deep."""
        self.depth += 1
        if self.depth <= MAX_DEPTH:
            return True
        self.fault(path_of(at)[:200], f"it is nested deeper than {MAX_DEPTH} levels")
        return False


# Takes the walk, the value and its place; hands back the value to store, or _BAD.
Checker = Callable[[Walk, Any, Place], Any]


def read(kind: type[T], value: Any, walk: Walk, path: str = "") -> T | None:
    """The object that a document describes, or None; `walk.errors` has every fault.

    kind  -- a type of the API
    value -- the document in JSON's types: dict, list, str, int, float, bool, None
    path  -- where the document stands in a larger one, `items[2]` for one of a list
    """
    found = walk.faults
    built = _object(kind)(walk, value, _top(path))
    return built if built is not _BAD and walk.faults == found else None


def check_text(value: Any, walk: Walk, path: str = "") -> None:
    """Notes each text and key in an untyped value that nothing downstream can carry."""
    _anything(walk, value, _top(path))


# Objects


# A field of a type: its attribute, what checks it, and the type of a value that needs no check, if there is one; text
# needs none if it is ASCII without a NUL, as nearly all text is.
_Slot = tuple[str, Checker, type | None]

_shapes: dict[type[Struct], dict[str, _Slot]] = {}
_objects: dict[type[Struct], Checker] = {}


def _shape(kind: type[Struct]) -> dict[str, _Slot]:
    shape = _shapes.get(kind)
    if shape is None:
        checkers = {f.encode_name: (f.name, _checker(f.type)) for f in fields(kind)}
        plain: dict[Checker, type] = {_text: str, _truth: bool}
        shape = {wire: (name, checker, plain.get(checker)) for wire, (name, checker) in checkers.items()}
        _shapes[kind] = shape
    return shape


def _object(kind: type[Struct]) -> Checker:
    known = _objects.get(kind)
    if known is not None:
        return known

    def check(walk: Walk, value: Any, at: Place) -> Any:
        if not isinstance(value, dict):
            return walk.fault_at(at, f"{shown(value)} is not an object with the fields of a {kind.__name__}")
        shape = _shapes.get(kind) or _shape(kind)
        arguments: dict[str, Any] = {}
        if walk.enter(at):
            for name, inner in value.items():
                slot = shape.get(name)
                if slot is None:
                    _unknown(walk, kind, value, name, at)
                elif inner is not None:
                    attribute, checker, plain = slot
                    found = type(inner)
                    if found is plain and (found is bool or (inner.isascii() and "\0" not in inner)):
                        arguments[attribute] = inner
                    else:
                        arguments[attribute] = checker(walk, inner, (at, _field, name, value, name))
        walk.depth -= 1
        # Built even if something in it is bad, so that the walk is one pass; `read` throws it away then.
        return kind(**arguments)

    _objects[kind] = check
    return check


def _unknown(walk: Walk, kind: type[Struct], holder: dict[str, Any], name: Any, at: Place) -> None:
    if len(walk.errors) >= MAX_FAULTS:
        return
    known = _shape(kind)
    advice = ""
    if isinstance(name, str) and len(name) <= 64:
        folded = {field.lower(): field for field in known}
        close = [folded[name.lower()]] if name.lower() in folded else get_close_matches(name, known, 1, 0.7)
        if close:
            advice = f"; did you mean {close[0]}?"
    if not advice:
        advice = f"; it has {', '.join(sorted(known))}" if 0 < len(known) <= 16 else ""
    walk.fault(
        child(path_of(at), str(name)), f"a {kind.__name__} has no field {shown(name)}{advice}", holder, str(name)
    )


# Lists and maps


def _array(item: Checker) -> Checker:
    def check(walk: Walk, value: Any, at: Place) -> Any:
        if not isinstance(value, list | tuple):
            return walk.fault_at(at, f"{shown(value)} is not a list")
        _, _, _, holder, key = at
        found = []
        if walk.enter(at):
            for index, inner in enumerate(value):
                below = (at, _item, index, holder, key)
                if inner is None:
                    walk.fault_at(below, "the entry is empty")
                else:
                    found.append(item(walk, inner, below))
        walk.depth -= 1
        return tuple(found)

    return check


def _map(item: Checker) -> Checker:
    # Amounts of resources are told as fields.
    written = child if item is _quantity else entry

    def check(walk: Walk, value: Any, at: Place) -> Any:
        if not isinstance(value, dict):
            return walk.fault_at(at, f"{shown(value)} is not a map of keys and values")
        found = {}
        if walk.enter(at):
            for name, inner in value.items():
                # JSON and YAML have text for keys already.
                own = str(name)
                below = (at, written, own, value, own)
                _check_key(walk, own, below)
                if inner is None:
                    walk.fault_at(below, "the value is empty; write '' if that is meant")
                else:
                    found[own] = item(walk, inner, below)
        walk.depth -= 1
        return found

    return check


# Scalars


def _check_key(walk: Walk, key: str, at: Place) -> None:
    """Notes what is wrong with a key of a map, by the path of its entry."""
    if not key.isascii() or "\0" in key:
        bad = _UNWRITABLE.search(key)
        if bad is not None:
            walk.fault_at(at, f"the key has {_unwritable(bad)}")


def _text(walk: Walk, value: Any, at: Place) -> Any:
    if not isinstance(value, str):
        return walk.fault_at(at, f"{shown(value)} is {_kind_of(value)}, text is wanted{_quoting(value)}")
    if not value.isascii() or "\0" in value:
        bad = _UNWRITABLE.search(value)
        if bad is not None:
            return walk.fault_at(at, f"the text has {_unwritable(bad)}")
    return value


def _unwritable(bad: re.Match[str]) -> str:
    what = "a NUL character" if bad.group() == "\0" else "half a surrogate pair"
    return f"{what} at {bad.start()}, which nothing can carry"


def _truth(walk: Walk, value: Any, at: Place) -> Any:
    if isinstance(value, bool):
        return value
    advice = "; leave out the quotes" if value in ("true", "false") else ""
    return walk.fault_at(at, f"{shown(value)} is {_kind_of(value)}, true or false is wanted{advice}")


def _whole_number(least: int, most: int) -> Checker:
    def check(walk: Walk, value: Any, at: Place) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            advice = "; leave out the quotes" if isinstance(value, str) and _LIKE_A_NUMBER.fullmatch(value) else ""
            return walk.fault_at(at, f"{shown(value)} is {_kind_of(value)}, a whole number is wanted{advice}")
        if not least <= value <= most:
            return walk.fault_at(at, f"{shown(value)} is outside of {least} to {most}")
        return value

    return check


def _number(walk: Walk, value: Any, at: Place) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return walk.fault_at(at, f"{shown(value)} is {_kind_of(value)}, a number is wanted")
    if isinstance(value, int) and value.bit_length() > 64:
        return walk.fault_at(at, f"{shown(value)} is too large")
    return float(value)


def _quantity(walk: Walk, value: Any, at: Place) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        message = f"{shown(value)} is {_kind_of(value)}, a quantity such as 512Mi or 2 is wanted"
        return walk.fault_at(at, message)
    try:
        to_nanos(value)
    except QuantityError as error:
        return walk.fault_at(at, str(error))
    return value


def _number_or_name(walk: Walk, value: Any, at: Place) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return _whole_number(-(2**31), 2**31 - 1)(walk, value, at)
    return _text(walk, value, at)


def _time(walk: Walk, value: Any, at: Place) -> Any:
    if not isinstance(value, str):
        return _text(walk, value, at)
    try:
        if _RFC_3339.fullmatch(value) is None:
            raise ValueError("not RFC 3339")
        datetime.fromisoformat(value[:19])
    except ValueError:
        return walk.fault_at(at, f"{shown(value)} is not a time such as 2026-08-01T12:00:00Z")
    return value


def _duration(walk: Walk, value: Any, at: Place) -> Any:
    if not isinstance(value, str):
        return _text(walk, value, at)
    if _DURATION.fullmatch(value) is None:
        return walk.fault_at(at, f"{shown(value)} is not a duration such as 1h30m or 250ms")
    return value


def _anything(walk: Walk, value: Any, at: Place) -> Any:
    if isinstance(value, str):
        return _text(walk, value, at)
    if isinstance(value, dict | list | tuple):
        if walk.enter(at):
            if isinstance(value, dict):
                for name, inner in value.items():
                    below: Place = (at, child, str(name), value, str(name))
                    _check_key(walk, str(name), below)
                    _anything(walk, inner, below)
            else:
                _, _, _, holder, key = at
                for index, inner in enumerate(value):
                    _anything(walk, inner, (at, _item, index, holder, key))
        walk.depth -= 1
    return value


def _owned_fields(walk: Walk, value: Any, at: Place) -> Any:
    """A tree that is the API server's own: as long as it is one, and of text, it is passed over."""
    if not isinstance(value, dict):
        return walk.fault_at(at, f"{shown(value)} is not a map of keys and values")
    _anything(walk, value, at)
    return FieldsV1()


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int | float):
        return "a number"
    return "text" if isinstance(value, str) else "no value" if isinstance(value, dict | list | tuple) else "empty"


def _quoting(value: Any) -> str:
    if isinstance(value, bool):
        return "; YAML takes yes, no, on, off, y and n without quotes for truth values, so write it in quotes"
    return "; write it in quotes" if isinstance(value, int | float) else ""


# From annotations to checkers

_SCALARS: dict[Any, Checker] = {
    str: _text,
    bool: _truth,
    float: _number,
    Time: _time,
    Duration: _duration,
    Quantity: _quantity,
    IntOrString: _number_or_name,
    Any: _anything,
    FieldsV1: _owned_fields,
}


def _checker(annotation: Any) -> Checker:
    """What checks values of a field with this annotation; every form that the types of this package use is here."""
    known = _SCALARS.get(annotation)
    if known is not None:
        return known
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        # A union flattens: `Quantity | None` is `str | int | float | None`.
        members = tuple(member for member in get_args(annotation) if member is not type(None))
        if len(members) == 1:
            return _checker(members[0])
        return _SCALARS[Union[members]]  # noqa: UP007 (made at run time)
    if origin is Annotated:
        base, *extras = get_args(annotation)
        meta = next(extra for extra in extras if isinstance(extra, Meta))
        if base is int and isinstance(meta.ge, int) and isinstance(meta.le, int):
            return _whole_number(meta.ge, meta.le)
    if origin is tuple:
        return _array(_checker(get_args(annotation)[0]))
    if origin is dict:
        return _map(_checker(get_args(annotation)[1]))
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return _object(annotation)
    raise TypeError(f"no checker for {annotation!r}")
