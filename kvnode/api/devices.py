"""Devices of a guest besides disks and network cards, and the list of them all.

What has no fields (`rng: {}`, `clientPassthrough: {}`) counts by being there. The `autoattach` switches are for
devices that a guest gets unless it says no.
"""

from msgspec import field

from kvnode.api.base import Model
from kvnode.api.disks import Disk
from kvnode.api.features import FeatureState
from kvnode.api.network import Interface


class Rng(Model, frozen=True):
    """A source of randomness from the host."""


class ClientPassthroughDevices(Model, frozen=True):
    """Lets a viewer hand USB devices on to the guest."""


class DownwardMetrics(Model, frozen=True):
    """Metrics of the host over a virtio-serial port."""


class FilesystemVirtiofs(Model, frozen=True):
    """A file system shared by virtiofs."""


class Filesystem(Model, frozen=True):
    """A volume that the guest mounts as a folder."""

    name: str = ""
    virtiofs: FilesystemVirtiofs = FilesystemVirtiofs()


class VGPUDisplayOptions(Model, frozen=True):
    """Whether a virtual GPU has a display, and one for the time before its driver loads."""

    enabled: bool | None = None
    ram_fb: FeatureState | None = field(default=None, name="ramFB")


class VGPUOptions(Model, frozen=True):
    """Settings of a virtual GPU."""

    display: VGPUDisplayOptions | None = None


class GPU(Model, frozen=True):
    """A GPU, or a share of one."""

    name: str = ""
    claim_name: str | None = None
    device_name: str | None = None
    request_name: str | None = None
    tag: str | None = None
    virtual_gpu_options: VGPUOptions | None = field(default=None, name="virtualGPUOptions")


class HostDevice(Model, frozen=True):
    """A device of the node that the guest owns."""

    name: str = ""
    claim_name: str | None = None
    device_name: str | None = None
    request_name: str | None = None
    tag: str | None = None


class Input(Model, frozen=True):
    """A pointing device or a keyboard."""

    name: str = ""
    type: str = ""
    bus: str | None = None


class PanicDevice(Model, frozen=True):
    """Tells the host that the guest's kernel has crashed."""

    model: str | None = None


class SoundDevice(Model, frozen=True):
    """A sound card."""

    name: str = ""
    model: str | None = None


class TPMDevice(Model, frozen=True):
    """A trusted platform module, emulated."""

    enabled: bool | None = None
    persistent: bool | None = None


class VideoDevice(Model, frozen=True):
    """The graphics card."""

    type: str | None = None


class I6300ESBWatchdog(Model, frozen=True):
    """Intel's 6300ESB, a watchdog on PCI."""

    action: str | None = None


class Diag288Watchdog(Model, frozen=True):
    """The watchdog of s390x."""

    action: str | None = None


class Watchdog(Model, frozen=True):
    """Resets or stops a guest that no longer reports."""

    name: str = ""
    diag288: Diag288Watchdog | None = None
    i6300esb: I6300ESBWatchdog | None = None


class Devices(Model, frozen=True):
    """All devices of a guest."""

    autoattach_graphics_device: bool | None = None
    autoattach_input_device: bool | None = None
    autoattach_mem_balloon: bool | None = None
    autoattach_pod_interface: bool | None = None
    autoattach_serial_console: bool | None = None
    autoattach_vsock: bool | None = field(default=None, name="autoattachVSOCK")
    block_multi_queue: bool | None = None
    client_passthrough: ClientPassthroughDevices | None = None
    disable_hotplug: bool | None = None
    disks: tuple[Disk, ...] = ()
    downward_metrics: DownwardMetrics | None = None
    filesystems: tuple[Filesystem, ...] = ()
    gpus: tuple[GPU, ...] = ()
    host_devices: tuple[HostDevice, ...] = ()
    inputs: tuple[Input, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    log_serial_console: bool | None = None
    network_interface_multiqueue: bool | None = None
    panic_devices: tuple[PanicDevice, ...] = ()
    rng: Rng | None = None
    sound: SoundDevice | None = None
    tpm: TPMDevice | None = None
    use_virtio_transitional: bool | None = None
    video: VideoDevice | None = None
    watchdog: Watchdog | None = None
