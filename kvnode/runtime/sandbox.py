"""The standalone stand-in for a Pod: asks ``sandbox_init`` for a sandbox with a launcher as pid 1 in it.

Here is decided what the sandbox holds; ``sandbox_init`` carries it out on an interpreter of its own, because only a
process with one thread may fork and change namespaces safely.  Inside, paths are the Pod's, whatever they are on the
host: the package lies in ``/opt/kvnode``, its dependencies in ``/opt/site``.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import msgspec

from kvnode.errors import HostError
from kvnode.paths import node_root
from kvnode.runtime.process import Process, readable

POD_FOLDER = "/var/run/kubevirt"
PRIVATE_FOLDER = "/var/run/kubevirt-private"
CAPABILITIES_FOLDER = "/var/lib/kvnode/capabilities"
LIBVIRT_ROOT = "/run/libvirt"
PACKAGE_FOLDER = "/opt/kvnode"
SITE_FOLDER = "/opt/site"
STANDALONE_UID = 64055  # Debian's own number for libvirt-qemu, reserved on every Debian whether the user exists or not

# The interpreter's own tear-down would join libvirt's threads; there is nothing in it that the end of pid 1 doesn't do.
_RUN_PROGRAM = """\
import os, sys
sys.path[:0] = {folders!r}
from {module} import main
status = main()
sys.stderr.flush()
os._exit(status)
"""


class Order(msgspec.Struct, frozen=True):
    """What ``sandbox_init`` is asked for.

    root      -- an empty folder on the host, in the caller's hands; nothing is left mounted there
    files     -- text files to write, by path in the sandbox
    binds     -- (host path, path in the sandbox, writable)
    scratch   -- folders in memory that belong to the launcher, with their size as tmpfs takes it
    devices   -- names below /dev that the guest needs
    hugepages -- sizes of the pages that the guest's memory is made of, in bytes: each has a folder of its own
    log       -- the launcher's output, on the host
    reap      -- the command that cleans up when pid 1 has ended; its exit status is appended
    """

    root: str
    hostname: str
    uid: int
    gid: int
    argv: list[str]
    env: dict[str, str]
    log: str
    reap: list[str]
    reap_env: dict[str, str]
    files: dict[str, str] = {}
    binds: list[tuple[str, str, bool]] = []
    scratch: dict[str, str] = {}
    devices: list[str] = []
    hugepages: list[int] = []


class Sandbox:
    """A sandbox that was started: ``launcher`` is its pid 1 as the host counts, ``keeper`` waits for it outside.

    Until ``commit`` the sandbox dies with its starter.
    """

    def __init__(self, launcher: Process, keeper: Process, lifeline: int) -> None:
        self.launcher = launcher
        self.keeper = keeper
        self._lifeline = lifeline

    def commit(self) -> None:
        """From here on the sandbox lives without its starter."""
        os.write(self._lifeline, b".")
        self._let_go()

    def abandon(self) -> None:
        """Ends everything in the sandbox; the keeper cleans up behind it."""
        self._let_go()

    def _let_go(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def wait_for_keeper(self, timeout_s: float) -> bool:
        """Waits until the keeper has cleaned up; False where it takes longer."""
        return self.keeper.wait(timeout_s)


def package_binds() -> tuple[list[tuple[str, str, bool]], list[str]]:
    """The binds that bring this package and its dependencies into a sandbox, and the folders for ``sys.path``."""
    package = Path(__file__).resolve().parent.parent
    binds = [(str(package), f"{PACKAGE_FOLDER}/kvnode", False)]
    folders = [PACKAGE_FOLDER]
    sites: dict[Path, str] = {}
    for module in ("msgspec", "libvirt"):
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise HostError(f"the Python module {module} is missing: install kvnode[node] (pip install 'kvnode[node]')")
        where = Path(spec.origin).resolve().parent
        site = where.parent if spec.submodule_search_locations else where
        if site not in sites:
            sites[site] = f"{SITE_FOLDER}/{len(sites)}"
            binds.append((str(site), sites[site], False))
            folders.append(sites[site])
    interpreter = Path(sys.base_prefix).resolve()
    if not interpreter.is_relative_to("/usr"):
        binds.append((str(interpreter), str(interpreter), False))
    for path in ("/etc/ld.so.cache", "/etc/alternatives"):
        if os.path.exists(path):
            binds.append((path, path, False))
    return binds, folders


def base_interpreter() -> str:
    """The interpreter itself, behind a virtual environment's links: only its own prefix is in the sandbox."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def pod_order(
    state: Path,
    *,
    program: str,
    arguments: list[str],
    hostname: str,
    binds: list[tuple[str, str, bool]],
    devices: list[str],
    reap: list[str],
    resolv_conf: str = "",
    hugepages: list[int] | None = None,
) -> Order:
    """An order for a sandbox that looks like a launcher's Pod.

    state    -- the guest's folder on the host: ``root`` in it is where the sandbox's root gets mounted, ``pod`` what
                it has at /var/run/kubevirt, ``launcher.log`` its output
    program  -- the module below kvnode.runtime whose ``main`` is pid 1
    """
    package, folders = package_binds()
    uid = gid = STANDALONE_UID
    code = _RUN_PROGRAM.format(folders=folders, module=f"kvnode.runtime.{program}")
    return Order(
        root=str(state / "root"),
        hostname=hostname,
        uid=uid,
        gid=gid,
        argv=[base_interpreter(), "-I", "-S", "-B", "-c", code, *arguments],
        env={"PATH": "/usr/sbin:/usr/bin", "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8"},
        log=str(state / "launcher.log"),
        reap=reap,
        reap_env=_reap_environment(),
        files=system_files(uid, gid, hostname, resolv_conf),
        binds=[*package, (str(state / "pod"), POD_FOLDER, True), *binds],
        scratch={LIBVIRT_ROOT: "32m", "/tmp": "16m"},
        devices=devices,
        hugepages=hugepages or [],
    )


