"""PURE: what a guest's status says, from what was decided of it, what its launcher says, and how its Pod ended.

Two writes make a status.  The *report* (interfaces, conditions, volumes) is applied server-side: it is ours, field by
field.  The *phase* is a merge patch, since it has one writer at a time.  Both rest on the version that was read: of two
who know different things of a guest, the later word is to be the truer one.

What is reported of an end is the same by whichever way it came to be known (the launcher's last word, what it left in
its folder, its Pod's exit status), and what a handler has forgotten of a guest stays as the status has it.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from controllers.runtime.conditions import FALSE, TRUE, UNKNOWN, condition
from controllers.virt_handler.objects import COMPUTE, Pod
from kvnode.api.encode import to_dict
from kvnode.api.instance import VirtualMachineInstance
from kvnode.runtime.pod_node import LAUNCHER_UID, PodRecord
from kvnode.runtime.protocol import Status

ENDED = ("Succeeded", "Failed")
GUEST_NOT_RUNNING = "GuestNotRunning"
SILENT = "LauncherSilent"
RECORD_LOST = "RecordLost"
GUEST_CRASHED = "GuestCrashed"
_OF_THE_RECORD = ("LiveMigratable", "SoftwareEmulation")
_LONGEST_MESSAGE = 1024
_CRASHED, _NOT_STARTED = 4, 3
_REASON = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}", re.ASCII)

_Statement = tuple[str, str, str, str]


def credible(status: Status) -> Status:
    """What a launcher says, as far as it can stand in an object: it may be in the hands of its guest."""
    reason = status.reason if not status.reason or _REASON.fullmatch(status.reason) else "Unintelligible"
    return msgspec.structs.replace(status, reason=reason, message=status.message[:_LONGEST_MESSAGE])


def report(vmi: VirtualMachineInstance, record: PodRecord | None, status: Status, now: str) -> dict[str, Any]:
    """The body of the server-side apply of a guest that runs or has ended.

    record  -- what was decided of it; without it the status stays as far as that was said there
    now     -- the time as Kubernetes writes it, for conditions whose status changes
    """
    synchronized: _Statement = ("Synchronized", TRUE, "", "")
    if record is None and status.phase not in ENDED:
        lost = "its node doesn't know any more how the guest was set up; it runs, and a restart mends what can't be now"
        synchronized = ("Synchronized", FALSE, RECORD_LOST, lost)
    return _body(vmi, record, [_ready(status), synchronized], now)


def end_report(vmi: VirtualMachineInstance, record: PodRecord | None, status: Status, now: str) -> dict[str, Any]:
    """The body that says of a guest how it ended: of one that never ran, why its start failed."""
    ran = vmi.status.phase == "Running" or status.qemu_pid is not None or status.reason == GUEST_CRASHED
    if status.phase == "Failed" and not ran:
        return fault_report(vmi, status.reason or "StartFailed", status.message, now)
    return report(vmi, record, status, now)


def fault_report(vmi: VirtualMachineInstance, reason: str, message: str, now: str) -> dict[str, Any]:
    """The body that says of a guest which doesn't run why its start failed."""
    conditions = [("Ready", FALSE, GUEST_NOT_RUNNING, message), ("Synchronized", FALSE, reason, message)]
    return {**_identity(vmi), "status": {"conditions": [_condition(vmi, *one, now) for one in conditions]}}


def silent_report(vmi: VirtualMachineInstance, record: PodRecord | None, message: str, now: str) -> dict[str, Any]:
    """As ``report``, of a guest whose launcher doesn't answer: whether it is ready is unknown, the rest stays."""
    return _body(vmi, record, [(kind, UNKNOWN, SILENT, message) for kind in ("Ready", "Synchronized")], now)


def phase_patch(vmi: VirtualMachineInstance, phase: str, now: str) -> dict[str, Any]:
    """The merge patch that moves a guest to another phase; lists are whole, as merging replaces them."""
    passed = [
        {"phase": one.phase, "phaseTransitionTimestamp": one.phase_transition_timestamp}
        for one in vmi.status.phase_transition_timestamps
        if one.phase != phase
    ]
    return {
        "status": {
            "phase": phase,
            "phaseTransitionTimestamps": [*passed, {"phase": phase, "phaseTransitionTimestamp": now}],
        }
    }


def end_of_pod(pod: Pod) -> Status:
    """How the guest of a Pod ended, from the Pod alone: the launcher's last word is the container's message."""
    ended = next((one.state.terminated for one in pod.status.container_statuses if one.name == COMPUTE), None)
    if pod.status.reason or ended is None:
        reason, said = pod.status.reason or "PodFailed", pod.status.message or "the Pod ended and doesn't say why"
        return Status("Succeeded" if pod.status.phase == "Succeeded" else "Failed", reason, said)
    words = (ended.message or "").strip()
    if ended.exit_code == 0:
        return Status("Succeeded", "Shutdown", words or "the guest shut itself down, or was asked to")
    if ended.reason == "OOMKilled":
        cure = "raise its limit, memory.reservedOverhead or additionalGuestMemoryOverheadRatio"
        return Status("Failed", "OOMKilled", f"the guest's Pod took more memory than its limit; {cure}")
    if ended.exit_code == _NOT_STARTED:
        return Status("Failed", "StartFailed", words or "the launcher could not start the guest")
    if ended.exit_code == _CRASHED:
        return Status("Failed", GUEST_CRASHED, words or "the guest or its QEMU crashed")
    how = f"status {ended.exit_code}" + (f": {words}" if words else "")
    return Status("Failed", "LauncherCrashed", f"the launcher ended with {how}; the guest went with it")


