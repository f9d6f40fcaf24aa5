"""The node's reconcile against a real API server, with a real launcher in a Pod that only lacks its kubelet."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from controllers.runtime.client import ApiClient
from controllers.runtime.controller import Controller
from controllers.runtime.credentials import from_kubeconfig
from controllers.runtime.events import EventRecorder
from controllers.runtime.informer import Informer
from controllers.virt_handler.daemon import _guest_of
from controllers.virt_handler.guest_sync import BY_GUEST, Folders, GuestSync
from controllers.virt_handler.objects import CREATED_BY, GUESTS, LAUNCHERS, NODE_NAME, PODS, Pod, created_by
from kvnode.api.configuration import DeveloperConfiguration, KubeVirtConfiguration
from kvnode.api.instance import VirtualMachineInstance
from kvnode.host import probe_host
from kvnode.network.dnsmasq import find_dnsmasq
from kvnode.paths import NodePaths
from kvnode.runtime.capabilities import ensure_capabilities
from kvnode.runtime.pod_node import NodeHalf
from tests.controllers.api_server import ApiServer
from tests.guest.conftest import EXAMPLE
from tests.guest.launcher_pod import Pod as LauncherPod

NODE = "node-of-the-test"
CRDS = Path(__file__).resolve().parents[2] / "deploy" / "crds"
WAIT_S = 60.0


@pytest.fixture(scope="session")
def crds(api_server: ApiServer) -> None:
    """The kinds that the daemon reads."""
    for file in sorted(CRDS.glob("*.yaml")):
        body = yaml.safe_load(file.read_text())
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{body['metadata']['name']}"
        api_server.request(
            "PATCH", f"{path}?fieldManager=test&force=true", body, content_type="application/apply-patch+yaml"
        )
    deadline = time.monotonic() + 30
    while "virtualmachineinstances" not in str(api_server.request("GET", "/apis/kubevirt.io/v1")):
        assert time.monotonic() < deadline
        time.sleep(0.2)


class Cluster:
    """What controller, scheduler and kubelet do, for one guest."""

    def __init__(self, api: ApiServer, namespace: str, folder: Path) -> None:
        self.api = api
        self.namespace = namespace
        self.folder = folder
        self.launchers: list[LauncherPod] = []
        self.guests = f"/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachineinstances"
        self.pods = f"/api/v1/namespaces/{namespace}/pods"

    def guest(self, name: str = "vmi-tiny") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.api.request("GET", f"{self.guests}/{name}"))
        return found

    def scheduled(self, *, launcher: bool = True) -> tuple[dict[str, Any], LauncherPod]:
        """A guest of this node that is Scheduled, and its Pod; with a launcher in it where that is wanted."""
        document = yaml.safe_load(EXAMPLE.read_text())
        document["metadata"]["namespace"] = self.namespace
        document["metadata"]["labels"][NODE_NAME] = NODE
        document["metadata"]["finalizers"] = ["kubevirt.io/foregroundDeleteVirtualMachine"]
        made = json.loads(self.api.request("POST", self.guests, document))
        uid = made["metadata"]["uid"]
        pod = self._pod(uid)
        there = LauncherPod(self.folder, 0, pod["metadata"]["uid"])
        there.guest_uid = uid
        if launcher:
            self.launchers.append(there)
            there.start()
        waits = {
            "type": "Ready",
            "status": "False",
            "reason": "GuestNotRunning",
            "message": "its handler starts it",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        status = {"phase": "Scheduled", "nodeName": NODE, "conditions": [waits]}
        self.patch(f"{self.guests}/vmi-tiny/status", {"status": status})
        return self.guest(), there

    def _pod(self, uid: str) -> dict[str, Any]:
        owner = {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachineInstance",
            "name": "vmi-tiny",
            "uid": uid,
            "controller": True,
        }
        body = {
            "metadata": {
                "name": "virt-launcher-vmi-tiny",
                "labels": {"kubevirt.io": "virt-launcher", CREATED_BY: uid},
                "ownerReferences": [owner],
            },
            "spec": {"nodeName": NODE, "containers": [{"name": "compute", "image": "launcher"}]},
        }
        made: dict[str, Any] = json.loads(self.api.request("POST", self.pods, body))
        return made

    def patch(self, path: str, body: dict[str, Any]) -> None:
        self.api.request("PATCH", path, body, content_type="application/merge-patch+json")

    def pod_ended(self, exit_code: int, message: str = "") -> None:
        """What the kubelet says of a Pod that has ended."""
        ended = {"exitCode": exit_code, "message": message}
        container = {
            "name": "compute",
            "image": "launcher",
            "imageID": "",
            "ready": False,
            "restartCount": 0,
            "state": {"terminated": ended},
        }
        phase = "Failed" if exit_code else "Succeeded"
        body = {"status": {"phase": phase, "containerStatuses": [container]}}
        self.patch(f"{self.pods}/virt-launcher-vmi-tiny/status", body)

    def condition(self, kind: str) -> dict[str, Any]:
        conditions = self.guest()["status"].get("conditions", [])
        return next((one for one in conditions if one["type"] == kind), {})

    def events(self) -> list[tuple[str, str]]:
        listed = json.loads(self.api.request("GET", f"/api/v1/namespaces/{self.namespace}/events"))
        return [(event["reason"], event["message"]) for event in listed["items"]]

    def close(self) -> None:
        for launcher in self.launchers:
            launcher.end()


@pytest.fixture
def cluster(api_server: ApiServer, crds: None, namespace: str, tiny_image: str, tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(api_server, namespace, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def half() -> NodeHalf:
    host = probe_host()
    emulated = KubeVirtConfiguration(developer_configuration=DeveloperConfiguration(use_emulation=True))
    return NodeHalf(host, ensure_capabilities(NodePaths.here(), host, print), emulated)


@asynccontextmanager
async def handler(cluster: Cluster, half: NodeHalf) -> AsyncIterator[GuestSync]:
    """The daemon's parts for guests, as the daemon has them."""
    folders = Folders(cluster.folder / "kubelet", cluster.folder / "state")
    threads = ThreadPoolExecutor(2)
    async with ApiClient(from_kubeconfig(cluster.api.kubeconfig), field_owner="virt-handler") as client:
        namespace = cluster.namespace
        guests = Informer(
            client, GUESTS, VirtualMachineInstance, namespace=namespace, label_selector=f"{NODE_NAME}={NODE}"
        )
        pods = Informer(
            client,
            PODS,
            Pod,
            namespace=namespace,
            label_selector=LAUNCHERS,
            indexers={BY_GUEST: lambda pod: [uid for uid in (created_by(pod),) if uid]},
        )
        events = EventRecorder(client, "virt-handler")
        sync = GuestSync(
            client, events, guests, pods, folders, NODE, lambda: half, lambda key: controller.enqueue(key), threads
        )
        controller = Controller("guest", sync.reconcile)
        controller.watches(guests)
        controller.watches(pods, _guest_of)
        tasks = [asyncio.create_task(part) for part in (guests.run(), pods.run(), events.run(), controller.run())]
        try:
            yield sync
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=20)
            sync.close()
            threads.shutdown()


