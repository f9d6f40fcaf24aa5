"""Admission: an AdmissionReview in, its answer out. Pure.

`mutate` writes what defaulting changed into what a user made, `validate` says what is wrong with it, everything at
once. Between the two the API server applies its schema; so mutate passes over what it can't read, and leaves it to
validate to say so.

What holds:
- A change that leaves the spec as it was is never judged by rules about the spec: finalizers come and go on objects
  that an older version let in, and an object that can't be changed could never be deleted.
- A guest's spec doesn't change while it exists, except by our own daemons. A VirtualMachine's may.
- Our own daemons change when a VirtualMachine runs and never what it is, so they may stop one that rules of today
  would refuse.
- The labels by which the daemons find each other's work are theirs to write, also by way of a template.
"""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from controllers.virt_api.answers import Refusal, bad_request, invalid, status
from controllers.virt_api.json_patch import Operation, changes
from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.defaults import default
from kvnode.api.encode import to_dict
from kvnode.api.fault import below, child, shown
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.meta import ObjectMeta
from kvnode.api.unsupported import unsupported
from kvnode.api.unsupported_machine import metadata_without_effect, unsupported_machine
from kvnode.api.validation import validate as faults_of
from kvnode.api.validation.virtual_machine import validate_machine
from kvnode.api.virtual_machine import VirtualMachine
from kvnode.errors import VALUE_NOT_SUPPORTED, FieldError, InvalidManifest
from kvnode.manifest import Reading, instance_of, readings

RESERVED_LABELS = (
    "kubevirt.io/created-by",
    "kubevirt.io/install-strategy",
    "kubevirt.io/migrationJobUID",
    "kubevirt.io/migrationTargetNodeName",
    "kubevirt.io/nodeName",
    "kubevirt.io/schedulable",
)
_RESERVED_FIELDS = frozenset(child("metadata.labels", label) for label in RESERVED_LABELS)
_DAEMONS = ("virt-api", "virt-controller", "virt-handler")
_TEMPLATE = "spec.template"


class Rules(Struct, frozen=True):
    """What admission goes by: the configuration in force, and where the daemons' service accounts are."""

    configuration: KubeVirtConfiguration
    namespace: str = "kubevirt"

    def trusts(self, username: str) -> bool:
        """Whether a user is one of our daemons."""
        return username in {f"system:serviceaccount:{self.namespace}:{daemon}" for daemon in _DAEMONS}


_NULL = msgspec.Raw(b"null")


class _UserInfo(Struct, frozen=True):
    username: str | None = None


class _Request(Struct, frozen=True, rename="camel"):
    uid: str
    operation: str
    user_info: _UserInfo | None = None
    object: msgspec.Raw = _NULL
    old_object: msgspec.Raw = _NULL


class _Review(Struct, frozen=True, rename="camel"):
    api_version: str
    kind: str
    request: _Request | None = None


_REVIEW = msgspec.json.Decoder(_Review)


class _Change(Struct, frozen=True):
    """What somebody is about to write.

    new       -- the object as it was read, with its faults
    old       -- as it was before, as a document; empty for a new one
    is_update -- whether there was one before
    username  -- who writes
    """

    uid: str
    new: Reading
    old: dict[str, Any]
    is_update: bool
    username: str

    def leaves(self, key: str) -> bool:
        """Whether this part of the object stays as it was."""
        return self.is_update and self.old.get(key) == self.new.value.get(key)


def mutate(body: bytes, rules: Rules) -> dict[str, Any]:
    """The answer to an AdmissionReview: a patch with what defaulting changed. Raises Refusal for what is no review."""
    change = _read(body)
    if change.new.errors or (change.is_update and (change.leaves("spec") or _kind(change) != "VirtualMachine")):
        return _allowed(change)
    operations = _operations(change, rules.configuration)
    patch = {"patchType": "JSONPatch", "patch": base64.b64encode(msgspec.json.encode(operations)).decode()}
    return _allowed(change, _warnings(change.new.objects[0]), patch if operations else {})


def validate(body: bytes, rules: Rules) -> dict[str, Any]:
    """The answer to an AdmissionReview: everything that is wrong. Raises Refusal for what is no review."""
    change = _read(body)
    errors = list(_judged(change, rules))
    if not errors:
        return _allowed(change)
    metadata = change.new.value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    refusal = invalid(_kind(change), name if isinstance(name, str) else "", errors)
    return _answer(change, {"allowed": False, "status": status(refusal)})


