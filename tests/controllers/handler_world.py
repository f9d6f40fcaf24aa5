"""What stands around virt-handler in its tests: a real API server, and a Pod that only lacks its kubelet.

`Cluster` plays controller, scheduler and kubelet for one guest; `handler` is the daemon's parts for guests, put
together as the daemon has them. The fixtures over both are in this folder's conftest.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from controllers.launchers import pod_name
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
from kvnode.paths import NodePaths
from kvnode.runtime.capabilities import ensure_capabilities
from kvnode.runtime.pod_node import NodeHalf
from tests.controllers.api_server import ApiServer
from tests.guest.conftest import EXAMPLE
from tests.guest.launcher_pod import Pod as LauncherPod

NODE = "node-of-the-test"
WAIT_S = 60.0


def emulating_half() -> NodeHalf:
    """What a start needs to know of this machine, where emulation will do."""
    host = probe_host()
    emulated = KubeVirtConfiguration(developer_configuration=DeveloperConfiguration(use_emulation=True))
    return NodeHalf(host, ensure_capabilities(NodePaths.here(), host, print), emulated)


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
                "name": pod_name("vmi-tiny", uid),
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
        name = pod_name("vmi-tiny", self.guest()["metadata"]["uid"])
        self.patch(f"{self.pods}/{name}/status", body)

    def condition(self, kind: str) -> dict[str, Any]:
        conditions = self.guest()["status"].get("conditions", [])
        return next((one for one in conditions if one["type"] == kind), {})

    def events(self) -> list[tuple[str, str]]:
        listed = json.loads(self.api.request("GET", f"/api/v1/namespaces/{self.namespace}/events"))
        return [(event["reason"], event["message"]) for event in listed["items"]]

    def close(self) -> None:
        for launcher in self.launchers:
            launcher.end()


@asynccontextmanager
async def handler(cluster: Cluster, half: NodeHalf | Callable[[], NodeHalf]) -> AsyncIterator[GuestSync]:
    """The daemon's parts for guests, as the daemon has them."""
    look = half if callable(half) else lambda: half
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
            client, events, guests, pods, folders, NODE, look, lambda key: controller.enqueue(key), threads
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
