"""The custom resource definitions of the kinds that are served, as plain documents.

Names, short names, columns and subresources are those that users and tools of KubeVirt rely on. Two things differ, on
purpose: a VirtualMachineInstance has a status subresource, so that whoever may edit a guest's manifest can't forge
what is known of it, and conditions are a map by type, so that two daemons can own one each by server-side apply.

The schema is structural and open: `spec` and `status` keep whatever they are given. Admission reads manifests
strictly and tells every fault by its path; a schema that pruned what it doesn't know would drop it without a word.
Only what the API server itself has to understand is typed: conditions, and the fields that lists can be selected by.
"""

from typing import Any

from msgspec import Struct

from kvnode.api.base import Model
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.kubevirt import KubeVirt
from kvnode.api.virtual_machine import VirtualMachine

GROUP = "kubevirt.io"
VERSION = "v1"

_OLD_VERSION = "v1alpha3"


class Column(Struct, frozen=True):
    """A column of `kubectl get`; `wide` ones are shown by `-o wide` alone."""

    name: str
    type: str
    path: str
    wide: bool = False


class CustomKind(Struct, frozen=True):
    """What tells one kind's definition from another's.

    selectable -- paths of status that watches can be narrowed by (`--field-selector`)
    """

    type: type[Model]
    plural: str
    short_names: tuple[str, ...]
    columns: tuple[Column, ...]
    selectable: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The kind's name, `VirtualMachine`."""
        return self.type.__name__


_AGE = Column("Age", "date", ".metadata.creationTimestamp")


def _condition(name: str, *, wide: bool = False, label: str | None = None) -> Column:
    return Column(label or name, "string", f".status.conditions[?(@.type=='{name}')].status", wide)


CUSTOM_KINDS = (
    CustomKind(
        VirtualMachine,
        "virtualmachines",
        ("vm", "vms"),
        (_AGE, Column("Status", "string", ".status.printableStatus"), _condition("Ready")),
    ),
    CustomKind(
        VirtualMachineInstance,
        "virtualmachineinstances",
        ("vmi", "vmis"),
        (
            _AGE,
            Column("Phase", "string", ".status.phase"),
            Column("IP", "string", ".status.interfaces[0].ipAddress"),
            Column("NodeName", "string", ".status.nodeName"),
            _condition("Ready"),
            _condition("LiveMigratable", wide=True, label="Live-Migratable"),
            _condition("Paused", wide=True),
        ),
        selectable=("nodeName", "phase"),
    ),
    CustomKind(KubeVirt, "kubevirts", ("kv", "kvs"), (_AGE, Column("Phase", "string", ".status.phase"))),
)
"""The kinds that are served."""


def custom_resource_definitions() -> list[dict[str, Any]]:
    """One CustomResourceDefinition (apiextensions.k8s.io/v1) for each kind, in JSON's types. The same at each call."""
    return [_definition(kind) for kind in CUSTOM_KINDS]


def _definition(kind: CustomKind) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}", "labels": {"app.kubernetes.io/part-of": "kvnode"}},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.name.lower(),
                "shortNames": list(kind.short_names),
                "categories": ["all"],
            },
            "scope": "Namespaced",
            "versions": [_version(kind, VERSION), _version(kind, _OLD_VERSION)],
        },
    }


def _version(kind: CustomKind, name: str) -> dict[str, Any]:
    version: dict[str, Any] = {"name": name, "served": True, "storage": name == VERSION}
    if name == _OLD_VERSION:
        version["deprecated"] = True
        version["deprecationWarning"] = f"{GROUP}/{_OLD_VERSION} is {GROUP}/{VERSION} under its old name; use that"
    version["schema"] = {"openAPIV3Schema": _schema(kind)}
    version["subresources"] = {"status": {}}
    version["additionalPrinterColumns"] = [_column(column) for column in kind.columns]
    if kind.selectable:
        version["selectableFields"] = [{"jsonPath": f".status.{field}"} for field in kind.selectable]
    return version


def _column(column: Column) -> dict[str, Any]:
    written: dict[str, Any] = {"name": column.name, "type": column.type, "jsonPath": column.path}
    if column.wide:
        written["priority"] = 1
    return written


def _schema(kind: CustomKind) -> dict[str, Any]:
    return {
        "type": "object",
        "description": _summary(kind.type),
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": f"`{GROUP}/{VERSION}`"},
            "kind": {"type": "string", "description": f"`{kind.name}`"},
            "metadata": {"type": "object"},
            "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "status": _status(kind),
        },
    }


def _status(kind: CustomKind) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
        "properties": {
            "conditions": {
                "type": "array",
                "description": "Statements about the object, one for each type",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["type"],
                "items": {
                    "type": "object",
                    "x-kubernetes-preserve-unknown-fields": True,
                    "required": ["type", "status"],
                    "properties": {"type": text, "status": text},
                },
            },
            **dict.fromkeys(kind.selectable, text),
        },
    }


def _summary(kind: type[Model]) -> str:
    return (kind.__doc__ or kind.__name__).strip().partition("\n")[0]
