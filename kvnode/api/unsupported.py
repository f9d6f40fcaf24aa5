"""What this build can't do yet, by path: the manifest may be right, and is refused all the same.

``SUPPORTED`` is the table of what is built. Whatever a manifest sets is held against it, so that nothing that is set
is dropped in silence: a field that nobody has built yet is named, with its path. Building something means adding its
line here; the tests hold the table against the types, so a misspelt line doesn't pass for a built one.

A line is a path below the object, list indexes as ``[]``. ``path`` supports the field itself, ``path.**`` everything
below it, ``path = value`` (JSON) only that value: for the most part a ``false`` that asks for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from kvnode.api.fault import child
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.unsupported_devices import unsupported_devices
from kvnode.errors import VALUE_NOT_SUPPORTED, FieldError, UsageError

__all__ = ["NO_EFFECT", "SUPPORTED", "Where", "unsupported", "without_effect"]

Where = Literal["standalone", "cluster"]

_MACHINE = """
spec.architecture = "amd64"
spec.terminationGracePeriodSeconds
spec.hostname
spec.subdomain
spec.dnsPolicy
spec.dnsConfig.**
spec.networks[].name
spec.networks[].pod
spec.networks[].pod.vmNetworkCIDR
spec.volumes[].name
spec.volumes[].containerDisk.image
spec.volumes[].containerDisk.imagePullPolicy
spec.volumes[].containerDisk.path
spec.volumes[].emptyDisk.capacity
spec.volumes[].cloudInitNoCloud.**
spec.domain.chassis.**
spec.domain.clock.**
spec.domain.cpu.cores
spec.domain.cpu.sockets
spec.domain.cpu.threads
spec.domain.cpu.maxSockets
spec.domain.cpu.model
spec.domain.cpu.features.**
spec.domain.cpu.dedicatedCpuPlacement
spec.domain.cpu.isolateEmulatorThread
spec.domain.cpu.numa.guestMappingPassthrough
spec.domain.cpu.realtime
spec.domain.cpu.realtime.mask
spec.domain.memory.guest
spec.domain.memory.maxGuest
spec.domain.memory.hugepages.pageSize
spec.domain.resources.requests.cpu
spec.domain.resources.requests.memory
spec.domain.resources.limits.cpu
spec.domain.resources.limits.memory
spec.domain.resources.overcommitGuestOverhead
spec.domain.memory.reservedOverhead.addedOverhead
spec.domain.memory.reservedOverhead.memLock
spec.domain.machine.type
spec.domain.rebootPolicy
spec.domain.ioThreadsPolicy
spec.domain.ioThreads.supplementalPoolThreadCount
spec.domain.firmware.uuid
spec.domain.firmware.serial
spec.domain.firmware.bootloader.bios
spec.domain.firmware.bootloader.bios.useSerial
spec.domain.features.acpi.**
spec.domain.features.apic.**
spec.domain.features.kvm.**
spec.domain.features.pvspinlock.**
spec.domain.features.smm.**
spec.domain.features.hyperv.**
spec.domain.features.hypervPassthrough.**
spec.domain.devices.autoattachGraphicsDevice
spec.domain.devices.autoattachInputDevice = false
spec.domain.devices.autoattachMemBalloon
spec.domain.devices.autoattachPodInterface
spec.domain.devices.autoattachSerialConsole
spec.domain.devices.autoattachVSOCK = false
spec.domain.devices.blockMultiQueue
spec.domain.devices.disableHotplug
spec.domain.devices.logSerialConsole
spec.domain.devices.networkInterfaceMultiqueue
spec.domain.devices.useVirtioTransitional
spec.domain.devices.rng
spec.domain.devices.video.type
spec.domain.devices.tpm.enabled = false
spec.domain.devices.inputs[].name
spec.domain.devices.inputs[].type
spec.domain.devices.inputs[].bus
spec.domain.devices.panicDevices[].model
spec.domain.devices.sound.name
spec.domain.devices.sound.model
spec.domain.devices.watchdog.name
spec.domain.devices.watchdog.i6300esb
spec.domain.devices.watchdog.i6300esb.action
spec.domain.devices.disks[].name
spec.domain.devices.disks[].bootOrder
spec.domain.devices.disks[].serial
spec.domain.devices.disks[].cache
spec.domain.devices.disks[].io
spec.domain.devices.disks[].errorPolicy
spec.domain.devices.disks[].blockSize.custom.**
spec.domain.devices.disks[].blockSize.matchVolume.**
spec.domain.devices.disks[].dedicatedIOThread
spec.domain.devices.disks[].changedBlockTracking = false
spec.domain.devices.disks[].shareable = false
spec.domain.devices.disks[].disk
spec.domain.devices.disks[].disk.bus
spec.domain.devices.disks[].disk.pciAddress
spec.domain.devices.disks[].disk.readonly
spec.domain.devices.disks[].cdrom
spec.domain.devices.disks[].cdrom.bus
spec.domain.devices.disks[].cdrom.readonly
spec.domain.devices.disks[].cdrom.tray
spec.domain.devices.interfaces[].name
spec.domain.devices.interfaces[].bridge
spec.domain.devices.interfaces[].masquerade
spec.domain.devices.interfaces[].model
spec.domain.devices.interfaces[].macAddress
spec.domain.devices.interfaces[].bootOrder
spec.domain.devices.interfaces[].pciAddress
spec.domain.devices.interfaces[].acpiIndex
spec.domain.devices.interfaces[].state
spec.domain.devices.interfaces[].ports.**
spec.domain.devices.interfaces[].portRanges.**
spec.domain.devices.interfaces[].dhcpOptions.**
"""

_POD = """
spec.affinity.**
spec.nodeSelector.**
spec.tolerations.**
spec.topologySpreadConstraints.**
spec.priorityClassName
spec.schedulerName
spec.serviceAccountName
spec.evictionStrategy
spec.volumes[].containerDisk.imagePullSecret
"""
"""What only a cluster acts on: the Pod's place, its rank and its account."""

