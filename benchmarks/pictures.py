"""Tables and pictures of the page on speed, made from committed results::

    python -m benchmarks.pictures

Each chapter of ``benchmarks/results/*.json`` is a picture in two files, for light and for dark pages, and a table
between two comments of ``docs/speed.md``. Nothing of them is written by hand, and a test holds them against the
results: whoever measures anew commits all of it together.

A picture has a panel for each group and in it a row for each candidate, on one logarithmic scale of multiples of the
yardstick, whose own value is the line at 1. Less is better. What was measured apart has an open bar; a goal is a mark
on the row of whom it binds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.findings import FOLDER, Bar, Chapter, Group, read, shown, table

TREE = Path(__file__).resolve().parents[1]
PICTURES = TREE / "docs" / "pictures"
PAGE = TREE / "docs" / "speed.md"

_WIDTH, _MARGIN = 820, 24
_NAMES, _VALUES = 190, 60
_LEFT, _RIGHT = _MARGIN + _NAMES, _WIDTH - _MARGIN - _VALUES
_ROW, _BAR, _PANEL_HEAD, _PANEL_GAP = 22, 14, 30, 14
_TITLE, _AXIS, _LEGEND = 66, 26, 30
_FONT = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif"


@dataclass(frozen=True)
class Theme:
    """The colours of one kind of page."""

    page: str
    text: str
    faint: str
    grid: str
    ours: str
    part: str
    floor: str
    rival: str
    goal: str

    def bar(self, kind: str) -> str:
        return {"ours": self.ours, "part": self.part, "floor": self.floor, "yardstick": self.faint}.get(
            kind, self.rival
        )


THEMES = {
    "light": Theme(
        page="#ffffff",
        text="#1f2328",
        faint="#59636e",
        grid="#d1d9e0",
        ours="#0969da",
        part="#80b3ee",
        floor="#1a7f37",
        rival="#9a6a4f",
        goal="#cf222e",
    ),
    "dark": Theme(
        page="#0d1117",
        text="#f0f6fc",
        faint="#9198a1",
        grid="#3d444d",
        ours="#4493f8",
        part="#2a5a99",
        floor="#3fb950",
        rival="#c69a7d",
        goal="#ff7b72",
    ),
}
_LEGEND_WORDS = {
    "ours": "kvnode",
    "part": "kvnode, another measure",
    "floor": "a floor",
    "rival": "a rival",
    "apart": "measured apart",
}


class Scale:
    """Where a ratio lies: whole powers of ten at both ends."""

    def __init__(self, chapter: Chapter) -> None:
        ratios = [bar.ratio for group in chapter.groups for bar in group.bars]
        ratios += [goal.at_most for group in chapter.groups for goal in group.goals]
        self.low = math.floor(math.log10(min(*ratios, 0.5)))
        self.high = math.ceil(math.log10(max(*ratios, 2)))

    def x(self, ratio: float) -> float:
        share = (math.log10(ratio) - self.low) / (self.high - self.low)
        return round(_LEFT + share * (_RIGHT - _LEFT), 1)

    def ticks(self) -> list[float]:
        return [float(10**power) for power in range(self.low, self.high + 1)]


def picture(chapter: Chapter, theme: Theme) -> str:
    """A chapter as SVG."""
    scale = Scale(chapter)
    body, y = [], float(_TITLE)
    for group in chapter.groups:
        panel, height = _panel(group, scale, theme, y)
        body += panel
        y += height + _PANEL_GAP
    bottom = y - _PANEL_GAP
    height = round(bottom + _AXIS + _LEGEND + _MARGIN / 2)
    yardstick = chapter.yardstick.replace("`", "")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
            f'viewBox="0 0 {_WIDTH} {height}" role="img" font-family="{_FONT}" font-size="13">',
            f"<title>{escape(chapter.title)}</title>",
            f"<desc>{escape(_told(chapter))}</desc>",
            f'<rect width="{_WIDTH}" height="{height}" fill="{theme.page}"/>',
            _text(_MARGIN, 28, chapter.title, theme.text, size=17, weight=600),
            _text(_MARGIN, 48, f"multiples of {yardstick}; logarithmic, less is better", theme.faint),
            *_grid(scale, theme, yardstick.split()[0], bottom),
            *body,
            *_legend(chapter, theme, bottom + _AXIS + 18),
            "</svg>\n",
        ]
    )


def _told(chapter: Chapter) -> str:
    """The picture in words, for who can't see it."""
    groups = (
        f"{one.name}: {', '.join(f'{bar.name} {shown(bar.ratio)}' for bar in one.bars)}" for one in chapter.groups
    )
    return f"Multiples of {chapter.yardstick.replace('`', '')}. {'. '.join(groups)}."


def _grid(scale: Scale, theme: Theme, yardstick: str, bottom: float) -> list[str]:
    made = []
    for tick in scale.ticks():
        x, one = scale.x(tick), tick == 1
        colour, dashes = (theme.faint, "") if one else (theme.grid, ' stroke-dasharray="2 3"')
        made.append(f'<path d="M{x} {_TITLE}V{bottom + 6}" stroke="{colour}"{dashes}/>')
        label = f"1 ({yardstick})" if one else f"{tick:,g}"
        made.append(_text(x, bottom + 20, label, theme.text if one else theme.faint, anchor="middle", size=12))
    return made


