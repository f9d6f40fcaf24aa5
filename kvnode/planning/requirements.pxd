# cython: language_level=3
"""The types of kvnode.planning.requirements, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_planning_device_plans cimport DevicesPlan
from kvnode._fast.layout_planning_device_plans cimport DiskDevice as device_plans_DiskDevice
from kvnode._fast.layout_planning_device_plans cimport InterfaceDevice as device_plans_InterfaceDevice
from kvnode._fast.layout_planning_device_plans cimport Panic as device_plans_Panic
from kvnode._fast.layout_planning_domain_plan cimport DomainPlan
from kvnode._fast.layout_planning_domain_plan cimport HypervFeature as domain_plan_HypervFeature

cdef object _DEVICES
cdef object _FEATURES
cpdef check_requirements(DomainPlan plan, host_HostFacts host)
cpdef _check_emulated(DomainPlan plan)
cpdef _kvm_alone(DomainPlan plan, field, what)
@cython.locals(disk=device_plans_DiskDevice, interface=device_plans_InterfaceDevice)
cpdef _check_devices(DevicesPlan devices, host_HostFacts host)
@cython.locals(feature=domain_plan_HypervFeature, panic=device_plans_Panic)
cpdef _check_machine(DomainPlan plan, host_HostFacts host)
cpdef _takes(host_HostFacts host, field, what, libvirt, qemu)
cpdef _version(number)
