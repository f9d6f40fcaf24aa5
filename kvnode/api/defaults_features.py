"""Defaults of firmware, features, clock and machine type.

Most of it is one rule: a feature or timer that is present without a value is on. Beside it stand what an
architecture can't do without (ACPI everywhere but on s390x, UEFI on arm64) and what Hyper-V's enlightenments need of
each other.
"""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from kvnode.api.base import Model
from kvnode.api.features import Clock, FeatureHyperv, Features, FeatureSpinlocks, FeatureState, Timer
from kvnode.api.firmware import EFI, Bootloader, Firmware, Machine
from kvnode.api.hyperv import DEPENDENCIES, is_on, is_unsaid
from kvnode.api.identity import firmware_uuid
from kvnode.api.meta import ObjectMeta
from kvnode.api.settings import Settings

__all__ = ["clock_default", "features_default", "firmware_default", "machine_default", "needs_vmx"]

_SPINLOCK_RETRIES = 4096
_TIMERS = ("hpet", "hyperv", "kvm", "pit", "rtc")
_SWITCHES = ("apic", "pvspinlock", "smm")
_PLAIN_HYPERV = ("evmcs", "frequencies", "ipi", "reenlightenment", "relaxed", "reset", "runtime", "synic", "vapic")

M = TypeVar("M", bound=Model)


def machine_default(machine: Machine | None, arch: str, settings: Settings) -> Machine:
    """The machine type of the architecture, as configured. An unknown architecture is left for validation to name."""
    if machine is not None and machine.type:
        return machine
    return replace(machine or Machine(), type=settings.machine_types.get(arch))


def firmware_default(firmware: Firmware | None, metadata: ObjectMeta, arch: str) -> Firmware:
    """A UUID drawn from the guest's identity, and UEFI without secure boot on arm64, which has no BIOS."""
    if firmware is None:
        firmware = Firmware(uuid=firmware_uuid(metadata))
    elif not firmware.uuid:
        firmware = replace(firmware, uuid=firmware_uuid(metadata))
    if arch == "arm64" and firmware.bootloader is None:
        firmware = replace(firmware, bootloader=Bootloader(efi=EFI(secure_boot=False)))
    return firmware


def features_default(features: Features | None, arch: str) -> Features:
    """ACPI is on (off on s390x, which has none), and so is whatever is present without a value."""
    acpi = FeatureState(enabled=arch != "s390x")
    if features is None:
        return Features(acpi=acpi)
    if features.acpi is None or features.acpi.enabled is None:
        features = replace(features, acpi=acpi)
    features = _switched_on(features, _SWITCHES)
    if features.hyperv is not None:
        features = replace(features, hyperv=_hyperv_default(features.hyperv))
    return features


def needs_vmx(features: Features) -> bool:
    """Whether the guest's CPU has to have vmx: Hyper-V's nested VMCS is made of it."""
    return features.hyperv is not None and is_on(features.hyperv, "evmcs")


def clock_default(clock: Clock | None) -> Clock | None:
    """A timer that is named is present."""
    if clock is None or clock.timer is None:
        return clock
    timer: Timer = clock.timer
    silent = {
        name: replace(value, present=True)
        for name in _TIMERS
        if (value := getattr(timer, name)) is not None and value.present is None
    }
    return replace(clock, timer=replace(timer, **silent)) if silent else clock


def _hyperv_default(hyperv: FeatureHyperv) -> FeatureHyperv:
    hyperv = _switched_on(hyperv, (*_PLAIN_HYPERV, "spinlocks", "synictimer", "tlbflush", "vendorid", "vpindex"))
    if hyperv.spinlocks and hyperv.spinlocks.enabled and hyperv.spinlocks.spinlocks is None:
        hyperv = replace(hyperv, spinlocks=FeatureSpinlocks(enabled=True, spinlocks=_SPINLOCK_RETRIES))
    if hyperv.synictimer is not None:
        hyperv = replace(hyperv, synictimer=_switched_on(hyperv.synictimer, ("direct",)))
    if hyperv.tlbflush is not None:
        hyperv = replace(hyperv, tlbflush=_switched_on(hyperv.tlbflush, ("direct", "extended")))
    for name, needed in DEPENDENCIES:
        if is_on(hyperv, name) and not is_on(hyperv, needed):
            if not is_unsaid(hyperv, needed):
                break  # a contradiction, which validation refuses: nothing is made of it
            hyperv = replace(hyperv, **{needed: FeatureState(enabled=True)})
    return hyperv


def _switched_on(parent: M, names: tuple[str, ...]) -> M:
    """The parent with each of these of its parts switched on that is present and doesn't say."""
    silent = {
        name: replace(part, enabled=True)
        for name in names
        if (part := getattr(parent, name)) is not None and part.enabled is None
    }
    return replace(parent, **silent) if silent else parent