def _panel(group: Group, scale: Scale, theme: Theme, top: float) -> tuple[list[str], float]:
    bars = [bar for bar in group.bars if bar.kind != "yardstick"]
    made = [_text(_MARGIN, top + 19, group.title, theme.text, weight=600)]
    for at, bar in enumerate(bars):
        made += _bar(group, bar, scale, theme, top + _PANEL_HEAD + at * _ROW)
    return made, _PANEL_HEAD + len(bars) * _ROW


def _bar(group: Group, bar: Bar, scale: Scale, theme: Theme, top: float) -> list[str]:
    x, colour, middle = scale.x(bar.ratio), theme.bar(bar.kind), top + _BAR - 3
    width = round(max(x - _LEFT, 1), 1)
    look = f'fill="{colour}"'
    if bar.kind == "apart":
        look = f'fill="{theme.page}" stroke="{colour}" stroke-dasharray="4 2"'
    ours = bar.kind == "ours"
    marks = [scale.x(goal.at_most) for goal in group.goals if goal.bar == bar.name]
    return [
        _text(_LEFT - 10, middle, bar.name, theme.text, anchor="end", weight=600 if ours else 400),
        f'<rect x="{_LEFT}" y="{top}" width="{width}" height="{_BAR}" rx="2" {look}/>',
        *(f'<path d="M{mark} {top - 4}V{top + _BAR + 4}" stroke="{theme.goal}" stroke-width="2.5"/>' for mark in marks),
        # Beyond its marks, too: a number with a line through it can't be read.
        _halo(max(x, *marks, _LEFT) + 8, middle, shown(bar.ratio), theme, weight=600 if ours else 400),
    ]


def _legend(chapter: Chapter, theme: Theme, y: float) -> list[str]:
    kinds = {bar.kind for group in chapter.groups for bar in group.bars}
    made, x = [], float(_MARGIN)
    for kind, words in _LEGEND_WORDS.items():
        if kind not in kinds:
            continue
        look = f'fill="{theme.bar(kind)}"'
        if kind == "apart":
            look = f'fill="{theme.page}" stroke="{theme.rival}" stroke-dasharray="4 2"'
        made.append(f'<rect x="{x}" y="{y - 10}" width="18" height="11" rx="2" {look}/>')
        made.append(_text(x + 25, y, words, theme.faint, size=12))
        x += 46 + 6.3 * len(words)
    if any(group.goals for group in chapter.groups):
        made.append(f'<path d="M{x + 9} {y - 13}V{y + 4}" stroke="{theme.goal}" stroke-width="2.5"/>')
        made.append(_text(x + 21, y, "not to be passed", theme.faint, size=12))
    return made


def _text(
    x: float, y: float, words: str, colour: str, *, anchor: str = "start", size: int = 13, weight: int = 400
) -> str:
    look = f'fill="{colour}"'
    look += f' text-anchor="{anchor}"' if anchor != "start" else ""
    look += f' font-size="{size}"' if size != 13 else ""
    look += f' font-weight="{weight}"' if weight != 400 else ""
    return f'<text x="{round(x, 1)}" y="{round(y, 1)}" {look}>{escape(words)}</text>'


def _halo(x: float, y: float, words: str, theme: Theme, weight: int) -> str:
    """Text that lines of the grid don't cut."""
    behind = f'stroke="{theme.page}" stroke-width="5" stroke-linejoin="round" paint-order="stroke"'
    return _text(x, y, words, theme.text, weight=weight).replace("<text ", f"<text {behind} ", 1)


def chapters() -> list[Chapter]:
    """Those of all committed results."""
    return [chapter for path in sorted(FOLDER.glob("*.json")) for chapter in read(path).chapters]


def pictures() -> dict[Path, str]:
    """Every picture's file and text."""
    return {
        PICTURES / f"{chapter.key}-{name}.svg": picture(chapter, theme)
        for chapter in chapters()
        for name, theme in THEMES.items()
    }


def page(text: str) -> str:
    """The page with each chapter's picture and table in their place; a chapter without a place is an error."""
    for chapter in chapters():
        marks = f"<!-- {chapter.key} -->\n", f"<!-- end of {chapter.key} -->"
        before, begin, rest = text.partition(marks[0])
        _, end, after = rest.partition(marks[1])
        if not end or marks[0] in after:
            raise ValueError(
                f"{PAGE.name} has to have {marks[0].strip()} and {marks[1]} once, each on a line of its own"
            )
        text = f"{before}{begin}{_shown_in_page(chapter)}\n\n{table(chapter)}\n{end}{after}"
    return text


def _shown_in_page(chapter: Chapter) -> str:
    source = f"pictures/{chapter.key}"
    return (
        f'<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="{source}-dark.svg">\n'
        f'  <img alt="{escape(chapter.title)}: the table below as bars" src="{source}-light.svg">\n</picture>'
    )


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    wanted = pictures()
    for path, text in wanted.items():
        path.write_text(text)
    for stale in set(PICTURES.glob("*.svg")) - wanted.keys():
        stale.unlink()
    PAGE.write_text(page(PAGE.read_text()))
    print(f"{len(wanted)} pictures in {PICTURES.relative_to(TREE)}, {len(wanted) // 2} tables in {PAGE.name}")


if __name__ == "__main__":
    main()
