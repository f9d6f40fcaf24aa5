"""The daemon: informers, four controllers, one lease.

Every replica keeps its informers warm and answers for its health; the one that holds the lease reconciles. Its role
needs no Secrets: it reads and writes the three kinds, makes and deletes Pods, watches nodes and takes the label of
those that are silent, watches how the daemons are, and writes events.
"""

import asyncio
import os
import secrets
import socket
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from controllers.launchers import LAUNCHER
from controllers.runtime import credentials
from controllers.runtime.backoff import Backoff
from controllers.runtime.client import ApiClient
from controllers.runtime.controller import Controller
from controllers.runtime.election import LeaderElection
from controllers.runtime.events import EventRecorder
from controllers.runtime.health import HealthServer, synced
from controllers.runtime.informer import Change, Informer
from controllers.runtime.installation import INSTALLATIONS, Installation
from controllers.runtime.metrics import Metrics
from controllers.runtime.resources import Request, request_of
from controllers.runtime.services import run_services
from controllers.virt_controller.components import DAEMON_SETS, DEPLOYMENTS, LABEL_SELECTOR, DaemonSet, Deployment
from controllers.virt_controller.guest_ready import node_fault
from controllers.virt_controller.heartbeats import Heartbeats
from controllers.virt_controller.node_life import trimmed
from controllers.virt_controller.objects import (
    GUESTS,
    LAUNCHER_LABEL,
    MACHINES,
    NODES,
    PODS,
    Guest,
    Machine,
    Node,
    Pod,
)
from controllers.virt_controller.reconcilers import (
    ON_NODE,
    POD_BY_NAME,
    POD_OF,
    GuestReconciler,
    InstallationReconciler,
    MachineReconciler,
    NodeReconciler,
    guest_name,
    guest_of_pod,
    guest_uid,
    node_of,
)
from controllers.virt_controller.settings import LAUNCHER_IMAGE, live_settings

T = TypeVar("T", Machine, Guest, Pod, Installation, Deployment, DaemonSet)

NAME = "virt-controller"
# A refusal (a quota, a webhook that is away) may last; whoever waits for its end shouldn't wait for minutes after it.
_BACKOFF = Backoff(first_s=0.05, most_s=30.0)


class Options(Struct, frozen=True):
    """
    namespace       -- where the installation lives, and its lease
    launcher_image  -- the image of guests' Pods
    kubeconfig      -- a file, or None for KUBECONFIG or the Pod's service account
    health_port     -- for /healthz, /readyz and /metrics
    """

    namespace: str = "kubevirt"
    launcher_image: str = LAUNCHER_IMAGE
    kubeconfig: str | None = None
    health_port: int = 8081


class Informers(Struct, frozen=True):
    """What the daemon knows of the cluster."""

    machines: Informer[Machine]
    guests: Informer[Guest]
    pods: Informer[Pod]
    installations: Informer[Installation]
    nodes: Informer[Node]
    deployments: Informer[Deployment]
    daemon_sets: Informer[DaemonSet]

    @classmethod
    def of(cls, client: ApiClient, namespace: str, metrics: Metrics) -> "Informers":
        """Informers of all namespaces, of `KubeVirt` resources and daemons only of the installation's own."""
        return cls(
            Informer(client, MACHINES, Machine, trim=_without_managers, metrics=metrics),
            Informer(client, GUESTS, Guest, indexers={ON_NODE: node_of}, trim=_without_managers, metrics=metrics),
            Informer(
                client,
                PODS,
                Pod,
                label_selector=f"{LAUNCHER_LABEL}={LAUNCHER}",
                indexers={POD_OF: guest_uid, POD_BY_NAME: guest_name},
                trim=_without_managers,
                metrics=metrics,
            ),
            Informer(client, INSTALLATIONS, Installation, namespace=namespace, trim=_without_managers, metrics=metrics),
            Informer(client, NODES, Node, trim=trimmed, metrics=metrics),
            Informer(
                client,
                DEPLOYMENTS,
                Deployment,
                namespace=namespace,
                label_selector=LABEL_SELECTOR,
                trim=_without_managers,
                metrics=metrics,
            ),
            Informer(
                client,
                DAEMON_SETS,
                DaemonSet,
                namespace=namespace,
                label_selector=LABEL_SELECTOR,
                trim=_without_managers,
                metrics=metrics,
            ),
        )

    def all(self) -> tuple[Informer[Any], ...]:
        """Each of them."""
        return tuple(getattr(self, name) for name in self.__struct_fields__)


