"""Rules about instance types: sizes of which a guest can be made.

A size is judged by the guest that it makes; here stand the rules about what a guest doesn't have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from kvnode.api.cpu_memory import CPU, Memory
from kvnode.api.devices import Devices
from kvnode.api.instance import DomainSpec
from kvnode.api.instancetype import (
    VirtualMachineClusterInstancetype,
    VirtualMachineInstancetype,
    VirtualMachineInstancetypeSpec,
)
from kvnode.api.settings import settings_of
from kvnode.api.validation.amounts import amount, quantity_rules, size
from kvnode.api.validation.cpu import MAX_VCPUS, cpu_rules
from kvnode.api.validation.devices import host_device_rules, io_thread_rules
from kvnode.api.validation.features import launch_security_rules
from kvnode.api.validation.finding import Findings, shown
from kvnode.api.validation.labels import annotation_map_rules
from kvnode.api.validation.memory import memory_rules
from kvnode.api.validation.pod import pod_name_rules
from kvnode.api.validation.scheduling import affinity_rules
from kvnode.api.validation.stand_in import judge, stand_in, with_claims, with_launch_security

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["instancetype_rules"]

_RULES = (
    quantity_rules,
    cpu_rules,
    memory_rules,
    launch_security_rules,
    io_thread_rules,
    host_device_rules,
    pod_name_rules,
    affinity_rules,
)
_PLACES = {
    "spec.domain.cpu.sockets": "spec.cpu.guest",
    "spec.domain.cpu.model": "spec.cpu.model",
    "spec.domain.cpu.dedicatedCpuPlacement": "spec.cpu.dedicatedCPUPlacement",
    "spec.domain.cpu.isolateEmulatorThread": "spec.cpu.isolateEmulatorThread",
    "spec.domain.cpu.numa": "spec.cpu.numa",
    "spec.domain.cpu.realtime": "spec.cpu.realtime",
    "spec.domain.memory.guest": "spec.memory.guest",
    "spec.domain.memory.maxGuest": "spec.memory.maxGuest",
    "spec.domain.memory.hugepages": "spec.memory.hugepages",
    # Of a guest that requests nothing, the rule about whole pages means the guest's memory.
    "spec.domain.resources.requests.memory": "spec.memory.guest",
    "spec.domain.devices.gpus": "spec.gpus",
    "spec.domain.devices.hostDevices": "spec.hostDevices",
    "spec.domain.ioThreadsPolicy": "spec.ioThreadsPolicy",
    "spec.domain.ioThreads": "spec.ioThreads",
    "spec.domain.launchSecurity": "spec.launchSecurity",
    "spec.nodeSelector": "spec.nodeSelector",
    "spec.schedulerName": "spec.schedulerName",
}


def instancetype_rules(
    found: Findings,
    item: VirtualMachineInstancetype | VirtualMachineClusterInstancetype,
    config: KubeVirtConfiguration | None,
) -> None:
    """Processors and memory, and whatever else a guest of this size has."""
    spec, settings = item.spec, settings_of(config)
    cpu, memory = spec.cpu, spec.memory
    if not cpu.guest:
        found.required("spec.cpu.guest", "say how many vCPUs a guest of this size has: 1 or more.")
    if amount(memory.guest) == 0:
        found.required("spec.memory.guest", "say how much memory a guest of this size has, such as 1Gi.")
    # Whether that many sockets suit the vCPUs is a question of how a preference arranges them.
    if cpu.max_sockets is not None and not 1 <= cpu.max_sockets <= MAX_VCPUS:
        found.invalid(
            "spec.cpu.maxSockets", f"{cpu.max_sockets} isn't from 1 to {MAX_VCPUS}, the most vCPUs that a guest has."
        )
    _growing(found, spec)
    _overcommit(found, spec)
    if spec.annotations:
        annotation_map_rules(found, "spec.annotations", spec.annotations)
    domain = DomainSpec(
        cpu=CPU(
            sockets=cpu.guest,
            model=cpu.model,
            dedicated_cpu_placement=cpu.dedicated_cpu_placement,
            isolate_emulator_thread=cpu.isolate_emulator_thread,
            numa=cpu.numa,
            realtime=cpu.realtime,
        ),
        memory=Memory(
            guest=memory.guest if amount(memory.guest) != 0 else None,
            max_guest=memory.max_guest,
            hugepages=memory.hugepages,
        ),
        devices=Devices(gpus=spec.gpus, host_devices=spec.host_devices),
        io_threads_policy=spec.io_threads_policy,
        io_threads=spec.io_threads,
    )
    guest = with_launch_security(stand_in(domain, settings.default_architecture), spec.launch_security)
    guest = with_claims(guest, (*spec.gpus, *spec.host_devices))
    guest = replace(guest, node_selector=spec.node_selector, scheduler_name=spec.scheduler_name)
    judge(found, guest, _RULES, settings, _PLACES)


def _growing(found: Findings, spec: VirtualMachineInstancetypeSpec) -> None:
    guest, most = size(spec.memory.guest), size(spec.memory.max_guest)
    if guest is not None and most is not None and guest > most > 0:
        found.invalid(
            "spec.memory.guest",
            f"{shown(spec.memory.guest)} is more than spec.memory.maxGuest ({shown(spec.memory.max_guest)}), to which "
            "a guest may grow: raise maxGuest, or leave it out.",
        )


def _overcommit(found: Findings, spec: VirtualMachineInstancetypeSpec) -> None:
    percent, field = spec.memory.overcommit_percent, "spec.memory.overcommitPercent"
    if percent is None:
        return
    if not 0 <= percent <= 100:
        found.invalid(field, f"{percent} is no share in percent, from 0 to 100.")
    elif percent and spec.memory.hugepages is not None:
        found.invalid(field, "huge pages are the guest's own, all of them: drop it, or drop spec.memory.hugepages.")
