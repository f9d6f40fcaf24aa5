"""The sandbox as the program in it finds it, whatever state its starter is in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from kvnode.errors import HostError
from kvnode.runtime.sandbox import POD_FOLDER, STANDALONE_UID, Order, pod_order, start_sandbox

LOOK = f"""
import json, os, signal, sys
seen = {{
    "uid": os.getuid(),
    "pid": os.getpid(),
    "unreadable": [path for path in ("/etc/passwd", "/opt/kvnode/kvnode/paths.py", "/usr/bin/env")
                   if not os.access(path, os.R_OK)],
    "devices": [name for name in ("null", "net/tun", "ptmx") if not os.access("/dev/" + name, os.R_OK | os.W_OK)],
    "blocked": sorted(int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, ())),
    "descriptors": sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:-1],
}}
with open("{POD_FOLDER}/seen.new", "w") as file:
    json.dump(seen, file)
os.rename("{POD_FOLDER}/seen.new", "{POD_FOLDER}/seen")
"""


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def order_in(state: Path, *, reap: list[str]) -> Order:
    for name in ("root", "pod"):
        (state / name).mkdir(parents=True)
    os.chown(state / "pod", STANDALONE_UID, STANDALONE_UID)
    order = pod_order(state, program="launcher", arguments=[], hostname="x", binds=[], devices=["net/tun"], reap=reap)
    return msgspec.structs.replace(order, argv=[order.argv[0], "-I", "-S", "-c", LOOK])


def seen_in(state: Path) -> dict[str, object]:
    sandbox = start_sandbox(order_in(state, reap=["/usr/bin/touch", str(state / "reaped")]))
    assert sandbox.launcher.wait(20.0)
    sandbox.commit()
    assert sandbox.wait_for_keeper(20.0)
    assert (state / "reaped").exists()
    return dict(json.loads((state / "pod/seen").read_text()))


WELL = {
    "uid": STANDALONE_UID,
    "pid": 1,
    "unreadable": [],
    "devices": [],
    "blocked": [],
    "descriptors": [0, 1, 2],
}


@pytest.mark.parametrize("folder", ["plain", "with a space", "x" * 200])
def test_a_plain_start(tmp_path: Path, folder: str) -> None:
    assert seen_in(tmp_path / folder) == WELL


@pytest.mark.usefixtures("usual_umask")
def test_a_starter_whose_files_are_private(tmp_path: Path) -> None:
    os.umask(0o077)
    assert seen_in(tmp_path) == WELL


def test_a_starter_that_blocks_signals(tmp_path: Path) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})
    try:
        assert seen_in(tmp_path) == WELL
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_a_starter_with_many_files_open(tmp_path: Path) -> None:
    """More than select(2) knows, where the limit allows it: a program with many guests has that."""
    null = os.open("/dev/null", os.O_RDONLY)
    held = [os.dup(null) for _ in range(300)]
    try:
        assert seen_in(tmp_path) == WELL
    finally:
        for fd in (null, *held):
            os.close(fd)


def test_a_sandbox_that_can_not_be_made_is_cleaned_up_before_the_error(tmp_path: Path) -> None:
    order = order_in(tmp_path, reap=["/usr/bin/touch", str(tmp_path / "reaped")])
    broken = msgspec.structs.replace(order, devices=["kvnode-no-such-device"])
    with pytest.raises(HostError, match="kvnode-no-such-device"):
        start_sandbox(broken)
    assert (tmp_path / "reaped").exists()


def test_an_interpreter_that_does_not_come_up_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvnode.runtime.sandbox._MOVE_FDS", "import kvnode_no_such_module")
    with pytest.raises(HostError, match="No module named 'kvnode_no_such_module'"):
        start_sandbox(order_in(tmp_path, reap=[]))


def test_the_clean_up_is_told_the_root_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KVNODE_ROOT", "here")
    assert order_in(tmp_path, reap=[]).reap_env["KVNODE_ROOT"] == str(tmp_path / "here")


def test_a_probe_whose_starter_is_killed_leaves_nothing(tmp_path: Path) -> None:
    """The first start on a node asks libvirt for seconds: time enough to be killed."""
    code = (
        "from kvnode.runtime.capabilities import ensure_capabilities; from kvnode.paths import NodePaths\n"
        "from kvnode.facts import HostFacts; import os\n"
        "ensure_capabilities(NodePaths.here(), HostFacts(arch=os.uname().machine, kvm='absent'), print)\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "KVNODE_ROOT": str(tmp_path)})
    wait_until(lambda: any(tmp_path.glob("run/kvnode/probe-*/launcher.log")))
    starter.kill()
    starter.wait()
    wait_until(lambda: not (tmp_path / "run/kvnode").exists())


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
