"""Layers and archives as plain bytes: gzip in this process, zstd by its own tool, anything else refused.

What a stream is compressed with is told by its first bytes, not by the media type beside it: builders mislabel, and
container engines go by the bytes too.  Neither way reads ahead more than a chunk, so a bomb costs what is read of it
and no memory; how much is read is the reader's to bound.
"""

import contextlib
import subprocess
import threading
import zlib
from collections.abc import Iterator

from kvnode.errors import InvalidImage, KvnodeError
from kvnode.storage.confined import NOBODY, Limits, end_confined, start_confined
from kvnode.storage.digests import CHUNK_BYTES, Readable

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x04\x22\x4d\x18": "lz4"}
_MAGIC_BYTES = 6

_ZSTD_WINDOW = "128MB"
_ZSTD_LIMITS = Limits(address_space_bytes=512 << 20, cpu_s=3600)


@contextlib.contextmanager
def decompressed(source: Readable, what: str) -> Iterator[Readable]:
    """The stream's plain bytes; InvalidImage, said of ``what``, where they are broken or of a kind not read here."""
    head = _read_all(source, _MAGIC_BYTES)
    whole = _Prefixed(head, source)
    if head.startswith(_GZIP):
        yield _GzipReader(whole, what)
    elif head.startswith(_ZSTD):
        with _zstd(whole, what) as plain:
            yield plain
    else:
        for magic, name in _OTHERS.items():
            if head.startswith(magic):
                raise InvalidImage(f"{what} is compressed with {name}; kvnode reads gzip, zstd and plain tar")
        yield whole


def _read_all(source: Readable, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := source.read(size - len(data))):
        data += more
    return data


class _Prefixed:
    """A stream with bytes put back before it."""

    def __init__(self, head: bytes, source: Readable) -> None:
        self._head = head
        self._source = source

    def read(self, size: int, /) -> bytes:
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        return self._source.read(size)


class _GzipReader:
    """RFC 1952: one member after another, zeros allowed as padding after the last."""

    def __init__(self, source: Readable, what: str) -> None:
        self._source = source
        self._what = what
        self._input = b""
        self._inflate = zlib.decompressobj(wbits=31)
        self._ended = False

    def read(self, size: int, /) -> bytes:
        while not self._ended and size:
            if not self._input:
                self._input = self._source.read(CHUNK_BYTES)
                if not self._input:
                    raise InvalidImage(f"{self._what} ends within its gzip data")
            try:
                data = self._inflate.decompress(self._input, size)
            except zlib.error as error:
                raise InvalidImage(f"{self._what} has broken gzip data: {error}") from None
            self._input = self._inflate.unconsumed_tail
            if self._inflate.eof:
                self._next_member()
            if data:
                return data
        return b""

    def _next_member(self) -> None:
        rest = self._inflate.unused_data
        while True:
            rest = rest.lstrip(b"\0")
            if rest:
                break
            rest = self._source.read(CHUNK_BYTES)
            if not rest:
                self._ended = True
                return
        self._inflate = zlib.decompressobj(wbits=31)
        self._input = rest


@contextlib.contextmanager
def _zstd(source: Readable, what: str) -> Iterator[Readable]:
    """Python 3.11 has no zstd; its tool reads one end of a pipe while a thread fills the other."""
    argv = ["zstd", "--decompress", "--stdout", "--quiet", f"--memory={_ZSTD_WINDOW}"]
    process = start_confined(argv, uid=NOBODY, gid=NOBODY, limits=_ZSTD_LIMITS, package="zstd", stdin=subprocess.PIPE)
    reader = _ZstdReader(process, source, what)
    try:
        yield reader
    finally:
        reader.close()


class _ZstdReader:
    def __init__(self, process: subprocess.Popen[bytes], source: Readable, what: str) -> None:
        self._process = process
        self._source = source
        self._what = what
        self._failure: BaseException | None = None
        self._closing = False
        self._feeder = threading.Thread(target=self._feed, name="zstd-feeder", daemon=True)
        self._feeder.start()

    def read(self, size: int, /) -> bytes:
        assert self._process.stdout is not None
        data = self._process.stdout.read1(size) if size else b""  # type: ignore[attr-defined]
        if not data and size:
            self._feeder.join()
            if isinstance(self._failure, KvnodeError):
                raise self._failure
            assert self._process.stderr is not None
            complaint = self._process.stderr.read(4096).decode("utf-8", "replace").strip()
            if "premature end" in complaint:
                raise InvalidImage(f"{self._what} ends within its zstd data")
            if self._process.wait() or self._failure is not None:
                raise InvalidImage(f"{self._what} has broken zstd data: {complaint or self._failure}")
        return bytes(data)

    def close(self) -> None:
        self._closing = True
        end_confined(self._process)
        self._feeder.join()

    def _feed(self) -> None:
        assert self._process.stdin is not None
        try:
            with self._process.stdin as pipe:
                while not self._closing and (data := self._source.read(CHUNK_BYTES)):
                    pipe.write(data)
        except BrokenPipeError:
            pass
        except BaseException as error:  # handed to the thread that reads
            self._failure = error
