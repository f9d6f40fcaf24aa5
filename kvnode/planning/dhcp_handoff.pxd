# cython: language_level=3
"""The types of kvnode.planning.dhcp_handoff, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.addresses cimport ipv4_cidr
from kvnode._fast.layout_api_network cimport DHCPOptions
from kvnode._fast.layout_api_network cimport DHCPPrivateOptions as network_DHCPPrivateOptions
from kvnode._fast.layout_facts_host cimport LinkFacts
from kvnode._fast.layout_facts_host cimport Resolver
from kvnode._fast.layout_facts_host cimport Route
from kvnode._fast.layout_planning_network_plans cimport DhcpHandoff
from kvnode.planning.ipv4 cimport read_ipv4
from kvnode.planning.refusal cimport invalid

cpdef leased_address(LinkFacts link)
cpdef tuple ipv4_nameservers(Resolver resolver)
@cython.locals(router=str, on_link=dict, beyond=list, route=Route)
cpdef tuple routes_of(leased, tuple routes)
@cython.locals(option=network_DHCPPrivateOptions)
cpdef DhcpHandoff with_options(DhcpHandoff handoff, DHCPOptions options, position)
cpdef bint _is_ipv4_host(text)
