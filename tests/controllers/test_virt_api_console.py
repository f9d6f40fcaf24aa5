"""virt-api's half of a stream: two real websockets, mutual TLS towards the handler's side, and users of every kind."""

import asyncio
import datetime
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from controllers.runtime.certificates import TlsIdentity, issue, new_authority
from controllers.runtime.peers import API_NAME, HANDLER_NAME
from controllers.runtime.streams import REFUSAL_HEADER, SUBPROTOCOL, End, refusal_header
from controllers.virt_api.console import Relay
from controllers.virt_api.server import as_status

NOW = datetime.datetime.now(datetime.UTC)
AUTHORITY = new_authority("test", NOW)
Serve = Callable[[web.Request, web.WebSocketResponse], Awaitable[web.Response | None]]


def in_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """A test that awaits, in an event loop of its own."""

    @functools.wraps(test)
    def run() -> None:
        asyncio.run(test())

    return run


@asynccontextmanager
async def served(app: web.Application, tls: TlsIdentity | None = None) -> AsyncIterator[str]:
    """Where an application is served."""
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls.context if tls is not None else None)
        await site.start()
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def between(handler: Serve, **options: Any) -> AsyncIterator[tuple[Relay, aiohttp.ClientSession, str]]:
    """A relay in front of ``handler``, which is the node's side; a user's session, and the address to call."""

    async def node(request: web.Request) -> web.StreamResponse:
        stream = web.WebSocketResponse(protocols=(SUBPROTOCOL,), timeout=1.0)
        return await handler(request, stream) or stream

    leaf = issue(AUTHORITY, HANDLER_NAME, NOW, names=[HANDLER_NAME])
    client = TlsIdentity(issue(AUTHORITY, API_NAME, NOW), AUTHORITY.certificate, client=True)
    relay = Relay(client.context, **options)
    behind, front = web.Application(), web.Application(middlewares=[as_status])
    behind.router.add_get("/", node)
    async with served(behind, TlsIdentity(leaf, AUTHORITY.certificate)) as address:

        async def answer(request: web.Request) -> web.StreamResponse:
            return await relay.answer(request, f"https://{address}/")

        front.router.add_get("/", answer)
        async with served(front) as door, aiohttp.ClientSession() as session:
            yield relay, session, f"http://{door}/"


