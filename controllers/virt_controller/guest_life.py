"""One life of a guest, as a decision: from what is seen of guest and Pod to what is to be done.

    (none) ──Pod made──▶ Scheduling ──its container runs──▶ Scheduled ──▶ Running ──▶ Succeeded | Failed
       └─ refused ─▶ Failed ◀─ the Pod ended or went ─┘        └──── the handler's ────┘

Phase and conditions have one writer at a time: this controller until it has written Scheduled, the node's handler from
then on. The controller takes them back only where no handler will come any more: the launcher has ended, or its Pod
has gone, and the handler had its time to say how. (`guest_ready` has the one exception, for a node that is lost.)

A guest has one Pod in its life, whose name is derived from its uid, so a decision that is carried out twice makes
nothing twice. A Pod that isn't seen isn't therefore gone: whoever observes asks the API server itself before it says
so (`Seen.missed_for_s`), and nothing is ended on a doubt.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from controllers.runtime.resources import Request
from controllers.virt_controller.actions import Action, Apply, Create, Delete, Patch, Tell
from controllers.virt_controller.guest_ready import corrected_ready, node_fault
from controllers.virt_controller.launcher_pod import LAUNCHER_UID, generic_plan, launcher_pod
from controllers.virt_controller.objects import GROUP, GUEST_FINALIZER, NODE_NAME, PODS, VERSION, Guest, Node, Pod
from controllers.virt_controller.pod_verdict import UNSCHEDULABLE, Verdict, is_over, verdict
from controllers.virt_controller.settings import LauncherSettings
from controllers.virt_controller.statements import Statement, seconds_since, timestamp, told_already, written
from kvnode.api.defaults import default
from kvnode.api.encode import to_dict
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.unsupported import unsupported
from kvnode.api.validation import validate
from kvnode.errors import InvalidManifest, KvnodeError
from kvnode.manifest import load

FINAL = ("Succeeded", "Failed")
BEFORE_HANDLER = ("", "Pending", "Scheduling")

# How long a Pod has to be missed, and how long a launcher has to have ended, before the handler counts as away.
MISSED_S = 15.0
HANDLER_SILENT_S = 60.0
# How long the launcher of a guest that has ended may take to leave by itself, its logs with it.
LEAVES_BY_ITSELF_S = 60.0
_OURS = ("PodScheduled", "Ready", "Synchronized")
_MOST_FAULTS = 8


class Seen(Struct, frozen=True):
    """What a decision rests on.

    pod           -- the guest's launcher Pod, or None where the API server itself says that there is none
    missed_for_s  -- how long it has been missed, where it is
    node          -- the node that it is on, or None where it isn't known
    silent_for_s  -- for how long nothing was heard of that node's handler
    """

    guest: Guest
    pod: Pod | None
    now: datetime
    missed_for_s: float = 0.0
    node: Node | None = None
    silent_for_s: float = 0.0


class Decision(Struct, frozen=True):
    """What to do, in this order, and when to look again though nothing happens."""

    actions: list[Action] = []
    requeue_after_s: float | None = None


def decide(seen: Seen, settings: LauncherSettings) -> Decision:
    """The next thing to do for this guest."""
    guest, pod = seen.guest, seen.pod
    if guest.metadata.deletion_timestamp:
        return _on_deletion(seen)
    if guest.phase in FINAL:
        return _after_its_end(seen)
    if guest.phase not in BEFORE_HANDLER:
        return _under_the_handler(seen)
    if pod is not None:
        return _on_the_way(seen, pod)
    if guest.phase == "Scheduling":
        return _ends(seen, *_gone(seen, "before the guest was started"))
    return _begins(seen, settings)


# The stations.


def _begins(seen: Seen, settings: LauncherSettings) -> Decision:
    guest = seen.guest
    try:
        vmi = readable_guest(guest, settings)
        pod = launcher_pod(vmi, settings, generic_plan(vmi, settings))
    except KvnodeError as error:
        return _ends(seen, "Failed", error.reason, _refusal(error))
    name = pod["metadata"]["name"]
    return Decision(
        [
            *_finalizer(guest),
            Create(PODS, pod),
            Tell("Normal", "SuccessfulCreate", f"made the launcher's Pod {name}"),
            *_states(seen, _not_yet("the guest's Pod was made")),
            _phase(seen, "Scheduling", runtimeUser=LAUNCHER_UID),
        ]
    )


def _on_the_way(seen: Seen, pod: Pod) -> Decision:
    """Until the handler may take over: the Pod's troubles are told, and the guest ends with a Pod that can't be."""
    guest, found = seen.guest, verdict(pod)
    if found.stage == "failed":
        return _ends(seen, "Failed", found.reason, found.message)
    if found.stage == "succeeded":
        return _ends(seen, "Failed", "LauncherEndedEarly", "the launcher ended before it was told to start the guest")
    if pod.metadata.deletion_timestamp:
        return _ends(seen, *_gone(seen, "before the guest was started"))
    if found.stage == "runs":
        return _scheduled(seen, pod)
    actions = _states(seen, _waiting(found))
    if found.reason and not _says(guest, found.reason):
        actions.insert(0, Tell("Warning", found.reason, found.message))
    if guest.phase != "Scheduling":
        actions.append(_phase(seen, "Scheduling", runtimeUser=LAUNCHER_UID))
    return Decision(actions)


def _scheduled(seen: Seen, pod: Pod) -> Decision:
    """The handover. The label comes first: it is what the node's handler watches by."""
    guest, node = seen.guest, pod.spec.node_name or ""
    actions: list[Action] = []
    if (guest.metadata.labels or {}).get(NODE_NAME) != node:
        actions.append(Patch({"metadata": {"labels": {NODE_NAME: node}}}))
    actions += _states(seen, _not_yet(f"the launcher runs on node {node}; its handler starts the guest"))
    image = next((status.image for status in pod.status.container_statuses if status.image), None)
    facts = {"qosClass": pod.status.qos_class, "launcherContainerImageVersion": image}
    actions.append(
        _phase(
            seen,
            "Scheduled",
            nodeName=node,
            activePods={pod.metadata.uid or "": node},
            **{name: value for name, value in facts.items() if value},
        )
    )
    return Decision(actions)


