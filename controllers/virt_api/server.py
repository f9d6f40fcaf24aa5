"""The server: routes, what each call needs before it is done, and every error as a Status.

A webhook is asked by the API server alone, and answers about what it is given; nothing is written by it and nothing
secret is said, so it asks nobody who they are. Everything below `/apis` is called on behalf of a user: the front
proxy vouches for who that is, and the API server is asked whether the user may.

Discovery is for everybody for whom the front proxy vouches. The API server collects it as a user of its own, whom no
role and no group gives any right; what it isn't given it calls stale, and while any group of a cluster is stale no
namespace in it can be deleted. For users it has asked its authorizers before it passes their call on.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from controllers.runtime.client import ApiClient
from controllers.runtime.resources import Request, Resource
from controllers.runtime.streams import GOING_AWAY, End
from controllers.virt_api import access, admission, answers, discovery, openapi
from controllers.virt_api.access import Asked
from controllers.virt_api.admission import Rules
from controllers.virt_api.answers import Refusal
from controllers.virt_api.console import Relay
from controllers.virt_api.front_proxy import Door
from controllers.virt_api.handlers import Handlers
from controllers.virt_api.objects import GUESTS, MACHINES, Guest
from controllers.virt_api.power import OPTIONS, VERBS, Options, Verb
from controllers.virt_api.power_calls import PowerCalls
from kvnode.api.decode import decode
from kvnode.errors import HostError, InvalidManifest, KvnodeError

PORT = 8443
# Two objects of an AdmissionReview, each of the 1.5 MiB that etcd takes, and what JSON makes of them.
LONGEST_BODY = 8 << 20
# How long users' streams may take to end when this replica does.
END_STREAMS_S = 3.0
_VERB_OF = {"GET": "get", "PUT": "update"}
_ROOT = f"/apis/{discovery.GROUP}"

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """Everything that is served; ``rules`` says by what admission goes now, ``identity`` is ours towards handlers."""

    def __init__(
        self, client: ApiClient, door: Door, rules: Callable[[], Rules], handlers: Handlers, identity: ssl.SSLContext
    ) -> None:
        self._client = client
        self._power_calls = PowerCalls(client)
        self._door = door
        self._rules = rules
        self._handlers = handlers
        self.relay = Relay(identity)

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=LONGEST_BODY, middlewares=[as_status])
        app.on_shutdown.append(self._end_streams)
        add = app.router.add_route
        add("POST", "/mutate", self._mutate)
        add("POST", "/validate", self._validate)
        add("GET", "/apis", self._said(discovery.group_list()))
        add("GET", _ROOT, self._said(discovery.group()))
        add("GET", "/openapi/v2", self._said(openapi.document_v2()))
        add("GET", openapi.INDEX, self._said(openapi.index_v3()))
        for version in discovery.VERSIONS:
            add("GET", f"{openapi.INDEX}/{openapi.place(version)}", self._said(openapi.document_v3(version)))
            root = f"{_ROOT}/{version}"
            for path in (root, f"{root}/"):
                add("GET", path, self._said(discovery.resource_list(version)))
            add("GET", f"{root}/version", self._told(version, "version", discovery.version_info()))
            add("GET", f"{root}/healthz", self._told(version, "healthz", "ok"))
            below = f"{root}/namespaces/{{namespace}}"
            add("GET", f"{below}/virtualmachineinstances/{{name}}/console", self._console(version))
            for verb in VERBS:
                add("PUT", f"{below}/virtualmachines/{{name}}/{verb}", self._power(version, verb))
        return app

    async def _end_streams(self, _app: web.Application) -> None:
        await self.relay.streams.end_all(End(GOING_AWAY, "virt-api ends here: connect again"), END_STREAMS_S)

    # Webhooks.

    async def _mutate(self, request: web.Request) -> web.Response:
        return web.json_response(admission.mutate(await request.read(), self._rules()))

    async def _validate(self, request: web.Request) -> web.Response:
        return web.json_response(admission.validate(await request.read(), self._rules()))

    # The aggregated API.

    async def _require(self, request: web.Request, asked: Asked) -> None:
        await access.require(self._client, self._door.user(request), asked)

    def _said(self, value: Any) -> Handler:
        """Discovery, and OpenAPI."""

        async def answer(request: web.Request) -> web.Response:
            self._door.user(request)
            return web.json_response(value)

        return answer

    def _told(self, version: str, resource: str, value: Any) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            await self._require(request, Asked("get", version, resource))
            return web.json_response(value)

        return answer

    async def _required(self, request: web.Request, version: str, resource: Resource, subresource: str) -> Request:
        """The object that a call is about, once it is known that the caller may."""
        about = Request(request.match_info["namespace"], request.match_info["name"])
        verb = _VERB_OF[request.method]
        await self._require(request, Asked(verb, version, resource.plural, subresource, about.namespace, about.name))
        return about

    def _console(self, version: str) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            about = await self._required(request, version, GUESTS, "console")
            guest = await self._client.find(GUESTS, about, Guest)
            if guest is None:
                raise answers.not_found(GUESTS, about)
            return await self.relay.answer(request, self._handlers.console_url(guest))

        return answer

    def _power(self, version: str, verb: Verb) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            about = await self._required(request, version, MACHINES, verb)
            options = _options(verb, await request.read())
            await self._power_calls.carry_out(about, options)
            return web.Response(status=202)

        return answer


def _options(verb: Verb, body: bytes) -> Options:
    """The call's options; every default where the body is empty."""
    if not body.strip():
        return OPTIONS[verb]()
    try:
        return decode(body, OPTIONS[verb])
    except InvalidManifest as error:
        raise answers.bad_request(f"the options of {verb} can't be read: {error}") from None


