"""VirtualMachineInstancePreset: parts of a machine that guests with certain labels take over.

The kind is old and on its way out; instance types and preferences are what took its place. It is read so that files
which still have one can be judged.
"""

from msgspec import field

from kvnode.api.base import NO_ITEMS, Model
from kvnode.api.instance import DomainSpec
from kvnode.api.meta import LabelSelector, ListMeta, ObjectMeta


class VirtualMachineInstancePresetSpec(Model, frozen=True):
    """Which guests take over what."""

    selector: LabelSelector = LabelSelector()  # tells by their labels the guests that it is for
    domain: DomainSpec | None = None  # what they take over where they say nothing themselves


class VirtualMachineInstancePreset(Model, frozen=True):
    """Parts of a machine for guests with certain labels."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "VirtualMachineInstancePreset")  # `VirtualMachineInstancePreset`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineInstancePresetSpec = VirtualMachineInstancePresetSpec()  # for which guests, and what


class VirtualMachineInstancePresetList(Model, frozen=True):
    """VirtualMachineInstancePresets, as a server lists them."""

    api_version: str = field(default_factory=lambda: "kubevirt.io/v1")  # `kubevirt.io/v1`
    kind: str = field(default_factory=lambda: "VirtualMachineInstancePresetList")  # `VirtualMachineInstancePresetList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineInstancePreset, ...] = NO_ITEMS  # the objects
