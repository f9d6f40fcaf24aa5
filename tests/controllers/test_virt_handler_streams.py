"""The node's end of a serial console, with a real guest behind it and the certificates that virt-api makes.

One guest boots for all of these tests, and the last of them shuts it down.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import aiohttp
import pytest
import websocket

from controllers.launchers import pod_name
from controllers.runtime.certificate_secrets import SECRETS
from controllers.runtime.certificates import TlsIdentity, issue, new_authority
from controllers.runtime.peers import API_NAME, HANDLER_NAME, HANDLER_SECRET
from controllers.runtime.streams import REFUSAL_HEADER, SUBPROTOCOL
from controllers.virt_handler import stream_server
from controllers.virt_handler.console import MOST_WAITING, OPEN_S, TAKEN_OVER, TOO_SLOW
from controllers.virt_handler.objects import CREATED_BY, NODE_NAME
from kvnode.runtime.pod_node import NodeHalf, reach_launcher
from tests.controllers.api_server import ApiServer
from tests.controllers.eventually import eventually
from tests.controllers.handler_world import NODE, Cluster, handler, phase_is, until
from tests.controllers.stream_world import NOW, Port, Terminal, streaming
from tests.controllers.virt_api_world import BASE, ROOT, node, opened, put, shipped, virt_api

# The first one waits for the guest to boot, and a busy machine emulates slowly.
pytestmark = pytest.mark.timeout(300)

NODE_OBJECT = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}


@pytest.fixture(scope="module")
def guest(
    api_server: ApiServer, crds: None, tiny_image: str, half: NodeHalf, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """One guest that runs and has a shell; the virt-handler that started it has gone again."""
    api_server.request("POST", "/api/v1/namespaces", {"metadata": {"name": "streams"}})
    made = Cluster(api_server, "streams", tmp_path_factory.mktemp("streams"))

    async def boot() -> None:
        await asyncio.to_thread(made.scheduled)
        async with handler(made, half):
            await until("Running", phase_is(made, "Running"), made.guest)
        async with streaming(made) as port:
            await (await port.call()).shell()

    try:
        asyncio.run(boot())
        yield made
    finally:
        made.close()


def on(test: Callable[[Port], Coroutine[Any, Any, None]]) -> Callable[[Cluster], None]:
    """A test on an open port, in an event loop of its own."""

    def run(guest: Cluster) -> None:
        async def body() -> None:
            async with streaming(guest) as port:
                await test(port)

        asyncio.run(body())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@asynccontextmanager
async def stopped_launcher(port: Port) -> AsyncIterator[None]:
    """The guest's launcher hangs meanwhile."""
    (launcher,) = port.cluster.launchers
    assert launcher.sandbox is not None
    os.kill(launcher.sandbox.launcher.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(launcher.sandbox.launcher.pid, signal.SIGCONT)


async def refused(call: Awaitable[Terminal]) -> tuple[int, str]:
    """The status and the sentence with which a call is refused."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await call
    assert refusal.value.headers is not None
    return refusal.value.status, unquote(refusal.value.headers[REFUSAL_HEADER])


@on
async def test_what_is_typed_is_answered(port: Port) -> None:
    terminal = await port.call()
    assert terminal.stream.protocol == "plain.kubevirt.io"
    await terminal.answers(42)
    await terminal.stream.send_str("echo text-$((1 + 1))\r")
    await terminal.expect("text-2")
    await terminal.stream.ping(b"!")
    await terminal.answers(43)


@on
async def test_a_newer_stream_takes_the_console_over(port: Port) -> None:
    older = await port.call()
    await older.answers(1)
    newer = await port.call()
    assert await older.last() == (1001, TAKEN_OVER.words)
    await newer.answers(2)
    assert len(port.consoles.streams) == 1
    await newer.stream.close()
    await eventually(lambda: len(port.consoles.streams) == 0)


@on
async def test_a_user_who_reads_nothing_is_dropped_in_words_and_holds_nobody_up(port: Port) -> None:
    """The guest prints at its own speed, another terminal follows, and what is kept for the slow one is bounded."""
    printed = 700 << 10
    slow = await asyncio.to_thread(lazy, port.url(), await port.identity())
    try:
        with (await asyncio.to_thread(reach_launcher, port.cluster.launchers[0].place)).connection as other:
            other.attach(0)
            slow.send_binary(f"dd if=/dev/zero bs={printed} count=1 2>&- | tr '\\0' x; echo all-$((6 * 7))\r".encode())
            heard, tail = 0, b""
            while b"all-42" not in tail:
                data = await asyncio.to_thread(other.socket.recv, 65536)
                assert data
                heard, tail = heard + len(data), (tail + data)[-100:]
        assert heard > printed
        kept, code, words = await asyncio.to_thread(everything, slow)
        assert (code, words) == (TOO_SLOW.code, TOO_SLOW.words)
        assert kept < printed, "somebody keeps all that a slow user doesn't read"
    finally:
        slow.shutdown()
    await (await port.call()).answers(4)


def lazy(url: str, tls: ssl.SSLContext) -> websocket.WebSocket:
    """A client that reads what it is asked to read and nothing more."""
    return websocket.create_connection(
        url.replace("https:", "wss:", 1),
        sslopt={"context": tls, "server_hostname": HANDLER_NAME},
        sockopt=((socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10),),
        subprotocols=[SUBPROTOCOL],
        timeout=30,
    )


def everything(stream: websocket.WebSocket) -> tuple[int, int, str]:
    """How many bytes come until the stream is closed, and its code and words."""
    stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    size = 0
    while True:
        opcode, data = stream.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return size, int.from_bytes(data[:2], "big"), data[2:].decode()
        size += len(data)


@on
async def test_of_all_that_the_authority_knows_only_virt_api_is_let_in(port: Port) -> None:
    authority = await port.secrets.authority()
    status, sentence = await refused(port.call(tls=await port.identity(HANDLER_NAME)))
    assert (status, sentence) == (403, "streams are given to virt-api alone, and this is virt-handler")
    stranger = TlsIdentity(issue(new_authority("other", NOW), API_NAME, NOW), authority.bundle, client=True).context
    nobody = ssl.create_default_context(cadata=authority.bundle.decode())
    old = await port.identity()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    for tls in (stranger, nobody, old):
        with pytest.raises((aiohttp.ClientConnectionError, OSError)):
            await port.call(tls=tls)
    with pytest.raises((aiohttp.ClientError, OSError)):
        await port.session.get(f"http://127.0.0.1:{port.server.port}/")
    assert len(port.consoles.streams) == 0


@on
async def test_what_is_no_call_for_a_console_is_refused_with_a_sentence(port: Port) -> None:
    other = "00000000-0000-4000-8000-000000000000"
    for url, protocols, status, words in (
        ("", ("binary.kubevirt.io",), 400, "a websocket of the subprotocol plain.kubevirt.io"),
        ("", (), 400, "a websocket of the subprotocol plain.kubevirt.io"),
        (port.url(uid=""), (SUBPROTOCOL,), 400, "?uid= is missing"),
        (port.url(uid=other), (SUBPROTOCOL,), 404, f"no guest streams/vmi-tiny with the uid {other}"),
        (port.url(name="vmi-none"), (SUBPROTOCOL,), 404, "no guest streams/vmi-none"),
        (port.url().replace("/console", "/vnc"), (SUBPROTOCOL,), 404, "serves no GET"),
    ):
        answered, sentence = await refused(port.call(url, protocols=protocols))
        assert answered == status
        assert words in sentence
    async with port.session.get(port.url(), ssl=await port.identity(), server_hostname=HANDLER_NAME) as plain:
        assert plain.status == 400
        assert "websocket" in await plain.text()


@pytest.mark.parametrize(
    ("what", "change", "back", "status", "words"),
    [
        ("status", {"phase": "Scheduled"}, {"phase": "Running"}, 409, "its phase is Scheduled"),
        ("status", {"phase": "Succeeded"}, {"phase": "Running"}, 409, "its phase is Succeeded"),
        ("status", {"nodeName": "elsewhere"}, {"nodeName": NODE}, 404, f"on node {NODE}"),
        (
            "spec",
            {"domain": {"devices": {"autoattachSerialConsole": False}}},
            {"domain": {"devices": {"autoattachSerialConsole": None}}},
            409,
            "has no serial console",
        ),
        ("pod", {"phase": "Succeeded"}, {"phase": "Running"}, 409, "its launcher's Pod has ended"),
    ],
)
def test_a_guest_without_a_console_to_give(
    guest: Cluster, what: str, change: dict[str, Any], back: dict[str, Any], status: int, words: str
) -> None:
    def patch(values: dict[str, Any]) -> None:
        if what == "pod":
            name = pod_name("vmi-tiny", guest.guest()["metadata"]["uid"])
            guest.patch(f"{guest.pods}/{name}/status", {"status": values})
        else:
            guest.patch(f"{guest.guests}/vmi-tiny{'/status' if what == 'status' else ''}", {what: values})

    async def body() -> None:
        async with streaming(guest) as port:
            answered, sentence = await refused(port.call())
            assert answered == status
            assert words in sentence

    patch(change)
    try:
        asyncio.run(body())
    finally:
        patch(back)


@on
async def test_a_launcher_that_hangs_is_told_in_time_and_delays_nobody_else(port: Port) -> None:
    other = await asyncio.to_thread(guest_without_launcher, port.cluster)
    open_one = await port.call()
    await open_one.answers(5)
    async with stopped_launcher(port):
        begun = time.monotonic()
        calls = [asyncio.create_task(refused(port.call())) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0.5)
        status, sentence = await refused(port.call())
        assert (status, sentence[:11]) == (503, "others wait")
        # More callers than threads wait for the one that hangs, and the next guest has its answer at once.
        status, sentence = await refused(port.call(port.url(other, "vmi-two")))
        assert (status, sentence) == (
            503,
            "the launcher of guest streams/vmi-two can't be reached: there is no folder of a launcher here "
            "(No such file or directory)",
        )
        assert time.monotonic() - begun < 3.0
        for status, sentence in await asyncio.gather(*calls):
            assert status == 503
            assert "launcher of guest streams/vmi-tiny" in sentence
        assert time.monotonic() - begun < OPEN_S + 1.0
        assert len(port.consoles.streams) == 1
    await open_one.answers(6)
    await (await port.call()).answers(7)


def guest_without_launcher(cluster: Cluster) -> str:
    """Another guest of the node, with a Pod in which nothing has come up; its uid."""
    labels = {NODE_NAME: NODE}
    document = {**cluster.guest(), "metadata": {"name": "vmi-two", "labels": labels}, "status": {}}
    uid = str(json.loads(cluster.api.request("POST", cluster.guests, document))["metadata"]["uid"])
    cluster.patch(f"{cluster.guests}/vmi-two/status", {"status": {"phase": "Running", "nodeName": NODE}})
    owner = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "name": "vmi-two",
        "uid": uid,
        "controller": True,
    }
    pod = {
        "metadata": {
            "name": pod_name("vmi-two", uid),
            "labels": {"kubevirt.io": "virt-launcher", CREATED_BY: uid},
            "ownerReferences": [owner],
        },
        "spec": {"nodeName": NODE, "containers": [{"name": "compute", "image": "launcher"}]},
    }
    cluster.api.request("POST", cluster.pods, pod)
    return uid


@on
async def test_a_new_authority_is_taken_while_a_stream_stands(port: Port) -> None:
    standing = await port.call()
    await standing.answers(8)
    before = await port.secrets.authority()
    await port.forget_certificates()
    held = await port.certificate()
    tls = await port.identity()

    async def shown() -> bool:
        try:
            return (await refused(port.call(port.url(uid="other"), tls)))[0] == 404
        except aiohttp.ClientConnectionError:
            return False

    async with asyncio.timeout(20):
        while not await shown():
            await asyncio.sleep(0.1)
    await standing.answers(9)
    # Whom the old one has signed is nobody now, whatever it believes itself.
    former = TlsIdentity(issue(before.pair, API_NAME, NOW), held.bundle, client=True).context
    with pytest.raises((aiohttp.ClientConnectionError, OSError)):
        await port.call(tls=former)
    newer = await port.call(tls=tls)
    shown_certificate = newer.stream.get_extra_info("ssl_object").getpeercert(binary_form=True)
    assert ssl.DER_cert_to_PEM_cert(shown_certificate).split() == held.pair.certificate.decode().split()
    await newer.answers(10)
    assert await standing.last() == (1001, TAKEN_OVER.words)


def test_without_a_certificate_guests_have_no_streams_until_there_is_one(
    guest: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    """And what is wrong is said once, however often it is looked for."""

    def said() -> list[str]:
        return [record.message for record in caplog.records if "kubevirt-virt-handler-certs" in record.message]

    async def body() -> None:
        async with streaming(guest, identified=False) as port:
            await eventually(said)
            await asyncio.sleep(1.0)
            assert said() == [
                "certificates: the Secret streams/kubevirt-virt-handler-certs is not there yet; trying again"
            ]
            assert not port.server.listening.is_set()
            await port.client.create(SECRETS, nonsense("streams"))
            await eventually(lambda: len(said()) == 2)
            assert "holds no certificate with its key" in said()[1]
            await port.certificate()
            await asyncio.wait_for(port.server.listening.wait(), 20)
            await (await port.call()).answers(11)

    asyncio.run(body())


def nonsense(namespace: str) -> dict[str, Any]:
    """A Secret of the right name and with nothing in it that is of use."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": namespace, "name": HANDLER_SECRET},
        "data": {"tls.crt": "bm9uc2Vuc2U="},
    }


