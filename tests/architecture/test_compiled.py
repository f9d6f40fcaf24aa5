"""What is compiled is compiled of what stands in the tree: types, annotations and headers say the same.

Planning has one source, from which its declarations are written, and so are the headers that say where the fields of
Structs lie. Here a copy of the package is changed by one word at a time, and has to be found out: by the programs that
write, and by what was compiled before, when it is imported.
"""

import importlib
import shutil
import subprocess
import sys
import typing
from pathlib import Path

import msgspec
import pytest

import kvnode
from deploy.setup import layouts
from tests.packaging.compiled import EXTENSIONS

TREE = Path(__file__).resolve().parents[2]
PROGRAMS = ("layouts.py", "declarations.py")


def run(tree: Path, program: str, *arguments: str) -> tuple[int, str]:
    """A program of deploy/setup: its exit status, and what it prints."""
    command = [sys.executable, f"{tree}/deploy/setup/{program}", *arguments]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A tree with the package in it, which may be changed; what was compiled is the tree's own."""

    def link_or_copy(source: str, target: str) -> None:
        if source.endswith(".so"):
            Path(target).symlink_to(source)
        else:
            shutil.copyfile(source, target)

    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TREE / "kvnode", tmp_path / "kvnode", copy_function=link_or_copy, ignore=ignored)
    shutil.copytree(TREE / "deploy/setup", tmp_path / "deploy/setup", ignore=ignored)
    return tmp_path


def change(copy: Path, path: str, before: str, after: str) -> None:
    text = (copy / path).read_text()
    assert text.count(before) == 1, f"{path} has {before!r} {text.count(before)} times"
    (copy / path).write_text(text.replace(before, after))


def importing(copy: Path, code: str) -> str:
    """What Python says in the end when it runs this in the copy."""
    done = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True)
    return (done.stderr.splitlines() or [""])[-1]


@pytest.mark.parametrize("program", PROGRAMS)
def test_headers_are_what_would_be_written(program: str) -> None:
    status, said = run(TREE, program, "--check")
    assert status == 0, f"`make headers`: {said}"


def test_what_was_compiled_for_other_types_is_not_imported(copy: Path) -> None:
    assert importing(copy, "import kvnode.planning.planner, kvnode._fast.domain_xml") == ""
    change(copy, "kvnode/api/disks.py", "    shareable: bool", "    shared: bool")
    said = "<class 'kvnode.api.disks.Disk'> has another shareable than kvnode was compiled for; build kvnode again"
    for code in ("import kvnode; kvnode.plan", "import kvnode.planning.disks", "import kvnode._fast.devices_xml"):
        assert importing(copy, code) == f"ImportError: {said}"


def test_a_field_more_is_found_out(copy: Path) -> None:
    change(copy, "kvnode/planning/domain_plan.py", "    iothreads: int = 0", "    a: int = 1\n    iothreads: int = 0")
    said = "ImportError: <class 'kvnode.planning.domain_plan.DomainPlan'> has another size than"
    assert importing(copy, "import kvnode; kvnode.render").startswith(said)


def test_changed_types_are_written_anew_while_what_is_compiled_is_older(copy: Path) -> None:
    change(copy, "kvnode/api/disks.py", "    shareable: bool", "    shared: bool")
    header = "kvnode/_fast/layout_api_disks.pxd"
    assert run(copy, "layouts.py", "--check") == (1, f"{header}\n")
    assert "shareable" in (copy / header).read_text()
    assert run(copy, "layouts.py") == (0, f"{header}\n")
    assert "shareable" not in (copy / header).read_text()
    assert run(copy, "layouts.py", "--check") == (0, "all layouts are those of the types\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def disk_bus(disk: Disk,", "def disk_bus(disk: Disk | str,"),
        ("def disk_bus(disk: Disk, arch: Architecture) -> str", "def disk_bus(disk: Disk, arch: Architecture) -> bool"),
        ("def disk_bus(disk: Disk,", "def disk_bus(device: Disk,"),
    ],
    ids=["an argument's type", "what is answered", "an argument's name"],
)
def test_another_annotation_is_found_out(copy: Path, before: str, after: str) -> None:
    change(copy, "kvnode/planning/architecture.py", before, after)
    assert run(copy, "declarations.py", "--check") == (1, "kvnode/planning/architecture.pxd\n")


