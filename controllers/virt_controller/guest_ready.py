"""Whether a guest is ready, where its node's handler can't say so any more.

A condition has one writer at a time, and from Running on `Ready` is the handler's: it says it, and says it again when
somebody else has written there. A handler whose node is lost says nothing, and what it said last would stand for good.
So there is one exception, within bounds that keep the two writers apart:

- A `True` is taken back where the cluster says that the node isn't ready, and its handler has let two heartbeats pass.
  A handler that is heard of speaks for itself, also on a node whose kubelet is gone.
- It is given back when both node and Pod are ready again, and only what was taken here is: the reason tells. Whatever
  the handler says meanwhile it says over ours, and then nothing of ours is left to give back.
- Both rest on the version of the guest that was read.

`False` is what Kubernetes itself says of the Pods of a lost node. The phase isn't touched: whether such a guest runs
isn't known, and it may well.
"""

from datetime import datetime

from controllers.virt_controller.actions import Action, Apply, Tell
from controllers.virt_controller.objects import Guest, Node, Pod
from controllers.virt_controller.statements import Statement, timestamp, told_already, written

NODE_NOT_READY = "NodeNotReady"
POD_NOT_READY = "PodNotReady"
POD_TERMINATING = "PodTerminating"
_TAKEN = (NODE_NOT_READY, POD_NOT_READY, POD_TERMINATING)

# A handler beats once a minute, and what it does before may take some seconds.
TWO_HEARTBEATS_S = 130.0


def node_fault(node: Node | None) -> str | None:
    """What is wrong with a node, in the cluster's words; None where nothing is, or where it isn't known."""
    for one in node.status.conditions if node is not None else ():
        if one.type == "Ready" and one.status != "True":
            return one.message or one.reason or f"its condition Ready is {one.status}"
    return None


def is_taken(guest: Guest) -> bool:
    """Whether the guest's `Ready` is what was written here in place of its handler's."""
    return any(
        one.type == "Ready" and one.status == "False" and one.reason in _TAKEN for one in guest.status.conditions
    )


def corrected_ready(
    guest: Guest, pod: Pod, node: Node | None, silent_for_s: float, now: datetime
) -> tuple[list[Action], float | None]:
    """What makes the guest's `Ready` say no more than is known, and in how many seconds to look again.

    node          -- None where it isn't known
    silent_for_s  -- for how long nothing was heard of its handler
    """
    known = next((one for one in guest.status.conditions if one.type == "Ready"), None)
    if known is None:
        return [], None
    if known.status == "True":
        if node_fault(node) is None:
            return [], None
        if silent_for_s < TWO_HEARTBEATS_S:
            return [], TWO_HEARTBEATS_S - silent_for_s
    elif not is_taken(guest):
        return [], None
    wanted = _not_ready(pod, node) or Statement("Ready", True)
    if told_already([wanted], [known], ("Ready",)):
        return [], None
    told = [Tell("Warning", wanted.reason, wanted.message)] if known.status == "True" else []
    return [*told, Apply({"conditions": written([wanted], guest.status.conditions, timestamp(now))})], None


def _not_ready(pod: Pod, node: Node | None) -> Statement | None:
    name, fault = pod.spec.node_name or "?", node_fault(node)
    going = pod.metadata.deletion_timestamp is not None
    if fault is not None:
        message = f"the node {name} is not ready: {fault}; whether the guest runs on there is not known"
        if going:
            message += (
                f". Its Pod {pod.metadata.name} is to go, and stays until the node is back: if the machine is off for "
                "certain, taint the node node.kubernetes.io/out-of-service, or delete the Pod by force"
            )
        return Statement("Ready", False, NODE_NOT_READY, message)
    if going:
        return Statement("Ready", False, POD_TERMINATING, "the guest's Pod was asked to end, and the guest with it")
    for one in pod.status.conditions:
        if one.type == "Ready" and one.status != "True":
            said = one.message or one.reason or f"its condition Ready is {one.status}"
            return Statement("Ready", False, POD_NOT_READY, f"the guest's Pod is not ready: {said}")
    return None
