"""What importing costs: the launcher pays in memory, once for every guest; a command pays in time, once for every call.

Memory is what the kernel counts as private to the process (`Anonymous` of smaps_rollup), since file pages of libraries
are shared between launchers. Time is counted in modules, which no busy machine changes: how many, of which
packages. The budgets leave room for a few modules more, not for another library.
"""

import json
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
KIB = 1024

# Python with libvirt-python and msgspec and the launcher's own modules, over bare Python. A tenth of it is room.
LAUNCHER_BYTES = 9 * KIB * KIB
_MEASURE = """
import json, sys
sys.path[:0] = {path!r}
def private():
    with open("/proc/self/smaps_rollup") as rollup:
        return next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Anonymous:"))
bare, before = set(sys.modules), private()
{code}
print(json.dumps([private() - before, sorted(set(sys.modules) - bare)]))
"""
# What a module of Cython's brings along: no package of anybody's, and not imported from a file.
_CYTHON = ("_cython_", "cython_runtime")


def measure(code: str, rounds: int = 5) -> tuple[int, list[str]]:
    """Private bytes that ``code`` adds to a bare interpreter, the least of a few runs, and the modules."""
    path = [str(TREE), *(entry for entry in sys.path if "site-packages" in entry)]
    script = _MEASURE.format(path=path, code=code)
    sizes, modules = [], []
    for _ in range(rounds):
        printed = subprocess.run(
            [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True, cwd="/"
        ).stdout.splitlines()[-1]
        size, modules = json.loads(printed)
        sizes.append(size)
    return min(sizes), modules


def packages(modules: list[str]) -> set[str]:
    """The packages that the modules are of, without the standard library's."""
    tops = {name.partition(".")[0] for name in modules}
    return {top for top in tops - sys.stdlib_module_names if not top.startswith(_CYTHON)}


def test_a_launcher_weighs_what_its_two_libraries_weigh():
    size, _ = measure("import kvnode.runtime.launcher.life, libvirt")
    assert size <= LAUNCHER_BYTES, f"{size / KIB:.0f} KiB"


def test_the_package_alone_costs_nothing():
    _, modules = measure("import kvnode", rounds=1)
    assert packages(modules) == {"kvnode"}
    assert len(modules) <= 24, modules


def test_the_pure_path_brings_two_libraries():
    code = "import kvnode\nkvnode.load, kvnode.default, kvnode.validate, kvnode.plan, kvnode.render"
    _, modules = measure(code, rounds=1)
    assert packages(modules) == {"kvnode", "msgspec", "typing_extensions", "yaml"}
    assert len(modules) <= 205, modules


def test_help_is_shown_without_what_a_command_needs():
    code = (
        "import io, contextlib, kvnode.cli\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    kvnode.cli.main(['--help'])"
    )
    _, modules = measure(code, rounds=1)
    assert packages(modules) == {"click", "kvnode", "msgspec", "typing_extensions"}
    assert len([name for name in modules if name.startswith("kvnode")]) <= 8, modules
