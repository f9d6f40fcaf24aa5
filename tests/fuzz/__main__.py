"""The fuzzer: ``python -m tests.fuzz TARGET [--seconds N] [--runs N]``, or ``--shrink FILE`` for what it found.

Atheris runs libFuzzer with the coverage of our Python; changes are those of `mutation` for the most part. What is
found lies in ``.cache/fuzz/TARGET.finds``, the inputs that reached something new in ``.cache/fuzz/TARGET``, where the
next run goes on. A find is made small by ``--shrink`` and, mended, put into ``tests/fuzz/finds``.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("this machine has no Atheris: there are wheels of it for Python 3.11 to 3.13 on x86-64 Linux")

# What is imported here is instrumented: libFuzzer sees where an input went.
with atheris.instrument_imports(include=["kvnode"]):
    from tests.fuzz.corpus import TREE, seeds
    from tests.fuzz.mutation import mutated
    from tests.fuzz.shrinking import shrunk
    from tests.fuzz.targets import TARGETS
    from tests.fuzz.vocabulary import dictionary

    SEEDS = seeds()
    # What is imported when it is first asked for has to be imported here too.
    for target in TARGETS.values():
        target(SEEDS["typical.json"])
        target(SEEDS["facts of everything"])
        for name, data in SEEDS.items():
            if name.startswith("sound "):
                target(data)

STATE = TREE / ".cache/fuzz"
# An input of this size takes some 50 ms; what takes that many seconds hangs.
MAX_BYTES = 32_768
HANG_S = 20
MEMORY_MIB = 2048
# One in so many changes is one of bytes.
BYTEWISE = 8


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    made = mutated(data, seed) if seed % BYTEWISE else None
    return made if made is not None and len(made) <= max_size else atheris.Mutate(data, max_size)


def cross(data: bytes, other: bytes, max_size: int, seed: int) -> bytes:
    made = mutated(data, seed, other)
    return made if made is not None and len(made) <= max_size else data


def fuzz(target: str, seconds: int, runs: int, state: Path) -> None:
    """Runs until the time or the count is over, or something is found; ends the process."""
    corpus, finds = state / target, state / f"{target}.finds"
    for folder in (corpus, finds):
        folder.mkdir(parents=True, exist_ok=True)
    for data in SEEDS.values():
        (corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)
    (state / "dictionary").write_text(dictionary())
    options = {
        "dict": state / "dictionary",
        "artifact_prefix": f"{finds}/",
        "max_len": MAX_BYTES,
        "timeout": HANG_S,
        "rss_limit_mb": MEMORY_MIB,
        "max_total_time": seconds,
        "runs": runs,
        "print_final_stats": 1,
    }
    arguments = [sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(corpus)]
    atheris.Setup(arguments, TARGETS[target], custom_mutator=mutate, custom_crossover=cross)
    atheris.Fuzz()


def fault_of(target: str, data: bytes) -> type[Exception] | None:
    try:
        TARGETS[target](data)
    except Exception as error:
        return type(error)
    return None


def shrink(target: str, file: Path) -> None:
    """Prints what is left of a find, and the fault that it has."""
    data = file.read_bytes()
    fault = fault_of(target, data)
    if fault is None:
        sys.exit(f"{file} has no fault any more")
    sys.stdout.buffer.write(shrunk(data, lambda less: fault_of(target, less) is fault))
    print(fault.__name__, file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=300, help="how long, at most; 0 is for ever")
    parser.add_argument("--runs", type=int, default=-1, help="how many inputs, at most")
    parser.add_argument("--state", type=Path, default=STATE, help="where corpus and finds are")
    parser.add_argument("--shrink", type=Path, help="a find to make small")
    given = parser.parse_args()
    if given.shrink is not None:
        shrink(given.target, given.shrink)
    else:
        fuzz(given.target, given.seconds, given.runs, given.state)


main()
