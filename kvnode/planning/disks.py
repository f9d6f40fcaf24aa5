"""Disks: which file or device of the Pod is behind each, and how the guest meets it.

A disk and its volume share a name, and nothing else about that name counts: the file's path is made from the volume's
index, the device's name is counted (``vda``, ``sdb``). What KubeVirt does where a manifest says nothing is kept: writes
that fail stop the guest, blocks that the guest discards are given back, a CD-ROM isn't written.

A container disk's overlay, and whatever else a guest writes that is gone afterwards, is qcow2. A claim's file is raw
unless the facts say otherwise, since its format is stated and never probed.
"""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

from kvnode.api.disks import CDRomTarget, Disk, DiskTarget, LunTarget
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.volumes import Volume
from kvnode.facts import HostFacts, VolumeFacts
from kvnode.planning.architecture import Architecture
from kvnode.planning.device_plans import Backing, BlockIo, DiskDevice, PciAddress
from kvnode.planning.disk_operations import (
    OVERLAY,
    ContainerDisk,
    DiskOperation,
    EmptyDisk,
    volume_path,
)
from kvnode.planning.iothreads import IoThreads
from kvnode.planning.refusal import invalid, one_of

_PREFIX = {"virtio": "vd", "sata": "sd", "scsi": "sd", "usb": "sd"}
_CACHES = ("none", "writethrough", "writeback")
_IO = ("native", "threads", "default")
_ERROR_POLICIES = ("stop", "ignore", "report", "enospace")
_TARGET = re.compile(r"[hsvfx]d[a-z]{1,3}", re.ASCII)
_PCI = re.compile(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{2}):([01][0-9a-fA-F])\.([0-7])", re.ASCII)
_PR_HELPER = "/var/run/kubevirt/daemons/pr/pr-helper.sock"
_NO_FACTS = VolumeFacts()
_MOST_DISKS = 1024
_SECTOR = 512
_FILE_BLOCK = 4096
DISCARD_GRANULARITY_FROM = 11_003_000
"""The first libvirt that can be told in which units a disk discards."""


class _Source(NamedTuple):
    """What is behind a disk: ``file`` or ``block`` in the Pod, its format and size, and the file below an overlay."""

    kind: str | None
    path: str | None
    format: str | None
    capacity_bytes: int | None = None
    backing: Backing | None = None


_NO_SOURCE = _Source(None, None, None)


class _Face(NamedTuple):
    """How the guest meets a disk."""

    device: str
    bus: str
    readonly: bool = False
    pci_address: str | None = None
    tray_open: bool = False
    reservation: bool = False


class _Place(NamedTuple):
    """What depends on a disk's neighbours: its volume, its name, its IO threads, its unit on SCSI."""

    volume: int | None
    target: str
    threads: tuple[int, ...]
    unit: int | None


def disk_bus(disk: Disk, arch: Architecture) -> str:
    """The bus of a disk, LUN or CD-ROM drive; the architecture's usual one where the manifest names none."""
    target = disk.disk or disk.lun or disk.cdrom
    if target is not None and target.bus:
        return target.bus
    return arch.cdrom_bus if disk.cdrom is not None else arch.bus


