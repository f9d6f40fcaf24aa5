"""CPU time of candidates that take turns in one process.

Whatever else the machine does meets all of them alike, and of many rounds the smallest counts: what is above it is
somebody else's time. The cyclic collector runs as it does in any program.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import repeat

Call = Callable[[], object]

# The clock's own cost, and the loop's, are to vanish in what is timed between two readings of it.
_SPAN_NS = 400_000
_MOST = 10_000


def smallest(calls: dict[str, Call], rounds: int, times: int | None = None) -> dict[str, float]:
    """The smallest CPU time of one call of each, in seconds.

    times -- calls between two readings of the clock; None for as many as take some tenths of a millisecond
    """
    counts = {name: times if times is not None else _enough(call) for name, call in calls.items()}
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            best[name] = min(best[name], _spent(call, counts[name]) / counts[name] / 1e9)
    return best


def _spent(call: Call, times: int) -> int:
    begun = time.process_time_ns()
    for _ in repeat(None, times):
        call()
    return time.process_time_ns() - begun


def _enough(call: Call) -> int:
    call()
    times = 1
    while times < _MOST and (spent := _spent(call, times)) < _SPAN_NS:
        times = min(_MOST, max(times * 2, times * _SPAN_NS // max(spent, 1)))
    return times
