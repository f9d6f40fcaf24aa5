"""Disks: which file or device of the Pod is behind each, and how the guest meets it.

A disk and its volume share a name, and nothing else about that name counts: the file's path is made from the volume's
index, the device's name is counted (``vda``, ``sdb``). What KubeVirt does where a manifest says nothing is kept: writes
that fail stop the guest, blocks that the guest discards are given back, a CD-ROM isn't written.

A container disk's overlay, and whatever else a guest writes that is gone afterwards, is qcow2. A claim's file is raw
unless the facts say otherwise, since its format is stated and never probed.
"""

from __future__ import annotations

import re

from kvnode.api.disks import CDRomTarget, CustomBlockSize, Disk
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.status import VolumeStatus
from kvnode.api.volumes import Volume
from kvnode.facts import HostFacts, VolumeFacts
from kvnode.planning.architecture import disk_bus
from kvnode.planning.device_plans import Backing, BlockIo, DiskDevice
from kvnode.planning.disk_files import ContainerDisk, DiskOperation, DiskSource, EmptyDisk, OfVolume
from kvnode.planning.disk_operations import OVERLAY, volume_path
from kvnode.planning.intermediate import Architecture, IoThreads
from kvnode.planning.pci import Places, pci_address
from kvnode.planning.refusal import Refused, choice, invalid

_EMULATED = ("sata", "scsi", "usb")
_NO_LUNS = ("sata", "usb")
_CACHES = ("none", "writethrough", "writeback")
_IO = ("native", "threads", "default")
_ERROR_POLICIES = ("stop", "ignore", "report", "enospace")
_TARGET = re.compile(r"[hsvfx]d[a-z]{1,3}", re.ASCII)
_PR_HELPER = "/var/run/kubevirt/daemons/pr/pr-helper.sock"
_NO_FACTS = VolumeFacts()
_NO_SOURCE = DiskSource(None, None)
_NO_NAMES: dict[str, str] = {}
_NOBODY: frozenset[str] = frozenset()
_MOST_DISKS = 1024
_SECTOR = 512
_FILE_BLOCK = 4096
DISCARD_GRANULARITY_FROM = 11_003_000
"""The first libvirt that can be told in which units a disk discards."""
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_FIRST_VIRTIO = tuple([f"vd{letter}" for letter in _ALPHABET])
_FIRST_EMULATED = tuple([f"sd{letter}" for letter in _ALPHABET])
"""The names that nearly all disks have: by their bus, and counted up."""


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
    disks = vmi.spec.domain.devices.disks
    if len(disks) > _MOST_DISKS:
        raise invalid("spec.domain.devices.disks", f"{len(disks)} disks are more than {_MOST_DISKS}")
    volumes, given = vmi.spec.volumes, vmi.status.volume_status
    guest = _Guest(
        arch,
        host,
        volumes,
        volume_indexes(volumes),
        _by_volume(operations, volumes),
        virtio_model(vmi, arch),
        vcpus if vmi.spec.domain.devices.block_multi_queue else None,
        _given_names(given) if given else _NO_NAMES,
        places,
    )
    served_by = threads.of_disk
    made: list[DiskDevice] = []
    try:
        for disk in disks:
            made.append(guest.device(disk, served_by[len(made)]))
    except Refused as fault:
        raise fault.at(f"spec.domain.devices.disks[{len(made)}]") from None
    return tuple(made)


