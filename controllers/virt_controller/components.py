"""The other daemons as their Deployments and the DaemonSet tell of them: whether everything is up, and what isn't.

Nothing here starts or mends a daemon; whoever installed kvnode did, and Kubernetes keeps it so. It is told on the
`KubeVirt` resource, where users of it wait (`kubectl wait kv kubevirt --for condition=Available`).
"""

from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct

from controllers.runtime.resources import Resource
from kvnode.api.base import FALSE, ZERO, Int32, Int64, Model
from kvnode.api.meta import ObjectMeta

DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
DAEMON_SETS = Resource("apps", "v1", "daemonsets", "DaemonSet")

LABEL_SELECTOR = "kubevirt.io in (virt-api,virt-controller,virt-handler)"
_DEPLOYED = ("virt-api", "virt-controller")
_ON_NODES = ("virt-handler",)


class DeploymentSpec(Model, frozen=True):
    """How many Pods are wanted."""

    replicas: Int32 | None = None  # how many; unsaid, 1
    paused: bool = FALSE  # whether a change is held back


class DeploymentStatus(Model, frozen=True):
    """How many Pods there are."""

    observed_generation: Int64 = ZERO  # the generation that the numbers are of
    replicas: Int32 = ZERO  # Pods, old and new
    updated_replicas: Int32 = ZERO  # those made from the present template
    available_replicas: Int32 = ZERO  # those that serve


class Deployment(Model, frozen=True):
    """A daemon of which some replicas run, somewhere."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: DeploymentSpec = DeploymentSpec()  # what is wanted
    status: DeploymentStatus = DeploymentStatus()  # what there is


class DaemonSetStatus(Model, frozen=True):
    """On how many nodes there are Pods."""

    observed_generation: Int64 = ZERO  # the generation that the numbers are of
    desired_number_scheduled: Int32 = ZERO  # nodes that should have a Pod
    updated_number_scheduled: Int32 = ZERO  # nodes whose Pod is made from the present template
    number_available: Int32 = ZERO  # nodes whose Pod serves


class DaemonSet(Model, frozen=True):
    """A daemon that runs on each node."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    status: DaemonSetStatus = DaemonSetStatus()  # what there is


class Components(Struct, frozen=True):
    """What is said of all daemons together, as sentences; empty where there is nothing to say.

    down      -- daemons of which nothing serves at all
    lacking   -- daemons of which less serves than should, those that are down among them
    rolling   -- daemons whose last change has not arrived everywhere yet
    """

    down: str
    lacking: str
    rolling: str


class _Named(Protocol):
    @property
    def metadata(self) -> ObjectMeta: ...


class _Count(Struct, frozen=True):
    """One daemon in numbers."""

    name: str
    places: str
    wanted: int
    updated: int
    available: int
    observed: bool


def components(deployments: Iterable[Deployment], daemon_sets: Iterable[DaemonSet]) -> Components:
    """What the daemons' own objects say, all of one namespace."""
    counts = {one.name: one for one in (*map(_of_deployment, deployments), *map(_of_daemon_set, daemon_sets))}
    missing = [f"there is no Deployment {name}" for name in _DEPLOYED if name not in counts]
    missing += [f"there is no DaemonSet {name}" for name in _ON_NODES if name not in counts]
    down, lacking, rolling = [*missing], [*missing], []
    for one in sorted(counts.values(), key=lambda one: one.name):
        if one.available < one.wanted:
            lacking.append(f"{one.name} serves on {one.available} of {one.wanted} {one.places}")
        # No node at all to run guests on is how a cluster begins, and nothing that is broken.
        if one.available == 0 and one.wanted > 0:
            down.append(lacking[-1])
        elif one.wanted == 0 and one.name in _DEPLOYED:
            down.append(f"{one.name} is scaled to 0 replicas")
            lacking.append(down[-1])
        if not one.observed:
            rolling.append(f"the change of {one.name} has not been taken up yet")
        elif one.updated < one.wanted:
            rolling.append(f"{one.name} is updated on {one.updated} of {one.wanted} {one.places}")
    return Components("; ".join(down), "; ".join(lacking), "; ".join(rolling))


def _of_deployment(one: Deployment) -> _Count:
    wanted = 1 if one.spec.replicas is None else one.spec.replicas
    status = one.status
    updated = wanted if one.spec.paused else status.updated_replicas
    return _Count(_name(one), "replicas", wanted, updated, status.available_replicas, _observed(one))


def _of_daemon_set(one: DaemonSet) -> _Count:
    status = one.status
    wanted, updated = status.desired_number_scheduled, status.updated_number_scheduled
    return _Count(_name(one), "nodes", wanted, updated, status.number_available, _observed(one))


def _name(one: _Named) -> str:
    return one.metadata.name or ""


def _observed(one: Deployment | DaemonSet) -> bool:
    return one.status.observed_generation >= (one.metadata.generation or 0)
