"""Devices of a guest besides disks and network cards, and the list of them all.

What has no fields (`rng: {}`, `clientPassthrough: {}`) counts by being there. The `autoattach` switches are for
devices that a guest gets unless it says no.
"""

from msgspec import field

from kvnode.api.base import EMPTY, Model
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

    name: str = EMPTY  # the volume behind it, and the tag that the guest mounts it by
    virtiofs: FilesystemVirtiofs = FilesystemVirtiofs()  # shared by virtiofs


class VGPUDisplayOptions(Model, frozen=True):
    """Whether a virtual GPU has a display, and one for the time before its driver loads."""

    enabled: bool | None = None  # whether there is a display
    # a frame buffer for the time before the guest's driver loads
    ram_fb: FeatureState | None = field(default=None, name="ramFB")


class VGPUOptions(Model, frozen=True):
    """Settings of a virtual GPU."""

    display: VGPUDisplayOptions | None = None  # its display


class GPU(Model, frozen=True):
    """A GPU, or a share of one."""

    name: str = EMPTY  # unique among the guest's GPUs
    device_name: str | None = None  # the resource that a device plugin offers it under
    claim_name: str | None = None  # the claim that it comes from, by its name in `spec.resourceClaims`
    request_name: str | None = None  # the request within the claim
    virtual_gpu_options: VGPUOptions | None = field(default=None, name="virtualGPUOptions")  # settings of a virtual GPU
    tag: str | None = None  # shown to the guest with its address, to find the device by


class HostDevice(Model, frozen=True):
    """A device of the node that the guest owns."""

    name: str = EMPTY  # unique among the guest's host devices
    device_name: str | None = None  # the resource that a device plugin offers it under
    claim_name: str | None = None  # the claim that it comes from, by its name in `spec.resourceClaims`
    request_name: str | None = None  # the request within the claim
    tag: str | None = None  # shown to the guest with its address, to find the device by


class Input(Model, frozen=True):
    """A pointing device or a keyboard."""

    name: str = EMPTY  # the device's name
    type: str = EMPTY  # what it is: `tablet` or `keyboard`
    bus: str | None = None  # what it is connected to: `virtio` or `usb`


class PanicDevice(Model, frozen=True):
    """Tells the host that the guest's kernel has crashed."""

    model: str | None = None  # the device that the guest sees: `isa`, `hyperv` or `pvpanic`


class SoundDevice(Model, frozen=True):
    """A sound card."""

    name: str = EMPTY  # the device's name
    model: str | None = None  # the card that the guest sees: `ich9` or `ac97`


class TPMDevice(Model, frozen=True):
    """A trusted platform module, emulated."""

    enabled: bool | None = None  # whether there is one
    persistent: bool | None = None  # whether its state outlives the guest


class VideoDevice(Model, frozen=True):
    """The graphics card."""

    # the card that the guest sees: `vga`, `bochs`, `virtio`, `cirrus` or `ramfb`, as the architecture allows
    type: str | None = None


class I6300ESBWatchdog(Model, frozen=True):
    """Intel's 6300ESB, a watchdog on PCI."""

    action: str | None = None  # what it does: `poweroff`, `reset` or `shutdown`


class Diag288Watchdog(Model, frozen=True):
    """The watchdog of s390x."""

    action: str | None = None  # what it does: `poweroff`, `reset` or `shutdown`


class Watchdog(Model, frozen=True):
    """Resets or stops a guest that no longer reports."""

    name: str = EMPTY  # the device's name
    i6300esb: I6300ESBWatchdog | None = None  # on PCI
    diag288: Diag288Watchdog | None = None  # of s390x


class Devices(Model, frozen=True):
    """All devices of a guest."""

    disks: tuple[Disk, ...] = ()  # disks, each with a volume of its name
    interfaces: tuple[Interface, ...] = ()  # network cards, each with a network of its name
    filesystems: tuple[Filesystem, ...] = ()  # volumes shared as folders
    inputs: tuple[Input, ...] = ()  # pointing devices and keyboards
    rng: Rng | None = None  # a source of randomness
    tpm: TPMDevice | None = None  # a trusted platform module
    watchdog: Watchdog | None = None  # a watchdog
    panic_devices: tuple[PanicDevice, ...] = ()  # devices that report a crash
    sound: SoundDevice | None = None  # a sound card
    video: VideoDevice | None = None  # the graphics card, if not the usual one
    gpus: tuple[GPU, ...] = ()  # GPUs, whole ones or shares
    host_devices: tuple[HostDevice, ...] = ()  # devices of the node that the guest owns
    client_passthrough: ClientPassthroughDevices | None = None  # lets a viewer hand on USB devices
    downward_metrics: DownwardMetrics | None = None  # metrics of the host over a port
    # whether a guest without interfaces gets one on the Pod's network; yes if nobody says
    autoattach_pod_interface: bool | None = None
    autoattach_graphics_device: bool | None = None  # whether there is a graphics card; yes if nobody says
    autoattach_serial_console: bool | None = None  # whether there is a serial console; yes if nobody says
    autoattach_mem_balloon: bool | None = None  # whether there is a memory balloon; yes if nobody says
    autoattach_input_device: bool | None = None  # whether there is a tablet; no if nobody says
    # whether there is a socket between guest and host; no if nobody says
    autoattach_vsock: bool | None = field(default=None, name="autoattachVSOCK")
    log_serial_console: bool | None = None  # whether the Pod's log has what the serial console shows
    disable_hotplug: bool | None = None  # whether devices can't be plugged while the guest runs
    block_multi_queue: bool | None = None  # whether virtio disks have a queue for each vCPU
    network_interface_multiqueue: bool | None = None  # whether virtio cards have a queue for each vCPU
    use_virtio_transitional: bool | None = None  # whether virtio devices can also speak the protocol before 1.0
