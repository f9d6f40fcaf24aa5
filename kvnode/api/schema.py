"""Structural schemas of the API's types: what an API server types, prunes, merges and explains their objects by.

A schema is made from a type's annotations, the comments of its fields and `schema_facts`. What always holds:

- It is closed: what it doesn't name is pruned, or refused where a client asks for strict validation. Only the metadata
  of templates keeps what it is given, since Kubernetes, and not KubeVirt, says what belongs there.
- Required is what the API requires, and integers have the bounds of their Go type, so an object that is let in can be
  decoded.
- There are no defaults: admission knows the cluster's configuration, a schema doesn't.
- Conditions are a map by type, in every kind: each may have an owner of its own.
"""

import re
import types
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec import Meta
from msgspec.structs import FieldInfo, fields

from kvnode.api.base import EMPTY, FALSE, NO_ITEMS, NOTHING, ZERO, Model
from kvnode.api.descriptions import field_descriptions, type_description
from kvnode.api.meta import ObjectMeta
from kvnode.api.schema_facts import OF_FIELDS, OPTIONAL, REPLACED_WHOLE, REQUIRED

Schema = dict[str, Any]

_KEEP_UNKNOWN = "x-kubernetes-preserve-unknown-fields"
# The grammar of `kvnode.quantity`, as JSON's schemas write it.
_QUANTITY = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"
# Without the usual `anyOf` beside it, which adds nothing but three more sentences to each error.
_INT_OR_TEXT: Schema = {"x-kubernetes-int-or-string": True}
_SCALARS: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Any: {_KEEP_UNKNOWN: True},
}
_UNIONS: dict[frozenset[type], Schema] = {
    frozenset({str, int}): _INT_OR_TEXT,
    frozenset({str, int, float}): {**_INT_OR_TEXT, "pattern": _QUANTITY},
}
_MADE_FOR_ABSENT = [default.default_factory for default in (EMPTY, FALSE, NO_ITEMS, NOTHING, ZERO)]
# What of a template's metadata is typed and described; all else in it is kept as it is.
_OF_A_TEMPLATE = ("name", "generateName", "namespace", "labels", "annotations")
_CONDITION_TIMES = ("lastProbeTime", "lastTransitionTime")


def object_schema(kind: type[Model], within: tuple[type[Model], ...] = ()) -> Schema:
    """The schema of objects of a type. Raises OSError where there are no sources to take descriptions from.

    within -- types that it is inside of; one that is inside itself has no schema there, and keeps what it is given
    """
    if kind in within:
        return {"type": "object", _KEEP_UNKNOWN: True}
    described = field_descriptions(kind)
    properties, required = {}, []
    for field in fields(kind):
        name = field.encode_name
        path = f"{kind.__name__}.{name}"
        schema = _value_schema(field.type, (*within, kind))
        said = _joined(sentence(described.get(name, "")), schema.pop("description", ""))
        properties[name] = {"description": said, **schema, **_merging(name, field.type), **OF_FIELDS.get(path, {})}
        if is_required(kind, field):
            required.append(name)
    return {
        "type": "object",
        **({"required": required} if required else {}),
        **({"x-kubernetes-map-type": "atomic"} if kind.__name__ in REPLACED_WHOLE else {}),
        **({"properties": properties} if properties else {}),
    }


def is_required(kind: type[Model], field: FieldInfo) -> bool:
    """Whether the API requires this field of the type: where an absent one becomes Go's zero, or an empty object."""
    path = f"{kind.__name__}.{field.encode_name}"
    if path in REQUIRED:
        return True
    if field.default_factory in _MADE_FOR_ABSENT:
        return True
    is_object = isinstance(field.type, type) and issubclass(field.type, Model)
    return is_object and path not in OPTIONAL and field.encode_name not in ("metadata", "status")


def sentence(comment: str) -> str:
    """A field's comment as it stands before people who see nothing else of the source."""
    if not comment:
        return ""
    first, rest = comment[0], comment[1:]
    return f"{first.upper()}{rest}" + ("" if comment.endswith((".", "?")) else ".")


def _joined(comment: str, description: str) -> str:
    """What a field is and what its type is, where neither has all that the other says."""
    of_comment, of_description = _words(comment), _words(description)
    if of_comment <= of_description:
        return description
    return comment if of_description <= of_comment else f"{comment} {description}"


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower())) - {"a", "an", "the", "is", "it", "its"}


def _value_schema(annotation: Any, within: tuple[type[Model], ...]) -> Schema:
    """The schema of a field's values; a description in it is the type's."""
    if annotation in _SCALARS:
        return dict(_SCALARS[annotation])
    form, arguments = get_origin(annotation), get_args(annotation)
    if form is Annotated:
        return _bounded(*arguments)
    if form is tuple:
        return {"type": "array", "items": _value_schema(arguments[0], within)}
    if form is dict:
        if arguments[1] is Any:
            return {"type": "object", _KEEP_UNKNOWN: True}
        return {"type": "object", "additionalProperties": _value_schema(arguments[1], within)}
    if form in (Union, types.UnionType):
        members = [member for member in arguments if member is not type(None)]
        return _value_schema(members[0], within) if len(members) == 1 else dict(_UNIONS[frozenset(members)])
    if annotation is ObjectMeta:
        return _template_metadata()
    return {"description": type_description(annotation), **object_schema(annotation, within)}


def _bounded(scalar: type, meta: Meta) -> Schema:
    """Numbers within bounds, and text in a form of its own."""
    if scalar is str:
        return {"type": "string", "format": (meta.extra or {})["format"]}
    is_short = meta.le is not None and meta.le < 2**31
    bounds = {} if meta.le == 2**63 - 1 else {"minimum": meta.ge, "maximum": meta.le}
    return {"type": "integer", "format": "int32" if is_short else "int64", **bounds}


def _template_metadata() -> Schema:
    whole = object_schema(ObjectMeta)["properties"]
    return {
        "type": "object",
        "nullable": True,
        _KEEP_UNKNOWN: True,
        "properties": {name: whole[name] for name in _OF_A_TEMPLATE},
    }


def _merging(name: str, annotation: Any) -> Schema:
    """What holds by a field's name, wherever it is."""
    if name == "conditions" and get_origin(annotation) is tuple:
        return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
    if name in _CONDITION_TIMES:
        # Go writes a time that was never set as null.
        return {"nullable": True}
    return {}
