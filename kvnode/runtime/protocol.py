"""What the node half and a launcher say to each other: length-prefixed msgpack over a unix socket.

A frame is four bytes of length (big endian) and one msgpack value, at most 16 MiB.  The first frame in each direction
is a hello with the protocol's version; after it the node half asks and the launcher answers each request once, in
order.  A connection that has asked to ``Follow`` or to ``Attach`` gets what happens from then on, unasked.

Both sides treat the other as hostile: the node half because a guest may have broken out into its launcher, the
launcher because it costs nothing.  Frames are decoded into typed Structs or refused.
"""

from __future__ import annotations

import socket
import struct
import time
from typing import Any

import msgspec

from kvnode.errors import KvnodeError

VERSION = 1
MAX_FRAME_BYTES = 16 << 20
_LENGTH = struct.Struct("!I")
_SHORTEST_S, _LONGEST_S = (
    0.001,
    1e6,
)  # a socket's timeout has to fit into 31 bits of milliseconds, and 0 is another mode


class ProtocolError(KvnodeError):
    """The peer doesn't speak this protocol, or not this version of it."""

    reason = "ProtocolError"


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The first frame of both sides; ``program`` is for the log."""

    version: int
    program: str


class Start(msgspec.Struct, frozen=True, tag="start"):
    """Define and start the domain.

    grace_period_s  -- how long the guest may take over its shutdown before it is ended by force
    serial_socket   -- where QEMU will listen for the first serial console, None where the guest has none
    serial_log      -- whether what the guest prints there is kept
    """

    xml: str
    grace_period_s: int
    serial_socket: str | None = None
    serial_log: bool = True


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Press the power button; after ``grace_period_s`` (None: the guest's own) end it by force, 0 at once."""

    grace_period_s: int | None = None


class Query(msgspec.Struct, frozen=True, tag="query"):
    """Answer with a Status now."""


class Follow(msgspec.Struct, frozen=True, tag="follow"):
    """Answer with a Status now and with another whenever it changes."""


class Attach(msgspec.Struct, frozen=True, tag="attach"):
    """From here on this connection carries the serial console as raw bytes, after ``backlog_bytes`` of what was."""

    backlog_bytes: int = 0


class Status(msgspec.Struct, frozen=True, tag="status"):
    """What the launcher knows of its guest.

    phase       -- Scheduled before the domain runs, Running, then Succeeded or Failed
    reason      -- CamelCase, why it ended or could not start
    message     -- the same for people
    stopping    -- somebody asked it to stop
    qemu_pid    -- QEMU's pid inside of the sandbox, None where there is none
    timings_ms  -- how long each step took, by name
    """

    phase: str
    reason: str = ""
    message: str = ""
    stopping: bool = False
    qemu_pid: int | None = None
    timings_ms: dict[str, float] = {}


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The request could not be done."""

    reason: str
    message: str


Request = Start | Stop | Query | Follow | Attach
Reply = Status | Refused

_encoder = msgspec.msgpack.Encoder()
_hello_decoder = msgspec.msgpack.Decoder(Hello)
_request_decoder: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_reply_decoder: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def decode_request(body: bytes) -> Request:
    """A request from a frame's body; msgspec's error where it is none."""
    return _request_decoder.decode(body)


def frame(message: Any) -> bytes:
    """A message as it goes over the wire."""
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME_BYTES:
        raise ProtocolError(f"a message of {len(body)} bytes; the protocol takes {MAX_FRAME_BYTES}")
    return _LENGTH.pack(len(body)) + body


class Frames:
    """Cuts a byte stream into frames; keeps what is left of an unfinished one."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Takes bytes as they came."""
        self._buffer += data

    def next(self) -> bytes | None:
        """The next whole frame's body, or None where it isn't all there yet."""
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > MAX_FRAME_BYTES:
            raise ProtocolError(f"a frame of {length} bytes announced; the protocol takes {MAX_FRAME_BYTES}")
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_LENGTH.size : end])
        del self._buffer[:end]
        return body

    def rest(self) -> bytes:
        """What came behind the last frame: the beginning of a raw stream."""
        left = bytes(self._buffer)
        self._buffer.clear()
        return left


