"""What importing a room drags in, seen in a process of its own.

import-linter reads our own import statements; it sees neither what a compiled module imports nor what an allowed
import brings along. Here the answer is ``sys.modules`` after the fact. What the interpreter, msgspec and typing load
by themselves is measured first and taken off: the rule is about what we add.
"""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]

PURE = ["kvnode.errors", "kvnode.quantity", "kvnode.api", "kvnode.facts", "kvnode.planning", "kvnode.domain"]
EFFECTS = {"libvirt", "pyroute2", "subprocess", "socket", "kubernetes", "psutil", "pycdlib", "asyncio", "aiohttp"}
OUR_EFFECTS = {"kvnode.host", "kvnode.network", "kvnode.storage", "kvnode.runtime", "kvnode.cli", "kvnode.paths"}

# A launcher's imports are its memory, once for every guest on the node.
NOT_IN_LAUNCHER = {
    *("kvnode.api", "kvnode.planning", "kvnode.cli", "kvnode.manifest", "kvnode.storage", "kvnode.network"),
    *("kubernetes", "asyncio", "aiohttp", "pyroute2", "grpc", "click", "rich", "yaml", "psutil", "pycdlib"),
}


@cache
def loaded(*modules: str) -> frozenset[str]:
    """The names in sys.modules after these imports."""
    code = f"import sys, json, {', '.join(modules)}; print(json.dumps(sorted(sys.modules)))"
    # -S keeps out what .pth files of the environment import; the environment's packages come by the path instead.
    path = [str(TREE), *(entry for entry in sys.path if "site-packages" in entry)]
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {path!r}; {code}"],
        capture_output=True,
        text=True,
        cwd="/",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stdout))


def dragged_in(modules: list[str], forbidden: set[str]) -> list[str]:
    """What of the forbidden these modules' import loads and bare msgspec doesn't."""
    base = loaded("json", "msgspec", "typing", "enum", "functools")
    return sorted(
        name for name in loaded(*modules) - base if any(name == bad or name.startswith(f"{bad}.") for bad in forbidden)
    )


def culprits(modules: list[str], forbidden: set[str]) -> dict[str, list[str]]:
    """Which of the modules load what of the forbidden. One by one only if all of them together do: a room has many."""
    together = dragged_in(modules, forbidden)
    if not together:
        return {}
    alone = {module: found for module in modules if (found := dragged_in([module], forbidden))}
    return alone or {"all of them together": together}


def modules_of(room: str) -> list[str]:
    """A room's modules, the compiled ones' stubs not counted."""
    place = TREE.joinpath(*room.split("."))
    if not place.is_dir():
        return [room]
    found = [path.relative_to(TREE).with_suffix("") for path in sorted(place.rglob("*.py"))]
    return [".".join(path.parts).removesuffix(".__init__") for path in found]


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_loads_no_effects(room):
    assert culprits(modules_of(room), EFFECTS | OUR_EFFECTS) == {}


def test_the_whole_pure_path_loads_no_effects():
    names = "load default validate unsupported HostFacts plan render to_dict"
    code = f"import sys, kvnode; [getattr(kvnode, name) for name in {names.split()!r}]; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/", timeout=60)
    assert done.returncode == 0, done.stderr
    seen = set(done.stdout.split())
    assert seen.isdisjoint({"libvirt", "pyroute2", "kubernetes", "psutil", "pycdlib", "asyncio"})


def test_the_launcher_loads_no_more_than_it_needs():
    modules = modules_of("kvnode.runtime.launcher")
    assert len(modules) > 1
    assert culprits(modules, NOT_IN_LAUNCHER) == {}


def test_importing_the_package_alone_loads_nothing_of_it():
    assert sorted(name for name in loaded("kvnode") if name.startswith("kvnode.")) == []


def test_public_names_resolve_in_any_order():
    names = subprocess.run(
        [sys.executable, "-c", "import kvnode; print(*kvnode.__all__)"],
        capture_output=True,
        text=True,
        cwd="/",
        check=True,
    ).stdout.split()
    assert names
    for order in (names, list(reversed(names))):
        code = f"import kvnode; [getattr(kvnode, name) for name in {order!r}]"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/", timeout=60)
        assert done.returncode == 0, done.stderr


def test_no_public_name_is_a_module_too():
    import kvnode

    for name in kvnode.__all__:
        assert not (TREE / "kvnode" / f"{name}.py").exists(), name
        assert not (TREE / "kvnode" / name).is_dir(), name
