"""The files of one guest: made whole, made once, and removed whatever the guest did to them."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from kvnode.errors import HostError, InvalidManifest
from kvnode.planning.disk_files import CloudInitNoCloud, ContainerDisk, DiskOperation, EmptyDisk
from kvnode.planning.disk_operations import volume_path
from kvnode.storage.cloud_init import no_cloud_iso
from kvnode.storage.container_disks import CachedDisk
from kvnode.storage.guest_disks import LARGEST_BYTES, PreparedDisk, prepare_disks, remove_disks
from tests.images.packed import SECTORS, qcow2

UID = 64055 if os.geteuid() == 0 else os.geteuid()

SEED = CloudInitNoCloud(4, "seed", volume_path(4, "cloud-init.iso"), b"{}", user_data=b"#!/bin/sh")
OPERATIONS: tuple[DiskOperation, ...] = (
    ContainerDisk(0, "../../x", "a", volume_path(0, "overlay.qcow2"), volume_path(0, "base")),
    ContainerDisk(2, "raw", "b", volume_path(2, "overlay.qcow2"), volume_path(2, "base")),
    EmptyDisk(3, "scratch", 3 << 30, volume_path(3, "disk.qcow2")),
    SEED,
)


@pytest.fixture
def disks(tmp_path: Path) -> dict[int, CachedDisk]:
    (tmp_path / "raw").write_bytes(SECTORS)
    size = len(qcow2(tmp_path / "qcow2", "7M"))
    return {
        0: CachedDisk(tmp_path / "qcow2", "qcow2", 7 << 20, size, "sha256:0", "disk/q"),
        2: CachedDisk(tmp_path / "raw", "raw", len(SECTORS), len(SECTORS), "sha256:1", "disk/r"),
    }


@pytest.fixture
def private(tmp_path: Path) -> Path:
    return tmp_path / "private"


def prepare(private: Path, disks: dict[int, CachedDisk], *operations: DiskOperation) -> list[PreparedDisk]:
    return prepare_disks(operations or OPERATIONS, private, UID, UID, disks, len)


def info(path: Path) -> dict[str, object]:
    done = subprocess.run(["qemu-img", "info", "-U", "--output=json", path], capture_output=True, check=True)
    value: dict[str, object] = json.loads(done.stdout)
    return value


def tree(private: Path) -> dict[str, tuple[int, int]]:
    """Each path below the guest's disks, with its mode and owner."""
    root = private / "disks"
    return {
        path.relative_to(root).as_posix(): (stat.S_IMODE(path.lstat().st_mode), path.lstat().st_uid)
        for path in sorted(root.rglob("*"))
    }


def test_every_file_with_its_owner_and_mode(private: Path, disks: dict[int, CachedDisk]) -> None:
    old = os.umask(0o077)
    try:
        prepared = prepare(private, disks)
    finally:
        os.umask(old)
    mine = os.geteuid()
    assert tree(private) == {
        "0": (0o755, mine),
        "0/base": (0o444, mine),
        "0/overlay.qcow2": (0o600, UID),
        "2": (0o755, mine),
        "2/base": (0o444, mine),
        "2/overlay.qcow2": (0o600, UID),
        "3": (0o755, mine),
        "3/disk.qcow2": (0o600, UID),
        "4": (0o755, mine),
        "4/cloud-init.iso": (0o600, UID),
    }
    assert [(disk.index, disk.base) for disk in prepared] == [
        (0, disks[0].path),
        (2, disks[2].path),
        (3, None),
        (4, None),
    ]
    assert prepared[0].mount_point == private / "disks" / "0" / "base"


def test_overlays_state_the_format_and_the_size_of_their_base(private: Path, disks: dict[int, CachedDisk]) -> None:
    prepare(private, disks)
    for index, format, size in ((0, "qcow2", 7 << 20), (2, "raw", len(SECTORS))):
        overlay = info(private / "disks" / str(index) / "overlay.qcow2")
        assert overlay["format"] == "qcow2"
        assert overlay["virtual-size"] == size
        assert overlay["backing-filename"] == f"/var/run/kubevirt-private/disks/{index}/base"
        assert overlay["backing-filename-format"] == format


def test_empty_disk_and_seed(private: Path, disks: dict[int, CachedDisk]) -> None:
    prepare(private, disks)
    blank = private / "disks" / "3" / "disk.qcow2"
    assert info(blank)["virtual-size"] == 3 << 30
    assert "backing-filename" not in info(blank)
    assert blank.stat().st_blocks * 512 < 1 << 20
    assert (private / "disks" / "4" / "cloud-init.iso").read_bytes() == no_cloud_iso(SEED)


