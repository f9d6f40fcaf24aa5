"""Images as people hand them over: an OCI layout, an oci-archive or a docker-archive.

Each becomes a PackedImage: a list of descriptors to choose from and a way to read blobs.  A docker archive has no
manifest and no digests of its layers as they lie there, so one is written for it, and its layers are held to the
digests that its configuration has of them.

A blob's name in a layout or an archive is its digest, so no name of the source decides what is opened; links, pipes and
devices in the place of a blob are refused.
"""

import contextlib
import errno
import io
import os
import posixpath
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from kvnode.errors import InvalidImage, NotFound
from kvnode.storage.compression import decompressed
from kvnode.storage.digests import CHUNK_BYTES, Readable, VerifiedReader, copy, measure, sha256_of
from kvnode.storage.files import host_error, host_errors, require_space
from kvnode.storage.oci import (
    DOCUMENT_LIMIT,
    OCI_CONFIG,
    OCI_LAYER,
    Descriptor,
    new_manifest,
    parse_config,
    parse_index,
)
from kvnode.storage.tar import BLOCK, TarEntry, TarReader

REF_NAME = "org.opencontainers.image.ref.name"
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zX")
_QCOW2 = b"QFI\xfb"
_LINK_LIMIT = 8
_EXPANSION_LIMIT = 1 << 40


class PackedImage(Protocol):
    """Where an image's documents and blobs come from."""

    def descriptors(self) -> tuple[Descriptor, ...]:
        """The images that are in it; their annotations may name them."""

    def open_blob(self, digest: str) -> contextlib.AbstractContextManager[Readable]:
        """A blob from its start, not verified; InvalidImage where it isn't there."""


@contextlib.contextmanager
def open_packed(path: Path, scratch: Path) -> Iterator[PackedImage]:
    """Opens whatever lies at ``path``; what has to be unpacked goes below ``scratch``, which the caller removes.

    Raises NotFound where nothing is, InvalidImage where it is no image that kvnode reads.
    """
    try:
        is_folder = path.is_dir()
        if not is_folder and not path.is_file():
            raise NotFound(f"there is no image at {path}: no folder (OCI layout) and no file (oci or docker archive)")
    except OSError as error:
        raise host_error("look for an image", path, error) from error
    if is_folder:
        yield _Layout(path)
        return
    with contextlib.ExitStack() as stack:
        with host_errors("open the archive", path):
            file: BinaryIO = stack.enter_context(open(path, "rb"))
        head = _first_bytes(file)
        if not head:
            raise InvalidImage(f"the archive {path} is empty")
        if head.startswith(_QCOW2):
            raise InvalidImage(f"{path} is a qcow2 disk and no image: put it into an image first, under /disk")
        if head.startswith(_COMPRESSED):
            file = stack.enter_context(_unpacked(file, path, scratch))
        yield _archive(_Members(file, f"the archive {path}"))


def _archive(members: "_Members") -> PackedImage:
    if "index.json" in members:
        return _OciArchive(members)
    if "manifest.json" in members:
        return _DockerArchive(members)
    if members.cut_off:
        raise InvalidImage(
            f"{members.what} ends too early, before its index.json or manifest.json: fetch or copy it again"
        )
    raise InvalidImage(
        f"{members.what} holds neither index.json (oci-archive) nor manifest.json (docker-archive); a disk image alone "
        "has to be put into an image first, under /disk"
    )


def _first_bytes(file: BinaryIO) -> bytes:
    head = file.read(4)
    file.seek(0)
    return head


def _unpacked(file: BinaryIO, path: Path, scratch: Path) -> BinaryIO:
    """The archive as plain tar in ``scratch``: its members are read out of order."""
    spooled = scratch / "archive.tar"
    what = f"the archive {path}"
    with decompressed(file, what) as plain, host_errors("unpack the archive", spooled):
        with open(spooled, "xb") as target:
            copy(_SpaceWatched(plain, spooled), target.write, _EXPANSION_LIMIT, f"{what}, unpacked,")
        return open(spooled, "rb")


