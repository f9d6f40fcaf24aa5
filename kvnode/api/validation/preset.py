"""Rules about presets: parts of a guest, and labels of the guests that take them over.

A part is judged as it would be in a guest. What has to go together with the guest's own parts (a disk with its volume,
an interface with its network) is asked when both are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kvnode.api.preset import VirtualMachineInstancePreset
from kvnode.api.settings import settings_of
from kvnode.api.validation.amounts import quantity_rules
from kvnode.api.validation.cpu import cpu_rules
from kvnode.api.validation.devices import device_rules, io_thread_rules
from kvnode.api.validation.disks import boot_order_rules, disk_rules
from kvnode.api.validation.features import clock_rules, feature_rules
from kvnode.api.validation.finding import Findings
from kvnode.api.validation.firmware import firmware_rules, machine_rules
from kvnode.api.validation.interfaces import interface_rules
from kvnode.api.validation.labels import label_selector_rules
from kvnode.api.validation.memory import memory_rules
from kvnode.api.validation.stand_in import judge, stand_in

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["preset_rules"]

_RULES = (
    machine_rules,
    quantity_rules,
    cpu_rules,
    memory_rules,
    firmware_rules,
    feature_rules,
    clock_rules,
    io_thread_rules,
    disk_rules,
    boot_order_rules,
    interface_rules,
    device_rules,
)
_PLACES = {"spec.domain": "spec.domain"}


def preset_rules(found: Findings, item: VirtualMachineInstancePreset, config: KubeVirtConfiguration | None) -> None:
    """A selector, which may choose every guest, and a domain whose parts can be in a guest."""
    spec, settings = item.spec, settings_of(config)
    label_selector_rules(found, "spec.selector", spec.selector)
    if spec.domain is None:
        found.required("spec.domain", "say what guests take over, such as devices or firmware.")
        return
    faults = Findings()
    judge(faults, stand_in(spec.domain, settings.default_architecture), _RULES, settings, _PLACES)
    # Their volumes are the guest's, and so are the secrets behind these tables.
    found.extend(fault for fault in faults if not fault.field.startswith("spec.domain.firmware.acpi."))
