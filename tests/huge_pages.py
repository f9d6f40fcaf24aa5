"""Huge pages of this machine's, for a test that takes some; the pool has as many less afterwards.

Less, and not what it had before: another run may have taken some or given some back meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POOL = Path("/proc/sys/vm/nr_hugepages")
COMPACT = Path("/proc/sys/vm/compact_memory")


@contextmanager
def reserved(pages: int) -> Iterator[int]:
    """So many pages of 2 MiB beside those that the machine has; how many there are then."""
    before = there = int(POOL.read_text())
    try:
        POOL.write_text(str(before + pages))
        if int(POOL.read_text()) < before + pages:  # memory is there, and not in one piece
            COMPACT.write_text("1")
            POOL.write_text(str(before + pages))
        there = int(POOL.read_text())
        yield there
    finally:
        POOL.write_text(str(max(int(POOL.read_text()) - (there - before), 0)))
