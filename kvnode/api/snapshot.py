"""VirtualMachineSnapshot: the disks and the manifest of a machine at one moment, and what holds them.

The snapshot is what a user makes and deletes. Its content, an object of its own, holds the machine's manifest and the
claims as they were and names a volume snapshot for each disk; it may outlive the snapshot. Putting it back is
`restore`'s business.
"""

from msgspec import field

from kvnode.api.base import EMPTY, NO_ITEMS, Duration, Model, Time
from kvnode.api.conditions import Condition
from kvnode.api.data_volumes import PersistentVolumeClaimSpec
from kvnode.api.meta import ListMeta, ObjectMeta, TypedLocalObjectReference
from kvnode.api.virtual_machine import VirtualMachineSpec, VirtualMachineStatus


class SnapshotError(Model, frozen=True):
    """What went wrong last."""

    message: str | None = None  # what went wrong, as a sentence
    time: Time | None = None  # when it went wrong


class SnapshotVolumesLists(Model, frozen=True):
    """Which of the machine's volumes are part of it."""

    included_volumes: tuple[str, ...] = ()  # volumes that are
    excluded_volumes: tuple[str, ...] = ()  # volumes whose storage can't be snapshotted


class SourceIndication(Model, frozen=True):
    """Something about the machine's state at that moment that whoever restores it should know."""

    # what there is to know: `Online`, `GuestAgent` (file systems were frozen), `NoGuestAgent`, `QuiesceTimeout`
    # (freezing took too long), `Paused` or `PartialSnapshot`
    indication: str = EMPTY
    message: str = EMPTY  # the same as a sentence


class VirtualMachineSnapshotSpec(Model, frozen=True):
    """Of which machine, and what becomes of it."""

    source: TypedLocalObjectReference = TypedLocalObjectReference()  # the VirtualMachine
    deletion_policy: str | None = None  # whether its content goes with it: `Delete` if nobody says, or `Retain`
    failure_deadline: Duration | None = None  # how long taking it may last before it fails; `5m` if nobody says


class VirtualMachineSnapshotStatus(Model, frozen=True):
    """How far the snapshot is."""

    phase: str | None = None  # how far it is: `InProgress`, `Succeeded`, `Failed`, `Deleting` or `Unknown`
    ready_to_use: bool | None = None  # whether it can be restored
    creation_time: Time | None = None  # the moment that it shows
    error: SnapshotError | None = None  # what went wrong last
    conditions: tuple[Condition, ...] = ()  # statements about it: `Ready`, `Progressing`, `Failure`
    source_uid: str | None = field(default=None, name="sourceUID")  # uid of the machine that it is of
    virtual_machine_snapshot_content_name: str | None = None  # the object that holds it
    snapshot_volumes: SnapshotVolumesLists | None = None  # which volumes are part of it
    source_indications: tuple[SourceIndication, ...] = ()  # the machine's state at that moment
    indications: tuple[str, ...] = ()  # the older form of `sourceIndications`, without sentences


class VirtualMachineSnapshot(Model, frozen=True):
    """A machine at one moment."""

    # `snapshot.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "snapshot.kubevirt.io/v1beta1")
    kind: str = field(default_factory=lambda: "VirtualMachineSnapshot")  # `VirtualMachineSnapshot`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineSnapshotSpec = VirtualMachineSnapshotSpec()  # of which machine
    status: VirtualMachineSnapshotStatus = VirtualMachineSnapshotStatus()  # how far it is


class VirtualMachineSnapshotList(Model, frozen=True):
    """VirtualMachineSnapshots, as a server lists them."""

    # `snapshot.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "snapshot.kubevirt.io/v1beta1")
    kind: str = field(default_factory=lambda: "VirtualMachineSnapshotList")  # `VirtualMachineSnapshotList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineSnapshot, ...] = NO_ITEMS  # the objects


class SnapshottedVirtualMachine(Model, frozen=True):
    """The machine as it was.

    The API calls it VirtualMachine, as it does the kind itself.
    """

    metadata: ObjectMeta = ObjectMeta()  # its labels and annotations
    spec: VirtualMachineSpec = VirtualMachineSpec()  # what it was
    status: VirtualMachineStatus = VirtualMachineStatus()  # what was known of it


class SourceSpec(Model, frozen=True):
    """What the snapshot is of, as it was."""

    virtual_machine: SnapshottedVirtualMachine | None = None  # the machine


class SnapshottedPersistentVolumeClaim(Model, frozen=True):
    """A claim as it was.

    The API calls it PersistentVolumeClaim, as Kubernetes does the kind itself.
    """

    metadata: ObjectMeta = ObjectMeta()  # its name, labels and annotations
    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()  # what it asked for


class VolumeBackup(Model, frozen=True):
    """What a volume is restored from."""

    volume_name: str = EMPTY  # the volume in the machine's template
    persistent_volume_claim: SnapshottedPersistentVolumeClaim = SnapshottedPersistentVolumeClaim()  # its claim
    volume_snapshot_name: str | None = None  # the volume snapshot with its data


class VirtualMachineSnapshotContentSpec(Model, frozen=True):
    """What a snapshot holds."""

    virtual_machine_snapshot_name: str | None = None  # the snapshot that it belongs to
    source: SourceSpec = SourceSpec()  # the machine as it was
    volume_backups: tuple[VolumeBackup, ...] = ()  # what its volumes are restored from


class VolumeSnapshotState(Model, frozen=True):
    """How far the snapshot of one volume is.

    The API calls it VolumeSnapshotStatus, a name that a machine's own status has taken.
    """

    volume_snapshot_name: str = EMPTY  # the volume snapshot
    creation_time: Time | None = None  # the moment that it shows
    ready_to_use: bool | None = None  # whether a claim can be made from it
    error: SnapshotError | None = None  # what went wrong last


class VirtualMachineSnapshotContentStatus(Model, frozen=True):
    """How far the content is."""

    ready_to_use: bool | None = None  # whether all its volume snapshots are
    creation_time: Time | None = None  # the moment that it shows
    error: SnapshotError | None = None  # what went wrong last
    volume_snapshot_status: tuple[VolumeSnapshotState, ...] = ()  # how far each volume is


class VirtualMachineSnapshotContent(Model, frozen=True):
    """What a snapshot holds: manifest, claims and volume snapshots."""

    # `snapshot.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "snapshot.kubevirt.io/v1beta1")
    kind: str = field(default_factory=lambda: "VirtualMachineSnapshotContent")  # `VirtualMachineSnapshotContent`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineSnapshotContentSpec = VirtualMachineSnapshotContentSpec()  # what it holds
    status: VirtualMachineSnapshotContentStatus = VirtualMachineSnapshotContentStatus()  # how far it is


class VirtualMachineSnapshotContentList(Model, frozen=True):
    """VirtualMachineSnapshotContents, as a server lists them."""

    # `snapshot.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "snapshot.kubevirt.io/v1beta1")
    # `VirtualMachineSnapshotContentList`
    kind: str = field(default_factory=lambda: "VirtualMachineSnapshotContentList")
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineSnapshotContent, ...] = NO_ITEMS  # the objects
