"""Every kind that is read: its group, the versions that it is read in, and where its type stands.

A kind's type is imported when the first document of it comes. Whoever reads guests pays for guests, and not for a
dozen modules of snapshots, pools and preferences.
"""

from difflib import get_close_matches
from importlib import import_module
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from kvnode.api.base import Model

_CDI = "cdi.kubevirt.io"


class Kind(Struct, frozen=True):
    """A kind of objects.

    group      -- the API group; empty is Kubernetes' core group
    name       -- the kind, which is its type's name too
    module     -- where the type stands, below kvnode.api
    versions   -- the versions that it is read in, the one to write first; the others are older names of that one
    namespaced -- whether its objects are in namespaces
    """

    group: str
    name: str
    module: str
    versions: tuple[str, ...]
    namespaced: bool = True

    @property
    def api_versions(self) -> tuple[str, ...]:
        """The versions as a document names them, `pool.kubevirt.io/v1beta1`."""
        return tuple(f"{self.group}/{version}" if self.group else version for version in self.versions)

    @property
    def ours(self) -> bool:
        """Whether KubeVirt defines it, and not Kubernetes or the importer of disks."""
        return self.group.endswith("kubevirt.io") and self.group != _CDI

    def type(self) -> type[Model]:
        """The type of its objects, imported where it isn't yet."""
        found: type[Model] = getattr(import_module(f"kvnode.api.{self.module}"), self.name)
        return found


def _group(group: str, *versions: str, namespaced: bool = True, **kinds: str) -> list[Kind]:
    """The kinds of a group, each with its module."""
    return [Kind(group, name, module, versions, namespaced) for name, module in kinds.items()]


_ALL = [
    *_group(
        "kubevirt.io",
        "v1",
        "v1alpha3",
        VirtualMachineInstance="instance",
        VirtualMachine="virtual_machine",
        KubeVirt="kubevirt",
        VirtualMachineInstanceMigration="instance_migration",
        VirtualMachineInstancePreset="preset",
        VirtualMachineInstanceReplicaSet="replica_set",
    ),
    *_group("pool.kubevirt.io", "v1beta1", "v1alpha1", VirtualMachinePool="pool"),
    *_group(
        "instancetype.kubevirt.io",
        "v1beta1",
        VirtualMachineInstancetype="instancetype",
        VirtualMachinePreference="preference",
    ),
    *_group(
        "instancetype.kubevirt.io",
        "v1beta1",
        namespaced=False,
        VirtualMachineClusterInstancetype="instancetype",
        VirtualMachineClusterPreference="preference",
    ),
    *_group("migrations.kubevirt.io", "v1alpha1", namespaced=False, MigrationPolicy="migration_policy"),
    *_group(
        "snapshot.kubevirt.io",
        "v1beta1",
        "v1alpha1",
        VirtualMachineSnapshot="snapshot",
        VirtualMachineSnapshotContent="snapshot",
        VirtualMachineRestore="restore",
    ),
    *_group("clone.kubevirt.io", "v1beta1", "v1alpha1", VirtualMachineClone="clone"),
    *_group("export.kubevirt.io", "v1", "v1beta1", VirtualMachineExport="export"),
    *_group("backup.kubevirt.io", "v1alpha1", VirtualMachineBackup="backup", VirtualMachineBackupTracker="backup"),
    *_group("plugin.kubevirt.io", "v1alpha1", namespaced=False, Plugin="plugin"),
    *_group(_CDI, "v1beta1", DataVolume="core"),
    *_group("", "v1", Secret="core", ConfigMap="core"),
]

KINDS = {(kind.group, kind.name): kind for kind in _ALL}
"""Every kind by group and name. Each of KubeVirt's has a kind of list beside it, which isn't named here."""


def known_kind(api_version: str, kind: str) -> Kind | None:
    """The kind that a document names, lists of one included; None for a kind without a type here.

    Which version the document names is not looked at: the kind says in which it is read.
    """
    group, _, _ = api_version.rpartition("/")
    found = KINDS.get((group, kind))
    if found is None and kind.endswith("List"):
        listed = KINDS.get((group, kind.removesuffix("List")))
        if listed is not None and listed.ours:
            return replace(listed, name=kind)
    return found


def instead_of(api_version: str, kind: str) -> str | None:
    """What to write instead of a kind that a group of KubeVirt's hasn't got; None for a group that others define."""
    group, _, _ = api_version.rpartition("/")
    names = [known.name for known in KINDS.values() if known.group == group and known.ours]
    if not names:
        return None
    elsewhere = next((known.api_versions[0] for known in KINDS.values() if known.ours and known.name == kind), None)
    if elsewhere is not None:
        return f"it is of {elsewhere}"
    close = get_close_matches(kind[:64], names, 1, 0.7)
    return f"did you mean {close[0]}?" if close else f"it has {', '.join(names)}"


def is_list(document: dict[str, Any]) -> bool:
    """Whether a document is a list of objects: kind `List`, or one of a kind of its own such as `SecretList`."""
    kind = document.get("kind")
    return isinstance(kind, str) and kind.endswith("List") and isinstance(document.get("items"), list | tuple)
