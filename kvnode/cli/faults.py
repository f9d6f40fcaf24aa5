"""All that is wrong with a file, as rows for ``kvnode validate``.

Each document is read by itself: those that can be read are judged like any other, and the faults of the rest are told
with the object they are in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

import kvnode
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.unsupported_machine import unsupported_machine
from kvnode.api.validation.objects import validate_object
from kvnode.api.virtual_machine import VirtualMachine
from kvnode.cli.sources import (
    Where,
    guest_of,
    is_guest,
    is_judged,
    label,
    label_of,
    no_guest,
    read_bytes,
)
from kvnode.errors import FieldError, InvalidManifest
from kvnode.manifest import readings


class Fault(msgspec.Struct, frozen=True):
    """One row: kind, namespace and name of the object (empty where that can't be told), and a FieldError's fields."""

    object: str
    field: str
    reason: str
    message: str


def file_faults(file: str, config: Any, where: Where | None) -> list[Fault]:
    """Every fault of every object in a file that is judged, or that there is none such.

    where -- also tells of guests what can't run there yet
    """
    objects: list[Any] = []
    faults: list[Fault] = []
    try:
        for reading in readings(read_bytes(file)):
            objects += reading.objects
            faults += _rows(_label(reading.value), reading.errors)
            faults += _object_faults(reading.objects, config, where)
    except InvalidManifest as error:
        # What follows can't be told apart from what is broken.
        faults += _rows("", error.errors)
    if not faults and not any(map(is_judged, objects)):
        return _rows("", [no_guest(file, tuple(objects))])
    return faults


def _object_faults(objects: tuple[Any, ...], config: Any, where: Where | None) -> Iterator[Fault]:
    for item in filter(is_judged, objects):
        # Guests are judged as they are with their defaults; of other kinds the rules fill in what they need.
        judged = kvnode.default(item, config) if isinstance(item, VirtualMachineInstance) else item
        yield from _rows(label_of(item), validate_object(judged, config))
        if where is not None and is_guest(item):
            yield from _rows(label_of(item), _refused(item, config, where))


def _refused(item: VirtualMachineInstance | VirtualMachine, config: Any, where: Where) -> list[FieldError]:
    """What this build can't do of a guest there, by its paths in the file."""
    own = unsupported_machine(item, where) if isinstance(item, VirtualMachine) else []
    try:
        guest = guest_of(item, ())
    except InvalidManifest:
        # There is no guest to ask about; why, is among what is told already.
        return own
    return [*own, *guest.located(kvnode.unsupported(kvnode.default(guest.vmi, config), where))]


def _label(document: Any) -> str:
    """What a document that can't be read says that it is; empty where it doesn't say."""
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
        return ""
    meta = document.get("metadata")
    meta = meta if isinstance(meta, dict) else {}
    parts = (document.get("apiVersion"), document.get("kind"), meta.get("namespace", "default"), meta.get("name"))
    return label(*(part if isinstance(part, str) else "" for part in parts))


def _rows(label: str, errors: list[FieldError]) -> list[Fault]:
    return [Fault(label, error.field, error.reason, error.message) for error in errors]
