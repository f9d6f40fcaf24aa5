# cython: language_level=3
"""Where the fields of kvnode.api.status lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so
from kvnode._fast.layout_api_cpu_memory cimport CPUTopology
from kvnode._fast.layout_api_firmware cimport Machine


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *last_probe_time_, *last_transition_time_, *message_, *reason_,
        *status_, *type_; } kvnode_api_status_VirtualMachineInstanceCondition;
    static const kvnode_field kvnode_api_status_VirtualMachineInstanceCondition_fields[] = {
        AT(kvnode_api_status_VirtualMachineInstanceCondition, last_probe_time),
        AT(kvnode_api_status_VirtualMachineInstanceCondition, last_transition_time),
        AT(kvnode_api_status_VirtualMachineInstanceCondition, message),
        AT(kvnode_api_status_VirtualMachineInstanceCondition, reason),
        AT(kvnode_api_status_VirtualMachineInstanceCondition, status),
        AT(kvnode_api_status_VirtualMachineInstanceCondition, type), {0} };
    static const Py_ssize_t kvnode_api_status_VirtualMachineInstanceCondition_size = sizeof(kvnode_api_status_VirtualMachineInstanceCondition);
    """
    const Field *kvnode_api_status_VirtualMachineInstanceCondition_fields
    const Py_ssize_t kvnode_api_status_VirtualMachineInstanceCondition_size
    ctypedef class kvnode.api.status.VirtualMachineInstanceCondition [object kvnode_api_status_VirtualMachineInstanceCondition, check_size ignore]:
        cdef object last_probe_time "last_probe_time_"
        cdef object last_transition_time "last_transition_time_"
        cdef object message "message_"
        cdef object reason "reason_"
        cdef object status "status_"
        cdef object type "type_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *id_, *kernel_release_, *kernel_version_, *machine_, *name_,
        *pretty_name_, *version_, *version_id_; } kvnode_api_status_VirtualMachineInstanceGuestOSInfo;
    static const kvnode_field kvnode_api_status_VirtualMachineInstanceGuestOSInfo_fields[] = {
        AT(kvnode_api_status_VirtualMachineInstanceGuestOSInfo, id),
        AT(kvnode_api_status_VirtualMachineInstanceGuestOSInfo, kernel_release),
        AT(kvnode_api_status_VirtualMachineInstanceGuestOSInfo, kernel_version),
        AT(kvnode_api_status_VirtualMachineInstanceGuestOSInfo, machine),
        AT(kvnode_api_status_VirtualMachineInstanceGuestOSInfo, name),
        AT(kvnode_api_status_VirtualMachineInstanceGuestOSInfo, pretty_name),
        AT(kvnode_api_status_VirtualMachineInstanceGuestOSInfo, version),
        AT(kvnode_api_status_VirtualMachineInstanceGuestOSInfo, version_id), {0} };
    static const Py_ssize_t kvnode_api_status_VirtualMachineInstanceGuestOSInfo_size = sizeof(kvnode_api_status_VirtualMachineInstanceGuestOSInfo);
    """
    const Field *kvnode_api_status_VirtualMachineInstanceGuestOSInfo_fields
    const Py_ssize_t kvnode_api_status_VirtualMachineInstanceGuestOSInfo_size
    ctypedef class kvnode.api.status.VirtualMachineInstanceGuestOSInfo [object kvnode_api_status_VirtualMachineInstanceGuestOSInfo, check_size ignore]:
        cdef object id "id_"
        cdef object kernel_release "kernel_release_"
        cdef object kernel_version "kernel_version_"
        cdef object machine "machine_"
        cdef object name "name_"
        cdef object pretty_name "pretty_name_"
        cdef object version "version_"
        cdef object version_id "version_id_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *info_source_, *interface_name_, *ip_address_, *ip_addresses_,
        *link_state_, *mac_, *name_, *pod_interface_name_, *queue_count_; }
        kvnode_api_status_VirtualMachineInstanceNetworkInterface;
    static const kvnode_field kvnode_api_status_VirtualMachineInstanceNetworkInterface_fields[] = {
        AT(kvnode_api_status_VirtualMachineInstanceNetworkInterface, info_source),
        AT(kvnode_api_status_VirtualMachineInstanceNetworkInterface, interface_name),
        AT(kvnode_api_status_VirtualMachineInstanceNetworkInterface, ip_address),
        AT(kvnode_api_status_VirtualMachineInstanceNetworkInterface, ip_addresses),
        AT(kvnode_api_status_VirtualMachineInstanceNetworkInterface, link_state),
        AT(kvnode_api_status_VirtualMachineInstanceNetworkInterface, mac),
        AT(kvnode_api_status_VirtualMachineInstanceNetworkInterface, name),
        AT(kvnode_api_status_VirtualMachineInstanceNetworkInterface, pod_interface_name),
        AT(kvnode_api_status_VirtualMachineInstanceNetworkInterface, queue_count), {0} };
    static const Py_ssize_t kvnode_api_status_VirtualMachineInstanceNetworkInterface_size = sizeof(kvnode_api_status_VirtualMachineInstanceNetworkInterface);
    """
    const Field *kvnode_api_status_VirtualMachineInstanceNetworkInterface_fields
    const Py_ssize_t kvnode_api_status_VirtualMachineInstanceNetworkInterface_size
    ctypedef class kvnode.api.status.VirtualMachineInstanceNetworkInterface [object kvnode_api_status_VirtualMachineInstanceNetworkInterface, check_size ignore]:
        cdef object ip_addresses_ "ip_addresses_"
        cdef object info_source "info_source_"
        cdef object interface_name "interface_name_"
        cdef object ip_address "ip_address_"
        cdef object link_state "link_state_"
        cdef object mac "mac_"
        cdef object name "name_"
        cdef object pod_interface_name "pod_interface_name_"
        cdef object queue_count "queue_count_"
        @property
        cdef inline tuple ip_addresses(self):
            return self.ip_addresses_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *phase_, *phase_transition_timestamp_; }
        kvnode_api_status_VirtualMachineInstancePhaseTransitionTimestamp;
    static const kvnode_field kvnode_api_status_VirtualMachineInstancePhaseTransitionTimestamp_fields[] = {
        AT(kvnode_api_status_VirtualMachineInstancePhaseTransitionTimestamp, phase),
        AT(kvnode_api_status_VirtualMachineInstancePhaseTransitionTimestamp, phase_transition_timestamp), {0} };
    static const Py_ssize_t kvnode_api_status_VirtualMachineInstancePhaseTransitionTimestamp_size = sizeof(kvnode_api_status_VirtualMachineInstancePhaseTransitionTimestamp);
    """
    const Field *kvnode_api_status_VirtualMachineInstancePhaseTransitionTimestamp_fields
    const Py_ssize_t kvnode_api_status_VirtualMachineInstancePhaseTransitionTimestamp_size
    ctypedef class kvnode.api.status.VirtualMachineInstancePhaseTransitionTimestamp [object kvnode_api_status_VirtualMachineInstancePhaseTransitionTimestamp, check_size ignore]:
        cdef object phase "phase_"
        cdef object phase_transition_timestamp "phase_transition_timestamp_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *checksum_; } kvnode_api_status_KernelInfo;
    static const kvnode_field kvnode_api_status_KernelInfo_fields[] = { AT(kvnode_api_status_KernelInfo, checksum),
        {0} };
    static const Py_ssize_t kvnode_api_status_KernelInfo_size = sizeof(kvnode_api_status_KernelInfo);
    """
    const Field *kvnode_api_status_KernelInfo_fields
    const Py_ssize_t kvnode_api_status_KernelInfo_size
    ctypedef class kvnode.api.status.KernelInfo [object kvnode_api_status_KernelInfo, check_size ignore]:
        cdef object checksum "checksum_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *checksum_; } kvnode_api_status_InitrdInfo;
    static const kvnode_field kvnode_api_status_InitrdInfo_fields[] = { AT(kvnode_api_status_InitrdInfo, checksum),
        {0} };
    static const Py_ssize_t kvnode_api_status_InitrdInfo_size = sizeof(kvnode_api_status_InitrdInfo);
    """
    const Field *kvnode_api_status_InitrdInfo_fields
    const Py_ssize_t kvnode_api_status_InitrdInfo_size
    ctypedef class kvnode.api.status.InitrdInfo [object kvnode_api_status_InitrdInfo, check_size ignore]:
        cdef object checksum "checksum_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *initrd_info_, *kernel_info_; } kvnode_api_status_KernelBootStatus;
    static const kvnode_field kvnode_api_status_KernelBootStatus_fields[] = { AT(kvnode_api_status_KernelBootStatus,
        initrd_info), AT(kvnode_api_status_KernelBootStatus, kernel_info), {0} };
    static const Py_ssize_t kvnode_api_status_KernelBootStatus_size = sizeof(kvnode_api_status_KernelBootStatus);
    """
    const Field *kvnode_api_status_KernelBootStatus_fields
    const Py_ssize_t kvnode_api_status_KernelBootStatus_size
    ctypedef class kvnode.api.status.KernelBootStatus [object kvnode_api_status_KernelBootStatus, check_size ignore]:
        cdef object initrd_info_ "initrd_info_"
        cdef object kernel_info_ "kernel_info_"
        @property
        cdef inline InitrdInfo initrd_info(self):
            return self.initrd_info_
        @property
        cdef inline KernelInfo kernel_info(self):
            return self.kernel_info_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *guest_at_boot_, *guest_current_, *guest_requested_, *memory_overhead_;
        } kvnode_api_status_MemoryStatus;
    static const kvnode_field kvnode_api_status_MemoryStatus_fields[] = { AT(kvnode_api_status_MemoryStatus,
        guest_at_boot), AT(kvnode_api_status_MemoryStatus, guest_current), AT(kvnode_api_status_MemoryStatus,
        guest_requested), AT(kvnode_api_status_MemoryStatus, memory_overhead), {0} };
    static const Py_ssize_t kvnode_api_status_MemoryStatus_size = sizeof(kvnode_api_status_MemoryStatus);
    """
    const Field *kvnode_api_status_MemoryStatus_fields
    const Py_ssize_t kvnode_api_status_MemoryStatus_size
    ctypedef class kvnode.api.status.MemoryStatus [object kvnode_api_status_MemoryStatus, check_size ignore]:
        cdef object guest_at_boot "guest_at_boot_"
        cdef object guest_current "guest_current_"
        cdef object guest_requested "guest_requested_"
        cdef object memory_overhead "memory_overhead_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *tsc_frequency_; } kvnode_api_status_TopologyHints;
    static const kvnode_field kvnode_api_status_TopologyHints_fields[] = { AT(kvnode_api_status_TopologyHints,
        tsc_frequency), {0} };
    static const Py_ssize_t kvnode_api_status_TopologyHints_size = sizeof(kvnode_api_status_TopologyHints);
    """
    const Field *kvnode_api_status_TopologyHints_fields
    const Py_ssize_t kvnode_api_status_TopologyHints_size
    ctypedef class kvnode.api.status.TopologyHints [object kvnode_api_status_TopologyHints, check_size ignore]:
        cdef object tsc_frequency "tsc_frequency_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *checksum_; } kvnode_api_status_ContainerDiskInfo;
    static const kvnode_field kvnode_api_status_ContainerDiskInfo_fields[] = {
        AT(kvnode_api_status_ContainerDiskInfo, checksum), {0} };
    static const Py_ssize_t kvnode_api_status_ContainerDiskInfo_size = sizeof(kvnode_api_status_ContainerDiskInfo);
    """
    const Field *kvnode_api_status_ContainerDiskInfo_fields
    const Py_ssize_t kvnode_api_status_ContainerDiskInfo_size
    ctypedef class kvnode.api.status.ContainerDiskInfo [object kvnode_api_status_ContainerDiskInfo, check_size ignore]:
        cdef object checksum "checksum_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *claim_name_, *end_timestamp_, *start_timestamp_, *target_file_name_; }
        kvnode_api_status_DomainMemoryDumpInfo;
    static const kvnode_field kvnode_api_status_DomainMemoryDumpInfo_fields[] = {
        AT(kvnode_api_status_DomainMemoryDumpInfo, claim_name), AT(kvnode_api_status_DomainMemoryDumpInfo,
        end_timestamp), AT(kvnode_api_status_DomainMemoryDumpInfo, start_timestamp),
        AT(kvnode_api_status_DomainMemoryDumpInfo, target_file_name), {0} };
    static const Py_ssize_t kvnode_api_status_DomainMemoryDumpInfo_size = sizeof(kvnode_api_status_DomainMemoryDumpInfo);
    """
    const Field *kvnode_api_status_DomainMemoryDumpInfo_fields
    const Py_ssize_t kvnode_api_status_DomainMemoryDumpInfo_size
    ctypedef class kvnode.api.status.DomainMemoryDumpInfo [object kvnode_api_status_DomainMemoryDumpInfo, check_size ignore]:
        cdef object claim_name "claim_name_"
        cdef object end_timestamp "end_timestamp_"
        cdef object start_timestamp "start_timestamp_"
        cdef object target_file_name "target_file_name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *attach_pod_name_, *attach_pod_uid_; }
        kvnode_api_status_HotplugVolumeStatus;
    static const kvnode_field kvnode_api_status_HotplugVolumeStatus_fields[] = {
        AT(kvnode_api_status_HotplugVolumeStatus, attach_pod_name), AT(kvnode_api_status_HotplugVolumeStatus,
        attach_pod_uid), {0} };
    static const Py_ssize_t kvnode_api_status_HotplugVolumeStatus_size = sizeof(kvnode_api_status_HotplugVolumeStatus);
    """
    const Field *kvnode_api_status_HotplugVolumeStatus_fields
    const Py_ssize_t kvnode_api_status_HotplugVolumeStatus_size
    ctypedef class kvnode.api.status.HotplugVolumeStatus [object kvnode_api_status_HotplugVolumeStatus, check_size ignore]:
        cdef object attach_pod_name "attach_pod_name_"
        cdef object attach_pod_uid "attach_pod_uid_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *access_modes_, *capacity_, *claim_name_, *filesystem_overhead_,
        *preallocated_, *requests_, *volume_mode_; } kvnode_api_status_PersistentVolumeClaimInfo;
    static const kvnode_field kvnode_api_status_PersistentVolumeClaimInfo_fields[] = {
        AT(kvnode_api_status_PersistentVolumeClaimInfo, access_modes),
        AT(kvnode_api_status_PersistentVolumeClaimInfo, capacity), AT(kvnode_api_status_PersistentVolumeClaimInfo,
        claim_name), AT(kvnode_api_status_PersistentVolumeClaimInfo, filesystem_overhead),
        AT(kvnode_api_status_PersistentVolumeClaimInfo, preallocated),
        AT(kvnode_api_status_PersistentVolumeClaimInfo, requests), AT(kvnode_api_status_PersistentVolumeClaimInfo,
        volume_mode), {0} };
    static const Py_ssize_t kvnode_api_status_PersistentVolumeClaimInfo_size = sizeof(kvnode_api_status_PersistentVolumeClaimInfo);
    """
    const Field *kvnode_api_status_PersistentVolumeClaimInfo_fields
    const Py_ssize_t kvnode_api_status_PersistentVolumeClaimInfo_size
    ctypedef class kvnode.api.status.PersistentVolumeClaimInfo [object kvnode_api_status_PersistentVolumeClaimInfo, check_size ignore]:
        cdef object access_modes_ "access_modes_"
        cdef object capacity "capacity_"
        cdef object claim_name "claim_name_"
        cdef object filesystem_overhead "filesystem_overhead_"
        cdef object preallocated "preallocated_"
        cdef object requests "requests_"
        cdef object volume_mode "volume_mode_"
        @property
        cdef inline tuple access_modes(self):
            return self.access_modes_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *container_disk_volume_, *hotplug_volume_, *memory_dump_volume_,
        *message_, *name_, *persistent_volume_claim_info_, *phase_, *reason_, *size_, *target_; }
        kvnode_api_status_VolumeStatus;
    static const kvnode_field kvnode_api_status_VolumeStatus_fields[] = { AT(kvnode_api_status_VolumeStatus,
        container_disk_volume), AT(kvnode_api_status_VolumeStatus, hotplug_volume),
        AT(kvnode_api_status_VolumeStatus, memory_dump_volume), AT(kvnode_api_status_VolumeStatus, message),
        AT(kvnode_api_status_VolumeStatus, name), AT(kvnode_api_status_VolumeStatus, persistent_volume_claim_info),
        AT(kvnode_api_status_VolumeStatus, phase), AT(kvnode_api_status_VolumeStatus, reason),
        AT(kvnode_api_status_VolumeStatus, size), AT(kvnode_api_status_VolumeStatus, target), {0} };
    static const Py_ssize_t kvnode_api_status_VolumeStatus_size = sizeof(kvnode_api_status_VolumeStatus);
    """
    const Field *kvnode_api_status_VolumeStatus_fields
    const Py_ssize_t kvnode_api_status_VolumeStatus_size
    ctypedef class kvnode.api.status.VolumeStatus [object kvnode_api_status_VolumeStatus, check_size ignore]:
        cdef object container_disk_volume_ "container_disk_volume_"
        cdef object hotplug_volume_ "hotplug_volume_"
        cdef object memory_dump_volume_ "memory_dump_volume_"
        cdef object persistent_volume_claim_info_ "persistent_volume_claim_info_"
        cdef object message "message_"
        cdef object name "name_"
        cdef object phase "phase_"
        cdef object reason "reason_"
        cdef object size "size_"
        cdef object target "target_"
        @property
        cdef inline ContainerDiskInfo container_disk_volume(self):
            return self.container_disk_volume_
        @property
        cdef inline HotplugVolumeStatus hotplug_volume(self):
            return self.hotplug_volume_
        @property
        cdef inline DomainMemoryDumpInfo memory_dump_volume(self):
            return self.memory_dump_volume_
        @property
        cdef inline PersistentVolumeClaimInfo persistent_volume_claim_info(self):
            return self.persistent_volume_claim_info_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *destination_pvc_info_, *source_pvc_info_, *volume_name_; }
        kvnode_api_status_StorageMigratedVolumeInfo;
    static const kvnode_field kvnode_api_status_StorageMigratedVolumeInfo_fields[] = {
        AT(kvnode_api_status_StorageMigratedVolumeInfo, destination_pvc_info),
        AT(kvnode_api_status_StorageMigratedVolumeInfo, source_pvc_info),
        AT(kvnode_api_status_StorageMigratedVolumeInfo, volume_name), {0} };
    static const Py_ssize_t kvnode_api_status_StorageMigratedVolumeInfo_size = sizeof(kvnode_api_status_StorageMigratedVolumeInfo);
    """
    const Field *kvnode_api_status_StorageMigratedVolumeInfo_fields
    const Py_ssize_t kvnode_api_status_StorageMigratedVolumeInfo_size
    ctypedef class kvnode.api.status.StorageMigratedVolumeInfo [object kvnode_api_status_StorageMigratedVolumeInfo, check_size ignore]:
        cdef object destination_pvc_info_ "destination_pvc_info_"
        cdef object source_pvc_info_ "source_pvc_info_"
        cdef object volume_name "volume_name_"
        @property
        cdef inline PersistentVolumeClaimInfo destination_pvc_info(self):
            return self.destination_pvc_info_
        @property
        cdef inline PersistentVolumeClaimInfo source_pvc_info(self):
            return self.source_pvc_info_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *volume_name_; }
        kvnode_api_status_VirtualMachineInstanceBackupVolumeInfo;
    static const kvnode_field kvnode_api_status_VirtualMachineInstanceBackupVolumeInfo_fields[] = {
        AT(kvnode_api_status_VirtualMachineInstanceBackupVolumeInfo, volume_name), {0} };
    static const Py_ssize_t kvnode_api_status_VirtualMachineInstanceBackupVolumeInfo_size = sizeof(kvnode_api_status_VirtualMachineInstanceBackupVolumeInfo);
    """
    const Field *kvnode_api_status_VirtualMachineInstanceBackupVolumeInfo_fields
    const Py_ssize_t kvnode_api_status_VirtualMachineInstanceBackupVolumeInfo_size
    ctypedef class kvnode.api.status.VirtualMachineInstanceBackupVolumeInfo [object kvnode_api_status_VirtualMachineInstanceBackupVolumeInfo, check_size ignore]:
        cdef object volume_name "volume_name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *backup_msg_, *backup_name_, *checkpoint_name_, *completed_,
        *end_timestamp_, *failed_, *quiesce_status_, *start_timestamp_, *volumes_; }
        kvnode_api_status_VirtualMachineInstanceBackupStatus;
    static const kvnode_field kvnode_api_status_VirtualMachineInstanceBackupStatus_fields[] = {
        AT(kvnode_api_status_VirtualMachineInstanceBackupStatus, backup_msg),
        AT(kvnode_api_status_VirtualMachineInstanceBackupStatus, backup_name),
        AT(kvnode_api_status_VirtualMachineInstanceBackupStatus, checkpoint_name),
        AT(kvnode_api_status_VirtualMachineInstanceBackupStatus, completed),
        AT(kvnode_api_status_VirtualMachineInstanceBackupStatus, end_timestamp),
        AT(kvnode_api_status_VirtualMachineInstanceBackupStatus, failed),
        AT(kvnode_api_status_VirtualMachineInstanceBackupStatus, quiesce_status),
        AT(kvnode_api_status_VirtualMachineInstanceBackupStatus, start_timestamp),
        AT(kvnode_api_status_VirtualMachineInstanceBackupStatus, volumes), {0} };
    static const Py_ssize_t kvnode_api_status_VirtualMachineInstanceBackupStatus_size = sizeof(kvnode_api_status_VirtualMachineInstanceBackupStatus);
    """
    const Field *kvnode_api_status_VirtualMachineInstanceBackupStatus_fields
    const Py_ssize_t kvnode_api_status_VirtualMachineInstanceBackupStatus_size
    ctypedef class kvnode.api.status.VirtualMachineInstanceBackupStatus [object kvnode_api_status_VirtualMachineInstanceBackupStatus, check_size ignore]:
        cdef object volumes_ "volumes_"
        cdef object backup_msg "backup_msg_"
        cdef object backup_name "backup_name_"
        cdef object checkpoint_name "checkpoint_name_"
        cdef object completed "completed_"
        cdef object end_timestamp "end_timestamp_"
        cdef object failed "failed_"
        cdef object quiesce_status "quiesce_status_"
        cdef object start_timestamp "start_timestamp_"
        @property
        cdef inline tuple volumes(self):
            return self.volumes_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *backup_status_, *state_; }
        kvnode_api_status_ChangedBlockTrackingStatus;
    static const kvnode_field kvnode_api_status_ChangedBlockTrackingStatus_fields[] = {
        AT(kvnode_api_status_ChangedBlockTrackingStatus, backup_status),
        AT(kvnode_api_status_ChangedBlockTrackingStatus, state), {0} };
    static const Py_ssize_t kvnode_api_status_ChangedBlockTrackingStatus_size = sizeof(kvnode_api_status_ChangedBlockTrackingStatus);
    """
    const Field *kvnode_api_status_ChangedBlockTrackingStatus_fields
    const Py_ssize_t kvnode_api_status_ChangedBlockTrackingStatus_size
    ctypedef class kvnode.api.status.ChangedBlockTrackingStatus [object kvnode_api_status_ChangedBlockTrackingStatus, check_size ignore]:
        cdef object backup_status_ "backup_status_"
        cdef object state "state_"
        @property
        cdef inline VirtualMachineInstanceBackupStatus backup_status(self):
            return self.backup_status_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *active_pods_, *changed_block_tracking_, *conditions_,
        *current_cpu_topology_, *evacuation_node_name_, *fs_freeze_status_, *guest_os_info_, *interfaces_,
        *kernel_boot_status_, *launcher_container_image_version_, *machine_, *memory_, *migrated_volumes_,
        *migration_method_, *migration_state_, *migration_transport_, *node_name_, *phase_,
        *phase_transition_timestamps_, *qos_class_, *reason_, *runtime_user_, *selinux_context_, *topology_hints_,
        *virtual_machine_revision_name_, *volume_status_, *vsock_cid_; }
        kvnode_api_status_VirtualMachineInstanceStatus;
    static const kvnode_field kvnode_api_status_VirtualMachineInstanceStatus_fields[] = {
        AT(kvnode_api_status_VirtualMachineInstanceStatus, active_pods),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, changed_block_tracking),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, conditions),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, current_cpu_topology),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, evacuation_node_name),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, fs_freeze_status),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, guest_os_info),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, interfaces),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, kernel_boot_status),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, launcher_container_image_version),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, machine),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, memory),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, migrated_volumes),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, migration_method),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, migration_state),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, migration_transport),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, node_name),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, phase),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, phase_transition_timestamps),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, qos_class),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, reason),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, runtime_user),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, selinux_context),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, topology_hints),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, virtual_machine_revision_name),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, volume_status),
        AT(kvnode_api_status_VirtualMachineInstanceStatus, vsock_cid), {0} };
    static const Py_ssize_t kvnode_api_status_VirtualMachineInstanceStatus_size = sizeof(kvnode_api_status_VirtualMachineInstanceStatus);
    """
    const Field *kvnode_api_status_VirtualMachineInstanceStatus_fields
    const Py_ssize_t kvnode_api_status_VirtualMachineInstanceStatus_size
    ctypedef class kvnode.api.status.VirtualMachineInstanceStatus [object kvnode_api_status_VirtualMachineInstanceStatus, check_size ignore]:
        cdef object changed_block_tracking_ "changed_block_tracking_"
        cdef object conditions_ "conditions_"
        cdef object current_cpu_topology_ "current_cpu_topology_"
        cdef object guest_os_info_ "guest_os_info_"
        cdef object interfaces_ "interfaces_"
        cdef object kernel_boot_status_ "kernel_boot_status_"
        cdef object machine_ "machine_"
        cdef object memory_ "memory_"
        cdef object migrated_volumes_ "migrated_volumes_"
        cdef object phase_transition_timestamps_ "phase_transition_timestamps_"
        cdef object topology_hints_ "topology_hints_"
        cdef object volume_status_ "volume_status_"
        cdef object active_pods "active_pods_"
        cdef object evacuation_node_name "evacuation_node_name_"
        cdef object fs_freeze_status "fs_freeze_status_"
        cdef object launcher_container_image_version "launcher_container_image_version_"
        cdef object migration_method "migration_method_"
        cdef object migration_state "migration_state_"
        cdef object migration_transport "migration_transport_"
        cdef object node_name "node_name_"
        cdef object phase "phase_"
        cdef object qos_class "qos_class_"
        cdef object reason "reason_"
        cdef object runtime_user "runtime_user_"
        cdef object selinux_context "selinux_context_"
        cdef object virtual_machine_revision_name "virtual_machine_revision_name_"
        cdef object vsock_cid "vsock_cid_"
        @property
        cdef inline ChangedBlockTrackingStatus changed_block_tracking(self):
            return self.changed_block_tracking_
        @property
        cdef inline tuple conditions(self):
            return self.conditions_
        @property
        cdef inline CPUTopology current_cpu_topology(self):
            return self.current_cpu_topology_
        @property
        cdef inline VirtualMachineInstanceGuestOSInfo guest_os_info(self):
            return self.guest_os_info_
        @property
        cdef inline tuple interfaces(self):
            return self.interfaces_
        @property
        cdef inline KernelBootStatus kernel_boot_status(self):
            return self.kernel_boot_status_
        @property
        cdef inline Machine machine(self):
            return self.machine_
        @property
        cdef inline MemoryStatus memory(self):
            return self.memory_
        @property
        cdef inline tuple migrated_volumes(self):
            return self.migrated_volumes_
        @property
        cdef inline tuple phase_transition_timestamps(self):
            return self.phase_transition_timestamps_
        @property
        cdef inline TopologyHints topology_hints(self):
            return self.topology_hints_
        @property
        cdef inline tuple volume_status(self):
            return self.volume_status_


