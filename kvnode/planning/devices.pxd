# cython: language_level=3
"""The types of kvnode.planning.devices, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_devices cimport Devices
from kvnode._fast.layout_api_devices cimport Filesystem as devices_Filesystem
from kvnode._fast.layout_api_devices cimport Input as devices_Input
from kvnode._fast.layout_api_devices cimport PanicDevice as devices_PanicDevice
from kvnode._fast.layout_api_devices cimport Watchdog as devices_Watchdog
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_planning_device_plans cimport Balloon
from kvnode._fast.layout_planning_device_plans cimport Controller
from kvnode._fast.layout_planning_device_plans cimport DevicesPlan
from kvnode._fast.layout_planning_device_plans cimport DiskDevice
from kvnode._fast.layout_planning_device_plans cimport Graphics
from kvnode._fast.layout_planning_device_plans cimport HostDevice
from kvnode._fast.layout_planning_device_plans cimport Input
from kvnode._fast.layout_planning_device_plans cimport Tpm
from kvnode._fast.layout_planning_device_plans cimport Video
from kvnode._fast.layout_planning_device_plans cimport Vsock
from kvnode._fast.layout_planning_device_plans cimport Watchdog
from kvnode._fast.layout_planning_domain_plan cimport MemoryPlan
from kvnode._fast.layout_planning_intermediate cimport Architecture
from kvnode._fast.layout_planning_intermediate cimport PlanSettings
from kvnode.planning.disks cimport virtio_model
from kvnode.planning.disks cimport volume_indexes
from kvnode.planning.firmware cimport has_efi
from kvnode.planning.pci cimport Places
from kvnode.planning.refusal cimport invalid
from kvnode.planning.refusal cimport one_of

cdef Controller _NO_USB
cdef Balloon _NO_BALLOON
cdef tuple _LOGGED
cdef tuple _UNLOGGED
cdef tuple _AGENT
cdef tuple _AGENT_AND_METRICS
cdef Graphics _VNC
cdef object _BALLOON_PERIOD_S
cdef object _RNG_SOURCE
cdef tuple _ACTIONS
cdef tuple _SOUNDS
cdef tuple _VIDEOS
cdef tuple _PANICS
cdef tuple _REDIRECTED
cdef object _FIRST_CID
cpdef DevicesPlan devices_plan(VirtualMachineInstance vmi, Architecture arch, PlanSettings settings, MemoryPlan memory, tuple disks, tuple interfaces, tuple from_host, Places places)
@cython.locals(device=HostDevice)
cpdef _want_ports(tuple devices)
@cython.locals(disk=DiskDevice, device=Input, passed=HostDevice)
cpdef tuple controllers(Devices devices, Architecture arch, virtio, tuple disks, tuple inputs, tuple host_devices, Places places)
cpdef bint has_serial_console(VirtualMachineInstance vmi)
cpdef tuple serials(Devices devices, PlanSettings settings)
cpdef tuple channels(Devices devices)
cpdef tuple redirections(Devices devices)
@cython.locals(made=list, asked=devices_Filesystem)
cpdef tuple filesystems(VirtualMachineInstance vmi, Places places)
cpdef bint has_graphics(Devices devices)
cpdef Graphics graphics(Devices devices)
cpdef Video video(VirtualMachineInstance vmi, Architecture arch, Places places)
cpdef tuple inputs(Devices devices, Architecture arch, Places places)
@cython.locals(made=list, asked=devices_Input)
cpdef list _tablets(Devices devices, Places places)
cpdef Balloon balloon(VirtualMachineInstance vmi, Architecture arch, MemoryPlan memory, PlanSettings settings, Places places)
cpdef Watchdog watchdog(devices_Watchdog asked, Places places)
cpdef tuple sounds(Devices devices, Places places)
cpdef Tpm tpm(Devices devices)
cpdef Vsock vsock(VirtualMachineInstance vmi, virtio, Places places)
@cython.locals(made=dict, asked=devices_PanicDevice)
cpdef tuple panics(Devices devices, Places places)
