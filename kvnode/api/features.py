"""Features of the virtual machine: ACPI, interrupt controllers, what Windows expects of Hyper-V, and the clock.

The many small types mirror libvirt's own `<features>` and `<clock>`. A feature that is present without `enabled` is
on: that is defaulting's rule, the types keep what was written.
"""

from kvnode.api.base import Int32, Model, Uint32


class FeatureState(Model, frozen=True):
    """On or off; present without a value it is on."""

    enabled: bool | None = None  # whether it is on; present without a value it is


class FeatureAPIC(Model, frozen=True):
    """The local interrupt controller."""

    enabled: bool | None = None  # whether it is on; present without a value it is
    end_of_interrupt: bool | None = None  # whether the end of an interrupt may be told without an exit


class FeatureKVM(Model, frozen=True):
    """What a guest sees of KVM."""

    hidden: bool | None = None  # whether the guest can't tell that it runs on KVM


class FeatureSpinlocks(Model, frozen=True):
    """How often a vCPU tries a lock before it tells the hypervisor."""

    enabled: bool | None = None  # whether it is on; present without a value it is
    spinlocks: Uint32 | None = None  # how often to try, 4096 or more


class FeatureVendorID(Model, frozen=True):
    """The vendor that a guest reads from its hypervisor."""

    enabled: bool | None = None  # whether it is on; present without a value it is
    vendorid: str | None = None  # the vendor's name, 12 characters at most


class SyNICTimer(Model, frozen=True):
    """Timers of the synthetic interrupt controller."""

    enabled: bool | None = None  # whether it is on; present without a value it is
    direct: FeatureState | None = None  # timers that raise an interrupt without a message


class TLBFlush(Model, frozen=True):
    """Flushes of other vCPUs' TLBs by hypercall."""

    enabled: bool | None = None  # whether it is on; present without a value it is
    direct: FeatureState | None = None  # flushes from a guest's own guest
    extended: FeatureState | None = None  # flushes of parts


class FeatureHyperv(Model, frozen=True):
    """Hyper-V's enlightenments: interfaces that let Windows run faster."""

    relaxed: FeatureState | None = None  # no time-outs of Windows' own on a busy host
    vapic: FeatureState | None = None  # a paravirtual interrupt controller
    spinlocks: FeatureSpinlocks | None = None  # gives up a contended lock
    vpindex: FeatureState | None = None  # numbers of virtual processors
    runtime: FeatureState | None = None  # the time that a vCPU has run
    synic: FeatureState | None = None  # the synthetic interrupt controller
    synictimer: SyNICTimer | None = None  # its timers
    reset: FeatureState | None = None  # reset by the hypervisor
    vendorid: FeatureVendorID | None = None  # the vendor that the hypervisor names
    frequencies: FeatureState | None = None  # frequencies of TSC and APIC
    reenlightenment: FeatureState | None = None  # tells when the TSC's frequency changed, as after a migration
    tlbflush: TLBFlush | None = None  # flushes of TLBs by hypercall
    ipi: FeatureState | None = None  # interrupts between vCPUs by hypercall
    evmcs: FeatureState | None = None  # a faster VMCS for nested guests, Intel only


class HyperVPassthrough(Model, frozen=True):
    """Every enlightenment that the host can offer."""

    enabled: bool | None = None  # whether it is on; present without a value it is


class Features(Model, frozen=True):
    """What the virtual machine offers besides CPU and devices."""

    acpi: FeatureState | None = None  # ACPI
    apic: FeatureAPIC | None = None  # the local interrupt controller
    hyperv: FeatureHyperv | None = None  # enlightenments, one by one
    hyperv_passthrough: HyperVPassthrough | None = None  # all enlightenments that the host has
    kvm: FeatureKVM | None = None  # what is seen of KVM
    pvspinlock: FeatureState | None = None  # paravirtual spinlocks
    smm: FeatureState | None = None  # system management mode


class ClockOffsetUTC(Model, frozen=True):
    """A clock that starts at UTC, or away from it."""

    offset_seconds: Int32 | None = None  # seconds ahead of UTC, or behind it if negative


class HPETTimer(Model, frozen=True):
    """The high precision event timer."""

    present: bool | None = None  # whether there is one
    tick_policy: str | None = None  # what becomes of late ticks: `delay`, `catchup`, `merge` or `discard`


class HypervTimer(Model, frozen=True):
    """Hyper-V's reference clock."""

    present: bool | None = None  # whether there is one


class KVMTimer(Model, frozen=True):
    """KVM's clock."""

    present: bool | None = None  # whether there is one


class PITTimer(Model, frozen=True):
    """The programmable interval timer."""

    present: bool | None = None  # whether there is one
    tick_policy: str | None = None  # what becomes of late ticks: `delay`, `catchup` or `discard`


class RTCTimer(Model, frozen=True):
    """The real-time clock."""

    present: bool | None = None  # whether there is one
    tick_policy: str | None = None  # what becomes of late ticks: `delay` or `catchup`
    track: str | None = None  # what it follows: `guest` or `wall`


class Timer(Model, frozen=True):
    """Which timers the guest has, and how each treats ticks that came too late."""

    hpet: HPETTimer | None = None  # the high precision event timer
    kvm: KVMTimer | None = None  # KVM's clock
    pit: PITTimer | None = None  # the interval timer
    rtc: RTCTimer | None = None  # the real-time clock
    hyperv: HypervTimer | None = None  # Hyper-V's clock


class Clock(Model, frozen=True):
    """Where the guest's time starts, and its timers."""

    utc: ClockOffsetUTC | None = None  # starts at UTC, or away from it
    timezone: str | None = None  # starts at the local time of this zone, such as `Europe/Berlin`
    timer: Timer | None = None  # the timers
