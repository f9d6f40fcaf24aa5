"""Rules about devices besides disks and network cards, about shared folders and about IO threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kvnode.api.devices import GPU, HostDevice
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import duplicate, invalid, listed, not_supported, required, shown
from kvnode.api.validation.names import interface_name_fault, label_fault, qualified_name_fault, subdomain_fault
from kvnode.errors import FieldError

__all__ = ["device_rules", "filesystem_rules", "host_device_rules", "io_thread_rules"]

_INPUT_BUSES = ("virtio", "usb")
_SOUND_MODELS = ("ich9", "ac97")
_PANIC_MODELS = ("hyperv", "isa", "pvpanic")
_WATCHDOG_ACTIONS = ("poweroff", "reset", "shutdown")
_VIDEO_MODELS = {
    "amd64": ("vga", "cirrus", "virtio", "ramfb", "bochs"),
    "arm64": ("virtio", "ramfb"),
    "s390x": ("virtio",),
}
_IO_THREAD_POLICIES = ("shared", "auto", "supplementalPool")
_POOL = "supplementalPool"
_FILESYSTEM_GATES = {
    "EnableVirtioFsConfigVolumes": ("config_map", "secret", "downward_api", "service_account"),
    "EnableVirtioFsStorageVolumes": ("persistent_volume_claim", "data_volume"),
}

_DEVICES = "spec.domain.devices"


def device_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Inputs, sound, video, watchdog, panic devices and the small switches: that they exist on this architecture."""
    devices = spec.domain.devices
    if devices.autoattach_vsock and not settings.gate("VSOCK"):
        yield _shut(f"{_DEVICES}.autoattachVSOCK", "VSOCK")
    if devices.downward_metrics is not None and not settings.gate("DownwardMetrics"):
        yield _shut(f"{_DEVICES}.downwardMetrics", "DownwardMetrics")
    yield from _inputs(spec)
    yield from _sound(spec)
    yield from _video(spec, settings)
    yield from _watchdog(spec)
    yield from _panic_devices(spec, settings)


def host_device_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """GPUs and host devices come by their resource's name or from a claim, each claim's request once."""
    devices = spec.domain.devices
    if devices.host_devices and not settings.gate("HostDevices"):
        yield _shut(f"{_DEVICES}.hostDevices", "HostDevices")
    claims = {claim.name for claim in spec.resource_claims}
    yield from _claims(spec)
    taken: dict[tuple[str, str], str] = {}
    yield from _passed_through("gpus", devices.gpus, settings.gate("GPUsWithDRA"), claims, taken)
    yield from _passed_through("hostDevices", devices.host_devices, settings.gate("HostDevicesWithDRA"), claims, taken)
    for index, network in enumerate(spec.networks):
        claim = network.resource_claim
        if claim is not None and claim.claim_name and claim.request_name:
            yield from _taken(f"spec.networks[{index}]", claim.claim_name, claim.request_name, taken)
    with_boot_display = [
        index
        for index, gpu in enumerate(devices.gpus)
        if gpu.virtual_gpu_options is not None
        and (display := gpu.virtual_gpu_options.display) is not None
        and display.enabled is not False
        and (display.ram_fb is None or display.ram_fb.enabled is not False)
    ]
    if len(with_boot_display) > 1:
        yield invalid(
            f"{_DEVICES}.gpus",
            f"{len(with_boot_display)} GPUs have a display with ramFB, and a guest has one: set ramFB.enabled to false "
            "on the others.",
        )


def filesystem_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """A shared folder has a volume, and the gate for its kind of volume is open."""
    volumes = {volume.name: volume for volume in spec.volumes}
    seen: set[str] = {disk.name for disk in spec.domain.devices.disks}
    for index, filesystem in enumerate(spec.domain.devices.filesystems):
        field = f"{_DEVICES}.filesystems[{index}]"
        if filesystem.name in seen:
            yield duplicate(
                f"{field}.name", f"{shown(filesystem.name)} is another disk's or filesystem's name already."
            )
        seen.add(filesystem.name)
        if fault := label_fault(filesystem.name):
            yield invalid(f"{field}.name", f"{shown(filesystem.name)} {fault}.")
        volume = volumes.get(filesystem.name)
        if volume is None:
            yield invalid(f"{field}.name", f"no volume is called {shown(filesystem.name)}: add it to spec.volumes.")
            continue
        for gate, sources in _FILESYSTEM_GATES.items():
            if any(getattr(volume, name) is not None for name in sources) and not settings.gate(gate):
                yield _shut(f"{field}.virtiofs", gate)


