"""DataVolumes: claims that the containerized data importer fills before a guest starts.

A VirtualMachine brings templates of them. Types are CDI's (`cdi.kubevirt.io/v1beta1`); importing is CDI's work, we
only make the objects and wait.
"""

from msgspec import field

from kvnode.api.base import Model
from kvnode.api.cpu_memory import VolumeResourceRequirements
from kvnode.api.meta import LabelSelector, ObjectMeta, TypedLocalObjectReference, TypedObjectReference


class PlatformOptions(Model, frozen=True):
    """Which platform's image to take of one made for many."""

    architecture: str | None = None


class DataVolumeBlankImage(Model, frozen=True):
    """An empty disk."""


class DataVolumeSourceUpload(Model, frozen=True):
    """Content that somebody uploads."""


class DataVolumeSourceGCS(Model, frozen=True):
    """An object in Google's cloud storage."""

    secret_ref: str | None = None
    url: str = ""


class DataVolumeSourceHTTP(Model, frozen=True):
    """A file from an HTTP server."""

    cert_config_map: str | None = None
    extra_headers: tuple[str, ...] = ()
    secret_extra_headers: tuple[str, ...] = ()
    secret_ref: str | None = None
    url: str = ""


class DataVolumeSourceImageIO(Model, frozen=True):
    """A disk from an oVirt engine."""

    cert_config_map: str | None = None
    disk_id: str = ""
    insecure_skip_verify: bool | None = None
    secret_ref: str | None = None
    url: str = ""


class DataVolumeSourcePVC(Model, frozen=True):
    """A copy of another claim."""

    name: str = ""
    namespace: str = ""


class DataVolumeSourceRegistry(Model, frozen=True):
    """A disk from a container registry."""

    cert_config_map: str | None = None
    image_stream: str | None = None
    platform: PlatformOptions | None = None
    pull_method: str | None = None
    secret_ref: str | None = None
    url: str | None = None


class DataVolumeSourceS3(Model, frozen=True):
    """An object in S3 storage."""

    cert_config_map: str | None = None
    secret_ref: str | None = None
    url: str = ""


class DataVolumeSourceSnapshot(Model, frozen=True):
    """A copy of a volume snapshot."""

    name: str = ""
    namespace: str = ""


class DataVolumeSourceVDDK(Model, frozen=True):
    """A disk from VMware."""

    backing_file: str | None = None
    extra_args: str | None = None
    init_image_url: str | None = field(default=None, name="initImageURL")
    secret_ref: str | None = None
    thumbprint: str | None = None
    url: str | None = None
    uuid: str | None = None


class DataVolumeContentSource(Model, frozen=True):
    """Where a DataVolume's content comes from: one of these. (CDI calls it DataVolumeSource, a name that volumes have
    taken.)"""

    blank: DataVolumeBlankImage | None = None
    gcs: DataVolumeSourceGCS | None = None
    http: DataVolumeSourceHTTP | None = None
    imageio: DataVolumeSourceImageIO | None = None
    pvc: DataVolumeSourcePVC | None = None
    registry: DataVolumeSourceRegistry | None = None
    s3: DataVolumeSourceS3 | None = None
    snapshot: DataVolumeSourceSnapshot | None = None
    upload: DataVolumeSourceUpload | None = None
    vddk: DataVolumeSourceVDDK | None = None


class DataVolumeSourceRef(Model, frozen=True):
    """A DataSource object that says where the content comes from."""

    kind: str = ""
    name: str = ""
    namespace: str | None = None


class DataVolumeCheckpoint(Model, frozen=True):
    """One step of an import in stages."""

    current: str = ""
    previous: str = ""


class PersistentVolumeClaimSpec(Model, frozen=True):
    """A claim, in Kubernetes' own words."""

    access_modes: tuple[str, ...] = ()
    data_source: TypedLocalObjectReference | None = None
    data_source_ref: TypedObjectReference | None = None
    resources: VolumeResourceRequirements = VolumeResourceRequirements()
    selector: LabelSelector | None = None
    storage_class_name: str | None = None
    volume_attributes_class_name: str | None = None
    volume_mode: str | None = None
    volume_name: str | None = None


class StorageSpec(Model, frozen=True):
    """A claim of which CDI fills in what the storage class is known to need."""

    access_modes: tuple[str, ...] = ()
    data_source: TypedLocalObjectReference | None = None
    data_source_ref: TypedObjectReference | None = None
    resources: VolumeResourceRequirements = VolumeResourceRequirements()
    selector: LabelSelector | None = None
    storage_class_name: str | None = None
    volume_mode: str | None = None
    volume_name: str | None = None


class DataVolumeSpec(Model, frozen=True):
    """Content and claim of a DataVolume."""

    checkpoints: tuple[DataVolumeCheckpoint, ...] = ()
    content_type: str | None = None
    final_checkpoint: bool | None = None
    preallocation: bool | None = None
    priority_class_name: str | None = None
    pvc: PersistentVolumeClaimSpec | None = None
    source: DataVolumeContentSource | None = None
    source_ref: DataVolumeSourceRef | None = None
    storage: StorageSpec | None = None


class DataVolumeTemplateDummyStatus(Model, frozen=True):
    """A template has no status; this type is there because the API once had the field."""


class DataVolumeTemplateSpec(Model, frozen=True):
    """A DataVolume to make along with a VirtualMachine."""

    api_version: str | None = None
    kind: str | None = None
    metadata: ObjectMeta = ObjectMeta()
    spec: DataVolumeSpec = DataVolumeSpec()
    status: DataVolumeTemplateDummyStatus | None = None
