"""Connections of the node half to the launcher: accepted, checked, framed; never blocking."""

from __future__ import annotations

import os
import socket
import struct

import msgspec

from kvnode.runtime.protocol import (
    VERSION,
    Follow,
    Frames,
    Hello,
    ProtocolError,
    Reply,
    Request,
    checked_hello,
    decode_request,
    frame,
)

_PENDING_BYTES = 1 << 20
_CREDENTIALS = struct.Struct("3i")


def listen(path: str) -> socket.socket:
    """The launcher's socket; one that an earlier launcher left is replaced."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    if os.path.lexists(path):
        os.unlink(path)
    server.bind(path)
    os.chmod(path, 0o600)
    server.listen(16)
    return server


def accept(server: socket.socket) -> Client | None:
    """The next connection; one of another user than root or ourselves is closed at once."""
    try:
        sock, _ = server.accept()
    except OSError:
        return None
    _, uid, _ = _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    if uid not in (0, os.getuid()):
        sock.close()
        return None
    return Client(sock)


class Client:
    """One connection.  ``following`` once it wants every Status."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.socket = sock
        self.following = False
        self.pending = bytearray(frame(Hello(VERSION, "kvnode launcher")))
        self._frames = Frames()
        self._greeted = False

    def send(self, message: Reply) -> None:
        """Puts a message behind what waits to be written."""
        self.pending += frame(message)

    def write(self) -> bool:
        """Writes what the peer takes; False where it has gone or doesn't read."""
        try:
            del self.pending[: self.socket.send(self.pending)]
        except BlockingIOError:
            pass
        except OSError:
            return False
        return len(self.pending) <= _PENDING_BYTES

    def read(self) -> bool:
        """Takes in what has come; False once the peer has gone."""
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._frames.feed(data)
        return bool(data)

    def next_request(self) -> Request | None:
        """The next whole request; ProtocolError where the peer talks something else."""
        while (body := self._frames.next()) is not None:
            if not self._greeted:
                checked_hello(body)
                self._greeted = True
                continue
            try:
                request = decode_request(body)
            except msgspec.MsgspecError as error:
                raise ProtocolError(f"a request that this version does not know: {error}") from None
            if isinstance(request, Follow):
                self.following = True
            return request
        return None

    def raw_rest(self) -> bytes:
        """What came behind the last request, once the connection turns into a raw stream."""
        return self._frames.rest()
