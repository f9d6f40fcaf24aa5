"""The few system calls that make a sandbox and that Python 3.11 has no name for.

Thin: each function is one call of libc, arguments as the manual page has them, and every failure an ``OSError`` with
the call's name in it.  Only the privileged half imports this; it stays free of anything but the standard library,
since the sandbox's init runs it on a bare interpreter.
"""

from __future__ import annotations

import ctypes
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18

MNT_DETACH = 2

_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
_SYS_OPENAT2 = 437  # on every architecture
RESOLVE_NO_XDEV = 0x01
RESOLVE_NO_MAGICLINKS = 0x02
RESOLVE_NO_SYMLINKS = 0x04
RESOLVE_BENEATH = 0x08
RESOLVE_IN_ROOT = 0x10

_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "s390x": 217}


def _checked(result: int, what: str) -> None:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """unshare(2)"""
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2)"""
    _checked(
        _libc.mount(
            source.encode(),
            target.encode(),
            kind.encode() if kind else None,
            ctypes.c_ulong(flags),
            data.encode() if data else None,
        ),
        f"mount {target}",
    )


def bind(source: str, target: str, flags: int = 0) -> None:
    """Binds ``source`` at ``target``; flags such as MS_RDONLY need the remount that this does as well."""
    mount(source, target, None, MS_BIND)
    if flags:
        mount("none", target, None, MS_BIND | MS_REMOUNT | flags)


def umount(target: str, flags: int = 0) -> None:
    """umount2(2)"""
    _checked(_libc.umount2(target.encode(), flags), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """pivot_root(2), which libc has no wrapper for."""
    number = _SYS_PIVOT_ROOT[os.uname().machine]
    _checked(_libc.syscall(number, new.encode(), old.encode()), "pivot_root")


def openat2(folder: int, path: str, flags: int, resolve: int) -> int:
    """openat2(2): ``path`` below ``folder``, looked up as the RESOLVE flags say; a file descriptor."""
    how = struct.pack("QQQ", flags | os.O_CLOEXEC, 0, resolve)
    fd = _libc.syscall(_SYS_OPENAT2, folder, os.fsencode(path), how, len(how))
    _checked(fd, f"open {path}")
    return int(fd)


def become_subreaper() -> None:
    """From now on descendants whose parents end become this process's children."""
    _checked(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl PR_SET_CHILD_SUBREAPER")


def drop_privileges(uid: int, gid: int) -> None:
    """Becomes an ordinary user for good: no group, no capability in any set, nothing to be gained by an exec."""
    with open("/proc/sys/kernel/cap_last_cap") as file:
        last = int(file.read())
    for capability in range(last + 1):
        _checked(_libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0), "prctl PR_CAPBSET_DROP")
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    _checked(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "prctl PR_CAP_AMBIENT")
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl PR_SET_NO_NEW_PRIVS")
