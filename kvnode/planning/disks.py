"""Disks: which file or device of the Pod is behind each, and how the guest meets it.

A disk and its volume share a name, and nothing else about that name counts: the file's path is made from the volume's
index, the device's name is counted (``vda``, ``sdb``). What KubeVirt does where a manifest says nothing is kept: writes
that fail stop the guest, blocks that the guest discards are given back, a CD-ROM isn't written.

A container disk's overlay, and whatever else a guest writes that is gone afterwards, is qcow2. A claim's file is raw
unless the facts say otherwise, since its format is stated and never probed.
"""

from __future__ import annotations

import re

import msgspec

from kvnode.api.disks import CDRomTarget, CustomBlockSize, Disk
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.volumes import Volume
from kvnode.facts import HostFacts, VolumeFacts
from kvnode.planning.architecture import disk_bus
from kvnode.planning.device_plans import Backing, BlockIo, DiskDevice
from kvnode.planning.disk_operations import (
    OVERLAY,
    ContainerDisk,
    DiskOperation,
    EmptyDisk,
    volume_path,
)
from kvnode.planning.intermediate import Architecture, IoThreads
from kvnode.planning.pci import Places, pci_address
from kvnode.planning.refusal import Refused, choice, invalid

_PREFIX = {"virtio": "vd", "sata": "sd", "scsi": "sd", "usb": "sd"}
_NO_LUNS = ("sata", "usb")
_CACHES = ("none", "writethrough", "writeback")
_IO = ("native", "threads", "default")
_ERROR_POLICIES = ("stop", "ignore", "report", "enospace")
_TARGET = re.compile(r"[hsvfx]d[a-z]{1,3}", re.ASCII)
_PR_HELPER = "/var/run/kubevirt/daemons/pr/pr-helper.sock"
_NO_FACTS = VolumeFacts()
_MOST_DISKS = 1024
_SECTOR = 512
_FILE_BLOCK = 4096
DISCARD_GRANULARITY_FROM = 11_003_000
"""The first libvirt that can be told in which units a disk discards."""
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


class _Source(msgspec.Struct, frozen=True, gc=False):
    """What is behind a disk: ``file`` or ``block`` in the Pod, its format and size, and the file below an overlay."""

    kind: str | None
    path: str | None
    format: str = "raw"
    capacity_bytes: int | None = None
    backing: Backing | None = None


_NO_SOURCE = _Source(None, None)


def disk_devices(
    vmi: VirtualMachineInstance,
    host: HostFacts,
    arch: Architecture,
    operations: tuple[DiskOperation, ...],
    threads: IoThreads,
    vcpus: int,
    places: Places,
) -> tuple[DiskDevice, ...]:
    """Every disk of the manifest, in its order.

    operations  -- of the same manifest, by volume
    threads     -- which IO threads serve which disk
    vcpus       -- enabled at the start: the queues of a disk where multi-queue is asked for
    places      -- on PCI, which virtio disks take

    Raises InvalidManifest with the path of whatever can't become a disk.
    """
    devices = vmi.spec.domain.devices
    if len(devices.disks) > _MOST_DISKS:
        raise invalid("spec.domain.devices.disks", f"{len(devices.disks)} disks are more than {_MOST_DISKS}")
    guest = _Guest(
        arch,
        host,
        vmi.spec.volumes,
        {volume.name: index for index, volume in enumerate(vmi.spec.volumes)},
        {operation.index: operation for operation in operations},
        virtio_model(vmi, arch),
        vcpus if devices.block_multi_queue else None,
        _Names(vmi),
        places,
    )
    made: list[DiskDevice] = []
    try:
        for disk, served_by in zip(devices.disks, threads.of_disk, strict=True):
            made.append(guest.device(disk, served_by))
    except Refused as fault:
        raise fault.at(f"spec.domain.devices.disks[{len(made)}]") from None
    return tuple(made)


