"""What a launcher's Pod says of its guest: it waits, it runs, it has ended, and why, in words for the guest's owner.

A Pod tells its troubles in three places (conditions, its status, its container's state) and in the scheduler's and the
kubelet's terms. Here they become one verdict with a reason in CamelCase, a sentence, and what would do. The launcher's
exit status says how its guest ended: 0 as asked or by itself, 3 it could not be started, 4 it crashed.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from controllers.virt_controller.launcher_pod import COMPUTE
from controllers.virt_controller.objects import ContainerState, Pod, PodCondition, Terminated

Stage = Literal["waits", "runs", "succeeded", "failed"]

UNSCHEDULABLE = "Unschedulable"
_LONGEST_MESSAGE = 1024
_COULD_NOT_START, _CRASHED = 3, 4
_PULLING = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable")
_CONFIGURING = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
# Waiting reasons of a Pod that is on its way.
_ON_ITS_WAY = ("", "ContainerCreating", "PodInitializing")


class _LastWord(Struct):
    """What the launcher leaves as its container's termination message."""

    message: str = ""


class Verdict(Struct, frozen=True):
    """
    stage     -- how far the Pod is
    reason    -- in CamelCase; empty where nothing is wrong
    message   -- a sentence with the cause and what would do
    ended_at  -- when its container ended, RFC 3339, where it has and says so
    """

    stage: Stage
    reason: str = ""
    message: str = ""
    ended_at: str | None = None


def verdict(pod: Pod) -> Verdict:
    """The verdict on a Pod that exists."""
    status = pod.status
    state = _compute(pod)
    if status.phase == "Succeeded":
        return Verdict("succeeded", ended_at=_ended_at(state))
    if status.phase == "Failed":
        return _failed(pod, state)
    if status.phase == "Running" and state.running is not None and pod.spec.node_name:
        return Verdict("runs")
    return _waits(pod, state)


def is_over(pod: Pod) -> bool:
    """Whether no container of the Pod runs any more, nor will."""
    return pod.status.phase in ("Succeeded", "Failed")


def _compute(pod: Pod) -> ContainerState:
    states = (status.state for status in pod.status.container_statuses if status.name == COMPUTE)
    return next(states, ContainerState())


def _ended_at(state: ContainerState) -> str | None:
    return state.terminated.finished_at if state.terminated is not None else None


def _failed(pod: Pod, state: ContainerState) -> Verdict:
    at, ended = _ended_at(state), state.terminated
    if pod.status.reason or ended is None:
        # The node or the cluster ended it: evicted, preempted, refused at admission, lost. Whoever did it says so in
        # the status or in this condition (Kubernetes, "Pod disruption conditions").
        ended_by = next((one for one in pod.status.conditions if one.type == "DisruptionTarget"), PodCondition())
        reason = pod.status.reason or ended_by.reason or "PodFailed"
        said = pod.status.message or ended_by.message or "the Pod failed and doesn't say why"
        return Verdict("failed", reason, _sentence(f"{said}; a VirtualMachine starts it again elsewhere"), at)
    return Verdict("failed", *_crash(ended), at)


def _crash(ended: Terminated) -> tuple[str, str]:
    said = _last_word((ended.message or "").strip())
    words = f": {said}" if said else ""
    if ended.reason == "OOMKilled":
        cure = "give memory.reservedOverhead or a higher limits.memory, or raise additionalGuestMemoryOverheadRatio"
        return "OOMKilled", f"the launcher's Pod took more memory than its limit; {cure}"
    if ended.exit_code == _COULD_NOT_START:
        return "LauncherCannotStart", _sentence(f"the launcher could not start the guest{words}")
    if ended.exit_code == _CRASHED:
        return "GuestCrashed", _sentence(f"the guest or its QEMU crashed{words}; `kubectl logs` of its Pod tells more")
    how = f"was killed by signal {ended.signal}" if ended.signal else f"ended with status {ended.exit_code}"
    return "LauncherCrashed", _sentence(f"the launcher {how}{words}; `kubectl logs` of its Pod tells more")


def _last_word(text: str) -> str:
    """The sentence in the launcher's last word; what somebody else has left there (a runtime) stays as it is."""
    try:
        return msgspec.json.decode(text, type=_LastWord).message
    except msgspec.DecodeError:
        return text


def _waits(pod: Pod, state: ContainerState) -> Verdict:
    for condition in pod.status.conditions:
        if condition.type == "PodScheduled" and condition.status == "False":
            said = condition.message or "the scheduler finds no node and doesn't say why"
            return Verdict("waits", condition.reason or UNSCHEDULABLE, _sentence(f"{said}{_no_node(said)}"))
    reason = (state.waiting.reason if state.waiting is not None else "") or ""
    if reason in _ON_ITS_WAY:
        return Verdict("waits")
    said = (state.waiting.message if state.waiting is not None else "") or "the kubelet doesn't say more"
    cure = "look at the Pod's events"
    if reason in _PULLING:
        cure = "check the image's name, that the node reaches its registry, and containerDisk.imagePullSecret"
    elif reason in _CONFIGURING:
        cure = "check that the Secrets and devices that the guest names exist"
    return Verdict("waits", reason, _sentence(f"{said}; {cure}"))


def _no_node(said: str) -> str:
    """What would help against each thing that the scheduler found wanting."""
    cures = []
    if "devices.kubevirt.io/kvm" in said:
        cures.append("no node offers working KVM: add one, or allow developerConfiguration.useEmulation")
    elif "devices.kubevirt.io/" in said:
        cures.append("no node offers the device: see that virt-handler runs there")
    if "Insufficient memory" in said or "Insufficient cpu" in said:
        cures.append(
            "the Pod asks for the guest and its overhead (`kvnode explain` itemises it): free some, or ask less"
        )
    if "Insufficient hugepages-" in said:
        cures.append("no node has as many huge pages of this size left: reserve some there and restart its kubelet")
    if "affinity/selector" in said:
        cures.append(
            "nodes for guests have the label kubevirt.io/schedulable=true, those that the guest selects, for CPUs of "
            "its own cpumanager=true (the kubelet's CPU manager policy is static), and for real-time "
            "kubevirt.io/realtime (kernel.sched_rt_runtime_us is -1)"
        )
    return "".join(f"; {cure}" for cure in cures)


def _sentence(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[: _LONGEST_MESSAGE - 3]}..."
