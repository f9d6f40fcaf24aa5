"""The local image store: what a manifest's ``image`` resolves to on this node.

The store is itself an OCI layout (``oci-layout``, ``index.json``, ``blobs/sha256/…``), so skopeo and everything else
that reads layouts can read it.  ``index.json`` names each image by its reference in the usual annotation; our own
annotations say when it came, from where, and which multi-platform indexes led to it (a manifest may pin one of those).

Blobs are copied aside, verified, and renamed into place under the store's lock together with the new index; a crash
leaves blobs that nobody names, which the next removal collects.  Scratch folders are locked by those who fill them: one
that can be locked is stale.
"""

import contextlib
import datetime
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from kvnode.errors import HostError, InvalidImage, NotFound
from kvnode.paths import NodePaths
from kvnode.storage.archives import REF_NAME, PackedImage, open_packed, read_document
from kvnode.storage.digests import CHUNK_BYTES, VerifiedReader
from kvnode.storage.files import (
    host_error,
    host_errors,
    locked,
    make_folder,
    remove_tree,
    require_space,
    sync_folder,
    write_whole,
)
from kvnode.storage.image_reference import ImageReference, parse_reference
from kvnode.storage.oci import (
    OCI_INDEX,
    Chosen,
    Descriptor,
    choose_manifest,
    for_platform,
    host_architecture,
    parse_config,
    parse_index,
    parse_manifest,
)
from kvnode.storage.registry import fetch

Progress = Callable[[str], None]
"""Takes one line for whoever waits."""

_ADDED = "kvnode.added"
_ORIGIN = "kvnode.origin"
_PINS = "kvnode.index-digests"
_CREATED = "org.opencontainers.image.created"
_BYTES = "kvnode.bytes"
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_LOCAL = "local"
_REGISTRY = "registry"


class Image(msgspec.Struct, frozen=True):
    """One image of the store.

    reference  -- as ``localhost/kvnode/tiny:latest``
    digest     -- of its manifest for this machine
    bytes      -- of all its blobs
    created    -- when it was built, RFC 3339 as its configuration has it, or None
    added      -- when it came into the store, RFC 3339
    origin     -- ``local`` (``image add``, ``image build``) or ``registry``
    """

    reference: str
    digest: str
    bytes: int
    created: str | None
    added: str
    origin: str