@web.middleware
async def as_status(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error as a Status; one that nobody foresaw is logged, and told without its innards."""
    try:
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        message = f"the body is larger than {LONGEST_BODY >> 20} MiB, the most that is read"
        refusal = Refusal(413, "RequestEntityTooLarge", message)
    except web.HTTPMethodNotAllowed as error:
        message = f"{request.path} takes {' and '.join(sorted(error.allowed_methods))}, not {request.method}"
        refusal = Refusal(405, "MethodNotAllowed", message)
    except web.HTTPNotFound:
        message = f"this build doesn't serve {request.path}; what it serves stands in {_ROOT}/v1"
        refusal = Refusal(404, "NotFound", message)
    except KvnodeError as error:
        refusal = answers.passed_on(error)
    except (web.HTTPException, ConnectionError):
        raise
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        message = "virt-api failed at this call, which is a fault of its own: see its log"
        refusal = Refusal(500, "InternalError", message)
    stream = request.headers.get("Upgrade", "").lower() == "websocket"
    return answers.response(refusal, answers.LONGEST_TO_A_STREAM if stream else None)


class Server:
    """Serves ``api`` on ``host`` and ``port`` (0: any; `port` says which) while `run` runs."""

    def __init__(self, api: Api, door: Door, *, host: str = "", port: int = PORT) -> None:
        self._api = api
        self._door = door
        self._host, self._wanted_port = host, port
        self.port = 0
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Serve until cancelled; streams end then. Raises HostError where the address can't be had."""
        runner = web.AppRunner(self._api.application(), access_log=None, handle_signals=False, shutdown_timeout=5.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host or None, self._wanted_port, ssl_context=self._door.context)
            try:
                await site.start()
            except OSError as error:
                where = f"{self._host or '*'}:{self._wanted_port}"
                raise HostError(f"can't listen on {where} for the API: {error.strerror}") from None
            self.port = int(runner.addresses[0][1])
            self.listening.set()
            await asyncio.Event().wait()
        finally:
            self.listening.clear()
            await runner.cleanup()
