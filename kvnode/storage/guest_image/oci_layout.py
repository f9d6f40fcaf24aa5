"""An image of one layer as an OCI layout: a folder that image stores and skopeo read (OCI image-spec, image-layout.md).

The layer holds ``/disk/disk.qcow2`` as KubeVirt's container disks do: owned by 107:107, readable and not writable.
It is not compressed: the kernel inside already is, and whoever unwraps it has it at the speed of a copy.  No clock
and no user of this host reach the bytes.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

_QEMU = 107  # the user that container disks belong to, in KubeVirt's images


def write_oci_layout(folder: Path, disk: Path, reference: str, labels: dict[str, str], date: int) -> str:
    """Write a layout into ``folder``, which must exist and be empty, and give back its manifest's digest.

    disk      -- the qcow2 file that becomes /disk/disk.qcow2
    reference -- the name under which the index lists the image
    date      -- seconds since 1970, for the image and for the files in its layer
    """
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    layer_digest, layer_size = _write_layer(blobs, disk, date)
    created = datetime.datetime.fromtimestamp(date, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    config = _write_json(
        blobs,
        {
            "created": created,
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [layer_digest]},
            "history": [{"created": created, "created_by": "kvnode image build", "comment": "/disk/disk.qcow2"}],
        },
    )
    manifest = _write_json(
        blobs,
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
            "layers": [
                {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer_digest, "size": layer_size}
            ],
        },
    )
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                **manifest,
                "platform": {"architecture": "amd64", "os": "linux"},
                "annotations": {"org.opencontainers.image.ref.name": reference},
            }
        ],
    }
    (folder / "index.json").write_bytes(_json(index))
    # Last: a folder without it is no layout yet.
    (folder / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    return str(manifest["digest"])


def _write_layer(blobs: Path, disk: Path, date: int) -> tuple[str, int]:
    path = blobs / "layer"
    with path.open("xb") as out, tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(_member("disk", tarfile.DIRTYPE, 0o555, 0, date))
        with disk.open("rb") as source:
            tar.addfile(_member("disk/disk.qcow2", tarfile.REGTYPE, 0o440, disk.stat().st_size, date), source)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    path.rename(blobs / digest)
    return f"sha256:{digest}", size


def _member(name: str, kind: bytes, mode: int, size: int, date: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.size, member.mtime = kind, mode, size, date
    member.uid = member.gid = _QEMU
    return member


def _write_json(blobs: Path, value: Any) -> dict[str, Any]:
    data = _json(value)
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
