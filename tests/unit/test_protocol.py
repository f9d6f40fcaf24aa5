"""The launcher's protocol: frames, versions, and peers that talk something else."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from pathlib import Path

import msgspec
import pytest

from kvnode.errors import KvnodeError
from kvnode.runtime import handover
from kvnode.runtime.launcher.clients import Client, accept, listen
from kvnode.runtime.launcher_client import connect_launcher
from kvnode.runtime.protocol import (
    MAX_FRAME_BYTES,
    VERSION,
    Connection,
    Follow,
    Frames,
    Hello,
    ProtocolError,
    Query,
    Start,
    Status,
    Stop,
    decode_request,
    frame,
)


@pytest.mark.parametrize("request_", [Start("<domain/>", 30, "/s"), Start("", 0), Stop(), Stop(0), Query(), Follow()])
def test_a_request_comes_out_as_it_went_in(request_: msgspec.Struct) -> None:
    frames = Frames()
    for byte in frame(request_):
        assert frames.next() is None
        frames.feed(bytes([byte]))
    body = frames.next()
    assert body is not None
    assert decode_request(body) == request_
    assert frames.next() is None


def test_a_frame_longer_than_the_protocol_has_is_refused_before_it_is_read() -> None:
    frames = Frames()
    frames.feed((MAX_FRAME_BYTES + 1).to_bytes(4, "big"))
    with pytest.raises(ProtocolError, match=str(MAX_FRAME_BYTES)):
        frames.next()


def test_what_is_too_long_is_not_sent() -> None:
    with pytest.raises(ProtocolError):
        frame(Start("x" * MAX_FRAME_BYTES, 0))


def answering(server: socket.socket, *messages: bytes) -> threading.Thread:
    """Somebody at the other end who says just this."""

    def talk() -> None:
        peer, _ = server.accept()
        with peer:
            for message in messages:
                peer.sendall(message)
            peer.recv(1 << 16)

    thread = threading.Thread(target=talk)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (frame(Hello(VERSION + 1, "newer")), "version"),
        (frame(Status("Running")), "no hello"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "a frame of"),
        (b"", "closed|answer"),
    ],
)
def test_a_peer_that_is_no_launcher_of_this_version(tmp_path: Path, said: bytes, complaint: str) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "launcher.sock"))
    server.listen()
    thread = answering(server, said)
    with pytest.raises(ProtocolError, match=complaint):
        connect_launcher(tmp_path, _me(), 1.0)
    thread.join()
    server.close()


def test_a_launcher_that_is_always_about_to_start_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its answers is in time; the start isn't."""
    monkeypatch.setattr(handover, "START_S", 0.5)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "launcher.sock"))
    server.listen()

    def talk() -> None:
        peer, _ = server.accept()
        with peer, contextlib.suppress(OSError):
            peer.sendall(frame(Hello(VERSION, "a launcher of the test")))
            while True:
                peer.sendall(frame(Status("Scheduled")))

    thread = threading.Thread(target=talk)
    thread.start()
    begun = time.monotonic()
    with connect_launcher(tmp_path, _me(), 5.0) as connection, pytest.raises(ProtocolError, match="has been starting"):
        handover.start_domain(connection, Start("<domain/>", 30))
    assert time.monotonic() - begun < 3
    thread.join(5)
    server.close()


def _me() -> int:
    return os.getuid()


def test_another_user_at_the_socket_is_refused(tmp_path: Path) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "launcher.sock"))
    server.listen()
    with pytest.raises(ProtocolError, match=f"user {_me()}; the launcher is user 4242"):
        connect_launcher(tmp_path, 4242, 1.0)
    server.close()


def test_a_link_in_the_place_of_the_folder_or_the_socket_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(elsewhere / "launcher.sock"))
    server.listen()
    (tmp_path / "folder").symlink_to(elsewhere)
    with pytest.raises(ProtocolError, match="no folder"):
        connect_launcher(tmp_path / "folder", _me(), 1.0)
    pod = tmp_path / "pod"
    pod.mkdir()
    (pod / "launcher.sock").symlink_to(elsewhere / "launcher.sock")
    with pytest.raises(ProtocolError, match="no socket"):
        connect_launcher(pod, _me(), 1.0)
    server.close()


def test_both_sides_of_ours_understand_each_other(tmp_path: Path) -> None:
    server = listen(str(tmp_path / "launcher.sock"))
    server.setblocking(True)
    asked = []

    def serve() -> None:
        client = accept(server)
        assert isinstance(client, Client)
        with client.socket:
            client.socket.setblocking(True)
            client.write()
            while client.read():
                while (request := client.next_request()) is not None:
                    asked.append(request)
                    client.send(Status("Running", qemu_pid=7))
                    client.write()

    thread = threading.Thread(target=serve)
    thread.start()
    with connect_launcher(tmp_path, _me(), 5.0) as connection:
        assert isinstance(connection, Connection)
        assert connection.status(Query()) == Status("Running", qemu_pid=7)
        assert connection.status(Follow()).phase == "Running"
    thread.join(5)
    server.close()
    assert asked == [Query(), Follow()]


def test_a_peer_that_answers_a_byte_at_a_time_has_no_more_time_than_another(tmp_path: Path) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "launcher.sock"))
    server.listen()
    ended = threading.Event()

    def drip() -> None:
        peer, _ = server.accept()
        with peer:
            peer.sendall((1 << 20).to_bytes(4, "big"))
            while not ended.wait(0.05):
                try:
                    peer.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with pytest.raises(ProtocolError, match="does not answer within its time"):
            connect_launcher(tmp_path, _me(), 0.5)
    finally:
        ended.set()
        thread.join()
        server.close()


@pytest.mark.parametrize("timeout_s", [2.0**63, 5e6, -1.0, 0.0])
def test_any_grace_period_makes_a_limit(timeout_s: float) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(frame(Hello(VERSION, "x")))
        with Connection(ours, "test", 5.0) as connection:
            connection.limit(timeout_s)
            theirs.sendall(frame(Status("Running")))
            assert connection.status(Query()).phase == "Running"


def test_a_protocol_error_is_one_of_ours() -> None:
    assert issubclass(ProtocolError, KvnodeError)