class _Guest:
    """What all disks of a guest share, and what is counted from one to the next: names, units on SCSI."""

    __slots__ = (
        "_arch",
        "_host",
        "_indexes",
        "_names",
        "_operations",
        "_places",
        "_queues",
        "_units",
        "_virtio",
        "_volumes",
    )

    def __init__(
        self,
        arch: Architecture,
        host: HostFacts,
        volumes: tuple[Volume, ...],
        indexes: dict[str, int],
        operations: dict[int, DiskOperation],
        virtio: str,
        queues: int | None,
        names: _Names,
        places: Places,
    ) -> None:
        self._arch = arch
        self._host = host
        self._volumes = volumes
        self._indexes = indexes
        self._operations = operations
        self._virtio = virtio
        self._queues = queues
        self._names = names
        self._places = places
        self._units = 0

    def device(self, disk: Disk, threads: tuple[int, ...]) -> DiskDevice:
        """One disk. Raises Refused by the disk's own fields, InvalidManifest for its volume's."""
        name, bus = disk.name, disk_bus(disk, self._arch)
        lun, cdrom, plain = disk.lun, disk.cdrom, disk.disk
        if lun is not None:
            kind, readonly = "lun", bool(lun.readonly)
        elif cdrom is not None:
            kind, readonly = "cdrom", cdrom.readonly is not False
        else:
            kind, readonly = "disk", plain is not None and bool(plain.readonly)
        prefix = _PREFIX.get(bus)
        if prefix is None or (bus == "virtio" and kind == "cdrom") or (lun is not None and bus in _NO_LUNS):
            raise _no_bus(kind, bus)
        index = self._indexes.get(name)
        if index is None:
            _check_empty(kind, name, bus)
        source, facts = _NO_SOURCE, self._host.volumes.get(name, _NO_FACTS)
        if index is not None:
            volume = self._volumes[index]
            source = _source(index, volume, facts, self._operations.get(index), lun is not None)
            if lun is not None and source.kind != "block":
                raise Refused("lun", f"a lun passes SCSI commands to a block device, and {_file_of(volume)}")
            claim = volume.persistent_volume_claim
            if claim is not None and claim.read_only:
                readonly = _read_only(index, kind, bus)
        if disk.shareable and source.format != "raw":
            raise Refused("shareable", f"a disk that others write too has to be raw; this one is {source.format}")
        unit = None
        if bus == "scsi":
            unit, self._units = self._units, self._units + 1
        virtio, address = bus == "virtio", None
        if kind == "disk" and plain is not None and plain.pci_address:
            address = pci_address("disk.pciAddress", plain.pci_address)
        elif virtio:
            address = self._places.disk()
        model = self._virtio if virtio and kind == "disk" else None
        cache = _cache(disk) if disk.cache or disk.shareable or disk.io else None
        io = _io(disk.io) if disk.io else None
        error_policy = choice("errorPolicy", disk.error_policy, _ERROR_POLICIES) if disk.error_policy else "stop"
        discard = "unmap" if kind != "cdrom" and not facts.preallocated else None
        tray_open = cdrom is not None and _is_open(cdrom)
        reservation = _PR_HELPER if lun is not None and lun.reservation else None
        blockio = self._blocks(disk, bus, source, facts) if disk.block_size is not None else None
        # By position, in the order of its fields: of a call with more than fifteen keywords CPython makes a dictionary,
        # which takes ten times as long as the Struct.
        return DiskDevice(
            name,
            kind,
            self._names.target(name, prefix),
            bus,
            f"ua-{name}",
            index,
            source.kind,
            source.path,
            source.format,
            source.capacity_bytes,
            source.backing,
            model,
            disk.serial or None,
            cache,
            io,
            error_policy,
            discard,
            self._queues if virtio else None,
            threads,
            disk.boot_order or None,
            readonly,
            bool(disk.shareable),
            tray_open,
            reservation,
            unit,
            address,
            blockio,
        )

    def _blocks(self, disk: Disk, bus: str, source: _Source, facts: VolumeFacts) -> BlockIo | None:
        """The block sizes that the manifest names, or those of what is behind the disk."""
        if matches_volume(disk):
            return _matching_blocks(bus, source, facts, self._host)
        sizes = disk.block_size
        return _custom_blocks(sizes.custom) if sizes is not None and sizes.custom is not None else None


def matches_volume(disk: Disk) -> bool:
    """Whether the disk is to have the block sizes of what is behind it."""
    match = disk.block_size.match_volume if disk.block_size is not None else None
    return match is not None and match.enabled is not False


def _no_bus(kind: str, bus: str) -> Refused:
    if kind == "lun" and bus in _NO_LUNS:
        return Refused("lun.bus", f"a lun passes SCSI commands, and the bus {bus!r} carries none: name scsi")
    if bus == "virtio":
        return Refused("cdrom.bus", "there are no CD-ROM drives on virtio; sata, scsi and usb have them")
    return Refused(f"{kind}.bus", f"{bus[:60]!r} is none of {', '.join(_PREFIX)}")


