"""Guests whose memory the host can't read: what the processor is asked to enforce, and what devices have to do for it.

A virtio device of such a guest reaches only the pages that the guest shows it, which it does through the DMA interface
of its kernel; that is what ``iommu`` on a device's driver says (libvirt, "Virtio-related options").
"""

from __future__ import annotations

from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from kvnode.api.firmware import SEV
from kvnode.api.instance import VirtualMachineInstance
from kvnode.planning.device_plans import Controller, DevicesPlan
from kvnode.planning.domain_plan import LaunchSecurityPlan
from kvnode.planning.intermediate import Architecture

_D = TypeVar("_D", bound=Struct)

_SEV_NO_DEBUGGING = 0x1
_SEV_ENCRYPTED_STATE = 0x4
"""Bits of a guest's policy: AMD's SEV API, 55766, chapter 3."""

_SNP_POLICY = 0x30000
"""Bit 17 has to be set, bit 16 allows SMT: AMD's SEV-SNP ABI, 56860, "Guest Policy"."""


def launch_security(vmi: VirtualMachineInstance, arch: Architecture) -> LaunchSecurityPlan | None:
    """What the processor enforces; None for an ordinary guest."""
    asked = vmi.spec.domain.launch_security
    if asked is None:
        return None
    if asked.sev is not None:
        return _sev(asked.sev)
    if asked.snp is not None:
        return LaunchSecurityPlan("sev-snp", policy=hex(_SNP_POLICY))
    if asked.tdx is not None:
        return LaunchSecurityPlan("tdx")
    return LaunchSecurityPlan("s390-pv") if arch.libvirt == "s390x" else None


def firmware_purpose(vmi: VirtualMachineInstance) -> str | None:
    """The purpose that the host's UEFI build has to serve (``HostFacts.efi``); None for an ordinary guest's."""
    asked = vmi.spec.domain.launch_security
    if asked is None:
        return None
    return next((kind for kind in ("sev", "snp", "tdx") if getattr(asked, kind) is not None), None)


def _sev(sev: SEV) -> LaunchSecurityPlan:
    encrypted = sev.policy is not None and bool(sev.policy.encrypted_state)
    return LaunchSecurityPlan(
        "sev",
        policy=hex(_SEV_NO_DEBUGGING | (_SEV_ENCRYPTED_STATE if encrypted else 0)),
        dh_cert=sev.dh_cert or None,
        session=sev.session or None,
    )


def behind_iommu(devices: DevicesPlan) -> DevicesPlan:
    """The same devices, the virtio ones among them kept to what the guest shows them."""
    return replace(
        devices,
        controllers=tuple(_kept(one, _is_virtio(one)) for one in devices.controllers),
        disks=tuple(_kept(disk, disk.bus == "virtio") for disk in devices.disks),
        interfaces=tuple(_kept(one, one.model.startswith("virtio")) for one in devices.interfaces),
        inputs=tuple(_kept(one, one.bus == "virtio") for one in devices.inputs),
        rng=_kept(devices.rng, True) if devices.rng is not None else None,
        balloon=_kept(devices.balloon, devices.balloon.model != "none") if devices.balloon is not None else None,
        vsock=_kept(devices.vsock, True) if devices.vsock is not None else None,
    )


def _is_virtio(controller: Controller) -> bool:
    return controller.type in ("scsi", "virtio-serial") and controller.model.startswith("virtio")


def _kept(device: _D, virtio: bool) -> _D:
    return replace(device, iommu=True) if virtio else device
