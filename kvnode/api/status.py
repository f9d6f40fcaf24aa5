"""What is known of a guest at run time: `status` of a VirtualMachineInstance.

The phase has one writer at a time: the controller until Scheduled, the handler after that. Conditions are a map by
type, written as a list.
"""

from msgspec import field

from kvnode.api.base import EMPTY, Int32, Int64, Model, Time, Uint32
from kvnode.api.cpu_memory import CPUTopology
from kvnode.api.firmware import Machine
from kvnode.api.migration import VirtualMachineInstanceMigrationState
from kvnode.quantity import Quantity


class VirtualMachineInstanceCondition(Model, frozen=True):
    """One statement about a guest, and since when it holds."""

    type: str = EMPTY  # what the statement is about, such as `Ready` or `LiveMigratable`
    status: str = EMPTY  # whether it holds: `True`, `False` or `Unknown`
    reason: str | None = None  # why, as one word in CamelCase
    message: str | None = None  # why, as a sentence
    last_probe_time: Time | None = None  # when it was last looked at
    last_transition_time: Time | None = None  # when the status last changed


class VirtualMachineInstanceGuestOSInfo(Model, frozen=True):
    """What the agent says about the guest's operating system."""

    id: str | None = None  # the system's id, such as `debian`
    name: str | None = None  # its name
    pretty_name: str | None = None  # its name and version for people
    version: str | None = None  # its version
    version_id: str | None = None  # its version as a number
    kernel_release: str | None = None  # the kernel's release
    kernel_version: str | None = None  # the kernel's build
    machine: str | None = None  # the architecture that it names


class VirtualMachineInstanceNetworkInterface(Model, frozen=True):
    """A network card as seen at run time."""

    name: str | None = None  # the interface in the spec
    ip_address: str | None = None  # the first address
    ip_addresses: tuple[str, ...] = ()  # all its addresses
    mac: str | None = None  # the MAC address
    interface_name: str | None = None  # the card's name inside the guest
    pod_interface_name: str | None = None  # the interface in the Pod that leads to it
    link_state: str | None = None  # whether the cable is plugged in: `up` or `down`
    queue_count: Int32 | None = None  # how many queues it has
    info_source: str | None = None  # who says so: `domain`, `guest-agent`, `multus-status`, joined by commas


class VirtualMachineInstancePhaseTransitionTimestamp(Model, frozen=True):
    """When a phase was entered."""

    phase: str | None = None  # the phase
    phase_transition_timestamp: Time | None = None  # when it was entered


class KernelInfo(Model, frozen=True):
    """The kernel that was booted directly."""

    checksum: Uint32 | None = None  # checksum of the file


class InitrdInfo(Model, frozen=True):
    """The initial ramdisk that was booted directly."""

    checksum: Uint32 | None = None  # checksum of the file


class KernelBootStatus(Model, frozen=True):
    """What was booted directly."""

    kernel_info: KernelInfo | None = None  # the kernel
    initrd_info: InitrdInfo | None = None  # the initial ramdisk


class MemoryStatus(Model, frozen=True):
    """Memory as asked for and as plugged."""

    guest_at_boot: Quantity | None = None  # what the guest started with
    guest_current: Quantity | None = None  # what it has
    guest_requested: Quantity | None = None  # what it should have
    memory_overhead: Quantity | None = None  # what its Pod reserves besides


class TopologyHints(Model, frozen=True):
    """What a guest needs of the node that it may move to."""

    tsc_frequency: Int64 | None = None  # frequency of the time stamp counter in Hz


class ContainerDiskInfo(Model, frozen=True):
    """The container disk that is in use."""

    checksum: Uint32 | None = None  # checksum of the disk


class DomainMemoryDumpInfo(Model, frozen=True):
    """A dump of the guest's memory."""

    claim_name: str | None = None  # the claim that it goes to
    target_file_name: str | None = None  # the file in the claim
    start_timestamp: Time | None = None  # when it started
    end_timestamp: Time | None = None  # when it ended


class HotplugVolumeStatus(Model, frozen=True):
    """The Pod that holds a plugged volume."""

    attach_pod_name: str | None = None  # the Pod's name
    attach_pod_uid: str | None = field(default=None, name="attachPodUID")  # the Pod's uid


class PersistentVolumeClaimInfo(Model, frozen=True):
    """What is known of a claim."""

    claim_name: str | None = None  # the claim's name
    access_modes: tuple[str, ...] = ()  # how it can be accessed
    volume_mode: str | None = None  # as what it is used: a folder (`Filesystem`) or a device (`Block`)
    capacity: dict[str, Quantity] | None = None  # how large it is
    requests: dict[str, Quantity] | None = None  # how large it was asked to be
    preallocated: bool | None = None  # whether all its space is taken
    filesystem_overhead: str | None = None  # the share of it that the file system takes, such as `0.055`


