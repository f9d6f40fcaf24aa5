"""The one disk in an image's layers, found without unpacking anything else.

KubeVirt's rule: ``containerDisk.path`` names the disk, or else the image has exactly one file in ``/disk``.  Layers are
read from the top down, so that the first file met is the one that counts and what a layer above has replaced or whited
out (OCI image-spec, layer.md, "Whiteouts") is never looked at.  The disk's bytes go straight into the file that the
caller opened; no name in an image ever becomes a path of the host.

Refused: names with ``..``, a link, a device or a sparse entry in the place of the disk, the same file twice in a layer.
"""

import contextlib
import posixpath
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from kvnode.errors import InvalidImage
from kvnode.storage.compression import decompressed
from kvnode.storage.digests import CHUNK_BYTES, VerifiedReader
from kvnode.storage.disk_format import VIRTUAL_LIMIT
from kvnode.storage.files import host_errors, require_space
from kvnode.storage.oci import Descriptor
from kvnode.storage.tar import TarEntry, TarReader

DISK_FOLDER = "disk"
BESIDES_LIMIT = 8 << 30
"""How many bytes an image may unpack to besides its disk."""

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_NEAR_LIMIT = 1000
_HOLE = 64 * 1024
_ZEROS = bytes(_HOLE)

OpenBlob = Callable[[Descriptor], contextlib.AbstractContextManager[VerifiedReader]]


class FoundDisk(msgspec.Struct, frozen=True):
    """Where in the image the disk was, and its size as a file."""

    image_path: str
    file_bytes: int


def extract_disk(
    layers: Sequence[Descriptor],
    open_blob: OpenBlob,
    image_path: str | None,
    target: BinaryIO,
    place: Path,
    named_by: str = "containerDisk.path",
) -> FoundDisk:
    """Writes the image's disk to ``target``, an empty file at ``place``, with holes where it is zero.

    layers      -- bottom first, as a manifest has them
    image_path  -- ``containerDisk.path``, or None for the only file in ``/disk``
    named_by    -- the field that has the path, for whoever reads an error: a kernel is found in the same way

    Raises InvalidImage where there is no such disk or more than one, HostError where it has no room.
    """
    search = _Search(image_path, target, place, named_by)
    besides = BESIDES_LIMIT
    for layer in reversed(layers):
        what = f"layer {layer.digest[:19]}"
        with open_blob(layer) as blob:
            with decompressed(blob, what) as plain:
                tar = TarReader(plain, what, skipped_limit=besides)
                search.read_layer(tar, what)
            blob.finish()
        besides -= tar.skipped
        if search.is_over():
            break
    return search.result()


