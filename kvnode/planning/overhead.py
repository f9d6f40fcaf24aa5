"""What a guest costs beyond its own memory, item by item, each with its reason.

A guest whose Pod promises too little is killed by the kernel when it is busiest, so every item is an upper bound of
what was seen, and none is "a bit more to be sure". The measured ones are held against real QEMU processes in
tests/guest; those that only a working KVM shows say so.

KubeVirt budgets 190 MiB for its four processes, 50 for QEMU, 8 for each vCPU, 8 for IO threads and 32 for video: for
comparison, not a source of these.
"""

from __future__ import annotations

from kvnode.planning.device_plans import DevicesPlan
from kvnode.planning.domain_plan import Hypervisor, MemoryOverhead, MemoryPlan, OverheadItem, VcpuPlan

MIB = 1 << 20
_LAUNCHER = 42 * MIB
_DNSMASQ = 5 * MIB
_QEMU = 48 * MIB
_QEMU_TCG = 12 * MIB
_VCPU_KVM = MIB
_VCPU_TCG = MIB
_TLB_BYTES_A_PAGE = 28
_VCPU_DISABLED = 64 << 10
_IOTHREAD = MIB
_DISK = MIB
_QCOW2_CACHE_MOST = 32 * MIB
_NIC_QUEUE = MIB // 2
_VNC = 2 * MIB
_TPM = 8 * MIB
_UEFI = 4 * MIB
_PAGE_TABLE_SHARE = 512
"""A page-table entry of 8 bytes stands for a page of 4 KiB."""


_EVERY_GUEST = (
    OverheadItem("launcher", _LAUNCHER, "the launcher, with libvirt in its process: 36 MB seen"),
    OverheadItem("dnsmasq", _DNSMASQ, "the DHCP server of the guest's network: 2.1 to 4.7 MB seen"),
    OverheadItem("qemu", _QEMU, "QEMU's code, libraries and device models, whatever the guest"),
)
_TRANSLATOR = OverheadItem("translator", _QEMU_TCG, "the translator's tables of blocks and pages beside its buffer")
_FIRMWARE = OverheadItem("firmware", _UEFI, "the flash with UEFI's code and variables")
_SCREEN = OverheadItem("vnc", _VNC, "the VNC server's copy of the screen")
_TPM_PROCESS = OverheadItem("tpm", _TPM, "the process that emulates the TPM")

_WHY_VCPUS = "vCPU(s): stack, state and KVM's run page; derived, not measured"
_WHY_SPARE = "vCPU(s) that may be plugged: their slots in ACPI tables and QEMU's lists"
_WHY_BUFFER = "host code made from the guest's; the domain bounds it to this much"
_WHY_EMULATED = "emulated vCPU(s): stack, jumps, a TLB of half the guest's pages"
_WHY_TABLES = "the host's page tables for the guest's memory: 8 bytes a page"
_WHY_TABLES_KVM = "the host's page tables for the guest's memory, and KVM's own of the same size; derived, not measured"
_WHY_QUEUES = "queue pair(s) of network cards"
_WHY_IOTHREADS = "IO thread(s): stack and heap"
_WHY_VIDEO = "memory of the display adapter"
_WHY_DISKS = "disk(s): queues, and for qcow2 the table cache, 1/8192 of the disk up to 32 MiB"