_PARTS_OF_THE_NODE = """
spec.domain.firmware.kernelBoot.kernelArgs
spec.domain.firmware.kernelBoot.container.image
spec.domain.firmware.kernelBoot.container.imagePullPolicy
spec.domain.firmware.kernelBoot.container.kernelPath
spec.domain.firmware.kernelBoot.container.initrdPath
spec.domain.firmware.bootloader.efi
spec.domain.firmware.bootloader.efi.secureBoot
spec.domain.firmware.bootloader.efi.persistent = false
spec.domain.devices.tpm
spec.domain.devices.tpm.enabled
spec.domain.devices.tpm.persistent = false
"""
"""What takes firmware and programs of the node's that the launcher's image hasn't, or files that no Pod has yet."""

_RESERVED = """
spec.domain.resources.requests.cpu
spec.domain.resources.limits.cpu
spec.domain.resources.limits.memory
"""
"""What the guest's size may come from, and what only a cluster holds a Pod to."""

_ACTING_ANNOTATIONS = (
    "hooks.kubevirt.io/hookSidecars",
    "kubevirt.io/customLibvirtLogFilters",
    "kubevirt.io/ignitiondata",
    "kubevirt.io/memfd",
    "kubevirt.io/placePCIDevicesOnRootComplex",
    "kubevirt.io/virt-launcher-log-verbosity",
    "smbios.vm.kubevirt.io/baseBoardManufacturer",
)
"""Annotations that change a guest upstream and nothing here; all others are notes, and kept."""


class _Table:
    """The lines of a table, sorted by how they match."""

    def __init__(self, *texts: str) -> None:
        self.paths: set[str] = set()
        self.subtrees: set[str] = set()
        self.values: dict[str, list[Any]] = {}
        self.parents: set[str] = set()
        self.parents_of_values: set[str] = set()
        for line in "\n".join(texts).split("\n"):
            path, _, value = (part.strip() for part in line.partition(" = "))
            if not path:
                continue
            if value:
                self.values.setdefault(path, []).append(json.loads(value))
                self.parents_of_values.update(_parents_of(path))
                continue
            if path.endswith(".**"):
                path = path.removesuffix(".**")
                self.subtrees.add(path)
            else:
                self.paths.add(path)
            self.parents.update(_parents_of(path))


def _parents_of(path: str) -> Iterator[str]:
    while "." in path:
        path = path.rpartition(".")[0]
        yield path
        yield path.removesuffix("[]")


NO_EFFECT = {
    **dict.fromkeys(_POD.split(), "it is kept, and nothing here follows it: that is a cluster's to do"),
    **dict.fromkeys(_RESERVED.split(), "it may say how large the guest is, but nothing here holds the guest to it"),
    "spec.dnsConfig.options.**": "it is the Pod's resolver's: a guest asks an address server, which has no such word",
}
"""Paths that the standalone mode takes without doing what a cluster would, and what to tell the user."""

