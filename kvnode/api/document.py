"""From bytes or text to plain documents, as kubectl reads them.

Encodings, JSON, and the choice between JSON and YAML stand here, YAML itself in `yaml_document`. Whatever comes in
is hostile: size, depth and count of values are bounded while reading (`limits`), and every fault is an
InvalidManifest.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from msgspec import Struct

from kvnode.api.fault import child, refuse, shown
from kvnode.api.limits import MAX_DEPTH, MAX_DOCUMENTS, MAX_SOURCE, MAX_VALUES
from kvnode.api.yaml_document import NotYaml, whole, yaml_documents
from kvnode.errors import VALUE_DUPLICATE

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


class Document(Struct, frozen=True):
    """One document of a source.

    value  -- dict, list, str, int, float, bool or None, nested; aliases are the same object twice: don't change it
    number -- which document of the source it is, from 1
    size   -- how many characters it was written in
    lines  -- of YAML: line of each key by id() of its mapping. `value` keeps those mappings alive
    """

    value: Any
    number: int
    size: int
    lines: dict[int, dict[str, int]]


def documents(source: bytes | str) -> Iterator[Document]:
    """Each document of JSON or YAML, one after the other, those left empty included.

    JSON is what starts with a brace or a bracket and can be read as JSON; any number of values may follow each other.
    Raises InvalidManifest, with line and column in its message, for what can't be read or is beyond a limit.
    """
    text = _decoded(source)
    for number, document in enumerate(_documents(text)):
        if number == MAX_DOCUMENTS:
            refuse(f"it has more than {MAX_DOCUMENTS} documents")
        yield document


def _documents(text: str) -> Iterator[Document]:
    if text.lstrip(" \t\r\n")[:1] in ("{", "["):
        try:
            yield from _at_once(_json_documents(text))
            return
        except json.JSONDecodeError as error:
            # YAML's flow style looks like JSON from afar; what is neither was meant as JSON.
            refusal = f"this is not JSON: {error.msg}", error.lineno, error.colno
        try:
            yield from _at_once(_yaml_documents(text))
        except NotYaml:
            refuse(*refusal)
        return
    yield from _yaml_documents(text)


def plain(value: Any) -> Any:
    """A copy of a Python value in JSON's types. Raises InvalidManifest for what JSON doesn't have, by its path."""
    try:
        return _Copier().copy(value, 0)
    except _NotPlain as error:
        path = ""
        for step in reversed(error.steps):
            path = child(path, step) if isinstance(step, str) else f"{path}[{step}]"
        refuse(error.message, field=path[:_LONGEST_PATH])


def _at_once(found: Iterator[Document]) -> list[Document]:
    """All documents, so that nothing is handed out of a source that is broken further down; one beyond the limit."""
    return list(islice(found, MAX_DOCUMENTS + 1))


def _yaml_documents(text: str) -> Iterator[Document]:
    for number, (value, size, lines) in enumerate(yaml_documents(text), 1):
        yield Document(value, number, size, lines)


def _decoded(source: bytes | str) -> str:
    if len(source) > MAX_SOURCE:
        refuse(f"it is larger than {MAX_SOURCE >> 20} MiB, the most that is read at once")
    if isinstance(source, str):
        text = source
    else:
        mark, encoding = next((pair for pair in _BYTE_ORDER_MARKS if source.startswith(pair[0])), (b"", "utf-8"))
        try:
            text = source[len(mark) :].decode(encoding)
        except UnicodeDecodeError as error:
            line = source.count(b"\n", 0, error.start) + 1
            refuse(f"byte {error.start} is not {encoding.upper()}: {error.reason}", line)
    return text.removeprefix("\ufeff")


def _json_documents(text: str) -> Iterator[Document]:
    # Upper bound of the values, since the decoder itself can't be told to stop.
    if text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        refuse(f"it has more than {MAX_VALUES} values")
    at, number = 0, 0
    while True:
        at = _JSON_SPACE.match(text, at).end()  # type: ignore[union-attr]
        if at == len(text):
            return
        try:
            value, end = _JSON.raw_decode(text, at)
            sound = _is_shallow(value)
        except RecursionError:
            refuse(f"it is nested deeper than {MAX_DEPTH} levels")
        except _Infinite:
            value, end = _JSON_WITH_INFINITE.raw_decode(text, at)
            sound = False
        number += 1
        # What is wrong with a value is found by copying it, which tells the path.
        yield Document(value if sound else plain(value), number, end - at, {})
        at = end


def _is_shallow(value: Any) -> bool:
    """Whether a value that JSON gave is nested within the limit: one level after the other, and no path on the way."""
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(MAX_DEPTH):
        if not level:
            return True
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _CONTAINERS
        ]
    return not any(level)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        refuse(f"the key {shown(twice)} stands twice in one object", reason=VALUE_DUPLICATE)
    return mapping


def _json_integer(text: str) -> int | float:
    if len(text) > 400:
        refuse(f"a number has {len(text)} digits")
    number = int(text)
    # As kubectl and YAML have it; what is infinite then is told with its path.
    return number if -(2**63) <= number < 2**64 else float(text)


class _Infinite(Exception):
    """A number is beyond what a float can hold."""


def _finite_integer(text: str) -> int | float:
    return _finite(_json_integer(text))


def _finite_float(text: str) -> int | float:
    return whole(_finite(float(text)))


def _finite(number: int | float) -> int | float:
    if math.isinf(number):
        raise _Infinite
    return number


def _json_decoder(integer: Callable[[str], int | float], number: Callable[[str], int | float]) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_unique,
        parse_int=integer,
        parse_float=number,
        parse_constant=lambda word: refuse(f"{word} is not a number that JSON has"),
    )


_JSON = _json_decoder(_finite_integer, _finite_float)
_JSON_WITH_INFINITE = _json_decoder(_json_integer, float)
_JSON_SPACE = re.compile(r"[ \t\r\n]*")


_LONGEST_PATH = 1000
_CONTAINERS = frozenset({dict, list})
# What a copy takes as it is.
_UNCHANGED = frozenset({str, bool, type(None)})


class _NotPlain(Exception):
    """What a copy stumbled over, and the steps to it from the inside out: no path is made of what is in order."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.steps: list[str | int] = []


