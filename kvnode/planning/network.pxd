# cython: language_level=3
"""The types of kvnode.planning.network, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_api_network cimport Interface
from kvnode._fast.layout_api_network cimport Network
from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode.planning.dhcp_handoff cimport first_ipv4
from kvnode.planning.dhcp_handoff cimport routes_of
from kvnode.planning.hostname cimport guest_hostname
from kvnode.planning.ipv4 cimport read_ipv4

cpdef bridge_name(pod_ifname, ordinal=*)
@cython.locals(planned=list, interface=Interface)
cpdef network_plan(VirtualMachineInstance vmi, host_HostFacts host)
cpdef derived_macs(identity, network)
cpdef vcpu_count(VirtualMachineInstance vmi)
cpdef _usual_ifname(Network network, ordinal)
cpdef _queues(VirtualMachineInstance vmi)
cpdef _bridged(scene)
cpdef _masqueraded(scene)
cpdef tuple _masquerade_operations(scene, nat)
cpdef _guest_network(scene)
@cython.locals(forwarded=dict)
cpdef tuple _forwarded_ports(scene)
cpdef _handoff(scene, server, mac, address, router, tuple routes=*)
cpdef bint _is_ipv4_host(text)
cpdef _hostname(VirtualMachineInstance vmi)
@cython.locals(owner=dict)
cpdef _refuse_shared_links(list planned)
cpdef _fault(field, message)
