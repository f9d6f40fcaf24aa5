"""Rules about backups and their trackers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kvnode.api.backup import VirtualMachineBackup, VirtualMachineBackupTracker
from kvnode.api.settings import settings_of
from kvnode.api.validation.durations import duration_rules
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.gates import gate_rules
from kvnode.api.validation.references import MACHINE, name_rules, reference_rules

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["backup_rules", "backup_tracker_rules"]

_GATE = "IncrementalBackup"
_PULL = "Pull"
_MODES = ("Push", _PULL)
_SOURCES = {**MACHINE, "VirtualMachineBackupTracker": "backup.kubevirt.io"}


def backup_rules(found: Findings, item: VirtualMachineBackup, config: KubeVirtConfiguration | None) -> None:
    """A machine or a tracker of one, a claim, and where it is pulled a token for who pulls."""
    gate_rules(found, type(item).__name__, _GATE, settings_of(config))
    spec = item.spec
    reference_rules(found, "spec.source", spec.source, _SOURCES)
    if spec.mode is not None and spec.mode not in _MODES:
        found.not_supported("spec.mode", f"{shown(spec.mode)} is no mode; it is {listed(_MODES)}.")
    if spec.pvc_name:
        name_rules(found, "spec.pvcName", spec.pvc_name)
    elif spec.mode == _PULL:
        found.required("spec.pvcName", "name the claim for what the guest writes while its disks are read.")
    else:
        found.required("spec.pvcName", "name the claim that the backup is written to.")
    if spec.token_secret_ref:
        name_rules(found, "spec.tokenSecretRef", spec.token_secret_ref)
    elif spec.mode == _PULL:
        found.required("spec.tokenSecretRef", "name the Secret with the token that readers of the backup show.")
    duration_rules(found, "spec.ttlDuration", spec.ttl_duration, positive=True)


def backup_tracker_rules(
    found: Findings, item: VirtualMachineBackupTracker, config: KubeVirtConfiguration | None
) -> None:
    """A machine to remember the last checkpoint of."""
    gate_rules(found, type(item).__name__, _GATE, settings_of(config))
    reference_rules(found, "spec.source", item.spec.source, MACHINE)
