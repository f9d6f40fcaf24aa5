"""What the node keeps of its guests on disk, and which process was meant."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from kvnode.errors import HostError
from kvnode.paths import GuestPaths, NodePaths, guest_id
from kvnode.runtime.guests import (
    GuestRecord,
    all_guests,
    locked_guests,
    processes_in,
    read_bounded,
    read_record,
    write_record,
    write_whole,
)
from kvnode.runtime.node import ended_as, finish_guest
from kvnode.runtime.process import Process
from kvnode.runtime.reap import main as reap_main


@pytest.fixture
def node(tmp_path: Path) -> NodePaths:
    return NodePaths(tmp_path / "run", tmp_path / "lib", tmp_path / "cache")


HOSTILE = ["../../etc", "a/b", "a\nb", "a\0b", "'\"$(x)`", "x" * 300, "é", "."]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_never_becomes_a_path(node: NodePaths, name: str) -> None:
    paths = GuestPaths.of("default", name, node)
    assert paths.state.parent == node.guests
    assert paths.state.name == guest_id("default", name)
    assert len(paths.state.name) == 12
    assert set(paths.state.name) <= set("0123456789abcdef")


def test_namespace_and_name_are_told_apart() -> None:
    assert guest_id("a", "b") != guest_id("b", "a")
    assert guest_id("default", "x") == guest_id("default", "x")


def test_a_record_is_read_as_it_was_written(node: NodePaths) -> None:
    record = GuestRecord("default", "a", 1.5, launcher=Process(7, 8), addresses=("10.0.0.1",))
    paths = GuestPaths.of("default", "a", node)
    paths.state.mkdir(parents=True)
    write_record(paths, record)
    assert read_record(paths) == record
    assert [found for _, found in all_guests(node)] == [record]


@pytest.mark.parametrize("junk", [b"", b"{", b"[]", b'{"namespace": 1}', b"\0" * 100])
def test_a_record_that_a_crash_broke_is_none(node: NodePaths, junk: bytes) -> None:
    paths = GuestPaths.of("default", "a", node)
    paths.state.mkdir(parents=True)
    (paths.state / "guest.json").write_bytes(junk)
    assert read_record(paths) is None
    assert all_guests(node) == []


def test_a_file_that_can_not_be_written_says_where(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="nowhere/file can't be written"):
        write_whole(tmp_path / "nowhere" / "file", b"")


def test_only_regular_files_are_read_and_no_more_than_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "fifo")
    assert read_bounded(tmp_path / "file", 4) == b"0123"
    assert read_bounded(tmp_path / "file", 4, tail=True) == b"6789"
    for name in ("link", "fifo", "missing", "."):
        assert read_bounded(tmp_path / name, 4) is None


def test_the_folder_of_all_guests_is_gone_with_the_last_one(node: NodePaths) -> None:
    with locked_guests(node):
        (node.guests / "someone").mkdir()
    assert node.guests.is_dir()
    with locked_guests(node):
        (node.guests / "someone").rmdir()
    assert not node.run.exists()


def test_a_process_is_told_from_a_later_one_with_its_pid() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    meant = Process.of(child.pid)
    other = Process(child.pid, meant.start_ticks + 1)
    assert meant.alive()
    assert not other.alive()
    assert other.end(signal.SIGKILL, 1.0)
    assert child.poll() is None, "the wrong process was ended"
    assert meant.end(signal.SIGKILL, 5.0)
    assert not meant.alive()
    child.communicate()
    assert meant.wait(0)


def test_a_guest_without_a_sandbox_has_no_processes(node: NodePaths) -> None:
    paths = GuestPaths.of("default", "a", node)
    assert processes_in(paths) == []
    paths.pod.mkdir(parents=True)
    assert processes_in(paths) == []


@pytest.mark.parametrize(
    ("left", "status", "phase", "words"),
    [
        (b'{"type":"status","phase":"Succeeded","message":"done"}', 0, "Succeeded", "done"),
        (b'{"type":"status","phase":"Running"}', 137, "Failed", "signal 9"),
        (b"nonsense", 1, "Failed", "status 1"),
        (None, None, "Failed", "is gone"),
    ],
)
def test_how_a_guest_ended(node: NodePaths, left: bytes | None, status: int | None, phase: str, words: str) -> None:
    paths = GuestPaths.of("default", "a", node)
    paths.pod.mkdir(parents=True)
    if left is not None:
        (paths.pod / "end.json").write_bytes(left)
    end = ended_as(paths, status)
    assert end.phase == phase
    assert words in end.message


@pytest.fixture
def own_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NodePaths:
    monkeypatch.setenv("KVNODE_ROOT", str(tmp_path))
    return NodePaths.here()


def test_whoever_finishes_late_leaves_the_next_guest_of_that_name_alone(own_node: NodePaths) -> None:
    paths = GuestPaths.of("default", "a", own_node)
    paths.pod.mkdir(parents=True)
    (paths.private / "disks").mkdir(parents=True)
    write_record(paths, GuestRecord("default", "a", 2.0))
    old = GuestRecord("default", "a", 1.0)
    assert finish_guest(own_node, paths, old) == old
    assert read_record(paths) is not None
    assert (paths.private / "disks").is_dir()
    keeper = msgspec.structs.replace(old, keeper=Process(os.getppid(), 1))
    write_record(paths, keeper)
    assert reap_main([paths.state.name, "0"]) == 0
    assert read_record(paths) == keeper, "another keeper's guest was touched"


def test_a_guest_that_is_finished_leaves_nothing_whatever_it_made(own_node: NodePaths, tmp_path: Path) -> None:
    paths = GuestPaths.of("default", "a", own_node)
    deep = paths.pod
    for _ in range(150):
        deep = deep / ("x" * 20)
    deep.mkdir(parents=True)
    (paths.private / "nvram").mkdir(parents=True)
    record = GuestRecord("default", "a", 1.0, phase="Running")
    write_record(paths, record)
    assert finish_guest(own_node, paths, record).reason == "LauncherCrashed"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not paths.state.exists()
    assert not paths.private.exists()
