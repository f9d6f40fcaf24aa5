"""The KubeVirt resource: the installation itself."""

from msgspec import field

from kvnode.api.base import EMPTY, NO_ITEMS, ZERO, Duration, Int32, Int64, Model, Time, Uint8
from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.meta import ListMeta, LocalObjectReference, ObjectMeta
from kvnode.api.scheduling import NodePlacement


class CertConfig(Model, frozen=True):
    """Lifetime of a certificate."""

    duration: Duration | None = None  # how long it is valid
    renew_before: Duration | None = None  # how long before its end it is renewed


class KubeVirtSelfSignConfiguration(Model, frozen=True):
    """Certificates that the operator signs itself."""

    ca: CertConfig | None = None  # the authority's certificate
    server: CertConfig | None = None  # the servers' certificates
    ca_rotate_interval: Duration | None = None  # the older name of `ca.duration`
    ca_overlap_interval: Duration | None = None  # the older name of `ca.renewBefore`
    cert_rotate_interval: Duration | None = None  # the older name of `server.duration`


class KubeVirtCertificateRotateStrategy(Model, frozen=True):
    """How certificates are renewed."""

    self_signed: KubeVirtSelfSignConfiguration | None = None  # signed by the operator


class Flags(Model, frozen=True):
    """Command line flags of components."""

    api: dict[str, str] | None = None  # of the API server
    controller: dict[str, str] | None = None  # of the controller
    handler: dict[str, str] | None = None  # of the handler


class CustomizeComponentsPatch(Model, frozen=True):
    """A patch to an object that the operator makes."""

    resource_type: str = EMPTY  # the object's kind
    resource_name: str = EMPTY  # the object's name
    type: str = EMPTY  # which kind of patch it is: `json`, `merge` or `strategic`
    patch: str = EMPTY  # the patch, as JSON


class CustomizeComponents(Model, frozen=True):
    """Changes to what the operator makes."""

    patches: tuple[CustomizeComponentsPatch, ...] = ()  # patches to objects
    flags: Flags | None = None  # flags of components


class ComponentConfig(Model, frozen=True):
    """Where a group of components runs, and how many of it."""

    node_placement: NodePlacement | None = None  # the nodes
    replicas: Uint8 | None = None  # how many of each there are


class KubeVirtWorkloadUpdateStrategy(Model, frozen=True):
    """How running guests follow an update."""

    # in order of preference: `LiveMigrate`, `Evict`; none leaves guests alone
    workload_update_methods: tuple[str, ...] = ()
    batch_eviction_size: Int32 | None = None  # how many guests to evict at once
    batch_eviction_interval: Duration | None = None  # how long to wait between batches


class KubeVirtSpec(Model, frozen=True):
    """What should be installed, and how it is set up."""

    configuration: KubeVirtConfiguration = KubeVirtConfiguration()  # settings for every guest
    infra: ComponentConfig | None = None  # where controllers run
    workloads: ComponentConfig | None = None  # where handlers, and so guests, run
    image_registry: str | None = None  # where our images come from
    image_tag: str | None = None  # their tag
    image_pull_policy: str | None = None  # when they are pulled: `Always`, `IfNotPresent` or `Never`
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()  # Secrets with the registry's credentials
    certificate_rotate_strategy: KubeVirtCertificateRotateStrategy | None = None  # how certificates are renewed
    customize_components: CustomizeComponents | None = None  # changes to what is installed
    workload_update_strategy: KubeVirtWorkloadUpdateStrategy | None = None  # how running guests follow an update
    uninstall_strategy: str | None = None  # with guests left: `RemoveWorkloads` or `BlockUninstallIfWorkloadsExist`
    monitor_namespace: str | None = None  # where Prometheus runs
    monitor_account: str | None = None  # the account that Prometheus runs as
    service_monitor_namespace: str | None = None  # where service monitors go
    product_name: str | None = None  # the product that this is part of, for labels
    product_version: str | None = None  # its version, for labels
    product_component: str | None = None  # its component, for labels
    synchronization_port: str | None = None  # port for migrations between clusters


class KubeVirtCondition(Model, frozen=True):
    """One statement about the installation."""

    type: str = EMPTY  # what the statement is about, such as `Available`
    status: str = EMPTY  # whether it holds: `True`, `False` or `Unknown`
    reason: str | None = None  # why, as one word in CamelCase
    message: str | None = None  # why, as a sentence
    last_probe_time: Time | None = None  # when it was last looked at
    last_transition_time: Time | None = None  # when the status last changed


class GenerationStatus(Model, frozen=True):
    """The last generation of an object that the operator made."""

    group: str = EMPTY  # API group of the object
    resource: str = EMPTY  # its resource
    namespace: str | None = None  # its namespace
    name: str = EMPTY  # its name
    last_generation: Int64 = ZERO  # the generation that was made
    hash: str | None = None  # hash of it, for objects without generations


class KubeVirtStatus(Model, frozen=True):
    """What is installed."""

    phase: str | None = None  # how far it is, such as `Deployed`
    conditions: tuple[KubeVirtCondition, ...] = ()  # statements about it, one for each type
    operator_version: str | None = None  # the operator's version
    default_architecture: str | None = None  # architecture of guests that name none
    generations: tuple[GenerationStatus, ...] = ()  # last generations of what was made
    observed_generation: Int64 | None = None  # generation of the spec that this is about
    observed_kube_virt_version: str | None = None  # the version that runs
    observed_kube_virt_registry: str | None = None  # where its images came from
    observed_deployment_config: str | None = None  # the settings that it runs with, as JSON
    observed_deployment_id: str | None = field(default=None, name="observedDeploymentID")  # hash of these
    target_kube_virt_version: str | None = None  # the version that should run
    target_kube_virt_registry: str | None = None  # where its images come from
    target_deployment_config: str | None = None  # the settings that it should run with, as JSON
    target_deployment_id: str | None = field(default=None, name="targetDeploymentID")  # hash of these
    outdated_virtual_machine_instance_workloads: Int32 | None = None  # guests whose launcher is of an older version
    synchronization_addresses: tuple[str, ...] = ()  # where other clusters reach this one


class KubeVirt(Model, frozen=True):
    """An installation of KubeVirt."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "KubeVirt")  # `KubeVirt`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: KubeVirtSpec = KubeVirtSpec()  # what should be installed
    status: KubeVirtStatus = KubeVirtStatus()  # what is installed


class KubeVirtList(Model, frozen=True):
    """KubeVirts, as a server lists them."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "KubeVirtList")  # `KubeVirtList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[KubeVirt, ...] = NO_ITEMS  # the objects
