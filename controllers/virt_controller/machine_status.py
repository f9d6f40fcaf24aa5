"""What a VirtualMachine shows of itself: one word for people, its guest's conditions, and what is wrong.

All of it follows from machine and guest, so it is made again from what is seen whenever something happened, and written
only where it isn't shown already. The words are KubeVirt's, and so is their order: the first that applies is shown.
Words for what this build doesn't do (Provisioning and whatever else concerns claims, Migrating, WaitingForReceiver)
don't occur.
"""

from datetime import datetime

from msgspec import Struct

from controllers.virt_controller.actions import Action, Apply, Tell
from controllers.virt_controller.guest_life import FINAL
from controllers.virt_controller.machine_template import made_from, restart_required
from controllers.virt_controller.objects import Guest, Machine
from controllers.virt_controller.runs import Course
from controllers.virt_controller.statements import Statement, timestamp, told_already, written
from kvnode.api.virtual_machine import VirtualMachineStartFailure

# Said of the machine itself; every other condition that it has is its guest's.
_OF_THE_MACHINE = ("Failure", "Ready", "RestartRequired")
_MIRRORED = (
    *("Provisioning", "Synchronized", "Paused", "AgentConnected", "AccessCredentialsSynchronized"),
    *("AgentVersionNotSupported", "LiveMigratable", "StorageLiveMigratable", "HotVCPUChange", "HotMemoryChange"),
    *("VolumesChange", "DataVolumesReady", "MigrationRequired", "EvictionRequested", "SoftwareEmulation"),
    "PodScheduled",
)
_OURS = (*_OF_THE_MACHINE, *_MIRRORED)
_UNDER_WAY = ("", "Pending", "Scheduling", "Scheduled")
# The kubelet has more words for an image that it can't get than KubeVirt has.
_PULLING = {
    "ErrImagePull": "ErrImagePull",
    "ImagePullBackOff": "ImagePullBackOff",
    "ErrImageNeverPull": "ErrImagePull",
    "InvalidImageName": "ErrImagePull",
    "RegistryUnavailable": "ErrImagePull",
}


class Shown(Struct, frozen=True):
    """What a machine's status is made of.

    guest          -- its own, or None
    word           -- the printable status where the guest alone doesn't say it
    failure        -- reason and message of what keeps the machine from what it should do
    start_failure  -- failed starts so far
    changed        -- the fields that its template has otherwise than its guest, None where the two agree
    """

    guest: Guest | None
    word: str | None = None
    failure: tuple[str, str] | None = None
    start_failure: VirtualMachineStartFailure | None = None
    changed: list[str] | None = None


def word_on_course(planned: Course, guest: Guest | None) -> str | None:
    """The printable status while something is about to happen to the guest."""
    if planned.step == "stop" and guest is not None and guest.phase in FINAL:
        return None
    return {"start": "Starting", "stop": "Stopping", "wait": "CrashLoopBackOff"}.get(planned.step)


def printable_status(guest: Guest | None, start_failure: VirtualMachineStartFailure | None = None) -> str:
    """One word for people, by the guest and whether it is a start that failed."""
    if guest is None:
        return "Stopped"
    if guest.phase in FINAL:
        crashing = start_failure is not None and start_failure.last_failed_vmi_uid == guest.metadata.uid
        return "CrashLoopBackOff" if crashing else "Stopped"
    if guest.metadata.deletion_timestamp:
        return "Stopping"
    holds = {one.type: one for one in guest.status.conditions}
    if guest.phase == "Running":
        return "Paused" if "Paused" in holds and holds["Paused"].status == "True" else "Running"
    if guest.phase in _UNDER_WAY:
        if "PodScheduled" in holds and holds["PodScheduled"].reason == "Unschedulable":
            return "ErrorUnschedulable"
        wrong = "Synchronized" in holds and holds["Synchronized"].status == "False"
        return _PULLING.get((wrong and holds["Synchronized"].reason) or "", "Starting")
    return "Unknown"


def mirror(machine: Machine, shown: Shown, now: datetime) -> list[Action]:
    """The machine's status, where it doesn't say all of this already."""
    status, guest, failure = machine.status, shown.guest, shown.failure
    wanted = _statements(machine, shown)
    is_ready = wanted[0].holds is True
    printed = shown.word or printable_status(guest, shown.start_failure)
    seen_generation = _observed_generation(machine, shown)
    is_shown = (
        (status.printable_status, bool(status.created), bool(status.ready)) == (printed, guest is not None, is_ready)
        and (status.desired_generation, status.observed_generation) == (machine.metadata.generation, seen_generation)
        and told_already(wanted, status.conditions, _OURS)
    )
    if is_shown:
        return []
    said = failure is not None and any(
        one.type == "Failure" and (one.reason, one.message) == failure for one in status.conditions
    )
    told: list[Action] = [Tell("Warning", *failure)] if failure is not None and not said else []
    body = {
        "printableStatus": printed,
        "created": guest is not None,
        "ready": is_ready,
        "conditions": written(wanted, status.conditions, timestamp(now)),
        "desiredGeneration": machine.metadata.generation,
        "observedGeneration": seen_generation,
    }
    return [*told, Apply({name: value for name, value in body.items() if value is not None})]


def _statements(machine: Machine, shown: Shown) -> list[Statement]:
    guest = shown.guest
    wanted = [_ready(guest)]
    if guest is not None:
        wanted += [Statement.of(one) for one in guest.status.conditions if one.type not in _OF_THE_MACHINE]
    if shown.failure is not None:
        wanted.append(Statement("Failure", True, *shown.failure))
    # One that has ended or is about to go has no future that a restart could change.
    alive = guest is not None and guest.phase not in FINAL and not guest.metadata.deletion_timestamp
    if alive and shown.changed is not None:
        wanted.append(restart_required(machine, shown.changed))
    return wanted


def _ready(guest: Guest | None) -> Statement:
    if guest is None:
        return Statement("Ready", False, "VMINotExists", "the guest isn't there: it is stopped")
    for one in guest.status.conditions:
        if one.type == "Ready":
            return Statement.of(one)
    return Statement("Ready", False, "VMIConditionMissing", "the guest doesn't say yet whether it is ready")


def _observed_generation(machine: Machine, shown: Shown) -> int | None:
    """The latest generation of the machine whose template its guest has."""
    if shown.guest is None:
        return None
    if shown.changed is None:
        return machine.metadata.generation
    known = (made_from(shown.guest), machine.status.observed_generation)
    return max((one for one in known if one is not None), default=None)