class _Guest:
    """What all disks of a guest share, and what is counted from one to the next: names, units on SCSI."""

    def __init__(
        self,
        arch: Architecture,
        host: HostFacts,
        volumes: tuple[Volume, ...],
        indexes: dict[str, int],
        operations: list[DiskOperation | None],
        virtio: str,
        queues: int | None,
        given: dict[str, str],
        places: Places,
    ) -> None:
        self._arch = arch
        self._host = host
        self._facts: dict[str, VolumeFacts] = host.volumes
        self._volumes = volumes
        self._indexes = indexes
        self._operations = operations
        self._virtio = virtio
        self._queues = queues
        self._given = given
        self._taken: frozenset[str] = frozenset(given.values()) if given else _NOBODY
        self._places = places
        self._named_virtio = self._named_emulated = self._units = 0

    def device(self, disk: Disk, threads: tuple[int, ...]) -> DiskDevice:
        """One disk. Raises Refused by the disk's own fields, InvalidManifest for its volume's."""
        name, bus = disk.name, disk_bus(disk, self._arch)
        plain, lun, cdrom = disk.disk, disk.lun, disk.cdrom
        kind, readonly = "disk", False
        if lun is not None:
            plain = cdrom = None
            kind, readonly = "lun", bool(lun.readonly)
        elif cdrom is not None:
            plain = None
            kind, readonly = "cdrom", cdrom.readonly is not False
        elif plain is not None and plain.readonly:
            readonly = True
        virtio = bus == "virtio"
        if virtio and cdrom is not None:
            raise _no_bus(kind, bus)
        if not virtio and (bus not in _EMULATED or (lun is not None and bus in _NO_LUNS)):
            raise _no_bus(kind, bus)
        index = self._indexes.get(name)
        facts: VolumeFacts = self._facts.get(name, _NO_FACTS)
        source: DiskSource = _NO_SOURCE
        if index is None:
            _check_empty(kind, name, bus)
        else:
            volume: Volume = self._volumes[index]
            source = _source(index, volume, facts, self._operations[index], lun is not None)
            if lun is not None and source.kind != "block":
                raise Refused("lun", f"a lun passes SCSI commands to a block device, and {_file_of(volume)}")
            claim = volume.persistent_volume_claim
            if claim is not None and claim.read_only:
                readonly = _read_only(index, kind, bus)
        if disk.shareable and source.format != "raw":
            raise Refused("shareable", f"a disk that others write too has to be raw; this one is {source.format}")
        address = model = queues = unit = None
        if plain is not None and plain.pci_address:
            address = pci_address("disk.pciAddress", plain.pci_address)
        elif virtio:
            address = self._places.disk()
        if virtio:
            queues = self._queues
            if lun is None:
                model = self._virtio
        elif bus == "scsi":
            unit, self._units = self._units, self._units + 1
        # By position, in the order of its fields: of a call with more than fifteen keywords CPython makes a dictionary,
        # which takes ten times as long as the Struct.
        return DiskDevice(
            name,
            kind,
            self._target(name, virtio),
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
            _cache(disk) if disk.cache or disk.shareable or disk.io else None,
            _io(disk.io) if disk.io else None,
            choice("errorPolicy", disk.error_policy, _ERROR_POLICIES) if disk.error_policy else "stop",
            "unmap" if cdrom is None and not facts.preallocated else None,
            queues,
            threads,
            disk.boot_order or None,
            readonly,
            bool(disk.shareable),
            cdrom is not None and _is_open(cdrom),
            _PR_HELPER if lun is not None and lun.reservation else None,
            unit,
            address,
            self._blocks(disk, bus, source, facts) if disk.block_size is not None else None,
        )

    def _target(self, name: str, virtio: bool) -> str:
        """The next name: ``vda`` to ``vdz``, ``vdaa`` on; a disk that the status has given one keeps it."""
        if self._given and name in self._given:
            return self._given.pop(name)
        while True:
            if virtio:
                number, self._named_virtio = self._named_virtio, self._named_virtio + 1
                target = _FIRST_VIRTIO[number] if number < 26 else f"vd{_letters(number)}"
            else:
                number, self._named_emulated = self._named_emulated, self._named_emulated + 1
                target = _FIRST_EMULATED[number] if number < 26 else f"sd{_letters(number)}"
            if not self._taken or target not in self._taken:
                return target

    def _blocks(self, disk: Disk, bus: str, source: DiskSource, facts: VolumeFacts) -> BlockIo | None:
        """The block sizes that the manifest names, or those of what is behind the disk."""
        if matches_volume(disk):
            return _matching_blocks(bus, source, facts, self._host)
        sizes = disk.block_size
        return _custom_blocks(sizes.custom) if sizes is not None and sizes.custom is not None else None


def volume_indexes(volumes: tuple[Volume, ...]) -> dict[str, int]:
    """Where the volume of a name is in ``spec.volumes``."""
    indexes = {}
    for index, volume in enumerate(volumes):
        indexes[volume.name] = index
    return indexes


def _by_volume(operations: tuple[DiskOperation, ...], volumes: tuple[Volume, ...]) -> list[DiskOperation | None]:
    """The operation of each volume, at the volume's place; None where it has none."""
    found: list[DiskOperation | None] = [None] * len(volumes)
    operation: OfVolume
    for operation in operations:
        found[operation.index] = operation
    return found


def _given_names(statuses: tuple[VolumeStatus, ...]) -> dict[str, str]:
    """The names of disks that the status has, by volume.

    A disk that was plugged while the guest ran has its name there, and after a restart it must not take that of
    another.
    """
    given: dict[str, str] = {}
    for status in statuses:
        if _TARGET.fullmatch(status.target) and status.target not in given.values():
            given[status.name] = status.target
    return given


