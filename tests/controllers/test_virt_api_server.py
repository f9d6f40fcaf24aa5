"""virt-api behind a real API server: webhooks, the aggregated API and the console, with the manifests that are shipped.

Users come in through the API server, as `kubectl` and `virtctl` do. The guest's node is played by a websocket server
that keeps the handler's contract over mutual TLS.
"""

import asyncio
import functools
import json
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from controllers.runtime.certificate_secrets import read_certificate
from controllers.runtime.certificates import TlsIdentity
from controllers.runtime.client import ApiClient
from controllers.runtime.peers import HANDLER_SECRET
from controllers.runtime.resources import Request
from controllers.virt_api.daemon import Options
from tests.controllers.api_server import ApiServer
from tests.controllers.test_virt_api_admission import guest, machine
from tests.controllers.virt_api_world import KUBEVIRT, ROOT, node, opened, virt_api

pytestmark = pytest.mark.full("virt-api behind a real API server: webhooks, subresources, the console's relay")


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that awaits, in an event loop of its own."""

    @functools.wraps(test)
    def run(api_server: ApiServer, namespace: str) -> None:
        asyncio.run(test(api_server, namespace))

    return run


@in_a_loop
async def test_users_reach_admission_and_subresources_through_the_api_server(
    api_server: ApiServer, namespace: str
) -> None:
    async with virt_api(api_server) as (_, options, ask):
        machines, guests = f"{KUBEVIRT}/{namespace}/virtualmachines", f"{KUBEVIRT}/{namespace}/virtualmachineinstances"
        document = machine(runStrategy="Sometimes")
        document["metadata"]["namespace"] = namespace
        code, said = await ask("POST", machines, document)
        assert (code, said["reason"]) == (422, "Invalid")
        assert [cause["field"] for cause in said["details"]["causes"]] == ["spec.runStrategy"]
        document["spec"]["runStrategy"] = "Halted"
        code, said = await ask("POST", machines, document)
        assert code == 200, said
        assert said["spec"]["template"]["spec"]["domain"]["machine"] == {"type": "q35"}

        # Two guests without a name of their own are two machines to their software.
        uuids = set()
        for _ in range(2):
            nameless = guest()
            nameless["metadata"] = {"generateName": "tiny-", "namespace": namespace}
            code, said = await ask("POST", guests, nameless)
            assert code == 200, said
            uuids.add(said["spec"]["domain"]["firmware"]["uuid"])
        assert len(uuids) == 2

        code, said = await ask("GET", ROOT)
        assert {one["name"] for one in said["resources"]} >= {
            "virtualmachines/start",
            "virtualmachineinstances/console",
        }
        assert (await ask("GET", f"{ROOT}/version"))[1]["gitVersion"].startswith("v0.")
        assert (await ask("GET", f"{ROOT}/healthz")) == (200, "ok")

        power = f"{ROOT}/namespaces/{namespace}/virtualmachines/tiny"
        code, said = await ask("PUT", f"{power}/stop", {})
        assert (code, said["reason"]) == (409, "Conflict")
        assert "VM is not running" in said["message"]
        assert (await ask("PUT", f"{power}/start", {"dryRun": ["All"]}))[0] == 200
        assert (await ask("GET", f"{machines}/tiny"))[1]["spec"]["runStrategy"] == "Halted"
        assert (await ask("PUT", f"{power}/start", {}))[0] == 200
        assert (await ask("GET", f"{machines}/tiny"))[1]["spec"]["runStrategy"] == "Always"
        assert (await ask("PUT", f"{power}/start", {}))[0] == 409
        patch = {"spec": {"runStrategy": "Manual"}}
        assert (await ask("PATCH", f"{machines}/tiny", patch, "application/merge-patch+json"))[0] == 200
        old = power.replace("/v1/", "/v1alpha3/")
        assert (await ask("PUT", f"{old}/start"))[0] == 200
        status = (await ask("GET", f"{machines}/tiny"))[1]["status"]
        assert status["stateChangeRequests"] == [{"action": "Start"}]
        assert (await ask("PUT", f"{power}/start", {"pause": True}))[0] == 400
        assert (await ask("PUT", f"{power.replace('tiny', 'none')}/start"))[0] == 404
        assert (await ask("PUT", f"{power}/migrate"))[0] == 404

        await only_the_front_proxy_is_believed(api_server, options, power)


async def only_the_front_proxy_is_believed(server: ApiServer, options: Options, power: str) -> None:
    """What somebody gets who calls virt-api past the API server."""
    headers = {"X-Remote-User": "admin", "X-Remote-Group": "system:masters"}
    proxy = server.front_proxy
    url = f"https://127.0.0.1:{options.port}{power}/start"
    for certificate, user, code in (
        (None, headers, 403),
        (server.front_authority.issue("somebody-else"), headers, 403),
        (proxy, {}, 403),
        (proxy, {"X-Remote-User": "nobody"}, 403),
        (proxy, {**headers, "X-Remote-Group": "system:masters"}, 409),
    ):
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        if certificate is not None:
            tls.load_cert_chain(certificate.certificate, certificate.key)
        async with aiohttp.ClientSession() as session, session.put(url, headers=user, ssl=tls) as response:
            said = await response.json()
            assert (response.status, said["kind"]) == (code, "Status"), said
        if certificate is None:
            # Nor does it say what there is to anybody else.
            root = f"https://127.0.0.1:{options.port}{ROOT}"
            async with aiohttp.ClientSession() as session, session.get(root, headers=headers, ssl=tls) as response:
                assert response.status == 403
    stranger = ssl.create_default_context()
    stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE
    stranger.load_cert_chain(server.admin.certificate, server.admin.key)
    async with aiohttp.ClientSession() as session:
        with pytest.raises((aiohttp.ClientError, ConnectionError, ssl.SSLError)):
            await session.put(url, headers=headers, ssl=stranger)


@in_a_loop
async def test_the_api_server_knows_the_whole_group(api_server: ApiServer, namespace: str) -> None:
    """It asks for itself, as a user without a group. Of a group that is stale to it no namespace can be rid."""
    tls = ssl.create_default_context(cafile=str(api_server.authority.pair.certificate))
    tls.load_cert_chain(api_server.admin.certificate, api_server.admin.key)
    collected = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
    # It looks again once a minute at the latest.
    async with virt_api(api_server), aiohttp.ClientSession() as session, asyncio.timeout(90):
        while True:
            async with session.get(f"{api_server.url}/apis", headers=collected, ssl=tls) as response:
                groups = json.loads(await response.read())["items"]
            [ours] = [one for one in groups if one["metadata"]["name"] == "subresources.kubevirt.io"]
            if all(one["freshness"] == "Current" for one in ours["versions"]):
                break
            await asyncio.sleep(0.5)
    for version in ours["versions"]:
        served = {
            one["resource"]: [sub["subresource"] for sub in one.get("subresources", ())] for one in version["resources"]
        }
        assert served["virtualmachines"] == ["restart", "start", "stop"]
        assert served["virtualmachineinstances"] == ["console"]


@in_a_loop
async def test_the_api_servers_openapi_has_the_calls(api_server: ApiServer, namespace: str) -> None:
    """As clients get it, of the API server's own making: version 3 from its index, version 2 as one whole."""
    start = f"{ROOT}/namespaces/{{namespace}}/virtualmachines/{{name}}/start"
    async with virt_api(api_server) as (_, _, ask), asyncio.timeout(90):
        # It collects version 3 within a minute of a group's registration, and version 2 a while after it.
        while "apis/subresources.kubevirt.io/v1" not in (index := (await ask("GET", "/openapi/v3"))[1]["paths"]):
            await asyncio.sleep(0.5)
        where = index["apis/subresources.kubevirt.io/v1"]["serverRelativeURL"]
        code, said = await ask("GET", where)
        assert (code, said["openapi"][:2]) == (200, "3."), said
        assert said["paths"][start]["put"]["responses"]["202"]
        assert {one["name"] for one in said["paths"][start]["parameters"]} == {"name", "namespace"}
        while start not in (await ask("GET", "/openapi/v2"))[1]["paths"]:
            await asyncio.sleep(0.5)


