"""From a manifest's bytes to domain XML and a guest's place on a host, each candidate timed by itself.

``benchmarks.domains`` has the candidates and prints the same as multiples of one yardstick with all taking turns, and
with nova. What makes a comparison one is asked here without a clock: that every rival does the same work.
"""

from __future__ import annotations

import random
from itertools import pairwise

import msgspec
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import domains, guests, placements, writers
from benchmarks.findings import Results, results, written
from benchmarks.floor import floor
from kvnode._fast.placement import HostCpus
from kvnode.domain import render_bytes

RENDERERS = (
    domains.JSON,
    "kvnode",
    writers.C,
    writers.FSTRING,
    *("f-strings by element", "lxml", "ElementTree"),
)
STEPS = (domains.JSON, "decode", "plan", "render", "kvnode, all three")
FINDERS = (domains.JSON, *placements.WAYS)
by_guest = pytest.mark.parametrize("guest", guests.MANIFESTS)


@by_guest
@pytest.mark.parametrize("candidate", RENDERERS)
@pytest.mark.benchmark(group="rendering")
def test_rendering(benchmark: BenchmarkFixture, guest: str, candidate: str) -> None:
    calls = domains.rendering(guest)
    assert tuple(calls) == RENDERERS
    benchmark(calls[candidate])


@by_guest
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.benchmark(group="manifest to XML")
def test_the_way_to_xml(benchmark: BenchmarkFixture, guest: str, step: str) -> None:
    calls = domains.way(guest)
    assert tuple(calls) == STEPS
    made = benchmark(calls[step])
    if step == "kvnode, all three":
        assert made == render_bytes(guests.plan(guest))


@pytest.mark.parametrize("question", placements.QUESTIONS)
@pytest.mark.parametrize("candidate", FINDERS)
@pytest.mark.benchmark(group="placement")
def test_placing(benchmark: BenchmarkFixture, question: str, candidate: str) -> None:
    calls = domains.placing(question)
    assert tuple(calls) == FINDERS
    benchmark(calls[candidate])


@pytest.mark.benchmark(group="placement of a host")
def test_the_tables_of_a_host(benchmark: BenchmarkFixture) -> None:
    """made once for a host, however many guests are placed on it"""
    host = placements.QUESTIONS["64 vCPUs in 4 of 8 cells, half used"]
    assert benchmark(HostCpus, host.cores, host.mask, None).allotted == len(host.allotted)


def test_every_rival_does_the_same_work():
    domains.check()


def test_guests_are_of_the_size_that_their_names_say():
    sizes = {
        name: (
            len(guests.plan(name).devices.disks),
            len(guests.plan(name).devices.interfaces),
            len(guests.plan(name).cpu_tune.vcpus) if guests.plan(name).cpu_tune else 0,
            len(guests.plan(name).cpu.numa),
        )
        for name in guests.MANIFESTS
    }
    assert sizes == {"minimal": (1, 1, 0, 0), "typical": (3, 2, 0, 1), "heavy": (16, 8, 32, 2)}


def test_a_document_that_differs_is_noticed():
    xml = render_bytes(guests.plan("typical"))
    assert writers.means_the_same(xml, xml.replace(b'dev="vda" bus="virtio"', b'bus="virtio" dev="vda"'))
    for one, other in ((b'"vda"', b'"vdx"'), (b">DATA<", b"> DATA<"), (b"<acpi/>", b"")):
        assert one in xml
        assert not writers.means_the_same(xml, xml.replace(one, other))


def test_pieces_are_the_document():
    xml = render_bytes(guests.plan("heavy"))
    cut = writers.pieces(writers.description(xml))
    joined = "".join(writers.escaped(piece) if isinstance(piece, str) else piece.decode() for piece in cut)
    assert writers.description(joined) == writers.description(xml)
    assert not any(isinstance(one, bytes) and isinstance(two, bytes) for one, two in pairwise(cut))


@pytest.mark.parametrize("length", range(40))
def test_c_escapes_whatever_stands_where(length: int) -> None:
    """Eight bytes at a time, the last eight twice: a special character at each place is found."""
    for at in range(length):
        for special in '&<>"\t\n\ré\x7f':
            value = "a" * at + special + "z" * (length - at - 1)
            expected = writers.escaped(value).replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")
            assert floor().write((b"<", value, b">")) == f"<{expected}>".encode()


def test_c_writes_more_than_its_stack_holds():
    values = ("&" * 9_000, "plain" * 9_000)
    assert floor().write(values) == "".join(map(writers.escaped, values)).encode()
    with pytest.raises(TypeError, match="tuple"):
        floor().write(["a"])


@pytest.mark.parametrize("question", placements.QUESTIONS.values(), ids=list(placements.QUESTIONS))
def test_a_wrong_answer_is_noticed(question: placements.Question) -> None:
    right = placements.by_integers(question)
    assert placements.sound(question, right)
    if right is None:
        assert not placements.sound(question, list(range(64)))
        return
    assert not placements.sound(question, None)
    assert not placements.sound(question, right[:-1] + right[:1])
    assert not placements.sound(question, right[1:] + right[:1]), "threads of a core are together"
    assert not placements.sound(question, [*right[:-2], 10_000, 10_001])


def test_whoever_searches_finds_room_where_there_is_some():
    drawn = random.Random(1)
    answers = []
    for _ in range(300):
        cells = drawn.randrange(1, 9)
        pages = tuple(drawn.randrange(40) for _ in range(cells))
        taken = tuple(drawn.choice((0, 1, 2, 3)) for _ in range(cells))
        fits = placements.by_integers(placements.Question(cells, pages, taken)) is not None
        question = placements.Question(cells, pages, taken, answer=fits)
        for way in placements.WAYS.values():
            assert placements.sound(question, way(question)), question
        answers.append(fits)
    assert len(set(answers)) == 2


def test_a_run_makes_results_that_can_be_read_again():
    found = results(domains.chapters(1, None))
    assert msgspec.json.decode(written(found), type=Results) == found
    assert [chapter.key for chapter in found.chapters] == ["rendering", "way", "placement"]
    for chapter in found.chapters:
        for group in chapter.groups:
            assert group.bars[0].ratio == 1
            assert all(bar.ratio > 0 for bar in group.bars)
            assert all(group.bar(goal.bar).kind == "ours" for goal in group.goals)