def matches_volume(disk: Disk) -> bool:
    """Whether the disk is to have the block sizes of what is behind it."""
    match = disk.block_size.match_volume if disk.block_size is not None else None
    return match is not None and match.enabled is not False


def _no_bus(kind: str, bus: str) -> Refused:
    if kind == "lun" and bus in _NO_LUNS:
        return Refused("lun.bus", f"a lun passes SCSI commands, and the bus {bus!r} carries none: name scsi")
    if bus == "virtio":
        return Refused("cdrom.bus", "there are no CD-ROM drives on virtio; sata, scsi and usb have them")
    return Refused(f"{kind}.bus", f"{bus[:60]!r} is none of {', '.join(('virtio', *_EMULATED))}")


def _check_empty(kind: str, name: str, bus: str) -> None:
    """A drive may be empty; QEMU's on USB alone is none without a disc (hw/usb/dev-storage-classic.c)."""
    if kind != "cdrom":
        raise Refused("name", f"no volume is called {name[:60]!r}")
    if bus == "usb":
        raise Refused("cdrom.bus", "a CD-ROM drive on usb can't be empty: use sata or scsi, or give it a volume")


def _is_open(drive: CDRomTarget) -> bool:
    tray = drive.tray
    if not tray or tray == "closed":
        return False
    return choice("cdrom.tray", tray, ("open", "closed")) == "open"


def virtio_model(vmi: VirtualMachineInstance, arch: Architecture) -> str:
    """The flavour of virtio that the guest's drivers want."""
    return arch.virtio_old if vmi.spec.domain.devices.use_virtio_transitional else arch.virtio


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


def _source(index: int, volume: Volume, facts: VolumeFacts, operation: DiskOperation | None, lun: bool) -> DiskSource:
    """The file or device behind a volume, as the Pod sees it."""
    if operation is not None:
        return _made(operation, facts)
    if volume.persistent_volume_claim is not None or volume.data_volume is not None:
        return _claim(index, facts, lun)
    if volume.ephemeral is not None:
        claim = _claim(index, facts, False)
        base = Backing(claim.kind or "file", claim.path or "", claim.format)
        return DiskSource("file", volume_path(index, OVERLAY), "qcow2", facts.capacity_bytes, base)
    if volume.host_disk is not None:
        return DiskSource("file", volume_path(index, "disk.img"), facts.format or "raw", facts.capacity_bytes)
    if _is_generated(volume):
        return DiskSource("file", volume_path(index, "volume.iso"))
    at = f"spec.volumes[{index}]"
    if volume.memory_dump is not None:
        raise invalid(f"{at}.memoryDump", "a memory dump is written to this claim; it can't be a disk of the guest")
    raise invalid(at, f"nothing in the volume {volume.name[:60]!r} can be a disk")


def _made(operation: DiskOperation, facts: VolumeFacts) -> DiskSource:
    """The file that an operation makes."""
    if type(operation) is ContainerDisk:
        return _overlay(operation, facts)
    if type(operation) is EmptyDisk:
        return DiskSource("file", operation.path, "qcow2", operation.capacity_bytes)
    return DiskSource("file", operation.path)


def _overlay(disk: ContainerDisk, facts: VolumeFacts) -> DiskSource:
    """A container disk's: of the image's size, whose own file is below it."""
    base = Backing("file", disk.base, facts.format or "qcow2")
    return DiskSource("file", disk.path, "qcow2", facts.capacity_bytes, base)


def _claim(index: int, facts: VolumeFacts, lun: bool) -> DiskSource:
    """A claim as it is bound to the Pod.

    Where nobody has looked at a claim it is a file, and a device where a lun is asked for, which takes one.
    """
    if facts.mode == "Block" or (lun and facts is _NO_FACTS):
        return DiskSource("block", volume_path(index, "block"), facts.format or "raw", facts.capacity_bytes)
    return DiskSource("file", volume_path(index, "disk.img"), facts.format or "raw", facts.capacity_bytes)


def _is_generated(volume: Volume) -> bool:
    """Whether the volume is files of an object, handed to the guest as an ISO."""
    return (
        volume.cloud_init_config_drive is not None
        or volume.config_map is not None
        or volume.secret is not None
        or volume.service_account is not None
        or volume.downward_api is not None
        or volume.downward_metrics is not None
        or volume.sysprep is not None
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


def _matching_blocks(bus: str, source: DiskSource, facts: VolumeFacts, host: HostFacts) -> BlockIo | None:
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
