"""The guest's processors: how many, in which topology, of which model.

The topology has room for the sockets that may be plugged later (``maxSockets``): the vCPUs of the first sockets are
there at the start, the others exist and are switched off. So a 1-core guest with maxSockets 4 has 4 vCPUs, 1 of them
enabled, which is what a guest sees on KubeVirt.
"""

from __future__ import annotations

from kvnode.api.cpu_memory import CPU
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import HostError, NoFit
from kvnode.facts import HostFacts
from kvnode.planning.domain_plan import CpuFeature, CpuPlan, Hypervisor, MemoryPlan, NumaCell, Topology, VcpuPlan
from kvnode.planning.intermediate import Architecture
from kvnode.planning.refusal import one_of, some_of

_NO_CPU = CPU()
_NO_MPX = CpuFeature("mpx", "disable")
_POLICIES = ("force", "require", "optional", "disable", "forbid")

_MOST_VCPUS = 4096
"""What QEMU's largest machine takes (q35 from 9.1)."""

_Q35_LIMITS = ((9_001_000, 4096), (8_001_000, 1024), (0, 288))
"""vCPUs of a q35 machine by QEMU's version: ``max_cpus`` in hw/i386/pc_q35.c."""

_X2APIC_FROM = 256
"""From this many vCPUs on, libvirt wants an IOMMU with extended interrupt mode, which no plan has yet."""


def vcpu_plan(vmi: VirtualMachineInstance, host: HostFacts) -> tuple[VcpuPlan, Topology]:
    """vCPUs and their topology. Raises NoFit where the machine can't have as many as the guest starts with.

    Where only the sockets to be plugged later are too many, there are as many of them as the machine can have.
    """
    cpu = vmi.spec.domain.cpu or _NO_CPU
    sockets, cores, threads = cpu.sockets or 1, cpu.cores or 1, cpu.threads or 1
    in_socket = cores * threads
    enabled = sockets * in_socket
    limit = _vcpu_limit(host)
    if enabled > limit:
        raise NoFit("TooManyVcpus", enabled, limit, unit="vCPUs at most")
    most = max(cpu.max_sockets or 0, sockets)
    most = max(min(most, limit // in_socket), sockets)
    return VcpuPlan(most * in_socket, enabled), Topology(most, cores, threads)


def _vcpu_limit(host: HostFacts) -> int:
    if host.qemu is None:
        return _MOST_VCPUS
    for version, most in _Q35_LIMITS:
        if host.qemu >= version:
            return min(most, _X2APIC_FROM - 1)
    return _X2APIC_FROM - 1


def cpu_plan(
    vmi: VirtualMachineInstance,
    host: HostFacts,
    arch: Architecture,
    hypervisor: Hypervisor,
    topology: Topology,
    memory: MemoryPlan,
    cells: tuple[NumaCell, ...] = (),
) -> CpuPlan:
    """The CPU that the guest sees, in the NUMA ``cells`` that it was given.

    An emulator has no host CPU to pass through, so ``host-passthrough`` becomes ``maximum`` there: all that the
    emulator can do, which is what the manifest meant. ``mpx`` is switched off in named models of x86, since newer
    hosts lost it and a guest that saw it couldn't move there (KubeVirt does the same).
    """
    cpu = vmi.spec.domain.cpu or _NO_CPU
    model = cpu.model or "host-model"
    features = [_feature(index, feature.name, feature.policy) for index, feature in enumerate(cpu.features)]
    mode = model
    if model not in ("host-model", "host-passthrough"):
        mode = "custom"
        _check_model(host, model)
        if arch.libvirt == "x86_64" and "mpx" not in [feature.name for feature in features]:
            features.append(_NO_MPX)
    elif model == "host-passthrough" and hypervisor == "qemu":
        mode = "maximum"
    numa = cells or _cells_for_growth(topology, memory)
    return CpuPlan(mode, topology, model if mode == "custom" else None, tuple(features), numa)


def _feature(index: int, name: str, policy: str | None) -> CpuFeature:
    return CpuFeature(name, one_of(f"spec.domain.cpu.features[{index}].policy", policy, _POLICIES) or "require")


def _check_model(host: HostFacts, model: str) -> None:
    if host.cpu_models is not None and model not in host.cpu_models:
        raise HostError(
            f"spec.domain.cpu.model: QEMU on this node can't give a guest the CPU {model[:60]!r}; "
            f"host-model always works, and so do {some_of(host.cpu_models)}"
        )


def _cells_for_growth(topology: Topology, memory: MemoryPlan) -> tuple[NumaCell, ...]:
    """One cell with everything in it, where memory may grow: libvirt plugs memory into a cell or not at all."""
    if memory.max_bytes is None:
        return ()
    last = topology.sockets * topology.cores * topology.threads - 1
    return (NumaCell(0, f"0-{last}" if last else "0", memory.bytes),)
