"""Whatever a manifest holds: an answer, soon, at paths that exist, in sentences that a terminal can show."""

import time
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from kvnode.api.defaults import default
from kvnode.api.instance import VirtualMachineInstance, VirtualMachineInstanceSpec
from kvnode.api.meta import ObjectMeta
from kvnode.api.unsupported import unsupported
from kvnode.api.validation import validate
from kvnode.api.validation.names import (
    absolute_path_fault,
    image_reference_fault,
    label_fault,
    qualified_name_fault,
    subdomain_fault,
)
from tests.api_paths import document, finding_path, is_real, text_paths
from tests.manifests import SOUND

REASONS = {f"FieldValue{name}" for name in ("Invalid", "Required", "Duplicate", "NotSupported")}
TEN_MEGABYTES = 10_000_000
DEADLINE_S = 1.0

HOSTILE = {
    "quote": 'it\'s "quoted" & <tagged>',
    "path": "../../../etc/passwd",
    "newline": "a\nb",
    "nul": "a\0b",
    "half a pair": "\ud800",
    "control": "a\x1b[2Jb",
    "format": "%s%n${x}{0}",
    "empty": "",
    "space": " ",
    "huge number": "1e999999999",
    "digits": "9" * 5000,
    "dashes": "-" * 3000 + "!",
    "labels": "a--." * 1000,
    "letters": "ä€😀",
}


def answers(document_):
    """Every finding on the document, from a decoded and defaulted object."""
    made = default(msgspec.convert(document_, VirtualMachineInstance))
    return [*validate(made), *unsupported(made, "standalone")]


def check(findings):
    for finding in findings:
        assert finding.reason in REASONS
        assert is_real(finding.field), finding.field
        assert 10 < len(finding.message) < 1000
        assert finding.message.isprintable()
        assert finding.message.endswith(".")


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_any_text_anywhere_has_an_answer(value):
    for path in text_paths():
        check(answers({"metadata": {"name": "mill"}} | document(path, value)))


@pytest.mark.parametrize("value", [HOSTILE["nul"], HOSTILE["half a pair"]], ids=["nul", "half a pair"])
def test_what_no_text_may_hold_is_refused_at_its_path(value):
    for path in text_paths():
        fields = [finding.field for finding in answers({"metadata": {"name": "mill"}} | document(path, value))]
        assert finding_path(path) in fields


def test_ten_megabytes_in_any_text_are_refused_at_once_and_briefly():
    text = "x" * TEN_MEGABYTES
    for path in text_paths():
        begin = time.monotonic()
        findings = answers({"metadata": {"name": "mill"}} | document(path, text))
        assert time.monotonic() - begin < DEADLINE_S
        check(findings)
        assert any(finding.field.startswith(finding_path(path)) for finding in findings)


def test_a_text_that_spells_out_a_nul_holds_none():
    sound = {**SOUND, "metadata": {"name": "mill", "annotations": {"note": "\\u0000"}}}
    assert answers(sound) == []


def drawn(kind: inspect.Type, random: Random) -> Any:
    """Some value of a type, hostile text among it, most fields left out. Hypothesis draws the seed: it would take
    seconds to draw a whole manifest from a strategy for each of its fields."""
    if isinstance(kind, inspect.Metadata):
        return drawn(kind.type, random)
    if isinstance(kind, inspect.StrType):
        return random.choice([*HOSTILE.values(), "a", "root", "default", "1Gi", "2", "None", "virtio", "x" * 64])
    if isinstance(kind, inspect.IntType):
        low, high = (-(2**63) if kind.ge is None else kind.ge), (2**63 - 1 if kind.le is None else kind.le)
        return random.choice([low, high, 1, 2, random.randint(low, high)])
    if isinstance(kind, inspect.FloatType):
        return random.uniform(-1e30, 1e30)
    if isinstance(kind, inspect.BoolType):
        return random.random() < 0.5
    if isinstance(kind, inspect.UnionType):
        return drawn(random.choice([one for one in kind.types if not isinstance(one, inspect.NoneType)]), random)
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return [drawn(kind.item_type, random) for _ in range(random.randrange(4))]
    if isinstance(kind, inspect.DictType):
        keys = random.sample(["memory", "cpu", "a b", "x/y", HOSTILE["quote"], HOSTILE["newline"], "k" * 99], 2)
        return {key: drawn(kind.value_type, random) for key in keys}
    if isinstance(kind, inspect.StructType):
        chance = random.choice([0.1, 0.3, 0.8])
        return {field.encode_name: drawn(field.type, random) for field in kind.fields if random.random() < chance}
    return {}


MODELS = {
    name: inspect.type_info(model) for name, model in (("metadata", ObjectMeta), ("spec", VirtualMachineInstanceSpec))
}
MANIFESTS = st.integers(0, 2**32).map(
    lambda seed: {name: drawn(kind, Random(seed + place)) for place, (name, kind) in enumerate(MODELS.items())}
)


@given(MANIFESTS)
def test_any_manifest_has_an_answer(manifest):
    check(answers(manifest))


@given(MANIFESTS)
def test_defaulting_twice_is_defaulting_once(manifest):
    once = default(msgspec.convert(manifest, VirtualMachineInstance))
    assert default(once) == once


NAMES = st.text("aB9-_./ \n'", max_size=12)


@given(NAMES)
def test_a_label_is_a_subdomain_and_a_subdomain_a_key(name):
    if label_fault(name) is None:
        assert subdomain_fault(name) is None
    if subdomain_fault(name) is None and len(name) <= 63:
        assert qualified_name_fault(name) is None


@given(st.text("aB9-_./:@ \n'\\", max_size=40))
def test_an_image_is_no_path_of_the_host(image):
    if image_reference_fault(image) is None:
        assert ".." not in image
        assert not image.startswith(("/", ".", "-"))
        assert not any(character in image for character in " \n'\\")


@given(st.text("a/. \n", max_size=20))
def test_a_path_in_an_image_stays_below_its_root(path):
    if absolute_path_fault(path) is None:
        assert path.startswith("/")
        assert not {"", ".", ".."} & set(path.removesuffix("/").split("/")[1:])
