"""Rules about all text of a manifest at once: no NUL, no half characters, and no more than the API server stores.

Fields whose text ends in a domain, in a file's name or in a command line have grammars of their own, which stand with
the fields. What is left are texts that may hold nearly anything (annotations, user data). The whole object is
encoded once, and only where that shows something is it walked to find the path: a sound manifest pays a few
microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from kvnode.api.base import Model
from kvnode.api.validation.finding import Findings, child

__all__ = ["MAX_OBJECT_BYTES", "string_rules"]

MAX_OBJECT_BYTES = 1536 * 1024
"""etcd's default bound on a request (--max-request-bytes)."""

_ENCODE = msgspec.json.Encoder().encode


def string_rules(found: Findings, item: Model) -> None:
    """No text holds a NUL character or a lone surrogate, and the object fits into etcd."""
    try:
        document = _ENCODE(item)
    except UnicodeEncodeError:
        _broken_texts(found, item)
        return
    # A single byte is found in a twentieth of the time; from the end, because the search stops at each byte that is the
    # one it begins with, and zeros are many. An escaped NUL may also be a text that spells it out: the walk tells.
    if b"\\" in document and document.rfind(b"\\u0000") >= 0:
        _broken_texts(found, item)
    if len(document) > MAX_OBJECT_BYTES:
        field, text = max(_texts(msgspec.to_builtins(item), ""), key=lambda pair: len(pair[1]))
        message = f"the object has {len(document)} bytes, more than {MAX_OBJECT_BYTES}, the most that is stored"
        if len(text) > MAX_OBJECT_BYTES // 8:
            found.invalid(field, f"{message}; this is its largest text ({len(text)} characters).")
        else:
            found.invalid("", f"{message}; no text of it stands out, there are too many.")


def _broken_texts(found: Findings, item: Model) -> None:
    for field, text in _texts(msgspec.to_builtins(item), ""):
        if "\0" in text:
            found.invalid(field, f"it has a NUL character at place {text.index(chr(0))}, which no text here may hold.")
        elif not _is_unicode(text):
            found.invalid(field, "it has half of a surrogate pair, which is no character.")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _texts(value: Any, field: str) -> Iterator[tuple[str, str]]:
    """Every text of a document with its path, the keys of maps included."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for key, item in value.items():
            inside = child(field, key)
            yield inside, key
            yield from _texts(item, inside)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{field}[{index}]")
