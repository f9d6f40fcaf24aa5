"""The block sizes of what is behind a disk: of real file systems and real devices."""

import os
import subprocess

import pytest

from kvnode.errors import HostError
from kvnode.facts import VolumeFacts
from kvnode.facts.checks import inconsistencies
from kvnode.facts.host import HostFacts
from kvnode.storage import block_sizes as module
from kvnode.storage.block_sizes import BlockSizes, block_sizes, with_block_sizes
from tests.plans import guest


@pytest.fixture
def loop(tmp_path):
    """Makes a loop device with sectors of so many bytes; gone afterwards."""
    made = []

    def make(sector_bytes):
        image = tmp_path / "image"
        image.write_bytes(b"\0" * (1 << 20))
        command = ["losetup", "--find", "--show", "--sector-size", str(sector_bytes), str(image)]
        made.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
        return made[-1]

    yield make
    for device in made:
        subprocess.run(["losetup", "--detach", device], check=True)


def test_a_file_has_its_file_systems_blocks(tmp_path):
    size = os.statvfs(tmp_path).f_bsize
    assert block_sizes(tmp_path) == BlockSizes(min(size, 4096), size, size)
    file = tmp_path / "disk"
    file.write_bytes(b"")
    assert block_sizes(file) == block_sizes(tmp_path)


@pytest.mark.needs("root", "loop_devices")
@pytest.mark.parametrize("sector", [512, 4096])
def test_a_device_has_its_own(loop, sector):
    device = loop(sector)
    name = device.rpartition("/")[2]
    queue = f"/sys/block/{name}/queue"
    with open(f"{queue}/physical_block_size") as physical, open(f"{queue}/discard_granularity") as discard:
        expected = BlockSizes(sector, int(physical.read()), int(discard.read()) or None)
    found = block_sizes(module.Path(device))
    assert found == expected
    assert found.logical == sector


@pytest.mark.parametrize(("told", "used"), [(1 << 20, 1 << 20), (1000, 4096), (0, 4096), (64 << 20, 4096), (512, 512)])
def test_what_no_guest_could_have_is_not_taken(monkeypatch, tmp_path, told, used):
    class Told:
        f_bsize = told

    monkeypatch.setattr(module.os, "fstatvfs", lambda _descriptor: Told)
    assert block_sizes(tmp_path) == BlockSizes(min(used, 4096), used, used)


def test_no_link_is_followed_and_what_is_not_there_is_said(tmp_path):
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(HostError, match="ask for the block size"):
        block_sizes(tmp_path / "link")
    with pytest.raises(HostError, match="No such file"):
        block_sizes(tmp_path / "none")


def asking(*switches):
    """A guest whose disks ask for the volume's blocks, or don't."""
    disks = [
        {
            "name": f"d{at}",
            "disk": {"bus": "virtio"},
            **({"blockSize": {"matchVolume": switch}} if switch is not None else {}),
        }
        for at, switch in enumerate(switches)
    ]
    volumes = [{"name": disk["name"], "emptyDisk": {"capacity": "1Mi"}} for disk in disks]
    return guest({"devices.disks": disks, "spec.volumes": volumes})


def test_only_volumes_whose_disks_ask_are_looked_at(tmp_path):
    known = {"d0": VolumeFacts(format="qcow2"), "other": VolumeFacts(preallocated=True)}
    sizes = block_sizes(tmp_path)
    found = with_block_sizes(asking({}, {"enabled": True}, {"enabled": False}, None), known, tmp_path)
    assert set(found) == {"d0", "d1", "other"}
    assert found["d0"] == VolumeFacts(
        format="qcow2",
        logical_block_bytes=sizes.logical,
        physical_block_bytes=sizes.physical,
        discard_granularity_bytes=sizes.discard,
    )
    assert found["other"] is known["other"]
    assert with_block_sizes(asking(None, {"enabled": False}), known, tmp_path / "none") is known


def test_what_is_found_is_consistent(tmp_path):
    found = with_block_sizes(asking({}), {}, tmp_path)
    assert list(inconsistencies(HostFacts(volumes=found))) == []