async def until(what: str, true: Callable[[], object], said: Callable[[], object] = str) -> None:
    """Waits for what another part of the cluster sees."""
    deadline = time.monotonic() + WAIT_S
    while not await asyncio.to_thread(true):
        assert time.monotonic() < deadline, f"{what}: not within {WAIT_S:.0f} s; {await asyncio.to_thread(said)}"
        await asyncio.sleep(0.2)


def phase_is(cluster: Cluster, phase: str) -> Callable[[], bool]:
    return lambda: cluster.guest()["status"]["phase"] == phase


def test_a_guest_from_scheduled_to_its_end(cluster: Cluster, half: NodeHalf) -> None:
    _, launcher = cluster.scheduled()

    async def body() -> None:
        async with handler(cluster, half):
            await until("Running", phase_is(cluster, "Running"), cluster.guest)
        status = cluster.guest()["status"]
        (interface,) = status["interfaces"]
        assert (interface["name"], interface["podInterfaceName"], interface["infoSource"]) == (
            "default",
            "eth0",
            "domain",
        )
        assert interface["ipAddress"] in interface["ipAddresses"]
        ready = cluster.condition("Ready")
        assert (ready["status"], ready["reason"], ready["message"]) == ("True", "", ""), "the controller's words go"
        assert cluster.condition("LiveMigratable")["reason"] == "InterfaceNotLiveMigratable"
        assert "emulated" in cluster.condition("SoftwareEmulation")["message"]
        assert [one["target"] for one in status["volumeStatus"]] == ["vda", "vdb"]
        entered = [one["phase"] for one in status["phaseTransitionTimestamps"]]
        assert entered == ["Running"]
        assert launcher.sandbox is not None
        assert launcher.sandbox.launcher.alive(), "the handler ended, and its guest with it"

        # The next handler follows what the first one started; a guest that is to go is asked to.
        async with handler(cluster, half):
            cluster.api.request("DELETE", f"{cluster.guests}/vmi-tiny")
            await until("the end", phase_is(cluster, "Succeeded"), cluster.guest)
            await until(
                "the event", lambda: any(reason == "Shutdown" for reason, _ in cluster.events()), cluster.events
            )
        assert cluster.condition("Ready")["status"] == "False"
        assert [one["phase"] for one in cluster.guest()["status"]["phaseTransitionTimestamps"]] == [
            "Running",
            "Succeeded",
        ]

    asyncio.run(body())


