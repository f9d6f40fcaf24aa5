"""Features of the machine, and its clock."""

from __future__ import annotations

from collections.abc import Iterator

from kvnode.api.features import Clock, FeatureHyperv, Features, FeatureState
from kvnode.api.features import Timer as Timers
from kvnode.api.instance import VirtualMachineInstance
from kvnode.planning.domain_plan import (
    ClockPlan,
    FeaturesPlan,
    HypervFeature,
    Hypervisor,
    MemoryPlan,
    Timer,
)
from kvnode.planning.hypervisor import translation_buffer_bytes
from kvnode.planning.intermediate import Architecture
from kvnode.planning.refusal import invalid, one_of

_NO_FEATURES = Features()
_UTC = ClockPlan()
_SPINLOCK_RETRIES = 4096
_TICK_POLICIES = ("delay", "catchup", "merge", "discard")
_TRACKS = ("guest", "wall")


def features_plan(
    vmi: VirtualMachineInstance, arch: Architecture, hypervisor: Hypervisor, memory: MemoryPlan
) -> FeaturesPlan:
    """The machine's features; one that a manifest doesn't name is left to libvirt, save VMware's port, which is off."""
    features, cpu = vmi.spec.domain.features or _NO_FEATURES, vmi.spec.domain.cpu
    apic, kvm, passthrough = features.apic, features.kvm, features.hyperv_passthrough
    # A guest that knows it spins for a CPU of its own, and not for one that another guest has taken.
    dedicated = hypervisor == "kvm" and cpu is not None and bool(cpu.dedicated_cpu_placement)
    # By position, in the order of its fields, which costs less.
    return FeaturesPlan(
        _is_on(features.acpi),
        apic is not None and apic.enabled is not False,
        apic.end_of_interrupt if apic is not None else None,
        tuple(_hyperv(features.hyperv)) if features.hyperv is not None else (),
        passthrough is not None and passthrough.enabled is not False,
        kvm.hidden if kvm is not None else None,
        dedicated,
        _state(features.pvspinlock) if features.pvspinlock is not None else None,
        # Counters that overflow interrupt a vCPU at any time, which a guest with deadlines can't have.
        False if cpu is not None and cpu.realtime is not None else None,
        _is_on(features.smm),
        False if arch.vmport else None,
        translation_buffer_bytes(memory.bytes) if hypervisor == "qemu" else None,
    )


def _is_on(state: FeatureState | None) -> bool:
    """Present without a value is on: the API's rule, which defaulting spells out."""
    return state is not None and state.enabled is not False


def _state(state: FeatureState) -> bool:
    return state.enabled is not False


def _hyperv(hyperv: FeatureHyperv) -> Iterator[HypervFeature]:
    """The enlightenments that are on, by libvirt's names and in its order."""
    for name, state in (("relaxed", hyperv.relaxed), ("vapic", hyperv.vapic)):
        if _is_on(state):
            yield HypervFeature(name)
    if hyperv.spinlocks is not None and hyperv.spinlocks.enabled is not False:
        yield HypervFeature("spinlocks", ("retries", str(hyperv.spinlocks.spinlocks or _SPINLOCK_RETRIES)))
    for name, state in (("vpindex", hyperv.vpindex), ("runtime", hyperv.runtime), ("synic", hyperv.synic)):
        if _is_on(state):
            yield HypervFeature(name)
    timer, flush, vendor = hyperv.synictimer, hyperv.tlbflush, hyperv.vendorid
    if timer is not None and timer.enabled is not False:
        yield HypervFeature("stimer", children=("direct",) if _is_on(timer.direct) else ())
    if _is_on(hyperv.reset):
        yield HypervFeature("reset")
    if vendor is not None and vendor.enabled is not False:
        if not vendor.vendorid:
            raise invalid("spec.domain.features.hyperv.vendorid.vendorid", "a vendor id without its text")
        yield HypervFeature("vendor_id", ("value", vendor.vendorid))
    for name, state in (("frequencies", hyperv.frequencies), ("reenlightenment", hyperv.reenlightenment)):
        if _is_on(state):
            yield HypervFeature(name)
    if flush is not None and flush.enabled is not False:
        inner = (("direct", flush.direct), ("extended", flush.extended))
        yield HypervFeature("tlbflush", children=tuple(name for name, state in inner if _is_on(state)))
    for name, state in (("ipi", hyperv.ipi), ("evmcs", hyperv.evmcs)):
        if _is_on(state):
            yield HypervFeature(name)


def clock_plan(vmi: VirtualMachineInstance) -> ClockPlan:
    """The guest's clock: UTC that is set anew at each start, unless the manifest has a zone or an offset."""
    clock = vmi.spec.domain.clock
    if clock is None:
        return _UTC
    timers = _timers(clock.timer) if clock.timer is not None else ()
    if clock.timezone:
        return ClockPlan("timezone", timezone=clock.timezone, timers=timers)
    if clock.utc is not None:
        return ClockPlan(*_utc(clock), timers=timers)
    return ClockPlan(timers=timers)


def _utc(clock: Clock) -> tuple[str, None, str]:
    seconds = clock.utc.offset_seconds if clock.utc is not None else None
    # "reset" makes libvirt forget what a guest did to its clock before: each start is at UTC again.
    return ("utc", None, "reset") if seconds is None else ("variable", None, str(seconds))


def _timers(timers: Timers) -> tuple[Timer, ...]:
    at = "spec.domain.clock.timer"
    made: list[Timer] = []
    if timers.rtc is not None:
        policy = one_of(f"{at}.rtc.tickPolicy", timers.rtc.tick_policy, _TICK_POLICIES)
        track = one_of(f"{at}.rtc.track", timers.rtc.track, _TRACKS)
        made.append(Timer("rtc", timers.rtc.present is not False, policy, track))
    if timers.pit is not None:
        policy = one_of(f"{at}.pit.tickPolicy", timers.pit.tick_policy, _TICK_POLICIES)
        made.append(Timer("pit", timers.pit.present is not False, policy))
    if timers.kvm is not None:
        made.append(Timer("kvmclock", timers.kvm.present is not False))
    if timers.hpet is not None:
        policy = one_of(f"{at}.hpet.tickPolicy", timers.hpet.tick_policy, _TICK_POLICIES)
        made.append(Timer("hpet", timers.hpet.present is not False, policy))
    if timers.hyperv is not None:
        made.append(Timer("hypervclock", timers.hyperv.present is not False))
    return tuple(made)
