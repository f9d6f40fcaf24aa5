"""The guest's whole user space: busybox, the scripts of ``files/`` and the kernel modules, as one initramfs.

There is no root file system behind it: the guest runs from memory, so it has nothing to check, to resize or to damage,
and a guest that is switched off hard starts like any other.  A script of ``files/`` is executable when it begins with
``#!``; the modes of the files on the host, which a wheel or an archive may lose, don't matter.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from kvnode.storage.guest_image import cpio_archive as cpio
from kvnode.storage.guest_image.kernel_modules import Module, alias_table, dependency_table


def guest_files() -> dict[str, bytes]:
    """What this package brings of its own: each file's path in the guest, and its bytes."""
    root = files("kvnode.storage.guest_image") / "files"
    return dict(sorted(_walk(root, "")))


def build_initramfs(busybox: bytes, kernel_version: str, modules: list[Module], mtime: int) -> bytes:
    """The initramfs, compressed by gzip (which every kernel can unpack, and an emulated CPU quickly).

    busybox        -- a static busybox
    kernel_version -- as ``uname -r`` will say it: modules lie in a folder of that name
    mtime          -- seconds since 1970, for every file
    """
    tree = {
        "bin/busybox": cpio.regular(busybox, 0o755),
        "bin/sh": cpio.symlink("busybox"),
        "init": cpio.symlink("bin/busybox"),
        # The kernel runs it by this path when a file system or a protocol is asked for; the rest busybox links at boot.
        "sbin/modprobe": cpio.symlink("../bin/busybox"),
        "sbin/reboot": cpio.symlink("../bin/busybox"),
        # The kernel opens it for init before anything is mounted.
        "dev/console": cpio.character_device(5, 1),
        "dev/null": cpio.character_device(1, 3, 0o666),
        "proc": cpio.directory(),
        "sys": cpio.directory(),
        "run": cpio.directory(),
        "root": cpio.directory(0o700),
        "mnt": cpio.directory(),
        "tmp": cpio.directory(0o1777),
    }
    for path, content in guest_files().items():
        tree[path] = cpio.regular(content, 0o755 if content.startswith(b"#!") else 0o644)
    folder = f"lib/modules/{kernel_version}"
    for module in modules:
        tree[f"{folder}/{module.path}"] = cpio.regular(module.content)
    tree[f"{folder}/modules.dep"] = cpio.regular(dependency_table(modules).encode())
    tree[f"{folder}/modules.alias"] = cpio.regular(alias_table(modules).encode())
    tree[f"{folder}/modules.symbols"] = cpio.regular(b"")
    return _gzip(cpio.archive(tree, mtime))


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _walk(item, f"{prefix}{item.name}/")
        else:
            yield prefix + item.name, item.read_bytes()


def _gzip(data: bytes) -> bytes:
    """gzip with neither a name nor a time in its header (RFC 1952: MTIME 0, no FNAME)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()
