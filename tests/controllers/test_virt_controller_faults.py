"""Reconciles against a real API server, each with a failure at each of its writes (faulty_client.py says which).

The test plays the kubelet and the handler. A run that failed somewhere is gone on with, as the workqueue would, until
there is nothing left to do; then everything has to be as if nothing had failed.
"""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from controllers.runtime.controller import Result
from controllers.runtime.faults import ApiError
from controllers.runtime.installation import INSTALLATIONS
from controllers.runtime.metrics import Metrics
from controllers.runtime.resources import ApiObject, Request
from controllers.virt_controller.daemon import Informers
from controllers.virt_controller.heartbeats import Heartbeats
from controllers.virt_controller.objects import GUESTS, MACHINES, NODES, PODS, Guest
from controllers.virt_controller.reconcilers import (
    GuestReconciler,
    InstallationReconciler,
    MachineReconciler,
    NodeReconciler,
)
from controllers.virt_controller.settings import live_settings
from tests.controllers.controller_lives import (
    life_after_a_lost_node,
    life_of_a_silent_node,
    life_of_a_template,
    life_on_a_lost_node,
)
from tests.controllers.custom_kinds import lax_definition, serve_kinds
from tests.controllers.faulty_client import OVERTAKEN, FaultyClient, Told, by_turns, faults
from tests.controllers.virt_objects import SPEC

CATCH_UP_S = 20.0
AT_ONCE = 6
# Of so few writes each is tried with every kind of fault in every run.
FEW = 4


@pytest.fixture(scope="module", autouse=True)
def served(api_server):
    """The three kinds, served."""
    serve_kinds(api_server)


class World:
    """One namespace, the reconcilers over it, and the part of whoever else writes there."""

    def __init__(self, client, namespace, informers, fault=None):
        self.api, self.namespace, self.informers = client, namespace, informers
        self.client, self.told = FaultyClient(client, fault), Told()
        self.request = Request(namespace, "tiny")
        # Nodes have no namespace: each world has one of its own.
        self.node = Request("", f"node-of-{namespace}")
        self.clock_s = 0.0
        self.began = 0
        to, settings = (self.client, self.told), live_settings(informers.installations, "launcher:v1")
        machines, guests, pods, installations, nodes, *daemons = informers.all()
        beats = Heartbeats(lambda: self.clock_s)
        self.reconcilers = {
            GUESTS: GuestReconciler(*to, guests, pods, nodes, beats, settings, clock=lambda: self.clock_s),
            MACHINES: MachineReconciler(*to, machines, guests, pods, settings),
            INSTALLATIONS: InstallationReconciler(*to, installations, *daemons, settings),
            NODES: NodeReconciler(*to, nodes, beats),
        }

    async def document(self, resource, name="tiny"):
        return json.loads(await self.api.request("GET", resource.path(self.namespace, name)))

    async def pods(self):
        return json.loads(await self.api.request("GET", PODS.path(self.namespace)))["items"]

    async def caught_up(self, resource):
        """Wait until the informers know what the API server says of what ``resource``'s reconcile reads."""
        machines, guests, pods, installations, nodes, *daemons = self.informers.all()
        read = {
            MACHINES: (machines, guests, pods),
            GUESTS: (guests, pods, nodes),
            INSTALLATIONS: (installations, *daemons),
            NODES: (nodes,),
        }[resource]
        async with asyncio.timeout(CATCH_UP_S):
            for informer in read:
                listed = json.loads(await self.api.request("GET", informer.resource.path(self.namespace)))["items"]
                metadata = [one["metadata"] for one in listed]
                ours = [one for one in metadata if self.is_ours(one.get("namespace"), one["name"])]
                live = {one["name"]: one["resourceVersion"] for one in ours}
                while live != self.known(informer):
                    await asyncio.sleep(0.005)

    def is_ours(self, namespace, name):
        """Whether an object is of this world."""
        return name == self.node.name if not namespace else namespace == self.namespace

    def known(self, informer):
        """What an informer knows of this world: versions by name."""
        metadata = [one.metadata for one in informer.items()]
        return {one.name: one.resource_version for one in metadata if self.is_ours(one.namespace, one.name)}

    async def settle(self, resource):
        """Reconcile until nothing is written any more, whatever fails on the way; the last result."""
        result = Result()
        for _ in range(20):
            await self.caught_up(resource)
            before = self.client.writes
            try:
                result = await self.reconcilers[resource].reconcile(self.node if resource is NODES else self.request)
            except ApiError:
                continue
            if self.client.writes == before:
                return result
        raise AssertionError("it never comes to rest")

    async def set_status(self, resource, name, status):
        path = resource.path(self.namespace, name, "status")
        patch = {"status": status}
        await self.api.request("PATCH", path, body=patch, content_type="application/merge-patch+json")


