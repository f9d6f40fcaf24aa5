"""Rules about disks: how the guest meets its volumes, and in which order it boots from them."""

from __future__ import annotations

import re

from kvnode._fast.names import is_label, is_serial
from kvnode._fast.plain import Plain
from kvnode.api.disks import BlockSize, Disk, DiskTarget
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.network import Interface
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.names import label_fault

__all__ = ["PCI_ADDRESS", "boot_order_rules", "disk_rules", "disk_volume_rules"]

PCI_ADDRESS = re.compile(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[01][0-9a-fA-F]\.[0-7]", re.ASCII).fullmatch
"""A PCI function: domain, bus, slot (00 to 1f) and function."""

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

_PLAIN = Plain(
    Disk,
    {
        "name": is_label,
        "disk": Plain(DiskTarget, {"bus": frozenset({"virtio"}), "readonly": ...}),
        "boot_order": ...,
        "serial": is_serial,
        "cache": frozenset(_CACHES),
        "io": frozenset(_IO_MODES),
        "error_policy": frozenset(_ERROR_POLICIES),
        "dedicated_io_thread": ...,
        "shareable": ...,
    },
    unique="name",
)
"""Disks of which disk_rules would say nothing: most of those that a guest has dozens of."""


def disk_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Each disk by itself: one name, one kind, a bus that can carry it, and options that exist."""
    disks, arch = spec.domain.devices.disks, spec.architecture or ""
    buses = _ARCH_BUSES.get(arch, _BUSES)
    if len(disks) > _MAX_DISKS:
        found.invalid(_DISKS, f"{len(disks)} disks are more than {_MAX_DISKS}, the most that a guest can have.")
    seen: dict[str, int] = {}
    for index in _PLAIN.others(disks):
        disk = disks[index]
        name = disk.name
        if name in seen:
            found.duplicate(f"{_at(index)}.name", f"{shown(name)} is the name of {_at(seen[name])} already.")
        seen.setdefault(name, index)
        if not is_label(name):
            found.invalid(f"{_at(index)}.name", f"{shown(name)} {label_fault(name)}.")
        _kind(found, index, disk, arch, buses)
        _options(found, index, disk)
        if disk.block_size is not None:
            _block_size(found, f"{_at(index)}.blockSize", disk, disk.block_size)
        if disk.lun is not None and disk.lun.reservation and not settings.persistent_reservation:
            found.invalid(
                f"{_at(index)}.lun.reservation",
                "persistent reservations are off; an administrator turns them on by persistentReservationConfiguration "
                "in the KubeVirt configuration.",
            )


def disk_volume_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Disks and volumes pair up by name, and the kind of disk suits what lies behind it."""
    volumes = {volume.name: volume for volume in spec.volumes}
    for index, disk in enumerate(spec.domain.devices.disks):
        volume = volumes.get(disk.name)
        if volume is None:
            _empty_drive(found, index, disk, settings)
            continue
        if disk.lun is not None and volume.persistent_volume_claim is None and volume.data_volume is None:
            found.invalid(
                f"{_at(index)}.lun",
                f"a lun passes SCSI commands to a claim's device, and volume {shown(disk.name)} is no "
                "persistentVolumeClaim or dataVolume; make it a disk.",
            )
        if volume.downward_metrics is not None:
            if disk.disk is None:
                found.required(f"{_at(index)}.disk", "a downwardMetrics volume is a disk, not a cdrom or a lun.")
            elif disk.disk.bus not in ("virtio", "", None):
                found.invalid(
                    f"{_at(index)}.disk.bus",
                    f"a downwardMetrics volume goes on the bus virtio, not {shown(disk.disk.bus)}.",
                )
    _volumes_in_use(found, spec)


def boot_order_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Places in the boot order begin at 1, and no two devices share one."""
    disks = spec.domain.devices.disks
    devices: tuple[Disk | Interface, ...] = (*disks, *spec.domain.devices.interfaces)
    taken: dict[int, int] = {}
    for number, device in enumerate(devices):
        place = device.boot_order
        if place is None:
            continue
        if place < 1:
            found.invalid(
                _boot_order_of(number, len(disks)), f"{place} is no place in the boot order, which begins at 1."
            )
        elif taken.setdefault(place, number) != number:
            holder = _boot_order_of(taken[place], len(disks))
            found.invalid(_boot_order_of(number, len(disks)), f"place {place} is taken by {holder}.")


def _boot_order_of(number: int, disks: int) -> str:
    """Where the place in the boot order stands of the device of this number, all disks being counted first."""
    device = _at(number) if number < disks else f"spec.domain.devices.interfaces[{number - disks}]"
    return f"{device}.bootOrder"


def _at(index: int) -> str:
    """Where a disk stands in the manifest."""
    return f"{_DISKS}[{index}]"


def _empty_drive(found: Findings, index: int, disk: Disk, settings: Settings) -> None:
    """A disk without a volume: a CD-ROM drive may be, where something can be put in later."""
    if disk.cdrom is None:
        found.invalid(
            f"{_at(index)}.name",
            f"no volume is called {shown(disk.name)}: add it to spec.volumes, or drop the disk.",
        )
    elif not settings.gate("DeclarativeHotplugVolumes"):
        found.invalid(
            f"{_at(index)}.name",
            f"no volume is called {shown(disk.name)}, and an empty drive takes the feature gate "
            "DeclarativeHotplugVolumes, which is shut.",
        )


def _volumes_in_use(found: Findings, spec: VirtualMachineInstanceSpec) -> None:
    devices = spec.domain.devices
    used = {disk.name for disk in devices.disks}
    if devices.filesystems:
        used.update(filesystem.name for filesystem in devices.filesystems)
    for index, volume in enumerate(spec.volumes):
        if volume.name not in used and volume.memory_dump is None:
            found.invalid(
                f"spec.volumes[{index}].name",
                f"no disk and no filesystem is called {shown(volume.name)}: add one below spec.domain.devices, "
                "or drop the volume.",
            )


def _kind(found: Findings, index: int, disk: Disk, arch: str, buses: tuple[str, ...]) -> None:
    """A disk is one of disk, lun and cdrom, on a bus that carries it."""
    plain, lun, cdrom = disk.disk, disk.lun, disk.cdrom
    target = plain or lun or cdrom
    if target is None:
        return
    kind = "disk" if plain else "lun" if lun else "cdrom"
    if target is not plain or lun or cdrom:
        given = [name for name, one in (("disk", plain), ("lun", lun), ("cdrom", cdrom)) if one is not None]
        if len(given) > 1:
            found.invalid(_at(index), f"{' and '.join(given)} are set: a disk is one of them.")
    bus = target.bus or ""
    # An ordinary disk goes on each of the buses that there are, so of most there is nothing more to ask.
    if bus and (target is not plain or bus not in buses):
        _bus(found, index, kind, bus, arch, buses)
    if plain is not None:
        if bus == "sata" and plain.readonly:
            found.invalid(
                f"{_at(index)}.disk.bus", "a SATA hard disk can't be read-only: use virtio or scsi, or a cdrom."
            )
        if plain.pci_address:
            _pci_address(found, f"{_at(index)}.disk.pciAddress", plain.pci_address, bus)
    if lun is not None and lun.reservation and bus != "scsi":
        found.invalid(f"{_at(index)}.lun.bus", f"persistent reservations take the bus scsi, not {shown(bus)}.")
    if cdrom is not None and cdrom.tray and cdrom.tray not in _TRAYS:
        found.not_supported(f"{_at(index)}.cdrom.tray", f"{shown(cdrom.tray)} is no tray; it is {listed(_TRAYS)}.")
    if disk.dedicated_io_thread and bus and bus != "virtio":
        found.not_supported(
            f"{_at(index)}.dedicatedIOThread",
            f"only disks on the bus virtio have an IO thread, this one is on {shown(bus)}.",
        )


def _bus(found: Findings, index: int, kind: str, bus: str, arch: str, buses: tuple[str, ...]) -> None:
    field = f"{_at(index)}.{kind}.bus"
    if bus == "ide":
        found.invalid(field, f"the machine has no IDE bus: use {listed(buses)}.")
    elif bus not in _BUSES:
        found.invalid(field, f"{shown(bus)} is no bus; it is {listed(buses)}.")
    elif bus not in buses:
        found.not_supported(field, f"{arch} has no bus {bus} for disks: use {listed(buses)}.")
    elif bus == "virtio" and kind == "cdrom" and arch == "amd64":
        found.invalid(field, "there is no CD-ROM drive on the bus virtio: use sata, scsi or usb.")
    elif bus == "usb" and kind == "lun":
        found.invalid(field, "a lun can't be on the bus usb: use scsi.")


def _pci_address(found: Findings, field: str, address: str, bus: str) -> None:
    if bus != "virtio":
        found.invalid(field, f"only a disk on the bus virtio has a PCI address, this one is on {shown(bus)}.")
    if not PCI_ADDRESS(address):
        found.invalid(field, f"{shown(address)} is no PCI address, such as 0000:05:00.0.")


def _options(found: Findings, index: int, disk: Disk) -> None:
    serial, cache, mode, policy, tag = disk.serial, disk.cache, disk.io, disk.error_policy, disk.tag
    if serial and not is_serial(serial):
        found.invalid(f"{_at(index)}.serial", serial_fault(serial))
    if cache and cache not in _CACHES:
        found.invalid(f"{_at(index)}.cache", f"{shown(cache)} is no cache mode; it is {listed(_CACHES)}.")
    if mode and mode not in _IO_MODES:
        found.not_supported(f"{_at(index)}.io", f"{shown(mode)} is no IO mode; it is {listed(_IO_MODES)}.")
    if policy is not None and policy not in _ERROR_POLICIES:
        found.invalid(
            f"{_at(index)}.errorPolicy", f"{shown(policy)} is no error policy; it is {listed(_ERROR_POLICIES)}."
        )
    if tag and (len(tag) > _MAX_TAG_CHARACTERS or not tag.isprintable()):
        found.invalid(f"{_at(index)}.tag", f"{shown(tag)} must be at most {_MAX_TAG_CHARACTERS} printable characters.")


def serial_fault(serial: str) -> str:
    """What is wrong with the serial number of a disk or of the machine that is none."""
    if len(serial) > MAX_SERIAL_CHARACTERS:
        return f"it has {len(serial)} characters, more than {MAX_SERIAL_CHARACTERS}."
    return f"{shown(serial)} must be made of letters, digits, '_', '.', '+' and '-'."


def _block_size(found: Findings, field: str, disk: Disk, size: BlockSize) -> None:
    custom, match = size.custom, size.match_volume
    if custom is None:
        return
    if match is not None and match.enabled is not False:
        found.invalid(field, "matchVolume and custom exclude each other: leave one out.")
        return
    logical, physical = custom.logical or 0, custom.physical or 0
    if logical > physical:
        found.invalid(f"{field}.custom.logical", f"{logical} bytes are more than the physical {physical}.")
    for name, value in (("logical", logical), ("physical", physical)):
        if not _BLOCK_BYTES[0] <= value <= _BLOCK_BYTES[1] or value & (value - 1):
            found.invalid(
                f"{field}.custom.{name}",
                f"{value} bytes are no block size: it is a power of two from {_BLOCK_BYTES[0]} to {_BLOCK_BYTES[1]}.",
            )
    if logical and (custom.discard_granularity or 0) % logical:
        found.invalid(
            f"{field}.custom.discardGranularity",
            f"{custom.discard_granularity} bytes are not a multiple of the logical {logical}.",
        )
    target = disk.disk or disk.lun or disk.cdrom
    if target is not None and target.bus == "sata" and logical not in (0, 512):
        found.invalid(f"{field}.custom.logical", f"SATA disks have logical blocks of 512 bytes, not {logical}.")
