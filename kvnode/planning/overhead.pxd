# cython: language_level=3
"""The types of kvnode.planning.overhead, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_planning_device_plans cimport DevicesPlan
from kvnode._fast.layout_planning_device_plans cimport DiskDevice as device_plans_DiskDevice
from kvnode._fast.layout_planning_device_plans cimport InterfaceDevice as device_plans_InterfaceDevice
from kvnode._fast.layout_planning_domain_plan cimport MemoryOverhead
from kvnode._fast.layout_planning_domain_plan cimport MemoryPlan
from kvnode._fast.layout_planning_domain_plan cimport OverheadItem
from kvnode._fast.layout_planning_domain_plan cimport VcpuPlan

cdef object _LAUNCHER
cdef object _DNSMASQ
cdef object _QEMU
cdef object _QEMU_TCG
cdef object _VCPU_KVM
cdef object _VCPU_TCG
cdef object _TLB_BYTES_A_PAGE
cdef object _VCPU_DISABLED
cdef object _IOTHREAD
cdef object _DISK
cdef object _QCOW2_CACHE_MOST
cdef object _NIC_QUEUE
cdef object _VNC
cdef object _TPM
cdef object _UEFI
cdef object _PAGE_TABLE_SHARE
cdef tuple _EVERY_GUEST
cdef OverheadItem _TRANSLATOR
cdef OverheadItem _FIRMWARE
cdef OverheadItem _SCREEN
cdef OverheadItem _TPM_PROCESS
cdef object _WHY_VCPUS
cdef object _WHY_SPARE
cdef object _WHY_BUFFER
cdef object _WHY_EMULATED
cdef object _WHY_TABLES
cdef object _WHY_TABLES_KVM
cdef object _WHY_QUEUES
cdef object _WHY_IOTHREADS
cdef object _WHY_VIDEO
cdef object _WHY_DISKS
@cython.locals(items=list, item=OverheadItem)
cpdef MemoryOverhead memory_overhead(hypervisor, MemoryPlan memory, VcpuPlan vcpu, DevicesPlan devices, iothreads, tb_cache_bytes, ratio=*, added_bytes=*, bint overcommitted=*, bint uefi=*)
cpdef _emulator(list items, MemoryPlan memory, VcpuPlan vcpu, tb_cache_bytes)
cpdef OverheadItem _page_tables(hypervisor, MemoryPlan memory)
@cython.locals(interface=device_plans_InterfaceDevice, disk=device_plans_DiskDevice)
cpdef _device_items(list items, DevicesPlan devices, iothreads)
cpdef _table_cache_bytes(capacity)
