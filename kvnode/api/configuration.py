"""`spec.configuration` of the KubeVirt resource: what an administrator sets for every guest.

Defaulting, validation and planning take it as an argument. Everything is optional; an absent field has the default
that the code using it documents.
"""

from msgspec import field

from kvnode.api.base import EMPTY, NOTHING, ZERO, Int32, Int64, Model, Uint32
from kvnode.api.cpu_memory import ResourceRequirementsWithoutClaims
from kvnode.api.meta import LabelSelector
from kvnode.api.migration import MigrationConfiguration
from kvnode.quantity import Quantity


class ArchSpecificConfiguration(Model, frozen=True):
    """Machines and firmware of one architecture."""

    machine_type: str | None = None  # the machine of guests that name none
    emulated_machines: tuple[str, ...] = ()  # patterns of machines that guests may ask for
    ovmf_path: str | None = None  # folder of the UEFI firmware


class ArchConfiguration(Model, frozen=True):
    """Settings by architecture."""

    default_architecture: str | None = None  # architecture of guests that name none
    amd64: ArchSpecificConfiguration | None = None  # for amd64
    arm64: ArchSpecificConfiguration | None = None  # for arm64
    s390x: ArchSpecificConfiguration | None = None  # for s390x
    ppc64le: ArchSpecificConfiguration | None = None  # for ppc64le, which is no longer supported


class TokenBucketRateLimiter(Model, frozen=True):
    """Requests a second, and how many at once."""

    qps: float = ZERO  # requests a second in the long run
    burst: Int32 = ZERO  # requests at once


class RateLimiter(Model, frozen=True):
    """A limit on requests to the API server."""

    token_bucket_rate_limiter: TokenBucketRateLimiter | None = None  # the limit


class RESTClientConfiguration(Model, frozen=True):
    """How a component speaks to the API server."""

    rate_limiter: RateLimiter | None = None  # limit on requests


class ReloadableComponentConfiguration(Model, frozen=True):
    """Settings that a component takes up without a restart."""

    rest_client: RESTClientConfiguration | None = None  # how it speaks to the API server


class ChangedBlockTrackingSelectors(Model, frozen=True):
    """Guests whose changed blocks are tracked."""

    namespace_label_selector: LabelSelector | None = None  # by labels of their namespace
    virtual_machine_label_selector: LabelSelector | None = None  # by their own labels


class CommonInstancetypesDeployment(Model, frozen=True):
    """Whether the common instance types are installed."""

    enabled: bool | None = None  # whether they are; yes if nobody says


class TDXAttestationConfiguration(Model, frozen=True):
    """How Intel's confidential guests are attested."""

    enforced: bool | None = None  # whether guests without attestation are refused
    qgs_socket_path: str | None = None  # socket of the quote generation service


class TDXConfiguration(Model, frozen=True):
    """Settings of Intel's confidential guests."""

    attestation: TDXAttestationConfiguration | None = None  # attestation


class ConfidentialComputeConfiguration(Model, frozen=True):
    """Settings of confidential guests."""

    tdx: TDXConfiguration | None = None  # Intel's


class DiskVerification(Model, frozen=True):
    """Limits on the check of a disk image."""

    memory_limit: Quantity = NOTHING  # memory that the check may use


class LogVerbosity(Model, frozen=True):
    """How much each component logs."""

    virt_api: Uint32 | None = field(default=None, name="virtAPI")  # of the API server, from 0 to 9
    virt_controller: Uint32 | None = None  # of the controller
    virt_handler: Uint32 | None = None  # of the handler
    virt_launcher: Uint32 | None = None  # of the launchers
    virt_operator: Uint32 | None = None  # of the operator
    virt_synchronization_controller: Uint32 | None = None  # of the controller for migrations between clusters
    node_verbosity: dict[str, Int32] | None = None  # of the handlers on these nodes


