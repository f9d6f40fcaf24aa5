# cython: language_level=3
"""Where the fields of kvnode.planning.device_plans lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *bus_, *domain_, *function_, *slot_; } KvnodePciAddress;
    static const kvnode_field KvnodePciAddress_fields[] = { AT(KvnodePciAddress, bus), AT(KvnodePciAddress, domain),
        AT(KvnodePciAddress, function), AT(KvnodePciAddress, slot), {0} };
    static const Py_ssize_t KvnodePciAddress_size = sizeof(KvnodePciAddress);
    """
    const Field *KvnodePciAddress_fields
    const Py_ssize_t KvnodePciAddress_size
    ctypedef class kvnode.planning.device_plans.PciAddress [object KvnodePciAddress, check_size ignore]:
        cdef object bus "bus_"
        cdef object domain "domain_"
        cdef object function "function_"
        cdef object slot "slot_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *discard_granularity_bytes_, *logical_bytes_, *physical_bytes_; }
        KvnodeBlockIo;
    static const kvnode_field KvnodeBlockIo_fields[] = { AT(KvnodeBlockIo, discard_granularity_bytes),
        AT(KvnodeBlockIo, logical_bytes), AT(KvnodeBlockIo, physical_bytes), {0} };
    static const Py_ssize_t KvnodeBlockIo_size = sizeof(KvnodeBlockIo);
    """
    const Field *KvnodeBlockIo_fields
    const Py_ssize_t KvnodeBlockIo_size
    ctypedef class kvnode.planning.device_plans.BlockIo [object KvnodeBlockIo, check_size ignore]:
        cdef object discard_granularity_bytes "discard_granularity_bytes_"
        cdef object logical_bytes "logical_bytes_"
        cdef object physical_bytes "physical_bytes_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *format_, *path_, *source_; } KvnodeBacking;
    static const kvnode_field KvnodeBacking_fields[] = { AT(KvnodeBacking, format), AT(KvnodeBacking, path),
        AT(KvnodeBacking, source), {0} };
    static const Py_ssize_t KvnodeBacking_size = sizeof(KvnodeBacking);
    """
    const Field *KvnodeBacking_fields
    const Py_ssize_t KvnodeBacking_size
    ctypedef class kvnode.planning.device_plans.Backing [object KvnodeBacking, check_size ignore]:
        cdef object format "format_"
        cdef object path "path_"
        cdef object source "source_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *alias_, *backing_, *blockio_, *boot_order_, *bus_, *cache_,
        *capacity_bytes_, *device_, *discard_, *error_policy_, *format_, *index_, *io_, *iommu_, *iothreads_,
        *model_, *path_, *queues_, *readonly_, *reservation_, *serial_, *shareable_, *source_, *target_,
        *tray_open_, *unit_, *volume_; } KvnodeDiskDevice;
    static const kvnode_field KvnodeDiskDevice_fields[] = { AT(KvnodeDiskDevice, address), AT(KvnodeDiskDevice,
        alias), AT(KvnodeDiskDevice, backing), AT(KvnodeDiskDevice, blockio), AT(KvnodeDiskDevice, boot_order),
        AT(KvnodeDiskDevice, bus), AT(KvnodeDiskDevice, cache), AT(KvnodeDiskDevice, capacity_bytes),
        AT(KvnodeDiskDevice, device), AT(KvnodeDiskDevice, discard), AT(KvnodeDiskDevice, error_policy),
        AT(KvnodeDiskDevice, format), AT(KvnodeDiskDevice, index), AT(KvnodeDiskDevice, io), AT(KvnodeDiskDevice,
        iommu), AT(KvnodeDiskDevice, iothreads), AT(KvnodeDiskDevice, model), AT(KvnodeDiskDevice, path),
        AT(KvnodeDiskDevice, queues), AT(KvnodeDiskDevice, readonly), AT(KvnodeDiskDevice, reservation),
        AT(KvnodeDiskDevice, serial), AT(KvnodeDiskDevice, shareable), AT(KvnodeDiskDevice, source),
        AT(KvnodeDiskDevice, target), AT(KvnodeDiskDevice, tray_open), AT(KvnodeDiskDevice, unit),
        AT(KvnodeDiskDevice, volume), {0} };
    static const Py_ssize_t KvnodeDiskDevice_size = sizeof(KvnodeDiskDevice);
    """
    const Field *KvnodeDiskDevice_fields
    const Py_ssize_t KvnodeDiskDevice_size
    ctypedef class kvnode.planning.device_plans.DiskDevice [object KvnodeDiskDevice, check_size ignore]:
        cdef object address "address_"
        cdef object alias "alias_"
        cdef object backing "backing_"
        cdef object blockio "blockio_"
        cdef object boot_order "boot_order_"
        cdef object bus "bus_"
        cdef object cache "cache_"
        cdef object capacity_bytes "capacity_bytes_"
        cdef object device "device_"
        cdef object discard "discard_"
        cdef object error_policy "error_policy_"
        cdef object format "format_"
        cdef object index "index_"
        cdef object io "io_"
        cdef object iommu "iommu_"
        cdef object iothreads "iothreads_"
        cdef object model "model_"
        cdef object path "path_"
        cdef object queues "queues_"
        cdef object readonly "readonly_"
        cdef object reservation "reservation_"
        cdef object serial "serial_"
        cdef object shareable "shareable_"
        cdef object source "source_"
        cdef object target "target_"
        cdef object tray_open "tray_open_"
        cdef object unit "unit_"
        cdef object volume "volume_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *acpi_index_, *address_, *alias_, *boot_order_, *iommu_, *link_down_,
        *mac_, *model_, *mtu_, *network_, *queues_, *rom_, *tap_; } KvnodeInterfaceDevice;
    static const kvnode_field KvnodeInterfaceDevice_fields[] = { AT(KvnodeInterfaceDevice, acpi_index),
        AT(KvnodeInterfaceDevice, address), AT(KvnodeInterfaceDevice, alias), AT(KvnodeInterfaceDevice, boot_order),
        AT(KvnodeInterfaceDevice, iommu), AT(KvnodeInterfaceDevice, link_down), AT(KvnodeInterfaceDevice, mac),
        AT(KvnodeInterfaceDevice, model), AT(KvnodeInterfaceDevice, mtu), AT(KvnodeInterfaceDevice, network),
        AT(KvnodeInterfaceDevice, queues), AT(KvnodeInterfaceDevice, rom), AT(KvnodeInterfaceDevice, tap), {0} };
    static const Py_ssize_t KvnodeInterfaceDevice_size = sizeof(KvnodeInterfaceDevice);
    """
    const Field *KvnodeInterfaceDevice_fields
    const Py_ssize_t KvnodeInterfaceDevice_size
    ctypedef class kvnode.planning.device_plans.InterfaceDevice [object KvnodeInterfaceDevice, check_size ignore]:
        cdef object acpi_index "acpi_index_"
        cdef object address "address_"
        cdef object alias "alias_"
        cdef object boot_order "boot_order_"
        cdef object iommu "iommu_"
        cdef object link_down "link_down_"
        cdef object mac "mac_"
        cdef object model "model_"
        cdef object mtu "mtu_"
        cdef object network "network_"
        cdef object queues "queues_"
        cdef object rom "rom_"
        cdef object tap "tap_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *alias_, *boot_order_, *display_, *kind_, *ramfb_, *source_,
        *usb_bus_, *usb_device_, *uuid_; } KvnodeHostDevice;
    static const kvnode_field KvnodeHostDevice_fields[] = { AT(KvnodeHostDevice, address), AT(KvnodeHostDevice,
        alias), AT(KvnodeHostDevice, boot_order), AT(KvnodeHostDevice, display), AT(KvnodeHostDevice, kind),
        AT(KvnodeHostDevice, ramfb), AT(KvnodeHostDevice, source), AT(KvnodeHostDevice, usb_bus),
        AT(KvnodeHostDevice, usb_device), AT(KvnodeHostDevice, uuid), {0} };
    static const Py_ssize_t KvnodeHostDevice_size = sizeof(KvnodeHostDevice);
    """
    const Field *KvnodeHostDevice_fields
    const Py_ssize_t KvnodeHostDevice_size
    ctypedef class kvnode.planning.device_plans.HostDevice [object KvnodeHostDevice, check_size ignore]:
        cdef object address "address_"
        cdef object alias "alias_"
        cdef object boot_order "boot_order_"
        cdef object display "display_"
        cdef object kind "kind_"
        cdef object ramfb "ramfb_"
        cdef object source "source_"
        cdef object usb_bus "usb_bus_"
        cdef object usb_device "usb_device_"
        cdef object uuid "uuid_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *socket_, *tag_; } KvnodeFilesystem;
    static const kvnode_field KvnodeFilesystem_fields[] = { AT(KvnodeFilesystem, address), AT(KvnodeFilesystem,
        socket), AT(KvnodeFilesystem, tag), {0} };
    static const Py_ssize_t KvnodeFilesystem_size = sizeof(KvnodeFilesystem);
    """
    const Field *KvnodeFilesystem_fields
    const Py_ssize_t KvnodeFilesystem_size
    ctypedef class kvnode.planning.device_plans.Filesystem [object KvnodeFilesystem, check_size ignore]:
        cdef object address "address_"
        cdef object socket "socket_"
        cdef object tag "tag_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *index_, *iommu_, *model_, *type_; } KvnodeController;
    static const kvnode_field KvnodeController_fields[] = { AT(KvnodeController, address), AT(KvnodeController,
        index), AT(KvnodeController, iommu), AT(KvnodeController, model), AT(KvnodeController, type), {0} };
    static const Py_ssize_t KvnodeController_size = sizeof(KvnodeController);
    """
    const Field *KvnodeController_fields
    const Py_ssize_t KvnodeController_size
    ctypedef class kvnode.planning.device_plans.Controller [object KvnodeController, check_size ignore]:
        cdef object address "address_"
        cdef object index "index_"
        cdef object iommu "iommu_"
        cdef object model "model_"
        cdef object type "type_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *logged_, *path_, *port_; } KvnodeSerialDevice;
    static const kvnode_field KvnodeSerialDevice_fields[] = { AT(KvnodeSerialDevice, logged), AT(KvnodeSerialDevice,
        path), AT(KvnodeSerialDevice, port), {0} };
    static const Py_ssize_t KvnodeSerialDevice_size = sizeof(KvnodeSerialDevice);
    """
    const Field *KvnodeSerialDevice_fields
    const Py_ssize_t KvnodeSerialDevice_size
    ctypedef class kvnode.planning.device_plans.SerialDevice [object KvnodeSerialDevice, check_size ignore]:
        cdef object logged "logged_"
        cdef object path "path_"
        cdef object port "port_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *path_; } KvnodeChannel;
    static const kvnode_field KvnodeChannel_fields[] = { AT(KvnodeChannel, name), AT(KvnodeChannel, path), {0} };
    static const Py_ssize_t KvnodeChannel_size = sizeof(KvnodeChannel);
    """
    const Field *KvnodeChannel_fields
    const Py_ssize_t KvnodeChannel_size
    ctypedef class kvnode.planning.device_plans.Channel [object KvnodeChannel, check_size ignore]:
        cdef object name "name_"
        cdef object path "path_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *alias_, *bus_, *iommu_, *model_, *type_; } KvnodeInput;
    static const kvnode_field KvnodeInput_fields[] = { AT(KvnodeInput, address), AT(KvnodeInput, alias),
        AT(KvnodeInput, bus), AT(KvnodeInput, iommu), AT(KvnodeInput, model), AT(KvnodeInput, type), {0} };
    static const Py_ssize_t KvnodeInput_size = sizeof(KvnodeInput);
    """
    const Field *KvnodeInput_fields
    const Py_ssize_t KvnodeInput_size
    ctypedef class kvnode.planning.device_plans.Input [object KvnodeInput, check_size ignore]:
        cdef object address "address_"
        cdef object alias "alias_"
        cdef object bus "bus_"
        cdef object iommu "iommu_"
        cdef object model "model_"
        cdef object type "type_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *socket_; } KvnodeGraphics;
    static const kvnode_field KvnodeGraphics_fields[] = { AT(KvnodeGraphics, socket), {0} };
    static const Py_ssize_t KvnodeGraphics_size = sizeof(KvnodeGraphics);
    """
    const Field *KvnodeGraphics_fields
    const Py_ssize_t KvnodeGraphics_size
    ctypedef class kvnode.planning.device_plans.Graphics [object KvnodeGraphics, check_size ignore]:
        cdef object socket "socket_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *heads_, *type_, *vram_kib_; } KvnodeVideo;
    static const kvnode_field KvnodeVideo_fields[] = { AT(KvnodeVideo, address), AT(KvnodeVideo, heads),
        AT(KvnodeVideo, type), AT(KvnodeVideo, vram_kib), {0} };
    static const Py_ssize_t KvnodeVideo_size = sizeof(KvnodeVideo);
    """
    const Field *KvnodeVideo_fields
    const Py_ssize_t KvnodeVideo_size
    ctypedef class kvnode.planning.device_plans.Video [object KvnodeVideo, check_size ignore]:
        cdef object address "address_"
        cdef object heads "heads_"
        cdef object type "type_"
        cdef object vram_kib "vram_kib_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *iommu_, *model_, *source_; } KvnodeRng;
    static const kvnode_field KvnodeRng_fields[] = { AT(KvnodeRng, address), AT(KvnodeRng, iommu), AT(KvnodeRng,
        model), AT(KvnodeRng, source), {0} };
    static const Py_ssize_t KvnodeRng_size = sizeof(KvnodeRng);
    """
    const Field *KvnodeRng_fields
    const Py_ssize_t KvnodeRng_size
    ctypedef class kvnode.planning.device_plans.Rng [object KvnodeRng, check_size ignore]:
        cdef object address "address_"
        cdef object iommu "iommu_"
        cdef object model "model_"
        cdef object source "source_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *free_page_reporting_, *iommu_, *model_, *stats_period_s_; }
        KvnodeBalloon;
    static const kvnode_field KvnodeBalloon_fields[] = { AT(KvnodeBalloon, address), AT(KvnodeBalloon,
        free_page_reporting), AT(KvnodeBalloon, iommu), AT(KvnodeBalloon, model), AT(KvnodeBalloon, stats_period_s),
        {0} };
    static const Py_ssize_t KvnodeBalloon_size = sizeof(KvnodeBalloon);
    """
    const Field *KvnodeBalloon_fields
    const Py_ssize_t KvnodeBalloon_size
    ctypedef class kvnode.planning.device_plans.Balloon [object KvnodeBalloon, check_size ignore]:
        cdef object address "address_"
        cdef object free_page_reporting "free_page_reporting_"
        cdef object iommu "iommu_"
        cdef object model "model_"
        cdef object stats_period_s "stats_period_s_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *action_, *address_, *alias_, *model_; } KvnodeWatchdog;
    static const kvnode_field KvnodeWatchdog_fields[] = { AT(KvnodeWatchdog, action), AT(KvnodeWatchdog, address),
        AT(KvnodeWatchdog, alias), AT(KvnodeWatchdog, model), {0} };
    static const Py_ssize_t KvnodeWatchdog_size = sizeof(KvnodeWatchdog);
    """
    const Field *KvnodeWatchdog_fields
    const Py_ssize_t KvnodeWatchdog_size
    ctypedef class kvnode.planning.device_plans.Watchdog [object KvnodeWatchdog, check_size ignore]:
        cdef object action "action_"
        cdef object address "address_"
        cdef object alias "alias_"
        cdef object model "model_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *alias_, *model_; } KvnodeSound;
    static const kvnode_field KvnodeSound_fields[] = { AT(KvnodeSound, address), AT(KvnodeSound, alias),
        AT(KvnodeSound, model), {0} };
    static const Py_ssize_t KvnodeSound_size = sizeof(KvnodeSound);
    """
    const Field *KvnodeSound_fields
    const Py_ssize_t KvnodeSound_size
    ctypedef class kvnode.planning.device_plans.Sound [object KvnodeSound, check_size ignore]:
        cdef object address "address_"
        cdef object alias "alias_"
        cdef object model "model_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *model_, *persistent_; } KvnodeTpm;
    static const kvnode_field KvnodeTpm_fields[] = { AT(KvnodeTpm, model), AT(KvnodeTpm, persistent), {0} };
    static const Py_ssize_t KvnodeTpm_size = sizeof(KvnodeTpm);
    """
    const Field *KvnodeTpm_fields
    const Py_ssize_t KvnodeTpm_size
    ctypedef class kvnode.planning.device_plans.Tpm [object KvnodeTpm, check_size ignore]:
        cdef object model "model_"
        cdef object persistent "persistent_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *cid_, *iommu_, *model_; } KvnodeVsock;
    static const kvnode_field KvnodeVsock_fields[] = { AT(KvnodeVsock, address), AT(KvnodeVsock, cid),
        AT(KvnodeVsock, iommu), AT(KvnodeVsock, model), {0} };
    static const Py_ssize_t KvnodeVsock_size = sizeof(KvnodeVsock);
    """
    const Field *KvnodeVsock_fields
    const Py_ssize_t KvnodeVsock_size
    ctypedef class kvnode.planning.device_plans.Vsock [object KvnodeVsock, check_size ignore]:
        cdef object address "address_"
        cdef object cid "cid_"
        cdef object iommu "iommu_"
        cdef object model "model_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *model_; } KvnodePanic;
    static const kvnode_field KvnodePanic_fields[] = { AT(KvnodePanic, address), AT(KvnodePanic, model), {0} };
    static const Py_ssize_t KvnodePanic_size = sizeof(KvnodePanic);
    """
    const Field *KvnodePanic_fields
    const Py_ssize_t KvnodePanic_size
    ctypedef class kvnode.planning.device_plans.Panic [object KvnodePanic, check_size ignore]:
        cdef object address "address_"
        cdef object model "model_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *balloon_, *channels_, *controllers_, *disks_, *filesystems_,
        *graphics_, *host_devices_, *inputs_, *interfaces_, *panics_, *redirections_, *rng_, *serials_, *sounds_,
        *tpm_, *video_, *vsock_, *watchdogs_; } KvnodeDevicesPlan;
    static const kvnode_field KvnodeDevicesPlan_fields[] = { AT(KvnodeDevicesPlan, balloon), AT(KvnodeDevicesPlan,
        channels), AT(KvnodeDevicesPlan, controllers), AT(KvnodeDevicesPlan, disks), AT(KvnodeDevicesPlan,
        filesystems), AT(KvnodeDevicesPlan, graphics), AT(KvnodeDevicesPlan, host_devices), AT(KvnodeDevicesPlan,
        inputs), AT(KvnodeDevicesPlan, interfaces), AT(KvnodeDevicesPlan, panics), AT(KvnodeDevicesPlan,
        redirections), AT(KvnodeDevicesPlan, rng), AT(KvnodeDevicesPlan, serials), AT(KvnodeDevicesPlan, sounds),
        AT(KvnodeDevicesPlan, tpm), AT(KvnodeDevicesPlan, video), AT(KvnodeDevicesPlan, vsock),
        AT(KvnodeDevicesPlan, watchdogs), {0} };
    static const Py_ssize_t KvnodeDevicesPlan_size = sizeof(KvnodeDevicesPlan);
    """
    const Field *KvnodeDevicesPlan_fields
    const Py_ssize_t KvnodeDevicesPlan_size
    ctypedef class kvnode.planning.device_plans.DevicesPlan [object KvnodeDevicesPlan, check_size ignore]:
        cdef object balloon "balloon_"
        cdef object channels "channels_"
        cdef object controllers "controllers_"
        cdef object disks "disks_"
        cdef object filesystems "filesystems_"
        cdef object graphics "graphics_"
        cdef object host_devices "host_devices_"
        cdef object inputs "inputs_"
        cdef object interfaces "interfaces_"
        cdef object panics "panics_"
        cdef object redirections "redirections_"
        cdef object rng "rng_"
        cdef object serials "serials_"
        cdef object sounds "sounds_"
        cdef object tpm "tpm_"
        cdef object video "video_"
        cdef object vsock "vsock_"
        cdef object watchdogs "watchdogs_"


