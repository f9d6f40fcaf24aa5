"""What importing costs: the launcher pays in memory, once for every guest; a command pays in time, once for every call.

Memory is what the kernel counts as private to the process (`Anonymous` of smaps_rollup), since file pages of libraries
are shared between launchers. Time is CPU time, the smallest of several runs, as others use the machine as well; the
budgets leave room for a slower processor, not for another library.
"""

import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
KIB = 1024

# Python with libvirt-python and msgspec and the launcher's own modules, over bare Python. A tenth of it is room.
LAUNCHER_BYTES = 9 * KIB * KIB
# msgspec's import is three quarters of it.
CORE_CPU_S = 0.25
PACKAGE_CPU_S = 0.03
HELP_CPU_S = 0.35

_MEASURE = """
import sys, time
sys.path[:0] = {path!r}
def private():
    with open("/proc/self/smaps_rollup") as rollup:
        return next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Anonymous:"))
before, begun = private(), time.process_time()
{code}
print(private() - before, time.process_time() - begun)
"""


def measure(code: str, rounds: int = 5) -> tuple[int, float]:
    """Private bytes and CPU seconds that ``code`` adds to a bare interpreter: the smallest of a few runs."""
    path = [str(TREE), *(entry for entry in sys.path if "site-packages" in entry)]
    script = _MEASURE.format(path=path, code=code)
    runs = []
    for _ in range(rounds):
        printed = subprocess.run(
            [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True, cwd="/"
        ).stdout.splitlines()[-1]
        size, seconds = printed.split()
        runs.append((int(size), float(seconds)))
    return min(size for size, _ in runs), min(seconds for _, seconds in runs)


def test_a_launcher_weighs_what_its_two_libraries_weigh():
    size, _ = measure("import kvnode.runtime.launcher.life, libvirt")
    assert size <= LAUNCHER_BYTES, f"{size / KIB:.0f} KiB"


def test_the_package_alone_costs_nothing():
    _, seconds = measure("import kvnode")
    assert seconds <= PACKAGE_CPU_S


def test_the_pure_path_is_imported_quickly():
    _, seconds = measure("import kvnode\nkvnode.load, kvnode.default, kvnode.validate, kvnode.plan, kvnode.render")
    assert seconds <= CORE_CPU_S


def test_help_is_shown_at_once():
    _, seconds = measure(
        "import io, contextlib, kvnode.cli\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    kvnode.cli.main(['--help'])"
    )
    assert seconds <= HELP_CPU_S
