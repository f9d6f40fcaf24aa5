"""VirtualMachinePool: a number of VirtualMachines made from one template, kept up and kept up to date.

Unlike the guests of a replica set, a pool's machines have lasting names, the pool's and a number, and disks of their
own. What happens to them where the pool shrinks or its template changes is a strategy's: of each at most one is set.
"""

from msgspec import field

from kvnode.api.base import NO_ITEMS, Duration, Int32, IntOrString, Model, Uint32
from kvnode.api.conditions import Condition
from kvnode.api.meta import LabelSelector, ListMeta, ObjectMeta
from kvnode.api.scheduling import NodeSelectorRequirement
from kvnode.api.virtual_machine import VirtualMachineSpec


class VirtualMachineTemplateSpec(Model, frozen=True):
    """Labels, annotations and spec of machines that a pool makes."""

    metadata: ObjectMeta = ObjectMeta()  # labels and annotations
    spec: VirtualMachineSpec = VirtualMachineSpec()  # what each machine is, its own template and DataVolumes included


class VirtualMachinePoolNameGeneration(Model, frozen=True):
    """Whether things that machines refer to are called by the machine's number, too."""

    append_index_to_config_map_refs: bool | None = None  # whether each has a ConfigMap of its own, such as `settings-3`
    append_index_to_secret_refs: bool | None = None  # whether each has a Secret of its own, such as `keys-3`


class VirtualMachinePoolSelectors(Model, frozen=True):
    """Machines that come first; where both are given, both have to fit."""

    label_selector: LabelSelector | None = None  # by the machines' labels
    # by the labels of the nodes that they run on
    node_selector_requirement_matcher: tuple[NodeSelectorRequirement, ...] = ()


class VirtualMachinePoolSelectionPolicy(Model, frozen=True):
    """In which order machines are taken."""

    selectors: VirtualMachinePoolSelectors | None = None  # machines that come first
    # the order of the rest: `Random` if nobody says, `Oldest`, `Newest`, or by number `AscendingOrder` or
    # `DescendingOrder`
    sort_policy: str | None = None


class VirtualMachinePoolUnmanagedStrategy(Model, frozen=True):
    """Leaves machines alone. Its presence chooses it."""


class VirtualMachinePoolOpportunisticScaleInStrategy(Model, frozen=True):
    """Waits until somebody deletes a machine, and doesn't replace it."""

    # what outlives a machine: nothing with `Disabled`, its disks with `Offline`, its memory too with `Online`
    state_preservation: str | None = None


class VirtualMachinePoolProactiveScaleInStrategy(Model, frozen=True):
    """Deletes machines."""

    selection_policy: VirtualMachinePoolSelectionPolicy | None = None  # which first
    # what outlives a machine: nothing with `Disabled`, its disks with `Offline`, its memory too with `Online`
    state_preservation: str | None = None


class VirtualMachinePoolScaleInStrategy(Model, frozen=True):
    """What is done where there are more machines than there should be: one of these, `proactive` if nobody says."""

    unmanaged: VirtualMachinePoolUnmanagedStrategy | None = None  # nothing
    opportunistic: VirtualMachinePoolOpportunisticScaleInStrategy | None = None  # waits for deletions
    proactive: VirtualMachinePoolProactiveScaleInStrategy | None = None  # deletes machines


class VirtualMachineOpportunisticUpdateStrategy(Model, frozen=True):
    """Changes machines at once and leaves their guests running as they are until they restart. Its presence chooses
    it."""


class VirtualMachinePoolProactiveUpdateStrategy(Model, frozen=True):
    """Changes machines and restarts their guests."""

    selection_policy: VirtualMachinePoolSelectionPolicy | None = None  # which first


class VirtualMachinePoolUpdateStrategy(Model, frozen=True):
    """How machines follow a changed template: one of these, `proactive` if nobody says."""

    unmanaged: VirtualMachinePoolUnmanagedStrategy | None = None  # not at all; only new machines have it
    opportunistic: VirtualMachineOpportunisticUpdateStrategy | None = None  # at their guests' next start
    proactive: VirtualMachinePoolProactiveUpdateStrategy | None = None  # right away, by a restart


class VirtualMachinePoolAutohealingStrategy(Model, frozen=True):
    """When a machine that doesn't start is replaced by a new one."""

    start_up_failure_threshold: Uint32 | None = None  # after how many failed starts in a row; three if nobody says
    min_failing_to_start_duration: Duration | None = None  # after how long without a start; `5m` if nobody says


class VirtualMachinePoolSpec(Model, frozen=True):
    """How many machines there should be, and what each is made from."""

    replicas: Int32 | None = None  # how many machines there should be; one if nobody says
    selector: LabelSelector = LabelSelector()  # tells its machines by their labels; the template has to carry these
    virtual_machine_template: VirtualMachineTemplateSpec = VirtualMachineTemplateSpec()  # what each is made from
    paused: bool | None = None  # whether machines are neither made, changed nor deleted for the time being
    name_generation: VirtualMachinePoolNameGeneration | None = None  # what is called by a machine's number
    # how many machines may be unready at once during an update, as a number or a share such as `25%`; all of them if
    # nobody says
    max_unavailable: IntOrString | None = None
    scale_in_strategy: VirtualMachinePoolScaleInStrategy | None = None  # what is done where there are too many
    update_strategy: VirtualMachinePoolUpdateStrategy | None = None  # how machines follow a changed template
    autohealing: VirtualMachinePoolAutohealingStrategy | None = None  # when one that doesn't start is replaced


class VirtualMachinePoolStatus(Model, frozen=True):
    """How many machines there are."""

    replicas: Int32 | None = None  # how many machines there are
    ready_replicas: Int32 | None = None  # how many of them are ready
    # statements about it: `ReplicaFailure` where a machine can't be made or deleted, `ReplicaPaused`
    conditions: tuple[Condition, ...] = ()
    label_selector: str | None = None  # the selector as text, for whoever scales it


class VirtualMachinePool(Model, frozen=True):
    """A number of VirtualMachines made from one template."""

    api_version: str = field(default_factory=lambda: "pool.kubevirt.io/v1beta1")  # `pool.kubevirt.io/v1beta1`
    kind: str = field(default_factory=lambda: "VirtualMachinePool")  # `VirtualMachinePool`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachinePoolSpec = VirtualMachinePoolSpec()  # how many, and made from what
    status: VirtualMachinePoolStatus = VirtualMachinePoolStatus()  # how many there are


class VirtualMachinePoolList(Model, frozen=True):
    """VirtualMachinePools, as a server lists them."""

    api_version: str = field(default_factory=lambda: "pool.kubevirt.io/v1beta1")  # `pool.kubevirt.io/v1beta1`
    kind: str = field(default_factory=lambda: "VirtualMachinePoolList")  # `VirtualMachinePoolList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachinePool, ...] = NO_ITEMS  # the objects
