"""Firmware, boot, machine and the identity that a guest reads from its SMBIOS tables."""

from kvnode.api.base import EMPTY, Model


class BIOS(Model, frozen=True):
    """SeaBIOS."""

    use_serial: bool | None = None  # whether the firmware writes to the serial console


class EFI(Model, frozen=True):
    """UEFI (OVMF)."""

    secure_boot: bool | None = None  # whether only signed code boots; yes if nobody says
    persistent: bool | None = None  # whether its variables outlive the guest


class Bootloader(Model, frozen=True):
    """Which firmware starts the guest; without a choice it is BIOS."""

    bios: BIOS | None = None  # BIOS (SeaBIOS)
    efi: EFI | None = None  # UEFI


class KernelBootContainer(Model, frozen=True):
    """A container image with a kernel and an initial ramdisk."""

    image: str = EMPTY  # the image's reference
    image_pull_policy: str | None = None  # when the image is pulled: `Always`, `IfNotPresent` or `Never`
    image_pull_secret: str | None = None  # a Secret of the namespace with the registry's credentials
    kernel_path: str | None = None  # absolute path of the kernel in the image
    initrd_path: str | None = None  # absolute path of the initial ramdisk in the image


class KernelBoot(Model, frozen=True):
    """Starts a kernel directly, without a boot loader."""

    container: KernelBootContainer | None = None  # where kernel and ramdisk come from
    kernel_args: str | None = None  # the kernel's command line


class ACPI(Model, frozen=True):
    """ACPI tables that the guest gets from secrets, for Windows licences."""

    slic_name_ref: str | None = None  # the volume, of a secret, that holds the SLIC table
    msdm_name_ref: str | None = None  # the volume, of a secret, that holds the MSDM table


class Firmware(Model, frozen=True):
    """How a guest boots, and its identity."""

    uuid: str | None = None  # the guest's uuid; derived from its name if nobody says
    serial: str | None = None  # the system's serial number
    bootloader: Bootloader | None = None  # BIOS or UEFI
    kernel_boot: KernelBoot | None = None  # starts a kernel directly
    acpi: ACPI | None = None  # ACPI tables from secrets


class Chassis(Model, frozen=True):
    """What the SMBIOS tables say about the case."""

    manufacturer: str | None = None  # who made it
    version: str | None = None  # its version
    serial: str | None = None  # its serial number
    asset: str | None = None  # its tag in an inventory
    sku: str | None = None  # its number in a catalogue


class Machine(Model, frozen=True):
    """The model of machine that QEMU emulates."""

    type: str | None = None  # the machine type, such as `q35`, or a version of it such as `pc-q35-7.2`


class SEVPolicy(Model, frozen=True):
    """What SEV's secure processor enforces."""

    encrypted_state: bool | None = None  # whether CPU registers are encrypted too (SEV-ES)


class SEVAttestation(Model, frozen=True):
    """Holds the guest back until its owner has attested it."""


class SEV(Model, frozen=True):
    """AMD's memory encryption, first generation."""

    policy: SEVPolicy | None = None  # what is enforced
    attestation: SEVAttestation | None = None  # waits for the owner's attestation before it starts
    session: str | None = None  # the owner's session blob, in base64
    dh_cert: str | None = None  # the owner's Diffie-Hellman key, in base64


class SEVSNP(Model, frozen=True):
    """AMD's memory encryption with integrity."""


class TDX(Model, frozen=True):
    """Intel's confidential guests."""


class LaunchSecurity(Model, frozen=True):
    """Hardware that keeps the host out of the guest's memory: one of these."""

    sev: SEV | None = None  # AMD's first generation
    snp: SEVSNP | None = None  # AMD's, with integrity
    tdx: TDX | None = None  # Intel's
