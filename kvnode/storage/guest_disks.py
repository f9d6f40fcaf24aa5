"""The disks of one guest: its overlays, its empty disks and its cloud-init seed, made before it starts.

They lie in ``<private>/disks/<index>/``, which the guest's Pod sees as ``/var/run/kubevirt-private/disks/<index>/``.
Folders are root's; a file belongs to the launcher's user, who runs QEMU.  ``private`` itself may belong to that user,
so nothing here follows a link below it, neither when it makes files nor when it removes them.

A file appears under its name when it is whole.  One that is there is left alone: a guest may be running on it.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from kvnode.errors import VALUE_INVALID, FieldError, HostError, InvalidManifest
from kvnode.planning.disk_files import CloudInitNoCloud, ContainerDisk, DiskOperation, EmptyDisk
from kvnode.planning.disk_operations import BASE, CLOUD_INIT, EMPTY_DISK, OVERLAY, volume_path
from kvnode.storage.cloud_init import no_cloud_iso
from kvnode.storage.container_disks import CachedDisk
from kvnode.storage.disk_format import DiskImage
from kvnode.storage.files import host_errors, made_folder, make_folder, open_folder, remove_entry
from kvnode.storage.images import Progress
from kvnode.storage.qemu_img import create_disk, create_overlay

_DISKS = "disks"
_SMALLEST_BYTES = 1 << 20
LARGEST_BYTES = 2 << 50
"""What QEMU takes of a qcow2 with clusters of 64 KiB: a level 1 table of 32 MiB, each entry for 512 MiB."""
"""What a guest's disk takes at least: qcow2's own tables."""


class PreparedDisk(msgspec.Struct, frozen=True):
    """A volume's files are there.

    index   -- position of the volume in ``spec.volumes``
    volume  -- its name
    base    -- the node's file to be bind-mounted read-only on ``mount_point``, None where there is none, or where
               the Pod has it in another place already
    mount_point  -- ``<private>/disks/<index>/base``, an empty file
    """

    index: int
    volume: str
    base: Path | None = None
    mount_point: Path | None = None


def prepare_disks(
    operations: Iterable[DiskOperation],
    private: Path,
    uid: int,
    gid: int,
    disks: dict[int, CachedDisk],
    progress: Progress,
) -> list[PreparedDisk]:
    """Makes each operation's files below ``private``, owned by ``uid`` and ``gid``.

    disks  -- what ``unwrap_container_disks`` gave for the same operations

    May be called again: what is there stays. Raises HostError (a full disk, with bytes) or InvalidManifest (a Secret
    that nobody looked up); then what this call made is gone.
    """
    make_folder(private)
    prepared = []
    made: list[int] = []
    with host_errors("make the guest's disks", private, _SMALLEST_BYTES), open_folder(private) as root:
        try:
            with made_folder(_DISKS, root) as folder:
                for operation in operations:
                    progress(f"disk {operation.index}: {_description(operation)}")
                    if _prepare(operation, folder, uid, gid, disks):
                        made.append(operation.index)
                    prepared.append(_prepared(operation, private, disks))
        except BaseException:
            with contextlib.suppress(OSError), open_folder(_DISKS, root) as folder:
                for index in made:
                    remove_entry(str(index), folder)
                os.rmdir(_DISKS, dir_fd=root)
            raise
    return prepared


def remove_disks(private: Path) -> None:
    """Empties ``private`` of what ``prepare_disks`` made and of whatever the guest put there; nothing there is fine.

    The read-only mounts on the bases must be gone (they are with the guest's mount namespace).
    """
    absent = contextlib.suppress(FileNotFoundError)
    with host_errors("remove the guest's disks", private), absent, open_folder(private) as root:
        for name in os.listdir(root):
            remove_entry(name, root)


def _prepare(operation: DiskOperation, folder: int, uid: int, gid: int, disks: dict[int, CachedDisk]) -> bool:
    """Makes one operation's folder and files; whether anything was made."""
    name = str(operation.index)
    is_new = not _is_there(name, folder, stat.S_ISDIR)
    try:
        with made_folder(name, folder) as volume:
            _fill(operation, volume, uid, gid, disks)
    except BaseException:
        if is_new:
            remove_entry(name, folder)
        raise
    return is_new


def _fill(operation: DiskOperation, volume: int, uid: int, gid: int, disks: dict[int, CachedDisk]) -> None:
    if isinstance(operation, ContainerDisk):
        disk = disks[operation.index]
        image = DiskImage(disk.format, disk.virtual_bytes)
        if operation.base == volume_path(operation.index, BASE):
            _make(BASE, volume, 0o444, 0, 0, lambda fd: None)
        _make(OVERLAY, volume, 0o600, uid, gid, lambda fd: create_overlay(fd, operation.base, image, uid, gid))
    elif isinstance(operation, EmptyDisk):
        _check_capacity(operation)
        _make(EMPTY_DISK, volume, 0o600, uid, gid, lambda fd: create_disk(fd, operation.capacity_bytes, uid, gid))
    else:
        content = _seed(operation)
        _make(CLOUD_INIT, volume, 0o600, uid, gid, lambda fd: _write(fd, content))


def _check_capacity(operation: EmptyDisk) -> None:
    if operation.capacity_bytes > LARGEST_BYTES:
        field = f"spec.volumes[{operation.index}].emptyDisk.capacity"
        message = f"{operation.capacity_bytes} bytes are more than a qcow2 disk can have: {LARGEST_BYTES} (2Pi)"
        raise InvalidManifest([FieldError(field, VALUE_INVALID, message)])


def _make(name: str, folder: int, mode: int, uid: int, gid: int, fill: Callable[[int], None]) -> None:
    """A file of the guest's, filled under another name and then renamed; one that is there stays."""
    if _is_there(name, folder, stat.S_ISREG):
        return
    aside = f"{name}.new"
    remove_entry(aside, folder)
    fd = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=folder)
    try:
        if os.geteuid() == 0:
            os.fchown(fd, uid, gid)
        fill(fd)
        os.fchmod(fd, mode)
        os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        remove_entry(aside, folder)
        raise
    finally:
        os.close(fd)