@asynccontextmanager
async def informers_of(client, namespace):
    informers = Informers.of(client, namespace, Metrics())
    tasks = [asyncio.create_task(informer.run()) for informer in informers.all()]
    try:
        yield informers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def same(document):
    """An object without what no two runs share."""
    text = json.dumps(document)
    for uid in {
        document["metadata"]["uid"],
        *(owner["uid"] for owner in document["metadata"].get("ownerReferences", ())),
    }:
        text = text.replace(uid, "UID")
    found = json.loads(text)
    for key in ("managedFields", "resourceVersion", "creationTimestamp", "namespace", "generation"):
        found["metadata"].pop(key, None)
    annotations = found["metadata"].pop("annotations", {})
    found["annotations"] = {key: value for key, value in annotations.items() if key != OVERTAKEN}
    for one in found.get("status", {}).get("conditions", ()):
        one.pop("lastTransitionTime", None)
    entered = found.get("status", {}).pop("phaseTransitionTimestamps", ())
    found["entered"] = [one["phase"] for one in entered]
    return found


async def life_of_a_guest(world):
    """Made, scheduled, handed over, deleted: what stands there after each of these."""
    seen = []
    body = {"metadata": {"name": "tiny", "namespace": world.namespace}, "spec": SPEC}
    await world.api.create(GUESTS, {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", **body})
    await world.settle(GUESTS)
    [pod] = await world.pods()
    seen.append(same(await world.document(GUESTS)))
    await world.api.request(
        "POST",
        PODS.path(world.namespace, pod["metadata"]["name"], "binding"),
        body={"metadata": {"name": pod["metadata"]["name"]}, "target": {"kind": "Node", "name": "node1"}},
    )
    running = {"name": "compute", "ready": True, "image": "launcher:v1", "imageID": "", "restartCount": 0}
    state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    await world.set_status(
        PODS, pod["metadata"]["name"], {"phase": "Running", "containerStatuses": [{**running, "state": state}]}
    )
    await world.settle(GUESTS)
    guest = same(await world.document(GUESTS))
    [(pod_uid, node)] = guest["status"].pop("activePods").items()
    assert (pod_uid, node) == (pod["metadata"]["uid"], "node1")
    seen.append(guest)
    await world.api.delete(GUESTS, world.request)
    await world.settle(GUESTS)
    [pod] = await world.pods()
    assert pod["metadata"]["deletionTimestamp"]
    await world.api.delete(PODS, Request(world.namespace, pod["metadata"]["name"]), grace_period_s=0)
    await world.settle(GUESTS)
    assert await world.api.find(GUESTS, world.request, Guest) is None
    assert await world.pods() == []
    return seen


async def life_of_a_machine(world):
    """Started, failed, started again, stopped as asked, started as asked, deleted."""
    seen = []

    async def note():
        guest = await world.api.find(GUESTS, world.request, Guest)
        machine = same(await world.document(MACHINES))
        machine["status"].get("startFailure", {}).pop("retryAfterTimestamp", None)
        machine["status"].get("startFailure", {}).pop("lastFailedVMIUID", None)
        seen.append((machine, guest is not None))
        return guest

    body = {"metadata": {"name": "tiny", "namespace": world.namespace}}
    spec = {"runStrategy": "RerunOnFailure", "template": {"metadata": {"labels": {"app": "t"}}, "spec": SPEC}}
    head = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine"}
    await world.api.create(MACHINES, {**head, **body, "spec": spec})
    await world.settle(MACHINES)
    first = await note()
    await world.set_status(GUESTS, "tiny", {"phase": "Failed"})
    await world.settle(MACHINES)
    await note()
    document = await world.document(MACHINES)
    assert document["status"]["startFailure"]["consecutiveFailCount"] == 1
    assert document["status"]["startFailure"]["lastFailedVMIUID"] == first.metadata.uid
    assert document["status"]["stateChangeRequests"] == [{"action": "Start"}]
    await world.set_status(MACHINES, "tiny", {"startFailure": {"retryAfterTimestamp": "2026-01-01T00:00:00Z"}})
    await world.settle(MACHINES)
    second = await note()
    assert second.metadata.uid != first.metadata.uid
    request = {"action": "Stop", "uid": second.metadata.uid}
    await world.set_status(MACHINES, "tiny", {"stateChangeRequests": [request]})
    await world.settle(MACHINES)
    assert await note() is None
    await world.set_status(MACHINES, "tiny", {"stateChangeRequests": [{"action": "Start"}]})
    await world.settle(MACHINES)
    assert await note() is not None
    await world.api.delete(MACHINES, world.request)
    await world.settle(MACHINES)
    assert await world.api.find(MACHINES, world.request, ApiObject) is None
    assert await world.api.find(GUESTS, world.request, Guest) is None
    return seen


LIVES = (
    life_of_a_guest,
    life_of_a_machine,
    life_of_a_template,
    life_on_a_lost_node,
    life_after_a_lost_node,
    life_of_a_silent_node,
)


@pytest.mark.timeout(240)
@pytest.mark.partial("each write with every kind of fault, not by turns")
@pytest.mark.parametrize("life", LIVES)
def test_a_failure_at_any_write_changes_nothing_of_the_outcome(life, api_server, with_client, full_run):
    def new_namespace(name):
        api_server.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        return name

    async def body(client):
        async with informers_of(client, "") as informers:
            plain = World(client, new_namespace(f"{life.__name__.replace('_', '-')}-0"), informers)
            expected = await life(plain)
            writes = plain.client.writes
            assert writes > 0
            at_once = asyncio.Semaphore(AT_ONCE)

            async def goes_wrong(fault):
                name = f"{life.__name__.replace('_', '-')}-{fault.at}-{fault.kind.name.lower()}"
                async with at_once:
                    world = World(client, new_namespace(name), informers, fault)
                    assert await life(world) == expected, f"{fault}, of {writes}"
                    assert world.client.hit, fault

            async with asyncio.TaskGroup() as runs:
                for fault in faults(writes) if full_run or writes < FEW else by_turns(writes):
                    if fault.at > plain.began:
                        runs.create_task(goes_wrong(fault))

    with_client(body)


def test_a_quota_is_told_and_waited_for(namespace, api_server, with_client):
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    api_server.request("POST", f"/api/v1/namespaces/{namespace}/resourcequotas", quota)

    async def body(client):
        async with informers_of(client, namespace) as informers:
            world = World(client, namespace, informers)
            # The quota's status is made by a controller manager, which isn't there.
            status = {"status": {"hard": {"pods": "0"}, "used": {"pods": "0"}}}
            path = f"/api/v1/namespaces/{namespace}/resourcequotas/none/status"
            await client.request("PATCH", path, body=status, content_type="application/merge-patch+json")
            head = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance"}
            await client.create(GUESTS, {**head, "metadata": {"name": "tiny", "namespace": namespace}, "spec": SPEC})
            for _ in range(2):
                await world.caught_up(GUESTS)
                with pytest.raises(Exception, match="exceeded quota"):
                    await world.reconcilers[GUESTS].reconcile(world.request)
            guest = await world.document(GUESTS)
            assert guest["status"]["phase"] == "Pending"
            [why] = [one for one in guest["status"]["conditions"] if one["type"] == "Synchronized"]
            assert (why["status"], why["reason"]) == ("False", "FailedCreate")
            assert "exceeded quota" in why["message"]
            assert world.told.reasons == ["FailedCreate"]
            await client.request("DELETE", f"/api/v1/namespaces/{namespace}/resourcequotas/none")
            await asyncio.sleep(0.2)
            await world.settle(GUESTS)
            assert (await world.document(GUESTS))["status"]["phase"] == "Scheduling"

    with_client(body)


def test_a_status_that_cannot_be_read_is_told_once(api_server, namespace, with_client):
    async def body(client):
        async with informers_of(client, namespace) as informers:
            world = World(client, namespace, informers)
            head = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance"}
            await client.create(GUESTS, {**head, "metadata": {"name": "tiny", "namespace": namespace}, "spec": SPEC})
            await world.set_status(GUESTS, "tiny", {"runtimeUser": "root"})
            reconciler = world.reconcilers[GUESTS]
            for _ in range(2):
                async with asyncio.timeout(CATCH_UP_S):
                    while world.request not in informers.guests.store.undecodable:
                        await asyncio.sleep(0.01)
                await reconciler.undecodable(informers.guests.store.undecodable[world.request])
            [condition] = (await world.document(GUESTS))["status"]["conditions"]
            assert (condition["type"], condition["reason"]) == ("Synchronized", "Undecodable")
            assert "runtimeUser" in condition["message"]
            assert world.client.writes == 1

    with lax_definition(api_server, "virtualmachineinstances"):
        with_client(body)


def test_the_configuration_is_live_and_a_bad_one_changes_nothing(api_server, namespace, with_client):
    async def body(client):
        async with informers_of(client, namespace) as informers:
            world = World(client, namespace, informers)
            world.request = Request(namespace, "kubevirt")
            settings = world.reconcilers[INSTALLATIONS]._settings
            assert settings.current().emulation is False
            head = {"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt"}
            metadata = {"name": "kubevirt", "namespace": namespace}
            emulated = {"configuration": {"developerConfiguration": {"useEmulation": True}}}
            await client.create(INSTALLATIONS, {**head, "metadata": metadata, "spec": emulated})
            await world.settle(INSTALLATIONS)
            assert settings.current().emulation is True
            status = (await world.document(INSTALLATIONS, "kubevirt"))["status"]
            assert status["phase"] == "Deploying", "no daemon of a Deployment is there"
            bad = {"spec": {"configuration": {"developerConfiguration": {"useEmulation": "no"}}}}
            await client.merge_patch(INSTALLATIONS, world.request, bad)
            await world.settle(INSTALLATIONS)
            assert settings.current().emulation is True
            status = (await world.document(INSTALLATIONS, "kubevirt"))["status"]
            [degraded] = [one for one in status["conditions"] if one["type"] == "Degraded"]
            assert degraded["status"] == "True"
            assert "developerConfiguration.useEmulation" in degraded["message"]

    with lax_definition(api_server, "kubevirts"):
        with_client(body)