def _read(body: bytes) -> _Change:
    try:
        review = _REVIEW.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_request(f"this is no AdmissionReview: {error}") from None
    request = review.request
    if (review.api_version, review.kind) != ("admission.k8s.io/v1", "AdmissionReview") or request is None:
        raise bad_request(f"{shown(review.kind)} of {shown(review.api_version)} is no admission.k8s.io/v1 review")
    if request.operation not in ("CREATE", "UPDATE"):
        raise bad_request(f"the operation {shown(request.operation)} isn't reviewed here: CREATE and UPDATE are")
    return _Change(
        uid=request.uid,
        new=_reading(bytes(request.object)),
        old=_document(bytes(request.old_object)) if request.operation == "UPDATE" else {},
        is_update=request.operation == "UPDATE",
        username=(request.user_info.username if request.user_info else None) or "",
    )


def _reading(source: bytes) -> Reading:
    """The object, or its faults."""
    try:
        found = list(readings(source))
    except InvalidManifest as error:
        return Reading({}, (), error.errors)
    if len(found) != 1 or not isinstance(found[0].value, dict):
        raise bad_request("the review holds no single object")
    reading = found[0]
    # A list of one has its object as well, and is none.
    if reading.value.get("kind") not in ("VirtualMachine", "VirtualMachineInstance") or (
        not reading.errors and not isinstance(reading.objects[0], VirtualMachine | VirtualMachineInstance)
    ):
        raise bad_request(f"{shown(reading.value.get('kind'))} isn't reviewed here")
    return reading


def _document(source: bytes) -> dict[str, Any]:
    value = msgspec.json.decode(source)
    return value if isinstance(value, dict) else {}


def _kind(change: _Change) -> str:
    return str(change.new.value.get("kind") or "")


def _answer(change: _Change, response: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": change.uid, **response},
    }


