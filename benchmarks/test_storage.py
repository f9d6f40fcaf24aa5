"""What a guest's disks cost at its start, beside the tools that somebody would run by hand.

``unwrap`` is paid once for an image on a node, the rest at each start. Rivals get the same image: skopeo copies it out
of the same layout and tar unpacks its layer; qemu-img makes the same overlay without our limits around it.
"""

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from kvnode.planning.disk_files import CloudInitNoCloud, ContainerDisk, EmptyDisk
from kvnode.planning.disk_operations import volume_path
from kvnode.storage.cloud_init import no_cloud_iso
from kvnode.storage.container_disks import CachedDisk, DiskCache
from kvnode.storage.guest_disks import prepare_disks
from kvnode.storage.images import ImageStore
from tests.images.packed import layout, tar

MEGABYTES = 20
SEED = CloudInitNoCloud(1, "seed", volume_path(1, "cloud-init.iso"), b'{"instance-id": "a"}', user_data=b"#!/bin/sh\n")
ROOT = ContainerDisk(0, "root", "a", volume_path(0, "overlay.qcow2"), volume_path(0, "base"))
SCRATCH = EmptyDisk(2, "scratch", 1 << 30, volume_path(2, "disk.qcow2"))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image of one plain layer, with a disk of random bytes."""
    return layout(tmp_path_factory.mktemp("image") / "it", tar(("disk/disk.img", os.urandom(MEGABYTES << 20))))


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / str(number) for number in itertools.count())


def test_add_an_image(benchmark: BenchmarkFixture, image: Path, folders: Iterator[Path]) -> None:
    benchmark.group = "take an image into the store"
    benchmark.pedantic(lambda: ImageStore(next(folders)).add(image, "localhost/a", len), rounds=5)


def test_add_an_image_with_skopeo(benchmark: BenchmarkFixture, image: Path, folders: Iterator[Path]) -> None:
    benchmark.group = "take an image into the store"

    def copy() -> None:
        subprocess.run(["skopeo", "copy", "-q", f"oci:{image}", f"oci:{next(folders)}:a"], check=True)

    benchmark.pedantic(copy, rounds=5)


def test_unwrap(benchmark: BenchmarkFixture, image: Path, tmp_path: Path, folders: Iterator[Path]) -> None:
    benchmark.group = "unwrap a disk"
    store = ImageStore(tmp_path / "images")
    digest = store.add(image, "localhost/a", len).digest
    benchmark.pedantic(lambda: DiskCache(next(folders)).unwrap(store, digest, None, len), rounds=5)


def test_unwrap_with_tar(benchmark: BenchmarkFixture, image: Path, folders: Iterator[Path]) -> None:
    benchmark.group = "unwrap a disk"
    layer = max((image / "blobs" / "sha256").iterdir(), key=lambda path: path.stat().st_size)

    def unpack() -> None:
        folder = next(folders)
        folder.mkdir()
        subprocess.run(["tar", "-xf", layer, "-C", folder], check=True)

    benchmark.pedantic(unpack, rounds=5)


def test_unwrap_again(benchmark: BenchmarkFixture, image: Path, tmp_path: Path) -> None:
    benchmark.group = "unwrap a disk"
    store, cache = ImageStore(tmp_path / "images"), DiskCache(tmp_path / "disks")
    digest = store.add(image, "localhost/a", len).digest
    cache.unwrap(store, digest, None, len)
    benchmark(lambda: cache.unwrap(store, digest, None, len))


@pytest.fixture
def prepare(tmp_path: Path, folders: Iterator[Path]) -> Callable[..., None]:
    base = CachedDisk(tmp_path / "base", "raw", MEGABYTES << 20, MEGABYTES << 20, "sha256:0", "disk/a")
    uid = os.geteuid()

    def call(*operations: ContainerDisk | EmptyDisk | CloudInitNoCloud) -> None:
        prepare_disks(operations, next(folders), uid, uid, {0: base}, len)

    return call


def test_overlay(benchmark: BenchmarkFixture, prepare: Callable[..., None]) -> None:
    benchmark.group = "make an overlay"
    benchmark.pedantic(lambda: prepare(ROOT), rounds=20)


def test_overlay_with_qemu_img(benchmark: BenchmarkFixture, folders: Iterator[Path]) -> None:
    benchmark.group = "make an overlay"

    def create() -> None:
        argv = ["qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", "/base", str(next(folders))]
        subprocess.run([*argv, str(MEGABYTES << 20)], check=True)

    benchmark.pedantic(create, rounds=20)


def test_seed(benchmark: BenchmarkFixture) -> None:
    benchmark.group = "make a cloud-init seed"
    benchmark(no_cloud_iso, SEED)


def test_all_of_a_guest(benchmark: BenchmarkFixture, prepare: Callable[..., None]) -> None:
    """An overlay, a seed and an empty disk: what a start waits for."""
    benchmark.group = "make a guest's disks"
    benchmark.pedantic(lambda: prepare(ROOT, SEED, SCRATCH), rounds=20)
