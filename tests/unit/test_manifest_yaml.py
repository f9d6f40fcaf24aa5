"""YAML as kubectl reads it: the expected values were read off sigs.k8s.io/yaml with go-yaml 2."""

import json
from typing import Any

import pytest
import yaml

from kvnode.api import yaml_document
from kvnode.api.document import documents
from kvnode.errors import VALUE_DUPLICATE, InvalidManifest

SCALARS: list[tuple[str, Any]] = [
    *((word, True) for word in ("yes", "Yes", "YES", "on", "On", "ON", "y", "Y", "true", "True", "TRUE")),
    *((word, False) for word in ("no", "No", "NO", "off", "Off", "OFF", "n", "N", "false", "False", "FALSE")),
    *((word, None) for word in ("null", "Null", "NULL", "~", "")),
    *(
        (text, text)
        for text in ("tRue", "nUll", "yEs", "abc", "1.2.3", "0x", "0o", "0b", "0b2", "0o8", "_1", "<<", "=")
    ),
    # Base 60 and dates are none.
    *(
        (text, text)
        for text in ("52:54:00:12:34:56", "12:30", "1:20", "190:20:30.15", "2001-01-01", "2001-01-01T00:00:00Z")
    ),
    ("0777", 511),
    ("0o777", 511),
    ("-017", -15),
    ("08", 8),
    ("018", 18),
    ("0x1F", 31),
    ("-0x1F", -31),
    ("0b101", 5),
    ("-0b11", -3),
    ("1_000", 1000),
    ("1_", 1),
    ("685_230.15", 685230.15),
    ("+5", 5),
    ("1.0", 1),
    ("1e3", 1000),
    ("1.e3", 1000),
    ("5.", 5),
    (".5", 0.5),
    ("-.5", -0.5),
    (".5_0", ".5_0"),
    (".e3", ".e3"),
    ("1e", "1e"),
    ("1e-7", 1e-7),
    ("1e400", "1e400"),
    ("12345678901234567890", 12345678901234567890),
    ("0xFFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFF"),
    ("123456789012345678901234567890", 1.2345678901234568e29),
    ("!!str 12", "12"),
    ("!!str", ""),
    ('!!int "12"', 12),
    ("!!float 1", 1),
    ("!!bool yes", True),
    ("!!binary aGVsbG8=", "hello"),
    ("!!timestamp 2001-01-01", "2001-01-01"),
    ("!foo bar", "bar"),
    ("!foo 5", "5"),
    ("!foo yes", "yes"),
    ("!foo", ""),
    ("!!foo 5", "5"),
    ("!<x> 5", "5"),
    ("!<tag:yaml.org,2002:int> '5'", 5),
    ('"yes"', "yes"),
    ("'12'", "12"),
    ("|\n  x\n  y\n", "x\ny\n"),
    # kubectl reads lines, and the last one has an end as well.
    ("|\n  x", "x\n"),
    ("|+\n  x\n\n", "x\n\n"),
    ("|2\n    x", "  x\n"),
    (">\n  x\n  y", "x y\n"),
    ("|-\n  x", "x"),
    ("|\r\n  x\r\n  y\r\n", "x\ny\n"),
    ('"x\r\n  y"', "x y"),
    ("|\n  \ufeffx", "\ufeffx\n"),
    ('"\ufeff"', "\ufeff"),
    (">-\n  x\n  y\n", "x y"),
    ('"b\\tc"', "b\tc"),
    ("\U0001f600", "\U0001f600"),
]


def only(text: str | bytes) -> Any:
    (document,) = documents(text)
    return document.value


