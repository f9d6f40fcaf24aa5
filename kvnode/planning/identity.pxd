# cython: language_level=3
"""The types of kvnode.planning.identity, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode.planning.refusal cimport invalid

cdef object _UUID
cdef object _LONGEST_NAME
cdef object _HASH_DIGITS
cpdef domain_name(VirtualMachineInstance vmi)
cpdef domain_uuid(VirtualMachineInstance vmi)
