"""What a field does, measured: a manifest that sets it is judged, planned and made a Pod of with the field's other
values and without it, and what differs is the field's effect.

Nothing here knows what any field is for. Of two values that this build takes, what differs between their outcomes is an
effect; of a value that it doesn't take, who says so is. A field that does nothing, and of which nobody says anything,
is silent, and is seen as that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import Any, Literal

import msgspec

from tests.fields.outcome import MODES, Outcome, Told
from tests.fields.paths import Field, Steps, changed, covers, places, value_at, written
from tests.fields.values import INSTEAD, TOGETHER, nonsense, other_values, renamed

Verdict = Literal["taken", "refused", "refused within", "wrong", "no value"]
_ABSENT = object()


class Case(msgspec.Struct, frozen=True):
    """A manifest to measure with.

    steps    -- where what is tried begins; all of the manifest beside it stays as it is
    judge    -- what becomes of a document
    told     -- by mode, paths of what its user is told that isn't followed
    in_bulk  -- all that is tried gets another value at once, and is taken away at once; where neither changes
                anything no part of it does, and none is tried by itself. Nobody judges values here
    """

    name: str
    document: dict[str, Any]
    steps: tuple[Steps, ...]
    judge: Callable[[dict[str, Any]], Outcome]
    told: Callable[[dict[str, Any]], Told]
    in_bulk: bool = False

    def tries(self, at: Steps) -> bool:
        """Whether a place is among what is tried."""
        return any(at[: len(begin)] == begin for begin in self.steps)


class Effect(msgspec.Struct):
    """What was measured of a field.

    changes   -- parts that differ between values that this build takes
    planned   -- parts that differ between values that it refuses: only `kvnode plan` and `render` show them
    checked   -- some value is wrong, and is told so
    taken     -- values that are taken, if in one mode alone, as they are written
    refused   -- values that both modes refuse
    refused_by -- by mode, values that this one refuses and the other takes
    told      -- by mode: where it is set, its user is told that it isn't followed
    seen      -- some case sets it
    """

    changes: set[str] = msgspec.field(default_factory=set)
    planned: set[str] = msgspec.field(default_factory=set)
    checked: bool = False
    taken: list[Any] = msgspec.field(default_factory=list)
    refused: list[Any] = msgspec.field(default_factory=list)
    refused_by: dict[str, list[Any]] = msgspec.field(default_factory=dict)
    told: dict[str, bool] = msgspec.field(default_factory=dict)
    seen: bool = False


def measured(kind: type[msgspec.Struct], fields: Iterable[Field], cases: Iterable[Case]) -> dict[str, Effect]:
    """The effect of every field, by its path; ``kind`` is the type of the documents' ``spec``."""
    by_path = {field.path: field for field in fields}
    found = {path: Effect() for path in by_path}
    for case in cases:
        base, told = case.judge(case.document), case.told(case.document)
        tried = [(by_path[path], at) for path, at in _places(kind, case.document) if path in by_path and case.tries(at)]
        is_quiet = case.in_bulk and all(_same(base, case.judge(other)) for other in _all_at_once(case.document, tried))
        for field, at in tried:
            effect = found[field.path]
            effect.seen = True
            effect.told.update((mode, True) for mode in MODES if any(covers(path, written(at)) for path in told[mode]))
            if is_quiet:
                _note(effect, value_at(case.document, at), base, base, written(at))
            else:
                _try(case, base, field, at, effect)
    return found


def _places(kind: type[msgspec.Struct], document: dict[str, Any]) -> Iterator[tuple[str, Steps]]:
    return places(kind, document["spec"], "spec", ("spec",))


def _all_at_once(document: dict[str, Any], tried: list[tuple[Field, Steps]]) -> Iterator[dict[str, Any]]:
    """The document with everything otherwise, and with nothing."""
    otherwise = document
    for field, at in tried:
        others = other_values(field, value_at(document, at))
        if others:
            otherwise = changed(otherwise, at, others[0])
    yield otherwise
    yield {**document, "spec": {}}


