"""Rules about devices besides disks and network cards, about shared folders and about IO threads."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kvnode.api.cpu_memory import VirtualMachineInstanceResourceClaim
from kvnode.api.devices import GPU, Devices, HostDevice, Input, PanicDevice, SoundDevice, VideoDevice, Watchdog
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.grace import grace_rules
from kvnode.api.validation.names import interface_name_fault, label_fault, qualified_name_fault, subdomain_fault

__all__ = ["device_rules", "filesystem_rules", "host_device_rules", "io_thread_rules"]

_INPUT_BUSES = ("virtio", "usb")
_SOUND_MODELS = ("ich9", "ac97")
_PANIC_MODELS = ("hyperv", "isa", "pvpanic")
_USUAL_PANIC_MODEL = "isa"
_WATCHDOG_ACTIONS = ("poweroff", "reset", "shutdown")
_VIDEO_MODELS = {
    "amd64": ("vga", "cirrus", "virtio", "ramfb", "bochs"),
    "arm64": ("virtio", "ramfb"),
    "s390x": ("virtio",),
}
_IO_THREAD_POLICIES = ("shared", "auto", "supplementalPool")
_POOL = "supplementalPool"
_MOST_IO_THREADS = 1024
_MAX_TAG_CHARACTERS = 253
_STORAGE_GATE = "EnableVirtioFsStorageVolumes"

_DEVICES = "spec.domain.devices"


def device_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Inputs, sound, video, watchdog, panic devices and the small switches: that they exist on this architecture."""
    devices = spec.domain.devices
    if devices.autoattach_vsock and not settings.gate("VSOCK"):
        _shut(found, f"{_DEVICES}.autoattachVSOCK", "VSOCK")
    if devices.downward_metrics is not None and not settings.gate("DownwardMetrics"):
        _shut(found, f"{_DEVICES}.downwardMetrics", "DownwardMetrics")
    if devices.inputs:
        _inputs(found, devices.inputs)
    if devices.sound is not None:
        _sound(found, devices.sound, spec.architecture)
    if devices.video is not None:
        _video(found, devices, devices.video, spec.architecture)
    if devices.watchdog is not None:
        _watchdog(found, devices.watchdog, spec.architecture)
    if devices.panic_devices:
        _panic_devices(found, devices.panic_devices, spec.architecture)


def host_device_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """GPUs and host devices come by their resource's name or from a claim, each claim's request once."""
    devices = spec.domain.devices
    if devices.host_devices and not settings.gate("HostDevices"):
        _shut(found, f"{_DEVICES}.hostDevices", "HostDevices")
    claims = _claims(found, spec.resource_claims) if spec.resource_claims else {}
    taken: dict[tuple[str, str], str] = {}
    if devices.gpus:
        _passed_through(found, "gpus", devices.gpus, settings.gate("GPUsWithDRA"), claims, taken)
    if devices.host_devices:
        _passed_through(found, "hostDevices", devices.host_devices, settings.gate("HostDevicesWithDRA"), claims, taken)
    for index, network in enumerate(spec.networks):
        claim = network.resource_claim
        if claim is not None and claim.claim_name and claim.request_name:
            _taken(found, f"spec.networks[{index}]", claim.claim_name, claim.request_name, taken)
    if len(devices.gpus) > 1:
        _boot_displays(found, devices.gpus)
    if (devices.gpus or devices.host_devices) and (settings.grace_gpus or settings.ambiguous_gpus):
        grace_rules(found, spec, settings)


def _boot_displays(found: Findings, gpus: Sequence[GPU]) -> None:
    with_boot_display = [
        index
        for index, gpu in enumerate(gpus)
        if gpu.virtual_gpu_options is not None
        and (display := gpu.virtual_gpu_options.display) is not None
        and display.enabled is not False
        and (display.ram_fb is None or display.ram_fb.enabled is not False)
    ]
    if len(with_boot_display) > 1:
        found.invalid(
            f"{_DEVICES}.gpus",
            f"{len(with_boot_display)} GPUs have a display with ramFB, and a guest has one: set ramFB.enabled to false "
            "on the others.",
        )


def filesystem_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """A shared folder has a volume, and where that is storage, the gate for it is open."""
    if not spec.domain.devices.filesystems:
        return
    volumes = {volume.name: volume for volume in spec.volumes}
    seen: set[str] = {disk.name for disk in spec.domain.devices.disks}
    for index, filesystem in enumerate(spec.domain.devices.filesystems):
        field = f"{_DEVICES}.filesystems[{index}]"
        if filesystem.name in seen:
            found.duplicate(
                f"{field}.name", f"{shown(filesystem.name)} is another disk's or filesystem's name already."
            )
        seen.add(filesystem.name)
        if fault := label_fault(filesystem.name):
            found.invalid(f"{field}.name", f"{shown(filesystem.name)} {fault}.")
        volume = volumes.get(filesystem.name)
        if volume is None:
            found.invalid(f"{field}.name", f"no volume is called {shown(filesystem.name)}: add it to spec.volumes.")
            continue
        stored = volume.persistent_volume_claim is not None or volume.data_volume is not None
        if stored and not settings.gate(_STORAGE_GATE):
            _shut(found, f"{field}.virtiofs", _STORAGE_GATE)