def disk_devices(
    vmi: VirtualMachineInstance,
    host: HostFacts,
    arch: Architecture,
    operations: tuple[DiskOperation, ...],
    threads: IoThreads,
    vcpus: int,
) -> tuple[DiskDevice, ...]:
    """Every disk of the manifest, in its order.

    operations  -- of the same manifest, by volume
    threads     -- which IO threads serve which disk
    vcpus       -- enabled at the start: the queues of a disk where multi-queue is asked for

    Raises InvalidManifest with the path of whatever can't become a disk.
    """
    disks = vmi.spec.domain.devices.disks
    if len(disks) > _MOST_DISKS:
        raise invalid("spec.domain.devices.disks", f"{len(disks)} disks are more than {_MOST_DISKS}")
    volumes = {volume.name: (index, volume) for index, volume in enumerate(vmi.spec.volumes)}
    made = {operation.index: operation for operation in operations}
    names, scsi_units = _Names(vmi), itertools.count()
    devices: list[DiskDevice] = []
    for position, disk in enumerate(disks):
        at = f"spec.domain.devices.disks[{position}]"
        face = _face(at, disk, arch)
        index, volume = volumes.get(disk.name, (None, None))
        if volume is None and face.device != "cdrom":
            raise invalid(f"{at}.name", f"no volume is called {disk.name[:60]!r}")
        operation = made.get(index) if index is not None else None
        source = _NO_SOURCE if volume is None else _source(index or 0, volume, host, operation, face.device == "lun")
        if face.device == "lun" and source.kind != "block":
            raise invalid(f"{at}.lun", f"a lun passes SCSI commands to a block device, and {_file_of(volume)}")
        if volume is not None and _is_read_only_claim(volume):
            face = _read_only(f"spec.volumes[{index}].persistentVolumeClaim.readOnly", face)
        place = _Place(
            index,
            names.target(disk.name, _PREFIX[face.bus]),
            threads.of_disk[position],
            next(scsi_units) if face.bus == "scsi" else None,
        )
        facts = host.volumes.get(disk.name, _NO_FACTS)
        devices.append(_device(at, vmi, disk, face, source, facts, host, arch, vcpus, place))
    return tuple(devices)


def _device(
    at: str,
    vmi: VirtualMachineInstance,
    disk: Disk,
    face: _Face,
    source: _Source,
    facts: VolumeFacts,
    host: HostFacts,
    arch: Architecture,
    vcpus: int,
    place: _Place,
) -> DiskDevice:
    if disk.shareable and source.format not in (None, "raw"):
        raise invalid(f"{at}.shareable", f"a disk that others write too has to be raw; this one is {source.format}")
    virtio = face.bus == "virtio"
    return DiskDevice(
        disk.name,
        face.device,
        place.target,
        face.bus,
        f"ua-{disk.name}",
        index=place.volume,
        iothreads=place.threads,
        unit=place.unit,
        source=source.kind,
        path=source.path,
        format=source.format or "raw",
        capacity_bytes=source.capacity_bytes,
        backing=source.backing,
        model=virtio_model(vmi, arch) if virtio and face.device == "disk" else None,
        serial=disk.serial or None,
        cache=_cache(at, disk),
        io=_io(at, disk),
        error_policy=one_of(f"{at}.errorPolicy", disk.error_policy, _ERROR_POLICIES) or "stop",
        discard="unmap" if face.device != "cdrom" and not facts.preallocated else None,
        queues=vcpus if virtio and vmi.spec.domain.devices.block_multi_queue else None,
        boot_order=disk.boot_order or None,
        readonly=face.readonly,
        shareable=bool(disk.shareable),
        tray_open=face.tray_open,
        reservation=_PR_HELPER if face.reservation else None,
        address=pci_address(f"{at}.disk.pciAddress", face.pci_address),
        blockio=_matching_blocks(face, source, facts, host) if matches_volume(disk) else _blockio(at, disk),
    )


def matches_volume(disk: Disk) -> bool:
    """Whether the disk is to have the block sizes of what is behind it."""
    match = disk.block_size.match_volume if disk.block_size is not None else None
    return match is not None and match.enabled is not False


def virtio_model(vmi: VirtualMachineInstance, arch: Architecture) -> str:
    """The flavour of virtio that the guest's drivers want."""
    return arch.virtio_old if vmi.spec.domain.devices.use_virtio_transitional else arch.virtio


def pci_address(field: str, text: str | None) -> PciAddress | None:
    """``0000:81:01.0`` as numbers; None where the manifest leaves the place to libvirt."""
    if not text:
        return None
    match = _PCI.fullmatch(text)
    if match is None:
        raise invalid(field, f"{text[:60]!r} is not a PCI address such as 0000:81:01.0")
    return PciAddress(*(int(part, 16) for part in match.groups()))


