"""Calls to a real API server: what is written, what is refused, and credentials that change under way."""

import asyncio
import json
import subprocess
import sys

import pytest

from controllers.runtime import credentials
from controllers.runtime.client import ApiClient
from controllers.runtime.credentials import NoCredentials
from controllers.runtime.faults import (
    Conflict,
    Forbidden,
    Invalid,
    ObjectNotFound,
    TooManyRequests,
    Unauthorized,
    Unreachable,
    refusal,
)
from controllers.runtime.finalizers import add_finalizer, has_finalizer, is_deleted, remove_finalizer
from controllers.runtime.resources import ApiObject, Request, Resource, owned_by, owner_reference, request_of
from deploy.cluster.certificates import Authority
from kvnode.api.base import Model
from kvnode.api.decode import decode
from kvnode.api.meta import ObjectMeta
from tests.controllers.api_server import free_port
from tests.controllers.fault_proxy import Refusal, fault_proxy

MAPS = Resource("", "v1", "configmaps", "ConfigMap")
NODES = Resource("", "v1", "nodes", "Node", namespaced=False)
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")


class ConfigMap(Model, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    data: dict[str, str] | None = None


def config_map(request: Request, **data: str) -> dict[str, object]:
    return {"metadata": {"namespace": request.namespace, "name": request.name}, "data": data}


def test_paths():
    assert MAPS.path() == "/api/v1/configmaps"
    assert MAPS.path_of(Request("ns", "a")) == "/api/v1/namespaces/ns/configmaps/a"
    assert DEPLOYMENTS.path("ns", "a", "status") == "/apis/apps/v1/namespaces/ns/deployments/a/status"
    assert NODES.path("ignored", "n1") == "/api/v1/nodes/n1"
    assert MAPS.path("ns", "../../x?y") == "/api/v1/namespaces/ns/configmaps/..%2F..%2Fx%3Fy"
    with pytest.raises(ValueError, match="only dots"):
        MAPS.path("ns", "..")
    assert (str(DEPLOYMENTS), DEPLOYMENTS.api_version, str(Request("", "n1"))) == ("deployments.apps", "apps/v1", "n1")


def test_owners():
    owner = ApiObject(metadata=ObjectMeta(namespace="ns", name="web", uid="u1"))
    reference = owner_reference(DEPLOYMENTS, owner)
    assert reference["apiVersion"] == "apps/v1"
    owned = json.dumps({"metadata": {"namespace": "ns", "name": "pod", "ownerReferences": [reference]}})
    pod = decode(owned, ApiObject)
    assert owned_by(DEPLOYMENTS, pod) == [Request("ns", "web")]
    assert owned_by(MAPS, pod) == []


def test_reading_and_writing(namespace, with_client):
    async def body(client: ApiClient) -> None:
        request = Request(namespace, "one")
        assert await client.find(MAPS, request, ConfigMap) is None
        made = await client.create(MAPS, config_map(request, a="1"))
        assert request_of(made) == request
        with pytest.raises(Conflict, match="already exists") as exists:
            await client.create(MAPS, config_map(request))
        assert (exists.value.reason, exists.value.retryable) == ("AlreadyExists", True)
        changed = await client.merge_patch(MAPS, request, {"data": {"b": "2", "a": None}}, uid=made.metadata.uid)
        assert (await client.get(MAPS, request, ConfigMap)).data == {"b": "2"}
        with pytest.raises(Conflict, match="modified"):
            await client.merge_patch(
                MAPS, request, {"data": {"c": "3"}}, resource_version=made.metadata.resource_version
            )
        with pytest.raises(Conflict):
            await client.merge_patch(MAPS, request, {"data": {"c": "3"}}, uid="another")
        version = changed.metadata.resource_version
        await client.json_patch(
            MAPS,
            request,
            [
                {"op": "test", "path": "/metadata/resourceVersion", "value": version},
                {"op": "add", "path": "/data/d", "value": "4"},
            ],
        )
        with pytest.raises(Invalid):
            await client.json_patch(MAPS, request, [{"op": "test", "path": "/data/d", "value": "5"}])
        with pytest.raises(Conflict):
            await client.delete(MAPS, request, uid="another")
        assert await client.delete(MAPS, request, uid=made.metadata.uid)
        assert not await client.delete(MAPS, request)
        with pytest.raises(ObjectNotFound, match='configmaps "one" not found'):
            await client.get(MAPS, request, ConfigMap)

    with_client(body)


def test_an_object_that_breaks_its_kinds_rules_is_refused_with_the_servers_reason(namespace, with_client):
    async def body(client: ApiClient) -> None:
        with pytest.raises(Invalid, match=r"metadata\.name"):
            await client.create(MAPS, config_map(Request(namespace, "No Such Name")))

    with_client(body)


def test_apply_has_an_owner_for_each_daemon(api_server, namespace):
    async def main() -> None:
        load = credentials.from_kubeconfig(api_server.kubeconfig)
        request = Request(namespace, "shared")
        async with ApiClient(load, field_owner="one") as one, ApiClient(load, field_owner="two") as two:
            await one.apply(MAPS, config_map(request, mine="1", only="1", gone="1"))
            await two.apply(MAPS, config_map(request, yours="2"))
            # What one no longer says goes, what the other says stays.
            await one.apply(MAPS, config_map(request, mine="1", only="1"))
            assert (await one.get(MAPS, request, ConfigMap)).data == {"mine": "1", "only": "1", "yours": "2"}
            with pytest.raises(Conflict, match='conflict with "one"'):
                await two.apply(MAPS, config_map(request, mine="3"), force=False)
            await two.apply(MAPS, config_map(request, mine="3"))
            found = await one.get(MAPS, request, ConfigMap)
            assert found.data == {"mine": "3", "only": "1"}
            assert {entry.manager for entry in found.metadata.managed_fields} == {"one", "two"}

    asyncio.run(main())


def test_what_the_server_warns_of_is_logged_once(api_server, namespace, with_client, caplog):
    async def body(client):
        await client.create(MAPS, config_map(Request(namespace, "a")))
        for value in ("1", "2"):
            await client.merge_patch(MAPS, Request(namespace, "a"), {"data": {"a": value}, "daat": {}, "c": None})

    with_client(body)
    warnings = [record.getMessage() for record in caplog.records if "warns" in record.getMessage()]
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    assert warnings == [f'PATCH {path}: the API server warns: "unknown field \\"daat\\""']


def test_finalizers_keep_an_object_until_the_last_is_gone(namespace, with_client):
    async def body(client: ApiClient) -> None:
        request = Request(namespace, "held")
        await client.create(MAPS, config_map(request))
        first = await client.get(MAPS, request, ConfigMap)
        assert await add_finalizer(client, MAPS, first, "test.kubevirt.io/one")
        with pytest.raises(Conflict):
            await add_finalizer(client, MAPS, first, "test.kubevirt.io/two")
        second = await client.get(MAPS, request, ConfigMap)
        assert await add_finalizer(client, MAPS, second, "test.kubevirt.io/one") is None
        assert await add_finalizer(client, MAPS, second, "test.kubevirt.io/two")
        await client.delete(MAPS, request)
        deleted = await client.get(MAPS, request, ConfigMap)
        assert is_deleted(deleted)
        assert not is_deleted(second)
        assert await add_finalizer(client, MAPS, deleted, "test.kubevirt.io/late") is None
        left = await remove_finalizer(client, MAPS, deleted, "test.kubevirt.io/one")
        assert left is not None
        assert not has_finalizer(left, "test.kubevirt.io/one")
        last = await client.get(MAPS, request, ConfigMap)
        await remove_finalizer(client, MAPS, last, "test.kubevirt.io/two")
        assert await client.find(MAPS, request, ConfigMap) is None
        # Whoever comes too late has nothing left to do.
        assert await remove_finalizer(client, MAPS, last, "test.kubevirt.io/two") is None

    with_client(body)


def test_a_role_that_does_not_allow_a_call(api_server, tmp_path):
    config = tmp_path / "kubeconfig"
    config.write_text(api_server.kubeconfig_for(api_server.authority.issue("nobody"), "nobody"))

    async def main() -> None:
        async with ApiClient(credentials.from_kubeconfig(config), field_owner="test") as client:
            with pytest.raises(Forbidden, match='User "nobody" cannot list resource "configmaps"'):
                await client.request("GET", MAPS.path())

    asyncio.run(main())


def test_a_token_that_expired_is_read_again(api_server, tmp_path):
    """As in a Pod: the file has a token that the server no longer takes, and then the next one."""
    token = tmp_path / "token"
    token.write_text("expired")
    host, port = "127.0.0.1", str(api_server.port)
    environment = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    load = credentials.in_cluster(token, api_server.authority.pair.certificate, environment)

    async def main() -> None:
        async with ApiClient(load, field_owner="test") as client:
            with pytest.raises(Unauthorized):
                await client.request("GET", MAPS.path())
            token.write_text(api_server.token)
            # Credentials are not read again for every call that fails by them, but a second later they are.
            await asyncio.sleep(1.1)
            assert b"ConfigMapList" in await client.request("GET", MAPS.path())
            token.write_text("expired again")
            await asyncio.sleep(1.1)
            assert b"ConfigMapList" in await client.request("GET", MAPS.path())

    asyncio.run(main())


def test_an_authority_that_was_rotated_is_read_again(api_server, tmp_path):
    """The Pod's bundle has the wrong authority at first, as when the cluster's is replaced."""
    token, bundle = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text(api_server.token)
    bundle.write_bytes(Authority.create(tmp_path / "other", "other-ca").pair.certificate.read_bytes())
    environment = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(api_server.port)}

    async def main() -> None:
        load = credentials.in_cluster(token, bundle, environment)
        async with ApiClient(load, field_owner="test") as client:
            with pytest.raises(Unauthorized, match="CERTIFICATE_VERIFY_FAILED"):
                await client.request("GET", MAPS.path())
            # Read in the middle of being written.
            bundle.write_bytes(b"-----BEGIN CERTIFICATE-----\nnonsense")
            await asyncio.sleep(1.1)
            with pytest.raises(Unauthorized, match="the credentials can't be used"):
                await client.request("GET", MAPS.path())
            bundle.write_bytes(api_server.authority.pair.certificate.read_bytes())
            await asyncio.sleep(1.1)
            assert b"ConfigMapList" in await client.request("GET", MAPS.path())

    asyncio.run(main())


