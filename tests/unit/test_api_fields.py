"""Names, types and necessity of every field of the API, held against a list of facts.

The list (tests/api_fields.txt) says what the API has and not what our types happen to have: whoever adds a field adds
its line, and whoever loses one by mistake is told. A line is `Type.field`, what it holds, and `required` where the API
asks for it; `[X]` is a list, `{X}` a map of text to X.
"""

import types
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
import pytest

from kvnode.api.base import Duration, Int32, Int64, IntOrString, Model, Time, Uint8, Uint32
from kvnode.quantity import Quantity
from tests.api_documents import api_types
from tests.api_facts import facts

NAMES = {
    str: "text",
    bool: "bool",
    float: "float",
    Int32: "int32",
    Int64: "int64",
    Uint8: "uint8",
    Uint32: "uint32",
    Time: "time",
    Duration: "duration",
    Quantity: "quantity",
    IntOrString: "int-or-text",
    Any: "any",
}
# Required, and left out all the same: null says something there that no value does.
ABSENT_ALL_THE_SAME = {
    "FreezeUnfreezeTimeout.unfreezeTimeout",
    "NodeMediatedDeviceTypesConfig.nodeSelector",
    "StandardCondition.lastTransitionTime",
}


def holds(annotation: Any) -> str:
    """What a field of this annotation holds, in the list's words."""
    if annotation in NAMES:
        return NAMES[annotation]
    form, arguments = get_origin(annotation), get_args(annotation)
    if form in (Union, types.UnionType):
        members = tuple(member for member in arguments if member is not type(None))
        return holds(members[0]) if len(members) == 1 else NAMES[Union[members]]  # noqa: UP007
    if form is tuple:
        return f"[{holds(arguments[0])}]"
    if form is dict:
        return f"{{{holds(arguments[1])}}}"
    assert form is not Annotated, annotation
    return str(annotation.__name__)


def may_be_absent(field: msgspec.structs.FieldInfo) -> bool:
    """Whether an object says of this field that there is nothing; of an absent list it doesn't tell."""
    return type(None) in get_args(field.type)


def test_the_list_has_every_type():
    assert sorted(facts()) == [kind.__name__ for kind in api_types()]


@pytest.mark.parametrize("kind", api_types(), ids=lambda kind: kind.__name__)
def test_a_type_has_the_fields_of_the_api(kind: type[Model]) -> None:
    known = facts()[kind.__name__]
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    assert {name: holds(field.type) for name, field in fields.items()} == {
        name: what for name, (what, _) in known.items()
    }
    for name, (what, required) in known.items():
        path = f"{kind.__name__}.{name}"
        if required and path not in ABSENT_ALL_THE_SAME:
            assert not may_be_absent(fields[name]), f"{path} is required"
        elif what in NAMES.values() and name not in ("apiVersion", "kind"):
            # Or an object that doesn't have it would be written with a zero.
            assert may_be_absent(fields[name]), f"{path} is not required"
