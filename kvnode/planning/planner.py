"""plan(): one guest on one host, everything decided.

Each subject has a module and a function that takes what it needs and nothing more; this one calls them in the order in
which they depend on each other. Nothing here reads a machine: the same manifest and the same facts give the same plan,
down to the byte. Whoever is privileged plans; the launcher only sees what came out.
"""

from __future__ import annotations

from kvnode.api.identity import DEFAULT_NAMESPACE
from kvnode.api.instance import VirtualMachineInstance
from kvnode.facts import HostFacts
from kvnode.planning.aliases import with_aliases
from kvnode.planning.architecture import architecture_of
from kvnode.planning.cpu import cpu_plan, vcpu_plan
from kvnode.planning.device_plans import DevicesPlan
from kvnode.planning.devices import devices_plan
from kvnode.planning.disk_files import DiskOperation
from kvnode.planning.disk_operations import disk_operations
from kvnode.planning.disks import disk_devices
from kvnode.planning.domain_plan import DomainPlan, MemoryPlan, VcpuPlan
from kvnode.planning.features import clock_plan, features_plan
from kvnode.planning.firmware import has_efi, os_plan, sysinfo_plan
from kvnode.planning.host_devices import host_devices
from kvnode.planning.hostname import guest_hostname
from kvnode.planning.hypervisor import hypervisor_of
from kvnode.planning.identity import domain_name, domain_uuid
from kvnode.planning.interfaces import interface_devices
from kvnode.planning.intermediate import Architecture, IoThreads, PlanSettings
from kvnode.planning.iothreads import iothreads_plan
from kvnode.planning.launch_security import behind_iommu, launch_security
from kvnode.planning.memory import (
    added_overhead_bytes,
    check_memory_fits,
    locked_bytes,
    memory_plan,
    requested_bytes,
)
from kvnode.planning.network import network_plan
from kvnode.planning.network_plans import NetworkPlan
from kvnode.planning.overhead import memory_overhead
from kvnode.planning.pci import places_of
from kvnode.planning.placement import placement
from kvnode.planning.refusal import refuse_unplanned
from kvnode.planning.requirements import check_requirements
from kvnode.planning.settings import Configuration, plan_settings

GRACE_PERIOD_S = 30
_ON_POWEROFF = _ON_CRASH = "destroy"


def plan(vmi: VirtualMachineInstance, host: HostFacts, config: Configuration | None = None) -> DomainPlan:
    """Decide everything about a guest on a host.

    vmi     -- defaulted; where it isn't, the rules of defaulting that a plan can't do without still hold
    host    -- facts; what they don't say is assumed as HostFacts documents it
    config  -- ``spec.configuration`` of the KubeVirt resource, a plain dict or the typed object

    Raises NoFit where the host has too little, with what was wanted and what there was; HostError where it can't
    (no KVM and no emulation, a missing machine type or firmware); InvalidManifest with the path of what can't be
    planned. Never anything else for what was read from a document; what a program put together of other things than the
    types say (a subclass of dict, tuple or str is another thing) may be a TypeError or an AttributeError.
    """
    refuse_unplanned(vmi)
    settings = plan_settings(config)
    arch = architecture_of(vmi, host)
    hypervisor, note = hypervisor_of(host)
    memory = memory_plan(vmi, host)
    vcpu, topology = vcpu_plan(vmi, host)
    network = network_plan(vmi, host)
    operations = disk_operations(vmi, host.volumes)
    threads = iothreads_plan(vmi, arch, vcpu.enabled)
    placed = placement(vmi, host, vcpu, topology, memory, threads)
    made = _devices(vmi, host, arch, settings, network, operations, threads, memory, vcpu)
    security = launch_security(vmi, arch)
    if security is not None:
        made = behind_iommu(made)
    features = features_plan(vmi, arch, hypervisor, memory)
    overhead = memory_overhead(
        hypervisor,
        memory,
        vcpu,
        made,
        threads.count,
        features.tb_cache_bytes,
        settings.overhead_ratio,
        added_overhead_bytes(vmi),
        bool(vmi.spec.domain.resources.overcommit_guest_overhead),
        has_efi(vmi),
    )
    check_memory_fits(host, requested_bytes(vmi, memory), overhead.reserved_bytes)
    uuid, grace = domain_uuid(vmi), vmi.spec.termination_grace_period_seconds
    # By position, in the order of its fields: CPython makes a dictionary of a call with more than fifteen keywords.
    made_plan = DomainPlan(
        domain_name(vmi),
        vmi.metadata.namespace or DEFAULT_NAMESPACE,
        vmi.metadata.name or "",
        uuid,
        hypervisor,
        os_plan(vmi, host, arch),
        memory,
        vcpu,
        cpu_plan(vmi, host, arch, hypervisor, topology, memory, placed.cells if placed is not None else ()),
        features,
        clock_plan(vmi),
        made,
        network,
        overhead,
        guest_hostname(vmi),
        GRACE_PERIOD_S if grace is None else max(grace, 0),
        _ON_POWEROFF,
        "destroy" if vmi.spec.domain.reboot_policy == "Terminate" else "restart",
        _ON_CRASH,
        note,
        sysinfo_plan(vmi, arch, uuid, settings),
        threads.count,
        placed.tune if placed is not None else None,
        placed.host_cells if placed is not None else None,
        vmi.spec.start_strategy == "Paused",
        security,
        locked_bytes(vmi, memory, overhead.total_bytes),
        operations,
    )
    check_requirements(made_plan, host)
    return made_plan


def _devices(
    vmi: VirtualMachineInstance,
    host: HostFacts,
    arch: Architecture,
    settings: PlanSettings,
    network: NetworkPlan,
    operations: tuple[DiskOperation, ...],
    threads: IoThreads,
    memory: MemoryPlan,
    vcpu: VcpuPlan,
) -> DevicesPlan:
    places = places_of(vmi, arch)
    disks = disk_devices(vmi, host, arch, operations, threads, vcpu.enabled, places)
    interfaces = interface_devices(vmi, arch, network, settings, places)
    from_host = host_devices(vmi, host)
    return with_aliases(devices_plan(vmi, arch, settings, memory, disks, interfaces, from_host, places))
