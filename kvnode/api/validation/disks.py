"""Rules about disks: how the guest meets its volumes, and in which order it boots from them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kvnode.api.disks import Disk
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import duplicate, invalid, listed, not_supported, required, shown
from kvnode.api.validation.names import label_fault
from kvnode.errors import FieldError

__all__ = ["PCI_ADDRESS", "boot_order_rules", "disk_rules", "disk_volume_rules"]

PCI_ADDRESS = re.compile(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[01][0-9a-fA-F]\.[0-7]", re.ASCII).fullmatch
"""A PCI function: domain, bus, slot (00 to 1f) and function."""

SERIAL = re.compile(r"[A-Za-z0-9_.+-]+", re.ASCII).fullmatch
"""Characters that libvirt and QEMU take in a serial number."""

MAX_SERIAL_CHARACTERS = 256

_MAX_DISKS = 256
_BUSES = ("virtio", "sata", "scsi", "usb")
_ARCH_BUSES = {"arm64": ("virtio", "scsi")}
_CACHES = ("none", "writethrough", "writeback", "directsync")
_IO_MODES = ("native", "threads")
_ERROR_POLICIES = ("stop", "ignore", "report", "enospace")
_TRAYS = ("open", "closed")
_BLOCK_BYTES = (512, 2 << 20)
_MAX_TAG_CHARACTERS = 253

_DISKS = "spec.domain.devices.disks"


def disk_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Each disk by itself: one name, one kind, a bus that can carry it, and options that exist."""
    disks = spec.domain.devices.disks
    if len(disks) > _MAX_DISKS:
        yield invalid(_DISKS, f"{len(disks)} disks are more than {_MAX_DISKS}, the most that a guest can have.")
    seen: dict[str, int] = {}
    for index, disk in enumerate(disks):
        field = f"{_DISKS}[{index}]"
        if disk.name in seen:
            yield duplicate(f"{field}.name", f"{shown(disk.name)} is the name of {_DISKS}[{seen[disk.name]}] already.")
        seen.setdefault(disk.name, index)
        if fault := label_fault(disk.name):
            yield invalid(f"{field}.name", f"{shown(disk.name)} {fault}.")
        yield from _kind_and_bus(field, disk, spec.architecture or "")
        yield from _options(field, disk)
        yield from _block_size(field, disk)
        if disk.lun is not None and disk.lun.reservation and not settings.persistent_reservation:
            yield invalid(
                f"{field}.lun.reservation",
                "persistent reservations are off; an administrator turns them on by persistentReservationConfiguration "
                "in the KubeVirt configuration.",
            )


def disk_volume_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Disks and volumes pair up by name, and the kind of disk suits what lies behind it."""
    volumes = {volume.name: volume for volume in spec.volumes}
    for index, disk in enumerate(spec.domain.devices.disks):
        field = f"{_DISKS}[{index}]"
        volume = volumes.get(disk.name)
        if volume is None:
            if disk.cdrom is None:
                yield invalid(
                    f"{field}.name",
                    f"no volume is called {shown(disk.name)}: add it to spec.volumes, or drop the disk.",
                )
            elif not settings.gate("DeclarativeHotplugVolumes"):
                yield invalid(
                    f"{field}.name",
                    f"no volume is called {shown(disk.name)}, and an empty drive takes the feature gate "
                    "DeclarativeHotplugVolumes, which is shut.",
                )
            continue
        if disk.lun is not None and volume.persistent_volume_claim is None and volume.data_volume is None:
            yield invalid(
                f"{field}.lun",
                f"a lun passes SCSI commands to a claim's device, and volume {shown(disk.name)} is no "
                "persistentVolumeClaim or dataVolume; make it a disk.",
            )
        if volume.downward_metrics is not None:
            if disk.disk is None:
                yield required(f"{field}.disk", "a downwardMetrics volume is a disk, not a cdrom or a lun.")
            elif disk.disk.bus not in ("virtio", "", None):
                yield invalid(
                    f"{field}.disk.bus", f"a downwardMetrics volume goes on the bus virtio, not {shown(disk.disk.bus)}."
                )
    yield from _volumes_in_use(spec)


def boot_order_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Places in the boot order begin at 1, and no two devices share one."""
    devices = spec.domain.devices
    taken: dict[int, str] = {}
    places = [(f"{_DISKS}[{index}].bootOrder", disk.boot_order) for index, disk in enumerate(devices.disks)]
    places += [
        (f"spec.domain.devices.interfaces[{index}].bootOrder", interface.boot_order)
        for index, interface in enumerate(devices.interfaces)
    ]
    for field, place in places:
        if place is None:
            continue
        if place < 1:
            yield invalid(field, f"{place} is no place in the boot order, which begins at 1.")
        elif place in taken:
            yield invalid(field, f"place {place} is taken by {taken[place]}.")
        else:
            taken[place] = field


def _volumes_in_use(spec: VirtualMachineInstanceSpec) -> Iterator[FieldError]:
    devices = spec.domain.devices
    used = {disk.name for disk in devices.disks} | {filesystem.name for filesystem in devices.filesystems}
    for index, volume in enumerate(spec.volumes):
        if volume.name not in used and volume.memory_dump is None:
            yield invalid(
                f"spec.volumes[{index}].name",
                f"no disk and no filesystem is called {shown(volume.name)}: add one below spec.domain.devices, "
                "or drop the volume.",
            )


