# cython: language_level=3
"""Where the fields of kvnode.api.volumes lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so
from kvnode._fast.layout_api_meta cimport LocalObjectReference


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *claim_name_, *read_only_; }
        kvnode_api_volumes_CorePersistentVolumeClaimVolumeSource;
    static const kvnode_field kvnode_api_volumes_CorePersistentVolumeClaimVolumeSource_fields[] = {
        AT(kvnode_api_volumes_CorePersistentVolumeClaimVolumeSource, claim_name),
        AT(kvnode_api_volumes_CorePersistentVolumeClaimVolumeSource, read_only), {0} };
    static const Py_ssize_t kvnode_api_volumes_CorePersistentVolumeClaimVolumeSource_size = sizeof(kvnode_api_volumes_CorePersistentVolumeClaimVolumeSource);
    """
    const Field *kvnode_api_volumes_CorePersistentVolumeClaimVolumeSource_fields
    const Py_ssize_t kvnode_api_volumes_CorePersistentVolumeClaimVolumeSource_size
    ctypedef class kvnode.api.volumes.CorePersistentVolumeClaimVolumeSource [object kvnode_api_volumes_CorePersistentVolumeClaimVolumeSource, check_size ignore]:
        cdef object claim_name "claim_name_"
        cdef object read_only "read_only_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *claim_name_, *hotpluggable_, *read_only_; }
        kvnode_api_volumes_PersistentVolumeClaimVolumeSource;
    static const kvnode_field kvnode_api_volumes_PersistentVolumeClaimVolumeSource_fields[] = {
        AT(kvnode_api_volumes_PersistentVolumeClaimVolumeSource, claim_name),
        AT(kvnode_api_volumes_PersistentVolumeClaimVolumeSource, hotpluggable),
        AT(kvnode_api_volumes_PersistentVolumeClaimVolumeSource, read_only), {0} };
    static const Py_ssize_t kvnode_api_volumes_PersistentVolumeClaimVolumeSource_size = sizeof(kvnode_api_volumes_PersistentVolumeClaimVolumeSource);
    """
    const Field *kvnode_api_volumes_PersistentVolumeClaimVolumeSource_fields
    const Py_ssize_t kvnode_api_volumes_PersistentVolumeClaimVolumeSource_size
    ctypedef class kvnode.api.volumes.PersistentVolumeClaimVolumeSource [object kvnode_api_volumes_PersistentVolumeClaimVolumeSource, check_size ignore]:
        cdef object claim_name "claim_name_"
        cdef object hotpluggable "hotpluggable_"
        cdef object read_only "read_only_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *hotpluggable_, *name_; } kvnode_api_volumes_DataVolumeSource;
    static const kvnode_field kvnode_api_volumes_DataVolumeSource_fields[] = {
        AT(kvnode_api_volumes_DataVolumeSource, hotpluggable), AT(kvnode_api_volumes_DataVolumeSource, name), {0} };
    static const Py_ssize_t kvnode_api_volumes_DataVolumeSource_size = sizeof(kvnode_api_volumes_DataVolumeSource);
    """
    const Field *kvnode_api_volumes_DataVolumeSource_fields
    const Py_ssize_t kvnode_api_volumes_DataVolumeSource_size
    ctypedef class kvnode.api.volumes.DataVolumeSource [object kvnode_api_volumes_DataVolumeSource, check_size ignore]:
        cdef object hotpluggable "hotpluggable_"
        cdef object name "name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *persistent_volume_claim_; } kvnode_api_volumes_EphemeralVolumeSource;
    static const kvnode_field kvnode_api_volumes_EphemeralVolumeSource_fields[] = {
        AT(kvnode_api_volumes_EphemeralVolumeSource, persistent_volume_claim), {0} };
    static const Py_ssize_t kvnode_api_volumes_EphemeralVolumeSource_size = sizeof(kvnode_api_volumes_EphemeralVolumeSource);
    """
    const Field *kvnode_api_volumes_EphemeralVolumeSource_fields
    const Py_ssize_t kvnode_api_volumes_EphemeralVolumeSource_size
    ctypedef class kvnode.api.volumes.EphemeralVolumeSource [object kvnode_api_volumes_EphemeralVolumeSource, check_size ignore]:
        cdef object persistent_volume_claim_ "persistent_volume_claim_"
        @property
        cdef inline CorePersistentVolumeClaimVolumeSource persistent_volume_claim(self):
            return self.persistent_volume_claim_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *image_, *image_pull_policy_, *image_pull_secret_, *path_; }
        kvnode_api_volumes_ContainerDiskSource;
    static const kvnode_field kvnode_api_volumes_ContainerDiskSource_fields[] = {
        AT(kvnode_api_volumes_ContainerDiskSource, image), AT(kvnode_api_volumes_ContainerDiskSource,
        image_pull_policy), AT(kvnode_api_volumes_ContainerDiskSource, image_pull_secret),
        AT(kvnode_api_volumes_ContainerDiskSource, path), {0} };
    static const Py_ssize_t kvnode_api_volumes_ContainerDiskSource_size = sizeof(kvnode_api_volumes_ContainerDiskSource);
    """
    const Field *kvnode_api_volumes_ContainerDiskSource_fields
    const Py_ssize_t kvnode_api_volumes_ContainerDiskSource_size
    ctypedef class kvnode.api.volumes.ContainerDiskSource [object kvnode_api_volumes_ContainerDiskSource, check_size ignore]:
        cdef object image "image_"
        cdef object image_pull_policy "image_pull_policy_"
        cdef object image_pull_secret "image_pull_secret_"
        cdef object path "path_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *path_, *read_only_; } kvnode_api_volumes_ContainerPathVolumeSource;
    static const kvnode_field kvnode_api_volumes_ContainerPathVolumeSource_fields[] = {
        AT(kvnode_api_volumes_ContainerPathVolumeSource, path), AT(kvnode_api_volumes_ContainerPathVolumeSource,
        read_only), {0} };
    static const Py_ssize_t kvnode_api_volumes_ContainerPathVolumeSource_size = sizeof(kvnode_api_volumes_ContainerPathVolumeSource);
    """
    const Field *kvnode_api_volumes_ContainerPathVolumeSource_fields
    const Py_ssize_t kvnode_api_volumes_ContainerPathVolumeSource_size
    ctypedef class kvnode.api.volumes.ContainerPathVolumeSource [object kvnode_api_volumes_ContainerPathVolumeSource, check_size ignore]:
        cdef object path "path_"
        cdef object read_only "read_only_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *capacity_; } kvnode_api_volumes_EmptyDiskSource;
    static const kvnode_field kvnode_api_volumes_EmptyDiskSource_fields[] = { AT(kvnode_api_volumes_EmptyDiskSource,
        capacity), {0} };
    static const Py_ssize_t kvnode_api_volumes_EmptyDiskSource_size = sizeof(kvnode_api_volumes_EmptyDiskSource);
    """
    const Field *kvnode_api_volumes_EmptyDiskSource_fields
    const Py_ssize_t kvnode_api_volumes_EmptyDiskSource_size
    ctypedef class kvnode.api.volumes.EmptyDiskSource [object kvnode_api_volumes_EmptyDiskSource, check_size ignore]:
        cdef object capacity "capacity_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *capacity_, *path_, *shared_, *type_; } kvnode_api_volumes_HostDisk;
    static const kvnode_field kvnode_api_volumes_HostDisk_fields[] = { AT(kvnode_api_volumes_HostDisk, capacity),
        AT(kvnode_api_volumes_HostDisk, path), AT(kvnode_api_volumes_HostDisk, shared),
        AT(kvnode_api_volumes_HostDisk, type), {0} };
    static const Py_ssize_t kvnode_api_volumes_HostDisk_size = sizeof(kvnode_api_volumes_HostDisk);
    """
    const Field *kvnode_api_volumes_HostDisk_fields
    const Py_ssize_t kvnode_api_volumes_HostDisk_size
    ctypedef class kvnode.api.volumes.HostDisk [object kvnode_api_volumes_HostDisk, check_size ignore]:
        cdef object capacity "capacity_"
        cdef object path "path_"
        cdef object shared "shared_"
        cdef object type "type_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *network_data_, *network_data_base64_, *network_data_secret_ref_,
        *secret_ref_, *user_data_, *user_data_base64_; } kvnode_api_volumes_CloudInitNoCloudSource;
    static const kvnode_field kvnode_api_volumes_CloudInitNoCloudSource_fields[] = {
        AT(kvnode_api_volumes_CloudInitNoCloudSource, network_data), AT(kvnode_api_volumes_CloudInitNoCloudSource,
        network_data_base64), AT(kvnode_api_volumes_CloudInitNoCloudSource, network_data_secret_ref),
        AT(kvnode_api_volumes_CloudInitNoCloudSource, secret_ref), AT(kvnode_api_volumes_CloudInitNoCloudSource,
        user_data), AT(kvnode_api_volumes_CloudInitNoCloudSource, user_data_base64), {0} };
    static const Py_ssize_t kvnode_api_volumes_CloudInitNoCloudSource_size = sizeof(kvnode_api_volumes_CloudInitNoCloudSource);
    """
    const Field *kvnode_api_volumes_CloudInitNoCloudSource_fields
    const Py_ssize_t kvnode_api_volumes_CloudInitNoCloudSource_size
    ctypedef class kvnode.api.volumes.CloudInitNoCloudSource [object kvnode_api_volumes_CloudInitNoCloudSource, check_size ignore]:
        cdef object network_data_secret_ref_ "network_data_secret_ref_"
        cdef object secret_ref_ "secret_ref_"
        cdef object network_data "network_data_"
        cdef object network_data_base64 "network_data_base64_"
        cdef object user_data "user_data_"
        cdef object user_data_base64 "user_data_base64_"
        @property
        cdef inline LocalObjectReference network_data_secret_ref(self):
            return self.network_data_secret_ref_
        @property
        cdef inline LocalObjectReference secret_ref(self):
            return self.secret_ref_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *network_data_, *network_data_base64_, *network_data_secret_ref_,
        *secret_ref_, *user_data_, *user_data_base64_; } kvnode_api_volumes_CloudInitConfigDriveSource;
    static const kvnode_field kvnode_api_volumes_CloudInitConfigDriveSource_fields[] = {
        AT(kvnode_api_volumes_CloudInitConfigDriveSource, network_data),
        AT(kvnode_api_volumes_CloudInitConfigDriveSource, network_data_base64),
        AT(kvnode_api_volumes_CloudInitConfigDriveSource, network_data_secret_ref),
        AT(kvnode_api_volumes_CloudInitConfigDriveSource, secret_ref),
        AT(kvnode_api_volumes_CloudInitConfigDriveSource, user_data),
        AT(kvnode_api_volumes_CloudInitConfigDriveSource, user_data_base64), {0} };
    static const Py_ssize_t kvnode_api_volumes_CloudInitConfigDriveSource_size = sizeof(kvnode_api_volumes_CloudInitConfigDriveSource);
    """
    const Field *kvnode_api_volumes_CloudInitConfigDriveSource_fields
    const Py_ssize_t kvnode_api_volumes_CloudInitConfigDriveSource_size
    ctypedef class kvnode.api.volumes.CloudInitConfigDriveSource [object kvnode_api_volumes_CloudInitConfigDriveSource, check_size ignore]:
        cdef object network_data_secret_ref_ "network_data_secret_ref_"
        cdef object secret_ref_ "secret_ref_"
        cdef object network_data "network_data_"
        cdef object network_data_base64 "network_data_base64_"
        cdef object user_data "user_data_"
        cdef object user_data_base64 "user_data_base64_"
        @property
        cdef inline LocalObjectReference network_data_secret_ref(self):
            return self.network_data_secret_ref_
        @property
        cdef inline LocalObjectReference secret_ref(self):
            return self.secret_ref_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *optional_, *volume_label_; }
        kvnode_api_volumes_ConfigMapVolumeSource;
    static const kvnode_field kvnode_api_volumes_ConfigMapVolumeSource_fields[] = {
        AT(kvnode_api_volumes_ConfigMapVolumeSource, name), AT(kvnode_api_volumes_ConfigMapVolumeSource, optional),
        AT(kvnode_api_volumes_ConfigMapVolumeSource, volume_label), {0} };
    static const Py_ssize_t kvnode_api_volumes_ConfigMapVolumeSource_size = sizeof(kvnode_api_volumes_ConfigMapVolumeSource);
    """
    const Field *kvnode_api_volumes_ConfigMapVolumeSource_fields
    const Py_ssize_t kvnode_api_volumes_ConfigMapVolumeSource_size
    ctypedef class kvnode.api.volumes.ConfigMapVolumeSource [object kvnode_api_volumes_ConfigMapVolumeSource, check_size ignore]:
        cdef object name "name_"
        cdef object optional "optional_"
        cdef object volume_label "volume_label_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *optional_, *secret_name_, *volume_label_; }
        kvnode_api_volumes_SecretVolumeSource;
    static const kvnode_field kvnode_api_volumes_SecretVolumeSource_fields[] = {
        AT(kvnode_api_volumes_SecretVolumeSource, optional), AT(kvnode_api_volumes_SecretVolumeSource, secret_name),
        AT(kvnode_api_volumes_SecretVolumeSource, volume_label), {0} };
    static const Py_ssize_t kvnode_api_volumes_SecretVolumeSource_size = sizeof(kvnode_api_volumes_SecretVolumeSource);
    """
    const Field *kvnode_api_volumes_SecretVolumeSource_fields
    const Py_ssize_t kvnode_api_volumes_SecretVolumeSource_size
    ctypedef class kvnode.api.volumes.SecretVolumeSource [object kvnode_api_volumes_SecretVolumeSource, check_size ignore]:
        cdef object optional "optional_"
        cdef object secret_name "secret_name_"
        cdef object volume_label "volume_label_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *service_account_name_; } kvnode_api_volumes_ServiceAccountVolumeSource;
    static const kvnode_field kvnode_api_volumes_ServiceAccountVolumeSource_fields[] = {
        AT(kvnode_api_volumes_ServiceAccountVolumeSource, service_account_name), {0} };
    static const Py_ssize_t kvnode_api_volumes_ServiceAccountVolumeSource_size = sizeof(kvnode_api_volumes_ServiceAccountVolumeSource);
    """
    const Field *kvnode_api_volumes_ServiceAccountVolumeSource_fields
    const Py_ssize_t kvnode_api_volumes_ServiceAccountVolumeSource_size
    ctypedef class kvnode.api.volumes.ServiceAccountVolumeSource [object kvnode_api_volumes_ServiceAccountVolumeSource, check_size ignore]:
        cdef object service_account_name "service_account_name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *api_version_, *field_path_; } kvnode_api_volumes_ObjectFieldSelector;
    static const kvnode_field kvnode_api_volumes_ObjectFieldSelector_fields[] = {
        AT(kvnode_api_volumes_ObjectFieldSelector, api_version), AT(kvnode_api_volumes_ObjectFieldSelector,
        field_path), {0} };
    static const Py_ssize_t kvnode_api_volumes_ObjectFieldSelector_size = sizeof(kvnode_api_volumes_ObjectFieldSelector);
    """
    const Field *kvnode_api_volumes_ObjectFieldSelector_fields
    const Py_ssize_t kvnode_api_volumes_ObjectFieldSelector_size
    ctypedef class kvnode.api.volumes.ObjectFieldSelector [object kvnode_api_volumes_ObjectFieldSelector, check_size ignore]:
        cdef object api_version "api_version_"
        cdef object field_path "field_path_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *container_name_, *divisor_, *resource_; }
        kvnode_api_volumes_ResourceFieldSelector;
    static const kvnode_field kvnode_api_volumes_ResourceFieldSelector_fields[] = {
        AT(kvnode_api_volumes_ResourceFieldSelector, container_name), AT(kvnode_api_volumes_ResourceFieldSelector,
        divisor), AT(kvnode_api_volumes_ResourceFieldSelector, resource), {0} };
    static const Py_ssize_t kvnode_api_volumes_ResourceFieldSelector_size = sizeof(kvnode_api_volumes_ResourceFieldSelector);
    """
    const Field *kvnode_api_volumes_ResourceFieldSelector_fields
    const Py_ssize_t kvnode_api_volumes_ResourceFieldSelector_size
    ctypedef class kvnode.api.volumes.ResourceFieldSelector [object kvnode_api_volumes_ResourceFieldSelector, check_size ignore]:
        cdef object container_name "container_name_"
        cdef object divisor "divisor_"
        cdef object resource "resource_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *field_ref_, *mode_, *path_, *resource_field_ref_; }
        kvnode_api_volumes_DownwardAPIVolumeFile;
    static const kvnode_field kvnode_api_volumes_DownwardAPIVolumeFile_fields[] = {
        AT(kvnode_api_volumes_DownwardAPIVolumeFile, field_ref), AT(kvnode_api_volumes_DownwardAPIVolumeFile, mode),
        AT(kvnode_api_volumes_DownwardAPIVolumeFile, path), AT(kvnode_api_volumes_DownwardAPIVolumeFile,
        resource_field_ref), {0} };
    static const Py_ssize_t kvnode_api_volumes_DownwardAPIVolumeFile_size = sizeof(kvnode_api_volumes_DownwardAPIVolumeFile);
    """
    const Field *kvnode_api_volumes_DownwardAPIVolumeFile_fields
    const Py_ssize_t kvnode_api_volumes_DownwardAPIVolumeFile_size
    ctypedef class kvnode.api.volumes.DownwardAPIVolumeFile [object kvnode_api_volumes_DownwardAPIVolumeFile, check_size ignore]:
        cdef object field_ref_ "field_ref_"
        cdef object resource_field_ref_ "resource_field_ref_"
        cdef object mode "mode_"
        cdef object path "path_"
        @property
        cdef inline ObjectFieldSelector field_ref(self):
            return self.field_ref_
        @property
        cdef inline ResourceFieldSelector resource_field_ref(self):
            return self.resource_field_ref_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *fields_, *volume_label_; } kvnode_api_volumes_DownwardAPIVolumeSource;
    static const kvnode_field kvnode_api_volumes_DownwardAPIVolumeSource_fields[] = {
        AT(kvnode_api_volumes_DownwardAPIVolumeSource, fields), AT(kvnode_api_volumes_DownwardAPIVolumeSource,
        volume_label), {0} };
    static const Py_ssize_t kvnode_api_volumes_DownwardAPIVolumeSource_size = sizeof(kvnode_api_volumes_DownwardAPIVolumeSource);
    """
    const Field *kvnode_api_volumes_DownwardAPIVolumeSource_fields
    const Py_ssize_t kvnode_api_volumes_DownwardAPIVolumeSource_size
    ctypedef class kvnode.api.volumes.DownwardAPIVolumeSource [object kvnode_api_volumes_DownwardAPIVolumeSource, check_size ignore]:
        cdef object fields_ "fields_"
        cdef object volume_label "volume_label_"
        @property
        cdef inline tuple fields(self):
            return self.fields_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *claim_name_, *hotpluggable_, *read_only_; }
        kvnode_api_volumes_MemoryDumpVolumeSource;
    static const kvnode_field kvnode_api_volumes_MemoryDumpVolumeSource_fields[] = {
        AT(kvnode_api_volumes_MemoryDumpVolumeSource, claim_name), AT(kvnode_api_volumes_MemoryDumpVolumeSource,
        hotpluggable), AT(kvnode_api_volumes_MemoryDumpVolumeSource, read_only), {0} };
    static const Py_ssize_t kvnode_api_volumes_MemoryDumpVolumeSource_size = sizeof(kvnode_api_volumes_MemoryDumpVolumeSource);
    """
    const Field *kvnode_api_volumes_MemoryDumpVolumeSource_fields
    const Py_ssize_t kvnode_api_volumes_MemoryDumpVolumeSource_size
    ctypedef class kvnode.api.volumes.MemoryDumpVolumeSource [object kvnode_api_volumes_MemoryDumpVolumeSource, check_size ignore]:
        cdef object claim_name "claim_name_"
        cdef object hotpluggable "hotpluggable_"
        cdef object read_only "read_only_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *config_map_, *secret_; } kvnode_api_volumes_SysprepSource;
    static const kvnode_field kvnode_api_volumes_SysprepSource_fields[] = { AT(kvnode_api_volumes_SysprepSource,
        config_map), AT(kvnode_api_volumes_SysprepSource, secret), {0} };
    static const Py_ssize_t kvnode_api_volumes_SysprepSource_size = sizeof(kvnode_api_volumes_SysprepSource);
    """
    const Field *kvnode_api_volumes_SysprepSource_fields
    const Py_ssize_t kvnode_api_volumes_SysprepSource_size
    ctypedef class kvnode.api.volumes.SysprepSource [object kvnode_api_volumes_SysprepSource, check_size ignore]:
        cdef object config_map_ "config_map_"
        cdef object secret_ "secret_"
        @property
        cdef inline LocalObjectReference config_map(self):
            return self.config_map_
        @property
        cdef inline LocalObjectReference secret(self):
            return self.secret_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *cloud_init_config_drive_, *cloud_init_no_cloud_, *config_map_,
        *container_disk_, *container_path_, *data_volume_, *downward_api_, *downward_metrics_, *empty_disk_,
        *ephemeral_, *host_disk_, *memory_dump_, *name_, *persistent_volume_claim_, *secret_, *service_account_,
        *sysprep_; } kvnode_api_volumes_Volume;
    static const kvnode_field kvnode_api_volumes_Volume_fields[] = { AT(kvnode_api_volumes_Volume,
        cloud_init_config_drive), AT(kvnode_api_volumes_Volume, cloud_init_no_cloud), AT(kvnode_api_volumes_Volume,
        config_map), AT(kvnode_api_volumes_Volume, container_disk), AT(kvnode_api_volumes_Volume, container_path),
        AT(kvnode_api_volumes_Volume, data_volume), AT(kvnode_api_volumes_Volume, downward_api),
        AT(kvnode_api_volumes_Volume, downward_metrics), AT(kvnode_api_volumes_Volume, empty_disk),
        AT(kvnode_api_volumes_Volume, ephemeral), AT(kvnode_api_volumes_Volume, host_disk),
        AT(kvnode_api_volumes_Volume, memory_dump), AT(kvnode_api_volumes_Volume, name),
        AT(kvnode_api_volumes_Volume, persistent_volume_claim), AT(kvnode_api_volumes_Volume, secret),
        AT(kvnode_api_volumes_Volume, service_account), AT(kvnode_api_volumes_Volume, sysprep), {0} };
    static const Py_ssize_t kvnode_api_volumes_Volume_size = sizeof(kvnode_api_volumes_Volume);
    """
    const Field *kvnode_api_volumes_Volume_fields
    const Py_ssize_t kvnode_api_volumes_Volume_size
    ctypedef class kvnode.api.volumes.Volume [object kvnode_api_volumes_Volume, check_size ignore]:
        cdef object cloud_init_config_drive_ "cloud_init_config_drive_"
        cdef object cloud_init_no_cloud_ "cloud_init_no_cloud_"
        cdef object config_map_ "config_map_"
        cdef object container_disk_ "container_disk_"
        cdef object container_path_ "container_path_"
        cdef object data_volume_ "data_volume_"
        cdef object downward_api_ "downward_api_"
        cdef object empty_disk_ "empty_disk_"
        cdef object ephemeral_ "ephemeral_"
        cdef object host_disk_ "host_disk_"
        cdef object memory_dump_ "memory_dump_"
        cdef object persistent_volume_claim_ "persistent_volume_claim_"
        cdef object secret_ "secret_"
        cdef object service_account_ "service_account_"
        cdef object sysprep_ "sysprep_"
        cdef object downward_metrics "downward_metrics_"
        cdef object name "name_"
        @property
        cdef inline CloudInitConfigDriveSource cloud_init_config_drive(self):
            return self.cloud_init_config_drive_
        @property
        cdef inline CloudInitNoCloudSource cloud_init_no_cloud(self):
            return self.cloud_init_no_cloud_
        @property
        cdef inline ConfigMapVolumeSource config_map(self):
            return self.config_map_
        @property
        cdef inline ContainerDiskSource container_disk(self):
            return self.container_disk_
        @property
        cdef inline ContainerPathVolumeSource container_path(self):
            return self.container_path_
        @property
        cdef inline DataVolumeSource data_volume(self):
            return self.data_volume_
        @property
        cdef inline DownwardAPIVolumeSource downward_api(self):
            return self.downward_api_
        @property
        cdef inline EmptyDiskSource empty_disk(self):
            return self.empty_disk_
        @property
        cdef inline EphemeralVolumeSource ephemeral(self):
            return self.ephemeral_
        @property
        cdef inline HostDisk host_disk(self):
            return self.host_disk_
        @property
        cdef inline MemoryDumpVolumeSource memory_dump(self):
            return self.memory_dump_
        @property
        cdef inline PersistentVolumeClaimVolumeSource persistent_volume_claim(self):
            return self.persistent_volume_claim_
        @property
        cdef inline SecretVolumeSource secret(self):
            return self.secret_
        @property
        cdef inline ServiceAccountVolumeSource service_account(self):
            return self.service_account_
        @property
        cdef inline SysprepSource sysprep(self):
            return self.sysprep_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *claim_name_, *name_, *read_only_, *type_; }
        kvnode_api_volumes_UtilityVolume;
    static const kvnode_field kvnode_api_volumes_UtilityVolume_fields[] = { AT(kvnode_api_volumes_UtilityVolume,
        claim_name), AT(kvnode_api_volumes_UtilityVolume, name), AT(kvnode_api_volumes_UtilityVolume, read_only),
        AT(kvnode_api_volumes_UtilityVolume, type), {0} };
    static const Py_ssize_t kvnode_api_volumes_UtilityVolume_size = sizeof(kvnode_api_volumes_UtilityVolume);
    """
    const Field *kvnode_api_volumes_UtilityVolume_fields
    const Py_ssize_t kvnode_api_volumes_UtilityVolume_size
    ctypedef class kvnode.api.volumes.UtilityVolume [object kvnode_api_volumes_UtilityVolume, check_size ignore]:
        cdef object claim_name "claim_name_"
        cdef object name "name_"
        cdef object read_only "read_only_"
        cdef object type "type_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *data_volume_, *persistent_volume_claim_; }
        kvnode_api_volumes_HotplugVolumeSource;
    static const kvnode_field kvnode_api_volumes_HotplugVolumeSource_fields[] = {
        AT(kvnode_api_volumes_HotplugVolumeSource, data_volume), AT(kvnode_api_volumes_HotplugVolumeSource,
        persistent_volume_claim), {0} };
    static const Py_ssize_t kvnode_api_volumes_HotplugVolumeSource_size = sizeof(kvnode_api_volumes_HotplugVolumeSource);
    """
    const Field *kvnode_api_volumes_HotplugVolumeSource_fields
    const Py_ssize_t kvnode_api_volumes_HotplugVolumeSource_size
    ctypedef class kvnode.api.volumes.HotplugVolumeSource [object kvnode_api_volumes_HotplugVolumeSource, check_size ignore]:
        cdef object data_volume_ "data_volume_"
        cdef object persistent_volume_claim_ "persistent_volume_claim_"
        @property
        cdef inline DataVolumeSource data_volume(self):
            return self.data_volume_
        @property
        cdef inline PersistentVolumeClaimVolumeSource persistent_volume_claim(self):
            return self.persistent_volume_claim_


cdef inline int check_api_volumes() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(CorePersistentVolumeClaimVolumeSource, kvnode_api_volumes_CorePersistentVolumeClaimVolumeSource_fields, kvnode_api_volumes_CorePersistentVolumeClaimVolumeSource_size)
    kvnode_lies_so(PersistentVolumeClaimVolumeSource, kvnode_api_volumes_PersistentVolumeClaimVolumeSource_fields, kvnode_api_volumes_PersistentVolumeClaimVolumeSource_size)
    kvnode_lies_so(DataVolumeSource, kvnode_api_volumes_DataVolumeSource_fields, kvnode_api_volumes_DataVolumeSource_size)
    kvnode_lies_so(EphemeralVolumeSource, kvnode_api_volumes_EphemeralVolumeSource_fields, kvnode_api_volumes_EphemeralVolumeSource_size)
    kvnode_lies_so(ContainerDiskSource, kvnode_api_volumes_ContainerDiskSource_fields, kvnode_api_volumes_ContainerDiskSource_size)
    kvnode_lies_so(ContainerPathVolumeSource, kvnode_api_volumes_ContainerPathVolumeSource_fields, kvnode_api_volumes_ContainerPathVolumeSource_size)
    kvnode_lies_so(EmptyDiskSource, kvnode_api_volumes_EmptyDiskSource_fields, kvnode_api_volumes_EmptyDiskSource_size)
    kvnode_lies_so(HostDisk, kvnode_api_volumes_HostDisk_fields, kvnode_api_volumes_HostDisk_size)
    kvnode_lies_so(CloudInitNoCloudSource, kvnode_api_volumes_CloudInitNoCloudSource_fields, kvnode_api_volumes_CloudInitNoCloudSource_size)
    kvnode_lies_so(CloudInitConfigDriveSource, kvnode_api_volumes_CloudInitConfigDriveSource_fields, kvnode_api_volumes_CloudInitConfigDriveSource_size)
    kvnode_lies_so(ConfigMapVolumeSource, kvnode_api_volumes_ConfigMapVolumeSource_fields, kvnode_api_volumes_ConfigMapVolumeSource_size)
    kvnode_lies_so(SecretVolumeSource, kvnode_api_volumes_SecretVolumeSource_fields, kvnode_api_volumes_SecretVolumeSource_size)
    kvnode_lies_so(ServiceAccountVolumeSource, kvnode_api_volumes_ServiceAccountVolumeSource_fields, kvnode_api_volumes_ServiceAccountVolumeSource_size)
    kvnode_lies_so(ObjectFieldSelector, kvnode_api_volumes_ObjectFieldSelector_fields, kvnode_api_volumes_ObjectFieldSelector_size)
    kvnode_lies_so(ResourceFieldSelector, kvnode_api_volumes_ResourceFieldSelector_fields, kvnode_api_volumes_ResourceFieldSelector_size)
    kvnode_lies_so(DownwardAPIVolumeFile, kvnode_api_volumes_DownwardAPIVolumeFile_fields, kvnode_api_volumes_DownwardAPIVolumeFile_size)
    kvnode_lies_so(DownwardAPIVolumeSource, kvnode_api_volumes_DownwardAPIVolumeSource_fields, kvnode_api_volumes_DownwardAPIVolumeSource_size)
    kvnode_lies_so(MemoryDumpVolumeSource, kvnode_api_volumes_MemoryDumpVolumeSource_fields, kvnode_api_volumes_MemoryDumpVolumeSource_size)
    kvnode_lies_so(SysprepSource, kvnode_api_volumes_SysprepSource_fields, kvnode_api_volumes_SysprepSource_size)
    kvnode_lies_so(Volume, kvnode_api_volumes_Volume_fields, kvnode_api_volumes_Volume_size)
    kvnode_lies_so(UtilityVolume, kvnode_api_volumes_UtilityVolume_fields, kvnode_api_volumes_UtilityVolume_size)
    kvnode_lies_so(HotplugVolumeSource, kvnode_api_volumes_HotplugVolumeSource_fields, kvnode_api_volumes_HotplugVolumeSource_size)
    return 0
