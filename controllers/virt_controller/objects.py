"""The objects that this daemon reads, as far as it reads them, and where they are found.

A guest's spec stays a plain document here. What has to be understood of it is read strictly when its Pod is made, and
a template goes into a guest as it is written, so that a field which this build doesn't know is refused with its path
and not lost on the way.
"""

from typing import Any

from msgspec import field

from controllers.runtime.resources import Resource
from kvnode.api.base import EMPTY, FALSE, ZERO, Int32, Model, Time
from kvnode.api.meta import ObjectMeta
from kvnode.api.status import VirtualMachineInstanceStatus
from kvnode.api.virtual_machine import VirtualMachineStatus

GROUP, VERSION = "kubevirt.io", "v1"
MACHINES = Resource(GROUP, VERSION, "virtualmachines", "VirtualMachine")
GUESTS = Resource(GROUP, VERSION, "virtualmachineinstances", "VirtualMachineInstance")
PODS = Resource("", "v1", "pods", "Pod")
NODES = Resource("", "v1", "nodes", "Node", namespaced=False)

CREATED_BY = "kubevirt.io/created-by"
LAUNCHER_LABEL = "kubevirt.io"
NODE_NAME = "kubevirt.io/nodeName"
GUEST_NAME = "vm.kubevirt.io/name"
DOMAIN = "kubevirt.io/domain"
SCHEDULABLE = "kubevirt.io/schedulable"
GENERATION = "kubevirt.io/vm-generation"
TEMPLATE_HASH = "kubevirt.io/template-hash"
HEARTBEAT = "kubevirt.io/heartbeat"

GUEST_FINALIZER = "kubevirt.io/foregroundDeleteVirtualMachine"
MACHINE_FINALIZER = "kubevirt.io/virtualMachineControllerFinalize"


class Guest(Model, frozen=True):
    """A VirtualMachineInstance with its spec as it was written."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: dict[str, Any] = field(default_factory=dict)  # as it was written
    status: VirtualMachineInstanceStatus = VirtualMachineInstanceStatus()  # what is known of it

    @property
    def phase(self) -> str:
        return self.status.phase or ""


class MachineSpec(Model, frozen=True):
    """A VirtualMachine's spec with the template as it was written."""

    run_strategy: str | None = None  # when the guest should run
    running: bool | None = None  # the older way to say `Always` or `Halted`
    template: dict[str, Any] = field(default_factory=dict)  # the guest, as it was written
    instancetype: dict[str, Any] | None = None  # gives size to the guest
    preference: dict[str, Any] | None = None  # fills in what the template leaves open
    data_volume_templates: tuple[dict[str, Any], ...] = ()  # DataVolumes to make along with it


class Machine(Model, frozen=True):
    """A VirtualMachine."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: MachineSpec = MachineSpec()  # when and what it should be
    status: VirtualMachineStatus = VirtualMachineStatus()  # what is known of it


class Waiting(Model, frozen=True):
    """Why a container doesn't run yet."""

    reason: str | None = None  # in one word, such as `ErrImagePull`
    message: str | None = None  # in a sentence


class Running(Model, frozen=True):
    """A container that runs."""

    started_at: Time | None = None  # since when


class Terminated(Model, frozen=True):
    """A container that has ended."""

    exit_code: Int32 = ZERO  # its exit status
    signal: Int32 | None = None  # what killed it
    reason: str | None = None  # in one word, such as `OOMKilled`
    message: str | None = None  # its last words, if it left any
    finished_at: Time | None = None  # when it ended


class ContainerState(Model, frozen=True):
    """One of three."""

    waiting: Waiting | None = None  # it doesn't run yet
    running: Running | None = None  # it runs
    terminated: Terminated | None = None  # it has ended


class ContainerStatus(Model, frozen=True):
    """How a container is."""

    name: str = EMPTY  # the container
    ready: bool = FALSE  # whether it serves
    state: ContainerState = ContainerState()  # how it is
    image: str | None = None  # the image that it runs


class PodCondition(Model, frozen=True):
    """One statement about a Pod."""

    type: str = EMPTY  # what it is about, such as `PodScheduled`
    status: str = EMPTY  # `True`, `False` or `Unknown`
    reason: str | None = None  # why, in one word
    message: str | None = None  # why, in a sentence


class PodStatus(Model, frozen=True):
    """How a Pod is."""

    phase: str | None = None  # `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`
    reason: str | None = None  # why, in one word, such as `Evicted`
    message: str | None = None  # why, in a sentence
    conditions: tuple[PodCondition, ...] = ()  # statements about it
    container_statuses: tuple[ContainerStatus, ...] = ()  # how its containers are
    qos_class: str | None = None  # its quality of service


class PodSpec(Model, frozen=True):
    """What of a Pod's spec matters here."""

    node_name: str | None = None  # the node that it was given to


class Pod(Model, frozen=True):
    """A launcher's Pod."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: PodSpec = PodSpec()  # its node
    status: PodStatus = PodStatus()  # how it is


class NodeCondition(Model, frozen=True):
    """One statement about a node."""

    type: str = EMPTY  # what it is about, such as `Ready`
    status: str = EMPTY  # `True`, `False` or `Unknown`
    reason: str | None = None  # why, in one word, such as `NodeStatusUnknown`
    message: str | None = None  # why, in a sentence


class NodeStatus(Model, frozen=True):
    """How a node is."""

    conditions: tuple[NodeCondition, ...] = ()  # statements about it


class Node(Model, frozen=True):
    """A node, as its kubelet and its handler tell of it."""

    metadata: ObjectMeta = ObjectMeta()  # name, labels and annotations
    status: NodeStatus = NodeStatus()  # how it is
