"""What lies behind disks and shared folders: the sources of their data.

A volume has a name and exactly one source. Sources that live on the host or in a registry are named by Kubernetes
names and image references; none of them is a path of the host except `hostDisk`, which is off unless an
administrator allows it.
"""

from msgspec import field

from kvnode.api.base import EMPTY, NOTHING, Int32, Model
from kvnode.api.meta import LocalObjectReference
from kvnode.quantity import Quantity


class CorePersistentVolumeClaimVolumeSource(Model, frozen=True):
    """A claim in the Pod's own words, without hotplug.

    Kubernetes and KubeVirt call both types the same; this one carries the prefix.
    """

    claim_name: str = EMPTY  # the claim, in the guest's namespace
    read_only: bool | None = None  # whether it is attached for reading only


class PersistentVolumeClaimVolumeSource(Model, frozen=True):
    """A claim on storage that outlives the guest."""

    claim_name: str = EMPTY  # the claim, in the guest's namespace
    read_only: bool | None = None  # whether it is attached for reading only
    hotpluggable: bool | None = None  # whether it may be unplugged while the guest runs


class DataVolumeSource(Model, frozen=True):
    """A claim that a DataVolume fills with an image first."""

    name: str = EMPTY  # the DataVolume, and its claim, in the guest's namespace
    hotpluggable: bool | None = None  # whether it may be unplugged while the guest runs


class EphemeralVolumeSource(Model, frozen=True):
    """A claim used read-only below an overlay that is thrown away when the guest ends."""

    persistent_volume_claim: CorePersistentVolumeClaimVolumeSource | None = None  # the claim below the overlay


class ContainerDiskSource(Model, frozen=True):
    """A disk image that travels inside a container image."""

    image: str = EMPTY  # the image's reference; never a file of the host
    image_pull_policy: str | None = None  # when the image is pulled: `Always`, `IfNotPresent` or `Never`
    image_pull_secret: str | None = None  # a Secret of the namespace with the registry's credentials
    path: str | None = None  # the disk in the image, if `/disk` doesn't hold just one


class ContainerPathVolumeSource(Model, frozen=True):
    """A folder of the guest's own Pod."""

    path: str = EMPTY  # absolute path in the launcher's container
    read_only: bool | None = None  # whether the guest can only read


class EmptyDiskSource(Model, frozen=True):
    """A fresh disk that lives as long as the guest."""

    capacity: Quantity = NOTHING  # how large the guest sees it


class HostDisk(Model, frozen=True):
    """A disk image that is a file of the node."""

    path: str = EMPTY  # the file, as the node has it
    type: str = EMPTY  # whether the file has to exist (`Disk`) or may be made (`DiskOrCreate`)
    capacity: Quantity | None = None  # how large it is made
    shared: bool | None = None  # whether several guests may use it


class CloudInitNoCloudSource(Model, frozen=True):
    """Data for cloud-init as a disk with the label `cidata`."""

    user_data: str | None = None  # user data as text, 2,048 bytes at most
    user_data_base64: str | None = None  # user data in base64
    secret_ref: LocalObjectReference | None = None  # a Secret with user data under `userdata`
    network_data: str | None = None  # network configuration as text
    network_data_base64: str | None = None  # network configuration in base64
    # a Secret with network configuration under `networkdata`
    network_data_secret_ref: LocalObjectReference | None = None


class CloudInitConfigDriveSource(Model, frozen=True):
    """Data for cloud-init as an OpenStack config drive."""

    user_data: str | None = None  # user data as text, 2,048 bytes at most
    user_data_base64: str | None = None  # user data in base64
    secret_ref: LocalObjectReference | None = None  # a Secret with user data under `userdata`
    network_data: str | None = None  # network configuration as text
    network_data_base64: str | None = None  # network configuration in base64
    # a Secret with network configuration under `networkdata`
    network_data_secret_ref: LocalObjectReference | None = None


class ConfigMapVolumeSource(Model, frozen=True):
    """A ConfigMap, each key a file."""

    name: str | None = None  # the ConfigMap
    optional: bool | None = None  # whether the guest starts without it
    volume_label: str | None = None  # label of the disk's file system


