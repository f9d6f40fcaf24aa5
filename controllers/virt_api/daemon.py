"""The daemon: informers, certificates, the front proxy's authority, and the server on top of them.

Every replica serves, and none leads. The port opens when there is a certificate to show and the configuration is
known; ready is a replica when the API server knows its authority too.
"""

import asyncio
import logging
import ssl
from collections.abc import Coroutine
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from controllers.runtime import credentials
from controllers.runtime.certificate_secrets import CertificateSecrets, Held
from controllers.runtime.certificates import TlsIdentity
from controllers.runtime.client import ApiClient
from controllers.runtime.faults import in_words
from controllers.runtime.health import HealthServer, synced
from controllers.runtime.informer import Informer
from controllers.runtime.installation import INSTALLATIONS, Installation
from controllers.runtime.metrics import Metrics
from controllers.runtime.peers import API_NAME, HANDLER_NAME, HANDLER_PORT, HANDLER_SECRET
from controllers.runtime.services import run_services
from controllers.virt_api.front_proxy import AUTHENTICATION, Door, FrontProxy, front_proxy_of
from controllers.virt_api.handlers import ON_NODE, SELECTOR, Handlers, node_of
from controllers.virt_api.objects import CONFIG_MAPS, PODS, ConfigMap, Pod
from controllers.virt_api.registration import Registered, register
from controllers.virt_api.server import PORT, Api, Server
from controllers.virt_api.settings import live_rules
from kvnode.errors import KvnodeError

T = TypeVar("T", Installation, Pod)

NAME = API_NAME
AUTHORITY_SECRET = "kubevirt-ca"
OWN_SECRET = "kubevirt-virt-api-certs"
LOOK_AGAIN_S = 60.0
LOOK_AGAIN_AFTER_FAULT_S = 2.0

log = logging.getLogger(__name__)


class Options(Struct, frozen=True):
    """
    namespace    -- where the installation lives: its Secrets, its Service, its handlers
    kubeconfig   -- a file, or None for KUBECONFIG or the Pod's service account
    port         -- of the webhooks and the aggregated API
    handler_port -- at which each node's virt-handler serves streams
    health_port  -- for /healthz, /readyz and /metrics
    """

    namespace: str = "kubevirt"
    kubeconfig: str | None = None
    port: int = PORT
    handler_port: int = HANDLER_PORT
    health_port: int = 8081


class Trust:
    """Whom this replica shows itself as, and whom it believes: kept from the cluster, and used as it changes."""

    def __init__(self, client: ApiClient, namespace: str) -> None:
        self._client = client
        self._secrets = CertificateSecrets(client, namespace, AUTHORITY_SECRET)
        self._names = (f"{NAME}.{namespace}.svc", f"{NAME}.{namespace}.svc.cluster.local", f"{NAME}.{namespace}")
        self._held: Held | None = None
        self.registered = Registered()
        self.ready = asyncio.Event()
        """Set when there are a door and an identity."""
        self._door: Door | None = None
        self._identity: TlsIdentity | None = None

    @property
    def door(self) -> Door:
        assert self._door is not None, "asked for before ready"
        return self._door

    @property
    def identity(self) -> ssl.SSLContext:
        """What handlers see of us, and whom we believe to be one."""
        assert self._identity is not None, "asked for before ready"
        return self._identity.context

    async def run(self) -> None:
        """Look every so often, until cancelled. What fails is logged and tried again, and all stays as it was."""
        while True:
            pause_s = LOOK_AGAIN_S
            try:
                await self.look()
            except KvnodeError as error:
                log.warning("certificates: %s; trying again", in_words(error))
                pause_s = LOOK_AGAIN_AFTER_FAULT_S
            if self.registered.missing:
                pause_s = LOOK_AGAIN_AFTER_FAULT_S
            await asyncio.sleep(pause_s)

    async def look(self) -> None:
        """Make, renew and take what there is to take. Raises KvnodeError."""
        held = await self._secrets.leaf(OWN_SECRET, API_NAME, self._names)
        # The handlers' as well, so that none of them needs to read the authority's key.
        await self._secrets.leaf(HANDLER_SECRET, HANDLER_NAME, [HANDLER_NAME])
        # Told before it is shown: an API server that doesn't know a new authority yet would refuse us.
        self.registered.missing = await register(self._client, held.bundle)
        if self._door is None or self._identity is None:
            self._door, self._identity = Door(held.pair), TlsIdentity(held.pair, held.bundle, client=True)
        elif held != self._held:
            self._door.show(held.pair)
            self._identity.replace(held.pair, held.bundle)
        self._held = held
        await self._look_at_front_proxy(self._door)
        self.ready.set()

    async def _look_at_front_proxy(self, door: Door) -> None:
        found = await self._client.find(CONFIG_MAPS, AUTHENTICATION, ConfigMap)
        # Without the ConfigMap nobody is believed, and each call is told so.
        front_proxy = front_proxy_of(found.data or {}) if found is not None else FrontProxy()
        if front_proxy != door.front_proxy:
            door.believe(front_proxy)
            log.info("the front proxy's names: %s", ", ".join(front_proxy.allowed_names) or "any")


class Daemon:
    """virt-api's parts, wired; `serving` is set once the port is open, `server` says which it is."""

    def __init__(self, client: ApiClient, options: Options, metrics: Metrics) -> None:
        self._options = options
        self._metrics = metrics
        self._client = client
        namespace = options.namespace
        self._installations = Informer(
            client, INSTALLATIONS, Installation, namespace=namespace, trim=_without_managers, metrics=metrics
        )
        self._pods = Informer(
            client,
            PODS,
            Pod,
            namespace=namespace,
            label_selector=SELECTOR,
            indexers={ON_NODE: node_of},
            trim=_without_managers,
            metrics=metrics,
        )
        self.trust = Trust(client, namespace)
        self.server: Server | None = None
        self.serving = asyncio.Event()

    async def serve(self) -> None:
        """Wait for what serving needs, and serve until cancelled."""
        await asyncio.gather(self._installations.synced.wait(), self._pods.synced.wait(), self.trust.ready.wait())
        rules = live_rules(self._installations, self._options.namespace)
        api = Api(
            self._client,
            self.trust.door,
            rules.current,
            Handlers(self._pods, self._options.handler_port),
            self.trust.identity,
        )
        self.server = Server(api, self.trust.door, port=self._options.port)
        serving = asyncio.create_task(self._announce(self.server))
        try:
            await self.server.run()
        finally:
            serving.cancel()

    async def _announce(self, server: Server) -> None:
        await server.listening.wait()
        self.serving.set()
        log.info("serving on port %d", server.port)

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Everything that has to run at once."""
        ready = {
            "kubevirts": synced(self._installations),
            "handlers": synced(self._pods),
            "registered": self.trust.registered.check,
            "serving": lambda: None if self.serving.is_set() else "the port is not open yet",
        }
        health = HealthServer(self._metrics, port=self._options.health_port, ready=ready)
        return [health.run(), self._installations.run(), self._pods.run(), self.trust.run(), self.serve()]


async def run(options: Options) -> None:
    """Run until a signal asks for the end. Raises KvnodeError where a part fails."""
    metrics = Metrics()
    async with ApiClient(credentials.find(options.kubeconfig), field_owner=NAME, metrics=metrics) as client:
        await run_services(*Daemon(client, options, metrics).parts())


def _without_managers(obj: T) -> T:
    """Managed fields are a third of an object, and nothing here reads them."""
    return replace(obj, metadata=replace(obj.metadata, managed_fields=()))
