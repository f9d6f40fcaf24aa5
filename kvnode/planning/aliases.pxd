# cython: language_level=3
"""The types of kvnode.planning.aliases, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_planning_device_plans cimport DevicesPlan
from kvnode._fast.layout_planning_device_plans cimport DiskDevice as device_plans_DiskDevice
from kvnode._fast.layout_planning_device_plans cimport Input
from kvnode._fast.layout_planning_device_plans cimport InterfaceDevice

cdef object _D
cpdef DevicesPlan with_aliases(DevicesPlan devices)
@cython.locals(cards=set, name=str, device=Input, card=InterfaceDevice, disk=device_plans_DiskDevice)
cpdef bint _are_apart(DevicesPlan devices)
@cython.locals(made=list)
cpdef tuple _told_apart(tuple devices, suffix, set taken)
