"""Makes a guest's sandbox and becomes the launcher in it; run on a bare interpreter (``python -I -S``).

The standalone stand-in for what a container runtime does for a Pod: pid, mount, ipc, uts and network namespaces, a
root of its own built from read-only binds, a ``/dev`` with nothing in it that the guest doesn't need, and an ordinary
user without capabilities as pid 1.  Three processes take part:

- the *keeper*, the process that was started: stays outside, waits for pid 1 and then runs the clean-up, so that a
  guest that ends while nobody is looking leaves nothing behind.  Its own death touches nothing;
- a short-lived process between, since a process can't leave a pid namespace it has unshared;
- pid 1, which builds the root and executes the launcher.

Nothing is mounted where the host could see it: the mounts and the network live exactly as long as the processes in
the sandbox.  The order is a JSON object on standard input (``Order`` in ``sandbox``); what happens is reported on
descriptor 3 as JSON lines: ``{"pid": n}``, then either ``{"error": text}`` or the end of file, which means that the
launcher was executed.  Descriptor 4, where it is open, is the starter's life line: if it closes before a byte came,
the starter has died half way, and everything is undone.
"""

import contextlib
import json
import os
import signal
import socket
import stat
import sys
from typing import Any

# Found beside this file: by way of the package it would bring in what a bare interpreter has no need of.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import syscalls  # type: ignore[import-not-found, unused-ignore]

REPORT_FD = 3
LIFELINE_FD = 4
ALWAYS_THERE = ("null", "zero", "full", "random", "urandom")
TOP_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


def report(**message: Any) -> None:
    """Tells the starter; one that is gone is no reason to stop."""
    with contextlib.suppress(OSError):
        os.write(REPORT_FD, json.dumps(message).encode() + b"\n")


