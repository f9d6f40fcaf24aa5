"""What every stream has in common, over a real websocket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from controllers.runtime.streams import (
    ABNORMAL,
    NO_CODE,
    End,
    OpenStreams,
    TooManyStreams,
    close,
    refusal_header,
    refusal_said,
)


@asynccontextmanager
async def ended(end: End) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A client's stream, whose server has ended it."""

    async def serve(request: web.Request) -> web.StreamResponse:
        stream = web.WebSocketResponse()
        await stream.prepare(request)
        await close(stream, end)
        return stream

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"http://127.0.0.1:{runner.addresses[0][1]}/") as stream,
        ):
            yield stream
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("end", "code", "words"),
    [
        (End(1013, "connect again"), 1013, "connect again"),
        (End(1000, "ä" * 200), 1000, "ä" * 61),
        (End(NO_CODE), 1000, ""),
        (End(ABNORMAL, "gone"), 1001, "gone"),
    ],
)
def test_an_end_is_what_a_close_frame_can_carry(end: End, code: int, words: str) -> None:
    async def body() -> None:
        async with ended(end) as stream:
            message = await stream.receive(timeout=10)
            assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, code, words)

    asyncio.run(body())


@pytest.mark.parametrize("sentence", ["plain", "für %41 alle", "two\r\nSet-Cookie: lines", "\x1b[2J"])
def test_a_refusal_is_one_header_whatever_is_in_it(sentence: str) -> None:
    header = refusal_header(sentence)
    assert header.isascii()
    assert header.isprintable()
    assert refusal_said(header) == sentence
    assert len(refusal_header("\U0001f600" * 10_000)) < 8000, "clients refuse longer headers"


def test_streams_are_counted_and_end_together() -> None:
    async def body() -> None:
        streams = OpenStreams(2)
        with streams.opened() as one, streams.opened() as two:
            with pytest.raises(TooManyStreams, match="2 streams are open"), streams.opened():
                pass
            assert len(streams) == 2
            two.set_result(End(1000, "its own"))
            await streams.end_all(End(1001, "all"), 0.01)
            assert (one.result().words, two.result().words) == ("all", "its own")
        # Whoever comes later is told at once.
        with streams.opened() as late:
            assert late.result() == End(1001, "all")
        await streams.end_all(End(1001, "again"), 10)
        assert len(streams) == 0

    asyncio.run(body())