class DeveloperConfiguration(Model, frozen=True):
    """Feature gates, and settings that are rather for developers."""

    feature_gates: tuple[str, ...] = ()  # gates to open
    disabled_feature_gates: tuple[str, ...] = ()  # gates to shut that are open otherwise
    use_emulation: bool | None = None  # whether guests may run without KVM
    cpu_allocation_ratio: Int32 | None = None  # how many vCPUs share the reservation of one CPU; 10 if nobody says
    memory_overcommit: Int32 | None = None  # the guest's memory in percent of what the Pod reserves; 100 if nobody says
    # bytes of a claim that stay free
    minimum_reserve_pvc_bytes: Int64 | None = field(default=None, name="minimumReservePVCBytes")
    # by how much a disk image may fall short of what was asked for
    pvc_tolerate_less_space_up_to_percent: Int32 | None = None
    node_selectors: dict[str, str] | None = None  # labels of nodes that guests may run on
    # lowest frequency of time stamp counters to offer, in Hz
    minimum_cluster_tsc_frequency: Int64 | None = field(default=None, name="minimumClusterTSCFrequency")
    disk_verification: DiskVerification | None = None  # limits on the check of images
    log_verbosity: LogVerbosity | None = None  # how much is logged
    cluster_profiler: bool | None = None  # whether components can be profiled


class HypervisorConfiguration(Model, frozen=True):
    """A hypervisor that guests may run on."""

    name: str | None = None  # its name, `kvm` or another


class InstancetypeConfiguration(Model, frozen=True):
    """How instance types are stored and referred to."""

    reference_policy: str | None = None  # a VirtualMachine's reference is kept: `reference`, `expand` or `expandAll`


class KSMConfiguration(Model, frozen=True):
    """Nodes on which equal memory pages may be merged."""

    node_label_selector: LabelSelector | None = None  # the nodes that have it


class LiveUpdateConfiguration(Model, frozen=True):
    """How far a running guest may grow."""

    # how many times its sockets and its memory a guest may grow to; 4 if nobody says
    max_hotplug_ratio: Uint32 | None = None
    max_cpu_sockets: Uint32 | None = None  # the most sockets
    max_guest: Quantity | None = None  # the most memory


class NodeMediatedDeviceTypesConfig(Model, frozen=True):
    """Mediated devices of some nodes."""

    node_selector: dict[str, str] | None = None  # the nodes, by their labels
    mediated_device_types: tuple[str, ...] = ()  # types to create there
    mediated_devices_types: tuple[str, ...] = ()  # the same under its older name


class MediatedDevicesConfiguration(Model, frozen=True):
    """Mediated devices that nodes create."""

    enabled: bool | None = None  # whether handlers create them; yes if nobody says
    mediated_device_types: tuple[str, ...] = ()  # types to create on every node
    mediated_devices_types: tuple[str, ...] = ()  # the same under its older name
    node_mediated_device_types: tuple[NodeMediatedDeviceTypesConfig, ...] = ()  # types to create on some nodes


class InterfaceBindingMigration(Model, frozen=True):
    """How an interface of a plugin migrates."""

    # how the guest learns of its new place: `link-refresh` takes the link down and up on the target
    method: str | None = None


class InterfaceBindingPlugin(Model, frozen=True):
    """A network binding that somebody brought."""

    domain_attachment_type: str | None = None  # how the domain is attached: `tap` or `managedTap`
    network_attachment_definition: str | None = None  # an attachment that prepares the Pod for it
    sidecar_image: str | None = None  # image of the helper beside the launcher
    compute_resource_overhead: ResourceRequirementsWithoutClaims | None = None  # what the launcher needs for it
    # what the helper is told of the Pod: `device-info`
    downward_api: str | None = field(default=None, name="downwardAPI")
    migration: InterfaceBindingMigration | None = None  # how it migrates


class NetworkConfiguration(Model, frozen=True):
    """Defaults and bindings of networks."""

    default_network_interface: str | None = None  # binding of interfaces that name none: `bridge` or `masquerade`
    permit_bridge_interface_on_pod_network: bool | None = None  # whether the bridge binding may take the Pod's address
    permit_slirp_interface: bool | None = None  # removed with the binding
    binding: dict[str, InterfaceBindingPlugin] | None = None  # bindings that somebody brought, by name


