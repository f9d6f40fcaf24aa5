"""VirtualMachineRestore: puts a snapshot back, into the machine that it is of or into a new one."""

from msgspec import field

from kvnode.api.base import EMPTY, NO_ITEMS, Model, Time
from kvnode.api.conditions import Condition
from kvnode.api.meta import ListMeta, ObjectMeta, TypedLocalObjectReference


class VolumeRestoreOverride(Model, frozen=True):
    """What the claim of one restored volume should be like."""

    volume_name: str | None = None  # the volume in the machine's template
    restore_name: str | None = None  # the claim's name
    labels: dict[str, str] | None = None  # labels that it gets
    annotations: dict[str, str] | None = None  # annotations that it gets


class VirtualMachineRestoreSpec(Model, frozen=True):
    """Which snapshot, and where it goes."""

    target: TypedLocalObjectReference = TypedLocalObjectReference()  # the VirtualMachine; made if there is none
    virtual_machine_snapshot_name: str = EMPTY  # the snapshot to put back
    # where the machine still runs: `WaitGracePeriod` waits five minutes (if nobody says), `WaitEventually` for ever,
    # `StopTarget` stops it, `FailImmediate` gives up
    target_readiness_policy: str | None = None
    # what claims are called: anything if nobody says (`RandomizeNames`), by machine and volume (`PrefixTargetName`),
    # or as before, in the old ones' place (`InPlace`)
    volume_restore_policy: str | None = None
    volume_ownership_policy: str | None = None  # whether claims go with the machine: `Vm` if nobody says, or `None`
    volume_restore_overrides: tuple[VolumeRestoreOverride, ...] = ()  # what single claims should be like
    patches: tuple[str, ...] = ()  # changes to the manifest of a machine that is made, each a JSON patch as text


class VolumeRestore(Model, frozen=True):
    """What one volume is restored from, and to."""

    volume_name: str = EMPTY  # the volume in the machine's template
    persistent_volume_claim: str = EMPTY  # the claim that it goes to
    volume_snapshot_name: str = EMPTY  # the volume snapshot with its data
    data_volume_name: str | None = None  # the DataVolume that the claim belongs to, if any


class VirtualMachineRestoreStatus(Model, frozen=True):
    """How far the restore is."""

    complete: bool | None = None  # whether it is done
    restore_time: Time | None = None  # when it was done
    conditions: tuple[Condition, ...] = ()  # statements about it: `Ready`, `Progressing`, `Failure`
    restores: tuple[VolumeRestore, ...] = ()  # how far each volume is
    deleted_data_volumes: tuple[str, ...] = ()  # DataVolumes of the old state that went


class VirtualMachineRestore(Model, frozen=True):
    """A snapshot put back."""

    # `snapshot.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "snapshot.kubevirt.io/v1beta1")
    kind: str = field(default_factory=lambda: "VirtualMachineRestore")  # `VirtualMachineRestore`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineRestoreSpec = VirtualMachineRestoreSpec()  # which snapshot, and where to
    status: VirtualMachineRestoreStatus = VirtualMachineRestoreStatus()  # how far it is


class VirtualMachineRestoreList(Model, frozen=True):
    """VirtualMachineRestores, as a server lists them."""

    # `snapshot.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "snapshot.kubevirt.io/v1beta1")
    kind: str = field(default_factory=lambda: "VirtualMachineRestoreList")  # `VirtualMachineRestoreList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineRestore, ...] = NO_ITEMS  # the objects
