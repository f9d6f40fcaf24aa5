"""The tar reader against tars that Python writes, and against those that nobody should."""

import io
import struct
import tarfile

import pytest

from kvnode.errors import InvalidImage
from kvnode.storage.tar import BLOCK, EXTENDED_LIMIT, TarReader
from tests.images.packed import special, tar


def read(data: bytes, **limits: int) -> list[tuple[str, str, bytes]]:
    reader = TarReader(io.BytesIO(data), "the archive", **limits)
    return [(entry.name, entry.kind, _content(reader, entry.size)) for entry in reader.entries()]


def _content(reader: TarReader, size: int) -> bytes:
    parts = []
    while data := reader.read(7):
        parts.append(data)
    content = b"".join(parts)
    assert len(content) == size
    return content


def header(name: bytes = b"disk/a", size: bytes = b"00000000000\0", flag: bytes = b"0") -> bytes:
    """A ustar header with a right checksum."""
    block = bytearray(name.ljust(100, b"\0") + b"0000644\0" * 3 + size + b"00000000000\0" + b" " * 8 + flag)
    block += bytes(100) + b"ustar\x0000"
    block += bytes(BLOCK - len(block))
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["disk/a.img", "./disk/a.img", "/disk/a.img", f"{'d' * 90}/{'n' * 60}"])
def test_names_and_contents(format: int, name: str) -> None:
    data = tar((name, b"content"), ("empty", b""), ("block", bytes(512)), format=format)
    read_names = [
        (entry[0].removeprefix("/") if name.startswith("/") else entry[0], *entry[1:]) for entry in read(data)
    ]
    assert read_names == [
        (name.removeprefix("/"), "file", b"content"),
        ("empty", "file", b""),
        ("block", "file", bytes(512)),
    ]


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_that_need_an_extended_header(format: int) -> None:
    name = f"disk/{'é' * 200}/{'n' * 150}"
    assert read(tar((name, b"x"), format=format)) == [(name, "file", b"x")]


def test_kinds() -> None:
    kinds = {
        "folder": tarfile.DIRTYPE,
        "symlink": tarfile.SYMTYPE,
        "hardlink": tarfile.LNKTYPE,
        "device": tarfile.CHRTYPE,
    }
    entries = read(tar(*(special(name, kind, "elsewhere") for name, kind in kinds.items())))
    assert [entry[1] for entry in entries] == list(kinds)


def test_a_link_target_is_kept() -> None:
    reader = TarReader(io.BytesIO(tar(special("l", tarfile.SYMTYPE, "t" * 200))), "the archive")
    assert [entry.target for entry in reader.entries()] == ["t" * 200]


def test_content_that_nobody_reads_is_passed_over() -> None:
    reader = TarReader(io.BytesIO(tar(("a", b"x" * 1000), ("b", b"y"))), "the archive")
    assert [entry.name for entry in reader.entries()] == ["a", "b"]


def test_offsets_are_those_of_the_contents() -> None:
    data = tar(("a", b"x" * 1000), ("b" * 300, b"yz"))
    for entry, content in zip(TarReader(io.BytesIO(data), "it").entries(), (b"x" * 1000, b"yz"), strict=True):
        assert data[entry.offset : entry.offset + entry.size] == content


def test_a_size_in_base_256() -> None:
    size = b"\x80" + struct.pack(">xxxQ", 3)
    data = header(size=size) + b"abc".ljust(BLOCK, b"\0") + bytes(2 * BLOCK)
    assert read(data) == [("disk/a", "file", b"abc")]


@pytest.mark.parametrize("sparse", [b"GNU.sparse.major=1\n", b"GNU.sparse.map=0,1\n"])
def test_sparse_files_are_called_so(sparse: bytes) -> None:
    record = b"%d %s" % (len(sparse) + 3, sparse)
    data = header(b"x", b"%011o\0" % len(record), b"x") + record.ljust(BLOCK, b"\0") + header()
    assert [entry[1] for entry in read(data)] == ["sparse"]
    assert [entry[1] for entry in read(header(flag=b"S"))] == ["sparse"]


def test_an_archive_may_end_without_blocks_of_zeros() -> None:
    assert read(header()) == [("disk/a", "file", b"")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no tar at all".ljust(BLOCK, b"!"), "not a tar archive"),
        (header()[:-1], "not a tar archive: it has 511 bytes"),
        (header() + header()[:-1], "ends too early, within a header"),
        (header() + header().replace(b"000644", b"000645"), "broken tar archive: the header at its byte 512"),
        (header(size=b"00000000010\0") + b"abc", "ends too early, within an entry"),
        (header(size=b"00000000009\0"), "not a tar archive"),
        (header(size=b"\xff" * 12), "size is"),
        (header(flag=b"Q"), "unknown type"),
        (header(b"x", b"%011o\0" % (EXTENDED_LIMIT + 1), b"x"), "extended header of"),
        (header(b"x", b"00000000010\0", b"x") + b"99 a=bcd".ljust(BLOCK, b"\0"), "can't be read"),
        (header(b"x", b"00000000010\0", b"x") + b"0 a=bcd\n".ljust(BLOCK, b"\0"), "can't be read"),
        (header(b"x", b"00000000010\0", b"x") + b"8 a:bcd\n".ljust(BLOCK, b"\0"), "can't be read"),
        (header(b"x", b"00000000014\0", b"x") + b"12 size=1e3\n".ljust(BLOCK, b"\0") + header(), "whose size is"),
        (header(b"x", b"00000000013\0", b"x") + b"11 path=a\0b\n"[:11].ljust(BLOCK, b"\0") + header(), "can't be|NUL"),
        (bytes(BLOCK) + header(), "after a block of zeros"),
    ],
)
def test_what_is_broken_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InvalidImage, match=message):
        read(data)


def test_the_number_of_entries_has_a_limit() -> None:
    data = b"".join([header()] * 11)
    assert len(read(data, entry_limit=11)) == 11
    with pytest.raises(InvalidImage, match="more than 10 entries"):
        read(data, entry_limit=10)


def test_extended_headers_count_as_entries() -> None:
    with pytest.raises(InvalidImage, match="more than 10 entries"):
        read(b"".join([header(flag=b"g")] * 11), entry_limit=10)


def test_what_is_passed_over_has_a_limit() -> None:
    data = tar(("a", bytes(100_000)), ("b", b""))
    reader = TarReader(io.BytesIO(data), "the archive", skipped_limit=50_000)
    with pytest.raises(InvalidImage, match="unpacks to more than 50000 bytes"):
        list(reader.entries())