def checked_hello(body: bytes) -> Hello:
    """The peer's hello, or a ProtocolError that says what was wrong with it."""
    try:
        hello = _hello_decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise ProtocolError(f"the peer's first frame is no hello: {error}") from None
    if hello.version != VERSION:
        raise ProtocolError(f"the peer ({hello.program[:40]!r}) speaks version {hello.version}, this is {VERSION}")
    return hello


class Connection:
    """A blocking connection of the node half to a launcher; every call is bounded by ``timeout_s``."""

    def __init__(self, sock: socket.socket, program: str, timeout_s: float) -> None:
        self.socket = sock
        self._frames = Frames()
        self.limit(timeout_s)
        self._send(Hello(VERSION, program))
        self.peer = checked_hello(self._receive())

    def _send(self, message: Any) -> None:
        try:
            self.socket.sendall(frame(message))
        except TimeoutError:
            raise ProtocolError("the launcher does not take a request within its time") from None
        except OSError as error:
            raise ProtocolError(f"the launcher has gone ({error.strerror})") from None

    def limit(self, timeout_s: float | None) -> None:
        """How long each answer may take from now on; None for ever."""
        self.socket.settimeout(None if timeout_s is None else min(max(timeout_s, _SHORTEST_S), _LONGEST_S))

    def _receive(self) -> bytes:
        """A whole frame within the limit, however many pieces the peer makes of it."""
        timeout_s = self.socket.gettimeout()
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        try:
            return self._receive_until(deadline)
        finally:
            self.socket.settimeout(timeout_s)

    def _receive_until(self, deadline: float | None) -> bytes:
        while (body := self._frames.next()) is None:
            if deadline is not None:
                self.limit(deadline - time.monotonic())
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                raise ProtocolError("the launcher does not answer within its time") from None
            except OSError as error:
                raise ProtocolError(f"the launcher has gone ({error.strerror})") from None
            if not data:
                raise ProtocolError("the launcher has closed the connection")
            self._frames.feed(data)
        return body

    def receive(self) -> Reply:
        """The next reply, within the connection's timeout."""
        return self._decoded(self._receive())

    @staticmethod
    def _decoded(body: bytes) -> Reply:
        try:
            return _reply_decoder.decode(body)
        except msgspec.MsgspecError as error:
            raise ProtocolError(f"the launcher answers what this version does not know: {error}") from None

    def arrived(self) -> list[Reply]:
        """The replies that are here, of a connection whose socket doesn't block; ProtocolError at its end.

        At most one read: a peer that sends faster than it is read must not keep its reader from all else, and a socket
        with more in it is still ready. What came before the end is handed out first: the end is told by the next call.
        """
        replies = self._whole()
        if replies:
            return replies
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return []
        except OSError as error:
            raise ProtocolError(f"the launcher has gone ({error.strerror})") from None
        if not data:
            raise ProtocolError("the launcher has closed the connection")
        self._frames.feed(data)
        return self._whole()

    def _whole(self) -> list[Reply]:
        replies: list[Reply] = []
        while (body := self._frames.next()) is not None:
            replies.append(self._decoded(body))
        return replies

    def ask(self, request: Request) -> Reply:
        """Sends a request and waits for its answer."""
        self._send(request)
        return self.receive()

    def status(self, request: Request) -> Status:
        """As ``ask``; a refusal is raised as a ProtocolError with the launcher's words."""
        reply = self.ask(request)
        if isinstance(reply, Refused):
            raise ProtocolError(f"{reply.message} ({reply.reason})")
        return reply

    def attach(self, backlog_bytes: int) -> bytes:
        """Turns the connection into the raw serial console; returns the bytes that have come already."""
        self.status(Attach(backlog_bytes))
        return self._frames.rest()

    def close(self) -> None:
        """Ends the connection."""
        self.socket.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
