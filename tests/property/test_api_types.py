"""Every type of the API: an object that is written is read back as the same, by the strict reader and the fast one."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kvnode
from kvnode.api.base import Model
from kvnode.api.decode import decode
from kvnode.api.kinds import KINDS, Kind, known_kind
from kvnode.api.strict import Walk, read
from tests.api_documents import api_types, documents_of, objects_of, whole_document

# There are hundreds of types, most of them small.
FEW = settings(max_examples=max(5, settings.default.max_examples // 80))
SOME = settings(max_examples=max(20, settings.default.max_examples // 20))
SPECLESS = {"VirtualMachineInstance": {"spec": {}}, "VirtualMachine": {"spec": {}}}


def strictly(kind: type[Model], document: Any) -> Model | None:
    walk = Walk()
    found = read(kind, document, walk)
    assert walk.errors == []
    return found


def heads(kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    """What documents of a kind begin with, in each version that it is read in."""
    return st.sampled_from(kind.api_versions).map(lambda version: {"apiVersion": version, "kind": kind.name})


def named_documents(kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    """Documents of a kind as a file has them."""
    bodies = documents_of(kind.type(), {"kind": kind.name, "apiVersion": kind.api_versions[0]})
    needed = SPECLESS.get(kind.name, {})
    return st.tuples(bodies, heads(kind)).map(lambda found: {**needed, **found[0], **found[1]})


@pytest.mark.parametrize("kind", api_types(), ids=lambda kind: kind.__name__)
@given(data=st.data())
@FEW
def test_an_object_is_read_as_it_was_written(kind: type[Model], data: st.DataObject) -> None:
    made = data.draw(objects_of(kind))
    document = kvnode.to_dict(made)
    assert strictly(kind, document) == made
    encoded = msgspec.json.encode(made)
    assert json.loads(encoded) == document
    assert decode(encoded, kind) == made


@pytest.mark.parametrize("kind", api_types(), ids=lambda kind: kind.__name__)
def test_no_field_is_lost(kind: type[Model]) -> None:
    document = whole_document(kind)
    found = strictly(kind, document)
    assert kvnode.to_dict(found) == document
    assert decode(msgspec.json.encode(found), kind) == found


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
@given(data=st.data())
@SOME
def test_every_kind_is_loaded_as_it_was_written(kind: Kind, data: st.DataObject) -> None:
    document = data.draw(named_documents(kind))
    (found,) = kvnode.load_all(document)
    assert type(found) is kind.type()
    assert kvnode.to_dict(found) == document
    assert kvnode.load_all(json.dumps(document)) == [found]
    assert decode(msgspec.json.encode(found), kind.type()) == found


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.ours], ids=lambda kind: kind.name)
@given(data=st.data())
@FEW
def test_a_servers_list_has_its_objects(kind: Kind, data: st.DataObject) -> None:
    listed = {"apiVersion": kind.api_versions[0], "kind": f"{kind.name}List"}
    objects = data.draw(st.lists(named_documents(kind), max_size=2))
    document = {**listed, "items": objects}
    assert kvnode.to_dict(kvnode.load_all(document)) == objects
    known = known_kind(listed["apiVersion"], listed["kind"])
    assert known is not None
    assert kvnode.to_dict(decode(json.dumps(document), known.type())) == document
