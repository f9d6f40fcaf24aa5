"""A layer of an image: files in memory or on disk, written as a tar file whose bytes no clock and no user reach."""

import hashlib
import io
import json
import py_compile
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from deploy.setup.cache import kept

_DATE = 1_700_000_000


class Layer:
    """Entries by path, without a leading slash; parents are made where nobody named them."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[tarfile.TarInfo, bytes]] = {}

    def folder(self, path: str, mode: int = 0o755) -> None:
        """A folder; one that is there keeps its place and gets the mode."""
        self._put(path, tarfile.DIRTYPE, mode)

    def file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """A regular file, in the place of whatever had the name."""
        self._put(path, tarfile.REGTYPE, mode, content)

    def link(self, path: str, target: str) -> None:
        """A symbolic link; a folder that has the name already stays."""
        self._put(path, tarfile.SYMTYPE, 0o777, target=target)

    def paths(self) -> list[str]:
        """Every entry's path, sorted."""
        return sorted(self._entries)

    def content(self, path: str) -> bytes:
        """The bytes of a file; nothing for a folder or link. KeyError where there is none of the name."""
        return self._entries[path][1]

    def is_link(self, path: str) -> bool:
        """Whether a path names a symbolic link."""
        entry = self._entries.get(path)
        return entry is not None and entry[0].issym()

    def compile_modules(self, below: str) -> None:
        """Byte code beside each Python module below a folder, valid whatever the file's date (PEP 552, unchecked)."""
        with tempfile.TemporaryDirectory() as scratch:
            source, target = Path(scratch, "module.py"), Path(scratch, "module.pyc")
            for path in self.paths():
                if not (path.startswith(f"{below}/") and path.endswith(".py")) or self.is_link(path):
                    continue
                source.write_bytes(self.content(path))
                try:
                    py_compile.compile(
                        str(source),
                        str(target),
                        dfile=f"/{path}",
                        doraise=True,
                        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
                    )
                except py_compile.PyCompileError:
                    continue  # a template, or a module for another Python
                folder, _, name = path.rpartition("/")
                self.file(f"{folder}/__pycache__/{name[:-3]}.{_tag()}.pyc", target.read_bytes())

    def write(self, target: Path) -> str:
        """Write the tar file; its SHA-256 in hex."""
        for path in self.paths():
            for parent in Path(path).parents:
                if str(parent) != ".":
                    self._entries.setdefault(str(parent), (_info(str(parent), tarfile.DIRTYPE, 0o755), b""))
        with tarfile.open(target, "x", format=tarfile.PAX_FORMAT) as tar:
            for path in self.paths():
                info, content = self._entries[path]
                tar.addfile(info, io.BytesIO(content))
        with target.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _put(self, path: str, kind: bytes, mode: int, content: bytes = b"", target: str = "") -> None:
        info = _info(path, kind, mode)
        info.size, info.linkname = len(content), target
        self._entries[path] = (info, content)


def _info(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.mtime = kind, mode, _DATE
    return info


def _tag() -> str:
    tag = sys.implementation.cache_tag
    assert tag is not None, "CPython has one"
    return tag


def write_archive(target: Path, reference: str, layers: Iterable[Path], config: dict[str, object]) -> None:
    """An OCI layout in a tar file, of layers that are tar files.

    reference -- the image's whole name, with a tag
    config    -- the ``config`` object of an OCI image configuration
    """
    blobs: list[tuple[str, Path | bytes]] = []

    def describe(media_type: str, content: Path | bytes) -> dict[str, object]:
        if isinstance(content, Path):
            with content.open("rb") as file:
                digest, size = hashlib.file_digest(file, "sha256").hexdigest(), content.stat().st_size
        else:
            digest, size = hashlib.sha256(content).hexdigest(), len(content)
        blobs.append((digest, content))
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}

    described = [describe("application/vnd.oci.image.layer.v1.tar", layer) for layer in layers]
    document = {
        "architecture": "amd64",
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in described]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": describe("application/vnd.oci.image.config.v1+json", _json(document)),
        "layers": described,
    }
    entry = describe("application/vnd.oci.image.manifest.v1+json", _json(manifest))
    entry["annotations"] = {
        "io.containerd.image.name": reference,
        "org.opencontainers.image.ref.name": reference.rpartition(":")[2],
    }
    with tarfile.open(target, "x", format=tarfile.PAX_FORMAT) as tar:
        index = {"schemaVersion": 2, "manifests": [entry]}
        _add(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        _add(tar, "index.json", _json(index))
        for digest, content in dict(blobs).items():
            _add(tar, f"blobs/sha256/{digest}", content)


def _add(tar: tarfile.TarFile, name: str, content: Path | bytes) -> None:
    info = _info(name, tarfile.REGTYPE, 0o644)
    if isinstance(content, bytes):
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    else:
        info.size = content.stat().st_size
        with content.open("rb") as file:
            tar.addfile(info, file)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def kept_file(kind: str, key: str, name: str, make: Callable[[Path], None]) -> Path:
    """A file of the cache, ``make`` having written it once for this key."""
    return kept(kind, key, lambda folder: make(folder / name)) / name
