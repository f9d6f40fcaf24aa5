"""From a manifest's bytes to domain XML, step by step, beside ``json.loads`` of the same bytes as a yardstick.

The yardstick is in the same run and on the same data, so ratios hold where figures don't: a guest's whole way through
the pure middle is so many times the cost of reading its JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml
from pytest_benchmark.fixture import BenchmarkFixture

import kvnode
from kvnode.api.decode import decode
from kvnode.api.instance import VirtualMachineInstance
from kvnode.planning import DomainPlan

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden"
GUESTS = ("typical", "disks")
STEPS = (
    "json.loads", "load", "load yaml", "decode", "default", "validate", "unsupported", "plan", "render", "bytes to xml",
)  # fmt: skip


class Guest:
    """One guest at every stage of its way."""

    def __init__(self, name: str) -> None:
        self.text = (GOLDEN / name / "manifest.yaml").read_text()
        self.loaded = kvnode.load(self.text)
        self.json = msgspec.json.encode(kvnode.to_dict(self.loaded))
        self.vmi = kvnode.default(self.loaded)
        self.host = kvnode.HostFacts.from_json(yaml.safe_load((GOLDEN / name / "facts.yaml").read_text()))
        self.plan: DomainPlan = kvnode.plan(self.vmi, self.host)

    def step(self, name: str) -> Callable[[], object]:
        """What is timed."""
        return {
            "json.loads": lambda: json.loads(self.json),
            "load": lambda: kvnode.load(self.json),
            "load yaml": lambda: kvnode.load(self.text),
            "decode": lambda: decode(self.json, VirtualMachineInstance),
            "default": lambda: kvnode.default(self.loaded),
            "validate": lambda: kvnode.validate(self.vmi),
            "unsupported": lambda: kvnode.unsupported(self.vmi, "standalone"),
            "plan": lambda: kvnode.plan(self.vmi, self.host),
            "render": lambda: kvnode.render(self.plan),
            "bytes to xml": lambda: kvnode.render(
                kvnode.plan(kvnode.default(decode(self.json, VirtualMachineInstance)), self.host)
            ),
        }[name]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", GUESTS)
def test_step(benchmark: BenchmarkFixture, name: str, step: str) -> None:
    """one step of one guest"""
    benchmark.group = name
    benchmark(Guest(name).step(step))
