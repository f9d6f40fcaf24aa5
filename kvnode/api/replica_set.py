"""VirtualMachineInstanceReplicaSet: a number of guests that are all alike, kept up.

Its guests have no machine behind them: one that goes is replaced by a new one of another name, and what it had on its
disks goes with it. Guests that should keep a name and disks are a pool's (`pool`).
"""

from msgspec import field

from kvnode.api.base import NO_ITEMS, Int32, Model
from kvnode.api.conditions import Condition
from kvnode.api.instance import VirtualMachineInstanceTemplateSpec
from kvnode.api.meta import LabelSelector, ListMeta, ObjectMeta


class VirtualMachineInstanceReplicaSetSpec(Model, frozen=True):
    """How many guests there should be, and what each is made from."""

    replicas: Int32 | None = None  # how many guests there should be; one if nobody says
    selector: LabelSelector = LabelSelector()  # tells its guests by their labels; the template has to carry these
    template: VirtualMachineInstanceTemplateSpec = VirtualMachineInstanceTemplateSpec()  # what each guest is made from
    paused: bool | None = None  # whether guests are neither made nor deleted for the time being


class VirtualMachineInstanceReplicaSetStatus(Model, frozen=True):
    """How many guests there are."""

    replicas: Int32 | None = None  # how many guests there are
    ready_replicas: Int32 | None = None  # how many of them are ready
    # statements about it: `ReplicaFailure` where a guest can't be made or deleted, `ReplicaPaused`
    conditions: tuple[Condition, ...] = ()
    label_selector: str | None = None  # the selector as text, for whoever scales it


class VirtualMachineInstanceReplicaSet(Model, frozen=True):
    """A number of guests that are all alike."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "VirtualMachineInstanceReplicaSet")  # `VirtualMachineInstanceReplicaSet`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineInstanceReplicaSetSpec = VirtualMachineInstanceReplicaSetSpec()  # how many, and made from what
    status: VirtualMachineInstanceReplicaSetStatus = VirtualMachineInstanceReplicaSetStatus()  # how many there are


class VirtualMachineInstanceReplicaSetList(Model, frozen=True):
    """VirtualMachineInstanceReplicaSets, as a server lists them."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    # `VirtualMachineInstanceReplicaSetList`
    kind: str = field(default_factory=lambda: "VirtualMachineInstanceReplicaSetList")
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineInstanceReplicaSet, ...] = NO_ITEMS  # the objects
