"""Between a client and the real API server: passes everything on, but for the faults that a test asks for.

Speaks plain HTTP to the client, so that an event can be cut in its middle and not at the edge of a TLS record, and
HTTPS with the administrator's certificate to the server.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from kubernetes.aio.client.configuration import Configuration

from controllers.runtime.credentials import Load
from tests.controllers.api_server import ApiServer

Matches = Callable[[web.BaseRequest], bool]


def is_watch(request: web.BaseRequest) -> bool:
    return "watch" in request.query


def is_list(request: web.BaseRequest) -> bool:
    return request.method == "GET" and "limit" in request.query


@dataclass
class Refusal:
    """An answer of our own instead of the server's, so many times."""

    matches: Matches
    status: int
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"kind":"Status","message":"injected"}'


@dataclass
class FaultProxy:
    server: ApiServer
    url: str = ""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    # Cut the next stream in the middle of the line that has this text.
    cut_in: bytes | None = None
    cuts: int = 0
    # While set, streams are open and bring nothing.
    silent: bool = False
    # Seconds before each list is passed on.
    list_delay_s: float = 0.0
    # Seconds before the answer to anything is passed on, the server having done it.
    answer_delay_s: float = 0.0
    # Changes the query of what matches, once, and ends the silence.
    rewrites: list[tuple[Matches, dict[str, str]]] = field(default_factory=list)

    def load(self) -> Load:
        async def load() -> Configuration:
            return Configuration(host=self.url)

        return load

    def count(self, matches: Callable[[str, dict[str, str]], bool]) -> int:
        return sum(matches(method, query) for method, _, query in self.asked)

    @property
    def lists(self) -> int:
        """Whole lists that were begun."""
        return self.count(lambda method, query: method == "GET" and "limit" in query and "continue" not in query)

    @property
    def watches(self) -> list[dict[str, str]]:
        return [query for _, _, query in self.asked if "watch" in query]

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        query = dict(request.query)
        self.asked.append((request.method, request.path, query))
        for refusal in self.refusals:
            if refusal.times > 0 and refusal.matches(request):
                refusal.times -= 1
                return web.Response(status=refusal.status, text=refusal.body, headers=refusal.headers)
        for rewrite in list(self.rewrites):
            if rewrite[0](request):
                self.rewrites.remove(rewrite)
                query |= rewrite[1]
                # What the server says to that is what the test is about.
                self.silent = False
        if is_list(request):
            await asyncio.sleep(self.list_delay_s)
        headers = {key: request.headers[key] for key in ("Content-Type", "Accept") if key in request.headers}
        url = self.server.url + request.raw_path.partition("?")[0]
        body = await request.read()
        try:
            async with self._session.request(request.method, url, params=query, data=body, headers=headers) as upstream:
                return await self._pass_on(request, upstream)
        except aiohttp.ClientConnectorError:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

    async def _pass_on(self, request: web.BaseRequest, upstream: aiohttp.ClientResponse) -> web.StreamResponse:
        await asyncio.sleep(self.answer_delay_s)
        answer = web.StreamResponse(status=upstream.status)
        answer.content_type = upstream.content_type
        await answer.prepare(request)
        assert request.transport is not None
        try:
            async for chunk in upstream.content.iter_any():
                if is_watch(request) and self.cut_in is not None and self.cut_in in chunk:
                    self.cut_in, self.cuts = None, self.cuts + 1
                    await answer.write(chunk[: len(chunk) // 2])
                    # Time to arrive: an abort throws away what is still to be sent.
                    await asyncio.sleep(0.1)
                    request.transport.abort()
                    return answer
                if not (self.silent and is_watch(request)):
                    await answer.write(chunk)
        except (aiohttp.ClientError, ConnectionError):
            request.transport.abort()
            return answer
        await answer.write_eof()
        return answer

    async def open(self) -> web.ServerRunner:
        tls = ssl.create_default_context(cafile=str(self.server.authority.pair.certificate))
        tls.load_cert_chain(self.server.admin.certificate, self.server.admin.key)
        timeout = aiohttp.ClientTimeout(total=None)
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls), timeout=timeout)
        runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def close(self, runner: web.ServerRunner) -> None:
        await self._session.close()
        await runner.cleanup()


@asynccontextmanager
async def fault_proxy(server: ApiServer) -> AsyncIterator[FaultProxy]:
    proxy = FaultProxy(server)
    runner = await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close(runner)