def _under_the_handler(seen: Seen) -> Decision:
    """Only where the handler can't or doesn't say how a guest ended is it said here."""
    pod = seen.pod
    if pod is None:
        if seen.missed_for_s < MISSED_S:
            return Decision(requeue_after_s=MISSED_S - seen.missed_for_s)
        return _ends(seen, *_gone(seen, f"on node {seen.guest.status.node_name or '?'}"))
    if not is_over(pod):
        return _followed(seen, pod)
    found = verdict(pod)
    ended_s = seconds_since(found.ended_at, seen.now)
    if ended_s is not None and ended_s < HANDLER_SILENT_S:
        return Decision(requeue_after_s=HANDLER_SILENT_S - ended_s)
    if found.stage == "succeeded":
        return _ends(seen, "Succeeded", "GuestEnded", "the guest has shut down, and its launcher with it")
    return _ends(seen, "Failed", found.reason, found.message)


def _followed(seen: Seen, pod: Pod) -> Decision:
    """A guest that is the handler's to tell of, as long as there is one."""
    return Decision(*corrected_ready(seen.guest, pod, seen.node, seen.silent_for_s, seen.now))


def _after_its_end(seen: Seen) -> Decision:
    """A launcher leaves by itself when its guest has ended; one that doesn't keeps memory that nobody uses."""
    pod, guest = seen.pod, seen.guest
    if pod is None or is_over(pod) or pod.metadata.deletion_timestamp:
        return Decision()
    times = (stamp.phase_transition_timestamp for stamp in guest.status.phase_transition_timestamps)
    ended_s = seconds_since(max(filter(None, times), default=None), seen.now)
    if ended_s is not None and ended_s < LEAVES_BY_ITSELF_S:
        return Decision(requeue_after_s=LEAVES_BY_ITSELF_S - ended_s)
    return Decision([_delete(pod)])


def _on_deletion(seen: Seen) -> Decision:
    """The Pod's deletion asks the guest to shut down; the guest's object stays until nothing of it runs any more."""
    guest, pod = seen.guest, seen.pod
    if pod is not None and not is_over(pod):
        if not pod.metadata.deletion_timestamp:
            return Decision([_delete(pod)])
        return Decision() if guest.phase in FINAL else _followed(seen, pod)
    if GUEST_FINALIZER not in guest.metadata.finalizers:
        return Decision()
    left = [name for name in guest.metadata.finalizers if name != GUEST_FINALIZER]
    return Decision([Patch({"metadata": {"finalizers": left}})])


