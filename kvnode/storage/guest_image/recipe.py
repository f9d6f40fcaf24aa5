"""What goes into an image: packages, kernel modules, the kernel's command line; as values.

``tiny`` runs Debian's cloud kernel: small and quick, with all of virtio, and without USB, AHCI (so it sees no SATA
disk or CD-ROM on q35), e1000 and the emulated watchdogs.  Everything else of an image is the same for every recipe, so
that one with the full kernel differs by its kernel package alone: the list of modules names what either kernel has.
"""

from __future__ import annotations

import msgspec

# A guest that has none of these can't boot, talk or be switched off: their lack is an error.
NEEDED_MODULES = (
    "virtio_pci",
    "virtio_blk",
    "virtio_scsi",
    "virtio_net",
    "virtio_console",
    "virtio_balloon",
    "virtio_rng",
    "sd_mod",
    "sr_mod",
    "isofs",
    "vfat",
    "button",
    "evdev",
)

# Taken where the kernel has them.
WELCOME_MODULES = (
    # what else KubeVirt's machines can have
    "virtio_input",
    "virtio_mem",
    "virtiofs",
    "vmw_vsock_virtio_transport",
    "9p",
    "9pnet_virtio",
    "pvpanic_pci",
    "pvpanic_mmio",
    "qemu_fw_cfg",
    # emulated disks and CD-ROMs
    "ahci",
    "ata_piix",
    "ata_generic",
    "nvme",
    "sym53c8xx",
    "megaraid_sas",
    "mptsas",
    "mptspi",
    # emulated network cards
    "e1000",
    "e1000e",
    "igb",
    "8139cp",
    "8139too",
    "ne2k_pci",
    "pcnet32",
    "vmxnet3",
    # USB: disks, tablets, keyboards
    "xhci_pci",
    "ehci_pci",
    "uhci_hcd",
    "usb_storage",
    "uas",
    "usbhid",
    "hid_generic",
    # watchdogs
    "i6300esb",
    "iTCO_wdt",
    "lpc_ich",
    # code pages that FAT asks for
    "nls_cp437",
    "nls_ascii",
    "nls_iso8859_1",
)

# The last console is where init's own messages and the shell's are.  A panicking guest restarts after a second, as the
# cloud images do; where the machine has a pvpanic device the host has heard of it before.
COMMAND_LINE = "console=tty0 console=ttyS0,115200n8 quiet panic=1"


class Recipe(msgspec.Struct, frozen=True):
    """An image by name; ``kernel_package`` is the meta package whose dependency is the kernel to take."""

    name: str
    kernel_package: str
    needed_modules: tuple[str, ...] = NEEDED_MODULES
    welcome_modules: tuple[str, ...] = WELCOME_MODULES
    command_line: str = COMMAND_LINE

    @property
    def reference(self) -> str:
        """How manifests name the image."""
        return f"localhost/kvnode/{self.name}"


TINY = Recipe("tiny", "linux-image-cloud-amd64")
TINY_FULL = Recipe("tiny-full", "linux-image-amd64")

RECIPES = {recipe.name: recipe for recipe in (TINY, TINY_FULL)}
