"""Any stack of layers gives the disk that unpacking them one upon the other would give, or says why there is none."""

import io
import posixpath
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from kvnode.errors import InvalidImage
from kvnode.storage.digests import VerifiedReader
from kvnode.storage.layers import extract_disk
from kvnode.storage.oci import OCI_LAYER, Descriptor
from tests.images.packed import digest_of, special, tar

Change = tuple[str, str]

CHANGES = st.tuples(
    st.sampled_from(["file", "folder", "whiteout", "opaque"]),
    st.sampled_from(["disk", "disk/a", "disk/b", "disk/sub", "disk/sub/c", "other"]),
)
LAYER = st.lists(CHANGES, min_size=1, max_size=4, unique_by=lambda change: change[1])


def unpacked(layers: list[list[Change]]) -> dict[str, bytes | None]:
    """The tree after all layers as the specification has it: whiteouts first, then what the layer brings."""
    tree: dict[str, bytes | None] = {}
    for number, layer in enumerate(layers):
        for kind, path in layer:
            below = [name for name in tree if name.startswith(f"{path}/")]
            gone = [path, *below] if kind == "whiteout" else below if kind == "opaque" else []
            for name in gone:
                tree.pop(name, None)
        for kind, path in layer:
            if kind in ("file", "folder"):
                parent = posixpath.dirname(path)
                while parent:
                    if tree.get(parent, b"") is not None:
                        tree[parent] = None
                    parent = posixpath.dirname(parent)
                if kind == "file":
                    for name in [name for name in tree if name.startswith(f"{path}/")]:
                        del tree[name]
                    tree[path] = content(number, path)
                elif tree.get(path, b"") is not None:
                    tree[path] = None
    return tree


def content(number: int, path: str) -> bytes:
    return f"{number} {path}".encode().ljust(512, b".")


def packed(number: int, layer: list[Change]) -> bytes:
    members: list[tuple[str, bytes] | tarfile.TarInfo] = []
    for kind, path in layer:
        folder, name = posixpath.split(path)
        if kind == "file":
            members.append((path, content(number, path)))
        elif kind == "folder":
            members.append(special(path, tarfile.DIRTYPE))
        elif kind == "whiteout":
            members.append((posixpath.join(folder, f".wh.{name}"), b""))
        else:
            members.append((f"{path}/.wh..wh..opq", b""))
    return tar(*members)


def contradicts_itself(layer: list[Change]) -> bool:
    """A file and something below it in one layer: no file system could have been packed so."""
    return any(kind == "file" and other.startswith(f"{path}/") for kind, path in layer for _, other in layer) or any(
        kind == "opaque" and ("file", path) in layer for kind, path in layer
    )


def extract(blobs: list[bytes]) -> bytes:
    descriptors = [Descriptor(OCI_LAYER, digest_of(blob), len(blob)) for blob in blobs]
    by_digest = {digest_of(blob): blob for blob in blobs}

    @contextmanager
    def open_blob(descriptor: Descriptor) -> Iterator[VerifiedReader]:
        source = io.BytesIO(by_digest[descriptor.digest])
        yield VerifiedReader(source, descriptor.digest, descriptor.size, "a layer")

    with tempfile.TemporaryFile() as target:
        extract_disk(descriptors, open_blob, None, target, Path(tempfile.gettempdir()))
        target.seek(0)
        return target.read()


@given(st.lists(LAYER.filter(lambda layer: not contradicts_itself(layer)), min_size=1, max_size=4))
def test_any_stack_of_layers(layers: list[list[Change]]) -> None:
    tree = unpacked(layers)
    disks = [data for path, data in tree.items() if posixpath.dirname(path) == "disk" and data is not None]
    blobs = [packed(number, layer) for number, layer in enumerate(layers)]
    if len(disks) == 1 and tree.get("disk", b"") is None:
        assert extract(blobs) == disks[0]
    else:
        try:
            found = extract(blobs)
        except InvalidImage:
            return
        raise AssertionError(f"{tree} has no one disk, and {found[:20]!r} was taken for it")
