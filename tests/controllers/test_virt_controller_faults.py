"""Reconciles against a real API server, each with a failure at each of its writes: before it, and after it.

The test plays the kubelet and the handler. A run that failed somewhere is gone on with, as the workqueue would, until
there is nothing left to do; then everything has to be as if nothing had failed.
"""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from controllers.runtime.controller import Result
from controllers.runtime.faults import ApiError, Unreachable
from controllers.runtime.metrics import Metrics
from controllers.runtime.resources import ApiObject, Request
from controllers.virt_controller.daemon import Informers
from controllers.virt_controller.installation import LiveSettings
from controllers.virt_controller.objects import GUESTS, INSTALLATIONS, MACHINES, PODS, Guest
from controllers.virt_controller.reconcilers import GuestReconciler, InstallationReconciler, MachineReconciler
from kvnode.api.crd import custom_resource_definitions
from tests.controllers.virt_objects import SPEC

WRITES = ("create", "apply", "merge_patch", "json_patch", "delete")
CATCH_UP_S = 20.0
AT_ONCE = 6


@pytest.fixture(scope="module", autouse=True)
def served(api_server):
    """The three kinds, served."""
    for crd in custom_resource_definitions():
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}"
        api_server.request("PATCH", f"{path}?fieldManager=test", crd, content_type="application/apply-patch+yaml")


class Faulty:
    """A client whose write number ``fails_at`` fails once: unsent, or sent with its answer lost."""

    def __init__(self, client, fails_at=0, sent=False):
        self._client, self._fails_at, self._sent = client, fails_at, sent
        self.writes = 0

    def __getattr__(self, name):
        method = getattr(self._client, name)
        if name not in WRITES:
            return method

        async def write(*arguments, **options):
            self.writes += 1
            if self.writes != self._fails_at:
                return await method(*arguments, **options)
            if self._sent:
                await method(*arguments, **options)
            raise Unreachable("the connection broke off")

        return write


class Told:
    """The events, as a list."""

    def __init__(self):
        self.reasons = []

    def event(self, resource, obj, type, reason, message):
        self.reasons.append(reason)


class World:
    """One namespace, the reconcilers over it, and the part of whoever else writes there."""

    def __init__(self, client, namespace, informers, fails_at=0, sent=False):
        self.api, self.namespace, self.informers = client, namespace, informers
        self.client, self.told = Faulty(client, fails_at, sent), Told()
        self.request = Request(namespace, "tiny")
        settings = LiveSettings(informers.installations, "launcher:v1")
        guests = GuestReconciler(self.client, self.told, informers.guests, informers.pods, settings)
        machines = MachineReconciler(self.client, self.told, informers.machines, informers.guests)
        installations = InstallationReconciler(self.client, self.told, informers.installations, settings)
        self.reconcilers = {GUESTS: guests, MACHINES: machines, INSTALLATIONS: installations}

    async def document(self, resource, name="tiny"):
        return json.loads(await self.api.request("GET", resource.path(self.namespace, name)))

    async def pods(self):
        return json.loads(await self.api.request("GET", PODS.path(self.namespace)))["items"]

    async def caught_up(self, resource):
        """Wait until the informers know what the API server says of what ``resource``'s reconcile reads."""
        machines, guests, pods, installations = self.informers.all()
        read = {MACHINES: (machines, guests), GUESTS: (guests, pods), INSTALLATIONS: (installations,)}[resource]
        async with asyncio.timeout(CATCH_UP_S):
            for informer in read:
                listed = json.loads(await self.api.request("GET", informer.resource.path(self.namespace)))["items"]
                live = {one["metadata"]["name"]: one["metadata"]["resourceVersion"] for one in listed}
                while live != self.known(informer):
                    await asyncio.sleep(0.005)

    def known(self, informer):
        """What an informer knows of the namespace: versions by name."""
        mine = [one.metadata for one in informer.items() if one.metadata.namespace == self.namespace]
        return {metadata.name: metadata.resource_version for metadata in mine}

    async def settle(self, resource):
        """Reconcile until nothing is written any more, whatever fails on the way; the last result."""
        result = Result()
        for _ in range(20):
            await self.caught_up(resource)
            before = self.client.writes
            try:
                result = await self.reconcilers[resource].reconcile(self.request)
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


@pytest.mark.timeout(240)
@pytest.mark.partial("each write both unsent and with its answer lost, not by turns")
@pytest.mark.parametrize("life", [life_of_a_guest, life_of_a_machine])
def test_a_failure_at_any_write_changes_nothing_of_the_outcome(life, api_server, with_client, full_run):
    def new_namespace(name):
        api_server.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        return name

    async def body(client):
        async with informers_of(client, "") as informers:
            plain = World(client, new_namespace(f"{life.__name__.replace('_', '-')}-0"), informers)
            expected = await life(plain)
            writes = plain.client.writes
            assert writes > 6
            at_once = asyncio.Semaphore(AT_ONCE)

            async def goes_wrong(fails_at, sent):
                name = f"{life.__name__.replace('_', '-')}-{fails_at}-{'sent' if sent else 'unsent'}"
                async with at_once:
                    world = World(client, new_namespace(name), informers, fails_at, sent)
                    assert await life(world) == expected, f"write {fails_at} of {writes}, {'' if sent else 'un'}sent"

            async with asyncio.TaskGroup() as runs:
                for fails_at in range(1, writes + 1):
                    for sent in (False, True) if full_run else (fails_at % 2 == 0,):
                        runs.create_task(goes_wrong(fails_at, sent))

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


def test_a_status_that_cannot_be_read_is_told_once(namespace, with_client):
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

    with_client(body)


def test_the_configuration_is_live_and_a_bad_one_changes_nothing(namespace, with_client):
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
            assert status["phase"] == "Deployed"
            bad = {"spec": {"configuration": {"developerConfiguration": {"useEmulation": "no"}}}}
            await client.merge_patch(INSTALLATIONS, world.request, bad)
            await world.settle(INSTALLATIONS)
            assert settings.current().emulation is True
            status = (await world.document(INSTALLATIONS, "kubevirt"))["status"]
            [degraded] = [one for one in status["conditions"] if one["type"] == "Degraded"]
            assert degraded["status"] == "True"
            assert "developerConfiguration.useEmulation" in degraded["message"]

    with_client(body)