def io_thread_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """A policy that exists, and a pool of at least one thread where the policy has a pool."""
    policy, threads = spec.domain.io_threads_policy, spec.domain.io_threads
    count = threads.supplemental_pool_thread_count if threads else None
    field = "spec.domain.ioThreads.supplementalPoolThreadCount"
    if policy is not None and policy not in _IO_THREAD_POLICIES:
        yield invalid(
            "spec.domain.ioThreadsPolicy", f"{shown(policy)} is no policy; it is {listed(_IO_THREAD_POLICIES)}."
        )
    if policy == _POOL and not count:
        yield invalid(field, f"the policy {_POOL} takes a pool of at least 1 thread, here are {count or 0}.")
    elif policy != _POOL and count:
        yield invalid(field, f"only the policy {_POOL} has a pool: set spec.domain.ioThreadsPolicy to it.")


def _claims(spec: VirtualMachineInstanceSpec) -> Iterator[FieldError]:
    seen: dict[str, int] = {}
    for index, claim in enumerate(spec.resource_claims):
        field = f"spec.resourceClaims[{index}]"
        if claim.name in seen:
            yield duplicate(f"{field}.name", f"{shown(claim.name)} is the name of resourceClaims[{seen[claim.name]}].")
        seen.setdefault(claim.name, index)
        if fault := label_fault(claim.name):
            yield invalid(f"{field}.name", f"{shown(claim.name)} {fault}.")
        sources = {
            "resourceClaimName": claim.resource_claim_name,
            "resourceClaimTemplateName": claim.resource_claim_template_name,
        }
        if sum(bool(source) for source in sources.values()) != 1:
            yield invalid(field, f"a claim is one that exists or is made from a template: set {listed(sources)}.")
        for name, source in sources.items():
            if source and (fault := subdomain_fault(source)):
                yield invalid(f"{field}.{name}", f"{shown(source)} {fault}.")


def _shut(field: str, gate: str) -> FieldError:
    return invalid(field, f"it takes the feature gate {gate}, which is shut; open it in the KubeVirt configuration.")


def _device_name(field: str, name: str) -> Iterator[FieldError]:
    """A device's name, which becomes its alias in libvirt: letters, digits, ``-`` and ``_``."""
    if not name:
        yield required(f"{field}.name", "give it a name.")
    elif fault := interface_name_fault(name):
        yield invalid(f"{field}.name", f"{shown(name)} {fault}.")


def _inputs(spec: VirtualMachineInstanceSpec) -> Iterator[FieldError]:
    for index, device in enumerate(spec.domain.devices.inputs):
        field = f"{_DEVICES}.inputs[{index}]"
        yield from _device_name(field, device.name)
        if device.bus and device.bus not in _INPUT_BUSES:
            yield invalid(f"{field}.bus", f"{shown(device.bus)} is no bus of inputs; it is {listed(_INPUT_BUSES)}.")
        if device.type != "tablet":
            yield invalid(f"{field}.type", f"{shown(device.type)} is no input that can be added; it is tablet.")


def _sound(spec: VirtualMachineInstanceSpec) -> Iterator[FieldError]:
    sound = spec.domain.devices.sound
    if sound is None:
        return
    field = f"{_DEVICES}.sound"
    yield from _device_name(field, sound.name)
    if spec.architecture == "arm64":
        yield not_supported(field, "arm64 guests have no sound card.")
    elif sound.model and sound.model not in _SOUND_MODELS:
        yield invalid(f"{field}.model", f"{shown(sound.model)} is no sound card; it is {listed(_SOUND_MODELS)}.")


