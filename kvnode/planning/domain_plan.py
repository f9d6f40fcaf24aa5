"""DomainPlan: everything that was decided about one guest, in libvirt's nouns.

A plan is what rendering writes, what ``kvnode plan`` prints and ``explain`` tells. It holds decisions and no reasons to
decide anew: each value here ends in the domain's XML (or in an operation on a link or a disk) as it stands.
All of it is frozen, and equal inputs give equal plans. Paths are the Pod's own.

The names are those of libvirt's format (formatdomain) in Python's spelling; a unit stands in a name where there is one.
``None`` means that the element or attribute isn't written, so libvirt's own default holds. Devices have a module of
their own, ``device_plans``.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from kvnode.facts.cpuset import mask_of, parse_cpuset
from kvnode.planning.device_plans import DevicesPlan
from kvnode.planning.disk_files import DiskOperation
from kvnode.planning.network_plans import NetworkPlan

Hypervisor = Literal["kvm", "qemu"]


class Loader(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A UEFI build: the code that QEMU maps, and the variables the guest may write.

    nvram        -- where the guest's variables lie; None where the build is stateless
    template     -- what the variables are copied from at the first start
    stateless    -- the code is loaded as plain ROM
    """

    path: str
    secure: bool = False
    nvram: str | None = None
    template: str | None = None
    stateless: bool = False


class OsPlan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the machine is and what it boots.

    arch                  -- libvirt's name: ``x86_64``, ``aarch64``, ``s390x``
    loader                -- None is the machine's own firmware (SeaBIOS on x86)
    boot_menu_timeout_ms  -- a boot menu that waits this long; None is no menu
    bios_serial           -- the BIOS talks on the serial console too
    acpi_tables           -- (type, path) of tables handed to the guest
    smbios                -- the SMBIOS tables of ``sysinfo`` are shown to the guest
    """

    arch: str
    machine: str
    loader: Loader | None = None
    kernel: str | None = None
    initrd: str | None = None
    cmdline: str | None = None
    acpi_tables: tuple[tuple[str, str], ...] = ()
    boot_menu_timeout_ms: int | None = None
    bios_serial: bool = False
    smbios: bool = False


class SysinfoPlan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """SMBIOS strings, as (entry, value): type 1 (system) and type 3 (chassis)."""

    system: tuple[tuple[str, str], ...] = ()
    chassis: tuple[tuple[str, str], ...] = ()


class MemoryPlan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The guest's memory.

    bytes           -- what the guest boots with
    max_bytes       -- what it may grow to; None where it can't
    slots           -- DIMMs that may be plugged; with ``max_bytes`` only
    hugepage_bytes  -- the page size that backs it; None is the host's normal pages
    source          -- ``memfd``; None is anonymous memory
    shared          -- other processes map it too (virtiofs)
    unmerged        -- the kernel doesn't share equal pages between guests, whose undoing costs time at a write
    """

    bytes: int
    max_bytes: int | None = None
    slots: int = 0
    hugepage_bytes: int | None = None
    source: str | None = None
    shared: bool = False
    unmerged: bool = False


class VcpuPlan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How many vCPUs there may be, and how many of them are there at the start: those from 0 up."""

    maximum: int
    enabled: int


class CpuFeature(msgspec.Struct, frozen=True, gc=False):
    """A CPU flag, and libvirt's policy for it: force, require, optional, disable or forbid."""

    name: str
    policy: str


class Topology(msgspec.Struct, frozen=True, gc=False):
    """Sockets, cores in each, threads in each of those: their product is the most vCPUs there may be."""

    sockets: int
    cores: int
    threads: int


