"""Whatever an object of any kind holds: an answer, soon, at paths that exist, in sentences that a terminal can show."""

import time
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

import kvnode
from kvnode.api.kinds import KINDS
from kvnode.api.meta import ObjectMeta
from kvnode.api.validation.objects import validate_object
from tests.api_paths import Path, document, dotted, is_real, text_paths
from tests.object_manifests import GATES, SOUND_OBJECTS, object_of
from tests.property.test_validation import HOSTILE, REASONS, drawn

TYPES = {kind.name: kind.type() for kind in KINDS.values() if kind.name in SOUND_OBJECTS}
SPECS: dict[str, type] = {
    name: next(field.type for field in msgspec.structs.fields(type_) if field.name == "spec")
    for name, type_ in TYPES.items()
}
# More than an object may have.
LONG = "x" * 2_000_000
DEADLINE_S = 1.0


def own_paths(kind: str) -> list[Path]:
    """Paths of text, without those of a guest in a template: each of them is tried with guests."""
    machines = ("virtualMachine", "virtualMachineTemplate")
    return [
        path
        for path in text_paths(SPECS[kind])
        if not (len(path) > 3 and "spec" in path[2:]) or (path[1] in machines and "domain" not in path)
    ]


def check(kind: str, item: Any, config: Any = GATES) -> list[str]:
    found = validate_object(item, config)
    for finding in found:
        assert finding.reason in REASONS
        field = finding.field
        assert field in ("", "kind") or is_real(field, SPECS[kind]), field
        assert 10 < len(finding.message) < 1000, finding
        assert finding.message.isprintable(), finding
        assert finding.message.endswith("."), finding
    return [finding.field for finding in found]


def made(kind: str, body: dict[str, Any]) -> Any:
    """An object as a daemon decodes it, leniently, with whatever text."""
    return msgspec.convert({"metadata": {"name": "mill"}} | body, TYPES[kind])


@pytest.mark.parametrize("kind", TYPES)
def test_any_text_anywhere_has_an_answer(kind):
    for value in HOSTILE.values():
        for path in own_paths(kind):
            check(kind, made(kind, document(path, value)))


@pytest.mark.parametrize("kind", TYPES)
def test_what_no_text_may_hold_is_refused_at_its_path(kind):
    for value in (HOSTILE["nul"], HOSTILE["half a pair"]):
        for path in own_paths(kind):
            if "key" in path:
                continue
            assert dotted(path) in check(kind, made(kind, document(path, value)))


@pytest.mark.parametrize("kind", TYPES)
def test_two_megabytes_in_any_text_are_refused_at_once_and_briefly(kind):
    for path in own_paths(kind):
        item = made(kind, document(path, LONG))
        begin = time.monotonic()
        assert check(kind, item)
        assert time.monotonic() - begin < DEADLINE_S, path


@given(st.sampled_from(sorted(TYPES)), st.integers(0, 2**32))
def test_any_object_has_an_answer(kind, seed):
    metadata = drawn(inspect.type_info(ObjectMeta), Random(seed))
    spec = drawn(inspect.type_info(SPECS[kind]), Random(seed + 1))
    check(kind, made(kind, {"metadata": metadata, "spec": spec}))
    check(kind, made(kind, {"metadata": metadata, "spec": spec}), None)


@given(st.sampled_from(sorted(TYPES)), st.integers(0, 2**32))
def test_defaulting_twice_is_defaulting_once_and_refuses_nothing(kind, seed):
    item = made(kind, {"spec": drawn(inspect.type_info(SPECS[kind]), Random(seed))})
    once = kvnode.default(item, GATES)
    assert kvnode.default(once, GATES) == once
    assert check(kind, kvnode.default(object_of(kind), GATES)) == []
