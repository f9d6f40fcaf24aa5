# cython: language_level=3, boundscheck=False, wraparound=False, nonecheck=True
"""A domain's devices as libvirt's XML: one function for each element, in the order of libvirt's own output.

As in ``domain_xml``, which asks for them, nothing is decided here, and None leaves an element or an attribute out.
"""

from kvnode._fast.layout_planning_device_plans cimport (
    Backing,
    Balloon,
    BlockIo,
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
    PciAddress,
    Rng,
    SerialDevice,
    Sound,
    Tpm,
    Video,
    Vsock,
    Watchdog,
)
from kvnode._fast.xml_buffer cimport Buffer, attr, attr_number, element, lit

# Before anything is read: an ImportError where a Struct isn't what this was compiled for.
__import__("kvnode._fast.layouts")


cdef int devices(Buffer *b, DevicesPlan plan) except -1:
    lit(b, "<devices>")
    for one in plan.disks:
        disk(b, one)
    for one in plan.controllers:
        controller(b, one)
    for one in plan.filesystems:
        filesystem(b, one)
    for one in plan.interfaces:
        interface(b, one)
    for one in plan.serials:
        serial(b, one)
    for one in plan.channels:
        channel(b, one)
    for one in plan.redirections:
        attr(b, '<redirdev bus="usb" type="unix"><source mode="bind" path="', one)
        lit(b, "/></redirdev>")
    if plan.tpm is not None:
        tpm(b, plan.tpm)
    for one in plan.inputs:
        input_device(b, one)
    if plan.graphics is not None:
        graphics(b, plan.graphics)
    for one in plan.sounds:
        sound(b, one)
    if plan.video is not None:
        video(b, plan.video)
    for one in plan.host_devices:
        hostdev(b, one)
    for one in plan.watchdogs:
        watchdog(b, one)
    if plan.balloon is not None:
        memballoon(b, plan.balloon)
    if plan.rng is not None:
        rng(b, plan.rng)
    for one in plan.panics:
        panic(b, one)
    if plan.vsock is not None:
        vsock(b, plan.vsock)
    return lit(b, "</devices>")


cdef int graphics(Buffer *b, Graphics plan) except -1:
    attr(b, '<graphics type="vnc"><listen type="socket" socket="', plan.socket)
    return lit(b, "/></graphics>")


cdef int vsock(Buffer *b, Vsock plan) except -1:
    attr(b, '<vsock model="', plan.model)
    attr_number(b, '><cid auto="no" address="', plan.cid)
    lit(b, "/>")
    driver_iommu(b, plan.iommu)
    pci_address(b, plan.address)
    return lit(b, "</vsock>")


cdef int driver_iommu(Buffer *b, object on) except -1:
    return lit(b, '<driver iommu="on"/>') if on else 0


cdef int rng(Buffer *b, Rng plan) except -1:
    attr(b, '<rng model="', plan.model)
    element(b, '><backend model="random">', plan.source, "</backend>")
    driver_iommu(b, plan.iommu)
    pci_address(b, plan.address)
    return lit(b, "</rng>")


cdef int panic(Buffer *b, Panic plan) except -1:
    attr(b, '<panic model="', plan.model)
    if plan.address is None:
        return lit(b, "/>")
    lit(b, ">")
    pci_address(b, plan.address)
    return lit(b, "</panic>")


cdef int disk(Buffer *b, DiskDevice plan) except -1:
    source = plan.source
    attr(b, '<disk type="', "file" if source is None else source)
    attr(b, ' device="', plan.device)
    if plan.model is not None:
        attr(b, ' model="', plan.model)
    lit(b, ">")
    disk_driver(b, plan)
    if source is not None:
        disk_source(b, plan)
        backing_store(b, plan.backing)
    attr(b, '<target dev="', plan.target)
    attr(b, ' bus="', plan.bus)
    if plan.tray_open:
        lit(b, ' tray="open"')
    lit(b, "/>")
    if plan.blockio is not None:
        blockio(b, plan.blockio)
    if plan.readonly:
        lit(b, "<readonly/>")
    if plan.shareable:
        lit(b, "<shareable/>")
    boot(b, plan.boot_order)
    if plan.serial is not None:
        element(b, "<serial>", plan.serial, "</serial>")
    alias(b, plan.alias)
    if plan.unit is not None:
        attr_number(b, '<address type="drive" controller="0" bus="0" target="0" unit="', plan.unit)
        lit(b, "/>")
    pci_address(b, plan.address)
    return lit(b, "</disk>")


