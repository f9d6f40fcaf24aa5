"""The suite's layers that run our compiled code in their own process, on extensions built with sanitizers.

The extensions are built beside the tree, from the same cache, with ``KVNODE_SANITIZE``. The address sanitizer sees what
is read or written outside of where it may be, what is used after it was freed and freed twice; the other one what C
leaves undefined. Python's memory comes from malloc, or neither would know of it. Leaks are another test's subject
(tests/budgets/test_leaks.py, which runs here for its ways out by error): at its end an interpreter frees little.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.compiled import EXTENSIONS, PACKAGE

TREE = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("sanitized.py")
HOSTILE = TREE / "tests/property/hostile_structs.py"

TESTS = [f"tests/{layer}" for layer in ("unit", "golden", "property", "fuzz", "netns", "libvirt")]
TESTS.append("tests/budgets/test_leaks.py")
LEFT_OUT = {
    "tests/budgets/test_leaks.py::test_what_is_kept_is_seen": "the sanitizer's malloc doesn't say what is in use",
    "tests/property/test_validation.py::test_ten_megabytes_in_any_text_are_refused_at_once_and_briefly": "it is timed",
}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A folder with kvnode in it: the tree's sources, and extensions with the sanitizers in them."""
    folder = tmp_path_factory.mktemp("sanitized")
    compiled = {source.parent for source in EXTENSIONS.values()}
    for source in (PACKAGE, *sorted(compiled)):
        place = folder / source.relative_to(TREE)
        place.mkdir()
        for path in source.iterdir():
            if path not in compiled and path.name != "__pycache__" and path.suffix != ".so":
                (place / path.name).symlink_to(path)
    built = subprocess.run(
        [sys.executable, TREE / "deploy/setup/extensions.py", "--into", folder / "kvnode"],
        env={**os.environ, "KVNODE_SANITIZE": "1"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return folder


def library(name: str) -> str:
    """Where gcc has a library of its own."""
    asked = ["gcc", f"-print-file-name={name}"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def run(package: Path, folder: Path, *command: str | Path) -> tuple[int, str, list[str]]:
    """A Python program with the sanitizers loaded: its exit status, what it said, and every report there is."""
    environment = {
        **os.environ,
        "LD_PRELOAD": f"{library('libasan.so')} {library('libubsan.so')}",
        # A block's history is told by few frames: an interpreter has millions of blocks.
        "ASAN_OPTIONS": f"detect_leaks=0:malloc_context_size=5:log_path={folder}/address",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=TREE,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    reports = [path.read_text(errors="replace") for path in folder.glob("address*")]
    at = done.stdout.find("runtime error:")
    return done.returncode, done.stdout, reports + ([] if at < 0 else [done.stdout[at : at + 4000]])


@pytest.mark.full("the pure layers, the kernel's and libvirt's on extensions built with sanitizers")
@pytest.mark.timeout(3600)
def test_the_layers_run_without_a_report(package, tmp_path):
    # What a sanitizer says comes from C, past the interpreter.
    options = ["-q", "--capture=sys", "-p", "no:cacheprovider", "-o", "pythonpath=", f"--rootdir={TREE}"]
    left_out = [f"--deselect={test}" for test in LEFT_OUT]
    status, said, reports = run(package, tmp_path, PROGRAM, package, *options, "--timeout=600", *left_out, *TESTS)
    assert reports == []
    assert status == 0, said[-8000:]


@pytest.mark.full("what no manifest can hold, planned and rendered on extensions built with sanitizers")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("what", ["planned", "rendered", "called"])
def test_hostile_values_are_no_report(package, tmp_path, monkeypatch, what):
    monkeypatch.setenv("PYTHONPATH", str(package))
    status, said, reports = run(package, tmp_path, HOSTILE, tmp_path / "tried", what, "3")
    assert reports == []
    assert status == 0, said[-8000:]


# Reads one byte behind a block that malloc gave, and shifts by more bits than there are.
WRONG = """
#include <stdlib.h>
int behind(int n) { volatile char *block = malloc(n); char read = block[n]; free((void *)block); return read; }
int shifted(int n) { return 1 << n; }
"""


@pytest.mark.full("that a report of the sanitizers is seen")
@pytest.mark.parametrize(("call", "said"), [("behind(8)", "heap-buffer-overflow"), ("shifted(40)", "shift exponent")])
def test_a_report_is_seen(package, tmp_path, call, said):
    source, built = tmp_path / "wrong.c", tmp_path / "wrong.so"
    source.write_text(WRONG)
    subprocess.run(["gcc", "-fsanitize=address,undefined", "-shared", "-fPIC", "-o", built, source], check=True)
    status, _, reports = run(package, tmp_path, "-c", f"import ctypes; ctypes.CDLL({str(built)!r}).{call}")
    assert status != 0
    assert len(reports) == 1
    assert said in reports[0]
