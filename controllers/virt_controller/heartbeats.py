"""For how long a node's heartbeat has been what it is, as this process has seen it.

A heartbeat is a time by its node's clock, and it is never compared with ours: how old it is would be a question of two
clocks. What counts is for how long it hasn't changed before our eyes, on a clock that nobody sets. So a process that
has just begun to look knows of nobody that they are silent.
"""

import time
from collections.abc import Callable

from controllers.virt_controller.objects import HEARTBEAT, Node


def heartbeat(node: Node) -> str | None:
    """The heartbeat, as text that changes."""
    return (node.metadata.annotations or {}).get(HEARTBEAT)


class Heartbeats:
    """The heartbeats of all nodes; ``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Of each node its uid, its heartbeat, and since when we see that one.
        self._known: dict[str, tuple[str | None, str | None, float]] = {}

    def see(self, node: Node) -> float:
        """Take note of a node's heartbeat; for how many seconds it has been this one."""
        name, beat, now = node.metadata.name or "", (node.metadata.uid, heartbeat(node)), self._clock()
        known = self._known.get(name)
        since = known[2] if known is not None and known[:2] == beat else now
        self._known[name] = (*beat, since)
        return now - since

    def silent_for_s(self, name: str) -> float:
        """For how many seconds the node's heartbeat hasn't changed; none for a node that wasn't seen yet."""
        known = self._known.get(name)
        return 0.0 if known is None else self._clock() - known[2]

    def forget(self, name: str) -> None:
        """The node is gone."""
        self._known.pop(name, None)
