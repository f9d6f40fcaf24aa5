"""Bytes that are counted and hashed while they are read, and held to what was promised of them."""

import hashlib
from collections.abc import Callable
from typing import Protocol

from kvnode.errors import InvalidImage

CHUNK_BYTES = 1024 * 1024


class Readable(Protocol):
    """Something to read from, front to back: all that an image's bytes are ever used for."""

    def read(self, size: int, /) -> bytes: ...


class VerifiedReader:
    """Reads a blob and proves it: ``finish`` reads what is left and raises where size or digest differ.

    source  -- where the bytes come from
    digest  -- ``sha256:…`` that they must have
    size    -- how many there must be; more than that are never read
    what    -- for the message, as ``layer sha256:12ab…``
    """

    def __init__(self, source: Readable, digest: str, size: int, what: str) -> None:
        self._source = source
        self._digest = digest
        self._left = size
        self._size = size
        self._what = what
        self._hash = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        data = self._source.read(min(size, self._left))
        self._left -= len(data)
        self._hash.update(data)
        return data

    def finish(self) -> None:
        while self._left and self.read(CHUNK_BYTES):
            pass
        if self._left:
            raise InvalidImage(f"{self._what} ends after {self._size - self._left} of its {self._size} bytes")
        if self._source.read(1):
            raise InvalidImage(f"{self._what} is longer than its {self._size} bytes")
        found = f"sha256:{self._hash.hexdigest()}"
        if found != self._digest:
            raise InvalidImage(f"{self._what} has the digest {found}, so it was changed or broken on its way")


def copy(source: Readable, write: Callable[[bytes], object], limit: int, what: str) -> tuple[str, int]:
    """Hands everything to ``write``; returns digest and size. Raises InvalidImage beyond ``limit`` bytes."""
    digest = hashlib.sha256()
    size = 0
    while data := source.read(CHUNK_BYTES):
        size += len(data)
        if size > limit:
            raise InvalidImage(f"{what} is larger than the {limit} bytes that are read at most")
        digest.update(data)
        write(data)
    return f"sha256:{digest.hexdigest()}", size


def measure(source: Readable, limit: int, what: str) -> tuple[str, int]:
    """Digest and size of a stream that nobody keeps."""
    return copy(source, len, limit, what)


def sha256_of(data: bytes) -> str:
    """The digest of bytes at hand, as OCI writes it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
