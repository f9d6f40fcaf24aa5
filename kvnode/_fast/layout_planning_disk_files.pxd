# cython: language_level=3
"""Where the fields of kvnode.planning.disk_files lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so
from kvnode._fast.layout_planning_device_plans cimport Backing


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *index_, *volume_; } kvnode_planning_disk_files_OfVolume;
    static const kvnode_field kvnode_planning_disk_files_OfVolume_fields[] = {
        AT(kvnode_planning_disk_files_OfVolume, index), AT(kvnode_planning_disk_files_OfVolume, volume), {0} };
    static const Py_ssize_t kvnode_planning_disk_files_OfVolume_size = sizeof(kvnode_planning_disk_files_OfVolume);
    """
    const Field *kvnode_planning_disk_files_OfVolume_fields
    const Py_ssize_t kvnode_planning_disk_files_OfVolume_size
    ctypedef class kvnode.planning.disk_files.OfVolume [object kvnode_planning_disk_files_OfVolume, check_size ignore]:
        cdef object index "index_"
        cdef object volume "volume_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *index_, *volume_, *base_, *image_, *image_path_, *path_, *pull_policy_;
        } kvnode_planning_disk_files_ContainerDisk;
    static const kvnode_field kvnode_planning_disk_files_ContainerDisk_fields[] = {
        AT(kvnode_planning_disk_files_ContainerDisk, index), AT(kvnode_planning_disk_files_ContainerDisk, volume),
        AT(kvnode_planning_disk_files_ContainerDisk, base), AT(kvnode_planning_disk_files_ContainerDisk, image),
        AT(kvnode_planning_disk_files_ContainerDisk, image_path), AT(kvnode_planning_disk_files_ContainerDisk,
        path), AT(kvnode_planning_disk_files_ContainerDisk, pull_policy), {0} };
    static const Py_ssize_t kvnode_planning_disk_files_ContainerDisk_size = sizeof(kvnode_planning_disk_files_ContainerDisk);
    """
    const Field *kvnode_planning_disk_files_ContainerDisk_fields
    const Py_ssize_t kvnode_planning_disk_files_ContainerDisk_size
    ctypedef class kvnode.planning.disk_files.ContainerDisk [object kvnode_planning_disk_files_ContainerDisk, check_size ignore]:
        cdef object index "index_"
        cdef object volume "volume_"
        cdef object base "base_"
        cdef object image "image_"
        cdef object image_path "image_path_"
        cdef object path "path_"
        cdef object pull_policy "pull_policy_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *index_, *volume_, *capacity_bytes_, *path_; }
        kvnode_planning_disk_files_EmptyDisk;
    static const kvnode_field kvnode_planning_disk_files_EmptyDisk_fields[] = {
        AT(kvnode_planning_disk_files_EmptyDisk, index), AT(kvnode_planning_disk_files_EmptyDisk, volume),
        AT(kvnode_planning_disk_files_EmptyDisk, capacity_bytes), AT(kvnode_planning_disk_files_EmptyDisk, path),
        {0} };
    static const Py_ssize_t kvnode_planning_disk_files_EmptyDisk_size = sizeof(kvnode_planning_disk_files_EmptyDisk);
    """
    const Field *kvnode_planning_disk_files_EmptyDisk_fields
    const Py_ssize_t kvnode_planning_disk_files_EmptyDisk_size
    ctypedef class kvnode.planning.disk_files.EmptyDisk [object kvnode_planning_disk_files_EmptyDisk, check_size ignore]:
        cdef object index "index_"
        cdef object volume "volume_"
        cdef object capacity_bytes "capacity_bytes_"
        cdef object path "path_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *index_, *volume_, *meta_data_, *network_data_, *network_data_secret_,
        *path_, *user_data_, *user_data_secret_; } kvnode_planning_disk_files_CloudInitNoCloud;
    static const kvnode_field kvnode_planning_disk_files_CloudInitNoCloud_fields[] = {
        AT(kvnode_planning_disk_files_CloudInitNoCloud, index), AT(kvnode_planning_disk_files_CloudInitNoCloud,
        volume), AT(kvnode_planning_disk_files_CloudInitNoCloud, meta_data),
        AT(kvnode_planning_disk_files_CloudInitNoCloud, network_data),
        AT(kvnode_planning_disk_files_CloudInitNoCloud, network_data_secret),
        AT(kvnode_planning_disk_files_CloudInitNoCloud, path), AT(kvnode_planning_disk_files_CloudInitNoCloud,
        user_data), AT(kvnode_planning_disk_files_CloudInitNoCloud, user_data_secret), {0} };
    static const Py_ssize_t kvnode_planning_disk_files_CloudInitNoCloud_size = sizeof(kvnode_planning_disk_files_CloudInitNoCloud);
    """
    const Field *kvnode_planning_disk_files_CloudInitNoCloud_fields
    const Py_ssize_t kvnode_planning_disk_files_CloudInitNoCloud_size
    ctypedef class kvnode.planning.disk_files.CloudInitNoCloud [object kvnode_planning_disk_files_CloudInitNoCloud, check_size ignore]:
        cdef object index "index_"
        cdef object volume "volume_"
        cdef object meta_data "meta_data_"
        cdef object network_data "network_data_"
        cdef object network_data_secret "network_data_secret_"
        cdef object path "path_"
        cdef object user_data "user_data_"
        cdef object user_data_secret "user_data_secret_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *instance_id_, *instance_type_, *local_hostname_; }
        kvnode_planning_disk_files_MetaData;
    static const kvnode_field kvnode_planning_disk_files_MetaData_fields[] = {
        AT(kvnode_planning_disk_files_MetaData, instance_id), AT(kvnode_planning_disk_files_MetaData,
        instance_type), AT(kvnode_planning_disk_files_MetaData, local_hostname), {0} };
    static const Py_ssize_t kvnode_planning_disk_files_MetaData_size = sizeof(kvnode_planning_disk_files_MetaData);
    """
    const Field *kvnode_planning_disk_files_MetaData_fields
    const Py_ssize_t kvnode_planning_disk_files_MetaData_size
    ctypedef class kvnode.planning.disk_files.MetaData [object kvnode_planning_disk_files_MetaData, check_size ignore]:
        cdef object instance_id "instance_id_"
        cdef object instance_type "instance_type_"
        cdef object local_hostname "local_hostname_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *backing_, *capacity_bytes_, *format_, *kind_, *path_; }
        kvnode_planning_disk_files_DiskSource;
    static const kvnode_field kvnode_planning_disk_files_DiskSource_fields[] = {
        AT(kvnode_planning_disk_files_DiskSource, backing), AT(kvnode_planning_disk_files_DiskSource,
        capacity_bytes), AT(kvnode_planning_disk_files_DiskSource, format),
        AT(kvnode_planning_disk_files_DiskSource, kind), AT(kvnode_planning_disk_files_DiskSource, path), {0} };
    static const Py_ssize_t kvnode_planning_disk_files_DiskSource_size = sizeof(kvnode_planning_disk_files_DiskSource);
    """
    const Field *kvnode_planning_disk_files_DiskSource_fields
    const Py_ssize_t kvnode_planning_disk_files_DiskSource_size
    ctypedef class kvnode.planning.disk_files.DiskSource [object kvnode_planning_disk_files_DiskSource, check_size ignore]:
        cdef object backing_ "backing_"
        cdef object capacity_bytes "capacity_bytes_"
        cdef object format "format_"
        cdef object kind "kind_"
        cdef object path "path_"
        @property
        cdef inline Backing backing(self):
            return self.backing_


cdef inline int check_planning_disk_files() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(OfVolume, kvnode_planning_disk_files_OfVolume_fields, kvnode_planning_disk_files_OfVolume_size)
    kvnode_lies_so(ContainerDisk, kvnode_planning_disk_files_ContainerDisk_fields, kvnode_planning_disk_files_ContainerDisk_size)
    kvnode_lies_so(EmptyDisk, kvnode_planning_disk_files_EmptyDisk_fields, kvnode_planning_disk_files_EmptyDisk_size)
    kvnode_lies_so(CloudInitNoCloud, kvnode_planning_disk_files_CloudInitNoCloud_fields, kvnode_planning_disk_files_CloudInitNoCloud_size)
    kvnode_lies_so(MetaData, kvnode_planning_disk_files_MetaData_fields, kvnode_planning_disk_files_MetaData_size)
    kvnode_lies_so(DiskSource, kvnode_planning_disk_files_DiskSource_fields, kvnode_planning_disk_files_DiskSource_size)
    return 0
