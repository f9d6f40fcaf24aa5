"""Rules about snapshots, about what they hold, and about putting them back.

A snapshot's content is written by the controller that takes it, or by a backup program that brings one along. The
machine in it was let in when it was made; it isn't judged by rules of today, by which it might never come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kvnode.api.restore import VirtualMachineRestore, VirtualMachineRestoreSpec
from kvnode.api.settings import settings_of
from kvnode.api.snapshot import VirtualMachineSnapshot, VirtualMachineSnapshotContent
from kvnode.api.validation.durations import duration_rules
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.gates import gate_rules
from kvnode.api.validation.labels import annotation_map_rules, label_map_rules
from kvnode.api.validation.patches import patch_rules
from kvnode.api.validation.references import MACHINE, name_rules, reference_rules

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["restore_rules", "snapshot_content_rules", "snapshot_rules"]

_GATE = "Snapshot"
_DELETION_POLICIES = ("Delete", "Retain")
_READINESS_POLICIES = ("StopTarget", "WaitGracePeriod", "FailImmediate", "WaitEventually")
_RESTORE_POLICIES = ("RandomizeNames", "InPlace", "PrefixTargetName")
_OWNERSHIP_POLICIES = ("Vm", "None")


def snapshot_rules(found: Findings, item: VirtualMachineSnapshot, config: KubeVirtConfiguration | None) -> None:
    """A machine to take it of, and a policy that exists."""
    gate_rules(found, type(item).__name__, _GATE, settings_of(config))
    spec = item.spec
    reference_rules(found, "spec.source", spec.source, MACHINE)
    if spec.deletion_policy is not None and spec.deletion_policy not in _DELETION_POLICIES:
        found.not_supported(
            "spec.deletionPolicy", f"{shown(spec.deletion_policy)} is no policy; it is {listed(_DELETION_POLICIES)}."
        )
    duration_rules(found, "spec.failureDeadline", spec.failure_deadline)


def snapshot_content_rules(
    found: Findings, item: VirtualMachineSnapshotContent, config: KubeVirtConfiguration | None
) -> None:
    """A machine, and for each of its volumes one backup with a claim and a volume snapshot."""
    spec = item.spec
    name_rules(found, "spec.virtualMachineSnapshotName", spec.virtual_machine_snapshot_name)
    if spec.source.virtual_machine is None:
        found.required("spec.source.virtualMachine", "there is no machine to put back: give it as it was.")
    seen: dict[str, int] = {}
    for index, backup in enumerate(spec.volume_backups):
        field = f"spec.volumeBackups[{index}]"
        if not backup.volume_name:
            found.required(f"{field}.volumeName", "name the volume of the machine's template.")
        elif backup.volume_name in seen:
            found.duplicate(
                f"{field}.volumeName",
                f"{shown(backup.volume_name)} is volumeBackups[{seen[backup.volume_name]}] already.",
            )
        else:
            name_rules(found, f"{field}.volumeName", backup.volume_name)
        seen.setdefault(backup.volume_name, index)
        name_rules(found, f"{field}.volumeSnapshotName", backup.volume_snapshot_name)
        name_rules(found, f"{field}.persistentVolumeClaim.metadata.name", backup.persistent_volume_claim.metadata.name)


def restore_rules(found: Findings, item: VirtualMachineRestore, config: KubeVirtConfiguration | None) -> None:
    """A machine to put it back into, a snapshot, policies that exist, and changes to what can be changed."""
    gate_rules(found, type(item).__name__, _GATE, settings_of(config))
    spec = item.spec
    reference_rules(found, "spec.target", spec.target, MACHINE)
    if spec.virtual_machine_snapshot_name:
        name_rules(found, "spec.virtualMachineSnapshotName", spec.virtual_machine_snapshot_name)
    else:
        found.required("spec.virtualMachineSnapshotName", "name the VirtualMachineSnapshot to put back.")
    for name, policy, policies in (
        ("targetReadinessPolicy", spec.target_readiness_policy, _READINESS_POLICIES),
        ("volumeRestorePolicy", spec.volume_restore_policy, _RESTORE_POLICIES),
        ("volumeOwnershipPolicy", spec.volume_ownership_policy, _OWNERSHIP_POLICIES),
    ):
        if policy is not None and policy not in policies:
            found.not_supported(f"spec.{name}", f"{shown(policy)} is no policy; it is {listed(policies)}.")
    _overrides(found, spec)
    patch_rules(found, "spec.patches", spec.patches)


def _overrides(found: Findings, spec: VirtualMachineRestoreSpec) -> None:
    volumes: dict[str, int] = {}
    claims: dict[str, int] = {}
    for index, override in enumerate(spec.volume_restore_overrides):
        field = f"spec.volumeRestoreOverrides[{index}]"
        name, claim = override.volume_name or "", override.restore_name or ""
        if not name:
            found.required(f"{field}.volumeName", "name the volume whose claim should be different.")
        elif volumes.setdefault(name, index) != index:
            found.duplicate(
                f"{field}.volumeName", f"{shown(name)} is that of volumeRestoreOverrides[{volumes[name]}] already."
            )
        if not claim and override.labels is None and override.annotations is None:
            found.required(field, "it says nothing of the claim: set restoreName, labels or annotations.")
        if claim and claims.setdefault(claim, index) != index:
            found.duplicate(
                f"{field}.restoreName", f"{shown(claim)} is that of volumeRestoreOverrides[{claims[claim]}] already."
            )
        name_rules(found, f"{field}.restoreName", claim)
        if override.labels:
            label_map_rules(found, f"{field}.labels", override.labels)
        if override.annotations:
            annotation_map_rules(found, f"{field}.annotations", override.annotations)