def controllers(
    client: ApiClient,
    recorder: EventRecorder,
    informers: Informers,
    launcher_image: str,
    metrics: Metrics,
    election: LeaderElection,
) -> list[Controller]:
    """One controller for each kind, wired to what it has to look at again for."""
    settings = live_settings(informers.installations, launcher_image)
    beats = Heartbeats()
    guests = GuestReconciler(client, recorder, informers.guests, informers.pods, informers.nodes, beats, settings)
    machines = MachineReconciler(client, recorder, informers.machines, informers.guests, informers.pods, settings)
    nodes = NodeReconciler(client, recorder, informers.nodes, beats)
    installations = InstallationReconciler(
        client, recorder, informers.installations, informers.deployments, informers.daemon_sets, settings
    )
    made = [
        Controller(
            name,
            reconciler.reconcile,
            backoff=_BACKOFF,
            metrics=metrics,
            may_run=election.leads,
            undecodable=reconciler.undecodable,
        )
        for name, reconciler in (
            ("virtualmachine", machines),
            ("virtualmachineinstance", guests),
            ("kubevirt", installations),
            ("node", nodes),
        )
    ]
    of_machines, of_guests, of_installations, of_nodes = made
    of_machines.watches(informers.machines)
    # A guest is looked for by its machine's name, so a foreign one of that name concerns the machine as well.
    of_machines.watches(informers.guests)
    of_machines.watches(informers.pods, machines.machine_left_behind)
    of_guests.watches(informers.guests)
    of_guests.watches(informers.pods, guest_of_pod)
    of_installations.watches(informers.installations)
    of_installations.watches(informers.deployments, installations.concerned)
    of_installations.watches(informers.daemon_sets, installations.concerned)
    of_nodes.watches(informers.nodes)
    # Not watched as the others are: guests need no node to be known, and most of what a node tells is no news to them.
    informers.nodes.add_handler(lambda change: wake_guests(change, informers.guests, of_guests))
    return made


def wake_guests(change: Change[Node], guests: Informer[Guest], controller: Controller) -> None:
    """Has a node's guests looked at again when it stops being ready, or is again."""
    if (node_fault(change.old) is None) != (node_fault(change.new) is None):
        for guest in guests.by_index(ON_NODE, change.request.name):
            controller.enqueue(request_of(guest))


async def run(options: Options) -> None:
    """Run until a signal asks for the end. Raises KvnodeError where a part fails."""
    metrics = Metrics()
    async with ApiClient(credentials.find(options.kubeconfig), field_owner=NAME, metrics=metrics) as client:
        host = os.environ.get("HOSTNAME") or socket.gethostname()
        recorder = EventRecorder(client, NAME, host=host, metrics=metrics)
        informers = Informers.of(client, options.namespace, metrics)
        election = LeaderElection(
            client, Request(options.namespace, NAME), f"{host}_{secrets.token_hex(4)}", metrics=metrics
        )
        made = controllers(client, recorder, informers, options.launcher_image, metrics, election)

        async def lead() -> None:
            await asyncio.gather(*(controller.run() for controller in made))

        ready = {informer.resource.plural: synced(informer) for informer in informers.all()}
        health = HealthServer(metrics, port=options.health_port, ready=ready)
        await run_services(
            health.run(), recorder.run(), election.run(lead), *(informer.run() for informer in informers.all())
        )


def _without_managers(obj: T) -> T:
    """Managed fields are a third of an object, and nothing here reads them."""
    metadata = replace(obj.metadata, managed_fields=())
    return replace(obj, metadata=metadata)
