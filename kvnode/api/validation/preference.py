"""Rules about preferences: likings that a guest can have, and requirements that one can meet.

Likings are put into a guest and judged there, each device of its kind once; here stand the rules about how likings go
together, and about what a guest doesn't have.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kvnode.api.cpu_memory import CPU
from kvnode.api.devices import Devices, Input, PanicDevice, SoundDevice, VideoDevice
from kvnode.api.disks import CDRomTarget, Disk, DiskTarget, LunTarget
from kvnode.api.features import Clock, Features
from kvnode.api.firmware import Machine
from kvnode.api.instance import DomainSpec, VirtualMachineInstanceSpec
from kvnode.api.network import Interface, InterfaceMasquerade
from kvnode.api.preference import (
    CPUPreferences,
    DevicePreferences,
    FirmwarePreferences,
    PreferenceRequirements,
    VirtualMachineClusterPreference,
    VirtualMachinePreference,
    VirtualMachinePreferenceSpec,
)
from kvnode.api.settings import DEFAULT_MACHINE_TYPES, Settings, settings_of
from kvnode.api.validation.amounts import amount, amount_rules
from kvnode.api.validation.cpu import MAX_VCPUS, cpu_rules
from kvnode.api.validation.devices import device_rules
from kvnode.api.validation.disks import disk_rules
from kvnode.api.validation.features import clock_rules, feature_rules, launch_security_rules
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.firmware import machine_rules
from kvnode.api.validation.interfaces import interface_rules
from kvnode.api.validation.labels import annotation_map_rules
from kvnode.api.validation.pod import lifecycle_rules, pod_name_rules
from kvnode.api.validation.references import name_rules
from kvnode.api.validation.stand_in import judge, stand_in, with_launch_security

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["preference_rules"]

_TOPOLOGIES = ("sockets", "cores", "threads", "spread", "any")
_OLD_TOPOLOGIES = tuple(f"prefer{topology.capitalize()}" for topology in _TOPOLOGIES)
_SPREAD = ("spread", "preferSpread")
_CORES_THREADS = "CoresThreads"
_ACROSS = ("SocketsCores", "SocketsCoresThreads", _CORES_THREADS)
_THREADS_OF_A_CORE = 2

_RULES = (
    machine_rules,
    cpu_rules,
    feature_rules,
    clock_rules,
    launch_security_rules,
    disk_rules,
    interface_rules,
    device_rules,
    pod_name_rules,
    lifecycle_rules,
)
_DEVICES = "spec.domain.devices"
_PLACES = {
    "spec.architecture": "spec.preferredArchitecture",
    "spec.domain.machine.type": "spec.machine.preferredMachineType",
    "spec.domain.cpu.features": "spec.cpu.preferredCPUFeatures",
    "spec.domain.features.hyperv": "spec.features.preferredHyperv",
    "spec.domain.clock": "spec.clock.preferredClockOffset",
    "spec.domain.clock.timezone": "spec.clock.preferredClockOffset.timezone",
    "spec.domain.clock.timer": "spec.clock.preferredTimer",
    "spec.domain.launchSecurity": "spec.preferredLaunchSecurity",
    f"{_DEVICES}.disks[0].disk.bus": "spec.devices.preferredDiskBus",
    f"{_DEVICES}.disks[0].cache": "spec.devices.preferredDiskCache",
    f"{_DEVICES}.disks[0].io": "spec.devices.preferredDiskIO",
    f"{_DEVICES}.disks[0].blockSize": "spec.devices.preferredDiskBlockSize",
    f"{_DEVICES}.disks[1].lun.bus": "spec.devices.preferredLunBus",
    f"{_DEVICES}.disks[2].cdrom.bus": "spec.devices.preferredCdromBus",
    f"{_DEVICES}.interfaces[0].model": "spec.devices.preferredInterfaceModel",
    f"{_DEVICES}.inputs[0].bus": "spec.devices.preferredInputBus",
    f"{_DEVICES}.inputs[0].type": "spec.devices.preferredInputType",
    f"{_DEVICES}.panicDevices[0].model": "spec.devices.preferredPanicDeviceModel",
    f"{_DEVICES}.sound": "spec.devices.preferredSoundModel",
    f"{_DEVICES}.sound.model": "spec.devices.preferredSoundModel",
    f"{_DEVICES}.video": "spec.devices.preferredVideoType",
    f"{_DEVICES}.video.type": "spec.devices.preferredVideoType",
    "spec.subdomain": "spec.preferredSubdomain",
    "spec.terminationGracePeriodSeconds": "spec.preferredTerminationGracePeriodSeconds",
}


def preference_rules(
    found: Findings,
    item: VirtualMachinePreference | VirtualMachineClusterPreference,
    config: KubeVirtConfiguration | None,
) -> None:
    """Likings that exist and go together, and requirements that a guest can meet."""
    spec, settings = item.spec, settings_of(config)
    if spec.cpu is not None:
        _topology(found, spec.cpu, spec.prefer_spread_socket_to_core_ratio)
    if spec.firmware is not None:
        _firmware(found, spec, spec.firmware)
    if spec.requirements is not None:
        _requirements(found, spec, spec.requirements)
    if spec.volumes is not None:
        name_rules(found, "spec.volumes.preferredStorageClassName", spec.volumes.preferred_storage_class_name)
    if spec.annotations:
        annotation_map_rules(found, "spec.annotations", spec.annotations)
    judge(found, _guest(spec, settings), _RULES, settings, _PLACES)


def _topology(found: Findings, cpu: CPUPreferences, old_ratio: int | None) -> None:
    topology, spread, field = cpu.preferred_cpu_topology, cpu.spread_options, "spec.cpu.spreadOptions"
    if topology is not None and topology not in (*_TOPOLOGIES, *_OLD_TOPOLOGIES):
        found.not_supported(
            "spec.cpu.preferredCPUTopology", f"{shown(topology)} is no topology; it is {listed(_TOPOLOGIES)}."
        )
    if spread is None:
        return
    if topology not in _SPREAD and topology in (None, *_TOPOLOGIES, *_OLD_TOPOLOGIES):
        what = f"the topology is {topology}" if topology else "the topology is sockets if nobody says"
        found.invalid(field, f"{what}, which spreads nothing: set preferredCPUTopology to spread, or drop it.")
    if spread.across is not None and spread.across not in _ACROSS:
        found.not_supported(
            f"{field}.across", f"{shown(spread.across)} is nothing to spread over; it is {listed(_ACROSS)}."
        )
    ratio = spread.ratio
    if ratio == 0:
        found.invalid(f"{field}.ratio", "0 cores make no socket: give 1 or more; 2 is usual.")
    elif spread.across == _CORES_THREADS and (ratio or old_ratio or _THREADS_OF_A_CORE) != _THREADS_OF_A_CORE:
        found.invalid(
            f"{field}.ratio",
            f"{ratio or old_ratio} threads for each core can't be had: over cores and threads it is "
            f"{_THREADS_OF_A_CORE}.",
        )
    if ratio and old_ratio and ratio != old_ratio:
        found.invalid(
            "spec.preferSpreadSocketToCoreRatio",
            f"{old_ratio} isn't {ratio}, the ratio of {field}: it is the older way to say that, so leave it out.",
        )


def _firmware(found: Findings, spec: VirtualMachinePreferenceSpec, firmware: FirmwarePreferences) -> None:
    uses_efi = firmware.preferred_efi is not None or bool(firmware.preferred_use_efi)
    field = "spec.firmware"
    if firmware.preferred_use_bios and uses_efi:
        name = "preferredEfi" if firmware.preferred_efi is not None else "preferredUseEfi"
        found.invalid(f"{field}.preferredUseBios", f"BIOS and UEFI exclude each other: drop it, or drop {name}.")
    if firmware.preferred_use_bios_serial and not firmware.preferred_use_bios:
        found.invalid(f"{field}.preferredUseBiosSerial", "it takes BIOS: set preferredUseBios to true, or drop it.")
    if firmware.preferred_use_secure_boot and not uses_efi:
        found.invalid(f"{field}.preferredUseSecureBoot", "it takes UEFI: set preferredEfi.secureBoot instead.")
    efi = firmware.preferred_efi
    secure = (efi is not None and efi.secure_boot is not False) or bool(firmware.preferred_use_secure_boot)
    smm = spec.features.preferred_smm if spec.features is not None else None
    if secure and smm is not None and smm.enabled is False:
        found.invalid(
            "spec.features.preferredSmm.enabled",
            "secure boot takes SMM: leave it on, or set spec.firmware.preferredEfi.secureBoot to false.",
        )


def _requirements(found: Findings, spec: VirtualMachinePreferenceSpec, requirements: PreferenceRequirements) -> None:
    field, cpu, memory = "spec.requirements", requirements.cpu, requirements.memory
    if cpu is not None and not cpu.guest:
        found.required(f"{field}.cpu.guest", "say how many vCPUs are the fewest that will do: 1 or more.")
    elif cpu is not None and cpu.guest > MAX_VCPUS:
        found.invalid(f"{field}.cpu.guest", f"no guest has {cpu.guest} vCPUs: {MAX_VCPUS} are the most.")
    if memory is not None and amount(memory.guest) == 0:
        found.required(f"{field}.memory.guest", "say how much memory is the least that will do, such as 2Gi.")
    elif memory is not None:
        amount_rules(found, f"{field}.memory.guest", memory.guest)
    wanted, liked = requirements.architecture, spec.preferred_architecture
    if wanted is not None and wanted not in DEFAULT_MACHINE_TYPES:
        found.not_supported(
            f"{field}.architecture", f"{shown(wanted)} is no architecture; it is {listed(DEFAULT_MACHINE_TYPES)}."
        )
    elif wanted is not None and liked is not None and wanted != liked:
        found.invalid(
            f"{field}.architecture",
            f"{wanted} isn't {shown(liked)}, which is spec.preferredArchitecture.",
        )


def _guest(spec: VirtualMachinePreferenceSpec, settings: Settings) -> VirtualMachineInstanceSpec:
    """A guest with every liking that a guest can have."""
    features, clock = spec.features, spec.clock
    offset = clock.preferred_clock_offset if clock is not None else None
    domain = DomainSpec(
        cpu=CPU(features=spec.cpu.preferred_cpu_features) if spec.cpu is not None else None,
        machine=Machine(type=spec.machine.preferred_machine_type) if spec.machine is not None else None,
        features=Features(hyperv=features.preferred_hyperv) if features is not None else None,
        clock=Clock(
            utc=offset.utc if offset is not None else None,
            timezone=offset.timezone if offset is not None else None,
            timer=clock.preferred_timer,
        )
        if clock is not None
        else None,
        devices=_devices(spec.devices) if spec.devices is not None else Devices(),
    )
    guest = stand_in(domain, _architecture(spec, settings))
    guest = with_launch_security(guest, spec.preferred_launch_security)
    return replace(
        guest,
        subdomain=spec.preferred_subdomain,
        termination_grace_period_seconds=spec.preferred_termination_grace_period_seconds,
    )


def _architecture(spec: VirtualMachinePreferenceSpec, settings: Settings) -> str:
    """The architecture that it is for; where it doesn't say, one that has the machine that is liked."""
    required = spec.requirements.architecture if spec.requirements is not None else None
    if spec.preferred_architecture or required in DEFAULT_MACHINE_TYPES:
        return spec.preferred_architecture or required or ""
    machine = (spec.machine.preferred_machine_type if spec.machine is not None else None) or ""
    for architecture, patterns in settings.emulated_machines.items():
        if any(fnmatchcase(machine, pattern) for pattern in patterns):
            return architecture
    return settings.default_architecture


def _devices(likings: DevicePreferences) -> Devices:
    """One device of each kind as it is liked, called `device` where it has a name."""
    name, panic = "device", likings.preferred_panic_device_model
    disk = Disk(
        name="disk",
        disk=DiskTarget(bus=likings.preferred_disk_bus),
        cache=likings.preferred_disk_cache,
        io=likings.preferred_disk_io,
        block_size=likings.preferred_disk_block_size,
    )
    return Devices(
        disks=(
            disk,
            Disk(name="lun", lun=LunTarget(bus=likings.preferred_lun_bus)),
            Disk(name="cdrom", cdrom=CDRomTarget(bus=likings.preferred_cdrom_bus)),
        ),
        interfaces=(Interface(name=name, masquerade=InterfaceMasquerade(), model=likings.preferred_interface_model),),
        inputs=(Input(name=name, type=likings.preferred_input_type or "tablet", bus=likings.preferred_input_bus),),
        sound=SoundDevice(name=name, model=likings.preferred_sound_model) if likings.preferred_sound_model else None,
        video=VideoDevice(type=likings.preferred_video_type) if likings.preferred_video_type else None,
        panic_devices=(PanicDevice(model=panic),) if panic is not None else (),
    )
