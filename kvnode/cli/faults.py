"""All that is wrong with a file, as rows for ``kvnode validate``.

A file is read whole first. Where that fails, each of its documents is read by itself: those that can be read are
judged like any other, and the faults of the rest are told with the object they are in.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal

import msgspec

import kvnode
from kvnode.cli.sources import Guest, guest_of, is_guest, label_of, no_guest, read_bytes
from kvnode.errors import FieldError, InvalidManifest

Where = Literal["standalone", "cluster"]


class Fault(msgspec.Struct, frozen=True):
    """One row: kind, namespace and name of the object (empty where that can't be told), and a FieldError's fields."""

    object: str
    field: str
    reason: str
    message: str


def file_faults(file: str, config: Any, where: Where | None) -> list[Fault]:
    """Every fault of every guest in a file, or that it has none; with ``where`` also what can't run there yet."""
    data = read_bytes(file)
    try:
        objects = tuple(kvnode.load_all(data))
    except InvalidManifest as error:
        return list(_by_document(data, error.errors, config, where))
    if not any(map(is_guest, objects)):
        return _rows("", [no_guest(file, objects)])
    return list(_object_faults(objects, config, where))


def _by_document(data: bytes, errors: list[FieldError], config: Any, where: Where | None) -> Iterator[Fault]:
    """``errors`` are those of the whole file: only they know the lines, and a document alone how many are its own."""
    from kvnode.api.document import documents

    told = iter(errors)
    try:
        for document in documents(data):
            if document.value is None:
                continue
            try:
                objects = tuple(kvnode.load_all(document.value))
            except InvalidManifest as error:
                yield from _rows(_label(document.value), list(islice(told, len(error.errors))))
            else:
                yield from _object_faults(objects, config, where)
    except InvalidManifest:
        pass  # not to be taken apart: the whole file's errors say why
    yield from _rows("", list(told))


def _object_faults(objects: tuple[Any, ...], config: Any, where: Where | None) -> Iterator[Fault]:
    for item in filter(is_guest, objects):
        try:
            guest = guest_of(item, objects)
        except InvalidManifest as error:
            yield from _rows(label_of(item), error.errors)
        else:
            yield from _guest_faults(guest, config, where)


def _guest_faults(guest: Guest, config: Any, where: Where | None) -> list[Fault]:
    try:
        vmi = kvnode.default(guest.vmi, config)
        errors = list(kvnode.validate(vmi, config))
        if where is not None:
            errors += kvnode.unsupported(vmi, where)
    except InvalidManifest as error:
        errors = error.errors
    return _rows(guest.label, guest.located(errors))


def _label(document: Any) -> str:
    """What a document that can't be read says that it is."""
    if not isinstance(document, dict):
        return ""
    meta = document.get("metadata")
    meta = meta if isinstance(meta, dict) else {}
    parts = (document.get("kind"), meta.get("namespace", "default"), meta.get("name"))
    return "/".join(part if isinstance(part, str) else "" for part in parts)


def _rows(label: str, errors: list[FieldError]) -> list[Fault]:
    return [Fault(label, error.field, error.reason, error.message) for error in errors]
