"""VirtualMachine: a guest that can be off.

It keeps a template and a run strategy; its controller makes the VirtualMachineInstance of the same name and leaves
the rest to it.
"""

from msgspec import field

from kvnode.api.base import EMPTY, FALSE, NO_ITEMS, Int32, Int64, Model, Time
from kvnode.api.data_volumes import DataVolumeTemplateSpec
from kvnode.api.disks import Disk
from kvnode.api.instance import VirtualMachineInstanceTemplateSpec
from kvnode.api.meta import ListMeta, ObjectMeta
from kvnode.api.status import ChangedBlockTrackingStatus, StorageMigratedVolumeInfo
from kvnode.api.volumes import HotplugVolumeSource


class InstancetypeMatcher(Model, frozen=True):
    """The instance type that gives size to the guest."""

    name: str | None = None  # its name
    kind: str | None = None  # its kind: `VirtualMachineInstancetype` or `VirtualMachineClusterInstancetype`
    revision_name: str | None = None  # the stored copy in use
    infer_from_volume: str | None = None  # a volume whose labels name it
    infer_from_volume_failure_policy: str | None = None  # where they don't: `Reject` or `Ignore`


class PreferenceMatcher(Model, frozen=True):
    """The preference that fills in what the template leaves open."""

    name: str | None = None  # its name
    kind: str | None = None  # its kind: `VirtualMachinePreference` or `VirtualMachineClusterPreference`
    revision_name: str | None = None  # the stored copy in use
    infer_from_volume: str | None = None  # a volume whose labels name it
    infer_from_volume_failure_policy: str | None = None  # where they don't: `Reject` or `Ignore`


class VirtualMachineSpec(Model, frozen=True):
    """When the guest should run, and what it should be."""

    # when the guest runs: `Always`, `Halted`, `Manual`, `RerunOnFailure`, `Once` or `WaitAsReceiver`
    run_strategy: str | None = None
    running: bool | None = None  # the older way to say `Always` or `Halted`; excludes `runStrategy`
    template: VirtualMachineInstanceTemplateSpec = VirtualMachineInstanceTemplateSpec()  # the guest
    instancetype: InstancetypeMatcher | None = None  # gives size to the guest
    preference: PreferenceMatcher | None = None  # fills in what the template leaves open
    data_volume_templates: tuple[DataVolumeTemplateSpec, ...] = ()  # DataVolumes to make along with it
    update_volumes_strategy: str | None = None  # how a changed volume is taken over: by `Replacement` or `Migration`


class VirtualMachineCondition(Model, frozen=True):
    """One statement about a virtual machine, and since when it holds."""

    type: str = EMPTY  # what the statement is about, such as `Ready` or `RestartRequired`
    status: str = EMPTY  # whether it holds: `True`, `False` or `Unknown`
    reason: str | None = None  # why, as one word in CamelCase
    message: str | None = None  # why, as a sentence
    last_probe_time: Time | None = None  # when it was last looked at
    last_transition_time: Time | None = None  # when the status last changed


class ControllerRevisionRef(Model, frozen=True):
    """The stored copy of an instance type or preference."""

    name: str | None = None  # its name


class InstancetypeStatusRef(Model, frozen=True):
    """The instance type or preference in use."""

    name: str | None = None  # its name
    kind: str | None = None  # its kind
    controller_revision_ref: ControllerRevisionRef | None = None  # the stored copy
    infer_from_volume: str | None = None  # a volume whose labels named it
    infer_from_volume_failure_policy: str | None = None  # what happens where they don't


class VirtualMachineMemoryDumpRequest(Model, frozen=True):
    """A dump of the memory that was asked for."""

    claim_name: str = EMPTY  # the claim that it goes to
    phase: str = EMPTY  # how far it is
    file_name: str | None = None  # the file in the claim
    message: str | None = None  # what went wrong
    remove: bool | None = None  # whether the claim should be unplugged again
    start_timestamp: Time | None = None  # when it started
    end_timestamp: Time | None = None  # when it ended


