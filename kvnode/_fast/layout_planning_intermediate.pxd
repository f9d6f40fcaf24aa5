# cython: language_level=3
"""Where the fields of kvnode.planning.intermediate lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so
from kvnode._fast.layout_planning_domain_plan cimport CpuTune


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *balloon_, *bus_, *cdrom_bus_, *efi_video_, *keyboard_, *libvirt_,
        *machine_, *manifest_, *pci_, *scsi_, *scsi_old_, *smbios_, *tablet_, *usb_, *video_, *video_vram_kib_,
        *virtio_, *virtio_old_, *vmport_; } kvnode_planning_intermediate_Architecture;
    static const kvnode_field kvnode_planning_intermediate_Architecture_fields[] = {
        AT(kvnode_planning_intermediate_Architecture, balloon), AT(kvnode_planning_intermediate_Architecture, bus),
        AT(kvnode_planning_intermediate_Architecture, cdrom_bus), AT(kvnode_planning_intermediate_Architecture,
        efi_video), AT(kvnode_planning_intermediate_Architecture, keyboard),
        AT(kvnode_planning_intermediate_Architecture, libvirt), AT(kvnode_planning_intermediate_Architecture,
        machine), AT(kvnode_planning_intermediate_Architecture, manifest),
        AT(kvnode_planning_intermediate_Architecture, pci), AT(kvnode_planning_intermediate_Architecture, scsi),
        AT(kvnode_planning_intermediate_Architecture, scsi_old), AT(kvnode_planning_intermediate_Architecture,
        smbios), AT(kvnode_planning_intermediate_Architecture, tablet),
        AT(kvnode_planning_intermediate_Architecture, usb), AT(kvnode_planning_intermediate_Architecture, video),
        AT(kvnode_planning_intermediate_Architecture, video_vram_kib), AT(kvnode_planning_intermediate_Architecture,
        virtio), AT(kvnode_planning_intermediate_Architecture, virtio_old),
        AT(kvnode_planning_intermediate_Architecture, vmport), {0} };
    static const Py_ssize_t kvnode_planning_intermediate_Architecture_size = sizeof(kvnode_planning_intermediate_Architecture);
    """
    const Field *kvnode_planning_intermediate_Architecture_fields
    const Py_ssize_t kvnode_planning_intermediate_Architecture_size
    ctypedef class kvnode.planning.intermediate.Architecture [object kvnode_planning_intermediate_Architecture, check_size ignore]:
        cdef object balloon "balloon_"
        cdef object bus "bus_"
        cdef object cdrom_bus "cdrom_bus_"
        cdef object efi_video "efi_video_"
        cdef object keyboard "keyboard_"
        cdef object libvirt "libvirt_"
        cdef object machine "machine_"
        cdef object manifest "manifest_"
        cdef object pci "pci_"
        cdef object scsi "scsi_"
        cdef object scsi_old "scsi_old_"
        cdef object smbios "smbios_"
        cdef object tablet "tablet_"
        cdef object usb "usb_"
        cdef object video "video_"
        cdef object video_vram_kib "video_vram_kib_"
        cdef object virtio "virtio_"
        cdef object virtio_old "virtio_old_"
        cdef object vmport "vmport_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *free_page_reporting_, *overhead_ratio_, *serial_log_, *smbios_,
        *tap_plugins_; } kvnode_planning_intermediate_PlanSettings;
    static const kvnode_field kvnode_planning_intermediate_PlanSettings_fields[] = {
        AT(kvnode_planning_intermediate_PlanSettings, free_page_reporting),
        AT(kvnode_planning_intermediate_PlanSettings, overhead_ratio), AT(kvnode_planning_intermediate_PlanSettings,
        serial_log), AT(kvnode_planning_intermediate_PlanSettings, smbios),
        AT(kvnode_planning_intermediate_PlanSettings, tap_plugins), {0} };
    static const Py_ssize_t kvnode_planning_intermediate_PlanSettings_size = sizeof(kvnode_planning_intermediate_PlanSettings);
    """
    const Field *kvnode_planning_intermediate_PlanSettings_fields
    const Py_ssize_t kvnode_planning_intermediate_PlanSettings_size
    ctypedef class kvnode.planning.intermediate.PlanSettings [object kvnode_planning_intermediate_PlanSettings, check_size ignore]:
        cdef object smbios_ "smbios_"
        cdef object free_page_reporting "free_page_reporting_"
        cdef object overhead_ratio "overhead_ratio_"
        cdef object serial_log "serial_log_"
        cdef object tap_plugins "tap_plugins_"
        @property
        cdef inline tuple smbios(self):
            return self.smbios_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *count_, *of_disk_; } kvnode_planning_intermediate_IoThreads;
    static const kvnode_field kvnode_planning_intermediate_IoThreads_fields[] = {
        AT(kvnode_planning_intermediate_IoThreads, count), AT(kvnode_planning_intermediate_IoThreads, of_disk), {0}
        };
    static const Py_ssize_t kvnode_planning_intermediate_IoThreads_size = sizeof(kvnode_planning_intermediate_IoThreads);
    """
    const Field *kvnode_planning_intermediate_IoThreads_fields
    const Py_ssize_t kvnode_planning_intermediate_IoThreads_size
    ctypedef class kvnode.planning.intermediate.IoThreads [object kvnode_planning_intermediate_IoThreads, check_size ignore]:
        cdef object of_disk_ "of_disk_"
        cdef object count "count_"
        @property
        cdef inline tuple of_disk(self):
            return self.of_disk_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *cells_, *host_cells_, *tune_; } kvnode_planning_intermediate_Placement;
    static const kvnode_field kvnode_planning_intermediate_Placement_fields[] = {
        AT(kvnode_planning_intermediate_Placement, cells), AT(kvnode_planning_intermediate_Placement, host_cells),
        AT(kvnode_planning_intermediate_Placement, tune), {0} };
    static const Py_ssize_t kvnode_planning_intermediate_Placement_size = sizeof(kvnode_planning_intermediate_Placement);
    """
    const Field *kvnode_planning_intermediate_Placement_fields
    const Py_ssize_t kvnode_planning_intermediate_Placement_size
    ctypedef class kvnode.planning.intermediate.Placement [object kvnode_planning_intermediate_Placement, check_size ignore]:
        cdef object cells_ "cells_"
        cdef object tune_ "tune_"
        cdef object host_cells "host_cells_"
        @property
        cdef inline tuple cells(self):
            return self.cells_
        @property
        cdef inline CpuTune tune(self):
            return self.tune_


cdef inline int check_planning_intermediate() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(Architecture, kvnode_planning_intermediate_Architecture_fields, kvnode_planning_intermediate_Architecture_size)
    kvnode_lies_so(PlanSettings, kvnode_planning_intermediate_PlanSettings_fields, kvnode_planning_intermediate_PlanSettings_size)
    kvnode_lies_so(IoThreads, kvnode_planning_intermediate_IoThreads_fields, kvnode_planning_intermediate_IoThreads_size)
    kvnode_lies_so(Placement, kvnode_planning_intermediate_Placement_fields, kvnode_planning_intermediate_Placement_size)
    return 0
