# cython: language_level=3, boundscheck=False, wraparound=False
"""DomainPlan -> libvirt's domain XML: one function for each element, called as libvirt calls it.

Nothing is decided here. A function writes what its part of the plan says; None leaves an element or an attribute out.
Elements stand in the order of libvirt's own output, so that a diff with ``virsh dumpxml`` reads well.

``boundscheck`` is off because no array is indexed by anything but a position that the loop above it bounds; tuples are
iterated.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize

from kvnode._fast.xml_buffer cimport (
    Buffer,
    attr,
    attr_number,
    buffer_free,
    buffer_init,
    element,
    lit,
    number,
    text,
)

cdef enum:
    STACK_BYTES = 8192  # a typical guest; one with dozens of disks spills to the heap
    MIB_SHIFT = 20


def render_domain(plan):
    """The domain XML of a DomainPlan as bytes of UTF-8."""
    cdef char stack[STACK_BYTES]
    cdef Buffer b
    buffer_init(&b, stack, STACK_BYTES)
    try:
        domain(&b, plan)
        return PyBytes_FromStringAndSize(b.data, b.size)
    finally:
        buffer_free(&b)


def escaped(value: str) -> bytes:
    """Text as it stands in the XML, for tests of the escaping alone."""
    cdef char stack[256]
    cdef Buffer b
    buffer_init(&b, stack, 256)
    try:
        text(&b, value)
        return PyBytes_FromStringAndSize(b.data, b.size)
    finally:
        buffer_free(&b)


cdef int domain(Buffer *b, object plan) except -1:
    attr(b, '<domain type="', plan.hypervisor)
    lit(b, ">")
    element(b, "<name>", plan.name, "</name>")
    element(b, "<uuid>", plan.uuid, "</uuid>")
    memory(b, plan.memory)
    vcpu(b, plan.vcpu)
    if plan.iothreads:
        lit(b, "<iothreads>")
        number(b, plan.iothreads)
        lit(b, "</iothreads>")
    if plan.cpu_tune is not None:
        cputune(b, plan.cpu_tune)
    if plan.numa_tune is not None:
        numatune(b, plan.numa_tune, plan.cpu.numa)
    if plan.sysinfo is not None:
        sysinfo(b, plan.sysinfo)
    os(b, plan.os)
    features(b, plan.features)
    cpu(b, plan.cpu)
    clock(b, plan.clock)
    element(b, "<on_poweroff>", plan.on_poweroff, "</on_poweroff>")
    element(b, "<on_reboot>", plan.on_reboot, "</on_reboot>")
    element(b, "<on_crash>", plan.on_crash, "</on_crash>")
    devices(b, plan.devices)
    # The launcher is confined by its Pod; libvirt has no security driver in there.
    return lit(b, '<seclabel type="none"/></domain>')


cdef int memory(Buffer *b, object plan) except -1:
    if plan.max_bytes is not None:
        attr_number(b, '<maxMemory slots="', plan.slots)
        lit(b, ' unit="b">')
        number(b, plan.max_bytes)
        lit(b, "</maxMemory>")
    lit(b, '<memory unit="b">')
    number(b, plan.bytes)
    lit(b, "</memory>")
    if plan.hugepage_bytes is None and plan.source is None and not plan.unmerged:
        return 0
    lit(b, "<memoryBacking>")
    if plan.hugepage_bytes is not None:
        attr_number(b, '<hugepages><page size="', plan.hugepage_bytes)
        lit(b, ' unit="b"/></hugepages>')
    if plan.unmerged:
        lit(b, "<nosharepages/>")
    if plan.source is not None:
        attr(b, '<source type="', plan.source)
        lit(b, "/>")
    if plan.shared:
        lit(b, '<access mode="shared"/>')
    return lit(b, "</memoryBacking>")


cdef int vcpu(Buffer *b, object plan) except -1:
    lit(b, '<vcpu placement="static"')
    if plan.enabled != plan.maximum:
        attr_number(b, ' current="', plan.enabled)
    lit(b, ">")
    number(b, plan.maximum)
    return lit(b, "</vcpu>")


cdef int cputune(Buffer *b, object plan) except -1:
    cdef int at = 0
    lit(b, "<cputune>")
    for cpu in plan.vcpus:
        attr_number(b, '<vcpupin vcpu="', at)
        attr_number(b, ' cpuset="', cpu)
        lit(b, "/>")
        at += 1
    if plan.emulator is not None:
        attr(b, '<emulatorpin cpuset="', plan.emulator)
        lit(b, "/>")
    at = 1
    for cpus in plan.iothreads:
        attr_number(b, '<iothreadpin iothread="', at)
        attr(b, ' cpuset="', cpus)
        lit(b, "/>")
        at += 1
    if plan.realtime is not None:
        attr(b, '<vcpusched vcpus="', plan.realtime)
        lit(b, ' scheduler="fifo" priority="1"/>')
    return lit(b, "</cputune>")


cdef int numatune(Buffer *b, str nodeset, tuple cells) except -1:
    attr(b, '<numatune><memory mode="strict" nodeset="', nodeset)
    lit(b, "/>")
    for one in cells:
        attr_number(b, '<memnode cellid="', one.id)
        attr_number(b, ' mode="strict" nodeset="', one.host_cell)
        lit(b, "/>")
    return lit(b, "</numatune>")


cdef int sysinfo(Buffer *b, object plan) except -1:
    lit(b, '<sysinfo type="smbios">')
    if plan.system:
        lit(b, "<system>")
        sysinfo_entries(b, plan.system)
        lit(b, "</system>")
    if plan.chassis:
        lit(b, "<chassis>")
        sysinfo_entries(b, plan.chassis)
        lit(b, "</chassis>")
    return lit(b, "</sysinfo>")


cdef int sysinfo_entries(Buffer *b, tuple entries) except -1:
    for name, value in entries:
        attr(b, '<entry name="', name)
        lit(b, ">")
        text(b, value)
        lit(b, "</entry>")
    return 0


cdef int os(Buffer *b, object plan) except -1:
    attr(b, '<os><type arch="', plan.arch)
    attr(b, ' machine="', plan.machine)
    lit(b, ">hvm</type>")
    if plan.loader is not None:
        loader(b, plan.loader)
    if plan.kernel is not None:
        element(b, "<kernel>", plan.kernel, "</kernel>")
    if plan.initrd is not None:
        element(b, "<initrd>", plan.initrd, "</initrd>")
    if plan.cmdline is not None:
        element(b, "<cmdline>", plan.cmdline, "</cmdline>")
    if plan.acpi_tables:
        lit(b, "<acpi>")
        for kind, path in plan.acpi_tables:
            attr(b, '<table type="', kind)
            lit(b, ">")
            text(b, path)
            lit(b, "</table>")
        lit(b, "</acpi>")
    if plan.boot_menu_timeout_ms is not None:
        attr_number(b, '<bootmenu enable="yes" timeout="', plan.boot_menu_timeout_ms)
        lit(b, "/>")
    if plan.smbios:
        lit(b, '<smbios mode="sysinfo"/>')
    if plan.bios_serial:
        lit(b, '<bios useserial="yes"/>')
    return lit(b, "</os>")


cdef int loader(Buffer *b, object plan) except -1:
    if plan.stateless:
        return element(b, '<loader type="rom">', plan.path, "</loader>")
    lit(b, '<loader readonly="yes"')
    if plan.secure:
        lit(b, ' secure="yes"')
    element(b, ' type="pflash">', plan.path, "</loader>")
    if plan.template is not None:
        attr(b, '<nvram template="', plan.template)
        lit(b, ">")
    else:
        lit(b, "<nvram>")
    text(b, plan.nvram)
    return lit(b, "</nvram>")


cdef int state(Buffer *b, const char *start, object on) except -1:
    """A feature with a state: ``start`` is ``<name``."""
    lit(b, start)
    return lit(b, ' state="on"/>' if on else ' state="off"/>')


cdef int features(Buffer *b, object plan) except -1:
    lit(b, "<features>")
    if plan.acpi:
        lit(b, "<acpi/>")
    if plan.apic:
        lit(b, "<apic")
        if plan.apic_eoi is not None:
            lit(b, ' eoi="on"' if plan.apic_eoi else ' eoi="off"')
        lit(b, "/>")
    if plan.hyperv_passthrough:
        lit(b, '<hyperv mode="passthrough"/>')
    elif plan.hyperv:
        hyperv(b, plan.hyperv)
    if plan.kvm_hidden is not None or plan.kvm_dedicated:
        lit(b, "<kvm>")
        if plan.kvm_hidden is not None:
            state(b, "<hidden", plan.kvm_hidden)
        if plan.kvm_dedicated:
            lit(b, '<hint-dedicated state="on"/>')
        lit(b, "</kvm>")
    if plan.pvspinlock is not None:
        state(b, "<pvspinlock", plan.pvspinlock)
    if plan.pmu is not None:
        state(b, "<pmu", plan.pmu)
    if plan.vmport is not None:
        state(b, "<vmport", plan.vmport)
    if plan.smm:
        lit(b, '<smm state="on"/>')
    if plan.tb_cache_bytes is not None:
        lit(b, '<tcg><tb-cache unit="MiB">')
        number(b, plan.tb_cache_bytes >> MIB_SHIFT)
        lit(b, "</tb-cache></tcg>")
    return lit(b, "</features>")


cdef int hyperv(Buffer *b, tuple enlightenments) except -1:
    lit(b, '<hyperv mode="custom">')
    for plan in enlightenments:
        lit(b, "<")
        text(b, plan.name)
        lit(b, ' state="on"')
        if plan.attribute is not None:
            name, value = plan.attribute
            lit(b, " ")
            text(b, name)
            attr(b, '="', value)
        if not plan.children:
            lit(b, "/>")
            continue
        lit(b, ">")
        for child in plan.children:
            lit(b, "<")
            text(b, child)
            lit(b, ' state="on"/>')
        lit(b, "</")
        text(b, plan.name)
        lit(b, ">")
    return lit(b, "</hyperv>")


cdef int cpu(Buffer *b, object plan) except -1:
    attr(b, '<cpu mode="', plan.mode)
    lit(b, ">")
    if plan.model is not None:
        element(b, "<model>", plan.model, "</model>")
    topology(b, plan.topology)
    for one in plan.features:
        attr(b, '<feature policy="', one.policy)
        attr(b, ' name="', one.name)
        lit(b, "/>")
    if plan.numa:
        lit(b, "<numa>")
        for one in plan.numa:
            attr_number(b, '<cell id="', one.id)
            attr(b, ' cpus="', one.cpus)
            attr_number(b, ' memory="', one.memory_bytes)
            lit(b, ' unit="b"')
            if one.distances:
                distances(b, one.distances)
            else:
                lit(b, "/>")
        lit(b, "</numa>")
    return lit(b, "</cpu>")


cdef int distances(Buffer *b, tuple siblings) except -1:
    lit(b, "><distances>")
    for cell, distance in siblings:
        attr_number(b, '<sibling id="', cell)
        attr_number(b, ' value="', distance)
        lit(b, "/>")
    return lit(b, "</distances></cell>")


cdef int topology(Buffer *b, object plan) except -1:
    attr_number(b, '<topology sockets="', plan.sockets)
    attr_number(b, ' cores="', plan.cores)
    attr_number(b, ' threads="', plan.threads)
    return lit(b, "/>")


cdef int clock(Buffer *b, object plan) except -1:
    attr(b, '<clock offset="', plan.offset)
    if plan.timezone is not None:
        attr(b, ' timezone="', plan.timezone)
    if plan.adjustment is not None:
        attr(b, ' adjustment="', plan.adjustment)
    if not plan.timers:
        return lit(b, "/>")
    lit(b, ">")
    for one in plan.timers:
        timer(b, one)
    return lit(b, "</clock>")


cdef int timer(Buffer *b, object plan) except -1:
    attr(b, '<timer name="', plan.name)
    if plan.present is not None:
        lit(b, ' present="yes"' if plan.present else ' present="no"')
    if plan.tickpolicy is not None:
        attr(b, ' tickpolicy="', plan.tickpolicy)
    if plan.track is not None:
        attr(b, ' track="', plan.track)
    return lit(b, "/>")


cdef int devices(Buffer *b, object plan) except -1:
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
    if plan.tpm is not None:
        tpm(b, plan.tpm)
    for one in plan.inputs:
        input_device(b, one)
    if plan.graphics is not None:
        attr(b, '<graphics type="vnc"><listen type="socket" socket="', plan.graphics.socket)
        lit(b, "/></graphics>")
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
        attr(b, '<rng model="', plan.rng.model)
        element(b, '><backend model="random">', plan.rng.source, "</backend></rng>")
    for one in plan.panics:
        attr(b, '<panic model="', one.model)
        lit(b, "/>")
    if plan.vsock is not None:
        attr(b, '<vsock model="', plan.vsock.model)
        attr_number(b, '><cid auto="no" address="', plan.vsock.cid)
        lit(b, "/></vsock>")
    return lit(b, "</devices>")


cdef int disk(Buffer *b, object plan) except -1:
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


cdef int disk_driver(Buffer *b, object plan) except -1:
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


cdef int disk_source(Buffer *b, object plan) except -1:
    attr(b, '<source dev="' if plan.source == "block" else '<source file="', plan.path)
    if plan.reservation is None:
        return lit(b, "/>")
    attr(b, '><reservations managed="no"><source type="unix" path="', plan.reservation)
    return lit(b, ' mode="client"/></reservations></source>')


cdef int backing_store(Buffer *b, object plan) except -1:
    """What is below an image is stated to its end, so that libvirt looks into no image's header."""
    if plan is None:
        return lit(b, "<backingStore/>")
    source = plan.source
    attr(b, '<backingStore type="', source)
    attr(b, '><format type="', plan.format)
    attr(b, '/><source dev="' if source == "block" else '/><source file="', plan.path)
    return lit(b, "/><backingStore/></backingStore>")


