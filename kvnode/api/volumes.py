"""What lies behind disks and shared folders: the sources of their data.

A volume has a name and exactly one source. Sources that live on the host or in a registry are named by Kubernetes
names and image references; none of them is a path of the host except `hostDisk`, which is off unless an
administrator allows it.
"""

from msgspec import field

from kvnode.api.base import Int32, Model
from kvnode.api.meta import LocalObjectReference
from kvnode.quantity import Quantity


class CorePersistentVolumeClaimVolumeSource(Model, frozen=True):
    """A claim in the Pod's own words, without hotplug. Kubernetes and KubeVirt call both types the same; this one
    carries the prefix."""

    claim_name: str = ""
    read_only: bool | None = None


class PersistentVolumeClaimVolumeSource(Model, frozen=True):
    """A claim on storage that outlives the guest."""

    claim_name: str = ""
    hotpluggable: bool | None = None
    read_only: bool | None = None


class DataVolumeSource(Model, frozen=True):
    """A claim that a DataVolume fills with an image first."""

    name: str = ""
    hotpluggable: bool | None = None


class EphemeralVolumeSource(Model, frozen=True):
    """A claim used read-only below an overlay that is thrown away when the guest ends."""

    persistent_volume_claim: CorePersistentVolumeClaimVolumeSource | None = None


class ContainerDiskSource(Model, frozen=True):
    """A disk image that travels inside a container image."""

    image: str = ""
    image_pull_policy: str | None = None
    image_pull_secret: str | None = None
    path: str | None = None


class ContainerPathVolumeSource(Model, frozen=True):
    """A folder of the guest's own Pod."""

    path: str = ""
    read_only: bool | None = None


class EmptyDiskSource(Model, frozen=True):
    """A fresh disk that lives as long as the guest."""

    capacity: Quantity = "0"


class HostDisk(Model, frozen=True):
    """A disk image that is a file of the node."""

    type: str = ""
    capacity: Quantity | None = None
    path: str = ""
    shared: bool | None = None


class CloudInitNoCloudSource(Model, frozen=True):
    """Data for cloud-init as a disk with the label `cidata`."""

    network_data: str | None = None
    network_data_base64: str | None = None
    network_data_secret_ref: LocalObjectReference | None = None
    secret_ref: LocalObjectReference | None = None
    user_data: str | None = None
    user_data_base64: str | None = None


class CloudInitConfigDriveSource(Model, frozen=True):
    """Data for cloud-init as an OpenStack config drive."""

    network_data: str | None = None
    network_data_base64: str | None = None
    network_data_secret_ref: LocalObjectReference | None = None
    secret_ref: LocalObjectReference | None = None
    user_data: str | None = None
    user_data_base64: str | None = None


class ConfigMapVolumeSource(Model, frozen=True):
    """A ConfigMap, each key a file."""

    name: str | None = None
    optional: bool | None = None
    volume_label: str | None = None


class SecretVolumeSource(Model, frozen=True):
    """A Secret, each key a file."""

    optional: bool | None = None
    secret_name: str | None = None
    volume_label: str | None = None


class ServiceAccountVolumeSource(Model, frozen=True):
    """The token of a service account."""

    service_account_name: str | None = None


class ObjectFieldSelector(Model, frozen=True):
    """A field of the Pod."""

    api_version: str | None = None
    field_path: str = ""


class ResourceFieldSelector(Model, frozen=True):
    """A request or a limit of a container."""

    container_name: str | None = None
    divisor: Quantity | None = None
    resource: str = ""


class DownwardAPIVolumeFile(Model, frozen=True):
    """One file with something that the Pod knows about itself."""

    field_ref: ObjectFieldSelector | None = None
    mode: Int32 | None = None
    path: str = ""
    resource_field_ref: ResourceFieldSelector | None = None


class DownwardAPIVolumeSource(Model, frozen=True):
    """Facts about the Pod, each a file."""

    fields: tuple[DownwardAPIVolumeFile, ...] = ()
    volume_label: str | None = None


class DownwardMetricsVolumeSource(Model, frozen=True):
    """A small disk with metrics of the host, in the format of SAP's vhostmd."""


class MemoryDumpVolumeSource(Model, frozen=True):
    """A claim that the guest's memory is dumped to."""

    claim_name: str = ""
    hotpluggable: bool | None = None
    read_only: bool | None = None


class SysprepSource(Model, frozen=True):
    """An answer file for the set-up of Windows."""

    config_map: LocalObjectReference | None = None
    secret: LocalObjectReference | None = None


class Volume(Model, frozen=True):
    """One source of data, under the name that disks and file systems use."""

    name: str = ""
    cloud_init_config_drive: CloudInitConfigDriveSource | None = None
    cloud_init_no_cloud: CloudInitNoCloudSource | None = None
    config_map: ConfigMapVolumeSource | None = None
    container_disk: ContainerDiskSource | None = None
    container_path: ContainerPathVolumeSource | None = None
    data_volume: DataVolumeSource | None = None
    downward_api: DownwardAPIVolumeSource | None = field(default=None, name="downwardAPI")
    downward_metrics: DownwardMetricsVolumeSource | None = None
    empty_disk: EmptyDiskSource | None = None
    ephemeral: EphemeralVolumeSource | None = None
    host_disk: HostDisk | None = None
    memory_dump: MemoryDumpVolumeSource | None = None
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None
    secret: SecretVolumeSource | None = None
    service_account: ServiceAccountVolumeSource | None = None
    sysprep: SysprepSource | None = None


class UtilityVolume(Model, frozen=True):
    """A claim hot-plugged for our own work (a memory dump, a backup), never shown to the guest."""

    name: str = ""
    type: str | None = None
    claim_name: str = ""
    read_only: bool | None = None


class HotplugVolumeSource(Model, frozen=True):
    """Sources that can be plugged into a running guest."""

    data_volume: DataVolumeSource | None = None
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None