def _same(one: Outcome, other: Outcome) -> bool:
    return (one.is_read, one.faults, one.made) == (other.is_read, other.faults, other.made)


def _try(case: Case, base: Outcome, field: Field, steps: Steps, effect: Effect) -> None:
    at, present = written(steps), value_at(case.document, steps)
    _note(effect, present, base, base, at)
    outcomes = [(True, base)]
    for value, document in _variants(case.document, field, steps, present):
        outcome = case.judge(document)
        _note(effect, value, outcome, base, at)
        outcomes.append((value is not _ABSENT, outcome))
    sound = [(is_set, one) for is_set, one in outcomes if _verdict(one, base, at) not in ("wrong", "no value")]
    _compare(effect, sound, at)
    if not case.in_bulk and not (effect.changes or effect.refused or effect.checked):
        effect.checked = any(
            _verdict(case.judge(changed(case.document, steps, value)), base, at) == "wrong" for value in nonsense(field)
        )


def _variants(document: Any, field: Field, steps: Steps, present: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    without = changed(document, steps)
    yield _ABSENT, without
    if field.path in INSTEAD:
        value_at(without, steps[:-1]).update(INSTEAD[field.path])
        yield _ABSENT, without
    for names in TOGETHER:
        if field.path in names:
            yield f"{present}-1", renamed(document, names, present)
    for value in other_values(field, present):
        yield value, changed(document, steps, value)


def _verdict(outcome: Outcome, base: Outcome, at: str) -> Verdict:
    """Of the value at a place, all that is within it included; what is wrong elsewhere because of it counts as well.

    A value of a wrong type is none at all: that is the type's doing, and says nothing of the field.
    """
    if not outcome.is_read:
        return "no value"
    own = any(covers(path, at) or covers(at, path) for path, _ in outcome.faults)
    if own or outcome.faults - base.faults:
        return "wrong"
    said = {_said(outcome.refused[mode], at) for mode in MODES}
    return next(verdict for verdict in ("taken", "refused", "refused within") if verdict in said)


def _said(refused: frozenset[str], at: str) -> Literal["taken", "refused", "refused within"]:
    """Of the value at a place, by a mode that refuses these paths."""
    if any(covers(path, at) or path.rpartition("[")[0] == at for path in refused):
        return "refused"
    return "refused within" if any(covers(at, path) for path in refused) else "taken"


def _takers(outcome: Outcome, at: str) -> set[str]:
    """The modes that take the value at a place with all that is in it."""
    return {mode for mode in MODES if _said(outcome.refused[mode], at) == "taken"}


def _note(effect: Effect, value: Any, outcome: Outcome, base: Outcome, at: str) -> None:
    verdict = _verdict(outcome, base, at)
    if verdict == "wrong":
        effect.checked = True
        return
    if value is _ABSENT or verdict not in ("taken", "refused"):
        return
    _add(effect.taken if verdict == "taken" else effect.refused, value)
    for mode in MODES:
        if verdict == "taken" and _said(outcome.refused[mode], at) == "refused":
            _add(effect.refused_by.setdefault(mode, []), value)


def _add(values: list[Any], value: Any) -> None:
    if not any(value is known or (type(value) is type(known) and value == known) for known in values):
        values.append(value)


def _compare(effect: Effect, sound: list[tuple[bool, Outcome]], at: str) -> None:
    """Of each two of (whether the field is set, outcome), one of which sets it."""
    for (is_set, one), (other_is_set, other) in combinations(sound, 2):
        if one.made is None or other.made is None or not (is_set or other_is_set):
            continue
        differing = {part for part in one.made if one.made[part] != other.made[part]}
        takers = _takers(one, at) & _takers(other, at)
        if not takers:
            effect.planned |= differing
        elif "cluster" in takers:
            effect.changes |= differing
        else:
            # One machine has no Pod: what is refused on a cluster changes none.
            effect.changes |= differing - {"Pod"}
