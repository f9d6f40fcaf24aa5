"""`spec.configuration` of the KubeVirt resource: what an administrator sets for every guest.

Defaulting, validation and planning take it as an argument. Everything is optional; an absent field has the default
that the code using it documents.
"""

from msgspec import field

from kvnode.api.base import Int32, Int64, Model, Uint32
from kvnode.api.cpu_memory import ResourceRequirementsWithoutClaims
from kvnode.api.meta import LabelSelector
from kvnode.api.migration import MigrationConfiguration
from kvnode.quantity import Quantity


class ArchSpecificConfiguration(Model, frozen=True):
    """Machines and firmware of one architecture."""

    emulated_machines: tuple[str, ...] = ()
    machine_type: str | None = None
    ovmf_path: str | None = None


class ArchConfiguration(Model, frozen=True):
    """Settings by architecture."""

    amd64: ArchSpecificConfiguration | None = None
    arm64: ArchSpecificConfiguration | None = None
    default_architecture: str | None = None
    ppc64le: ArchSpecificConfiguration | None = None
    s390x: ArchSpecificConfiguration | None = None


class TokenBucketRateLimiter(Model, frozen=True):
    """Requests a second, and how many at once."""

    burst: Int32 = 0
    qps: float = 0.0


class RateLimiter(Model, frozen=True):
    """A limit on requests to the API server."""

    token_bucket_rate_limiter: TokenBucketRateLimiter | None = None


class RESTClientConfiguration(Model, frozen=True):
    """How a component speaks to the API server."""

    rate_limiter: RateLimiter | None = None


class ReloadableComponentConfiguration(Model, frozen=True):
    """Settings that a component takes up without a restart."""

    rest_client: RESTClientConfiguration | None = None


class ChangedBlockTrackingSelectors(Model, frozen=True):
    """Guests whose changed blocks are tracked."""

    namespace_label_selector: LabelSelector | None = None
    virtual_machine_label_selector: LabelSelector | None = None


class CommonInstancetypesDeployment(Model, frozen=True):
    """Whether the common instance types are installed."""

    enabled: bool | None = None


class TDXAttestationConfiguration(Model, frozen=True):
    """How Intel's confidential guests are attested."""

    enforced: bool | None = None
    qgs_socket_path: str | None = None


class TDXConfiguration(Model, frozen=True):
    """Settings of Intel's confidential guests."""

    attestation: TDXAttestationConfiguration | None = None


class ConfidentialComputeConfiguration(Model, frozen=True):
    """Settings of confidential guests."""

    tdx: TDXConfiguration | None = None


class DiskVerification(Model, frozen=True):
    """Limits on the check of a disk image."""

    memory_limit: Quantity = "0"


class LogVerbosity(Model, frozen=True):
    """How much each component logs."""

    node_verbosity: dict[str, Int32] | None = None
    virt_api: Uint32 | None = field(default=None, name="virtAPI")
    virt_controller: Uint32 | None = None
    virt_handler: Uint32 | None = None
    virt_launcher: Uint32 | None = None
    virt_operator: Uint32 | None = None
    virt_synchronization_controller: Uint32 | None = None


class DeveloperConfiguration(Model, frozen=True):
    """Feature gates, and settings that are rather for developers."""

    cluster_profiler: bool | None = None
    cpu_allocation_ratio: Int32 | None = None
    disabled_feature_gates: tuple[str, ...] = ()
    disk_verification: DiskVerification | None = None
    feature_gates: tuple[str, ...] = ()
    log_verbosity: LogVerbosity | None = None
    memory_overcommit: Int32 | None = None
    minimum_cluster_tsc_frequency: Int64 | None = field(default=None, name="minimumClusterTSCFrequency")
    minimum_reserve_pvc_bytes: Int64 | None = field(default=None, name="minimumReservePVCBytes")
    node_selectors: dict[str, str] | None = None
    pvc_tolerate_less_space_up_to_percent: Int32 | None = None
    use_emulation: bool | None = None


