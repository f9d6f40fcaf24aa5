"""A machine: mount, pid, network, uts and ipc namespaces of its own, and the daemons that run in them.

The control plane is one machine, each node another. A machine's process 1 is ``pause`` (pause.c), started by
machine.sh: when it is killed the kernel ends every process of the machine, and with them go its mounts, its links and
its rules. So ending a machine needs no account of what it did, and holds after any crash. It is found by its command
line, which names its root folder from the first moment on, and not by what some record says.

Its root is a folder of this host with its own /etc, /var and /tmp, and this host's /usr, read-only. Daemons write their
logs to /var/log there, which stays readable from outside when the machine has ended.
"""

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.cluster.cgroups import make_cgroup
from deploy.cluster.faults import ClusterError, last_lines

SCRIPT = Path(__file__).with_name("machine.sh")
START_TIMEOUT_S = 30.0
END_TIMEOUT_S = 30.0

# A machine's own folders, and this host's files of /etc that programs of /usr look for.
FOLDERS = (
    *("usr", "proc", "sys", "dev", "run", "tmp", "root", "home", "mnt", "srv", "etc/ssl", "opt/cluster"),
    *("etc/cni/net.d", "etc/kubernetes", "etc/containerd", "var/lib/cni", "var/lib/kubelet", "var/lib/containerd"),
    *("var/log/pods", "var/log/containers", "var/cache", "var/tmp"),
)
FROM_ETC = (
    *("alternatives", "debian_version", "ethertypes", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"),
    *("localtime", "mime.types", "nsswitch.conf", "os-release", "passwd", "protocols", "services", "xattr.conf"),
)
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")

# A kubelet sets these for the whole kernel, which is not a node's to change: it finds them as it wants them.
KERNEL_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


@dataclass(frozen=True)
class Machine:
    """One machine; ``folder`` is its own on this host, ``cgroup`` relative to each hierarchy."""

    name: str
    folder: Path
    cgroup: str

    @property
    def root(self) -> Path:
        """What is ``/`` inside, without what is mounted there."""
        return self.folder / "root"

    def path(self, inside: str) -> Path:
        """A file of the machine by its path inside, where it lies in the machine's own folder."""
        return self.root / inside.lstrip("/")

    def log(self, daemon: str) -> Path:
        return self.path(f"/var/log/{daemon}.log")

    def pid(self) -> int:
        """The machine's process 1, as this host counts; ClusterError where the machine isn't up."""
        for pid in processes_of(self.root):
            if _is_process_1(pid):
                return pid
        raise ClusterError(f"{self.name} is not up; see {self.folder}, or start over (make cluster-down, make cluster)")

    # -- its life ----------------------------------------------------------------------------------------------------

    def create(self, programs: Mapping[str, Path], hosts: Mapping[str, str]) -> None:
        """Lay out the root and start process 1.

        ``programs`` are bound to /opt/cluster by these names; one must be ``pause``. ``hosts`` are addresses by name.
        """
        self._lay_out(hosts)
        bound: list[str] = []
        for name, source in programs.items():
            self.path(f"/opt/cluster/{name}").touch(mode=0o755)
            bound += [str(source), f"opt/cluster/{name}"]
        for setting, value in KERNEL_SETTINGS.items():
            if Path("/proc/sys", setting).exists():
                source = self.folder / "kernel" / setting.replace("/", ".")
                source.parent.mkdir(exist_ok=True)
                source.write_text(f"{value}\n")
                bound += [str(source), f"proc/sys/{setting}"]
        cgroups = make_cgroup(f"{self.cgroup}/daemons")
        self._start(bound)
        # Out of the maker's cgroup, which may end with the maker's session.
        for pid in processes_of(self.root):
            for cgroup in cgroups:
                (cgroup / "cgroup.procs").write_text(str(pid))

    def _lay_out(self, hosts: Mapping[str, str]) -> None:
        for folder in FOLDERS:
            self.path(folder).mkdir(parents=True, exist_ok=True)
        for folder in ("tmp", "var/tmp"):
            self.path(folder).chmod(0o1777)
        self.path("root").chmod(0o700)
        for link, points_to in {"var/run": "/run", "var/lock": "/run/lock"}.items():
            self.path(link).symlink_to(points_to)
        for name in MERGED:
            if Path("/", name).is_symlink():
                self.path(name).symlink_to(f"usr/{name}")
        for name in FROM_ETC:
            source, target = Path("/etc", name), self.path(f"/etc/{name}")
            if source.is_dir() and not source.is_symlink():
                shutil.copytree(source, target, symlinks=True)
            elif source.exists():
                shutil.copy2(source, target, follow_symlinks=True)
        names = {"localhost": "127.0.0.1", **hosts}
        self.path("/etc/hosts").write_text("".join(f"{address} {name}\n" for name, address in names.items()))
        self.path("/etc/hostname").write_text(f"{self.name}\n")
        self.path("/etc/machine-id").write_text(f"{os.urandom(16).hex()}\n")
        self.path("/etc/resolv.conf").write_text("")

    def _start(self, bound: Sequence[str]) -> None:
        log = self.folder / "start.log"
        # By setsid, which leaves it to process 1 of this host: a machine is nobody's child and outlives its maker.
        with log.open("wb") as out:
            subprocess.run(
                ["setsid", "--fork", "unshare", "--mount", "--pid", "--net", "--uts", "--ipc"]
                + ["--fork", "--kill-child=KILL", "--", "sh", str(SCRIPT), str(self.root), self.name, *bound],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                check=True,
                timeout=START_TIMEOUT_S,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and (started := list(processes_of(self.root))):
            if any(map(_is_process_1, started)):
                return
            time.sleep(0.01)
        end_machines(self.root)
        raise ClusterError(
            f"{self.name} did not come up: its namespaces or mounts can't be made, which needs root "
            f"with CAP_SYS_ADMIN and CAP_NET_ADMIN. {last_lines(log)}"
        )

    # -- what runs in it ---------------------------------------------------------------------------------------------

    def command(self, *words: str | Path) -> list[str]:
        """A command as it is called from here to run inside.

        The machine's root is asked for too: entering its mount namespace leads to the root of that, which is another
        one where we are in a chroot ourselves.
        """
        return ["nsenter", "-t", str(self.pid()), "-m", "-p", "-n", "-u", "-i", "-r", "--", *map(str, words)]

    def run(
        self, *words: str | Path, stdin: str | None = None, timeout_s: float = 60, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside to its end; ClusterError where it fails (if ``check``) or takes longer."""
        told = f"{shlex.join(map(str, words))} on {self.name}"
        try:
            done = subprocess.run(
                self.command(*words), input=stdin or "", capture_output=True, text=True, timeout=timeout_s, check=False
            )
        except subprocess.TimeoutExpired:
            raise ClusterError(f"{told} did not end within {timeout_s:.0f} s") from None
        if check and done.returncode:
            said = (done.stderr or done.stdout).strip()[-2000:]
            raise ClusterError(f"{told} failed with status {done.returncode}: {said}")
        return done

    def start(self, daemon: str, *words: str) -> None:
        """Start a daemon inside, in the machine's own cgroup; it is nobody's child but process 1's.

        Its output is appended to its log. That it started doesn't say that it stays: ask ``alive``.
        """
        cgroups = make_cgroup(f"{self.cgroup}/daemons")
        script = (
            f"for folder in {shlex.join(map(str, cgroups))}; do echo 0 >$folder/cgroup.procs; done\n"
            "export HOME=/root PATH=/opt/cluster:/usr/sbin:/usr/bin:/sbin:/bin\nname=$1\nshift\n"
            'setsid "$@" </dev/null >>/var/log/$name.log 2>&1 &\n'
            "echo $! >/run/daemons/$name.pid\n"
        )
        self.run("sh", "-ec", script, "sh", daemon, *words)

    def alive(self, daemon: str) -> bool:
        """Whether the daemon runs."""
        return self._state(daemon) not in ("", "Z", "X")

    def _state(self, daemon: str) -> str:
        """The daemon's state as /proc names it; empty where there is none, or none any more."""
        root = Path(f"/proc/{self.pid()}/root")
        try:
            inner = int((root / f"run/daemons/{daemon}.pid").read_text())
            return (root / f"proc/{inner}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return ""

    def stop(self, daemon: str, signal_number: int = signal.SIGTERM, timeout_s: float = 30) -> None:
        """End a daemon and wait until it is gone; nothing where it doesn't run."""
        if not self.alive(daemon):
            return
        self.run("sh", "-c", f'kill -{int(signal_number)} "$(cat /run/daemons/$1.pid)"', "sh", daemon, check=False)
        deadline = time.monotonic() + timeout_s
        # A zombie's other threads may still hold its sockets; process 1 reaps it when the last one has ended.
        while self._state(daemon):
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"{daemon} on {self.name} still runs {timeout_s:.0f} s after signal {int(signal_number)}; "
                    f"{last_lines(self.log(daemon))}"
                )
            time.sleep(0.02)

    def require(self, daemon: str) -> None:
        """Raise ClusterError with the daemon's last words where it has ended."""
        if not self.alive(daemon):
            raise ClusterError(f"{daemon} on {self.name} has ended; {last_lines(self.log(daemon))}")


def processes_of(folder: Path) -> Iterator[int]:
    """Ids of the processes that are, or are about to become, process 1 of a machine whose root lies in this folder."""
    for entry in Path("/proc").glob("[0-9]*"):
        if _is_of(int(entry.name), folder):
            yield int(entry.name)


def _is_of(pid: int, folder: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        owner = Path(f"/proc/{pid}").stat().st_uid
    except (FileNotFoundError, ProcessLookupError):
        return False
    # `setsid unshare ... sh machine.sh ROOT`, then without setsid, then without unshare, then `pause ROOT`.
    if owner != os.geteuid() or Path(words[0]).name not in ("setsid", "unshare", "sh", "pause"):
        return False
    named = [Path(word) for word in words if word.startswith("/")]
    return any(path.name == "root" and path.is_relative_to(folder) for path in named)


def _is_process_1(pid: int) -> bool:
    """Whether the process is ``pause``, and process 1 of a pid namespace right below ours.

    What runs inside of a machine may call itself what it likes, and can't be that.
    """
    try:
        program = os.readlink(f"/proc/{pid}/exe")
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    numbers = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
    return Path(program).name == "pause" and numbers == [str(pid), "1"]


def end_machines(folder: Path) -> int:
    """Kill every machine whose root lies in this folder, and wait until all is gone; how many there were.

    Raises ClusterError where one stays, which only a process stuck in the kernel can bring about.
    """
    ended = 0
    deadline = time.monotonic() + END_TIMEOUT_S
    while left := set(processes_of(folder)):
        ended += sum(map(_is_process_1, left))
        for pid in left:
            _kill(pid, folder)
        # A killed process 1 is gone from /proc only when the kernel has ended the last process of its namespace.
        while any(Path(f"/proc/{pid}").exists() and not _is_zombie(pid) for pid in left):
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"processes {sorted(left)} of {folder} are killed and still there after {END_TIMEOUT_S:.0f} s: "
                    "one of them hangs in the kernel; only a restart of this host ends it"
                )
            time.sleep(0.02)
    return ended


def _kill(pid: int, folder: Path) -> None:
    """Kill the process that this number means now, if it is still one of ours."""
    try:
        held = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if _is_of(pid, folder):
            signal.pidfd_send_signal(held, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        os.close(held)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
