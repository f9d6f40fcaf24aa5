# cython: language_level=3
"""The types of kvnode.planning.firmware, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_firmware cimport EFI
from kvnode._fast.layout_api_firmware cimport Firmware
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_volumes cimport Volume as volumes_Volume
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_planning_domain_plan cimport Loader
from kvnode._fast.layout_planning_domain_plan cimport OsPlan
from kvnode._fast.layout_planning_domain_plan cimport SysinfoPlan
from kvnode._fast.layout_planning_intermediate cimport Architecture
from kvnode._fast.layout_planning_intermediate cimport PlanSettings
from kvnode.planning.disk_operations cimport volume_path
from kvnode.planning.refusal cimport invalid
from kvnode.planning.refusal cimport some_of

cdef Firmware _NO_FIRMWARE
cdef tuple _SYSTEM
cdef object _PRIVATE
cdef object _NVRAM
cdef object _KERNEL
cdef object _INITRD
cdef object _PAUSED_MENU_MS
cpdef OsPlan os_plan(VirtualMachineInstance vmi, host_HostFacts host, Architecture arch)
cpdef bint has_efi(VirtualMachineInstance vmi)
cpdef Loader _loader(EFI efi, host_HostFacts host, purpose)
cpdef tuple _kernel_boot(Firmware firmware)
@cython.locals(volume=volumes_Volume)
cpdef _table_path(VirtualMachineInstance vmi, kind, field, name)
cpdef SysinfoPlan sysinfo_plan(VirtualMachineInstance vmi, Architecture arch, uuid, PlanSettings settings)
cpdef tuple _named(tuple smbios)