def _check_empty(kind: str, name: str, bus: str) -> None:
    """A drive may be empty; QEMU's on USB alone is none without a disc (hw/usb/dev-storage-classic.c)."""
    if kind != "cdrom":
        raise Refused("name", f"no volume is called {name[:60]!r}")
    if bus == "usb":
        raise Refused("cdrom.bus", "a CD-ROM drive on usb can't be empty: use sata or scsi, or give it a volume")


def _is_open(drive: CDRomTarget) -> bool:
    return bool(drive.tray) and choice("cdrom.tray", drive.tray or "", ("open", "closed")) == "open"


def virtio_model(vmi: VirtualMachineInstance, arch: Architecture) -> str:
    """The flavour of virtio that the guest's drivers want."""
    return arch.virtio_old if vmi.spec.domain.devices.use_virtio_transitional else arch.virtio


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
        return _ALPHABET[number]
    letters = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters


def _read_only(index: int, kind: str, bus: str) -> bool:
    """A claim that the Pod mounts read-only: QEMU couldn't open it for writing, so the guest has a disk to read."""
    if kind == "disk" and bus == "sata":
        field = f"spec.volumes[{index}].persistentVolumeClaim.readOnly"
        raise invalid(field, "the claim can only be read, and a SATA hard disk can't: use virtio or scsi, or a cdrom")
    return True


def _file_of(volume: Volume) -> str:
    """Why a volume is no block device, and what would do."""
    name = volume.name[:60]
    if volume.persistent_volume_claim is not None or volume.data_volume is not None:
        return (
            f"the claim of volume {name!r} holds a file system: take one whose volumeMode is Block, or make it a disk"
        )
    return f"volume {name!r} is a file: take a claim whose volumeMode is Block, or make it a disk"


def _source(index: int, volume: Volume, facts: VolumeFacts, operation: DiskOperation | None, lun: bool) -> _Source:
    """The file or device behind a volume, as the Pod sees it."""
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


def _cache(disk: Disk) -> str | None:
    """The manifest's cache mode; ``none`` for a disk that others write too, and for native IO, which needs it."""
    cache = choice("cache", disk.cache, _CACHES) if disk.cache else None
    if disk.shareable:
        if cache not in (None, "none"):
            raise Refused("cache", f"a disk that is shareable can't be cached ({cache}); leave it out, or none")
        return "none"
    if disk.io != "native":
        return cache
    if cache not in (None, "none"):
        raise Refused("io", f"native IO goes past the host's cache, and cache is {cache}; set it to none")
    return "none"


def _io(asked: str) -> str | None:
    """The manifest's IO mode; ``default`` is KubeVirt's word for leaving the choice to the host."""
    io = choice("io", asked, _IO)
    return None if io == "default" else io


def _custom_blocks(custom: CustomBlockSize) -> BlockIo:
    logical, physical = custom.logical or 0, custom.physical or 0
    for name, size in (("logical", logical), ("physical", physical)):
        if size < 512 or size > 2 << 20 or size & (size - 1):
            raise Refused(f"blockSize.custom.{name}", f"{size} is not a power of two from 512 to {2 << 20}")
    if logical > physical:
        message = f"{logical} is more than the physical block of {physical} bytes"
        raise Refused("blockSize.custom.logical", message)
    return BlockIo(logical, physical, custom.discard_granularity)


def _matching_blocks(bus: str, source: _Source, facts: VolumeFacts, host: HostFacts) -> BlockIo | None:
    """The blocks of the volume behind. Where nobody looked: a file system's usual ones, and a device's smallest.

    A SATA disk has logical blocks of 512 bytes, and discards those (QEMU's hw/ide/ide-dev.c).
    """
    if source.kind is None:
        return None
    usual = _FILE_BLOCK if source.kind == "file" else _SECTOR
    physical = facts.physical_block_bytes or facts.logical_block_bytes or usual
    if bus == "sata":
        return BlockIo(_SECTOR, physical)
    logical = min(facts.logical_block_bytes or usual, physical)
    granularity = facts.discard_granularity_bytes or 0
    if granularity % logical or (host.libvirt is not None and host.libvirt < DISCARD_GRANULARITY_FROM):
        granularity = 0
    return BlockIo(logical, physical, granularity or None)