def _is_there(name: str, folder: int, kind: Callable[[int], bool]) -> bool:
    try:
        state = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    if not kind(state.st_mode):
        raise HostError(
            f"{name!r} among the guest's disks is something else than it was made as (mode {state.st_mode:o}); "
            "`kvnode stop` clears away what is left of a guest"
        )
    return True


def _write(fd: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]


def _seed(operation: CloudInitNoCloud) -> bytes:
    """The ISO, once nothing it needs is missing."""
    missing = (("secretRef", operation.user_data_secret), ("networkDataSecretRef", operation.network_data_secret))
    errors = [
        FieldError(
            f"spec.volumes[{operation.index}].cloudInitNoCloud.{field}.name",
            VALUE_INVALID,
            f"nobody looked up the Secret {secret!r}; put it into the guest's own file",
        )
        for field, secret in missing
        if secret is not None
    ]
    if errors:
        raise InvalidManifest(errors)
    return no_cloud_iso(operation)


def _prepared(operation: DiskOperation, private: Path, disks: dict[int, CachedDisk]) -> PreparedDisk:
    if not isinstance(operation, ContainerDisk) or operation.base != volume_path(operation.index, BASE):
        return PreparedDisk(operation.index, operation.volume)
    mount_point = private / _DISKS / str(operation.index) / BASE
    return PreparedDisk(operation.index, operation.volume, disks[operation.index].path, mount_point)


def _description(operation: DiskOperation) -> str:
    if isinstance(operation, ContainerDisk):
        return f"an overlay on {operation.image}"
    if isinstance(operation, EmptyDisk):
        return f"an empty disk of {operation.capacity_bytes} bytes"
    return "a cloud-init seed"
