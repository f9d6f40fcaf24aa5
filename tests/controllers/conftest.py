"""One API server for the whole layer, and a namespace of its own for each test that asks for one."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from controllers.runtime import credentials
from controllers.runtime.client import ApiClient
from kvnode.runtime.pod_node import NodeHalf
from tests.controllers.api_server import ApiServer
from tests.controllers.custom_kinds import serve_kinds
from tests.controllers.handler_world import Cluster, emulating_half


@pytest.fixture(autouse=True)
def nothing_of_ours_is_dropped(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What a daemon writes is in the schema: the API server drops what isn't, and only warns of it."""
    yield
    told = [record.getMessage() for record in caplog.get_records("call")]
    assert [text for text in told if "kubevirt.io" in text and "unknown field" in text] == []


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """etcd and kube-apiserver, answering; tests that stop one start it again."""
    server = ApiServer(Path(tmp_path_factory.mktemp("api-server")))
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def namespace(api_server: ApiServer) -> str:
    """A new namespace's name. Nothing deletes it: it goes with the server."""
    name = f"test-{secrets.token_hex(4)}"
    api_server.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    return name


@pytest.fixture
def with_client(api_server: ApiServer) -> Callable[[Callable[[ApiClient], Coroutine[Any, Any, None]]], None]:
    """Run a test's body with the administrator's client, in an event loop of its own."""

    def run(body: Callable[[ApiClient], Coroutine[Any, Any, None]]) -> None:
        async def opened() -> None:
            async with ApiClient(credentials.from_kubeconfig(api_server.kubeconfig), field_owner="test") as client:
                await body(client)

        asyncio.run(opened())

    return run


@pytest.fixture(scope="session")
def crds(api_server: ApiServer) -> None:
    """The kinds that the daemons act upon."""
    serve_kinds(api_server)


@pytest.fixture
def cluster(api_server: ApiServer, crds: None, namespace: str, tiny_image: str, tmp_path: Path) -> Iterator[Cluster]:
    """One guest's cluster, without its virt-handler."""
    made = Cluster(api_server, namespace, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def half() -> NodeHalf:
    """This machine as virt-handler knows it, with emulation allowed."""
    return emulating_half()
