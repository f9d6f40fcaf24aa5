"""A stream between a user and a guest: two websockets, and bytes from each to the other.

The handler is called first and the user's call is answered after that, so that whatever is wrong is still a Status
with a sentence and no connection that closes for no reason. Each direction waits for the slower side; nothing is
kept. Either side's end is the other's, with its code and its words.
"""

import asyncio
import ssl

import aiohttp
from aiohttp import web

from controllers.runtime.peers import HANDLER_NAME
from controllers.runtime.streams import (
    ABNORMAL,
    GOING_AWAY,
    MESSAGE_BYTES,
    PATIENCE_S,
    PING_S,
    REFUSAL_HEADER,
    SUBPROTOCOL,
    End,
    OpenStreams,
    Stream,
    TooManyStreams,
    bounded,
    close,
    first_end,
    pinging,
    received,
    refusal_said,
)
from controllers.virt_api.answers import Refusal, bad_request, unavailable

USER, GUEST = "user", "guest"
CONNECT_S = 10.0
MOST_STREAMS = 1000
GOES_ON = "the guest itself runs on, try again"


class Relay:
    """Answers users' calls with streams; ``identity`` is what handlers see of us, and whom we believe to be one."""

    def __init__(
        self,
        identity: ssl.SSLContext,
        *,
        most: int = MOST_STREAMS,
        ping_s: float = PING_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._identity = identity
        self._ping_s = ping_s
        self._patience_s = patience_s
        self.streams = OpenStreams(most)

    async def answer(self, request: web.Request, url: str) -> web.StreamResponse:
        """Answer a user's call with the stream at ``url``, until one of both ends it. Raises Refusal."""
        answer = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            autoping=False,
            compress=False,
            max_msg_size=MESSAGE_BYTES,
            writer_limit=0,
            decode_text=False,
        )
        ready = answer.can_prepare(request)
        if not ready.ok:
            raise bad_request(f"this is a stream: call it as a websocket of the subprotocol {SUBPROTOCOL}")
        if request.headers.get("Sec-WebSocket-Protocol") and ready.protocol != SUBPROTOCOL:
            raise bad_request(f"this stream speaks the subprotocol {SUBPROTOCOL} alone")
        try:
            with self.streams.opened() as ended:
                async with aiohttp.ClientSession() as session:
                    handler = await _called(session, url, self._identity)
                    await self._relayed(request, answer, handler, ended)
        except TooManyStreams as error:
            raise unavailable(str(error)) from None
        return answer

    async def _relayed(
        self,
        request: web.Request,
        user: web.WebSocketResponse[bool],
        handler: aiohttp.ClientWebSocketResponse[bool],
        ended: asyncio.Future[End],
    ) -> None:
        """Pass bytes on until one side ends; the other is told how."""
        end = _gone(USER)
        try:
            await user.prepare(request)
            bounded(user, request.transport)
            bounded(handler)
            end = await first_end(
                self._pump(user, handler, USER, GUEST),
                self._pump(handler, user, GUEST, USER),
                pinging(user, _gone(USER), self._ping_s),
                pinging(handler, _gone(GUEST), self._ping_s),
                ended=ended,
            )
        finally:
            await asyncio.gather(*(close(side, end) for side in (user, handler) if side is handler or user.prepared))

    async def _pump(self, source: Stream, target: Stream, giver: str, taker: str) -> End:
        """Pass on what comes from the source until it, or the target, is closed."""
        while True:
            data = await received(source, self._patience_s)
            if isinstance(data, End):
                return _gone(giver, data.words) if data.code == ABNORMAL else data
            try:
                await target.send_bytes(data)
            except ConnectionError:
                return _gone(taker)


def _gone(side: str, why: str = "") -> End:
    return End(GOING_AWAY, f"the {side}'s side of the stream is gone{f': {why}' if why else ''}")


async def _called(
    session: aiohttp.ClientSession, url: str, identity: ssl.SSLContext
) -> aiohttp.ClientWebSocketResponse[bool]:
    try:
        async with asyncio.timeout(CONNECT_S):
            handler = await session.ws_connect(
                url,
                protocols=(SUBPROTOCOL,),
                autoping=False,
                compress=0,
                max_msg_size=MESSAGE_BYTES,
                decode_text=False,
                ssl=identity,
                server_hostname=HANDLER_NAME,
            )
    except aiohttp.WSServerHandshakeError as error:
        raise _passed_on(error) from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        why = "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        raise unavailable(f"the node's virt-handler can't be reached: {why}; {GOES_ON}") from None
    if handler.protocol != SUBPROTOCOL:
        await handler.close()
        raise unavailable(f"the node's virt-handler doesn't speak {SUBPROTOCOL}: it is of another version")
    return handler


def _passed_on(error: aiohttp.WSServerHandshakeError) -> Refusal:
    """A handler's refusal, as the user should hear of it."""
    headers = error.headers
    said = refusal_said(headers.get(REFUSAL_HEADER, "") if headers is not None else "")
    if error.status == 404:
        return Refusal(404, "NotFound", said or "the node's virt-handler knows of no such guest")
    if error.status == 409:
        # It ran a moment ago. Clients ask again after a 400, and hear then what has become of it.
        return bad_request(f"VMI is not running: {said}")
    return unavailable(f"the node's virt-handler gives no stream: {said or f'it answered {error.status}'}")
