"""The image store: what gets in, under which name, and what is left when it goes."""

import gzip
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kvnode.errors import HostError, InvalidImage, NotFound
from kvnode.storage.images import ImageStore
from kvnode.storage.oci import DOCUMENT_LIMIT, host_architecture
from tests.images.packed import (
    OCI_INDEX,
    OCI_MANIFEST,
    SECTORS,
    Packer,
    archive_of,
    digest_of,
    docker_archive,
    layout,
    tar,
)

LAYER = tar(("disk/disk.img", SECTORS))
REFERENCE = "localhost/test/disk"


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


def add(store: ImageStore, path: Path, reference: str = REFERENCE) -> str:
    lines: list[str] = []
    image = store.add(path, reference, lines.append)
    assert lines, "whoever waits is told something"
    return image.digest


def blobs(store: ImageStore) -> set[str]:
    return {path.name for path in (store.folder / "blobs" / "sha256").iterdir()}


def test_a_layout_is_added_and_found_by_its_name(store: ImageStore, tmp_path: Path) -> None:
    packer = Packer()
    manifest = packer.image([LAYER])
    digest = add(store, packer.layout(tmp_path / "it", manifest))
    assert digest == manifest["digest"]
    assert store.resolve(REFERENCE) == store.resolve(f"{REFERENCE}:latest") == digest
    assert store.resolve(f"{REFERENCE}@{digest}") == store.resolve(f"{REFERENCE}:any@{digest}") == digest
    (image,) = store.list()
    assert image.reference == "localhost/test/disk:latest"
    assert image.created == "2026-01-02T03:04:05Z"
    assert image.bytes == sum(map(len, packer.blobs.values()))
    assert [layer.digest for layer in store.manifest_layers(digest)] == [digest_of(LAYER)]
    assert not list((store.folder / "tmp").iterdir())


def test_the_store_is_an_oci_layout_that_skopeo_reads(store: ImageStore, tmp_path: Path) -> None:
    digest = add(store, layout(tmp_path / "it", LAYER))
    where = f"oci:{store.folder}:localhost/test/disk:latest"
    done = subprocess.run(["skopeo", "inspect", "--raw", where], capture_output=True, check=True)
    assert digest_of(done.stdout) == digest


@pytest.mark.parametrize("pack", ["oci", "docker", "oci.gz", "docker.zst"])
def test_archives(store: ImageStore, tmp_path: Path, pack: str) -> None:
    kind, _, compression = pack.partition(".")
    path = tmp_path / "archive"
    if kind == "oci":
        archive_of(layout(tmp_path / "it", LAYER), path)
    else:
        docker_archive(path, [tar(("etc/x", b"")), LAYER, tar(("etc/x", b""))])
    if compression == "gz":
        path.write_bytes(gzip.compress(path.read_bytes()))
    elif compression == "zst":
        subprocess.run(["zstd", "-q", "--rm", path, "-o", path.with_suffix(".zst")], check=True)
        path = path.with_suffix(".zst")
    digest = add(store, path)
    assert digest_of(LAYER) in [layer.digest for layer in store.manifest_layers(digest)]
    assert len(store.manifest_layers(digest)) == (1 if kind == "oci" else 3)


def test_a_docker_archive_that_skopeo_wrote(store: ImageStore, tmp_path: Path) -> None:
    source, target = layout(tmp_path / "it", gzip.compress(LAYER)), tmp_path / "docker.tar"
    subprocess.run(["skopeo", "copy", "-q", f"oci:{source}", f"docker-archive:{target}:example/x:1"], check=True)
    (layer,) = store.manifest_layers(add(store, target))
    assert layer.digest == digest_of(LAYER)


def test_adding_again_replaces_the_name_and_keeps_others(store: ImageStore, tmp_path: Path) -> None:
    first = add(store, layout(tmp_path / "1", LAYER))
    add(store, tmp_path / "1", "localhost/test/other")
    second = add(store, layout(tmp_path / "2", tar(("disk/disk.img", SECTORS * 2))))
    assert first != second
    assert store.resolve(REFERENCE) == second
    assert store.resolve("localhost/test/other") == first
    assert len(store.list()) == 2


