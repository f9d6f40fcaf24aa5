"""DataVolumes: claims that the containerized data importer fills before a guest starts.

A VirtualMachine brings templates of them. Types are CDI's (`cdi.kubevirt.io/v1beta1`); importing is CDI's work, we
only make the objects and wait.
"""

from msgspec import field

from kvnode.api.base import EMPTY, Model
from kvnode.api.cpu_memory import VolumeResourceRequirements
from kvnode.api.meta import LabelSelector, ObjectMeta, TypedLocalObjectReference, TypedObjectReference


class PlatformOptions(Model, frozen=True):
    """Which platform's image to take of one made for many."""

    architecture: str | None = None  # the image's architecture


class DataVolumeBlankImage(Model, frozen=True):
    """An empty disk."""


class DataVolumeSourceUpload(Model, frozen=True):
    """Content that somebody uploads."""


class DataVolumeSourceGCS(Model, frozen=True):
    """An object in Google's cloud storage."""

    url: str = EMPTY  # the object's URL
    secret_ref: str | None = None  # a Secret with credentials


class DataVolumeSourceHTTP(Model, frozen=True):
    """A file from an HTTP server."""

    url: str = EMPTY  # the file's URL
    secret_ref: str | None = None  # a Secret with user and password
    cert_config_map: str | None = None  # a ConfigMap with authorities to trust
    extra_headers: tuple[str, ...] = ()  # headers to send along
    secret_extra_headers: tuple[str, ...] = ()  # Secrets with headers to send along


class DataVolumeSourceImageIO(Model, frozen=True):
    """A disk from an oVirt engine."""

    url: str = EMPTY  # the engine's URL
    disk_id: str = EMPTY  # the disk's id
    secret_ref: str | None = None  # a Secret with credentials
    cert_config_map: str | None = None  # a ConfigMap with authorities to trust
    insecure_skip_verify: bool | None = None  # whether the server's certificate goes unchecked


class DataVolumeSourcePVC(Model, frozen=True):
    """A copy of another claim."""

    name: str = EMPTY  # the claim to copy
    namespace: str = EMPTY  # its namespace


class DataVolumeSourceRegistry(Model, frozen=True):
    """A disk from a container registry."""

    url: str | None = None  # the image, as `docker://` and its reference
    image_stream: str | None = None  # an image stream of OpenShift's
    pull_method: str | None = None  # who fetches it: the importer's Pod (`pod`) or its node (`node`)
    platform: PlatformOptions | None = None  # which of several platforms
    secret_ref: str | None = None  # a Secret with credentials
    cert_config_map: str | None = None  # a ConfigMap with authorities to trust


class DataVolumeSourceS3(Model, frozen=True):
    """An object in S3 storage."""

    url: str = EMPTY  # the object's URL
    secret_ref: str | None = None  # a Secret with the keys
    cert_config_map: str | None = None  # a ConfigMap with authorities to trust


class DataVolumeSourceSnapshot(Model, frozen=True):
    """A copy of a volume snapshot."""

    name: str = EMPTY  # the snapshot to copy
    namespace: str = EMPTY  # its namespace


class DataVolumeSourceVDDK(Model, frozen=True):
    """A disk from VMware."""

    url: str | None = None  # the vCenter's or host's URL
    uuid: str | None = None  # the virtual machine's uuid
    backing_file: str | None = None  # the disk's file
    thumbprint: str | None = None  # fingerprint of the server's certificate
    secret_ref: str | None = None  # a Secret with credentials
    init_image_url: str | None = field(default=None, name="initImageURL")  # an image that has the VDDK library
    extra_args: str | None = None  # a ConfigMap with further arguments