def test_a_port_that_is_taken_is_waited_for(
    guest: Cluster, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_server, "LISTEN_AGAIN_S", 0.1)

    def said() -> list[str]:
        return [record.message for record in caplog.records if "can't listen" in record.message]

    async def body(taken: socket.socket) -> None:
        number = taken.getsockname()[1]
        async with streaming(guest, identified=False, port=number) as port:
            await port.certificate()
            await eventually(said)
            await asyncio.sleep(0.5)
            taken.close()
            await asyncio.wait_for(port.server.listening.wait(), 20)
            assert len(said()) == 1
            assert f"127.0.0.1:{number}" in said()[0]
            await (await port.call()).answers(12)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        asyncio.run(body(taken))


@on
async def test_streams_end_with_the_handler_in_words(port: Port) -> None:
    terminal = await port.call()
    await terminal.answers(13)
    port.serving.cancel()
    code, words = await terminal.last()
    assert code == 1001
    assert words.startswith("the node's virt-handler ends here; the guest runs on")
    await asyncio.wait((port.serving,))
    with pytest.raises((aiohttp.ClientConnectionError, OSError)):
        await port.call()


def test_a_dead_user_is_noticed_and_a_quiet_one_left_alone(guest: Cluster) -> None:
    async def body() -> None:
        async with streaming(guest, ping_s=0.2, patience_s=1.0, most=1) as port:
            quiet = await port.call()
            with pytest.raises(TimeoutError):
                await quiet.expect("what the guest never says", 2.5)
            status, sentence = await refused(port.call())
            assert status == 503
            assert "1 streams are open here" in sentence
            await quiet.stream.close()
            await eventually(lambda: len(port.consoles.streams) == 0)
            deaf = await port.call(autoping=False)
            async with asyncio.timeout(5):
                while (message := await deaf.stream.receive()).type is aiohttp.WSMsgType.PING:
                    pass
            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)
            assert message.extra == "nothing was heard for 1 s"

    asyncio.run(body())


