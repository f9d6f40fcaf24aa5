"""Streams: websockets that carry bytes, towards users and between virt-api and the nodes.

The same holds for all of them:

- Nothing is kept. Whoever passes bytes on waits for the slower side; what a websocket and the kernel hold back by
  themselves is bounded, some hundred KiB in all, and so is the size of a message.
- A ping goes out every half minute, which keeps what lies between awake. A peer of which nothing is heard for five
  minutes is gone. So long, because somebody whose terminal is stopped (Ctrl-S) reads nothing, no ping either, and is
  there. As long as it isn't listened to, since the other side takes nothing, a peer isn't judged.
- It ends with a code and words (RFC 6455, 7.4), and both reach who is at the other end: `virtctl` prints them.
- A daemon that ends ends its streams first, in words too.

A refusal before a stream begins is HTTP's, with a sentence in a header: a websocket client shows no body.
"""

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote, unquote

import aiohttp
from aiohttp import WSMsgType, web
from msgspec import Struct

from kvnode.errors import KvnodeError

SUBPROTOCOL = "plain.kubevirt.io"
MESSAGE_BYTES = 512 << 10
"""The largest message that is taken; what goes out is smaller."""

KERNEL_BYTES = 64 << 10
WAITING_BYTES = 64 << 10
"""What may wait in the kernel, and in memory, for a peer that is slow; the rest waits where it came from."""

PING_S = 30.0
PATIENCE_S = 300.0
CLOSE_S = 10.0

NORMAL, GOING_AWAY, NO_CODE, ABNORMAL, TRY_AGAIN = 1000, 1001, 1005, 1006, 1013

REFUSAL_HEADER = "Refusal"
# Each is twelve of the header's at most, of which clients take some eight thousand.
_REFUSAL_CHARACTERS = 600
# A control frame carries 125 bytes, of which the code takes two (RFC 6455, 5.5).
_WORDS_BYTES = 123

Stream = web.WebSocketResponse[bool] | aiohttp.ClientWebSocketResponse[bool]


class End(Struct, frozen=True):
    """How a stream ends; the codes `NO_CODE` and `ABNORMAL` are what is seen where a peer said none."""

    code: int
    words: str = ""


class TooManyStreams(KvnodeError):
    """As many streams are open as may be."""

    reason = "TooManyStreams"
    retryable = True


def bounded(stream: Stream, transport: asyncio.Transport | None = None) -> None:
    """Bounds what is held back for a stream's peer; left alone, the kernel takes some megabytes for each that is slow.

    transport -- that of a stream whose server this is
    """
    sock = stream.get_extra_info("socket")
    if sock is not None:
        # One that is closed already is noticed by whoever sends.
        with suppress(OSError):
            for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                sock.setsockopt(socket.SOL_SOCKET, buffer, KERNEL_BYTES)
    if transport is not None:
        transport.set_write_buffer_limits(WAITING_BYTES)


async def received(stream: Stream, patience_s: float = PATIENCE_S) -> bytes | End:
    """The next bytes from a stream that was made without ``autoping``, or how its peer has ended it."""
    while True:
        try:
            message = await stream.receive(patience_s)
        except TimeoutError:
            return End(ABNORMAL, f"nothing was heard for {patience_s:.0f} s")
        match message.type:
            case WSMsgType.BINARY:
                return bytes(message.data)
            case WSMsgType.TEXT:
                return message.data.encode() if isinstance(message.data, str) else bytes(message.data)
            case WSMsgType.PING:
                try:
                    await stream.pong(message.data)
                except ConnectionError:
                    return End(ABNORMAL)
            case WSMsgType.PONG:
                pass
            case WSMsgType.CLOSE:
                return End(message.data or NO_CODE, message.extra or "")
            case WSMsgType.ERROR if isinstance(message.data, aiohttp.WebSocketError):
                return End(message.data.code, str(message.data))
            case _:
                return End(ABNORMAL)


async def pinging(stream: Stream, gone: End, every_s: float = PING_S) -> End:
    """Ping a stream now and then; returns ``gone`` once there is nobody to ping."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await stream.ping()
        except ConnectionError:
            return gone


async def first_end(*ways: Coroutine[Any, Any, End], ended: asyncio.Future[End]) -> End:
    """How the first of a stream's parts ends, or how ``ended`` says that it should; the other parts are over then."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
        # What somebody asked for says more than what it has led to.
        first = ended if ended.done() else next(task for task in tasks if task.done())
        return first.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def close(stream: Stream, end: End, within_s: float = CLOSE_S) -> None:
    """End a stream as ``end`` says; a peer that takes no leave is left after ``within_s``."""
    code = {NO_CODE: NORMAL, ABNORMAL: GOING_AWAY}.get(end.code, end.code)
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(within_s):
            await stream.close(code=code, message=_cut(end.words))


def _cut(words: str) -> bytes:
    """As much of the words as a close frame carries."""
    return words.encode()[:_WORDS_BYTES].decode(errors="ignore").encode()


def refusal_header(sentence: str) -> str:
    """A sentence as a header carries it."""
    return quote(sentence[:_REFUSAL_CHARACTERS])


def refusal_said(header: str) -> str:
    """The sentence that a header carries."""
    return unquote(header)


class OpenStreams:
    """The streams that are open: so many at most, and all of them ended where the daemon ends."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[asyncio.Future[End]] = set()
        self._last: End | None = None
        self._none_left = asyncio.Event()
        self._none_left.set()

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def opened(self) -> Iterator[asyncio.Future[End]]:
        """One more stream, while the block lasts; what is given is set to how it should end. Raises TooManyStreams."""
        if len(self._open) >= self._most:
            raise TooManyStreams(f"{self._most} streams are open here, and no more can be: close one, or try again")
        ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        if self._last is not None:
            ended.set_result(self._last)
        self._open.add(ended)
        self._none_left.clear()
        try:
            yield ended
        finally:
            self._open.discard(ended)
            if not self._open:
                self._none_left.set()

    async def end_all(self, end: End, within_s: float) -> None:
        """End what is open, and whatever is still to come; returns when all have ended, or after ``within_s``."""
        self._last = end
        for ended in self._open:
            if not ended.done():
                ended.set_result(end)
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._none_left.wait()