@in_a_loop
async def test_a_console_reaches_the_guests_node(api_server: ApiServer, namespace: str) -> None:
    async with virt_api(api_server) as (client, options, ask):
        guests = f"{KUBEVIRT}/{namespace}/virtualmachineinstances"
        document = guest()
        document["metadata"] = {"name": "tiny", "namespace": namespace}
        code, made = await ask("POST", guests, document)
        assert code == 200, made
        console = f"{ROOT}/namespaces/{namespace}/virtualmachineinstances/tiny/console"
        code, said = await ask("GET", console)
        assert (code, said["reason"]) == (400, "BadRequest"), "which a client waits upon"
        assert "VMI is not running" in said["message"]
        merge = "application/merge-patch+json"
        status = {"status": {"phase": "Running", "nodeName": f"node-{namespace}"}}
        assert (await ask("PATCH", f"{guests}/tiny/status", status, merge))[0] == 200
        code, said = await ask("GET", console)
        assert code == 503, said
        assert f'node "node-{namespace}", whose virt-handler is not there' in said["message"]

        seen: list[str] = []
        async with handler(client, options, seen):
            await node(ask, f"node-{namespace}")
            tls = ssl.create_default_context(cafile=str(api_server.authority.pair.certificate))
            tls.load_cert_chain(api_server.admin.certificate, api_server.admin.key)
            async with aiohttp.ClientSession() as session:
                stream = await opened(session, f"{api_server.url}{console}", tls)
                assert stream.protocol == "plain.kubevirt.io"
                for sent in (b"login: ", bytes(range(256)), b"x" * 200_000):
                    await stream.send_bytes(sent)
                    assert await stream.receive_bytes(timeout=10) == sent.swapcase()
                await stream.send_bytes(b"end")
                last = await stream.receive(timeout=10)
                assert (last.type, stream.close_code) == (aiohttp.WSMsgType.CLOSE, 4001)
        assert (
            seen[-1] == f"/v1/namespaces/{namespace}/virtualmachineinstances/tiny/console?uid={made['metadata']['uid']}"
        )


@asynccontextmanager
async def handler(client: ApiClient, options: Options, seen: list[str]) -> AsyncIterator[None]:
    """The handler's side of the contract: an echo in the other case, and a close with a code of its own."""
    held = await read_certificate(client, Request(options.namespace, HANDLER_SECRET))

    async def console(request: web.Request) -> web.WebSocketResponse:
        certificate = request.get_extra_info("peercert")
        assert certificate["subject"] == ((("commonName", "virt-api"),),)
        seen.append(request.path_qs)
        stream = web.WebSocketResponse(protocols=("plain.kubevirt.io",))
        await stream.prepare(request)
        async for message in stream:
            if message.data == b"end":
                await stream.close(code=4001)
                break
            await stream.send_bytes(message.data.swapcase())
        return stream

    app = web.Application()
    app.router.add_get("/v1/namespaces/{ns}/virtualmachineinstances/{name}/console", console)
    runner = web.AppRunner(app)
    await runner.setup()
    identity = TlsIdentity(held.pair, held.bundle)
    try:
        await web.TCPSite(runner, None, options.handler_port, ssl_context=identity.context).start()
        yield
    finally:
        await runner.cleanup()
