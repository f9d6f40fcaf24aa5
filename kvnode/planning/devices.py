"""All other devices: controllers, consoles, channels, what there is to see and to type on, balloon, rng, watchdog.

Some are there unless the manifest says no (serial console, graphics, balloon); a guest agent's channel always is, so
that an agent that is installed later finds it. Sockets lie in the Pod's ``/var/run/kubevirt``, where the node half
reaches them.
"""

from __future__ import annotations

from kvnode.api.devices import Devices
from kvnode.api.devices import Watchdog as WatchdogSpec
from kvnode.api.instance import VirtualMachineInstance
from kvnode.planning.device_plans import (
    Balloon,
    Channel,
    Controller,
    DevicesPlan,
    DiskDevice,
    Filesystem,
    Graphics,
    HostDevice,
    Input,
    InterfaceDevice,
    Panic,
    Rng,
    SerialDevice,
    Sound,
    Tpm,
    Video,
    Vsock,
    Watchdog,
)
from kvnode.planning.disks import virtio_model, volume_indexes
from kvnode.planning.domain_plan import MemoryPlan
from kvnode.planning.firmware import has_efi
from kvnode.planning.intermediate import Architecture, PlanSettings
from kvnode.planning.pci import (
    BALLOON,
    FILESYSTEMS,
    INPUTS,
    PANIC,
    PCI_SCREENS,
    RNG,
    SCREEN,
    SCSI,
    SERIAL,
    SOUND,
    USB,
    VSOCK,
    WATCHDOG,
    Places,
    behind_ports,
)
from kvnode.planning.refusal import invalid, one_of

SOCKETS = "/var/run/kubevirt"
SERIAL_SOCKET = f"{SOCKETS}/serial0.sock"
VNC_SOCKET = f"{SOCKETS}/vnc.sock"
AGENT_SOCKET = f"{SOCKETS}/guest-agent.sock"
METRICS_SOCKET = f"{SOCKETS}/downward-metrics.sock"
AGENT_CHANNEL = "org.qemu.guest_agent.0"
FILESYSTEM_SOCKETS = f"{SOCKETS}/virtiofs"
REDIRECTION_SOCKETS = f"{SOCKETS}/usbredir"
METRICS_CHANNEL = "org.github.vhostmd.1"

# What no manifest changes anything about.
_NO_USB = Controller("usb", 0, "none")
_NO_BALLOON = Balloon("none")
_LOGGED, _UNLOGGED = (SerialDevice(0, SERIAL_SOCKET, True),), (SerialDevice(0, SERIAL_SOCKET, False),)
_AGENT = (Channel(AGENT_CHANNEL, AGENT_SOCKET),)
_AGENT_AND_METRICS = (*_AGENT, Channel(METRICS_CHANNEL, METRICS_SOCKET))
_VNC = Graphics(VNC_SOCKET)

_BALLOON_PERIOD_S = 10
_RNG_SOURCE = "/dev/urandom"
_ACTIONS = ("poweroff", "reset", "shutdown")
_SOUNDS = ("ich9", "ac97")
_VIDEOS = ("vga", "cirrus", "virtio", "ramfb", "bochs", "none")
_PANICS = ("hyperv", "isa", "pvpanic")
# As many as `virtctl usbredir` counts on.
_REDIRECTED = tuple([f"{REDIRECTION_SOCKETS}{number}.sock" for number in range(4)])
_FIRST_CID = 3  # 0 to 2 are the hypervisor's, the loopback's and the host's (vsock(7))


def devices_plan(
    vmi: VirtualMachineInstance,
    arch: Architecture,
    settings: PlanSettings,
    memory: MemoryPlan,
    disks: tuple[DiskDevice, ...],
    interfaces: tuple[InterfaceDevice, ...],
    from_host: tuple[HostDevice, ...],
    places: Places,
) -> DevicesPlan:
    """All devices, with those that were planned before: disks and cards have their places already."""
    devices, virtio = vmi.spec.domain.devices, virtio_model(vmi, arch)
    want_ports = _want_ports(from_host) if from_host else 0
    ports = places.ports(memory.bytes, not devices.disable_hotplug, want_ports)
    typed_on = inputs(devices, arch, places)
    return DevicesPlan(
        controllers(devices, arch, virtio, disks, typed_on, from_host, places) + ports,
        disks,
        interfaces,
        behind_ports(from_host, places) if want_ports else from_host,
        filesystems(vmi, places) if devices.filesystems else (),
        serials(devices, settings),
        channels(devices),
        redirections(devices),
        typed_on,
        graphics(devices),
        video(vmi, arch, places),
        Rng(virtio, _RNG_SOURCE, False, places.function(RNG)) if devices.rng is not None else None,
        balloon(vmi, arch, memory, settings, places),
        (watchdog(devices.watchdog, places),) if devices.watchdog is not None else (),
        sounds(devices, places),
        tpm(devices),
        vsock(vmi, virtio, places) if devices.autoattach_vsock else None,
        panics(devices, places) if devices.panic_devices else (),
    )


