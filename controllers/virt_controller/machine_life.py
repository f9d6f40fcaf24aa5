"""A VirtualMachine, as a decision: from what is seen of it and its guest to what is to be done.

What happens to the guest is decided by `runs`; here it becomes actions, in an order that survives a death between any
two of them. What has to be known afterwards (a failed start, a Start that shall follow a Stop) is written before the
guest is touched, and that a strategy is in force is written after its first guest was made. What only mirrors the
guest (conditions, the printable status) comes last and is made again from what is seen.

The guest is made from the template as it is written, and not from what this build understands of it.
"""

import copy
from datetime import datetime
from typing import Any

from msgspec import Struct

from controllers.runtime.resources import Request, owner_reference
from controllers.virt_controller.actions import Action, Apply, Create, Delete, Patch, Tell
from controllers.virt_controller.guest_life import Decision
from controllers.virt_controller.objects import (
    GENERATION,
    GROUP,
    GUESTS,
    MACHINE_FINALIZER,
    MACHINES,
    VERSION,
    Guest,
    Machine,
    MachineSpec,
)
from controllers.virt_controller.runs import STRATEGIES, Course, course
from controllers.virt_controller.statements import Statement, timestamp, told_already, written
from kvnode.api.encode import to_dict
from kvnode.api.fault import shown
from kvnode.api.identity import firmware_uuid
from kvnode.api.meta import ObjectMeta
from kvnode.errors import VALUE_INVALID, VALUE_NOT_SUPPORTED, FieldError

_ORPHAN = "orphan"
_OURS = ("Failure", "Paused", "Ready")
_UNDER_WAY = ("", "Pending", "Scheduling", "Scheduled")
_PULL_STATUS = {"ErrImagePull": "ErrImagePull", "ImagePullBackOff": "ImagePullBackOff"}


class Seen(Struct, frozen=True):
    """What a decision rests on; ``guest`` is the VirtualMachineInstance of the machine's name, whoever owns it."""

    machine: Machine
    guest: Guest | None
    now: datetime


def decide(seen: Seen) -> Decision:
    """The next thing to do for this machine."""
    machine, guest = seen.machine, seen.guest
    own = guest if guest is not None and is_own(machine, guest) else None
    if machine.metadata.deletion_timestamp:
        return _on_deletion(seen, own)
    fault = _fault(machine.spec)
    if fault is None and guest is not None and own is None:
        message = (
            f"there is a VirtualMachineInstance {guest.metadata.name} already that isn't this machine's: delete it"
        )
        return Decision([*_finalizer(machine), *_mirror(seen, own, "Stopped", ("GuestNotOwned", message))])
    if fault is not None:
        return Decision([*_finalizer(machine), *_mirror(seen, own, None, (fault.reason, str(fault)))])
    strategy = strategy_of(machine.spec)
    planned = course(machine, strategy, own, seen.now)
    actions = _finalizer(machine) + _remembered(machine, planned) + _step(seen, own, planned)
    if machine.status.run_strategy != strategy:
        actions.append(Patch({"status": {"runStrategy": strategy}}, subresource="status"))
    return Decision(actions + _mirror(seen, own, _on_course(planned)), planned.wait_s)


def is_own(machine: Machine, guest: Guest) -> bool:
    """Whether this very machine, and not one of its name before it, controls the guest."""
    return any(owner.controller and owner.uid == machine.metadata.uid for owner in guest.metadata.owner_references)


def strategy_of(spec: MachineSpec) -> str:
    """The run strategy, said in either way; a machine that says nothing is halted."""
    if spec.running is not None:
        return "Always" if spec.running else "Halted"
    return spec.run_strategy or "Halted"


def refused(seen: Seen, reason: str, message: str) -> Decision:
    """The API server didn't take the guest (admission, a quota): told, and tried again later."""
    return Decision(_mirror(seen, None, None, (reason, message)))


def _fault(spec: MachineSpec) -> FieldError | None:
    if spec.running is not None and spec.run_strategy:
        message = "excludes runStrategy: say either of them"
        return FieldError("spec.running", VALUE_INVALID, message)
    strategy = strategy_of(spec)
    if strategy not in STRATEGIES:
        message = f"{shown(strategy)} is none of the run strategies of this build: {', '.join(STRATEGIES)}"
        return FieldError("spec.runStrategy", VALUE_NOT_SUPPORTED, message)
    for field, value in (
        ("instancetype", spec.instancetype),
        ("preference", spec.preference),
        ("dataVolumeTemplates", spec.data_volume_templates),
    ):
        if value:
            return FieldError(f"spec.{field}", VALUE_NOT_SUPPORTED, "this build can't do it yet: leave it out")
    if not isinstance(spec.template.get("spec"), dict):
        return FieldError("spec.template.spec", VALUE_INVALID, "the template has no spec to make a guest from")
    return None


# What to do.


def _on_deletion(seen: Seen, own: Guest | None) -> Decision:
    machine = seen.machine
    if MACHINE_FINALIZER not in machine.metadata.finalizers:
        return Decision()
    left = [name for name in machine.metadata.finalizers if name != MACHINE_FINALIZER]
    if own is None or _ORPHAN in left:
        # `kubectl delete --cascade=orphan`: the guest runs on without a machine.
        return Decision([Patch({"metadata": {"finalizers": left}})])
    deletion: list[Action] = [] if own.metadata.deletion_timestamp else [_delete(own)]
    return Decision([*deletion, *_mirror(seen, own, "Terminating")])


def _finalizer(machine: Machine) -> list[Action]:
    known = machine.metadata.finalizers
    return [] if MACHINE_FINALIZER in known else [Patch({"metadata": {"finalizers": [*known, MACHINE_FINALIZER]}})]


