"""The whole suite: the checks of the sources, then every layer of tests.

All checks are run even where one fails, so one round shows everything; the run is red if anything was.

The layers run in two lanes side by side (tests/environment/layers.py), each a pytest of its own below a process of its
own. To that one the orphans of every test are handed, and it reaps them and holds them against the promise that
nothing stays behind (tests/environment/leftovers.py). What one lane prints is seen as it comes, what the other prints
when the first has ended. Where arguments for pytest are given it is one run, of the tests that they choose.

    tests/suite.py [--full] [--checks-only] [arguments for pytest]
"""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

TREE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TREE))

from tests.environment import leftovers  # noqa: E402 - the tree is found by where this file lies
from tests.environment.layers import LANES  # noqa: E402

BIN = Path(sys.executable).parent
ALLOWLIST = TREE / "tests/architecture/stubtest-allowlist.txt"
PR_SET_CHILD_SUBREAPER = 36


def checks() -> dict[str, list[str]]:
    """What each check is called, and its command."""
    extensions = sorted(str(path.relative_to(TREE)) for path in TREE.glob("kvnode/_fast/*.p[yx][xd]"))
    # Headers that are written by a program are held against it (tests/architecture/test_compiled.py). For whoever reads
    # C, some lines are as long as the names that C has for our types.
    written = [path for path in extensions if not Path(path).stem.startswith("layout_")]
    modules = [f"kvnode._fast.{Path(path).stem}" for path in extensions if path.endswith(".pyx")]
    typed = ["kvnode", *(["controllers"] if list(TREE.glob("controllers/**/*.py")) else [])]
    found = {
        "pip check": [sys.executable, "-m", "pip", "check"],
        "ruff check": [str(BIN / "ruff"), "check", "."],
        "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
        "mypy": [sys.executable, "-m", "mypy", *typed],
        "import-linter": [str(BIN / "lint-imports")],
    }
    if extensions:
        found["cython-lint"] = [str(BIN / "cython-lint"), *written]
        found["stubs"] = [
            sys.executable,
            "-m",
            "mypy.stubtest",
            "--ignore-unused-allowlist",
            "--allowlist",
            str(ALLOWLIST),
            *modules,
        ]
    return found


def run_checks() -> list[str]:
    """Run every check; the names of those that failed."""
    failed = []
    # cython-lint looks for pycodestyle on PATH.
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}"}
    for name, command in checks().items():
        print(f"{name:<14}", end="", flush=True)
        begun = time.monotonic()
        done = subprocess.run(
            command, cwd=TREE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        print(f"{'ok' if done.returncode == 0 else 'FAILED':<7}{time.monotonic() - begun:>6.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout, flush=True)
    return failed


def run_tests(arguments: list[str]) -> int:
    """Run pytest below this process and reap whatever its tests orphan; pytest's exit status."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    command = [sys.executable, "-m", "pytest", "--suite", "--durations=10", *arguments]
    # At an interrupt pytest ends its guests and clusters, which this waits for. A terminal's reaches pytest itself; a
    # shell has what it runs in the background ignore them, which pytest may not inherit.
    pytest = subprocess.Popen(
        command,
        cwd=TREE,
        env={**os.environ, "KVNODE_TEST_SUITE_PID": str(os.getpid())},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def interrupt(*_: object) -> None:
        # Once: at a second one pytest would leave its guests where they are.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pytest.send_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, interrupt)
    while True:
        pid, status = os.wait()
        if pid == pytest.pid:
            return os.waitstatus_to_exitcode(status)


def run_lanes(arguments: list[str]) -> int:
    """Run all lanes, the first to be seen, then look at the machine; the worst exit status."""
    before = leftovers.snapshot(leftovers.MACHINE_WIDE)
    # Whoever ends this run ends both lanes, and wants to see how far the second was.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    first, second = LANES
    with tempfile.TemporaryFile() as said:
        lanes = [_lane(first, None, arguments), _lane(second, said, arguments)]
        print(f"the lane {second!r} ({', '.join(LANES[second])}) runs beside, and is shown after this one", flush=True)
        try:
            lanes[0].wait()
        except SystemExit:
            for lane in lanes:
                lane.terminate()
            lanes[0].wait()
            raise
        finally:
            shown = _show(second, said, 0)
            while lanes[1].poll() is None:
                time.sleep(0.5)
                shown = _show("", said, shown)
            _show("", said, shown)
    return max(*(abs(lane.wait()) for lane in lanes), _machine_status(before))


def _lane(name: str, output: IO[bytes] | None, arguments: list[str]) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        __file__,
        # In one word each: pytest learns of its options late, and takes a word by itself for a path until then.
        f"--lane={name}",
        f"--override-ini=cache_dir=.pytest_cache/{name}",
        *arguments,
    ]
    return subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, leftovers.LANE: name})


def _show(name: str, said: IO[bytes], shown: int) -> int:
    """Print what a lane has said after the first ``shown`` bytes; how many there are now."""
    if name:
        print(f"\n{f' the lane {name!r} ':=^80}", flush=True)
    said.flush()
    size = os.fstat(said.fileno()).st_size
    # By position: the lane writes through the same open file.
    while shown < size:
        piece = os.pread(said.fileno(), min(size - shown, 1 << 20), shown)
        sys.stdout.buffer.write(piece)
        shown += len(piece)
    sys.stdout.flush()
    return shown


def _machine_status(before: dict[str, set[str]]) -> int:
    """1 where the machine is not as it was before, which is told, and counts where the machine is ours alone."""
    found = leftovers.settled(before)
    shared = os.environ.get("KVNODE_TEST_SHARED_MACHINE") == "1"
    if found:
        print("\nthe machine is not as it was" + (" (which does not count: shared machine)" if shared else ""))
    for _, sentence in found:
        print(sentence)
    return int(bool(found) and not shared)


def main() -> int:
    arguments = sys.argv[1:]
    if leftovers.LANE in os.environ:
        return run_tests(arguments)
    if os.geteuid() != 0:
        print("the suite makes namespaces, links and guests: run it as root", file=sys.stderr)
        return 3
    failed = run_checks()
    if "--checks-only" in arguments:
        status = 0
    else:
        status = run_lanes(arguments) if set(arguments) <= {"--full"} else run_tests(arguments)
    if failed:
        print(f"\nfailed checks: {', '.join(failed)}")
    return status or (1 if failed else 0)


if __name__ == "__main__":
    sys.exit(main())