cdef int disk_driver(Buffer *b, DiskDevice plan) except -1:
    lit(b, '<driver name="qemu"')
    if plan.source is not None:
        attr(b, ' type="', plan.format)
    if plan.cache is not None:
        attr(b, ' cache="', plan.cache)
    if plan.error_policy is not None:
        attr(b, ' error_policy="', plan.error_policy)
    if plan.io is not None:
        attr(b, ' io="', plan.io)
    if plan.discard is not None:
        attr(b, ' discard="', plan.discard)
    if plan.queues is not None:
        attr_number(b, ' queues="', plan.queues)
    if plan.iommu:
        lit(b, ' iommu="on"')
    cdef tuple threads = plan.iothreads
    if len(threads) > 1:
        lit(b, "><iothreads>")
        for thread in threads:
            attr_number(b, '<iothread id="', thread)
            lit(b, "/>")
        return lit(b, "</iothreads></driver>")
    if threads:
        attr_number(b, ' iothread="', threads[0])
    return lit(b, "/>")


cdef int disk_source(Buffer *b, DiskDevice plan) except -1:
    attr(b, '<source dev="' if plan.source == "block" else '<source file="', plan.path)
    if plan.reservation is None:
        return lit(b, "/>")
    attr(b, '><reservations managed="no"><source type="unix" path="', plan.reservation)
    return lit(b, ' mode="client"/></reservations></source>')


cdef int backing_store(Buffer *b, Backing plan) except -1:
    """What is below an image is stated to its end, so that libvirt looks into no image's header."""
    if plan is None:
        return lit(b, "<backingStore/>")
    source = plan.source
    attr(b, '<backingStore type="', source)
    attr(b, '><format type="', plan.format)
    attr(b, '/><source dev="' if source == "block" else '/><source file="', plan.path)
    return lit(b, "/><backingStore/></backingStore>")


cdef int blockio(Buffer *b, BlockIo plan) except -1:
    attr_number(b, '<blockio logical_block_size="', plan.logical_bytes)
    attr_number(b, ' physical_block_size="', plan.physical_bytes)
    if plan.discard_granularity_bytes is not None:
        attr_number(b, ' discard_granularity="', plan.discard_granularity_bytes)
    return lit(b, "/>")


cdef int boot(Buffer *b, object order) except -1:
    if order is None:
        return 0
    attr_number(b, '<boot order="', order)
    return lit(b, "/>")


cdef int alias(Buffer *b, object name) except -1:
    if name is None:
        return 0
    attr(b, '<alias name="', name)
    return lit(b, "/>")


cdef int pci_address(Buffer *b, PciAddress plan) except -1:
    if plan is None:
        return 0
    lit(b, '<address type="pci"')
    pci_place(b, plan)
    return lit(b, "/>")


cdef int pci_place(Buffer *b, PciAddress plan) except -1:
    if plan.domain:
        attr_number(b, ' domain="', plan.domain)
    attr_number(b, ' bus="', plan.bus)
    attr_number(b, ' slot="', plan.slot)
    return attr_number(b, ' function="', plan.function)


cdef int controller(Buffer *b, Controller plan) except -1:
    attr(b, '<controller type="', plan.type)
    attr_number(b, ' index="', plan.index)
    attr(b, ' model="', plan.model)
    if not plan.iommu and plan.address is None:
        return lit(b, "/>")
    lit(b, ">")
    driver_iommu(b, plan.iommu)
    pci_address(b, plan.address)
    return lit(b, "</controller>")


cdef int interface(Buffer *b, InterfaceDevice plan) except -1:
    lit(b, '<interface type="ethernet">')
    if plan.mac is not None:
        attr(b, '<mac address="', plan.mac)
        lit(b, "/>")
    attr(b, '<target dev="', plan.tap)
    lit(b, ' managed="no"/>')
    attr(b, '<model type="', plan.model)
    lit(b, "/>")
    if plan.queues is not None or plan.iommu:
        lit(b, "<driver")
        if plan.queues is not None:
            attr_number(b, ' queues="', plan.queues)
        lit(b, ' iommu="on"/>' if plan.iommu else "/>")
    if plan.link_down:
        lit(b, '<link state="down"/>')
    if plan.mtu is not None:
        attr_number(b, '<mtu size="', plan.mtu)
        lit(b, "/>")
    boot(b, plan.boot_order)
    if not plan.rom:
        lit(b, '<rom enabled="no"/>')
    if plan.acpi_index is not None:
        attr_number(b, '<acpi index="', plan.acpi_index)
        lit(b, "/>")
    alias(b, plan.alias)
    pci_address(b, plan.address)
    return lit(b, "</interface>")


