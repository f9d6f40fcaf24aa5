"""Container disks: the disk of an image, unwrapped once into a read-only cache for every guest that starts from it.

The cache has a folder for each disk, called by the hex digits of the image's digest (and of a hash of the path, where
the manifest names one), with the disk and what is known of it.  A folder appears complete, by a rename, or not at all.
Starts that need the same disk wait for the first of them.  Whatever is half done belongs to somebody who died, because
the living hold the lock.

Guests see the file through a read-only bind mount and write to overlays of their own; nobody writes to it again.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from kvnode.errors import InvalidImage, NotFound
from kvnode.facts import VolumeFacts
from kvnode.paths import NodePaths
from kvnode.planning.disk_files import ContainerDisk, DiskOperation
from kvnode.storage.disk_format import DiskImage, Format, read_disk_header
from kvnode.storage.files import host_errors, locked, make_folder, remove_tree, sync_folder, write_whole
from kvnode.storage.images import ImageStore, Progress
from kvnode.storage.layers import extract_disk
from kvnode.storage.qemu_img import check_disk

_DISK = "disk"
_RECORD = "disk.json"
_RULES = 1
"""Counts up when what is refused changes: disks that older rules let in are judged again."""


class _Record(msgspec.Struct, frozen=True):
    """What the cache says of one disk."""

    rules: int
    digest: str
    image_path: str
    format: Format
    virtual_bytes: int
    file_bytes: int


class CachedDisk(msgspec.Struct, frozen=True):
    """A disk of the cache.

    path           -- the file on the node, 0444 and root's
    format         -- ``qcow2`` or ``raw``, from its own header
    virtual_bytes  -- what a guest sees of it
    file_bytes     -- how long the file is
    digest         -- of the image's manifest
    image_path     -- where in the image it was
    """

    path: Path
    format: Format
    virtual_bytes: int
    file_bytes: int
    digest: str
    image_path: str


class DiskCache:
    """The unwrapped disks below one folder, ``NodePaths.disks`` unless said otherwise."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or NodePaths.here().disks

    def unwrap(self, images: ImageStore, digest: str, image_path: str | None, progress: Progress) -> CachedDisk:
        """The disk of the image with this manifest digest, from the cache or put there.

        Raises InvalidImage where the image has no disk that a guest may have, HostError where the node has no room;
        then nothing of it is left.
        """
        key = _key(digest, image_path)
        cached = self._read(key)
        if cached is not None:
            return cached
        with locked(self._lock_path(key), lambda: progress(f"waiting: {digest[:19]} is being unwrapped elsewhere")):
            cached = self._read(key)
            if cached is None:
                progress(f"unwrapping the disk of {digest[:19]}")
                self._unwrap(images, digest, image_path, key)
                cached = self._read(key)
        assert cached is not None
        return cached

    def prune(self, images: ImageStore) -> list[str]:
        """Removes the disks of images that are no longer in the store; returns their digests.

        Guests that run on one keep it: the kernel holds a file that is mounted.
        """
        kept = {image.digest.partition(":")[2] for image in images.list()}
        pruned = set()
        with host_errors("read the disk cache", self.folder), contextlib.suppress(FileNotFoundError):
            for path in list(self.folder.iterdir()):
                digest = path.name.partition("-")[0].partition(".")[0]
                if len(digest) == 64 and digest not in kept:
                    lock = self._lock_path(path.name.partition(".")[0])
                    with locked(lock):
                        remove_tree(path)
                        lock.unlink()
                    pruned.add(f"sha256:{digest}")
        return sorted(pruned)

    def _unwrap(self, images: ImageStore, digest: str, image_path: str | None, key: str) -> None:
        make_folder(self.folder)
        self._remove_stale()
        partial = self.folder / f"{key}.partial"
        remove_tree(partial)
        try:
            make_folder(partial)
            record = _write_disk(images, digest, image_path, partial)
            write_whole(partial / _RECORD, msgspec.json.encode(record))
            final = self.folder / key
            remove_tree(final)
            with host_errors("store the disk", final):
                os.rename(partial, final)
                sync_folder(self.folder)
        finally:
            remove_tree(partial)

    def _remove_stale(self) -> None:
        """Removes what unwraps of other disks left that were killed: the partial folders that nobody holds."""
        for path in self.folder.glob("*.partial"):
            lock = self._lock_path(path.name.removesuffix(".partial"))
            with contextlib.suppress(_Held), locked(lock, _give_up):
                remove_tree(path)

    def _read(self, key: str) -> CachedDisk | None:
        """A complete disk of the cache, or None where there is none that today's rules have let in."""
        folder = self.folder / key
        try:
            record = msgspec.json.decode((folder / _RECORD).read_bytes(), type=_Record)
            size = os.stat(folder / _DISK, follow_symlinks=False).st_size
        except (OSError, msgspec.MsgspecError):
            return None
        if record.rules != _RULES or record.file_bytes != size:
            return None
        return CachedDisk(folder / _DISK, record.format, record.virtual_bytes, size, record.digest, record.image_path)

    def _lock_path(self, key: str) -> Path:
        return self.folder / "locks" / key


