"""What one subject of planning hands to the next, and no plan keeps.

Types alone: compiled code reads their fields as C does, which takes that they are there before it is.
"""

from __future__ import annotations

import msgspec

from kvnode.planning.domain_plan import CpuTune, NumaCell


class Architecture(msgspec.Struct, frozen=True, gc=False):
    """One architecture.

    manifest           -- its name in a manifest (Go's), ``libvirt`` in libvirt and uname
    machine            -- the machine type where the manifest names none
    virtio             -- the flavour of virtio devices; ``virtio_old`` the one with the legacy interface too
    scsi               -- model of the SCSI controller, ``scsi_old`` likewise
    balloon            -- model of the memory balloon
    video, efi_video   -- the display adapter with the machine's own firmware, and with UEFI
    video_vram_kib     -- memory of that first adapter, None for the model's own
    keyboard, tablet   -- bus of the input devices that come with graphics, None where the machine has its own
    usb                -- the machine always has USB
    smbios             -- the guest has SMBIOS tables
    pci                -- devices lie on PCI Express, and not on channels
    vmport             -- the machine has VMware's port, which is switched off
    bus, cdrom_bus     -- of a disk and of a CD-ROM drive where the manifest names none
    """

    manifest: str
    libvirt: str
    machine: str
    virtio: str
    virtio_old: str
    scsi: str
    scsi_old: str
    balloon: str
    video: str
    efi_video: str
    video_vram_kib: int | None = None
    keyboard: str | None = None
    tablet: str | None = None
    usb: bool = False
    smbios: bool = True
    pci: bool = True
    vmport: bool = False
    bus: str = "sata"
    cdrom_bus: str = "sata"


class PlanSettings(msgspec.Struct, frozen=True, gc=False):
    """The administrator's part in a plan.

    smbios               -- strings of SMBIOS type 1 that replace ours, by libvirt's entry names
    free_page_reporting  -- guests give back pages that they don't use
    serial_log           -- what a guest writes on its serial console is kept in a file
    tap_plugins          -- binding plugins whose interfaces are plain taps to QEMU
    overhead_ratio       -- factor on the memory overhead
    """

    smbios: tuple[tuple[str, str], ...] = ()
    free_page_reporting: bool = True
    serial_log: bool = True
    tap_plugins: frozenset[str] = frozenset()
    overhead_ratio: float = 1.0


class IoThreads(msgspec.Struct, frozen=True, gc=False):
    """How many threads, and each disk's by its place among the manifest's disks (from 1; empty: the main loop)."""

    count: int
    of_disk: tuple[tuple[int, ...], ...]


class Placement(msgspec.Struct, frozen=True, gc=False):
    """Where a guest with CPUs of its own runs.

    cells       -- what the guest sees of the host's; empty where it sees none
    host_cells  -- the host's cells that its memory is taken from, as a list; None for any
    """

    tune: CpuTune
    cells: tuple[NumaCell, ...] = ()
    host_cells: str | None = None
