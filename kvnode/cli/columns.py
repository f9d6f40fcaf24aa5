"""Lines that fit a terminal of 80 columns, and that a pipe gets as plain text.

A line is broken at its blanks; what goes on below is indented to where the line's own words begin. Text is escaped
before it is measured, so nothing of it can move the cursor or pass for another line, and a character that takes two
columns counts as two.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kvnode.cli.terminal import printable, shortened, write

WIDTH = 80
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


class Line(NamedTuple):
    """A line of a section. ``hang`` is the column where it goes on if it is too long; None is two beyond its own."""

    text: str
    hang: int | None = None


def folded(line: Line, width: int = WIDTH) -> Iterator[str]:
    """The line in pieces of at most ``width`` columns, escaped."""
    rest = printable(shortened(line.text)).rstrip()
    indent = len(rest) - len(rest.lstrip())
    hang = indent + 2 if line.hang is None else line.hang
    first = indent
    while (cut := _cut(rest, width, first)) < len(rest):
        yield rest[:cut].rstrip()
        rest, first = " " * hang + rest[cut:].lstrip(), hang
    yield rest


def write_sections(title: str, sections: Iterable[tuple[str, Iterable[Line | str]]]) -> None:
    """A title, and below it sections of indented lines to standard output; headings stand out on a terminal."""
    emphasis = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")
    bold, plain = (_BOLD, _PLAIN) if emphasis else ("", "")
    for piece in folded(Line(title)):
        write(f"{bold}{piece}{plain}\n")
    for heading, lines in sections:
        write(f"\n{bold}{heading}{plain}\n")
        for line in lines:
            for piece in folded(line if isinstance(line, Line) else Line(line), WIDTH - 2):
                write(f"  {piece}\n")


def table(rows: list[tuple[str, ...]], right: tuple[int, ...] = ()) -> Iterator[Line]:
    """Rows as columns that are as wide as they need be; those whose numbers are in ``right`` end flush.

    The last column is prose: where it doesn't fit it goes on below itself.
    """
    if not rows:
        return
    widths = [max(_columns(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [_padded(row[at], width, at in right) for at, width in enumerate(widths)]
        yield Line("  ".join((*cells, row[-1])), sum(widths) + 2 * len(widths))


def _padded(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - _columns(text))
    return blanks + text if right else text + blanks


def _cut(text: str, width: int, first: int) -> int:
    """Where to break: at the last blank beyond ``first`` that leaves at most so many columns, else within the word."""
    columns, blank = 0, 0
    for at, character in enumerate(text):
        if character == " " and at > first:
            blank = at
        columns += _width(character)
        if columns > width:
            # One character at least, or a narrow column would go on forever.
            return blank or max(at, first + 1)
    return len(text)


def _columns(text: str) -> int:
    return sum(map(_width, text))


def _width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
