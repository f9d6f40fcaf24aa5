"""A guest's start as lines on standard error: each step with its time, and on a terminal the one under way."""

from __future__ import annotations

import sys

from kvnode.cli.terminal import say
from kvnode.runtime.progress import Progress

_WIDTH = 30
_CLEAR_LINE = "\r\x1b[K"


class StepLines(Progress):
    """Steps are ours and plain text; notes may hold what came from outside and go through ``say``."""

    def __init__(self) -> None:
        super().__init__()
        self._live = sys.stderr.isatty()

    def began(self, name: str) -> None:
        if self._live:
            sys.stderr.write(f"{_CLEAR_LINE}  {name} ...")
            sys.stderr.flush()

    def done(self, name: str, seconds: float) -> None:
        self._clear()
        sys.stderr.write(f"  {name:<{_WIDTH}} {seconds:7.3f} s\n")
        sys.stderr.flush()

    def note(self, text: str) -> None:
        self._clear()
        say(f"  {text}")

    def _clear(self) -> None:
        if self._live:
            sys.stderr.write(_CLEAR_LINE)
