"""VirtualMachineInstanceMigration: the wish to move a running guest to another node, and what became of it.

What both sides know while it goes on is in the guest's own status (`migration`), of which this kind keeps a copy. A
guest that goes to another cluster has one object on each side: one sends, one receives, and both carry the same id.
"""

from msgspec import field

from kvnode.api.base import NO_ITEMS, Model, Time
from kvnode.api.conditions import Condition
from kvnode.api.meta import ListMeta, ObjectMeta
from kvnode.api.migration import VirtualMachineInstanceMigrationState


class VirtualMachineInstanceMigrationSource(Model, frozen=True):
    """Where to send a guest that leaves the cluster."""

    migration_id: str = field(default_factory=str, name="migrationID")  # the id that both clusters know it by
    connect_url: str = field(default_factory=str, name="connectURL")  # where the receiving cluster is reached


class VirtualMachineInstanceMigrationTarget(Model, frozen=True):
    """Which guest to take in from another cluster."""

    migration_id: str = field(default_factory=str, name="migrationID")  # the id that both clusters know it by


class VirtualMachineInstanceMigrationSpec(Model, frozen=True):
    """Which guest should move, and where it may go."""

    vmi_name: str | None = None  # the guest, in the same namespace
    added_node_selector: dict[str, str] | None = None  # labels that the target node has to have besides the guest's own
    # its place in the queue: `system-critical`, `user-triggered` or `system-maintenance`
    priority: str | None = None
    send_to: VirtualMachineInstanceMigrationSource | None = None  # the other cluster that the guest goes to
    receive: VirtualMachineInstanceMigrationTarget | None = None  # the guest that comes from another cluster


class VirtualMachineInstanceMigrationPhaseTransitionTimestamp(Model, frozen=True):
    """When a phase was entered."""

    phase: str | None = None  # the phase
    phase_transition_timestamp: Time | None = None  # when it was entered


class VirtualMachineInstanceMigrationStatus(Model, frozen=True):
    """How far the migration is."""

    # how far it is: `Pending`, `Scheduling`, `Scheduled`, `PreparingTarget`, `TargetReady`, `Running`, `Succeeded` or
    # `Failed`; between clusters also `WaitingForSync` and `Synchronizing`
    phase: str | None = None
    # such as `migrationAbortRequested`, or `migrationRejectedByResourceQuota`
    conditions: tuple[Condition, ...] = ()
    # when phases were entered
    phase_transition_timestamps: tuple[VirtualMachineInstanceMigrationPhaseTransitionTimestamp, ...] = ()
    migration_state: VirtualMachineInstanceMigrationState | None = None  # what source and target know
    synchronization_addresses: tuple[str, ...] = ()  # where the other cluster reaches this one


class VirtualMachineInstanceMigration(Model, frozen=True):
    """A running guest's move to another node."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "VirtualMachineInstanceMigration")  # `VirtualMachineInstanceMigration`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineInstanceMigrationSpec = VirtualMachineInstanceMigrationSpec()  # which guest, and where to
    status: VirtualMachineInstanceMigrationStatus = VirtualMachineInstanceMigrationStatus()  # how far it is


class VirtualMachineInstanceMigrationList(Model, frozen=True):
    """VirtualMachineInstanceMigrations, as a server lists them."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    # `VirtualMachineInstanceMigrationList`
    kind: str = field(default_factory=lambda: "VirtualMachineInstanceMigrationList")
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineInstanceMigration, ...] = NO_ITEMS  # the objects
