"""Rules about parts of a guest that stand in another kind: in an instance type, a preference or a preset.

Such parts are put into a guest that has whatever else the rules want to see, and the rules about guests judge it: what
can't be in a guest can't be in what guests are made from, and the two never come apart. What is found at a part's place
is told by the field that the part comes from, also within the sentence. What is found anywhere else is about the
stand-in, and dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from msgspec.structs import replace

from kvnode.api.cpu_memory import Memory, VirtualMachineInstanceResourceClaim
from kvnode.api.devices import GPU, HostDevice
from kvnode.api.features import Features, FeatureState
from kvnode.api.firmware import EFI, Bootloader, Firmware, LaunchSecurity
from kvnode.api.instance import DomainSpec, VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings
from kvnode.errors import FieldError

__all__ = ["judge", "stand_in", "with_claims", "with_launch_security"]

Rule = Callable[[Findings, VirtualMachineInstanceSpec, Settings], None]


def stand_in(domain: DomainSpec, architecture: str) -> VirtualMachineInstanceSpec:
    """A guest with this domain, and with memory where the domain has none."""
    memory = domain.memory or Memory()
    if memory.guest is None:
        domain = replace(domain, memory=replace(memory, guest="1Gi"))
    return VirtualMachineInstanceSpec(domain=domain, architecture=architecture)


def with_launch_security(
    spec: VirtualMachineInstanceSpec, security: LaunchSecurity | None
) -> VirtualMachineInstanceSpec:
    """The guest encrypted so, and started in the way that such a guest takes.

    One that says nothing more is for s390x, whose guests have but one kind of encryption.
    """
    if security is None or security == LaunchSecurity():
        return spec
    efi = Firmware(bootloader=Bootloader(efi=EFI(secure_boot=False)))
    domain = replace(spec.domain, launch_security=security, firmware=efi, features=_without_smm(spec.domain.features))
    waits = security.sev is not None and security.sev.attestation is not None
    return replace(spec, domain=domain, start_strategy="Paused" if waits else None)


def with_claims(spec: VirtualMachineInstanceSpec, devices: Iterable[GPU | HostDevice]) -> VirtualMachineInstanceSpec:
    """The guest with the resource claims that its devices name: the machine that uses the type has them."""
    names = dict.fromkeys(device.claim_name for device in devices if device.claim_name)
    claims = tuple(VirtualMachineInstanceResourceClaim(name=name, resource_claim_name=name) for name in names)
    return replace(spec, resource_claims=claims)


def judge(
    found: Findings,
    spec: VirtualMachineInstanceSpec,
    rules: Iterable[Rule],
    settings: Settings,
    places: Mapping[str, str],
) -> None:
    """What these rules find in the stand-in, told by the fields that its parts come from.

    places -- the path of each part in the guest, and the path that it comes from
    """
    faults = Findings()
    for rule in rules:
        rule(faults, spec, settings)
    pairs = tuple(places.items())
    for fault in faults:
        if _pattern(pairs).match(fault.field):
            found.append(FieldError(_renamed(fault.field, pairs), fault.reason, _renamed(fault.message, pairs)))


def _renamed(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    places = dict(pairs)
    return _pattern(pairs).sub(lambda match: places[match[0]], text)


@lru_cache(maxsize=16)
def _pattern(pairs: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    """Any of the parts' paths, the longest first, and not the beginning of another word."""
    names = sorted((place for place, _ in pairs), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, names))})(?![A-Za-z0-9])")


def _without_smm(features: Features | None) -> Features | None:
    return replace(features, smm=FeatureState(enabled=False)) if features is not None else None
