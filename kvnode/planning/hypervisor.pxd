# cython: language_level=3
"""The types of kvnode.planning.hypervisor, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts

cdef object _TB_SMALLEST
cdef object _TB_LARGEST
cpdef tuple hypervisor_of(host_HostFacts host)
cpdef translation_buffer_bytes(guest_bytes)
