"""Gives compiled planning and rendering what no manifest can hold: a program, since it may die of it.

Every value of every golden guest, of the facts of its host and of its plan is put in place of another in turn, wherever
it lies; then several at once, and every function is called with such things. All of it may be answered or refused by
any exception. A crash ends this process; what was tried last stands in the file that is named first. SystemError is the
interpreter's word for compiled code that breaks its rules, and is passed on.

Prints how often each kind of answer came.

    hostile_structs.py FILE planned|rendered|called STEP

STEP  -- 1 tries all, 7 every seventh
"""

import importlib
import inspect
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

TREE = Path(__file__).resolve().parents[2]
# Behind all else: a kvnode that was built in another way comes by PYTHONPATH.
sys.path.append(str(TREE))

import kvnode  # noqa: E402 - as above
from kvnode.api.disks import Disk, DiskTarget  # noqa: E402
from kvnode.planning.device_plans import PciAddress  # noqa: E402
from tests.golden.folders import FOLDERS, golden_plan  # noqa: E402
from tests.packaging.compiled import EXTENSIONS  # noqa: E402

Place = tuple[str | int, ...]
TIMES = 50


class Bad(Exception):
    """What a hostile object raises."""


class Raising:
    """Whatever is asked of it raises."""

    def _raise(self, *_: object) -> Any:
        raise Bad

    __getattr__ = __bool__ = __eq__ = __hash__ = __len__ = __iter__ = __index__ = __str__ = __contains__ = _raise  # type: ignore[assignment]
    __lt__ = __add__ = __radd__ = __mod__ = __getitem__ = __format__ = __repr__ = _raise  # type: ignore[assignment]


class Lying:
    """Equal to all, true, and longer than it is."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __len__(self) -> int:
        return 3

    def __getattr__(self, name: str) -> "Lying":
        return self


class More(Disk, frozen=True):
    """A disk with fields of its own, before and behind those that a disk has, and one of a disk's once more."""

    aa: int = 1
    name: str = "more"
    zz: tuple[int, ...] = ()


class Pair(NamedTuple):
    """A tuple that isn't one exactly."""

    one: object
    other: object


class Text(str):
    """A text that isn't one exactly."""


def hostile() -> tuple[object, ...]:
    """What is put in place of things; a generator is used up, so each time anew."""
    return (
        *(None, True, -1, 7, 1 << 70, 0.5, "", "x", "\ud800", b"x", (), [], {}, {"x": None}, set(), object(), Disk),
        *(Raising(), Lying(), Text("x"), Pair(None, Disk("a")), (None,), ((), None), (Raising(),), [Disk("a")]),
        *(Disk("a"), More(), Disk(None, DiskTarget(3)), Disk([], [], [], []), PciAddress(0, 0, 0, 0)),
        *((x for x in (None, 1)), iter(()), range(3)),
    )


def places(value: object, place: Place = ()) -> Iterator[Place]:
    """Every place in a Struct, all the way down."""
    items: Any = ()
    if isinstance(value, msgspec.Struct):
        items = [(name, getattr(value, name)) for name in value.__struct_fields__]
    elif isinstance(value, tuple):
        items = enumerate(value)
    elif isinstance(value, dict):
        items = value.items()
    for name, one in items:
        yield (*place, name)
        yield from places(one, (*place, name))


def with_value(whole: Any, place: Place, value: object) -> Any:
    """The same with another value in one place, or as it is where that isn't there any more."""
    if not place:
        return value
    name, *rest = place
    if isinstance(whole, tuple) and isinstance(name, int) and name < len(whole):
        return (*whole[:name], with_value(whole[name], tuple(rest), value), *whole[name + 1 :])
    if isinstance(whole, dict) and name in whole:
        return {**whole, name: with_value(whole[name], tuple(rest), value)}
    if isinstance(whole, msgspec.Struct) and name in whole.__struct_fields__:
        return msgspec.structs.replace(whole, **{str(name): with_value(getattr(whole, str(name)), tuple(rest), value)})
    return whole


def changed(whole: Any, values: list[tuple[Place, object]], call: Callable[[Any], object]) -> object:
    """What a call answers to a Struct that has such values in such places."""
    for place, value in values:
        whole = with_value(whole, place, value)
    return call(whole)


