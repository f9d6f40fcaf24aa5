"""VirtualMachineInstance: one guest, from its manifest to its status.

`spec.domain` is the machine; the rest of the spec is about the Pod around it. The object is a value: defaulting
makes a new one.
"""

from msgspec import field

from kvnode.api.base import Int64, Model
from kvnode.api.cpu_memory import CPU, DiskIOThreads, Memory, ResourceRequirements, VirtualMachineInstanceResourceClaim
from kvnode.api.credentials import AccessCredential
from kvnode.api.devices import Devices
from kvnode.api.features import Clock, Features
from kvnode.api.firmware import Chassis, Firmware, LaunchSecurity, Machine
from kvnode.api.meta import ObjectMeta
from kvnode.api.network import Network, PodDNSConfig
from kvnode.api.probes import Probe
from kvnode.api.scheduling import Affinity, Toleration, TopologySpreadConstraint
from kvnode.api.status import VirtualMachineInstanceStatus
from kvnode.api.volumes import UtilityVolume, Volume


class DomainSpec(Model, frozen=True):
    """The machine itself: processors, memory, devices, firmware."""

    chassis: Chassis | None = None
    clock: Clock | None = None
    cpu: CPU | None = None
    devices: Devices = Devices()
    features: Features | None = None
    firmware: Firmware | None = None
    io_threads: DiskIOThreads | None = None
    io_threads_policy: str | None = None
    launch_security: LaunchSecurity | None = None
    machine: Machine | None = None
    memory: Memory | None = None
    reboot_policy: str | None = None
    resources: ResourceRequirements = ResourceRequirements()


class VirtualMachineInstanceSpec(Model, frozen=True):
    """What a guest should be, and where it may run."""

    access_credentials: tuple[AccessCredential, ...] = ()
    affinity: Affinity | None = None
    architecture: str | None = None
    dns_config: PodDNSConfig | None = None
    dns_policy: str | None = None
    domain: DomainSpec = DomainSpec()
    eviction_strategy: str | None = None
    hostname: str | None = None
    liveness_probe: Probe | None = None
    networks: tuple[Network, ...] = ()
    node_selector: dict[str, str] | None = None
    priority_class_name: str | None = None
    readiness_probe: Probe | None = None
    resource_claims: tuple[VirtualMachineInstanceResourceClaim, ...] = ()
    scheduler_name: str | None = None
    service_account_name: str | None = None
    start_strategy: str | None = None
    subdomain: str | None = None
    termination_grace_period_seconds: Int64 | None = None
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    utility_volumes: tuple[UtilityVolume, ...] = ()
    volumes: tuple[Volume, ...] = ()


class VirtualMachineInstance(Model, frozen=True):
    """A guest."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")
    kind: str = field(default_factory=lambda: "VirtualMachineInstance")
    metadata: ObjectMeta = ObjectMeta()
    spec: VirtualMachineInstanceSpec = VirtualMachineInstanceSpec()
    status: VirtualMachineInstanceStatus = VirtualMachineInstanceStatus()


class VirtualMachineInstanceTemplateSpec(Model, frozen=True):
    """Labels, annotations and spec of guests that a controller makes."""

    metadata: ObjectMeta = ObjectMeta()
    spec: VirtualMachineInstanceSpec | None = None
