"""From a manifest's bytes to domain XML, and a guest's place on a host, with the rivals on the same data::

    python -m benchmarks.domains

prints tables and writes ``benchmarks/results/domains.json``; ``python -m benchmarks.pictures`` makes the tables and
pictures of ``docs/speed.md`` from that. The guests are those of `benchmarks.guests`; what rivals are given stands in
`benchmarks.writers`, `benchmarks.placements` and `benchmarks.nova_side`. Before anything is timed, what a rival writes
or answers is held against ours. Candidates take turns in one process; nova has one of its own, in an environment that
is made for it, with the yardstick beside it.
"""

from __future__ import annotations

import argparse
import json
from functools import partial

from benchmarks import guests, placements, writers
from benchmarks.findings import KUBEVIRT_JSON_US, Bar, Chapter, Goal, Group, Kind, command, from_elsewhere, measured
from benchmarks.nova_rival import Nova, likeness
from benchmarks.timing import Call
from kvnode import plan
from kvnode.api.decode import decode
from kvnode.api.instance import VirtualMachineInstance
from kvnode.domain import render_bytes

JSON = "json.loads"
_KUBEVIRT_MARSHAL = 70 / KUBEVIRT_JSON_US
# The heavy guest's by its own manifest.
_KUBEVIRT_WAY = {"typical": 133 / KUBEVIRT_JSON_US, "heavy": 8.4}
_KUBEVIRT_PINS = 40 / KUBEVIRT_JSON_US
_PLACED_US, _REFUSED_US = 3, 2
_TIMES_OF_C = 4


def rendering(name: str) -> dict[str, Call]:
    """A planned guest as XML, beside the yardstick. Every rival writes the document that ours is."""
    return {
        JSON: partial(json.loads, guests.document(name)),
        "kvnode": partial(render_bytes, guests.plan(name)),
        **writers.rivals(render_bytes(guests.plan(name))),
    }


def way(name: str) -> dict[str, Call]:
    """The defaulted manifest's bytes to XML, and each of the steps."""
    data, host = guests.document(name), guests.host(name)
    vmi, planned = guests.guest(name), guests.plan(name)
    return {
        JSON: partial(json.loads, data),
        "decode": partial(decode, data, VirtualMachineInstance),
        "plan": partial(plan, vmi, host),
        "render": partial(render_bytes, planned),
        "kvnode, all three": lambda: render_bytes(plan(decode(data, VirtualMachineInstance), host)),
    }


def placing(question: str) -> dict[str, Call]:
    """Pins for a guest on a host, beside the yardstick of the typical guest's manifest."""
    asked = placements.QUESTIONS[question]
    ways = {name: partial(found, asked) for name, found in placements.WAYS.items()}
    return {JSON: partial(json.loads, guests.document("typical")), **ways}


def check() -> None:
    """Hold what every rival makes against ours; an error names the first that differs."""
    for name in guests.MANIFESTS:
        xml = render_bytes(guests.plan(name))
        for rival, write in writers.rivals(xml).items():
            if not writers.means_the_same(write(), xml):
                raise AssertionError(f"{rival} writes another document than ours for the {name} guest")
    for question, asked in placements.QUESTIONS.items():
        for rival, find in placements.WAYS.items():
            if not placements.sound(asked, find(asked)):
                raise AssertionError(f"{rival} has a wrong answer for {question}")


def chapters(rounds: int, nova: Nova | None) -> tuple[Chapter, ...]:
    return (
        Chapter(
            "rendering",
            "Rendering a planned guest",
            "`json.loads` of the manifest",
            tuple(_rendered(name, rounds, nova) for name in guests.MANIFESTS),
        ),
        Chapter(
            "way",
            "From the manifest's bytes to XML",
            "`json.loads` of the manifest",
            tuple(_gone(name, rounds) for name in guests.MANIFESTS),
        ),
        Chapter(
            "placement",
            "Placing 64 vCPUs, with the table of pins",
            "`json.loads` of the typical manifest",
            tuple(_placed(name, rounds, nova) for name in placements.QUESTIONS),
        ),
    )


def _rendered(name: str, rounds: int, nova: Nova | None) -> Group:
    bars = measured(rendering(name), {"kvnode": "ours", writers.C: "floor", writers.FSTRING: "floor"}, rounds)
    if nova is not None:
        xml = render_bytes(guests.plan(name))
        times, theirs = nova.config(writers.description(xml), guests.document(name), rounds)
        if likeness(theirs) != likeness(xml):
            raise AssertionError(f"nova describes another guest than ours for the {name} guest")
        bars += (from_elsewhere("nova", times),)
    floor = next(bar.ratio for bar in bars if bar.name == writers.C)
    goals = [Goal("kvnode", _TIMES_OF_C * floor, "four times the C writer")]
    if name == "typical":
        bars += (Bar("KubeVirt, marshal alone", "apart", round(_KUBEVIRT_MARSHAL, 2)),)
        goals.append(Goal("kvnode", round(_KUBEVIRT_MARSHAL / 20, 2), "a twentieth of KubeVirt's marshal"))
    return Group(name, bars, tuple(goals), _kilobytes(render_bytes(guests.plan(name))))


def _kilobytes(data: bytes) -> str:
    return f"{len(data) / 1000:.1f} KB"


def _gone(name: str, rounds: int) -> Group:
    kinds: dict[str, Kind] = {"kvnode, all three": "ours", "decode": "part", "plan": "part", "render": "part"}
    bars = measured(way(name), kinds, rounds)
    size = f"{_kilobytes(guests.document(name))} to {_kilobytes(render_bytes(guests.plan(name)))}"
    theirs = _KUBEVIRT_WAY.get(name)
    if theirs is None:
        return Group(name, bars, size=size)
    goal = Goal("kvnode, all three", round(theirs / 4, 2), "a quarter of what KubeVirt takes")
    return Group(name, (*bars, Bar("KubeVirt", "apart", round(theirs, 2))), (goal,), size)


def _placed(name: str, rounds: int, nova: Nova | None) -> Group:
    asked = placements.QUESTIONS[name]
    bars = measured(placing(name), {"kvnode": "ours", "kvnode, within a plan": "part", "C": "floor"}, rounds)
    if nova is not None:
        # What fits nowhere is asked for in as many cells as would hold it if CPUs and pages were in the same.
        cells = placements.in_c(asked, table=False) or 4
        times, pins = nova.fit(asked, cells, guests.document("typical"), max(rounds // 10, 1))
        if not placements.sound(asked, pins):
            raise AssertionError(f"nova has a wrong answer for {name}")
        bars += (from_elsewhere("nova", times),)
    if asked.cells == 2:
        bars += (Bar("KubeVirt", "apart", round(_KUBEVIRT_PINS, 2)),)
        return Group(name, bars)
    allowed = _PLACED_US if asked.answer else _REFUSED_US
    why = f"{allowed} µs where the yardstick takes {KUBEVIRT_JSON_US}"
    return Group(name, bars, (Goal("kvnode", round(allowed / KUBEVIRT_JSON_US, 2), why),))


def _all(options: argparse.Namespace) -> tuple[Chapter, ...]:
    check()
    if options.without_nova:
        return chapters(options.rounds, None)
    with Nova() as nova:
        return chapters(options.rounds, nova)


if __name__ == "__main__":
    command("domains", __doc__, _all, "--without-nova")
