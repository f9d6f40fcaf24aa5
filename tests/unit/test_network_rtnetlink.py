"""Answers of the kernel that can't be provoked at will: a listing that something changed under, a lost answer."""

import errno
import os
import socket
import struct
import threading

import pytest

from kvnode.errors import HostError
from kvnode.network.rtnetlink import RouteSocket

_HEADER = struct.Struct("=IHHII")
_NEWLINK, _DONE, _INTERRUPTED = 16, 3, 0x10


def link(name: bytes, index: int) -> bytes:
    body = struct.pack("=BxHiII", 0, 1, index, 0, 0) + struct.pack("=HH", 4 + len(name) + 1, 3) + name + b"\0"
    return body + bytes(-len(body) % 4)


def message(kind: int, flags: int, sequence: int, body: bytes = b"") -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, 0) + body


def listed(*answers: tuple[int, list[bytes]]) -> list[str]:
    """The names that ``links`` finds where the kernel answers each request with (flags, names)."""
    ours, kernel = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    kernel.settimeout(10)

    def answer() -> None:
        for flags, names in answers:
            sequence = _HEADER.unpack_from(kernel.recv(4096))[3]
            parts = [message(_NEWLINK, flags, sequence, link(name, n + 1)) for n, name in enumerate(names)]
            kernel.send(b"".join(parts))
            kernel.send(message(_DONE, flags, sequence, bytes(4)))

    thread = threading.Thread(target=answer)
    thread.start()
    with RouteSocket() as route:
        route._socket.close()
        route._socket = ours
        try:
            return [link.name for link in route.links()]
        finally:
            thread.join()
            kernel.close()


def test_a_listing_that_something_changed_under_is_asked_for_again() -> None:
    assert listed((_INTERRUPTED, [b"a"]), (_INTERRUPTED, []), (0, [b"a", b"b"])) == ["a", "b"]


def test_changes_without_an_end_are_an_error() -> None:
    with pytest.raises(HostError, match="change faster"):
        listed(*[(_INTERRUPTED, [b"a"])] * 50)


class Deaf:
    def recv(self, _size: int) -> bytes:
        raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))

    def send(self, _data: bytes) -> None: ...

    def close(self) -> None: ...


def test_a_lost_answer_is_an_error_of_ours() -> None:
    with RouteSocket() as route:
        route._socket.close()
        route._socket = Deaf()  # type: ignore[assignment]
        with pytest.raises(HostError, match="No buffer space"):
            route.links()
