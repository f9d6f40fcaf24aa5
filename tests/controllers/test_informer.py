"""The informer against a real API server, with the faults that a network and a server have."""

import asyncio
import signal

import pytest

from controllers.runtime import credentials
from controllers.runtime.backoff import Backoff
from controllers.runtime.client import ApiClient
from controllers.runtime.faults import Undecodable
from controllers.runtime.informer import Change, Informer
from controllers.runtime.resources import ApiObject, Request, Resource
from kvnode.api.base import Model
from kvnode.api.meta import ObjectMeta
from tests.controllers.api_server import ApiServer
from tests.controllers.eventually import eventually, running
from tests.controllers.fault_proxy import FaultProxy, Refusal, fault_proxy, is_list, is_watch

MAPS = Resource("", "v1", "configmaps", "ConfigMap")
QUICK = Backoff(first_s=0.01, most_s=0.2)


class ConfigMap(Model, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    data: dict[str, str] | None = None


class Numbers(Model, frozen=True):
    """A config map as something that it need not be: its ``data`` of one key, one digit long."""

    metadata: ObjectMeta = ObjectMeta()
    immutable: int | None = None


def config_map(namespace: str, name: str, **data: str) -> dict[str, object]:
    return {"metadata": {"namespace": namespace, "name": name}, "data": data}


def color(obj: ConfigMap) -> list[str]:
    found = (obj.data or {}).get("color")
    return [found] if found else []


class Watcher:
    """An informer of one namespace's config maps behind the proxy, and all changes that it told."""

    def __init__(self, client: ApiClient, namespace: str, **options: object) -> None:
        options = {"indexers": {"color": color}, "backoff": QUICK} | options
        self.informer: Informer[ConfigMap] = Informer(client, MAPS, ConfigMap, namespace=namespace, **options)
        self.changes: list[Change[ConfigMap]] = []
        self.informer.add_handler(self.changes.append)
        self.namespace = namespace

    def names(self) -> set[str]:
        return {obj.metadata.name for obj in self.informer.items() if obj.metadata.name != "kube-root-ca.crt"}

    def get(self, name: str) -> ConfigMap | None:
        return self.informer.get(Request(self.namespace, name))


@pytest.fixture
def watching(api_server: ApiServer, namespace: str):
    """Run a body with a proxy, a client through it, and another one beside it."""

    def run(body, **options):
        async def main() -> None:
            async with fault_proxy(api_server) as proxy, ApiClient(proxy.load(), field_owner="tested") as client:
                beside = ApiClient(credentials.from_kubeconfig(api_server.kubeconfig), field_owner="beside")
                async with beside:
                    await body(proxy, Watcher(client, namespace, **options), beside)

        asyncio.run(main())

    return run


def test_lists_in_pages_and_watches_from_there(watching):
    async def body(proxy: FaultProxy, seen: Watcher, beside: ApiClient) -> None:
        for number in range(7):
            await beside.create(MAPS, config_map(seen.namespace, f"m{number}"))
        async with running(seen.informer.run()):
            await seen.informer.synced.wait()
            assert seen.names() == {f"m{number}" for number in range(7)}
            assert all(change.initial and change.new is not None for change in seen.changes)
            # 7 of ours, and none or one that a cluster's controller would make.
            assert proxy.count(lambda method, query: "continue" in query) == 2
            before = len(seen.changes)
            await beside.create(MAPS, config_map(seen.namespace, "new"))
            await beside.merge_patch(MAPS, Request(seen.namespace, "m1"), {"data": {"color": "red"}})
            await beside.delete(MAPS, Request(seen.namespace, "m2"))
            await eventually(lambda: len(seen.changes) == before + 3)
        new, changed, gone = seen.changes[before:]
        assert (new.request.name, new.old, new.initial) == ("new", None, False)
        assert (changed.old.data, changed.new.data) == (None, {"color": "red"})
        assert (gone.request.name, gone.old.metadata.name, gone.new) == ("m2", "m2", None)
        assert proxy.lists == 1

    watching(body, page_objects=3)


def test_indexes_follow_what_changes(watching):
    async def body(proxy: FaultProxy, seen: Watcher, beside: ApiClient) -> None:
        for name, value in (("a", "red"), ("b", "blue"), ("c", "red")):
            await beside.create(MAPS, config_map(seen.namespace, name, color=value))
        async with running(seen.informer.run()):
            await seen.informer.synced.wait()

            def red() -> list[str | None]:
                return [obj.metadata.name for obj in seen.informer.by_index("color", "red")]

            assert red() == ["a", "c"]
            await beside.merge_patch(MAPS, Request(seen.namespace, "a"), {"data": {"color": "blue"}})
            await eventually(lambda: red() == ["c"])
            await beside.delete(MAPS, Request(seen.namespace, "c"))
            await eventually(lambda: red() == [])
            assert seen.informer.store.index_values("color") == ["blue"]

    watching(body)


def test_a_watch_cut_in_the_middle_of_an_event_goes_on_where_it_was(watching):
    async def body(proxy: FaultProxy, seen: Watcher, beside: ApiClient) -> None:
        async with running(seen.informer.run()):
            await seen.informer.synced.wait()
            await eventually(lambda: proxy.watches)
            await beside.create(MAPS, config_map(seen.namespace, "before"))
            await eventually(lambda: seen.get("before"))
            proxy.cut_in = b"torn-apart"
            await beside.create(MAPS, config_map(seen.namespace, "torn-apart", color="x" * 2000))
            await eventually(lambda: seen.get("torn-apart"))
            assert proxy.cuts == 1
            assert seen.get("torn-apart").data == {"color": "x" * 2000}
        # Told once, and by the watch: nothing was listed again.
        assert [change.request.name for change in seen.changes if not change.initial] == ["before", "torn-apart"]
        assert proxy.lists == 1
        assert proxy.watches[1]["resourceVersion"] == seen.get("before").metadata.resource_version

    watching(body)


def restart(api_server: ApiServer) -> None:
    api_server.stop("kube-apiserver", signal.SIGKILL)
    api_server.start_api_server()


def test_what_the_server_forgot_is_listed_again(api_server, watching):
    async def body(proxy: FaultProxy, seen: Watcher, beside: ApiClient) -> None:
        # A server that just began remembers nothing of what was before.
        await asyncio.to_thread(restart, api_server)
        await beside.create(MAPS, config_map(seen.namespace, "stays"))
        await beside.create(MAPS, config_map(seen.namespace, "goes"))
        async with running(seen.informer.run()):
            await seen.informer.synced.wait()
            await eventually(lambda: proxy.watches)
            # The server's own answer to a version that it no longer has, while things happen that nobody watches.
            proxy.silent = True
            proxy.rewrites.append((is_watch, {"resourceVersion": "1"}))
            await beside.delete(MAPS, Request(seen.namespace, "goes"))
            await beside.create(MAPS, config_map(seen.namespace, "comes"))
            await eventually(lambda: not proxy.rewrites, 30)
            await eventually(lambda: seen.names() == {"stays", "comes"})
        assert proxy.lists == 2
        told = [(change.request.name, change.new is None) for change in seen.changes if not change.initial]
        assert sorted(told) == [("comes", False), ("goes", True)]

    watching(body, silence_s=0.5)


def test_a_list_whose_pages_expire_is_begun_again_and_nothing_is_lost_meanwhile(watching):
    async def body(proxy: FaultProxy, seen: Watcher, beside: ApiClient) -> None:
        for number in range(5):
            await beside.create(MAPS, config_map(seen.namespace, f"m{number}"))
        body = '{"kind":"Status","reason":"Expired","code":410,"message":"injected"}'
        proxy.refusals.append(Refusal(lambda request: "continue" in request.query, 410, body=body))
        async with running(seen.informer.run()):
            await seen.informer.synced.wait()
        assert seen.names() == {f"m{number}" for number in range(5)}
        assert proxy.lists == 2

    watching(body, page_objects=2)


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(is_list, 429, times=2, headers={"Retry-After": "0"}),
        Refusal(is_list, 429, times=7, headers={"Retry-After": "0"}),
        Refusal(is_list, 500, times=3),
        Refusal(is_list, 503, times=2, body="<html>no upstream</html>"),
        Refusal(is_list, 200, times=2, body="<html>a page from somebody else</html>"),
        Refusal(is_watch, 500, times=5),
        Refusal(is_watch, 429, times=6, headers={"Retry-After": "0"}),
        Refusal(is_watch, 200, times=2, body='{"type":"ADDED","obj\n'),
        Refusal(is_watch, 200, times=2, body='{"type":"BOOKMARK","object":7}\n'),
        Refusal(is_watch, 200, times=2, body='{"type":"ERROR","object":{"code":500,"message":"etcd"}}\n'),
        Refusal(is_watch, 200, times=2, body=""),
    ],
    ids=lambda refusal: f"{refusal.matches.__name__}-{refusal.status}-{refusal.times}-{refusal.body[:12]}",
)
def test_a_server_that_fails_for_a_while_is_waited_for(watching, refusal):
    async def body(proxy: FaultProxy, seen: Watcher, beside: ApiClient) -> None:
        proxy.refusals.append(refusal)
        await beside.create(MAPS, config_map(seen.namespace, "one"))
        async with running(seen.informer.run()):
            await eventually(lambda: seen.names() == {"one"})
            await eventually(lambda: refusal.times == 0)
            await beside.create(MAPS, config_map(seen.namespace, "two"))
            await eventually(lambda: seen.names() == {"one", "two"})
        assert [change.request.name for change in seen.changes if change.new is None] == []

    watching(body)