def make_root(order: dict[str, Any]) -> None:
    """Builds the sandbox's root on the folder ``order['root']`` and makes it ``/``."""
    root = order["root"]
    syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    syscalls.mount("kvnode", root, "tmpfs", syscalls.MS_NOSUID, "mode=0755,size=4m")
    bind_system(root)
    for path, text in order["files"].items():
        write_file(root + path, text)
    for source, target, writable in order["binds"]:
        bind_entry(source, root + target, writable)
    for path, size in order["scratch"].items():
        os.makedirs(root + path, exist_ok=True)
        owner = f"mode=0700,uid={order['uid']},gid={order['gid']},size={size}"
        syscalls.mount("kvnode", root + path, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, owner)
    make_dev(root, order["devices"])
    for size in order["hugepages"]:
        make_pages(root, size, order["uid"], order["gid"])
    os.mkdir(root + "/proc")
    syscalls.mount("proc", root + "/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC)
    os.mkdir(root + "/sys")
    # Of the sandbox's own network namespace: the host's would show the host's links.
    flags = syscalls.MS_RDONLY | syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    syscalls.mount("sysfs", root + "/sys", "sysfs", flags)
    enter_root(root)


def bind_system(root: str) -> None:
    """The host's programs and libraries, read-only; links such as /lib -> usr/lib as they are there."""
    bind_entry("/usr", root + "/usr", False)
    for name in TOP_FOLDERS:
        if os.path.islink("/" + name):
            os.symlink(os.readlink("/" + name), f"{root}/{name}")
        elif os.path.isdir("/" + name):
            bind_entry("/" + name, f"{root}/{name}", False)


def bind_entry(source: str, target: str, writable: bool) -> None:
    """Binds a file or a folder; nothing in it may carry a set-uid bit or be a device."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    syscalls.bind(source, target, flags if writable else flags | syscalls.MS_RDONLY)


def write_file(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o644)


def make_dev(root: str, devices: list[str]) -> None:
    """A /dev of its own, where every node may be opened by the launcher's user."""
    dev = root + "/dev"
    os.mkdir(dev)
    syscalls.mount("kvnode", dev, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NOEXEC, "mode=0755,size=64k")
    for name in (*ALWAYS_THERE, *devices):
        host = os.stat("/dev/" + name)
        os.makedirs(os.path.dirname(f"{dev}/{name}"), exist_ok=True)
        os.mknod(f"{dev}/{name}", stat.S_IFCHR | 0o666, host.st_rdev)
        os.chmod(f"{dev}/{name}", 0o666)
    os.mkdir(dev + "/pts")
    syscalls.mount(
        "devpts", dev + "/pts", "devpts", syscalls.MS_NOSUID | syscalls.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"
    )
    os.symlink("pts/ptmx", dev + "/ptmx")
    os.mkdir(dev + "/shm")
    syscalls.mount("kvnode", dev + "/shm", "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "mode=1777,size=64m")
    os.symlink("/proc/self/fd", dev + "/fd")


def make_pages(root: str, size: int, uid: int, gid: int) -> None:
    """A folder whose files are huge pages, where libvirt looks for one; no more than the pool has can be taken."""
    folder = f"{root}/dev/hugepages/{size}"
    os.makedirs(folder)
    owner = f"pagesize={size},mode=0700,uid={uid},gid={gid}"
    syscalls.mount("kvnode", folder, "hugetlbfs", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC, owner)


def enter_root(root: str) -> None:
    """Makes ``root`` the root, forgets the old one, and closes the new one for writing."""
    os.chdir(root)
    os.mkdir("old")
    syscalls.pivot_root(".", "old")
    os.chdir("/")
    syscalls.umount("/old", syscalls.MNT_DETACH)
    os.rmdir("/old")
    syscalls.mount("none", "/", None, syscalls.MS_REMOUNT | syscalls.MS_BIND | syscalls.MS_RDONLY | syscalls.MS_NOSUID)


def become_launcher(order: dict[str, Any], ready_fd: int) -> None:
    """Pid 1's way from a fork to the launcher; never returns."""
    try:
        syscalls.unshare(syscalls.CLONE_NEWNS | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS | syscalls.CLONE_NEWNET)
        os.write(ready_fd, b".")
        socket.sethostname(order["hostname"])
        log = os.open(order["log"], os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
        os.fchown(log, order["uid"], order["gid"])
        nothing = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        make_root(order)
        os.umask(0o027)
        syscalls.drop_privileges(order["uid"], order["gid"])
        for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.set_inheritable(REPORT_FD, False)
        os.closerange(LIFELINE_FD, 1024)
        os.execve(order["argv"][0], order["argv"], order["env"])
    except BaseException as error:
        report(error=f"{type(error).__name__}: {error}")
    finally:
        os._exit(125)


def fork_pid_one(order: dict[str, Any]) -> int:
    """Pid 1 of the new namespace, by way of a process between; returns its pid as the host counts."""
    pid_read, pid_write = os.pipe()
    between = os.fork()
    if between == 0:
        try:
            syscalls.unshare(syscalls.CLONE_NEWPID)
            ready_read, ready_write = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(pid_read)
                os.close(pid_write)
                become_launcher(order, ready_write)
            os.close(ready_write)
            if os.read(ready_read, 1):
                os.write(pid_write, b"%d" % pid)
        except BaseException as error:
            report(error=f"{type(error).__name__}: {error}")
        finally:
            os._exit(0)
    os.close(pid_write)
    digits = os.read(pid_read, 20)
    os.close(pid_read)
    os.waitpid(between, 0)
    return int(digits or 0)


# The keeper lives as long as its guest, so it begins anew on an interpreter that has imported nothing: 3 MB, not 8.
KEEP = """\
import os, sys
pid, count, words = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
if not os.read(4, 1):
    os.kill(pid, 9)
os.close(4)
ended = 0
while ended != pid:
    ended, status = os.waitpid(-1, 0)
code = os.waitstatus_to_exitcode(status)
words.insert(count, str(code if code >= 0 else 128 - code))
os.execve(words[0], words[: count + 1], dict(word.split("=", 1) for word in words[count + 1 :]))
"""


def keep(pid: int, reap: list[str], env: dict[str, str]) -> None:
    """Stays until pid 1 has ended, then becomes the command that cleans up; never returns.

    The life line comes first: while the starter holds it, a guest that ended waits to be taken in.
    """
    words = [str(pid), str(len(reap)), *reap, *(f"{name}={value}" for name, value in env.items())]
    os.set_inheritable(LIFELINE_FD, True)
    os.execve(sys.executable, [sys.executable, "-I", "-S", "-B", "-c", KEEP, *words], {})


def main() -> None:
    """The keeper's whole life."""
    # The launcher, an ordinary user, goes through the folders that root makes here, whatever root's own umask.
    os.umask(0o022)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # what the starter had blocked is none of the launcher's
    order = json.load(sys.stdin)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    syscalls.become_subreaper()
    pid = fork_pid_one(order)
    if not pid:
        os._exit(1)
    report(pid=pid, keeper=os.getpid())
    os.close(REPORT_FD)
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.chdir("/")
    keep(pid, order["reap"], order["reap_env"])


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        report(error=f"{type(error).__name__}: {error}")
        os._exit(1)
