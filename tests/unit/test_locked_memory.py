"""How much memory a launcher may lock: raised for a guest that asks for it, on a real process."""

import os
import resource
import subprocess
import sys

import msgspec
import pytest

from kvnode.errors import HostError
from kvnode.runtime.handover import _at_least, allow_locked_memory
from kvnode.runtime.process import Process
from tests.plans import plan_of

KIB = 1 << 10
WAITING = "import sys; sys.stdin.read()"


def locking(amount_bytes):
    """A plan that wants so much locked: little enough for anybody's limit, where no test needs more."""
    return msgspec.structs.replace(plan_of(), memory_lock_bytes=amount_bytes)


@pytest.fixture
def launcher():
    """Starts a process that may lock so much, and could allow itself so much, and waits."""
    started = []

    def start(soft, hard):
        child = subprocess.Popen(
            [sys.executable, "-c", WAITING],
            stdin=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK, (soft, hard)),
        )
        started.append(child)
        return Process.of(child.pid)

    yield start
    for child in started:
        child.communicate()


def limits_of(process):
    return resource.prlimit(process.pid, resource.RLIMIT_MEMLOCK)


def test_a_launcher_may_lock_its_guests_memory(launcher):
    process = launcher(16 * KIB, 64 * KIB)
    allow_locked_memory(locking(48 * KIB), process)
    assert limits_of(process) == (48 * KIB, 64 * KIB)
    allow_locked_memory(locking(48 * KIB), process)
    assert limits_of(process) == (48 * KIB, 64 * KIB)


@pytest.mark.needs("root", "cap_sys_resource")
def test_a_limit_is_raised_above_what_anybody_could(launcher):
    process = launcher(64 * KIB, 64 * KIB)
    allow_locked_memory(locking(1 << 40), process)
    assert limits_of(process) == (1 << 40, 1 << 40)


def test_nobody_may_lock_less_than_before(launcher):
    process = launcher(32 * KIB, 64 * KIB)
    allow_locked_memory(locking(16 * KIB), process)
    assert limits_of(process) == (32 * KIB, 64 * KIB)
    assert _at_least(resource.RLIM_INFINITY, 1 << 50) == resource.RLIM_INFINITY


def test_a_guest_that_does_not_ask_changes_nothing(launcher):
    process = launcher(64 * KIB, 64 * KIB)
    allow_locked_memory(plan_of(), process)
    assert limits_of(process) == (64 * KIB, 64 * KIB)


def test_a_launcher_that_has_ended_is_not_touched():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    process = Process.of(ended.pid)
    ended.wait()
    allow_locked_memory(locking(1 << 40), process)


@pytest.mark.needs("root")
def test_who_may_not_raise_it_says_what_would_do(launcher):
    process = launcher(64 * KIB, 64 * KIB)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        # Another user with no capability: the kernel refuses.
        said = b"nothing"
        try:
            os.setresuid(65534, 65534, 65534)
            allow_locked_memory(locking(1 << 40), process)
        except HostError as error:
            said = str(error).encode()
        finally:
            os.write(write, said)
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as told:
        assert "CAP_SYS_RESOURCE" in told.read()
    os.waitpid(child, 0)
