"""The launcher's loop with real sockets and without a domain: what happens to its terminals never ends the guest."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvnode.runtime.launcher import life as life_module
from kvnode.runtime.launcher.clients import Client
from kvnode.runtime.launcher.config import LauncherConfig
from kvnode.runtime.launcher.life import Life
from kvnode.runtime.launcher.serial import GUEST_BYTES
from kvnode.runtime.protocol import Attach, Start, Stop


class Scene:
    """A Life whose rounds are made by hand, and QEMU's end of the serial console."""

    def __init__(self, folder: Path) -> None:
        names = ("launcher.sock", "libvirt", "capabilities", "end.json", "console.log")
        self.life = Life(LauncherConfig(*(str(folder / name) for name in names)))
        self.qemu, guest = socket.socketpair()
        guest.setblocking(False)
        self.life._take(guest)
        self.opened = [self.qemu, guest]

    def terminal(self) -> socket.socket:
        """Somebody's own end of a connection that has been attached."""
        mine, theirs = socket.socketpair()
        self.opened += [mine, theirs]
        client = Client(theirs)
        client.pending.clear()
        self.life._clients.add(client)
        self.life._selector.register(theirs, 1, lambda _sock, mask: self.life._on_client(client, mask))
        self.life._attach(client, Attach())
        return mine

    def round(self) -> int:
        """One round of the loop; how many sockets were ready."""
        ready = self.life._selector.select(0)
        for key, mask in ready:
            key.data(key.fileobj, mask)
        return len(ready)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    for each in (*scene.opened, scene.life._wake_read, scene.life._wake_write):
        each.close()
    scene.life._selector.close()


@pytest.mark.parametrize("order", [1, -1])
def test_a_terminal_that_leaves_while_the_guest_prints(scene: Scene, order: int) -> None:
    mine, other = scene.terminal(), scene.terminal()
    scene.round()
    mine.close()
    scene.qemu.sendall(b"printed")
    ready = scene.life._selector.select(0)
    assert len(ready) >= 2, "the guest and the terminal that left, in one round"
    for key, mask in ready[::order]:
        key.data(key.fileobj, mask)
    scene.round()
    assert other.recv(1 << 16).endswith(b"printed")
    assert len(scene.life._serial.terminals) == 1


def test_a_guest_that_reads_nothing_costs_no_cpu_and_loses_no_typing(scene: Scene) -> None:
    mine = scene.terminal()
    mine.setblocking(False)
    typed = 0
    try:
        while True:
            typed += mine.send(b"x" * 4096)
            scene.round()
    except BlockingIOError:
        pass
    assert len(scene.life._serial.to_guest) >= GUEST_BYTES
    for _ in range(10):
        scene.round()
    assert scene.round() == 0, "the loop has nothing to do, and yet something is always ready"
    scene.qemu.settimeout(5.0)
    taken = 0
    while taken < typed:
        taken += len(scene.qemu.recv(1 << 16))
        scene.round()
    assert taken == typed


def test_a_guest_that_libvirt_can_not_end_goes_with_the_launcher(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody works on what is put on the worker's queue, as when libvirt hangs."""
    life = scene.life
    life._order = Start("<domain/>", 30)
    life._stop(Stop(0))
    life._tick()
    assert life._forced
    wait_s = life._timeout_s()
    assert wait_s is not None
    assert 0 < wait_s <= life_module.FORCE_S
    life._tick()
    assert life._status.phase == "Scheduled", "libvirt is given its time"
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + life_module.FORCE_S)
    life._tick()
    assert (life._status.phase, life._status.reason) == ("Succeeded", "Forced")