@pytest.fixture(params=["libyaml", "python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers of PyYAML have to give the same."""
    loader = yaml.CSafeLoader if request.param == "libyaml" else yaml.SafeLoader
    monkeypatch.setattr(yaml_document, "_Loader", loader)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_scalar(text: str, value: Any) -> None:
    found = only(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("yes: 1", "true"),
        ("1: 1", "1"),
        ("0x10: 1", "16"),
        ("1.5: 1", "1.5"),
        ("2001-01-01: 1", "2001-01-01"),
        ('"": 1', ""),
    ],
)
def test_keys_become_text(text: str, key: str) -> None:
    assert only(text) == {key: 1}


def test_anchors_and_merges() -> None:
    assert only("a: &x {b: 1}\nc: *x") == {"a": {"b": 1}, "c": {"b": 1}}
    assert only("a: &x {b: 1, e: 2}\nc:\n  <<: *x\n  b: 3") == {"a": {"b": 1, "e": 2}, "c": {"b": 3, "e": 2}}
    assert only("a: &x {b: 1}\nd: &y {b: 2, e: 3}\nc: {<<: [*x, *y]}")["c"] == {"b": 1, "e": 3}
    assert only("<<: {a: 1}") == {"a": 1}
    assert only("c: {<<: [{b: 1}, {b: 2}], b: 3}") == {"c": {"b": 3}}


def test_what_comes_after_a_merge_wins_and_so_does_a_merge_that_comes_after() -> None:
    """YAML's own rule is another one; a manifest has to mean here what it means to kubectl."""
    assert only("a: &x {b: 1}\nc: {b: 2, <<: *x}")["c"] == {"b": 1}
    assert only("c: {b: 3, <<: [{b: 1}, {b: 2}], d: 4}") == {"c": {"b": 1, "d": 4}}


def test_the_anchor_that_came_last_is_meant() -> None:
    assert only("a: &x 1\nb: &x 2\nc: *x")["c"] == 2
    assert only("a: &x\n- 1\n- &x 2\nb: *x") == {"a": [1, 2], "b": 2}
    assert only("a: &x [&x [1], *x]\nb: *x") == {"a": [[1], [1]], "b": [1]}


def test_documents_are_parted_as_kubectl_does() -> None:
    def values(text: str) -> list[Any]:
        return [document.value for document in documents(text)]

    assert values("\ufeffa: 1\n---\n\ufeffb: 2\n") == [{"a": 1}, {"b": 2}]
    assert values("a: 1\n---# more\nb: 2") == [{"a": 1}, {"b": 2}]
    assert values('{"a": 1}\n---\nb: 2') == [{"a": 1}, {"b": 2}]
    assert values('{"a": 1}\n# more\n') == [{"a": 1}]
    assert values("a: 1\n---") == [{"a": 1}, None]
    assert values("a: |\n  x\n---\nb: 1") == [{"a": "x\n"}, {"b": 1}]
    assert values("a: 1\r\n---\r\nb: 2\r\n") == [{"a": 1}, {"b": 2}]


def test_documents_are_counted_and_lines_known() -> None:
    first, second, third = documents("a: 1\n---\n# nothing\n---\nb:\n  c: 2\n")
    assert (first.value, second.value, third.value) == ({"a": 1}, None, {"b": {"c": 2}})
    assert [document.number for document in (first, second, third)] == [1, 2, 3]
    assert third.lines[id(third.value)] == {"b": 5}
    assert third.lines[id(third.value["b"])] == {"c": 6}


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3", 3, "'a' stands twice"),
        ('1: a\n"1": b', 2, "'1' stands twice"),
        ("a: {<<: {b: 1}, <<: {c: 1}}", 1, "<< stands twice"),
        ("null: x", 1, "key has to be text"),
        ("? [a]\n: b", 1, "key has to be text"),
        ("? {a: 1}\n: b", 1, "key has to be text"),
        ("a: &x {}\n? *x\n: b", 2, "key has to be text"),
        ("a: *nope", 1, "no anchor 'nope'"),
        ("a: &x [1, *x]", 1, "contains itself"),
        ("<<: 5", 1, "merges"),
        ("a: .inf", 1, ".inf is not a number"),
        ("a: -.INF", 1, "is not a number"),
        ("a: .nan", 1, "is not a number"),
        ("a: !!int abc", 1, "is not !!int"),
        ("a: !!int", 1, "is not !!int"),
        ("a: !!bool abc", 1, "is not !!bool"),
        ("a: !!binary ???", 1, "base64"),
        ("a: \x07", 1, "U+0007"),
        ("b: 1\na: \x7f", 2, "U+007F"),
        ("b: 1\na: \ufffe", 2, "U+FFFE"),
        ("b: 1\n\ufeffa: 1", 2, "U+FEFF"),
        ("b: 1\na: \0", 2, "U+0000"),
        ("a: 1\n...\nb: 2", 3, "not YAML"),
        ("a: !!int 1.5", 1, "is not !!int"),
        ("a: !!binary /w==", 1, "base64"),
        ("a: &x [&x [1], *x, *y]", 1, "no anchor 'y'"),
        ("{a: b, a: c}", 1, "'a' stands twice"),
        ("%YAML 2.0\n---\na: 1", 1, "not YAML"),
        ("b: 1\na: \ud800", 2, "U+D800"),
        ("a: 1\n b: 2", 2, "not YAML"),
        ("a: b: c", 1, "not YAML"),
        ("\ta: b", 1, "not YAML"),
        ('a: "\n', 2, "not YAML"),
        ("a: @x", 1, "not YAML"),
        ("- a\nb: c", 2, "not YAML"),
        ('a: "\\q"', 1, "not YAML"),
    ],
)
def test_refusal_says_where(text: str, line: int, words: str) -> None:
    with pytest.raises(InvalidManifest) as caught:
        list(documents(text))
    (error,) = caught.value.errors
    assert error.message.startswith(f"line {line}, ")
    assert words in error.message