class NumaCell(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A NUMA cell as the guest sees it: its vCPUs as a CPU list, and its memory.

    host_cell  -- the host's cell that its memory is taken from; None for anywhere
    distances  -- (guest cell, relative distance) to each cell, itself included; empty where nothing is said of them
    """

    id: int
    cpus: str
    memory_bytes: int
    host_cell: int | None = None
    distances: tuple[tuple[int, int], ...] = ()


class CpuTune(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Who runs on which of the host's CPUs.

    vcpus     -- the CPU of each vCPU from 0 up
    emulator  -- CPUs of QEMU's own threads, as a CPU list; None for wherever the sandbox may
    iothreads -- CPUs of each IO thread from 1 up, as CPU lists; empty for wherever the sandbox may
    realtime  -- vCPUs under the real-time scheduler, as a CPU list; None for none
    """

    vcpus: tuple[int, ...]
    emulator: str | None = None
    iothreads: tuple[str, ...] = ()
    realtime: str | None = None

    @property
    def mask(self) -> int:
        """All CPUs that the guest has for itself."""
        mask = mask_of(self.vcpus)
        for cpus in (self.emulator or "", *self.iothreads):
            mask |= parse_cpuset(cpus)
        return mask


class CpuPlan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The CPU that the guest sees. ``mode`` is host-model, host-passthrough, maximum, or custom with a ``model``."""

    mode: str
    topology: Topology
    model: str | None = None
    features: tuple[CpuFeature, ...] = ()
    numa: tuple[NumaCell, ...] = ()


class HypervFeature(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A Hyper-V enlightenment that is on.

    attribute  -- (name, value) beside the state: retries of spinlocks, value of vendor_id
    children   -- what is switched on within it: ``direct`` of stimer, ``direct`` and ``extended`` of tlbflush
    """

    name: str
    attribute: tuple[str, str] | None = None
    children: tuple[str, ...] = ()


class FeaturesPlan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Features of the machine. None leaves an element out; a state is True for on and False for off.

    hyperv_passthrough  -- every enlightenment the host's QEMU has
    kvm_hidden          -- the guest isn't told that it runs on KVM
    kvm_dedicated       -- the guest is told that its vCPUs have CPUs of their own
    pmu                 -- performance counters in the guest
    tb_cache_bytes      -- bound of an emulator's translation buffer; with hypervisor ``qemu`` only
    """

    acpi: bool = False
    apic: bool = False
    apic_eoi: bool | None = None
    hyperv: tuple[HypervFeature, ...] = ()
    hyperv_passthrough: bool = False
    kvm_hidden: bool | None = None
    kvm_dedicated: bool = False
    pvspinlock: bool | None = None
    pmu: bool | None = None
    smm: bool = False
    vmport: bool | None = None
    tb_cache_bytes: int | None = None


class Timer(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A timer of the guest by libvirt's name: rtc, pit, hpet, kvmclock, hypervclock."""

    name: str
    present: bool | None = None
    tickpolicy: str | None = None
    track: str | None = None


class ClockPlan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The guest's clock: ``utc``, ``timezone`` with its name, or ``variable`` with an adjustment in seconds."""

    offset: str = "utc"
    timezone: str | None = None
    adjustment: str | None = None
    timers: tuple[Timer, ...] = ()


class LaunchSecurityPlan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What keeps the host out of the guest's memory: ``sev``, ``sev-snp``, ``tdx`` or ``s390-pv``.

    policy   -- what the processor enforces, its maker's bits in hexadecimal; None where there is nothing to choose
    dh_cert, session
             -- what the guest's owner has agreed with the processor, in base64
    """

    type: str
    policy: str | None = None
    dh_cert: str | None = None
    session: str | None = None


class OverheadItem(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Memory that runs beside the guest's own, and why; ``count`` is of how many things, where they are counted."""

    name: str
    bytes: int
    why: str
    count: int | None = None


class MemoryOverhead(msgspec.Struct, frozen=True, gc=False):
    """What a guest costs beyond its own memory; ``total_bytes`` is the sum of the items.

    reserved_bytes  -- how much of it has to be free for the guest: all, or none where the manifest overcommits it
    """

    total_bytes: int
    items: tuple[OverheadItem, ...]
    reserved_bytes: int


class DomainPlan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One guest, decided.

    name             -- libvirt's name of the domain: ``<namespace>_<name>``
    uuid             -- of the domain and of its SMBIOS system
    hypervisor       -- ``kvm``, or ``qemu`` for emulation
    hypervisor_note  -- why it is emulated, in a sentence; None on KVM
    on_poweroff, on_reboot, on_crash
                     -- libvirt's word for what then becomes of the domain: destroy or restart
    iothreads        -- threads that serve disks beside the main loop
    cpu_tune         -- pins to the host's CPUs; None where the guest has none of its own
    numa_tune        -- the host's cells that all memory is taken from, as a list of cells; None for any
    network          -- links, NAT and the DHCP handoff of every interface
    disk_operations  -- what has to be made before the guest starts, in the order of ``spec.volumes``
    grace_period_s   -- how long a guest has to obey the power button
    memory_lock_bytes
                     -- how much memory the guest's processes may lock at least; None is what they may anyway
    """

    name: str
    namespace: str
    guest: str
    uuid: str
    hypervisor: Hypervisor
    os: OsPlan
    memory: MemoryPlan
    vcpu: VcpuPlan
    cpu: CpuPlan
    features: FeaturesPlan
    clock: ClockPlan
    devices: DevicesPlan
    network: NetworkPlan
    overhead: MemoryOverhead
    hostname: str
    grace_period_s: int
    on_poweroff: str
    on_reboot: str
    on_crash: str
    hypervisor_note: str | None = None
    sysinfo: SysinfoPlan | None = None
    iothreads: int = 0
    cpu_tune: CpuTune | None = None
    numa_tune: str | None = None
    start_paused: bool = False
    launch_security: LaunchSecurityPlan | None = None
    memory_lock_bytes: int | None = None
    disk_operations: tuple[DiskOperation, ...] = ()
