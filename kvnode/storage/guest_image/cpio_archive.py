"""An initramfs archive, written byte by byte: the "newc" format of cpio.

The format's source is Linux' Documentation/driver-api/early-userspace/buffer-format.rst.

Writing it here takes no root for device nodes and owners, and no clock and no folder's order reach it: entries are
sorted, all belong to root and carry the one time that the build gives them.
"""

from __future__ import annotations

import stat

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """One file: ``mode`` with its type bits, ``content`` (a link's target), ``device`` as (major, minor)."""

    mode: int
    content: bytes = b""
    device: tuple[int, int] = (0, 0)


def directory(mode: int = 0o755) -> Entry:
    return Entry(stat.S_IFDIR | mode)


def regular(content: bytes, mode: int = 0o644) -> Entry:
    return Entry(stat.S_IFREG | mode, content)


def symlink(target: str) -> Entry:
    return Entry(stat.S_IFLNK | 0o777, target.encode())


def character_device(major: int, minor: int, mode: int = 0o600) -> Entry:
    return Entry(stat.S_IFCHR | mode, device=(major, minor))


def archive(files: dict[str, Entry], mtime: int) -> bytes:
    """The archive of ``files`` (by path without a leading slash), folders above them added where they are missing.

    mtime -- seconds since 1970, given to every entry
    """
    whole = dict(files)
    for path in files:
        while "/" in path:
            path = path.rsplit("/", 1)[0]
            whole.setdefault(path, directory())
    parts = [_record(number, path, whole[path], mtime) for number, path in enumerate(sorted(whole), 1)]
    parts.append(_record(0, "TRAILER!!!", Entry(0), 0))
    return b"".join(parts)


def _record(number: int, path: str, entry: Entry, mtime: int) -> bytes:
    name = path.encode() + b"\0"
    # c_ino, c_mode, c_uid, c_gid, c_nlink, c_mtime, c_filesize, c_dev (2), c_rdev (2), c_namesize, c_chksum
    numbers = [number, entry.mode, 0, 0, 1, mtime, len(entry.content), 0, 0, *entry.device, len(name), 0]
    header = b"070701" + b"".join(b"%08X" % value for value in numbers)
    return _padded(header + name) + _padded(entry.content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
