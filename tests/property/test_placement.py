"""Placement against what can be said of any, and against an oracle that tries every way on small hosts."""

from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import Struct

from kvnode._fast.placement import (
    CROSSES_CELLS,
    FEWER_PAGES_THAN_CELLS,
    TOO_FEW_CPUS,
    TOO_FEW_PAGES,
    HostCpus,
    place,
)


class Question(Struct):
    """A host, and a guest for it."""

    cells: tuple[tuple[tuple[int, ...], ...], ...]
    allotted: int
    distances: tuple[tuple[int, ...], ...] | None
    cores: int
    threads: int
    spare: int
    in_cells: bool
    pages: tuple[int, ...] | None
    wanted_pages: int

    def answer(self) -> Any:
        host = HostCpus(self.cells, self.allotted, self.distances)
        first = self.ask(host)
        assert self.ask(host) == first, "what was answered before changes nothing"
        return first

    def ask(self, host: HostCpus) -> Any:
        return place(host, self.cores, self.threads, self.spare, self.in_cells, self.pages, self.wanted_pages)

    def free(self, cell: int) -> list[list[int]]:
        """The allotted CPUs of a cell, by core."""
        return [[cpu for cpu in core if self.allotted >> cpu & 1] for core in self.cells[cell]]


@st.composite
def questions(draw: st.DrawFn) -> Question:
    width = draw(st.sampled_from((1, 2, 4)))
    sizes = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))
    count = sum(sizes) * width
    numbers = iter(draw(st.permutations(range(count))))
    cells = tuple(tuple(tuple(next(numbers) for _ in range(width)) for _ in range(size)) for size in sizes)
    allotted = draw(st.one_of(st.just((1 << count) - 1), st.integers(0, (1 << count) - 1)))
    row = st.tuples(*[st.integers(10, 40)] * len(sizes))
    distances = draw(st.one_of(st.none(), st.tuples(*[row] * len(sizes))))
    in_cells = draw(st.booleans())
    pages = draw(st.one_of(st.none(), st.tuples(*[st.integers(0, 8)] * len(sizes)))) if in_cells else None
    return Question(
        cells,
        allotted,
        distances,
        draw(st.integers(1, 8)),
        draw(st.sampled_from((1, 1, 2, 4))),
        draw(st.integers(0, 3)),
        in_cells,
        pages,
        draw(st.integers(1, 16)) if pages is not None else 0,
    )


