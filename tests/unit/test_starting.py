"""What a start says of a launcher that did not survive it."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Any, cast

import pytest

from kvnode.errors import HostError
from kvnode.paths import GuestPaths, NodePaths
from kvnode.runtime.guests import GuestRecord
from kvnode.runtime.launcher_client import await_launcher
from kvnode.runtime.process import Process
from kvnode.runtime.progress import Progress
from kvnode.runtime.protocol import ProtocolError
from kvnode.runtime.sandbox import Sandbox
from kvnode.runtime.starting import DomainFailed, _Start

GONE = Process(1 << 22, 7)


def a_start(tmp_path: Path, said: str) -> _Start:
    node = NodePaths(tmp_path / "run", tmp_path / "lib", tmp_path / "cache")
    paths = GuestPaths.of("default", "a", node)
    paths.state.mkdir(parents=True)
    (paths.state / "launcher.log").write_text(said)
    record = GuestRecord("default", "a", 0.0)
    return _Start(cast(Any, None), node, paths, record, Progress(), contextlib.ExitStack(), None)


def test_the_last_words_of_a_launcher_that_ended_are_the_reason(tmp_path: Path) -> None:
    start = a_start(tmp_path, "Traceback\n  PermissionError: /opt/kvnode\n")
    with (
        pytest.raises(HostError, match=r"Traceback \| PermissionError: /opt/kvnode$"),
        start._launcher_blamed(Sandbox(GONE, GONE, -1)),
    ):
        raise ProtocolError("the launcher can't be reached")


def test_a_launcher_that_lives_or_gave_the_reason_itself_is_not_blamed(tmp_path: Path) -> None:
    start = a_start(tmp_path, "noise")
    us = Process.of(os.getpid())
    with pytest.raises(HostError, match="no plugin"), start._launcher_blamed(Sandbox(us, us, -1)):
        raise HostError("no plugin")
    with pytest.raises(DomainFailed, match="no memory"), start._launcher_blamed(Sandbox(GONE, GONE, -1)):
        raise DomainFailed("no memory")


def test_nobody_waits_for_a_launcher_that_is_gone(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(ProtocolError):
        await_launcher(tmp_path, os.getuid(), 600.0, GONE)
    assert time.monotonic() - began < 60
