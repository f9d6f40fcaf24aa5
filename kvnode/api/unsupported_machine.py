"""What this build can't do of a VirtualMachine beside its guest, and what ``kvnode run`` takes without doing it.

The guest in the template is asked of ``kvnode.api.unsupported``.  Of the rest, the run strategy needs somebody who
watches the guest for as long as the machine exists: a cluster has a controller for that, the standalone mode has a
person, and what a person asks for by ``run`` is done whatever the strategy says, and told.
"""

from __future__ import annotations

from kvnode.api.encode import to_dict
from kvnode.api.fault import child
from kvnode.api.unsupported import Where
from kvnode.api.validation.virtual_machine import WAIT_AS_RECEIVER
from kvnode.api.virtual_machine import VirtualMachine
from kvnode.errors import VALUE_NOT_SUPPORTED, FieldError

__all__ = ["machine_without_effect", "metadata_without_effect", "unsupported_machine"]

_STRATEGY_NOTES = {
    "Always": "the guest is started once, and nothing here starts it again after its end: that is a cluster's to do.",
    "RerunOnFailure": "the guest is started once, and nothing here starts it again after a crash: that is a cluster's "
    "to do.",
    "Manual": "the guest is started all the same: `run` asks for it.",
    "Halted": "the guest is started all the same: `run` asks for it.",
}


def unsupported_machine(machine: VirtualMachine, where: Where) -> list[FieldError]:
    """What the VirtualMachine asks for beside its guest and this build can't do in this mode, by the document's paths.

    where -- ``standalone`` (``kvnode run``) or ``cluster``
    """
    findings = [
        FieldError(
            f"spec.dataVolumeTemplates[{index}]",
            VALUE_NOT_SUPPORTED,
            f"this build makes no DataVolumes yet in the {where} mode: leave it out.",
        )
        for index in range(len(machine.spec.data_volume_templates))
    ]
    matchers = {"instancetype": machine.spec.instancetype, "preference": machine.spec.preference}
    message = f"this build looks none up yet in the {where} mode: write what it has into spec.template.spec instead."
    findings += [
        FieldError(f"spec.{name}", VALUE_NOT_SUPPORTED, message)
        for name, matcher in matchers.items()
        if matcher is not None
    ]
    if machine.spec.run_strategy == WAIT_AS_RECEIVER:
        message = f"this build can't wait for a migrating guest yet in the {where} mode: set another strategy."
        findings.append(FieldError("spec.runStrategy", VALUE_NOT_SUPPORTED, message))
    return findings


def machine_without_effect(machine: VirtualMachine) -> list[FieldError]:
    """What the standalone mode takes of it without doing what a cluster would: notes to the user, and no faults."""
    spec = machine.spec
    field, strategy = "spec.runStrategy", spec.run_strategy
    if strategy is None and spec.running is not None:
        field, strategy = "spec.running", "Always" if spec.running else "Halted"
    notes = metadata_without_effect(machine)
    if strategy in _STRATEGY_NOTES:
        notes.append(FieldError(field, VALUE_NOT_SUPPORTED, _STRATEGY_NOTES[strategy]))
    if spec.update_volumes_strategy:
        message = "it is kept, and nothing here follows it: that is a cluster's to do."
        notes.append(FieldError("spec.updateVolumesStrategy", VALUE_NOT_SUPPORTED, message))
    return notes


def metadata_without_effect(machine: VirtualMachine) -> list[FieldError]:
    """What a template's metadata has beside labels and annotations: kept, and no guest gets it, in either mode."""
    message = "it is kept, and no guest gets it: a template gives its guest labels and annotations."
    return [
        FieldError(child("spec.template.metadata", name), VALUE_NOT_SUPPORTED, message)
        for name in to_dict(machine.spec.template.metadata)
        if name not in ("labels", "annotations")
    ]