class DataVolumeContentSource(Model, frozen=True):
    """Where a DataVolume's content comes from: one of these.

    CDI calls it DataVolumeSource, a name that volumes have taken.
    """

    blank: DataVolumeBlankImage | None = None  # an empty disk
    http: DataVolumeSourceHTTP | None = None  # a file from a server
    registry: DataVolumeSourceRegistry | None = None  # a disk from a registry
    pvc: DataVolumeSourcePVC | None = None  # a copy of a claim
    snapshot: DataVolumeSourceSnapshot | None = None  # a copy of a snapshot
    upload: DataVolumeSourceUpload | None = None  # whatever somebody uploads
    s3: DataVolumeSourceS3 | None = None  # an object in S3
    gcs: DataVolumeSourceGCS | None = None  # an object in Google's cloud storage
    imageio: DataVolumeSourceImageIO | None = None  # a disk of oVirt's
    vddk: DataVolumeSourceVDDK | None = None  # a disk of VMware's


class DataVolumeSourceRef(Model, frozen=True):
    """A DataSource object that says where the content comes from."""

    kind: str = EMPTY  # `DataSource`
    name: str = EMPTY  # the object's name
    namespace: str | None = None  # its namespace, if that is another one


class DataVolumeCheckpoint(Model, frozen=True):
    """One step of an import in stages."""

    previous: str = EMPTY  # the snapshot before
    current: str = EMPTY  # the snapshot that is imported


class PersistentVolumeClaimSpec(Model, frozen=True):
    """A claim, in Kubernetes' own words."""

    storage_class_name: str | None = None  # the class of storage
    resources: VolumeResourceRequirements = VolumeResourceRequirements()  # how much space
    # who may use it at once: `ReadWriteOnce` (one node), `ReadOnlyMany`, `ReadWriteMany` or `ReadWriteOncePod`
    access_modes: tuple[str, ...] = ()
    volume_mode: str | None = None  # as what it is used: a folder (`Filesystem`) or a device (`Block`)
    volume_name: str | None = None  # the volume to bind to
    selector: LabelSelector | None = None  # volumes to choose from
    data_source: TypedLocalObjectReference | None = None  # an object in the namespace to take the content from
    data_source_ref: TypedObjectReference | None = None  # an object to take the content from
    volume_attributes_class_name: str | None = None  # class of attributes that may change later


class StorageSpec(Model, frozen=True):
    """A claim of which CDI fills in what the storage class is known to need."""

    storage_class_name: str | None = None  # the class of storage
    resources: VolumeResourceRequirements = VolumeResourceRequirements()  # how much space
    access_modes: tuple[str, ...] = ()  # as of a claim; CDI knows which the class can do
    # as what it is used: a folder (`Filesystem`) or a device (`Block`); CDI knows which suits the class
    volume_mode: str | None = None
    volume_name: str | None = None  # the volume to bind to
    selector: LabelSelector | None = None  # volumes to choose from
    data_source: TypedLocalObjectReference | None = None  # an object in the namespace to take the content from
    data_source_ref: TypedObjectReference | None = None  # an object to take the content from


class DataVolumeSpec(Model, frozen=True):
    """Content and claim of a DataVolume."""

    source: DataVolumeContentSource | None = None  # where the content comes from
    source_ref: DataVolumeSourceRef | None = None  # an object that says where it comes from
    storage: StorageSpec | None = None  # the claim, completed by CDI
    pvc: PersistentVolumeClaimSpec | None = None  # the claim, word for word
    content_type: str | None = None  # `kubevirt` for a disk, `archive` for a tar file
    preallocation: bool | None = None  # whether all space is taken at once
    priority_class_name: str | None = None  # priority of the importer's Pod
    checkpoints: tuple[DataVolumeCheckpoint, ...] = ()  # stages of an import
    final_checkpoint: bool | None = None  # whether the last of them is the last of all


class DataVolumeTemplateDummyStatus(Model, frozen=True):
    """A template has no status; this type is there because the API once had the field."""


class DataVolumeTemplateSpec(Model, frozen=True):
    """A DataVolume to make along with a VirtualMachine."""

    api_version: str | None = None  # version of the DataVolume
    kind: str | None = None  # `DataVolume`
    metadata: ObjectMeta = ObjectMeta()  # name, labels and annotations of the DataVolume
    spec: DataVolumeSpec = DataVolumeSpec()  # content and claim
    status: DataVolumeTemplateDummyStatus | None = None  # never set
