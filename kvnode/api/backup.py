"""VirtualMachineBackup: a running machine's disks copied out, in full or what changed since the last time.

A tracker remembers the last checkpoint of a machine, so that the next backup has to copy what changed since. Output
goes to a claim (push), or is offered for reading (pull, see `export`).
"""

from msgspec import field

from kvnode.api.base import EMPTY, NO_ITEMS, Duration, Model, Time
from kvnode.api.conditions import StandardCondition
from kvnode.api.meta import ListMeta, ObjectMeta, TypedLocalObjectReference


class BackupVolumeInfo(Model, frozen=True):
    """A volume that is part of a backup."""

    volume_name: str = EMPTY  # the volume in the guest's spec
    data_endpoint: str | None = None  # where its content is read, in pull mode
    map_endpoint: str | None = None  # where is read which blocks have any, in pull mode


class BackupCheckpoint(Model, frozen=True):
    """A moment from which on changed blocks are known."""

    name: str | None = None  # the checkpoint, as QEMU knows it
    creation_time: Time | None = None  # when it was made
    volumes: tuple[BackupVolumeInfo, ...] = ()  # the volumes that have it


class BackupOptions(Model, frozen=True, forbid_unknown_fields=True):
    """What is asked of a guest for a backup."""

    backup_name: str | None = None  # the backup
    cmd: str | None = None  # `Start`, `Abort` or `Export`
    mode: str | None = None  # `Push` or `Pull`
    backup_start_time: Time | None = None  # when it was asked for
    incremental: str | None = None  # the checkpoint since which changes are copied; none copies all
    target_path: str | None = None  # the folder that output goes to, in push mode
    skip_quiesce: bool | None = None  # whether file systems are not frozen for it
    export_server_addr: str | None = None  # the export server's address, in pull mode
    export_server_name: str | None = None  # the name in its certificate
    ca_cert: str | None = None  # the authority that both sides trust, as PEM
    backup_cert: str | None = None  # the guest's certificate towards it, as PEM
    backup_key: str | None = None  # the certificate's key, as PEM


class VirtualMachineBackupSpec(Model, frozen=True):
    """Of which machine, and where it goes."""

    source: TypedLocalObjectReference = TypedLocalObjectReference()  # a VirtualMachine, or a tracker of one
    # how it is taken: written to a claim (`Push`, if nobody says), or offered to readers (`Pull`)
    mode: str | None = None
    pvc_name: str | None = None  # the claim: for its output, or in pull mode for what the guest writes meanwhile
    token_secret_ref: str | None = None  # a Secret with the token that readers show, in pull mode
    ttl_duration: Duration | None = None  # how long after its creation it can be read, in pull mode
    force_full_backup: bool | None = None  # whether all is copied although a checkpoint is known
    skip_quiesce: bool | None = None  # whether file systems are not frozen for it


class VirtualMachineBackupStatus(Model, frozen=True):
    """How far the backup is."""

    type: str | None = None  # what it has: everything (`Full`), or what changed since a checkpoint (`Incremental`)
    # statements about it: `Progressing`, `Complete`, `Failed`, `Quiesced`
    conditions: tuple[StandardCondition, ...] = ()
    checkpoint_name: str | None = None  # the checkpoint that it leaves
    included_volumes: tuple[BackupVolumeInfo, ...] = ()  # volumes in it
    endpoint_cert: str | None = None  # the authority to trust when reading it, as PEM
    export_uid: str | None = field(default=None, name="exportUID")  # uid of the export that offers it


class VirtualMachineBackup(Model, frozen=True):
    """A backup of a machine's disks."""

    api_version: str = field(default_factory=lambda: "backup.kubevirt.io/v1alpha1")  # `backup.kubevirt.io/v1alpha1`
    kind: str = field(default_factory=lambda: "VirtualMachineBackup")  # `VirtualMachineBackup`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineBackupSpec = VirtualMachineBackupSpec()  # of which machine, and where it goes
    status: VirtualMachineBackupStatus = VirtualMachineBackupStatus()  # how far it is


class VirtualMachineBackupList(Model, frozen=True):
    """VirtualMachineBackups, as a server lists them."""

    api_version: str = field(default_factory=lambda: "backup.kubevirt.io/v1alpha1")  # `backup.kubevirt.io/v1alpha1`
    kind: str = field(default_factory=lambda: "VirtualMachineBackupList")  # `VirtualMachineBackupList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineBackup, ...] = NO_ITEMS  # the objects


class VirtualMachineBackupTrackerSpec(Model, frozen=True):
    """Of which machine."""

    source: TypedLocalObjectReference = TypedLocalObjectReference()  # the VirtualMachine


class VirtualMachineBackupTrackerStatus(Model, frozen=True):
    """What is known of the last backup."""

    latest_checkpoint: BackupCheckpoint | None = None  # the checkpoint that it left
    # whether QEMU has to be told of the checkpoint again, since the guest was restarted
    checkpoint_redefinition_required: bool | None = None


class VirtualMachineBackupTracker(Model, frozen=True):
    """Remembers the last checkpoint of a machine, for the next backup."""

    api_version: str = field(default_factory=lambda: "backup.kubevirt.io/v1alpha1")  # `backup.kubevirt.io/v1alpha1`
    kind: str = field(default_factory=lambda: "VirtualMachineBackupTracker")  # `VirtualMachineBackupTracker`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineBackupTrackerSpec = VirtualMachineBackupTrackerSpec()  # of which machine
    status: VirtualMachineBackupTrackerStatus = VirtualMachineBackupTrackerStatus()  # the last checkpoint


class VirtualMachineBackupTrackerList(Model, frozen=True):
    """VirtualMachineBackupTrackers, as a server lists them."""

    api_version: str = field(default_factory=lambda: "backup.kubevirt.io/v1alpha1")  # `backup.kubevirt.io/v1alpha1`
    kind: str = field(default_factory=lambda: "VirtualMachineBackupTrackerList")  # `VirtualMachineBackupTrackerList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineBackupTracker, ...] = NO_ITEMS  # the objects
