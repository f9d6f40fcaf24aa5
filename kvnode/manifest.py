"""Manifests from files, bytes, text or dicts to typed objects: `load` and `load_all`.

What is read here was written by people, so it is read strictly: InvalidManifest has every unknown field and every
wrong type of all documents, each with its path and, where the source has lines, its line. Whether the values make
sense is asked afterwards (`kvnode.validate`).

Text is always a manifest and never the name of a file; files are given as Path.
"""

import os
import select
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from kvnode.api.core import RawObject
from kvnode.api.document import Document, documents, plain
from kvnode.api.fault import child, shown
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.kinds import instead_of, is_list, known_kind
from kvnode.api.limits import MAX_DOCUMENT, MAX_FAULTS, MAX_SOURCE
from kvnode.api.meta import ObjectMeta, OwnerReference
from kvnode.api.strict import Walk, check_text, read
from kvnode.api.virtual_machine import VirtualMachine
from kvnode.errors import (
    VALUE_INVALID,
    VALUE_NOT_SUPPORTED,
    VALUE_REQUIRED,
    FieldError,
    InvalidManifest,
    NotFound,
)

# How long a pipe may say nothing.
SILENCE_S = 60.0

Source = Path | bytes | str | dict[str, Any]


def load(source: Source) -> VirtualMachineInstance:
    """The guest that a source of one object describes; a VirtualMachine stands for the guest of its template.

    source -- a file's Path, or YAML or JSON as bytes or text, or a dict in JSON's types

    Raises InvalidManifest for what isn't one such object, NotFound for a file that can't be read.
    """
    found = load_all(source)
    if len(found) != 1:
        what = f"{len(found)} objects ({_kinds(found)})" if found else "no object"
        message = f"there is {what} where one guest is wanted; load_all reads any number"
        raise InvalidManifest([FieldError("", VALUE_INVALID if found else VALUE_REQUIRED, message)])
    guest = found[0]
    if isinstance(guest, VirtualMachineInstance | VirtualMachine):
        return instance_of(guest)
    message = f"{shown(getattr(guest, 'kind', ''))} is no guest, a VirtualMachineInstance or VirtualMachine is wanted"
    raise InvalidManifest([FieldError("kind", VALUE_INVALID, message)])


def load_all(source: Source) -> list[Any]:
    """Every object of a source in its order; kinds without a type here come as RawObject.

    Lists are taken apart, empty documents passed over. Arguments and errors are those of `load`; all faults of all
    objects come together.
    """
    found: list[Any] = []
    errors: list[FieldError] = []
    for reading in readings(source):
        found += reading.objects
        errors += reading.errors
    if errors:
        raise InvalidManifest(errors)
    return found


class Reading(Struct, frozen=True):
    """What became of one document: its objects, or every fault of it.

    value -- the document in JSON's types
    """

    value: Any
    objects: tuple[Any, ...]
    errors: list[FieldError]


def readings(source: Source) -> Iterator[Reading]:
    """Each document of a source by itself, for whoever goes on with what is good; empty ones are passed over.

    Raises as `load` does where the source can't be taken apart any further. Ends early, and says so, where there are
    more faults than anybody reads.
    """
    faults = 0
    for document in _read(source):
        if document.value is None:
            continue
        walk = Walk(document.lines)
        objects = []
        for path, item in _items(document, walk):
            made = _object(item, path, walk)
            if made is not None:
                objects.append(made)
            if len(walk.errors) >= MAX_FAULTS:
                break
        told = walk.errors[: MAX_FAULTS - faults]
        faults += len(told)
        if faults >= MAX_FAULTS:
            more = FieldError("", VALUE_INVALID, f"these are the first {MAX_FAULTS} faults; there may be more")
            yield Reading(document.value, (), [*told, more])
            return
        yield Reading(document.value, () if told else tuple(objects), told)


