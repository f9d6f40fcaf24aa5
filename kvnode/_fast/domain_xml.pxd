# cython: language_level=3
"""What other compiled modules may call: writing a DomainPlan into a buffer of theirs."""

from kvnode._fast.layout_planning_domain_plan cimport DomainPlan
from kvnode._fast.xml_buffer cimport Buffer


cdef int domain(Buffer *b, DomainPlan plan) except -1