def test_no_credentials_are_an_error_that_says_what_would_do(tmp_path):
    async def main() -> None:
        with pytest.raises(NoCredentials, match="no kubeconfig at"):
            await credentials.from_kubeconfig(tmp_path / "none")()
        (tmp_path / "broken").write_text("clusters: 7\n")
        with pytest.raises(NoCredentials, match="can't be used"):
            await credentials.from_kubeconfig(tmp_path / "broken")()
        with pytest.raises(NoCredentials, match="no Pod with a service account"):
            await credentials.in_cluster(environment={})()

    asyncio.run(main())


def test_nobody_answers(tmp_path, api_server):
    config = tmp_path / "kubeconfig"
    config.write_text(api_server.kubeconfig_for(api_server.admin, "admin", f"https://127.0.0.1:{free_port()}"))

    async def main() -> None:
        async with ApiClient(credentials.from_kubeconfig(config), field_owner="test") as client:
            with pytest.raises(Unreachable) as error:
                await client.request("GET", "/readyz")
            assert error.value.retryable

    asyncio.run(main())


def test_an_answer_that_comes_too_late_leaves_open_what_became_of_the_write(api_server, namespace):
    async def main() -> None:
        request = Request(namespace, "late")
        async with fault_proxy(api_server) as proxy, ApiClient(proxy.load(), field_owner="test") as client:
            proxy.answer_delay_s = 5.0
            with pytest.raises(Unreachable, match="no answer in time"):
                await client.request("POST", MAPS.path(namespace), body=config_map(request), timeout_s=1.0)
            proxy.answer_delay_s = 0.0
            assert await client.find(MAPS, request, ConfigMap) is not None
            assert len([asked for asked in proxy.asked if asked[0] == "POST"]) == 1

    asyncio.run(main())


