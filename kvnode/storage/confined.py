"""Runs a tool on data from strangers where it can do no harm.

The tool is an ordinary user without capabilities or a way to new ones, in a session of its own, with an empty
environment, no standard input unless given, and limits on memory, CPU time, file size and open files; it dies with
whoever started it, so that a kvnode that was killed leaves no tool behind.  util-linux's ``prlimit`` and ``setpriv``
set that up and become the tool; running Python between fork and exec is neither safe in a program with threads nor
cheap.
"""

import contextlib
import os
import resource
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from typing import IO

import msgspec

from kvnode.errors import HostError

NOBODY = 65534
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ENVIRONMENT = {"PATH": _PATH, "LC_ALL": "C.UTF-8"}
_DIE_WITH_US = ("--pdeathsig", "KILL")
_OUTPUT_LIMIT = 16 * 1024 * 1024
_PIECE_BYTES = 64 * 1024


class TookTooLong(HostError):
    """A confined tool was stopped at its time limit."""


class Limits(msgspec.Struct, frozen=True):
    """What a confined tool may use: address space and file size in bytes, CPU and wall time in seconds."""

    address_space_bytes: int = 1 << 30
    file_bytes: int = 0
    open_files: int = 64
    cpu_s: int = 30
    timeout_s: float = 60.0


class Outcome(msgspec.Struct, frozen=True):
    """How a tool ended: its exit status (negative: the signal that ended it), and what it wrote."""

    status: int
    stdout: bytes
    stderr: bytes

    @property
    def complaint(self) -> str:
        """The last words of the tool, on one line."""
        text = self.stderr.decode("utf-8", "replace").strip() or self.stdout.decode("utf-8", "replace").strip()
        if text:
            return " ".join(text.split())[:500]
        return f"signal {-self.status}" if self.status < 0 else f"status {self.status}"


def confined_argv(argv: Sequence[str], uid: int, gid: int, limits: Limits, package: str) -> list[str]:
    """The command line that runs ``argv`` confined; HostError naming ``package`` where the tool is missing.

    Root becomes ``uid`` and ``gid``; an ordinary user stays who it is.
    """
    identity = ["--reuid", str(uid), "--regid", str(gid), "--clear-groups"] if os.geteuid() == 0 else []
    return [
        _tool("prlimit", "util-linux"),
        f"--as={_within(resource.RLIMIT_AS, limits.address_space_bytes)}",
        f"--fsize={_within(resource.RLIMIT_FSIZE, limits.file_bytes)}",
        f"--nofile={_within(resource.RLIMIT_NOFILE, limits.open_files)}",
        f"--cpu={_within(resource.RLIMIT_CPU, limits.cpu_s)}",
        "--core=0",
        "--",
        _tool("setpriv", "util-linux"),
        *identity,
        "--no-new-privs",
        *_DIE_WITH_US,
        "--",
        _tool(argv[0], package),
        *argv[1:],
    ]


def _within(kind: int, wanted: int) -> int:
    """What is wanted, or less where we are held to less ourselves: nobody may give a child more than that."""
    hard = resource.getrlimit(kind)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def run_confined(
    argv: Sequence[str], *, uid: int, gid: int, limits: Limits, package: str, pass_fds: Sequence[int] = ()
) -> Outcome:
    """Runs ``argv`` to its end; HostError where it is missing or takes longer than its limit.

    Of what it writes the first 16 MiB are kept: a damaged disk can make qemu-img complain for as long as it may run.
    """
    process = start_confined(argv, uid=uid, gid=gid, limits=limits, package=package, pass_fds=pass_fds)
    assert process.stdout is not None
    assert process.stderr is not None
    deadline = time.monotonic() + limits.timeout_s
    try:
        stdout, stderr = _read_beginnings(process.stdout, process.stderr, deadline)
        process.wait(max(0.0, deadline - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired):
        raise TookTooLong(f"{argv[0]} was stopped: it took longer than {limits.timeout_s:g} seconds") from None
    finally:
        end_confined(process)
    return Outcome(process.returncode, stdout, stderr)


def _read_beginnings(stdout: IO[bytes], stderr: IO[bytes], deadline: float) -> tuple[bytes, bytes]:
    """Both pipes to their ends, and what each began with; TimeoutError after the deadline."""
    kept = (bytearray(), bytearray())
    with selectors.DefaultSelector() as selector:
        for pipe, beginning in zip((stdout, stderr), kept, strict=True):
            selector.register(pipe, selectors.EVENT_READ, beginning)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready and time.monotonic() >= deadline:
                raise TimeoutError
            for key, _ in ready:
                data = os.read(key.fd, _PIECE_BYTES)
                if not data:
                    selector.unregister(key.fileobj)
                key.data.extend(data[: _OUTPUT_LIMIT - len(key.data)])
    return bytes(kept[0]), bytes(kept[1])


def start_confined(
    argv: Sequence[str],
    *,
    uid: int,
    gid: int,
    limits: Limits,
    package: str,
    pass_fds: Sequence[int] = (),
    stdin: int | IO[bytes] = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Starts ``argv`` confined, with pipes for its output; the caller ends it."""
    return subprocess.Popen(
        confined_argv(argv, uid, gid, limits, package),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_ENVIRONMENT,
        cwd="/",
        pass_fds=tuple(pass_fds),
        start_new_session=True,
    )


def end_confined(process: subprocess.Popen[bytes]) -> None:
    """Ends what ``start_confined`` started, with all that it has started itself, and closes its pipes."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def dying_with_us(argv: Sequence[str], largest_file_bytes: int) -> list[str]:
    """The command line that runs a trusted tool so that it ends when we do, however we end, or writes too much."""
    limited = [_tool("prlimit", "util-linux"), f"--fsize={largest_file_bytes}", "--"]
    return [*limited, _tool("setpriv", "util-linux"), *_DIE_WITH_US, "--", *argv]


def _tool(name: str, package: str) -> str:
    path = shutil.which(name, path=_PATH)
    if path is None:
        raise HostError(f"{name} is not installed; `apt-get install {package}` brings it")
    return path
