"""Guests that really run, and the promise that nothing of them is left on the machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.environment.command import KVNODE, Kvnode
from tests.environment.leftovers import MACHINE_WIDE, differences, snapshot
from tests.processes import alive

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "examples" / "vmi-tiny.yaml"
BOOT_S = 180.0
SETTLE_S = 15.0


class Guests:
    """Starts guests by the command, asks after them, and knows what to clean up."""

    def __init__(self, kvnode: Kvnode) -> None:
        self.kvnode = kvnode
        self.clients: list[subprocess.Popen[str]] = []

    def detach(self, manifest: Path | str, name: str, *options: str) -> dict[str, Any]:
        """Starts a guest and returns what ``ps`` says of it."""
        self.kvnode("run", str(manifest), "--name", name, "--detach", *options)
        return self.listed(name)

    def attach(self, manifest: Path | str, name: str) -> subprocess.Popen[str]:
        """Starts a client that stays with its guest."""
        client = subprocess.Popen(
            [KVNODE, "run", str(manifest), "--name", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.clients.append(client)
        return client

    def listed(self, name: str, namespace: str = "default") -> dict[str, Any]:
        """What ``ps -o json`` says of one guest."""
        listed = json.loads(self.kvnode("ps", "-n", namespace, "-o", "json").stdout)
        (found,) = [guest for guest in listed if guest["name"] == name]
        return dict(found)

    def names(self) -> list[str]:
        """Every guest that ``ps`` lists."""
        return [guest["name"] for guest in json.loads(self.kvnode("ps", "-o", "json").stdout)]

    def type(self, name: str, line: str) -> str:
        """What the guest's console prints after a line was typed into it."""
        return self.kvnode("console", name, stdin=f"\n{line}\n").stdout

    def clean(self) -> None:
        """Ends what a test has left, without a word where it left nothing."""
        for client in self.clients:
            if client.poll() is None:
                client.kill()
            client.communicate()
        for guest in json.loads(self.kvnode("ps", "-o", "json").stdout):
            self.kvnode("stop", guest["name"], "-n", guest["namespace"], "--force", status=None)


def wait_for(what: str, true: Callable[[], object], timeout_s: float = BOOT_S) -> None:
    """Waits until ``true`` says so; the test fails where it doesn't in time."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s:.0f} s"
        time.sleep(0.1)


def pings(address: str) -> bool:
    """Whether somebody answers at an address."""
    return subprocess.run(["ping", "-c1", "-W1", address], capture_output=True).returncode == 0


def web_page(address: str) -> str:
    """What the guest's web server says; empty where it doesn't answer yet."""
    try:
        with socket.create_connection((address, 80), timeout=3) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b""
            while data := connection.recv(4096):
                answer += data
    except OSError:
        return ""
    return answer.decode(errors="replace")


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Ends one process of a guest of ours."""
    os.kill(pid, number)
    wait_for(f"the end of process {pid}", lambda: not alive(pid), 20)


@pytest.fixture
def guests(kvnode: Kvnode, tiny_image: str) -> Iterator[Guests]:
    """Guests of one test; after it the machine must be as it was before."""
    before = snapshot()
    mine = Guests(kvnode)
    yield mine
    mine.clean()
    shared = os.environ.get("KVNODE_TEST_SHARED_MACHINE") == "1"
    deadline = time.monotonic() + SETTLE_S
    while True:
        left = [text for kind, text in differences(before, snapshot()) if not (shared and kind in MACHINE_WIDE)]
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    assert not left, "\n".join(left)