def _want_ports(devices: tuple[HostDevice, ...]) -> int:
    """How many devices of the host are to have a port of their own."""
    count = 0
    for device in devices:
        if device.kind != "usb" and device.address is None:
            count += 1
    return count


def controllers(
    devices: Devices,
    arch: Architecture,
    virtio: str,
    disks: tuple[DiskDevice, ...],
    inputs: tuple[Input, ...],
    host_devices: tuple[HostDevice, ...],
    places: Places,
) -> tuple[Controller, ...]:
    """USB only where something is on it; SCSI where something is, or may be plugged; virtio-serial has the channels."""
    usb, scsi = arch.usb or devices.client_passthrough is not None, not devices.disable_hotplug
    for disk in disks:
        if disk.unit is not None:
            scsi = True
        elif disk.model is None and disk.bus == "usb":
            usb = True
    for device in inputs:
        usb = usb or device.bus == "usb"
    for passed in host_devices:
        usb = usb or passed.kind == "usb"
    first = Controller("usb", 0, "qemu-xhci", False, places.function(USB)) if usb else _NO_USB
    if not scsi:
        return first, Controller("virtio-serial", 0, virtio, False, places.function(SERIAL))
    model = arch.scsi_old if devices.use_virtio_transitional else arch.scsi
    return (
        first,
        Controller("scsi", 0, model, False, places.function(SCSI)),
        Controller("virtio-serial", 0, virtio, False, places.function(SERIAL)),
    )


def has_serial_console(vmi: VirtualMachineInstance) -> bool:
    """Whether the guest has a serial port; it does unless the manifest says no."""
    return vmi.spec.domain.devices.autoattach_serial_console is not False


def serials(devices: Devices, settings: PlanSettings) -> tuple[SerialDevice, ...]:
    """The serial port, and whether what is written on it is kept."""
    if devices.autoattach_serial_console is False:
        return ()
    asked = devices.log_serial_console
    logged = settings.serial_log if asked is None else asked
    return _LOGGED if logged else _UNLOGGED


def channels(devices: Devices) -> tuple[Channel, ...]:
    """The guest agent's channel, and the metrics of the host where they are asked for."""
    return _AGENT if devices.downward_metrics is None else _AGENT_AND_METRICS


def redirections(devices: Devices) -> tuple[str, ...]:
    """USB ports that a viewer's devices can be plugged into."""
    return _REDIRECTED if devices.client_passthrough is not None else ()


def filesystems(vmi: VirtualMachineInstance, places: Places) -> tuple[Filesystem, ...]:
    """Folders that the guest mounts by the name they have in the manifest; their sockets are counted by volume."""
    volumes = volume_indexes(vmi.spec.volumes)
    made: list[Filesystem] = []
    for position, asked in enumerate(vmi.spec.domain.devices.filesystems):
        if asked.name not in volumes:
            field = f"spec.domain.devices.filesystems[{position}].name"
            raise invalid(field, f"no volume is called {asked.name[:60]!r}")
        socket = f"{FILESYSTEM_SOCKETS}/{volumes[asked.name]}.sock"
        made.append(Filesystem(asked.name, socket, places.next_function(FILESYSTEMS)))
    return tuple(made)


def has_graphics(devices: Devices) -> bool:
    """Whether the guest has a screen; it does unless the manifest says no."""
    return devices.autoattach_graphics_device is not False


def graphics(devices: Devices) -> Graphics | None:
    """VNC on a socket of the Pod."""
    return _VNC if has_graphics(devices) else None


def video(vmi: VirtualMachineInstance, arch: Architecture, places: Places) -> Video | None:
    """The display adapter: the manifest's, or the one that the firmware drives."""
    devices = vmi.spec.domain.devices
    if not has_graphics(devices):
        return None
    asked, kind = devices.video, None
    if asked is not None:
        kind = one_of("spec.domain.devices.video.type", asked.type, _VIDEOS)
    if kind is None:
        kind = arch.efi_video if has_efi(vmi) else arch.video
        vram = arch.video_vram_kib if kind == "vga" else None
    else:
        vram = arch.video_vram_kib if kind in ("vga", "cirrus") else None
    return Video(kind, 1, vram, places.function(SCREEN) if kind in PCI_SCREENS else None)