class _SpaceWatched:
    """Raises before the disk is full, which unpacking a bomb would make it."""

    def __init__(self, source: Readable, target: Path) -> None:
        self._source = source
        self._target = target

    def read(self, size: int, /) -> bytes:
        require_space("unpack the archive", self._target, size)
        return self._source.read(size)


class _Layout:
    """A folder with ``index.json`` and ``blobs/sha256/…`` (OCI image-spec, image-layout.md)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def descriptors(self) -> tuple[Descriptor, ...]:
        try:
            with open_regular(self._path / "index.json") as file:
                document = file.read(DOCUMENT_LIMIT + 1)
        except FileNotFoundError:
            raise InvalidImage(f"{self._path} is no OCI layout: it has no index.json") from None
        except OSError as error:
            raise host_error("read the image", self._path / "index.json", error) from error
        return parse_index(document).manifests

    @contextlib.contextmanager
    def open_blob(self, digest: str) -> Iterator[Readable]:
        path = self._path / "blobs" / digest.replace(":", "/", 1)
        try:
            file = open_regular(path)
        except FileNotFoundError:
            raise InvalidImage(f"the layout {self._path} lacks its blob {digest}") from None
        except OSError as error:
            raise host_error("read the image", path, error) from error
        with file:
            yield file


def open_regular(path: Path) -> BinaryIO:
    """Opens a file that is one: no link, and no pipe that would keep us waiting."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link, a socket
            raise InvalidImage(f"{path} is no regular file") from None
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise InvalidImage(f"{path} is no regular file")
    return open(fd, "rb")


class _Members:
    """The files of an uncompressed tar by name, and where each lies in it.

    ``cut_off`` says that the end mark is missing: what isn't there came after the cut.
    """

    def __init__(self, file: BinaryIO, what: str) -> None:
        self._file = file
        self.what = what
        self._entries: dict[str, TarEntry] = {}
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        reader = TarReader(file, what, skipped_limit=size + BLOCK)
        for entry in reader.entries():
            if entry.offset + entry.size > size:
                raise InvalidImage(
                    f"{what} ends too early: it has {size} bytes, and {entry.name[:200]!r} in it goes on to byte "
                    f"{entry.offset + entry.size}; fetch or copy it again"
                )
            self._entries[posixpath.normpath(entry.name)] = entry
        self.cut_off = not reader.ended

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def open(self, name: str) -> Readable:
        """A member's content; docker wrote a layer that two images share as a link to the first."""
        entry = self._entries.get(name)
        for _ in range(_LINK_LIMIT):
            if entry is None or entry.kind not in ("symlink", "hardlink"):
                break
            base = posixpath.dirname(name) if entry.kind == "symlink" else ""
            name = posixpath.normpath(posixpath.join(base, entry.target))
            entry = self._entries.get(name)
        if entry is None and self.cut_off:
            raise InvalidImage(f"{self.what} ends too early, before the file {name[:200]!r}: fetch or copy it again")
        if entry is None or entry.kind != "file":
            raise InvalidImage(f"{self.what} lacks the file {name[:200]!r}")
        return _Slice(self._file, entry.offset, entry.size)

    def read(self, name: str) -> bytes:
        """A whole small member."""
        source = self.open(name)
        target = io.BytesIO()
        copy(source, target.write, DOCUMENT_LIMIT, f"{name[:200]!r} in {self.what}")
        return target.getvalue()


