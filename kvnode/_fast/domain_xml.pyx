# cython: language_level=3, boundscheck=False, wraparound=False, nonecheck=True
"""DomainPlan -> libvirt's domain XML: one function for each element, called as libvirt calls it.

Nothing is decided here. A function writes what its part of the plan says; None leaves an element or an attribute out.
Elements stand in the order of libvirt's own output, so that a diff with ``virsh dumpxml`` reads well.

A plan's Structs are read as C reads them (``layout.pxd``): what each is, is asked where it is handed over, so a plan
that somebody has put together of something else is a TypeError, and of None an AttributeError. ``boundscheck`` is off
because no array is indexed by anything but a position that the loop above it bounds; tuples are iterated.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF

from kvnode._fast.devices_xml cimport devices
from kvnode._fast.layout_planning_domain_plan cimport (
    ClockPlan,
    CpuFeature,
    CpuPlan,
    CpuTune,
    DomainPlan,
    FeaturesPlan,
    HypervFeature,
    LaunchSecurityPlan,
    Loader,
    MemoryPlan,
    NumaCell,
    OsPlan,
    SysinfoPlan,
    Timer,
    Topology,
    VcpuPlan,
)
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

cdef extern from "Python.h":
    PyObject *unwritten "PyBytes_FromStringAndSize"(const char *none, Py_ssize_t size) except NULL
    char *PyBytes_AS_STRING(PyObject *made)
    int _PyBytes_Resize(PyObject **made, Py_ssize_t size) except -1

# Before anything is read: an ImportError where a Struct isn't what this was compiled for.
__import__("kvnode._fast.layouts")

cdef enum:
    FIRST_BYTES = 32768  # a guest with dozens of disks; one with more goes on elsewhere
    MIB_SHIFT = 20


def render_domain(plan):
    """The domain XML of a DomainPlan as bytes of UTF-8."""
    cdef Buffer b
    # Written where it stays: what isn't needed of it is given back.
    cdef PyObject *made = unwritten(NULL, FIRST_BYTES)
    buffer_init(&b, PyBytes_AS_STRING(made), FIRST_BYTES)
    try:
        domain(&b, plan)
        if b.heap == NULL:
            _PyBytes_Resize(&made, b.size)
            return <object> made
        return b.data[:b.size]
    finally:
        buffer_free(&b)
        Py_XDECREF(made)


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


cdef int domain(Buffer *b, DomainPlan plan) except -1:
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
        numatune(b, plan.numa_tune, plan.cpu)
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
    if plan.launch_security is not None:
        launch_security(b, plan.launch_security)
    # The launcher is confined by its Pod; libvirt has no security driver in there.
    return lit(b, '<seclabel type="none"/></domain>')


cdef int launch_security(Buffer *b, LaunchSecurityPlan plan) except -1:
    attr(b, '<launchSecurity type="', plan.type)
    if plan.policy is None:
        return lit(b, "/>")
    lit(b, ">")
    element(b, "<policy>", plan.policy, "</policy>")
    if plan.dh_cert is not None:
        element(b, "<dhCert>", plan.dh_cert, "</dhCert>")
    if plan.session is not None:
        element(b, "<session>", plan.session, "</session>")
    return lit(b, "</launchSecurity>")


cdef int memory(Buffer *b, MemoryPlan plan) except -1:
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


cdef int vcpu(Buffer *b, VcpuPlan plan) except -1:
    lit(b, '<vcpu placement="static"')
    if plan.enabled != plan.maximum:
        attr_number(b, ' current="', plan.enabled)
    lit(b, ">")
    number(b, plan.maximum)
    return lit(b, "</vcpu>")


cdef int cputune(Buffer *b, CpuTune plan) except -1:
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


cdef int numatune(Buffer *b, str nodeset, CpuPlan cpu) except -1:
    cdef NumaCell one
    attr(b, '<numatune><memory mode="strict" nodeset="', nodeset)
    lit(b, "/>")
    for one in cpu.numa:
        attr_number(b, '<memnode cellid="', one.id)
        attr_number(b, ' mode="strict" nodeset="', one.host_cell)
        lit(b, "/>")
    return lit(b, "</numatune>")


cdef int sysinfo(Buffer *b, SysinfoPlan plan) except -1:
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


cdef int os(Buffer *b, OsPlan plan) except -1:
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


cdef int loader(Buffer *b, Loader plan) except -1:
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


cdef int features(Buffer *b, FeaturesPlan plan) except -1:
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
    cdef HypervFeature plan
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


cdef int cpu(Buffer *b, CpuPlan plan) except -1:
    cdef CpuFeature flag
    cdef NumaCell one
    attr(b, '<cpu mode="', plan.mode)
    lit(b, ">")
    if plan.model is not None:
        element(b, "<model>", plan.model, "</model>")
    topology(b, plan.topology)
    for flag in plan.features:
        attr(b, '<feature policy="', flag.policy)
        attr(b, ' name="', flag.name)
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


cdef int topology(Buffer *b, Topology plan) except -1:
    attr_number(b, '<topology sockets="', plan.sockets)
    attr_number(b, ' cores="', plan.cores)
    attr_number(b, ' threads="', plan.threads)
    return lit(b, "/>")


cdef int clock(Buffer *b, ClockPlan plan) except -1:
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


cdef int timer(Buffer *b, Timer plan) except -1:
    attr(b, '<timer name="', plan.name)
    if plan.present is not None:
        lit(b, ' present="yes"' if plan.present else ' present="no"')
    if plan.tickpolicy is not None:
        attr(b, ' tickpolicy="', plan.tickpolicy)
    if plan.track is not None:
        attr(b, ' track="', plan.track)
    return lit(b, "/>")
