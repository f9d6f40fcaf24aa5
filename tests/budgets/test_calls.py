"""What a sound guest costs, counted: calls of Python functions and of C functions, which no busy machine changes.

Nearly every manifest is sound, so whatever a rule or a default does for one it does for all. A budget is a quarter more
than what is called today: it is there to catch a generator for each item, a lookup of many fields by name, a list of
what is wrong that is made before anything is. Times are the benchmarks' business (docs/speed.md).
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

import kvnode
from kvnode.api.decode import decode
from kvnode.api.instance import VirtualMachineInstance
from tests.sized_guests import HEAVY, MANIFESTS

TREE = Path(__file__).resolve().parents[2]
TINY = TREE / "deploy/examples/vmi-tiny.yaml"


def calls(call: Callable[[], object]) -> int:
    """How many functions are called until this returns, once everything that is kept has been made."""
    counted: Counter[str] = Counter()

    def count(frame: Any, event: str, argument: Any) -> None:
        counted[event] += 1

    call()
    call()
    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(None)
    return counted["call"] + counted["c_call"] - 1  # of setprofile itself


def defaulted(manifest: dict[str, Any]) -> VirtualMachineInstance:
    return kvnode.default(kvnode.load(manifest))


@pytest.mark.parametrize(
    ("name", "budget"), [("typical", 195), ("heavy", 355)], ids=["a typical guest", "a heavy guest"]
)
def test_what_judging_a_sound_guest_calls(name, budget):
    guest = defaulted(MANIFESTS[name])
    assert kvnode.validate(guest) == []
    assert calls(lambda: kvnode.validate(guest)) <= budget


@pytest.mark.parametrize(
    ("name", "budget"), [("typical", 75), ("heavy", 115)], ids=["a typical guest", "a heavy guest"]
)
def test_what_defaulting_a_guest_calls(name, budget):
    guest = kvnode.load(MANIFESTS[name])
    assert calls(lambda: kvnode.default(guest)) <= budget


@pytest.mark.parametrize(
    ("name", "budget"), [("typical", 650), ("heavy", 2550)], ids=["a typical guest", "a heavy guest"]
)
def test_what_reading_a_manifest_strictly_calls(name, budget):
    data = json.dumps(MANIFESTS[name]).encode()
    assert calls(lambda: kvnode.load(data)) <= budget


def test_decoding_is_one_call_whatever_the_size():
    data = json.dumps(kvnode.to_dict(defaulted(HEAVY))).encode()
    assert calls(lambda: decode(data, VirtualMachineInstance)) <= 4


def test_an_ordinary_disk_more_calls_no_rule_more():
    """Disks and volumes that are like most are told by compiled code; what is left are loops that call nothing."""
    larger = deepcopy(HEAVY)
    for index in range(16, 32):
        larger["spec"]["domain"]["devices"]["disks"].append({"name": f"disk-{index}", "disk": {"bus": "virtio"}})
        larger["spec"]["volumes"].append({"name": f"disk-{index}", "dataVolume": {"name": f"volume-{index}"}})
    guest, more = defaulted(HEAVY), defaulted(larger)
    assert kvnode.validate(more) == []
    assert calls(lambda: kvnode.validate(more)) - calls(lambda: kvnode.validate(guest)) <= 20


@cache
def steps() -> dict[str, Callable[[], object]]:
    """Each step of the way from a small manifest's bytes to the domain XML, with what it needs made before."""
    text = TINY.read_bytes()
    vmi = kvnode.load(text)
    document = msgspec.json.encode(kvnode.to_dict(vmi))
    guest = kvnode.default(vmi)
    host = kvnode.HostFacts()
    plan = kvnode.plan(guest, host)
    return {
        "load YAML": lambda: kvnode.load(text),
        "load JSON": lambda: kvnode.load(document),
        "default": lambda: kvnode.default(vmi),
        "validate": lambda: kvnode.validate(guest),
        "unsupported": lambda: kvnode.unsupported(guest, "standalone"),
        "plan": lambda: kvnode.plan(guest, host),
        "render": lambda: kvnode.render(plan),
    }


BUDGETS = {
    "load YAML": 1500,
    "load JSON": 475,
    "default": 56,
    "validate": 154,
    "unsupported": 155,
    # What is compiled is not seen: this is what it asks of Python. Its own calls are counted below.
    "plan": 4,
    "render": 5,
}


@pytest.mark.parametrize("step", BUDGETS)
def test_what_a_step_of_a_small_guests_way_calls(step):
    assert calls(steps()[step]) <= BUDGETS[step]


def test_every_step_has_a_budget():
    assert BUDGETS.keys() == steps().keys()


_AS_IT_STANDS = """
import sys
sys.path.insert(0, sys.argv[1])
from deploy.setup.layouts import from_sources
from_sources()
from tests.budgets.test_calls import calls, steps
print(calls(steps()["plan"]))
"""


def test_what_planning_a_small_guest_calls_uncompiled():
    """Its sources, in a process that takes them and not what was compiled of them."""
    command = [sys.executable, "-c", _AS_IT_STANDS, str(TREE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    assert 100 < int(done.stdout) <= 210
