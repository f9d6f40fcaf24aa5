"""What is fuzzed: a function for each target, that takes any bytes and fails where a promise is broken.

``manifest``  reading, defaulting, validating and writing of whatever a file holds
``stored``    the same of what an API server has stored, which nobody read strictly
``plan``      planning and rendering of the guests in a file, on hosts whose facts were recorded
``facts``     whatever facts a host may be said to have, and the guests that were recorded

The promises are those of the library's users: nothing is raised but a KvnodeError, what is said is a sentence that a
terminal can show, defaulting twice is defaulting once, and what is written is read as the same again.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import msgspec

import kvnode
from kvnode import HostFacts
from kvnode.api.core import RawObject
from kvnode.api.decode import decode
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.kubevirt import KubeVirt
from kvnode.api.limits import MAX_FAULTS
from kvnode.api.validation.objects import validate_object
from kvnode.api.virtual_machine import VirtualMachine
from kvnode.errors import FieldError, InvalidManifest, KvnodeError
from kvnode.manifest import instance_of
from kvnode.planning.references import resolve_references
from tests.fuzz.corpus import recorded_facts
from tests.golden.folders import FOLDERS

REASONS = {f"FieldValue{name}" for name in ("Invalid", "Required", "Duplicate", "NotSupported")}
WHERE = ("standalone", "cluster")


class BrokenPromise(AssertionError):
    """What the library promises, and didn't keep."""


def promise(kept: bool, what: str) -> None:
    if not kept:
        raise BrokenPromise(what)


def manifest(data: bytes) -> None:
    """Everything that is done with a manifest before a host is known."""
    objects = _objects(data)
    config = _configuration(objects)
    for item in objects:
        _written_as_read(item)
        if not isinstance(item, RawObject):
            _sentences(_unless_refused(lambda item=item: validate_object(item, config), []))
        if not isinstance(item, RawObject | VirtualMachineInstance):
            made = _unless_refused(lambda item=item: kvnode.default(item, config), item)
            again = _unless_refused(lambda made=made: kvnode.default(made, config), made)
            promise(again == made, f"defaulting a {type(item).__name__} twice is not defaulting it once")
    for guest in _guests(objects):
        _written_as_read(guest)
        for settings in {id(config): config, id(None): None}.values():
            _judged(guest, settings)


def stored(data: bytes) -> None:
    """What the daemons do with an object that they are handed: it is decoded leniently, so its text may be anything."""
    guest = _unless_refused(lambda: decode(data, VirtualMachineInstance), None)
    if guest is not None:
        made = kvnode.default(guest)
        promise(kvnode.default(made) == made, "defaulting twice is not defaulting once")
        for vmi in (guest, made):
            _sentences(kvnode.validate(vmi))
            for where in WHERE:
                _sentences(kvnode.unsupported(vmi, where))


def facts(data: bytes) -> None:
    """Facts, or a refusal; and a plan or a refusal of each guest that was recorded, on that host."""
    host = _unless_refused(lambda: HostFacts.from_json(data), None)
    if host is not None:
        promise(HostFacts.from_json(host.to_json()) == host, "facts that are written are read as others")
        for guest in recorded_guests():
            _planned(guest, host, None)


def plan(data: bytes) -> None:
    """A plan and its XML, or a refusal, on a host that nobody looked at and on another; and the same again."""
    objects = _objects(data)
    config = _configuration(objects)
    # Which other one goes by the input, so that an input is always tried in the same way.
    chosen = hosts()[zlib.crc32(data) % len(hosts())]
    for guest in _guests(objects):
        resolved = _unless_refused(lambda guest=guest: resolve_references(guest, objects), guest)
        for vmi in (guest, kvnode.default(resolved, config)):
            for host in {id(host): host for host in (hosts()[0], chosen)}.values():
                _planned(vmi, host, config)


TARGETS: dict[str, Callable[[bytes], None]] = {"manifest": manifest, "stored": stored, "plan": plan, "facts": facts}


@cache
def hosts() -> tuple[HostFacts, ...]:
    """Hosts of other kinds, by their facts; the first is one that nobody has looked at."""
    return (HostFacts(), *map(HostFacts.from_json, recorded_facts().values()))


