"""Facts from anywhere are facts or a sentence, and what is accepted can be used without another look."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from kvnode import HostFacts, InvalidManifest

SMALL = (
    st.integers(-2, 20) | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
)
TEXT = st.text(max_size=12) | st.sampled_from(["0-3,^2", "2Mi", "1Gi", "default", "10.0.0.1/8", "0a:58:0a:f4:01:11"])
JSON = st.recursive(SMALL | TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
CORES = st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=4)
POOL = st.fixed_dictionaries({"total": st.integers(0, 9)}, optional={"free": st.integers(0, 9)})
CELL = st.fixed_dictionaries(
    {"id": st.integers(0, 3)},
    optional={
        "memory_bytes": st.integers(0, 1 << 40) | JSON,
        "memory_free_bytes": st.integers(0, 1 << 40),
        "distances": st.dictionaries(st.sampled_from(["0", "1", "x"]), st.integers(0, 255), max_size=2),
        "cores": CORES | JSON,
        "hugepages": st.dictionaries(st.sampled_from(["2Mi", "2048Ki", "1Gi", "0Mi", "2"]), POOL, max_size=2),
    },
)
LINK = st.fixed_dictionaries(
    {},
    optional={
        "ifname": TEXT,
        "mac": TEXT,
        "mtu": st.integers(0, 70_000),
        "addresses": st.lists(TEXT, max_size=2),
        "routes": st.lists(st.fixed_dictionaries({"dst": TEXT}, optional={"gateway": TEXT}), max_size=2),
        "resolver": st.fixed_dictionaries({}, optional={"search": st.lists(TEXT, max_size=2)}),
    },
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "version": st.just(1) | JSON,
        "arch": st.sampled_from(["x86_64", "aarch64", "s390x", "../x", ""]),
        "kvm": st.sampled_from(["works", "absent", "broken", "maybe"]),
        "allotted_cpus": TEXT,
        "cells": st.lists(CELL, max_size=3) | JSON,
        "volumes": st.dictionaries(
            TEXT, st.fixed_dictionaries({}, optional={"mode": TEXT, "format": TEXT}), max_size=2
        ),
        "links": st.dictionaries(TEXT, LINK, max_size=2),
        "pci": st.dictionaries(TEXT, st.lists(TEXT, max_size=2), max_size=2),
        "efi": JSON,
        "machine_types": st.lists(TEXT, max_size=3),
        "more": JSON,
    },
)


def outcome(source):
    """The facts, or the error that refuses them."""
    try:
        return HostFacts.from_json(source)
    except InvalidManifest as error:
        return error


@given(FACTS)
def test_facts_or_a_sentence(source):
    answer = outcome(source)
    if isinstance(answer, InvalidManifest):
        assert answer.errors
        assert all(fault.message for fault in answer.errors)
        return
    assert answer.allotted >= 0
    assert all(cell.mask & ~answer.mask == 0 for cell in answer.cells)
    assert sum(cell.mask.bit_count() for cell in answer.cells) == answer.mask.bit_count()
    assert all(pool.free <= pool.total for cell in answer.cells for pool in cell.pools.values())
    assert HostFacts.from_json(answer.to_json()) == answer


@given(FACTS)
def test_text_and_dict_are_read_alike(source):
    text = json.dumps(source)
    first, second = outcome(text), outcome(msgspec.json.decode(text))
    if isinstance(first, HostFacts):
        assert first == second
    else:
        assert [fault.field for fault in first.errors] == [fault.field for fault in second.errors]


@given(st.text(max_size=50) | st.binary(max_size=50))
def test_any_bytes_are_facts_or_a_sentence(source):
    answer = outcome(source)
    assert isinstance(answer, HostFacts) or answer.errors