SUPPORTED: dict[str, _Table] = {
    "standalone": _Table(_MACHINE, _POD, _PARTS_OF_THE_NODE),
    "cluster": _Table(_MACHINE, _POD),
}
"""What is built, by mode."""


def unsupported(vmi: VirtualMachineInstance, where: Where) -> list[FieldError]:
    """What the manifest asks for and this build can't do in this mode: findings with reason FieldValueNotSupported.

    where -- ``standalone`` (``kvnode run``) or ``cluster``

    Raises UsageError for another mode.
    """
    table = SUPPORTED.get(where)
    if table is None:
        raise UsageError(f"{where!r} is no mode: it is standalone or cluster.")
    findings = [
        FieldError(
            child("metadata.annotations", name),
            VALUE_NOT_SUPPORTED,
            f"this build doesn't act on it yet in the {where} mode: leave the annotation out.",
        )
        for name in _ACTING_ANNOTATIONS
        if name in (vmi.metadata.annotations or ())
    ]
    for at, pattern, value in _unknown(msgspec.to_builtins(vmi.spec), (None, "spec"), "spec", table):
        findings.append(FieldError(_path(at), VALUE_NOT_SUPPORTED, _sentence(pattern, value, table, where)))
    findings.extend(unsupported_devices(vmi))
    if where == "cluster":
        findings.extend(_guaranteed(vmi))
    return findings


def _guaranteed(vmi: VirtualMachineInstance) -> Iterator[FieldError]:
    """What no Pod has beside CPUs of its own: a kubelet gives them where all is reserved that may be used."""
    cpu = vmi.spec.domain.cpu
    if cpu is not None and cpu.dedicated_cpu_placement and vmi.spec.domain.resources.overcommit_guest_overhead:
        message = "a guest with CPUs of its own has all of its memory reserved, overhead included: leave it out."
        yield FieldError("spec.domain.resources.overcommitGuestOverhead", VALUE_NOT_SUPPORTED, message)


def without_effect(vmi: VirtualMachineInstance) -> list[FieldError]:
    """What the standalone mode takes without doing what a cluster would, as notes to the user and not as faults.

    vmi -- as it was written: what defaulting fills in is nobody's wish
    """
    spec = msgspec.to_builtins(vmi.spec)
    return [
        FieldError(field, VALUE_NOT_SUPPORTED, f"{sentence}.")
        for field, pattern in _set_fields(spec, "spec", "spec")
        if (sentence := NO_EFFECT.get(pattern) or NO_EFFECT.get(f"{pattern}.**")) is not None
    ]


# A step, by name or index, and the place above it; a path is made of it only for a part that isn't built.
_Place = tuple[Any, str | int]


def _path(at: _Place) -> str:
    above, step = at
    if isinstance(step, int):
        return f"{_path(above)}[{step}]"
    return step if above is None else child(_path(above), step)


def _unknown(value: Any, at: _Place, pattern: str, table: _Table) -> list[tuple[_Place, str, Any]]:
    """The outermost parts of a document that the table doesn't have, as (place, pattern, value)."""
    if pattern in table.subtrees or (pattern in table.paths and not isinstance(value, dict)):
        return []
    inner = pattern in table.paths or pattern in table.parents
    # Where only a value is built the object itself counts: ``tpm: {}`` is a TPM, ``tpm: {enabled: false}`` is none.
    if not inner and not (value and pattern in table.parents_of_values):
        return [] if value in table.values.get(pattern, ()) else [(at, pattern, value)]
    found = []
    if isinstance(value, dict):
        for name, item in value.items():
            found += _unknown(item, (at, name), f"{pattern}.{name}", table)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            found += _unknown(item, (at, index), f"{pattern}[]", table)
    return found


def _set_fields(value: Any, field: str, pattern: str) -> Iterator[tuple[str, str]]:
    yield field, pattern
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _set_fields(item, child(field, name), f"{pattern}.{name}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _set_fields(item, f"{field}[{index}]", f"{pattern}[]")


def _sentence(pattern: str, value: Any, table: _Table, where: str) -> str:
    built = table.values.get(pattern)
    if built:
        choice = " or ".join(json.dumps(one) for one in built)
        return f"this build can't do it yet in the {where} mode: leave it out, or set it to {choice}."
    return f"this build can't do it yet in the {where} mode: leave it out."
