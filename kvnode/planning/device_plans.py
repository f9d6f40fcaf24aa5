"""The devices of a guest, one struct for each of libvirt's elements below ``<devices>``.

As in ``domain_plan``: decisions only, in libvirt's words, and None where libvirt's default holds. A device that a
manifest names carries that name in ``alias`` (``ua-<name>``), which is how the live domain is read back. ``iommu`` says
that a virtio device reaches only the memory that the guest shows it, ``address`` where a device lies on the guest's
PCI (``pci``); None leaves that to libvirt.
"""

from __future__ import annotations

import msgspec


class PciAddress(msgspec.Struct, frozen=True, gc=False):
    """A place on the guest's or the host's PCI."""

    domain: int
    bus: int
    slot: int
    function: int


class BlockIo(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The sector sizes that a disk shows, and how it discards."""

    logical_bytes: int
    physical_bytes: int
    discard_granularity_bytes: int | None = None


class Backing(msgspec.Struct, frozen=True, gc=False):
    """What is below an overlay: read-only, ``file`` or ``block``, and there is nothing below it in turn."""

    source: str
    path: str
    format: str


class DiskDevice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A disk, LUN or CD-ROM drive.

    volume          -- the manifest's name of it
    index           -- of its volume in ``spec.volumes``; None for an empty drive
    device          -- disk, lun or cdrom
    source          -- ``file`` or ``block``; None is an empty drive
    capacity_bytes  -- what the guest sees of it; None where only the node will know
    backing         -- where ``path`` is an overlay
    target          -- the name that libvirt counts it by (``vda``); a guest may call it otherwise
    model           -- the flavour of virtio; None for other buses
    unit            -- on the first SCSI controller
    iothreads       -- numbers of the threads that serve it, from 1
    reservation     -- socket of the helper that SCSI persistent reservations go through
    """

    volume: str
    device: str
    target: str
    bus: str
    alias: str
    index: int | None = None
    source: str | None = None
    path: str | None = None
    format: str = "raw"
    capacity_bytes: int | None = None
    backing: Backing | None = None
    model: str | None = None
    serial: str | None = None
    cache: str | None = None
    io: str | None = None
    error_policy: str | None = None
    discard: str | None = None
    queues: int | None = None
    iothreads: tuple[int, ...] = ()
    boot_order: int | None = None
    readonly: bool = False
    shareable: bool = False
    tray_open: bool = False
    reservation: str | None = None
    unit: int | None = None
    address: PciAddress | None = None
    blockio: BlockIo | None = None
    iommu: bool = False


class InterfaceDevice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A NIC on a tap that was made for it.

    network     -- the manifest's name of the network
    tap         -- the link in the Pod; the launcher's user owns it
    mac         -- None leaves it to libvirt, where nothing about the Pod's link is known
    queues      -- pairs of queues; None is one
    link_down   -- the cable is pulled
    rom         -- the firmware is given the card's program to boot from the network
    """

    network: str
    alias: str
    model: str
    tap: str
    mac: str | None = None
    mtu: int | None = None
    queues: int | None = None
    boot_order: int | None = None
    acpi_index: int | None = None
    link_down: bool = False
    rom: bool = False
    address: PciAddress | None = None
    iommu: bool = False


class HostDevice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A device of the host: ``pci`` by the address on the host, ``mdev`` by its uuid, ``usb`` by bus and device.

    display, ramfb  -- a mediated GPU draws the screen, and has a frame buffer before its driver is loaded
    """

    kind: str
    alias: str
    source: PciAddress | None = None
    uuid: str | None = None
    usb_bus: int | None = None
    usb_device: int | None = None
    boot_order: int | None = None
    display: bool = False
    ramfb: bool = False
    address: PciAddress | None = None


class Filesystem(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A folder that the guest mounts by ``tag``; whoever serves it (virtiofsd) listens on ``socket``."""

    tag: str
    socket: str
    address: PciAddress | None = None


class Controller(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A controller by libvirt's type, index and model."""

    type: str
    index: int
    model: str
    iommu: bool = False
    address: PciAddress | None = None


class SerialDevice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A serial port that is a unix socket in the Pod; ``logged`` where the launcher keeps what the guest writes.

    The log is the launcher's and never QEMU's own, which has no bound.
    """

    port: int
    path: str
    logged: bool = True


class Channel(msgspec.Struct, frozen=True, gc=False):
    """A virtio-serial channel by the name that the guest looks for, and its socket in the Pod."""

    name: str
    path: str


class Input(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A tablet or keyboard."""

    type: str
    bus: str
    model: str | None = None
    alias: str | None = None
    iommu: bool = False
    address: PciAddress | None = None


class Graphics(msgspec.Struct, frozen=True, gc=False):
    """A VNC server on a unix socket."""

    socket: str


class Video(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A display adapter; ``vram_kib`` None is the model's own."""

    type: str
    heads: int
    vram_kib: int | None = None
    address: PciAddress | None = None


class Rng(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Randomness of the host for the guest."""

    model: str
    source: str
    iommu: bool = False
    address: PciAddress | None = None


class Balloon(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The memory balloon; model ``none`` says that there is to be none.

    stats_period_s       -- how often the guest reports its memory
    free_page_reporting  -- the guest gives back pages that it doesn't use
    """

    model: str
    stats_period_s: int | None = None
    free_page_reporting: bool | None = None
    iommu: bool = False
    address: PciAddress | None = None


class Watchdog(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A watchdog and what happens when it barks."""

    model: str
    action: str
    alias: str
    address: PciAddress | None = None


class Sound(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A sound card."""

    model: str
    alias: str
    address: PciAddress | None = None


class Tpm(msgspec.Struct, frozen=True, gc=False):
    """An emulated TPM 2.0; ``persistent`` keeps its state between starts."""

    model: str
    persistent: bool


class Vsock(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A vsock with the context id given to the guest."""

    model: str
    cid: int
    iommu: bool = False
    address: PciAddress | None = None


class Panic(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A device that tells when the guest's kernel panics."""

    model: str
    address: PciAddress | None = None


class DevicesPlan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """All devices of a guest, each kind in the order in which the guest is to find them.

    redirections  -- sockets of USB ports, each for a device of whoever looks at the guest
    """

    controllers: tuple[Controller, ...] = ()
    disks: tuple[DiskDevice, ...] = ()
    interfaces: tuple[InterfaceDevice, ...] = ()
    host_devices: tuple[HostDevice, ...] = ()
    filesystems: tuple[Filesystem, ...] = ()
    serials: tuple[SerialDevice, ...] = ()
    channels: tuple[Channel, ...] = ()
    redirections: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()
    graphics: Graphics | None = None
    video: Video | None = None
    rng: Rng | None = None
    balloon: Balloon | None = None
    watchdogs: tuple[Watchdog, ...] = ()
    sounds: tuple[Sound, ...] = ()
    tpm: Tpm | None = None
    vsock: Vsock | None = None
    panics: tuple[Panic, ...] = ()