class _Search:
    """What has been seen, from the top layer down to the current one."""

    def __init__(self, image_path: str | None, target: BinaryIO, place: Path, named_by: str) -> None:
        self._wanted = None if image_path is None else _clean(image_path, named_by)
        if self._wanted == "":
            raise InvalidImage(f"{named_by} is {image_path!r}, which names no file")
        self._named_by = named_by
        self._target = target
        self._place = place
        self._found: FoundDisk | None = None
        self._hidden: set[str] = set()
        self._opaque: set[str] = set()
        self._folders: set[str] = set()

    def read_layer(self, tar: TarReader, what: str) -> None:
        own: dict[str, bool] = {}
        whiteouts: set[str] = set()
        opaque: set[str] = set()
        for entry in tar.entries():
            path = _clean(entry.name, what)
            folder, name = posixpath.split(path)
            if name == _OPAQUE:
                if self._is_near(folder):
                    opaque.add(folder)
                continue
            if name.startswith(_WHITEOUT):
                path = posixpath.join(folder, name.removeprefix(_WHITEOUT))
                if self._is_near(path):
                    whiteouts.add(path)
                continue
            if not self._is_near(path):
                continue
            is_folder = entry.kind == "folder"
            if path in own and not (is_folder and own[path]):
                raise InvalidImage(f"{what} has /{path} twice, so nobody can say which of them is meant")
            own[path] = is_folder
            while folder:  # a file makes what is above it a folder, said or not
                own.setdefault(folder, True)
                folder = posixpath.dirname(folder)
            if len(own) + len(whiteouts) > _NEAR_LIMIT:
                raise InvalidImage(f"{what} has more than {_NEAR_LIMIT} files where its disk should be")
            if not is_folder and not self._is_hidden(path):
                self._meet(path, entry, tar)
        self._hidden |= whiteouts | {path for path, is_folder in own.items() if not is_folder}
        self._opaque |= opaque
        self._folders |= {path for path, is_folder in own.items() if is_folder}

    def is_over(self) -> bool:
        """Whether what is below can't change the answer: only a disk that was asked for by name ends the search."""
        return self._wanted is not None and self._found is not None

    def result(self) -> FoundDisk:
        if self._found is not None:
            return self._found
        if self._wanted is not None:
            raise InvalidImage(f"the image has no file /{self._wanted}, which {self._named_by} names")
        raise InvalidImage(
            f"the image has no file in /{DISK_FOLDER}, so it is no container disk; containerDisk.path can name another"
        )

    def _is_near(self, path: str) -> bool:
        """Whether an entry can be the disk, or hide it: the path itself, what is above it, what is in the folder."""
        if self._wanted is not None:
            return path == self._wanted or self._wanted.startswith(f"{path}/") or path == ""
        return path in ("", DISK_FOLDER) or path.startswith(f"{DISK_FOLDER}/")

    def _is_hidden(self, path: str) -> bool:
        """Whether a layer above has replaced or removed the path."""
        if path in self._hidden or path in self._folders:
            return True
        while path:
            path = posixpath.dirname(path)
            if path in self._hidden or path in self._opaque:
                return True
        return False

    def _meet(self, path: str, entry: TarEntry, tar: TarReader) -> None:
        """An entry that is no folder and that nothing hides: the disk, or a reason to refuse the image."""
        is_disk = path == self._wanted if self._wanted is not None else posixpath.dirname(path) == DISK_FOLDER
        if not is_disk and posixpath.dirname(path).startswith(f"{DISK_FOLDER}/") and self._wanted is None:
            return  # below a folder of /disk: not where a disk is looked for
        if is_disk and self._wanted is not None and entry.kind != "file":
            raise InvalidImage(f"/{path} in the image is a {entry.kind}; {self._named_by} has to name a plain file")
        if not is_disk or entry.kind != "file":
            raise InvalidImage(
                f"/{path} in the image is a {entry.kind}; a container disk has its disk in the folder "
                f"/{DISK_FOLDER}, as a plain file"
            )
        if self._found is not None:
            raise InvalidImage(
                f"the image has more than one file in /{DISK_FOLDER} (/{self._found.image_path} and /{path}); "
                "containerDisk.path can name the one that is meant"
            )
        self._write(path, entry, tar)
        self._found = FoundDisk(path, entry.size)

    def _write(self, path: str, entry: TarEntry, tar: TarReader) -> None:
        if entry.size > VIRTUAL_LIMIT:
            raise InvalidImage(f"/{path} in the image has {entry.size} bytes, {VIRTUAL_LIMIT} at most")
        require_space("unpack the disk", self._place, entry.size)
        with host_errors("unpack the disk", self._place, entry.size):
            while data := tar.read(CHUNK_BYTES):
                _write_sparse(self._target, data)
            self._target.truncate(entry.size)


def _write_sparse(target: BinaryIO, data: bytes) -> None:
    for start in range(0, len(data), _HOLE):
        block = data[start : start + _HOLE]
        if block == _ZEROS:
            target.seek(_HOLE, 1)
        else:
            target.write(block)


def _clean(name: str, what: str) -> str:
    """A path of the image without a leading slash or dots; ``..`` is nothing that an image needs."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise InvalidImage(f"{what} has the name {name[:200]!r}, which leads out of the image")
    return "/".join(parts)
