# cython: language_level=3
"""The types of kvnode.planning.ipv4, from its annotations. deploy/setup/declarations.py writes this."""


cpdef _mask(prefix)
cpdef read_ipv4(text)
cpdef bint is_ipv6(text)
