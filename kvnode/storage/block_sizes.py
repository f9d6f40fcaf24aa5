"""The block sizes of what lies behind a disk, for guests that are to see the same ones (``blockSize.matchVolume``).

A device says what its blocks are. A file has none of its own: its file system's are taken, which doesn't tell logical
from physical ones. The rule is KubeVirt's, with one bound: a guest's kernel takes no logical block that is larger than
its page, and network file systems name blocks of a megabyte.
"""

from __future__ import annotations

import fcntl
import os
import stat
import struct
from pathlib import Path
from typing import NamedTuple

import msgspec

from kvnode.api.instance import VirtualMachineInstance
from kvnode.facts import VolumeFacts
from kvnode.planning.disks import matches_volume
from kvnode.storage.files import host_errors

_BLKSSZGET = 0x1268  # linux/fs.h: the logical sector
_BLKPBSZGET = 0x127B  # the physical one
_NUMBER = struct.Struct("I")
_SMALLEST, _LARGEST = 512, 2 << 20  # what QEMU takes (hw/core/qdev-properties.c)
_USUAL = 4096
_LARGEST_LOGICAL = 4096
_SYSFS = Path("/sys/dev/block")


class BlockSizes(NamedTuple):
    """In bytes; ``discard`` is the unit that can be given back, None where nothing can."""

    logical: int
    physical: int
    discard: int | None


def block_sizes(path: Path) -> BlockSizes:
    """Of the device at ``path``, or of the file system that a file or folder is on. Raises HostError."""
    with host_errors("ask for the block size", path):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            there = os.fstat(descriptor)
            if stat.S_ISBLK(there.st_mode):
                return _of_device(descriptor, there.st_rdev)
            size = _usable(os.fstatvfs(descriptor).f_bsize)
            return BlockSizes(min(size, _LARGEST_LOGICAL), size, size)
        finally:
            os.close(descriptor)


def with_block_sizes(
    vmi: VirtualMachineInstance, volumes: dict[str, VolumeFacts], folder: Path
) -> dict[str, VolumeFacts]:
    """The facts of a guest's volumes with block sizes for those whose disks ask for them.

    folder  -- where the guest's disks are, or will be, made. Raises HostError.
    """
    asking = [disk.name for disk in vmi.spec.domain.devices.disks if matches_volume(disk)]
    if not asking:
        return volumes
    sizes = block_sizes(folder)
    known = {
        name: msgspec.structs.replace(
            volumes.get(name, VolumeFacts()),
            logical_block_bytes=sizes.logical,
            physical_block_bytes=sizes.physical,
            discard_granularity_bytes=sizes.discard,
        )
        for name in asking
    }
    return {**volumes, **known}


def _of_device(descriptor: int, number: int) -> BlockSizes:
    logical, physical = (
        _NUMBER.unpack(fcntl.ioctl(descriptor, request, bytes(_NUMBER.size)))[0]
        for request in (_BLKSSZGET, _BLKPBSZGET)
    )
    logical = _usable(logical or physical)
    physical = max(_usable(physical or logical), logical)
    discard = _discard_granularity(number)
    if discard and (discard % logical or discard > _LARGEST):
        discard = physical
    return BlockSizes(logical, physical, discard or None)


def _discard_granularity(number: int) -> int:
    """As the kernel has it; 0 where the device gives nothing back, or where nobody says. Of a partition: its disk's."""
    device = _SYSFS / f"{os.major(number)}:{os.minor(number)}"
    for queue in (device / "queue", device / ".." / "queue"):
        try:
            return int((queue / "discard_granularity").read_text())
        except FileNotFoundError:
            continue
        except ValueError:
            break
    return 0


def _usable(size: int) -> int:
    return size if _SMALLEST <= size <= _LARGEST and not size & (size - 1) else _USUAL
