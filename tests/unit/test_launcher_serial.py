"""The serial console's broker: nothing lost, nothing unbounded, nobody blocked."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvnode.runtime.launcher.serial import CLIENT_BYTES, LOG_BYTES, Serial, SerialLog

Opened = list[socket.socket]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Sockets that are closed after the test."""
    sockets: Opened = []
    yield sockets
    for each in sockets:
        each.close()


def broker(tmp_path: Path, opened: Opened) -> tuple[Serial, socket.socket]:
    """A broker, and QEMU's end of its socket."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "serial.sock"))
        server.listen()
        serial = Serial(str(tmp_path / "console.log"))
        serial.guest = serial.connect(str(tmp_path / "serial.sock"))
        qemu, _ = server.accept()
    opened += [qemu, serial.guest]
    return serial, qemu


def pair(opened: Opened) -> tuple[socket.socket, socket.socket]:
    """A terminal's own end and the launcher's; the latter doesn't block."""
    mine, theirs = socket.socketpair()
    theirs.setblocking(False)
    opened += [mine, theirs]
    return mine, theirs


def test_what_the_guest_prints_reaches_every_terminal_and_the_log(tmp_path: Path, opened: Opened) -> None:
    serial, qemu = broker(tmp_path, opened)
    mine, theirs = pair(opened)
    terminal = serial.attach(theirs, 0, b"")
    qemu.sendall(b"hello\xff\x00")
    assert serial.read_guest()
    assert serial.write_terminal(terminal)
    assert mine.recv(100) == b"hello\xff\x00"
    assert (tmp_path / "console.log").read_bytes() == b"hello\xff\x00"


def test_a_later_terminal_gets_the_backlog_that_it_asks_for(tmp_path: Path, opened: Opened) -> None:
    serial, qemu = broker(tmp_path, opened)
    qemu.sendall(b"0123456789")
    serial.read_guest()
    _, theirs = pair(opened)
    assert bytes(serial.attach(theirs, 4, b"").pending) == b"6789"
    _, others = pair(opened)
    assert bytes(serial.attach(others, 0, b"").pending) == b""


def test_what_is_typed_reaches_the_guest(tmp_path: Path, opened: Opened) -> None:
    serial, qemu = broker(tmp_path, opened)
    mine, theirs = pair(opened)
    terminal = serial.attach(theirs, 0, b"first ")
    mine.sendall(b"second")
    assert serial.read_terminal(terminal)
    serial.write_guest()
    assert qemu.recv(100) == b"first second"
    mine.close()
    assert not serial.read_terminal(terminal)


def test_a_terminal_that_does_not_read_is_given_up(tmp_path: Path, opened: Opened) -> None:
    serial, qemu = broker(tmp_path, opened)
    _mine, theirs = pair(opened)
    terminal = serial.attach(theirs, 0, b"")
    kept = True
    for _ in range(100):
        qemu.sendall(bytes(32768))
        serial.read_guest()
        kept = serial.write_terminal(terminal)
        if not kept:
            break
    assert not kept
    assert len(terminal.pending) < 2 * CLIENT_BYTES


def test_a_guest_that_takes_nothing_stops_the_typing_and_not_the_memory(tmp_path: Path, opened: Opened) -> None:
    serial, _qemu = broker(tmp_path, opened)
    mine, theirs = pair(opened)
    theirs.setblocking(False)
    mine.setblocking(False)
    terminal = serial.attach(theirs, 0, b"")
    for _ in range(1000):
        if not serial.takes_input:
            break
        mine.send(bytes(4096))
        serial.read_terminal(terminal)
        serial.write_guest()
    assert not serial.takes_input
    assert len(serial.to_guest) < 256 << 10


def test_the_log_is_bounded(tmp_path: Path) -> None:
    log = SerialLog(str(tmp_path / "console.log"))
    for _ in range(40):
        log.append(b"x" * (100 << 10))
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert sum(sizes) <= 2 * LOG_BYTES + 2 * (100 << 10)


def test_the_end_of_qemu_is_seen(tmp_path: Path, opened: Opened) -> None:
    serial, qemu = broker(tmp_path, opened)
    qemu.close()
    assert not serial.read_guest()
    assert serial.guest is None
    serial.write_guest()