def test_patience_has_an_end(api_server, namespace):
    async def main() -> None:
        async with fault_proxy(api_server) as proxy, ApiClient(proxy.load(), field_owner="test") as client:
            proxy.refusals.append(Refusal(lambda _: True, 429, times=3, headers={"Retry-After": "0"}))
            await client.create(MAPS, config_map(Request(namespace, "one")))
            assert len(proxy.asked) == 4
            proxy.refusals.append(Refusal(lambda _: True, 429, times=100, headers={"Retry-After": "0"}))
            with pytest.raises(TooManyRequests) as error:
                await client.create(MAPS, config_map(Request(namespace, "two")))
            assert error.value.retry_after_s == 0.0
            proxy.refusals[-1] = Refusal(lambda _: True, 429, headers={"Retry-After": "3600"})
            with pytest.raises(TooManyRequests) as error:
                await client.create(MAPS, config_map(Request(namespace, "three")))
            assert error.value.retry_after_s == 3600.0

    asyncio.run(main())


def test_what_is_said_instead_of_a_status():
    page = refusal("GET /x", 502, b"<html>" + b"x" * 5000)
    assert len(str(page)) < 600
    assert (page.reason, page.retryable, page.status) == ("ServerFault", True, 502)
    asked = refusal("GET /x", 503, b'{"details":{"retryAfterSeconds":7},"reason":"Overloaded","message":"m"}')
    assert (asked.retry_after_s, asked.reason) == (7.0, "Overloaded")
    assert refusal("GET /x", 429, b"", "Wed, 21 Oct 2026 07:28:00 GMT").retry_after_s is None
    assert str(refusal("GET /x", 418, b"\xff")) == "GET /x: 418 \N{REPLACEMENT CHARACTER}"


def test_the_official_clients_models_are_not_imported():
    """They would be 25 MB for each daemon; what its configuration and transport cost is held below a bound."""
    code = """
import sys, asyncio, aiohttp, msgspec
def private_mb():
    lines = open('/proc/self/smaps_rollup').read().splitlines()[1:]
    return sum(int(line.split()[1]) for line in lines if line.startswith('Private_')) / 1024
before = private_mb()
import controllers.runtime.controller, controllers.runtime.election, controllers.runtime.events
import controllers.runtime.finalizers, controllers.runtime.conditions
cost = private_mb() - before
models = [name for name in sys.modules if name.startswith('kubernetes.') and '.models.' in name]
assert not models, models
assert cost < 32, cost
print(f'{cost:.1f}')
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
