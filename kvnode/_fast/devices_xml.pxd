# cython: language_level=3
"""The devices of a domain, for whoever writes one."""

from kvnode._fast.xml_buffer cimport Buffer


cdef int devices(Buffer *b, object plan) except -1
