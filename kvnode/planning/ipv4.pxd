# cython: language_level=3
"""The types of kvnode.planning.ipv4, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_planning_ipv4_address cimport Ipv4

cpdef Ipv4 read_ipv4(text)
cpdef bint is_ipv6(text)
