"""What is told to the compiler of functions and classes of every kind, and that the compiler takes it.

Whatever has no word in C stays as Python has it: it is left out, and works all the same.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]

SOURCE = '''"""Functions and classes of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Generic, Literal, NamedTuple, TypeVar

import msgspec

from kvnode.api.disks import Disk

T = TypeVar("T")


def defaulted(disk: Disk | None, names: tuple[str, ...], count: int = 1, ready: bool = False) -> tuple[str, ...]:
    for name in names:
        if name:
            return (*names, name)
    return names if disk is None else (disk.name,)


def by_name_alone(*, disk: Disk) -> Disk:
    return disk


def by_place_alone(disk: Disk, /) -> Disk:
    return disk


def several(*disks: Disk, **named: Disk) -> int:
    return len(disks) + len(named)


def first(items: list[T]) -> T:
    return items[0]


def chosen(kind: Literal["a", "b"], size: Annotated[int, msgspec.Meta(ge=0)], on: Annotated[bool, 1]) -> bool | None:
    return 1 if on else None


def later(disks: tuple[Disk, ...]) -> Iterator[str]:
    for disk in disks:
        yield disk.name


def perhaps(ready: bool | None, either: list[int] | tuple[int, ...]) -> bool | None:
    return ready


def nobody_says(what, more=None):
    return what


def nothing(disk: Disk) -> None:
    pass


class Kept:
    """Keeps what it is given."""

    __slots__ = ("_disk", "_ready", "_sizes", "_maybe")

    def __init__(self, disk: Disk, sizes: list[int], ready: bool) -> None:
        self._disk = disk
        self._sizes = sizes
        self._ready = ready
        self._maybe: Disk | None = None

    @property
    def ready(self) -> bool:
        return self._ready

    @staticmethod
    def made(disk: Disk) -> Kept:
        return Kept(disk, [], False)

    @classmethod
    def empty(cls) -> Kept:
        return cls(Disk(""), [], False)

    def size(self, more: int = 0) -> int:
        return sum(self._sizes) + more


class More(Kept):
    def size(self, more: int = 0) -> int:
        return 1


class Of(Generic[T]):
    def __init__(self, one: T) -> None:
        self.one = one


class Fault(Exception):
    def __init__(self, disk: Disk) -> None:
        super().__init__(disk.name)
        self.disk = disk


class Named(NamedTuple):
    disk: Disk


class Struct(msgspec.Struct, frozen=True):
    disk: Disk


@dataclass
class Data:
    disk: Disk


class Lazy:
    def __init__(self, disk: Disk) -> None:
        self.disk = disk

    @cached_property
    def name(self) -> str:
        return self.disk.name


class Stateless:
    def name(self) -> str:
        return "x"
'''

TOLD = '''# cython: language_level=3
"""The types of kvnode.planning.odd, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_api_disks cimport Disk

cpdef tuple defaulted(Disk disk, tuple names, count=*, bint ready=*)
cpdef first(list items)
cpdef chosen(kind, size, bint on)
cpdef perhaps(ready, either)
cpdef nobody_says(what, more=*)
cpdef nothing(Disk disk)

cdef class Kept:
    cdef Disk _disk
    cdef list _sizes
    cdef object _ready
    cdef Disk _maybe
    cpdef size(self, more=*)


cdef class More(Kept):
    cpdef size(self, more=*)

'''

CALLS = """
from kvnode.api.disks import Disk
from kvnode.planning import odd
from kvnode.planning.odd import *

d = Disk("a")
print(odd.__file__.endswith(".so"))
print(defaulted(None, ("a",)), by_name_alone(disk=d).name, by_place_alone(d).name, several(d, x=d), first([1]))
print(chosen("a", 1, True), list(later((d,))), perhaps(None, []), nobody_says(1), nothing(d))
kept = Kept(d, [1], True)
print(kept.ready, Kept.made(d).ready, Kept.empty().size(), kept.size(2), More(d, [], True).size())
print(Of(1).one, *(kind(d).disk.name for kind in (Fault, Named, Struct, Data)), Lazy(d).name, Stateless().name())
"""


def said(tree: Path, *command: str) -> str:
    """What a program prints in the tree."""
    environment = {**os.environ, "KVNODE_EXTENSIONS": "planning.odd"}
    done = subprocess.run([sys.executable, *command], cwd=tree, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_told_of_every_kind_compiles_and_answers_as_the_source_does(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("kvnode", "deploy/setup"):
        shutil.copytree(TREE / folder, tmp_path / folder, ignore=ignored)
    shutil.copyfile(TREE / "setup.py", tmp_path / "setup.py")
    (tmp_path / "kvnode/planning/odd.py").write_text(SOURCE)
    (tmp_path / "calls.py").write_text(CALLS)
    assert said(tmp_path, "deploy/setup/declarations.py") == "kvnode/planning/odd.pxd\n"
    assert (tmp_path / "kvnode/planning/odd.pxd").read_text() == TOLD
    as_it_stands = said(tmp_path, "calls.py")
    said(tmp_path, "setup.py", "-q", "build_ext", "--inplace")
    compiled = said(tmp_path, "calls.py")
    assert (as_it_stands.splitlines()[0], compiled.splitlines()[0]) == ("False", "True")
    assert as_it_stands.splitlines()[1:] == compiled.splitlines()[1:]
