# cython: language_level=3
"""The types of kvnode.planning.planner, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_planning_device_plans cimport DevicesPlan
from kvnode._fast.layout_planning_domain_plan cimport DomainPlan
from kvnode._fast.layout_planning_domain_plan cimport MemoryPlan
from kvnode._fast.layout_planning_domain_plan cimport VcpuPlan
from kvnode._fast.layout_planning_intermediate cimport Architecture
from kvnode._fast.layout_planning_intermediate cimport IoThreads
from kvnode._fast.layout_planning_intermediate cimport PlanSettings
from kvnode._fast.layout_planning_network_plans cimport NetworkPlan
from kvnode.planning.aliases cimport with_aliases
from kvnode.planning.architecture cimport architecture_of
from kvnode.planning.cpu cimport cpu_plan
from kvnode.planning.cpu cimport vcpu_plan
from kvnode.planning.devices cimport devices_plan
from kvnode.planning.disk_operations cimport disk_operations
from kvnode.planning.disks cimport disk_devices
from kvnode.planning.features cimport clock_plan
from kvnode.planning.features cimport features_plan
from kvnode.planning.firmware cimport has_efi
from kvnode.planning.firmware cimport os_plan
from kvnode.planning.firmware cimport sysinfo_plan
from kvnode.planning.host_devices cimport host_devices
from kvnode.planning.hostname cimport guest_hostname
from kvnode.planning.hypervisor cimport hypervisor_of
from kvnode.planning.identity cimport domain_name
from kvnode.planning.identity cimport domain_uuid
from kvnode.planning.interfaces cimport interface_devices
from kvnode.planning.iothreads cimport iothreads_plan
from kvnode.planning.launch_security cimport launch_security
from kvnode.planning.memory cimport added_overhead_bytes
from kvnode.planning.memory cimport check_memory_fits
from kvnode.planning.memory cimport locked_bytes
from kvnode.planning.memory cimport memory_plan
from kvnode.planning.memory cimport requested_bytes
from kvnode.planning.network cimport network_plan
from kvnode.planning.overhead cimport memory_overhead
from kvnode.planning.pci cimport places_of
from kvnode.planning.placement cimport placement
from kvnode.planning.refusal cimport refuse_unplanned
from kvnode.planning.requirements cimport check_requirements

cdef object _ON_POWEROFF
cdef object _ON_CRASH
cpdef DomainPlan plan(VirtualMachineInstance vmi, host_HostFacts host, config=*)
cpdef DevicesPlan _devices(VirtualMachineInstance vmi, host_HostFacts host, Architecture arch, PlanSettings settings, NetworkPlan network, tuple operations, IoThreads threads, MemoryPlan memory, VcpuPlan vcpu)
