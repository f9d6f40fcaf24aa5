"""Pods and guests that somebody else made under our names, and eyes that are shut, against a real API server."""

import pytest

from controllers.launchers import pod_name
from controllers.runtime.faults import Conflict
from controllers.runtime.resources import ApiObject, Request
from controllers.virt_controller.actions import NotCreated
from controllers.virt_controller.guest_life import MISSED_S
from controllers.virt_controller.node_life import SILENT_S
from controllers.virt_controller.objects import GUESTS, HEARTBEAT, MACHINES, NODES, PODS, SCHEDULABLE, Guest
from controllers.virt_controller.reconcilers import guest_of_pod
from tests.controllers.controller_lives import make_machine, make_node, runs
from tests.controllers.test_virt_controller_faults import World, informers_of, served
from tests.controllers.virt_objects import SPEC

__all__ = ["served"]
LABELS = {"kubevirt.io": "virt-launcher"}


async def make_guest(world):
    body = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "spec": SPEC}
    await world.api.create(GUESTS, {**body, "metadata": {"name": "tiny", "namespace": world.namespace}})
    return await world.api.get(GUESTS, world.request, Guest)


async def make_pod(world, name, uid, owner=None):
    """A Pod of somebody else's that wears the label of a launcher's."""
    owners = [] if owner is None else [{"apiVersion": "kubevirt.io/v1", "name": "tiny", "controller": True, **owner}]
    metadata = {
        "name": name,
        "namespace": world.namespace,
        "labels": {**LABELS, "kubevirt.io/created-by": uid},
        "annotations": {"kubevirt.io/domain": "tiny"},
        "ownerReferences": owners,
    }
    containers = [{"name": "compute", "image": "evil"}]
    await world.api.create(
        PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}}
    )


def conditions(document):
    return {one["type"]: one for one in document["status"]["conditions"]}


@pytest.mark.parametrize("owner", [None, {"kind": "VirtualMachineInstance", "uid": "another-guest"}])
def test_a_pod_of_somebody_elses_under_the_guests_name_is_left_alone_and_told(namespace, with_client, owner):
    async def body(client):
        async with informers_of(client, namespace) as informers:
            world = World(client, namespace, informers)
            guest = await make_guest(world)
            name = pod_name("tiny", guest.metadata.uid)
            await make_pod(world, name, guest.metadata.uid, owner)
            [theirs] = await world.pods()
            for _ in range(2):
                await world.caught_up(GUESTS)
                with pytest.raises(NotCreated, match=f"Pod {name} already that isn't ours"):
                    await world.reconcilers[GUESTS].reconcile(world.request)
            document = await world.document(GUESTS)
            assert document["status"]["phase"] == "Pending"
            why = conditions(document)["Synchronized"]
            assert (why["status"], why["reason"]) == ("False", "NameTaken")
            assert name in why["message"]
            assert world.told.reasons == ["NameTaken"]
            assert await world.pods() == [theirs], "it isn't touched"

            await world.api.delete(GUESTS, world.request)
            await world.settle(GUESTS)
            assert await world.api.find(GUESTS, world.request, Guest) is None, "nor waited for"
            assert await world.pods() == [theirs]

    with_client(body)


def test_a_guest_whose_name_is_free_again_gets_its_pod(namespace, with_client):
    async def body(client):
        async with informers_of(client, namespace) as informers:
            world = World(client, namespace, informers)
            guest = await make_guest(world)
            name = pod_name("tiny", guest.metadata.uid)
            await make_pod(world, name, guest.metadata.uid)
            await world.caught_up(GUESTS)
            with pytest.raises(NotCreated):
                await world.reconcilers[GUESTS].reconcile(world.request)
            await world.api.delete(PODS, Request(namespace, name), grace_period_s=0)
            await world.settle(GUESTS)
            document = await world.document(GUESTS)
            assert document["status"]["phase"] == "Scheduling"
            assert conditions(document)["Synchronized"]["status"] == "True"
            [pod] = await world.pods()
            assert pod["metadata"]["ownerReferences"][0]["uid"] == guest.metadata.uid

    with_client(body)


