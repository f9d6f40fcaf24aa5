"""The custom resource definitions of KubeVirt's kinds, as plain documents.

Names, short names, columns and subresources are those that users and tools of KubeVirt rely on; groups, versions and
scopes are those of `kinds`, and schemas are made from the types (`schema`). Two things differ, on purpose: a
VirtualMachineInstance has a status subresource, so that whoever may edit a guest's manifest can't forge what is known
of it, and conditions are a map by type, so that two daemons can own one each by server-side apply.

Versions of a kind have one schema, so that an object is the same in each of them and nothing has to convert it.
"""

from typing import Any

from msgspec import Struct

from kvnode.api.descriptions import type_description
from kvnode.api.kinds import KINDS, Kind
from kvnode.api.schema import Schema, object_schema

GROUP = "kubevirt.io"


class Column(Struct, frozen=True):
    """A column of `kubectl get`; `wide` ones are shown by `-o wide` alone."""

    name: str
    type: str
    path: str
    wide: bool = False


class CustomKind(Struct, frozen=True):
    """What tells one kind's definition from another's, besides its type.

    kind         -- its group, versions and scope; the version to write first is stored where `stored` names none
    subresources -- what has a path and rights of its own: `status`, `scale`
    deprecated   -- versions that clients are warned of, each with what to use instead
    selectable   -- paths of status that watches can be narrowed by (`--field-selector`)
    """

    kind: Kind
    plural: str
    short_names: tuple[str, ...]
    columns: tuple[Column, ...] = ()
    subresources: tuple[str, ...] = ("status",)
    deprecated: dict[str, str] = {}
    stored: str | None = None
    selectable: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The definition's own name, `virtualmachines.kubevirt.io`."""
        return f"{self.plural}.{self.kind.group}"


_AGE = Column("Age", "date", ".metadata.creationTimestamp")
_PHASE = Column("Phase", "string", ".status.phase")
_SOURCE = (
    Column("SourceKind", "string", ".spec.source.kind"),
    Column("SourceName", "string", ".spec.source.name"),
)
_READY_TO_USE = (
    Column("ReadyToUse", "boolean", ".status.readyToUse"),
    Column("CreationTime", "date", ".status.creationTime"),
    Column("Error", "string", ".status.error.message"),
)
_REPLICAS = (
    Column("Desired", "integer", ".spec.replicas"),
    Column("Current", "integer", ".status.replicas"),
    Column("Ready", "integer", ".status.readyReplicas"),
    _AGE,
)
_SUBRESOURCES: dict[str, dict[str, str]] = {
    "scale": {
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.labelSelector",
    },
    "status": {},
}


def _condition(name: str, *, wide: bool = False, label: str | None = None) -> Column:
    return Column(label or name, "string", f".status.conditions[?(@.type=='{name}')].status", wide)


def _kind(name: str, plural: str, short_names: str = "", *columns: Column, group: str = "", **rest: Any) -> CustomKind:
    kind = KINDS[f"{group}.{GROUP}" if group else GROUP, name]
    return CustomKind(kind, plural, tuple(short_names.split()), columns, **rest)


_OLD = {"v1alpha3": "kubevirt.io/v1alpha3 is kubevirt.io/v1 under its old name; use that"}
_GOING = "VirtualMachineInstancePreset is on its way out; instance types and preferences are what took its place"