class SecretVolumeSource(Model, frozen=True):
    """A Secret, each key a file."""

    secret_name: str | None = None  # the Secret
    optional: bool | None = None  # whether the guest starts without it
    volume_label: str | None = None  # label of the disk's file system


class ServiceAccountVolumeSource(Model, frozen=True):
    """The token of a service account."""

    service_account_name: str | None = None  # the account


class ObjectFieldSelector(Model, frozen=True):
    """A field of the Pod."""

    field_path: str = EMPTY  # path of the field, such as `metadata.labels`
    api_version: str | None = None  # the apiVersion that the path is of


class ResourceFieldSelector(Model, frozen=True):
    """A request or a limit of a container."""

    container_name: str | None = None  # the container
    resource: str = EMPTY  # what is asked for, such as `limits.memory`
    divisor: Quantity | None = None  # the unit that it is given in


class DownwardAPIVolumeFile(Model, frozen=True):
    """One file with something that the Pod knows about itself."""

    path: str = EMPTY  # the file's name, below the volume
    field_ref: ObjectFieldSelector | None = None  # a field of the guest
    resource_field_ref: ResourceFieldSelector | None = None  # a request or a limit
    mode: Int32 | None = None  # the file's permission bits


class DownwardAPIVolumeSource(Model, frozen=True):
    """Facts about the Pod, each a file."""

    fields: tuple[DownwardAPIVolumeFile, ...] = ()  # the files
    volume_label: str | None = None  # label of the disk's file system


class DownwardMetricsVolumeSource(Model, frozen=True):
    """A small disk with metrics of the host, in the format of SAP's vhostmd."""


class MemoryDumpVolumeSource(Model, frozen=True):
    """A claim that the guest's memory is dumped to."""

    claim_name: str = EMPTY  # the claim
    read_only: bool | None = None  # whether it is attached for reading only
    hotpluggable: bool | None = None  # whether it may be unplugged while the guest runs


class SysprepSource(Model, frozen=True):
    """An answer file for the set-up of Windows."""

    secret: LocalObjectReference | None = None  # a Secret with the answer file
    config_map: LocalObjectReference | None = None  # a ConfigMap with the answer file


class Volume(Model, frozen=True):
    """One source of data, under the name that disks and file systems use."""

    name: str = EMPTY  # what disks and file systems refer to
    container_disk: ContainerDiskSource | None = None  # a disk from a container image
    cloud_init_no_cloud: CloudInitNoCloudSource | None = None  # data for cloud-init, as a NoCloud disk
    cloud_init_config_drive: CloudInitConfigDriveSource | None = None  # data for cloud-init, as a config drive
    empty_disk: EmptyDiskSource | None = None  # a fresh disk
    ephemeral: EphemeralVolumeSource | None = None  # a claim below an overlay
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None  # a claim
    data_volume: DataVolumeSource | None = None  # a claim that is filled first
    host_disk: HostDisk | None = None  # a file of the node
    config_map: ConfigMapVolumeSource | None = None  # a ConfigMap
    secret: SecretVolumeSource | None = None  # a Secret
    service_account: ServiceAccountVolumeSource | None = None  # a service account's token
    downward_api: DownwardAPIVolumeSource | None = field(default=None, name="downwardAPI")  # facts about the Pod
    downward_metrics: DownwardMetricsVolumeSource | None = None  # metrics of the host
    container_path: ContainerPathVolumeSource | None = None  # a folder of the Pod
    sysprep: SysprepSource | None = None  # an answer file for Windows
    memory_dump: MemoryDumpVolumeSource | None = None  # a claim to dump memory to


class UtilityVolume(Model, frozen=True):
    """A claim hot-plugged for our own work (a memory dump, a backup), never shown to the guest."""

    name: str = EMPTY  # unique among all volumes of the guest
    claim_name: str = EMPTY  # the claim, in the guest's namespace
    type: str | None = None  # what it is for, such as `MemoryDump` or `Backup`
    read_only: bool | None = None  # whether it is attached for reading only


class HotplugVolumeSource(Model, frozen=True):
    """Sources that can be plugged into a running guest."""

    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None  # a claim
    data_volume: DataVolumeSource | None = None  # a claim that is filled first
