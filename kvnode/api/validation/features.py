"""Rules about features, Hyper-V's enlightenments, the clock, and how a guest is encrypted."""

from __future__ import annotations

import re

from kvnode.api.features import Clock, FeatureHyperv, Features
from kvnode.api.firmware import Bootloader, LaunchSecurity
from kvnode.api.hyperv import DEPENDENCIES, is_on
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.firmware import uses_secure_boot

__all__ = ["clock_rules", "feature_rules", "launch_security_rules"]

_MINIMUM_SPINLOCK_RETRIES = 4095
"""Hyper-V's specification calls 0xFFFFFFFF never; QEMU and libvirt take 4095 and more."""

_VENDOR_ID_CHARACTERS = 12
_TIMEZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}", re.ASCII).fullmatch
_TICK_POLICIES = {
    "hpet": ("delay", "catchup", "merge", "discard"),
    "pit": ("delay", "catchup", "discard"),
    "rtc": ("delay", "catchup"),
}
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII).fullmatch
_RTC_TRACKS = ("guest", "wall")

_HYPERV = "spec.domain.features.hyperv"
_SECURITY = "spec.domain.launchSecurity"


def feature_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Enlightenments with all that they need, or whatever the host offers, but not both."""
    features: Features | None = spec.domain.features
    if features is None:
        return
    hyperv = features.hyperv
    passthrough = features.hyperv_passthrough
    if passthrough is not None and passthrough.enabled is not False and hyperv is not None:
        found.invalid(_HYPERV, "hypervPassthrough takes all that the host offers: drop it, or drop hyperv.")
    if hyperv is not None:
        _enlightenments(found, hyperv)


def clock_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """One offset, a time zone by its name, and policies for late ticks that the timer knows."""
    clock: Clock | None = spec.domain.clock
    if clock is None:
        return
    if clock.utc is not None and clock.timezone:
        found.invalid("spec.domain.clock", "utc and timezone exclude each other: keep one.")
    if clock.timezone and (len(clock.timezone) > 64 or not _TIMEZONE(clock.timezone)):
        found.invalid("spec.domain.clock.timezone", f"{shown(clock.timezone)} is no time zone, such as Europe/Vienna.")
    if clock.timer is None:
        return
    for name, policies in _TICK_POLICIES.items():
        timer = getattr(clock.timer, name)
        if timer is not None and timer.tick_policy and timer.tick_policy not in policies:
            found.not_supported(
                f"spec.domain.clock.timer.{name}.tickPolicy",
                f"{shown(timer.tick_policy)} is no policy of this timer; it is {listed(policies)}.",
            )
    rtc = clock.timer.rtc
    if rtc is not None and rtc.track and rtc.track not in _RTC_TRACKS:
        found.not_supported(
            "spec.domain.clock.timer.rtc.track", f"{shown(rtc.track)} can't be tracked: it is {listed(_RTC_TRACKS)}."
        )


def launch_security_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """One kind of encryption, its gate open, and a guest that starts in the way that it can measure."""
    security = spec.domain.launch_security
    if security is None:
        return
    if spec.architecture == "s390x":
        return
    kinds = [name for name in ("sev", "snp", "tdx") if getattr(security, name) is not None]
    if len(kinds) != 1:
        found.invalid(_SECURITY, f"it is exactly one of sev, snp or tdx; here is {' and '.join(kinds) or 'none'}.")
        return
    kind = kinds[0]
    gate = "WorkloadEncryptionTDX" if kind == "tdx" else "WorkloadEncryptionSEV"
    if not settings.gate(gate):
        found.invalid(f"{_SECURITY}.{kind}", f"it takes the feature gate {gate}, which is shut.")
        return
    _measured_start(found, spec, security, kind)


def _enlightenments(found: Findings, hyperv: FeatureHyperv) -> None:
    for name, needed in DEPENDENCIES:
        if is_on(hyperv, name) and not is_on(hyperv, needed):
            found.invalid(
                f"{_HYPERV}.{name}", f"it takes {_HYPERV}.{needed}, which is switched off: drop one of the two."
            )
    spinlocks = hyperv.spinlocks
    retries = spinlocks.spinlocks if spinlocks is not None and spinlocks.enabled is not False else None
    if retries is not None and retries < _MINIMUM_SPINLOCK_RETRIES:
        found.invalid(
            f"{_HYPERV}.spinlocks.spinlocks",
            f"{retries} retries are less than {_MINIMUM_SPINLOCK_RETRIES}, the least that there is.",
        )
    vendor = hyperv.vendorid.vendorid if hyperv.vendorid else None
    if vendor and (
        len(vendor) > _VENDOR_ID_CHARACTERS or not vendor.isprintable() or not vendor.isascii() or "," in vendor
    ):
        found.invalid(
            f"{_HYPERV}.vendorid.vendorid",
            f"{shown(vendor)} must be at most {_VENDOR_ID_CHARACTERS} printable ASCII characters without commas.",
        )


def _measured_start(found: Findings, spec: VirtualMachineInstanceSpec, security: LaunchSecurity, kind: str) -> None:
    field, name = f"{_SECURITY}.{kind}", kind.upper()
    features, firmware = spec.domain.features, spec.domain.firmware
    if kind == "tdx" and features is not None and features.smm is not None and features.smm.enabled is not False:
        found.invalid(field, "TDX guests have no SMM: drop spec.domain.features.smm.")
    bootloader: Bootloader | None = firmware.bootloader if firmware else None
    if bootloader is None or bootloader.efi is None:
        found.invalid(field, f"{name} guests start from UEFI: set spec.domain.firmware.bootloader.efi.")
    else:
        if kind != "tdx" and uses_secure_boot(bootloader):
            found.invalid(field, f"{name} and secure boot exclude each other: set efi.secureBoot to false.")
        if kind != "sev" and bootloader.efi.persistent:
            found.invalid(field, f"{name} guests have no persistent UEFI variables: drop efi.persistent.")
    if security.sev is not None:
        for part, text in (("dhCert", security.sev.dh_cert), ("session", security.sev.session)):
            if text and not _BASE64(text):
                found.invalid(f"{field}.{part}", f"{shown(text)} is not base64 (RFC 4648).")
    if security.sev is not None and security.sev.attestation is not None and spec.start_strategy != "Paused":
        found.invalid(field, "the guest waits for its attestation: set spec.startStrategy to Paused.")
    for index, interface in enumerate(spec.domain.devices.interfaces):
        if interface.boot_order is not None:
            found.invalid(
                field,
                f"{name} guests can't boot from the network: drop spec.domain.devices.interfaces[{index}].bootOrder.",
            )
