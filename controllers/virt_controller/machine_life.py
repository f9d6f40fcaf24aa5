"""A VirtualMachine, as a decision: from what is seen of it and its guest to what is to be done.

What happens to the guest is decided by `runs`; here it becomes actions, in an order that survives a death between any
two of them. What has to be known afterwards (a failed start, a Start that shall follow a Stop) is written before the
guest is touched, and that a strategy is in force is written after its first guest was made. What only mirrors the
guest (`machine_status`) comes last and is made again from what is seen.
"""

from datetime import datetime

from msgspec import Struct

from controllers.runtime.resources import Request
from controllers.virt_controller.actions import Action, Create, Delete, Patch, Tell
from controllers.virt_controller.guest_life import FINAL, Decision
from controllers.virt_controller.machine_status import Shown, mirror, word_on_course
from controllers.virt_controller.machine_template import changed_fields, guest_of
from controllers.virt_controller.objects import GUESTS, MACHINE_FINALIZER, Guest, Machine, MachineSpec
from controllers.virt_controller.runs import STRATEGIES, Course, course
from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.encode import to_dict
from kvnode.api.fault import shown
from kvnode.api.virtual_machine import VirtualMachineStartFailure
from kvnode.errors import VALUE_INVALID, VALUE_NOT_SUPPORTED, FieldError

_ORPHAN = "orphan"


class Seen(Struct, frozen=True):
    """What a decision rests on.

    guest          -- the VirtualMachineInstance of the machine's name, whoever owns it
    left_behind    -- a launcher's Pod that may still run although its guest's object is gone, by its name
    configuration  -- what defaults go by
    """

    machine: Machine
    guest: Guest | None
    now: datetime
    left_behind: str | None = None
    configuration: KubeVirtConfiguration = KubeVirtConfiguration()


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
        failed = machine.status.start_failure
        return Decision([*_finalizer(machine), *_mirror(seen, own, None, (fault.reason, str(fault)), failed)])
    strategy = strategy_of(machine.spec)
    planned = course(machine, strategy, own, seen.now)
    if planned.step == "start" and seen.left_behind:
        message = (
            f"the Pod {seen.left_behind} of this machine's guest before is still there, though that guest's object is "
            "gone: two guests must not run at once; the next one starts when the Pod has gone"
        )
        remembered = _finalizer(machine) + _remembered(machine, planned)
        return Decision(remembered + _mirror(seen, own, "Stopping", ("GuestLeftBehind", message)))
    actions = _finalizer(machine) + _remembered(machine, planned) + _step(seen, own, planned)
    if machine.status.run_strategy != strategy:
        actions.append(Patch({"status": {"runStrategy": strategy}}, subresource="status"))
    mirrored = _mirror(seen, own, word_on_course(planned, own), None, planned.start_failure)
    return Decision(actions + mirrored, planned.wait_s)


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
        # Somebody else isn't done with it.
        return Decision(_mirror(seen, own, "Terminating"))
    left = [name for name in machine.metadata.finalizers if name != MACHINE_FINALIZER]
    if own is None or _ORPHAN in left:
        # `kubectl delete --cascade=orphan`: the guest runs on without a machine.
        told = _mirror(seen, own, "Terminating") if any(name != _ORPHAN for name in left) else []
        return Decision([*told, Patch({"metadata": {"finalizers": left}})])
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
        why = f"it is {own.phase}" if own.phase in FINAL else "it should not run"
        told = Tell("Normal", "SuccessfulDelete", f"Stopped the virtual machine instance {name}: {why}")
        return [_delete(own), told]
    return []


def _delete(guest: Guest) -> Delete:
    meta = guest.metadata
    return Delete(GUESTS, Request(meta.namespace or "", meta.name or ""), meta.uid or "")


# What is shown.


def _mirror(
    seen: Seen,
    own: Guest | None,
    word: str | None = None,
    failure: tuple[str, str] | None = None,
    start_failure: VirtualMachineStartFailure | None = None,
) -> list[Action]:
    """The machine's status as it follows from its guest; ``word`` is what is under way, and goes before."""
    has_spec = isinstance(seen.machine.spec.template.get("spec"), dict)
    changed = changed_fields(seen.machine, own, seen.configuration) if own is not None and has_spec else None
    return mirror(seen.machine, Shown(own, word, failure, start_failure, changed), seen.now)
