# cython: language_level=3
"""Where the fields of kvnode.api.network lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so
from kvnode._fast.layout_api_cpu_memory cimport ClaimRequest


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *vm_ipv6_network_cidr_, *vm_network_cidr_; }
        kvnode_api_network_PodNetwork;
    static const kvnode_field kvnode_api_network_PodNetwork_fields[] = { AT(kvnode_api_network_PodNetwork,
        vm_ipv6_network_cidr), AT(kvnode_api_network_PodNetwork, vm_network_cidr), {0} };
    static const Py_ssize_t kvnode_api_network_PodNetwork_size = sizeof(kvnode_api_network_PodNetwork);
    """
    const Field *kvnode_api_network_PodNetwork_fields
    const Py_ssize_t kvnode_api_network_PodNetwork_size
    ctypedef class kvnode.api.network.PodNetwork [object kvnode_api_network_PodNetwork, check_size ignore]:
        cdef object vm_ipv6_network_cidr "vm_ipv6_network_cidr_"
        cdef object vm_network_cidr "vm_network_cidr_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *default_, *network_name_; } kvnode_api_network_MultusNetwork;
    static const kvnode_field kvnode_api_network_MultusNetwork_fields[] = { AT(kvnode_api_network_MultusNetwork,
        default), AT(kvnode_api_network_MultusNetwork, network_name), {0} };
    static const Py_ssize_t kvnode_api_network_MultusNetwork_size = sizeof(kvnode_api_network_MultusNetwork);
    """
    const Field *kvnode_api_network_MultusNetwork_fields
    const Py_ssize_t kvnode_api_network_MultusNetwork_size
    ctypedef class kvnode.api.network.MultusNetwork [object kvnode_api_network_MultusNetwork, check_size ignore]:
        cdef object default "default_"
        cdef object network_name "network_name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *multus_, *name_, *pod_, *resource_claim_; } kvnode_api_network_Network;
    static const kvnode_field kvnode_api_network_Network_fields[] = { AT(kvnode_api_network_Network, multus),
        AT(kvnode_api_network_Network, name), AT(kvnode_api_network_Network, pod), AT(kvnode_api_network_Network,
        resource_claim), {0} };
    static const Py_ssize_t kvnode_api_network_Network_size = sizeof(kvnode_api_network_Network);
    """
    const Field *kvnode_api_network_Network_fields
    const Py_ssize_t kvnode_api_network_Network_size
    ctypedef class kvnode.api.network.Network [object kvnode_api_network_Network, check_size ignore]:
        cdef object multus_ "multus_"
        cdef object pod_ "pod_"
        cdef object resource_claim_ "resource_claim_"
        cdef object name "name_"
        @property
        cdef inline MultusNetwork multus(self):
            return self.multus_
        @property
        cdef inline PodNetwork pod(self):
            return self.pod_
        @property
        cdef inline ClaimRequest resource_claim(self):
            return self.resource_claim_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_; } kvnode_api_network_PluginBinding;
    static const kvnode_field kvnode_api_network_PluginBinding_fields[] = { AT(kvnode_api_network_PluginBinding,
        name), {0} };
    static const Py_ssize_t kvnode_api_network_PluginBinding_size = sizeof(kvnode_api_network_PluginBinding);
    """
    const Field *kvnode_api_network_PluginBinding_fields
    const Py_ssize_t kvnode_api_network_PluginBinding_size
    ctypedef class kvnode.api.network.PluginBinding [object kvnode_api_network_PluginBinding, check_size ignore]:
        cdef object name "name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *port_, *protocol_; } kvnode_api_network_Port;
    static const kvnode_field kvnode_api_network_Port_fields[] = { AT(kvnode_api_network_Port, name),
        AT(kvnode_api_network_Port, port), AT(kvnode_api_network_Port, protocol), {0} };
    static const Py_ssize_t kvnode_api_network_Port_size = sizeof(kvnode_api_network_Port);
    """
    const Field *kvnode_api_network_Port_fields
    const Py_ssize_t kvnode_api_network_Port_size
    ctypedef class kvnode.api.network.Port [object kvnode_api_network_Port, check_size ignore]:
        cdef object name "name_"
        cdef object port "port_"
        cdef object protocol "protocol_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *end_, *protocol_, *start_; } kvnode_api_network_PortRange;
    static const kvnode_field kvnode_api_network_PortRange_fields[] = { AT(kvnode_api_network_PortRange, end),
        AT(kvnode_api_network_PortRange, protocol), AT(kvnode_api_network_PortRange, start), {0} };
    static const Py_ssize_t kvnode_api_network_PortRange_size = sizeof(kvnode_api_network_PortRange);
    """
    const Field *kvnode_api_network_PortRange_fields
    const Py_ssize_t kvnode_api_network_PortRange_size
    ctypedef class kvnode.api.network.PortRange [object kvnode_api_network_PortRange, check_size ignore]:
        cdef object end "end_"
        cdef object protocol "protocol_"
        cdef object start "start_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *option_, *value_; } kvnode_api_network_DHCPPrivateOptions;
    static const kvnode_field kvnode_api_network_DHCPPrivateOptions_fields[] = {
        AT(kvnode_api_network_DHCPPrivateOptions, option), AT(kvnode_api_network_DHCPPrivateOptions, value), {0} };
    static const Py_ssize_t kvnode_api_network_DHCPPrivateOptions_size = sizeof(kvnode_api_network_DHCPPrivateOptions);
    """
    const Field *kvnode_api_network_DHCPPrivateOptions_fields
    const Py_ssize_t kvnode_api_network_DHCPPrivateOptions_size
    ctypedef class kvnode.api.network.DHCPPrivateOptions [object kvnode_api_network_DHCPPrivateOptions, check_size ignore]:
        cdef object option "option_"
        cdef object value "value_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *boot_file_name_, *ntp_servers_, *private_options_, *tftp_server_name_;
        } kvnode_api_network_DHCPOptions;
    static const kvnode_field kvnode_api_network_DHCPOptions_fields[] = { AT(kvnode_api_network_DHCPOptions,
        boot_file_name), AT(kvnode_api_network_DHCPOptions, ntp_servers), AT(kvnode_api_network_DHCPOptions,
        private_options), AT(kvnode_api_network_DHCPOptions, tftp_server_name), {0} };
    static const Py_ssize_t kvnode_api_network_DHCPOptions_size = sizeof(kvnode_api_network_DHCPOptions);
    """
    const Field *kvnode_api_network_DHCPOptions_fields
    const Py_ssize_t kvnode_api_network_DHCPOptions_size
    ctypedef class kvnode.api.network.DHCPOptions [object kvnode_api_network_DHCPOptions, check_size ignore]:
        cdef object ntp_servers_ "ntp_servers_"
        cdef object private_options_ "private_options_"
        cdef object boot_file_name "boot_file_name_"
        cdef object tftp_server_name "tftp_server_name_"
        @property
        cdef inline tuple ntp_servers(self):
            return self.ntp_servers_
        @property
        cdef inline tuple private_options(self):
            return self.private_options_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *acpi_index_, *binding_, *boot_order_, *bridge_, *dhcp_options_,
        *mac_address_, *macvtap_, *masquerade_, *model_, *name_, *passt_, *passt_binding_, *pci_address_,
        *port_ranges_, *ports_, *slirp_, *sriov_, *state_, *tag_; } kvnode_api_network_Interface;
    static const kvnode_field kvnode_api_network_Interface_fields[] = { AT(kvnode_api_network_Interface,
        acpi_index), AT(kvnode_api_network_Interface, binding), AT(kvnode_api_network_Interface, boot_order),
        AT(kvnode_api_network_Interface, bridge), AT(kvnode_api_network_Interface, dhcp_options),
        AT(kvnode_api_network_Interface, mac_address), AT(kvnode_api_network_Interface, macvtap),
        AT(kvnode_api_network_Interface, masquerade), AT(kvnode_api_network_Interface, model),
        AT(kvnode_api_network_Interface, name), AT(kvnode_api_network_Interface, passt),
        AT(kvnode_api_network_Interface, passt_binding), AT(kvnode_api_network_Interface, pci_address),
        AT(kvnode_api_network_Interface, port_ranges), AT(kvnode_api_network_Interface, ports),
        AT(kvnode_api_network_Interface, slirp), AT(kvnode_api_network_Interface, sriov),
        AT(kvnode_api_network_Interface, state), AT(kvnode_api_network_Interface, tag), {0} };
    static const Py_ssize_t kvnode_api_network_Interface_size = sizeof(kvnode_api_network_Interface);
    """
    const Field *kvnode_api_network_Interface_fields
    const Py_ssize_t kvnode_api_network_Interface_size
    ctypedef class kvnode.api.network.Interface [object kvnode_api_network_Interface, check_size ignore]:
        cdef object binding_ "binding_"
        cdef object dhcp_options_ "dhcp_options_"
        cdef object port_ranges_ "port_ranges_"
        cdef object ports_ "ports_"
        cdef object acpi_index "acpi_index_"
        cdef object boot_order "boot_order_"
        cdef object bridge "bridge_"
        cdef object mac_address "mac_address_"
        cdef object macvtap "macvtap_"
        cdef object masquerade "masquerade_"
        cdef object model "model_"
        cdef object name "name_"
        cdef object passt "passt_"
        cdef object passt_binding "passt_binding_"
        cdef object pci_address "pci_address_"
        cdef object slirp "slirp_"
        cdef object sriov "sriov_"
        cdef object state "state_"
        cdef object tag "tag_"
        @property
        cdef inline PluginBinding binding(self):
            return self.binding_
        @property
        cdef inline DHCPOptions dhcp_options(self):
            return self.dhcp_options_
        @property
        cdef inline tuple port_ranges(self):
            return self.port_ranges_
        @property
        cdef inline tuple ports(self):
            return self.ports_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *value_; } kvnode_api_network_PodDNSConfigOption;
    static const kvnode_field kvnode_api_network_PodDNSConfigOption_fields[] = {
        AT(kvnode_api_network_PodDNSConfigOption, name), AT(kvnode_api_network_PodDNSConfigOption, value), {0} };
    static const Py_ssize_t kvnode_api_network_PodDNSConfigOption_size = sizeof(kvnode_api_network_PodDNSConfigOption);
    """
    const Field *kvnode_api_network_PodDNSConfigOption_fields
    const Py_ssize_t kvnode_api_network_PodDNSConfigOption_size
    ctypedef class kvnode.api.network.PodDNSConfigOption [object kvnode_api_network_PodDNSConfigOption, check_size ignore]:
        cdef object name "name_"
        cdef object value "value_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *nameservers_, *options_, *searches_; } kvnode_api_network_PodDNSConfig;
    static const kvnode_field kvnode_api_network_PodDNSConfig_fields[] = { AT(kvnode_api_network_PodDNSConfig,
        nameservers), AT(kvnode_api_network_PodDNSConfig, options), AT(kvnode_api_network_PodDNSConfig, searches),
        {0} };
    static const Py_ssize_t kvnode_api_network_PodDNSConfig_size = sizeof(kvnode_api_network_PodDNSConfig);
    """
    const Field *kvnode_api_network_PodDNSConfig_fields
    const Py_ssize_t kvnode_api_network_PodDNSConfig_size
    ctypedef class kvnode.api.network.PodDNSConfig [object kvnode_api_network_PodDNSConfig, check_size ignore]:
        cdef object nameservers_ "nameservers_"
        cdef object options_ "options_"
        cdef object searches_ "searches_"
        @property
        cdef inline tuple nameservers(self):
            return self.nameservers_
        @property
        cdef inline tuple options(self):
            return self.options_
        @property
        cdef inline tuple searches(self):
            return self.searches_