class HypervisorConfiguration(Model, frozen=True):
    """A hypervisor that guests may run on."""

    name: str | None = None


class InstancetypeConfiguration(Model, frozen=True):
    """How instance types are stored and referred to."""

    reference_policy: str | None = None


class KSMConfiguration(Model, frozen=True):
    """Nodes on which equal memory pages may be merged."""

    node_label_selector: LabelSelector | None = None


class LiveUpdateConfiguration(Model, frozen=True):
    """How far a running guest may grow."""

    max_cpu_sockets: Uint32 | None = None
    max_guest: Quantity | None = None
    max_hotplug_ratio: Uint32 | None = None


class NodeMediatedDeviceTypesConfig(Model, frozen=True):
    """Mediated devices of some nodes."""

    mediated_device_types: tuple[str, ...] = ()
    mediated_devices_types: tuple[str, ...] = ()
    node_selector: dict[str, str] | None = None


class MediatedDevicesConfiguration(Model, frozen=True):
    """Mediated devices that nodes create."""

    enabled: bool | None = None
    mediated_device_types: tuple[str, ...] = ()
    mediated_devices_types: tuple[str, ...] = ()
    node_mediated_device_types: tuple[NodeMediatedDeviceTypesConfig, ...] = ()


class InterfaceBindingMigration(Model, frozen=True):
    """How an interface of a plugin migrates."""

    method: str | None = None


class InterfaceBindingPlugin(Model, frozen=True):
    """A network binding that somebody brought."""

    compute_resource_overhead: ResourceRequirementsWithoutClaims | None = None
    domain_attachment_type: str | None = None
    downward_api: str | None = field(default=None, name="downwardAPI")
    migration: InterfaceBindingMigration | None = None
    network_attachment_definition: str | None = None
    sidecar_image: str | None = None


class NetworkConfiguration(Model, frozen=True):
    """Defaults and bindings of networks."""

    binding: dict[str, InterfaceBindingPlugin] | None = None
    default_network_interface: str | None = None
    permit_bridge_interface_on_pod_network: bool | None = None
    permit_slirp_interface: bool | None = None


class MediatedHostDevice(Model, frozen=True):
    """A mediated device that guests may have."""

    external_resource_provider: bool | None = None
    mdev_name_selector: str = ""
    resource_name: str = ""


class PciHostDevice(Model, frozen=True):
    """A PCI device that guests may have."""

    external_resource_provider: bool | None = None
    pci_vendor_selector: str = ""
    resource_name: str = ""


class USBSelector(Model, frozen=True):
    """A USB device by vendor and product."""

    product: str = ""
    vendor: str = ""


class USBHostDevice(Model, frozen=True):
    """A USB device, or a set of them, that guests may have."""

    external_resource_provider: bool | None = None
    resource_name: str = ""
    selectors: tuple[USBSelector, ...] = ()


class PermittedHostDevices(Model, frozen=True):
    """Devices of nodes that guests may have."""

    mediated_devices: tuple[MediatedHostDevice, ...] = ()
    pci_host_devices: tuple[PciHostDevice, ...] = ()
    usb: tuple[USBHostDevice, ...] = ()


class PersistentReservationConfiguration(Model, frozen=True):
    """Whether guests may reserve SCSI disks."""

    enabled: bool | None = None


class CustomProfile(Model, frozen=True):
    """The seccomp profile to run guests with."""

    localhost_profile: str | None = None
    runtime_default_profile: bool | None = None


class VirtualMachineInstanceProfile(Model, frozen=True):
    """Where the seccomp profile of guests comes from."""

    custom_profile: CustomProfile | None = None


class SeccompConfiguration(Model, frozen=True):
    """System calls that guests' Pods may make."""

    virtual_machine_instance_profile: VirtualMachineInstanceProfile | None = None


