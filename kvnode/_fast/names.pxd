# cython: language_level=3
"""Kinds of names for compiled code that is handed the Python function of one."""

ctypedef bint (*Kind)(object text) except -1

cdef Kind kind_of(object function) except NULL