def _remembered(machine: Machine, planned: Course) -> list[Action]:
    status, change = machine.status, {}
    if planned.requests != status.state_change_requests:
        change["stateChangeRequests"] = to_dict(planned.requests) or None
    if planned.start_failure != status.start_failure:
        change["startFailure"] = None if planned.start_failure is None else to_dict(planned.start_failure)
    return [Patch({"status": change}, subresource="status")] if change else []


def _step(seen: Seen, own: Guest | None, planned: Course) -> list[Action]:
    machine = seen.machine
    name = machine.metadata.name or ""
    if planned.step == "start":
        told = Tell(
            "Normal",
            "SuccessfulCreate",
            f"Started the virtual machine by creating the new virtual machine instance {name}",
        )
        return [Create(GUESTS, guest_of(machine, planned.paused)), told]
    if planned.step == "stop" and own is not None:
        why = f"it is {own.phase}" if own.phase in ("Succeeded", "Failed") else "it should not run"
        told = Tell("Normal", "SuccessfulDelete", f"Stopped the virtual machine instance {name}: {why}")
        return [_delete(own), told]
    return []


def _delete(guest: Guest) -> Delete:
    meta = guest.metadata
    return Delete(GUESTS, Request(meta.namespace or "", meta.name or ""), meta.uid or "")


def guest_of(machine: Machine, paused: bool = False) -> dict[str, Any]:
    """The VirtualMachineInstance that a machine's template describes, in JSON's types.

    Where the template names no firmware UUID the guest's is drawn from the machine's namespace and name, so that it is
    the same machine to its software after each start.
    """
    meta, template = machine.metadata, machine.spec.template
    theirs = template.get("metadata")
    theirs = theirs if isinstance(theirs, dict) else {}
    spec = copy.deepcopy(template["spec"])
    domain = spec.setdefault("domain", {})
    firmware = domain.setdefault("firmware", {}) if isinstance(domain, dict) else None
    if isinstance(firmware, dict) and not firmware.get("uuid"):
        firmware["uuid"] = firmware_uuid(ObjectMeta(name=meta.name, namespace=meta.namespace))
    if paused:
        spec["startStrategy"] = "Paused"
    annotations = theirs.get("annotations")
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "VirtualMachineInstance",
        "metadata": {
            "name": meta.name,
            "namespace": meta.namespace,
            "labels": theirs.get("labels") or {},
            "annotations": {
                **(annotations if isinstance(annotations, dict) else {}),
                GENERATION: str(meta.generation or 0),
            },
            "ownerReferences": [owner_reference(MACHINES, machine)],
        },
        "spec": spec,
    }


# What is shown.


def _on_course(planned: Course) -> str | None:
    return {"start": "Starting", "stop": "Stopping", "wait": "CrashLoopBackOff"}.get(planned.step)


def printable_status(guest: Guest | None) -> str:
    """One word for people, by the guest alone."""
    if guest is None:
        return "Stopped"
    if guest.metadata.deletion_timestamp:
        return "Stopping"
    holds = {one.type: one for one in guest.status.conditions}
    if "Paused" in holds and holds["Paused"].status == "True":
        return "Paused"
    if guest.phase == "Running":
        return "Running"
    if guest.phase in _UNDER_WAY:
        if "PodScheduled" in holds and holds["PodScheduled"].reason == "Unschedulable":
            return "ErrorUnschedulable"
        reason = holds["Synchronized"].reason if "Synchronized" in holds else None
        return _PULL_STATUS.get(reason or "", "Starting")
    return "Unknown" if guest.phase == "Unknown" else "Stopped"


def _mirror(seen: Seen, own: Guest | None, word: str | None, failure: tuple[str, str] | None = None) -> list[Action]:
    """The machine's status as it follows from its guest; ``word`` is what is under way, and goes before."""
    machine, status = seen.machine, seen.machine.status
    wanted = [_ready(own)]
    if own is not None:
        wanted += [
            Statement("Paused", True, one.reason or "", one.message or "")
            for one in own.status.conditions
            if one.type == "Paused" and one.status == "True"
        ]
    if failure is not None:
        wanted.append(Statement("Failure", True, *failure))
    is_ready = wanted[0].holds
    printed = word or printable_status(own)
    made_from = _made_from(own)
    is_shown = (
        (status.printable_status, bool(status.created), bool(status.ready)) == (printed, own is not None, is_ready)
        and (status.desired_generation, status.observed_generation) == (machine.metadata.generation, made_from)
        and told_already(wanted, status.conditions, _OURS)
    )
    if is_shown:
        return []
    said = failure is not None and any(
        one.type == "Failure" and (one.reason, one.message) == failure for one in status.conditions
    )
    told: list[Action] = [Tell("Warning", *failure)] if failure is not None and not said else []
    shown_status = {
        "printableStatus": printed,
        "created": own is not None,
        "ready": is_ready,
        "conditions": written(wanted, status.conditions, timestamp(seen.now)),
        "desiredGeneration": machine.metadata.generation,
        "observedGeneration": made_from,
    }
    return [*told, Apply({name: value for name, value in shown_status.items() if value is not None})]


def _ready(own: Guest | None) -> Statement:
    if own is None:
        return Statement("Ready", False, "VMINotExists", "the guest isn't there: it is stopped")
    for one in own.status.conditions:
        if one.type == "Ready":
            return Statement("Ready", one.status == "True", one.reason or "", one.message or "")
    return Statement("Ready", False, "GuestNotRunning", "the guest doesn't run yet")


def _made_from(own: Guest | None) -> int | None:
    """The machine's generation that the guest was made from."""
    text = (own.metadata.annotations or {}).get(GENERATION, "") if own is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
