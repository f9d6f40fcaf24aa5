"""Rules about clones: what is copied and into what, and how the copy differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kvnode._fast.names import is_card_address, is_interface_name, is_serial
from kvnode.api.card_address import canonical_mac
from kvnode.api.clone import VirtualMachineClone, VirtualMachineCloneSpec
from kvnode.api.fault import entry
from kvnode.api.settings import settings_of
from kvnode.api.validation.disks import serial_fault
from kvnode.api.validation.finding import Findings, shown
from kvnode.api.validation.gates import gate_rules
from kvnode.api.validation.names import interface_name_fault
from kvnode.api.validation.patches import patch_rules
from kvnode.api.validation.references import MACHINE, MACHINE_SNAPSHOT, reference_rules

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["clone_rules"]

_GATE = "Snapshot"
_VOLUME_NAME_POLICY = "RandomizeNames"
_MAX_FILTER_CHARACTERS = 319
"""A qualified name with a DNS name before it, `!` and `*`."""


def clone_rules(found: Findings, item: VirtualMachineClone, config: KubeVirtConfiguration | None) -> None:
    """A machine or a snapshot of one, copied into another machine."""
    gate_rules(found, type(item).__name__, _GATE, settings_of(config))
    spec = item.spec
    reference_rules(found, "spec.source", spec.source, {**MACHINE, **MACHINE_SNAPSHOT})
    if spec.target is not None:
        # A target without a name gets one.
        reference_rules(found, "spec.target", spec.target, MACHINE, named=False)
        if spec.target.name and spec.target.name == spec.source.name and spec.source.kind in MACHINE:
            found.invalid(
                "spec.target.name",
                f"{shown(spec.target.name)} is the machine that is copied: choose another name, or leave it out.",
            )
    for field, filters in (
        ("spec.labelFilters", spec.label_filters),
        ("spec.annotationFilters", spec.annotation_filters),
        ("spec.template.labelFilters", spec.template.label_filters),
        ("spec.template.annotationFilters", spec.template.annotation_filters),
    ):
        for index, text in enumerate(filters):
            _filter(found, f"{field}[{index}]", text)
    _identity(found, spec)
    patch_rules(found, "spec.patches", spec.patches)
    if spec.volume_name_policy is not None and spec.volume_name_policy != _VOLUME_NAME_POLICY:
        found.not_supported(
            "spec.volumeNamePolicy", f"{shown(spec.volume_name_policy)} is no policy; it is {_VOLUME_NAME_POLICY}."
        )


def _filter(found: Findings, field: str, text: str) -> None:
    if text in ("", "!"):
        found.invalid(field, f"{shown(text)} names no key: give one such as example.com/*, with ! before what stays.")
    elif "!" in text[1:]:
        found.invalid(field, f"{shown(text)} has a ! that isn't at its beginning, where it leaves keys out.")
    elif "*" in text[:-1]:
        found.invalid(field, f"{shown(text)} has a * that isn't at its end, where it stands for the rest of a key.")
    elif len(text) > _MAX_FILTER_CHARACTERS or not text.isprintable():
        found.invalid(field, f"{shown(text)} must be at most {_MAX_FILTER_CHARACTERS} printable characters.")


def _identity(found: Findings, spec: VirtualMachineCloneSpec) -> None:
    seen: dict[str, str] = {}
    for name, mac in (spec.new_mac_addresses or {}).items():
        field = entry("spec.newMacAddresses", name)
        if not is_interface_name(name):
            found.invalid(field, f"the interface's name {shown(name)} {interface_name_fault(name)}.")
        if not mac:
            continue
        address = canonical_mac(mac)
        if address is None:
            found.invalid(field, f"{shown(mac)} is no MAC address, such as 02:00:5e:10:00:01.")
        elif not is_card_address(address):
            found.invalid(field, f"{address} can't be a card's own: it is a group's address, or nobody's.")
        elif seen.setdefault(address, name) != name:
            found.duplicate(field, f"{address} is the address of {shown(seen[address])} already.")
    if spec.new_smbios_serial and not is_serial(spec.new_smbios_serial):
        found.invalid("spec.newSMBiosSerial", serial_fault(spec.new_smbios_serial))
