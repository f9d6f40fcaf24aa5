"""Telling whoever waits what is being done: a line that changes on a terminal, a line for each step elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from kvnode.cli.terminal import console, printable, say, shortened

_LINE = 300


@contextlib.contextmanager
def progress_lines() -> Iterator[Callable[[str], None]]:
    """A function that takes one line of progress; on standard error, gone when the work is done on a terminal."""
    if not sys.stderr.isatty():
        yield say
        return
    from rich.text import Text

    with console(stderr=True).status(Text("")) as status:
        yield lambda line: status.update(Text(printable(shortened(line, _LINE))))
