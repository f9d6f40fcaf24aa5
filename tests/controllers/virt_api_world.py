"""What stands around virt-api in its tests: a real API server that knows it by the manifests that are shipped."""

import asyncio
import json
import socket
import ssl
import subprocess
import urllib.error
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from controllers.runtime import credentials
from controllers.runtime.client import ApiClient
from controllers.runtime.metrics import Metrics
from controllers.virt_api.daemon import Daemon, Options
from tests.controllers.api_server import ApiServer
from tests.controllers.custom_kinds import serve_kinds

BASE = Path(__file__).parents[2] / "deploy" / "base"
ADDRESS = "10.99.77.1"
ROOT = "/apis/subresources.kubevirt.io/v1"
KUBEVIRT = "/apis/kubevirt.io/v1/namespaces"
NAMESPACED = {
    "Service": "services",
    "EndpointSlice": "endpointslices",
    "Role": "roles",
    "RoleBinding": "rolebindings",
}
PLURALS = {
    "APIService": "apiservices",
    "MutatingWebhookConfiguration": "mutatingwebhookconfigurations",
    "ValidatingWebhookConfiguration": "validatingwebhookconfigurations",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "Namespace": "namespaces",
}

Ask = Callable[..., Awaitable[tuple[int, Any]]]


@contextmanager
def address() -> Iterator[None]:
    """An address on the loopback's link that an EndpointSlice may hold, which 127.0.0.1 may not."""
    subprocess.run(["ip", "address", "replace", f"{ADDRESS}/32", "dev", "lo"], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "address", "delete", f"{ADDRESS}/32", "dev", "lo"], check=True)


def put(server: ApiServer, document: dict[str, Any]) -> None:
    """Apply a document, whatever was there."""
    group = document["apiVersion"]
    root = f"/apis/{group}" if "/" in group else f"/api/{group}"
    kind, name = document["kind"], document["metadata"]["name"]
    where = f"namespaces/kubevirt/{NAMESPACED[kind]}" if kind in NAMESPACED else PLURALS[kind]
    path = f"{root}/{where}/{name}?fieldManager=test&force=true"
    server.request("PATCH", path, document, "application/apply-patch+yaml")


def shipped(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((BASE / file).read_text()))


def install(server: ApiServer, port: int) -> None:
    """The kinds, and the shipped manifests; the Service's Pods are this process."""
    serve_kinds(server)
    put(server, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kubevirt"}})
    for document in [*shipped("virt-api-webhooks.yaml"), *shipped("virt-api.yaml"), *shipped("virt-api-rbac.yaml")]:
        if document["kind"] == "Service":
            document["spec"].pop("selector")
            document["spec"]["ports"] = [{"name": "api", "port": 443, "targetPort": port}]
        if document["kind"] in PLURALS or document["kind"] in NAMESPACED:
            put(server, document)
    put(
        server,
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": "virt-api-test", "labels": {"kubernetes.io/service-name": "virt-api"}},
            "addressType": "IPv4",
            "ports": [{"name": "api", "port": port}],
            "endpoints": [{"addresses": [ADDRESS], "conditions": {"ready": True}}],
        },
    )


def uninstall(server: ApiServer) -> None:
    """The API server asks nobody any more: the other tests of the layer have no virt-api."""
    for document in [*shipped("virt-api-webhooks.yaml"), *shipped("virt-api.yaml")]:
        if document["kind"] in ("APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
            path = f"/apis/{document['apiVersion']}/{PLURALS[document['kind']]}/{document['metadata']['name']}"
            server.request("DELETE", path)


def free_port() -> int:
    with socket.create_server(("", 0)) as server:
        return int(server.getsockname()[1])


@asynccontextmanager
async def virt_api(server: ApiServer) -> AsyncIterator[tuple[ApiClient, Options, Ask]]:
    """The daemon, known to the API server and serving, and a user's way to it."""
    options = Options(port=free_port(), handler_port=free_port(), health_port=0)
    await asyncio.to_thread(install, server, options.port)
    with address():
        # The administrator is no daemon to the webhooks, so the daemon's writes are judged as a user's are.
        async with ApiClient(credentials.from_kubeconfig(server.kubeconfig), field_owner="virt-api") as client:
            daemon = Daemon(client, options, Metrics())
            tasks = [asyncio.create_task(part) for part in daemon.parts()]
            try:
                async with asyncio.timeout(60):
                    await daemon.serving.wait()
                    while daemon.trust.registered.missing:
                        await asyncio.sleep(0.1)

                    async def ask(method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
                        return await asyncio.to_thread(answer, server, method, path, body, kind)

                    while (await ask("GET", ROOT))[0] != 200:
                        await asyncio.sleep(0.2)
                yield client, options, ask
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await asyncio.to_thread(uninstall, server)


def answer(server: ApiServer, method: str, path: str, body: Any, kind: str) -> tuple[int, Any]:
    try:
        status, said = 200, server.request(method, path, body, kind)
    except urllib.error.HTTPError as error:
        with error:
            status, said = error.code, error.read()
    try:
        return status, json.loads(said)
    except ValueError:
        return status, said.decode()


async def opened(session: aiohttp.ClientSession, url: str, tls: ssl.SSLContext) -> aiohttp.ClientWebSocketResponse:
    """The console, once virt-api has seen the handler's Pod."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await session.ws_connect(url, protocols=("plain.kubevirt.io",), ssl=tls)
            except aiohttp.WSServerHandshakeError as error:
                assert error.status == 503, error
                await asyncio.sleep(0.2)


async def node(ask: Ask, name: str) -> None:
    """A handler's Pod on the guest's node, which is this process."""
    pods = "/api/v1/namespaces/kubevirt/pods"
    pod = {
        "metadata": {"name": f"virt-handler-{name}", "labels": {"kubevirt.io": "virt-handler"}},
        "spec": {"nodeName": name, "containers": [{"name": "h", "image": "none"}]},
    }
    code, said = await ask("POST", pods, pod)
    assert code == 200, said
    status = {"podIP": ADDRESS, "podIPs": [{"ip": ADDRESS}], "conditions": [{"type": "Ready", "status": "True"}]}
    patch = f"{pods}/virt-handler-{name}/status"
    assert (await ask("PATCH", patch, {"status": status}, "application/merge-patch+json"))[0] == 200
