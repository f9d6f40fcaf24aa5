"""State of a live migration, as the guest's status shows it.

The settings in force are copied into the state when a migration starts, so that a change of the configuration
touches no migration that is under way.
"""

from msgspec import field

from kvnode.api.base import Int32, Int64, Model, Time, Uint32
from kvnode.quantity import Quantity


class DowntimeTuningOptions(Model, frozen=True):
    """How the allowed downtime grows while a migration doesn't get done."""

    initial_ms: Int64 | None = None  # the downtime to begin with, in milliseconds
    steps: Uint32 | None = None  # in how many steps it grows to the maximum
    start_after_iteration: Int64 | None = None  # after how many passes over memory it starts to grow
    cooldown_seconds: Uint32 | None = None  # how long to wait between steps


class StallDetectorOptions(Model, frozen=True):
    """When a migration counts as stalled."""

    stall_margin: Int64 | None = None  # by how many percent of it the rest has to fall below the least so far
    stall_progress_timeout: Int64 | None = None  # seconds without progress after which it counts as stalled
    switchover_timeout: Int64 | None = None  # seconds that the switch to the target may take
    completion_timeout_factor: Quantity | None = None  # factor on the time that a migration should take in all
    ewma_alpha: Quantity | None = None  # weight of the newest sample in the average rate
    patience_window_decay_factor: Quantity | None = None  # by how much patience shrinks each time
    precopy_possible_factor: Quantity | None = None  # how much faster copying has to be than writing for it to end
    search_local_minima: bool | None = None  # whether to switch where the rest is smallest


class ExperimentalMigrationOptions(Model, frozen=True):
    """Settings that may change or go."""

    compression: str | None = None  # method of compression, such as `zstd`
    downtime_tuning: DowntimeTuningOptions | None = None  # growth of the allowed downtime
    stall_detector: StallDetectorOptions | None = None  # detection of stalls


class VMIMConfigurationOptions(Model, frozen=True):
    """The settings that one migration runs with."""

    allow_auto_converge: bool | None = None  # whether the guest may be slowed down until copying catches up
    allow_post_copy: bool | None = None  # whether it may start on the target before all memory is there
    allow_workload_disruption: bool | None = None  # whether it may be paused until copying is done
    bandwidth_per_migration: Quantity | None = None  # bytes a second for one migration; 0 means no limit
    # seconds for each GiB, after which the migration is given up
    completion_timeout_per_gib: Int64 | None = field(default=None, name="completionTimeoutPerGiB")
    progress_timeout: Int64 | None = None  # seconds without progress, after which it is given up
    utility_volumes_timeout: Int64 | None = None  # seconds to wait for utility volumes to be unplugged
    max_downtime_ms: Int64 | None = None  # milliseconds that the guest may stand still
    parallel_migrations_per_cluster: Uint32 | None = None  # how many run in the cluster at once
    parallel_outbound_migrations_per_node: Uint32 | None = None  # how many leave a node at once
    network: str | None = None  # network attachment that migrations take
    node_drain_taint_key: str | None = None  # taint that marks a node to be drained
    disable_tls: bool | None = field(default=None, name="disableTLS")  # whether data goes unencrypted
    # whether the target takes over the source's SELinux level
    match_selinux_level_on_migration: bool | None = field(default=None, name="matchSELinuxLevelOnMigration")
    unsafe_migration_override: bool | None = None  # whether to migrate where libvirt calls it unsafe
    experimental: ExperimentalMigrationOptions | None = None  # settings that may change or go


class MigrationConfiguration(Model, frozen=True):
    """The cluster's settings for migrations."""

    allow_auto_converge: bool | None = None  # whether the guest may be slowed down until copying catches up
    allow_post_copy: bool | None = None  # whether it may start on the target before all memory is there
    allow_workload_disruption: bool | None = None  # whether it may be paused until copying is done
    bandwidth_per_migration: Quantity | None = None  # bytes a second for one migration; 0 means no limit
    # seconds for each GiB, after which the migration is given up
    completion_timeout_per_gib: Int64 | None = field(default=None, name="completionTimeoutPerGiB")
    progress_timeout: Int64 | None = None  # seconds without progress, after which it is given up
    utility_volumes_timeout: Int64 | None = None  # seconds to wait for utility volumes to be unplugged
    max_downtime_ms: Int64 | None = None  # milliseconds that the guest may stand still
    parallel_migrations_per_cluster: Uint32 | None = None  # how many run in the cluster at once
    parallel_outbound_migrations_per_node: Uint32 | None = None  # how many leave a node at once
    network: str | None = None  # network attachment that migrations take
    node_drain_taint_key: str | None = None  # taint that marks a node to be drained
    disable_tls: bool | None = field(default=None, name="disableTLS")  # whether data goes unencrypted
    # whether the target takes over the source's SELinux level
    match_selinux_level_on_migration: bool | None = field(default=None, name="matchSELinuxLevelOnMigration")
    unsafe_migration_override: bool | None = None  # whether to migrate where libvirt calls it unsafe