def test_a_pod_that_claims_to_be_a_running_guests_own_moves_nothing(namespace, with_client):
    """All that can be claimed from elsewhere: the labels, and the owner with its uid."""

    async def body(client):
        async with informers_of(client, namespace) as informers:
            world = World(client, namespace, informers)
            guest = await make_guest(world)
            await world.settle(GUESTS)
            uid = guest.metadata.uid
            owner = {"kind": "VirtualMachineInstance", "uid": uid}
            await make_pod(world, "aaa-first", uid, owner)
            await make_pod(world, "zzz-last", uid)
            for name in ("aaa-first", "zzz-last"):
                await world.set_status(PODS, name, {"phase": "Failed", "reason": "Evicted"})
            await world.settle(GUESTS)
            assert (await world.document(GUESTS))["status"]["phase"] == "Scheduling"

    with_client(body)


def test_a_guest_of_somebody_elses_under_the_machines_name_starts_nothing_and_is_told(namespace, with_client):
    """The very moment: the controller has not seen it, and the machine's only start must not be spent on it."""

    async def body(client):
        async with informers_of(client, namespace) as informers:
            world = World(client, namespace, informers)
            head = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine"}
            spec = {"runStrategy": "Once", "template": {"spec": SPEC}}
            await client.create(MACHINES, {**head, "metadata": {"name": "tiny", "namespace": namespace}, "spec": spec})
            await world.caught_up(MACHINES)
            create = world.client._client.create

            async def overtaken(resource, body, **options):
                if resource is GUESTS:
                    await make_guest(world)
                return await create(resource, body, **options)

            world.client._client = _With(client, create=overtaken)
            with pytest.raises(NotCreated, match="VirtualMachineInstance tiny already that isn't ours"):
                await world.reconcilers[MACHINES].reconcile(world.request)
            world.client._client = client
            status = (await world.document(MACHINES))["status"]
            assert "runStrategy" not in status, "its one start is still to come"
            assert [one["reason"] for one in status["conditions"] if one["type"] == "Failure"] == ["NameTaken"]
            await world.settle(MACHINES)
            status = (await world.document(MACHINES))["status"]
            assert [one["reason"] for one in status["conditions"] if one["type"] == "Failure"] == ["GuestNotOwned"]
            await client.delete(GUESTS, world.request)
            await world.settle(MACHINES)
            guest = await client.get(GUESTS, world.request, Guest)
            assert guest.metadata.owner_references[0].kind == "VirtualMachine"

    with_client(body)


class _With:
    """A client with another method in place of one of its own."""

    def __init__(self, client, **methods):
        self._client = client
        self.__dict__.update(methods)

    def __getattr__(self, name):
        return getattr(self._client, name)


def test_a_guest_whose_finalizer_is_taken_away_leaves_a_pod_and_no_second_guest_until_it_is_gone(
    namespace, with_client
):
    async def body(client):
        async with informers_of(client, namespace) as informers:
            world = World(client, namespace, informers)
            await make_machine(world, "Always")
            await world.settle(GUESTS)
            pod = await runs(world)
            await world.settle(GUESTS)
            await world.settle(MACHINES)
            await client.delete(GUESTS, world.request)
            await client.merge_patch(GUESTS, world.request, {"metadata": {"finalizers": None}})
            assert await client.find(GUESTS, world.request, ApiObject) is None
            await world.settle(MACHINES)
            assert await client.find(GUESTS, world.request, ApiObject) is None
            known = informers.pods.get(Request(namespace, pod))
            assert world.reconcilers[MACHINES].machine_left_behind(known) == [world.request], "whose end wakes it"
            status = (await world.document(MACHINES))["status"]
            assert status["printableStatus"] == "Stopping"
            [failure] = [one for one in status["conditions"] if one["type"] == "Failure"]
            assert failure["reason"] == "GuestLeftBehind"
            assert pod in failure["message"]
            await client.delete(PODS, Request(namespace, pod), grace_period_s=0)
            await world.settle(MACHINES)
            assert await client.find(GUESTS, world.request, ApiObject) is not None
            status = (await world.document(MACHINES))["status"]
            assert not any(one["type"] == "Failure" for one in status["conditions"])

    with_client(body)


