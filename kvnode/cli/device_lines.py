"""A guest's devices as lines: disks with what is behind them, and all the others that the guest finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kvnode.cli.columns import Line, table
from kvnode.cli.sentences import counted, source_text
from kvnode.quantity import bytes_text

if TYPE_CHECKING:
    from kvnode.planning.device_plans import DevicesPlan, DiskDevice, HostDevice, PciAddress
    from kvnode.planning.domain_plan import DomainPlan


def disk_lines(plan: DomainPlan) -> Iterator[Line]:
    """Each disk by the name that libvirt counts it by; ``none`` where there is none."""
    for disk in plan.devices.disks:
        model = f" ({disk.model})" if disk.model is not None else ""
        first = [
            f"{disk.bus} {disk.device}{model}",
            "read-only" if disk.readonly else "",
            "shareable" if disk.shareable else "",
            f"boot order {disk.boot_order}" if disk.boot_order is not None else "",
        ]
        yield Line(f"{disk.target}: {disk.volume}, {', '.join(filter(None, first))}", 5)
        yield from (Line(f"     {line}", 7) for line in _behind(plan, disk))
        how = ", ".join(_how(plan, disk))
        if how:
            yield Line(f"     {how}", 7)
    if not plan.devices.disks:
        yield Line("none")


def _behind(plan: DomainPlan, disk: DiskDevice) -> Iterator[str]:
    if disk.path is None:
        yield "an empty drive, its tray open" if disk.tray_open else "an empty drive"
        return
    if any(made.volume == disk.volume for made in plan.disk_operations):
        yield source_text(plan, disk)
    size = f", {bytes_text(disk.capacity_bytes)}" if disk.capacity_bytes is not None else ""
    yield f"{disk.format} {disk.source} {disk.path}{size}"
    if disk.backing is not None:
        yield f"on {disk.backing.format} {disk.backing.source} {disk.backing.path}, which isn't written"


def _how(plan: DomainPlan, disk: DiskDevice) -> Iterator[str]:
    """How it is served."""
    if disk.iothreads:
        yield f"IO thread{'s' * (len(disk.iothreads) > 1)} {_numbers(disk.iothreads)} of {plan.iothreads}"
    elif plan.iothreads:
        yield "served by QEMU's main loop"
    if disk.queues is not None:
        yield counted(disk.queues, "queue")
    if disk.cache is not None:
        yield f"cache {disk.cache}"
    if disk.io is not None:
        yield f"IO {disk.io}"
    if disk.error_policy not in (None, "stop"):
        yield f"on an error {disk.error_policy}"
    if disk.discard is None and disk.device != "cdrom":
        yield "keeps blocks that are discarded"
    if disk.blockio is not None:
        yield f"blocks of {disk.blockio.logical_bytes} bytes, physically {disk.blockio.physical_bytes}"
        if disk.blockio.discard_granularity_bytes is not None:
            yield f"discards {disk.blockio.discard_granularity_bytes} at a time"
    if disk.serial is not None:
        yield f"serial {disk.serial}"
    if disk.address is not None:
        yield f"PCI {_pci(disk.address)}"
    if disk.reservation is not None:
        yield f"persistent reservations by {disk.reservation}"


def _numbers(threads: tuple[int, ...]) -> str:
    if len(threads) > 2 and threads == tuple(range(threads[0], threads[-1] + 1)):
        return f"{threads[0]}-{threads[-1]}"
    return ", ".join(map(str, threads))


def device_lines(plan: DomainPlan) -> Iterator[Line]:
    """All devices but disks and cards."""
    devices = plan.devices
    told = (*_from_host(devices), *_consoles(devices), *_machinery(devices))
    return table([(name, value) for name, value in told if value])


def _from_host(devices: DevicesPlan) -> Iterator[tuple[str, str]]:
    for device in devices.host_devices:
        boot = f", boot order {device.boot_order}" if device.boot_order is not None else ""
        screen = ", draws the screen" if device.display else ""
        early = ", a frame buffer before its driver" if device.ramfb else ""
        place = f", at {_pci(device.address)} of the guest" if device.address is not None else ""
        yield (
            "from the host",
            f"{device.alias.removeprefix('ua-')}: {_host_address(device)}{place}{screen}{early}{boot}",
        )
    for folder in devices.filesystems:
        yield "folder", f"{folder.tag}, by virtiofs at {folder.socket}"


def _host_address(device: HostDevice) -> str:
    if device.source is not None:
        return f"PCI {_pci(device.source)}"
    if device.uuid is not None:
        return f"mediated device {device.uuid}"
    return f"USB device {device.usb_device} on bus {device.usb_bus}"


def _consoles(devices: DevicesPlan) -> Iterator[tuple[str, str]]:
    for serial in devices.serials:
        kept = ", its output is kept" if serial.logged else ""
        yield "serial line", f"port {serial.port} at {serial.path}{kept}"
    if devices.video is not None:
        memory = f", {bytes_text(devices.video.vram_kib << 10)}" if devices.video.vram_kib is not None else ""
        yield "screen", f"{devices.video.type}{memory}"
    if devices.graphics is not None:
        yield "VNC", f"at {devices.graphics.socket}"
    for one in devices.inputs:
        yield one.type, f"{one.bus}{f' ({one.model})' if one.model is not None else ''}"
    for channel in devices.channels:
        yield "channel", f"{channel.name} at {channel.path}"
    if devices.redirections:
        yield "USB ports", f"{len(devices.redirections)} for devices of a viewer"


def _buses(devices: DevicesPlan) -> set[int]:
    """The PCI buses that have a device on them: one that is behind a port, whose index is the bus's number."""
    places = [disk.address for disk in devices.disks] + [card.address for card in devices.interfaces]
    places += [device.address for device in devices.host_devices]
    return {place.bus for place in places if place is not None}


def _machinery(devices: DevicesPlan) -> Iterator[tuple[str, str]]:
    for controller in devices.controllers:
        if controller.model != "none" and controller.type != "pci":
            yield "controller", f"{controller.type} {controller.index} ({controller.model})"
    ports = {controller.index for controller in devices.controllers if controller.type == "pci"}
    if ports:
        free = len(ports - _buses(devices))
        yield "PCI", f"{len(ports)} root ports, {free} of them free for what is plugged"
    balloon = devices.balloon
    if balloon is not None and balloon.model != "none":
        reports = f", reports every {balloon.stats_period_s} s" if balloon.stats_period_s is not None else ""
        gives = ", gives back free pages" if balloon.free_page_reporting else ""
        yield "balloon", f"{balloon.model}{reports}{gives}"
    if devices.rng is not None:
        yield "randomness", f"{devices.rng.model} from {devices.rng.source}"
    for watchdog in devices.watchdogs:
        yield "watchdog", f"{watchdog.model}: {watchdog.action}"
    for sound in devices.sounds:
        yield "sound", sound.model
    if devices.tpm is not None:
        yield (
            "TPM",
            f"2.0 ({devices.tpm.model}), {'kept between starts' if devices.tpm.persistent else 'new each time'}",
        )
    if devices.vsock is not None:
        yield "vsock", f"context id {devices.vsock.cid}"
    for panic in devices.panics:
        yield "panic", f"tells of a guest kernel's panic ({panic.model})"


def _pci(address: PciAddress) -> str:
    return f"{address.domain:04x}:{address.bus:02x}:{address.slot:02x}.{address.function}"