cdef int blockio(Buffer *b, object plan) except -1:
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


cdef int pci_address(Buffer *b, object plan) except -1:
    if plan is None:
        return 0
    lit(b, '<address type="pci"')
    pci_place(b, plan)
    return lit(b, "/>")


cdef int pci_place(Buffer *b, object plan) except -1:
    attr_number(b, ' domain="', plan.domain)
    attr_number(b, ' bus="', plan.bus)
    attr_number(b, ' slot="', plan.slot)
    return attr_number(b, ' function="', plan.function)


cdef int controller(Buffer *b, object plan) except -1:
    attr(b, '<controller type="', plan.type)
    attr_number(b, ' index="', plan.index)
    attr(b, ' model="', plan.model)
    return lit(b, "/>")


cdef int interface(Buffer *b, object plan) except -1:
    lit(b, '<interface type="ethernet">')
    if plan.mac is not None:
        attr(b, '<mac address="', plan.mac)
        lit(b, "/>")
    attr(b, '<target dev="', plan.tap)
    lit(b, ' managed="no"/>')
    attr(b, '<model type="', plan.model)
    lit(b, "/>")
    if plan.queues is not None:
        attr_number(b, '<driver queues="', plan.queues)
        lit(b, "/>")
    if plan.link_down:
        lit(b, '<link state="down"/>')
    if plan.mtu is not None:
        attr_number(b, '<mtu size="', plan.mtu)
        lit(b, "/>")
    boot(b, plan.boot_order)
    lit(b, '<rom enabled="no"/>')
    if plan.acpi_index is not None:
        attr_number(b, '<acpi index="', plan.acpi_index)
        lit(b, "/>")
    alias(b, plan.alias)
    pci_address(b, plan.address)
    return lit(b, "</interface>")


