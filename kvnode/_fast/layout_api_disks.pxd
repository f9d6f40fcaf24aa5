# cython: language_level=3
"""Where the fields of kvnode.api.disks lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so
from kvnode._fast.layout_api_features cimport FeatureState


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *bus_, *pci_address_, *readonly_; } kvnode_api_disks_DiskTarget;
    static const kvnode_field kvnode_api_disks_DiskTarget_fields[] = { AT(kvnode_api_disks_DiskTarget, bus),
        AT(kvnode_api_disks_DiskTarget, pci_address), AT(kvnode_api_disks_DiskTarget, readonly), {0} };
    static const Py_ssize_t kvnode_api_disks_DiskTarget_size = sizeof(kvnode_api_disks_DiskTarget);
    """
    const Field *kvnode_api_disks_DiskTarget_fields
    const Py_ssize_t kvnode_api_disks_DiskTarget_size
    ctypedef class kvnode.api.disks.DiskTarget [object kvnode_api_disks_DiskTarget, check_size ignore]:
        cdef object bus "bus_"
        cdef object pci_address "pci_address_"
        cdef object readonly "readonly_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *bus_, *readonly_, *reservation_; } kvnode_api_disks_LunTarget;
    static const kvnode_field kvnode_api_disks_LunTarget_fields[] = { AT(kvnode_api_disks_LunTarget, bus),
        AT(kvnode_api_disks_LunTarget, readonly), AT(kvnode_api_disks_LunTarget, reservation), {0} };
    static const Py_ssize_t kvnode_api_disks_LunTarget_size = sizeof(kvnode_api_disks_LunTarget);
    """
    const Field *kvnode_api_disks_LunTarget_fields
    const Py_ssize_t kvnode_api_disks_LunTarget_size
    ctypedef class kvnode.api.disks.LunTarget [object kvnode_api_disks_LunTarget, check_size ignore]:
        cdef object bus "bus_"
        cdef object readonly "readonly_"
        cdef object reservation "reservation_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *bus_, *readonly_, *tray_; } kvnode_api_disks_CDRomTarget;
    static const kvnode_field kvnode_api_disks_CDRomTarget_fields[] = { AT(kvnode_api_disks_CDRomTarget, bus),
        AT(kvnode_api_disks_CDRomTarget, readonly), AT(kvnode_api_disks_CDRomTarget, tray), {0} };
    static const Py_ssize_t kvnode_api_disks_CDRomTarget_size = sizeof(kvnode_api_disks_CDRomTarget);
    """
    const Field *kvnode_api_disks_CDRomTarget_fields
    const Py_ssize_t kvnode_api_disks_CDRomTarget_size
    ctypedef class kvnode.api.disks.CDRomTarget [object kvnode_api_disks_CDRomTarget, check_size ignore]:
        cdef object bus "bus_"
        cdef object readonly "readonly_"
        cdef object tray "tray_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *discard_granularity_, *logical_, *physical_; }
        kvnode_api_disks_CustomBlockSize;
    static const kvnode_field kvnode_api_disks_CustomBlockSize_fields[] = { AT(kvnode_api_disks_CustomBlockSize,
        discard_granularity), AT(kvnode_api_disks_CustomBlockSize, logical), AT(kvnode_api_disks_CustomBlockSize,
        physical), {0} };
    static const Py_ssize_t kvnode_api_disks_CustomBlockSize_size = sizeof(kvnode_api_disks_CustomBlockSize);
    """
    const Field *kvnode_api_disks_CustomBlockSize_fields
    const Py_ssize_t kvnode_api_disks_CustomBlockSize_size
    ctypedef class kvnode.api.disks.CustomBlockSize [object kvnode_api_disks_CustomBlockSize, check_size ignore]:
        cdef object discard_granularity "discard_granularity_"
        cdef object logical "logical_"
        cdef object physical "physical_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *custom_, *match_volume_; } kvnode_api_disks_BlockSize;
    static const kvnode_field kvnode_api_disks_BlockSize_fields[] = { AT(kvnode_api_disks_BlockSize, custom),
        AT(kvnode_api_disks_BlockSize, match_volume), {0} };
    static const Py_ssize_t kvnode_api_disks_BlockSize_size = sizeof(kvnode_api_disks_BlockSize);
    """
    const Field *kvnode_api_disks_BlockSize_fields
    const Py_ssize_t kvnode_api_disks_BlockSize_size
    ctypedef class kvnode.api.disks.BlockSize [object kvnode_api_disks_BlockSize, check_size ignore]:
        cdef object custom_ "custom_"
        cdef object match_volume_ "match_volume_"
        @property
        cdef inline CustomBlockSize custom(self):
            return self.custom_
        @property
        cdef inline FeatureState match_volume(self):
            return self.match_volume_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *block_size_, *boot_order_, *cache_, *cdrom_, *changed_block_tracking_,
        *dedicated_io_thread_, *disk_, *error_policy_, *io_, *lun_, *name_, *serial_, *shareable_, *tag_; }
        kvnode_api_disks_Disk;
    static const kvnode_field kvnode_api_disks_Disk_fields[] = { AT(kvnode_api_disks_Disk, block_size),
        AT(kvnode_api_disks_Disk, boot_order), AT(kvnode_api_disks_Disk, cache), AT(kvnode_api_disks_Disk, cdrom),
        AT(kvnode_api_disks_Disk, changed_block_tracking), AT(kvnode_api_disks_Disk, dedicated_io_thread),
        AT(kvnode_api_disks_Disk, disk), AT(kvnode_api_disks_Disk, error_policy), AT(kvnode_api_disks_Disk, io),
        AT(kvnode_api_disks_Disk, lun), AT(kvnode_api_disks_Disk, name), AT(kvnode_api_disks_Disk, serial),
        AT(kvnode_api_disks_Disk, shareable), AT(kvnode_api_disks_Disk, tag), {0} };
    static const Py_ssize_t kvnode_api_disks_Disk_size = sizeof(kvnode_api_disks_Disk);
    """
    const Field *kvnode_api_disks_Disk_fields
    const Py_ssize_t kvnode_api_disks_Disk_size
    ctypedef class kvnode.api.disks.Disk [object kvnode_api_disks_Disk, check_size ignore]:
        cdef object block_size_ "block_size_"
        cdef object cdrom_ "cdrom_"
        cdef object disk_ "disk_"
        cdef object lun_ "lun_"
        cdef object boot_order "boot_order_"
        cdef object cache "cache_"
        cdef object changed_block_tracking "changed_block_tracking_"
        cdef object dedicated_io_thread "dedicated_io_thread_"
        cdef object error_policy "error_policy_"
        cdef object io "io_"
        cdef object name "name_"
        cdef object serial "serial_"
        cdef object shareable "shareable_"
        cdef object tag "tag_"
        @property
        cdef inline BlockSize block_size(self):
            return self.block_size_
        @property
        cdef inline CDRomTarget cdrom(self):
            return self.cdrom_
        @property
        cdef inline DiskTarget disk(self):
            return self.disk_
        @property
        cdef inline LunTarget lun(self):
            return self.lun_


cdef inline int check_api_disks() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(DiskTarget, kvnode_api_disks_DiskTarget_fields, kvnode_api_disks_DiskTarget_size)
    kvnode_lies_so(LunTarget, kvnode_api_disks_LunTarget_fields, kvnode_api_disks_LunTarget_size)
    kvnode_lies_so(CDRomTarget, kvnode_api_disks_CDRomTarget_fields, kvnode_api_disks_CDRomTarget_size)
    kvnode_lies_so(CustomBlockSize, kvnode_api_disks_CustomBlockSize_fields, kvnode_api_disks_CustomBlockSize_size)
    kvnode_lies_so(BlockSize, kvnode_api_disks_BlockSize_fields, kvnode_api_disks_BlockSize_size)
    kvnode_lies_so(Disk, kvnode_api_disks_Disk_fields, kvnode_api_disks_Disk_size)
    return 0
