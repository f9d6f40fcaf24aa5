"""Conditions as a decision makes them, and as they are written: with the time since when they hold.

`lastTransitionTime` moves when the status does, and never because a reason was put better.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Protocol

from msgspec import Struct


class Known(Protocol):
    """A condition as an object has it."""

    @property
    def type(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def message(self) -> str | None: ...
    @property
    def last_transition_time(self) -> str | None: ...


class Statement(Struct, frozen=True):
    """One condition that should hold: ``holds`` is its status, None for `Unknown`."""

    type: str
    holds: bool | None
    reason: str = ""
    message: str = ""

    @property
    def status(self) -> str:
        return "Unknown" if self.holds is None else str(self.holds)

    @classmethod
    def of(cls, known: Known) -> "Statement":
        """What another object's condition says, to be said of this one too."""
        holds = {"True": True, "False": False}.get(known.status)
        return cls(known.type, holds, known.reason or "", known.message or "")


def written(wanted: Iterable[Statement], known: Iterable[Known], now: str) -> list[dict[str, Any]]:
    """The statements as conditions in JSON's types; one whose status stays keeps its time."""
    since = {one.type: one.last_transition_time for one in known if one.last_transition_time}
    before = {one.type: one.status for one in known}
    conditions = []
    for one in wanted:
        same = before.get(one.type) == one.status
        time = since.get(one.type, now) if same else now
        condition = {"type": one.type, "status": one.status, "lastTransitionTime": time}
        condition |= {key: text for key, text in (("reason", one.reason), ("message", one.message)) if text}
        conditions.append(condition)
    return conditions


def told_already(wanted: Iterable[Statement], known: Iterable[Known], ours: Iterable[str]) -> bool:
    """Whether the object says all of it, and nothing else of the types that are ``ours``."""
    said = {one.type: (one.status, one.reason or "", one.message or "") for one in known}
    want = {one.type: (one.status, one.reason, one.message) for one in wanted}
    return {type_: one for type_, one in said.items() if type_ in want or type_ in ours} == want


def timestamp(at: datetime) -> str:
    """As Kubernetes writes times: RFC 3339, whole seconds, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str | None) -> datetime | None:
    """The time that a text of Kubernetes' says; None for none, and for what isn't one."""
    try:
        read = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def seconds_since(text: str | None, now: datetime) -> float | None:
    """How long ago a time of Kubernetes' was; None where there is none."""
    at = moment(text)
    return None if at is None else (now - at).total_seconds()