CUSTOM_KINDS = (
    _kind("KubeVirt", "kubevirts", "kv kvs", _AGE, _PHASE, deprecated=_OLD),
    _kind(
        "VirtualMachine",
        "virtualmachines",
        "vm vms",
        _AGE,
        Column("Status", "string", ".status.printableStatus"),
        _condition("Ready"),
        deprecated=_OLD,
    ),
    _kind(
        "VirtualMachineInstance",
        "virtualmachineinstances",
        "vmi vmis",
        _AGE,
        _PHASE,
        Column("IP", "string", ".status.interfaces[0].ipAddress"),
        Column("NodeName", "string", ".status.nodeName"),
        _condition("Ready"),
        _condition("LiveMigratable", wide=True, label="Live-Migratable"),
        _condition("Paused", wide=True),
        deprecated=_OLD,
        selectable=("nodeName", "phase"),
    ),
    _kind(
        "VirtualMachineInstanceMigration",
        "virtualmachineinstancemigrations",
        "vmim vmims",
        _PHASE,
        Column("VMI", "string", ".spec.vmiName"),
        deprecated=_OLD,
    ),
    _kind(
        "VirtualMachineInstancePreset",
        "virtualmachineinstancepresets",
        "vmipreset vmipresets",
        subresources=(),
        deprecated={"v1": f"kubevirt.io/v1 {_GOING}", "v1alpha3": f"kubevirt.io/v1alpha3 {_GOING}"},
        stored="v1alpha3",
    ),
    _kind(
        "VirtualMachineInstanceReplicaSet",
        "virtualmachineinstancereplicasets",
        "vmirs vmirss",
        *_REPLICAS,
        subresources=("scale", "status"),
        deprecated=_OLD,
    ),
    _kind(
        "VirtualMachinePool",
        "virtualmachinepools",
        "vmpool vmpools",
        *_REPLICAS,
        group="pool",
        subresources=("scale", "status"),
    ),
    _kind(
        "VirtualMachineInstancetype",
        "virtualmachineinstancetypes",
        "vminstancetype vminstancetypes vmf vmfs",
        group="instancetype",
        subresources=(),
    ),
    _kind(
        "VirtualMachineClusterInstancetype",
        "virtualmachineclusterinstancetypes",
        "vmclusterinstancetype vmclusterinstancetypes vmcf vmcfs",
        group="instancetype",
        subresources=(),
    ),
    _kind(
        "VirtualMachinePreference",
        "virtualmachinepreferences",
        "vmpref vmprefs vmp vmps",
        group="instancetype",
        subresources=(),
    ),
    _kind(
        "VirtualMachineClusterPreference",
        "virtualmachineclusterpreferences",
        "vmcp vmcps",
        group="instancetype",
        subresources=(),
    ),
    _kind("MigrationPolicy", "migrationpolicies", group="migrations"),
    _kind(
        "VirtualMachineSnapshot",
        "virtualmachinesnapshots",
        "vmsnapshot vmsnapshots",
        *_SOURCE,
        _PHASE,
        *_READY_TO_USE,
        group="snapshot",
    ),
    _kind(
        "VirtualMachineSnapshotContent",
        "virtualmachinesnapshotcontents",
        "vmsnapshotcontent vmsnapshotcontents",
        *_READY_TO_USE,
        group="snapshot",
    ),
    _kind(
        "VirtualMachineRestore",
        "virtualmachinerestores",
        "vmrestore vmrestores",
        Column("TargetKind", "string", ".spec.target.kind"),
        Column("TargetName", "string", ".spec.target.name"),
        Column("Complete", "boolean", ".status.complete"),
        Column("RestoreTime", "date", ".status.restoreTime"),
        group="snapshot",
    ),
    _kind(
        "VirtualMachineClone",
        "virtualmachineclones",
        "vmclone vmclones",
        _PHASE,
        Column("SourceVirtualMachine", "string", ".spec.source.name"),
        Column("TargetVirtualMachine", "string", ".spec.target.name"),
        group="clone",
    ),
    _kind(
        "VirtualMachineExport",
        "virtualmachineexports",
        "vmexport vmexports",
        *_SOURCE,
        _PHASE,
        group="export",
        deprecated={"v1beta1": "export.kubevirt.io/v1beta1 is export.kubevirt.io/v1 under its old name; use that"},
    ),
    _kind(
        "VirtualMachineBackup",
        "virtualmachinebackups",
        "vmbackup vmbackups",
        *_SOURCE,
        Column("Type", "string", ".status.type"),
        Column("CheckpointName", "string", ".status.checkpointName"),
        group="backup",
    ),
    _kind(
        "VirtualMachineBackupTracker",
        "virtualmachinebackuptrackers",
        "vmbackuptracker vmbackuptrackers",
        *_SOURCE,
        Column("LatestCheckpoint", "string", ".status.latestCheckpoint.name"),
        Column("CheckpointTime", "date", ".status.latestCheckpoint.creationTime"),
        group="backup",
    ),
    _kind("Plugin", "plugins", group="plugin", subresources=()),
)
"""Every kind of KubeVirt's."""


def custom_resource_definition(custom: CustomKind) -> dict[str, Any]:
    """The CustomResourceDefinition (apiextensions.k8s.io/v1) of a kind, in JSON's types. The same at each call.

    Raises OSError where there are no sources to take descriptions from.
    """
    kind = custom.kind
    schema = _schema(kind)
    names: dict[str, Any] = {
        "kind": kind.name,
        "listKind": f"{kind.name}List",
        "plural": custom.plural,
        "singular": kind.name.lower(),
    }
    if custom.short_names:
        names["shortNames"] = list(custom.short_names)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": custom.name, "labels": {"app.kubernetes.io/part-of": "kvnode"}},
        "spec": {
            "group": kind.group,
            "names": {**names, "categories": ["all"]},
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "versions": [_version(custom, version, schema) for version in kind.versions],
        },
    }


def _version(custom: CustomKind, name: str, schema: Schema) -> dict[str, Any]:
    stored = custom.stored or custom.kind.versions[0]
    version: dict[str, Any] = {"name": name, "served": True, "storage": name == stored}
    if name in custom.deprecated:
        version["deprecated"] = True
        version["deprecationWarning"] = custom.deprecated[name]
    if custom.subresources:
        version["subresources"] = {one: _SUBRESOURCES[one] for one in custom.subresources}
    if custom.columns:
        version["additionalPrinterColumns"] = [_column(column) for column in custom.columns]
    if custom.selectable:
        version["selectableFields"] = [{"jsonPath": f".status.{field}"} for field in custom.selectable]
    version["schema"] = {"openAPIV3Schema": schema}
    return version


def _column(column: Column) -> dict[str, Any]:
    written: dict[str, Any] = {"name": column.name, "type": column.type, "jsonPath": column.path}
    if column.wide:
        written["priority"] = 1
    return written


def _schema(kind: Kind) -> Schema:
    type_ = kind.type()
    schema = object_schema(type_)
    # The server itself types and describes what every object has.
    head: Schema = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    return {"description": type_description(type_), **schema, "properties": {**schema["properties"], **head}}
