"""What a run leaves behind on the machine is a fault, in whatever test it came about.

Before the first test and after the last one the same things are listed: descendants, network links, named network
namespaces, mounts, nft tables, cgroups, the routes and settings that the sandbox's network has to leave alone, and the
state folders below the suite's KVNODE_ROOT. Whatever joined or went is printed, and the run fails.

Descendants are complete, not guessed from names: tests/suite.py makes itself the one that orphans are handed to
(``PR_SET_CHILD_SUBREAPER``), so a launcher that left its session, a QEMU, a dnsmasq are all still below it. Outside
of the suite, orphans go to init and only our own children are seen.

Links, namespaces and rules are the machine's. Where other things make some at the same time, set
``KVNODE_TEST_SHARED_MACHINE=1``: then those lists are printed and don't count. A lane of the suite looks only at what
is its own, as the other one makes links meanwhile, and the suite looks at the machine when both have ended.
"""

import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.environment.root import STATE

# Namespaces are torn down by the kernel after the last process in them is gone, and links with them.
SETTLE_S = 10.0

# Set in the processes of a lane.
LANE = "KVNODE_TEST_LANE"

# Kinds that others on the machine change as well.
MACHINE_WIDE = ("link", "network namespace", "nft table", "mount", "cgroup", "setting")


def _descendants() -> Iterator[str]:
    """Processes below the suite, or below this one where there is no suite, that aren't this run's own frame."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] != "Z":
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    suite = os.environ.get("KVNODE_TEST_SUITE_PID")
    todo = [int(suite) if suite else os.getpid()]
    while todo:
        for child in children.get(todo.pop(), []):
            todo.append(child)
            if child != os.getpid():
                yield f"{child} {_command(child)}"


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:200]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _links() -> Iterator[str]:
    yield from os.listdir("/sys/class/net")


def _namespaces() -> Iterator[str]:
    for folder in (Path("/run/netns"), Path("/var/run/netns")):
        if folder.is_dir():
            yield from (str(path.resolve()) for path in folder.iterdir())


def _mounts() -> Iterator[str]:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        yield f"{fields[4]} ({fields[fields.index('-') + 1]})"


def _nft_tables() -> Iterator[str]:
    done = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True)
    yield from done.stdout.splitlines()


def _cgroups() -> Iterator[str]:
    for folder, below, _ in os.walk("/sys/fs/cgroup"):
        if folder.count("/") >= 6:
            below.clear()
        yield from (f"{folder}/{name}" for name in below if "kvnode" in name or "machine" in name)


def _settings() -> Iterator[str]:
    """What a sandbox's network could change for the whole machine."""
    for name in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "vm/nr_hugepages"):
        path = Path("/proc/sys", name)
        if path.exists():
            yield f"{name} = {path.read_text().strip()}"
    yield f"/etc/resolv.conf: {Path('/etc/resolv.conf').read_text()!r}" if Path("/etc/resolv.conf").exists() else ""
    routes = subprocess.run(["ip", "route", "show", "default"], capture_output=True, text=True).stdout
    yield f"default route: {routes.strip()}"


def _state() -> Iterator[str]:
    root = Path(os.environ["KVNODE_ROOT"])
    for folder in STATE:
        for path, folders, files in os.walk(root / folder):
            yield from (os.path.join(path, name) for name in files)
            yield from (os.path.join(path, name) for name in folders if not os.listdir(os.path.join(path, name)))


PROBES = {
    "process": _descendants,
    "link": _links,
    "network namespace": _namespaces,
    "mount": _mounts,
    "nft table": _nft_tables,
    "cgroup": _cgroups,
    "setting": _settings,
    "file": _state,
}


def watched_kinds() -> list[str]:
    """What this process's tests have to leave as it was."""
    in_a_lane = LANE in os.environ
    return [kind for kind in PROBES if not (in_a_lane and kind in MACHINE_WIDE)]


def snapshot(kinds: Iterable[str] | None = None) -> dict[str, set[str]]:
    """Everything that has to be left as it was, by kind; all that this run watches where none are named."""
    return {kind: set(PROBES[kind]()) for kind in (watched_kinds() if kinds is None else kinds)}


def differences(before: dict[str, set[str]], after: dict[str, set[str]]) -> list[tuple[str, str]]:
    """Kind and sentence for whatever one has and the other hasn't.

    What was ours from the start may go: an earlier test's process or folder that was still on its way out.
    """
    found = []
    for kind in before:
        found += [(kind, f"{kind} left behind: {name}") for name in sorted(after[kind] - before[kind])]
        if kind in MACHINE_WIDE:
            found += [(kind, f"{kind} gone: {name}") for name in sorted(before[kind] - after[kind])]
    return found


def settled(before: dict[str, set[str]]) -> list[tuple[str, str]]:
    """The differences that stay: what is on its way out has a while for it."""
    until = time.monotonic() + SETTLE_S
    while (found := differences(before, snapshot(before))) and time.monotonic() < until:
        time.sleep(0.25)
    return found


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--suite"):
        config.pluginmanager.register(Leftovers(), "kvnode-leftovers")


class Leftovers:
    """One run's comparison."""

    def __init__(self) -> None:
        self.before: dict[str, set[str]] = {}
        self.found: list[tuple[str, str]] = []
        self.shared = os.environ.get("KVNODE_TEST_SHARED_MACHINE") == "1"

    def pytest_sessionstart(self) -> None:
        self.before = snapshot()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.found = settled(self.before)
        if any(self._counts(kind) for kind, _ in self.found) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _counts(self, kind: str) -> bool:
        return not (self.shared and kind in MACHINE_WIDE)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.found:
            terminalreporter.section("the machine is not as it was", red=True, bold=True)
        for kind, sentence in self.found:
            terminalreporter.write_line(
                sentence if self._counts(kind) else f"{sentence} (does not count: shared machine)"
            )
