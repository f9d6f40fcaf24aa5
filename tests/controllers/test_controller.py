"""The runner of reconciles: real objects in, and what happens when a reconcile fails, hangs, or is stopped."""

import asyncio
import itertools

import pytest

from controllers.runtime.backoff import Backoff
from controllers.runtime.client import ApiClient
from controllers.runtime.controller import Controller, Result
from controllers.runtime.faults import Conflict, TooManyRequests, Undecodable
from controllers.runtime.informer import Informer
from controllers.runtime.metrics import Metrics
from controllers.runtime.resources import Request, Resource, owned_by, owner_reference
from kvnode.api.base import Model
from kvnode.api.meta import ObjectMeta
from tests.controllers.eventually import eventually, running

MAPS = Resource("", "v1", "configmaps", "ConfigMap")
SECRETS = Resource("", "v1", "secrets", "Secret")
QUICK = Backoff(first_s=0.01, most_s=0.5)


class ConfigMap(Model, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    data: dict[str, str] | None = None
    immutable: int | None = None


class Secret(Model, frozen=True):
    metadata: ObjectMeta = ObjectMeta()


def config_map(namespace: str, name: str, **more: object) -> dict[str, object]:
    return {"metadata": {"namespace": namespace, "name": name}, **more}


def count(metrics: Metrics, result: str) -> float:
    return (
        metrics.registry.get_sample_value(
            "controller_runtime_reconcile_total", {"controller": "test", "result": result}
        )
        or 0.0
    )


def test_a_controller_makes_what_its_objects_want(namespace, with_client):
    """The whole: a Secret for each config map, made again when it goes, by what is there and not by what happened."""

    async def body(client: ApiClient) -> None:
        maps: Informer[ConfigMap] = Informer(client, MAPS, ConfigMap, namespace=namespace)
        secrets: Informer[Secret] = Informer(client, SECRETS, Secret, namespace=namespace)

        async def reconcile(request: Request) -> Result | None:
            wants = maps.get(request)
            if wants is None or wants.metadata.name == "kube-root-ca.crt" or secrets.get(request) is not None:
                return None
            metadata = {"namespace": namespace, "name": request.name}
            metadata["ownerReferences"] = [owner_reference(MAPS, wants)]
            await client.create(SECRETS, {"metadata": metadata})
            return None

        metrics = Metrics()
        controller = Controller("test", reconcile, metrics=metrics, backoff=QUICK)
        controller.watches(maps)
        controller.watches(secrets, lambda secret: owned_by(MAPS, secret))
        for number in range(5):
            await client.create(MAPS, config_map(namespace, f"m{number}"))
        async with running(maps.run(), secrets.run(), controller.run()):
            await eventually(lambda: len(secrets.items()) == 5)
            uid = secrets.get(Request(namespace, "m3")).metadata.uid
            await client.delete(SECRETS, Request(namespace, "m3"))
            await eventually(lambda: (again := secrets.get(Request(namespace, "m3"))) and again.metadata.uid != uid)
            await client.create(MAPS, config_map(namespace, "late"))
            await eventually(lambda: len(secrets.items()) == 6)
        assert count(metrics, "success") >= 7

    with_client(body)


def run_alone(controller: Controller, body) -> None:
    async def main() -> None:
        async with running(controller.run()):
            await body()

    asyncio.run(main())


def test_one_that_fails_comes_later_each_time_and_holds_up_nobody():
    async def main() -> None:
        calls: dict[str, int] = {}

        async def reconcile(request: Request) -> Result | None:
            calls[request.name] = calls.get(request.name, 0) + 1
            if request.name == "bad":
                raise RuntimeError("always")
            return None

        metrics = Metrics()
        controller = Controller(
            "test", reconcile, workers=1, metrics=metrics, backoff=Backoff(first_s=0.05, most_s=5.0)
        )
        async with running(controller.run()):
            controller.enqueue(Request("ns", "bad"))
            for number in range(200):
                controller.enqueue(Request("ns", f"good{number}"))
                await asyncio.sleep(0.005)
            await eventually(lambda: len(calls) == 201)
        # In a second or two, doubling from 0.05 s: 0.05, 0.15, 0.35, 0.75, 1.55.
        assert 2 <= calls["bad"] <= 8
        assert count(metrics, "error") == calls["bad"]
        assert all(times == 1 for name, times in calls.items() if name != "bad")

    asyncio.run(main())


def test_when_to_look_again():
    async def main() -> None:
        times: list[float] = []

        async def reconcile(request: Request) -> Result:
            times.append(asyncio.get_running_loop().time())
            return Result(requeue_after_s=0.1)

        controller = Controller("test", reconcile)
        async with running(controller.run()):
            controller.enqueue(Request("ns", "one"))
            await eventually(lambda: len(times) >= 3)
        assert all(later - earlier >= 0.1 for earlier, later in itertools.pairwise(times))

    asyncio.run(main())


@pytest.mark.parametrize("error", [Conflict("changed", status=409), TooManyRequests("later", retry_after_s=0.4)])
def test_an_error_of_the_server_is_tried_again_when_the_server_says(error):
    async def main() -> None:
        times: list[float] = []

        async def reconcile(request: Request) -> None:
            times.append(asyncio.get_running_loop().time())
            if len(times) == 1:
                raise error

        controller = Controller("test", reconcile, backoff=QUICK)
        async with running(controller.run()):
            controller.enqueue(Request("ns", "one"))
            await eventually(lambda: len(times) == 2)
        assert times[1] - times[0] >= (error.retry_after_s or 0.0)

    asyncio.run(main())


def test_one_that_hangs_is_ended_and_the_others_go_on():
    async def main() -> None:
        done: list[str] = []
        ended: list[str] = []

        async def reconcile(request: Request) -> None:
            if request.name == "hangs":
                try:
                    await asyncio.Event().wait()
                finally:
                    ended.append(request.name)
            done.append(request.name)

        metrics = Metrics()
        controller = Controller("test", reconcile, workers=2, timeout_s=0.2, metrics=metrics)
        async with running(controller.run()):
            controller.enqueue(Request("ns", "hangs"))
            controller.enqueue(Request("ns", "quick"))
            await eventually(lambda: done and ended)
        assert done == ["quick"]
        assert count(metrics, "error") >= 1

    asyncio.run(main())


def test_stopped_gently_a_reconcile_ends_and_no_other_begins():
    async def main() -> None:
        begun: list[str] = []
        ended: list[str] = []

        async def reconcile(request: Request) -> None:
            begun.append(request.name)
            await asyncio.sleep(0.3)
            ended.append(request.name)

        controller = Controller("test", reconcile, workers=1)
        task = asyncio.create_task(controller.run())
        controller.enqueue(Request("ns", "first"))
        controller.enqueue(Request("ns", "second"))
        await eventually(lambda: begun)
        task.cancel()
        await asyncio.wait((task,))
        assert (begun, ended) == (["first"], ["first"])
        # It may be run again, as when a lease comes back; what had been waiting is there.
        async with running(controller.run()):
            await eventually(lambda: ended == ["first", "second"])

    asyncio.run(main())


def test_stopped_gently_has_an_end():
    async def main() -> None:
        begun = asyncio.Event()

        async def reconcile(request: Request) -> None:
            begun.set()
            await asyncio.Event().wait()

        controller = Controller("test", reconcile, stop_grace_s=0.2)
        task = asyncio.create_task(controller.run())
        controller.enqueue(Request("ns", "first"))
        await begun.wait()
        task.cancel()
        _, late = await asyncio.wait((task,), timeout=5.0)
        assert not late

    asyncio.run(main())


def test_a_reconcile_that_was_cut_off_is_taken_up_when_the_controller_runs_again():
    async def main() -> None:
        begun: list[str] = []
        answers = asyncio.Event()

        async def reconcile(request: Request) -> None:
            begun.append(request.name)
            await answers.wait()

        metrics = Metrics()
        controller = Controller("test", reconcile, stop_grace_s=0.05, metrics=metrics)
        task = asyncio.create_task(controller.run())
        controller.enqueue(Request("ns", "one"))
        await eventually(lambda: begun)
        task.cancel()
        await asyncio.wait((task,))
        assert count(metrics, "success") == 0
        # The lease comes back to this replica. No event tells of the object again, and nobody lists it anew.
        answers.set()
        async with running(controller.run()):
            await eventually(lambda: count(metrics, "success") == 1)
        assert begun == ["one", "one"]

    asyncio.run(main())


def test_who_does_not_lead_does_nothing_and_forgets_nothing():
    async def main() -> None:
        leads = False
        done: list[str] = []

        async def reconcile(request: Request) -> None:
            done.append(request.name)

        controller = Controller("test", reconcile, may_run=lambda: leads, backoff=QUICK)
        async with running(controller.run()):
            controller.enqueue(Request("ns", "one"))
            await asyncio.sleep(0.2)
            assert done == []
            leads = True
            await eventually(lambda: done == ["one"])

    asyncio.run(main())


def test_who_stands_by_keeps_nothing_and_begins_with_what_there_is(namespace, with_client):
    """However many objects come and go meanwhile, and again after the lease was lost."""

    async def body(client: ApiClient) -> None:
        maps: Informer[ConfigMap] = Informer(client, MAPS, ConfigMap, namespace=namespace)
        done: list[str] = []

        async def reconcile(request: Request) -> None:
            done.append(request.name)

        async def comes_and_goes(name: str) -> None:
            await client.create(MAPS, config_map(namespace, name))
            await eventually(lambda: maps.get(Request(namespace, name)))
            await client.delete(MAPS, Request(namespace, name))
            await eventually(lambda: maps.get(Request(namespace, name)) is None)

        controller = Controller("test", reconcile)
        controller.watches(maps)
        async with running(maps.run()):
            await client.create(MAPS, config_map(namespace, "stays"))
            await eventually(lambda: maps.get(Request(namespace, "stays")))
            for name in ("first", "second"):
                await comes_and_goes(name)
                assert controller.queue.schedule.depth == 0
                done.clear()
                async with running(controller.run()):
                    await eventually(lambda: "stays" in done)
                assert set(done) <= {"stays", "kube-root-ca.crt"}

    with_client(body)


def test_an_object_that_cannot_be_read_is_handed_to_whoever_tells_its_owner(namespace, with_client):
    async def body(client: ApiClient) -> None:
        await client.create(MAPS, config_map(namespace, "odd", immutable=True))
        maps: Informer[ConfigMap] = Informer(client, MAPS, ConfigMap, namespace=namespace)
        told: list[Undecodable] = []
        gone: list[Request] = []

        async def reconcile(request: Request) -> None:
            if maps.get(request) is None:
                gone.append(request)

        async def tell(fault: Undecodable) -> None:
            told.append(fault)

        controller = Controller("test", reconcile, undecodable=tell)
        controller.watches(maps)
        async with running(maps.run(), controller.run()):
            await eventually(lambda: told)
            assert gone == []
            assert "immutable: Expected" in str(told[0])
            assert (told[0].namespace, told[0].name) == (namespace, "odd")

    with_client(body)


def test_nobody_reconciles_before_the_informers_know_the_cluster(namespace, with_client):
    async def body(client: ApiClient) -> None:
        maps: Informer[ConfigMap] = Informer(client, MAPS, ConfigMap, namespace=namespace)
        done: list[Request] = []

        async def reconcile(request: Request) -> None:
            done.append(request)

        controller = Controller("test", reconcile)
        controller.watches(maps)
        controller.enqueue(Request(namespace, "early"))
        async with running(controller.run()):
            await asyncio.sleep(0.2)
            assert done == []
            async with running(maps.run()):
                await eventually(lambda: done)

    with_client(body)
