"""The archives: kvnode's image, and the tiny guest's as a container disk."""

import json
from pathlib import Path

from deploy.images.debian_layer import debian_layer
from deploy.images.layer import kept_file, write_archive
from deploy.images.python_layer import own_layer, require_same_python, requirements_layer
from deploy.setup.cache import cache_folder, forget_old, key_of
from kvnode.storage.guest_image.build import build_image
from kvnode.storage.guest_image.debian_packages import Progress
from kvnode.storage.guest_image.recipe import TINY

KVNODE_IMAGE = "localhost/kvnode/kvnode:v0.1.0"
_CONFIG: dict[str, object] = {
    "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "PYTHONUNBUFFERED=1"],
    "Cmd": ["sh"],
}


def kvnode_archive(progress: Progress) -> Path:
    """The archive with the image of all daemons, from the cache or made now. Raises GuestImageError."""
    require_same_python()
    layers = [debian_layer(progress), requirements_layer(progress), own_layer(progress)]
    key = key_of(KVNODE_IMAGE, json.dumps(_CONFIG), *(layer.parent.name for layer in layers))
    archive = kept_file(
        "image-archives", key, "kvnode.tar", lambda target: write_archive(target, KVNODE_IMAGE, layers, _CONFIG)
    )
    for kind in ("image-archives", "image-layers"):
        forget_old(kind, days=7)
    return archive


def guest_archive(progress: Progress) -> Path:
    """The archive with the guest of the examples. Raises GuestImageError."""
    build = build_image(TINY, cache_folder() / "guests", progress)
    manifest = json.loads((build.layout / "index.json").read_bytes())["manifests"][0]["digest"]
    blobs = build.layout / "blobs/sha256"
    document = json.loads((blobs / manifest.removeprefix("sha256:")).read_bytes())
    layers = [blobs / layer["digest"].removeprefix("sha256:") for layer in document["layers"]]
    return kept_file(
        "image-archives",
        key_of(TINY.reference, build.key),
        "tiny.tar",
        lambda target: write_archive(target, f"{TINY.reference}:latest", layers, {}),
    )