def inputs(devices: Devices, arch: Architecture, places: Places) -> tuple[Input, ...]:
    """The manifest's tablets; and where the machine has no keyboard of its own, one that goes with the screen."""
    made = _tablets(devices, places) if devices.inputs else []
    if has_graphics(devices):
        if arch.keyboard is not None:
            made.append(Input("keyboard", arch.keyboard))
        if arch.tablet is not None:
            made.append(Input("tablet", arch.tablet))
    return tuple(made)


def _tablets(devices: Devices, places: Places) -> list[Input]:
    made: list[Input] = []
    for position, asked in enumerate(devices.inputs):
        at = f"spec.domain.devices.inputs[{position}]"
        bus = one_of(f"{at}.bus", asked.bus, ("usb", "virtio")) or "usb"
        if asked.type != "tablet":
            raise invalid(f"{at}.type", f"{asked.type[:60]!r} is not a tablet, which is what a guest can have more of")
        virtio = bus == "virtio"
        place = places.next_function(INPUTS) if virtio else None
        made.append(Input("tablet", bus, "virtio" if virtio else None, f"ua-{asked.name}", address=place))
    return made


def balloon(
    vmi: VirtualMachineInstance, arch: Architecture, memory: MemoryPlan, settings: PlanSettings, places: Places
) -> Balloon:
    """The balloon: it reports the guest's memory, and gives back free pages where those are worth something.

    Huge pages belong to the guest for good, so there is nothing to report; and a guest with CPUs of its own isn't to
    spend their time on it.
    """
    devices, cpu = vmi.spec.domain.devices, vmi.spec.domain.cpu
    if devices.autoattach_mem_balloon is False:
        return _NO_BALLOON
    reporting = settings.free_page_reporting and memory.hugepage_bytes is None
    if cpu is not None and cpu.dedicated_cpu_placement:
        reporting = False
    model = arch.virtio_old if devices.use_virtio_transitional else arch.balloon
    return Balloon(model, _BALLOON_PERIOD_S, reporting, False, places.function(BALLOON))


def watchdog(asked: WatchdogSpec, places: Places) -> Watchdog:
    """The watchdog, which resets the guest unless told otherwise."""
    at = "spec.domain.devices.watchdog"
    if asked.diag288 is not None:
        model, action = "diag288", asked.diag288.action
    elif asked.i6300esb is not None:
        model, action = "i6300esb", asked.i6300esb.action
    else:
        raise invalid(at, "a watchdog without a device: i6300esb, or diag288 on s390x")
    action = one_of(f"{at}.{model}.action", action, _ACTIONS) or "reset"
    return Watchdog(model, action, f"ua-{asked.name}", places.function(WATCHDOG))


def sounds(devices: Devices, places: Places) -> tuple[Sound, ...]:
    """The sound card."""
    asked = devices.sound
    if asked is None:
        return ()
    model = one_of("spec.domain.devices.sound.model", asked.model, _SOUNDS) or "ich9"
    return (Sound(model, f"ua-{asked.name}", places.function(SOUND)),)


def tpm(devices: Devices) -> Tpm | None:
    """An emulated TPM; one that is kept has the newer interface, as on KubeVirt."""
    asked = devices.tpm
    if asked is None or asked.enabled is False:
        return None
    return Tpm("tpm-crb" if asked.persistent else "tpm-tis", bool(asked.persistent))


def vsock(vmi: VirtualMachineInstance, virtio: str, places: Places) -> Vsock:
    """A vsock with the context id that the controller wrote into the status."""
    cid = vmi.status.vsock_cid
    if cid is None or cid < _FIRST_CID:
        raise invalid(
            "status.VSOCKCID", f"a guest with a vsock has a context id of at least {_FIRST_CID}; it has {cid}"
        )
    return Vsock(virtio, cid, address=places.function(VSOCK))


def panics(devices: Devices, places: Places) -> tuple[Panic, ...]:
    """Devices that tell of a guest kernel's panic: one of a model, as libvirt has it."""
    made: dict[str, Panic] = {}
    for position, asked in enumerate(devices.panic_devices):
        field = f"spec.domain.devices.panicDevices[{position}].model"
        model = one_of(field, asked.model, _PANICS) or "isa"
        if model in made:
            raise invalid(field, f"a guest has one panic device of the model {model}: leave this one out")
        made[model] = Panic(model, places.function(PANIC) if model == "pvpanic" else None)
    return tuple(made.values())
