"""A Pod as its launcher sees it: files read through the launcher's root, and the disk of a container image in it.

The node half has no paths of its own for what the kubelet mounts into a Pod, and needs none: a descriptor of the
launcher's root leads there.  Every look-up stays in that root, whatever links lie in it (openat2(2)), and what comes
from a user's image is looked up without any link at all: so the path that is found here is the file that QEMU opens.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator

import msgspec

from kvnode.errors import HostError, InvalidImage
from kvnode.planning.disk_files import ContainerDisk
from kvnode.runtime import syscalls
from kvnode.runtime.process import Process
from kvnode.storage.disk_format import DiskImage, read_disk_header

IMAGES_FOLDER = "/var/run/kubevirt-images"
"""Where a Pod has its container disks: the image of the volume ``n`` is mounted at ``<n>``."""

_INSIDE = syscalls.RESOLVE_IN_ROOT | syscalls.RESOLVE_NO_MAGICLINKS
_NO_LINKS = syscalls.RESOLVE_BENEATH | syscalls.RESOLVE_NO_SYMLINKS | syscalls.RESOLVE_NO_XDEV
_USUAL_FOLDER = "disk"
_LISTED = 3


class PodDisk(msgspec.Struct, frozen=True):
    """A container disk in its Pod: the file's path there, its length in bytes, and what its header says."""

    path: str
    file_bytes: int
    image: DiskImage


class PodRoot:
    """The root folder of a launcher, held by a descriptor; use it in a ``with``."""

    def __init__(self, launcher: Process) -> None:
        """Raises HostError where the launcher has ended, or may not be looked into."""
        try:
            self._fd = os.open(f"/proc/{launcher.pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise HostError(f"the root of the launcher {launcher.pid} can't be opened: {error.strerror}") from error
        if not launcher.alive():
            self.close()
            raise HostError(f"the launcher {launcher.pid} has ended")

    def open(self, path: str, flags: int) -> int:
        """A descriptor of a file of the Pod; raises OSError."""
        return syscalls.openat2(self._fd, path, flags, _INSIDE)

    def identity(self, path: str) -> tuple[int, int]:
        """Device and inode of what a path of the Pod leads to; raises OSError."""
        fd = self.open(path, os.O_PATH)
        try:
            status = os.fstat(fd)
        finally:
            os.close(fd)
        return status.st_dev, status.st_ino

    def read(self, path: str, limit: int) -> bytes | None:
        """At most ``limit`` bytes of a regular file; None where there is no such file."""
        try:
            fd = self.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return None
        with open(fd, "rb") as file:
            return file.read(limit) if stat.S_ISREG(os.fstat(fd).st_mode) else None

    def container_disk(self, operation: ContainerDisk, uid: int) -> PodDisk:
        """The disk of a volume's image, its header read.

        uid  -- who has to read it: the launcher's user

        Raises InvalidImage with the field for an image without a disk, or with one that no guest may have.
        """
        field = f"spec.volumes[{operation.index}].containerDisk"
        what = f"{field}.{'image' if operation.image_path is None else 'path'}: {operation.image!r}"
        folder = f"{IMAGES_FOLDER}/{operation.index}"
        try:
            top = self.open(folder, os.O_PATH | os.O_DIRECTORY)
        except OSError as error:
            raise HostError(f"{what} is not mounted in the guest's Pod at {folder}: {error.strerror}") from error
        try:
            inner = operation.image_path or _only_file(top, what)
            path = f"{folder}/{inner.lstrip('/')}"
            if not path.isprintable():
                raise InvalidImage(f"{what} has a disk with an unprintable name, {inner[:60]!r}; give it another")
            with _opened(top, inner.lstrip("/"), what) as fd, open(fd, "rb", closefd=False) as file:
                status = os.fstat(fd)
                _check_readable(status, uid, f"{what} has {inner!r}, and")
                return PodDisk(path, status.st_size, read_disk_header(file, status.st_size, what))
        finally:
            os.close(top)

    def close(self) -> None:
        """Lets go of the root."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> PodRoot:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _only_file(top: int, what: str) -> str:
    """The one file in the image's /disk, as ``disk/<name>``."""
    try:
        folder = syscalls.openat2(top, _USUAL_FOLDER, os.O_RDONLY | os.O_DIRECTORY, _NO_LINKS)
    except OSError as error:
        raise InvalidImage(
            f"{what} has no folder /{_USUAL_FOLDER} with the guest's disk in it ({error.strerror}); "
            "where the disk lies elsewhere, containerDisk.path says so"
        ) from error
    try:
        names = sorted(
            name
            for name in os.listdir(folder)
            if stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        )
    finally:
        os.close(folder)
    if len(names) != 1:
        listed = ", ".join(map(repr, names[:_LISTED])) + (" and more" if len(names) > _LISTED else "")
        raise InvalidImage(
            f"{what} has {len(names)} files in /{_USUAL_FOLDER} ({listed or 'none'}) and a guest's disk is the only "
            "one; containerDisk.path names one of several"
        )
    return f"{_USUAL_FOLDER}/{names[0]}"


@contextlib.contextmanager
def _opened(top: int, inner: str, what: str) -> Iterator[int]:
    """A regular file of the image, found without following any link."""
    try:
        fd = syscalls.openat2(top, inner, os.O_RDONLY | os.O_NONBLOCK, _NO_LINKS)
    except OSError as error:
        raise InvalidImage(f"{what} has no file {inner[:100]!r} ({error.strerror}); links aren't followed") from error
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise InvalidImage(f"{what} has {inner[:100]!r}, which is no regular file")
        yield fd
    finally:
        os.close(fd)


def _check_readable(status: os.stat_result, uid: int, what: str) -> None:
    mode = status.st_mode
    allowed = mode & (stat.S_IRUSR if status.st_uid == uid else stat.S_IRGRP if status.st_gid == uid else stat.S_IROTH)
    if not allowed:
        raise InvalidImage(
            f"{what} the guest's user {uid} may not read it (mode {stat.S_IMODE(mode):o}, owner {status.st_uid}): "
            f"`COPY --chown={uid}:{uid}` or mode 444 in the image would do"
        )
