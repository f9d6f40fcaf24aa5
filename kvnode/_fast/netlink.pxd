"""The header of kvnode._fast.netlink, for modules that encode without going through Python."""

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t

cdef enum:
    INLINE_BYTES = 2048


cdef class Batch:
    cdef uint8_t _inline[INLINE_BYTES]
    cdef uint8_t *_data
    cdef Py_ssize_t _size
    cdef Py_ssize_t _capacity
    cdef Py_ssize_t _closed
    cdef readonly uint32_t first_sequence
    cdef readonly uint32_t count

    cdef int _reserve(self, Py_ssize_t extra) except -1
    cdef int _begin(self, uint16_t kind, uint16_t flags) except -1
    cdef int _end(self) except -1
    cdef int _link_header(self, int32_t index, uint32_t flags, uint32_t change) except -1
    cdef int _attribute(self, uint16_t kind, const void *value, Py_ssize_t length) except -1
    cdef int _number(self, uint16_t kind, uint32_t value) except -1
    cdef Py_ssize_t _nest(self, uint16_t kind) except -1
    cdef int _unnest(self, Py_ssize_t at) except -1
    cdef int _mac(self, bytes mac) except -1
    cdef int _address(self, uint16_t kind, uint16_t flags, uint32_t index, bytes address, int prefix) except -1