class MediatedHostDevice(Model, frozen=True):
    """A mediated device that guests may have."""

    mdev_name_selector: str = EMPTY  # the type, as the kernel calls it
    resource_name: str = EMPTY  # the resource that it is offered under
    external_resource_provider: bool | None = None  # whether somebody else's plugin offers it


class PciHostDevice(Model, frozen=True):
    """A PCI device that guests may have."""

    pci_vendor_selector: str = EMPTY  # vendor and product, such as `10de:1eb8`
    resource_name: str = EMPTY  # the resource that it is offered under
    external_resource_provider: bool | None = None  # whether somebody else's plugin offers it


class USBSelector(Model, frozen=True):
    """A USB device by vendor and product."""

    vendor: str = EMPTY  # vendor as four hexadecimal digits
    product: str = EMPTY  # product as four hexadecimal digits


class USBHostDevice(Model, frozen=True):
    """A USB device, or a set of them, that guests may have."""

    resource_name: str = EMPTY  # the resource that it is offered under
    selectors: tuple[USBSelector, ...] = ()  # the devices, all of which go to one guest
    external_resource_provider: bool | None = None  # whether somebody else's plugin offers it


class PermittedHostDevices(Model, frozen=True):
    """Devices of nodes that guests may have."""

    pci_host_devices: tuple[PciHostDevice, ...] = ()  # PCI devices that guests may own
    mediated_devices: tuple[MediatedHostDevice, ...] = ()  # shares of devices (mediated devices) that guests may own
    usb: tuple[USBHostDevice, ...] = ()  # USB devices that guests may own


class PersistentReservationConfiguration(Model, frozen=True):
    """Whether guests may reserve SCSI disks."""

    enabled: bool | None = None  # whether they may; no if nobody says


class CustomProfile(Model, frozen=True):
    """The seccomp profile to run guests with."""

    localhost_profile: str | None = None  # a profile's file below the kubelet's folder
    runtime_default_profile: bool | None = None  # the container runtime's own


class VirtualMachineInstanceProfile(Model, frozen=True):
    """Where the seccomp profile of guests comes from."""

    custom_profile: CustomProfile | None = None  # one of the administrator's choice


class SeccompConfiguration(Model, frozen=True):
    """System calls that guests' Pods may make."""

    virtual_machine_instance_profile: VirtualMachineInstanceProfile | None = None  # for guests


class SMBiosConfiguration(Model, frozen=True):
    """What SMBIOS tells guests about the system."""

    manufacturer: str | None = None  # who made it
    product: str | None = None  # the product's name
    version: str | None = None  # the product's version
    family: str | None = None  # the product's family
    sku: str | None = None  # the product's number in a catalogue


class SupportContainerResources(Model, frozen=True):
    """Requests and limits of a helper container."""

    type: str = EMPTY  # the container, such as `container-disk` or `sidecar`
    resources: ResourceRequirementsWithoutClaims = ResourceRequirementsWithoutClaims()  # what it gets


class TLSConfiguration(Model, frozen=True):
    """What TLS our components speak."""

    # the oldest version, such as `VersionTLS12`
    min_tls_version: str | None = field(default=None, name="minTLSVersion")
    ciphers: tuple[str, ...] = ()  # cipher suites of TLS 1.2


class VirtTemplateDeployment(Model, frozen=True):
    """Whether virtual machine templates are installed."""

    enabled: bool | None = None  # whether they are


class DisableFreePageReporting(Model, frozen=True):
    """Its presence keeps guests from reporting free pages."""


class DisableSerialConsoleLog(Model, frozen=True):
    """Its presence keeps serial consoles out of the Pods' logs."""


class VirtualMachineOptions(Model, frozen=True):
    """Switches for all guests."""

    disable_free_page_reporting: DisableFreePageReporting | None = None  # keeps free pages to themselves
    disable_serial_console_log: DisableSerialConsoleLog | None = None  # keeps serial consoles out of logs


