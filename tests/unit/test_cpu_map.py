"""Who sits where: a guest's seats on the host's CPUs, told in lines and drawn."""

import xml.etree.ElementTree as ET
from collections import Counter

import yaml

import kvnode
from kvnode.cli.cpu_map import lines, picture, seats
from tests.golden.folders import HERE, golden_plan
from tests.plans import guest, plan_of

PINNED = HERE / "pinned"
HOST = kvnode.HostFacts.from_json(yaml.safe_load((PINNED / "facts.yaml").read_text()))
SVG = "{http://www.w3.org/2000/svg}"


def test_every_cpu_of_the_host_has_one_seat() -> None:
    found = seats(golden_plan(PINNED), HOST)
    assert sorted(seat.cpu for _, cores in found for core in cores for seat in core) == list(range(16))
    roles = Counter(seat.role for _, cores in found for core in cores for seat in core)
    assert roles == {"vcpu": 1, "realtime": 9, "emulator": 2, "iothread": 2, "foreign": 2}


def test_lines_name_each_core_with_a_thread_of_the_guest() -> None:
    told = list(lines(golden_plan(PINNED), HOST))
    assert told[0] == "host cell 0, the guest's cell 0 with 4096 MiB"
    assert told[1].split("  ")[1:2] == ["1: vCPU 0"]
    assert told[4] == "  1 more core, not the guest's"
    assert told[-1].split() == ["7:", "emulator", "15:", "emulator"]


def test_what_is_free_is_counted() -> None:
    host = kvnode.HostFacts.from_json({"cells": [{"id": 0, "cores": [[0, 4], [1, 5], [2, 6], [3, 7]]}]})
    plan = kvnode.plan(guest({"cpu": {"cores": 3, "dedicatedCpuPlacement": True}}), host)
    assert list(lines(plan, host))[-1] == "  2 more cores; 5 of the guest's CPUs there are free"


def test_nothing_is_told_where_nobody_is_pinned() -> None:
    assert list(lines(plan_of(), HOST)) == []


def test_the_picture_has_a_box_for_each_cpu_and_its_words_are_text() -> None:
    root = ET.fromstring(picture("<a&b>", golden_plan(PINNED), HOST))
    boxes = [box for box in root.iter(f"{SVG}rect") if (box.get("class") or "").startswith("seat ")]
    assert len(boxes) == 16
    words = [one.text for one in root.iter(f"{SVG}text")]
    assert words[0] == "<a&b>"
    assert "7: emulator" in words
    wide, high = float(root.get("width") or 0), float(root.get("height") or 0)
    for group in root.iter(f"{SVG}g"):
        left = float((group.get("transform") or "").split("(")[1].split()[0])
        for box in group.iter(f"{SVG}rect"):
            assert left + float(box.get("x") or 0) + float(box.get("width") or 0) <= wide
            assert float(box.get("y") or 0) + float(box.get("height") or 0) <= high
