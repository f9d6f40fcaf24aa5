# cython: language_level=3
"""The types of kvnode.planning.macs, from its annotations. deploy/setup/declarations.py writes this."""


cdef object _SHA256
cpdef _sha256()
cpdef derived_mac(first_octet, identity, network)
cpdef given_mac(text)
cpdef seen_mac(text)
