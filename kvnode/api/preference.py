"""Preferences: what guests of one operating system like best, for one namespace or for the whole cluster.

A preference fills in what a VirtualMachine and its instance type leave open, and never changes what they say. Only
its requirements bind: a machine that is smaller than these is refused.
"""

from msgspec import field

from kvnode.api.base import NO_ITEMS, NOTHING, ZERO, Int64, Model, Uint32
from kvnode.api.cpu_memory import CPUFeature
from kvnode.api.devices import Rng, TPMDevice, VGPUOptions
from kvnode.api.disks import BlockSize
from kvnode.api.features import ClockOffsetUTC, FeatureAPIC, FeatureHyperv, FeatureKVM, FeatureState, Timer
from kvnode.api.firmware import EFI, LaunchSecurity
from kvnode.api.meta import ListMeta, ObjectMeta
from kvnode.api.network import InterfaceMasquerade
from kvnode.quantity import Quantity


class ClockOffset(Model, frozen=True):
    """What the guest's clock shows: one of these."""

    utc: ClockOffsetUTC | None = None  # universal time, with an offset if one is given
    timezone: str | None = None  # the time of a zone, such as `Europe/Berlin`


class ClockPreferences(Model, frozen=True):
    """How the guest should tell the time."""

    preferred_clock_offset: ClockOffset | None = None  # what its clock shows
    preferred_timer: Timer | None = None  # timers that it has


class SpreadOptions(Model, frozen=True):
    """How vCPUs are spread, with the topology `spread`."""

    # over what: `SocketsCores` if nobody says, `SocketsCoresThreads` or `CoresThreads`
    across: str | None = None
    # how many cores for each socket, two if nobody says; with `CoresThreads` how many threads for each core, always two
    ratio: Uint32 | None = None


class CPUPreferences(Model, frozen=True):
    """How the guest's vCPUs should look."""

    # what an instance type's vCPUs become: `sockets` if nobody says, `cores`, `threads`, `spread` or `any`; the older
    # `preferSockets`, `preferCores` and so on mean the same
    preferred_cpu_topology: str | None = field(default=None, name="preferredCPUTopology")
    spread_options: SpreadOptions | None = None  # how they are spread
    # flags to add to the model or take from it
    preferred_cpu_features: tuple[CPUFeature, ...] = field(default=(), name="preferredCPUFeatures")


class DevicePreferences(Model, frozen=True):
    """Which devices the guest should have, and of which make."""

    preferred_autoattach_graphics_device: bool | None = None  # whether it has a screen without asking for one
    preferred_autoattach_input_device: bool | None = None  # whether it has a tablet without asking for one
    preferred_autoattach_mem_balloon: bool | None = None  # whether it has a memory balloon without asking for one
    preferred_autoattach_pod_interface: bool | None = None  # whether it is on the Pod's network without asking
    preferred_autoattach_serial_console: bool | None = None  # whether it has a serial console without asking for one
    preferred_block_multi_queue: bool | None = None  # whether disks on virtio have a queue for each vCPU
    preferred_cdrom_bus: str | None = None  # the bus of optical drives: `sata` or `scsi`
    preferred_disable_hotplug: bool | None = None  # whether nothing can be plugged
    preferred_disk_block_size: BlockSize | None = None  # block sizes of disks
    preferred_disk_bus: str | None = None  # the bus of ordinary disks: `virtio`, `sata`, `scsi` or `usb`
    preferred_disk_cache: str | None = None  # host's page cache: `none`, `writethrough` or `writeback`
    preferred_disk_dedicated_io_thread: bool | None = None  # whether each disk on virtio has an IO thread of its own
    # how QEMU reads and writes disks: `native`, `threads` or `default`
    preferred_disk_io: str | None = field(default=None, name="preferredDiskIO")
    preferred_input_bus: str | None = None  # the bus of input devices: `virtio` or `usb`
    preferred_input_type: str | None = None  # which input devices: `tablet` or `keyboard`
    preferred_interface_masquerade: InterfaceMasquerade | None = None  # whether interfaces are bound by masquerade
    preferred_interface_model: str | None = None  # the model of network cards, such as `virtio` or `e1000e`
    preferred_lun_bus: str | None = None  # the bus of disks that pass SCSI through: `scsi` or `sata`
    preferred_network_interface_multi_queue: bool | None = None  # whether cards on virtio have a queue for each vCPU
    preferred_panic_device_model: str | None = None  # the panic device: `isa`, `hyperv` or `pvpanic`
    preferred_rng: Rng | None = None  # a source of randomness
    preferred_sound_model: str | None = None  # the sound card: `ich9` or `ac97`
    preferred_tpm: TPMDevice | None = field(default=None, name="preferredTPM")  # a trusted platform module
    preferred_use_virtio_transitional: bool | None = None  # whether virtio can also speak the protocol before 1.0
    preferred_video_type: str | None = None  # the graphics card, such as `virtio` or `vga`
    # settings of virtual GPUs
    preferred_virtual_gpu_options: VGPUOptions | None = field(default=None, name="preferredVirtualGPUOptions")


