"""The sdist and the wheel: what is in them, and that they work where nothing else is installed."""

import json
import subprocess
import tarfile
import zipfile
from pathlib import Path

from tests.packaging.compiled import EXTENSIONS

TREE = Path(__file__).resolve().parents[2]
TINY = TREE / "deploy/examples/vmi-tiny.yaml"


def test_the_wheel_has_types_stubs_and_headers(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "kvnode/py.typed" in names
    assert len(EXTENSIONS) > 20
    for extension in EXTENSIONS:
        place = f"kvnode/{extension.replace('.', '/')}"
        # What is compiled as it stands has its types in its source.
        assert f"{place}.{'pyi' if extension.startswith('_fast.') else 'py'}" in names
        assert any(name.startswith(f"{place}.") and name.endswith(".so") for name in names)
    headers = [path for ending in ("*.pxd", "*.h") for path in (TREE / "kvnode").rglob(ending)]
    assert {str(path.relative_to(TREE)) for path in headers} <= names


def test_the_wheel_has_every_module_and_data_file(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard", "kvnode"],
        cwd=TREE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    wanted = {name for name in listed.split("\0") if name and (TREE / name).is_file() and not name.endswith(".pyx")}
    assert wanted - names == set()


def test_the_wheel_holds_the_library_and_nothing_else(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"kvnode", wheel.name.split("-cp")[0] + ".dist-info"}


def test_neither_distribution_has_generated_c(wheel, sdist):
    with tarfile.open(sdist) as archive:
        names = [*archive.getnames(), *zipfile.ZipFile(wheel).namelist()]
        assert [name for name in names if name.endswith((".c", ".cpp"))] == []
        assert not [name for name in archive.getnames() if name.endswith(".so")]
        sources = {str(path.relative_to(TREE)) for path in EXTENSIONS.values()}
        assert sources <= {name.partition("/")[2] for name in archive.getnames()}


def test_the_core_installs_without_libvirt_and_renders(clean_environment):
    bin_folder = clean_environment("")
    probe = (
        "import importlib.util as u; print([n for n in ('libvirt', 'pyroute2', 'psutil', 'pycdlib') if u.find_spec(n)])"
    )
    assert _run(bin_folder / "python", "-c", probe).strip() == "[]"
    assert _run(bin_folder / "python", "-c", "import kvnode; print(kvnode.__version__)").strip() == _version()
    xml = _run(bin_folder / "kvnode", "render", TINY)
    assert "<domain" in xml
    assert json.loads(_run(bin_folder / "kvnode", "validate", TINY, "-o", "json")) == []


def test_the_core_says_what_to_install_where_a_node_is_needed(clean_environment):
    bin_folder = clean_environment("")
    done = subprocess.run([bin_folder / "kvnode", "run", TINY], capture_output=True, text=True, cwd="/", timeout=60)
    assert done.returncode == 3
    assert "kvnode[node]" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_node_extra_brings_what_a_node_needs(clean_environment):
    bin_folder = clean_environment("[node]")
    imports = "import libvirt, pyroute2, psutil, pycdlib, kvnode; print(len(kvnode.probe_host().cells))"
    assert int(_run(bin_folder / "python", "-c", imports)) >= 1


def test_the_wheel_brings_each_extension(clean_environment):
    code = f"import importlib; [print(importlib.import_module('kvnode.' + name).__file__) for name in {[*EXTENSIONS]}]"
    paths = _run(clean_environment("") / "python", "-c", code).splitlines()
    assert len(paths) == len(EXTENSIONS)
    assert [path for path in paths if not path.endswith(".so")] == []


def _version() -> str:
    for line in (TREE / "pyproject.toml").read_text().splitlines():
        if line.startswith("version = "):
            return line.split('"')[1]
    raise AssertionError("pyproject.toml names no version")


def _run(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd="/", timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