def test_a_guest_that_is_deleted_without_its_pod_is_waited_for(namespace, with_client):
    """`kubectl delete --cascade=orphan` takes the owner from the Pod; the guest in it takes its time to shut down."""

    async def body(client):
        async with informers_of(client, namespace) as informers:
            world = World(client, namespace, informers)
            await make_machine(world, "Always")
            await world.settle(GUESTS)
            pod = await runs(world)
            await world.settle(GUESTS)
            await world.settle(MACHINES)
            first = await client.get(GUESTS, world.request, Guest)
            await client.delete(GUESTS, world.request)
            await client.merge_patch(PODS, Request(namespace, pod), {"metadata": {"ownerReferences": None}})
            await world.settle(GUESTS)
            await world.settle(MACHINES)
            [left] = await world.pods()
            assert left["metadata"]["deletionTimestamp"], "as with any guest that is to go"
            assert (await client.get(GUESTS, world.request, Guest)).metadata.uid == first.metadata.uid
            known = informers.pods.get(Request(namespace, pod))
            assert guest_of_pod(known) == [world.request], "whose end wakes it"

            # Whoever takes the finalizer away as well gets no second guest either.
            await client.merge_patch(GUESTS, world.request, {"metadata": {"finalizers": None}})
            await world.settle(MACHINES)
            assert await client.find(GUESTS, world.request, ApiObject) is None
            status = (await world.document(MACHINES))["status"]
            assert [one["reason"] for one in status["conditions"] if one["type"] == "Failure"] == ["GuestLeftBehind"]
            await client.delete(PODS, Request(namespace, pod), grace_period_s=0)
            await world.settle(MACHINES)
            assert (await client.get(GUESTS, world.request, Guest)).metadata.uid != first.metadata.uid

    with_client(body)


def test_a_guest_whose_pod_has_lost_its_owner_is_not_taken_for_gone(namespace, with_client):
    async def body(client):
        async with informers_of(client, namespace) as informers:
            world = World(client, namespace, informers)
            guest = await make_guest(world)
            await world.settle(GUESTS)
            pod = await runs(world)
            await world.settle(GUESTS)
            await client.merge_patch(PODS, Request(namespace, pod), {"metadata": {"ownerReferences": None}})
            await world.settle(GUESTS)
            world.clock_s += 2 * MISSED_S
            await world.settle(GUESTS)
            assert (await world.document(GUESTS))["status"]["phase"] == "Scheduled"
            # Another Pod that says the same of itself has another name, and is nothing to anybody.
            await make_pod(world, "virt-launcher-tiny-other", guest.metadata.uid)
            await world.caught_up(GUESTS)
            other = informers.pods.get(Request(namespace, "virt-launcher-tiny-other"))
            assert guest_of_pod(other) == []

    with_client(body)


def test_a_heartbeat_that_was_not_seen_is_a_conflict_and_no_silence(namespace, with_client):
    """A watch that lags shows an old heartbeat for as long as it likes; the node keeps its label."""

    async def body(client):
        async with informers_of(client, namespace) as informers:
            world = World(client, namespace, informers)
            await make_node(world)
            await world.settle(NODES)
        # From here on the informers see nothing more.
        beat = {"metadata": {"annotations": {HEARTBEAT: "2026-01-01T00:01:00Z"}}}
        await client.merge_patch(NODES, world.node, beat)
        world.clock_s += SILENT_S
        with pytest.raises(Conflict):
            await world.reconcilers[NODES].reconcile(world.node)
        node = await client.get(NODES, world.node, ApiObject)
        assert node.metadata.labels[SCHEDULABLE] == "true"
        assert world.told.reasons == []
        await client.delete(NODES, world.node)

    with_client(body)