async def refused(session: aiohttp.ClientSession, url: str) -> tuple[int, Any]:
    """The answer to a call for a stream, as much of it as a client in Go reads."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Protocol": SUBPROTOCOL,
    }
    async with session.get(url, headers=headers) as answer:
        assert answer.content_type == "application/json"
        return answer.status, json.loads((await answer.read())[:1024])


async def called(session: aiohttp.ClientSession, url: str, **options: Any) -> aiohttp.ClientWebSocketResponse:
    stream = await session.ws_connect(url, protocols=(SUBPROTOCOL,), **options)
    assert stream.protocol == SUBPROTOCOL
    return stream


@in_a_loop
async def test_bytes_pass_both_ways_and_the_guests_end_reaches_the_user_in_words() -> None:
    async def handler(request: web.Request, stream: web.WebSocketResponse) -> None:
        await stream.prepare(request)
        async for message in stream:
            if message.data == b"end":
                await stream.close(code=1013, message=b"too far behind: connect again")
                break
            await stream.send_bytes(message.data.swapcase())

    async with between(handler) as (_, session, url):
        user = await called(session, url)
        for sent in (b"login: ", bytes(range(256)), b"x" * 300_000):
            await user.send_bytes(sent)
            assert await user.receive_bytes(timeout=10) == sent.swapcase()
        await user.send_str("für")
        assert await user.receive_bytes(timeout=10) == "für".encode().swapcase()
        await user.send_bytes(b"end")
        last = await user.receive(timeout=10)
        assert (last.type, last.data, last.extra) == (WSMsgType.CLOSE, 1013, "too far behind: connect again")


@in_a_loop
async def test_a_handler_that_is_gone_without_a_word_is_no_normal_end() -> None:
    async def handler(request: web.Request, stream: web.WebSocketResponse) -> None:
        await stream.prepare(request)
        assert await stream.receive_bytes() == b"go"
        assert request.transport is not None
        request.transport.abort()

    async with between(handler) as (_, session, url):
        user = await called(session, url)
        await user.send_bytes(b"go")
        last = await user.receive(timeout=10)
        assert (last.type, last.data, last.extra) == (WSMsgType.CLOSE, 1001, "the guest's side of the stream is gone")


@pytest.mark.parametrize("way", ["close", "abort", "deaf"])
def test_the_guests_side_hears_how_the_user_has_left(way: str) -> None:
    ended: asyncio.Future[tuple[int | None, str]]

    async def handler(request: web.Request, stream: web.WebSocketResponse) -> None:
        await stream.prepare(request)
        last = await stream.receive()
        ended.set_result((last.data, last.extra))

    async def body() -> None:
        nonlocal ended
        ended = asyncio.get_running_loop().create_future()
        async with between(handler, ping_s=0.1, patience_s=1.0) as (relay, session, url):
            # One that is deaf answers no ping.
            user = await called(session, url, autoping=False)
            if way == "close":
                await user.close(code=4000, message=b"had enough")
            elif way == "abort":
                connection = user._response.connection
                assert connection is not None
                assert connection.transport is not None
                connection.transport.abort()
            expected = {
                "close": (4000, "had enough"),
                "abort": (1001, "the user's side of the stream is gone"),
                "deaf": (1001, "the user's side of the stream is gone: nothing was heard for 1 s"),
            }
            assert await asyncio.wait_for(ended, 10) == expected[way]
            await user.close()
            await relay.streams.end_all(End(1001), 5)
            assert len(relay.streams) == 0

    asyncio.run(body())


@in_a_loop
async def test_a_user_who_reads_nothing_holds_the_guest_back_and_loses_nothing() -> None:
    """Ctrl-S: no ping is answered either, and the stream stands; what is held in between is bounded."""
    chunk, most = b"0123456789abcdef" * 4096, 64 << 20
    sent = 0
    stop = asyncio.Event()

    async def handler(request: web.Request, stream: web.WebSocketResponse) -> None:
        nonlocal sent
        await stream.prepare(request)
        while sent < most and not stop.is_set():
            await stream.send_bytes(chunk)
            sent += len(chunk)
        await stream.close()

    async with between(handler, ping_s=0.05) as (_, session, url):
        user = await called(session, url)
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.5)
        assert 0 < sent < 16 << 20, "somebody in between keeps what the user doesn't read"
        stop.set()
        read = 0
        async for message in user:
            assert message.data == chunk
            read += len(message.data)
        assert (read, user.close_code) == (sent, 1000)


@pytest.mark.parametrize(
    ("status", "sentence", "code", "words"),
    [
        (404, "there is no such guest", 404, "there is no such guest"),
        (409, "guest a/b doesn't run", 400, "VMI is not running: guest a/b doesn't run"),
        (503, "its launcher hangs", 503, "the node's virt-handler gives no stream: its launcher hangs"),
        (403, "", 503, "the node's virt-handler gives no stream: it answered 403"),
        (503, "ä" * 900, 503, "the node's virt-handler gives no stream: ää"),
    ],
)
def test_a_refusal_reaches_the_user_as_a_status_that_its_client_reads_whole(
    status: int, sentence: str, code: int, words: str
) -> None:
    async def handler(request: web.Request, stream: web.WebSocketResponse) -> web.Response:
        return web.Response(status=status, headers={REFUSAL_HEADER: refusal_header(sentence)})

    async def body() -> None:
        async with between(handler) as (_, session, url):
            answered, said = await refused(session, url)
            assert (answered, said["kind"], said["code"]) == (code, "Status", code)
            assert said["message"].startswith(words)

    asyncio.run(body())


@in_a_loop
async def test_streams_are_bounded_and_end_with_the_replica_in_words() -> None:
    async def handler(request: web.Request, stream: web.WebSocketResponse) -> None:
        await stream.prepare(request)
        async for _ in stream:
            pass

    async with between(handler, most=1) as (relay, session, url):
        user = await called(session, url)
        code, said = await refused(session, url)
        assert code == 503
        assert "1 streams are open here" in said["message"]
        _, last = await asyncio.gather(
            relay.streams.end_all(End(1001, "virt-api ends here"), 5), user.receive(timeout=10)
        )
        assert (last.data, last.extra) == (1001, "virt-api ends here")


@in_a_loop
async def test_a_call_that_is_no_stream_is_told_so() -> None:
    async def handler(request: web.Request, stream: web.WebSocketResponse) -> None:
        raise AssertionError("nobody calls the handler for that")

    async with between(handler) as (_, session, url):
        async with session.get(url) as answer:
            assert answer.status == 400
        with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
            await session.ws_connect(url, protocols=("binary.kubevirt.io",))
