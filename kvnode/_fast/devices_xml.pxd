# cython: language_level=3
"""The devices of a domain, for whoever writes one."""

from kvnode._fast.layout_planning_device_plans cimport DevicesPlan
from kvnode._fast.xml_buffer cimport Buffer


cdef int devices(Buffer *b, DevicesPlan plan) except -1