class Trial:
    """Calls, says before each what it is, and counts what came of it."""

    def __init__(self, told: Path, step: int) -> None:
        self.step = step
        self.seen = 0
        self.told = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self.answers: Counter[str] = Counter()

    def __call__(self, name: str, call: Callable[[], object]) -> object:
        self.seen += 1
        if self.seen % self.step:
            return None
        os.pwrite(self.told, f"{name:<300}".encode(errors="replace"), 0)
        try:
            answer = call()
        except SystemError:
            print(name)
            raise
        except Exception as error:
            self.answers[type(error).__name__] += 1
            return None
        self.answers["answered"] += 1
        return answer


def one_at_a_time(trial: Trial, of: str, whole: Any, call: Callable[[Any], object]) -> None:
    """Each hostile value in each place."""
    for place in [(), *places(whole)]:
        for number, value in enumerate(hostile()):
            trial(f"{of}: value {number} at {place}", partial(changed, whole, [(place, value)], call))


def several(trial: Trial, of: str, whole: Any, call: Callable[[Any], object], dice: random.Random) -> None:
    """Two to six hostile values at once."""
    found = list(places(whole))
    for _ in range(len(found)):
        where = dice.sample(found, min(len(found), dice.randint(2, 6)))
        numbers = [dice.randrange(len(hostile())) for _ in where]
        values = [(place, hostile()[number]) for place, number in zip(where, numbers, strict=True)]
        trial(f"{of}: values {numbers} at {where}", partial(changed, whole, values, call))


def planned(trial: Trial) -> None:
    """Planning, and rendering of what comes of it."""
    dice = random.Random(1)
    for folder in FOLDERS:
        vmi = kvnode.default(kvnode.load(folder / "manifest.yaml"))
        host = kvnode.HostFacts.from_json(yaml.safe_load((folder / "facts.yaml").read_text()))

        def with_vmi(changed: Any, host: kvnode.HostFacts = host) -> object:
            return kvnode.render(kvnode.plan(changed, host))

        def with_host(changed: Any, vmi: Any = vmi) -> object:
            return kvnode.render(kvnode.plan(vmi, changed))

        for what, whole, call in (("guest", vmi, with_vmi), ("host", host, with_host)):
            one_at_a_time(trial, f"{folder.name}, {what}", whole, call)
            several(trial, f"{folder.name}, {what}", whole, call, dice)


def rendered(trial: Trial) -> None:
    """Rendering."""
    dice = random.Random(2)
    for folder in FOLDERS:
        one_at_a_time(trial, f"{folder.name}, plan", golden_plan(folder), kvnode.render)
        several(trial, f"{folder.name}, plan", golden_plan(folder), kvnode.render, dice)


def called(trial: Trial) -> None:
    """Every function, class and method of planning, by itself."""
    dice = random.Random(3)
    for name in EXTENSIONS:
        if not name.startswith("planning."):
            continue
        module = importlib.import_module(f"kvnode.{name}")
        for label, one in vars(module).items():
            if callable(one) and getattr(one, "__module__", None) == module.__name__:
                call_all_ways(trial, f"{name}.{label}", one, dice)


def call_all_ways(trial: Trial, name: str, one: Any, dice: random.Random) -> None:
    """A function with nothing else than one value in all places, then with different ones; methods of a bare object."""
    if isinstance(one, type):
        bare = one.__new__(one) if not issubclass(one, BaseException | msgspec.Struct | tuple) else None
        for label, method in vars(one).items():
            if callable(method) and bare is not None and not label.startswith("__"):
                call_all_ways(trial, f"{name}.{label}", getattr(bare, label), dice)
    try:
        count = len(inspect.signature(one).parameters)
    except (ValueError, TypeError, NameError):
        count = 9 if isinstance(one, type) else 1
    for number in range(len(hostile())):
        arguments = [hostile()[number] for _ in range(count)]
        trial(f"{name} of values {number}", partial(one, *arguments))
    for _ in range(TIMES):
        numbers = [dice.randrange(len(hostile())) for _ in range(count)]
        arguments = [hostile()[number] for number in numbers]
        trial(f"{name} of values {numbers}", partial(one, *arguments))


def main() -> None:
    told, what, step = sys.argv[1:]
    trial = Trial(Path(told), int(step))
    {"planned": planned, "rendered": rendered, "called": called}[what](trial)
    print(json.dumps(trial.answers))


if __name__ == "__main__":
    main()
