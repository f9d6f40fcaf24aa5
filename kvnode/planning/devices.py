"""All other devices: controllers, consoles, channels, what there is to see and to type on, balloon, rng, watchdog.

Some are there unless the manifest says no (serial console, graphics, balloon); a guest agent's channel always is, so
that an agent that is installed later finds it. Sockets lie in the Pod's ``/var/run/kubevirt``, where the node half
reaches them.
"""

from __future__ import annotations

from kvnode.api.instance import VirtualMachineInstance
from kvnode.planning import pci
from kvnode.planning.device_plans import (
    Balloon,
    Channel,
    Controller,
    DiskDevice,
    Filesystem,
    Graphics,
    HostDevice,
    Input,
    Panic,
    Rng,
    SerialDevice,
    Sound,
    Tpm,
    Video,
    Vsock,
    Watchdog,
)
from kvnode.planning.disks import virtio_model
from kvnode.planning.domain_plan import MemoryPlan
from kvnode.planning.firmware import has_efi
from kvnode.planning.intermediate import Architecture, PlanSettings
from kvnode.planning.pci import Places
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
_REDIRECTIONS = 4  # as many as `virtctl usbredir` counts on
_FIRST_CID = 3  # 0 to 2 are the hypervisor's, the loopback's and the host's (vsock(7))


def controllers(
    vmi: VirtualMachineInstance,
    arch: Architecture,
    disks: tuple[DiskDevice, ...],
    inputs: tuple[Input, ...],
    host_devices: tuple[HostDevice, ...],
    places: Places,
) -> tuple[Controller, ...]:
    """USB only where something is on it; SCSI where something is, or may be plugged; virtio-serial has the channels."""
    devices = vmi.spec.domain.devices
    usb, scsi = arch.usb or devices.client_passthrough is not None, not devices.disable_hotplug
    for disk in disks:
        usb, scsi = usb or disk.bus == "usb", scsi or disk.bus == "scsi"
    for device in inputs:
        usb = usb or device.bus == "usb"
    for passed in host_devices:
        usb = usb or passed.kind == "usb"
    made = [Controller("usb", 0, "qemu-xhci", address=places.function(pci.USB)) if usb else _NO_USB]
    if scsi:
        model = arch.scsi_old if devices.use_virtio_transitional else arch.scsi
        made.append(Controller("scsi", 0, model, address=places.function(pci.SCSI)))
    made.append(Controller("virtio-serial", 0, virtio_model(vmi, arch), address=places.function(pci.SERIAL)))
    return tuple(made)


def has_serial_console(vmi: VirtualMachineInstance) -> bool:
    """Whether the guest has a serial port; it does unless the manifest says no."""
    return vmi.spec.domain.devices.autoattach_serial_console is not False


def serials(vmi: VirtualMachineInstance, settings: PlanSettings) -> tuple[SerialDevice, ...]:
    """The serial port, and whether what is written on it is kept."""
    if not has_serial_console(vmi):
        return ()
    asked = vmi.spec.domain.devices.log_serial_console
    logged = settings.serial_log if asked is None else asked
    return _LOGGED if logged else _UNLOGGED


def channels(vmi: VirtualMachineInstance) -> tuple[Channel, ...]:
    """The guest agent's channel, and the metrics of the host where they are asked for."""
    return _AGENT if vmi.spec.domain.devices.downward_metrics is None else _AGENT_AND_METRICS


def redirections(vmi: VirtualMachineInstance) -> tuple[str, ...]:
    """USB ports that a viewer's devices can be plugged into."""
    if vmi.spec.domain.devices.client_passthrough is None:
        return ()
    return tuple(f"{REDIRECTION_SOCKETS}{number}.sock" for number in range(_REDIRECTIONS))


def filesystems(vmi: VirtualMachineInstance, places: Places) -> tuple[Filesystem, ...]:
    """Folders that the guest mounts by the name they have in the manifest; their sockets are counted by volume."""
    wanted = vmi.spec.domain.devices.filesystems
    if not wanted:
        return ()
    volumes = {volume.name: index for index, volume in enumerate(vmi.spec.volumes)}
    made: list[Filesystem] = []
    for position, asked in enumerate(wanted):
        if asked.name not in volumes:
            field = f"spec.domain.devices.filesystems[{position}].name"
            raise invalid(field, f"no volume is called {asked.name[:60]!r}")
        socket = f"{FILESYSTEM_SOCKETS}/{volumes[asked.name]}.sock"
        made.append(Filesystem(asked.name, socket, places.function(pci.FILESYSTEMS)))
    return tuple(made)


def has_graphics(vmi: VirtualMachineInstance) -> bool:
    """Whether the guest has a screen; it does unless the manifest says no."""
    return vmi.spec.domain.devices.autoattach_graphics_device is not False


def graphics(vmi: VirtualMachineInstance) -> Graphics | None:
    """VNC on a socket of the Pod."""
    return _VNC if has_graphics(vmi) else None


def video(vmi: VirtualMachineInstance, arch: Architecture, places: Places) -> Video | None:
    """The display adapter: the manifest's, or the one that the firmware drives."""
    asked = vmi.spec.domain.devices.video
    if not has_graphics(vmi):
        return None
    kind = one_of("spec.domain.devices.video.type", asked.type if asked is not None else None, _VIDEOS)
    vram = arch.video_vram_kib if kind in ("vga", "cirrus") else None
    if kind is None:
        kind = arch.efi_video if has_efi(vmi) else arch.video
        vram = arch.video_vram_kib if kind == "vga" else None
    return Video(kind, 1, vram, places.function(pci.SCREEN) if kind in pci.PCI_SCREENS else None)