def test_a_user_reaches_the_guest_through_the_api_server_and_both_daemons(guest: Cluster, tmp_path: Path) -> None:
    """virt-handler is a process of its own, with the rights that are shipped."""
    log = tmp_path / "virt-handler.log"

    async def body() -> None:
        async with virt_api(guest.api) as (_, options, ask):
            path = f"{ROOT}/namespaces/{guest.namespace}/virtualmachineinstances/vmi-tiny/console"
            async with aiohttp.ClientSession() as session:
                with virt_handler(guest, tmp_path, options.handler_port, log) as process:
                    await node(ask, NODE)
                    terminal = Terminal(await opened(session, f"{guest.api.url}{path}", administrator(guest.api)))
                    assert terminal.stream.protocol == SUBPROTOCOL
                    await terminal.answers(20)
                    newer = Terminal(await opened(session, f"{guest.api.url}{path}", administrator(guest.api)))
                    assert await terminal.last() == (1001, TAKEN_OVER.words)
                    await newer.answers(21)
                    process.terminate()
                    code, words = await newer.last()
                    assert code == 1001
                    assert words.startswith("the node's virt-handler ends here; the guest runs on")
                    assert await asyncio.to_thread(process.wait, 30) == 0

    asyncio.run(body())
    said = log.read_text()
    assert not re.search("Traceback|forbidden", said, re.IGNORECASE), said


