"""Events as `kubectl describe` reads them: written, counted, and never in anybody's way."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from controllers.runtime import credentials
from controllers.runtime.client import ApiClient
from controllers.runtime.events import BURST, EVENTS, EventRecorder
from controllers.runtime.metrics import Metrics
from controllers.runtime.resources import ApiObject, Request, Resource
from kvnode.api.meta import ObjectMeta
from tests.controllers.eventually import eventually, running
from tests.controllers.fault_proxy import Refusal, fault_proxy

MACHINES = Resource("kubevirt.io", "v1", "virtualmachines", "VirtualMachine")


def machine(namespace: str, name: str = "vm", uid: str = "u1") -> ApiObject:
    return ApiObject(metadata=ObjectMeta(namespace=namespace, name=name, uid=uid))


async def events(client: ApiClient, namespace: str) -> list[dict]:
    return json.loads(await client.request("GET", EVENTS.path(namespace)))["items"]


@asynccontextmanager
async def told(recorder: EventRecorder) -> AsyncIterator[None]:
    """The recorder runs, until everything is written."""
    async with running(recorder.run()):
        yield
        await eventually(lambda: not recorder.pending)


def dropped(metrics: Metrics, why: str) -> float:
    return metrics.registry.get_sample_value("event_recorder_dropped_total", {"why": why}) or 0.0


def test_the_same_again_is_counted_and_something_else_is_another_event(namespace, with_client):
    async def body(client: ApiClient) -> None:
        recorder = EventRecorder(client, "virt-test", host="node-1")
        async with told(recorder):
            for _ in range(3):
                recorder.event(MACHINES, machine(namespace), "Warning", "NoFit", "2 CPUs wanted, 1 there")
            recorder.event(MACHINES, machine(namespace), "Normal", "Started", "it runs")
            recorder.event(MACHINES, machine(namespace, uid="u2"), "Normal", "Started", "it runs")
        found = await events(client, namespace)
        assert sorted((one["reason"], one["count"]) for one in found) == [("NoFit", 3), ("Started", 1), ("Started", 1)]
        said = next(one for one in found if one["reason"] == "NoFit")
        assert said["involvedObject"] == {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachine",
            "namespace": namespace,
            "name": "vm",
            "uid": "u1",
        }
        assert (said["type"], said["message"]) == ("Warning", "2 CPUs wanted, 1 there")
        assert said["source"] == {"component": "virt-test", "host": "node-1"}
        assert said["firstTimestamp"] <= said["lastTimestamp"]

    with_client(body)


def test_an_event_that_the_server_has_forgotten_is_written_anew(namespace, with_client):
    async def body(client: ApiClient) -> None:
        recorder = EventRecorder(client, "virt-test")
        async with told(recorder):
            recorder.event(MACHINES, machine(namespace), "Normal", "Started", "it runs")
            await eventually(lambda: not recorder.pending)
            (first,) = await events(client, namespace)
            await client.delete(EVENTS, Request(namespace, first["metadata"]["name"]))
            recorder.event(MACHINES, machine(namespace), "Normal", "Started", "it runs")
        (again,) = await events(client, namespace)
        assert again["count"] == 1

    with_client(body)


def test_after_a_while_the_same_is_another_event(namespace, with_client):
    async def body(client: ApiClient) -> None:
        now = 1000.0
        recorder = EventRecorder(client, "virt-test", clock=lambda: now)
        async with told(recorder):
            recorder.event(MACHINES, machine(namespace), "Normal", "Started", "it runs")
            await eventually(lambda: not recorder.pending)
            now += 601.0
            recorder.event(MACHINES, machine(namespace), "Normal", "Started", "it runs")
        assert [one["count"] for one in await events(client, namespace)] == [1, 1]

    with_client(body)


def test_one_object_that_says_too_much_is_quieted_alone(namespace, with_client):
    async def body(client: ApiClient) -> None:
        metrics, now = Metrics(), 1000.0
        recorder = EventRecorder(client, "virt-test", metrics=metrics, clock=lambda: now)
        async with told(recorder):
            for number in range(BURST + 10):
                recorder.event(MACHINES, machine(namespace), "Warning", "Crashed", f"for the {number}th time")
            recorder.event(MACHINES, machine(namespace, "other", "u2"), "Normal", "Started", "it runs")
            await eventually(lambda: dropped(metrics, "rate") == 10)
            await eventually(lambda: not recorder.pending)
            now += 60.0
            recorder.event(MACHINES, machine(namespace), "Warning", "Crashed", "once more")
        found = await events(client, namespace)
        assert len(found) == BURST + 2
        assert "once more" in {one["message"] for one in found}

    with_client(body)


@pytest.mark.parametrize(("name", "message"), [("n" * 253, "m" * 5000), ("a.b-c", "é" * 3000), ("x", "")])
def test_names_and_messages_of_any_length_fit(namespace, with_client, name, message):
    async def body(client: ApiClient) -> None:
        recorder = EventRecorder(client, "virt-test")
        async with told(recorder):
            recorder.event(MACHINES, machine(namespace, name), "Normal", "R" * 300, message)
        (said,) = await events(client, namespace)
        assert len(said.get("message", "").encode()) <= 1024
        assert len(said["reason"]) <= 128

    with_client(body)


def test_an_object_without_a_namespace(namespace, with_client):
    nodes = Resource("", "v1", "nodes", "Node", namespaced=False)
    node = ApiObject(metadata=ObjectMeta(name=f"node-of-{namespace}", uid="u9"))

    async def body(client: ApiClient) -> None:
        recorder = EventRecorder(client, "virt-test")
        async with told(recorder):
            recorder.event(nodes, node, "Warning", "KVMBroken", "an instruction takes 900 ns")
        found = [one for one in await events(client, "default") if one["involvedObject"]["name"] == node.metadata.name]
        assert len(found) == 1

    with_client(body)


def test_a_server_that_refuses_costs_the_event_and_nothing_else(api_server, namespace):
    async def main() -> None:
        load = credentials.from_kubeconfig(api_server.kubeconfig)
        async with (
            fault_proxy(api_server) as proxy,
            ApiClient(proxy.load(), field_owner="test") as client,
            ApiClient(load, field_owner="test") as beside,
        ):
            metrics = Metrics()
            recorder = EventRecorder(client, "virt-test", metrics=metrics)
            proxy.refusals.append(Refusal(lambda _: True, 500))
            async with told(recorder):
                recorder.event(MACHINES, machine(namespace), "Normal", "Lost", "nobody hears it")
                recorder.event(MACHINES, machine(namespace), "Normal", "Started", "it runs")
                await eventually(lambda: dropped(metrics, "refused") == 1)
            assert [one["reason"] for one in await events(beside, namespace)] == ["Started"]

    asyncio.run(main())


def test_what_waits_has_a_bound():
    async def main() -> None:
        metrics = Metrics()
        recorder = EventRecorder(ApiClient(credentials.in_cluster(), field_owner="test"), "virt-test", metrics=metrics)
        for number in range(1500):
            recorder.event(MACHINES, machine("ns"), "Normal", "Said", str(number))
        assert dropped(metrics, "queue") == 500

    asyncio.run(main())


def test_told_to_stop_what_was_said_is_still_written(namespace, with_client):
    async def body(client: ApiClient) -> None:
        recorder = EventRecorder(client, "virt-test")
        task = asyncio.create_task(recorder.run())
        await asyncio.sleep(0)
        for number in range(5):
            recorder.event(MACHINES, machine(namespace), "Normal", "Said", str(number))
        await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.wait((task,))
        assert len(await events(client, namespace)) == 5

    with_client(body)
