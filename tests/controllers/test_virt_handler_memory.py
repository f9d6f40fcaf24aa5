"""What is remembered of a guest: launchers that hang up again and again are slowed down, and work that nobody waits
for any more leaves nothing open."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from controllers.runtime.resources import Request
from controllers.virt_handler import guest_memory
from controllers.virt_handler.followed import FollowedGuest
from controllers.virt_handler.guest_memory import GuestMemory
from controllers.virt_handler.guest_sync import FAULT, HUNG_UP
from kvnode.errors import HostError
from kvnode.runtime.pod_node import PodGuest, PodPlace
from kvnode.runtime.protocol import VERSION, Connection, Hello, Status, frame

PLACE = PodPlace("uid", Path("/nowhere"), Path("/nowhere"), Path("/nowhere/uid.json"))


def started() -> tuple[PodGuest, socket.socket]:
    theirs, ours = socket.socketpair()
    theirs.sendall(frame(Hello(VERSION, "a launcher of the test")))
    return PodGuest(None, Status("Running"), Connection(ours, "test", 5.0)), theirs


def is_hung_up(theirs: socket.socket) -> bool:
    theirs.settimeout(5)
    while data := theirs.recv(4096):
        assert data
    return True


def test_a_launcher_that_hangs_up_at_once_is_tried_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        memory = GuestMemory(Request("n", "a"))
        pauses = []
        for _ in range(12):
            guest, theirs = started()
            memory.follow(FollowedGuest(PLACE, guest, lambda: None))
            pauses.append(memory.broke_off(HUNG_UP))
            memory.unfollow()
            assert is_hung_up(theirs)
            theirs.close()
        assert pauses[0] < 0.5
        assert pauses[5] > 5
        assert all(25 < pause_s <= 30 for pause_s in pauses[-3:])
        # One that was followed in peace for a while has a clean slate.
        monkeypatch.setattr(guest_memory, "CALM_S", 0.0)
        guest, theirs = started()
        memory.follow(FollowedGuest(PLACE, guest, lambda: None))
        assert memory.broke_off(HUNG_UP) < 0.5
        memory.close()
        theirs.close()

    asyncio.run(body())


def test_a_start_that_nobody_waits_for_any_more_is_let_go_of_when_it_is_done() -> None:
    """The guest's object has gone meanwhile: its connection is closed, its failure no news, and nothing cancelled."""

    async def body() -> None:
        loop = asyncio.get_running_loop()
        complaints: list[object] = []
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        for outcome in (None, HostError("it could not")):
            memory = GuestMemory(Request("n", "a"))
            work: asyncio.Future[PodGuest] = loop.create_future()
            memory.work = work
            memory.close()
            assert not work.cancelled()
            if outcome is not None:
                work.set_exception(outcome)
                await asyncio.sleep(0)
                continue
            guest, theirs = started()
            work.set_result(guest)
            await asyncio.sleep(0)
            assert is_hung_up(theirs)
            theirs.close()
        del memory, work
        await asyncio.sleep(0)
        assert complaints == []

    asyncio.run(body())


def test_what_fails_is_left_alone_for_longer_each_time_and_not_at_all_once_it_went_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory, now = GuestMemory(Request("n", "a")), 1000.0
    monkeypatch.setattr(guest_memory.time, "monotonic", lambda: now)
    assert memory.rest_s() == 0
    rests = []
    for _ in range(12):
        memory.failed(FAULT)
        rests.append(memory.rest_s())
        now += rests[-1] + 0.001
        assert memory.rest_s() == 0
    assert rests[0] < 0.5
    assert rests[4] > 4
    assert all(50 < rest_s <= 60 for rest_s in rests[-3:])
    memory.failed(FAULT)
    memory.went_well()
    assert (memory.rest_s(), memory.faults) == (0, 0)
