# cython: language_level=3
"""The types of kvnode.planning.refusal, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_api_instance cimport VirtualMachineInstance

cpdef invalid(field, message)
cpdef choice(field, value, tuple allowed)
cpdef one_of(field, value, tuple allowed)
cpdef _none_of(value, tuple allowed)
cpdef bytes_of(field, quantity)
cpdef some_of(tuple names, most=*)
cpdef refuse_unplanned(VirtualMachineInstance vmi)
