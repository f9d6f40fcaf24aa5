"""What a benchmark found, as a small file that tables and pictures are made from.

Results have chapters, a chapter has groups (one guest, one question), a group has bars. A bar counts in multiples of
its group's yardstick, measured in the same process at the same time: only those compare between machines. Times are
told beside them, of the machine that they were taken on.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from benchmarks.timing import Call, smallest

FOLDER = Path(__file__).with_name("results")

KUBEVIRT_JSON_US = 9.5
"""The typical manifest's ``json.loads`` on the machine where KubeVirt's figures were taken: its multiples count by it.

They are of its own Go code, main of August 2026 with GOMAXPROCS=1, at work on its own documents of such guests.
"""

Kind = Literal["yardstick", "ours", "part", "floor", "rival", "apart"]


class Bar(msgspec.Struct, frozen=True, omit_defaults=True):
    """One candidate.

    kind   -- the yardstick, ours, a part of ours, the floor, a rival, or one that was measured apart (not in this run)
    ratio  -- of the yardstick
    us     -- microseconds of CPU; None for what was measured apart
    """

    name: str
    kind: Kind
    ratio: float
    us: float | None = None


class Goal(msgspec.Struct, frozen=True):
    """What one bar is to stay below, in multiples of the yardstick, and where that comes from."""

    bar: str
    at_most: float
    why: str


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    """Candidates that did the same work; ``size`` says how much, in words."""

    name: str
    bars: tuple[Bar, ...]
    goals: tuple[Goal, ...] = ()
    size: str = ""

    @property
    def title(self) -> str:
        return f"{self.name}, {self.size}" if self.size else self.name

    def bar(self, name: str) -> Bar:
        return next(bar for bar in self.bars if bar.name == name)


class Chapter(msgspec.Struct, frozen=True):
    """Groups that make one table and one picture; ``key`` is in their names."""

    key: str
    title: str
    yardstick: str
    groups: tuple[Group, ...]


Measure = Callable[[argparse.Namespace], tuple[Chapter, ...]]


class Results(msgspec.Struct, frozen=True):
    """A whole run."""

    month: str
    processor: str
    cpus: int
    python: str
    chapters: tuple[Chapter, ...]


def results(chapters: tuple[Chapter, ...]) -> Results:
    """Chapters, with the machine that they were measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = models[0] if models else platform.machine()
    return Results(time.strftime("%Y-%m"), processor, os.cpu_count() or 1, platform.python_version(), chapters)


def measured(calls: dict[str, Call], kinds: dict[str, Kind], rounds: int) -> tuple[Bar, ...]:
    """The candidates' bars, all taking turns; the first is the yardstick, and who has no kind is a rival."""
    times = smallest(calls, rounds)
    yardstick = next(iter(times.values()))
    return tuple(
        Bar(name, kinds.get(name, "rival") if at else "yardstick", _short(spent / yardstick), _short(spent * 1e6))
        for at, (name, spent) in enumerate(times.items())
    )


def from_elsewhere(name: str, times: dict[str, float]) -> Bar:
    """A rival of another process, with the time of the yardstick beside it there."""
    return Bar(name, "rival", _short(times["nova"] / times["yardstick"]), _short(times["nova"] * 1e6))


def _short(number: float) -> float:
    """Three digits: more of them would be noise, and a file that changes for nothing."""
    return float(f"{number:.3g}")


def written(found: Results) -> bytes:
    return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"


def read(path: Path) -> Results:
    return msgspec.json.decode(path.read_bytes(), type=Results)


def command(
    name: str, told: str | None, chapters: Callable[[argparse.Namespace], tuple[Chapter, ...]], *flags: str
) -> None:
    """What ``python -m benchmarks.NAME`` does: measure, print the tables and write the results.

    flags  -- options without a value that ``chapters`` looks at, such as ``--without-nova``
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=(told or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=300, help="the smallest of so many counts (300)")
    parser.add_argument("--output", type=Path, default=FOLDER / f"{name}.json", help="where the results are written")
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    options = parser.parse_args()
    found = results(chapters(options))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(written(found))
    for chapter in found.chapters:
        print(f"\n{chapter.title}\n\n{table(chapter)}")
    print(f"\n{found.processor}, {found.cpus} CPUs, Python {found.python}; written to {options.output}")


def shown(number: float) -> str:
    """A ratio or a time in two or three digits."""
    return f"{number:.2f}" if number < 1 else f"{number:.1f}" if number < 20 else f"{number:,.0f}"


def shown_time(us: float) -> str:
    """A time in the unit that has few digits for it."""
    return f"{shown(us)} µs" if us < 1000 else f"{shown(us / 1000)} ms"


def table(chapter: Chapter) -> str:
    """A chapter in Markdown: a row for each candidate, a column for each group, and below it what was wanted."""
    names = list(dict.fromkeys(bar.name for group in chapter.groups for bar in group.bars))
    head = [f"| of {chapter.yardstick} |", *(f" {group.title} |" for group in chapter.groups)]
    rows = ["".join(head), "|---" * (len(chapter.groups) + 1) + "|"]
    for name in names:
        cells = [_cell(group, name) for group in chapter.groups]
        ours = any(bar.name == name and bar.kind == "ours" for group in chapter.groups for bar in group.bars)
        rows.append(f"| {f'**{name}**' if ours else name} | {' | '.join(cells)} |")
    goals = [
        f"- {group.name}: {goal.why}, {shown(goal.at_most)}: "
        + (f"**missed** by {bar.name} with {shown(bar.ratio)}" if bar.ratio > goal.at_most else f"{shown(bar.ratio)}")
        for group in chapter.groups
        for goal in group.goals
        for bar in [group.bar(goal.bar)]
    ]
    return "\n".join([*rows, *([""] if goals else []), *goals])


def _cell(group: Group, name: str) -> str:
    bar = next((bar for bar in group.bars if bar.name == name), None)
    if bar is None:
        return ""
    return shown(bar.ratio) + (f" ({shown_time(bar.us)})" if bar.us is not None else "")
