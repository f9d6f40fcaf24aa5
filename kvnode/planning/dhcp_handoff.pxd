# cython: language_level=3
"""The types of kvnode.planning.dhcp_handoff, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_facts_host cimport LinkFacts as host_LinkFacts
from kvnode._fast.layout_facts_host cimport Route as host_Route
from kvnode.planning.ipv4 cimport read_ipv4

cpdef first_ipv4(host_LinkFacts link)
@cython.locals(on_link=dict, beyond=list, route=host_Route)
cpdef tuple routes_of(address, tuple routes)