def inputs(vmi: VirtualMachineInstance, arch: Architecture, places: Places) -> tuple[Input, ...]:
    """The manifest's tablets; and where the machine has no keyboard of its own, one that goes with the screen."""
    made: list[Input] = []
    for position, asked in enumerate(vmi.spec.domain.devices.inputs):
        at = f"spec.domain.devices.inputs[{position}]"
        bus = one_of(f"{at}.bus", asked.bus, ("usb", "virtio")) or "usb"
        if asked.type != "tablet":
            raise invalid(f"{at}.type", f"{asked.type[:60]!r} is not a tablet, which is what a guest can have more of")
        virtio = bus == "virtio"
        place = places.function(pci.INPUTS) if virtio else None
        made.append(Input("tablet", bus, "virtio" if virtio else None, f"ua-{asked.name}", address=place))
    if has_graphics(vmi):
        if arch.keyboard is not None:
            made.append(Input("keyboard", arch.keyboard))
        if arch.tablet is not None:
            made.append(Input("tablet", arch.tablet))
    return tuple(made)


def rng(vmi: VirtualMachineInstance, arch: Architecture, places: Places) -> Rng | None:
    """Randomness, where the manifest asks for it."""
    if vmi.spec.domain.devices.rng is None:
        return None
    return Rng(virtio_model(vmi, arch), _RNG_SOURCE, address=places.function(pci.RNG))


def balloon(
    vmi: VirtualMachineInstance, arch: Architecture, memory: MemoryPlan, settings: PlanSettings, places: Places
) -> Balloon:
    """The balloon: it reports the guest's memory, and gives back free pages where those are worth something.

    Huge pages belong to the guest for good, so there is nothing to report; and a guest with CPUs of its own isn't to
    spend their time on it.
    """
    cpu = vmi.spec.domain.cpu
    dedicated = cpu is not None and bool(cpu.dedicated_cpu_placement)
    if vmi.spec.domain.devices.autoattach_mem_balloon is False:
        return Balloon("none")
    old = bool(vmi.spec.domain.devices.use_virtio_transitional)
    reporting = settings.free_page_reporting and memory.hugepage_bytes is None and not dedicated
    model = arch.virtio_old if old else arch.balloon
    return Balloon(model, _BALLOON_PERIOD_S, reporting, address=places.function(pci.BALLOON))


def watchdogs(vmi: VirtualMachineInstance, places: Places) -> tuple[Watchdog, ...]:
    """The watchdog, which resets the guest unless told otherwise."""
    asked = vmi.spec.domain.devices.watchdog
    if asked is None:
        return ()
    at = "spec.domain.devices.watchdog"
    if asked.diag288 is not None:
        model, action = "diag288", asked.diag288.action
    elif asked.i6300esb is not None:
        model, action = "i6300esb", asked.i6300esb.action
    else:
        raise invalid(at, "a watchdog without a device: i6300esb, or diag288 on s390x")
    action = one_of(f"{at}.{model}.action", action, _ACTIONS) or "reset"
    return (Watchdog(model, action, f"ua-{asked.name}", places.function(pci.WATCHDOG)),)


def sounds(vmi: VirtualMachineInstance, places: Places) -> tuple[Sound, ...]:
    """The sound card."""
    asked = vmi.spec.domain.devices.sound
    if asked is None:
        return ()
    model = one_of("spec.domain.devices.sound.model", asked.model, _SOUNDS) or "ich9"
    return (Sound(model, f"ua-{asked.name}", places.function(pci.SOUND)),)


def tpm(vmi: VirtualMachineInstance) -> Tpm | None:
    """An emulated TPM; one that is kept has the newer interface, as on KubeVirt."""
    asked = vmi.spec.domain.devices.tpm
    if asked is None or asked.enabled is False:
        return None
    return Tpm("tpm-crb" if asked.persistent else "tpm-tis", bool(asked.persistent))


def vsock(vmi: VirtualMachineInstance, arch: Architecture, places: Places) -> Vsock | None:
    """A vsock with the context id that the controller wrote into the status."""
    if not vmi.spec.domain.devices.autoattach_vsock:
        return None
    cid = vmi.status.vsock_cid
    if cid is None or cid < _FIRST_CID:
        raise invalid(
            "status.VSOCKCID", f"a guest with a vsock has a context id of at least {_FIRST_CID}; it has {cid}"
        )
    return Vsock(virtio_model(vmi, arch), cid, address=places.function(pci.VSOCK))


def panics(vmi: VirtualMachineInstance, places: Places) -> tuple[Panic, ...]:
    """Devices that tell of a guest kernel's panic: one of a model, as libvirt has it."""
    made: dict[str, Panic] = {}
    for position, asked in enumerate(vmi.spec.domain.devices.panic_devices):
        field = f"spec.domain.devices.panicDevices[{position}].model"
        model = one_of(field, asked.model, _PANICS) or "isa"
        if model in made:
            raise invalid(field, f"a guest has one panic device of the model {model}: leave this one out")
        made[model] = Panic(model, places.function(pci.PANIC) if model == "pvpanic" else None)
    return tuple(made.values())
