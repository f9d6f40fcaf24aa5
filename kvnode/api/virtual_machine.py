"""VirtualMachine: a guest that can be off.

It keeps a template and a run strategy; its controller makes the VirtualMachineInstance of the same name and leaves
the rest to it.
"""

from msgspec import field

from kvnode.api.base import Int32, Int64, Model, Time
from kvnode.api.data_volumes import DataVolumeTemplateSpec
from kvnode.api.disks import Disk
from kvnode.api.instance import VirtualMachineInstanceTemplateSpec
from kvnode.api.meta import ObjectMeta
from kvnode.api.status import ChangedBlockTrackingStatus, StorageMigratedVolumeInfo
from kvnode.api.volumes import HotplugVolumeSource


class InstancetypeMatcher(Model, frozen=True):
    """The instance type that gives size to the guest."""

    kind: str | None = None
    name: str | None = None
    infer_from_volume: str | None = None
    infer_from_volume_failure_policy: str | None = None
    revision_name: str | None = None


class PreferenceMatcher(Model, frozen=True):
    """The preference that fills in what the template leaves open."""

    kind: str | None = None
    name: str | None = None
    infer_from_volume: str | None = None
    infer_from_volume_failure_policy: str | None = None
    revision_name: str | None = None


class VirtualMachineSpec(Model, frozen=True):
    """When the guest should run, and what it should be."""

    data_volume_templates: tuple[DataVolumeTemplateSpec, ...] = ()
    instancetype: InstancetypeMatcher | None = None
    preference: PreferenceMatcher | None = None
    run_strategy: str | None = None
    running: bool | None = None
    template: VirtualMachineInstanceTemplateSpec = VirtualMachineInstanceTemplateSpec()
    update_volumes_strategy: str | None = None


class VirtualMachineCondition(Model, frozen=True):
    """One statement about a virtual machine, and since when it holds."""

    type: str = ""
    last_probe_time: Time | None = None
    last_transition_time: Time | None = None
    message: str | None = None
    reason: str | None = None
    status: str = ""


class ControllerRevisionRef(Model, frozen=True):
    """The stored copy of an instance type or preference."""

    name: str | None = None


class InstancetypeStatusRef(Model, frozen=True):
    """The instance type or preference in use."""

    kind: str | None = None
    name: str | None = None
    controller_revision_ref: ControllerRevisionRef | None = None
    infer_from_volume: str | None = None
    infer_from_volume_failure_policy: str | None = None


class VirtualMachineMemoryDumpRequest(Model, frozen=True):
    """A dump of the memory that was asked for."""

    claim_name: str = ""
    end_timestamp: Time | None = None
    file_name: str | None = None
    message: str | None = None
    phase: str = ""
    remove: bool | None = None
    start_timestamp: Time | None = None


class VirtualMachineStartFailure(Model, frozen=True):
    """Starts that failed in a row, and when the next one is due."""

    consecutive_fail_count: Int32 | None = None
    last_failed_vmi_uid: str | None = field(default=None, name="lastFailedVMIUID")
    retry_after_timestamp: Time | None = None


class VirtualMachineStateChangeRequest(Model, frozen=True):
    """A start or a stop that was asked for."""

    action: str = ""
    data: dict[str, str] | None = None
    uid: str | None = None


class AddVolumeOptions(Model, frozen=True):
    """A volume to plug."""

    name: str = ""
    disk: Disk = Disk()
    dry_run: tuple[str, ...] = ()
    volume_source: HotplugVolumeSource = HotplugVolumeSource()


class RemoveVolumeOptions(Model, frozen=True):
    """A volume to unplug."""

    name: str = ""
    dry_run: tuple[str, ...] = ()


class VirtualMachineVolumeRequest(Model, frozen=True):
    """A plug or an unplug that was asked for."""

    add_volume_options: AddVolumeOptions | None = None
    remove_volume_options: RemoveVolumeOptions | None = None


class VolumeSnapshotStatus(Model, frozen=True):
    """Whether a volume can be part of a snapshot."""

    name: str = ""
    enabled: bool = False
    reason: str | None = None


class VolumeMigrationState(Model, frozen=True):
    """Volumes on the move."""

    migrated_volumes: tuple[StorageMigratedVolumeInfo, ...] = ()


class VolumeUpdateState(Model, frozen=True):
    """How far a change of volumes is."""

    volume_migration_state: VolumeMigrationState | None = None


class VirtualMachineStatus(Model, frozen=True):
    """Everything that is known of a virtual machine."""

    changed_block_tracking: ChangedBlockTrackingStatus | None = None
    conditions: tuple[VirtualMachineCondition, ...] = ()
    created: bool | None = None
    desired_generation: Int64 | None = None
    instancetype_ref: InstancetypeStatusRef | None = None
    memory_dump_request: VirtualMachineMemoryDumpRequest | None = None
    observed_generation: Int64 | None = None
    preference_ref: InstancetypeStatusRef | None = None
    printable_status: str | None = None
    ready: bool | None = None
    restore_in_progress: str | None = None
    run_strategy: str | None = None
    snapshot_in_progress: str | None = None
    start_failure: VirtualMachineStartFailure | None = None
    state_change_requests: tuple[VirtualMachineStateChangeRequest, ...] = ()
    volume_requests: tuple[VirtualMachineVolumeRequest, ...] = ()
    volume_snapshot_statuses: tuple[VolumeSnapshotStatus, ...] = ()
    volume_update_state: VolumeUpdateState | None = None


class VirtualMachine(Model, frozen=True):
    """A guest that can be started and stopped."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")
    kind: str = field(default_factory=lambda: "VirtualMachine")
    metadata: ObjectMeta = ObjectMeta()
    spec: VirtualMachineSpec = VirtualMachineSpec()
    status: VirtualMachineStatus = VirtualMachineStatus()