cdef int filesystem(Buffer *b, object plan) except -1:
    lit(b, '<filesystem type="mount" accessmode="passthrough"><driver type="virtiofs" queue="1024"/>')
    attr(b, '<source socket="', plan.socket)
    attr(b, '/><target dir="', plan.tag)
    return lit(b, "/></filesystem>")


cdef int hostdev(Buffer *b, object plan) except -1:
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


cdef int serial(Buffer *b, object plan) except -1:
    attr(b, '<serial type="unix"><source mode="bind" path="', plan.path)
    lit(b, "/>")
    attr_number(b, '<target port="', plan.port)
    return lit(b, "/></serial>")


cdef int channel(Buffer *b, object plan) except -1:
    attr(b, '<channel type="unix"><source mode="bind" path="', plan.path)
    attr(b, '/><target type="virtio" name="', plan.name)
    return lit(b, "/></channel>")


cdef int tpm(Buffer *b, object plan) except -1:
    attr(b, '<tpm model="', plan.model)
    lit(b, '><backend type="emulator" version="2.0"')
    if plan.persistent:
        lit(b, ' persistent_state="yes"')
    return lit(b, "/></tpm>")


cdef int input_device(Buffer *b, object plan) except -1:
    attr(b, '<input type="', plan.type)
    attr(b, ' bus="', plan.bus)
    if plan.model is not None:
        attr(b, ' model="', plan.model)
    if plan.alias is None:
        return lit(b, "/>")
    lit(b, ">")
    alias(b, plan.alias)
    return lit(b, "</input>")


cdef int sound(Buffer *b, object plan) except -1:
    attr(b, '<sound model="', plan.model)
    lit(b, ">")
    alias(b, plan.alias)
    return lit(b, "</sound>")


cdef int video(Buffer *b, object plan) except -1:
    attr(b, '<video><model type="', plan.type)
    if plan.vram_kib is not None:
        attr_number(b, ' vram="', plan.vram_kib)
    attr_number(b, ' heads="', plan.heads)
    return lit(b, "/></video>")


cdef int watchdog(Buffer *b, object plan) except -1:
    attr(b, '<watchdog model="', plan.model)
    attr(b, ' action="', plan.action)
    lit(b, ">")
    alias(b, plan.alias)
    return lit(b, "</watchdog>")


cdef int memballoon(Buffer *b, object plan) except -1:
    attr(b, '<memballoon model="', plan.model)
    if plan.free_page_reporting is not None:
        lit(b, ' freePageReporting="on"' if plan.free_page_reporting else ' freePageReporting="off"')
    if plan.stats_period_s is None:
        return lit(b, "/>")
    attr_number(b, '><stats period="', plan.stats_period_s)
    return lit(b, "/></memballoon>")
