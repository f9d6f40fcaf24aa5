"""The fuzzer's targets on what is kept, and on a few changes of it; the fuzzer itself where it is.

What was found once is in the corpus, so that it is found again in the first second if it comes back.
"""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

import kvnode
from kvnode.errors import InvalidManifest, NotFound
from tests.fuzz import targets
from tests.fuzz.corpus import TREE, finds, seeds
from tests.fuzz.mutation import mutated
from tests.fuzz.shrinking import shrunk
from tests.fuzz.targets import TARGETS, BrokenPromise
from tests.fuzz.vocabulary import dictionary

# CPU time of one input of some kilobytes; most take a hundredth of that.
INPUT_S = 1.0
# Small objects of Python's that may stay of a whole round through the corpus: caches fill up.
BLOCKS_A_ROUND = 400

EITHER = pytest.mark.parametrize("target", TARGETS)


def changed(count: int) -> Iterator[tuple[str, bytes]]:
    """Inputs that were changed one to four times, the same in every run."""
    trees = [(name, data) for name, data in seeds().items() if data.startswith(b"{")]
    for number in range(count):
        name, data = trees[number % len(trees)]
        for step in range(1 + number % 4):
            data = mutated(data, number * 4 + step, trees[number * 7 % len(trees)][1]) or data
        yield f"{name}, change {number}", data


def kept_in_time(target: str, data: bytes) -> str | None:
    """What is wrong with a target's answer to an input, if anything."""
    begun = time.process_time()
    try:
        TARGETS[target](data)
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"
    spent = time.process_time() - begun
    return None if spent < INPUT_S else f"it took {spent:.1f} s"


@EITHER
def test_the_corpus_keeps_every_promise(target: str) -> None:
    assert {name: fault for name, data in seeds().items() if (fault := kept_in_time(target, data))} == {}


@EITHER
@pytest.mark.partial("10,000 changed manifests instead of 200")
@pytest.mark.timeout(600)
def test_changed_manifests_keep_every_promise(target: str, full_run: bool) -> None:
    faults = {
        name: fault for name, data in changed(10_000 if full_run else 200) if (fault := kept_in_time(target, data))
    }
    assert faults == {}


def test_what_was_found_is_small_and_ours() -> None:
    assert {name: len(data) for name, data in finds().items() if len(data) > 4000} == {}


@EITHER
def test_nothing_stays_in_memory(target: str) -> None:
    def round_trip() -> int:
        for data in seeds().values():
            TARGETS[target](data)
        gc.collect()
        return sys.getallocatedblocks()

    rounds = [round_trip() for _ in range(4)]
    assert min(after - before for before, after in pairwise(rounds)) < BLOCKS_A_ROUND


def test_most_of_what_is_changed_is_still_read() -> None:
    """Or the fuzzer would try the reader alone."""
    trees = [data for data in seeds().values() if data.startswith(b'{"apiVersion"')]
    read = 0
    for seed in range(400):
        data = mutated(trees[seed % len(trees)], seed)
        assert data is not None
        try:
            read += bool(kvnode.load_all(data))
        except InvalidManifest:
            continue
    assert read > 240


def test_a_change_goes_by_the_seed_alone() -> None:
    data = seeds()["typical.json"]
    made = [mutated(data, seed, seeds()["windows.json"]) for seed in range(50)]
    assert made == [mutated(data, seed, seeds()["windows.json"]) for seed in range(50)]
    assert len(set(made)) > 40
    assert mutated(b"a: 1", 0) is None


def test_a_broken_promise_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    data = seeds()["typical.json"]
    default, plan, to_dict, validate = kvnode.default, kvnode.plan, kvnode.to_dict, kvnode.validate

    def never_done(vmi, config=None):
        made = default(vmi, config)
        return replace(
            made, metadata=replace(made.metadata, labels={**(made.metadata.labels or {}), f"a{time.time_ns()}": ""})
        )

    def missing(vmi, config=None):
        raise NotFound("there is no such guest")

    for name, broken, said in (
        ("default", never_done, "defaulting twice"),
        (
            "validate",
            lambda vmi, config=None: [*validate(vmi), kvnode.FieldError("a", "FieldValueInvalid", "\x1b")],
            "sentence",
        ),
        ("validate", missing, "no such guest"),
        ("to_dict", lambda item: {**to_dict(item), "status": {"phase": "Lost"}}, "another object"),
        ("unsupported", lambda vmi, where: [kvnode.FieldError("a", "Reason", "a sentence of words.")], "no reason"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(kvnode, name, broken)
            with pytest.raises((BrokenPromise, kvnode.KvnodeError), match=said):
                targets.manifest(data)
    for name, broken, said in (
        (
            "plan",
            lambda vmi, host, config=None: replace(plan(vmi, host, config), name=str(time.time_ns())),
            "another plan",
        ),
        ("render", lambda made: "<domain><source file='/etc/passwd'/></domain>", "outside of the Pod"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(kvnode, name, broken)
            with pytest.raises(BrokenPromise, match=said):
                targets.plan(data)


def test_a_find_is_made_small() -> None:
    tree = b'{"a": [1, {"b": "long enough", "c": [700]}], "d": {"e": "x"}}'
    assert (
        shrunk(tree, lambda data: b'"b"' in data and b"7" in data).split()
        == b'{ "a": [ { "b": "l", "c": [ 700 ] } ] }'.split()
    )
    assert shrunk(b"--- a: [1, 2, 3] ---", lambda data: b"[" in data and b"3" in data) == b"[3"


def test_the_dictionary_has_our_words() -> None:
    lines = dictionary().splitlines()
    assert all(re.fullmatch(r'"([^"\\]|\\x[0-9a-f]{2})+"', line) for line in lines)
    assert {r'"\x22dedicatedCpuPlacement\x22"', '"virtio"', '"NoSchedule"', r'"<<: *a"'} <= set(lines)


@EITHER
@pytest.mark.needs("atheris")
@pytest.mark.full("10,000 inputs of the coverage-guided fuzzer for each target")
@pytest.mark.timeout(1800)
def test_the_fuzzer_finds_nothing(target: str, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.fuzz",
        target,
        "--runs",
        "10000",
        "--seconds",
        "1200",
        "--state",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    figures = dict(re.findall(r"stat::(\w+):\s+(\d+)", done.stderr))
    assert int(figures["number_of_executed_units"]) > 1000
    assert int(figures["peak_rss_mb"]) < 512
