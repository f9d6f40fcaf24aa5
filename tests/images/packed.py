"""Small container images made in memory: what builders write, and what they never would."""

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"

Member = tuple[str, bytes] | tarfile.TarInfo

SECTORS = b"a disk's first sector".ljust(512, b".") * 8


def tar(*members: Member, format: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of these files; a TarInfo stands for a member without content."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=format) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return target.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A folder, a link, a device: what has no content."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Packer:
    """Collects the blobs of images, to be written as an OCI layout."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def blob(self, data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        """Keeps a blob; its descriptor."""
        self.blobs[digest_of(data)] = data
        return {"mediaType": media_type, "digest": digest_of(data), "size": len(data), **more}

    def document(self, value: Any, media_type: str, **more: Any) -> dict[str, Any]:
        return self.blob(json.dumps(value).encode(), media_type, **more)

    def image(self, layers: Iterable[bytes], media_type: str = OCI_LAYER, **more: Any) -> dict[str, Any]:
        """An image of these layers, bottom first; the descriptor of its manifest."""
        layers = list(layers)
        config = {
            "created": "2026-01-02T03:04:05Z",
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [digest_of(_plain(layer)) for layer in layers]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": self.document(config, OCI_CONFIG),
            "layers": [self.blob(layer, media_type) for layer in layers],
        }
        return self.document(manifest, OCI_MANIFEST, **more)

    def index(self, *manifests: dict[str, Any], **more: Any) -> dict[str, Any]:
        value = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(manifests)}
        return self.document(value, OCI_INDEX, **more)

    def layout(self, folder: Path, *manifests: dict[str, Any]) -> Path:
        """Writes everything as an OCI layout whose index lists ``manifests``."""
        blobs = folder / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        for digest, data in self.blobs.items():
            (blobs / digest.removeprefix("sha256:")).write_bytes(data)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": list(manifests)}))
        return folder


def layout(folder: Path, *layers: bytes) -> Path:
    """An OCI layout of one image with these layers, bottom first."""
    packer = Packer()
    return packer.layout(folder, packer.image(layers))


def archive_of(folder: Path, path: Path) -> Path:
    """The folder's content as a tar."""
    with tarfile.open(path, "w") as archive:
        for member in sorted(folder.rglob("*")):
            archive.add(member, member.relative_to(folder).as_posix(), recursive=False)
    return path


def docker_archive(path: Path, layers: list[bytes], *, tag: str = "example/disk:1", **changes: Any) -> Path:
    """What ``docker save`` wrote for years: ``manifest.json``, and a folder with ``layer.tar`` for each layer."""
    config = json.dumps(
        {"created": "2026-01-02T03:04:05Z", "rootfs": {"diff_ids": [digest_of(_plain(x)) for x in layers]}}
    )
    name = f"{hashlib.sha256(config.encode()).hexdigest()}.json"
    members: list[Member] = [(name, config.encode())]
    first: dict[bytes, str] = {}
    paths = []
    for number, layer in enumerate(layers):
        paths.append(f"{number:064x}/layer.tar")
        if layer in first:  # docker wrote a repeated layer as a link to the first
            members.append(special(paths[-1], tarfile.SYMTYPE, f"../{first[layer]}"))
        else:
            first[layer] = paths[-1]
            members.append((paths[-1], layer))
    manifest = [{"Config": name, "RepoTags": [tag], "Layers": paths, **changes}]
    members.append(("manifest.json", json.dumps(manifest).encode()))
    path.write_bytes(tar(*members))
    return path


def qcow2(path: Path, size: str = "1M", *options: str) -> bytes:
    """A blank qcow2 disk made by qemu-img."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *options, path, size], check=True)
    return path.read_bytes()


def _plain(layer: bytes) -> bytes:
    """What a layer's diff id is of; a layer that is broken on purpose has none worth having."""
    try:
        return gzip.decompress(layer) if layer.startswith(b"\x1f\x8b") else layer
    except (EOFError, OSError):
        return layer