def test_whatever_reads_structs_compares_them_first() -> None:
    """Each module that is compiled by itself; planning's import their package before."""
    readers = [path for path in (TREE / "kvnode/_fast").glob("*.pyx") if " kvnode._fast.layout_" in path.read_text()]
    assert len(readers) > 2
    first = '\n__import__("kvnode._fast.layouts")\n'
    assert [path.stem for path in readers if first not in path.read_text()] == ["layouts"]


def laid_out() -> list[type[msgspec.Struct]]:
    return [struct for module in layouts.MODULES for struct in layouts.structs(module)]


def test_only_what_nobody_changes_is_laid_out() -> None:
    assert len(laid_out()) > 150
    assert [struct for struct in laid_out() if not struct.__struct_config__.frozen] == []


def test_a_value_may_have_something_rendered_while_it_is() -> None:
    """The same text comes of it, and one that never ends is a RecursionError."""
    plan = kvnode.plan(kvnode.default(kvnode.load(TREE / "deploy/examples/vmi-tiny.yaml")), kvnode.HostFacts())
    told = kvnode.render(replaced_count(plan, 7))

    class Rendering:
        depth = 0

        def __index__(self) -> int:
            self.depth += 1
            if self.depth < 4:
                assert kvnode.render(asked) == told
            return 7

        __int__ = __index__

    class Endless:
        def __index__(self) -> int:
            return len(kvnode.render(endless))

        __int__ = __index__

    asked, endless = replaced_count(plan, Rendering()), replaced_count(plan, Endless())
    assert kvnode.render(asked) == told
    with pytest.raises(RecursionError):
        kvnode.render(endless)
    assert kvnode.render(replaced_count(plan, 7)) == told


def replaced_count(plan: kvnode.DomainPlan, count: object) -> kvnode.DomainPlan:
    return msgspec.structs.replace(plan, vcpu=msgspec.structs.replace(plan.vcpu, maximum=count))


def test_no_field_of_a_frozen_struct_can_be_deleted() -> None:
    for struct in laid_out():
        made = struct(*([1] * len(struct.__struct_fields__)))
        for field in struct.__struct_fields__:
            with pytest.raises(AttributeError, match="immutable"):
                delattr(made, field)
            with pytest.raises(TypeError):
                object.__delattr__(made, field)


def test_a_traceback_says_which_line_of_the_source() -> None:
    vmi = kvnode.load(TREE / "deploy/examples/vmi-tiny.yaml")
    broken = msgspec.structs.replace(vmi, spec=msgspec.structs.replace(vmi.spec, domain=None))
    with pytest.raises(AttributeError) as caught:
        kvnode.plan(broken, kvnode.HostFacts())
    lines = (TREE / "kvnode/planning/planner.py").read_text().splitlines()
    told = [entry.lineno for entry in caught.traceback if str(entry.path).endswith("kvnode/planning/planner.py")]
    assert told
    assert lines[told[-1]].strip() == "refuse_unplanned(vmi)"


def test_msgspec_reads_the_structs_that_compiled_modules_define() -> None:
    """A compiled module doesn't have the names of types that it reads as C does, and msgspec looks types up by name."""
    found = 0
    for name in EXTENSIONS:
        module = importlib.import_module(f"kvnode.{name}")
        for kind in vars(module).values():
            if not isinstance(kind, type) or not issubclass(kind, msgspec.Struct) or kind.__name__.startswith("_"):
                continue
            if kind.__module__ == module.__name__:
                typing.get_type_hints(kind)
                found += 1
    assert found
