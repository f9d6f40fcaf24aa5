"""setup.py's switches: each builds every extension, and these pass their tests. test_sanitizers.py has one of them."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.packaging.compiled import EXTENSIONS, PACKAGE

TREE = Path(__file__).resolve().parents[2]


def build(switch: str, place: Path) -> Path:
    """Every extension built with a switch on, in a copy of the package; the folder to put first on the path."""
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build", "--build-base", place / "base", "--build-lib", place / "lib"],
        cwd=TREE,
        env={**os.environ, switch: "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return place / "lib"


def test_an_unknown_extension_is_refused_with_the_known_ones(tmp_path):
    done = subprocess.run(
        [sys.executable, "setup.py", "--version"],
        cwd=TREE,
        env={**os.environ, "KVNODE_EXTENSIONS": "no_such"},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "no_such" in done.stderr
    assert all(extension in done.stderr for extension in EXTENSIONS)


@pytest.mark.full("the extensions built with Cython's checks and with tracing, and their tests run so")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("switch", ["KVNODE_DEBUG", "KVNODE_TRACE"])
def test_the_extensions_pass_their_tests_when_built_with(switch, tmp_path):
    lib = build(switch, tmp_path)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    built = [
        lib / "kvnode" / source.relative_to(PACKAGE).with_name(f"{source.stem}{suffix}")
        for source in EXTENSIONS.values()
    ]
    assert [str(path) for path in built if not path.exists()] == []
    environment = {**os.environ, "PYTHONPATH": f"{lib}:{TREE}"}
    tests = [str(path) for path in sorted((TREE / "tests").glob("*/test_*.py")) if _is_of_extensions(path)]
    assert tests
    check = f"import kvnode.planning.planner as it; assert it.__file__.startswith({str(lib)!r}), it.__file__"
    _run([sys.executable, "-c", check], environment, tmp_path)
    options = ["-q", "-p", "no:cacheprovider", "-o", "pythonpath=", "--rootdir", str(TREE)]
    _run([sys.executable, "-m", "pytest", *options, *tests], environment, tmp_path)


def _is_of_extensions(path: Path) -> bool:
    """Whether a file of pure tests is about a compiled module: it names one, plans, or is all about domains."""
    if path.parent.name == "golden":
        return True
    text = path.read_text()
    return path.parent.name in ("unit", "property") and ("kvnode._fast" in text or "kvnode.plan" in text)


def _run(command: list[str], environment: dict[str, str], place: Path) -> None:
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[:6000]}"