def instance_of(guest: VirtualMachineInstance | VirtualMachine) -> VirtualMachineInstance:
    """The instance that KubeVirt's controller makes of a VirtualMachine; an instance is what it is.

    Labels, annotations and spec are the template's, name and namespace the machine's, and the machine owns it. Raises
    InvalidManifest where the template isn't all there is to it: instance types and preferences are in a cluster.
    """
    if isinstance(guest, VirtualMachineInstance):
        return guest
    matchers = {"instancetype": guest.spec.instancetype, "preference": guest.spec.preference}
    message = "it is in a cluster, and isn't looked up here: write what it has into spec.template.spec instead"
    errors = [
        FieldError(f"spec.{name}", VALUE_NOT_SUPPORTED, message)
        for name, matcher in matchers.items()
        if matcher is not None
    ]
    template = guest.spec.template
    if template.spec is None:
        errors.append(FieldError("spec.template.spec", VALUE_REQUIRED, "the template has no spec to make a guest from"))
    if errors or template.spec is None:
        raise InvalidManifest(errors)
    meta = ObjectMeta(
        name=guest.metadata.name,
        namespace=guest.metadata.namespace,
        labels=template.metadata.labels,
        annotations=template.metadata.annotations,
        owner_references=_owned_by(guest),
    )
    return VirtualMachineInstance(metadata=meta, spec=template.spec)


def _owned_by(machine: VirtualMachine) -> tuple[OwnerReference, ...]:
    meta = machine.metadata
    if meta.uid is None:
        # A machine that no API server has seen owns nothing yet.
        return ()
    owner = OwnerReference(
        api_version=machine.api_version,
        kind=machine.kind,
        name=meta.name or "",
        uid=meta.uid,
        controller=True,
        block_owner_deletion=True,
    )
    return (owner,)


def _read(source: Any) -> Iterator[Document]:
    if isinstance(source, dict):
        yield Document(plain(source), 1, 0, {})
    elif isinstance(source, Path):
        yield from documents(_file(source))
    elif isinstance(source, bytes | str):
        yield from documents(source)
    else:
        message = f"{type(source).__name__} can't be read; give a Path, bytes, text or a dict"
        raise InvalidManifest([FieldError("", VALUE_INVALID, message)])


def _file(path: Path) -> bytes:
    try:
        return file_content(path)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise NotFound(f"{shown(str(path))} can't be read: {why}") from error


def file_content(path: Path) -> bytes:
    """What a file holds, up to one byte more than is taken for a source. Raises OSError, or ValueError for its name.

    A pipe is read to its end, and left where nobody writes to it for a minute: whoever opens a pipe without a writer
    would wait for ever.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK | os.O_NOCTTY)) as file:
        if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
            return _piped(file.fileno())
        os.set_blocking(file.fileno(), True)
        return file.read(MAX_SOURCE + 1)


def _piped(descriptor: int) -> bytes:
    content = bytearray()
    heard = select.poll()
    heard.register(descriptor, select.POLLIN)
    while len(content) <= MAX_SOURCE:
        if not heard.poll(SILENCE_S * 1000):
            raise TimeoutError(f"it is a pipe to which nobody has written for {SILENCE_S:.0f} s")
        chunk = os.read(descriptor, 1 << 20)
        if not chunk:
            break
        content += chunk
    return bytes(content)


def _items(document: Document, walk: Walk) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of one document with their paths in it: itself, or what a list holds."""
    value = document.value
    if document.number > 1:
        walk.suffix = f" (document {document.number})"
    if not isinstance(value, dict):
        walk.fault("", f"{shown(value)} is not an object with apiVersion and kind")
    elif is_list(value):
        for path, item in _listed(value, "", walk, 0):
            if document.size > MAX_DOCUMENT and sum(size for size, _ in _texts(item, path)) > MAX_DOCUMENT:
                _too_large(item, path, walk)
            else:
                yield path, item
    elif document.size > MAX_DOCUMENT:
        _too_large(value, "", walk)
    else:
        yield "", value