class SMBiosConfiguration(Model, frozen=True):
    """What SMBIOS tells guests about the system."""

    family: str | None = None
    manufacturer: str | None = None
    product: str | None = None
    sku: str | None = None
    version: str | None = None


class SupportContainerResources(Model, frozen=True):
    """Requests and limits of a helper container."""

    type: str = ""
    resources: ResourceRequirementsWithoutClaims = ResourceRequirementsWithoutClaims()


class TLSConfiguration(Model, frozen=True):
    """What TLS our components speak."""

    ciphers: tuple[str, ...] = ()
    min_tls_version: str | None = field(default=None, name="minTLSVersion")


class VirtTemplateDeployment(Model, frozen=True):
    """Whether virtual machine templates are installed."""

    enabled: bool | None = None


class DisableFreePageReporting(Model, frozen=True):
    """Its presence keeps guests from reporting free pages."""


class DisableSerialConsoleLog(Model, frozen=True):
    """Its presence keeps serial consoles out of the Pods' logs."""


class VirtualMachineOptions(Model, frozen=True):
    """Switches for all guests."""

    disable_free_page_reporting: DisableFreePageReporting | None = None
    disable_serial_console_log: DisableSerialConsoleLog | None = None


class KubeVirtConfiguration(Model, frozen=True):
    """What an administrator sets for every guest."""

    additional_guest_memory_overhead_ratio: str | None = None
    api_configuration: ReloadableComponentConfiguration | None = None
    architecture_configuration: ArchConfiguration | None = None
    auto_cpu_limit_namespace_label_selector: LabelSelector | None = field(
        default=None, name="autoCPULimitNamespaceLabelSelector"
    )
    changed_block_tracking_label_selectors: ChangedBlockTrackingSelectors | None = None
    common_instancetypes_deployment: CommonInstancetypesDeployment | None = None
    confidential_compute: ConfidentialComputeConfiguration | None = None
    controller_configuration: ReloadableComponentConfiguration | None = None
    cpu_model: str | None = None
    cpu_request: Quantity | None = None
    default_runtime_class: str | None = None
    developer_configuration: DeveloperConfiguration | None = None
    emulated_machines: tuple[str, ...] = ()
    eviction_strategy: str | None = None
    handler_configuration: ReloadableComponentConfiguration | None = None
    hypervisors: tuple[HypervisorConfiguration, ...] = ()
    image_pull_policy: str | None = None
    instancetype: InstancetypeConfiguration | None = None
    ksm_configuration: KSMConfiguration | None = None
    live_update_configuration: LiveUpdateConfiguration | None = None
    machine_type: str | None = None
    mediated_devices_configuration: MediatedDevicesConfiguration | None = None
    mem_balloon_stats_period: Int64 | None = None
    migrations: MigrationConfiguration | None = None
    min_cpu_model: str | None = field(default=None, name="minCPUModel")
    network: NetworkConfiguration | None = None
    obsolete_cpu_models: dict[str, bool] | None = field(default=None, name="obsoleteCPUModels")
    ovmf_path: str | None = None
    permitted_host_devices: PermittedHostDevices | None = None
    persistent_reservation_configuration: PersistentReservationConfiguration | None = None
    role_aggregation_strategy: str | None = None
    seccomp_configuration: SeccompConfiguration | None = None
    selinux_launcher_type: str | None = None
    smbios: SMBiosConfiguration | None = None
    support_container_resources: tuple[SupportContainerResources, ...] = ()
    supported_guest_agent_versions: tuple[str, ...] = ()
    tls_configuration: TLSConfiguration | None = None
    virt_template_deployment: VirtTemplateDeployment | None = None
    virtual_machine_instances_per_node: Int32 | None = None
    virtual_machine_options: VirtualMachineOptions | None = None
    vm_rollout_strategy: str | None = None
    vm_state_storage_class: str | None = None
    webhook_configuration: ReloadableComponentConfiguration | None = None