class VolumeStatus(Model, frozen=True):
    """A volume at run time."""

    name: str = EMPTY  # the volume in the spec
    target: str = EMPTY  # name of the disk in the domain, such as `vda`
    phase: str | None = None  # how far plugging is, such as `Bound` or `Ready`
    reason: str | None = None  # why, as one word in CamelCase
    message: str | None = None  # why, as a sentence
    size: Int64 | None = None  # size in bytes
    persistent_volume_claim_info: PersistentVolumeClaimInfo | None = None  # the claim
    hotplug_volume: HotplugVolumeStatus | None = None  # the Pod that holds it
    memory_dump_volume: DomainMemoryDumpInfo | None = None  # the memory dump
    container_disk_volume: ContainerDiskInfo | None = None  # the container disk


class StorageMigratedVolumeInfo(Model, frozen=True):
    """A volume that moves to another claim."""

    volume_name: str = EMPTY  # the volume in the spec
    # the claim that it leaves
    source_pvc_info: PersistentVolumeClaimInfo | None = field(default=None, name="sourcePVCInfo")
    # the claim that it goes to
    destination_pvc_info: PersistentVolumeClaimInfo | None = field(default=None, name="destinationPVCInfo")


class VirtualMachineInstanceBackupVolumeInfo(Model, frozen=True):
    """A volume that takes part in a backup."""

    volume_name: str = EMPTY  # the volume in the spec


class VirtualMachineInstanceBackupStatus(Model, frozen=True):
    """How far a backup is."""

    backup_name: str | None = None  # the backup
    checkpoint_name: str | None = None  # the checkpoint that it leaves
    volumes: tuple[VirtualMachineInstanceBackupVolumeInfo, ...] = ()  # volumes in it
    start_timestamp: Time | None = None  # when it started
    end_timestamp: Time | None = None  # when it ended
    completed: bool | None = None  # whether it is over
    failed: bool | None = None  # whether it went wrong
    backup_msg: str | None = None  # what there is to say about it
    quiesce_status: str | None = None  # whether file systems were frozen for it


class ChangedBlockTrackingStatus(Model, frozen=True):
    """Whether changed blocks are tracked, and the backup that uses it."""

    state: str = EMPTY  # whether it is on, such as `Enabled` or `PendingRestart`
    backup_status: VirtualMachineInstanceBackupStatus | None = None  # the backup that uses it


class VirtualMachineInstanceStatus(Model, frozen=True):
    """Everything that is known of a guest at run time."""

    phase: str | None = None  # how far the guest is in its life, such as `Scheduled` or `Running`
    reason: str | None = None  # why it is there, as one word in CamelCase
    conditions: tuple[VirtualMachineInstanceCondition, ...] = ()  # statements about the guest, one for each type
    node_name: str | None = None  # the node it runs on
    active_pods: dict[str, str] | None = None  # nodes by the uid of the guest's Pods on them
    interfaces: tuple[VirtualMachineInstanceNetworkInterface, ...] = ()  # network cards as seen at run time
    # what the agent says about the system
    guest_os_info: VirtualMachineInstanceGuestOSInfo | None = field(default=None, name="guestOSInfo")
    volume_status: tuple[VolumeStatus, ...] = ()  # volumes as seen at run time
    machine: Machine | None = None  # the machine in use
    current_cpu_topology: CPUTopology | None = field(default=None, name="currentCPUTopology")  # processors as plugged
    memory: MemoryStatus | None = None  # memory as plugged
    qos_class: str | None = None  # quality of service of the Pod
    # when phases were entered
    phase_transition_timestamps: tuple[VirtualMachineInstancePhaseTransitionTimestamp, ...] = ()
    launcher_container_image_version: str | None = None  # the launcher's image
    # stored copy of the VirtualMachine's spec that this guest was made from
    virtual_machine_revision_name: str | None = None
    migration_state: VirtualMachineInstanceMigrationState | None = None  # the migration that runs, or the last one
    # how it can move: `LiveMigration`, or `BlockMigration` where disks are copied too
    migration_method: str | None = None
    migration_transport: str | None = None  # how its data moves: `Unix`, where it goes through the handler
    migrated_volumes: tuple[StorageMigratedVolumeInfo, ...] = ()  # volumes that move with it
    evacuation_node_name: str | None = None  # the node that it should leave
    fs_freeze_status: str | None = None  # whether its file systems are `frozen`
    topology_hints: TopologyHints | None = None  # what it needs of a node
    vsock_cid: Uint32 | None = field(default=None, name="VSOCKCID")  # its address for sockets between guest and host
    selinux_context: str | None = None  # SELinux context of the Pod
    runtime_user: Int64 | None = None  # the user that QEMU runs as; 0 is root
    kernel_boot_status: KernelBootStatus | None = None  # what was booted directly
    changed_block_tracking: ChangedBlockTrackingStatus | None = None  # tracking of changed blocks