def _video(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    video = spec.domain.devices.video
    if video is None:
        return
    field = f"{_DEVICES}.video"
    if not settings.gate("VideoConfig"):
        yield _shut(field, "VideoConfig")
    if spec.domain.devices.autoattach_graphics_device is False:
        yield invalid(field, "there is no display (autoattachGraphicsDevice is false): drop one of both.")
    models = _VIDEO_MODELS.get(spec.architecture or "", ())
    if models and video.type not in models:
        yield not_supported(
            f"{field}.type",
            f"{shown(video.type or '')} is no graphics card of {spec.architecture}: use {listed(models)}.",
        )


def _watchdog(spec: VirtualMachineInstanceSpec) -> Iterator[FieldError]:
    watchdog = spec.domain.devices.watchdog
    if watchdog is None:
        return
    field = f"{_DEVICES}.watchdog"
    yield from _device_name(field, watchdog.name)
    if spec.architecture == "arm64":
        yield not_supported(field, "arm64 guests have no watchdog.")
        return
    arch = "s390x" if spec.architecture == "s390x" else "amd64"
    own, other = ("diag288", "i6300esb") if arch == "s390x" else ("i6300esb", "diag288")
    if getattr(watchdog, other) is not None or getattr(watchdog, own) is None:
        yield not_supported(field, f"the watchdog of {arch} is {own}: set that and no other.")
        return
    action = getattr(watchdog, own).action
    if action and action not in _WATCHDOG_ACTIONS:
        yield not_supported(
            f"{field}.{own}.action", f"{shown(action)} is nothing a watchdog does; it is {listed(_WATCHDOG_ACTIONS)}."
        )


def _panic_devices(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    panics = spec.domain.devices.panic_devices
    field = f"{_DEVICES}.panicDevices"
    if not panics:
        return
    if not settings.gate("PanicDevices"):
        yield _shut(field, "PanicDevices")
    if spec.architecture == "s390x":
        yield invalid(field, "s390x guests have one built in: leave the list out.")
    for index, panic in enumerate(panics):
        if panic.model is not None and panic.model not in _PANIC_MODELS:
            yield invalid(
                f"{field}[{index}].model", f"{shown(panic.model)} is no panic device; it is {listed(_PANIC_MODELS)}."
            )


def _passed_through(
    name: str,
    devices: Sequence[GPU | HostDevice],
    gate: bool,
    claims: set[str],
    taken: dict[tuple[str, str], str],
) -> Iterator[FieldError]:
    field = f"{_DEVICES}.{name}"
    claimed = [device for device in devices if not device.device_name and (device.claim_name or device.request_name)]
    if claimed and not gate:
        yield invalid(field, "a device from a resource claim takes a feature gate that is shut; name a deviceName.")
    if name == "gpus" and claimed and len(claimed) < len(devices):
        yield invalid(field, "some GPUs come from resource claims and some by deviceName: use one way for all.")
    names: set[str] = set()
    for index, device in enumerate(devices):
        inside = f"{field}[{index}]"
        yield from _device_name(inside, device.name)
        if device.name in names:
            yield duplicate(f"{inside}.name", f"{shown(device.name)} is another one's name already.")
        names.add(device.name)
        if device.tag and not device.tag.isprintable():
            yield invalid(f"{inside}.tag", f"{shown(device.tag)} must be made of printable characters.")
        if device.device_name:
            if device.claim_name or device.request_name:
                yield invalid(inside, "deviceName and claimName exclude each other: keep one.")
            if fault := qualified_name_fault(device.device_name):
                yield invalid(f"{inside}.deviceName", f"{shown(device.device_name)} {fault}.")
        elif device in claimed:
            yield from _claim(inside, device, claims, taken)
        else:
            yield required(f"{inside}.deviceName", "name the device's resource, or a claimName and its requestName.")


def _claim(
    field: str, device: GPU | HostDevice, claims: set[str], taken: dict[tuple[str, str], str]
) -> Iterator[FieldError]:
    if not device.claim_name:
        yield required(f"{field}.claimName", "name one of spec.resourceClaims.")
    elif device.claim_name not in claims:
        yield invalid(f"{field}.claimName", f"{shown(device.claim_name)} is none of spec.resourceClaims: add it there.")
    if not device.request_name:
        yield required(f"{field}.requestName", "name the request within the claim.")
    elif fault := label_fault(device.request_name):
        yield invalid(f"{field}.requestName", f"{shown(device.request_name)} {fault}.")
    if device.claim_name and device.request_name:
        yield from _taken(field, device.claim_name, device.request_name, taken)


def _taken(field: str, claim: str, request: str, taken: dict[tuple[str, str], str]) -> Iterator[FieldError]:
    holder = taken.setdefault((claim, request), field)
    if holder != field:
        yield duplicate(field, f"request {shown(request)} of claim {shown(claim)} belongs to {holder} already.")