cdef inline int check_api_status() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(VirtualMachineInstanceCondition, kvnode_api_status_VirtualMachineInstanceCondition_fields, kvnode_api_status_VirtualMachineInstanceCondition_size)
    kvnode_lies_so(VirtualMachineInstanceGuestOSInfo, kvnode_api_status_VirtualMachineInstanceGuestOSInfo_fields, kvnode_api_status_VirtualMachineInstanceGuestOSInfo_size)
    kvnode_lies_so(VirtualMachineInstanceNetworkInterface, kvnode_api_status_VirtualMachineInstanceNetworkInterface_fields, kvnode_api_status_VirtualMachineInstanceNetworkInterface_size)
    kvnode_lies_so(VirtualMachineInstancePhaseTransitionTimestamp, kvnode_api_status_VirtualMachineInstancePhaseTransitionTimestamp_fields, kvnode_api_status_VirtualMachineInstancePhaseTransitionTimestamp_size)
    kvnode_lies_so(KernelInfo, kvnode_api_status_KernelInfo_fields, kvnode_api_status_KernelInfo_size)
    kvnode_lies_so(InitrdInfo, kvnode_api_status_InitrdInfo_fields, kvnode_api_status_InitrdInfo_size)
    kvnode_lies_so(KernelBootStatus, kvnode_api_status_KernelBootStatus_fields, kvnode_api_status_KernelBootStatus_size)
    kvnode_lies_so(MemoryStatus, kvnode_api_status_MemoryStatus_fields, kvnode_api_status_MemoryStatus_size)
    kvnode_lies_so(TopologyHints, kvnode_api_status_TopologyHints_fields, kvnode_api_status_TopologyHints_size)
    kvnode_lies_so(ContainerDiskInfo, kvnode_api_status_ContainerDiskInfo_fields, kvnode_api_status_ContainerDiskInfo_size)
    kvnode_lies_so(DomainMemoryDumpInfo, kvnode_api_status_DomainMemoryDumpInfo_fields, kvnode_api_status_DomainMemoryDumpInfo_size)
    kvnode_lies_so(HotplugVolumeStatus, kvnode_api_status_HotplugVolumeStatus_fields, kvnode_api_status_HotplugVolumeStatus_size)
    kvnode_lies_so(PersistentVolumeClaimInfo, kvnode_api_status_PersistentVolumeClaimInfo_fields, kvnode_api_status_PersistentVolumeClaimInfo_size)
    kvnode_lies_so(VolumeStatus, kvnode_api_status_VolumeStatus_fields, kvnode_api_status_VolumeStatus_size)
    kvnode_lies_so(StorageMigratedVolumeInfo, kvnode_api_status_StorageMigratedVolumeInfo_fields, kvnode_api_status_StorageMigratedVolumeInfo_size)
    kvnode_lies_so(VirtualMachineInstanceBackupVolumeInfo, kvnode_api_status_VirtualMachineInstanceBackupVolumeInfo_fields, kvnode_api_status_VirtualMachineInstanceBackupVolumeInfo_size)
    kvnode_lies_so(VirtualMachineInstanceBackupStatus, kvnode_api_status_VirtualMachineInstanceBackupStatus_fields, kvnode_api_status_VirtualMachineInstanceBackupStatus_size)
    kvnode_lies_so(ChangedBlockTrackingStatus, kvnode_api_status_ChangedBlockTrackingStatus_fields, kvnode_api_status_ChangedBlockTrackingStatus_size)
    kvnode_lies_so(VirtualMachineInstanceStatus, kvnode_api_status_VirtualMachineInstanceStatus_fields, kvnode_api_status_VirtualMachineInstanceStatus_size)
    return 0