class VirtualMachineInstanceMigrationSourceState(Model, frozen=True):
    """What the source knows."""

    node: str | None = None  # the node it leaves
    pod: str | None = None  # the Pod it leaves
    # the guest's uid there
    virtual_machine_instance_uid: str | None = field(default=None, name="virtualMachineInstanceUID")
    migration_uid: str | None = field(default=None, name="migrationUID")  # uid of the migration there
    domain_name: str | None = None  # the domain's name in libvirt
    domain_namespace: str | None = None  # the guest's namespace there
    sync_address: str | None = None  # where the other cluster reaches this one
    node_selectors: dict[str, str] | None = None  # labels that the target node has to have
    # the claim with state of TPM and firmware
    persistent_state_pvc_name: str | None = field(default=None, name="persistentStatePVCName")
    selinux_context: str | None = None  # SELinux context of the Pod


class VirtualMachineInstanceMigrationTargetState(Model, frozen=True):
    """What the target knows."""

    node: str | None = None  # the node it goes to
    pod: str | None = None  # the Pod it goes to
    # uid of the Pod that holds plugged volumes there
    attachment_pod_uid: str | None = field(default=None, name="attachmentPodUID")
    # the guest's uid there
    virtual_machine_instance_uid: str | None = field(default=None, name="virtualMachineInstanceUID")
    migration_uid: str | None = field(default=None, name="migrationUID")  # uid of the migration there
    node_address: str | None = None  # address of the target's handler
    direct_migration_node_ports: dict[str, Int32] | None = None  # ports on the target by their number at the source
    domain_name: str | None = None  # the domain's name in libvirt
    domain_namespace: str | None = None  # the guest's namespace there
    domain_detected: bool | None = None  # whether the target has seen the domain
    domain_ready_timestamp: Time | None = None  # when the domain ran there
    cpu_set: tuple[Int32, ...] = ()  # host CPUs that the target has for it
    node_topology: str | None = None  # the target node's topology, as JSON
    sync_address: str | None = None  # where the other cluster reaches this one
    # the claim with state of TPM and firmware
    persistent_state_pvc_name: str | None = field(default=None, name="persistentStatePVCName")
    selinux_context: str | None = None  # SELinux context of the Pod


class VirtualMachineInstanceMigrationState(Model, frozen=True):
    """How far a migration is."""

    migration_uid: str | None = None  # uid of the migration
    mode: str | None = None  # how memory is copied: `PreCopy`, `PostCopy` or `Paused`
    start_timestamp: Time | None = None  # when it started
    end_timestamp: Time | None = None  # when it ended
    completed: bool | None = None  # whether it is over
    failed: bool | None = None  # whether it went wrong
    failure_reason: str | None = None  # what went wrong
    abort_requested: bool | None = None  # whether somebody wants it stopped
    abort_status: str | None = None  # how far stopping is
    source_node: str | None = None  # the node it leaves
    source_pod: str | None = None  # the Pod it leaves
    source_state: VirtualMachineInstanceMigrationSourceState | None = None  # what the source knows
    # the source's claim with state of TPM and firmware
    source_persistent_state_pvc_name: str | None = field(default=None, name="sourcePersistentStatePVCName")
    target_node: str | None = None  # the node it goes to
    target_pod: str | None = None  # the Pod it goes to
    target_state: VirtualMachineInstanceMigrationTargetState | None = None  # what the target knows
    target_node_address: str | None = None  # address of the target's handler
    # ports on the target by their number at the source
    target_direct_migration_node_ports: dict[str, Int32] | None = None
    target_node_domain_detected: bool | None = None  # whether the target has seen the domain
    target_node_domain_ready_timestamp: Time | None = None  # when the domain ran there
    # uid of the Pod that holds plugged volumes there
    target_attachment_pod_uid: str | None = field(default=None, name="targetAttachmentPodUID")
    target_cpu_set: tuple[Int32, ...] = field(default=(), name="targetCPUSet")  # host CPUs that the target has for it
    target_node_topology: str | None = None  # the target node's topology, as JSON
    target_memory_overhead: Quantity | None = None  # memory that the target's Pod reserves besides the guest's
    # the target's claim with state of TPM and firmware
    target_persistent_state_pvc_name: str | None = field(default=None, name="targetPersistentStatePVCName")
    migration_policy_name: str | None = None  # the policy in force
    migration_configuration: VMIMConfigurationOptions | None = None  # the settings in force
    migration_network_type: str | None = None  # the network that data takes: `Pod` or `Migration`
