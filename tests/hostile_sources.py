"""Manifests that were made to cost time or memory: each shape at any size.

A shape is what a reader of YAML or JSON may be slow at, or may take much memory for: long runs of one token, deep
nesting, tables that grow (keys, anchors, directives), text that is large in one piece, and what is refused only at its
end. None is a manifest; the question is what it costs to say so.
"""

import sys
from collections.abc import Callable
from itertools import count, takewhile

HEAD = "apiVersion: v1\nkind: Secret\n"


def run_of(unit: str, head: str = "", tail: str = "") -> Callable[[int], bytes]:
    """One unit again and again."""
    rest = len((head + tail).encode())
    return lambda size: (head + unit * ((size - rest) // len(unit.encode())) + tail).encode()


def counted(unit: Callable[[int], str], head: str = "", tail: str = "", between: str = "") -> Callable[[int], bytes]:
    """Units that are all different."""

    def made(size: int) -> bytes:
        each = len(unit(10**6)) + len(between)
        return (head + between.join(map(unit, range((size - len(head + tail)) // each))) + tail).encode()

    return made


def stairs(size: int) -> bytes:
    """Each line one deeper than the one before."""
    lines = takewhile(lambda depth: depth * depth // 2 < size, count())
    return "".join(f"{' ' * depth}a:\n" for depth in lines).encode()


def merges(times: int) -> Callable[[int], bytes]:
    """A mapping of a thousand keys that is merged into many, as often as `times` says."""
    keys = ", ".join(f"k{number}: 1" for number in range(1000))
    return counted(lambda number: f"b{number}: {{<<: [{', '.join(['*a'] * times)}]}}\n", f"a: &a {{{keys}}}\n")


def doubling(leaf: str) -> Callable[[int], bytes]:
    """Each level is the one before, twice."""
    levels = "".join(f"a{level}: &a{level} [*a{level - 1}, *a{level - 1}]\n" for level in range(1, 60))
    return lambda size: f"a0: &a0 ['{leaf * (size // len(leaf) // 2)}']\n{levels}".encode()


SHAPES: dict[str, Callable[[int], bytes]] = {
    # Long runs of what is short.
    "flow sequence": run_of("a,", "# \n[", "a]"),
    "flow sequence of JSON": run_of("1,", "[", "1]"),
    "flow mapping": counted(lambda number: f"k{number}: 1", "# \n{", "}", ", "),
    "flow mapping of one key": run_of("a: b, ", "# \n{", "}"),
    "flow pairs": run_of("? a : b, ", "# \n[", "]"),
    "block mapping": counted(lambda number: f"k{number}: 1\n"),
    "block sequence": run_of("- a\n"),
    "block sequence of mappings": run_of("- a: b\n"),
    "block sequences in one line": run_of("- - - - a\n"),
    "mappings in and out": counted(lambda number: f"a{number}:\n  b:\n    c:\n      d: 1\n"),
    "below many levels": run_of('"b",\n', "# \n" + '["a", ' * 99),
    "below many keys": run_of('"b",\n', "# \n" + '{"k": ' * 98 + "["),
    "documents": run_of("---\n"),
    "documents with a comment": run_of("---#\n"),
    "documents of braces": run_of("{}"),
    "ends of documents": run_of("...\n"),
    "objects": run_of('{"a":1}\n'),
    "items of a list": run_of("{},", '{"apiVersion":"v1","kind":"List","items":[', "{}]}"),
    "lists in lists": lambda _: b'{"apiVersion":"v1","kind":"List","items":[' * 90 + b"]}" * 90,
    # Depth.
    "brackets": run_of("["),
    "brackets of YAML": run_of("[", "# \n"),
    "braces of YAML": run_of("{a: ", "# \n"),
    "objects in objects": run_of('{"a":'),
    "dashes and spaces": run_of("- "),
    "question marks": run_of("? "),
    "question marks on lines": run_of("?\n"),
    "colons": run_of(": "),
    "stairs": stairs,
    # What the reader keeps a table of.
    "anchors": counted(lambda number: f"- &a{number} x\n"),
    "aliases": run_of("- *a\n", "- &a x\n"),
    "aliases of aliases": doubling("x"),
    "aliases of a long text": doubling("text "),
    "merges": merges(1),
    "merges of many": merges(100),
    "tags": run_of("- !!str a\n"),
    "directives for tags": counted(lambda number: f"%TAG !a{number}! tag:x,2026:\n", tail="---\na: 1\n"),
    "directives": run_of("%AB c\n"),
    "keys of JSON": counted(lambda number: f'"k{number}":1', "{", "}", ","),
    "labels": counted(lambda number: f"    k{number}: x\n", HEAD + "metadata:\n  labels:\n"),
    "unknown fields": counted(lambda number: f"k{number}: x\n", HEAD),
    "annotations of a wrong type": counted(lambda number: f"    k{number}: 1\n", HEAD + "metadata:\n  annotations:\n"),
    # One piece.
    "plain text": run_of("a", "a: "),
    "plain words": run_of("a ", "a: "),
    "plain lines": run_of("a\n  ", "a: "),
    "plain text after blanks": run_of(" ", "a: b", "c"),
    "plain text after empty lines": run_of("\n", "a: b", " c"),
    "quoted text": run_of("a", "a: '", "'"),
    "quoted lines": run_of("a\n ", "a: '", "'"),
    "quoted text of line separators": run_of("a\u2028 ", "a: '", "'"),
    "escapes": run_of("\\n", 'a: "', '"'),
    "escapes of JSON": run_of("\\u0041", '{"a":"', '"}'),
    "text of JSON": run_of("a", '{"a":"', '"}'),
    "quoted text without an end": run_of("a", 'a: "'),
    "quotes without an end": run_of('["', "# \n"),
    "block text": run_of("  a\n", "a: |\n"),
    "folded text": run_of("  a\n", "a: >\n"),
    "empty lines of block text": run_of("\n", "a: |\n", "  x"),
    "indent of block text": run_of(" ", "a: |\n", "x"),
    "words in brackets": run_of("a ", "# \n[", "]"),
    "lines without a colon": run_of("a\n"),
    "key": run_of("a", tail=": x"),
    "quoted key": run_of("a", '"', '": x'),
    "key after a question mark": run_of("a", "? ", "\n: x"),
    "field": run_of("a", HEAD + "? ", "\n: x"),
    "anchor": run_of("a", "- &", " x"),
    "tag": run_of("a", "- !", " x"),
    "tag of escapes": run_of("%41", "- !<", "> x"),
    "base64": run_of("AAAA", "a: !!binary "),
    "digits": run_of("1", "a: "),
    "decimals": run_of("1", "a: 1."),
    "underscores": run_of("_", "a: 1"),
    "digits of JSON": run_of("9", '{"a":', "}"),
    "decimals of JSON": run_of("9", '{"a":0.', "}"),
    "exponent of JSON": run_of("9", '{"a":1e', "}"),
    "quantity": run_of("9", "apiVersion: kubevirt.io/v1\nkind: KubeVirt\nspec: {configuration: {cpuRequest: '", "'}}"),
    "comment": run_of("#"),
    "comments": run_of("#\n"),
    "blanks": run_of(" "),
    "empty lines": run_of("\n"),
    "tabs": run_of("\t"),
    "carriage returns": run_of("\r", "a"),
    "dashes": run_of("-"),
    "percent signs": run_of("%"),
    # Text that is wider than its bytes: one character of four bytes makes all of them so.
    "wide text": run_of("a", "a: \U0001f600"),
    "wide text of UTF-16": lambda size: ("\ufeffa: \U0001f600" + "a" * (size // 2 - 8)).encode("utf-16-le"),
    "byte order marks": run_of("---\n\ufeff\n"),
    # Refused at the end.
    "blanks of JSON": run_of(" \n", "{", "x"),
    "minus signs of JSON": run_of("-", "["),
    "a key of JSON twice": counted(lambda number: f'"k{number}":1', "{", ',"k0":1}', ","),
    "no text at the end": lambda size: b"a: " + b"a" * (size - 4) + b"\xff",
    "NUL at the end": run_of("a", "a: ", "\0"),
}


def main() -> None:
    """Writes one shape to standard output, to look at it or to measure: ``NAME BYTES``."""
    sys.stdout.buffer.write(SHAPES[sys.argv[1]](int(sys.argv[2])))


if __name__ == "__main__":
    main()