class VirtualMachineStartFailure(Model, frozen=True):
    """Starts that failed in a row, and when the next one is due."""

    consecutive_fail_count: Int32 | None = None  # how many in a row
    last_failed_vmi_uid: str | None = field(default=None, name="lastFailedVMIUID")  # uid of the last guest that failed
    retry_after_timestamp: Time | None = None  # when to try again


class VirtualMachineStateChangeRequest(Model, frozen=True):
    """A start or a stop that was asked for."""

    action: str = EMPTY  # what is asked for: `Start` or `Stop`
    uid: str | None = None  # the guest that it is for
    data: dict[str, str] | None = None  # settings for this time, such as `paused`


class AddVolumeOptions(Model, frozen=True):
    """A volume to plug."""

    name: str = EMPTY  # name of disk and volume
    disk: Disk = Disk()  # how the guest sees it
    volume_source: HotplugVolumeSource = HotplugVolumeSource()  # what lies behind it
    dry_run: tuple[str, ...] = ()  # whether it is only tried: `All` checks without doing it


class RemoveVolumeOptions(Model, frozen=True):
    """A volume to unplug."""

    name: str = EMPTY  # name of disk and volume
    dry_run: tuple[str, ...] = ()  # whether it is only tried: `All` checks without doing it


class VirtualMachineVolumeRequest(Model, frozen=True):
    """A plug or an unplug that was asked for."""

    add_volume_options: AddVolumeOptions | None = None  # plug
    remove_volume_options: RemoveVolumeOptions | None = None  # unplug


class VolumeSnapshotStatus(Model, frozen=True):
    """Whether a volume can be part of a snapshot."""

    name: str = EMPTY  # the volume
    enabled: bool = FALSE  # whether it can
    reason: str | None = None  # why it can't


class VolumeMigrationState(Model, frozen=True):
    """Volumes on the move."""

    migrated_volumes: tuple[StorageMigratedVolumeInfo, ...] = ()  # the volumes that move


class VolumeUpdateState(Model, frozen=True):
    """How far a change of volumes is."""

    volume_migration_state: VolumeMigrationState | None = None  # volumes that move to other claims


class VirtualMachineStatus(Model, frozen=True):
    """Everything that is known of a virtual machine."""

    printable_status: str | None = None  # one word for people, such as `Running` or `ErrorUnschedulable`
    created: bool | None = None  # whether its guest exists
    ready: bool | None = None  # whether its guest is ready
    run_strategy: str | None = None  # the run strategy in force
    conditions: tuple[VirtualMachineCondition, ...] = ()  # statements about it, one for each type
    state_change_requests: tuple[VirtualMachineStateChangeRequest, ...] = ()  # starts and stops that wait
    volume_requests: tuple[VirtualMachineVolumeRequest, ...] = ()  # plugs and unplugs that wait
    volume_update_state: VolumeUpdateState | None = None  # how far a change of volumes is
    volume_snapshot_statuses: tuple[VolumeSnapshotStatus, ...] = ()  # which volumes can be part of a snapshot
    snapshot_in_progress: str | None = None  # the snapshot that is being taken
    restore_in_progress: str | None = None  # the restore that is under way
    start_failure: VirtualMachineStartFailure | None = None  # starts that failed
    memory_dump_request: VirtualMachineMemoryDumpRequest | None = None  # a dump that was asked for
    observed_generation: Int64 | None = None  # generation that the guest was made from
    desired_generation: Int64 | None = None  # generation that it should be made from
    instancetype_ref: InstancetypeStatusRef | None = None  # the instance type in use
    preference_ref: InstancetypeStatusRef | None = None  # the preference in use
    changed_block_tracking: ChangedBlockTrackingStatus | None = None  # tracking of changed blocks


class VirtualMachine(Model, frozen=True):
    """A guest that can be started and stopped."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "VirtualMachine")  # `VirtualMachine`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineSpec = VirtualMachineSpec()  # when and what it should be
    status: VirtualMachineStatus = VirtualMachineStatus()  # what is known of it


class VirtualMachineList(Model, frozen=True):
    """VirtualMachines, as a server lists them."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "VirtualMachineList")  # `VirtualMachineList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachine, ...] = NO_ITEMS  # the objects
