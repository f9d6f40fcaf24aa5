"""A launcher's side of the connection, well-behaved and not: what its handler makes of it, and what it costs."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from controllers.virt_handler import followed as pace
from controllers.virt_handler.followed import READS_AT_ONCE, FollowedGuest
from controllers.virt_handler.guest_status import credible
from kvnode.runtime.pod_node import PodGuest, PodPlace
from kvnode.runtime.protocol import VERSION, Connection, Hello, Status, frame
from tests.controllers.eventually import eventually

PLACE = PodPlace("uid", Path("/nowhere"), Path("/nowhere"), Path("/nowhere/uid.json"))
RUNNING = Status("Running")


class Launcher:
    """The other end: says what a test has it say."""

    def __init__(self, with_its_hello: bytes = b"") -> None:
        self.socket, ours = socket.socketpair()
        self.socket.sendall(frame(Hello(VERSION, "a launcher of the test")) + with_its_hello)
        self.changes = 0
        self.followed = FollowedGuest(PLACE, PodGuest(None, RUNNING, Connection(ours, "test", 5.0)), self._changed)

    def _changed(self) -> None:
        self.changes += 1

    def floods(self, data: bytes) -> threading.Thread:
        """Sends the same over and over, as fast as it is taken, until it is hung up on."""

        def send() -> None:
            with suppress(OSError):
                while True:
                    self.socket.sendall(data)

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        return thread


@asynccontextmanager
async def launcher(with_its_hello: bytes = b"") -> AsyncIterator[Launcher]:
    made = Launcher(with_its_hello)
    try:
        yield made
    finally:
        made.followed.close()
        made.socket.close()


def test_what_came_together_with_the_first_answer_is_seen() -> None:
    """It is read from the socket before anybody listens there, and nothing may come after it for days."""

    async def body() -> None:
        paused = Status("Running", "PausedIOError", "its disk is full")
        async with launcher(frame(paused)) as one:
            await eventually(lambda: one.changes == 1)
            assert one.followed.status == paused
            assert one.followed.lost is None

    asyncio.run(body())


@pytest.mark.parametrize("said", [b"", frame(RUNNING)[:-1], b"\xff" * 64, frame(Status("Running", "Late"))])
def test_a_connection_that_breaks_off_is_told_once_with_what_came_before(said: bytes) -> None:
    """At its end, in the middle of a frame, in what is no frame."""

    async def body() -> None:
        async with launcher() as one:
            one.socket.sendall(said)
            one.socket.shutdown(socket.SHUT_WR)
            await eventually(lambda: one.followed.lost)
            whole = said == frame(Status("Running", "Late"))
            assert one.followed.status.reason == ("Late" if whole else "")
            assert one.changes == (2 if whole else 1)

    asyncio.run(body())


@pytest.mark.parametrize(
    "said",
    [
        b"".join(frame(Status("Running", "Flood", str(number))) for number in range(1000)),
        frame(Status("Running", "Long", "x" * 4_000_000)),
        frame(RUNNING),
    ],
    ids=["many", "long", "the same"],
)
def test_a_launcher_that_talks_without_end_disturbs_nobody(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop goes on at once, and the handler hears of a few changes a second at most."""
    monkeypatch.setattr(pace, "READS_PER_S", 10.0)

    async def body() -> None:
        async with launcher() as one:
            thread = one.floods(said)
            longest_s, begun = 0.0, time.monotonic()
            while time.monotonic() - begun < 1.5:
                before = time.monotonic()
                await asyncio.sleep(0.01)
                longest_s = max(longest_s, time.monotonic() - before)
            assert longest_s < 0.5, "something else waited for it"
            assert one.changes <= READS_AT_ONCE + 10 * 1.5 + 2
            assert one.followed.lost is None
        thread.join(5)
        assert not thread.is_alive()

    asyncio.run(body())


def test_one_that_was_slowed_down_is_heard_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "READS_PER_S", 10.0)

    async def body() -> None:
        async with launcher() as one:
            for number in range(2 * READS_AT_ONCE):
                one.socket.sendall(frame(Status("Running", "Busy", str(number))))
                await asyncio.sleep(0.001)
            one.socket.sendall(frame(Status("Failed", "GuestCrashed", "its end")))
            await eventually(lambda: one.followed.status.phase == "Failed")

    asyncio.run(body())


def test_what_a_launcher_says_can_stand_in_an_object() -> None:
    told = credible(Status("Failed", "no reason\n" * 100_000, "m" * 2_000_000))
    assert (told.reason, len(told.message)) == ("Unintelligible", 1024)
    plain = Status("Failed", "GuestCrashed", "QEMU ended")
    assert credible(plain) == plain
    assert credible(RUNNING).reason == ""
