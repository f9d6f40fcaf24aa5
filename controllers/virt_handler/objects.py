"""The objects that this daemon reads, as far as it reads them, and where they are found."""

from __future__ import annotations

from msgspec import field

from controllers.launchers import is_launcher_of
from controllers.runtime.resources import Resource
from kvnode.api.base import EMPTY, ZERO, Int32, Model
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.meta import ObjectMeta

GUESTS = Resource("kubevirt.io", "v1", "virtualmachineinstances", "VirtualMachineInstance")
PODS = Resource("", "v1", "pods", "Pod")
NODES = Resource("", "v1", "nodes", "Node", namespaced=False)

CREATED_BY = "kubevirt.io/created-by"
NODE_NAME = "kubevirt.io/nodeName"
LAUNCHERS = "kubevirt.io=virt-launcher"
COMPUTE = "compute"


class Terminated(Model, frozen=True):
    """How a container ended."""

    exit_code: Int32 = ZERO  # its exit status
    reason: str | None = None  # why, in one word, such as `OOMKilled`
    message: str | None = None  # the last word of the program


class ContainerState(Model, frozen=True):
    """How a container is; one of its states is there at most."""

    terminated: Terminated | None = None  # it has ended


class ContainerStatus(Model, frozen=True):
    """A container as the kubelet sees it."""

    name: str = EMPTY  # the container
    image: str | None = None  # the image that it runs
    state: ContainerState = ContainerState()  # how it is


class PodStatus(Model, frozen=True):
    """How a Pod is."""

    phase: str | None = None  # `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`
    reason: str | None = None  # why, in one word, such as `Evicted`
    message: str | None = None  # why, in a sentence
    container_statuses: tuple[ContainerStatus, ...] = ()  # its containers
    qos_class: str | None = field(default=None)  # quality of service


class PodSpec(Model, frozen=True):
    """What of a Pod's spec matters here."""

    node_name: str | None = None  # the node that it was given to


class Pod(Model, frozen=True):
    """A launcher's Pod."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: PodSpec = PodSpec()  # its node
    status: PodStatus = PodStatus()  # how it is


class Node(Model, frozen=True):
    """A node's labels."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history


def pod_of(vmi: VirtualMachineInstance, pods: list[Pod], node: str) -> Pod | None:
    """The guest's Pod on a node; one that merely says that it is the guest's isn't."""
    own = (pod for pod in pods if is_launcher_of(vmi.metadata, pod.metadata))
    return next((pod for pod in own if pod.spec.node_name == node), None)


def created_by(pod: Pod) -> str | None:
    """The uid of the guest that a Pod says it was made for: good for finding it, and for nothing else."""
    return (pod.metadata.labels or {}).get(CREATED_BY)


def is_over(pod: Pod) -> bool:
    """Whether no container of the Pod runs any more, nor will."""
    return pod.status.phase in ("Succeeded", "Failed")
