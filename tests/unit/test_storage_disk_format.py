"""A disk's header, as we read it: against qemu-img's own images, and against those that lead elsewhere."""

import io
import struct
import subprocess
from pathlib import Path

import pytest

from kvnode.errors import InvalidImage
from kvnode.storage.disk_format import VIRTUAL_LIMIT, DiskImage, read_disk_header
from tests.images.packed import qcow2

BACKING_OFFSET, SIZE, ENCRYPTION, INCOMPATIBLE = 8, 24, 32, 72


def header_of(data: bytes) -> DiskImage:
    return read_disk_header(io.BytesIO(data), len(data), "the disk")


def changed(data: bytes, offset: int, format: str, value: int) -> bytes:
    image = bytearray(data)
    struct.pack_into(format, image, offset, value)
    return bytes(image)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return qcow2(tmp_path_factory.mktemp("qcow2") / "blank", "3M")


@pytest.mark.parametrize(
    "options", ["compat=0.10", "cluster_size=512", "cluster_size=2M", "extended_l2=on,cluster_size=64k"]
)
def test_qcow2_of_every_kind(tmp_path: Path, options: str) -> None:
    assert header_of(qcow2(tmp_path / "disk", "3M", "-o", options)) == DiskImage("qcow2", 3 << 20)


def test_a_zstd_qcow2(tmp_path: Path) -> None:
    assert header_of(qcow2(tmp_path / "disk", "1G", "-o", "compression_type=zstd")).virtual_bytes == 1 << 30


@pytest.mark.parametrize(
    "data", [bytes(512), bytes(0x8001) + b"CD001" + bytes(2048 * 17), b"\x33\xc0".ljust(1024, b"\0")]
)
def test_anything_else_is_raw(data: bytes) -> None:
    data = data.ljust(-(-len(data) // 512) * 512, b"\0")
    assert header_of(data) == DiskImage("raw", len(data))


def test_a_qcow2_within_a_raw_disk_stays_raw(blank: bytes) -> None:
    """What a guest writes into its disk doesn't change what the disk is."""
    assert header_of(bytes(512) + blank.ljust(1 << 20, b"\0")).format == "raw"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-b", "/etc/passwd", "-F", "raw", "-u"], r"names a backing file \('/etc/passwd'\)"),
        (["-b", 'json:{"driver":"nbd"}', "-F", "raw", "-u"], "names a backing file"),
        (["-o", "data_file={}.data,data_file_raw=on"], "in another file"),
    ],
)
def test_a_disk_that_leads_elsewhere_is_refused(tmp_path: Path, options: list[str], message: str) -> None:
    path = tmp_path / "disk"
    with pytest.raises(InvalidImage, match=message):
        header_of(qcow2(path, "1M", *(option.replace("{}", str(path)) for option in options)))


@pytest.mark.parametrize(
    ("offset", "format", "value", "message"),
    [
        (4, ">I", 1, "qcow of version 1"),
        (4, ">I", 4, "qcow of version 4"),
        (20, ">I", 8, r"clusters of 2\^8"),
        (20, ">I", 0xFFFFFFFF, "clusters of"),
        (SIZE, ">Q", 0, "of 0 bytes"),
        (SIZE, ">Q", 1000, "whole sectors"),
        (SIZE, ">Q", VIRTUAL_LIMIT + 512, "at most"),
        (SIZE, ">Q", (1 << 64) - 512, "at most"),
        (BACKING_OFFSET, ">Q", (1 << 64) - 1, "names a backing file"),
        (ENCRYPTION, ">I", 1, "is encrypted"),
        (INCOMPATIBLE, ">Q", 1 << 1, "marked as corrupt"),
        (INCOMPATIBLE, ">Q", 1 << 2, "in another file"),
        (INCOMPATIBLE, ">Q", 1 << 5, r"features that nobody here knows \(bits 0x20\)"),
        (100, ">I", 72, "header of 72 bytes"),
        (100, ">I", 0xFFFFFFFF, "header of"),
        (104 + 8, ">I", 0x44415441, "external data file"),
        (104 + 8, ">I", 0x0537BE77, "encryption header"),
    ],
)
def test_a_forged_header_is_refused(blank: bytes, offset: int, format: str, value: int, message: str) -> None:
    with pytest.raises(InvalidImage, match=message):
        header_of(changed(blank, offset, format, value))


def test_an_extension_beyond_the_first_cluster(blank: bytes) -> None:
    start = struct.unpack_from(">I", blank, 100)[0]
    forged = changed(changed(blank, start, ">I", 0x12345678), start + 4, ">I", 1 << 30)
    with pytest.raises(InvalidImage, match="beyond the first cluster"):
        header_of(forged)


@pytest.mark.parametrize("length", [4, 40, 71, 72, 103])
def test_a_header_that_ends(blank: bytes, length: int) -> None:
    with pytest.raises(InvalidImage, match="ends within|whole sectors"):
        header_of(blank[:length])


@pytest.mark.parametrize("format", ["vmdk", "vdi", "vhdx", "qed", "parallels"])
def test_formats_that_would_boot_as_rubbish(tmp_path: Path, format: str) -> None:
    path = tmp_path / "disk"
    subprocess.run(["qemu-img", "create", "-q", "-f", format, path, "1M"], check=True)
    with pytest.raises(InvalidImage, match="guests take qcow2 and raw"):
        header_of(path.read_bytes())


@pytest.mark.parametrize("magic", [b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh"])
def test_packed_disks(magic: bytes) -> None:
    with pytest.raises(InvalidImage, match="is compressed with"):
        header_of(magic.ljust(1024, b"x"))


@pytest.mark.parametrize("size", [0, 1, 511, 513])
def test_raw_disks_have_whole_sectors(size: int) -> None:
    with pytest.raises(InvalidImage, match="whole sectors"):
        header_of(bytes(size))