cdef int filesystem(Buffer *b, Filesystem plan) except -1:
    lit(b, '<filesystem type="mount" accessmode="passthrough"><driver type="virtiofs" queue="1024"/>')
    attr(b, '<source socket="', plan.socket)
    attr(b, '/><target dir="', plan.tag)
    lit(b, "/>")
    pci_address(b, plan.address)
    return lit(b, "</filesystem>")


cdef int hostdev(Buffer *b, HostDevice plan) except -1:
    kind = plan.kind
    attr(b, '<hostdev mode="subsystem" type="', kind)
    if kind == "mdev":
        lit(b, ' model="vfio-pci"')
        if plan.display:
            lit(b, ' display="on"')
        if plan.ramfb:
            lit(b, ' ramfb="on"')
        attr(b, '><source><address uuid="', plan.uuid)
    elif kind == "usb":
        attr_number(b, ' managed="no"><source><address bus="', plan.usb_bus)
        attr_number(b, ' device="', plan.usb_device)
    else:
        lit(b, ' managed="no"><source><address')
        pci_place(b, plan.source)
    lit(b, "/></source>")
    boot(b, plan.boot_order)
    alias(b, plan.alias)
    pci_address(b, plan.address)
    return lit(b, "</hostdev>")


cdef int serial(Buffer *b, SerialDevice plan) except -1:
    attr(b, '<serial type="unix"><source mode="bind" path="', plan.path)
    lit(b, "/>")
    attr_number(b, '<target port="', plan.port)
    return lit(b, "/></serial>")


cdef int channel(Buffer *b, Channel plan) except -1:
    attr(b, '<channel type="unix"><source mode="bind" path="', plan.path)
    attr(b, '/><target type="virtio" name="', plan.name)
    return lit(b, "/></channel>")


cdef int tpm(Buffer *b, Tpm plan) except -1:
    attr(b, '<tpm model="', plan.model)
    lit(b, '><backend type="emulator" version="2.0"')
    if plan.persistent:
        lit(b, ' persistent_state="yes"')
    return lit(b, "/></tpm>")


cdef int input_device(Buffer *b, Input plan) except -1:
    attr(b, '<input type="', plan.type)
    attr(b, ' bus="', plan.bus)
    if plan.model is not None:
        attr(b, ' model="', plan.model)
    if plan.alias is None and not plan.iommu and plan.address is None:
        return lit(b, "/>")
    lit(b, ">")
    driver_iommu(b, plan.iommu)
    alias(b, plan.alias)
    pci_address(b, plan.address)
    return lit(b, "</input>")


cdef int sound(Buffer *b, Sound plan) except -1:
    attr(b, '<sound model="', plan.model)
    lit(b, ">")
    alias(b, plan.alias)
    pci_address(b, plan.address)
    return lit(b, "</sound>")


cdef int video(Buffer *b, Video plan) except -1:
    attr(b, '<video><model type="', plan.type)
    if plan.vram_kib is not None:
        attr_number(b, ' vram="', plan.vram_kib)
    attr_number(b, ' heads="', plan.heads)
    lit(b, "/>")
    pci_address(b, plan.address)
    return lit(b, "</video>")


cdef int watchdog(Buffer *b, Watchdog plan) except -1:
    attr(b, '<watchdog model="', plan.model)
    attr(b, ' action="', plan.action)
    lit(b, ">")
    alias(b, plan.alias)
    pci_address(b, plan.address)
    return lit(b, "</watchdog>")


cdef int memballoon(Buffer *b, Balloon plan) except -1:
    attr(b, '<memballoon model="', plan.model)
    if plan.free_page_reporting is not None:
        lit(b, ' freePageReporting="on"' if plan.free_page_reporting else ' freePageReporting="off"')
    if plan.stats_period_s is None and not plan.iommu and plan.address is None:
        return lit(b, "/>")
    lit(b, ">")
    if plan.stats_period_s is not None:
        attr_number(b, '<stats period="', plan.stats_period_s)
        lit(b, "/>")
    driver_iommu(b, plan.iommu)
    pci_address(b, plan.address)
    return lit(b, "</memballoon>")
