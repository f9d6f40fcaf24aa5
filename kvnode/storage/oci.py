"""OCI and docker image documents: descriptors, indexes, manifests, configurations.

Read leniently where the specification allows more than we use, strictly in what we act on: a digest is a SHA-256, a
size is a number, a document is what its media type says and not two things at once (which CVE-2021-41190 was about),
and no document is larger than 4 MiB, the limit that registries have (OCI distribution-spec, "Pushing Manifests").

Source of names and types: OCI image-spec 1.1 (descriptor.md, image-index.md, manifest.md, config.md) and docker's
"Image Manifest V 2, Schema 2".
"""

import os
from collections.abc import Callable
from typing import TypeVar

import msgspec

from kvnode.errors import InvalidImage
from kvnode.storage.digests import sha256_of
from kvnode.storage.image_reference import is_digest

T = TypeVar("T")

DOCUMENT_LIMIT = 4 * 1024 * 1024
_DEPTH_LIMIT = 4
_LAYER_LIMIT = 512

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
_INDEXES = (OCI_INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
_MANIFESTS = (OCI_MANIFEST, "application/vnd.docker.distribution.manifest.v2+json")
_LAYERS = (
    OCI_LAYER,
    f"{OCI_LAYER}+gzip",
    f"{OCI_LAYER}+zstd",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
)
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Platform(msgspec.Struct, frozen=True):
    """What a manifest of an index is for."""

    architecture: str = ""
    os: str = ""


class Descriptor(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Points at a blob: its type, digest and size in bytes."""

    media_type: str
    digest: str
    size: int
    annotations: dict[str, str] = {}
    platform: Platform | None = None

    def __post_init__(self) -> None:
        if not is_digest(self.digest):
            raise ValueError(f"the digest {self.digest[:80]!r} is not sha256:<64 hex digits>")
        if not 0 <= self.size < 1 << 62:
            raise ValueError(f"the size {self.size} is no number of bytes")

    @property
    def is_index(self) -> bool:
        return self.media_type in _INDEXES

    @property
    def is_manifest(self) -> bool:
        return self.media_type in _MANIFESTS


class Index(msgspec.Struct, frozen=True, rename="camel"):
    """An image index: the manifests of one image for several platforms, or of a layout's images."""

    manifests: tuple[Descriptor, ...]
    schema_version: int = 2
    media_type: str | None = None
    layers: msgspec.UnsetType | object = msgspec.UNSET


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """One image: its configuration and its layers, bottom first."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    schema_version: int = 2
    media_type: str | None = None
    manifests: msgspec.UnsetType | object = msgspec.UNSET


class _Claim(msgspec.Struct, frozen=True, rename="camel"):
    """What tells a manifest from an index."""

    media_type: str | None = None
    manifests: msgspec.UnsetType | object = msgspec.UNSET


class RootFs(msgspec.Struct, frozen=True):
    """Digests of the layers as plain tar, bottom first."""

    diff_ids: tuple[str, ...] = ()


class ImageConfig(msgspec.Struct, frozen=True):
    """What is used of an image's configuration."""

    created: str | None = None
    rootfs: RootFs = RootFs()


class Chosen(msgspec.Struct, frozen=True):
    """The manifest for this host, its bytes, and the digests of the indexes that led to it."""

    descriptor: Descriptor
    document: bytes
    manifest: Manifest
    index_digests: tuple[str, ...]


ReadDocument = Callable[[Descriptor], bytes]
"""Reads a small blob: its bytes, verified."""


def host_architecture() -> str:
    """This machine in Go's words, as images have it."""
    machine = os.uname().machine
    return _ARCHITECTURES.get(machine, machine)


def choose_manifest(
    descriptor: Descriptor, read: ReadDocument, architecture: str, outer: tuple[str, ...] = ()
) -> Chosen:
    """Follows a descriptor, through indexes where there are any, to the manifest for ``architecture``.

    Raises InvalidImage where the way ends elsewhere, goes on for too long, or has nothing for this machine.
    """
    document = read(descriptor)
    if descriptor.is_manifest:
        return Chosen(descriptor, document, parse_manifest(document, descriptor.media_type), outer)
    if not descriptor.is_index:
        raise InvalidImage(
            f"{descriptor.digest} is of the type {descriptor.media_type[:100]!r}, no image manifest and no index"
        )
    if len(outer) >= _DEPTH_LIMIT:
        raise InvalidImage(
            f"{descriptor.digest} is an index within {_DEPTH_LIMIT} indexes; that is as deep as one goes"
        )
    index = parse_index(document, descriptor.media_type)
    chosen = for_platform(index.manifests, architecture, descriptor.digest)
    return choose_manifest(chosen, read, architecture, (*outer, descriptor.digest))


def for_platform(entries: tuple[Descriptor, ...], architecture: str, what: str) -> Descriptor:
    """The entry of an index that is for Linux on ``architecture``, or the only one that names no platform."""
    usable = [entry for entry in entries if entry.is_index or entry.is_manifest]
    fitting = [entry for entry in usable if entry.platform == Platform(architecture, "linux")]
    unnamed = [entry for entry in usable if entry.platform is None]
    if fitting:
        return fitting[0]
    if len(unnamed) == 1:
        return unnamed[0]
    there = sorted({f"{entry.platform.os}/{entry.platform.architecture}" for entry in usable if entry.platform})
    raise InvalidImage(
        f"{what} has no image for linux/{architecture}; it has {', '.join(there)[:500] or 'none at all'}"
    )


def parse_index(document: bytes, media_type: str | None = None) -> Index:
    """Reads an image index; ``media_type`` is what pointed to it said."""
    index = _decode(document, Index, "an image index")
    _check_type(index.media_type, media_type, index.schema_version)
    if index.layers is not msgspec.UNSET:
        raise InvalidImage("an image index has layers too: it is ambiguous, and nobody should trust it")
    return index


def parse_manifest(document: bytes, media_type: str | None = None) -> Manifest:
    """Reads an image manifest; ``media_type`` is what pointed to it said."""
    manifest = _decode(document, Manifest, "an image manifest")
    _check_type(manifest.media_type, media_type, manifest.schema_version)
    if manifest.manifests is not msgspec.UNSET:
        raise InvalidImage("an image manifest is an index too: it is ambiguous, and nobody should trust it")
    if not 0 < len(manifest.layers) <= _LAYER_LIMIT:
        raise InvalidImage(f"an image manifest has {len(manifest.layers)} layers; from 1 to {_LAYER_LIMIT} are read")
    for layer in manifest.layers:
        if layer.media_type not in _LAYERS:
            raise InvalidImage(
                f"layer {layer.digest} is of the type {layer.media_type[:100]!r}; a container disk has its disk in a "
                "file system layer (tar, plain or with gzip or zstd)"
            )
    return manifest


def parse_config(document: bytes) -> ImageConfig:
    """Reads an image configuration."""
    return _decode(document, ImageConfig, "an image configuration")


def media_type_of(document: bytes) -> str:
    """What a document that came without a descriptor is: it says so, or (OCI lets it) its fields do."""
    claimed = _decode(document, _Claim, "an image document")
    if claimed.media_type is not None:
        return claimed.media_type
    return OCI_MANIFEST if claimed.manifests is msgspec.UNSET else OCI_INDEX


def new_manifest(config: Descriptor, layers: list[Descriptor]) -> tuple[Descriptor, bytes]:
    """An OCI manifest of these parts, and the descriptor that points at it."""
    document = msgspec.json.encode(
        {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers}, order="deterministic"
    )
    return Descriptor(OCI_MANIFEST, sha256_of(document), len(document)), document


def _check_type(own: str | None, stated: str | None, schema_version: int) -> None:
    if schema_version != 2:
        raise InvalidImage(f"an image document is of schema version {schema_version}; kvnode reads version 2")
    if own is not None and stated is not None and own != stated:
        raise InvalidImage(f"an image document says it is {own[:100]!r}, and what points to it says {stated[:100]!r}")


def _decode(document: bytes, kind: type[T], what: str) -> T:
    if len(document) > DOCUMENT_LIMIT:
        raise InvalidImage(f"{what} has {len(document)} bytes, {DOCUMENT_LIMIT} at most")
    try:
        return msgspec.json.decode(document, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InvalidImage(f"{what} can't be read: {str(error)[:300]}") from None
