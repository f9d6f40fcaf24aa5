"""Objects from bytes to a verdict, beside json, orjson, msgspec, pydantic 2 and the official client's models.

``benchmarks.objects`` has the candidates, and prints the same as ratios of one yardstick with all
candidates taking turns; here each is timed by itself, a group at a time.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import kvnode
from benchmarks import objects
from benchmarks.findings import Results, results, written
from kvnode.api.decode import decode
from kvnode.api.encode import to_dict
from kvnode.api.instance import VirtualMachineInstance

DECODERS = (objects.JSON, "orjson.loads", "msgspec, untyped", objects.OURS, "pydantic, typed")
STEPS = (
    *(objects.JSON, "decode", "default", "default again", "validate", "decode and validate"),
    *("load JSON, strictly", "load YAML, strictly", "PyYAML's C loader"),
)
guests = pytest.mark.parametrize("guest", objects.MANIFESTS)


@guests
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.benchmark(group="admission")
def test_a_step_of_admission(benchmark: BenchmarkFixture, guest: str, step: str) -> None:
    calls = objects.steps(guest)
    assert tuple(calls) == STEPS
    result = benchmark(calls[step])
    assert result == [] if "validate" in step else result


@guests
@pytest.mark.parametrize("candidate", DECODERS)
@pytest.mark.benchmark(group="one guest from JSON")
def test_one_guest(benchmark: BenchmarkFixture, guest: str, candidate: str) -> None:
    data = objects.document(guest)
    calls = objects.decoders(data)
    assert tuple(calls) == DECODERS
    assert _as_document(benchmark(calls[candidate])) == json.loads(data)


@pytest.mark.parametrize("candidate", DECODERS)
@pytest.mark.benchmark(group="1,000 guests from JSON", min_rounds=3)
def test_a_list_of_guests(benchmark: BenchmarkFixture, candidate: str) -> None:
    """Every candidate reads the same bytes; what it makes of them is asked of one guest, above."""
    data = objects.list_of_guests()
    benchmark.extra_info["bytes"] = len(data)
    read: Any = benchmark(objects.list_decoders(data)[candidate])
    assert len(read["items"] if isinstance(read, dict) else read.items) == objects.LIST


@pytest.mark.parametrize("candidate", [objects.JSON, objects.OURS, "kubernetes' client"])
@pytest.mark.benchmark(group="metadata from JSON")
def test_metadata(benchmark: BenchmarkFixture, candidate: str) -> None:
    """The official client has no model of a guest, and one of what all objects have."""
    metadata = objects.stored(1)["metadata"]
    calls: dict[str, Callable[[], Any]] = objects.metadata_decoders(json.dumps(metadata).encode())
    read = benchmark(calls[candidate])
    assert (read["uid"] if isinstance(read, dict) else read.uid) == metadata["uid"]


def test_what_is_timed_is_sound() -> None:
    for name in objects.MANIFESTS:
        read = decode(objects.document(name), VirtualMachineInstance)
        assert read == objects.guest(name)
        assert kvnode.validate(read) == []


def _as_document(read: Any) -> Any:
    if isinstance(read, dict):
        return read
    if isinstance(read, VirtualMachineInstance):
        return to_dict(read)
    return json.loads(read.model_dump_json(by_alias=True, exclude_unset=True))


def test_a_run_makes_results_that_can_be_read_again() -> None:
    found = results(objects.chapters(1, listed=2))
    assert gc.isenabled()
    assert msgspec.json.decode(written(found), type=Results) == found
    assert [chapter.key for chapter in found.chapters] == ["admission", "decoding", "lists"]
    for chapter in found.chapters:
        for group in chapter.groups:
            assert group.bars[0].ratio == 1
            assert sum(bar.kind == "ours" for bar in group.bars) == 1
