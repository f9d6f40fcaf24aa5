# cython: language_level=3
"""The types of kvnode.planning.network, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.addresses cimport ipv4_within
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_network cimport Interface
from kvnode._fast.layout_api_network cimport Network
from kvnode._fast.layout_api_network cimport Port as network_Port
from kvnode._fast.layout_api_network cimport PortRange as network_PortRange
from kvnode._fast.layout_facts_host cimport HostFacts
from kvnode._fast.layout_facts_host cimport LinkFacts
from kvnode._fast.layout_planning_ipv4_address cimport Ipv4
from kvnode._fast.layout_planning_network_plans cimport DhcpHandoff
from kvnode._fast.layout_planning_network_plans cimport ForwardedPort
from kvnode._fast.layout_planning_network_plans cimport InterfaceNetwork
from kvnode._fast.layout_planning_network_plans cimport Nat
from kvnode._fast.layout_planning_network_plans cimport NetworkPlan
from kvnode.planning.dhcp_handoff cimport ipv4_nameservers
from kvnode.planning.dhcp_handoff cimport leased_address
from kvnode.planning.dhcp_handoff cimport routes_of
from kvnode.planning.dhcp_handoff cimport with_options
from kvnode.planning.hostname cimport guest_hostname
from kvnode.planning.ipv4 cimport read_ipv4
from kvnode.planning.macs cimport derived_mac
from kvnode.planning.macs cimport given_mac
from kvnode.planning.macs cimport seen_mac
from kvnode.planning.refusal cimport invalid

cpdef bridge_name(pod_ifname, ordinal=*)

cdef class _Guest:
    cdef VirtualMachineInstance vmi
    cdef object identity
    cdef object hostname
    cdef object queues

@cython.locals(networks=dict, links=dict, planned=list, one=Network, interface=Interface)
cpdef NetworkPlan network_plan(VirtualMachineInstance vmi, HostFacts host)
cpdef vcpu_count(VirtualMachineInstance vmi)
cpdef _queues(VirtualMachineInstance vmi)
@cython.locals(nat=Nat, lease=DhcpHandoff)
cpdef InterfaceNetwork _interface_network(_Guest guest, Interface interface, Network network, LinkFacts link, position, ordinal)
cpdef _usual_ifname(Network network, ordinal)

cdef class _Wire:
    cdef Ipv4 network
    cdef object router
    cdef object gateway
    cdef object guest

@cython.locals(wire=_Wire)
cpdef _Wire _guest_network(VirtualMachineInstance vmi, Network network, LinkFacts link)
@cython.locals(one=Network)
cpdef _network_fault(VirtualMachineInstance vmi, Network network, message)
@cython.locals(forwarded=list, port=network_Port, run=network_PortRange)
cpdef tuple _forwarded_ports(Interface interface, position)
cpdef ForwardedPort _forwarded(protocol, first, last)
cpdef _hostname(VirtualMachineInstance vmi)
cpdef tuple _search(VirtualMachineInstance vmi, LinkFacts link)
@cython.locals(owner=dict, interface=InterfaceNetwork)
cpdef _refuse_shared_links(list planned)
