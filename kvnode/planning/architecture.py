"""What differs between the architectures of a guest, as one table.

The rules of the plan ask this table and never an architecture's name, so a new one is one more row. The values are
those that KubeVirt gives its guests: they are what a manifest from there expects to find.
"""

from __future__ import annotations

from kvnode.api.disks import Disk
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import HostError
from kvnode.facts import HostFacts
from kvnode.planning.intermediate import Architecture
from kvnode.planning.refusal import invalid

_NEW, _OLD = "virtio-non-transitional", "virtio-transitional"

_TABLE = {
    arch.manifest: arch
    for arch in (
        Architecture(
            "amd64", "x86_64", "q35", _NEW, _OLD, _NEW, _OLD, _NEW, "vga", "bochs", video_vram_kib=16384, vmport=True
        ),
        Architecture(
            "arm64", "aarch64", "virt", _NEW, _OLD, _NEW, _OLD, _NEW, "virtio", "virtio",
            keyboard="usb", tablet="usb", usb=True, bus="virtio", cdrom_bus="scsi",
        ),
        Architecture(
            "s390x", "s390x", "s390-ccw-virtio", "virtio", "virtio", "virtio-scsi", "virtio-scsi", "virtio", "virtio",
            "virtio", keyboard="virtio", smbios=False, pci=False, bus="virtio", cdrom_bus="scsi",
        ),
    )
}  # fmt: skip
_BY_HOST = {arch.libvirt: arch for arch in _TABLE.values()}


def architecture_of(vmi: VirtualMachineInstance, host: HostFacts) -> Architecture:
    """The guest's architecture: the manifest's, or else the host's.

    Raises InvalidManifest where nobody knows the name, HostError where the host is of another architecture: emulating
    a foreign CPU is nothing that a manifest can ask for.
    """
    named = vmi.spec.architecture
    if not named:
        if host.arch not in _BY_HOST:
            known = ", ".join(_BY_HOST)
            raise HostError(f"the node is {host.arch[:60]!r}, and kvnode knows guests for {known}")
        return _BY_HOST[host.arch]
    arch = _TABLE.get(named)
    if arch is None:
        raise invalid("spec.architecture", f"{named[:60]!r} is none of {', '.join(_TABLE)}")
    if arch.libvirt != host.arch:
        raise HostError(
            f"spec.architecture: the guest is {named}, and the node is {host.arch}; "
            f"it takes a node (or the facts of one) that is {arch.libvirt}"
        )
    return arch


def disk_bus(disk: Disk, arch: Architecture) -> str:
    """The bus of a disk, LUN or CD-ROM drive; the architecture's usual one where the manifest names none."""
    plain, lun, cdrom = disk.disk, disk.lun, disk.cdrom
    bus = None
    if plain is not None:
        bus = plain.bus
    elif lun is not None:
        bus = lun.bus
    elif cdrom is not None:
        bus = cdrom.bus
    return bus or (arch.cdrom_bus if cdrom is not None else arch.bus)
