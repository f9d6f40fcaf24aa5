# cython: language_level=3
"""Where the fields of kvnode.planning.device_plans lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *bus_, *domain_, *function_, *slot_; }
        kvnode_planning_device_plans_PciAddress;
    static const kvnode_field kvnode_planning_device_plans_PciAddress_fields[] = {
        AT(kvnode_planning_device_plans_PciAddress, bus), AT(kvnode_planning_device_plans_PciAddress, domain),
        AT(kvnode_planning_device_plans_PciAddress, function), AT(kvnode_planning_device_plans_PciAddress, slot),
        {0} };
    static const Py_ssize_t kvnode_planning_device_plans_PciAddress_size = sizeof(kvnode_planning_device_plans_PciAddress);
    """
    const Field *kvnode_planning_device_plans_PciAddress_fields
    const Py_ssize_t kvnode_planning_device_plans_PciAddress_size
    ctypedef class kvnode.planning.device_plans.PciAddress [object kvnode_planning_device_plans_PciAddress, check_size ignore]:
        cdef object bus "bus_"
        cdef object domain "domain_"
        cdef object function "function_"
        cdef object slot "slot_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *discard_granularity_bytes_, *logical_bytes_, *physical_bytes_; }
        kvnode_planning_device_plans_BlockIo;
    static const kvnode_field kvnode_planning_device_plans_BlockIo_fields[] = {
        AT(kvnode_planning_device_plans_BlockIo, discard_granularity_bytes),
        AT(kvnode_planning_device_plans_BlockIo, logical_bytes), AT(kvnode_planning_device_plans_BlockIo,
        physical_bytes), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_BlockIo_size = sizeof(kvnode_planning_device_plans_BlockIo);
    """
    const Field *kvnode_planning_device_plans_BlockIo_fields
    const Py_ssize_t kvnode_planning_device_plans_BlockIo_size
    ctypedef class kvnode.planning.device_plans.BlockIo [object kvnode_planning_device_plans_BlockIo, check_size ignore]:
        cdef object discard_granularity_bytes "discard_granularity_bytes_"
        cdef object logical_bytes "logical_bytes_"
        cdef object physical_bytes "physical_bytes_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *format_, *path_, *source_; } kvnode_planning_device_plans_Backing;
    static const kvnode_field kvnode_planning_device_plans_Backing_fields[] = {
        AT(kvnode_planning_device_plans_Backing, format), AT(kvnode_planning_device_plans_Backing, path),
        AT(kvnode_planning_device_plans_Backing, source), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Backing_size = sizeof(kvnode_planning_device_plans_Backing);
    """
    const Field *kvnode_planning_device_plans_Backing_fields
    const Py_ssize_t kvnode_planning_device_plans_Backing_size
    ctypedef class kvnode.planning.device_plans.Backing [object kvnode_planning_device_plans_Backing, check_size ignore]:
        cdef object format "format_"
        cdef object path "path_"
        cdef object source "source_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *alias_, *backing_, *blockio_, *boot_order_, *bus_, *cache_,
        *capacity_bytes_, *device_, *discard_, *error_policy_, *format_, *index_, *io_, *iommu_, *iothreads_,
        *model_, *path_, *queues_, *readonly_, *reservation_, *serial_, *shareable_, *source_, *target_,
        *tray_open_, *unit_, *volume_; } kvnode_planning_device_plans_DiskDevice;
    static const kvnode_field kvnode_planning_device_plans_DiskDevice_fields[] = {
        AT(kvnode_planning_device_plans_DiskDevice, address), AT(kvnode_planning_device_plans_DiskDevice, alias),
        AT(kvnode_planning_device_plans_DiskDevice, backing), AT(kvnode_planning_device_plans_DiskDevice, blockio),
        AT(kvnode_planning_device_plans_DiskDevice, boot_order), AT(kvnode_planning_device_plans_DiskDevice, bus),
        AT(kvnode_planning_device_plans_DiskDevice, cache), AT(kvnode_planning_device_plans_DiskDevice,
        capacity_bytes), AT(kvnode_planning_device_plans_DiskDevice, device),
        AT(kvnode_planning_device_plans_DiskDevice, discard), AT(kvnode_planning_device_plans_DiskDevice,
        error_policy), AT(kvnode_planning_device_plans_DiskDevice, format),
        AT(kvnode_planning_device_plans_DiskDevice, index), AT(kvnode_planning_device_plans_DiskDevice, io),
        AT(kvnode_planning_device_plans_DiskDevice, iommu), AT(kvnode_planning_device_plans_DiskDevice, iothreads),
        AT(kvnode_planning_device_plans_DiskDevice, model), AT(kvnode_planning_device_plans_DiskDevice, path),
        AT(kvnode_planning_device_plans_DiskDevice, queues), AT(kvnode_planning_device_plans_DiskDevice, readonly),
        AT(kvnode_planning_device_plans_DiskDevice, reservation), AT(kvnode_planning_device_plans_DiskDevice,
        serial), AT(kvnode_planning_device_plans_DiskDevice, shareable), AT(kvnode_planning_device_plans_DiskDevice,
        source), AT(kvnode_planning_device_plans_DiskDevice, target), AT(kvnode_planning_device_plans_DiskDevice,
        tray_open), AT(kvnode_planning_device_plans_DiskDevice, unit), AT(kvnode_planning_device_plans_DiskDevice,
        volume), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_DiskDevice_size = sizeof(kvnode_planning_device_plans_DiskDevice);
    """
    const Field *kvnode_planning_device_plans_DiskDevice_fields
    const Py_ssize_t kvnode_planning_device_plans_DiskDevice_size
    ctypedef class kvnode.planning.device_plans.DiskDevice [object kvnode_planning_device_plans_DiskDevice, check_size ignore]:
        cdef object address_ "address_"
        cdef object backing_ "backing_"
        cdef object blockio_ "blockio_"
        cdef object iothreads_ "iothreads_"
        cdef object alias "alias_"
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
        @property
        cdef inline PciAddress address(self):
            return self.address_
        @property
        cdef inline Backing backing(self):
            return self.backing_
        @property
        cdef inline BlockIo blockio(self):
            return self.blockio_
        @property
        cdef inline tuple iothreads(self):
            return self.iothreads_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *acpi_index_, *address_, *alias_, *boot_order_, *iommu_, *link_down_,
        *mac_, *model_, *mtu_, *network_, *queues_, *rom_, *tap_; } kvnode_planning_device_plans_InterfaceDevice;
    static const kvnode_field kvnode_planning_device_plans_InterfaceDevice_fields[] = {
        AT(kvnode_planning_device_plans_InterfaceDevice, acpi_index),
        AT(kvnode_planning_device_plans_InterfaceDevice, address), AT(kvnode_planning_device_plans_InterfaceDevice,
        alias), AT(kvnode_planning_device_plans_InterfaceDevice, boot_order),
        AT(kvnode_planning_device_plans_InterfaceDevice, iommu), AT(kvnode_planning_device_plans_InterfaceDevice,
        link_down), AT(kvnode_planning_device_plans_InterfaceDevice, mac),
        AT(kvnode_planning_device_plans_InterfaceDevice, model), AT(kvnode_planning_device_plans_InterfaceDevice,
        mtu), AT(kvnode_planning_device_plans_InterfaceDevice, network),
        AT(kvnode_planning_device_plans_InterfaceDevice, queues), AT(kvnode_planning_device_plans_InterfaceDevice,
        rom), AT(kvnode_planning_device_plans_InterfaceDevice, tap), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_InterfaceDevice_size = sizeof(kvnode_planning_device_plans_InterfaceDevice);
    """
    const Field *kvnode_planning_device_plans_InterfaceDevice_fields
    const Py_ssize_t kvnode_planning_device_plans_InterfaceDevice_size
    ctypedef class kvnode.planning.device_plans.InterfaceDevice [object kvnode_planning_device_plans_InterfaceDevice, check_size ignore]:
        cdef object address_ "address_"
        cdef object acpi_index "acpi_index_"
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
        @property
        cdef inline PciAddress address(self):
            return self.address_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *alias_, *boot_order_, *display_, *kind_, *ramfb_, *source_,
        *usb_bus_, *usb_device_, *uuid_; } kvnode_planning_device_plans_HostDevice;
    static const kvnode_field kvnode_planning_device_plans_HostDevice_fields[] = {
        AT(kvnode_planning_device_plans_HostDevice, address), AT(kvnode_planning_device_plans_HostDevice, alias),
        AT(kvnode_planning_device_plans_HostDevice, boot_order), AT(kvnode_planning_device_plans_HostDevice,
        display), AT(kvnode_planning_device_plans_HostDevice, kind), AT(kvnode_planning_device_plans_HostDevice,
        ramfb), AT(kvnode_planning_device_plans_HostDevice, source), AT(kvnode_planning_device_plans_HostDevice,
        usb_bus), AT(kvnode_planning_device_plans_HostDevice, usb_device),
        AT(kvnode_planning_device_plans_HostDevice, uuid), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_HostDevice_size = sizeof(kvnode_planning_device_plans_HostDevice);
    """
    const Field *kvnode_planning_device_plans_HostDevice_fields
    const Py_ssize_t kvnode_planning_device_plans_HostDevice_size
    ctypedef class kvnode.planning.device_plans.HostDevice [object kvnode_planning_device_plans_HostDevice, check_size ignore]:
        cdef object address_ "address_"
        cdef object source_ "source_"
        cdef object alias "alias_"
        cdef object boot_order "boot_order_"
        cdef object display "display_"
        cdef object kind "kind_"
        cdef object ramfb "ramfb_"
        cdef object usb_bus "usb_bus_"
        cdef object usb_device "usb_device_"
        cdef object uuid "uuid_"
        @property
        cdef inline PciAddress address(self):
            return self.address_
        @property
        cdef inline PciAddress source(self):
            return self.source_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *socket_, *tag_; } kvnode_planning_device_plans_Filesystem;
    static const kvnode_field kvnode_planning_device_plans_Filesystem_fields[] = {
        AT(kvnode_planning_device_plans_Filesystem, address), AT(kvnode_planning_device_plans_Filesystem, socket),
        AT(kvnode_planning_device_plans_Filesystem, tag), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Filesystem_size = sizeof(kvnode_planning_device_plans_Filesystem);
    """
    const Field *kvnode_planning_device_plans_Filesystem_fields
    const Py_ssize_t kvnode_planning_device_plans_Filesystem_size
    ctypedef class kvnode.planning.device_plans.Filesystem [object kvnode_planning_device_plans_Filesystem, check_size ignore]:
        cdef object address_ "address_"
        cdef object socket "socket_"
        cdef object tag "tag_"
        @property
        cdef inline PciAddress address(self):
            return self.address_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *index_, *iommu_, *model_, *type_; }
        kvnode_planning_device_plans_Controller;
    static const kvnode_field kvnode_planning_device_plans_Controller_fields[] = {
        AT(kvnode_planning_device_plans_Controller, address), AT(kvnode_planning_device_plans_Controller, index),
        AT(kvnode_planning_device_plans_Controller, iommu), AT(kvnode_planning_device_plans_Controller, model),
        AT(kvnode_planning_device_plans_Controller, type), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Controller_size = sizeof(kvnode_planning_device_plans_Controller);
    """
    const Field *kvnode_planning_device_plans_Controller_fields
    const Py_ssize_t kvnode_planning_device_plans_Controller_size
    ctypedef class kvnode.planning.device_plans.Controller [object kvnode_planning_device_plans_Controller, check_size ignore]:
        cdef object address_ "address_"
        cdef object index "index_"
        cdef object iommu "iommu_"
        cdef object model "model_"
        cdef object type "type_"
        @property
        cdef inline PciAddress address(self):
            return self.address_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *logged_, *path_, *port_; } kvnode_planning_device_plans_SerialDevice;
    static const kvnode_field kvnode_planning_device_plans_SerialDevice_fields[] = {
        AT(kvnode_planning_device_plans_SerialDevice, logged), AT(kvnode_planning_device_plans_SerialDevice, path),
        AT(kvnode_planning_device_plans_SerialDevice, port), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_SerialDevice_size = sizeof(kvnode_planning_device_plans_SerialDevice);
    """
    const Field *kvnode_planning_device_plans_SerialDevice_fields
    const Py_ssize_t kvnode_planning_device_plans_SerialDevice_size
    ctypedef class kvnode.planning.device_plans.SerialDevice [object kvnode_planning_device_plans_SerialDevice, check_size ignore]:
        cdef object logged "logged_"
        cdef object path "path_"
        cdef object port "port_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *path_; } kvnode_planning_device_plans_Channel;
    static const kvnode_field kvnode_planning_device_plans_Channel_fields[] = {
        AT(kvnode_planning_device_plans_Channel, name), AT(kvnode_planning_device_plans_Channel, path), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Channel_size = sizeof(kvnode_planning_device_plans_Channel);
    """
    const Field *kvnode_planning_device_plans_Channel_fields
    const Py_ssize_t kvnode_planning_device_plans_Channel_size
    ctypedef class kvnode.planning.device_plans.Channel [object kvnode_planning_device_plans_Channel, check_size ignore]:
        cdef object name "name_"
        cdef object path "path_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *alias_, *bus_, *iommu_, *model_, *type_; }
        kvnode_planning_device_plans_Input;
    static const kvnode_field kvnode_planning_device_plans_Input_fields[] = { AT(kvnode_planning_device_plans_Input,
        address), AT(kvnode_planning_device_plans_Input, alias), AT(kvnode_planning_device_plans_Input, bus),
        AT(kvnode_planning_device_plans_Input, iommu), AT(kvnode_planning_device_plans_Input, model),
        AT(kvnode_planning_device_plans_Input, type), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Input_size = sizeof(kvnode_planning_device_plans_Input);
    """
    const Field *kvnode_planning_device_plans_Input_fields
    const Py_ssize_t kvnode_planning_device_plans_Input_size
    ctypedef class kvnode.planning.device_plans.Input [object kvnode_planning_device_plans_Input, check_size ignore]:
        cdef object address_ "address_"
        cdef object alias "alias_"
        cdef object bus "bus_"
        cdef object iommu "iommu_"
        cdef object model "model_"
        cdef object type "type_"
        @property
        cdef inline PciAddress address(self):
            return self.address_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *socket_; } kvnode_planning_device_plans_Graphics;
    static const kvnode_field kvnode_planning_device_plans_Graphics_fields[] = {
        AT(kvnode_planning_device_plans_Graphics, socket), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Graphics_size = sizeof(kvnode_planning_device_plans_Graphics);
    """
    const Field *kvnode_planning_device_plans_Graphics_fields
    const Py_ssize_t kvnode_planning_device_plans_Graphics_size
    ctypedef class kvnode.planning.device_plans.Graphics [object kvnode_planning_device_plans_Graphics, check_size ignore]:
        cdef object socket "socket_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *heads_, *type_, *vram_kib_; }
        kvnode_planning_device_plans_Video;
    static const kvnode_field kvnode_planning_device_plans_Video_fields[] = { AT(kvnode_planning_device_plans_Video,
        address), AT(kvnode_planning_device_plans_Video, heads), AT(kvnode_planning_device_plans_Video, type),
        AT(kvnode_planning_device_plans_Video, vram_kib), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Video_size = sizeof(kvnode_planning_device_plans_Video);
    """
    const Field *kvnode_planning_device_plans_Video_fields
    const Py_ssize_t kvnode_planning_device_plans_Video_size
    ctypedef class kvnode.planning.device_plans.Video [object kvnode_planning_device_plans_Video, check_size ignore]:
        cdef object address_ "address_"
        cdef object heads "heads_"
        cdef object type "type_"
        cdef object vram_kib "vram_kib_"
        @property
        cdef inline PciAddress address(self):
            return self.address_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *iommu_, *model_, *source_; }
        kvnode_planning_device_plans_Rng;
    static const kvnode_field kvnode_planning_device_plans_Rng_fields[] = { AT(kvnode_planning_device_plans_Rng,
        address), AT(kvnode_planning_device_plans_Rng, iommu), AT(kvnode_planning_device_plans_Rng, model),
        AT(kvnode_planning_device_plans_Rng, source), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Rng_size = sizeof(kvnode_planning_device_plans_Rng);
    """
    const Field *kvnode_planning_device_plans_Rng_fields
    const Py_ssize_t kvnode_planning_device_plans_Rng_size
    ctypedef class kvnode.planning.device_plans.Rng [object kvnode_planning_device_plans_Rng, check_size ignore]:
        cdef object address_ "address_"
        cdef object iommu "iommu_"
        cdef object model "model_"
        cdef object source "source_"
        @property
        cdef inline PciAddress address(self):
            return self.address_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *free_page_reporting_, *iommu_, *model_, *stats_period_s_; }
        kvnode_planning_device_plans_Balloon;
    static const kvnode_field kvnode_planning_device_plans_Balloon_fields[] = {
        AT(kvnode_planning_device_plans_Balloon, address), AT(kvnode_planning_device_plans_Balloon,
        free_page_reporting), AT(kvnode_planning_device_plans_Balloon, iommu),
        AT(kvnode_planning_device_plans_Balloon, model), AT(kvnode_planning_device_plans_Balloon, stats_period_s),
        {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Balloon_size = sizeof(kvnode_planning_device_plans_Balloon);
    """
    const Field *kvnode_planning_device_plans_Balloon_fields
    const Py_ssize_t kvnode_planning_device_plans_Balloon_size
    ctypedef class kvnode.planning.device_plans.Balloon [object kvnode_planning_device_plans_Balloon, check_size ignore]:
        cdef object address_ "address_"
        cdef object free_page_reporting "free_page_reporting_"
        cdef object iommu "iommu_"
        cdef object model "model_"
        cdef object stats_period_s "stats_period_s_"
        @property
        cdef inline PciAddress address(self):
            return self.address_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *action_, *address_, *alias_, *model_; }
        kvnode_planning_device_plans_Watchdog;
    static const kvnode_field kvnode_planning_device_plans_Watchdog_fields[] = {
        AT(kvnode_planning_device_plans_Watchdog, action), AT(kvnode_planning_device_plans_Watchdog, address),
        AT(kvnode_planning_device_plans_Watchdog, alias), AT(kvnode_planning_device_plans_Watchdog, model), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Watchdog_size = sizeof(kvnode_planning_device_plans_Watchdog);
    """
    const Field *kvnode_planning_device_plans_Watchdog_fields
    const Py_ssize_t kvnode_planning_device_plans_Watchdog_size
    ctypedef class kvnode.planning.device_plans.Watchdog [object kvnode_planning_device_plans_Watchdog, check_size ignore]:
        cdef object address_ "address_"
        cdef object action "action_"
        cdef object alias "alias_"
        cdef object model "model_"
        @property
        cdef inline PciAddress address(self):
            return self.address_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *alias_, *model_; } kvnode_planning_device_plans_Sound;
    static const kvnode_field kvnode_planning_device_plans_Sound_fields[] = { AT(kvnode_planning_device_plans_Sound,
        address), AT(kvnode_planning_device_plans_Sound, alias), AT(kvnode_planning_device_plans_Sound, model), {0}
        };
    static const Py_ssize_t kvnode_planning_device_plans_Sound_size = sizeof(kvnode_planning_device_plans_Sound);
    """
    const Field *kvnode_planning_device_plans_Sound_fields
    const Py_ssize_t kvnode_planning_device_plans_Sound_size
    ctypedef class kvnode.planning.device_plans.Sound [object kvnode_planning_device_plans_Sound, check_size ignore]:
        cdef object address_ "address_"
        cdef object alias "alias_"
        cdef object model "model_"
        @property
        cdef inline PciAddress address(self):
            return self.address_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *model_, *persistent_; } kvnode_planning_device_plans_Tpm;
    static const kvnode_field kvnode_planning_device_plans_Tpm_fields[] = { AT(kvnode_planning_device_plans_Tpm,
        model), AT(kvnode_planning_device_plans_Tpm, persistent), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Tpm_size = sizeof(kvnode_planning_device_plans_Tpm);
    """
    const Field *kvnode_planning_device_plans_Tpm_fields
    const Py_ssize_t kvnode_planning_device_plans_Tpm_size
    ctypedef class kvnode.planning.device_plans.Tpm [object kvnode_planning_device_plans_Tpm, check_size ignore]:
        cdef object model "model_"
        cdef object persistent "persistent_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *cid_, *iommu_, *model_; }
        kvnode_planning_device_plans_Vsock;
    static const kvnode_field kvnode_planning_device_plans_Vsock_fields[] = { AT(kvnode_planning_device_plans_Vsock,
        address), AT(kvnode_planning_device_plans_Vsock, cid), AT(kvnode_planning_device_plans_Vsock, iommu),
        AT(kvnode_planning_device_plans_Vsock, model), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Vsock_size = sizeof(kvnode_planning_device_plans_Vsock);
    """
    const Field *kvnode_planning_device_plans_Vsock_fields
    const Py_ssize_t kvnode_planning_device_plans_Vsock_size
    ctypedef class kvnode.planning.device_plans.Vsock [object kvnode_planning_device_plans_Vsock, check_size ignore]:
        cdef object address_ "address_"
        cdef object cid "cid_"
        cdef object iommu "iommu_"
        cdef object model "model_"
        @property
        cdef inline PciAddress address(self):
            return self.address_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *model_; } kvnode_planning_device_plans_Panic;
    static const kvnode_field kvnode_planning_device_plans_Panic_fields[] = { AT(kvnode_planning_device_plans_Panic,
        address), AT(kvnode_planning_device_plans_Panic, model), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_Panic_size = sizeof(kvnode_planning_device_plans_Panic);
    """
    const Field *kvnode_planning_device_plans_Panic_fields
    const Py_ssize_t kvnode_planning_device_plans_Panic_size
    ctypedef class kvnode.planning.device_plans.Panic [object kvnode_planning_device_plans_Panic, check_size ignore]:
        cdef object address_ "address_"
        cdef object model "model_"
        @property
        cdef inline PciAddress address(self):
            return self.address_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *balloon_, *channels_, *controllers_, *disks_, *filesystems_,
        *graphics_, *host_devices_, *inputs_, *interfaces_, *panics_, *redirections_, *rng_, *serials_, *sounds_,
        *tpm_, *video_, *vsock_, *watchdogs_; } kvnode_planning_device_plans_DevicesPlan;
    static const kvnode_field kvnode_planning_device_plans_DevicesPlan_fields[] = {
        AT(kvnode_planning_device_plans_DevicesPlan, balloon), AT(kvnode_planning_device_plans_DevicesPlan,
        channels), AT(kvnode_planning_device_plans_DevicesPlan, controllers),
        AT(kvnode_planning_device_plans_DevicesPlan, disks), AT(kvnode_planning_device_plans_DevicesPlan,
        filesystems), AT(kvnode_planning_device_plans_DevicesPlan, graphics),
        AT(kvnode_planning_device_plans_DevicesPlan, host_devices), AT(kvnode_planning_device_plans_DevicesPlan,
        inputs), AT(kvnode_planning_device_plans_DevicesPlan, interfaces),
        AT(kvnode_planning_device_plans_DevicesPlan, panics), AT(kvnode_planning_device_plans_DevicesPlan,
        redirections), AT(kvnode_planning_device_plans_DevicesPlan, rng),
        AT(kvnode_planning_device_plans_DevicesPlan, serials), AT(kvnode_planning_device_plans_DevicesPlan, sounds),
        AT(kvnode_planning_device_plans_DevicesPlan, tpm), AT(kvnode_planning_device_plans_DevicesPlan, video),
        AT(kvnode_planning_device_plans_DevicesPlan, vsock), AT(kvnode_planning_device_plans_DevicesPlan,
        watchdogs), {0} };
    static const Py_ssize_t kvnode_planning_device_plans_DevicesPlan_size = sizeof(kvnode_planning_device_plans_DevicesPlan);
    """
    const Field *kvnode_planning_device_plans_DevicesPlan_fields
    const Py_ssize_t kvnode_planning_device_plans_DevicesPlan_size
    ctypedef class kvnode.planning.device_plans.DevicesPlan [object kvnode_planning_device_plans_DevicesPlan, check_size ignore]:
        cdef object balloon_ "balloon_"
        cdef object channels_ "channels_"
        cdef object controllers_ "controllers_"
        cdef object disks_ "disks_"
        cdef object filesystems_ "filesystems_"
        cdef object graphics_ "graphics_"
        cdef object host_devices_ "host_devices_"
        cdef object inputs_ "inputs_"
        cdef object interfaces_ "interfaces_"
        cdef object panics_ "panics_"
        cdef object redirections_ "redirections_"
        cdef object rng_ "rng_"
        cdef object serials_ "serials_"
        cdef object sounds_ "sounds_"
        cdef object tpm_ "tpm_"
        cdef object video_ "video_"
        cdef object vsock_ "vsock_"
        cdef object watchdogs_ "watchdogs_"
        @property
        cdef inline Balloon balloon(self):
            return self.balloon_
        @property
        cdef inline tuple channels(self):
            return self.channels_
        @property
        cdef inline tuple controllers(self):
            return self.controllers_
        @property
        cdef inline tuple disks(self):
            return self.disks_
        @property
        cdef inline tuple filesystems(self):
            return self.filesystems_
        @property
        cdef inline Graphics graphics(self):
            return self.graphics_
        @property
        cdef inline tuple host_devices(self):
            return self.host_devices_
        @property
        cdef inline tuple inputs(self):
            return self.inputs_
        @property
        cdef inline tuple interfaces(self):
            return self.interfaces_
        @property
        cdef inline tuple panics(self):
            return self.panics_
        @property
        cdef inline tuple redirections(self):
            return self.redirections_
        @property
        cdef inline Rng rng(self):
            return self.rng_
        @property
        cdef inline tuple serials(self):
            return self.serials_
        @property
        cdef inline tuple sounds(self):
            return self.sounds_
        @property
        cdef inline Tpm tpm(self):
            return self.tpm_
        @property
        cdef inline Video video(self):
            return self.video_
        @property
        cdef inline Vsock vsock(self):
            return self.vsock_
        @property
        cdef inline tuple watchdogs(self):
            return self.watchdogs_


cdef inline int check_planning_device_plans() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(PciAddress, kvnode_planning_device_plans_PciAddress_fields, kvnode_planning_device_plans_PciAddress_size)
    kvnode_lies_so(BlockIo, kvnode_planning_device_plans_BlockIo_fields, kvnode_planning_device_plans_BlockIo_size)
    kvnode_lies_so(Backing, kvnode_planning_device_plans_Backing_fields, kvnode_planning_device_plans_Backing_size)
    kvnode_lies_so(DiskDevice, kvnode_planning_device_plans_DiskDevice_fields, kvnode_planning_device_plans_DiskDevice_size)
    kvnode_lies_so(InterfaceDevice, kvnode_planning_device_plans_InterfaceDevice_fields, kvnode_planning_device_plans_InterfaceDevice_size)
    kvnode_lies_so(HostDevice, kvnode_planning_device_plans_HostDevice_fields, kvnode_planning_device_plans_HostDevice_size)
    kvnode_lies_so(Filesystem, kvnode_planning_device_plans_Filesystem_fields, kvnode_planning_device_plans_Filesystem_size)
    kvnode_lies_so(Controller, kvnode_planning_device_plans_Controller_fields, kvnode_planning_device_plans_Controller_size)
    kvnode_lies_so(SerialDevice, kvnode_planning_device_plans_SerialDevice_fields, kvnode_planning_device_plans_SerialDevice_size)
    kvnode_lies_so(Channel, kvnode_planning_device_plans_Channel_fields, kvnode_planning_device_plans_Channel_size)
    kvnode_lies_so(Input, kvnode_planning_device_plans_Input_fields, kvnode_planning_device_plans_Input_size)
    kvnode_lies_so(Graphics, kvnode_planning_device_plans_Graphics_fields, kvnode_planning_device_plans_Graphics_size)
    kvnode_lies_so(Video, kvnode_planning_device_plans_Video_fields, kvnode_planning_device_plans_Video_size)
    kvnode_lies_so(Rng, kvnode_planning_device_plans_Rng_fields, kvnode_planning_device_plans_Rng_size)
    kvnode_lies_so(Balloon, kvnode_planning_device_plans_Balloon_fields, kvnode_planning_device_plans_Balloon_size)
    kvnode_lies_so(Watchdog, kvnode_planning_device_plans_Watchdog_fields, kvnode_planning_device_plans_Watchdog_size)
    kvnode_lies_so(Sound, kvnode_planning_device_plans_Sound_fields, kvnode_planning_device_plans_Sound_size)
    kvnode_lies_so(Tpm, kvnode_planning_device_plans_Tpm_fields, kvnode_planning_device_plans_Tpm_size)
    kvnode_lies_so(Vsock, kvnode_planning_device_plans_Vsock_fields, kvnode_planning_device_plans_Vsock_size)
    kvnode_lies_so(Panic, kvnode_planning_device_plans_Panic_fields, kvnode_planning_device_plans_Panic_size)
    kvnode_lies_so(DevicesPlan, kvnode_planning_device_plans_DevicesPlan_fields, kvnode_planning_device_plans_DevicesPlan_size)
    return 0
