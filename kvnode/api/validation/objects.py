"""Rules for objects that are no guests: which module judges which kind, and what holds for every kind.

Each kind has a module of its subject with one function ``(found, item, config)`` for it, imported when the first object
of that kind comes: whoever judges guests pays for guests. The rules are KubeVirt's admission's and its definitions',
and where those let through what can't mean anything (a policy that doesn't exist, a name that is none, a selector that
chooses everything) it is refused here with a sentence.

What other objects of the cluster say isn't asked: a restore of a snapshot that doesn't exist is a sound manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.kinds import KINDS
from kvnode.api.meta import ListMeta
from kvnode.api.settings import settings_of, typed_configuration
from kvnode.api.validation import validate
from kvnode.api.validation.finding import Findings, shown
from kvnode.api.validation.metadata import metadata_rules
from kvnode.api.validation.strings import string_rules
from kvnode.errors import FieldError

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["RULES", "validate_object"]

RULES: dict[str, tuple[str, str]] = {
    "KubeVirt": ("kubevirt", "kubevirt_rules"),
    "MigrationPolicy": ("migrations", "migration_policy_rules"),
    "Plugin": ("plugin", "plugin_rules"),
    "VirtualMachine": ("templates", "virtual_machine_rules"),
    "VirtualMachineBackup": ("backup", "backup_rules"),
    "VirtualMachineBackupTracker": ("backup", "backup_tracker_rules"),
    "VirtualMachineClone": ("clone", "clone_rules"),
    "VirtualMachineClusterInstancetype": ("instancetype", "instancetype_rules"),
    "VirtualMachineClusterPreference": ("preference", "preference_rules"),
    "VirtualMachineExport": ("export", "export_rules"),
    "VirtualMachineInstanceMigration": ("migrations", "migration_rules"),
    "VirtualMachineInstancePreset": ("preset", "preset_rules"),
    "VirtualMachineInstanceReplicaSet": ("replication", "replica_set_rules"),
    "VirtualMachineInstancetype": ("instancetype", "instancetype_rules"),
    "VirtualMachinePool": ("replication", "pool_rules"),
    "VirtualMachinePreference": ("preference", "preference_rules"),
    "VirtualMachineRestore": ("snapshots", "restore_rules"),
    "VirtualMachineSnapshot": ("snapshots", "snapshot_rules"),
    "VirtualMachineSnapshotContent": ("snapshots", "snapshot_content_rules"),
}
"""By kind, the module and the function in it that judge its objects."""

_KINDS = {kind.name: kind for kind in KINDS.values()}


def validate_object(item: Any, config: Mapping[str, Any] | KubeVirtConfiguration | None = None) -> list[FieldError]:
    """Everything that is wrong with an object of any kind; an empty list for a good one.

    item   -- an object with a name, or a list of one kind
    config -- ``spec.configuration`` of the KubeVirt resource, as a plain dict or typed; None for its defaults.

    Raises InvalidManifest where the configuration (not the manifest) has a value of the wrong type.
    """
    if isinstance(item, VirtualMachineInstance):
        return validate(item, config)
    if isinstance(item.metadata, ListMeta):
        return [
            FieldError(f"items[{index}].{fault.field}".rstrip("."), fault.reason, fault.message)
            for index, inner in enumerate(item.items)
            for fault in validate_object(inner, config)
        ]
    typed = typed_configuration(config) if config else None
    found = Findings()
    name, metadata = type(item).__name__, item.metadata
    if name == "VirtualMachine":
        # Its labels and annotations mean what a guest's do, and are judged so with the rest of it.
        metadata = replace(metadata, labels=None, annotations=None)
    metadata_rules(found, metadata, settings_of(typed), guest=False)
    _place(found, name, item.metadata.namespace)
    if name in RULES:
        module, function = RULES[name]
        rules: Callable[..., None] = getattr(import_module(f"kvnode.api.validation.{module}"), function)
        rules(found, item, typed)
    string_rules(found, item)
    return found


def _place(found: Findings, name: str, namespace: str | None) -> None:
    kind = _KINDS.get(name)
    if namespace and kind is not None and not kind.namespaced:
        found.invalid("metadata.namespace", f"a {name} is the whole cluster's: leave {shown(namespace)} out.")