def test_retry_after_is_waited_out(watching):
    async def body(proxy: FaultProxy, seen: Watcher, beside: ApiClient) -> None:
        proxy.refusals.append(Refusal(is_list, 429, headers={"Retry-After": "1"}))
        begun = asyncio.get_running_loop().time()
        async with running(seen.informer.run()):
            await seen.informer.synced.wait()
        assert asyncio.get_running_loop().time() - begun >= 1.0

    watching(body)


def test_a_slow_list_takes_nothing_away(watching):
    async def body(proxy: FaultProxy, seen: Watcher, beside: ApiClient) -> None:
        await beside.create(MAPS, config_map(seen.namespace, "one"))
        async with running(seen.informer.run()):
            await seen.informer.synced.wait()
            await eventually(lambda: proxy.watches)
            proxy.list_delay_s = 1.0
            proxy.refusals.append(Refusal(is_watch, 410))
            await eventually(lambda: proxy.lists == 2)
            await asyncio.sleep(0.3)
            assert seen.names() == {"one"}
            await beside.create(MAPS, config_map(seen.namespace, "two"))
            await eventually(lambda: seen.names() == {"one", "two"})
        assert [change for change in seen.changes if change.new is None] == []

    watching(body, silence_s=0.5)


def test_a_connection_that_is_dead_and_says_nothing_is_given_up(watching):
    async def body(proxy: FaultProxy, seen: Watcher, beside: ApiClient) -> None:
        async with running(seen.informer.run()):
            await seen.informer.synced.wait()
            await eventually(lambda: proxy.watches)
            proxy.silent = True
            await beside.create(MAPS, config_map(seen.namespace, "unheard"))
            await asyncio.sleep(0.2)
            assert seen.names() == set()
            proxy.silent = False
            await eventually(lambda: seen.names() == {"unheard"})
        assert proxy.lists == 1

    watching(body, silence_s=1.0)