def _allowed(
    change: _Change, warnings: list[str] | None = None, patch: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    told = {"warnings": warnings} if warnings else {}
    return _answer(change, {"allowed": True, **told, **(patch or {})})


# Defaults.


def _operations(change: _Change, configuration: KubeVirtConfiguration) -> list[Operation]:
    obj = change.new.objects[0]
    before = to_dict(obj)
    if isinstance(obj, VirtualMachineInstance):
        if not obj.metadata.name and not obj.metadata.uid:
            # Its name is made from generateName after admission. What derives from who a guest is (its firmware's
            # uuid) derives from the review then, or all such guests would be one machine to their software.
            obj = replace(obj, metadata=replace(obj.metadata, uid=change.uid))
            before = to_dict(obj)
        return changes(change.new.value, before, to_dict(default(obj, configuration)))
    try:
        guest = default(instance_of(obj), configuration)
    except InvalidManifest:
        # What the guest will be isn't known from the template alone; validate says why that won't do.
        return []
    return changes(change.new.value, before, _machine_default(before, guest))


def _machine_default(machine: dict[str, Any], guest: VirtualMachineInstance) -> dict[str, Any]:
    """A VirtualMachine with what has to outlast an upgrade: the rest of its template is defaulted at each start."""
    template = machine["spec"]["template"]
    spec = template["spec"]
    domain = spec.get("domain") or {}
    if guest.spec.domain.machine is not None:
        domain = {**domain, "machine": {**(domain.get("machine") or {}), "type": guest.spec.domain.machine.type}}
    spec = {**spec, "architecture": guest.spec.architecture, "domain": domain}
    return {**machine, "spec": {**machine["spec"], "template": {**template, "spec": spec}}}


def _warnings(obj: VirtualMachine | VirtualMachineInstance) -> list[str]:
    """What is taken and has no effect, as it was written and not as it was defaulted."""
    found = []
    is_machine = isinstance(obj, VirtualMachine)
    spec = obj.spec.template.spec if isinstance(obj, VirtualMachine) else obj.spec
    if isinstance(obj, VirtualMachine):
        if obj.spec.running is not None:
            found.append("spec.running is deprecated, please use spec.runStrategy instead.")
        if obj.spec.update_volumes_strategy:
            found.append("spec.updateVolumesStrategy: it is kept, and this build doesn't follow it yet.")
        found += [f"{one.field}: {one.message}" for one in metadata_without_effect(obj)]
    if spec is not None and spec.eviction_strategy not in (None, "None"):
        field = f"{_TEMPLATE}.spec.evictionStrategy" if is_machine else "spec.evictionStrategy"
        found.append(f"{field}: it is kept, and this build doesn't follow it yet: an evicted guest is shut down.")
    return found


# Faults.


def _judged(change: _Change, rules: Rules) -> Iterator[FieldError]:
    if change.new.errors and not (change.leaves("spec") and change.is_update):
        yield from change.new.errors
        return
    is_machine = _kind(change) == "VirtualMachine"
    if not rules.trusts(change.username):
        yield from _reserved(_labels(change.new.value), _labels(change.old), "metadata.labels")
        if is_machine:
            new, old = _template(change.new.value), _template(change.old)
            yield from _reserved(_labels(new), _labels(old), f"{_TEMPLATE}.metadata.labels")
    if change.leaves("spec") or (change.is_update and rules.trusts(change.username)):
        return
    if is_machine:
        machine = change.new.objects[0]
        if not machine.metadata.deletion_timestamp:
            yield from machine_faults(machine, rules.configuration)
    elif not change.is_update:
        yield from guest_faults(change.new.objects[0], rules.configuration)
    else:
        yield from _immutable(change.old.get("spec"), change.new.value.get("spec"), "spec")


def guest_faults(guest: VirtualMachineInstance, configuration: KubeVirtConfiguration) -> list[FieldError]:
    """What is wrong with a guest, and what this build can't do of what it asks for."""
    guest = default(guest, configuration)
    found = _without_labels(faults_of(guest, configuration))
    # A field that is wrong needn't be told to be unsupported as well.
    wrong = {one.field for one in found}
    return found + [one for one in unsupported(guest, "cluster") if one.field not in wrong]


def machine_faults(machine: VirtualMachine, configuration: KubeVirtConfiguration) -> list[FieldError]:
    """What is wrong with a VirtualMachine and with the guest in its template, by the machine's paths."""
    found = _without_labels(validate_machine(machine, configuration)) + unsupported_machine(machine, "cluster")
    if machine.spec.instancetype is not None or machine.spec.preference is not None:
        # Refused already, and what the guest would be isn't known.
        return found
    try:
        guest = instance_of(machine)
    except InvalidManifest as error:
        return found + error.errors
    return found + [_located(one, machine.metadata) for one in guest_faults(guest, configuration)]


def _without_labels(found: list[FieldError]) -> list[FieldError]:
    """Without the reserved labels: who writes them isn't known to a rule about a manifest, and counts (`_reserved`)."""
    return [one for one in found if one.field not in _RESERVED_FIELDS or one.reason != VALUE_NOT_SUPPORTED]


def _located(fault: FieldError, metadata: ObjectMeta) -> FieldError:
    """A guest's fault by its machine's path: the name is the machine's own, all else stands in the template."""
    if fault.field in ("metadata.name", "metadata.namespace", "metadata.generateName"):
        return fault
    return below(_TEMPLATE, fault)


def _template(document: dict[str, Any]) -> dict[str, Any]:
    spec = document.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    return template if isinstance(template, dict) else {}


def _labels(document: dict[str, Any]) -> dict[str, Any]:
    metadata = document.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else {}


def _reserved(new: dict[str, Any], old: dict[str, Any], path: str) -> Iterator[FieldError]:
    for label in RESERVED_LABELS:
        if new.get(label) != old.get(label):
            message = "the following reserved kubevirt.io/ label is written by KubeVirt's own daemons alone: leave it"
            yield FieldError(child(path, label), VALUE_NOT_SUPPORTED, f"{message} {'out' if label in new else 'in'}.")


def _immutable(old: Any, new: Any, path: str) -> Iterator[FieldError]:
    """The outermost fields that differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            if old.get(key) != new.get(key):
                yield from _immutable(old.get(key), new.get(key), child(path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            if one != other:
                yield from _immutable(one, other, f"{path}[{index}]")
    elif old != new:
        message = (
            "update of VMI object is restricted: a guest's spec stays what it was made with; change its VirtualMachine "
            "and restart it, or delete the guest and make it anew."
        )
        yield FieldError(path, VALUE_NOT_SUPPORTED, message)


__all__ = ["RESERVED_LABELS", "Refusal", "Rules", "guest_faults", "machine_faults", "mutate", "validate"]
