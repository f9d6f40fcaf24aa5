"""A node whose handler is silent, as a decision: nothing new is sent there.

A handler writes its node's heartbeat about once a minute, and the label that launchers' Pods select their nodes by
along with it. Where the heartbeat doesn't change for five minutes the label is set to false; a handler that is back
sets it again by itself. Guests that run there are none of this: they need no handler to go on.

What counts is for how long the heartbeat hasn't changed (`heartbeats`), whatever time it says; so a controller that has
just begun to lead grants a silent node another five minutes. A watch that lags behind makes nobody silent either: the
write names the version of the node that was judged, and a heartbeat that we didn't see is a Conflict.
"""

from msgspec import Struct

from controllers.virt_controller.actions import Patch, Tell
from controllers.virt_controller.guest_life import Decision
from controllers.virt_controller.heartbeats import heartbeat
from controllers.virt_controller.objects import HEARTBEAT, SCHEDULABLE, Node, NodeStatus
from kvnode.api.meta import ObjectMeta

UNRESPONSIVE = "NodeUnresponsive"
SILENT_S = 300.0


class Seen(Struct, frozen=True):
    """What a decision rests on; ``silent_for_s`` is for how long the node's heartbeat has been what it is."""

    node: Node
    silent_for_s: float


def decide(seen: Seen) -> Decision:
    """The next thing to do for this node."""
    meta = seen.node.metadata
    if (meta.labels or {}).get(SCHEDULABLE) != "true":
        return Decision()
    if seen.silent_for_s < SILENT_S:
        return Decision(requeue_after_s=SILENT_S - seen.silent_for_s)
    beat = heartbeat(seen.node)
    last = f"its last heartbeat says {beat}" if beat else "there is no heartbeat"
    message = (
        f"virt-handler has not been heard of for {SILENT_S / 60:.0f} minutes ({last}): no new guest is sent here until "
        "it is back; look for its Pod on this node. Guests that run here go on"
    )
    return Decision([Patch({"metadata": {"labels": {SCHEDULABLE: "false"}}}), Tell("Warning", UNRESPONSIVE, message)])


def trimmed(node: Node) -> Node:
    """A node as far as anything here asks: images, capacities and other people's labels are most of one."""
    meta = node.metadata
    return Node(
        ObjectMeta(
            name=meta.name,
            uid=meta.uid,
            resource_version=meta.resource_version,
            labels=_only(meta.labels, SCHEDULABLE),
            annotations=_only(meta.annotations, HEARTBEAT),
        ),
        NodeStatus(tuple(one for one in node.status.conditions if one.type == "Ready")),
    )


def _only(found: dict[str, str] | None, key: str) -> dict[str, str] | None:
    return {key: found[key]} if found and key in found else None
