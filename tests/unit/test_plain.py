"""The sieve before the rules: who is within its bounds is passed over, and whoever isn't is looked at."""

from typing import Any

import pytest
from msgspec import Struct, field

from kvnode._fast.names import is_card_address, is_label, is_port_name
from kvnode._fast.plain import Plain


class Target(Struct, frozen=True):
    bus: str | None = None


class Thing(Struct, frozen=True):
    name: str = ""
    target: Target | None = None
    other: Target | None = None
    mode: str | None = None
    order: int | None = None
    items: tuple[str, ...] = ()
    flag: bool | None = None


PLAIN = Plain(
    Thing,
    {
        "name": is_label,
        "target": Plain(Target, {"bus": frozenset({"virtio"})}),
        "mode": frozenset({"a", "b"}),
        "order": ...,
    },
    unique="name",
)


def others(*things: Any) -> list[int]:
    return list(PLAIN.others(things))


@pytest.mark.parametrize(
    "thing",
    [
        Thing("a"),
        Thing("a", mode="a"),
        Thing("a", order=2**70),
        Thing("a", target=Target("virtio")),
        Thing("a", target=Target()),
        Thing("a", Target("virtio"), None, "b", -1, (), None),
    ],
)
def test_who_is_within_all_bounds_is_passed_over(thing):
    assert others(thing) == []


@pytest.mark.parametrize(
    "thing",
    [
        Thing(),
        Thing("A"),
        Thing("a", mode="c"),
        Thing("a", mode=""),
        Thing("a", target=Target("sata")),
        Thing("a", other=Target()),
        Thing("a", items=("x",)),
        Thing("a", flag=False),
        Thing("a", flag=True),
        Thing("a", target=Thing("virtio")),
        Target("virtio"),
        None,
        "a",
    ],
)
def test_whoever_is_not_is_looked_at(thing):
    assert others(thing) == [0]
    assert others(Thing("x"), thing, Thing("y"), thing)[-1] == 3


def test_an_empty_list_has_nobody_in_it():
    assert others() == []


def test_two_of_one_name_are_a_question_about_all():
    assert others(Thing("a"), Thing("b"), Thing("a")) == [0, 1, 2]


def test_what_is_absent_is_shared_by_nobody():
    cards = Plain(Thing, {"name": ..., "mode": is_card_address}, unique="mode")
    assert list(cards.others([Thing(), Thing(), Thing(mode="02:00:00:00:00:01")])) == []
    assert list(cards.others([Thing(mode="02:00:00:00:00:01")] * 2)) == [0, 1]


@pytest.mark.parametrize(("target", "other", "plain"), [(1, 0, True), (0, 1, True), (0, 0, False), (1, 1, False)])
def test_exactly_one_of_several(target, other, plain):
    either = Plain(Thing, {"name": ..., "target": ..., "other": ...}, one_of=("target", "other"))
    thing = Thing("a", Target() if target else None, Target() if other else None)
    assert list(either.others([thing])) == ([] if plain else [0])


def test_a_default_that_is_made_anew_has_to_have_a_bound():
    class Listed(Struct):
        names: list[str] = field(default_factory=list)

    assert list(Plain(Listed, {}).others([Listed()])) == [0]
    assert list(Plain(Listed, {"names": ...}).others([Listed()])) == []


@pytest.mark.parametrize(
    "made",
    [
        lambda: Plain(Thing, {"nmae": is_label}),
        lambda: Plain(Thing, {}, one_of=("nmae",)),
        lambda: Plain(Thing, {}, unique="nmae"),
    ],
)
def test_a_field_that_there_is_not_is_refused_by_its_name(made):
    with pytest.raises(ValueError, match="nmae"):
        made()


@pytest.mark.parametrize("bound", [len, is_port_name, "virtio", {"virtio"}])
def test_what_is_no_bound_is_refused(bound):
    with pytest.raises(TypeError):
        Plain(Thing, {"name": bound})


def test_a_type_with_more_fields_than_there_is_room_for_is_refused():
    wide = type("Wide", (Struct,), {"__annotations__": {f"field{number}": int for number in range(65)}})
    with pytest.raises(ValueError, match="65 fields"):
        Plain(wide, {})
    narrow = type("Narrow", (Struct,), {"__annotations__": {f"field{number}": int for number in range(64)}})
    assert list(Plain(narrow, {f"field{number}": ... for number in range(64)}).others([narrow(*range(64))])) == []


def test_a_name_that_is_no_text_is_told_as_such():
    with pytest.raises(TypeError, match="is no text"):
        others(Thing(1))