def test_the_api_server_is_restarted(api_server, watching):
    async def body(proxy: FaultProxy, seen: Watcher, beside: ApiClient) -> None:
        await beside.create(MAPS, config_map(seen.namespace, "one"))
        async with running(seen.informer.run()):
            await seen.informer.synced.wait()
            await asyncio.to_thread(api_server.stop, "kube-apiserver", signal.SIGKILL)
            await asyncio.sleep(0.5)
            assert seen.names() == {"one"}
            await asyncio.to_thread(api_server.start_api_server)
            await beside.create(MAPS, config_map(seen.namespace, "two"))
            await eventually(lambda: seen.names() == {"one", "two"})
        assert [change for change in seen.changes if change.new is None] == []

    watching(body)


def test_an_object_that_cannot_be_read_is_told_and_the_list_goes_on(api_server, namespace, with_client):
    async def body(client: ApiClient) -> None:
        await client.create(MAPS, config_map(namespace, "fine"))
        await client.create(MAPS, {**config_map(namespace, "odd"), "immutable": False})
        informer: Informer[Numbers] = Informer(client, MAPS, Numbers, namespace=namespace)
        changes: list[Change[Numbers]] = []
        informer.add_handler(changes.append)
        odd = Request(namespace, "odd")
        async with running(informer.run()):
            await informer.synced.wait()
            assert informer.get(Request(namespace, "fine")) is not None
            with pytest.raises(Undecodable, match=r"immutable: Expected `int \| null`, got `bool`"):
                informer.get(odd)
            assert odd in informer.store
            fault = next(change.fault for change in changes if change.request == odd)
            assert fault is not None
            assert (await client.get(MAPS, odd, ApiObject)).metadata.uid == fault.uid
            # Whoever asks for it again gets it as an error of its own, and it is mended by mending the object.
            await client.merge_patch(MAPS, odd, {"immutable": None})
            await eventually(lambda: odd not in informer.store.undecodable)
            assert informer.get(odd) is not None
            await client.merge_patch(MAPS, odd, {"immutable": True})
            await eventually(lambda: odd in informer.store.undecodable)
            assert changes[-1].old is not None
            assert changes[-1].new is None
            await client.delete(MAPS, odd)
            await eventually(lambda: odd not in informer.store)
            assert informer.get(odd) is None

    with_client(body)


