"""What a plan says, as sentences: a line for each subject, for programs as JSON and for ``explain``'s own text.

Each sentence tells one decision with its values; none of them decides anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kvnode.cli import cpu_map
from kvnode.quantity import bytes_text

if TYPE_CHECKING:
    from kvnode.facts import HostFacts
    from kvnode.planning.device_plans import DiskDevice
    from kvnode.planning.domain_plan import DomainPlan
    from kvnode.planning.network_plans import InterfaceNetwork


def told_as_json(label: str, plan: DomainPlan, host: HostFacts) -> dict[str, Any]:
    """The explanation for programs: the same sentences by subject, and the overhead as numbers."""
    return {
        "object": label,
        "hypervisor": plan.hypervisor,
        "machine": machine_text(plan),
        "cpu": list(cpu_texts(plan)),
        "placement": list(cpu_map.lines(plan, host)),
        "memory": list(memory_texts(plan)),
        "memory_bytes": plan.memory.bytes,
        "overhead": plan.overhead,
        "total_bytes": plan.memory.bytes + plan.overhead.total_bytes,
        "disks": [disk_text(plan, disk) for disk in plan.devices.disks],
        "network": [list(interface_texts(plan, interface)) for interface in plan.network.interfaces],
        "ends": end_text(plan),
    }


def machine_text(plan: DomainPlan) -> str:
    """The machine, what runs it, and its firmware."""
    how = "KVM" if plan.hypervisor == "kvm" else "emulation"
    firmware = "the machine's own firmware" if plan.os.arch != "x86_64" else "BIOS"
    if plan.os.loader is not None:
        firmware = "UEFI with secure boot" if plan.os.loader.secure else "UEFI"
    return f"{plan.os.machine} ({plan.os.arch}) by {how}, boots by {firmware}"


def cpu_texts(plan: DomainPlan) -> Iterator[str]:
    """The CPUs that the guest sees."""
    topology, cpu, vcpu = plan.cpu.topology, plan.cpu, plan.vcpu
    sizes = ((topology.sockets, "socket"), (topology.cores, "core"), (topology.threads, "thread"))
    shape = " x ".join(counted(size, word) for size, word in sizes)
    spare = f", {vcpu.maximum - vcpu.enabled} more may be plugged" if vcpu.maximum > vcpu.enabled else ""
    yield f"{counted(vcpu.enabled, 'vCPU')}{spare}; the guest sees {shape}"
    features = "".join(f", {feature.policy} {feature.name}" for feature in cpu.features)
    yield f"{cpu.model or cpu.mode}{features}"
    for cell in cpu.numa:
        yield f"NUMA cell {cell.id}: vCPUs {cell.cpus}, {bytes_text(cell.memory_bytes)}"
    if plan.iothreads:
        yield f"{counted(plan.iothreads, 'IO thread')} for disks"


def memory_texts(plan: DomainPlan) -> Iterator[str]:
    """How much memory, in which pages, and how far it may grow."""
    memory = plan.memory
    pages = "normal pages" if memory.hugepage_bytes is None else f"huge pages of {bytes_text(memory.hugepage_bytes)}"
    yield f"{bytes_text(memory.bytes)} in {pages}"
    if memory.max_bytes is not None:
        yield f"may grow to {bytes_text(memory.max_bytes)} in {counted(memory.slots, 'slot')}"


def disk_text(plan: DomainPlan, disk: DiskDevice) -> str:
    """A disk by its name in the guest, and what is behind it."""
    boot = f", boot order {disk.boot_order}" if disk.boot_order is not None else ""
    access = ", read-only" if disk.readonly else ""
    return f"{disk.target} ({disk.bus} {disk.device}{access}{boot}): {disk.volume}, {source_text(plan, disk)}"


def source_text(plan: DomainPlan, disk: DiskDevice) -> str:
    """What is behind a disk."""
    from kvnode.planning.disk_files import CloudInitNoCloud, ContainerDisk, EmptyDisk

    match next((made for made in plan.disk_operations if made.volume == disk.volume), None):
        case ContainerDisk(image=image):
            return f"an overlay of its own on {image}; what it writes ends with it"
        case EmptyDisk(capacity_bytes=capacity_bytes):
            return f"an empty disk of {bytes_text(capacity_bytes)}; it ends with the guest"
        case CloudInitNoCloud():
            return "cloud-init's seed (NoCloud)"
    return f"the {disk.source} {disk.path}" if disk.path is not None else "an empty drive"


def interface_texts(plan: DomainPlan, network: InterfaceNetwork) -> Iterator[str]:
    """An interface in short: the way to the Pod, what binds it, its lease."""
    card = next((device for device in plan.devices.interfaces if device.network == network.name), None)
    model = card.model if card is not None else "card"
    yield f"{network.name}: {model} {network.guest_mac} — {network.tap} — {network.bridge} — {network.pod_ifname}"
    mtu = f", MTU {network.mtu}" if network.mtu is not None else ""
    if network.nat is not None:
        ports = (
            ", ".join(f"{port.protocol} {ports_text(port.first, port.last)}" for port in network.nat.ports)
            or "all ports"
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


def ports_text(first: int, last: int) -> str:
    """A port, or a run of them."""
    return str(first) if first == last else f"{first}-{last}"


def end_text(plan: DomainPlan) -> str:
    """How the guest is stopped, and what a reboot is."""
    again = "stays while the guest reboots" if plan.on_reboot == "restart" else "ends when the guest reboots"
    return f"power button, {plan.grace_period_s} s to obey it, then by force; {again}"


def counted(number: int, word: str) -> str:
    """``1 disk``, ``2 disks``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