def _kind_and_bus(field: str, disk: Disk, arch: str) -> Iterator[FieldError]:
    kinds = [name for name in ("disk", "lun", "cdrom") if getattr(disk, name) is not None]
    if len(kinds) > 1:
        yield invalid(field, f"{' and '.join(kinds)} are set: a disk is one of them.")
    if not kinds:
        return
    kind = kinds[0]
    bus = getattr(disk, kind).bus or ""
    if bus:
        yield from _bus(f"{field}.{kind}.bus", kind, bus, arch)
    target = disk.disk
    if target is not None:
        if bus == "sata" and target.readonly:
            yield invalid(f"{field}.disk.bus", "a SATA hard disk can't be read-only: use virtio or scsi, or a cdrom.")
        yield from _pci_address(f"{field}.disk.pciAddress", target.pci_address, bus)
    if disk.lun is not None and disk.lun.reservation and bus != "scsi":
        yield invalid(f"{field}.lun.bus", f"persistent reservations take the bus scsi, not {shown(bus)}.")
    if disk.cdrom is not None and disk.cdrom.tray and disk.cdrom.tray not in _TRAYS:
        yield not_supported(f"{field}.cdrom.tray", f"{shown(disk.cdrom.tray)} is no tray; it is {listed(_TRAYS)}.")
    if disk.dedicated_io_thread and bus and bus != "virtio":
        yield not_supported(
            f"{field}.dedicatedIOThread",
            f"only disks on the bus virtio have an IO thread, this one is on {shown(bus)}.",
        )


def _bus(field: str, kind: str, bus: str, arch: str) -> Iterator[FieldError]:
    buses = _ARCH_BUSES.get(arch, _BUSES)
    if bus == "ide":
        yield invalid(field, f"the machine has no IDE bus: use {listed(buses)}.")
    elif bus not in _BUSES:
        yield invalid(field, f"{shown(bus)} is no bus; it is {listed(buses)}.")
    elif bus not in buses:
        yield not_supported(field, f"{arch} has no bus {bus} for disks: use {listed(buses)}.")
    elif bus == "virtio" and kind == "cdrom" and arch == "amd64":
        yield invalid(field, "there is no CD-ROM drive on the bus virtio: use sata, scsi or usb.")
    elif bus == "usb" and kind == "lun":
        yield invalid(field, "a lun can't be on the bus usb: use scsi.")


def _pci_address(field: str, address: str | None, bus: str) -> Iterator[FieldError]:
    if not address:
        return
    if bus != "virtio":
        yield invalid(field, f"only a disk on the bus virtio has a PCI address, this one is on {shown(bus)}.")
    if not PCI_ADDRESS(address):
        yield invalid(field, f"{shown(address)} is no PCI address, such as 0000:81:01.0.")


def _options(field: str, disk: Disk) -> Iterator[FieldError]:
    if disk.serial:
        yield from serial_rule(f"{field}.serial", disk.serial)
    if disk.cache and disk.cache not in _CACHES:
        yield invalid(f"{field}.cache", f"{shown(disk.cache)} is no cache mode; it is {listed(_CACHES)}.")
    if disk.io and disk.io not in _IO_MODES:
        yield not_supported(f"{field}.io", f"{shown(disk.io)} is no IO mode; it is {listed(_IO_MODES)}.")
    if disk.error_policy is not None and disk.error_policy not in _ERROR_POLICIES:
        yield invalid(
            f"{field}.errorPolicy", f"{shown(disk.error_policy)} is no error policy; it is {listed(_ERROR_POLICIES)}."
        )
    if disk.tag and (len(disk.tag) > _MAX_TAG_CHARACTERS or not disk.tag.isprintable()):
        yield invalid(f"{field}.tag", f"{shown(disk.tag)} must be at most {_MAX_TAG_CHARACTERS} printable characters.")


def serial_rule(field: str, serial: str) -> Iterator[FieldError]:
    """A serial number, of a disk or of the machine: at most 256 of ``A-Z a-z 0-9 _ . + -``."""
    if len(serial) > MAX_SERIAL_CHARACTERS:
        yield invalid(field, f"it has {len(serial)} characters, more than {MAX_SERIAL_CHARACTERS}.")
    elif not SERIAL(serial):
        yield invalid(field, f"{shown(serial)} must be made of letters, digits, '_', '.', '+' and '-'.")


def _block_size(field: str, disk: Disk) -> Iterator[FieldError]:
    if disk.block_size is None or disk.block_size.custom is None:
        return
    field = f"{field}.blockSize"
    match = disk.block_size.match_volume
    if match is not None and match.enabled is not False:
        yield invalid(field, "matchVolume and custom exclude each other: leave one out.")
        return
    custom = disk.block_size.custom
    logical, physical = custom.logical or 0, custom.physical or 0
    if logical > physical:
        yield invalid(f"{field}.custom.logical", f"{logical} bytes are more than the physical {physical}.")
    for name, value in (("logical", logical), ("physical", physical)):
        if not _BLOCK_BYTES[0] <= value <= _BLOCK_BYTES[1] or value & (value - 1):
            yield invalid(
                f"{field}.custom.{name}",
                f"{value} bytes are no block size: it is a power of two from {_BLOCK_BYTES[0]} to {_BLOCK_BYTES[1]}.",
            )
    if logical and (custom.discard_granularity or 0) % logical:
        yield invalid(
            f"{field}.custom.discardGranularity",
            f"{custom.discard_granularity} bytes are not a multiple of the logical {logical}.",
        )
    if disk.disk is not None and disk.disk.bus == "sata" and logical not in (0, 512):
        yield invalid(f"{field}.custom.logical", f"SATA disks have logical blocks of 512 bytes, not {logical}.")
