"""Defaults of devices, volumes and networks.

A volume that nothing uses becomes a disk, a disk that says no more than its name becomes a plain one on the bus that
its architecture boots from, and a guest that names no network at all gets the Pod's.
"""

from __future__ import annotations

from msgspec.structs import replace

from kvnode.api.devices import Devices, Diag288Watchdog, I6300ESBWatchdog, Input, Watchdog
from kvnode.api.disks import CDRomTarget, Disk, DiskTarget
from kvnode.api.network import Interface, InterfaceBridge, InterfaceMasquerade, Network, PodNetwork
from kvnode.api.settings import Settings
from kvnode.api.volumes import Volume

__all__ = ["devices_default", "networks_default", "pull_policy_default", "volume_default"]

_DISK_BUS = {"arm64": "virtio", "s390x": "virtio"}
_POD_NETWORK = "default"


def devices_default(devices: Devices, volumes: tuple[Volume, ...], arch: str) -> Devices:
    """Disks for every volume, with their buses, and the small print of inputs and the watchdog."""
    disks = (*devices.disks, *_missing_disks(devices, volumes))
    bus = _DISK_BUS.get(arch, "sata")
    changes: dict[str, object] = {}
    if disks:
        changes["disks"] = tuple([_disk_default(disk, bus) for disk in disks])
    if devices.inputs:
        changes["inputs"] = tuple([_input_default(device) for device in devices.inputs])
    if devices.watchdog is not None:
        changes["watchdog"] = _watchdog_default(devices.watchdog, arch)
    return replace(devices, **changes) if changes else devices


def networks_default(
    devices: Devices, networks: tuple[Network, ...], settings: Settings
) -> tuple[Devices, tuple[Network, ...]]:
    """The Pod's network and an interface on it, where neither is named and ``autoattachPodInterface`` isn't false."""
    if networks or devices.interfaces or devices.autoattach_pod_interface is False:
        return devices, networks
    if settings.default_interface == "masquerade":
        interface = Interface(name=_POD_NETWORK, masquerade=InterfaceMasquerade())
    else:
        interface = Interface(name=_POD_NETWORK, bridge=InterfaceBridge())
    return replace(devices, interfaces=(interface,)), (Network(name=_POD_NETWORK, pod=PodNetwork()),)


def volume_default(volume: Volume) -> Volume:
    """When to pull a container disk: always where its tag may move, else only when it isn't there.

    A host disk that exists has the size it has, which the API writes as a capacity of 0.
    """
    disk = volume.container_disk
    if disk is not None and not disk.image_pull_policy:
        volume = replace(volume, container_disk=replace(disk, image_pull_policy=pull_policy_default(disk.image)))
    if volume.host_disk is not None and volume.host_disk.capacity is None:
        return replace(volume, host_disk=replace(volume.host_disk, capacity="0"))
    return volume


def pull_policy_default(image: str) -> str:
    """``Always`` for a tag ``latest``, said or left out, and ``IfNotPresent`` for every other tag and for a digest.

    The rule is that of KubeVirt's admission, a registry's port included: ``registry.example:5000/disk`` has a colon
    and no tag, and counts as having one.
    """
    moves = image.endswith(":latest") or not (":" in image or "@" in image)
    return "Always" if moves else "IfNotPresent"


def _missing_disks(devices: Devices, volumes: tuple[Volume, ...]) -> list[Disk]:
    used = {disk.name for disk in devices.disks}
    if devices.filesystems:
        used.update(filesystem.name for filesystem in devices.filesystems)
    missing = []
    for volume in volumes:
        if volume.name not in used:
            used.add(volume.name)
            missing.append(Disk(name=volume.name))
    return missing


def _disk_default(disk: Disk, bus: str) -> Disk:
    if disk.cdrom is not None:
        return replace(disk, cdrom=_cdrom_default(disk.cdrom, bus))
    if disk.lun is not None:
        return disk if disk.lun.bus else replace(disk, lun=replace(disk.lun, bus=bus))
    target = disk.disk or DiskTarget()
    return disk if target.bus else replace(disk, disk=replace(target, bus=bus))


def _cdrom_default(cdrom: CDRomTarget, bus: str) -> CDRomTarget:
    return replace(
        cdrom,
        bus=cdrom.bus or bus,
        readonly=True if cdrom.readonly is None else cdrom.readonly,
        tray=cdrom.tray or "closed",
    )


def _input_default(device: Input) -> Input:
    return replace(device, bus=device.bus or "usb", type=device.type or "tablet")


def _watchdog_default(watchdog: Watchdog, arch: str) -> Watchdog:
    """The action of the device that is named; a watchdog without a device stays so, for validation to refuse."""
    if watchdog.i6300esb is not None and not watchdog.i6300esb.action:
        return replace(watchdog, i6300esb=I6300ESBWatchdog(action="reset"))
    if arch == "s390x" and not (watchdog.i6300esb or (watchdog.diag288 and watchdog.diag288.action)):
        return replace(watchdog, diag288=Diag288Watchdog(action="reset"))
    return watchdog
