"""``kvnode explain``: a guest's plan in words.

What the guest sees (CPUs, memory, disks, network), how it comes to be (KVM or emulation and why, each disk's source,
the path of a packet), and what it costs, with the memory overhead item by item. It tells the plan and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from kvnode.cli import cpu_map
from kvnode.cli.sources import config_option, facts_option, file_argument, read_config, read_guests, read_host
from kvnode.cli.terminal import printable, shortened, write, write_json
from kvnode.errors import UsageError

if TYPE_CHECKING:
    from kvnode.facts import HostFacts
    from kvnode.planning.device_plans import DiskDevice
    from kvnode.planning.domain_plan import DomainPlan
    from kvnode.planning.network import InterfaceNetwork

_LABEL_WIDTH = 10
_MIB = 1 << 20


@click.command(name="explain")
@file_argument
@facts_option
@config_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "svg"]),
    default="text",
    help="svg: a picture of who sits where",
)
def explain_command(file: str, facts: str | None, config: str | None, output: str) -> None:
    """Tell in words what the guests in FILE get, and what they cost the node."""
    from kvnode.cli.manifests import plan_guest

    settings = read_config(config)
    guests = read_guests(file)
    host = read_host(facts)
    plans = [plan_guest(guest, host, settings, alone=len(guests) == 1) for guest in guests]
    if output == "json":
        told = [told_as_json(guest.label, plan, host) for guest, plan in zip(guests, plans, strict=True)]
        write_json(told[0] if len(told) == 1 else told)
        return
    if output == "svg":
        if len(plans) != 1:
            raise UsageError(f"{file!r} has {len(plans)} guests, and a picture shows one")
        write(cpu_map.picture(printable(shortened(guests[0].label)), plans[0], host))
        return
    for position, (guest, plan) in enumerate(zip(guests, plans, strict=True)):
        lines = [guest.label, *_told(plan, host)]
        write("\n" * bool(position) + "".join(f"{printable(shortened(line))}\n" for line in lines))


def told_as_json(label: str, plan: DomainPlan, host: HostFacts) -> dict[str, Any]:
    """The explanation for programs: the same sentences by subject, and the overhead as numbers."""
    return {
        "object": label,
        "hypervisor": plan.hypervisor,
        "machine": _machine(plan),
        "cpu": list(_cpu(plan)),
        "placement": list(cpu_map.lines(plan, host)),
        "memory": list(_memory(plan)),
        "memory_bytes": plan.memory.bytes,
        "overhead": plan.overhead,
        "total_bytes": plan.memory.bytes + plan.overhead.total_bytes,
        "disks": [_disk(plan, disk) for disk in plan.devices.disks],
        "network": [list(_interface(plan, interface)) for interface in plan.network.interfaces],
        "ends": _end(plan),
    }


def _told(plan: DomainPlan, host: HostFacts) -> Iterator[str]:
    yield from _section("machine", [_machine(plan), *filter(None, [plan.hypervisor_note])])
    yield from _section("CPU", _cpu(plan))
    yield from _section("placement", cpu_map.lines(plan, host))
    yield from _section("memory", _memory(plan))
    yield from _section("disks", [_disk(plan, disk) for disk in plan.devices.disks] or ["none"])
    lines = [line for interface in plan.network.interfaces for line in _interface(plan, interface)]
    yield from _section("network", lines or ["none"])
    yield from _section("consoles", _consoles(plan))
    yield from _section("overhead", _overhead(plan))
    yield from _section("end", [_end(plan)])


def _section(label: str, lines: Iterator[str] | list[str]) -> Iterator[str]:
    for line in lines:
        yield f"  {label:<{_LABEL_WIDTH}} {line}"
        label = ""


def _machine(plan: DomainPlan) -> str:
    how = "KVM" if plan.hypervisor == "kvm" else "emulation"
    firmware = "the machine's own firmware" if plan.os.arch != "x86_64" else "BIOS"
    if plan.os.loader is not None:
        firmware = "UEFI with secure boot" if plan.os.loader.secure else "UEFI"
    return f"{plan.os.machine} ({plan.os.arch}) by {how}, boots by {firmware}"


def _cpu(plan: DomainPlan) -> Iterator[str]:
    topology, cpu, vcpu = plan.cpu.topology, plan.cpu, plan.vcpu
    sizes = ((topology.sockets, "socket"), (topology.cores, "core"), (topology.threads, "thread"))
    shape = " x ".join(_counted(size, word) for size, word in sizes)
    spare = f", {vcpu.maximum - vcpu.enabled} more may be plugged" if vcpu.maximum > vcpu.enabled else ""
    yield f"{_counted(vcpu.enabled, 'vCPU')}{spare}; the guest sees {shape}"
    features = "".join(f", {feature.policy} {feature.name}" for feature in cpu.features)
    yield f"{cpu.model or cpu.mode}{features}"
    for cell in cpu.numa:
        yield f"NUMA cell {cell.id}: vCPUs {cell.cpus}, {_size(cell.memory_bytes)}"
    if plan.iothreads:
        yield f"{_counted(plan.iothreads, 'IO thread')} for disks"


def _memory(plan: DomainPlan) -> Iterator[str]:
    memory = plan.memory
    pages = "normal pages" if memory.hugepage_bytes is None else f"huge pages of {_size(memory.hugepage_bytes)}"
    yield f"{_size(memory.bytes)} in {pages}"
    if memory.max_bytes is not None:
        yield f"may grow to {_size(memory.max_bytes)} in {_counted(memory.slots, 'slot')}"


def _disk(plan: DomainPlan, disk: DiskDevice) -> str:
    boot = f", boot order {disk.boot_order}" if disk.boot_order is not None else ""
    access = ", read-only" if disk.readonly else ""
    return f"{disk.target} ({disk.bus} {disk.device}{access}{boot}): {disk.volume}, {_source(plan, disk)}"


def _source(plan: DomainPlan, disk: DiskDevice) -> str:
    from kvnode.planning.disk_operations import CloudInitNoCloud, ContainerDisk, EmptyDisk

    match next((made for made in plan.disk_operations if made.volume == disk.volume), None):
        case ContainerDisk(image=image):
            return f"an overlay of its own on {image}; what it writes ends with it"
        case EmptyDisk(capacity_bytes=capacity_bytes):
            return f"an empty disk of {_size(capacity_bytes)}; it ends with the guest"
        case CloudInitNoCloud():
            return "cloud-init's seed (NoCloud)"
    return f"the {disk.source} {disk.path}" if disk.path is not None else "an empty drive"


def _interface(plan: DomainPlan, network: InterfaceNetwork) -> Iterator[str]:
    card = next((device for device in plan.devices.interfaces if device.network == network.name), None)
    model = card.model if card is not None else "card"
    yield f"{network.name}: {model} {network.guest_mac} — {network.tap} — {network.bridge} — {network.pod_ifname}"
    mtu = f", MTU {network.mtu}" if network.mtu is not None else ""
    if network.nat is not None:
        ports = (
            ", ".join(f"{port.protocol} {_ports(port.first, port.last)}" for port in network.nat.ports) or "all ports"
        )
        yield f"  masquerade: {network.nat.guest} behind {network.nat.gateway}; {ports} of the Pod lead to it{mtu}"
    else:
        known = ", ".join(network.pod_addresses) or "which isn't known here"
        yield f"  bridge: the guest takes over the Pod's address, {known}{mtu}"
    if network.dhcp is not None:
        lease = network.dhcp
        router = f", router {lease.router}" if lease.router else ""
        names = f", resolver {' '.join(lease.nameservers)}" if lease.nameservers else ""
        yield f"  DHCP from {lease.server}: {lease.address}{router}{names}"


def _ports(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _consoles(plan: DomainPlan) -> list[str]:
    found = [f"serial line at {serial.path}" for serial in plan.devices.serials]
    if plan.devices.graphics is not None:
        found.append(f"VNC at {plan.devices.graphics.socket}")
    return found or ["none"]


def _overhead(plan: DomainPlan) -> Iterator[str]:
    overhead = plan.overhead
    total = _size(plan.memory.bytes + overhead.total_bytes)
    yield f"{_size(overhead.total_bytes)} beside the guest's memory; {total} in all"
    width = max((len(item.name) for item in overhead.items), default=0)
    for item in overhead.items:
        yield f"  {_size(item.bytes):>9}  {item.name:<{width}}  {item.why}"


def _end(plan: DomainPlan) -> str:
    again = "stays while the guest reboots" if plan.on_reboot == "restart" else "ends when the guest reboots"
    return f"power button, {plan.grace_period_s} s to obey it, then by force; {again}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _size(size: int) -> str:
    """Bytes as people write them: ``128 MiB``, ``1.5 GiB``, ``192 KiB``."""
    for unit, scale in (("GiB", 1 << 30), ("MiB", _MIB), ("KiB", 1 << 10)):
        if size >= scale:
            return f"{size / scale:.4g} {unit}"
    return f"{size} bytes"
