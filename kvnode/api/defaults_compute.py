"""Defaults of processors, memory and what the Pod asks for them.

The guest's size may be said in two vocabularies, the guest's own (``cpu``, ``memory``) and the Pod's (``resources``);
what one leaves out comes from the other. Where the roll-out strategy is live update the guest also gets room to grow:
sockets and memory that are absent at boot and may be plugged later, four times what it has unless configured.

A quantity that can't be read is left as it is: validation names it, with its path.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from kvnode.api.cpu_memory import CPU, CPUFeature, Memory, ResourceRequirements
from kvnode.api.firmware import LaunchSecurity
from kvnode.api.settings import Settings
from kvnode.errors import QuantityError
from kvnode.quantity import Quantity, binary, to_bytes, to_nanos

__all__ = ["cpu_default", "hotplug_cpu_default", "hotplug_memory_default", "memory_default", "resources_default"]

_GIB = 1 << 30
_MIB = 1 << 20
_MAX_VCPUS = 512
_ADDRESSABLE_BYTES = 1 << 52
"""What a 64-bit processor can address at most; a guest near it has no room to grow."""

_UINT32_MAX = (1 << 32) - 1
_HOTPLUG_MINIMUM_BYTES = _GIB
"""Smaller guests get no memory slots: a kernel's tables for memory that may come would cost them too much."""


def resources_default(resources: ResourceRequirements, dedicated: bool, settings: Settings) -> ResourceRequirements:
    """Requests that follow from limits or from the configuration; dedicated CPUs are never requested by default."""
    requests, limits = resources.requests or {}, resources.limits or {}
    limit = limits.get("cpu")
    if limit is not None and not _is_zero(limit) and _is_zero(requests.get("cpu")):
        return replace(resources, requests={**requests, "cpu": limit})
    if settings.cpu_request is not None and "cpu" not in requests and not dedicated:
        return replace(resources, requests={**requests, "cpu": settings.cpu_request})
    return resources


def memory_default(memory: Memory | None, resources: ResourceRequirements) -> Memory:
    """The guest's memory: its own word, or what is requested, or the limit, or one huge page."""
    memory = memory or Memory()
    if memory.guest is not None:
        return memory
    for amounts in (resources.requests, resources.limits):
        amount = (amounts or {}).get("memory")
        if not _is_zero(amount):
            return replace(memory, guest=amount)
    page = memory.hugepages.page_size if memory.hugepages else None
    if page and _size(page) is not None:
        return replace(memory, guest=page)
    return memory


def cpu_default(cpu: CPU | None, resources: ResourceRequirements, needs_vmx: bool, model: str) -> CPU:
    """Topology and model. Without a topology each requested CPU is a socket, which can be plugged later."""
    cpu = cpu or CPU()
    changes: dict[str, Any] = {}
    if not (cpu.cores or cpu.sockets or cpu.threads):
        changes |= {"cores": 1, "threads": 1, "sockets": _requested_sockets(resources)}
    if needs_vmx:
        changes["features"] = _with_required(cpu.features, "vmx")
    if not cpu.model:
        changes["model"] = model
    return replace(cpu, **changes) if changes else cpu


def hotplug_cpu_default(cpu: CPU, settings: Settings) -> CPU:
    """The number of sockets that the guest may grow to, at most 512 vCPUs in all unless it starts with more."""
    if cpu.max_sockets:
        return cpu
    sockets = cpu.sockets or 0
    most = settings.max_cpu_sockets and max(settings.max_cpu_sockets, sockets)
    if not most:
        most = sockets * settings.max_hotplug_ratio
        threads_each = (cpu.cores or 1) * (cpu.threads or 1)
        if most * threads_each > _MAX_VCPUS:
            most = max(_MAX_VCPUS // threads_each, sockets)
    return replace(cpu, max_sockets=min(most, _UINT32_MAX)) if most else cpu


def hotplug_memory_default(
    memory: Memory, cpu: CPU, launch_security: LaunchSecurity | None, arch: str, settings: Settings
) -> Memory:
    """The memory that the guest may grow to, where memory can be plugged at all.

    It can't where the guest's memory is laid out by hand (real time, guest NUMA cells), is encrypted, is smaller than
    1 GiB or so large that it could not be addressed, or isn't made of whole blocks of 2 MiB (1 GiB with pages of that
    size), and on other machines than amd64.
    """
    passthrough = cpu.numa is not None and cpu.numa.guest_mapping_passthrough is not None
    if memory.max_guest is not None or arch != "amd64" or cpu.realtime or passthrough or launch_security:
        return memory
    guest = _size(memory.guest)
    if guest is None or guest < _HOTPLUG_MINIMUM_BYTES:
        return memory
    most = guest * settings.max_hotplug_ratio if settings.max_guest is None else _size(settings.max_guest)
    block = _GIB if memory.hugepages and memory.hugepages.page_size == "1Gi" else 2 * _MIB
    if most is None or not guest <= most <= _ADDRESSABLE_BYTES or guest % block or most % block:
        return memory
    return replace(memory, max_guest=binary(most) if settings.max_guest is None else settings.max_guest)


def _requested_sockets(resources: ResourceRequirements) -> int:
    for amounts in (resources.limits, resources.requests):
        amount = (amounts or {}).get("cpu")
        if amount is not None:
            return min(max(_size(amount) or 1, 1), _UINT32_MAX)
    return 1


def _with_required(features: tuple[CPUFeature, ...], name: str) -> tuple[CPUFeature, ...]:
    wanted = CPUFeature(name=name, policy="require")
    if all(feature.name != name for feature in features):
        return (*features, wanted)
    return tuple(wanted if feature.name == name else feature for feature in features)


def _is_zero(quantity: Quantity | None) -> bool:
    try:
        return quantity is None or to_nanos(quantity) == 0
    except QuantityError:
        return False


def _size(quantity: Quantity | None) -> int | None:
    """The quantity rounded up to a whole number, or None where there is none to be read."""
    try:
        return None if quantity is None else to_bytes(quantity)
    except QuantityError:
        return None