@cache
def recorded_guests() -> tuple[VirtualMachineInstance, ...]:
    return tuple(kvnode.default(kvnode.load(folder / "manifest.yaml")) for folder in FOLDERS)


def _objects(data: bytes) -> list[Any]:
    """The objects of a source that can be read; a refusal has faults that can be told."""
    try:
        return kvnode.load_all(data)
    except InvalidManifest as refusal:
        promise(0 < len(refusal.errors) <= MAX_FAULTS + 1, f"a refusal has {len(refusal.errors)} faults")
        _sentences(refusal.errors)
        return []


def _configuration(objects: list[Any]) -> Any:
    """The configuration that stands beside the guests, if it is one that can be used."""
    for item in objects:
        config = item.spec.configuration if isinstance(item, KubeVirt) and item.spec is not None else None
        if (
            config is not None
            and _unless_refused(lambda config=config: kvnode.default(_NOBODY, config), None) is not None
        ):
            return config
    return None


_NOBODY = kvnode.load({"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "spec": {}})


def _guests(objects: list[Any]) -> list[VirtualMachineInstance]:
    found = [item for item in objects if isinstance(item, VirtualMachineInstance)]
    for item in objects:
        if isinstance(item, VirtualMachine):
            found += _unless_refused(lambda item=item: [instance_of(item)], [])
    return found


def _unless_refused(call: Callable[[], Any], otherwise: Any) -> Any:
    """What a call gives, or the other where it is refused as it may be."""
    try:
        return call()
    except InvalidManifest as refusal:
        _sentences(refusal.errors)
        return otherwise


def _sentences(errors: Iterable[FieldError]) -> None:
    for error in errors:
        promise(error.reason in REASONS, f"{error.reason!r} is no reason")
        promise(
            error.message.isprintable() and 10 < len(error.message) < 2000, f"{error.message[:3000]!r} is no sentence"
        )
        promise(error.field.isprintable() and len(error.field) < 5000, f"{error.field[:6000]!r} is no path")


def _written_as_read(item: Any) -> None:
    """What is written is plain, is read as the same by the strict reader, and by the fast one."""
    document = kvnode.to_dict(item)
    text = json.dumps(document)
    promise(json.loads(text) == document, "what is written is no plain JSON")
    again = kvnode.load_all(document)
    promise(again == [item], "what is written is read as another object")
    promise(kvnode.load_all(text) == [item], "what is written as text is read as another object")
    if not isinstance(item, RawObject):
        promise(decode(msgspec.json.encode(item), type(item)) == item, "the fast decoder reads another object")


def _judged(guest: VirtualMachineInstance, config: Any) -> None:
    made = kvnode.default(guest, config)
    promise(kvnode.default(made, config) == made, "defaulting twice is not defaulting once")
    _written_as_read(made)
    for vmi in (guest, made):
        found = kvnode.validate(vmi, config)
        _sentences(found)
        promise(kvnode.validate(vmi, config) == found, "validation says something else the second time")
        for where in WHERE:
            _sentences(kvnode.unsupported(vmi, where))


def _refusal(refusal: KvnodeError) -> None:
    if isinstance(refusal, InvalidManifest):
        _sentences(refusal.errors)
    else:
        said = str(refusal)
        promise(said.isprintable() and 10 < len(said) < 2000, f"{said[:3000]!r} is no sentence")


def _planned(vmi: VirtualMachineInstance, host: HostFacts, config: Any) -> None:
    try:
        made = kvnode.plan(vmi, host, config)
    except KvnodeError as refusal:
        _refusal(refusal)
        return
    promise(kvnode.plan(vmi, host, config) == made, "the same manifest and host give another plan")
    json.dumps(kvnode.to_dict(made))
    try:
        xml = kvnode.render(made)
    except KvnodeError as refusal:
        _refusal(refusal)
        return
    root = ET.fromstring(xml)
    promise(root.tag == "domain", f"<{root.tag}> is no domain")
    for source in root.iterfind(".//source"):
        for path in filter(None, (source.get("file"), source.get("dev"), source.get("path"))):
            inside = path.startswith(("/var/run/kubevirt/", "/var/run/kubevirt-private/")) and ".." not in path
            promise(inside, f"{path!r} is a path outside of the Pod")
