"""Rules about the guest's processors: topology, model, features, and CPUs of its own."""

from __future__ import annotations

import re

from kvnode.api.cpu_memory import CPU, ResourceRequirements
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.amounts import ONE, amount, size
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.quantity import Quantity

__all__ = ["cpu_rules", "vcpu_count"]

MAX_VCPUS = 4096
"""What QEMU's q35 machine takes at most, in the newest version that is known here (10.0)."""

_FEATURE_POLICIES = ("force", "require", "optional", "disable", "forbid")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}", re.ASCII).fullmatch
_FEATURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}", re.ASCII).fullmatch
_MASK = re.compile(r"\^?[0-9]{1,4}(?:-[0-9]{1,4})?(?:,\^?[0-9]{1,4}(?:-[0-9]{1,4})?)*", re.ASCII).fullmatch

_HOST_CPU = "host-passthrough"

_CPU = "spec.domain.cpu"
_DEDICATED = "spec.domain.cpu.dedicatedCpuPlacement"
_PASSTHROUGH = "spec.domain.cpu.numa.guestMappingPassthrough"
_REQUEST = "spec.domain.resources.requests.cpu"
_LIMIT = "spec.domain.resources.limits.cpu"


def vcpu_count(cpu: CPU) -> int:
    """vCPUs at boot: sockets times cores times threads, an unset one counting as 1."""
    return (cpu.sockets or 1) * (cpu.cores or 1) * (cpu.threads or 1)


def cpu_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """A topology that a machine can have, a model and features by their names, and a sound request for CPUs."""
    resources = spec.domain.resources
    request, limit = (resources.requests or {}).get("cpu"), (resources.limits or {}).get("cpu")
    asked, most = amount(request), amount(limit)
    if asked is not None and most is not None and most > 0 and asked > most:
        found.invalid(_REQUEST, f"{shown(request)} is more than {_LIMIT} ({limit}).")
    cpu = spec.domain.cpu
    if cpu is None:
        return
    _topology(found, cpu)
    _model_and_features(found, cpu)
    if spec.architecture == "arm64" and cpu.model and cpu.model != _HOST_CPU and _MODEL(cpu.model):
        found.not_supported(f"{_CPU}.model", f"arm64 guests have the host's CPU, {_HOST_CPU}, not {shown(cpu.model)}.")
    _dedicated(found, spec, cpu, resources)
    _guest_cells(found, spec, cpu)
    _realtime(found, cpu)


def _topology(found: Findings, cpu: CPU) -> None:
    sockets, cores, threads, most = cpu.sockets or 1, cpu.cores or 1, cpu.threads or 1, cpu.max_sockets
    total = sockets * cores * threads
    if total > MAX_VCPUS:
        counts = {"sockets": sockets, "cores": cores, "threads": threads}
        largest = max(counts, key=lambda name: counts[name])
        product = " x ".join(f"{count} {name}" for name, count in counts.items())
        found.invalid(f"{_CPU}.{largest}", f"{product} make {total} vCPUs; a guest has at most {MAX_VCPUS}.")
    if not most:
        return
    if cpu.sockets and sockets > most:
        found.invalid(f"{_CPU}.sockets", f"{sockets} sockets are more than {_CPU}.maxSockets ({most}).")
    elif total <= MAX_VCPUS < most * cores * threads:
        found.invalid(
            f"{_CPU}.maxSockets",
            f"{most} sockets of {cores} cores with {threads} threads could grow beyond {MAX_VCPUS} vCPUs; "
            f"at most {MAX_VCPUS // (cores * threads)} sockets would do.",
        )


def _model_and_features(found: Findings, cpu: CPU) -> None:
    if cpu.model and not _MODEL(cpu.model):
        found.invalid(
            f"{_CPU}.model",
            f"{shown(cpu.model)} is not the name of a CPU model: host-model, host-passthrough or a name of libvirt's "
            "(letters, digits, '_', '.', '+' and '-', at most 64).",
        )
    seen: dict[str, int] = {}
    for index, feature in enumerate(cpu.features):
        name, policy = feature.name, feature.policy
        if not _FEATURE(name):
            found.invalid(
                f"{_CPU}.features[{index}].name",
                f"{shown(name)} is not the name of a CPU feature, such as vmx or avx2.",
            )
        elif name in seen:
            found.duplicate(
                f"{_CPU}.features[{index}].name", f"{shown(name)} stands in {_CPU}.features[{seen[name]}] already."
            )
        seen.setdefault(name, index)
        if policy and policy not in _FEATURE_POLICIES:
            found.not_supported(
                f"{_CPU}.features[{index}].policy", f"{shown(policy)} is no policy; it is {listed(_FEATURE_POLICIES)}."
            )


