"""What a plan refuses: a manifest's fault by its path, and what this build can't plan yet.

Admission names all of it earlier (``validate``, ``unsupported``). A plan made without admission must still never drop
a part of the machine in silence, so whatever would change the machine, its memory or its disks and has no place in the
plan ends here. What others do beside a machine that is whole (probes, credentials that an agent or cloud-init puts into
the guest, a device's tag in the guest's metadata) is no part of a plan: ``unsupported`` alone names that.
"""

from __future__ import annotations

from kvnode._fast.quantities import plain_bytes
from kvnode.api.devices import Devices
from kvnode.api.instance import DomainSpec, VirtualMachineInstance, VirtualMachineInstanceSpec
from kvnode.errors import VALUE_INVALID, VALUE_NOT_SUPPORTED, FieldError, InvalidManifest, QuantityError
from kvnode.quantity import Quantity, to_bytes

_DOMAIN = "spec.domain"


def invalid(field: str, message: str) -> InvalidManifest:
    """One fault of the manifest, ready to raise: the field's path, and a sentence with the value in it."""
    return InvalidManifest([FieldError(field, VALUE_INVALID, message)])


class Refused(Exception):
    """A fault of an item of a list, by the field's path within the item; who goes through the list knows the place.

    So no path is written for an item that has no fault.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def at(self, item: str) -> InvalidManifest:
        """The fault with the whole path, ready to raise."""
        return invalid(f"{item}.{self.field}" if self.field else item, self.message)


def choice(field: str, value: str, allowed: tuple[str, ...]) -> str:
    """The value of an item's field; raises Refused for one that isn't among ``allowed``."""
    if value not in allowed:
        raise Refused(field, _none_of(value, allowed))
    return value


def one_of(field: str, value: str | None, allowed: tuple[str, ...]) -> str | None:
    """The value, or None where there is none; raises InvalidManifest for one that isn't among ``allowed``."""
    if value and value not in allowed:
        raise invalid(field, _none_of(value, allowed))
    return value or None


def _none_of(value: str, allowed: tuple[str, ...]) -> str:
    return f"{value[:60]!r} is none of {', '.join(allowed)}"


def bytes_of(field: str, quantity: Quantity) -> int:
    """The quantity in bytes; raises InvalidManifest where it is none."""
    plain = plain_bytes(quantity)
    if plain >= 0:
        return plain
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
    spec = vmi.spec
    found: list[FieldError] = []
    _find_compute(found, spec.domain)
    _find_devices(found, spec.domain.devices)
    _find_sources(found, spec)
    if found:
        raise InvalidManifest(found)


def _unplanned(field: str, why: str) -> FieldError:
    return FieldError(field, VALUE_NOT_SUPPORTED, why)


def _find_compute(found: list[FieldError], domain: DomainSpec) -> None:
    cpu = domain.cpu
    if cpu is None or cpu.dedicated_cpu_placement:
        return
    add = "add cpu.dedicatedCpuPlacement, or leave it out"
    if cpu.isolate_emulator_thread:
        why = f"the emulator has a CPU of its own where the vCPUs have theirs: {add}"
        found.append(_unplanned(f"{_DOMAIN}.cpu.isolateEmulatorThread", why))
    if cpu.numa is not None and cpu.numa.guest_mapping_passthrough is not None:
        why = f"a guest lies in the host's cells where its vCPUs have CPUs of their own: {add}"
        found.append(_unplanned(f"{_DOMAIN}.cpu.numa.guestMappingPassthrough", why))
    if cpu.realtime is not None:
        why = f"the real-time scheduler is for vCPUs that have CPUs of their own: {add}"
        found.append(_unplanned(f"{_DOMAIN}.cpu.realtime", why))


def _find_devices(found: list[FieldError], devices: Devices) -> None:
    for index, disk in enumerate(devices.disks):
        if disk.changed_block_tracking:
            why = "what changed on a disk isn't kept track of yet, since nothing here backs it up: leave it out"
            found.append(_unplanned(f"{_DOMAIN}.devices.disks[{index}].changedBlockTracking", why))


def _find_sources(found: list[FieldError], spec: VirtualMachineInstanceSpec) -> None:
    for index, network in enumerate(spec.networks):
        if network.pod is not None and network.pod.vm_ipv6_network_cidr:
            why = "a guest's network behind the Pod has IPv4 alone yet: leave it out"
            found.append(_unplanned(f"spec.networks[{index}].pod.vmIPv6NetworkCIDR", why))
    if spec.utility_volumes:
        why = "a volume for work beside the guest is no part of it yet: leave it out"
        found += [_unplanned(f"spec.utilityVolumes[{index}]", why) for index in range(len(spec.utility_volumes))]
