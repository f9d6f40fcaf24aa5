"""What a plan refuses: a manifest's fault by its path, and what this build can't plan yet.

Admission names all of it earlier (``validate``, ``unsupported``). A plan made without admission must still never drop
a field in silence, so whatever would change the machine and has no place in the plan ends here.
"""

from __future__ import annotations

from collections.abc import Iterator

from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import VALUE_INVALID, VALUE_NOT_SUPPORTED, FieldError, InvalidManifest, QuantityError
from kvnode.quantity import Quantity, to_bytes

_DOMAIN = "spec.domain"


def invalid(field: str, message: str) -> InvalidManifest:
    """One fault of the manifest, ready to raise: the field's path, and a sentence with the value in it."""
    return InvalidManifest([FieldError(field, VALUE_INVALID, message)])


def one_of(field: str, value: str | None, allowed: tuple[str, ...]) -> str | None:
    """The value, or None where there is none; raises InvalidManifest for one that isn't among ``allowed``."""
    if value and value not in allowed:
        raise invalid(field, f"{value[:60]!r} is none of {', '.join(allowed)}")
    return value or None


def bytes_of(field: str, quantity: Quantity) -> int:
    """The quantity in bytes; raises InvalidManifest where it is none."""
    try:
        return to_bytes(quantity)
    except QuantityError as error:
        raise invalid(field, str(error)) from None


def some_of(names: tuple[str, ...], most: int = 6) -> str:
    """The first names of many, for a sentence: ``a, b, c and 12 more``."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def refuse_unplanned(vmi: VirtualMachineInstance) -> None:
    """Raise InvalidManifest with every field that this build has no plan for."""
    errors = [FieldError(field, VALUE_NOT_SUPPORTED, f"{what} can't be planned yet") for field, what in _unplanned(vmi)]
    if errors:
        raise InvalidManifest(errors)


def _unplanned(vmi: VirtualMachineInstance) -> Iterator[tuple[str, str]]:
    domain = vmi.spec.domain
    cpu, devices = domain.cpu, domain.devices
    if cpu is not None:
        if cpu.dedicated_cpu_placement:
            yield f"{_DOMAIN}.cpu.dedicatedCpuPlacement", "a guest with CPUs of its own"
        if cpu.numa is not None and cpu.numa.guest_mapping_passthrough is not None:
            yield f"{_DOMAIN}.cpu.numa.guestMappingPassthrough", "a guest that sees the host's NUMA cells"
        if cpu.realtime is not None:
            yield f"{_DOMAIN}.cpu.realtime", "vCPUs under the real-time scheduler"
    if domain.launch_security is not None:
        yield f"{_DOMAIN}.launchSecurity", "a confidential guest"
    named = [("gpus", [gpu.device_name for gpu in devices.gpus])]
    named.append(("hostDevices", [device.device_name for device in devices.host_devices]))
    for kind, names in named:
        for index, name in enumerate(names):
            if not name:
                yield f"{_DOMAIN}.devices.{kind}[{index}]", "a device that a driver allots by a claim"
    if devices.client_passthrough is not None:
        yield f"{_DOMAIN}.devices.clientPassthrough", "handing on a viewer's USB devices"
    for index, disk in enumerate(devices.disks):
        if disk.block_size is not None and disk.block_size.match_volume is not None:
            yield f"{_DOMAIN}.devices.disks[{index}].blockSize.matchVolume", "taking the block size from the volume"