class FeaturePreferences(Model, frozen=True):
    """Which features the guest should have."""

    preferred_acpi: FeatureState | None = None  # ACPI
    preferred_apic: FeatureAPIC | None = None  # the local interrupt controller
    preferred_hyperv: FeatureHyperv | None = None  # what Windows expects of Hyper-V
    preferred_kvm: FeatureKVM | None = None  # what the guest sees of KVM
    preferred_pvspinlock: FeatureState | None = None  # locks that know of the hypervisor
    preferred_smm: FeatureState | None = None  # system management mode, which secure boot takes


class FirmwarePreferences(Model, frozen=True):
    """Which firmware should start the guest."""

    preferred_use_bios: bool | None = None  # whether it is BIOS
    preferred_use_bios_serial: bool | None = None  # whether BIOS writes to the serial console
    preferred_efi: EFI | None = None  # UEFI, so set up
    preferred_use_efi: bool | None = None  # the older way to say `preferredEfi: {}`
    preferred_use_secure_boot: bool | None = None  # the older way to say `preferredEfi.secureBoot`


class MachinePreferences(Model, frozen=True):
    """Which model of machine the guest should be."""

    preferred_machine_type: str | None = None  # the model, as QEMU calls it, such as `q35`


class VolumePreferences(Model, frozen=True):
    """Where the guest's volumes should lie."""

    preferred_storage_class_name: str | None = None  # the class of DataVolumes that name none


class CPUPreferenceRequirement(Model, frozen=True):
    """The fewest vCPUs that will do."""

    guest: Uint32 = ZERO  # how many the guest has to have


class MemoryPreferenceRequirement(Model, frozen=True):
    """The least memory that will do."""

    guest: Quantity = NOTHING  # how much the guest has to have


class PreferenceRequirements(Model, frozen=True):
    """What a guest has to have, or it is refused."""

    cpu: CPUPreferenceRequirement | None = None  # vCPUs
    memory: MemoryPreferenceRequirement | None = None  # memory
    architecture: str | None = None  # what its processors have to be: `amd64`, `arm64` or `s390x`


class VirtualMachinePreferenceSpec(Model, frozen=True):
    """What guests like best, and what they have to have."""

    clock: ClockPreferences | None = None  # clock and timers
    cpu: CPUPreferences | None = None  # processors
    devices: DevicePreferences | None = None  # devices
    features: FeaturePreferences | None = None  # features
    firmware: FirmwarePreferences | None = None  # firmware
    machine: MachinePreferences | None = None  # model of the machine
    volumes: VolumePreferences | None = None  # storage
    preferred_architecture: str | None = None  # what the guest's processors should be: `amd64`, `arm64` or `s390x`
    preferred_launch_security: LaunchSecurity | None = None  # encryption of memory
    preferred_subdomain: str | None = None  # the domain below the cluster's that the guest's name is in
    preferred_termination_grace_period_seconds: Int64 | None = None  # how long the guest may take to shut down
    prefer_spread_socket_to_core_ratio: Uint32 | None = None  # the older way to say `cpu.spreadOptions.ratio`
    requirements: PreferenceRequirements | None = None  # what the guest has to have
    annotations: dict[str, str] | None = None  # annotations that the guest gets


class VirtualMachinePreference(Model, frozen=True):
    """What some guests like best, for one namespace."""

    # `instancetype.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "instancetype.kubevirt.io/v1beta1")
    kind: str = field(default_factory=lambda: "VirtualMachinePreference")  # `VirtualMachinePreference`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachinePreferenceSpec = VirtualMachinePreferenceSpec()  # likings and requirements


class VirtualMachinePreferenceList(Model, frozen=True):
    """VirtualMachinePreferences, as a server lists them."""

    # `instancetype.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "instancetype.kubevirt.io/v1beta1")
    kind: str = field(default_factory=lambda: "VirtualMachinePreferenceList")  # `VirtualMachinePreferenceList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachinePreference, ...] = NO_ITEMS  # the objects


class VirtualMachineClusterPreference(Model, frozen=True):
    """What some guests like best, for every namespace."""

    # `instancetype.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "instancetype.kubevirt.io/v1beta1")
    kind: str = field(default_factory=lambda: "VirtualMachineClusterPreference")  # `VirtualMachineClusterPreference`
    metadata: ObjectMeta = ObjectMeta()  # name and history; it is in no namespace
    spec: VirtualMachinePreferenceSpec = VirtualMachinePreferenceSpec()  # likings and requirements


class VirtualMachineClusterPreferenceList(Model, frozen=True):
    """VirtualMachineClusterPreferences, as a server lists them."""

    # `instancetype.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "instancetype.kubevirt.io/v1beta1")
    # `VirtualMachineClusterPreferenceList`
    kind: str = field(default_factory=lambda: "VirtualMachineClusterPreferenceList")
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineClusterPreference, ...] = NO_ITEMS  # the objects
