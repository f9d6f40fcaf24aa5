"""A stream between a user and a guest: two websockets, and bytes from each to the other.

The handler is called first and the user's call is answered after that, so that whatever is wrong is still a Status
with a sentence and no connection that closes for no reason. Each direction waits for the slower side; nothing is
kept. Either side's end is the other's, with its code and its words.
"""

import asyncio
import ssl
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from controllers.virt_api.answers import Refusal, bad_request, unavailable
from controllers.virt_api.handlers import SERVER_NAME

SUBPROTOCOL = "plain.kubevirt.io"
REFUSAL_HEADER = "Refusal"
CONNECT_S = 10.0
# A peer that is gone without a word is noticed by a ping that isn't answered.
HEARTBEAT_S = 30.0

Stream = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def relay(request: web.Request, url: str, identity: ssl.SSLContext) -> web.StreamResponse:
    """Answer a user's call with the stream at ``url``, until one of both ends it. Raises Refusal.

    identity -- what the handler sees of us, and whom we believe to be a handler
    """
    answer = web.WebSocketResponse(protocols=(SUBPROTOCOL,), heartbeat=HEARTBEAT_S, compress=False)
    ready = answer.can_prepare(request)
    if not ready.ok:
        raise bad_request(f"this is a stream: call it as a websocket of the subprotocol {SUBPROTOCOL}")
    if request.headers.get("Sec-WebSocket-Protocol") and ready.protocol != SUBPROTOCOL:
        raise bad_request(f"this stream speaks the subprotocol {SUBPROTOCOL} alone")
    async with aiohttp.ClientSession() as session:
        handler = await _called(session, url, identity)
        try:
            await answer.prepare(request)
            await _both_ways(answer, handler)
        finally:
            await handler.close()
    return answer


async def _called(
    session: aiohttp.ClientSession, url: str, identity: ssl.SSLContext
) -> aiohttp.ClientWebSocketResponse:
    try:
        async with asyncio.timeout(CONNECT_S):
            handler = await session.ws_connect(
                url,
                protocols=(SUBPROTOCOL,),
                heartbeat=HEARTBEAT_S,
                compress=0,
                ssl=identity,
                server_hostname=SERVER_NAME,
            )
    except aiohttp.WSServerHandshakeError as error:
        headers = error.headers
        said = unquote(headers.get(REFUSAL_HEADER, "") if headers is not None else "") or f"it answered {error.status}"
        if error.status in (404, 409):
            raise Refusal(error.status, "NotFound" if error.status == 404 else "Conflict", said) from None
        raise unavailable(f"the node's virt-handler gives no stream: {said}") from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        why = "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        raise unavailable(
            f"the node's virt-handler can't be reached: {why}; the guest itself runs on, try again"
        ) from None
    if handler.protocol != SUBPROTOCOL:
        await handler.close()
        raise unavailable(f"the node's virt-handler doesn't speak {SUBPROTOCOL}: it is of another version")
    return handler


async def _both_ways(user: web.WebSocketResponse, handler: aiohttp.ClientWebSocketResponse) -> None:
    """Pass messages on until one side ends; the other is told how."""
    pumps = {asyncio.create_task(_pump(user, handler)), asyncio.create_task(_pump(handler, user))}
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
    ended = handler if handler.closed else user
    code, words = _how(ended, "the guest's side" if ended is handler else "the user's side")
    await user.close(code=code, message=words)
    await handler.close(code=code, message=words)


async def _pump(source: Stream, target: Stream) -> None:
    """Pass on what comes from the source until it, or the target, is closed."""
    async for message in source:
        try:
            if message.type is aiohttp.WSMsgType.BINARY:
                await target.send_bytes(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                await target.send_bytes(message.data.encode())
        except (ConnectionError, aiohttp.ClientError):
            return


def _how(stream: Stream, side: str) -> tuple[int, bytes]:
    code = stream.close_code
    # 1005 and 1006 say that there was no code, and may not be sent (RFC 6455, 7.4.1).
    if code is None or code in (1005, 1006):
        return (1000, b"") if code == 1005 else (1001, f"{side} of the stream is gone".encode())
    return code, b""


__all__ = ["REFUSAL_HEADER", "SUBPROTOCOL", "relay"]
