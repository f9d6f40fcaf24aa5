"""The KubeVirt resource: the installation itself."""

from msgspec import field

from kvnode.api.base import Duration, Int32, Int64, Model, Time, Uint8
from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.meta import LocalObjectReference, ObjectMeta
from kvnode.api.scheduling import NodePlacement


class CertConfig(Model, frozen=True):
    """Lifetime of a certificate."""

    duration: Duration | None = None
    renew_before: Duration | None = None


class KubeVirtSelfSignConfiguration(Model, frozen=True):
    """Certificates that the operator signs itself."""

    ca: CertConfig | None = None
    ca_overlap_interval: Duration | None = None
    ca_rotate_interval: Duration | None = None
    cert_rotate_interval: Duration | None = None
    server: CertConfig | None = None


class KubeVirtCertificateRotateStrategy(Model, frozen=True):
    """How certificates are renewed."""

    self_signed: KubeVirtSelfSignConfiguration | None = None


class Flags(Model, frozen=True):
    """Command line flags of components."""

    api: dict[str, str] | None = None
    controller: dict[str, str] | None = None
    handler: dict[str, str] | None = None


class CustomizeComponentsPatch(Model, frozen=True):
    """A patch to an object that the operator makes."""

    type: str = ""
    patch: str = ""
    resource_name: str = ""
    resource_type: str = ""


class CustomizeComponents(Model, frozen=True):
    """Changes to what the operator makes."""

    flags: Flags | None = None
    patches: tuple[CustomizeComponentsPatch, ...] = ()


class ComponentConfig(Model, frozen=True):
    """Where a group of components runs, and how many of it."""

    node_placement: NodePlacement | None = None
    replicas: Uint8 | None = None


class KubeVirtWorkloadUpdateStrategy(Model, frozen=True):
    """How running guests follow an update."""

    batch_eviction_interval: Duration | None = None
    batch_eviction_size: Int32 | None = None
    workload_update_methods: tuple[str, ...] = ()


class KubeVirtSpec(Model, frozen=True):
    """What should be installed, and how it is set up."""

    certificate_rotate_strategy: KubeVirtCertificateRotateStrategy | None = None
    configuration: KubeVirtConfiguration = KubeVirtConfiguration()
    customize_components: CustomizeComponents | None = None
    image_pull_policy: str | None = None
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()
    image_registry: str | None = None
    image_tag: str | None = None
    infra: ComponentConfig | None = None
    monitor_account: str | None = None
    monitor_namespace: str | None = None
    product_component: str | None = None
    product_name: str | None = None
    product_version: str | None = None
    service_monitor_namespace: str | None = None
    synchronization_port: str | None = None
    uninstall_strategy: str | None = None
    workload_update_strategy: KubeVirtWorkloadUpdateStrategy | None = None
    workloads: ComponentConfig | None = None


class KubeVirtCondition(Model, frozen=True):
    """One statement about the installation."""

    type: str = ""
    last_probe_time: Time | None = None
    last_transition_time: Time | None = None
    message: str | None = None
    reason: str | None = None
    status: str = ""


class GenerationStatus(Model, frozen=True):
    """The last generation of an object that the operator made."""

    name: str = ""
    namespace: str | None = None
    group: str = ""
    hash: str | None = None
    last_generation: Int64 = 0
    resource: str = ""


class KubeVirtStatus(Model, frozen=True):
    """What is installed."""

    conditions: tuple[KubeVirtCondition, ...] = ()
    default_architecture: str | None = None
    generations: tuple[GenerationStatus, ...] = ()
    observed_deployment_config: str | None = None
    observed_deployment_id: str | None = field(default=None, name="observedDeploymentID")
    observed_generation: Int64 | None = None
    observed_kube_virt_registry: str | None = None
    observed_kube_virt_version: str | None = None
    operator_version: str | None = None
    outdated_virtual_machine_instance_workloads: Int32 | None = None
    phase: str | None = None
    synchronization_addresses: tuple[str, ...] = ()
    target_deployment_config: str | None = None
    target_deployment_id: str | None = field(default=None, name="targetDeploymentID")
    target_kube_virt_registry: str | None = None
    target_kube_virt_version: str | None = None


class KubeVirt(Model, frozen=True):
    """An installation of KubeVirt."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")
    kind: str = field(default_factory=lambda: "KubeVirt")
    metadata: ObjectMeta = ObjectMeta()
    spec: KubeVirtSpec = KubeVirtSpec()
    status: KubeVirtStatus = KubeVirtStatus()
