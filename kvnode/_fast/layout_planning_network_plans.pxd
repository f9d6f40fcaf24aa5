# cython: language_level=3
"""Where the fields of kvnode.planning.network_plans lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *first_, *last_, *protocol_; }
        kvnode_planning_network_plans_ForwardedPort;
    static const kvnode_field kvnode_planning_network_plans_ForwardedPort_fields[] = {
        AT(kvnode_planning_network_plans_ForwardedPort, first), AT(kvnode_planning_network_plans_ForwardedPort,
        last), AT(kvnode_planning_network_plans_ForwardedPort, protocol), {0} };
    static const Py_ssize_t kvnode_planning_network_plans_ForwardedPort_size = sizeof(kvnode_planning_network_plans_ForwardedPort);
    """
    const Field *kvnode_planning_network_plans_ForwardedPort_fields
    const Py_ssize_t kvnode_planning_network_plans_ForwardedPort_size
    ctypedef class kvnode.planning.network_plans.ForwardedPort [object kvnode_planning_network_plans_ForwardedPort, check_size ignore]:
        cdef object first "first_"
        cdef object last "last_"
        cdef object protocol "protocol_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *gateway_, *guest_, *ports_; } kvnode_planning_network_plans_Nat;
    static const kvnode_field kvnode_planning_network_plans_Nat_fields[] = { AT(kvnode_planning_network_plans_Nat,
        gateway), AT(kvnode_planning_network_plans_Nat, guest), AT(kvnode_planning_network_plans_Nat, ports), {0} };
    static const Py_ssize_t kvnode_planning_network_plans_Nat_size = sizeof(kvnode_planning_network_plans_Nat);
    """
    const Field *kvnode_planning_network_plans_Nat_fields
    const Py_ssize_t kvnode_planning_network_plans_Nat_size
    ctypedef class kvnode.planning.network_plans.Nat [object kvnode_planning_network_plans_Nat, check_size ignore]:
        cdef object ports_ "ports_"
        cdef object gateway "gateway_"
        cdef object guest "guest_"
        @property
        cdef inline tuple ports(self):
            return self.ports_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *dst_, *gateway_; } kvnode_planning_network_plans_ClasslessRoute;
    static const kvnode_field kvnode_planning_network_plans_ClasslessRoute_fields[] = {
        AT(kvnode_planning_network_plans_ClasslessRoute, dst), AT(kvnode_planning_network_plans_ClasslessRoute,
        gateway), {0} };
    static const Py_ssize_t kvnode_planning_network_plans_ClasslessRoute_size = sizeof(kvnode_planning_network_plans_ClasslessRoute);
    """
    const Field *kvnode_planning_network_plans_ClasslessRoute_fields
    const Py_ssize_t kvnode_planning_network_plans_ClasslessRoute_size
    ctypedef class kvnode.planning.network_plans.ClasslessRoute [object kvnode_planning_network_plans_ClasslessRoute, check_size ignore]:
        cdef object dst "dst_"
        cdef object gateway "gateway_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *code_, *value_; } kvnode_planning_network_plans_PrivateOption;
    static const kvnode_field kvnode_planning_network_plans_PrivateOption_fields[] = {
        AT(kvnode_planning_network_plans_PrivateOption, code), AT(kvnode_planning_network_plans_PrivateOption,
        value), {0} };
    static const Py_ssize_t kvnode_planning_network_plans_PrivateOption_size = sizeof(kvnode_planning_network_plans_PrivateOption);
    """
    const Field *kvnode_planning_network_plans_PrivateOption_fields
    const Py_ssize_t kvnode_planning_network_plans_PrivateOption_size
    ctypedef class kvnode.planning.network_plans.PrivateOption [object kvnode_planning_network_plans_PrivateOption, check_size ignore]:
        cdef object code "code_"
        cdef object value "value_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *address_, *boot_file_name_, *bridge_, *hostname_, *mac_, *mtu_,
        *nameservers_, *ntp_servers_, *private_options_, *router_, *routes_, *search_, *server_, *tftp_server_name_;
        } kvnode_planning_network_plans_DhcpHandoff;
    static const kvnode_field kvnode_planning_network_plans_DhcpHandoff_fields[] = {
        AT(kvnode_planning_network_plans_DhcpHandoff, address), AT(kvnode_planning_network_plans_DhcpHandoff,
        boot_file_name), AT(kvnode_planning_network_plans_DhcpHandoff, bridge),
        AT(kvnode_planning_network_plans_DhcpHandoff, hostname), AT(kvnode_planning_network_plans_DhcpHandoff, mac),
        AT(kvnode_planning_network_plans_DhcpHandoff, mtu), AT(kvnode_planning_network_plans_DhcpHandoff,
        nameservers), AT(kvnode_planning_network_plans_DhcpHandoff, ntp_servers),
        AT(kvnode_planning_network_plans_DhcpHandoff, private_options),
        AT(kvnode_planning_network_plans_DhcpHandoff, router), AT(kvnode_planning_network_plans_DhcpHandoff,
        routes), AT(kvnode_planning_network_plans_DhcpHandoff, search),
        AT(kvnode_planning_network_plans_DhcpHandoff, server), AT(kvnode_planning_network_plans_DhcpHandoff,
        tftp_server_name), {0} };
    static const Py_ssize_t kvnode_planning_network_plans_DhcpHandoff_size = sizeof(kvnode_planning_network_plans_DhcpHandoff);
    """
    const Field *kvnode_planning_network_plans_DhcpHandoff_fields
    const Py_ssize_t kvnode_planning_network_plans_DhcpHandoff_size
    ctypedef class kvnode.planning.network_plans.DhcpHandoff [object kvnode_planning_network_plans_DhcpHandoff, check_size ignore]:
        cdef object nameservers_ "nameservers_"
        cdef object ntp_servers_ "ntp_servers_"
        cdef object private_options_ "private_options_"
        cdef object routes_ "routes_"
        cdef object search_ "search_"
        cdef object address "address_"
        cdef object boot_file_name "boot_file_name_"
        cdef object bridge "bridge_"
        cdef object hostname "hostname_"
        cdef object mac "mac_"
        cdef object mtu "mtu_"
        cdef object router "router_"
        cdef object server "server_"
        cdef object tftp_server_name "tftp_server_name_"
        @property
        cdef inline tuple nameservers(self):
            return self.nameservers_
        @property
        cdef inline tuple ntp_servers(self):
            return self.ntp_servers_
        @property
        cdef inline tuple private_options(self):
            return self.private_options_
        @property
        cdef inline tuple routes(self):
            return self.routes_
        @property
        cdef inline tuple search(self):
            return self.search_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *binding_, *bridge_, *dhcp_, *guest_mac_, *identity_, *mtu_, *name_,
        *nat_, *ordinal_, *pod_addresses_, *pod_ifname_, *pod_mac_, *queues_, *seen_, *tap_; }
        kvnode_planning_network_plans_InterfaceNetwork;
    static const kvnode_field kvnode_planning_network_plans_InterfaceNetwork_fields[] = {
        AT(kvnode_planning_network_plans_InterfaceNetwork, binding),
        AT(kvnode_planning_network_plans_InterfaceNetwork, bridge),
        AT(kvnode_planning_network_plans_InterfaceNetwork, dhcp), AT(kvnode_planning_network_plans_InterfaceNetwork,
        guest_mac), AT(kvnode_planning_network_plans_InterfaceNetwork, identity),
        AT(kvnode_planning_network_plans_InterfaceNetwork, mtu), AT(kvnode_planning_network_plans_InterfaceNetwork,
        name), AT(kvnode_planning_network_plans_InterfaceNetwork, nat),
        AT(kvnode_planning_network_plans_InterfaceNetwork, ordinal),
        AT(kvnode_planning_network_plans_InterfaceNetwork, pod_addresses),
        AT(kvnode_planning_network_plans_InterfaceNetwork, pod_ifname),
        AT(kvnode_planning_network_plans_InterfaceNetwork, pod_mac),
        AT(kvnode_planning_network_plans_InterfaceNetwork, queues),
        AT(kvnode_planning_network_plans_InterfaceNetwork, seen), AT(kvnode_planning_network_plans_InterfaceNetwork,
        tap), {0} };
    static const Py_ssize_t kvnode_planning_network_plans_InterfaceNetwork_size = sizeof(kvnode_planning_network_plans_InterfaceNetwork);
    """
    const Field *kvnode_planning_network_plans_InterfaceNetwork_fields
    const Py_ssize_t kvnode_planning_network_plans_InterfaceNetwork_size
    ctypedef class kvnode.planning.network_plans.InterfaceNetwork [object kvnode_planning_network_plans_InterfaceNetwork, check_size ignore]:
        cdef object dhcp_ "dhcp_"
        cdef object nat_ "nat_"
        cdef object pod_addresses_ "pod_addresses_"
        cdef object binding "binding_"
        cdef object bridge "bridge_"
        cdef object guest_mac "guest_mac_"
        cdef object identity "identity_"
        cdef object mtu "mtu_"
        cdef object name "name_"
        cdef object ordinal "ordinal_"
        cdef object pod_ifname "pod_ifname_"
        cdef object pod_mac "pod_mac_"
        cdef object queues "queues_"
        cdef object seen "seen_"
        cdef object tap "tap_"
        @property
        cdef inline DhcpHandoff dhcp(self):
            return self.dhcp_
        @property
        cdef inline Nat nat(self):
            return self.nat_
        @property
        cdef inline tuple pod_addresses(self):
            return self.pod_addresses_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *interfaces_; } kvnode_planning_network_plans_NetworkPlan;
    static const kvnode_field kvnode_planning_network_plans_NetworkPlan_fields[] = {
        AT(kvnode_planning_network_plans_NetworkPlan, interfaces), {0} };
    static const Py_ssize_t kvnode_planning_network_plans_NetworkPlan_size = sizeof(kvnode_planning_network_plans_NetworkPlan);
    """
    const Field *kvnode_planning_network_plans_NetworkPlan_fields
    const Py_ssize_t kvnode_planning_network_plans_NetworkPlan_size
    ctypedef class kvnode.planning.network_plans.NetworkPlan [object kvnode_planning_network_plans_NetworkPlan, check_size ignore]:
        cdef object interfaces_ "interfaces_"
        @property
        cdef inline tuple interfaces(self):
            return self.interfaces_


cdef inline int check_planning_network_plans() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(ForwardedPort, kvnode_planning_network_plans_ForwardedPort_fields, kvnode_planning_network_plans_ForwardedPort_size)
    kvnode_lies_so(Nat, kvnode_planning_network_plans_Nat_fields, kvnode_planning_network_plans_Nat_size)
    kvnode_lies_so(ClasslessRoute, kvnode_planning_network_plans_ClasslessRoute_fields, kvnode_planning_network_plans_ClasslessRoute_size)
    kvnode_lies_so(PrivateOption, kvnode_planning_network_plans_PrivateOption_fields, kvnode_planning_network_plans_PrivateOption_size)
    kvnode_lies_so(DhcpHandoff, kvnode_planning_network_plans_DhcpHandoff_fields, kvnode_planning_network_plans_DhcpHandoff_size)
    kvnode_lies_so(InterfaceNetwork, kvnode_planning_network_plans_InterfaceNetwork_fields, kvnode_planning_network_plans_InterfaceNetwork_size)
    kvnode_lies_so(NetworkPlan, kvnode_planning_network_plans_NetworkPlan_fields, kvnode_planning_network_plans_NetworkPlan_size)
    return 0
