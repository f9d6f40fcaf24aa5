"""YAML as kubectl reads it.

kubectl turns YAML into JSON with sigs.k8s.io/yaml, whose scalars are those of go-yaml 2, and so are these: `yes`,
`off` and `n` are truth values, `0o17` and `017` are 15, but `52:54:00:12:34:56` and `2026-01-01` stay text, and a
number without a fraction is an integer. Keys become text. `<<` merges where it stands: what comes after it wins, and
it wins over what came before. Three things that kubectl passes over are errors: a key twice in one mapping, a key that
isn't text, and what follows the end of a document that was written out (`...`).

PyYAML supplies the events of its parser (libyaml's where it is built in) and nothing else: its own composer
recurses, resolves YAML 1.1 in full and loses lines. Depth, count of values and what aliases blow up to are bounded
while the events come in.
"""

import math
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

import yaml

from kvnode.api.fault import refuse, shown
from kvnode.api.limits import MAX_DEPTH, MAX_DOCUMENT, MAX_TAG_DIRECTIVES, MAX_VALUES
from kvnode.errors import VALUE_DUPLICATE, VALUE_INVALID, FieldError, InvalidManifest

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Files that were put together have a byte order mark at the start of a document. Inside of a text it is one character
# of it, at the start of any other line it would be one that nobody sees.
_LATER_MARK = re.compile("^(---[^\n]*\n)\ufeff", re.MULTILINE)
_TAG_DIRECTIVE = re.compile("^%TAG", re.MULTILINE)
# To kubectl a comment may follow at once.
_NEAR_COMMENT = re.compile("^---#", re.MULTILINE)
_MISPLACED_MARK = re.compile("^\ufeff", re.MULTILINE)
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_NOT_FINITE = frozenset(
    sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN")
) - {"+.nan", "-.nan", "+.NaN", "-.NaN", "+.NAN", "-.NAN"}
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TAGS = "tag:yaml.org,2002:"

_NO_KEY = object()


class _Known(NamedTuple):
    """What an anchor stands for: the value, how many values and characters are in it, how many levels it is high."""

    value: Any
    values: int
    chars: int
    height: int


class _Frame:
    """A mapping or a sequence that is being filled."""

    __slots__ = ("anchor", "chars_before", "height", "key", "lines", "merges", "value", "values_before")

    def __init__(self, value: Any, anchor: str | None, values: int, chars: int) -> None:
        self.value = value
        self.anchor = anchor
        self.values_before = values
        self.chars_before = chars
        self.height = 1
        self.key: Any = _NO_KEY
        self.lines: dict[str, int] = {}
        self.merges = False