class _Held(Exception):
    """Somebody has the lock."""


def _give_up() -> None:
    raise _Held


def unwrap_container_disks(
    operations: Iterable[DiskOperation], images: ImageStore, cache: DiskCache, progress: Progress
) -> dict[int, CachedDisk]:
    """The disks below a guest's container disks, by the volume's index; images are pulled as their policy says.

    Raises NotFound or InvalidImage, with the field's path, or HostError for the first that can't be had.
    """
    disks = {}
    for operation in operations:
        if isinstance(operation, ContainerDisk):
            field = f"spec.volumes[{operation.index}].containerDisk"
            with _said_of(f"{field}.image"):
                image = images.ensure(operation.image, operation.pull_policy, progress)
            with _said_of(f"{field}.path" if operation.image_path is not None else f"{field}.image"):
                disks[operation.index] = cache.unwrap(images, image.digest, operation.image_path, progress)
    return disks


@contextlib.contextmanager
def _said_of(field: str) -> Iterator[None]:
    """Puts the manifest's field before what is wrong with the image that it names."""
    try:
        yield
    except (NotFound, InvalidImage) as error:
        raise type(error)(f"{field}: {error}") from error


def container_disk_facts(operations: Iterable[DiskOperation], disks: dict[int, CachedDisk]) -> dict[str, VolumeFacts]:
    """What a plan has to know of container disks, by the volume's name: joins ``HostFacts.volumes``."""
    return {
        operation.volume: VolumeFacts(
            format=disks[operation.index].format, capacity_bytes=disks[operation.index].virtual_bytes
        )
        for operation in operations
        if isinstance(operation, ContainerDisk)
    }


def _write_disk(images: ImageStore, digest: str, image_path: str | None, folder: Path) -> _Record:
    """The disk of an image as ``folder/disk``, read, judged and synced."""
    path = folder / _DISK
    what = f"the disk of image {digest[:19]}"
    layers = images.manifest_layers(digest)
    with contextlib.ExitStack() as stack:
        with host_errors("unpack the disk", path):
            file = stack.enter_context(open(path, "x+b"))
        found = extract_disk(layers, images.open_blob, image_path, file, path)
        with host_errors("unpack the disk", path, found.file_bytes):
            file.flush()
            image = read_disk_header(file, found.file_bytes, f"{what} (/{found.image_path})")
            os.fchmod(file.fileno(), 0o444)
            os.fsync(file.fileno())
        _check(path, image, what)
    return _Record(_RULES, digest, found.image_path, image.format, image.virtual_bytes, found.file_bytes)


def _check(path: Path, image: DiskImage, what: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        check_disk(fd, image, what)
    finally:
        os.close(fd)


def _key(digest: str, image_path: str | None) -> str:
    """What a disk's folder is called: hex digits only."""
    key = digest.partition(":")[2]
    if image_path is not None:
        key += f"-{hashlib.sha256(image_path.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
    return key