def test_removing_takes_only_what_nobody_else_needs(store: ImageStore, tmp_path: Path) -> None:
    add(store, layout(tmp_path / "1", LAYER, tar(("a", b"1"))))
    kept = add(store, layout(tmp_path / "2", LAYER, tar(("a", b"2"))), "localhost/test/kept")
    assert len(blobs(store)) == 7
    assert store.remove(REFERENCE).reference == "localhost/test/disk:latest"
    assert len(blobs(store)) == 4
    assert [image.digest for image in store.list()] == [kept]
    store.remove("localhost/test/kept")
    assert not blobs(store)
    assert store.list() == []


def test_what_is_not_there_is_said_with_what_would_do(store: ImageStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There: nothing yet\. `kvnode image build tiny` makes it"):
        store.find("localhost/kvnode/tiny")
    add(store, layout(tmp_path / "it", LAYER))
    with pytest.raises(NotFound, match=r"There: localhost/test/disk:latest\. `kvnode image add PATH --as localhost/x"):
        store.resolve("localhost/x")
    with pytest.raises(NotFound, match="`kvnode image pull registry.example/x:1` fetches it"):
        store.remove("registry.example/x:1")
    with pytest.raises(NotFound, match="there is no image at"):
        add(store, tmp_path / "nowhere")
    with pytest.raises(NotFound, match="there is no image at"):
        add(store, Path("/dev/zero"))


def test_the_image_for_this_machine_is_chosen(store: ImageStore, tmp_path: Path) -> None:
    packer = Packer()
    here = packer.image([LAYER], platform={"os": "linux", "architecture": host_architecture()})
    other = packer.image([tar(("disk/b", SECTORS))], platform={"os": "linux", "architecture": "riscv64"})
    note = packer.image([tar(("c", b""))], platform={"os": "unknown", "architecture": "unknown"})
    inner = packer.index(other, here, note)
    outer = packer.index(inner)
    assert add(store, packer.layout(tmp_path / "it", outer)) == here["digest"]
    assert digest_of(tar(("disk/b", SECTORS))).removeprefix("sha256:") not in blobs(store)
    for pin in (here, inner, outer):
        assert store.resolve(f"{REFERENCE}@{pin['digest']}") == here["digest"]
    with pytest.raises(NotFound):
        store.resolve(f"{REFERENCE}@{other['digest']}")


def test_a_reference_with_a_digest_holds_the_image_to_it(store: ImageStore, tmp_path: Path) -> None:
    packer = Packer()
    manifest = packer.image([LAYER])
    path = packer.layout(tmp_path / "it", packer.index(manifest))
    add(store, path, f"{REFERENCE}@{manifest['digest']}")
    with pytest.raises(InvalidImage, match="the reference says"):
        add(store, path, f"{REFERENCE}@sha256:{'0' * 64}")


def test_of_several_images_the_one_with_the_name_is_taken(store: ImageStore, tmp_path: Path) -> None:
    packer = Packer()
    name = "org.opencontainers.image.ref.name"
    one = packer.image([LAYER], annotations={name: "localhost/test/disk:latest"})
    two = packer.image([tar(("disk/b", SECTORS))], annotations={name: "other"})
    path = packer.layout(tmp_path / "it", two, one)
    assert add(store, path) == one["digest"]
    with pytest.raises(InvalidImage, match="it holds 2 images"):
        add(store, path, "localhost/test/third")


Change = Callable[[Packer, dict[str, Any]], dict[str, Any]]


def _manifest(packer: Packer, manifest: dict[str, Any], **changes: Any) -> dict[str, Any]:
    value = json.loads(packer.blobs[manifest["digest"]])
    return packer.document({**value, **changes}, OCI_MANIFEST)


def _layers(packer: Packer, manifest: dict[str, Any]) -> Any:
    return json.loads(packer.blobs[manifest["digest"]])["layers"]


def _changed_layer(packer: Packer, manifest: dict[str, Any]) -> dict[str, Any]:
    packer.blobs[digest_of(LAYER)] = LAYER.replace(b"first", b"other")
    return manifest


def _missing_layer(packer: Packer, manifest: dict[str, Any]) -> dict[str, Any]:
    del packer.blobs[digest_of(LAYER)]
    return manifest


def _nested(packer: Packer, manifest: dict[str, Any]) -> dict[str, Any]:
    for _ in range(5):
        manifest = packer.index(manifest)
    return manifest


def _endless(packer: Packer, manifest: dict[str, Any]) -> dict[str, Any]:
    return packer.blob(b"[" * DOCUMENT_LIMIT, OCI_INDEX)


HOSTILE: dict[str, tuple[Change, str]] = {
    "another content": (_changed_layer, "was changed or broken on its way"),
    "a lack": (_missing_layer, "lacks its blob"),
    "a size too small": (
        lambda p, m: _manifest(p, m, layers=[{**_layers(p, m)[0], "size": 5}]),
        "is longer than its 5 bytes",
    ),
    "a size too large": (
        lambda p, m: _manifest(p, m, layers=[{**_layers(p, m)[0], "size": len(LAYER) + 1}]),
        "ends after",
    ),
    "a negative size": (lambda p, m: _manifest(p, m, layers=[{**_layers(p, m)[0], "size": -1}]), "no number of bytes"),
    "a digest with a path": (
        lambda p, m: _manifest(p, m, layers=[{**_layers(p, m)[0], "digest": "sha256:../../../etc/passwd"}]),
        "is not sha256",
    ),
    "a layer of another type": (
        lambda p, m: p.image([LAYER], media_type="application/vnd.example.disk"),
        "a container disk has its disk in a file system layer",
    ),
    "no layers": (lambda p, m: _manifest(p, m, layers=[]), "has 0 layers"),
    "too many layers": (lambda p, m: _manifest(p, m, layers=_layers(p, m) * 513), "has 513 layers"),
    "two things at once": (lambda p, m: _manifest(p, m, manifests=[]), "is an index too"),
    "another media type": (lambda p, m: {**m, "mediaType": OCI_INDEX}, "can't be read|what points to it says"),
    "an unknown type": (lambda p, m: {**m, "mediaType": "text/html"}, "holds no container image"),
    "schema 1": (lambda p, m: _manifest(p, m, schemaVersion=1), "schema version 1"),
    "a deep index": (_nested, "as deep as one goes"),
    "an empty index": (lambda p, m: p.index(), "has no image for linux"),
    "a deep document": (_endless, "can't be read"),
    "a huge document": (lambda p, m: {**m, "size": DOCUMENT_LIMIT + 1}, "at most"),
    "no document": (lambda p, m: p.blob(b"\xff\xfe", OCI_MANIFEST), "can't be read"),
    "another platform": (
        lambda p, m: p.index({**m, "platform": {"os": "plan9", "architecture": "x"}}),
        "it has plan9/x",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_layout_changes_nothing(store: ImageStore, tmp_path: Path, case: str) -> None:
    change, message = HOSTILE[case]
    packer = Packer()
    changed = change(packer, packer.image([LAYER]))
    with pytest.raises(InvalidImage, match=message):
        add(store, packer.layout(tmp_path / "it", changed))
    assert store.list() == []
    assert not list((store.folder / "tmp").iterdir())
    assert not (store.folder / "blobs").exists()


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_blob_is_a_regular_file_or_nothing(store: ImageStore, tmp_path: Path, kind: str) -> None:
    path = layout(tmp_path / "it", LAYER)
    blob = path / "blobs" / "sha256" / digest_of(LAYER).removeprefix("sha256:")
    blob.unlink()
    if kind == "link":
        (tmp_path / "elsewhere").write_bytes(LAYER)
        blob.symlink_to(tmp_path / "elsewhere")
    elif kind == "pipe":
        os.mkfifo(blob)
    else:
        blob.mkdir()
    with pytest.raises(InvalidImage, match="is no regular file"):
        add(store, path)
    assert store.list() == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Layers": ["../../etc/shadow"]}, "lacks the file"),
        ({"Layers": []}, "has 0 layers"),
        ({"Config": "nowhere.json"}, "lacks the file"),
        ({"Config": 5}, "can't be read"),
    ],
)
def test_hostile_docker_archives(store: ImageStore, tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidImage, match=message):
        add(store, docker_archive(tmp_path / "it.tar", [LAYER], **changes))


def test_a_docker_archive_whose_layer_was_changed(store: ImageStore, tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "it.tar", [LAYER])
    path.write_bytes(path.read_bytes().replace(b"first sector", b"other sector"))
    with pytest.raises(InvalidImage, match="the configuration says"):
        add(store, path)


@pytest.mark.parametrize("content", [b"", b"rubbish", b"x" * 100_000, tar(("a", b"b")), gzip.compress(b"x" * 1000)])
def test_files_that_are_no_archive(store: ImageStore, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "it.tar"
    path.write_bytes(content)
    with pytest.raises(InvalidImage):
        add(store, path)
    assert not list((store.folder / "tmp").iterdir())


@pytest.mark.parametrize("kind", ["oci", "docker"])
def test_an_archive_that_ends_too_early_is_told_so_wherever_it_was_cut(
    store: ImageStore, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "it.tar"
    if kind == "oci":
        archive_of(layout(tmp_path / "layout", LAYER), path)
    else:
        docker_archive(path, [LAYER])
    whole = path.read_bytes()
    with tarfile.open(path) as members:
        ends = {member.name: member.offset_data + member.size for member in members}
    end = ends["index.json"] if kind == "oci" else max(ends.values())
    for size in {513, 1024, 1536, 2000, end // 2, end // 1024 * 512, end - 513, end - 1}:
        path.write_bytes(whole[:size])
        with pytest.raises(InvalidImage, match="ends too early"):
            add(store, path)
    path.write_bytes(whole[: -(-end // 512) * 512])
    assert add(store, path), "only what nobody reads is missing"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"x" * 100, "not a tar archive: it has 100 bytes"),
        (b"x" * 5000, "not a tar archive: it doesn't begin with"),
        (b"QFI\xfb" + bytes(5000), "is a qcow2 disk and no image"),
        (gzip.compress(b"x" * 5000), "not a tar archive: it doesn't begin with"),
        (gzip.compress(LAYER)[:-20], "ends within its gzip data"),
    ],
)
def test_what_is_no_archive_is_told_by_what_it_is(
    store: ImageStore, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "it.tar"
    path.write_bytes(content)
    with pytest.raises(InvalidImage, match=words):
        add(store, path)


def test_a_broken_index_is_said_and_nothing_is_removed(store: ImageStore, tmp_path: Path) -> None:
    add(store, layout(tmp_path / "it", LAYER))
    (store.folder / "index.json").write_text("{")
    before = blobs(store)
    for call in (store.list, lambda: store.remove(REFERENCE)):
        with pytest.raises(HostError, match=r"index .* is broken .*; remove .* and add the images again"):
            call()
    assert blobs(store) == before


def test_what_a_killed_add_left_is_cleared_by_the_next(store: ImageStore, tmp_path: Path) -> None:
    """The scratch of an add that was killed is gone after the next, the scratch of one that lives is not."""
    code = (
        "import sys, os; from pathlib import Path; from kvnode.storage.images import ImageStore\n"
        "store = ImageStore(Path(sys.argv[1]))\n"
        "store.add(Path(sys.argv[2]), 'localhost/a', lambda line: (print(line, flush=True), sys.stdin.readline()))\n"
    )
    it = layout(tmp_path / "it", LAYER)
    child = subprocess.Popen(
        [sys.executable, "-c", code, store.folder, it], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline()
    add(store, it, "localhost/b")
    assert len(list((store.folder / "tmp").iterdir())) == 1
    child.kill()
    child.communicate()
    assert len(list((store.folder / "tmp").iterdir())) == 1
    add(store, it, "localhost/c")
    assert not list((store.folder / "tmp").iterdir())
    assert [image.reference for image in store.list()] == ["localhost/b:latest", "localhost/c:latest"]


def test_adding_from_many_processes_loses_none(store: ImageStore, tmp_path: Path) -> None:
    it = layout(tmp_path / "it", LAYER)
    code = (
        "import sys; from pathlib import Path; from kvnode.storage.images import ImageStore\n"
        "for n in range(5): ImageStore(Path(sys.argv[1])).add(Path(sys.argv[2]), f'localhost/{sys.argv[3]}{n}', len)\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, store.folder, it, name]) for name in "abcd"]
    assert [child.wait() for child in children] == [0] * 4
    assert len(store.list()) == 20


def test_the_policy_decides_what_is_pulled(store: ImageStore, tmp_path: Path) -> None:
    """What came from a file is never looked for elsewhere; what is only local is never pulled; Never means never."""
    digest = add(store, layout(tmp_path / "it", LAYER), "registry.invalid/x:latest")
    for policy in ("Always", "IfNotPresent", "Never"):
        assert store.ensure("registry.invalid/x:latest", policy, print).digest == digest
    with pytest.raises(NotFound):
        store.ensure("registry.invalid/y", "Never", print)
    for policy in ("Always", "IfNotPresent"):
        with pytest.raises(NotFound):
            store.ensure("localhost/y", policy, print)
