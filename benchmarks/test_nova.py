"""nova does the same work as we, where its environment has been made: ``python -m benchmarks.domains`` makes it."""

from __future__ import annotations

import pytest

from benchmarks import guests, placements
from benchmarks.nova_rival import Nova, likeness
from benchmarks.writers import description
from kvnode.domain import render_bytes


@pytest.mark.needs("nova")
def test_nova_describes_the_same_guests_and_places_them():
    with Nova() as nova:
        for name in guests.MANIFESTS:
            xml = render_bytes(guests.plan(name))
            _, theirs = nova.config(description(xml), guests.document(name), 1)
            assert likeness(theirs) == likeness(xml)
        for question in placements.QUESTIONS.values():
            cells = placements.in_c(question, table=False) or 4
            _, pins = nova.fit(question, cells, guests.document("typical"), 1)
            assert placements.sound(question, pins)


@pytest.mark.parametrize(
    ("ours", "another"),
    [
        ('<target dev="vda"', '<target dev="vdx"'),
        ("SERIAL-0003", "SERIAL-0004"),
        ('<mac address="52', '<mac address="53'),
        ('<vcpupin vcpu="0"', '<vcpupin vcpu="99"'),
        ('<memory unit="b">6', '<memory unit="b">7'),
    ],
)
def test_another_guest_is_of_another_likeness(ours: str, another: str) -> None:
    xml = render_bytes(guests.plan("heavy")).decode()
    assert ours in xml
    assert likeness(xml.replace(ours, another, 1)) != likeness(xml)
