"""KVM or emulation: decided by what was tried on the host, and by whether emulation will do.

A device that opens says nothing (the probe times it), so ``broken`` counts as no KVM. An emulated guest's translation
buffer is bounded here: QEMU's own bound is 1 GiB for each guest (``DEFAULT_CODE_GEN_BUFFER_SIZE`` in QEMU's
accel/tcg/region.c), which a node of many guests doesn't have, and which no memory overhead could promise.
"""

from __future__ import annotations

from kvnode.errors import HostError
from kvnode.facts import HostFacts
from kvnode.planning.domain_plan import Hypervisor

MIB = 1 << 20
_TB_SMALLEST = 32 * MIB
_TB_LARGEST = 256 * MIB


def hypervisor_of(host: HostFacts) -> tuple[Hypervisor, str | None]:
    """``kvm``, or ``qemu`` and the sentence why. Raises HostError where it would be emulation and nobody allowed it."""
    if host.kvm == "works":
        return "kvm", None
    why = (
        host.kvm_note
        or {
            "absent": "there is no usable /dev/kvm on this node",
            "broken": "/dev/kvm opens, but it runs guests too slowly to boot one",
        }[host.kvm]
    )
    if not host.emulation_allowed:
        raise HostError(
            f"{why.rstrip('.')}, and emulation isn't allowed here: take a node where KVM works, or set "
            "developerConfiguration.useEmulation in the KubeVirt configuration"
        )
    return "qemu", f"emulated: {why}"


def translation_buffer_bytes(guest_bytes: int) -> int:
    """The bound of an emulator's translation buffer: a sixteenth of the guest's memory, 32 to 256 MiB, whole MiB.

    It holds the host code made from the guest's; when it is full, all of it is thrown away and made anew. A guest of
    up to 512 MiB gets 32 MiB, one of 1 GiB gets 64. Booting a kernel and a shell fills 32 MiB about once.
    """
    return min(max(guest_bytes // 16 // MIB * MIB, _TB_SMALLEST), _TB_LARGEST)