class _Slice:
    """A part of a file, read with a position of its own."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self._file = file
        self._offset = offset
        self._left = size

    def read(self, size: int, /) -> bytes:
        self._file.seek(self._offset)
        data = self._file.read(min(size, self._left))
        self._offset += len(data)
        self._left -= len(data)
        return data


class _OciArchive:
    """An OCI layout within a tar."""

    def __init__(self, members: _Members) -> None:
        self._members = members

    def descriptors(self) -> tuple[Descriptor, ...]:
        return parse_index(self._members.read("index.json")).manifests

    @contextlib.contextmanager
    def open_blob(self, digest: str) -> Iterator[Readable]:
        yield self._members.open(f"blobs/{digest.replace(':', '/', 1)}")


class _DockerImage(msgspec.Struct, frozen=True, rename="pascal"):
    """One entry of a docker archive's ``manifest.json``."""

    config: str
    layers: tuple[str, ...]
    repo_tags: tuple[str, ...] | None = None


class _DockerArchive:
    """What ``docker save`` wrote before it wrote OCI layouts: given digests and a manifest when it is opened."""

    def __init__(self, members: _Members) -> None:
        self._members = members
        self._documents: dict[str, bytes] = {}
        self._layers: dict[str, str] = {}
        try:
            images = msgspec.json.decode(members.read("manifest.json"), type=list[_DockerImage])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise InvalidImage(f"{members.what} has a manifest.json that can't be read: {str(error)[:300]}") from None
        self._descriptors = tuple(self._described(image) for image in images)

    def descriptors(self) -> tuple[Descriptor, ...]:
        return self._descriptors

    @contextlib.contextmanager
    def open_blob(self, digest: str) -> Iterator[Readable]:
        if digest in self._documents:
            yield io.BytesIO(self._documents[digest])
        elif digest in self._layers:
            yield self._members.open(self._layers[digest])
        else:
            raise InvalidImage(f"{self._members.what} lacks its blob {digest}")

    def _described(self, image: _DockerImage) -> Descriptor:
        document = self._members.read(posixpath.normpath(image.config))
        config = Descriptor(OCI_CONFIG, sha256_of(document), len(document))
        diff_ids = parse_config(document).rootfs.diff_ids
        if len(diff_ids) != len(image.layers):
            raise InvalidImage(
                f"{self._members.what} has {len(image.layers)} layers, and its configuration tells of {len(diff_ids)}"
            )
        layers = [self._layer(name, diff_id) for name, diff_id in zip(image.layers, diff_ids, strict=True)]
        descriptor, manifest = new_manifest(config, layers)
        self._documents[config.digest] = document
        self._documents[descriptor.digest] = manifest
        names = image.repo_tags or ()
        return msgspec.structs.replace(descriptor, annotations={REF_NAME: names[0]} if names else {})

    def _layer(self, name: str, diff_id: str) -> Descriptor:
        """The layer as it lies there, once its plain bytes are what the configuration says of them."""
        name = posixpath.normpath(name)
        what = f"layer {name[:200]!r} of {self._members.what}"
        digest, size = measure(self._members.open(name), _EXPANSION_LIMIT, what)
        if digest != diff_id:
            with decompressed(self._members.open(name), what) as plain:
                found, _ = measure(plain, _EXPANSION_LIMIT, f"{what}, unpacked,")
            if found != diff_id:
                raise InvalidImage(
                    f"{what} has the digest {found}, and the configuration says {diff_id[:80]}: it was changed or "
                    "broken on its way"
                )
        self._layers[digest] = name
        return Descriptor(OCI_LAYER, digest, size)


def read_document(packed: PackedImage, descriptor: Descriptor) -> bytes:
    """A small blob, whole and verified."""
    if descriptor.size > DOCUMENT_LIMIT:
        raise InvalidImage(f"{descriptor.digest} is a document of {descriptor.size} bytes, {DOCUMENT_LIMIT} at most")
    with packed.open_blob(descriptor.digest) as source:
        reader = VerifiedReader(source, descriptor.digest, descriptor.size, f"the document {descriptor.digest}")
        parts = []
        while data := reader.read(CHUNK_BYTES):
            parts.append(data)
        reader.finish()
    return b"".join(parts)
