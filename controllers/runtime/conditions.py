"""Statements about an object, one for each type; how a new one joins those that are there.

The rules are Kubernetes's (API conventions, "Typical status properties"): conditions are a map by type,
`lastTransitionTime` changes when the status does and only then, a type that nobody says anything of is unknown. All
functions are pure, over any type of condition that has the fields; where nothing changed the same value comes back, so
that a caller can see that there is nothing to write.
"""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from kvnode.api.base import EMPTY, Model, Time

TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"


class Condition(Model, frozen=True):
    """One statement about an object, and since when it holds."""

    type: str = EMPTY  # what it is about, such as `Ready`
    status: str = EMPTY  # `True`, `False` or `Unknown`
    reason: str | None = None  # why, as one word in CamelCase
    message: str | None = None  # why, as a sentence
    last_transition_time: Time | None = None  # when the status last changed
    observed_generation: int | None = None  # which state of the spec it speaks of


# Any frozen Struct with `type`, `status`, `reason`, `message` and `last_transition_time`.
C = TypeVar("C", bound=msgspec.Struct)


def wall_time(at: datetime.datetime | None = None) -> str:
    """A moment as Kubernetes writes it, to the second in UTC; now by default."""
    moment = at or datetime.datetime.now(datetime.UTC)
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(conditions: Iterable[C], type: str) -> C | None:
    """The condition of that type, or None."""
    return next((found for found in conditions if _of(found).type == type), None)


def is_true(conditions: Iterable[msgspec.Struct], type: str) -> bool:
    """Whether the condition is there and says `True`."""
    found = condition(conditions, type)
    return found is not None and _of(found).status == TRUE


def with_condition(conditions: Sequence[C], new: C, now: str | None = None) -> tuple[C, ...]:
    """The conditions with ``new`` in place of the one of its type, or behind them all.

    Its transition time is the old one's where the status is the same, whatever the new one says; ``now`` otherwise.
    Of several old ones of its type, which is no map and somebody's mistake, only the first one's place remains.
    """
    old = condition(conditions, _of(new).type)
    since = _of(old).last_transition_time if old is not None and _of(old).status == _of(new).status else None
    new = msgspec.structs.replace(new, last_transition_time=since or now or wall_time())
    if old is None:
        return (*conditions, new)
    others = [one for one in conditions if _of(one).type != _of(new).type]
    if old == new and len(others) == len(conditions) - 1:
        return tuple(conditions)
    others.insert(next(place for place, one in enumerate(conditions) if one is old), new)
    return tuple(others)


def without_condition(conditions: Iterable[C], type: str) -> tuple[C, ...]:
    """The conditions that are of other types."""
    return tuple(one for one in conditions if _of(one).type != type)


def _of(one: msgspec.Struct) -> Any:
    return one
