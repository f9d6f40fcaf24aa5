"""What is known of a guest at run time: `status` of a VirtualMachineInstance.

The phase has one writer at a time: the controller until Scheduled, the handler after that. Conditions are a map by
type, written as a list.
"""

from msgspec import field

from kvnode.api.base import Int32, Int64, Model, Time, Uint32
from kvnode.api.cpu_memory import CPUTopology
from kvnode.api.firmware import Machine
from kvnode.api.migration import VirtualMachineInstanceMigrationState
from kvnode.quantity import Quantity


class VirtualMachineInstanceCondition(Model, frozen=True):
    """One statement about a guest, and since when it holds."""

    type: str = ""
    last_probe_time: Time | None = None
    last_transition_time: Time | None = None
    message: str | None = None
    reason: str | None = None
    status: str = ""


class VirtualMachineInstanceGuestOSInfo(Model, frozen=True):
    """What the agent says about the guest's operating system."""

    name: str | None = None
    id: str | None = None
    kernel_release: str | None = None
    kernel_version: str | None = None
    machine: str | None = None
    pretty_name: str | None = None
    version: str | None = None
    version_id: str | None = None


class VirtualMachineInstanceNetworkInterface(Model, frozen=True):
    """A network card as seen at run time."""

    name: str | None = None
    info_source: str | None = None
    interface_name: str | None = None
    ip_address: str | None = None
    ip_addresses: tuple[str, ...] = ()
    link_state: str | None = None
    mac: str | None = None
    pod_interface_name: str | None = None
    queue_count: Int32 | None = None


class VirtualMachineInstancePhaseTransitionTimestamp(Model, frozen=True):
    """When a phase was entered."""

    phase: str | None = None
    phase_transition_timestamp: Time | None = None


class KernelInfo(Model, frozen=True):
    """The kernel that was booted directly."""

    checksum: Uint32 | None = None


class InitrdInfo(Model, frozen=True):
    """The initial ramdisk that was booted directly."""

    checksum: Uint32 | None = None


class KernelBootStatus(Model, frozen=True):
    """What was booted directly."""

    initrd_info: InitrdInfo | None = None
    kernel_info: KernelInfo | None = None


class MemoryStatus(Model, frozen=True):
    """Memory as asked for and as plugged."""

    guest_at_boot: Quantity | None = None
    guest_current: Quantity | None = None
    guest_requested: Quantity | None = None
    memory_overhead: Quantity | None = None


class TopologyHints(Model, frozen=True):
    """What a guest needs of the node that it may move to."""

    tsc_frequency: Int64 | None = None


class ContainerDiskInfo(Model, frozen=True):
    """The container disk that is in use."""

    checksum: Uint32 | None = None


class DomainMemoryDumpInfo(Model, frozen=True):
    """A dump of the guest's memory."""

    claim_name: str | None = None
    end_timestamp: Time | None = None
    start_timestamp: Time | None = None
    target_file_name: str | None = None


class HotplugVolumeStatus(Model, frozen=True):
    """The Pod that holds a plugged volume."""

    attach_pod_name: str | None = None
    attach_pod_uid: str | None = field(default=None, name="attachPodUID")


class PersistentVolumeClaimInfo(Model, frozen=True):
    """What is known of a claim."""

    access_modes: tuple[str, ...] = ()
    capacity: dict[str, Quantity] | None = None
    claim_name: str | None = None
    filesystem_overhead: str | None = None
    preallocated: bool | None = None
    requests: dict[str, Quantity] | None = None
    volume_mode: str | None = None


class VolumeStatus(Model, frozen=True):
    """A volume at run time."""

    name: str = ""
    container_disk_volume: ContainerDiskInfo | None = None
    hotplug_volume: HotplugVolumeStatus | None = None
    memory_dump_volume: DomainMemoryDumpInfo | None = None
    message: str | None = None
    persistent_volume_claim_info: PersistentVolumeClaimInfo | None = None
    phase: str | None = None
    reason: str | None = None
    size: Int64 | None = None
    target: str = ""


class StorageMigratedVolumeInfo(Model, frozen=True):
    """A volume that moves to another claim."""

    destination_pvc_info: PersistentVolumeClaimInfo | None = field(default=None, name="destinationPVCInfo")
    source_pvc_info: PersistentVolumeClaimInfo | None = field(default=None, name="sourcePVCInfo")
    volume_name: str = ""


class VirtualMachineInstanceBackupVolumeInfo(Model, frozen=True):
    """A volume that takes part in a backup."""

    volume_name: str = ""


class VirtualMachineInstanceBackupStatus(Model, frozen=True):
    """How far a backup is."""

    backup_msg: str | None = None
    backup_name: str | None = None
    checkpoint_name: str | None = None
    completed: bool | None = None
    end_timestamp: Time | None = None
    failed: bool | None = None
    quiesce_status: str | None = None
    start_timestamp: Time | None = None
    volumes: tuple[VirtualMachineInstanceBackupVolumeInfo, ...] = ()


class ChangedBlockTrackingStatus(Model, frozen=True):
    """Whether changed blocks are tracked, and the backup that uses it."""

    backup_status: VirtualMachineInstanceBackupStatus | None = None
    state: str = ""


class VirtualMachineInstanceStatus(Model, frozen=True):
    """Everything that is known of a guest at run time."""

    vsock_cid: Uint32 | None = field(default=None, name="VSOCKCID")
    active_pods: dict[str, str] | None = None
    changed_block_tracking: ChangedBlockTrackingStatus | None = None
    conditions: tuple[VirtualMachineInstanceCondition, ...] = ()
    current_cpu_topology: CPUTopology | None = field(default=None, name="currentCPUTopology")
    evacuation_node_name: str | None = None
    fs_freeze_status: str | None = None
    guest_os_info: VirtualMachineInstanceGuestOSInfo | None = field(default=None, name="guestOSInfo")
    interfaces: tuple[VirtualMachineInstanceNetworkInterface, ...] = ()
    kernel_boot_status: KernelBootStatus | None = None
    launcher_container_image_version: str | None = None
    machine: Machine | None = None
    memory: MemoryStatus | None = None
    migrated_volumes: tuple[StorageMigratedVolumeInfo, ...] = ()
    migration_method: str | None = None
    migration_state: VirtualMachineInstanceMigrationState | None = None
    migration_transport: str | None = None
    node_name: str | None = None
    phase: str | None = None
    phase_transition_timestamps: tuple[VirtualMachineInstancePhaseTransitionTimestamp, ...] = ()
    qos_class: str | None = None
    reason: str | None = None
    runtime_user: Int64 | None = None
    selinux_context: str | None = None
    topology_hints: TopologyHints | None = None
    virtual_machine_revision_name: str | None = None
    volume_status: tuple[VolumeStatus, ...] = ()
