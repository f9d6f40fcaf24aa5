"""From bytes or text to plain documents, as kubectl reads them.

Encodings, JSON, and the choice between JSON and YAML stand here, YAML itself in `yaml_document`. Whatever comes in
is hostile: size, depth and count of values are bounded while reading (`limits`), and every fault is an
InvalidManifest.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
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
        except RecursionError:
            refuse(f"it is nested deeper than {MAX_DEPTH} levels")
        number += 1
        yield Document(plain(value), number, end - at, {})
        at = end


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


_JSON = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_json_integer,
    parse_constant=lambda word: refuse(f"{word} is not a number that JSON has"),
)
_JSON_SPACE = re.compile(r"[ \t\r\n]*")


_LONGEST_PATH = 1000


class _NotPlain(Exception):
    """What a copy stumbled over, and the steps to it from the inside out: no path is made of what is in order."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.steps: list[str | int] = []


class _Copier:
    """Copies a value within the limits on depth and count."""

    def __init__(self) -> None:
        self.count = 0

    def copy(self, value: Any, depth: int) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            refuse(f"it has more than {MAX_VALUES} values")
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
            return dict(self._inside(value.items(), depth, text_keys=True))
        if isinstance(value, list | tuple):
            return [inner for _, inner in self._inside(enumerate(value), depth)]
        raise _NotPlain(f"{type(value).__name__} is none of JSON's types")

    def _inside(self, items: Iterable[tuple[Any, Any]], depth: int, *, text_keys: bool = False) -> Iterator[Any]:
        for step, inner in items:
            if text_keys and not isinstance(step, str):
                raise _NotPlain(f"the key {shown(step)} is not text")
            try:
                yield step, self.copy(inner, depth + 1)
            except _NotPlain as error:
                error.steps.append(step)
                raise