def io_thread_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """A policy that exists, and a pool of at least one thread where the policy has a pool."""
    policy, threads = spec.domain.io_threads_policy, spec.domain.io_threads
    count = threads.supplemental_pool_thread_count if threads else None
    field = "spec.domain.ioThreads.supplementalPoolThreadCount"
    if policy is not None and policy not in _IO_THREAD_POLICIES:
        found.invalid(
            "spec.domain.ioThreadsPolicy", f"{shown(policy)} is no policy; it is {listed(_IO_THREAD_POLICIES)}."
        )
    if policy == _POOL and not count:
        found.invalid(field, f"the policy {_POOL} takes a pool of at least 1 thread, here are {count or 0}.")
    elif policy != _POOL and count:
        found.invalid(field, f"only the policy {_POOL} has a pool: set spec.domain.ioThreadsPolicy to it.")
    elif count and count > _MOST_IO_THREADS:
        found.invalid(field, f"{count} IO threads are more than {_MOST_IO_THREADS}, the most that a guest may have.")


def _claims(found: Findings, claims: Sequence[VirtualMachineInstanceResourceClaim]) -> dict[str, int]:
    """Judges the claims; the place of each in the list, by its name."""
    seen: dict[str, int] = {}
    for index, claim in enumerate(claims):
        field = f"spec.resourceClaims[{index}]"
        if claim.name in seen:
            found.duplicate(f"{field}.name", f"{shown(claim.name)} is the name of resourceClaims[{seen[claim.name]}].")
        seen.setdefault(claim.name, index)
        if fault := label_fault(claim.name):
            found.invalid(f"{field}.name", f"{shown(claim.name)} {fault}.")
        sources = {
            "resourceClaimName": claim.resource_claim_name,
            "resourceClaimTemplateName": claim.resource_claim_template_name,
        }
        if sum(bool(source) for source in sources.values()) != 1:
            found.invalid(field, f"a claim is one that exists or is made from a template: set {listed(sources)}.")
        for name, source in sources.items():
            if source and (fault := subdomain_fault(source)):
                found.invalid(f"{field}.{name}", f"{shown(source)} {fault}.")
    return seen


def _shut(found: Findings, field: str, gate: str) -> None:
    found.invalid(field, f"it takes the feature gate {gate}, which is shut; open it in the KubeVirt configuration.")


def _device_name(found: Findings, field: str, name: str) -> None:
    """A device's name, which becomes its alias in libvirt: letters, digits, ``-`` and ``_``."""
    if not name:
        found.required(f"{field}.name", "give it a name.")
    elif fault := interface_name_fault(name):
        found.invalid(f"{field}.name", f"{shown(name)} {fault}.")


def _inputs(found: Findings, inputs: Sequence[Input]) -> None:
    seen: dict[str, int] = {}
    for index, device in enumerate(inputs):
        field = f"{_DEVICES}.inputs[{index}]"
        _device_name(found, field, device.name)
        if seen.setdefault(device.name, index) != index:
            found.duplicate(
                f"{field}.name", f"{shown(device.name)} is the name of {_DEVICES}.inputs[{seen[device.name]}] already."
            )
        if device.bus and device.bus not in _INPUT_BUSES:
            found.invalid(f"{field}.bus", f"{shown(device.bus)} is no bus of inputs; it is {listed(_INPUT_BUSES)}.")
        if device.type != "tablet":
            found.invalid(f"{field}.type", f"{shown(device.type)} is no input that can be added; it is tablet.")


def _sound(found: Findings, sound: SoundDevice, arch: str | None) -> None:
    field = f"{_DEVICES}.sound"
    _device_name(found, field, sound.name)
    if arch == "arm64":
        found.not_supported(field, "arm64 guests have no sound card.")
    elif sound.model and sound.model not in _SOUND_MODELS:
        found.invalid(f"{field}.model", f"{shown(sound.model)} is no sound card; it is {listed(_SOUND_MODELS)}.")


def _video(found: Findings, devices: Devices, video: VideoDevice, arch: str | None) -> None:
    field = f"{_DEVICES}.video"
    if devices.autoattach_graphics_device is False:
        found.invalid(field, "there is no display (autoattachGraphicsDevice is false): drop one of the two.")
    models = _VIDEO_MODELS.get(arch or "", ())
    if models and video.type not in models:
        found.not_supported(
            f"{field}.type",
            f"{shown(video.type or '')} is no graphics card of {arch}: use {listed(models)}.",
        )


