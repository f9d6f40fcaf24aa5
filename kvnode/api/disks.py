"""Disks as the guest sees them: the front half; `volumes` is what lies behind.

A disk and its volume carry the same name. Exactly one of `disk`, `lun` and `cdrom` says how the guest meets it;
none of them means `disk`.
"""

from msgspec import field

from kvnode.api.base import EMPTY, Model, Uint32
from kvnode.api.features import FeatureState


class DiskTarget(Model, frozen=True):
    """An ordinary disk."""

    bus: str | None = None  # what it is connected to: `virtio`, `sata`, `scsi` or `usb`
    readonly: bool | None = None  # whether the guest can only read
    pci_address: str | None = None  # where the disk sits, such as `0000:05:00.0`; virtio only


class LunTarget(Model, frozen=True):
    """A disk that passes SCSI commands through to the device behind it."""

    bus: str | None = None  # what it is connected to: `scsi` or `sata`
    readonly: bool | None = None  # whether the guest can only read
    reservation: bool | None = None  # whether the guest may take persistent reservations


class CDRomTarget(Model, frozen=True):
    """An optical drive."""

    bus: str | None = None  # what it is connected to: `sata` or `scsi`
    readonly: bool | None = None  # whether the guest can only read, as is usual
    tray: str | None = None  # whether it starts `open` or `closed`


class CustomBlockSize(Model, frozen=True):
    """Block sizes in bytes, stated by hand."""

    logical: Uint32 | None = None  # the smallest unit that can be addressed
    physical: Uint32 | None = None  # the unit that is written without reading first
    discard_granularity: Uint32 | None = None  # the unit that can be given back


class BlockSize(Model, frozen=True):
    """Block size that the guest sees."""

    custom: CustomBlockSize | None = None  # sizes stated by hand
    match_volume: FeatureState | None = None  # takes the sizes of the volume behind


class Disk(Model, frozen=True):
    """One disk of the guest."""

    name: str = EMPTY  # the volume behind it
    disk: DiskTarget | None = None  # shown as an ordinary disk
    lun: LunTarget | None = None  # shown as a SCSI device
    cdrom: CDRomTarget | None = None  # shown as an optical drive
    # when the firmware tries it, 1 first; without any order, disks come in the order of the list
    boot_order: Uint32 | None = None
    serial: str | None = None  # serial number that the guest reads, 256 characters at most
    cache: str | None = None  # host's page cache: `none`, `writethrough` or `writeback`
    io: str | None = None  # how QEMU reads and writes: `native`, `threads` or `default`
    error_policy: str | None = None  # on a failed write: `stop`, `report`, `ignore` or `enospace`
    block_size: BlockSize | None = None  # block size that the guest sees
    # whether the disk gets an IO thread of its own
    dedicated_io_thread: bool | None = field(default=None, name="dedicatedIOThread")
    shareable: bool | None = None  # whether other guests may write to it at the same time
    changed_block_tracking: bool | None = None  # whether changed blocks are tracked, for backups
    tag: str | None = None  # shown to the guest with its address, to find the disk by