def ways(question: Question) -> Iterator[tuple[int, ...]]:
    """Every number of guest cores in each cell with which a guest that keeps to cells fits."""
    rooms = [sum(map(len, question.free(cell))) // question.threads for cell in range(len(question.cells))]
    for shares in product(*(range(min(room, question.cores) + 1) for room in rooms)):
        if sum(shares) != question.cores:
            continue
        used = [cell for cell, share in enumerate(shares) if share]
        if question.pages is not None:
            there = [question.pages[cell] for cell in used]
            if 0 in there or sum(there) < question.wanted_pages or len(used) > question.wanted_pages:
                continue
        yield shares


def on_siblings(question: Question, shares: tuple[int, ...]) -> int:
    """The most guest cores that find their threads on one host core each."""
    found = 0
    for cell, share in enumerate(shares):
        found += min(share, sum(len(core) // question.threads for core in question.free(cell)))
    return found


@given(questions())
def test_a_small_host_is_answered_as_by_trying_every_way(question: Question) -> None:
    answer = question.answer()
    free = sum(len(core) for cell in range(len(question.cells)) for core in question.free(cell))
    wanted = question.cores * question.threads + question.spare
    if wanted > free:
        assert answer == (TOO_FEW_CPUS, wanted, free)
    elif question.in_cells:
        possible = list(ways(question))
        if possible:
            best = max(on_siblings(question, shares) for shares in possible)
            fewest = min(sum(map(bool, shares)) for shares in possible if on_siblings(question, shares) == best)
            assert (siblings(question, answer[0]), len(answer[2])) == (best, fewest)
        else:
            assert answer[0] in (CROSSES_CELLS, TOO_FEW_PAGES, FEWER_PAGES_THAN_CELLS)
    else:
        per_core = [
            len(core) // question.threads for cell in range(len(question.cells)) for core in question.free(cell)
        ]
        assert siblings(question, answer[0]) == min(question.cores, sum(per_core))


def siblings(question: Question, pins: list[int]) -> int:
    """How many guest cores lie on one host core."""
    core_of = {cpu: core for cell in question.cells for core in cell for cpu in core}
    guest_cores = [pins[at : at + question.threads] for at in range(0, len(pins), question.threads)]
    return sum(len({core_of[cpu] for cpu in one}) == 1 for one in guest_cores)


@given(questions())
def test_every_placement_keeps_to_what_was_allotted(question: Question) -> None:
    answer = question.answer()
    assume(not isinstance(answer[0], int))
    pins, beside, shares = answer
    everything = [*pins, *beside]
    assert len(pins) == question.cores * question.threads
    assert len(beside) == question.spare
    assert len(set(everything)) == len(everything)
    assert all(question.allotted >> cpu & 1 for cpu in everything)
    if not question.in_cells:
        assert shares == []
        return
    cell_of = {cpu: at for at, cell in enumerate(question.cells) for core in cell for cpu in core}
    homes = [cell for cell, share, _ in shares for _ in range(share * question.threads)]
    assert [cell_of[cpu] for cpu in pins] == homes, "the guest's cores in the order of its cells"
    if question.pages is not None:
        assert sum(pages for _, _, pages in shares) == question.wanted_pages
        assert all(1 <= pages <= question.pages[cell] for cell, _, pages in shares)


def host(cells: int, cores: int, threads: int, allotted: int | None = None, distances: Any = None) -> HostCpus:
    count = cells * cores
    topology = tuple(
        tuple(tuple(cell * cores + core + thread * count for thread in range(threads)) for core in range(cores))
        for cell in range(cells)
    )
    return HostCpus(topology, (1 << count * threads) - 1 if allotted is None else allotted, distances)


def test_cells_are_shared_out_evenly_where_nothing_says_otherwise() -> None:
    assert place(host(2, 8, 2), 15, 2, 0, True, (64, 64), 30)[2] == [(0, 8, 16), (1, 7, 14)]


def test_pages_follow_the_cores_as_far_as_they_are_free() -> None:
    assert place(host(2, 4, 1), 8, 1, 0, True, (3, 20), 16)[2] == [(0, 4, 3), (1, 4, 13)]


def test_the_nearest_cells_are_taken() -> None:
    far = tuple(tuple(10 if a == b else 12 if {a, b} == {1, 3} else 30 for b in range(4)) for a in range(4))
    assert [cell for cell, _, _ in place(host(4, 4, 1, distances=far), 8, 1, 0, True)[2]] == [1, 3]


def test_threads_beside_the_guest_keep_off_its_cores_where_they_can() -> None:
    pins, beside, _ = place(host(1, 4, 2), 4, 1, 2, False)
    assert (pins, beside) == ([0, 4, 1, 5], [2, 6])


def test_a_host_of_many_cells_is_searched_too() -> None:
    pins, _, shares = place(host(200, 4, 2), 100, 2, 0, True, (1,) * 200, 30)
    assert (len(set(pins)), sum(pages for _, _, pages in shares)) == (200, 30)
    assert Counter(share for _, share, _ in shares).total() == 30


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ((9, 1, 0, False), (TOO_FEW_CPUS, 9, 8)),
        ((8, 1, 1, False), (TOO_FEW_CPUS, 9, 8)),
        ((2, 3, 0, True), None),
        ((1, 5, 0, True), (CROSSES_CELLS, 1, 0)),
        ((4, 1, 0, True, (2, 3), 6), (TOO_FEW_PAGES, 6, 5)),
        ((1, 1, 0, True, (2, 3), 4), (TOO_FEW_PAGES, 4, 3)),
        ((8, 1, 0, True, (2, 3), 1), (FEWER_PAGES_THAN_CELLS, 2, 1)),
    ],
)
def test_what_does_not_fit_says_how_much_there_is(
    arguments: tuple[Any, ...], answer: tuple[int, int, int] | None
) -> None:
    found = place(host(2, 4, 1), *arguments)
    assert found == answer if answer is not None else len(found[0]) == 6


@pytest.mark.parametrize(
    "arguments",
    [(0, 1, 0, False), (1, 0, 0, False), (1, 1, -1, False), (1 << 20, 1, 0, False), (1, 1, 0, True, (1,), 1)],
)
def test_what_is_no_question(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"no guest|amount of pages"):
        place(host(2, 4, 1), *arguments)


@pytest.mark.parametrize(
    ("cells", "distances"), [((((0,),),) * 1025, None), ((((0,),),), ((10, 20),)), ((((0,),),), ((10,), (10,)))]
)
def test_what_is_no_host(cells: Any, distances: Any) -> None:
    with pytest.raises(ValueError, match=r"cells|distances"):
        HostCpus(cells, 1, distances)


class Placing:
    """An amount of pages that, while it is read, places another guest on the same host."""

    def __init__(self, host: HostCpus, threads: int) -> None:
        self.host, self.threads = host, threads

    def __int__(self) -> int:
        place(self.host, 2, self.threads, 0, True)
        return 9


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_placement_within_a_placement_and_one_that_fails_half_way_leave_the_next_as_it_was(threads: int) -> None:
    crowded, alone = host(4, 4, 4), host(4, 4, 4)
    for other in (1, 2, 4):
        amounts = (9, 9, 9, Placing(crowded, other))
        assert place(crowded, 4, threads, 1, True, amounts, 20) == place(alone, 4, threads, 1, True, (9,) * 4, 20)
        with pytest.raises(TypeError):
            place(crowded, 4, other, 1, True, (9, 9, 9, "many"), 20)
        assert place(crowded, 4, threads, 1, True, (9,) * 4, 20) == place(alone, 4, threads, 1, True, (9,) * 4, 20)