def test_a_second_call_leaves_what_a_guest_may_be_writing_to(private: Path, disks: dict[int, CachedDisk]) -> None:
    first = prepare(private, disks)
    overlay = private / "disks" / "0" / "overlay.qcow2"
    before = overlay.stat()
    with overlay.open("ab") as file:
        file.write(b"the guest's")
    (private / "disks" / "3" / "disk.qcow2").unlink()
    assert prepare(private, disks) == first
    assert overlay.stat().st_ino == before.st_ino
    assert overlay.read_bytes().endswith(b"the guest's")
    assert (private / "disks" / "3" / "disk.qcow2").exists()


def test_a_failure_takes_back_what_was_made(private: Path, disks: dict[int, CachedDisk]) -> None:
    unresolved = CloudInitNoCloud(9, "c", volume_path(9, "cloud-init.iso"), b"{}", user_data_secret="nowhere")
    with pytest.raises(InvalidManifest) as caught:
        prepare(private, disks, *OPERATIONS, unresolved)
    assert [error.field for error in caught.value.errors] == ["spec.volumes[9].cloudInitNoCloud.secretRef.name"]
    assert not list(private.iterdir())


def test_a_failure_leaves_what_was_there_before(private: Path, disks: dict[int, CachedDisk]) -> None:
    prepare(private, disks, OPERATIONS[0])
    before = tree(private)
    too_large = EmptyDisk(3, "scratch", LARGEST_BYTES + 512, volume_path(3, "disk.qcow2"))
    with pytest.raises(InvalidManifest, match="2251799813685760 bytes are more than a qcow2 disk can have") as refused:
        prepare(private, disks, *OPERATIONS[:2], too_large)
    assert refused.value.errors[0].field == "spec.volumes[3].emptyDisk.capacity"
    assert tree(private) == before


def test_the_largest_empty_disk_can_be_made(private: Path, disks: dict[int, CachedDisk]) -> None:
    prepare(private, disks, EmptyDisk(3, "scratch", LARGEST_BYTES, volume_path(3, "disk.qcow2")))
    assert info(private / "disks/3/disk.qcow2")["virtual-size"] == LARGEST_BYTES


def test_a_guests_links_lead_nowhere_when_disks_are_made(
    private: Path, disks: dict[int, CachedDisk], tmp_path: Path
) -> None:
    """The launcher's user may own ``private``: a link that it planted is neither followed nor written through."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "overlay.qcow2").write_bytes(b"precious")
    private.mkdir()
    (private / "disks").symlink_to(outside)
    with pytest.raises(HostError):
        prepare(private, disks)
    (private / "disks").unlink()
    (private / "disks").mkdir()
    (private / "disks" / "0").symlink_to(outside)
    with pytest.raises(HostError, match="something else than it was made as"):
        prepare(private, disks)
    (private / "disks" / "0").unlink()
    (private / "disks" / "0").mkdir()
    (private / "disks" / "0" / "overlay.qcow2").symlink_to(outside / "overlay.qcow2")
    with pytest.raises(HostError, match="something else than it was made as"):
        prepare(private, disks)
    (private / "disks" / "0" / "overlay.qcow2").unlink()
    (private / "disks" / "0" / "overlay.qcow2.new").symlink_to(outside / "overlay.qcow2")
    prepare(private, disks)
    assert os.listdir(outside) == ["overlay.qcow2"]
    assert (outside / "overlay.qcow2").read_bytes() == b"precious"


def test_a_guests_links_lead_nowhere_when_disks_are_removed(
    private: Path, disks: dict[int, CachedDisk], tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"")
    prepare(private, disks)
    (private / "disks" / "0" / "link").symlink_to(outside)
    (private / "disks" / "link").symlink_to(outside)
    (private / "nvram").mkdir()
    (private / "nvram" / "efi-vars.fd").write_bytes(b"the launcher made it")
    remove_disks(private)
    assert os.listdir(private) == []
    (private / "disks").symlink_to(outside)
    remove_disks(private)
    assert os.listdir(private) == []
    assert os.listdir(outside) == ["precious"]


def test_folders_nested_deeper_than_python_goes_are_removed(private: Path) -> None:
    """A guest that has broken out into its launcher can make such, and its name would be taken for ever."""
    private.mkdir()
    top = here = os.open(private, os.O_RDONLY)
    for depth in range(3000):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        if depth % 500 == 0:
            os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=inner))
        if here != top:
            os.close(here)
        here = inner
    os.close(here)
    os.close(top)
    remove_disks(private)
    assert os.listdir(private) == []


def test_removing_is_done_when_nothing_is_there(private: Path) -> None:
    remove_disks(private)
    private.mkdir()
    remove_disks(private)


def test_a_private_folder_that_is_a_link_is_refused(
    private: Path, disks: dict[int, CachedDisk], tmp_path: Path
) -> None:
    private.symlink_to(tmp_path)
    for call in (lambda: prepare(private, disks), lambda: remove_disks(private)):
        with pytest.raises(HostError):
            call()
