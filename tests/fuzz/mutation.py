"""Changes manifests as trees, along the types that they should have.

Bytes that are changed at random are hardly ever a manifest any more. Here a field is added that the type has, a value
is replaced by another one of its type or by one of a wrong type, a list item is doubled, a text becomes a name that
stands elsewhere in the file: what is made is read, and reaches the rules behind the reading.

A change depends on the input and the seed alone, so whatever is found is found again.
"""

from __future__ import annotations

import copy
import json
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from kvnode.api.base import Duration, IntOrString, Time
from kvnode.api.kinds import KINDS, known_kind
from kvnode.facts import HostFacts
from kvnode.quantity import Quantity
from tests.fuzz.vocabulary import choices, field_names, words

HOSTILE_TEXT = [
    *(
        "",
        " ",
        "\n",
        "\0",
        "\ud800",
        "a\x1b[2J",
        "%s%n{0}",
        "../../etc/passwd",
        "/",
        ".",
        "-",
        "é",
        "\u202e",
        "ſ",
        "a" * 64,
    ),
    *(
        "a" * 254,
        "true",
        "null",
        "0",
        "-1",
        "1e3",
        "1e99",
        "99999999999999999999",
        "0x10",
        "<a>&\"'",
        "\x1b]0;a\x07" * 400,
        "]]>",
        "\x85",
        "İ",
    ),
]
QUANTITIES = [
    "0",
    "1",
    "-1",
    "1n",
    "100m",
    "1.5",
    "512Mi",
    "1Gi",
    "1.1Gi",
    "64Gi",
    "8Ei",
    "1E",
    "1e3",
    "-1Gi",
    0,
    1,
    -1,
    0.5,
]
NUMBERS = [0, 1, -1, 2, 3, 7, 8, 16, 63, 64, 255, 256, 4096, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1]
DURATIONS = ["0", "1s", "-1s", "1h30m", "250ms", "99999h", "9" * 30 + "h", "1.5h"]
TIMES = ["2026-08-01T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "2026-02-30T00:00:00+25:61"]
WRONG = ["text", 7, -1, 1.5, True, None, {}, [], {"a": 1}, ["x"], [{}], 2**64, 1e300, [None], {"": ""}]
DEEPEST = 6


@dataclass(frozen=True)
class Place:
    """Where a value stands: in what, under which key or index, and of which type it should be, if anybody says."""

    holder: Any
    key: Any
    annotation: Any

    @property
    def value(self) -> Any:
        return self.holder[self.key]


def mutated(data: bytes, seed: int, other: bytes | None = None) -> bytes | None:
    """The manifest with some changes, as JSON; None where the input is no JSON.

    other -- another manifest, parts of which may be taken
    """
    try:
        root = [json.loads(data)]
        foreign = [] if other is None else [json.loads(other)]
    except (ValueError, RecursionError):
        return None
    random = Random(seed)
    change = _Change(random, root, foreign)
    for _ in range(random.choice([1, 1, 1, 2, 3, 5])):
        change.once()
    try:
        return json.dumps(root[0], ensure_ascii=random.random() < 0.5).encode()
    except (UnicodeEncodeError, RecursionError):
        return json.dumps(root[0]).encode()


def places(root: list[Any]) -> list[Place]:
    """Every value of a document, with its type where the document's kind says one."""
    found: list[Place] = []
    document = root[0]
    # A host's facts say no kind.
    nameless = isinstance(document, dict) and not document.keys() & {"apiVersion", "kind"}
    stack = [Place(root, 0, HostFacts if nameless else _type_of(document))]
    while stack:
        place = stack.pop()
        found.append(place)
        stack += _inside(place.value, place.annotation)
    return found


def _inside(value: Any, annotation: Any) -> Iterator[Place]:
    form, arguments = _form(annotation)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield Place(value, index, arguments[0] if form is tuple else _type_of(item))
    elif isinstance(value, dict):
        fields = _fields(annotation) if form is msgspec.Struct else {}
        for key in value:
            yield Place(value, key, fields.get(key) or (arguments[1] if form is dict else None))


def _type_of(document: Any) -> Any:
    """The type of an object that says its kind; None for anything else."""
    if not isinstance(document, dict):
        return None
    version, kind = document.get("apiVersion"), document.get("kind")
    known = known_kind(version, kind) if isinstance(version, str) and isinstance(kind, str) else None
    return None if known is None or "items" in document else known.type()


@cache
def _form(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """What an annotation is at heart: Struct, tuple, dict, or itself for a scalar; with its arguments."""
    if annotation in (Quantity, IntOrString, Time, Duration):
        return annotation, ()
    form, arguments = get_origin(annotation), get_args(annotation)
    if form in (Union, types.UnionType):
        members = tuple(member for member in arguments if member is not type(None))
        return _form(members[0] if len(members) == 1 else Union[members])  # noqa: UP007
    if form in (tuple, dict, Annotated, Literal):
        return form, arguments
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return msgspec.Struct, (annotation,)
    return annotation, ()


@cache
def _fields(annotation: Any) -> dict[str, Any]:
    (kind,) = _form(annotation)[1]
    return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}


class _Change:
    """One input's changes."""

    def __init__(self, random: Random, root: list[Any], foreign: list[Any]) -> None:
        self.random = random
        self.root = root
        self.foreign = places(foreign) if foreign else []
        # The likelier ones stand more often.
        self.ways: list[Callable[[Place], None]] = [
            *([self._add] * 8 + [self._replace] * 6 + [self._double_everywhere] * 3 + [self._rename_everywhere] * 3),
            *(self._drop, self._double, self._refer, self._reorder, self._say_hostile, self._graft, self._graft),
            *(self._spoil, self._rename, self._wrap),
        ]

    def once(self) -> None:
        """One change somewhere; what can't be done there is done elsewhere."""
        before = json.dumps(self.root)
        for _ in range(8):
            # Anew for each, since what was replaced by its like is in the document no more.
            self.all = places(self.root)
            self.texts = [place.value for place in self.all if isinstance(place.value, str)]
            self.random.choice(self.ways)(self.random.choice(self.all))
            if json.dumps(self.root) != before:
                return

    def _add(self, place: Place) -> None:
        form, arguments = _form(place.annotation)
        value = place.value
        if isinstance(value, dict) and form is msgspec.Struct:
            fields = _fields(place.annotation)
            missing = sorted(fields.keys() - value.keys())
            if missing:
                name = self.random.choice(missing)
                value[name] = self.made(fields[name], name)
        elif isinstance(value, dict):
            value[self._text()] = self.made(arguments[1] if form is dict else Any)
        elif isinstance(value, list):
            value.append(self.made(arguments[0] if form is tuple else Any, place.key))

    def _replace(self, place: Place) -> None:
        place.holder[place.key] = self.made(place.annotation or Any, place.key)

    def _spoil(self, place: Place) -> None:
        place.holder[place.key] = copy.deepcopy(self.random.choice(WRONG))

    def _drop(self, place: Place) -> None:
        if place.holder is not self.root:
            del place.holder[place.key]

    def _double(self, place: Place) -> None:
        if isinstance(place.holder, list) and place.holder is not self.root and len(json.dumps(place.holder)) < 20_000:
            place.holder.insert(self.random.randrange(len(place.holder) + 1), copy.deepcopy(place.value))

    def _double_everywhere(self, place: Place) -> None:
        """Items that have a name in common, such as a disk and its volume, get a second one that has another."""
        named = [
            other
            for other in self.all
            if isinstance(other.holder, list) and isinstance(other.value, dict) and "name" in other.value
        ]
        if named:
            name, another = self.random.choice(named).value["name"], self._text()
            for other in named:
                if other.value["name"] == name and len(self.all) < 3000:
                    other.holder.append({**copy.deepcopy(other.value), "name": another})

    def _rename_everywhere(self, place: Place) -> None:
        """A text becomes another one wherever it stands, so that what referred to it still does."""
        if self.texts:
            text, another = self.random.choice(self.texts), self._text()
            for other in self.all:
                if other.value == text:
                    other.holder[other.key] = another

    def _reorder(self, place: Place) -> None:
        if isinstance(place.value, list):
            self.random.shuffle(place.value)

    def _refer(self, place: Place) -> None:
        """What one field names stands in another one."""
        if isinstance(place.value, str):
            place.holder[place.key] = self.random.choice(self.texts)

    def _say_hostile(self, place: Place) -> None:
        if isinstance(place.value, str):
            text = self.random.choice(HOSTILE_TEXT)
            at = self.random.randrange(len(place.value) + 1)
            place.holder[place.key] = self.random.choice([text, place.value[:at] + text + place.value[at:]])

    def _rename(self, place: Place) -> None:
        if isinstance(place.holder, dict) and isinstance(place.key, str):
            name = self.random.choice([place.key.swapcase(), place.key + "s", *self.random.sample(field_names(), 2)])
            place.holder[name] = place.holder.pop(place.key)

    def _wrap(self, place: Place) -> None:
        """A guest becomes a machine's template, an object one of a list, and either gets company."""
        document = self.root[0]
        kind = self.random.choice(list(KINDS.values()))
        company = {"apiVersion": kind.api_versions[0], "kind": kind.name, **self.made(kind.type())}
        if (
            isinstance(document, dict)
            and document.get("kind") == "VirtualMachineInstance"
            and self.random.random() < 0.5
        ):
            template = {"metadata": document.get("metadata"), "spec": document.get("spec")}
            spec = {"runStrategy": "Always", "template": template}
            self.root[0] = {**document, "kind": "VirtualMachine", "spec": spec}
        elif isinstance(document, dict) and isinstance(document.get("items"), list):
            document["items"].append(company)
        else:
            self.root[0] = {"apiVersion": "v1", "kind": "List", "items": [document, company]}

    def _graft(self, place: Place) -> None:
        """A value of the same type, from elsewhere in this file or in another one."""
        fitting = [
            other.value
            for other in (*self.foreign, *self.all)
            if other.annotation is not None
            and other.annotation == place.annotation
            and other.holder is not place.holder
        ]
        if fitting and place.holder is not self.root:
            place.holder[place.key] = copy.deepcopy(self.random.choice(fitting))

    def made(self, annotation: Any, name: Any = None, depth: int = 0) -> Any:
        """Some value of a type; few fields of each object, and none beyond a depth.

        name -- of the field that it is for, if it is for one
        """
        form, arguments = _form(annotation)
        few = 0 if depth >= DEEPEST else self.random.choice([0, 1, 1, 2, 3])
        if form is msgspec.Struct:
            fields = list(msgspec.structs.fields(arguments[0]))
            chosen = self.random.sample(fields, min(few, len(fields)))
            needed = [field for field in fields if field.required or field.default_factory is not msgspec.NODEFAULT]
            picked = {field.encode_name: field.type for field in (*needed, *chosen)}
            return {name: self.made(inner, name, depth + 1) for name, inner in picked.items()}
        if form is tuple:
            return [self.made(arguments[0], name, depth + 1) for _ in range(few)]
        if form is dict:
            return {self._text(): self.made(arguments[1], None, depth + 1) for _ in range(few)}
        if form is Annotated:
            return self._number(arguments[1])
        return self.random.choice(arguments) if form is Literal else self._scalar(form, name)

    def _scalar(self, kind: Any, name: Any) -> Any:
        choose = self.random.choice
        if kind is bool:
            return choose([True, False])
        if kind is float:
            return choose([0, 0.5, 1.5, 1e30, -1, 2**53])
        if kind == Quantity:
            return choose(QUANTITIES)
        if kind == Time:
            return choose(TIMES)
        if kind == Duration:
            return choose(DURATIONS)
        if kind == IntOrString:
            return choose([choose(NUMBERS), self._text(), "25%"])
        return self._text(name) if kind is str else copy.deepcopy(choose(WRONG))

    def _number(self, bounds: Any) -> int:
        low, high = getattr(bounds, "ge", None), getattr(bounds, "le", None)
        number = self.random.choice([*NUMBERS, low or 0, high or 0])
        return number if self.random.random() < 0.1 else max(low or 0, min(number, high or number))

    def _text(self, name: Any = None) -> str:
        known = choices().get(name)
        if known is not None and self.random.random() < 0.7:
            return self.random.choice(known)
        kind = self.random.random()
        if kind < 0.4 and self.texts:
            return self.random.choice(self.texts)
        return self.random.choice(words()) if kind < 0.85 else self.random.choice(HOSTILE_TEXT)