class KubeVirtConfiguration(Model, frozen=True):
    """What an administrator sets for every guest."""

    developer_configuration: DeveloperConfiguration | None = None  # feature gates and the like
    architecture_configuration: ArchConfiguration | None = None  # machines and firmware by architecture
    machine_type: str | None = None  # the machine of guests that name none; `architectureConfiguration` wins
    # patterns of machines that guests may ask for; `architectureConfiguration` wins
    emulated_machines: tuple[str, ...] = ()
    ovmf_path: str | None = None  # folder of the UEFI firmware; `architectureConfiguration` wins
    cpu_model: str | None = None  # CPU model of guests that name none
    cpu_request: Quantity | None = None  # CPU that guests reserve that say nothing about it; `100m` if nobody says
    # the oldest CPU model that nodes are labelled with
    min_cpu_model: str | None = field(default=None, name="minCPUModel")
    # CPU models that nodes aren't labelled with
    obsolete_cpu_models: dict[str, bool] | None = field(default=None, name="obsoleteCPUModels")
    smbios: SMBiosConfiguration | None = None  # what SMBIOS says about the system
    network: NetworkConfiguration | None = None  # defaults and bindings of networks
    migrations: MigrationConfiguration | None = None  # settings of migrations
    eviction_strategy: str | None = None  # what is done on a drained node with guests that say nothing
    permitted_host_devices: PermittedHostDevices | None = None  # devices that guests may have
    mediated_devices_configuration: MediatedDevicesConfiguration | None = None  # mediated devices that nodes create
    live_update_configuration: LiveUpdateConfiguration | None = None  # how far running guests may grow
    # a changed VirtualMachine's guest follows: `Stage` at its next start, or `LiveUpdate`
    vm_rollout_strategy: str | None = None
    vm_state_storage_class: str | None = None  # storage class of claims for TPM and firmware state
    virtual_machine_options: VirtualMachineOptions | None = None  # switches for all guests
    virtual_machine_instances_per_node: Int32 | None = None  # how many guests a node can have
    mem_balloon_stats_period: Int64 | None = None  # seconds between the balloon's figures; 0 means none
    # factor on the estimate of what QEMU itself needs, such as `1.2`
    additional_guest_memory_overhead_ratio: str | None = None
    # namespaces whose guests get a CPU limit
    auto_cpu_limit_namespace_label_selector: LabelSelector | None = field(
        default=None, name="autoCPULimitNamespaceLabelSelector"
    )
    support_container_resources: tuple[SupportContainerResources, ...] = ()  # requests and limits of helper containers
    supported_guest_agent_versions: tuple[str, ...] = ()  # versions of the guest agent; no longer used
    image_pull_policy: str | None = None  # when our own images are pulled: `Always`, `IfNotPresent` or `Never`
    default_runtime_class: str | None = None  # runtime class of guests' Pods
    selinux_launcher_type: str | None = None  # SELinux type of launchers
    seccomp_configuration: SeccompConfiguration | None = None  # system calls of guests' Pods
    persistent_reservation_configuration: PersistentReservationConfiguration | None = None  # SCSI reservations
    ksm_configuration: KSMConfiguration | None = None  # merging of equal pages
    hypervisors: tuple[HypervisorConfiguration, ...] = ()  # hypervisors to choose from
    confidential_compute: ConfidentialComputeConfiguration | None = None  # confidential guests
    # guests whose changed blocks are tracked
    changed_block_tracking_label_selectors: ChangedBlockTrackingSelectors | None = None
    instancetype: InstancetypeConfiguration | None = None  # storing of instance types
    common_instancetypes_deployment: CommonInstancetypesDeployment | None = None  # common instance types
    virt_template_deployment: VirtTemplateDeployment | None = None  # templates
    role_aggregation_strategy: str | None = None  # whether our roles join the cluster's own
    tls_configuration: TLSConfiguration | None = None  # TLS of our components
    api_configuration: ReloadableComponentConfiguration | None = None  # settings of the API server
    controller_configuration: ReloadableComponentConfiguration | None = None  # settings of the controller
    handler_configuration: ReloadableComponentConfiguration | None = None  # settings of the handlers
    webhook_configuration: ReloadableComponentConfiguration | None = None  # settings of the webhooks