def test_duplicates_have_their_own_reason() -> None:
    for text in ("a: 1\na: 2", '{"a": 1, "a": 2}'):
        with pytest.raises(InvalidManifest) as caught:
            list(documents(text))
        assert [error.reason for error in caught.value.errors] == [VALUE_DUPLICATE]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("unit", ["[", "- ", "{a: ", "[{a: ", "a:\n"])
def test_depth_is_bounded(unit: str) -> None:
    text = unit * 20000 if unit != "a:\n" else "".join(f"{' ' * level}a:\n" for level in range(300))
    with pytest.raises(InvalidManifest):
        list(documents(text))


@pytest.mark.usefixtures("parser")
def test_depth_through_aliases_is_bounded() -> None:
    text = "a0: &a0 [1]\n" + "".join(f"a{level}: &a{level} [*a{level - 1}]\n" for level in range(1, 3000))
    with pytest.raises(InvalidManifest, match="deeper than 100"):
        list(documents(text))


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("leaf", ["1", "x" * 2000])
def test_alias_bombs_are_refused(leaf: str) -> None:
    lines = [f"a0: &a0 [{leaf}, {leaf}]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 12)]
    with pytest.raises(InvalidManifest, match="aliases repeat"):
        list(documents("\n".join(lines)))


def test_directives_are_bounded() -> None:
    few = "".join(f"%TAG !a{number}! tag:example.org,2026:\n" for number in range(100))
    assert only(f"{few}---\na: !a7!x b") == {"a": "b"}
    with pytest.raises(InvalidManifest, match="more than 100 %TAG directives"):
        list(documents(f"{few}%TAG !b! tag:example.org,2026:\n---\na: b"))


def test_the_slow_parser_is_given_less(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: " + "b" * (3 << 20)
    assert len(only(text)["a"]) == 3 << 20
    monkeypatch.setattr(yaml_document, "_Loader", yaml.SafeLoader)
    with pytest.raises(InvalidManifest, match="libyaml"):
        list(documents(text))


def test_numbers_of_json_are_those_of_yaml() -> None:
    for text in (
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "1e3",
        "-0.0",
        "1E-7",
        "9" * 300,
    ):
        as_json, as_yaml = only(f'{{"a": {text}}}')["a"], only(f"a: {text}")["a"]
        assert as_json == as_yaml
        assert type(as_json) is type(as_yaml)
    with pytest.raises(InvalidManifest, match="too large"):
        only('{"a": ' + "9" * 310 + "}")


def test_json_is_read_alike_as_yaml() -> None:
    value = {"a": [1, 2.5, True, None, "x\ty", "52:54", "é"], "b": {"": {}}, "c": []}
    as_json = only(json.dumps(value))
    as_yaml = only("# YAML from here\n" + json.dumps(value))
    assert as_json == as_yaml == value