class _Copier:
    """Copies a value within the limits on depth and count."""

    def __init__(self) -> None:
        self.count = 1

    def copy(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise _NotPlain(f"it is nested deeper than {MAX_DEPTH} levels")
        if value is None or isinstance(value, str | bool):
            return value
        if isinstance(value, int):
            if -(2**63) <= value < 2**64:
                return value
            # No digits are counted: that takes time that grows with their square.
            value = float(value) if value.bit_length() <= 1023 else math.inf
        if isinstance(value, float):
            if not math.isfinite(value):
                raise _NotPlain("the number is infinite or none at all, or too large")
            return whole(value)
        if isinstance(value, dict):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple):
            return self._sequence(value, depth)
        raise _NotPlain(f"{type(value).__name__} is none of JSON's types")

    def _mapping(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        self._take(len(value))
        made: dict[str, Any] = {}
        for step, inner in value.items():
            if not isinstance(step, str):
                raise _NotPlain(f"the key {shown(step)} is not text")
            # Most of what there is, without a call for each.
            if type(inner) in _UNCHANGED and depth < MAX_DEPTH:
                made[step] = inner
                continue
            try:
                made[step] = self.copy(inner, depth + 1)
            except _NotPlain as error:
                error.steps.append(step)
                raise
        return made

    def _sequence(self, value: Sequence[Any], depth: int) -> list[Any]:
        self._take(len(value))
        made = []
        for index, inner in enumerate(value):
            try:
                made.append(self.copy(inner, depth + 1))
            except _NotPlain as error:
                error.steps.append(index)
                raise
        return made

    def _take(self, more: int) -> None:
        self.count += more
        if self.count > MAX_VALUES:
            refuse(f"it has more than {MAX_VALUES} values")
