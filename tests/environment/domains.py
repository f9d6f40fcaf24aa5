"""Every domain that a test renders is one that libvirt takes, by its schema and by its parser.

While tests run, what is rendered is kept once for each shape: its elements and attributes, its words, and of all other
text the kinds of characters and the magnitude. So the thousands of domains that properties and the fuzzer make cost
little, and a text that the schema has no place for is still seen. When all have run, a newer libvirt than the machine's
(tests/libvirt/newer.py) is asked of each; one that it refuses fails the run, with the name of the test that made it.

Nobody is promised a domain where a manifest is refused: what validation says no to is counted and not asked. What the
plan itself says takes a libvirt newer still is listed with that sentence. A test that puts text into a plan which no
manifest could bring there says ``@pytest.mark.made_up("why")``.

Programs that tests start keep theirs in a folder (children/sitecustomize.py), whose domains are put to libvirt as well:
a command validates before it plans. What runs on machines of its own, as the cluster's daemons do, isn't reached.

What budgets count and benchmarks time is left alone; their guests are the others' as well.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import OrderedDict
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kvnode.api.validation import validate
from kvnode.domain import rendering
from kvnode.errors import HostError, KvnodeError
from kvnode.planning import planner
from tests.environment.layers import layer_of
from tests.libvirt.newer import newer_version, with_newer_libvirt

PROGRAM = Path(__file__).resolve().parents[1] / "libvirt/accepting.py"
CHILDREN = Path(__file__).with_name("children")
FOLDER = "KVNODE_TEST_DOMAINS"
MEASURED = ("budgets", "benchmarks")
# Plans are rendered soon after they are made; of those that aren't it is forgotten what they were made from.
PLANS_KEPT = 200

_VALUE = re.compile(rb'"([^"]*)"|>([^<]+)<')
_WORD = re.compile(rb"[a-z][a-z0-9_.-]{0,23}")
_LETTERS = re.compile(r"[^\W\d_]", re.ASCII)


@dataclass
class Rendered:
    """The first domain of a shape: who made it, from what, and whether the manifest is one that isn't refused."""

    test: str
    xml: bytes
    sound: bool
    made_from: tuple[Any, Any, Any] | None


def shape_of(xml: bytes) -> bytes:
    """The XML with its words as they are, and all other text as the kinds of characters in it and its magnitude."""
    return _VALUE.sub(_kind, xml)


def _kind(found: re.Match[bytes]) -> bytes:
    value = found[1] if found[1] is not None else found[2]
    if _WORD.fullmatch(value):
        return found[0]
    kinds = "".join(sorted(set(_LETTERS.sub("a", re.sub(r"\d", "0", value.decode())))))
    return f'"{kinds[:40]} {len(value).bit_length()}"'.encode()


