"""PURE: what a guest's status says, from what was decided of it, what its launcher says, and how its Pod ended.

Two writes make a status.  The *report* (interfaces, conditions, volumes) is applied server-side: it is ours, field by
field.  The *phase* is a merge patch that rests on a resource version, since it has one writer at a time.
"""

from __future__ import annotations

from typing import Any

from controllers.runtime.conditions import FALSE, TRUE, UNKNOWN, condition
from controllers.virt_handler.objects import COMPUTE, Pod
from kvnode.api.instance import VirtualMachineInstance
from kvnode.runtime.pod_node import LAUNCHER_UID, PodRecord
from kvnode.runtime.protocol import Status

ENDED = ("Succeeded", "Failed")
GUEST_NOT_RUNNING = "GuestNotRunning"
SILENT = "LauncherSilent"
_LONGEST_MESSAGE = 1024
_CRASHED, _NOT_STARTED = 4, 3


def report(vmi: VirtualMachineInstance, record: PodRecord, status: Status, now: str) -> dict[str, Any]:
    """The body of the server-side apply of a guest that runs or has ended.

    now  -- the time as Kubernetes writes it, for conditions whose status changes
    """
    conditions = [_ready(status), ("LiveMigratable", FALSE, *_migration(record)), ("Synchronized", TRUE, "", "")]
    if record.note is not None:
        conditions.append(("SoftwareEmulation", TRUE, "NoKvm", record.note))
    return {
        **_identity(vmi),
        "status": {
            "conditions": [_condition(vmi, *one, now) for one in conditions],
            "interfaces": [_interface(one) for one in record.interfaces],
            "volumeStatus": [{"name": name, "target": target} for name, target in record.targets.items()],
            "machine": {"type": record.machine},
            "runtimeUser": LAUNCHER_UID,
        },
    }


def fault_report(vmi: VirtualMachineInstance, reason: str, message: str, now: str) -> dict[str, Any]:
    """The body that says of a guest which doesn't run why its start failed."""
    conditions = [("Ready", FALSE, GUEST_NOT_RUNNING, message), ("Synchronized", FALSE, reason, message)]
    return {**_identity(vmi), "status": {"conditions": [_condition(vmi, *one, now) for one in conditions]}}


def silent_report(
    vmi: VirtualMachineInstance, record: PodRecord, status: Status, message: str, now: str
) -> dict[str, Any]:
    """As ``report``, of a guest whose launcher doesn't answer: whether it is ready is unknown, the rest stays."""
    body = report(vmi, record, status, now)
    others = [one for one in body["status"]["conditions"] if one["type"] not in ("Ready", "Synchronized")]
    told = [_condition(vmi, kind, UNKNOWN, SILENT, message, now) for kind in ("Ready", "Synchronized")]
    body["status"]["conditions"] = told + others
    return body


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
        return Status("Failed", "GuestCrashed", words or "the guest or its QEMU crashed")
    how = f"status {ended.exit_code}" + (f": {words}" if words else "")
    return Status("Failed", "LauncherCrashed", f"the launcher ended with {how}; the guest went with it")


def _identity(vmi: VirtualMachineInstance) -> dict[str, Any]:
    """Which guest is meant: with its uid, so that another one of that name is not."""
    meta = vmi.metadata
    return {"metadata": {"name": meta.name, "namespace": meta.namespace, "uid": meta.uid}}


def _ready(status: Status) -> tuple[str, str, str, str]:
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
