"""Files of a node below a root that may be another one than ``/``.

Everything the probe reads goes through here: a container sees its host at ``/host``, a test has a tree of its own, and
whatever is missing, unreadable or nonsense is None. sysfs differs between kernels, and containers hide parts of it;
no single file decides whether a node can be probed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

_READ_LIMIT = 4 * 1024 * 1024
_PIECE = 16 * 1024


class Tree:
    """A root folder, and reading below it; paths are relative, as ``sys/devices/system/node``."""

    def __init__(self, root: str | os.PathLike[str] = "/") -> None:
        self.root = Path(root).absolute()

    @property
    def is_live(self) -> bool:
        """Whether this is the machine that we run on, and not a recorded or a mounted one."""
        return self.root == Path("/")

    def path(self, relative: str) -> Path:
        return self.root / relative.lstrip("/")

    def text(self, relative: str) -> str | None:
        """A file's text without the blanks around it; None if it can't be read."""
        try:
            with self.path(relative).open("rb", buffering=0) as file:
                pieces = b"".join(_pieces(file))
        except OSError:
            return None
        return pieces.decode("utf-8", "replace").strip()

    def number(self, relative: str) -> int | None:
        """A file that holds one number that isn't negative."""
        return _number(self.text(relative))

    def names(self, relative: str) -> list[str]:
        """What lies in a folder, sorted; nothing if there is none."""
        try:
            return sorted(os.listdir(self.path(relative)))
        except OSError:
            return []

    def is_file(self, relative: str) -> bool:
        try:
            return self.path(relative).is_file()
        except OSError:
            return False

    def table(self, relative: str) -> dict[str, int]:
        """A file of ``key value`` or ``Key:  value kB`` lines, in bytes where there is a unit; others are left out."""
        values: dict[str, int] = {}
        for line in (self.text(relative) or "").splitlines():
            words = line.replace(":", " ").split()
            number = _number(words[1]) if len(words) > 1 else None
            if number is not None:
                values[words[0]] = number * 1024 if words[2:] == ["kB"] else number
        return values


def _pieces(file: FileIO) -> Iterator[bytes]:
    """A file's first bytes in reads of a page or so: sysctl files answer large ones with "out of memory"."""
    for _ in range(_READ_LIMIT // _PIECE):
        piece = file.read(_PIECE)
        if not piece:
            return
        yield piece


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 20 else None
