"""What stands around virt-handler's streams in tests: the port with a real certificate, and callers of every kind."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import WSMsgType

from controllers.runtime.certificate_secrets import SECRETS, CertificateSecrets, Held
from controllers.runtime.certificates import TlsIdentity, issue
from controllers.runtime.client import ApiClient
from controllers.runtime.credentials import from_kubeconfig
from controllers.runtime.informer import Informer
from controllers.runtime.peers import API_NAME, HANDLER_NAME, HANDLER_SECRET
from controllers.runtime.resources import Request
from controllers.runtime.streams import SUBPROTOCOL
from controllers.virt_handler.console import Consoles
from controllers.virt_handler.guest_sync import BY_GUEST, Folders
from controllers.virt_handler.objects import GUESTS, LAUNCHERS, NODE_NAME, PODS, Pod, created_by
from controllers.virt_handler.stream_server import StreamServer
from kvnode.api.instance import VirtualMachineInstance
from tests.controllers.eventually import eventually, running
from tests.controllers.handler_world import NODE, Cluster

NOW = datetime.datetime.now(datetime.UTC)
AUTHORITY = "kubevirt-ca"
HEARD_S = 120.0


class Terminal:
    """Somebody at a console; ``heard`` is what came and wasn't waited for yet."""

    def __init__(self, stream: aiohttp.ClientWebSocketResponse) -> None:
        self.stream = stream
        self.heard = b""

    async def type(self, line: str) -> None:
        """Type a line, with Enter."""
        await self.stream.send_bytes(f"{line}\r".encode())

    async def expect(self, text: str, timeout_s: float = HEARD_S) -> None:
        """Read until the text has come, and forget all up to it."""
        async with asyncio.timeout(timeout_s):
            while text.encode() not in self.heard:
                message = await self.stream.receive()
                assert message.type is WSMsgType.BINARY, f"{message} instead of {text!r}; {self.heard[-2000:]!r} came"
                self.heard += message.data
        self.heard = self.heard.partition(text.encode())[2]

    async def answers(self, number: int) -> None:
        """Have the guest's shell work something out, so that no echo looks like its answer."""
        await self.type(f"echo $(({number} * 1000))-is-it")
        await self.expect(f"{number * 1000}-is-it")

    async def shell(self, timeout_s: float = HEARD_S) -> None:
        """Press Enter until the guest's shell answers."""
        deadline = time.monotonic() + timeout_s
        while True:
            await self.type("echo ready-$((40 + 2))")
            try:
                return await self.expect("ready-42", 1.0)
            except TimeoutError:
                assert time.monotonic() < deadline, f"no shell: {self.heard[-2000:]!r}"

    async def last(self, timeout_s: float = 20.0) -> tuple[int, str]:
        """Read until the stream is closed: with which code and words."""
        async with asyncio.timeout(timeout_s):
            while (message := await self.stream.receive()).type is WSMsgType.BINARY:
                self.heard += message.data
        assert message.type is WSMsgType.CLOSE, message
        return message.data, message.extra


@dataclass
class Port:
    """One handler's port for streams, and how it is called."""

    client: ApiClient
    secrets: CertificateSecrets
    server: StreamServer
    consoles: Consoles
    session: aiohttp.ClientSession
    cluster: Cluster
    uid: str
    serving: asyncio.Task[None] = field(init=False)
    called: list[aiohttp.ClientWebSocketResponse] = field(default_factory=list)

    def url(self, uid: str | None = None, name: str = "vmi-tiny") -> str:
        path = f"/v1/namespaces/{self.cluster.namespace}/virtualmachineinstances/{name}/console"
        return f"https://127.0.0.1:{self.server.port}{path}?uid={self.uid if uid is None else uid}"

    async def identity(self, name: str = API_NAME) -> ssl.SSLContext:
        """A client with a certificate of the installation's authority, for ``name``."""
        authority = await self.secrets.authority()
        pair = issue(authority.pair, name, NOW)
        return TlsIdentity(pair, authority.bundle, client=True).context

    async def call(self, url: str = "", tls: ssl.SSLContext | None = None, **options: Any) -> Terminal:
        """A terminal at the guest's console. Raises what aiohttp raises where it is refused."""
        tls = tls or await self.identity()
        options = {"protocols": (SUBPROTOCOL,), **options}
        stream = await self.session.ws_connect(url or self.url(), ssl=tls, server_hostname=HANDLER_NAME, **options)
        self.called.append(stream)
        return Terminal(stream)

    async def certificate(self) -> Held:
        """The handler's certificate, made by whoever is virt-api here."""
        return await self.secrets.leaf(HANDLER_SECRET, HANDLER_NAME, [HANDLER_NAME])

    async def forget_certificates(self) -> None:
        """What an administrator does who wants a new authority at once."""
        for name in (AUTHORITY, HANDLER_SECRET):
            await self.client.delete(SECRETS, Request(self.cluster.namespace, name))


@asynccontextmanager
async def streaming(cluster: Cluster, *, identified: bool = True, port: int = 0, **options: Any) -> AsyncIterator[Port]:
    """The daemon's parts for streams, as the daemon has them; the installation is in the guest's namespace."""
    folders = Folders(cluster.folder / "kubelet", cluster.folder / "state")
    namespace = cluster.namespace
    async with (
        ApiClient(from_kubeconfig(cluster.api.kubeconfig), field_owner="virt-handler") as client,
        aiohttp.ClientSession() as session,
    ):
        guests = Informer(
            client, GUESTS, VirtualMachineInstance, namespace=namespace, label_selector=f"{NODE_NAME}={NODE}"
        )
        pods = Informer(
            client,
            PODS,
            Pod,
            namespace=namespace,
            label_selector=LAUNCHERS,
            indexers={BY_GUEST: lambda pod: [uid for uid in (created_by(pod),) if uid]},
        )
        consoles = Consoles(guests, pods, folders, NODE, **options)
        server = StreamServer(client, consoles, namespace, host="127.0.0.1", port=port, look_every_s=0.2)
        secrets = CertificateSecrets(client, namespace, AUTHORITY)
        uid = (await asyncio.to_thread(cluster.guest))["metadata"]["uid"]
        opened = Port(client, secrets, server, consoles, session, cluster, uid)
        await (opened.certificate() if identified else opened.forget_certificates())
        opened.serving = serving = asyncio.create_task(server.run())
        async with running(guests.run(), pods.run()):
            try:
                await eventually(lambda: guests.synced.is_set() and pods.synced.is_set())
                if identified:
                    await asyncio.wait_for(server.listening.wait(), 20)
                yield opened
                for stream in opened.called:
                    await stream.close()
            finally:
                serving.cancel()
                await asyncio.wait((serving,))
                if not serving.cancelled():
                    serving.result()