def _watchdog(found: Findings, watchdog: Watchdog, architecture: str | None) -> None:
    field = f"{_DEVICES}.watchdog"
    _device_name(found, field, watchdog.name)
    if architecture == "arm64":
        found.not_supported(field, "arm64 guests have no watchdog.")
        return
    arch = "s390x" if architecture == "s390x" else "amd64"
    own, other = ("diag288", "i6300esb") if arch == "s390x" else ("i6300esb", "diag288")
    if getattr(watchdog, other) is not None or getattr(watchdog, own) is None:
        found.not_supported(field, f"the watchdog of {arch} is {own}: set that and no other.")
        return
    action = getattr(watchdog, own).action
    if action and action not in _WATCHDOG_ACTIONS:
        found.not_supported(
            f"{field}.{own}.action", f"{shown(action)} is nothing a watchdog does; it is {listed(_WATCHDOG_ACTIONS)}."
        )


def _panic_devices(found: Findings, panics: Sequence[PanicDevice], arch: str | None) -> None:
    field = f"{_DEVICES}.panicDevices"
    if arch == "s390x":
        found.invalid(field, "s390x guests have one built in: leave the list out.")
    seen: dict[str, int] = {}
    for index, panic in enumerate(panics):
        model = panic.model or _USUAL_PANIC_MODEL
        if panic.model is not None and panic.model not in _PANIC_MODELS:
            found.invalid(
                f"{field}[{index}].model", f"{shown(panic.model)} is no panic device; it is {listed(_PANIC_MODELS)}."
            )
        elif model in seen:
            found.duplicate(
                f"{field}[{index}].model",
                f"{field}[{seen[model]}] is a panic device of the model {model} already, and a guest has one of each.",
            )
        else:
            seen[model] = index


def _passed_through(
    found: Findings,
    name: str,
    devices: Sequence[GPU | HostDevice],
    gate: bool,
    claims: Collection[str],
    taken: dict[tuple[str, str], str],
) -> None:
    field = f"{_DEVICES}.{name}"
    claimed = [device for device in devices if not device.device_name and (device.claim_name or device.request_name)]
    if claimed and not gate:
        found.invalid(field, "a device from a resource claim takes a feature gate that is shut; name a deviceName.")
    if name == "gpus" and claimed and len(claimed) < len(devices):
        found.invalid(field, "some GPUs come from resource claims and some by deviceName: use one way for all.")
    names: set[str] = set()
    for index, device in enumerate(devices):
        inside = f"{field}[{index}]"
        _device_name(found, inside, device.name)
        if device.name in names:
            found.duplicate(f"{inside}.name", f"{shown(device.name)} is another one's name already.")
        names.add(device.name)
        if device.tag and (len(device.tag) > _MAX_TAG_CHARACTERS or not device.tag.isprintable()):
            found.invalid(
                f"{inside}.tag", f"{shown(device.tag)} must be at most {_MAX_TAG_CHARACTERS} printable characters."
            )
        if device.device_name:
            if device.claim_name or device.request_name:
                found.invalid(inside, "deviceName and claimName exclude each other: keep one.")
            if fault := qualified_name_fault(device.device_name):
                found.invalid(f"{inside}.deviceName", f"{shown(device.device_name)} {fault}.")
        elif device in claimed:
            _claim(found, inside, device, claims, taken)
        else:
            found.required(f"{inside}.deviceName", "name the device's resource, or a claimName and its requestName.")


def _claim(
    found: Findings, field: str, device: GPU | HostDevice, claims: Collection[str], taken: dict[tuple[str, str], str]
) -> None:
    if not device.claim_name:
        found.required(f"{field}.claimName", "name one of spec.resourceClaims.")
    elif device.claim_name not in claims:
        # Where it is missing is where KubeVirt's clients know this fault.
        found.invalid(
            "spec.resourceClaims", f"no claim is called {shown(device.claim_name)}, which {field} takes: add it."
        )
    if not device.request_name:
        found.required(f"{field}.requestName", "name the request within the claim.")
    elif fault := label_fault(device.request_name):
        found.invalid(f"{field}.requestName", f"{shown(device.request_name)} {fault}.")
    if device.claim_name and device.request_name:
        _taken(found, field, device.claim_name, device.request_name, taken)


def _taken(found: Findings, field: str, claim: str, request: str, taken: dict[tuple[str, str], str]) -> None:
    holder = taken.setdefault((claim, request), field)
    if holder != field:
        found.duplicate(field, f"request {shown(request)} of claim {shown(claim)} belongs to {holder} already.")