class _Composer:
    """Builds the documents of one YAML stream from its events."""

    def __init__(self) -> None:
        self.values = 0
        self.chars = 0
        self.clear()

    def clear(self) -> None:
        """Starts a document: anchors don't reach beyond one."""
        self.stack: list[_Frame] = []
        # None while the anchor's value is being filled.
        self.anchors: dict[str, _Known | None] = {}
        self.repeated = 0
        self.lines: dict[int, dict[str, int]] = {}
        self.root: Any = None

    def take(self, event: Any) -> None:
        """Adds what the next event says to the document."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._spend(1, len(event.value))
            value = _scalar(event)
            if event.anchor is not None:
                self.anchors[event.anchor] = _Known(value, 1, len(event.value), 0)
            self._place(value, 0, event)
        elif kind is yaml.MappingStartEvent:
            self._open({}, event)
        elif kind is yaml.SequenceStartEvent:
            self._open([], event)
        elif kind is yaml.AliasEvent:
            self._repeat(event)
        else:
            self._close(event)

    def _spend(self, values: int, chars: int) -> None:
        self.values += values
        self.chars += chars
        if self.values > MAX_VALUES:
            refuse(f"it has more than {MAX_VALUES} values, those that aliases repeat included")

    def _open(self, value: Any, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            _refuse_at(event, f"it is nested deeper than {MAX_DEPTH} levels")
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is _NO_KEY:
            _refuse_at(event, "a key has to be text, this one is a mapping or a sequence")
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(_Frame(value, event.anchor, self.values, self.chars))
        self._spend(1, 0)

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        if frame.lines:
            self.lines[id(frame.value)] = frame.lines
        # An anchor inside that has the same name came later, and stays.
        if frame.anchor is not None and self.anchors[frame.anchor] is None:
            values, chars = self.values - frame.values_before, self.chars - frame.chars_before
            self.anchors[frame.anchor] = _Known(frame.value, values, chars, frame.height)
        self._place(frame.value, frame.height, event)

    def _repeat(self, event: Any) -> None:
        name = event.anchor
        if name not in self.anchors:
            _refuse_at(event, f"there is no anchor {shown(name)} before this alias")
        known = self.anchors[name]
        if known is None:
            _refuse_at(event, f"the anchor {shown(name)} contains itself")
        if len(self.stack) + known.height > MAX_DEPTH:
            _refuse_at(event, f"it is nested deeper than {MAX_DEPTH} levels")
        self._spend(known.values, known.chars)
        self.repeated += known.chars
        if self.repeated > MAX_DOCUMENT:
            _refuse_at(event, f"its aliases repeat more than {MAX_DOCUMENT >> 20} MiB of text")
        self._place(known.value, known.height, event)

    def _place(self, value: Any, height: int, event: Any) -> None:
        if not self.stack:
            self.root = "<<" if value is _MERGE else value
            return
        frame = self.stack[-1]
        if height >= frame.height:
            frame.height = height + 1
        if isinstance(frame.value, list):
            frame.value.append("<<" if value is _MERGE else value)
        elif frame.key is _NO_KEY:
            frame.key = self._new_key(frame, value, event)
        elif frame.key is _MERGE:
            # In the order in which they stand, as kubectl has it: what comes after wins, be it merged or not.
            for mapping in reversed(_mappings(value, event)):
                frame.value.update(mapping)
            frame.key = _NO_KEY
        else:
            frame.value[frame.key] = "<<" if value is _MERGE else value
            frame.key = _NO_KEY

    @staticmethod
    def _new_key(frame: _Frame, value: Any, event: Any) -> Any:
        key = _key(value, event)
        if key is _MERGE:
            if frame.merges:
                _refuse_at(event, "the key << stands twice in one mapping; it takes a sequence", VALUE_DUPLICATE)
            frame.merges = True
            return key
        if key in frame.lines:
            message = f"the key {shown(key)} stands twice in one mapping, first in line {frame.lines[key]}"
            _refuse_at(event, message, VALUE_DUPLICATE)
        frame.lines[key] = event.start_mark.line + 1
        return key


class _Merge:
    """The key `<<`: what it has is merged into the mapping around it."""

    def __repr__(self) -> str:
        return "<<"


_MERGE = _Merge()


class NotYaml(InvalidManifest):
    """Text that YAML's grammar doesn't have, other than YAML that is refused for what it says."""


def yaml_documents(text: str) -> Iterator[tuple[Any, int, dict[int, dict[str, int]]]]:
    """Value, size in characters and lines of each document in its order; see `kvnode.api.document.Document`."""
    if _Loader is yaml.SafeLoader and len(text) > MAX_DOCUMENT:
        refuse(f"it is larger than {MAX_DOCUMENT >> 20} MiB, the most that PyYAML without libyaml reads in a minute")
    bad = _UNPRINTABLE.search(text)
    if bad is None and "\ufeff" in text:
        text = _LATER_MARK.sub(r"\1", text)
        bad = _MISPLACED_MARK.search(text)
    if text.count("%TAG") > MAX_TAG_DIRECTIVES and len(_TAG_DIRECTIVE.findall(text)) > MAX_TAG_DIRECTIVES:
        refuse(f"it has more than {MAX_TAG_DIRECTIVES} %TAG directives")
    if "---#" in text:
        text = _NEAR_COMMENT.sub("--- #", text)
    if bad is not None:
        line = text.count("\n", 0, bad.start()) + 1
        column = bad.start() - text.rfind("\n", 0, bad.start())
        refuse(f"U+{ord(bad.group()):04X} is a character that YAML doesn't allow", line, column)
    # kubectl reads lines, so the last one has an end: it is that of a block of text.
    loader = _Loader(text if text.endswith("\n") else f"{text}\n")
    composer = _Composer()
    start = 0
    try:
        while loader.check_event():
            event: Any = loader.get_event()
            if type(event) is yaml.DocumentStartEvent:
                composer.clear()
                start = _index(event.start_mark)
            elif type(event) is yaml.DocumentEndEvent:
                yield composer.root, _index(event.end_mark) - start, composer.lines
            elif type(event) is not yaml.StreamStartEvent and type(event) is not yaml.StreamEndEvent:
                composer.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ", ".join(part for part in (error.problem, error.context) if part)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise NotYaml([FieldError("", VALUE_INVALID, f"{where}this is not YAML: {problem}")]) from error
    except yaml.YAMLError as error:
        raise NotYaml([FieldError("", VALUE_INVALID, f"this is not YAML: {str(error)[:200]}")]) from error
    finally:
        loader.dispose()


def _index(mark: Any) -> int:
    return int(mark.index)


def _key(value: Any, event: Any) -> Any:
    if isinstance(value, str) or value is _MERGE:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    _refuse_at(event, "a key has to be text, this one is " + ("empty" if value is None else "a mapping or a sequence"))


def _mappings(value: Any, event: Any) -> list[dict[str, Any]]:
    """What `<<` merges: a mapping, or a sequence of them in which the first wins."""
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(mapping, dict) for mapping in found):
        _refuse_at(event, "`<<` merges a mapping or a sequence of mappings")
    return found


def _scalar(event: Any) -> Any:
    text, tag = event.value, event.tag
    if tag is None:
        if not event.implicit[0]:
            return text
        return _MERGE if text == "<<" else _resolved(text, event)
    if tag in ("!", _TAGS + "str", _TAGS + "timestamp"):
        return text
    if tag == _TAGS + "merge":
        return _MERGE
    if tag == _TAGS + "binary":
        return _binary(text, event)
    wanted = _TAGGED.get(tag)
    if wanted is None:
        # A tag that says nothing to kubectl, other than that the scalar isn't plain.
        return text
    value = _resolved(text, event)
    if type(value) not in wanted:
        _refuse_at(event, f"{shown(text)} is not {tag.replace(_TAGS, '!!')}")
    return value


_TAGGED: dict[str, tuple[type, ...]] = {
    _TAGS + "int": (int,),
    _TAGS + "float": (int, float),
    _TAGS + "bool": (bool,),
    _TAGS + "null": (type(None),),
}


def _binary(text: str, event: Any) -> str:
    try:
        return b64decode("".join(text.split()), validate=True).decode()
    except ValueError:
        _refuse_at(event, "!!binary has to be text in base64")


def _resolved(text: str, event: Any) -> Any:
    """What a plain scalar means to go-yaml 2."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if text in _NOT_FINITE:
        _refuse_at(event, f"{text} is not a number that JSON has")
    # Underscores may separate digits, unless a point comes first.
    digits = text if text[0] == "." else text.replace("_", "")
    match = _INTEGER.fullmatch(digits) if len(digits) <= 72 else None
    if match is not None:
        sign, hexadecimal, bits, octal, decimal = match.groups()
        number = int(hexadecimal or bits or octal or decimal, 16 if hexadecimal else 2 if bits else 8 if octal else 10)
        if number < (2**63 if sign else 2**64) or (sign == "-" and number == 2**63):
            return -number if sign == "-" else number
    if _FLOAT.fullmatch(digits) is not None:
        value = float(digits)
        if math.isfinite(value):
            return whole(value)
    return text


def whole(number: float) -> int | float:
    """The integer that a number without a fraction is, as it is in JSON."""
    return int(number) if number.is_integer() and abs(number) < 2**63 else number


def _refuse_at(event: Any, message: str, reason: str = VALUE_INVALID) -> NoReturn:
    refuse(message, event.start_mark.line + 1, event.start_mark.column + 1, reason=reason)