def test_an_index_that_fails_by_one_object_costs_that_object_alone(namespace, with_client):
    async def body(client: ApiClient) -> None:
        await client.create(MAPS, config_map(namespace, "fine", number="7"))
        await client.create(MAPS, config_map(namespace, "odd", number="seven"))

        def number(obj: ConfigMap) -> list[str]:
            return [str(int((obj.data or {}).get("number", "0")))]

        informer: Informer[ConfigMap] = Informer(client, MAPS, ConfigMap, namespace=namespace, indexers={"n": number})
        async with running(informer.run()):
            await informer.synced.wait()
            assert [obj.metadata.name for obj in informer.by_index("n", "7")] == ["fine"]
            assert list(informer.store.undecodable) == [Request(namespace, "odd")]

    with_client(body)


def test_a_late_handler_is_told_of_what_is_there_and_a_failing_one_costs_nobody(namespace, with_client):
    async def body(client: ApiClient) -> None:
        await client.create(MAPS, config_map(namespace, "one"))
        informer: Informer[ConfigMap] = Informer(client, MAPS, ConfigMap, namespace=namespace)

        def fails(change: Change[ConfigMap]) -> None:
            raise RuntimeError("a bug")

        informer.add_handler(fails)
        async with running(informer.run()):
            await informer.synced.wait()
            late: list[Change[ConfigMap]] = []
            informer.add_handler(late.append)
            assert [(change.request.name, change.initial) for change in late] == [("one", True)]
            await client.create(MAPS, config_map(namespace, "two"))
            await eventually(lambda: len(late) == 2)

    with_client(body)
