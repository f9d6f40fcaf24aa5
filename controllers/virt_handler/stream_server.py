"""The port at which virt-api gets guests' streams: TLS on both sides, and nobody else let in.

The contract stands in controllers/virt_api/handlers.py. The certificate is virt-api's to make; here its Secret is read
now and then, and what is new is shown and believed from the next connection on. Until there is one, and while the port
can't be had, this node has no streams and its guests run: neither ends the daemon or keeps it from being ready, as
virt-api itself may come after it.

Both ends are ours, so it is TLS 1.3 and nothing older. Whom the authority knows is not enough: of all certificates that
it has signed only the one of virt-api is taken, or else the key of one node would open the consoles of all others.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable

from aiohttp import web

from controllers.runtime.certificate_secrets import LOOK_AGAIN_S, Held, keep_renewed, read_certificate
from controllers.runtime.client import ApiClient
from controllers.runtime.peers import API_NAME, HANDLER_PORT, HANDLER_SECRET
from controllers.runtime.resources import Request
from controllers.runtime.server_tls import ServerTls, common_names
from controllers.runtime.streams import REFUSAL_HEADER, refusal_header
from controllers.virt_handler.console import Consoles, Refused

CONSOLE_PATH = "/v1/namespaces/{namespace}/virtualmachineinstances/{name}/console"
HANDSHAKE_S = 10.0
LISTEN_AGAIN_S = 30.0
END_S = 3.0

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class StreamServer:
    """Serves ``consoles`` on ``host`` and ``port`` (0: any; `port` says which) while `run` runs.

    namespace     -- where the installation's Secrets are
    look_every_s  -- how often the certificate's Secret is read
    """

    def __init__(
        self,
        client: ApiClient,
        consoles: Consoles,
        namespace: str,
        *,
        host: str = "",
        port: int = HANDLER_PORT,
        look_every_s: float = LOOK_AGAIN_S,
    ) -> None:
        self._client = client
        self._consoles = consoles
        self._secret = Request(namespace, HANDLER_SECRET)
        self._host, self._wanted_port = host, port
        self._look_every_s = look_every_s
        self._tls: ServerTls | None = None
        self._identified = asyncio.Event()
        self.port = 0
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Serve until cancelled; streams end then, in words."""
        async with asyncio.TaskGroup() as parts:
            parts.create_task(keep_renewed(self._look, self._use, every_s=self._look_every_s))
            parts.create_task(self._serve())

    async def _look(self) -> Held:
        return await read_certificate(self._client, self._secret)

    def _use(self, held: Held) -> None:
        if self._tls is None:
            self._tls = ServerTls(held.pair, held.bundle, asks=ssl.CERT_REQUIRED, minimum=ssl.TLSVersion.TLSv1_3)
            self._identified.set()
        else:
            self._tls.replace(held.pair, held.bundle)
            log.info("streams: a new certificate is shown")

    async def _serve(self) -> None:
        await self._identified.wait()
        assert self._tls is not None
        app = web.Application(middlewares=[_as_refusal])
        app.router.add_get(CONSOLE_PATH, self._console)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=END_S)
        await runner.setup()
        assert runner.server is not None
        try:
            server = await self._listened(runner.server, self._tls.context)
            self.port = int(server.sockets[0].getsockname()[1])
            log.info("streams: serving on port %d", self.port)
            self.listening.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.listening.clear()
                server.close()
                await self._consoles.close(END_S)
        finally:
            await runner.cleanup()

    async def _listened(self, protocols: web.Server, context: ssl.SSLContext) -> asyncio.Server:
        """The open port; until it can be had this is said once, and tried again."""
        said = ""
        while True:
            try:
                return await asyncio.get_running_loop().create_server(
                    protocols,
                    self._host or None,
                    self._wanted_port,
                    ssl=context,
                    ssl_handshake_timeout=HANDSHAKE_S,
                    ssl_shutdown_timeout=HANDSHAKE_S,
                )
            except OSError as error:
                if (words := error.strerror or str(error)) != said:
                    said = words
                    where = f"{self._host or '*'}:{self._wanted_port}"
                    log.error("streams: can't listen on %s: %s; until it can, guests here have no console", where, said)
            await asyncio.sleep(LISTEN_AGAIN_S)

    async def _console(self, request: web.Request) -> web.StreamResponse:
        guest = Request(request.match_info["namespace"], request.match_info["name"])
        uid = request.query.get("uid", "")
        if not uid:
            raise Refused(400, "the call names no guest by its uid: ?uid= is missing")
        return await self._consoles.serve(request, guest, uid)


@web.middleware
async def _as_refusal(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets virt-api in, and gives what is refused as the contract has it; what nobody foresaw is logged alone."""
    try:
        _require_api(request)
        return await handler(request)
    except Refused as refused:
        return _refusal(refused.status, str(refused))
    except web.HTTPException as error:
        return _refusal(error.status, f"virt-handler serves no {request.method} {request.path}: {error.reason}")
    except ConnectionError:
        raise
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return _refusal(500, "virt-handler failed at this call, which is a fault of its own: see its log")


def _require_api(request: web.Request) -> None:
    tls = request.get_extra_info("ssl_object")
    names = common_names((tls.getpeercert() if tls is not None else None) or {})
    if names != [API_NAME]:
        log.warning("streams: refused the holder of a certificate for %r", names)
        raise Refused(403, f"streams are given to {API_NAME} alone, and this is {', '.join(names) or 'nobody'}")


def _refusal(status: int, sentence: str) -> web.Response:
    return web.Response(status=status, text=f"{sentence}\n", headers={REFUSAL_HEADER: refusal_header(sentence)})
