"""Firmware, boot, machine and the identity that a guest reads from its SMBIOS tables."""

from kvnode.api.base import Model


class BIOS(Model, frozen=True):
    """SeaBIOS."""

    use_serial: bool | None = None


class EFI(Model, frozen=True):
    """UEFI (OVMF)."""

    persistent: bool | None = None
    secure_boot: bool | None = None


class Bootloader(Model, frozen=True):
    """Which firmware starts the guest; without a choice it is BIOS."""

    bios: BIOS | None = None
    efi: EFI | None = None


class KernelBootContainer(Model, frozen=True):
    """A container image with a kernel and an initial ramdisk."""

    image: str = ""
    image_pull_policy: str | None = None
    image_pull_secret: str | None = None
    initrd_path: str | None = None
    kernel_path: str | None = None


class KernelBoot(Model, frozen=True):
    """Starts a kernel directly, without a boot loader."""

    container: KernelBootContainer | None = None
    kernel_args: str | None = None


class ACPI(Model, frozen=True):
    """ACPI tables that the guest gets from secrets, for Windows licences."""

    msdm_name_ref: str | None = None
    slic_name_ref: str | None = None


class Firmware(Model, frozen=True):
    """How a guest boots, and its identity."""

    acpi: ACPI | None = None
    bootloader: Bootloader | None = None
    kernel_boot: KernelBoot | None = None
    serial: str | None = None
    uuid: str | None = None


class Chassis(Model, frozen=True):
    """What the SMBIOS tables say about the case."""

    asset: str | None = None
    manufacturer: str | None = None
    serial: str | None = None
    sku: str | None = None
    version: str | None = None


class Machine(Model, frozen=True):
    """The model of machine that QEMU emulates."""

    type: str | None = None


class SEVPolicy(Model, frozen=True):
    """What SEV's secure processor enforces."""

    encrypted_state: bool | None = None


class SEVAttestation(Model, frozen=True):
    """Holds the guest back until its owner has attested it."""


class SEV(Model, frozen=True):
    """AMD's memory encryption, first generation."""

    attestation: SEVAttestation | None = None
    dh_cert: str | None = None
    policy: SEVPolicy | None = None
    session: str | None = None


class SEVSNP(Model, frozen=True):
    """AMD's memory encryption with integrity."""


class TDX(Model, frozen=True):
    """Intel's confidential guests."""


class LaunchSecurity(Model, frozen=True):
    """Hardware that keeps the host out of the guest's memory: one of these."""

    sev: SEV | None = None
    snp: SEVSNP | None = None
    tdx: TDX | None = None