def _ends(seen: Seen, phase: str, reason: str, message: str) -> Decision:
    bad = phase == "Failed"
    wanted = [
        Statement("Ready", False, "GuestNotRunning", message),
        Statement("Synchronized", not bad, reason, message),
    ]
    return Decision(
        [
            Tell("Warning" if bad else "Normal", reason, message),
            *_states(seen, wanted),
            _phase(seen, phase, reason=reason),
        ]
    )


# The pieces.


def readable_guest(guest: Guest, settings: LauncherSettings) -> VirtualMachineInstance:
    """The guest's manifest read strictly, defaulted and judged, whether or not admission has done so before.

    Raises InvalidManifest with every finding.
    """
    meta = to_dict(guest.metadata)
    meta.pop("managedFields", None)
    document = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "VirtualMachineInstance", "metadata": meta}
    vmi = default(load({**document, "spec": guest.spec}), settings.configuration)
    errors = validate(vmi, settings.configuration) + unsupported(vmi, "cluster")
    if errors:
        raise InvalidManifest(errors)
    return vmi


def refused(seen: Seen, reason: str, message: str) -> Decision:
    """The API server didn't take the Pod (a quota, a policy): told, and tried again later."""
    states = _states(
        seen, [Statement("Ready", False, "GuestNotRunning"), Statement("Synchronized", False, reason, message)]
    )
    told = [] if _says(seen.guest, reason) else [Tell("Warning", reason, message)]
    pending = [] if seen.guest.phase == "Pending" else [_phase(seen, "Pending")]
    return Decision([*told, *states, *pending])


def _refusal(error: KvnodeError) -> str:
    if not isinstance(error, InvalidManifest):
        return str(error)
    shown = "; ".join(map(str, error.errors[:_MOST_FAULTS]))
    more = len(error.errors) - _MOST_FAULTS
    return shown if more <= 0 else f"{shown}; and {more} more"


def _gone(seen: Seen, where: str) -> tuple[str, str, str]:
    fault = node_fault(seen.node)
    why = "it was deleted or evicted, or its node was lost" if fault is None else f"the node is not ready: {fault}"
    return "Failed", "PodGone", f"the guest's Pod is gone {where}: {why}"


def _finalizer(guest: Guest) -> list[Action]:
    known = guest.metadata.finalizers
    return [] if GUEST_FINALIZER in known else [Patch({"metadata": {"finalizers": [*known, GUEST_FINALIZER]}})]


def _delete(pod: Pod) -> Delete:
    meta = pod.metadata
    return Delete(PODS, Request(meta.namespace or "", meta.name or ""), meta.uid or "")


def _not_yet(why: str) -> list[Statement]:
    return [Statement("Ready", False, "GuestNotRunning", why), Statement("Synchronized", True)]


def _waiting(found: Verdict) -> list[Statement]:
    if not found.reason:
        return _not_yet("the guest's Pod is being set up")
    states = [
        Statement("Ready", False, "GuestNotRunning", found.message),
        Statement("Synchronized", False, found.reason, found.message),
    ]
    if found.reason == UNSCHEDULABLE:
        states.append(Statement("PodScheduled", False, found.reason, found.message))
    return states


def _says(guest: Guest, reason: str) -> bool:
    return any(one.type == "Synchronized" and one.reason == reason for one in guest.status.conditions)


def _states(seen: Seen, wanted: list[Statement]) -> list[Action]:
    known = seen.guest.status.conditions
    if told_already(wanted, known, _OURS):
        return []
    return [Apply({"conditions": written(wanted, known, timestamp(seen.now))})]


def _phase(seen: Seen, phase: str, **facts: Any) -> Patch:
    entered = to_dict(seen.guest.status.phase_transition_timestamps)
    entered.append({"phase": phase, "phaseTransitionTimestamp": timestamp(seen.now)})
    return Patch({"status": {"phase": phase, "phaseTransitionTimestamps": entered, **facts}}, subresource="status")