def _reap_environment() -> dict[str, str]:
    """What of our environment the clean-up needs; it runs in another folder, so the root is made absolute."""
    kept = {name: os.environ[name] for name in ("PATH", "CNI_PATH") if name in os.environ}
    return {**kept, "KVNODE_ROOT": str(node_root())}


def system_files(uid: int, gid: int, hostname: str, resolv_conf: str) -> dict[str, str]:
    """The files below /etc that libraries look for."""
    return {
        "/etc/passwd": f"root:x:0:0::/:/usr/sbin/nologin\nqemu:x:{uid}:{gid}::{POD_FOLDER}:/usr/sbin/nologin\n",
        "/etc/group": f"root:x:0:\nqemu:x:{gid}:\n",
        "/etc/hostname": f"{hostname}\n",
        "/etc/hosts": f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {hostname}\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        "/etc/resolv.conf": resolv_conf,
    }


def start_sandbox(order: Order, timeout_s: float = 20.0) -> Sandbox:
    """Starts a sandbox and returns once the launcher was executed in it.

    Raises HostError where a step of it fails, with the step's own words; nothing is left then.
    """
    with tempfile.TemporaryFile() as complaints:
        return _start_sandbox(order, timeout_s, complaints)


def _start_sandbox(order: Order, timeout_s: float, complaints: IO[bytes]) -> Sandbox:
    report_read, report_write = os.pipe()
    life_read, life_write = os.pipe()
    script = str(Path(__file__).with_name("sandbox_init.py"))
    try:
        helper = subprocess.Popen(
            [base_interpreter(), "-I", "-S", "-B", "-c", _MOVE_FDS, script, str(report_write), str(life_read)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            pass_fds=(report_write, life_read),
            start_new_session=True,
        )
    except OSError:
        os.close(life_write)
        os.close(report_read)
        raise
    finally:
        os.close(report_write)
        os.close(life_read)
    assert helper.stdin is not None
    with contextlib.suppress(BrokenPipeError), helper.stdin:
        helper.stdin.write(msgspec.json.encode(order))
    helper.wait()
    try:
        pids, failure = _read_report(report_read, time.monotonic() + timeout_s)
    except BaseException:
        os.close(life_write)
        raise
    finally:
        os.close(report_read)
    if failure is not None:
        os.close(life_write)
        if "keeper" in pids:
            Process.of(pids["keeper"]).wait(timeout_s)
        complaints.seek(0)
        said = " ".join(complaints.read(4096).decode(errors="replace").split())
        raise HostError(f"{failure}: {said}" if said else failure)
    return Sandbox(Process.of(pids["pid"]), Process.of(pids["keeper"]), life_write)


# Descriptors 3 and 4 are what sandbox_init promises; pass_fds keeps the numbers that they have here.  The fork makes
# the keeper nobody's child: whoever starts a guest from a program of their own has nothing to wait for.
_MOVE_FDS = """\
import os, sys
script, report, life = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
import fcntl
high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 5) for fd in (report, life)]
os.dup2(high[0], 3); os.dup2(high[1], 4)
os.closerange(5, max(report, life, *high) + 1)
if os.fork():
    os._exit(0)
os.execv(sys.executable, [sys.executable, "-I", "-S", "-B", script])
"""


def _read_report(fd: int, deadline: float) -> tuple[dict[str, int], str | None]:
    """The pids from sandbox_init's report, and why it failed if it did; the end of the file says that it is done."""
    data = b""
    while True:
        if not readable(fd, max(0.0, deadline - time.monotonic())):
            raise HostError("the sandbox was not ready in time; the host may be overloaded: try again")
        chunk = os.read(fd, 65536)
        if not chunk:
            break
        data += chunk
    pids: dict[str, int] = {}
    failure = None
    for line in data.splitlines():
        message = json.loads(line)
        if "error" in message:
            failure = f"the sandbox can't be made: {message['error']} (root with CAP_SYS_ADMIN is needed)"
        else:
            pids |= message
    if failure is None and "pid" not in pids:
        failure = "the sandbox's first process ended before it could report why"
    return pids, failure
