"""VirtualMachineInstance: one guest, from its manifest to its status.

`spec.domain` is the machine; the rest of the spec is about the Pod around it. The object is a value: defaulting
makes a new one.
"""

from msgspec import field

from kvnode.api.base import NO_ITEMS, Int64, Model
from kvnode.api.cpu_memory import CPU, DiskIOThreads, Memory, ResourceRequirements, VirtualMachineInstanceResourceClaim
from kvnode.api.credentials import AccessCredential
from kvnode.api.devices import Devices
from kvnode.api.features import Clock, Features
from kvnode.api.firmware import Chassis, Firmware, LaunchSecurity, Machine
from kvnode.api.meta import ListMeta, ObjectMeta
from kvnode.api.network import Network, PodDNSConfig
from kvnode.api.probes import Probe
from kvnode.api.scheduling import Affinity, Toleration, TopologySpreadConstraint
from kvnode.api.status import VirtualMachineInstanceStatus
from kvnode.api.volumes import UtilityVolume, Volume


class DomainSpec(Model, frozen=True):
    """The machine itself: processors, memory, devices, firmware."""

    cpu: CPU | None = None  # processors
    memory: Memory | None = None  # memory
    resources: ResourceRequirements = ResourceRequirements()  # what the Pod reserves
    devices: Devices = Devices()  # devices
    machine: Machine | None = None  # model of the machine
    firmware: Firmware | None = None  # firmware and identity
    features: Features | None = None  # features
    clock: Clock | None = None  # clock and timers
    chassis: Chassis | None = None  # what the SMBIOS tables say about the case
    # which IO threads disks have: one for all (`shared`), as many as suit the vCPUs (`auto`), or a pool
    # (`supplementalPool`)
    io_threads_policy: str | None = None
    io_threads: DiskIOThreads | None = None  # the pool of IO threads
    launch_security: LaunchSecurity | None = None  # encryption of memory
    reboot_policy: str | None = None  # what a reboot from inside does: `Reboot`, or `Terminate`


class VirtualMachineInstanceSpec(Model, frozen=True):
    """What a guest should be, and where it may run."""

    domain: DomainSpec = DomainSpec()  # the machine
    volumes: tuple[Volume, ...] = ()  # what lies behind disks and shared folders
    networks: tuple[Network, ...] = ()  # what interfaces connect to, by name
    # how long the guest may take to shut down before it is stopped by force
    termination_grace_period_seconds: Int64 | None = None
    hostname: str | None = None  # the guest's host name; its own name if nobody says
    subdomain: str | None = None  # the domain below the cluster's that the host name is in
    # where its Pod looks up names: `ClusterFirst`, `ClusterFirstWithHostNet`, `Default` (as the node does) or `None`
    dns_policy: str | None = None
    dns_config: PodDNSConfig | None = None  # resolver settings
    access_credentials: tuple[AccessCredential, ...] = ()  # keys and passwords to put into it
    liveness_probe: Probe | None = None  # asks whether it is alive; if not, it is stopped
    readiness_probe: Probe | None = None  # asks whether it is ready to serve
    start_strategy: str | None = None  # how it starts: `Paused` keeps it from running until it is unpaused
    # what is done where its node is drained: `None`, `LiveMigrate`, `LiveMigrateIfPossible` or `External`
    eviction_strategy: str | None = None
    architecture: str | None = None  # what its processors are: `amd64`, `arm64` or `s390x`
    node_selector: dict[str, str] | None = None  # labels that its node has to have
    affinity: Affinity | None = None  # further rules about nodes and Pods
    tolerations: tuple[Toleration, ...] = ()  # taints that don't keep it away
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()  # how it is spread with others
    scheduler_name: str | None = None  # the scheduler to ask
    priority_class_name: str | None = None  # its priority among Pods
    service_account_name: str | None = None  # the account that its Pod runs as
    resource_claims: tuple[VirtualMachineInstanceResourceClaim, ...] = ()  # devices that a driver allots
    utility_volumes: tuple[UtilityVolume, ...] = ()  # volumes of its Pod that no disk shows, for work such as backups


class VirtualMachineInstance(Model, frozen=True):
    """A guest."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "VirtualMachineInstance")  # `VirtualMachineInstance`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineInstanceSpec = VirtualMachineInstanceSpec()  # what the guest should be
    status: VirtualMachineInstanceStatus = VirtualMachineInstanceStatus()  # what is known of it


class VirtualMachineInstanceTemplateSpec(Model, frozen=True):
    """Labels, annotations and spec of guests that a controller makes."""

    metadata: ObjectMeta = ObjectMeta()  # labels and annotations
    spec: VirtualMachineInstanceSpec | None = None  # what the guest should be


class VirtualMachineInstanceList(Model, frozen=True):
    """VirtualMachineInstances, as a server lists them."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "VirtualMachineInstanceList")  # `VirtualMachineInstanceList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineInstance, ...] = NO_ITEMS  # the objects
