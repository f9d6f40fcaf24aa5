"""Makes a find small: whatever can go without the fault going is taken out of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any


def shrunk(data: bytes, faulty: Callable[[bytes], bool]) -> bytes:
    """The smallest input that was found to have the fault still: of a tree by its branches, of bytes by pieces."""
    try:
        document = json.loads(data)
    except ValueError:
        return _without_pieces(data, faulty)
    if not faulty(_written(document)):
        return _without_pieces(data, faulty)
    while True:
        smaller = next((one for one in _smaller(document) if faulty(_written(one))), None)
        if smaller is None:
            return _written(document)
        document = smaller


def _written(document: Any) -> bytes:
    return json.dumps(document, indent=1).encode() + b"\n"


def _smaller(document: Any) -> Iterator[Any]:
    """The document with one thing less each, large things first; then with simpler scalars."""
    paths = sorted(_paths(document, ()), key=len)
    for path in paths:
        made = copy.deepcopy(document)
        del _holder(made, path)[path[-1]]
        yield made
    for path in paths:
        value = _holder(document, path)[path[-1]]
        if (isinstance(value, str) and len(value) > 1) or (isinstance(value, int) and abs(value) > 1):
            for simple in (value[: len(value) // 2], value[1:]) if isinstance(value, str) else (0, 1, value // 2):
                made = copy.deepcopy(document)
                _holder(made, path)[path[-1]] = simple
                yield made


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


def _holder(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        document = document[step]
    return document


def _without_pieces(data: bytes, faulty: Callable[[bytes], bool]) -> bytes:
    size = len(data) // 2
    while size:
        at = 0
        while at < len(data):
            less = data[:at] + data[at + size :]
            if faulty(less):
                data = less
            else:
                at += size
        size //= 2
    return data
