"""Rules about GPUs of Grace superchips: processor and GPU share one memory, which only one kind of guest can be shown.

Which resource is such a GPU is told by the vendor and product under which the KubeVirt configuration permits it.
"""

from __future__ import annotations

from collections.abc import Sequence

from kvnode.api.devices import GPU, HostDevice
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings, shown

__all__ = ["grace_rules"]

_GATE = "GraceIOVirtualization"
_NEEDED_GATES = ("PCINUMAAwareTopology", "IOMMUFD")
_MACHINE = "virt"
_DEVICES = "spec.domain.devices"


def grace_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Behind a gate, and for arm64 guests on the machine virt with CPUs of their own."""
    devices = spec.domain.devices
    lists: tuple[tuple[str, Sequence[GPU | HostDevice]], ...] = (
        ("gpus", devices.gpus),
        ("hostDevices", devices.host_devices),
    )
    opened, some = settings.gate(_GATE), False
    for name, listed in lists:
        for index, device in enumerate(listed):
            field = f"{_DEVICES}.{name}[{index}].deviceName"
            if device.device_name in settings.grace_gpus:
                some = True
                if not opened:
                    found.invalid(
                        field,
                        f"{shown(device.device_name)} is a Grace GPU, which takes the feature gate {_GATE}; open it in "
                        "the KubeVirt configuration.",
                    )
            elif device.device_name in settings.ambiguous_gpus and opened:
                found.invalid(
                    field,
                    f"{shown(device.device_name)} may be a Grace GPU or another: permit it by vendor and product in "
                    "the KubeVirt configuration.",
                )
    if some and opened:
        _guest(found, spec, settings)


def _guest(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    domain, arch = spec.domain, spec.architecture or settings.default_architecture
    if arch != "arm64":
        found.invalid("spec.architecture", f"a Grace GPU is an arm64 guest's, this one is of {shown(arch)}.")
    machine = domain.machine.type if domain.machine else None
    if machine != _MACHINE:
        found.invalid(
            "spec.domain.machine.type", f"a Grace GPU takes the machine type {_MACHINE}, not {shown(machine or '')}."
        )
    if domain.cpu is None or not domain.cpu.dedicated_cpu_placement:
        found.required("spec.domain.cpu.dedicatedCpuPlacement", "a Grace GPU takes CPUs of the guest's own.")
    for gate in _NEEDED_GATES:
        if not settings.gate(gate):
            found.invalid(_DEVICES, f"a Grace GPU takes the feature gate {gate}, which is shut.")
