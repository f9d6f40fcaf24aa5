"""The table of every field and its effect (docs/fields.md) says what is measured, and leaves no field out."""

import difflib

import pytest

from kvnode.api.base import Int32, Model
from tests.fields.effects import Case, measured
from tests.fields.guests import GUESTS, WRONG
from tests.fields.outcome import MODES, Outcome
from tests.fields.pages import DOCS, EFFECTS, guest_document, judged, pages
from tests.fields.paths import fields_below
from tests.fields.remarks import REMARKS
from tests.fields.rows import is_silent, rows, with_inner


@pytest.mark.parametrize("kind", EFFECTS)
def test_every_field_is_set_by_some_manifest(kind):
    _, effects = EFFECTS[kind]
    unset = [path for path, effect in effects().items() if not effect.seen]
    assert unset == [], "tests/fields has no manifest that sets them: their effect isn't known"


@pytest.mark.parametrize("name", GUESTS)
def test_the_guests_are_right(name):
    """What is measured with a manifest that is wrong says little of what it sets."""
    found = {(path, message) for path, message in judged(guest_document(GUESTS[name])).faults if path not in WRONG}
    assert found == set()


@pytest.mark.parametrize("kind", EFFECTS)
def test_nothing_is_taken_without_a_word(kind):
    fields, effects = EFFECTS[kind]
    silent = [field.path for field in fields() if is_silent(with_inner(field, effects()))]
    assert silent == [], "they do nothing, and nobody is told: refuse them (kvnode/api/unsupported*.py), or tell"


def test_what_only_a_pod_has_is_told_where_there_is_none():
    fields, effects = EFFECTS["VirtualMachineInstance"]
    for field in fields():
        effect = with_inner(field, effects())
        if effect.changes == {"Pod"}:
            assert effect.told.get("standalone"), f"{field.path}: `kvnode run` passes over it without a word"


@pytest.mark.parametrize("kind", EFFECTS)
def test_what_is_told_to_do_nothing_does_nothing(kind):
    """A note that a field isn't followed is taken back when it is built."""
    fields, effects = EFFECTS[kind]
    for field in fields():
        effect = effects()[field.path]
        assert not (effect.told.get("cluster") and effect.changes), f"{field.path} is followed: take the note out"


@pytest.mark.parametrize("kind", EFFECTS)
def test_remarks_are_about_fields(kind):
    fields, _ = EFFECTS[kind]
    assert REMARKS[kind].keys() <= {field.path for field in fields()}


def test_the_pages_are_what_is_measured(regenerate):
    made = pages()
    for path, text in made.items():
        if regenerate:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        there = path.read_text() if path.exists() else ""
        changed = list(
            difflib.unified_diff(there.splitlines(), text.splitlines(), "docs", "measured", lineterm="", n=0)
        )
        assert not changed, "\n".join(
            [
                "a field's effect changed; where that is meant: pytest tests/golden --regenerate",
                path.name,
                *changed[:40],
            ]
        )
    assert set((DOCS / "fields").iterdir()) == {path for path in made if path.parent.name == "fields"}


class Part(Model, frozen=True):
    """Fields that each do one thing."""

    acts: Int32 | None = None  # changes what comes out
    followed_below: Int32 | None = None  # changes what comes out, up to 5; more is refused
    checked: str | None = None  # `good` or `fine`
    refused: bool | None = None  # only false is taken
    one_mode: bool | None = None  # changes what comes out, also the Pod; on a cluster only false is taken
    told: str | None = None  # is taken and told
    silent: str | None = None  # nobody looks at it


class Spec(Model, frozen=True):
    """A part, alone and in a list."""

    part: Part | None = None  # one
    parts: tuple[Part, ...] = ()  # some


def invented(document):
    """What a build would say of such a document that does with each field what its comment says."""
    spec = document["spec"]
    places = [("spec.part", spec["part"])] if "part" in spec else []
    places += [(f"spec.parts[{index}]", part) for index, part in enumerate(spec.get("parts", []))]
    said = {"faults": [], "refused": [], "cluster": []}
    for at, part in places:
        said["faults"] += [(f"{at}.checked", "wrong")] if part.get("checked") not in (None, "good", "fine") else []
        said["refused"] += [f"{at}.refused"] if part.get("refused") else []
        said["refused"] += [f"{at}.followedBelow"] if part.get("followedBelow", 0) > 5 else []
        said["cluster"] += [f"{at}.oneMode"] if part.get("oneMode") else []
    acting = ("acts", "followedBelow", "oneMode")
    made = {"domain": [(name, part[name]) for _, part in places for name in acting if name in part]}
    made["Pod"] = [at for at, part in places if part.get("oneMode")]
    refused = {"standalone": frozenset(said["refused"]), "cluster": frozenset(said["refused"] + said["cluster"])}
    return Outcome(frozenset(said["faults"]), refused, made)


def told_of_it(document):
    return dict.fromkeys(MODES, frozenset({"spec.part.told", "spec.parts[0].told"}))


WHOLE = {
    "acts": 1,
    "followedBelow": 5,
    "checked": "good",
    "refused": False,
    "oneMode": True,
    "told": "x",
    "silent": "x",
}


@pytest.mark.parametrize("in_bulk", [False, True])
@pytest.mark.parametrize(("name", "at"), [("part", "spec.part"), ("parts", "spec.parts[]")])
def test_what_is_measured_is_what_is_done(monkeypatch, in_bulk, name, at):
    document = {"spec": {name: WHOLE if name == "part" else [WHOLE, WHOLE]}}
    fields = tuple(fields_below(Spec, "spec"))
    case = Case("invented", document, (("spec",),), invented, told_of_it, in_bulk)
    found = measured(Spec, fields, [case])
    monkeypatch.setitem(REMARKS, "invented", {})
    rows_by_path = {row.path: row for row in rows(fields, found, "invented")}
    said = {path.removeprefix(f"{at}."): (row.effect, *row.remarks) for path, row in rows_by_path.items()}
    assert said["acts"] == ("guest (domain)",)
    assert said["followedBelow"] == ("guest (domain)", "refused: `6`")
    assert said["checked"] == ("admission",)
    assert said["refused"] == ("none yet", "refused, but for `false`")
    assert said["oneMode"] == ("guest (domain)", "refused on a cluster, but for `false`")
    assert said["told"] == ("none yet", "told")
    assert said["silent"] == ("none yet", "taken without a word")
    assert is_silent(found[f"{at}.silent"])
    assert rows_by_path[f"spec.{name}"].effect == "guest (domain)"
    other = "parts" if name == "part" else "part"
    assert not found[f"spec.{other}"].seen


def test_a_part_that_does_nothing_is_measured_at_once():
    calls = []

    def counted(document):
        calls.append(document)
        return invented(document)

    document = {"spec": {"part": {"silent": "x", "told": "x"}}}
    found = measured(
        Spec, tuple(fields_below(Spec, "spec")), [Case("quiet", document, (("spec",),), counted, told_of_it, True)]
    )
    assert len(calls) == 3
    assert is_silent(found["spec.part.silent"])
    assert found["spec.part.told"].told == {"standalone": True, "cluster": True}
