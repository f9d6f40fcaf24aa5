"""Features of the virtual machine: ACPI, interrupt controllers, what Windows expects of Hyper-V, and the clock.

The many small types mirror libvirt's own `<features>` and `<clock>`. A feature that is present without `enabled` is
on: that is defaulting's rule, the types keep what was written.
"""

from kvnode.api.base import Int32, Model, Uint32


class FeatureState(Model, frozen=True):
    """Something that can be switched on or off; present without a value it is on."""

    enabled: bool | None = None


class FeatureAPIC(Model, frozen=True):
    """The local interrupt controller."""

    enabled: bool | None = None
    end_of_interrupt: bool | None = None


class FeatureKVM(Model, frozen=True):
    """What a guest sees of KVM."""

    hidden: bool | None = None


class FeatureSpinlocks(Model, frozen=True):
    """How often a vCPU tries a lock before it tells the hypervisor."""

    enabled: bool | None = None
    spinlocks: Uint32 | None = None


class FeatureVendorID(Model, frozen=True):
    """The vendor that a guest reads from its hypervisor."""

    enabled: bool | None = None
    vendorid: str | None = None


class SyNICTimer(Model, frozen=True):
    """Timers of the synthetic interrupt controller."""

    direct: FeatureState | None = None
    enabled: bool | None = None


class TLBFlush(Model, frozen=True):
    """Flushes of other vCPUs' TLBs by hypercall."""

    direct: FeatureState | None = None
    enabled: bool | None = None
    extended: FeatureState | None = None


class FeatureHyperv(Model, frozen=True):
    """Hyper-V's enlightenments: interfaces that let Windows run faster."""

    evmcs: FeatureState | None = None
    frequencies: FeatureState | None = None
    ipi: FeatureState | None = None
    reenlightenment: FeatureState | None = None
    relaxed: FeatureState | None = None
    reset: FeatureState | None = None
    runtime: FeatureState | None = None
    spinlocks: FeatureSpinlocks | None = None
    synic: FeatureState | None = None
    synictimer: SyNICTimer | None = None
    tlbflush: TLBFlush | None = None
    vapic: FeatureState | None = None
    vendorid: FeatureVendorID | None = None
    vpindex: FeatureState | None = None


class HyperVPassthrough(Model, frozen=True):
    """Every enlightenment that the host can offer."""

    enabled: bool | None = None


class Features(Model, frozen=True):
    """What the virtual machine offers besides CPU and devices."""

    acpi: FeatureState | None = None
    apic: FeatureAPIC | None = None
    hyperv: FeatureHyperv | None = None
    hyperv_passthrough: HyperVPassthrough | None = None
    kvm: FeatureKVM | None = None
    pvspinlock: FeatureState | None = None
    smm: FeatureState | None = None


class ClockOffsetUTC(Model, frozen=True):
    """A clock that starts at UTC, or away from it."""

    offset_seconds: Int32 | None = None


class HPETTimer(Model, frozen=True):
    """The high precision event timer."""

    present: bool | None = None
    tick_policy: str | None = None


class HypervTimer(Model, frozen=True):
    """Hyper-V's reference clock."""

    present: bool | None = None


class KVMTimer(Model, frozen=True):
    """KVM's clock."""

    present: bool | None = None


class PITTimer(Model, frozen=True):
    """The programmable interval timer."""

    present: bool | None = None
    tick_policy: str | None = None


class RTCTimer(Model, frozen=True):
    """The real-time clock."""

    present: bool | None = None
    tick_policy: str | None = None
    track: str | None = None


class Timer(Model, frozen=True):
    """Which timers the guest has, and how each treats ticks that came too late."""

    hpet: HPETTimer | None = None
    hyperv: HypervTimer | None = None
    kvm: KVMTimer | None = None
    pit: PITTimer | None = None
    rtc: RTCTimer | None = None


class Clock(Model, frozen=True):
    """Where the guest's time starts, and its timers."""

    timer: Timer | None = None
    timezone: str | None = None
    utc: ClockOffsetUTC | None = None