def memory_overhead(
    hypervisor: Hypervisor,
    memory: MemoryPlan,
    vcpu: VcpuPlan,
    devices: DevicesPlan,
    iothreads: int,
    tb_cache_bytes: int | None,
    ratio: float = 1.0,
    added_bytes: int = 0,
    overcommitted: bool = False,
    uefi: bool = False,
) -> MemoryOverhead:
    """The itemised overhead of a guest; ``ratio`` is the administrator's factor, an item of its own where it isn't 1.

    added_bytes    -- what the manifest has on top, which no factor makes more of
    overcommitted  -- the manifest has none of it reserved
    uefi           -- it boots by UEFI, whose flash is memory

    Worked: 128 MiB, 1 of 4 vCPUs, emulated, 3 disks of unknown size, VGA: launcher 42, dnsmasq 5, QEMU 48, translation
    buffer 32 and its tables 12, vCPU 1.875, spare ones 0.1875, page tables 0.25, disks 3, NIC 0.5, video 16, VNC 2:
    162.8 MiB.
    """
    items: list[OverheadItem] = [*_EVERY_GUEST]
    if hypervisor == "qemu":
        _emulator(items, memory, vcpu, tb_cache_bytes or 0)
    else:
        items.append(OverheadItem("vcpus", vcpu.enabled * _VCPU_KVM, _WHY_VCPUS, vcpu.enabled))
    disabled = vcpu.maximum - vcpu.enabled
    if disabled:
        items.append(OverheadItem("spare-vcpus", disabled * _VCPU_DISABLED, _WHY_SPARE, disabled))
    items.append(_page_tables(hypervisor, memory))
    if uefi:
        items.append(_FIRMWARE)
    _device_items(items, devices, iothreads)
    total = 0
    for item in items:
        total += item.bytes
    if ratio > 1.0:
        extra = int(total * ratio) - total
        items.append(OverheadItem("ratio", extra, f"the administrator's factor of {ratio:g} on all of the above"))
        total += extra
    if added_bytes:
        items.append(OverheadItem("added", added_bytes, "memory.reservedOverhead.addedOverhead of the manifest"))
        total += added_bytes
    return MemoryOverhead(total, tuple(items), 0 if overcommitted else total)


def _emulator(items: list[OverheadItem], memory: MemoryPlan, vcpu: VcpuPlan, tb_cache_bytes: int) -> None:
    # A vCPU's TLB grows with what the guest touches, 56 bytes a page (QEMU's accel/tcg/cputlb.c); half of all pages is
    # the most that was seen.
    each = _VCPU_TCG + memory.bytes // 4096 * _TLB_BYTES_A_PAGE
    items.append(OverheadItem("translation-buffer", tb_cache_bytes, _WHY_BUFFER))
    items.append(_TRANSLATOR)
    items.append(OverheadItem("vcpus", vcpu.enabled * each, _WHY_EMULATED, vcpu.enabled))


def _page_tables(hypervisor: Hypervisor, memory: MemoryPlan) -> OverheadItem:
    page = memory.hugepage_bytes or 4096
    once = -(-memory.bytes // page) * 8
    if hypervisor == "kvm":
        return OverheadItem("page-tables", 2 * once, _WHY_TABLES_KVM)
    return OverheadItem("page-tables", once, _WHY_TABLES)


def _device_items(items: list[OverheadItem], devices: DevicesPlan, iothreads: int) -> None:
    if devices.disks:
        amount = len(devices.disks) * _DISK
        for disk in devices.disks:
            if disk.format == "qcow2" and disk.capacity_bytes is not None:
                amount += _table_cache_bytes(disk.capacity_bytes)
        items.append(OverheadItem("disks", amount, _WHY_DISKS, len(devices.disks)))
    queues = 0
    for interface in devices.interfaces:
        queues += interface.queues or 1
    if queues:
        items.append(OverheadItem("nics", queues * _NIC_QUEUE, _WHY_QUEUES, queues))
    if iothreads:
        items.append(OverheadItem("iothreads", iothreads * _IOTHREAD, _WHY_IOTHREADS, iothreads))
    video = devices.video
    if video is not None:
        vram = (video.vram_kib or 16384) << 10
        items.append(OverheadItem("video", vram, _WHY_VIDEO))
    if devices.graphics is not None:
        items.append(_SCREEN)
    if devices.tpm is not None:
        items.append(_TPM_PROCESS)


def _table_cache_bytes(capacity: int) -> int:
    """QEMU's qcow2 driver caches L2 tables: 8 bytes a cluster of 64 KiB, 32 MiB at most (docs/qcow2-cache.txt)."""
    return min(capacity // 8192, _QCOW2_CACHE_MOST)
