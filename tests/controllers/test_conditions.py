"""Conditions: a map by type, whose times change with the status alone."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from controllers.runtime.conditions import (
    Condition,
    condition,
    is_true,
    wall_time,
    with_condition,
    without_condition,
)

THEN, NOW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
READY = Condition(type="Ready", status="True", reason="Up", last_transition_time=THEN)


def test_the_time_changes_with_the_status_and_not_with_what_is_said():
    said = with_condition((READY,), Condition(type="Ready", status="True", reason="Fine", message="well"), NOW)
    assert (said[0].reason, said[0].message, said[0].last_transition_time) == ("Fine", "well", THEN)
    changed = with_condition((READY,), Condition(type="Ready", status="False", reason="Down"), NOW)
    assert changed[0].last_transition_time == NOW


def test_what_says_nothing_new_changes_nothing():
    before = (READY, Condition(type="Paused", status="False", last_transition_time=THEN))
    assert with_condition(before, Condition(type="Ready", status="True", reason="Up"), NOW) is before


def test_a_list_that_is_no_map_becomes_one():
    twice = (READY, Condition(type="Other", status="True"), READY)
    assert [one.type for one in with_condition(twice, READY, NOW)] == ["Ready", "Other"]


def test_questions():
    assert is_true((READY,), "Ready")
    assert not is_true((READY,), "Paused")
    assert condition((READY,), "Paused") is None
    assert without_condition((READY,), "Ready") == ()


def test_a_moment_is_written_to_the_second_in_utc():
    assert wall_time().endswith("Z")
    assert len(wall_time()) == len(NOW)


STATEMENTS = st.lists(
    st.builds(
        Condition,
        type=st.sampled_from(["Ready", "Paused", "Synchronized"]),
        status=st.sampled_from(["True", "False", "Unknown"]),
        reason=st.sampled_from([None, "A", "B"]),
        last_transition_time=st.sampled_from([None, "1999-01-01T00:00:00Z"]),
    ),
    max_size=20,
)


@given(STATEMENTS)
def test_whatever_is_said_there_is_one_of_each_type_and_its_time_is_that_of_its_status(said):
    conditions: tuple[Condition, ...] = ()
    since: dict[str, tuple[str, str]] = {}
    for number, new in enumerate(said):
        now = f"2026-01-01T00:00:{number:02d}Z"
        if new.type not in since or since[new.type][0] != new.status:
            since[new.type] = (new.status, now)
        before = conditions
        conditions = with_condition(conditions, new, now)
        # Others stay as they were, where they were.
        others = [one for one in before if one.type != new.type]
        assert [one for one in conditions if one.type != new.type] == others
    assert {one.type: (one.status, one.last_transition_time) for one in conditions} == since
    assert len(conditions) == len(since)
    last = {new.type: new for new in said}
    assert all(one.reason == last[one.type].reason for one in conditions)
    assert msgspec.json.decode(msgspec.json.encode(conditions), type=tuple[Condition, ...]) == conditions
