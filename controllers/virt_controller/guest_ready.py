"""Whether a guest is ready, where its node's handler can't say so any more.

A condition has one writer at a time, and from Running on `Ready` is the handler's. A handler whose node is lost says
nothing, and what it said last would stand for good. So there is one exception, and it has bounds that keep the two
writers apart:

- A `True` is taken back while the cluster says otherwise: the node isn't ready, the Pod isn't, or the Pod is to go.
- It is given back when that has passed, and only what was taken here is: the reason tells. A handler says a thing
  once, when it changes, so one that was merely cut off won't say it again; and whatever it says meanwhile it says
  over ours, and then nothing of ours is left to give back.
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


def node_fault(node: Node | None) -> str | None:
    """What is wrong with a node, in the cluster's words; None where nothing is, or where it isn't known."""
    for one in node.status.conditions if node is not None else ():
        if one.type == "Ready" and one.status != "True":
            return one.message or one.reason or f"its condition Ready is {one.status}"
    return None


def corrected_ready(guest: Guest, pod: Pod, node: Node | None, now: datetime) -> list[Action]:
    """What makes the guest's `Ready` say no more than is known. ``node`` is None where it isn't known."""
    known = next((one for one in guest.status.conditions if one.type == "Ready"), None)
    if known is None:
        return []
    taken = known.status == "False" and known.reason in _TAKEN
    if known.status != "True" and not taken:
        return []
    wanted = _not_ready(pod, node) or Statement("Ready", True)
    if told_already([wanted], [known], ("Ready",)):
        return []
    # Its own deletion is no news to a Pod's owner, and the end of a trouble none to warn of.
    told = [] if wanted.holds or wanted.reason in (POD_TERMINATING, known.reason) else [_told(wanted)]
    return [*told, Apply({"conditions": written([wanted], guest.status.conditions, timestamp(now))})]


def _told(wanted: Statement) -> Tell:
    return Tell("Warning", wanted.reason, wanted.message)


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