cdef inline int check_planning_device_plans() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(PciAddress, KvnodePciAddress_fields, KvnodePciAddress_size)
    kvnode_lies_so(BlockIo, KvnodeBlockIo_fields, KvnodeBlockIo_size)
    kvnode_lies_so(Backing, KvnodeBacking_fields, KvnodeBacking_size)
    kvnode_lies_so(DiskDevice, KvnodeDiskDevice_fields, KvnodeDiskDevice_size)
    kvnode_lies_so(InterfaceDevice, KvnodeInterfaceDevice_fields, KvnodeInterfaceDevice_size)
    kvnode_lies_so(HostDevice, KvnodeHostDevice_fields, KvnodeHostDevice_size)
    kvnode_lies_so(Filesystem, KvnodeFilesystem_fields, KvnodeFilesystem_size)
    kvnode_lies_so(Controller, KvnodeController_fields, KvnodeController_size)
    kvnode_lies_so(SerialDevice, KvnodeSerialDevice_fields, KvnodeSerialDevice_size)
    kvnode_lies_so(Channel, KvnodeChannel_fields, KvnodeChannel_size)
    kvnode_lies_so(Input, KvnodeInput_fields, KvnodeInput_size)
    kvnode_lies_so(Graphics, KvnodeGraphics_fields, KvnodeGraphics_size)
    kvnode_lies_so(Video, KvnodeVideo_fields, KvnodeVideo_size)
    kvnode_lies_so(Rng, KvnodeRng_fields, KvnodeRng_size)
    kvnode_lies_so(Balloon, KvnodeBalloon_fields, KvnodeBalloon_size)
    kvnode_lies_so(Watchdog, KvnodeWatchdog_fields, KvnodeWatchdog_size)
    kvnode_lies_so(Sound, KvnodeSound_fields, KvnodeSound_size)
    kvnode_lies_so(Tpm, KvnodeTpm_fields, KvnodeTpm_size)
    kvnode_lies_so(Vsock, KvnodeVsock_fields, KvnodeVsock_size)
    kvnode_lies_so(Panic, KvnodePanic_fields, KvnodePanic_size)
    kvnode_lies_so(DevicesPlan, KvnodeDevicesPlan_fields, KvnodeDevicesPlan_size)
    return 0