def _too_large(value: dict[str, Any], path: str, walk: Walk) -> None:
    message = f"the object is larger than {MAX_DOCUMENT >> 20} MiB, the most that an API server takes"
    size, where = max(_texts(value, path), default=(0, path))
    if size > MAX_DOCUMENT // 8:
        walk.fault(where, f"{message}; this text alone has {size} characters")
    else:
        walk.fault(path, message)


def _texts(value: Any, path: str) -> Iterator[tuple[int, str]]:
    """Length and path of each text in a document; a key's path is that of what it is in."""
    if isinstance(value, str):
        yield len(value), path
    entries = value.items() if isinstance(value, dict) else ()
    for key, inner in entries:
        yield len(key), path
        yield from _texts(inner, child(path, key))
    for index, inner in enumerate(value if isinstance(value, list) else ()):
        yield from _texts(inner, f"{path}[{index}]")


def _listed(value: dict[str, Any], path: str, walk: Walk, depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, item in enumerate(value["items"]):
        below = f"{path}.items[{index}]" if path else f"items[{index}]"
        if not isinstance(item, dict):
            walk.fault(below, f"{shown(item)} is not an object with apiVersion and kind", value, "items")
        elif is_list(item):
            yield from _listed(item, below, walk, depth + 1)
        else:
            # An API server leaves out of a typed list what its own kind says already.
            kind = value["kind"].removesuffix("List")
            yield (
                below,
                item if not kind or "kind" in item else {**item, "kind": kind, "apiVersion": value.get("apiVersion")},
            )


def _object(document: dict[str, Any], path: str, walk: Walk) -> Struct | None:
    """The typed object; None with its faults noted in the walk, or for an empty list that came without its items."""
    start = f"{path}." if path else ""
    if not _named(document, start, walk):
        return None
    api_version: str = document["apiVersion"]
    kind: str = document["kind"]
    known = known_kind(api_version, kind)
    if known is None and (advice := instead_of(api_version, kind)) is not None:
        # Passed over as somebody else's, it would be missed by nobody: no API server has it either.
        group = api_version.rpartition("/")[0]
        walk.fault(f"{start}kind", f"{group} has no kind {shown(kind)}; {advice}", document, "kind")
        return None
    if known is None:
        meta = read(ObjectMeta, document.get("metadata") or {}, walk, f"{start}metadata")
        check_text({key: value for key, value in document.items() if key != "metadata"}, walk, path)
        return None if meta is None else RawObject(api_version, kind, meta, document)
    if api_version not in known.api_versions:
        walk.fault(
            f"{start}apiVersion",
            f"{kind} is read in {' and '.join(known.api_versions)}, not in {shown(api_version)}",
            document,
            "apiVersion",
        )
        return None
    type_ = known.type()
    if type_ in (VirtualMachineInstance, VirtualMachine) and document.get("spec") is None:
        walk.fault(f"{start}spec", f"a {kind} needs a spec", reason=VALUE_REQUIRED)
        return None
    made = read(type_, document, walk, path)
    return None if kind.endswith("List") else made


def _named(document: dict[str, Any], start: str, walk: Walk) -> bool:
    """Whether the document says what it is; apiVersion and kind are text then."""
    found = walk.faults
    for name, example in (("apiVersion", "kubevirt.io/v1"), ("kind", "VirtualMachineInstance")):
        value = document.get(name)
        if value is None or value == "":
            walk.fault(f"{start}{name}", f"the object has no {name}, such as {example}", reason=VALUE_REQUIRED)
        elif not isinstance(value, str):
            walk.fault(f"{start}{name}", f"{shown(value)} is not text such as {example}", document, name)
    return walk.faults == found


def _kinds(found: list[Any]) -> str:
    kinds = [shown(item.kind).strip("'") for item in found[:6]]
    return ", ".join(kinds) + (", ..." if len(found) > 6 else "")
