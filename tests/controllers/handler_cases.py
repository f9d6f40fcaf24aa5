"""One launcher, watched by as many handlers as there are cases to try.

A guest that really runs takes seconds to start and ends once. What is tried here is what handlers write of it when one
of their calls fails, and each of them has a guest object, a Pod object and a memory of its own; only the Pod's folder
is everybody's. So a single start and a single end serve every case, and whatever the handlers do to the launcher, it
has to have started one domain once, with one address server.
"""

import asyncio
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from controllers.launchers import pod_name
from controllers.runtime.informer import Informer
from controllers.runtime.resources import Request
from controllers.virt_handler.guest_sync import BY_GUEST, Folders, GuestSync
from controllers.virt_handler.objects import GUESTS, LAUNCHERS, NODE_NAME, PODS, Pod, created_by
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import KvnodeError
from kvnode.network.dnsmasq import find_dnsmasq
from tests.controllers.faulty_client import FaultyClient, Told
from tests.controllers.handler_world import NODE, Cluster

CASE_S = 60.0
CAUGHT_UP_S = 20.0


class Stage:
    """The launcher, and the informers of all cases."""

    def __init__(self, client, api_server, folder, half, guests, pods, threads):
        self.client, self.api_server, self.folder, self.half = client, api_server, folder, half
        self.guests, self.pods, self.threads = guests, pods, threads
        self.folders = Folders(folder / "kubelet", folder / "state")
        self.launcher = None
        self.launchers = []
        self.cases = []

    def case(self, name, fault=None, *, restarts=False):
        """One more guest object on the launcher; the first one makes it."""
        self.api_server.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        cluster = Cluster(self.api_server, name, self.folder)
        _, there = cluster.scheduled(launcher=self.launcher is None)
        if self.launcher is None:
            self.launcher = there
            self.launchers.append(there)
        else:
            pods = self.folder / "kubelet" / "pods"
            (pods / there.uid).symlink_to(pods / self.launcher.uid)
        made = Case(self, cluster, there, fault, restarts)
        self.cases.append(made)
        return made

    def share_record(self):
        """What the first handler wrote down of the start is what every other one finds."""
        for case in self.cases:
            if case.pod is not self.launcher:
                shutil.copyfile(self.launcher.place.record, case.pod.place.record)

    @property
    def pid(self):
        """The launcher's process."""
        return self.launcher.sandbox.launcher.pid

    def processes(self):
        """The guest's QEMUs and its address servers, by pid."""
        return qemus(self.pid), find_dnsmasq(self.pid)

    def close(self):
        for case in self.cases:
            case.sync.close()
        for launcher in self.launchers:
            launcher.end()


class Case:
    """One guest object and the handler that looks after it, with one fault among its calls.

    restarts  -- the handler dies of the fault, and the next one remembers nothing
    """

    def __init__(self, stage, cluster, pod, fault, restarts):
        self.stage, self.cluster, self.pod, self.restarts = stage, cluster, pod, restarts
        self.fault = fault
        self.request = Request(cluster.namespace, "vmi-tiny")
        self.client = FaultyClient(stage.client, fault, reads=True)
        self.told = Told()
        self.woken = asyncio.Event()
        self.restarted = 0
        self.sync = self._handler()

    def __str__(self):
        return f"{self.fault or 'no fault'}{', and another handler after it' if self.restarts else ''}"

    def _handler(self):
        stage = self.stage
        return GuestSync(
            self.client,
            self.told,
            stage.guests,
            stage.pods,
            stage.folders,
            NODE,
            lambda: stage.half,
            lambda _: self.woken.set(),
            stage.threads,
        )

    @property
    def pod_name(self):
        return pod_name(self.request.name, self.pod.guest_uid)

    def restart(self):
        """The handler is gone, and another one in its place."""
        self.sync.close()
        self.restarted += 1
        self.sync = self._handler()

    async def status(self):
        document = await self.stage.client.request("GET", GUESTS.path_of(self.request))
        return json.loads(document)["status"]

    async def caught_up(self):
        """Wait until the informers know what the API server says of this case."""
        async with asyncio.timeout(CAUGHT_UP_S):
            for informer in (self.stage.guests, self.stage.pods):
                listed = json.loads(
                    await self.stage.client.request("GET", informer.resource.path(self.request.namespace))
                )["items"]
                live = {one["metadata"]["name"]: one["metadata"]["resourceVersion"] for one in listed}
                while live != {
                    one.metadata.name: one.metadata.resource_version
                    for one in informer.items()
                    if one.metadata.namespace == self.request.namespace
                }:
                    await asyncio.sleep(0.005)

    async def settle(self, done):
        """Reconcile, as a workqueue would, until ``done(status)`` and there is nothing more to write."""
        async with asyncio.timeout(CASE_S):
            while True:
                await self.caught_up()
                self.woken.clear()
                writes, hit = self.client.writes, self.client.hit
                try:
                    result = await self.sync.reconcile(self.request)
                except KvnodeError:
                    if self.client.hit and not hit and self.restarts:
                        self.restart()
                    await asyncio.sleep(0.02)
                    if done(await self.status()):
                        return
                    continue
                if self.client.writes != writes:
                    continue
                if done(await self.status()):
                    return
                pause_s = result.requeue_after_s if result is not None else CASE_S
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.woken.wait(), pause_s)

    async def outcome(self):
        """What stands there and what was told, without what no two runs share."""
        status = await self.status()
        for one in status.get("conditions", ()):
            one.pop("lastTransitionTime")
        status["conditions"] = sorted(status.get("conditions", ()), key=lambda one: one["type"])
        entered = status.pop("phaseTransitionTimestamps", ())
        return {**status, "entered": [one["phase"] for one in entered], "told": sorted(set(self.told.said))}


def is_phase(*phases):
    return lambda status: status["phase"] in phases


def qemus(launcher_pid):
    """QEMUs in the pid namespace of a launcher."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            same = os.readlink(entry / "ns/pid") == os.readlink(f"/proc/{launcher_pid}/ns/pid")
            if same and (entry / "comm").read_text().startswith("qemu-system"):
                found.append(int(entry.name))
    return sorted(found)


@asynccontextmanager
async def stage(client, api_server, folder, half):
    """A stage without a launcher yet; everything on it ends with it."""
    guests = Informer(client, GUESTS, VirtualMachineInstance, label_selector=f"{NODE_NAME}={NODE}")
    pods = Informer(
        client,
        PODS,
        Pod,
        label_selector=LAUNCHERS,
        indexers={BY_GUEST: lambda pod: [uid for uid in (created_by(pod),) if uid]},
    )
    tasks = [asyncio.create_task(informer.run()) for informer in (guests, pods)]
    with ThreadPoolExecutor(4) as threads:
        made = Stage(client, api_server, folder, half, guests, pods, threads)
        try:
            for informer in (guests, pods):
                await informer.synced.wait()
            yield made
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            made.close()
