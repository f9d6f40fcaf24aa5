"""Container images made on the spot: one layer, an OCI layout in a tar file, as ``ctr images import`` reads it.

Two are needed by every cluster: ``pause``, which holds a Pod's namespaces, and a busybox for whoever wants a Pod that
answers. Both are static programs, so an image is the program and a few links. The same content gives the same bytes.
"""

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.cluster.faults import ClusterError

PAUSE_SOURCE = Path(__file__).with_name("pause.c")
PAUSE_IMAGE = "localhost/kvnode/pause:1"
BUSYBOX_IMAGE = "localhost/kvnode/busybox:1"
BUSYBOX = Path("/bin/busybox")


@dataclass(frozen=True)
class Program:
    """A file of an image; 0755 unless ``mode`` says else."""

    content: bytes
    mode: int = 0o755


@dataclass(frozen=True)
class Link:
    """A symbolic link of an image."""

    target: str


def compile_pause(target: Path) -> None:
    """Compile pause.c to a static program."""
    try:
        done = subprocess.run(
            ["gcc", "-std=gnu11", "-O2", "-Wall", "-Werror", "-static", "-s", "-o", str(target), str(PAUSE_SOURCE)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    except FileNotFoundError:
        raise ClusterError(
            "gcc is not installed, and it compiles the cluster's pause: apt-get install gcc libc6-dev"
        ) from None
    if done.returncode:
        raise ClusterError(f"{PAUSE_SOURCE.name} can't be compiled: {done.stderr.strip()[-1000:]}")


def write_pause_image(program: Path, archive: Path) -> None:
    """The image of a Pod's sandbox."""
    write_image(archive, PAUSE_IMAGE, {"pause": Program(program.read_bytes())}, {"Entrypoint": ["/pause"]})


def write_busybox_image(archive: Path) -> None:
    """busybox under all its names, with a /tmp and the users root and nobody."""
    if not BUSYBOX.exists():
        raise ClusterError(
            f"{BUSYBOX} is not installed, and the cluster's test image holds it: apt-get install busybox-static"
        )
    listed = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, timeout=30, check=False).stdout.split()
    files: dict[str, Program | Link] = {"bin/busybox": Program(BUSYBOX.read_bytes())}
    files |= {f"bin/{name}": Link("busybox") for name in listed if name != "busybox"}
    users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
    files["etc/passwd"] = Program(users.encode(), 0o644)
    files["etc/group"] = Program(b"root:x:0:\nnogroup:x:65534:\n", 0o644)
    config = {"Cmd": ["sh"], "Env": ["PATH=/bin"]}
    write_image(archive, BUSYBOX_IMAGE, files, config)


def write_image(
    archive: Path, reference: str, files: Mapping[str, Program | Link], config: Mapping[str, object]
) -> None:
    """An image of one layer; ``config`` is the ``config`` object of an OCI image configuration."""
    layer = _layer(files)
    packed = gzip.compress(layer, 1, mtime=0)
    document = {
        "architecture": "amd64",
        "os": "linux",
        "config": dict(config),
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    blobs: dict[str, bytes] = {}

    def describe(media_type: str, content: bytes) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": describe("application/vnd.oci.image.config.v1+json", json.dumps(document).encode()),
        "layers": [describe("application/vnd.oci.image.layer.v1.tar+gzip", packed)],
    }
    described = describe("application/vnd.oci.image.manifest.v1+json", json.dumps(manifest).encode())
    index = {"schemaVersion": 2, "manifests": [{**described, "annotations": {"io.containerd.image.name": reference}}]}
    with tarfile.open(archive, "w") as tar:
        _add(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(tar, "index.json", json.dumps(index).encode())
        for digest, content in blobs.items():
            _add(tar, f"blobs/sha256/{digest}", content)


def _layer(files: Mapping[str, Program | Link]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder in sorted({*(str(Path(name).parent) for name in files), "tmp", "root", "etc"} - {"."}):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        for name, file in files.items():
            if isinstance(file, Link):
                entry = tarfile.TarInfo(name)
                entry.type, entry.linkname = tarfile.SYMTYPE, file.target
                tar.addfile(entry)
            else:
                _add(tar, name, file.content, file.mode)
    return out.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def copy_into(archive: Path, folder: Path) -> Path:
    """A copy of the archive in a folder that a machine sees; hard-linked where that is possible."""
    target = folder / f"{hashlib.sha256(str(archive.resolve()).encode()).hexdigest()[:12]}.tar"
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(archive)
    except OSError:
        shutil.copyfile(archive, target)
    return target
