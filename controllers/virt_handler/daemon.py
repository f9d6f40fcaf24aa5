"""virt-handler put together: informers on this node's guests and Pods, the reconcile, device plugins, the heartbeat."""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from controllers.runtime import credentials
from controllers.runtime.client import ApiClient
from controllers.runtime.controller import Controller
from controllers.runtime.events import EventRecorder
from controllers.runtime.health import HealthServer, synced
from controllers.runtime.informer import Informer
from controllers.runtime.installation import INSTALLATIONS, Installation, LiveConfiguration
from controllers.runtime.metrics import Metrics
from controllers.runtime.peers import HANDLER_PORT
from controllers.runtime.resources import Request
from controllers.runtime.services import run_services
from controllers.virt_handler.console import Consoles
from controllers.virt_handler.device_plugin import DevicePlugin
from controllers.virt_handler.guest_sync import BY_GUEST, Folders, GuestSync
from controllers.virt_handler.node import ThisNode
from controllers.virt_handler.objects import GUESTS, LAUNCHERS, NODE_NAME, PODS, Pod, created_by
from controllers.virt_handler.stream_server import StreamServer
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.settings import typed_configuration
from kvnode.errors import UsageError

NAME = "virt-handler"
THREADS = 8
TUN, KVM = "/dev/net/tun", "/dev/kvm"


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line. Raises UsageError where nobody says which node this is."""
    parser = argparse.ArgumentParser(prog="python3 -m controllers.virt_handler", description=__doc__)
    parser.add_argument("--node", default=os.environ.get("NODE_NAME", ""), help="this node's name; $NODE_NAME")
    parser.add_argument("--kubeconfig", default=None, help="outside of a cluster; $KUBECONFIG")
    parser.add_argument(
        "--namespace",
        default=os.environ.get("POD_NAMESPACE") or "kubevirt",
        help="where the installation lives: its KubeVirt resource and its Secrets; $POD_NAMESPACE",
    )
    parser.add_argument("--kubelet", type=Path, default=Path("/var/lib/kubelet"), help="the kubelet's folder")
    parser.add_argument("--state", type=Path, default=Path("/run/kvnode/pods"), help="what is kept of guests here")
    parser.add_argument(
        "--cgroups", type=Path, default=Path("/sys/fs/cgroup"), help="the host's cgroups, as this process sees them"
    )
    parser.add_argument("--port", type=int, default=8081, help="of /healthz, /readyz and /metrics; 0 is any")
    parser.add_argument("--stream-port", type=int, default=HANDLER_PORT, help="of guests' streams, for virt-api alone")
    options = parser.parse_args(arguments)
    if not options.node:
        raise UsageError("which node is this? --node or $NODE_NAME says it (the downward API has spec.nodeName)")
    return options


async def run(options: argparse.Namespace) -> None:
    """The daemon's whole life."""
    metrics = Metrics()
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="node-half")
    async with ApiClient(credentials.find(options.kubeconfig), field_owner=NAME, metrics=metrics) as client:
        guests = Informer(
            client,
            GUESTS,
            VirtualMachineInstance,
            label_selector=f"{NODE_NAME}={options.node}",
            metrics=metrics,
        )
        pods = Informer(
            client,
            PODS,
            Pod,
            label_selector=LAUNCHERS,
            field_selector=f"spec.nodeName={options.node}",
            indexers={BY_GUEST: lambda pod: [uid for uid in (created_by(pod),) if uid]},
            metrics=metrics,
        )
        installations = Informer(client, INSTALLATIONS, Installation, namespace=options.namespace, metrics=metrics)
        folders = Folders(options.kubelet, options.state)
        configuration = LiveConfiguration(installations, typed_configuration)
        node = ThisNode(options.node, folders, options.cgroups, configuration.current, threads)
        events = EventRecorder(client, NAME, host=options.node, metrics=metrics)
        sync = GuestSync(
            client,
            events,
            guests,
            pods,
            folders,
            options.node,
            node.half,
            lambda request: controller.enqueue(request),
            threads,
        )
        controller = Controller("guest", sync.reconcile, metrics=metrics)
        controller.watches(guests)
        controller.watches(pods, _guest_of)
        controller.watches(installations, lambda _: [])
        consoles = Consoles(guests, pods, folders, options.node)
        plugins = [
            DevicePlugin(options.kubelet / "device-plugins", f"devices.kubevirt.io/{name}", path, healthy)
            for name, path, healthy in (
                ("tun", TUN, lambda: os.path.exists(TUN)),
                ("kvm", KVM, node.kvm_works),
            )
        ]
        ready = {
            "guests": synced(guests),
            "pods": synced(pods),
            "capabilities": lambda: None if node.known.is_set() else "what QEMU can do here is still being asked",
        }
        try:
            await run_services(
                guests.run(),
                pods.run(),
                installations.run(),
                _reconcile_once_known(node, controller),
                node.beat(client),
                events.run(),
                HealthServer(metrics, port=options.port, ready=ready).run(),
                *(plugin.run() for plugin in plugins),
                # Named last, so ended first: users are told while all else is still there.
                StreamServer(client, consoles, options.namespace, port=options.stream_port).run(),
            )
        finally:
            sync.close()
            threads.shutdown(wait=False, cancel_futures=True)


async def _reconcile_once_known(node: ThisNode, controller: Controller) -> None:
    await node.known.wait()
    await controller.run()


def _guest_of(pod: Pod) -> list[Request]:
    """The guest whose Pod this is, by the owner that the controller named."""
    return [
        Request(pod.metadata.namespace or "", owner.name)
        for owner in pod.metadata.owner_references
        if owner.controller and owner.kind == GUESTS.kind
    ]