def _dedicated(found: Findings, spec: VirtualMachineInstanceSpec, cpu: CPU, resources: ResourceRequirements) -> None:
    """CPUs of the guest's own are whole ones, as many as its vCPUs, and a core has no more than two threads."""
    if not cpu.dedicated_cpu_placement:
        if cpu.isolate_emulator_thread:
            found.invalid(
                f"{_CPU}.isolateEmulatorThread", f"a CPU for the emulator alone takes {_DEDICATED}: set it to true."
            )
        return
    requests, limits = resources.requests or {}, resources.limits or {}
    _whole_cpus(found, _REQUEST, requests.get("cpu"))
    _whole_cpus(found, _LIMIT, limits.get("cpu"))
    asked, most, vcpus = size(requests.get("cpu")) or 0, size(limits.get("cpu")) or 0, vcpu_count(cpu)
    if asked > 0 and most > 0 and asked != most:
        found.invalid(_DEDICATED, f"{_REQUEST} ({asked}) and {_LIMIT} ({most}) must be equal.")
    if (asked > 0 or most > 0) and vcpus not in (asked, most):
        found.invalid(
            _DEDICATED,
            f"the guest has {vcpus} vCPUs, {max(asked, most)} CPUs are requested: "
            f"leave out {_REQUEST} and {_LIMIT}, or make them {vcpus}.",
        )
    memory, memory_limit = size(requests.get("memory")) or 0, size(limits.get("memory")) or 0
    if memory > 0 and memory_limit > 0 and memory != memory_limit:
        found.invalid(
            "spec.domain.resources.requests.memory",
            f"with {_DEDICATED} it must be equal to spec.domain.resources.limits.memory: {memory} and {memory_limit} "
            "bytes are not.",
        )
    threads = cpu.threads or 1
    if threads > 1 and spec.architecture == "arm64":
        found.invalid("spec.architecture", f"arm64 has one thread a core, {_CPU}.threads asks for {threads}.")
    elif threads > 2:
        found.invalid(_DEDICATED, f"a host's core has two threads at most, {_CPU}.threads asks for {threads}.")


def _whole_cpus(found: Findings, field: str, quantity: Quantity | None) -> None:
    value = amount(quantity)
    if value is not None and value > 0 and value % ONE:
        found.invalid(field, f"{shown(quantity)} is not a whole number of CPUs, which {_DEDICATED} takes.")


def _guest_cells(found: Findings, spec: VirtualMachineInstanceSpec, cpu: CPU) -> None:
    if cpu.numa is None or cpu.numa.guest_mapping_passthrough is None:
        return
    if not cpu.dedicated_cpu_placement:
        found.invalid(_PASSTHROUGH, f"the guest's cells follow CPUs of its own: set {_DEDICATED} to true.")
    if spec.domain.memory is None or spec.domain.memory.hugepages is None:
        found.invalid(_PASSTHROUGH, "the guest's cells are bound by huge pages: set spec.domain.memory.hugepages.")


def _realtime(found: Findings, cpu: CPU) -> None:
    if cpu.realtime is None:
        return
    field = f"{_CPU}.realtime"
    if not cpu.dedicated_cpu_placement:
        found.required(_DEDICATED, f"{field} takes CPUs of the guest's own: set it to true.")
    if cpu.numa is None or cpu.numa.guest_mapping_passthrough is None:
        found.required(_PASSTHROUGH, f"{field} takes memory bound to cells: set it to {{}}.")
    if cpu.realtime.mask and (len(cpu.realtime.mask) > 4096 or not _MASK(cpu.realtime.mask)):
        found.invalid(
            f"{field}.mask", f"{shown(cpu.realtime.mask)} is not a list of vCPUs, such as 0-3,^1 (^ takes one out)."
        )
