"""Whether a daemon is alive and ready, and what it counts, over plain HTTP: /healthz, /readyz, /metrics.

Alive is what only a restart would mend; the kubelet kills whoever says no. Ready is whether it can do its work now:
its informers know the cluster, its certificate is there. Either is a list of named checks, all of them are asked each
time, and the answer names those that fail and why. Nothing secret is said here: nobody is asked who they are.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from controllers.runtime.faults import in_words
from controllers.runtime.metrics import Metrics
from kvnode.errors import HostError

# None where all is well, or else what isn't, in a few words.
Check = Callable[[], str | None]

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"

log = logging.getLogger(__name__)


class HealthServer:
    """Serves on ``host`` and ``port`` (0: any; `port` says which) while `run` runs."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        host: str = "",
        port: int = 8081,
        alive: Mapping[str, Check] | None = None,
        ready: Mapping[str, Check] | None = None,
    ) -> None:
        self._metrics = metrics
        self._host, self._wanted_port = host, port
        self._alive, self._ready = dict(alive or {}), dict(ready or {})
        self.port = 0
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Serve until cancelled. Raises HostError where the address can't be had."""
        app = web.Application()
        app.router.add_get("/healthz", self._answer(self._alive))
        app.router.add_get("/readyz", self._answer(self._ready))
        app.router.add_get("/metrics", self._exposition)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host or None, self._wanted_port)
            try:
                await site.start()
            except OSError as error:
                raise HostError(
                    f"can't listen on {self._host or '*'}:{self._wanted_port} for health and metrics: {error.strerror}"
                ) from None
            self.port = int(runner.addresses[0][1])
            self.listening.set()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    def _answer(self, checks: Mapping[str, Check]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(_: web.Request) -> web.Response:
            failing = {name: why for name, check in checks.items() if (why := _ask(name, check)) is not None}
            if failing:
                return web.Response(status=503, text="".join(f"{name}: {why}\n" for name, why in failing.items()))
            return web.Response(text="ok")

        return answer

    async def _exposition(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics.exposition(), headers={"Content-Type": EXPOSITION})


def _ask(name: str, check: Check) -> str | None:
    try:
        return check()
    except Exception as error:  # a check that fails is a check that says no
        log.exception("the check %s failed", name)
        return in_words(error)


def synced(informer: object) -> Check:
    """Ready once the informer's first list is whole."""

    def check() -> str | None:
        event, resource = informer.synced, informer.resource  # type: ignore[attr-defined]
        return None if event.is_set() else f"the first list of {resource} is not there yet"

    return check