class ImageStore:
    """The images below one folder, ``NodePaths.images`` unless said otherwise. Any number of processes share it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or NodePaths.here().images

    def add(self, path: Path, reference: str, progress: Progress) -> Image:
        """Takes in the image at ``path`` (OCI layout, oci-archive, docker-archive) under ``reference``.

        An image that had the name loses it.  Raises NotFound, InvalidImage or HostError; then nothing has changed.
        """
        name = parse_reference(reference)
        with _said_of(str(path)), self._scratch() as scratch, open_packed(path, scratch) as packed:
            return self._take_in(packed, name, scratch, progress, _LOCAL)

    def pull(self, reference: str, progress: Progress) -> Image:
        """Fetches ``reference`` from its registry through skopeo; InvalidImage or HostError where that fails."""
        name = parse_reference(reference)
        if name.is_local:
            raise NotFound(
                f"{name} is on no registry: localhost/… is what is made on this machine. {self._what_would_do(name)}"
            )
        with _said_of(str(name)), self._scratch() as scratch:
            fetched = fetch(name, scratch / "fetched", progress)
            return self._take_in(fetched, name, scratch, progress, _REGISTRY, fetched.index_digests)

    def ensure(self, reference: str, pull_policy: str, progress: Progress) -> Image:
        """The image, pulled where the policy says so: ``Always``, ``IfNotPresent`` or ``Never``, as for a Pod.

        What was added from a file is never looked for in a registry.
        """
        name = parse_reference(reference)
        with contextlib.suppress(NotFound):
            image = self.find(reference)
            if pull_policy != "Always" or image.origin == _LOCAL or name.digest is not None:
                return image
        if pull_policy == "Never" or name.is_local:
            return self.find(reference)
        return self.pull(reference, progress)

    def list(self) -> list[Image]:
        """Every image by its reference, in order."""
        return sorted((_image(entry) for entry in self._index()), key=lambda image: image.reference)

    def find(self, reference: str) -> Image:
        """The image that ``reference`` means; NotFound says what is there and what would do."""
        name = parse_reference(reference)
        for entry in self._index():
            if _means(name, entry):
                return _image(entry)
        raise NotFound(f"there is no image {name} in {self.folder}. {self._what_would_do(name)}")

    def resolve(self, reference: str) -> str:
        """The digest of the manifest that ``reference`` means; NotFound as ``find``."""
        return self.find(reference).digest

    def remove(self, reference: str) -> Image:
        """Takes the name away, and all blobs that no name needs any more; returns what was removed."""
        image = self.find(reference)
        with self._locked():
            entries = [entry for entry in self._index() if entry.annotations.get(REF_NAME) != image.reference]
            self._write_index(entries)
            self._collect(entries)
        return image

    def manifest_layers(self, digest: str) -> tuple[Descriptor, ...]:
        """The layers of the image with this manifest digest, bottom first."""
        entry = next((entry for entry in self._index() if entry.digest == digest), None)
        if entry is None:
            raise NotFound(f"there is no image with the manifest {digest} in {self.folder}")
        with self.open_blob(entry) as reader:
            document = _read_all(reader)
        return parse_manifest(document, entry.media_type).layers

    @contextlib.contextmanager
    def open_blob(self, descriptor: Descriptor) -> Iterator[VerifiedReader]:
        """A blob of the store; who reads it calls ``finish`` to have it proved."""
        path = self._blob_path(descriptor.digest)
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context(open(path, "rb"))
            except FileNotFoundError:
                raise InvalidImage(
                    f"the image store lacks its blob {descriptor.digest} (it should be {path}); add the image again"
                ) from None
            except OSError as error:
                raise host_error("read the image", path, error) from error
            yield VerifiedReader(file, descriptor.digest, descriptor.size, f"blob {descriptor.digest}")

    def _take_in(
        self,
        packed: PackedImage,
        name: ImageReference,
        scratch: Path,
        progress: Progress,
        origin: str,
        index_digests: tuple[str, ...] = (),
    ) -> Image:
        chosen = _choose(packed, name)
        manifest = chosen.manifest
        pins = (*index_digests, *chosen.index_digests)
        if name.digest is not None and name.digest not in (chosen.descriptor.digest, *pins):
            raise InvalidImage(
                f"the image has the digest {chosen.descriptor.digest}, and the reference says {name.digest}"
            )
        parts = {part.digest: part for part in (*manifest.layers, manifest.config)}
        require_space("store the image", self.folder, sum(part.size for part in parts.values()))
        blobs = scratch / "blobs"
        make_folder(blobs)
        for part in parts.values():
            progress(f"copying {part.digest[:19]} ({_human(part.size)})")
            _copy_blob(packed, part, blobs / part.digest.partition(":")[2])
        (blobs / chosen.descriptor.digest.partition(":")[2]).write_bytes(chosen.document)
        size = sum(part.size for part in parts.values()) + chosen.descriptor.size
        entry = msgspec.structs.replace(
            chosen.descriptor,
            platform=None,
            annotations=_annotations(name, size, origin, pins, self._created(packed, manifest.config)),
        )
        self._publish(blobs, entry)
        return _image(entry)

    def _created(self, packed: PackedImage, config: Descriptor) -> str | None:
        created = parse_config(read_document(packed, config)).created
        return created if created and len(created) <= 40 and created.isascii() and created.isprintable() else None

    def _publish(self, blobs: Path, entry: Descriptor) -> None:
        with self._locked():
            target = self.folder / "blobs" / "sha256"
            make_folder(target)
            with host_errors("store the image", target):
                for blob in blobs.iterdir():
                    os.chmod(blob, 0o444)
                    os.rename(blob, target / blob.name)
                sync_folder(target)
            reference = entry.annotations[REF_NAME]
            others = [other for other in self._index() if other.annotations.get(REF_NAME) != reference]
            self._write_index([*others, entry])

    def _index(self) -> tuple[Descriptor, ...]:
        path = self.folder / "index.json"
        try:
            document = path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise host_error("read the image store", path, error) from error
        try:
            return tuple(entry for entry in parse_index(document).manifests if REF_NAME in entry.annotations)
        except InvalidImage as error:
            raise HostError(
                f"the image store's index {path} is broken ({error}); remove {self.folder} and add the images again"
            ) from error

    def _write_index(self, entries: Sequence[Descriptor]) -> None:
        make_folder(self.folder)
        write_whole(self.folder / "oci-layout", _LAYOUT)
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
        write_whole(self.folder / "index.json", msgspec.json.encode(document))

    def _collect(self, entries: Sequence[Descriptor]) -> None:
        """Removes the blobs that no entry leads to. Where one can't be read, nothing is known and nothing removed."""
        needed: set[str] = set()
        for entry in entries:
            with self.open_blob(entry) as reader:
                manifest = parse_manifest(_read_all(reader), entry.media_type)
            needed.update(part.digest for part in (entry, manifest.config, *manifest.layers))
        folder = self.folder / "blobs" / "sha256"
        with host_errors("remove blobs", folder):
            for blob in folder.iterdir():
                if f"sha256:{blob.name}" not in needed:
                    blob.unlink()

    def _blob_path(self, digest: str) -> Path:
        return self.folder / "blobs" / digest.replace(":", "/", 1)

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        return locked(self.folder / "lock")

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A folder for one image on its way in; removes those that nobody holds any more."""
        folder = self.folder / "tmp"
        make_folder(folder, 0o700)
        with self._locked():
            _remove_stale(folder)
            with host_errors("make a folder", folder):
                scratch = Path(tempfile.mkdtemp(dir=folder))
                fd = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(fd, fcntl.LOCK_EX)
        try:
            yield scratch
        finally:
            remove_tree(scratch)
            os.close(fd)

    def _what_would_do(self, name: ImageReference) -> str:
        from kvnode.storage.guest_image.recipe import RECIPES  # it brings the whole builder: not for every start

        there = ", ".join(image.reference for image in self.list()) or "nothing yet"
        ours = [recipe.name for recipe in RECIPES.values() if parse_reference(recipe.reference) == name]
        if ours:
            do = f"`kvnode image build {ours[0]}` makes it"
        elif name.is_local:
            do = f"`kvnode image add PATH --as {name}` adds it from an OCI layout or an archive"
        else:
            do = f"`kvnode image pull {name}` fetches it, `kvnode image add PATH --as {name}` adds it from a file"
        return f"There: {there}. {do}."


@contextlib.contextmanager
def _said_of(subject: str) -> Iterator[None]:
    """Puts the image's name or path before what is wrong with it."""
    try:
        yield
    except InvalidImage as error:
        if subject in str(error):
            raise
        raise InvalidImage(f"{subject}: {error}") from error


