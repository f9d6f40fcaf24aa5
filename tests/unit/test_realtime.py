"""Threads come and go while they are looked for: whoever asks is told so, as of everything else."""

import os
import threading
from pathlib import Path

import pytest

from kvnode.errors import HostError
from kvnode.runtime import realtime


@pytest.fixture
def vcpu():
    """A thread of this process that is called as QEMU's of vCPU 0 is; the function ends it and waits for that."""
    named, over = threading.Event(), threading.Event()
    task: list[Path] = []

    def live():
        task.append(Path(f"/proc/self/task/{threading.get_native_id()}"))
        (task[0] / "comm").write_text("CPU 0/KVM")
        named.set()
        over.wait()

    thread = threading.Thread(target=live)
    thread.start()
    named.wait()

    def end():
        over.set()
        thread.join()
        while task[0].exists():  # the kernel's part of it ends a moment later
            os.sched_yield()

    yield end
    end()


def test_a_vcpu_that_ends_while_it_is_looked_at_is_a_fault_of_the_host(vcpu, monkeypatch):
    def ended(_task):
        vcpu()
        return False

    monkeypatch.setattr(realtime, "_is_realtime", ended)
    with pytest.raises(HostError, match="threads can't be looked at"):
        realtime.give_realtime(os.getpid(), os.getpid(), "0")


def test_a_vcpu_without_a_thread_is_named(vcpu):
    with pytest.raises(HostError, match="no thread for the vCPU 3; it has some for \\[0\\]"):
        realtime.give_realtime(os.getpid(), os.getpid(), "3")
