"""VirtualMachineExport: disks and manifests of a machine, offered over HTTPS to whoever has a token.

It lives for a limited time. Its status has the addresses, inside the cluster and, where there is a way in, outside.
"""

from msgspec import field

from kvnode.api.base import EMPTY, NO_ITEMS, Duration, Model, Time
from kvnode.api.conditions import Condition
from kvnode.api.meta import ListMeta, ObjectMeta, TypedLocalObjectReference


class VirtualMachineExportSpec(Model, frozen=True):
    """What is offered, to whom, and for how long."""

    # a VirtualMachine, a VirtualMachineSnapshot, a PersistentVolumeClaim or a VirtualMachineBackup
    source: TypedLocalObjectReference = TypedLocalObjectReference()
    token_secret_ref: str | None = None  # a Secret with the token under `token`; made if nobody says
    ttl_duration: Duration | None = None  # how long after its creation it is deleted; `2h` if nobody says


class VirtualMachineExportVolumeFormat(Model, frozen=True):
    """One form of a volume."""

    format: str = EMPTY  # what it comes as: `raw` or `gzip` for a disk, `dir` or `tar.gz` for files
    url: str = EMPTY  # where it is


class VirtualMachineExportVolume(Model, frozen=True):
    """A volume that is offered."""

    name: str = EMPTY  # the claim
    formats: tuple[VirtualMachineExportVolumeFormat, ...] = ()  # the forms that it is offered in


class VirtualMachineExportBackupEndpoint(Model, frozen=True):
    """One way to read a backup."""

    endpoint: str = EMPTY  # what it has: the content (`data`), or which blocks have any (`map`)
    url: str = EMPTY  # where it is


class VirtualMachineExportBackup(Model, frozen=True):
    """A volume of a backup that is offered."""

    name: str = EMPTY  # the volume
    endpoints: tuple[VirtualMachineExportBackupEndpoint, ...] = ()  # the ways to read it


class VirtualMachineExportManifest(Model, frozen=True):
    """Manifests that are offered."""

    # what it has: the machine's objects (`all`), or a Secret that an importer sends along (`auth-header-secret`)
    type: str = EMPTY
    url: str = EMPTY  # where they are


class VirtualMachineExportLink(Model, frozen=True):
    """What is offered in one network."""

    cert: str = EMPTY  # the authority to trust, as PEM
    volumes: tuple[VirtualMachineExportVolume, ...] = ()  # volumes
    backups: tuple[VirtualMachineExportBackup, ...] = ()  # volumes of a backup
    manifests: tuple[VirtualMachineExportManifest, ...] = ()  # manifests


class VirtualMachineExportLinks(Model, frozen=True):
    """What is offered, by network."""

    internal: VirtualMachineExportLink | None = None  # inside the cluster
    external: VirtualMachineExportLink | None = None  # outside, where an ingress or a route leads in


class VirtualMachineExportStatus(Model, frozen=True):
    """Whether the export can be read, and where."""

    # how far it is: `Pending`, `Ready`, `Terminated`, or `Skipped` where there is nothing to offer
    phase: str | None = None
    links: VirtualMachineExportLinks | None = None  # what is offered
    token_secret_ref: str | None = None  # the Secret with the token
    ttl_expiration_time: Time | None = None  # when it is deleted
    service_name: str | None = None  # the Service before it
    virtual_machine_name: str | None = None  # the machine that it is of, also where the source is a snapshot
    conditions: tuple[Condition, ...] = ()  # statements about it: `Ready`, `PVCReady`, `VolumesCreated`


class VirtualMachineExport(Model, frozen=True):
    """A machine's disks and manifests, offered for download."""

    api_version: str = field(default_factory=lambda: "export.kubevirt.io/v1")  # `export.kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "VirtualMachineExport")  # `VirtualMachineExport`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineExportSpec = VirtualMachineExportSpec()  # what, to whom, and for how long
    status: VirtualMachineExportStatus = VirtualMachineExportStatus()  # where


class VirtualMachineExportList(Model, frozen=True):
    """VirtualMachineExports, as a server lists them."""

    api_version: str = field(default_factory=lambda: "export.kubevirt.io/v1")  # `export.kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "VirtualMachineExportList")  # `VirtualMachineExportList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineExport, ...] = NO_ITEMS  # the objects
