# cython: language_level=3
"""Where the fields of kvnode.api.devices lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so
from kvnode._fast.layout_api_features cimport FeatureState


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *virtiofs_; } kvnode_api_devices_Filesystem;
    static const kvnode_field kvnode_api_devices_Filesystem_fields[] = { AT(kvnode_api_devices_Filesystem, name),
        AT(kvnode_api_devices_Filesystem, virtiofs), {0} };
    static const Py_ssize_t kvnode_api_devices_Filesystem_size = sizeof(kvnode_api_devices_Filesystem);
    """
    const Field *kvnode_api_devices_Filesystem_fields
    const Py_ssize_t kvnode_api_devices_Filesystem_size
    ctypedef class kvnode.api.devices.Filesystem [object kvnode_api_devices_Filesystem, check_size ignore]:
        cdef object name "name_"
        cdef object virtiofs "virtiofs_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *enabled_, *ram_fb_; } kvnode_api_devices_VGPUDisplayOptions;
    static const kvnode_field kvnode_api_devices_VGPUDisplayOptions_fields[] = {
        AT(kvnode_api_devices_VGPUDisplayOptions, enabled), AT(kvnode_api_devices_VGPUDisplayOptions, ram_fb), {0}
        };
    static const Py_ssize_t kvnode_api_devices_VGPUDisplayOptions_size = sizeof(kvnode_api_devices_VGPUDisplayOptions);
    """
    const Field *kvnode_api_devices_VGPUDisplayOptions_fields
    const Py_ssize_t kvnode_api_devices_VGPUDisplayOptions_size
    ctypedef class kvnode.api.devices.VGPUDisplayOptions [object kvnode_api_devices_VGPUDisplayOptions, check_size ignore]:
        cdef object ram_fb_ "ram_fb_"
        cdef object enabled "enabled_"
        @property
        cdef inline FeatureState ram_fb(self):
            return self.ram_fb_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *display_; } kvnode_api_devices_VGPUOptions;
    static const kvnode_field kvnode_api_devices_VGPUOptions_fields[] = { AT(kvnode_api_devices_VGPUOptions,
        display), {0} };
    static const Py_ssize_t kvnode_api_devices_VGPUOptions_size = sizeof(kvnode_api_devices_VGPUOptions);
    """
    const Field *kvnode_api_devices_VGPUOptions_fields
    const Py_ssize_t kvnode_api_devices_VGPUOptions_size
    ctypedef class kvnode.api.devices.VGPUOptions [object kvnode_api_devices_VGPUOptions, check_size ignore]:
        cdef object display_ "display_"
        @property
        cdef inline VGPUDisplayOptions display(self):
            return self.display_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *claim_name_, *device_name_, *name_, *request_name_, *tag_,
        *virtual_gpu_options_; } kvnode_api_devices_GPU;
    static const kvnode_field kvnode_api_devices_GPU_fields[] = { AT(kvnode_api_devices_GPU, claim_name),
        AT(kvnode_api_devices_GPU, device_name), AT(kvnode_api_devices_GPU, name), AT(kvnode_api_devices_GPU,
        request_name), AT(kvnode_api_devices_GPU, tag), AT(kvnode_api_devices_GPU, virtual_gpu_options), {0} };
    static const Py_ssize_t kvnode_api_devices_GPU_size = sizeof(kvnode_api_devices_GPU);
    """
    const Field *kvnode_api_devices_GPU_fields
    const Py_ssize_t kvnode_api_devices_GPU_size
    ctypedef class kvnode.api.devices.GPU [object kvnode_api_devices_GPU, check_size ignore]:
        cdef object virtual_gpu_options_ "virtual_gpu_options_"
        cdef object claim_name "claim_name_"
        cdef object device_name "device_name_"
        cdef object name "name_"
        cdef object request_name "request_name_"
        cdef object tag "tag_"
        @property
        cdef inline VGPUOptions virtual_gpu_options(self):
            return self.virtual_gpu_options_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *claim_name_, *device_name_, *name_, *request_name_, *tag_; }
        kvnode_api_devices_HostDevice;
    static const kvnode_field kvnode_api_devices_HostDevice_fields[] = { AT(kvnode_api_devices_HostDevice,
        claim_name), AT(kvnode_api_devices_HostDevice, device_name), AT(kvnode_api_devices_HostDevice, name),
        AT(kvnode_api_devices_HostDevice, request_name), AT(kvnode_api_devices_HostDevice, tag), {0} };
    static const Py_ssize_t kvnode_api_devices_HostDevice_size = sizeof(kvnode_api_devices_HostDevice);
    """
    const Field *kvnode_api_devices_HostDevice_fields
    const Py_ssize_t kvnode_api_devices_HostDevice_size
    ctypedef class kvnode.api.devices.HostDevice [object kvnode_api_devices_HostDevice, check_size ignore]:
        cdef object claim_name "claim_name_"
        cdef object device_name "device_name_"
        cdef object name "name_"
        cdef object request_name "request_name_"
        cdef object tag "tag_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *bus_, *name_, *type_; } kvnode_api_devices_Input;
    static const kvnode_field kvnode_api_devices_Input_fields[] = { AT(kvnode_api_devices_Input, bus),
        AT(kvnode_api_devices_Input, name), AT(kvnode_api_devices_Input, type), {0} };
    static const Py_ssize_t kvnode_api_devices_Input_size = sizeof(kvnode_api_devices_Input);
    """
    const Field *kvnode_api_devices_Input_fields
    const Py_ssize_t kvnode_api_devices_Input_size
    ctypedef class kvnode.api.devices.Input [object kvnode_api_devices_Input, check_size ignore]:
        cdef object bus "bus_"
        cdef object name "name_"
        cdef object type "type_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *model_; } kvnode_api_devices_PanicDevice;
    static const kvnode_field kvnode_api_devices_PanicDevice_fields[] = { AT(kvnode_api_devices_PanicDevice, model),
        {0} };
    static const Py_ssize_t kvnode_api_devices_PanicDevice_size = sizeof(kvnode_api_devices_PanicDevice);
    """
    const Field *kvnode_api_devices_PanicDevice_fields
    const Py_ssize_t kvnode_api_devices_PanicDevice_size
    ctypedef class kvnode.api.devices.PanicDevice [object kvnode_api_devices_PanicDevice, check_size ignore]:
        cdef object model "model_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *model_, *name_; } kvnode_api_devices_SoundDevice;
    static const kvnode_field kvnode_api_devices_SoundDevice_fields[] = { AT(kvnode_api_devices_SoundDevice, model),
        AT(kvnode_api_devices_SoundDevice, name), {0} };
    static const Py_ssize_t kvnode_api_devices_SoundDevice_size = sizeof(kvnode_api_devices_SoundDevice);
    """
    const Field *kvnode_api_devices_SoundDevice_fields
    const Py_ssize_t kvnode_api_devices_SoundDevice_size
    ctypedef class kvnode.api.devices.SoundDevice [object kvnode_api_devices_SoundDevice, check_size ignore]:
        cdef object model "model_"
        cdef object name "name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *enabled_, *persistent_; } kvnode_api_devices_TPMDevice;
    static const kvnode_field kvnode_api_devices_TPMDevice_fields[] = { AT(kvnode_api_devices_TPMDevice, enabled),
        AT(kvnode_api_devices_TPMDevice, persistent), {0} };
    static const Py_ssize_t kvnode_api_devices_TPMDevice_size = sizeof(kvnode_api_devices_TPMDevice);
    """
    const Field *kvnode_api_devices_TPMDevice_fields
    const Py_ssize_t kvnode_api_devices_TPMDevice_size
    ctypedef class kvnode.api.devices.TPMDevice [object kvnode_api_devices_TPMDevice, check_size ignore]:
        cdef object enabled "enabled_"
        cdef object persistent "persistent_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *type_; } kvnode_api_devices_VideoDevice;
    static const kvnode_field kvnode_api_devices_VideoDevice_fields[] = { AT(kvnode_api_devices_VideoDevice, type),
        {0} };
    static const Py_ssize_t kvnode_api_devices_VideoDevice_size = sizeof(kvnode_api_devices_VideoDevice);
    """
    const Field *kvnode_api_devices_VideoDevice_fields
    const Py_ssize_t kvnode_api_devices_VideoDevice_size
    ctypedef class kvnode.api.devices.VideoDevice [object kvnode_api_devices_VideoDevice, check_size ignore]:
        cdef object type "type_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *action_; } kvnode_api_devices_I6300ESBWatchdog;
    static const kvnode_field kvnode_api_devices_I6300ESBWatchdog_fields[] = {
        AT(kvnode_api_devices_I6300ESBWatchdog, action), {0} };
    static const Py_ssize_t kvnode_api_devices_I6300ESBWatchdog_size = sizeof(kvnode_api_devices_I6300ESBWatchdog);
    """
    const Field *kvnode_api_devices_I6300ESBWatchdog_fields
    const Py_ssize_t kvnode_api_devices_I6300ESBWatchdog_size
    ctypedef class kvnode.api.devices.I6300ESBWatchdog [object kvnode_api_devices_I6300ESBWatchdog, check_size ignore]:
        cdef object action "action_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *action_; } kvnode_api_devices_Diag288Watchdog;
    static const kvnode_field kvnode_api_devices_Diag288Watchdog_fields[] = { AT(kvnode_api_devices_Diag288Watchdog,
        action), {0} };
    static const Py_ssize_t kvnode_api_devices_Diag288Watchdog_size = sizeof(kvnode_api_devices_Diag288Watchdog);
    """
    const Field *kvnode_api_devices_Diag288Watchdog_fields
    const Py_ssize_t kvnode_api_devices_Diag288Watchdog_size
    ctypedef class kvnode.api.devices.Diag288Watchdog [object kvnode_api_devices_Diag288Watchdog, check_size ignore]:
        cdef object action "action_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *diag288_, *i6300esb_, *name_; } kvnode_api_devices_Watchdog;
    static const kvnode_field kvnode_api_devices_Watchdog_fields[] = { AT(kvnode_api_devices_Watchdog, diag288),
        AT(kvnode_api_devices_Watchdog, i6300esb), AT(kvnode_api_devices_Watchdog, name), {0} };
    static const Py_ssize_t kvnode_api_devices_Watchdog_size = sizeof(kvnode_api_devices_Watchdog);
    """
    const Field *kvnode_api_devices_Watchdog_fields
    const Py_ssize_t kvnode_api_devices_Watchdog_size
    ctypedef class kvnode.api.devices.Watchdog [object kvnode_api_devices_Watchdog, check_size ignore]:
        cdef object diag288_ "diag288_"
        cdef object i6300esb_ "i6300esb_"
        cdef object name "name_"
        @property
        cdef inline Diag288Watchdog diag288(self):
            return self.diag288_
        @property
        cdef inline I6300ESBWatchdog i6300esb(self):
            return self.i6300esb_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *autoattach_graphics_device_, *autoattach_input_device_,
        *autoattach_mem_balloon_, *autoattach_pod_interface_, *autoattach_serial_console_, *autoattach_vsock_,
        *block_multi_queue_, *client_passthrough_, *disable_hotplug_, *disks_, *downward_metrics_, *filesystems_,
        *gpus_, *host_devices_, *inputs_, *interfaces_, *log_serial_console_, *network_interface_multiqueue_,
        *panic_devices_, *rng_, *sound_, *tpm_, *use_virtio_transitional_, *video_, *watchdog_; }
        kvnode_api_devices_Devices;
    static const kvnode_field kvnode_api_devices_Devices_fields[] = { AT(kvnode_api_devices_Devices,
        autoattach_graphics_device), AT(kvnode_api_devices_Devices, autoattach_input_device),
        AT(kvnode_api_devices_Devices, autoattach_mem_balloon), AT(kvnode_api_devices_Devices,
        autoattach_pod_interface), AT(kvnode_api_devices_Devices, autoattach_serial_console),
        AT(kvnode_api_devices_Devices, autoattach_vsock), AT(kvnode_api_devices_Devices, block_multi_queue),
        AT(kvnode_api_devices_Devices, client_passthrough), AT(kvnode_api_devices_Devices, disable_hotplug),
        AT(kvnode_api_devices_Devices, disks), AT(kvnode_api_devices_Devices, downward_metrics),
        AT(kvnode_api_devices_Devices, filesystems), AT(kvnode_api_devices_Devices, gpus),
        AT(kvnode_api_devices_Devices, host_devices), AT(kvnode_api_devices_Devices, inputs),
        AT(kvnode_api_devices_Devices, interfaces), AT(kvnode_api_devices_Devices, log_serial_console),
        AT(kvnode_api_devices_Devices, network_interface_multiqueue), AT(kvnode_api_devices_Devices, panic_devices),
        AT(kvnode_api_devices_Devices, rng), AT(kvnode_api_devices_Devices, sound), AT(kvnode_api_devices_Devices,
        tpm), AT(kvnode_api_devices_Devices, use_virtio_transitional), AT(kvnode_api_devices_Devices, video),
        AT(kvnode_api_devices_Devices, watchdog), {0} };
    static const Py_ssize_t kvnode_api_devices_Devices_size = sizeof(kvnode_api_devices_Devices);
    """
    const Field *kvnode_api_devices_Devices_fields
    const Py_ssize_t kvnode_api_devices_Devices_size
    ctypedef class kvnode.api.devices.Devices [object kvnode_api_devices_Devices, check_size ignore]:
        cdef object disks_ "disks_"
        cdef object filesystems_ "filesystems_"
        cdef object gpus_ "gpus_"
        cdef object host_devices_ "host_devices_"
        cdef object inputs_ "inputs_"
        cdef object interfaces_ "interfaces_"
        cdef object panic_devices_ "panic_devices_"
        cdef object sound_ "sound_"
        cdef object tpm_ "tpm_"
        cdef object video_ "video_"
        cdef object watchdog_ "watchdog_"
        cdef object autoattach_graphics_device "autoattach_graphics_device_"
        cdef object autoattach_input_device "autoattach_input_device_"
        cdef object autoattach_mem_balloon "autoattach_mem_balloon_"
        cdef object autoattach_pod_interface "autoattach_pod_interface_"
        cdef object autoattach_serial_console "autoattach_serial_console_"
        cdef object autoattach_vsock "autoattach_vsock_"
        cdef object block_multi_queue "block_multi_queue_"
        cdef object client_passthrough "client_passthrough_"
        cdef object disable_hotplug "disable_hotplug_"
        cdef object downward_metrics "downward_metrics_"
        cdef object log_serial_console "log_serial_console_"
        cdef object network_interface_multiqueue "network_interface_multiqueue_"
        cdef object rng "rng_"
        cdef object use_virtio_transitional "use_virtio_transitional_"
        @property
        cdef inline tuple disks(self):
            return self.disks_
        @property
        cdef inline tuple filesystems(self):
            return self.filesystems_
        @property
        cdef inline tuple gpus(self):
            return self.gpus_
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
        cdef inline tuple panic_devices(self):
            return self.panic_devices_
        @property
        cdef inline SoundDevice sound(self):
            return self.sound_
        @property
        cdef inline TPMDevice tpm(self):
            return self.tpm_
        @property
        cdef inline VideoDevice video(self):
            return self.video_
        @property
        cdef inline Watchdog watchdog(self):
            return self.watchdog_


cdef inline int check_api_devices() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(Filesystem, kvnode_api_devices_Filesystem_fields, kvnode_api_devices_Filesystem_size)
    kvnode_lies_so(VGPUDisplayOptions, kvnode_api_devices_VGPUDisplayOptions_fields, kvnode_api_devices_VGPUDisplayOptions_size)
    kvnode_lies_so(VGPUOptions, kvnode_api_devices_VGPUOptions_fields, kvnode_api_devices_VGPUOptions_size)
    kvnode_lies_so(GPU, kvnode_api_devices_GPU_fields, kvnode_api_devices_GPU_size)
    kvnode_lies_so(HostDevice, kvnode_api_devices_HostDevice_fields, kvnode_api_devices_HostDevice_size)
    kvnode_lies_so(Input, kvnode_api_devices_Input_fields, kvnode_api_devices_Input_size)
    kvnode_lies_so(PanicDevice, kvnode_api_devices_PanicDevice_fields, kvnode_api_devices_PanicDevice_size)
    kvnode_lies_so(SoundDevice, kvnode_api_devices_SoundDevice_fields, kvnode_api_devices_SoundDevice_size)
    kvnode_lies_so(TPMDevice, kvnode_api_devices_TPMDevice_fields, kvnode_api_devices_TPMDevice_size)
    kvnode_lies_so(VideoDevice, kvnode_api_devices_VideoDevice_fields, kvnode_api_devices_VideoDevice_size)
    kvnode_lies_so(I6300ESBWatchdog, kvnode_api_devices_I6300ESBWatchdog_fields, kvnode_api_devices_I6300ESBWatchdog_size)
    kvnode_lies_so(Diag288Watchdog, kvnode_api_devices_Diag288Watchdog_fields, kvnode_api_devices_Diag288Watchdog_size)
    kvnode_lies_so(Watchdog, kvnode_api_devices_Watchdog_fields, kvnode_api_devices_Watchdog_size)
    kvnode_lies_so(Devices, kvnode_api_devices_Devices_fields, kvnode_api_devices_Devices_size)
    return 0
