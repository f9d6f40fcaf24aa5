"""A guest in a Pod whose node half has a bad moment: killed, torn records, a full disk, another at the same work.

What holds in all of it: one domain is started once, one address server runs, and what isn't known any more is said and
not guessed.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kvnode.errors import HostError
from kvnode.network.dnsmasq import find_dnsmasq
from kvnode.runtime import pod_node
from kvnode.runtime.pod_lock import PodBusy, held_pod
from kvnode.runtime.pod_node import NodeHalf, PodGuest, adopt_guest, mend_guest, read_pod_record, start_in_pod
from kvnode.runtime.progress import Progress
from kvnode.runtime.protocol import ProtocolError
from tests.controllers.handler_cases import qemus
from tests.controllers.handler_world import emulating_half
from tests.guest.conftest import Guests, kill
from tests.guest.launcher_pod import Pod


@pytest.fixture
def pod(guests: Guests, tmp_path: Path) -> Iterator[Pod]:
    """A Pod that is taken away; the machine is compared before and after."""
    made = Pod(tmp_path, 0)
    yield made
    made.end()


@pytest.fixture
def small_disk(pod: Pod) -> Iterator[Path]:
    """Where records are kept, on a disk of its own with 64 KiB."""
    state = pod.place.record.parent
    state.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "records", str(state)], check=True)
    yield state
    subprocess.run(["umount", str(state)], check=True)


@pytest.fixture(scope="module")
def half() -> NodeHalf:
    return emulating_half()


def start(pod: Pod, half: NodeHalf) -> PodGuest:
    return start_in_pod(pod.vmi(), pod.place, half, Progress())


def killed_at(step: str, pod: Pod, half: NodeHalf) -> None:
    """A node half that starts the guest and is killed where it comes to a step of the start."""
    child = os.fork()
    if child == 0:
        try:
            setattr(pod_node, step, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            start(pod, half)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def test_a_node_half_that_dies_at_any_step_and_comes_back_twice_starts_one_guest(
    pod: Pod, half: NodeHalf, small_disk: Path
) -> None:
    launcher = pod.start().launcher.pid
    filler = small_disk / "filler"
    filler.write_bytes(bytes(64 << 10))
    with pytest.raises(HostError, match="No space left on device"):
        start(pod, half)
    assert (qemus(launcher), find_dnsmasq(launcher)) == ([], []), "nothing is changed of what isn't written down"
    filler.unlink()

    for step in ("write_whole", "prepare_disks", "hand_over_network", "start_domain"):
        killed_at(step, pod, half)
    assert qemus(launcher) == []
    (server,) = find_dnsmasq(launcher)
    record = pod.place.record.read_bytes()
    pod.place.record.write_bytes(record[:100])
    with pytest.raises(HostError, match="handed over before.*is lost: delete the guest's Pod"):
        start(pod, half)
    pod.place.record.write_bytes(record)

    # Two handlers at one time: one of them starts it.
    with ThreadPoolExecutor(2) as threads:
        tries = [threads.submit(start, pod, half) for _ in range(2)]
    outcomes = [one.exception() or one.result() for one in tries]
    (guest,) = [one for one in outcomes if isinstance(one, PodGuest)]
    assert [type(one) for one in outcomes if one is not guest] == [PodBusy]
    (qemu,) = qemus(launcher)
    assert guest.record is not None
    assert guest.record.interfaces[0].addresses, "the address is known that the Pod had at first"
    guest.connection.close()

    # What was decided is forgotten, but not the guest.
    pod.place.record.write_bytes(b"{")
    for adopted in (adopt_guest(pod.place), start(pod, half)):
        assert (adopted.record, adopted.status.phase) == (None, "Running")
        adopted.connection.close()
    pod.place.record.write_bytes(record)
    whole = read_pod_record(pod.place)
    assert whole is not None
    kill(server)
    with held_pod(pod.place.lock), pytest.raises(PodBusy):
        mend_guest(pod.place, whole, half)
    assert find_dnsmasq(launcher) == []
    assert mend_guest(pod.place, whole, half) == 1
    assert (qemus(launcher), len(find_dnsmasq(launcher))) == ([qemu], 1)


def test_a_guest_that_is_not_started_yet_is_not_mended(pod: Pod, half: NodeHalf) -> None:
    """Its record is there before its network is: an address server now would be one too many later."""
    launcher = pod.start().launcher.pid
    killed_at("prepare_disks", pod, half)
    record = read_pod_record(pod.place)
    assert record is not None
    assert mend_guest(pod.place, record, half) == 0
    assert find_dnsmasq(launcher) == []


@pytest.mark.parametrize("step", ["prepare_disks", "hand_over_network", "start_domain"])
def test_a_pod_that_ends_in_the_middle_of_a_start_is_no_fault_of_the_guest(
    step: str, pod: Pod, half: NodeHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody deleted it: whatever fails then is said of a launcher that is gone, not of an image or the node."""
    launcher = pod.start().launcher
    real = getattr(pod_node, step)

    def ends_before(*arguments: object) -> object:
        kill(launcher.pid)
        return real(*arguments)

    monkeypatch.setattr(pod_node, step, ends_before)
    with pytest.raises(ProtocolError):
        start(pod, half)
