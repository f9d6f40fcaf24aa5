"""The lock on a Pod: one holder, nobody waits, and it goes with its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kvnode.runtime.pod_lock import PodBusy, held_pod
from kvnode.runtime.pod_node import PodPlace, forget_pod

HOLDER = """
import pathlib, sys
from kvnode.runtime.pod_lock import held_pod
with held_pod(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
UID = "01234567-89ab-cdef-0123-456789abcdef"


def test_a_pod_has_one_holder(tmp_path: Path) -> None:
    lock, other = tmp_path / "state" / "a.lock", tmp_path / "state" / "b.lock"
    with held_pod(lock):
        with (
            held_pod(other),
            pytest.raises(PodBusy, match="another handler is at work on the Pod of a"),
            held_pod(lock),
        ):
            pass
        with pytest.raises(PodBusy), held_pod(lock):
            pass
    with held_pod(lock):
        pass


def test_a_holder_that_is_killed_lets_go(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(PodBusy), held_pod(lock):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
    with held_pod(lock):
        pass


def test_what_is_forgotten_leaves_nothing_and_never_takes_a_lock_from_its_holder(tmp_path: Path) -> None:
    place = PodPlace.of(tmp_path / "kubelet", tmp_path / "state", UID)
    with held_pod(place.lock):
        place.record.write_text("{}")
        place.record.with_name(place.record.name + ".new").write_text("{")
        forget_pod(place)
        assert place.record.exists()
    forget_pod(place)
    assert list(place.record.parent.iterdir()) == []
    forget_pod(place)


def test_a_lock_that_is_removed_while_others_want_it_has_one_holder_still(tmp_path: Path) -> None:
    """Removing the file is the moment at which two could hold what has one name."""
    place = PodPlace.of(tmp_path / "kubelet", tmp_path / "state", UID)
    inside, most, stop = [0], [0], threading.Event()
    guard = threading.Lock()

    def hold() -> None:
        while not stop.is_set():
            try:
                with held_pod(place.lock):
                    with guard:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                    os.sched_yield()
                    with guard:
                        inside[0] -= 1
            except PodBusy:
                pass

    holders = [threading.Thread(target=hold) for _ in range(3)]
    for holder in holders:
        holder.start()
    for _ in range(2000):
        forget_pod(place)
    stop.set()
    for holder in holders:
        holder.join()
    assert most[0] == 1
