"""Images from a registry: a real skopeo against a small registry on the loopback."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kvnode.errors import HostError, InvalidImage, KvnodeError, NotFound
from kvnode.storage.images import ImageStore
from kvnode.storage.oci import host_architecture
from tests.images.packed import OCI_INDEX, OCI_MANIFEST, SECTORS, Packer, digest_of, tar

LAYER = tar(("disk/disk.img", SECTORS))
PIECE = 1 << 20
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"


class Registry:
    """Answers ``GET /v2/<name>/manifests/<tag or digest>`` and ``…/blobs/<digest>`` (OCI distribution-spec)."""

    def __init__(self) -> None:
        self.packer = Packer()
        self.tags: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.status = 200
        self.sent = 0
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.answer(self)

            do_HEAD = do_GET

            def log_message(self, format: str, *arguments: object) -> None:
                registry.asked.append(format % arguments)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        what = request.path.split("/")
        if what[1:] == ["v2", ""]:
            self.send(request, b"{}", "application/json")
            return
        wanted = self.tags.get(what[-1], {}).get("digest", what[-1])
        data = self.packer.blobs.get(wanted)
        if self.status != 200 or data is None:
            error = {"errors": [{"code": "MANIFEST_UNKNOWN" if self.status == 200 else "DENIED", "message": "no"}]}
            self.send(
                request, json.dumps(error).encode(), "application/json", 404 if self.status == 200 else self.status
            )
            return
        kind = "application/octet-stream"
        if what[-2] == "manifests":
            value = json.loads(data)
            kind = value.get("mediaType") or (OCI_INDEX if "manifests" in value else OCI_MANIFEST)
        self.send(request, data, kind)

    def send(self, request: http.server.BaseHTTPRequestHandler, data: bytes, kind: str, status: int = 200) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(data)))
        request.send_header("Docker-Content-Digest", f"sha256:{hashlib.sha256(data).hexdigest()}")
        request.end_headers()
        if request.command == "GET":
            for at in range(0, len(data), PIECE):
                try:
                    request.wfile.write(data[at : at + PIECE])
                except ConnectionError:
                    request.close_connection = True
                    return
                self.sent += PIECE

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    registry = Registry()
    conf = tmp_path / ".config" / "containers" / "registries.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text(f'[[registry]]\nlocation = "{registry.host}"\ninsecure = true\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    yield registry
    registry.close()


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


def test_an_image_is_pulled(registry: Registry, store: ImageStore) -> None:
    manifest = registry.tags["1"] = registry.packer.image([LAYER])
    lines: list[str] = []
    image = store.pull(f"{registry.host}/test/disk:1", lines.append)
    assert (image.digest, image.origin) == (manifest["digest"], "registry")
    assert store.resolve(f"{registry.host}/test/disk:1") == manifest["digest"]
    assert [layer.digest for layer in store.manifest_layers(image.digest)] == [digest_of(LAYER)]
    assert any("Copying blob" in line for line in lines)
    assert not list((store.folder / "tmp").iterdir())


def test_a_node_without_a_policy_pulls_too(
    registry: Registry, store: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's skopeo comes without a policy, and then refuses every image."""
    monkeypatch.setattr("kvnode.storage.registry._POLICIES", ())
    manifest = registry.tags["latest"] = registry.packer.image([LAYER])
    assert store.pull(f"{registry.host}/disk", len).digest == manifest["digest"]


def test_dockers_own_manifest_keeps_its_digest(registry: Registry, store: ImageStore) -> None:
    packer = registry.packer
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest_of(LAYER)]}}
    value = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": packer.document(config, DOCKER_CONFIG),
        "layers": [packer.blob(LAYER, DOCKER_LAYER)],
    }
    registry.tags["latest"] = packer.document(value, DOCKER_MANIFEST)
    assert store.pull(f"{registry.host}/disk", len).digest == registry.tags["latest"]["digest"]


def test_of_an_index_only_this_machines_image_is_fetched(registry: Registry, store: ImageStore) -> None:
    packer = registry.packer
    here = packer.image([LAYER], platform={"os": "linux", "architecture": host_architecture()})
    other = tar(("disk/other", SECTORS))
    there = packer.image([other], platform={"os": "linux", "architecture": "riscv64"})
    registry.tags["latest"] = packer.index(there, here)
    reference = f"{registry.host}/test/disk"
    assert store.pull(reference, len).digest == here["digest"]
    assert not any(digest_of(other) in line for line in registry.asked)
    pinned = f"{reference}@{registry.tags['latest']['digest']}"
    assert store.resolve(pinned) == here["digest"]
    store.remove(reference)
    assert store.pull(pinned, len).digest == here["digest"]
    assert store.resolve(pinned) == here["digest"]


def test_the_policy_decides_what_is_asked_for(registry: Registry, store: ImageStore) -> None:
    reference = f"{registry.host}/test/disk:1"
    first = registry.tags["1"] = registry.packer.image([LAYER])
    assert store.ensure(reference, "IfNotPresent", len).digest == first["digest"]
    second = registry.tags["1"] = registry.packer.image([LAYER, tar(("x", b""))])
    registry.asked.clear()
    assert store.ensure(reference, "IfNotPresent", len).digest == first["digest"]
    assert store.ensure(reference, "Never", len).digest == first["digest"]
    assert not registry.asked
    assert store.ensure(reference, "Always", len).digest == second["digest"]


def _fail(store: ImageStore, reference: str, kind: type[KvnodeError], message: str) -> None:
    with pytest.raises(kind, match=message):
        store.pull(reference, len)
    assert store.list() == []
    assert not list((store.folder / "tmp").iterdir())


def test_what_the_registry_lacks(registry: Registry, store: ImageStore) -> None:
    _fail(store, f"{registry.host}/test/disk:none", NotFound, "the registry has no image")


def test_a_registry_that_refuses(registry: Registry, store: ImageStore) -> None:
    registry.status = 403
    _fail(store, f"{registry.host}/test/disk:1", HostError, "the registry refuses .*skopeo login")


def test_a_registry_that_is_not_there(registry: Registry, store: ImageStore) -> None:
    _fail(store, "127.0.0.1:1/test/disk:1", HostError, "could not fetch .*refused")


def test_a_blob_that_is_not_what_it_should_be(registry: Registry, store: ImageStore) -> None:
    registry.tags["1"] = registry.packer.image([LAYER])
    registry.packer.blobs[digest_of(LAYER)] = LAYER.replace(b"first", b"other")
    _fail(store, f"{registry.host}/test/disk:1", HostError, "could not fetch")


def test_a_blob_that_does_not_end_does_not_fill_the_disk(registry: Registry, store: ImageStore) -> None:
    registry.tags["1"] = registry.packer.image([LAYER])
    registry.packer.blobs[digest_of(LAYER)] = LAYER + bytes(100 << 20)
    _fail(store, f"{registry.host}/test/disk:1", HostError, "file size limit exceeded|could not fetch")
    assert registry.sent < 50 << 20
    assert not list((store.folder / "tmp").iterdir())


def test_an_index_for_other_machines(registry: Registry, store: ImageStore) -> None:
    image = registry.packer.image([LAYER], platform={"os": "linux", "architecture": "riscv64"})
    registry.tags["1"] = registry.packer.index(image)
    _fail(store, f"{registry.host}/test/disk:1", InvalidImage, "it has linux/riscv64")


def test_what_is_made_here_is_on_no_registry(store: ImageStore) -> None:
    with pytest.raises(NotFound, match="on no registry"):
        store.pull("localhost/kvnode/tiny", len)
