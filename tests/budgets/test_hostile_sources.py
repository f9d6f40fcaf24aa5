"""A manifest that was made to be costly is answered in time and memory that grow with its size and no faster.

Each shape of tests/hostile_sources.py is read by a process of its own, whose memory and CPU time the kernel limits:
what needs more dies of it. CPU time is not elapsed time, so others may use the machine as well.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.hostile_sources import SHAPES

TREE = Path(__file__).resolve().parents[2]
MIB = 1 << 20
# A million values of Python are some 300 MiB, however many bytes they were written in. Text of a wide character takes
# four bytes for each one, and stands in memory as the source, with an end of its last line, and as the value.
BASE_BYTES = 400 * MIB
BYTES_OF_EACH = 16
# A million values take some 5 s. What is quadratic takes minutes at either size.
CPU_S = 30
LONGEST_FAULT = 2000
PARTS = 4

# Prints what became of each shape that standard input names. A child for each: a limit can't be taken back.
READER = """
import os, resource, sys
import kvnode
from kvnode.errors import InvalidManifest
from tests.hostile_sources import SHAPES
size, most_bytes, cpu_s = map(int, sys.argv[1:])
load_all = kvnode.load_all
for name in sys.stdin.read().splitlines():
    sys.stdout.flush()
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        if status:
            print(f"{name}\\tended with {os.waitstatus_to_exitcode(status)}")
        continue
    source = SHAPES[name](size)
    with open("/proc/self/statm") as sizes:
        has = int(sizes.read().split()[0]) * resource.getpagesize()
    used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
    resource.setrlimit(resource.RLIMIT_AS, (has + most_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (used + cpu_s, used + cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = f"{len(load_all(source))} objects"
    except InvalidManifest as refusal:
        longest = max(len(error.field) + len(error.message) for error in refusal.errors)
        answer = f"{len(refusal.errors)} faults, the longest of {longest} characters"
    except BaseException as error:
        answer = f"{type(error).__name__}: {str(error)[:200]}"
    print(f"{name}\\t{answer}", flush=True)
    os._exit(0)
"""


def answers(shapes: Iterable[str], size: int, most_bytes: int, cpu_s: int) -> dict[str, str]:
    """What became of each shape at this size, under these limits."""
    done = subprocess.run(
        [sys.executable, "-c", READER, *map(str, (size, most_bytes, cpu_s))],
        input="\n".join(shapes),
        capture_output=True,
        text=True,
        check=True,
        cwd=TREE,
        env={**os.environ, "PYTHONPATH": str(TREE)},
    )
    return dict(line.split("\t") for line in done.stdout.splitlines())


@pytest.mark.partial("64 MiB of each hostile shape instead of 1")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_shape_is_answered_within_its_bounds(part: int, full_run: bool) -> None:
    shapes = list(SHAPES)[part::PARTS]
    size = (64 if full_run else 1) * MIB
    found = answers(shapes, size, BASE_BYTES + BYTES_OF_EACH * size, CPU_S)
    assert list(found) == shapes
    assert {name: answer for name, answer in found.items() if not answer.endswith(("objects", "characters"))} == {}
    told = {name: int(answer.split()[-2]) for name, answer in found.items() if answer.endswith("characters")}
    assert {name: length for name, length in told.items() if length > LONGEST_FAULT} == {}


def test_the_limits_are_felt() -> None:
    """Or the test above would prove nothing."""
    assert "MemoryError" in answers(["plain text"], 16 * MIB, MIB, CPU_S)["plain text"]
    killed = f"ended with {-signal.SIGXCPU}"
    assert answers(["block mapping"], 64 * MIB, 4096 * MIB, 1)["block mapping"] == killed
