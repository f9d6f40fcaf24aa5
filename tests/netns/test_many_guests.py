"""The list of guests where launchers are silent, and whose processes are whose: real ones, in a root of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvnode.paths import GuestPaths, NodePaths
from kvnode.runtime import node as node_room
from kvnode.runtime.guests import GuestRecord, processes_in, processes_of, write_record
from kvnode.runtime.node import guests
from kvnode.runtime.sandbox import STANDALONE_UID

# Listens as the launcher's user, so that it is believed, and never answers.
_SILENT = """
import os, socket, sys, time
root, path, uid = sys.argv[1], sys.argv[2], int(sys.argv[3])
server = socket.socket(socket.AF_UNIX)
server.bind(path)
os.chroot(root)
os.setgid(uid)
os.setuid(uid)
server.listen()
print("listens", flush=True)
time.sleep(120)
"""
NAMES = ("a", "b", "c", "d")


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[tuple[NodePaths, dict[str, int]]]:
    """A node with guests whose launchers are there and say nothing; the launchers' pids by the guests' names."""
    node = NodePaths(tmp_path / "run", tmp_path / "lib", tmp_path / "cache")
    tmp_path.chmod(0o755)
    launchers: dict[str, subprocess.Popen[str]] = {}
    try:
        for name in NAMES:
            paths = GuestPaths.of("default", name, node)
            paths.pod.mkdir(parents=True)
            write_record(paths, GuestRecord("default", name, time.time(), phase="Running"))
            inside = tmp_path / name / "var" / "run"
            inside.mkdir(parents=True)
            (inside / "kubevirt").symlink_to(paths.pod)
            words = [str(tmp_path / name), str(paths.pod / "launcher.sock"), str(STANDALONE_UID)]
            launchers[name] = subprocess.Popen(
                [sys.executable, "-I", "-c", _SILENT, *words], stdout=subprocess.PIPE, text=True
            )
        for launcher in launchers.values():
            assert launcher.stdout is not None
            assert launcher.stdout.readline() == "listens\n"
        yield node, {name: launcher.pid for name, launcher in launchers.items()}
    finally:
        for launcher in launchers.values():
            launcher.kill()
            launcher.communicate()


def test_silent_launchers_are_waited_for_together(
    silent: tuple[NodePaths, dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, pids = silent
    monkeypatch.setattr(node_room, "ANSWER_S", 2.0)
    began = time.monotonic()
    found = guests(node)
    took = time.monotonic() - began
    assert [(guest.record.name, guest.record.phase, guest.record.reason) for guest in found] == [
        (name, "Unknown", "LauncherSilent") for name in NAMES
    ]
    assert {guest.record.name: guest.processes["launcher"] for guest in found} == {
        name: [pid] for name, pid in pids.items()
    }
    assert 2.0 <= took < 2 * 2.0, "one after another takes 8 s"


def test_each_guest_has_its_own_processes_and_no_others(silent: tuple[NodePaths, dict[str, int]]) -> None:
    node, pids = silent
    paths = [GuestPaths.of("default", name, node) for name in (*NAMES, "nobody")]
    assert processes_of(paths) == [*([pids[name]] for name in NAMES), []]
    assert [processes_in(one) for one in paths] == processes_of(paths)
