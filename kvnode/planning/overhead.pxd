# cython: language_level=3
"""The types of kvnode.planning.overhead, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_planning_device_plans cimport DevicesPlan
from kvnode._fast.layout_planning_device_plans cimport DiskDevice
from kvnode._fast.layout_planning_device_plans cimport InterfaceDevice as device_plans_InterfaceDevice
from kvnode._fast.layout_planning_domain_plan cimport MemoryOverhead
from kvnode._fast.layout_planning_domain_plan cimport MemoryPlan
from kvnode._fast.layout_planning_domain_plan cimport OverheadItem
from kvnode._fast.layout_planning_domain_plan cimport VcpuPlan

@cython.locals(items=list, item=OverheadItem)
cpdef MemoryOverhead memory_overhead(hypervisor, MemoryPlan memory, VcpuPlan vcpu, DevicesPlan devices, iothreads, tb_cache_bytes, ratio=*, added_bytes=*, bint overcommitted=*, bint uefi=*)
cpdef _emulator(list items, MemoryPlan memory, VcpuPlan vcpu, tb_cache_bytes)
cpdef OverheadItem _page_tables(hypervisor, MemoryPlan memory)
@cython.locals(interface=device_plans_InterfaceDevice, disk=DiskDevice)
cpdef _device_items(list items, DevicesPlan devices, iothreads)
cpdef _disk_bytes(DiskDevice disk)