cdef inline int check_api_network() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(PodNetwork, kvnode_api_network_PodNetwork_fields, kvnode_api_network_PodNetwork_size)
    kvnode_lies_so(MultusNetwork, kvnode_api_network_MultusNetwork_fields, kvnode_api_network_MultusNetwork_size)
    kvnode_lies_so(Network, kvnode_api_network_Network_fields, kvnode_api_network_Network_size)
    kvnode_lies_so(PluginBinding, kvnode_api_network_PluginBinding_fields, kvnode_api_network_PluginBinding_size)
    kvnode_lies_so(Port, kvnode_api_network_Port_fields, kvnode_api_network_Port_size)
    kvnode_lies_so(PortRange, kvnode_api_network_PortRange_fields, kvnode_api_network_PortRange_size)
    kvnode_lies_so(DHCPPrivateOptions, kvnode_api_network_DHCPPrivateOptions_fields, kvnode_api_network_DHCPPrivateOptions_size)
    kvnode_lies_so(DHCPOptions, kvnode_api_network_DHCPOptions_fields, kvnode_api_network_DHCPOptions_size)
    kvnode_lies_so(Interface, kvnode_api_network_Interface_fields, kvnode_api_network_Interface_size)
    kvnode_lies_so(PodDNSConfigOption, kvnode_api_network_PodDNSConfigOption_fields, kvnode_api_network_PodDNSConfigOption_size)
    kvnode_lies_so(PodDNSConfig, kvnode_api_network_PodDNSConfig_fields, kvnode_api_network_PodDNSConfig_size)
    return 0
