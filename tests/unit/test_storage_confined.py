"""What a confined tool may not do, asked of the kernel by the tool itself."""

import os
import subprocess
import sys
import time
import tracemalloc

import pytest

from kvnode.errors import HostError
from kvnode.storage.confined import NOBODY, Limits, TookTooLong, run_confined
from tests.processes import alive

SMALL = Limits(address_space_bytes=64 << 20, file_bytes=4096, open_files=16, cpu_s=1, timeout_s=20)


def run(script: str, limits: Limits = SMALL) -> str:
    outcome = run_confined(["sh", "-c", script], uid=NOBODY, gid=NOBODY, limits=limits, package="dash")
    return (outcome.stdout + outcome.stderr).decode() + (f"status {outcome.status}" if outcome.status else "")


def test_it_has_no_privileges_and_no_way_to_any() -> None:
    status = dict(line.split(":\t", 1) for line in run("cat /proc/self/status").splitlines() if ":\t" in line)
    assert status["NoNewPrivs"] == "1"
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    if os.geteuid() == 0:
        assert status["Uid"].split() == status["Gid"].split() == [str(NOBODY)] * 4
        assert status["Groups"].strip() == ""


def test_it_sees_no_environment_no_terminal_and_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    assert "SECRET" not in run("env")
    assert run("readlink /proc/self/fd/0; pwd").split() == ["/dev/null", "/"]
    with open("/etc/hostname") as file:
        os.set_inheritable(file.fileno(), True)
        assert run("ls /proc/self/fd").split()[:3] == ["0", "1", "2"]
        assert "hostname" not in run("ls -l /proc/self/fd")


def test_it_is_in_a_session_of_its_own() -> None:
    assert int(run("cut -d' ' -f6 /proc/self/stat")) != os.getsid(0)


@pytest.mark.parametrize(
    ("limit", "value"),
    [("Max address space", 64 << 20), ("Max file size", 4096), ("Max open files", 16), ("Max cpu time", 1)],
)
def test_its_limits(limit: str, value: int) -> None:
    (line,) = [line for line in run("cat /proc/self/limits").splitlines() if line.startswith(limit)]
    assert line.split()[3:5] == [str(value), str(value)]


def test_a_file_that_grows_too_large_ends_it() -> None:
    file = "/dev/shm/kvnode-test-$$"
    assert "status" in run(f"head -c 100000 /dev/zero > {file}; s=$?; wc -c < {file}; rm {file}; exit $s")


def test_a_loop_ends_by_its_cpu_time() -> None:
    assert run("while :; do :; done").endswith("status -9")


def test_a_sleeper_ends_by_the_clock() -> None:
    begun = time.monotonic()
    with pytest.raises(TookTooLong, match="it took longer than 0.5 seconds"):
        run("sleep 60", Limits(timeout_s=0.5))
    assert time.monotonic() - begun < 10


def test_a_tool_that_never_stops_complaining_fills_no_memory() -> None:
    tracemalloc.start()
    script = "head -c 200000000 /dev/zero >&2; echo done"
    outcome = run_confined(["sh", "-c", script], uid=NOBODY, gid=NOBODY, limits=Limits(), package="dash")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outcome.stdout == b"done\n"
    assert len(outcome.stderr) == 16 << 20
    assert peak < 64 << 20


def test_a_tool_that_is_not_there_is_named_with_its_package() -> None:
    with pytest.raises(HostError, match="no-such-tool is not installed; `apt-get install its-package` brings it"):
        run_confined(["no-such-tool"], uid=NOBODY, gid=NOBODY, limits=SMALL, package="its-package")


def test_it_dies_with_whoever_started_it() -> None:
    code = (
        "import os; from kvnode.storage.confined import *\n"
        "child = start_confined(['sleep', '60'], uid=NOBODY, gid=NOBODY, limits=Limits(), package='coreutils')\n"
        "print(child.pid, flush=True)\n"
        "os.read(0, 1)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    for _ in range(500):  # until it is the tool and no longer what sets it up
        with open(f"/proc/{child}/comm") as comm:
            if comm.read().strip() == "sleep":
                break
        time.sleep(0.01)
    parent.kill()
    parent.communicate()
    for _ in range(500):
        if not alive(child):
            return
        time.sleep(0.01)
    raise AssertionError(f"{child} outlived its parent")


def test_it_gets_what_we_have_where_its_limits_are_wider_than_ours() -> None:
    """A shell's ``ulimit -v`` holds for us: a wider limit can't be given, and asking for it would fail the tool."""
    script = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (900 << 20, 900 << 20))\n"
        "from kvnode.storage.confined import Limits, run_confined\n"
        "outcome = run_confined(['sh', '-c', 'ulimit -v'], uid=65534, gid=65534, limits=Limits(), package='dash')\n"
        "print(outcome.status, outcome.stdout.decode().strip(), outcome.complaint if outcome.status else '')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["0", str(900 << 10)], done.stdout + done.stderr