def test_a_start_that_fails_is_told_and_tried_again(cluster: Cluster, half: NodeHalf) -> None:
    """No KVM and no emulation: a condition and an event say why; once it is allowed, the guest runs."""
    _, launcher = cluster.scheduled()
    (launcher.image / "disk" / "second").touch()

    async def body() -> None:
        async with handler(cluster, half):
            synchronized = lambda: cluster.condition("Synchronized").get("reason") == "InvalidImage"  # noqa: E731
            await until("the condition", synchronized, cluster.guest)
            assert "2 files in /disk" in cluster.condition("Synchronized")["message"]
            await until("the event", lambda: "InvalidImage" in dict(cluster.events()), cluster.events)
            assert cluster.guest()["status"]["phase"] == "Scheduled"
            (launcher.image / "disk" / "second").unlink()
            await until("Running", phase_is(cluster, "Running"), cluster.guest)
            assert cluster.condition("Synchronized")["status"] == "True"

    asyncio.run(body())


def test_a_silent_launcher_is_left_alone(cluster: Cluster, half: NodeHalf) -> None:
    """Nothing is known of a guest whose launcher doesn't answer, so nothing is done: it goes on when it answers."""
    _, launcher = cluster.scheduled()

    async def body() -> None:
        async with handler(cluster, half):
            await until("Running", phase_is(cluster, "Running"), cluster.guest)
        assert launcher.sandbox is not None
        pid = launcher.sandbox.launcher.pid
        servers = find_dnsmasq(pid)
        os.kill(pid, signal.SIGSTOP)
        try:
            async with handler(cluster, half):
                await until("Unknown", lambda: cluster.condition("Ready").get("status") == "Unknown", cluster.guest)
                assert cluster.guest()["status"]["phase"] == "Running"
                assert find_dnsmasq(pid) == servers
                os.kill(pid, signal.SIGCONT)
                await until("Ready", lambda: cluster.condition("Ready").get("status") == "True", cluster.guest)
        finally:
            os.kill(pid, signal.SIGCONT)

    asyncio.run(body())


@pytest.mark.parametrize(
    ("exit_code", "phase", "reason"), [(0, "Succeeded", "Shutdown"), (4, "Failed", "GuestCrashed")]
)
def test_how_a_guest_ended_while_the_handler_was_away(
    cluster: Cluster, half: NodeHalf, exit_code: int, phase: str, reason: str
) -> None:
    """The kubelet has emptied the Pod's folder; its container's last word is with the API server."""
    cluster.scheduled(launcher=False)
    cluster.patch(f"{cluster.guests}/vmi-tiny/status", {"status": {"phase": "Running"}})
    cluster.pod_ended(exit_code, "its last word")

    async def body() -> None:
        async with handler(cluster, half):
            await until("the end", phase_is(cluster, phase), cluster.guest)
            await until("the event", lambda: (reason, "its last word") in cluster.events(), cluster.events)
        assert cluster.condition("Ready")["message"] == "its last word"

    asyncio.run(body())
