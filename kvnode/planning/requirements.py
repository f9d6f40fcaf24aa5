"""What a finished plan asks of the host's libvirt and QEMU beyond what every supported version has.

Where a version isn't known the newest is assumed (``HostFacts``), and libvirt has the last word. Versions are those of
libvirt's NEWS; where that doesn't name a feature, the first release known to have it.
"""

from __future__ import annotations

from kvnode.errors import HostError
from kvnode.facts import HostFacts
from kvnode.planning.device_plans import DevicesPlan
from kvnode.planning.disks import DISCARD_GRANULARITY_FROM
from kvnode.planning.domain_plan import DomainPlan

_DEVICES = "spec.domain.devices"
_FEATURES = "spec.domain.features"


def check_requirements(plan: DomainPlan, host: HostFacts) -> None:
    """Raise HostError for the first thing in the plan that this host's software can't do."""
    if plan.hypervisor == "qemu":
        _check_emulated(plan)
    if host.libvirt is not None or host.qemu is not None:
        _check_devices(plan.devices, host)
        _check_machine(plan, host)


def _check_emulated(plan: DomainPlan) -> None:
    features = plan.features
    if features.hyperv:
        raise _kvm_alone(plan, f"{_FEATURES}.hyperv", f"the Hyper-V enlightenment {features.hyperv[0].name}")
    if features.hyperv_passthrough:
        raise _kvm_alone(plan, f"{_FEATURES}.hypervPassthrough", "passing on all Hyper-V enlightenments")
    if plan.launch_security is not None:
        raise _kvm_alone(plan, "spec.domain.launchSecurity", "memory that the host can't read")
    if features.pvspinlock:
        raise _kvm_alone(plan, f"{_FEATURES}.pvspinlock", "a paravirtual spinlock")


def _kvm_alone(plan: DomainPlan, field: str, what: str) -> HostError:
    why = (plan.hypervisor_note or "").removeprefix("emulated: ")
    return HostError(f"{field}: {what} is KVM's work, and this guest would be emulated: {why}")


def _check_devices(devices: DevicesPlan, host: HostFacts) -> None:
    for index, disk in enumerate(devices.disks):
        if len(disk.iothreads) > 1:
            _takes(host, "spec.domain.ioThreads", "several IO threads for one disk", 10_000_000, 9_000_000)
        if disk.blockio is not None and disk.blockio.discard_granularity_bytes is not None:
            field = f"{_DEVICES}.disks[{index}].blockSize.custom.discardGranularity"
            _takes(host, field, "a discard granularity", DISCARD_GRANULARITY_FROM, 0)
    for index, interface in enumerate(devices.interfaces):
        if interface.model == "igb":
            _takes(host, f"{_DEVICES}.interfaces[{index}].model", "the igb card", 9_003_000, 8_000_000)


def _check_machine(plan: DomainPlan, host: HostFacts) -> None:
    for feature in plan.features.hyperv:
        if feature.name == "tlbflush" and feature.children:
            field = f"{_FEATURES}.hyperv.tlbflush"
            _takes(host, field, "a direct or extended TLB flush", 11_000_000, 7_001_000)
    security = plan.launch_security
    if security is not None and security.type == "sev-snp":
        _takes(host, "spec.domain.launchSecurity.snp", "a guest of SEV-SNP", 10_005_000, 9_001_000)
    elif security is not None and security.type == "tdx":
        _takes(host, "spec.domain.launchSecurity.tdx", "a guest of TDX", 11_006_000, 10_001_000)
    tables = plan.os.acpi_tables
    if tables and (len(tables) > 1 or tables[0][0] != "slic"):
        _takes(host, "spec.domain.firmware.acpi", "an ACPI table other than one SLIC", 11_003_000, 0)
    for index, panic in enumerate(plan.devices.panics):
        if panic.model == "pvpanic":
            _takes(host, f"{_DEVICES}.panicDevices[{index}]", "a pvpanic device on PCI", 11_003_000, 0)


def _takes(host: HostFacts, field: str, what: str, libvirt: int, qemu: int) -> None:
    """Raise HostError where the host has an older libvirt or QEMU."""
    for name, wanted, have in (("libvirt", libvirt, host.libvirt), ("QEMU", qemu, host.qemu)):
        if have is not None and have < wanted:
            raise HostError(f"{field}: {what} takes {name} {_version(wanted)}, and this node has {_version(have)}")


def _version(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
