"""The whole suite: the checks of the sources, then every layer of tests in one pytest run.

All checks are run even where one fails, so one round shows everything; the run is red if anything was. Orphans of
every test are handed to this process, which reaps them and holds them against the promise that nothing stays behind
(tests/environment/leftovers.py).

    tests/suite.py [--full] [--checks-only] [arguments for pytest]
"""

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
ALLOWLIST = TREE / "tests/architecture/stubtest-allowlist.txt"
PR_SET_CHILD_SUBREAPER = 36


def checks() -> dict[str, list[str]]:
    """What each check is called, and its command."""
    extensions = sorted(str(path.relative_to(TREE)) for path in TREE.glob("kvnode/_fast/*.p[yx][xd]"))
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
        found["cython-lint"] = [str(BIN / "cython-lint"), *extensions]
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
    command = [sys.executable, "-m", "pytest", "--suite", *arguments]
    pytest = subprocess.Popen(command, cwd=TREE, env={**os.environ, "KVNODE_TEST_SUITE_PID": str(os.getpid())})
    while True:
        pid, status = os.wait()
        if pid == pytest.pid:
            return os.waitstatus_to_exitcode(status)


def main() -> int:
    arguments = sys.argv[1:]
    if os.geteuid() != 0:
        print("the suite makes namespaces, links and guests: run it as root", file=sys.stderr)
        return 3
    checks_only = "--checks-only" in arguments
    failed = run_checks()
    status = 0 if checks_only else run_tests([argument for argument in arguments if argument != "--checks-only"])
    if failed:
        print(f"\nfailed checks: {', '.join(failed)}")
    return status or (1 if failed else 0)


if __name__ == "__main__":
    sys.exit(main())
