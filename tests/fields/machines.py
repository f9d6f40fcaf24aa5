"""VirtualMachines that set every field beside the guest in their template, and what becomes of each.

What virt-controller does with a machine is a decision, a function of what it sees; here it sees a machine that is new
and has no guest. The guest that it makes is judged and planned as any other.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

import kvnode
from controllers.virt_api.admission import machine_faults
from controllers.virt_controller import machine_life
from controllers.virt_controller.actions import Create
from controllers.virt_controller.machine_template import guest_of
from controllers.virt_controller.objects import Machine
from kvnode.api.decode import convert
from kvnode.api.meta import ObjectMeta
from kvnode.api.unsupported import unsupported, without_effect
from kvnode.api.unsupported_machine import machine_without_effect, unsupported_machine
from kvnode.api.validation import validate
from kvnode.api.validation.virtual_machine import validate_machine
from kvnode.api.virtual_machine import VirtualMachine
from kvnode.errors import FieldError, InvalidManifest
from kvnode.manifest import instance_of
from tests.api_documents import whole_document
from tests.fields.guests import CONFIG, UID
from tests.fields.outcome import MODES, Outcome, Told, made_of, warned, wrong
from tests.manifests import SOUND

_NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
_DATA_VOLUME = {
    "dataVolumeTemplates": [
        {
            "metadata": {"name": "data"},
            "spec": {"source": {"blank": {}}, "storage": {"resources": {"requests": {"storage": "1Gi"}}}},
        }
    ],
    "template": {
        "spec": {
            **SOUND["spec"],
            "volumes": [*SOUND["spec"]["volumes"], {"name": "data", "dataVolume": {"name": "data"}}],
        }
    },
}
_LOOK_UP = ("instancetype", "preference")
MACHINES: dict[str, dict[str, Any]] = {
    "a strategy": {"runStrategy": "Always"},
    "the older way": {"runStrategy": None, "running": True},
    "metadata": {
        "template": {
            "metadata": {
                **whole_document(ObjectMeta),
                "labels": {"app": "mill"},
                "annotations": {"note": "x"},
                "name": "other",
                "generateName": "other-",
                "namespace": "works",
            },
            "spec": SOUND["spec"],
        }
    },
    **{f"{name} by name": {name: {"name": "large", "revisionName": "large-1"}} for name in _LOOK_UP},
    **{
        f"{name} of a volume": {name: {"inferFromVolume": "root", "inferFromVolumeFailurePolicy": "Ignore"}}
        for name in _LOOK_UP
    },
    "an instancetype of a kind": {"instancetype": {"name": "large", "kind": "VirtualMachineInstancetype"}},
    "a preference of a kind": {"preference": {"name": "large", "kind": "VirtualMachinePreference"}},
    "a DataVolume": _DATA_VOLUME,
    "a changed volume": {"updateVolumesStrategy": "Replacement"},
}
"""What each machine's spec has beside a run strategy and a sound template; None takes a field out."""


def machine_document(changes: dict[str, Any]) -> dict[str, Any]:
    """One of the machines, as a document."""
    spec = {"runStrategy": "Always", "template": {"spec": SOUND["spec"]}, **changes}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": "mill", "namespace": "works", "uid": UID, "generation": 1},
        "spec": {name: value for name, value in spec.items() if value is not None},
    }


def of_machine(document: dict[str, Any]) -> Outcome:
    """What becomes of a VirtualMachine."""
    try:
        [machine] = kvnode.load_all(document)
    except InvalidManifest as error:
        return wrong(error.errors)
    faults = frozenset((one.field, one.message) for one in _faults(machine))
    wrong_fields = {field for field, _ in faults}
    refused = {"standalone": _refused_standalone(machine), "cluster": machine_faults(machine, CONFIG)}
    return Outcome(
        faults=faults,
        refused={mode: frozenset(one.field for one in refused[mode]) - wrong_fields for mode in MODES},
        made=_made(document),
    )


def told_of_machine(document: dict[str, Any]) -> Told:
    """What the user of a VirtualMachine is told that isn't followed, by mode."""
    [machine] = kvnode.load_all(document)
    notes = [*machine_without_effect(machine), *_located(without_effect(instance_of(_without_lookups(machine))))]
    return {"standalone": frozenset(one.field for one in notes), "cluster": warned(document, CONFIG)}


def _faults(machine: VirtualMachine) -> list[FieldError]:
    own = validate_machine(machine, CONFIG)
    if machine.spec.template.spec is None:
        return own
    guest = kvnode.default(instance_of(_without_lookups(machine)), CONFIG)
    return [*own, *_located(validate(guest, CONFIG))]


def _refused_standalone(machine: VirtualMachine) -> list[FieldError]:
    own = unsupported_machine(machine, "standalone")
    try:
        guest = kvnode.default(instance_of(machine), CONFIG)
    except InvalidManifest as error:
        return [*own, *error.errors]
    return [*own, *_located(unsupported(guest, "standalone"))]


def _without_lookups(machine: VirtualMachine) -> VirtualMachine:
    """The machine as far as it can be understood without an instance type or a preference."""
    return replace(machine, spec=replace(machine.spec, instancetype=None, preference=None))


def _located(errors: list[FieldError]) -> list[FieldError]:
    return [FieldError(f"spec.template.{one.field}", one.reason, one.message) for one in errors]


def _made(document: dict[str, Any]) -> dict[str, Any] | None:
    """The controller's decision for a machine without a guest, and what comes of the guest of its template."""
    machine = convert(document, Machine)
    if not isinstance(machine.spec.template.get("spec"), dict):
        return None
    decided = machine_life.decide(machine_life.Seen(machine, None, _NOW, configuration=CONFIG)).actions
    template = guest_of(machine)
    template["metadata"]["uid"] = UID
    made = made_of(kvnode.default(kvnode.load(template), CONFIG), CONFIG)
    if made is None:
        return None
    return {**made, "life": ["a guest" if isinstance(one, Create) else one for one in decided]}
