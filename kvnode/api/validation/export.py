"""Rules about exports: what is offered, under which token, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kvnode.api.export import VirtualMachineExport
from kvnode.api.validation.durations import duration_rules
from kvnode.api.validation.finding import Findings
from kvnode.api.validation.references import MACHINE, MACHINE_SNAPSHOT, name_rules, reference_rules

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["export_rules"]

_SOURCES = {
    **MACHINE,
    **MACHINE_SNAPSHOT,
    "PersistentVolumeClaim": "",
    "VirtualMachineBackup": "backup.kubevirt.io",
}


def export_rules(found: Findings, item: VirtualMachineExport, config: KubeVirtConfiguration | None) -> None:
    """A source that can be offered, a Secret's name, and some time to read it in."""
    reference_rules(found, "spec.source", item.spec.source, _SOURCES)
    name_rules(found, "spec.tokenSecretRef", item.spec.token_secret_ref)
    duration_rules(found, "spec.ttlDuration", item.spec.ttl_duration, positive=True)