def _choose(packed: PackedImage, name: ImageReference) -> Chosen:
    """The manifest for this machine: of the only image, or of the one that goes by the name asked for."""
    architecture = host_architecture()
    entries = [entry for entry in packed.descriptors() if entry.is_index or entry.is_manifest]
    if not entries:
        raise InvalidImage("it holds no container image")
    named = [entry for entry in entries if entry.annotations.get(REF_NAME) in (str(name), name.name, name.tag)]
    if len(entries) > 1 and len(named) == 1:
        entries = named
    if len({entry.annotations.get(REF_NAME) for entry in entries}) > 1:
        names = ", ".join(sorted(repr(entry.annotations.get(REF_NAME, "")) for entry in entries))
        raise InvalidImage(f"it holds {len(entries)} images ({names[:500]}); ask for one by its name, or pack it alone")
    entry = entries[0] if len(entries) == 1 else for_platform(tuple(entries), architecture, "it")
    return choose_manifest(entry, lambda descriptor: read_document(packed, descriptor), architecture)


def _copy_blob(packed: PackedImage, part: Descriptor, target: Path) -> None:
    with packed.open_blob(part.digest) as source, host_errors("store the image", target, part.size):
        reader = VerifiedReader(source, part.digest, part.size, f"blob {part.digest}")
        with open(target, "xb") as file:
            while data := reader.read(CHUNK_BYTES):
                file.write(data)
            reader.finish()
            _sync(file)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _read_all(reader: VerifiedReader) -> bytes:
    parts = []
    while data := reader.read(CHUNK_BYTES):
        parts.append(data)
    reader.finish()
    return b"".join(parts)


def _remove_stale(folder: Path) -> None:
    """Removes scratch folders whose makers are gone."""
    for path in folder.iterdir():
        try:
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_tree(path)
        except BlockingIOError:
            continue
        finally:
            os.close(fd)


def _annotations(
    name: ImageReference, size: int, origin: str, pins: tuple[str, ...], created: str | None
) -> dict[str, str]:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    annotations = {REF_NAME: str(name), _BYTES: str(size), _ADDED: now, _ORIGIN: origin}
    if created is not None:
        annotations[_CREATED] = created
    if pins:
        annotations[_PINS] = " ".join(pins)
    return annotations


def _image(entry: Descriptor) -> Image:
    notes = entry.annotations
    size = notes.get(_BYTES, "")
    return Image(
        notes[REF_NAME],
        entry.digest,
        int(size) if size.isascii() and size.isdigit() else entry.size,
        notes.get(_CREATED),
        notes.get(_ADDED, ""),
        notes.get(_ORIGIN, _LOCAL),
    )


def _means(name: ImageReference, entry: Descriptor) -> bool:
    """Whether a reference means this entry: by its whole name, or by digest whatever its tag."""
    own = entry.annotations[REF_NAME]
    if own == str(name):
        return True
    if name.digest is None or parse_reference(own).name != name.name:
        return False
    return name.digest in (entry.digest, *entry.annotations.get(_PINS, "").split())


def _human(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size} bytes"
