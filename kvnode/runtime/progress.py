"""Telling somebody who waits what is being done, and how long each step took."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator


class Progress:
    """Silent, and keeps the times; a command that has somebody in front of it overrides the three calls."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, float]] = []

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step with its time in seconds; one that fails is not counted."""
        self.began(name)
        started = time.monotonic()
        yield
        seconds = time.monotonic() - started
        self.steps.append((name, seconds))
        self.done(name, seconds)

    def began(self, name: str) -> None:
        """A step begins."""

    def done(self, name: str, seconds: float) -> None:
        """A step is done."""

    def note(self, text: str) -> None:
        """A sentence about the step that is under way, or about the guest."""
