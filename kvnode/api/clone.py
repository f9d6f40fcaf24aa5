"""VirtualMachineClone: a machine copied, its disks included.

A clone is a snapshot that is restored into a new machine. What has to be unique in a network, MAC addresses and
serial numbers, is made anew unless it is given.
"""

from msgspec import field

from kvnode.api.base import NO_ITEMS, Model, Time
from kvnode.api.conditions import Condition
from kvnode.api.meta import ListMeta, ObjectMeta, TypedLocalObjectReference


class VirtualMachineCloneTemplateFilters(Model, frozen=True):
    """Which labels and annotations of the machine's template are copied."""

    # keys, with `*` for any text and `!` before what isn't copied; without any, all are
    label_filters: tuple[str, ...] = ()
    annotation_filters: tuple[str, ...] = ()  # the same for annotations


class VirtualMachineCloneSpec(Model, frozen=True):
    """What is copied, and how the copy differs."""

    source: TypedLocalObjectReference = TypedLocalObjectReference()  # a VirtualMachine or a VirtualMachineSnapshot
    target: TypedLocalObjectReference | None = None  # the VirtualMachine to make; gets a name if nobody says
    # keys, with `*` for any text and `!` before what isn't copied; without any, all are
    label_filters: tuple[str, ...] = ()
    annotation_filters: tuple[str, ...] = ()  # the same for annotations
    # the same for those of the machine's template
    template: VirtualMachineCloneTemplateFilters = VirtualMachineCloneTemplateFilters()
    new_mac_addresses: dict[str, str] | None = None  # MAC addresses of the copy by interface; drawn if nobody says
    # the copy's serial number in SMBIOS; drawn if nobody says
    new_smbios_serial: str | None = field(default=None, name="newSMBiosSerial")
    patches: tuple[str, ...] = ()  # changes to the copy's manifest, each a JSON patch as text
    volume_name_policy: str | None = None  # what claims are called: anything (`RandomizeNames`)


class VirtualMachineCloneStatus(Model, frozen=True):
    """How far the clone is."""

    # how far it is: `SnapshotInProgress`, `CreatingTargetVM`, `RestoreInProgress`, `Succeeded`, `Failed` or `Unknown`
    phase: str | None = None
    conditions: tuple[Condition, ...] = ()  # statements about it: `Ready`, `Progressing`
    creation_time: Time | None = None  # when the copy was made
    snapshot_name: str | None = None  # the snapshot that was taken for it
    restore_name: str | None = None  # the restore that was made for it
    target_name: str | None = None  # the copy's name


class VirtualMachineClone(Model, frozen=True):
    """A copy of a machine."""

    api_version: str = field(default_factory=lambda: "clone.kubevirt.io/v1beta1")  # `clone.kubevirt.io/v1beta1`
    kind: str = field(default_factory=lambda: "VirtualMachineClone")  # `VirtualMachineClone`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineCloneSpec = VirtualMachineCloneSpec()  # what is copied
    status: VirtualMachineCloneStatus = VirtualMachineCloneStatus()  # how far it is


class VirtualMachineCloneList(Model, frozen=True):
    """VirtualMachineClones, as a server lists them."""

    api_version: str = field(default_factory=lambda: "clone.kubevirt.io/v1beta1")  # `clone.kubevirt.io/v1beta1`
    kind: str = field(default_factory=lambda: "VirtualMachineCloneList")  # `VirtualMachineCloneList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineClone, ...] = NO_ITEMS  # the objects