class _Names:
    """Counts device names up: ``vda`` to ``vdz``, ``vdaa`` on; those that the status has given keep theirs.

    A disk that was plugged while the guest ran has its name in the status, and after a restart it must not take that
    of another.
    """

    def __init__(self, vmi: VirtualMachineInstance) -> None:
        self._given: dict[str, str] = {}
        for status in vmi.status.volume_status:
            if _TARGET.fullmatch(status.target) and status.target not in self._given.values():
                self._given[status.name] = status.target
        self._taken = set(self._given.values())
        self._next = dict.fromkeys(_PREFIX.values(), 0)

    def target(self, name: str, prefix: str) -> str:
        given = self._given.pop(name, None)
        if given is not None:
            return given
        while True:
            target = prefix + _letters(self._next[prefix])
            self._next[prefix] += 1
            if target not in self._taken:
                return target


def _letters(number: int) -> str:
    """0 is a, 25 is z, 26 is aa, 702 is aaa."""
    if number < 26:
        return chr(ord("a") + number)
    letters = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters


def _face(at: str, disk: Disk, arch: Architecture) -> _Face:
    bus = disk_bus(disk, arch)
    if disk.lun is not None:
        kind, face = "lun", _lun(disk.lun, bus)
    elif disk.cdrom is not None:
        kind, face = "cdrom", _cdrom(f"{at}.cdrom", disk.cdrom, bus)
    else:
        kind, face = "disk", _disk(disk.disk, bus)
    if bus not in _PREFIX:
        raise invalid(f"{at}.{kind}.bus", f"{bus[:60]!r} is none of {', '.join(_PREFIX)}")
    return face


def _disk(target: DiskTarget | None, bus: str) -> _Face:
    if target is None:
        return _Face("disk", bus)
    return _Face("disk", bus, bool(target.readonly), target.pci_address)


def _lun(target: LunTarget, bus: str) -> _Face:
    return _Face("lun", bus, bool(target.readonly), reservation=bool(target.reservation))


def _cdrom(at: str, target: CDRomTarget, bus: str) -> _Face:
    if bus == "virtio":
        raise invalid(f"{at}.bus", "there are no CD-ROM drives on virtio; sata, scsi and usb have them")
    tray = one_of(f"{at}.tray", target.tray, ("open", "closed"))
    return _Face("cdrom", bus, target.readonly is not False, tray_open=tray == "open")


def _is_read_only_claim(volume: Volume) -> bool:
    claim = volume.persistent_volume_claim
    return claim is not None and bool(claim.read_only)


def _read_only(field: str, face: _Face) -> _Face:
    """A claim that the Pod mounts read-only: QEMU couldn't open it for writing, so the guest has a disk to read."""
    if face.device == "disk" and face.bus == "sata":
        raise invalid(field, "the claim can only be read, and a SATA hard disk can't: use virtio or scsi, or a cdrom")
    return face._replace(readonly=True)


def _file_of(volume: Volume | None) -> str:
    """Why a volume is no block device, and what would do."""
    name = volume.name[:60] if volume is not None else ""
    if volume is not None and (volume.persistent_volume_claim is not None or volume.data_volume is not None):
        return (
            f"the claim of volume {name!r} holds a file system: take one whose volumeMode is Block, or make it a disk"
        )
    return f"volume {name!r} is a file: take a claim whose volumeMode is Block, or make it a disk"


def _source(index: int, volume: Volume, host: HostFacts, operation: DiskOperation | None, lun: bool) -> _Source:
    """The file or device behind a volume, as the Pod sees it."""
    facts = host.volumes.get(volume.name, _NO_FACTS)
    size = facts.capacity_bytes
    if isinstance(operation, ContainerDisk):
        base = Backing("file", operation.base, facts.format or "qcow2")
        return _Source("file", operation.path, "qcow2", size, base)
    if isinstance(operation, EmptyDisk):
        return _Source("file", operation.path, "qcow2", operation.capacity_bytes)
    if operation is not None:
        return _Source("file", operation.path, "raw")
    if volume.persistent_volume_claim is not None or volume.data_volume is not None:
        return _Source(*_claim(index, facts, lun))
    if volume.ephemeral is not None:
        return _Source("file", volume_path(index, OVERLAY), "qcow2", size, Backing(*_claim(index, facts)[:3]))
    if volume.host_disk is not None:
        return _Source("file", volume_path(index, "disk.img"), facts.format or "raw", size)
    if _is_generated(volume):
        return _Source("file", volume_path(index, "volume.iso"), "raw")
    at = f"spec.volumes[{index}]"
    if volume.memory_dump is not None:
        raise invalid(f"{at}.memoryDump", "a memory dump is written to this claim; it can't be a disk of the guest")
    raise invalid(at, f"nothing in the volume {volume.name[:60]!r} can be a disk")