class Domains:
    """What one run has rendered."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="kvnode-domains-")
        self.before = {name: os.environ.get(name) for name in ("PYTHONPATH", FOLDER)}
        os.environ[FOLDER] = self.folder.name
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(CHILDREN), self.before["PYTHONPATH"])))
        self.shapes: dict[bytes, Rendered] = {}
        self.seen: set[int] = set()
        self.made_from: OrderedDict[int, tuple[Any, tuple[Any, Any, Any]]] = OrderedDict()
        self.test = ""
        self.watching = False
        self.version = 0
        self.refused: list[str] = []
        self.newer: list[str] = []
        self.render = rendering.render_domain
        self._watch_plans()

    def _watch_plans(self) -> None:
        # Once and for all: whoever has imported `plan` keeps the function that there was then.
        plan = planner.plan

        @wraps(plan)
        def planned(vmi: Any, host: Any, config: Any = None) -> Any:
            made = plan(vmi, host, config)
            if self.watching:
                self.made_from[id(made)] = (made, (vmi, host, config))
                if len(self.made_from) > PLANS_KEPT:
                    self.made_from.popitem(last=False)
            return made

        for module in list(sys.modules.values()):
            if getattr(module, "__dict__", {}).get("plan") is plan:
                vars(module)["plan"] = planned

    def _rendered(self, plan: Any) -> bytes:
        xml = self.render(plan)
        if hash(xml) not in self.seen:
            self._keep(plan, xml)
        return xml

    def _keep(self, plan: Any, xml: bytes) -> None:
        shape = shape_of(xml)
        known = self.shapes.get(shape)
        if known is None or not known.sound:
            made, made_from = self.made_from.get(id(plan), (None, None))
            # A plan that a test has made by itself is to be as good as one that was planned.
            sound = made is not plan or made_from is None or _is_sound(made_from[0], made_from[2])
            if known is None or sound:
                self.shapes[shape] = Rendered(self.test, xml, sound, made_from if made is plan else None)
            if not sound:
                return  # another manifest may bring the same domain
        self.seen.add(hash(xml))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.test = item.nodeid
        made_up = item.get_closest_marker("made_up") is not None
        self.watching = not made_up and layer_of(item.nodeid) not in MEASURED
        rendering.render_domain = self._rendered if self.watching else self.render

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("made_up"):
                if not mark.args or not str(mark.args[0]).strip():
                    raise pytest.UsageError(f"{item.nodeid}: the mark `made_up` says nothing of why")

    def _collect(self) -> None:
        """What programs have rendered, in the order of their names: which is the first of a shape is nobody's luck."""
        for path in sorted(Path(self.folder.name).iterdir()):
            test, _, xml = path.read_bytes().partition(b"\n")
            if path.suffix != ".part" and layer_of(test.decode()) not in MEASURED:
                known = self.shapes.get(shape := shape_of(xml))
                if known is None or not known.sound:
                    self.shapes[shape] = Rendered(test.decode(), xml, True, None)
                self.seen.add(hash(xml))

    def pytest_unconfigure(self) -> None:
        for name, value in self.before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self.folder.cleanup()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        rendering.render_domain = self.render
        self._collect()
        asked = [one for one in self.shapes.values() if one.sound]
        if not asked:
            return
        self.version, answers = ask([one.xml.decode() for one in asked])
        for one, refusal in zip(asked, answers, strict=True):
            if refusal is None:
                continue
            needs = _needs_newer(one, self.version)
            (self.refused if needs is None else self.newer).append(f"{one.test}: {needs or refusal}")
        if self.refused and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        if not self.version or not (self.refused or self.newer or config.getoption("--suite", False)):
            return
        out, name = terminalreporter, f"libvirt {self.version // 1_000_000}.{self.version // 1000 % 1000}"
        sound = sum(one.sound for one in self.shapes.values())
        out.section("domains")
        out.write_line(f"{sound} shapes of {len(self.seen)} domains were put to {name}")
        if len(self.shapes) > sound:
            out.write_line(f"{len(self.shapes) - sound} more were not: their manifests are refused")
        for line in dict.fromkeys(self.newer):
            out.write_line(f"newer than {name}: {line}")
        for line in self.refused:
            out.write_line(f"refused by {name}: {line}", red=True)


def _is_sound(vmi: Any, config: Any) -> bool:
    """Whether admission and every command would take this manifest."""
    try:
        return not validate(vmi, config)
    except KvnodeError:
        return False


def _needs_newer(one: Rendered, version: int) -> str | None:
    """The plan's own sentence about the version that the domain takes, where it has one for this libvirt."""
    if one.made_from is None:
        return None
    vmi, host, config = one.made_from
    try:
        planner.plan(vmi, msgspec.structs.replace(host, libvirt=version), config)
    except HostError as refusal:
        return str(refusal) if "takes libvirt" in str(refusal) else None
    except KvnodeError:
        return None
    return None


def ask(xmls: list[str]) -> tuple[int, list[str | None]]:
    """The newer libvirt's version, and its words against each domain, or None."""
    command = with_newer_libvirt(sys.executable, PROGRAM)
    done = subprocess.run(command, input=json.dumps(xmls), capture_output=True, text=True, timeout=1800)
    if done.returncode:
        raise RuntimeError(f"{PROGRAM.name} ended with status {done.returncode}: {done.stderr[-2000:]}")
    version, answers = json.loads(done.stdout)
    if version != newer_version():
        raise RuntimeError(f"libvirt {version} answered in place of the one in the build cache, {newer_version()}")
    return version, answers


def pytest_configure(config: pytest.Config) -> None:
    why = "renders a plan that no manifest makes, for the reason given: no domain of it is put to libvirt"
    config.addinivalue_line("markers", f"made_up(why): {why}")
    # A run that measures is to measure the product alone.
    if not (config.getoption("benchmark_enable", False) or config.getoption("benchmark_only", False)):
        config.pluginmanager.register(Domains(), "kvnode-domains")
