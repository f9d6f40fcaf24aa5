"""Disks as the guest sees them: the front half; `volumes` is what lies behind.

A disk and its volume carry the same name. Exactly one of `disk`, `lun` and `cdrom` says how the guest meets it;
none of them means `disk`.
"""

from msgspec import field

from kvnode.api.base import Model, Uint32
from kvnode.api.features import FeatureState


class DiskTarget(Model, frozen=True):
    """An ordinary disk."""

    bus: str | None = None
    pci_address: str | None = None
    readonly: bool | None = None


class LunTarget(Model, frozen=True):
    """A disk that passes SCSI commands through to the device behind it."""

    bus: str | None = None
    readonly: bool | None = None
    reservation: bool | None = None


class CDRomTarget(Model, frozen=True):
    """An optical drive."""

    bus: str | None = None
    readonly: bool | None = None
    tray: str | None = None


class CustomBlockSize(Model, frozen=True):
    """Block sizes in bytes, stated by hand."""

    discard_granularity: Uint32 | None = None
    logical: Uint32 | None = None
    physical: Uint32 | None = None


class BlockSize(Model, frozen=True):
    """Block size that the guest sees."""

    custom: CustomBlockSize | None = None
    match_volume: FeatureState | None = None


class Disk(Model, frozen=True):
    """One disk of the guest."""

    name: str = ""
    block_size: BlockSize | None = None
    boot_order: Uint32 | None = None
    cache: str | None = None
    cdrom: CDRomTarget | None = None
    changed_block_tracking: bool | None = None
    dedicated_io_thread: bool | None = field(default=None, name="dedicatedIOThread")
    disk: DiskTarget | None = None
    error_policy: str | None = None
    io: str | None = None
    lun: LunTarget | None = None
    serial: str | None = None
    shareable: bool | None = None
    tag: str | None = None