def _claim(index: int, facts: VolumeFacts, lun: bool = False) -> tuple[str, str, str, int | None]:
    """Kind, path, format and size of a claim as it is bound to the Pod.

    Where nobody has looked at a claim it is a file, and a device where a lun is asked for, which takes one.
    """
    block = facts.mode == "Block" or (lun and facts is _NO_FACTS)
    path = volume_path(index, "block" if block else "disk.img")
    return "block" if block else "file", path, facts.format or "raw", facts.capacity_bytes


def _is_generated(volume: Volume) -> bool:
    """Whether the volume is files of an object, handed to the guest as an ISO."""
    return any(
        source is not None
        for source in (
            volume.cloud_init_config_drive,
            volume.config_map,
            volume.secret,
            volume.service_account,
            volume.downward_api,
            volume.downward_metrics,
            volume.sysprep,
        )
    )


def _cache(at: str, disk: Disk) -> str | None:
    """The manifest's cache mode; ``none`` for a disk that others write too, and for native IO, which needs it."""
    cache = one_of(f"{at}.cache", disk.cache, _CACHES)
    native = disk.io == "native"
    if disk.shareable:
        if cache not in (None, "none"):
            raise invalid(f"{at}.cache", f"a disk that is shareable can't be cached ({cache}); leave it out, or none")
        return "none"
    if native and cache not in (None, "none"):
        raise invalid(f"{at}.io", f"native IO goes past the host's cache, and cache is {cache}; set it to none")
    return "none" if native else cache


def _io(at: str, disk: Disk) -> str | None:
    """The manifest's IO mode; ``default`` is KubeVirt's word for leaving the choice to the host."""
    io = one_of(f"{at}.io", disk.io, _IO)
    return None if io == "default" else io


def _blockio(at: str, disk: Disk) -> BlockIo | None:
    if disk.block_size is None or disk.block_size.custom is None:
        return None
    custom, at = disk.block_size.custom, f"{at}.blockSize.custom"
    logical, physical = custom.logical or 0, custom.physical or 0
    for name, size in (("logical", logical), ("physical", physical)):
        if size < 512 or size > 2 << 20 or size & (size - 1):
            raise invalid(f"{at}.{name}", f"{size} is not a power of two from 512 to {2 << 20}")
    if logical > physical:
        raise invalid(f"{at}.logical", f"{logical} is more than the physical block of {physical} bytes")
    return BlockIo(logical, physical, custom.discard_granularity)


def _matching_blocks(face: _Face, source: _Source, facts: VolumeFacts, host: HostFacts) -> BlockIo | None:
    """The blocks of the volume behind. Where nobody looked: a file system's usual ones, and a device's smallest.

    A SATA disk has logical blocks of 512 bytes, and discards those (QEMU's hw/ide/ide-dev.c).
    """
    if source.kind is None:
        return None
    usual = _FILE_BLOCK if source.kind == "file" else _SECTOR
    physical = facts.physical_block_bytes or facts.logical_block_bytes or usual
    if face.bus == "sata":
        return BlockIo(_SECTOR, physical)
    logical = min(facts.logical_block_bytes or physical, physical)
    granularity = facts.discard_granularity_bytes
    if host.libvirt is not None and host.libvirt < DISCARD_GRANULARITY_FROM:
        granularity = None
    return BlockIo(logical, physical, granularity or None)
