"""Manifests: whatever comes in is an object or an InvalidManifest, and what comes out is what came in."""

import json
import types
from typing import Any, Union, get_args, get_origin

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import kvnode
from kvnode.api import yaml_document
from kvnode.api.decode import decode
from kvnode.api.document import documents
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.strict import Walk, read
from kvnode.api.virtual_machine import VirtualMachine
from kvnode.errors import FieldError, InvalidManifest
from tests.api_documents import documents_of


def guests() -> st.SearchStrategy[dict[str, Any]]:
    head = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance"}
    return documents_of(VirtualMachineInstance, head).map(lambda guest: {**guest, "spec": guest.get("spec", {})})


@given(guests())
def test_reading_and_writing_gives_the_same_document(guest: dict[str, Any]) -> None:
    vmi = kvnode.load(guest)
    assert kvnode.to_dict(vmi) == guest
    assert kvnode.load(json.dumps(guest)) == vmi
    assert decode(msgspec.json.encode(vmi), VirtualMachineInstance) == vmi


@given(documents_of(VirtualMachine, {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine"}))
def test_machines_too(machine: dict[str, Any]) -> None:
    machine.setdefault("spec", {})
    (found,) = kvnode.load_all(machine)
    assert kvnode.to_dict(found) == machine


def objects(annotation: Any, value: Any, path: str) -> list[tuple[dict[str, Any], str]]:
    """Every object in a document that a type describes, with its path; maps and untyped values are none."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        annotation = next((member for member in get_args(annotation) if member is not type(None)), None)
        origin = get_origin(annotation)
    if origin is tuple:
        item = get_args(annotation)[0]
        return [found for index, inner in enumerate(value) for found in objects(item, inner, f"{path}[{index}]")]
    if not isinstance(annotation, type) or not issubclass(annotation, msgspec.Struct):
        return []
    found = [(value, path)]
    for field in msgspec.structs.fields(annotation):
        if field.encode_name in value:
            found += objects(field.type, value[field.encode_name], f"{path}.{field.encode_name}".lstrip("."))
    return found


def places(value: Any) -> list[tuple[Any, Any]]:
    """Holder and key of everything in a document."""
    found: list[tuple[Any, Any]] = []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        found += [(value, key), *places(inner)]
    return found


@given(guests(), st.data())
def test_an_unknown_field_anywhere_is_found_by_its_path(guest: dict[str, Any], data: st.DataObject) -> None:
    holder, path = data.draw(st.sampled_from(objects(VirtualMachineInstance, guest, "")))
    holder["noSuchField"] = 1
    walk = Walk()
    assert read(VirtualMachineInstance, guest, walk) is None
    assert [error.field for error in walk.errors] == [f"{path}.noSuchField".lstrip(".")]


@given(guests(), st.data())
def test_strict_and_fast_agree_on_types(guest: dict[str, Any], data: st.DataObject) -> None:
    """What the strict walk lets through the fast decoder reads alike, and what that refuses the walk names."""
    spots = places(guest["spec"])
    if spots:
        holder, key = data.draw(st.sampled_from(spots))
        holder[key] = data.draw(st.sampled_from(["text", 7, -1, 2**40, 1.5, True, {}, [], {"a": 1}, ["x"], [{}]]))
    walk = Walk()
    strict = read(VirtualMachineInstance, guest, walk)
    try:
        fast = decode(json.dumps(guest), VirtualMachineInstance)
    except InvalidManifest:
        assert walk.errors
    else:
        assert strict is None or strict == fast


@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=200), st.text("{}[]:,-?&*!|>'\"%@`#~<yn01. \n\t", max_size=60))
)
def test_any_source_is_objects_or_an_error_of_ours(source: bytes | str) -> None:
    errors: list[FieldError] = []
    try:
        assert isinstance(kvnode.load_all(source), list)
    except InvalidManifest as error:
        errors = error.errors
        assert errors
    assert all(fault.message.isprintable() for fault in errors)


# Beyond the first plane JSON escapes by surrogate pairs, which neither YAML nor kubectl has.
PLANE = st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF))
# YAML ends a key without a question mark at 1024 characters, escapes counted.
KEYS = st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF), max_size=100)
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False)
    )
    | PLANE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader], ids=["libyaml", "python"])
@given(value=JSON)
def test_yaml_is_a_superset_of_json(loader: Any, value: Any) -> None:
    """One document in both: what JSON's reader makes of it, YAML's does too, whichever parser it has."""
    text = json.dumps({"a": value})
    (as_json,) = documents(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_document, "_Loader", loader)
        (as_yaml,) = documents(f"---\n{text}\n")
    assert as_yaml.value == as_json.value
    assert json.dumps(as_yaml.value) == json.dumps(as_json.value)
