"""Compressed streams: read to the byte, refused where they are broken, and never more in memory than asked for."""

import bz2
import gzip
import io
import lzma
import subprocess
import zlib

import pytest

from kvnode.errors import InvalidImage
from kvnode.storage.compression import decompressed
from kvnode.storage.digests import Readable

DATA = bytes(range(256)) * 5000


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def read_all(data: bytes, size: int = 65536) -> bytes:
    with decompressed(io.BytesIO(data), "the layer") as plain:
        return b"".join(iter(lambda: plain.read(size), b""))


@pytest.mark.parametrize(
    "packed",
    [
        DATA,
        gzip.compress(DATA),
        gzip.compress(DATA[:1000]) + gzip.compress(DATA[1000:]),
        gzip.compress(DATA) + bytes(1000),
        zstd(DATA),
        zstd(DATA[:1000]) + zstd(DATA[1000:]),
    ],
    ids=["plain", "gzip", "gzip members", "gzip padded", "zstd", "zstd frames"],
)
@pytest.mark.parametrize("size", [100, 1 << 20])
def test_what_was_packed_comes_out(packed: bytes, size: int) -> None:
    assert read_all(packed, size) == DATA


@pytest.mark.parametrize("data", [b"", b"a", gzip.compress(b""), zstd(b"")])
def test_little_or_nothing(data: bytes) -> None:
    assert read_all(data) == (data if len(data) < 2 else b"")


def _damaged(packed: bytes) -> bytes:
    middle = len(packed) // 2
    return packed[:middle] + bytes([packed[middle] ^ 0xFF]) + packed[middle + 1 :]


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (gzip.compress(DATA)[:-9], "ends within its gzip data"),
        (gzip.compress(DATA)[:-8] + b"\0" * 8, "broken gzip data"),
        (gzip.compress(DATA) + b"rubbish", "broken gzip data"),
        (_damaged(gzip.compress(DATA)), "broken gzip data|ends within"),
        (zstd(DATA)[:-5], "ends within its zstd data"),
        (_damaged(zstd(DATA)), "broken zstd data"),
        (lzma.compress(DATA), "compressed with xz"),
        (bz2.compress(DATA), "compressed with bzip2"),
    ],
)
def test_what_is_broken_or_unknown_is_refused(packed: bytes, message: str) -> None:
    with pytest.raises(InvalidImage, match=message):
        read_all(packed)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_failing_source_is_not_taken_for_an_end(pack: object) -> None:
    """The zstd tool reads from a thread; what goes wrong there has to come out where somebody reads."""

    class Failing:
        def __init__(self, data: bytes) -> None:
            self.data = io.BytesIO(data)

        def read(self, size: int, /) -> bytes:
            if data := self.data.read(10):
                return data
            raise InvalidImage("the blob was cut")

    failing = Failing(pack(DATA)[:-20])  # type: ignore[operator]
    with decompressed(failing, "it") as plain, pytest.raises(InvalidImage, match="the blob was cut"):
        list(iter(lambda: plain.read(1 << 20), b""))


class Counting:
    """How much was read of an endless stream."""

    def __init__(self, chunk: bytes) -> None:
        self.chunk = chunk
        self.count = 0

    def read(self, size: int, /) -> bytes:
        self.count += 1
        return self.chunk[:size]


def test_a_bomb_costs_what_is_read_of_it() -> None:
    """A gigabyte of zeros in a megabyte: a read of 64 KiB gives no more, and reads no more than a chunk."""
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    source = io.BytesIO(bomb)
    with decompressed(source, "the layer") as plain:
        assert len(plain.read(65536)) <= 65536
    assert source.tell() <= (1 << 20) + 6


def test_a_reader_may_stop_early() -> None:
    """Leaving in the middle ends the zstd tool and its thread; neither hangs nor leaks."""
    with decompressed(io.BytesIO(zstd(bytes(64 << 20))), "the layer") as plain:
        plain.read(10)


def test_the_source_is_any_reader() -> None:
    reader: Readable = Counting(b"plain bytes")
    with decompressed(reader, "it") as plain:
        assert plain.read(5) == b"plain"
