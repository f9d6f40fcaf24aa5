"""Any tar and any header: the same as Python's own reader has it, or an InvalidImage, and never anything else."""

import contextlib
import io
import struct
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from kvnode.errors import InvalidImage
from kvnode.storage.compression import decompressed
from kvnode.storage.disk_format import read_disk_header
from kvnode.storage.image_reference import parse_reference
from kvnode.storage.tar import TarReader
from tests.images.packed import tar

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=300).filter(
    lambda name: not name.endswith("/") and not name.startswith("/")
)
FORMATS = st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])


def read(data: bytes) -> list[tuple[str, bytes]]:
    reader = TarReader(io.BytesIO(data), "the archive")
    return [(entry.name, reader.read(entry.size)) for entry in reader.entries()]


@given(st.lists(st.tuples(NAMES, st.binary(max_size=1500)), max_size=5), FORMATS)
def test_what_python_wrote_is_read(members: list[tuple[str, bytes]], format: int) -> None:
    assert read(tar(*members, format=format)) == members


@given(st.data())
def test_a_damaged_tar_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(tar(("disk/a", b"x" * 600), ("é" * 120, b"y"), format=data.draw(FORMATS)))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InvalidImage):
        read(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(InvalidImage):
        read(data)
    with contextlib.suppress(InvalidImage), decompressed(io.BytesIO(b"\x1f\x8b\x08" + data), "it") as plain:
        while plain.read(100):
            pass


@given(st.binary(max_size=600), st.integers(2, 3), st.lists(st.tuples(st.integers(4, 300), st.integers(0, 255))))
def test_any_qcow2_header_is_read_or_refused(tail: bytes, version: int, changes: list[tuple[int, int]]) -> None:
    header = bytearray(struct.pack(">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", version, 0, 0, 16, 1 << 20, *[0] * 11, 104))
    header += tail
    for position, value in changes:
        if position < len(header):
            header[position] = value
    with contextlib.suppress(InvalidImage):
        image = read_disk_header(io.BytesIO(header), len(header), "the disk")
        assert image.format == "qcow2"
        assert image.virtual_bytes % 512 == 0
        assert image.virtual_bytes > 0


@given(st.binary(max_size=5000))
def test_any_disk_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(InvalidImage):
        image = read_disk_header(io.BytesIO(data), len(data), "the disk")
        assert image.virtual_bytes > 0


@given(st.text(max_size=300) | st.from_regex(r"[a-z0-9./:@_-]{1,80}", fullmatch=True))
def test_any_reference_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidImage):
        reference = parse_reference(text)
        assert parse_reference(str(reference)) == reference
        assert text.startswith(reference.name)