def says_the_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two reports differ in nothing but times and the version that they rest on."""
    return _timeless(one) == _timeless(other)


def is_contradicted(body: dict[str, Any], vmi: VirtualMachineInstance) -> bool:
    """Whether the guest's conditions are others than a report said: somebody has written there since."""
    for said in body["status"]["conditions"]:
        there = condition(vmi.status.conditions, said["type"])
        if there is None or (there.status, there.reason or "") != (said["status"], said["reason"]):
            return True
    return False


def _body(
    vmi: VirtualMachineInstance, record: PodRecord | None, statements: list[_Statement], now: str
) -> dict[str, Any]:
    known = _remembered(vmi, statements, now) if record is None else _decided(vmi, record, statements, now)
    return {**_identity(vmi), "status": {**known, "runtimeUser": LAUNCHER_UID}}


def _decided(vmi: VirtualMachineInstance, record: PodRecord, statements: list[_Statement], now: str) -> dict[str, Any]:
    told = [*statements, ("LiveMigratable", FALSE, *_migration(record))]
    if record.note is not None:
        told.append(("SoftwareEmulation", TRUE, "NoKvm", record.note))
    return {
        "conditions": [_condition(vmi, *one, now) for one in told],
        "interfaces": [_interface(one) for one in record.interfaces],
        "volumeStatus": [{"name": name, "target": target} for name, target in record.targets.items()],
        "machine": {"type": record.machine},
    }


def _remembered(vmi: VirtualMachineInstance, statements: list[_Statement], now: str) -> dict[str, Any]:
    """What the status says already: what is ours and isn't said again would go."""
    known = to_dict(vmi.status)
    conditions = [_condition(vmi, *one, now) for one in statements]
    conditions += [one for one in known.get("conditions", ()) if one["type"] in _OF_THE_RECORD]
    kept = {key: known[key] for key in ("interfaces", "volumeStatus", "machine") if key in known}
    return {"conditions": conditions, **kept}


def _identity(vmi: VirtualMachineInstance) -> dict[str, Any]:
    """Which guest is meant, in which state: neither another one of that name, nor a state that nobody looked at."""
    meta = vmi.metadata
    head = {"name": meta.name, "namespace": meta.namespace, "uid": meta.uid, "resourceVersion": meta.resource_version}
    return {"metadata": {key: value for key, value in head.items() if value}}


def _timeless(body: dict[str, Any]) -> dict[str, Any]:
    status, meta = body["status"], body["metadata"]
    conditions = [{**one, "lastTransitionTime": ""} for one in status["conditions"]]
    return {"metadata": {**meta, "resourceVersion": ""}, "status": {**status, "conditions": conditions}}


def _ready(status: Status) -> _Statement:
    if status.phase in ENDED:
        return "Ready", FALSE, status.reason or GUEST_NOT_RUNNING, status.message
    if status.phase != "Running":
        return "Ready", FALSE, GUEST_NOT_RUNNING, "the guest is being started"
    if status.reason:
        return "Ready", FALSE, status.reason, status.message
    return "Ready", TRUE, "", ""


def _migration(record: PodRecord) -> tuple[str, str]:
    for interface in record.network.interfaces:
        if interface.binding == "bridge":
            message = f"the network {interface.name!r} is bound by bridge: its address stays with the Pod on this node"
            return "InterfaceNotLiveMigratable", message
    return "DisksNotLiveMigratable", "the guest's disks are of this node"


def _interface(one: Any) -> dict[str, Any]:
    addresses = {"ipAddress": one.addresses[0], "ipAddresses": list(one.addresses)} if one.addresses else {}
    return {
        "name": one.name,
        "mac": one.mac,
        **addresses,
        "podInterfaceName": one.pod_ifname,
        "linkState": "up",
        "queueCount": one.queues,
        "infoSource": "domain",
    }


def _condition(
    vmi: VirtualMachineInstance, kind: str, status: str, reason: str, message: str, now: str
) -> dict[str, Any]:
    """One condition; its time is the old one's where the status stays.

    Reason and message are there even when they are empty: what isn't said stays as another writer said it before.
    """
    old = condition(vmi.status.conditions, kind)
    since = old.last_transition_time if old is not None and old.status == status else None
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message[:_LONGEST_MESSAGE],
        "lastTransitionTime": since or now,
    }