@contextmanager
def virt_handler(guest: Cluster, folder: Path, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The daemon of the guest's node."""
    api = guest.api
    for document in shipped("virt-handler-rbac.yaml"):
        if document["kind"] != "ServiceAccount":
            put(api, document)
    api.request("PATCH", f"/api/v1/nodes/{NODE}?fieldManager=test", NODE_OBJECT, "application/apply-patch+yaml")
    (guest.folder / "kubelet" / "device-plugins").mkdir(exist_ok=True)
    kubeconfig = folder / "kubeconfig"
    account = api.authority.issue("system:serviceaccount:kubevirt:virt-handler")
    kubeconfig.write_text(api.kubeconfig_for(account, "virt-handler"))
    options = {
        "node": NODE,
        "kubeconfig": kubeconfig,
        "kubelet": guest.folder / "kubelet",
        "state": guest.folder / "state",
        "port": 0,
        "stream-port": port,
    }
    command = [
        sys.executable,
        "-m",
        "controllers.virt_handler",
        *(f"--{key}={value}" for key, value in options.items()),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=BASE.parents[1], start_new_session=True)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            api.request("DELETE", f"/api/v1/nodes/{NODE}")


def administrator(api: ApiServer) -> ssl.SSLContext:
    tls = ssl.create_default_context(cafile=str(api.authority.pair.certificate))
    tls.load_cert_chain(api.admin.certificate, api.admin.key)
    return tls


@on
async def test_at_last_the_guests_end_is_told_and_its_console_is_no_more(port: Port) -> None:
    terminal = await port.call()
    await terminal.answers(14)
    await terminal.type("poweroff")
    code, words = await terminal.last(60)
    assert code == 1000
    assert words.startswith("the guest has ended: ")
    status, sentence = await refused(port.call())
    assert status == 409
    assert "doesn't run" in sentence
