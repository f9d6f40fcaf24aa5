"""Rules about firmware, machine type, boot and the identity that a guest reads from SMBIOS."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache

from kvnode._fast.names import is_serial
from kvnode.api.features import FeatureState
from kvnode.api.firmware import ACPI, Bootloader, Chassis, KernelBoot
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import DEFAULT_MACHINE_TYPES, Settings
from kvnode.api.validation.disks import serial_fault
from kvnode.api.validation.finding import Findings, few, listed, shown
from kvnode.api.validation.names import absolute_path_fault
from kvnode.api.validation.volumes import image_rules

__all__ = ["firmware_rules", "machine_rules", "uses_secure_boot"]

_UUID = re.compile(
    r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}", re.ASCII
).fullmatch
_MACHINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII).fullmatch
_MAX_SMBIOS_CHARACTERS = 255
_MAX_KERNEL_ARGUMENTS = 2047
"""x86 kernels take a command line of 2048 bytes with its closing NUL (COMMAND_LINE_SIZE)."""

_FIRMWARE = "spec.domain.firmware"


def uses_secure_boot(bootloader: Bootloader | None) -> bool:
    """UEFI's secure boot is on unless the manifest says that it isn't."""
    return bootloader is not None and bootloader.efi is not None and bootloader.efi.secure_boot is not False


def machine_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """An architecture that exists, and a machine type that the configuration permits on it."""
    arch = spec.architecture or settings.default_architecture
    if arch not in DEFAULT_MACHINE_TYPES:
        found.invalid("spec.architecture", f"{shown(arch)} is no architecture; it is {listed(DEFAULT_MACHINE_TYPES)}.")
        return
    machine = spec.domain.machine.type if spec.domain.machine else None
    if not machine:
        return
    permitted = settings.emulated_machines.get(arch, ())
    if not _MACHINE(machine) or not _matches(machine, permitted):
        found.invalid(
            "spec.domain.machine.type",
            f"{shown(machine)} is not permitted on {arch}: it has to match {few(permitted)}.",
        )


# A cluster has a handful of machine types; what is remembered of a name has passed _MACHINE, so it is short.
@lru_cache(maxsize=64)
def _matches(machine: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(machine, pattern) for pattern in patterns)


def firmware_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """One boot loader that the architecture has, an identity that SMBIOS can hold, and a kernel that can be found."""
    if spec.domain.chassis is not None:
        _chassis(found, spec.domain.chassis)
    firmware = spec.domain.firmware
    if firmware is None:
        return
    if firmware.uuid and not _UUID(firmware.uuid):
        found.invalid(
            f"{_FIRMWARE}.uuid", f"{shown(firmware.uuid)} is no UUID, such as 5d307ca9-b3ef-428c-8861-06e72d69f223."
        )
    if firmware.serial and not is_serial(firmware.serial):
        found.invalid(f"{_FIRMWARE}.serial", serial_fault(firmware.serial))
    if firmware.bootloader is not None:
        _bootloader(found, spec, firmware.bootloader)
    if firmware.kernel_boot is not None:
        _kernel_boot(found, firmware.kernel_boot)
    if firmware.acpi is not None:
        _acpi_tables(found, spec, firmware.acpi)


def _bootloader(found: Findings, spec: VirtualMachineInstanceSpec, bootloader: Bootloader) -> None:
    field = f"{_FIRMWARE}.bootloader"
    if bootloader.efi is not None and bootloader.bios is not None:
        found.invalid(field, "efi and bios exclude each other: keep one.")
    if spec.architecture == "arm64":
        if bootloader.bios is not None:
            found.not_supported(f"{field}.bios", "arm64 has no BIOS: use efi.")
        if uses_secure_boot(bootloader):
            found.not_supported(f"{field}.efi.secureBoot", "there is no secure boot on arm64: set it to false.")
    features, security = spec.domain.features, spec.domain.launch_security
    smm = features.smm if features else None
    # A TDX guest has no SMM: its firmware is measured, and guards its variables by that.
    guarded = security is not None and security.tdx is not None
    if uses_secure_boot(bootloader) and spec.architecture != "arm64" and not guarded and not _is_on(smm):
        found.invalid(
            "spec.domain.features.smm" if smm is not None else "spec.domain",
            f"secure boot ({field}.efi, unless secureBoot is false) takes spec.domain.features.smm: "
            "add it, or set secureBoot to false.",
        )


def _is_on(feature: FeatureState | None) -> bool:
    return feature is not None and feature.enabled is not False


def _kernel_boot(found: Findings, boot: KernelBoot) -> None:
    field = f"{_FIRMWARE}.kernelBoot"
    arguments = boot.kernel_args or ""
    if len(arguments) > _MAX_KERNEL_ARGUMENTS or not arguments.isprintable():
        found.invalid(
            f"{field}.kernelArgs",
            f"{shown(arguments)} must be at most {_MAX_KERNEL_ARGUMENTS} printable characters on one line.",
        )
    container = boot.container
    if container is None:
        if arguments:
            found.invalid(f"{field}.kernelArgs", f"there is no kernel to give them to: set {field}.container.")
        return
    if arguments and not container.kernel_path:
        found.invalid(f"{field}.kernelArgs", f"there is no kernel to give them to: set {field}.container.kernelPath.")
    field = f"{field}.container"
    image_rules(found, field, container.image, container.image_pull_policy, container.image_pull_secret)
    if not container.kernel_path and not container.initrd_path:
        found.required(field, "name a kernelPath, an initrdPath or both.")
    for name, path in (("kernelPath", container.kernel_path), ("initrdPath", container.initrd_path)):
        if path and (fault := absolute_path_fault(path)):
            found.invalid(f"{field}.{name}", f"{shown(path)} {fault}.")


def _acpi_tables(found: Findings, spec: VirtualMachineInstanceSpec, acpi: ACPI) -> None:
    field = f"{_FIRMWARE}.acpi"
    references = (("slicNameRef", acpi.slic_name_ref), ("msdmNameRef", acpi.msdm_name_ref))
    if not any(reference for _, reference in references):
        found.invalid(field, "it names no table: set slicNameRef, msdmNameRef or both to volumes.")
    volumes = {volume.name: volume for volume in spec.volumes}
    for name, reference in references:
        if not reference:
            continue
        volume = volumes.get(reference)
        if volume is None:
            found.invalid(f"{field}.{name}", f"no volume is called {shown(reference)}: add it to spec.volumes.")
        elif volume.secret is None:
            found.invalid(f"{field}.{name}", f"volume {shown(reference)} is no secret, which a table comes from.")


def _chassis(found: Findings, chassis: Chassis) -> None:
    for name in ("asset", "manufacturer", "serial", "sku", "version"):
        text: str = getattr(chassis, name) or ""
        if len(text) > _MAX_SMBIOS_CHARACTERS or not text.isprintable():
            found.invalid(
                f"spec.domain.chassis.{name}",
                f"{shown(text)} must be at most {_MAX_SMBIOS_CHARACTERS} printable characters.",
            )
