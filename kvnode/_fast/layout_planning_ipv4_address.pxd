# cython: language_level=3
"""Where the fields of kvnode.planning.ipv4_address lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *number_, *prefix_; } kvnode_planning_ipv4_address_Ipv4;
    static const kvnode_field kvnode_planning_ipv4_address_Ipv4_fields[] = { AT(kvnode_planning_ipv4_address_Ipv4,
        number), AT(kvnode_planning_ipv4_address_Ipv4, prefix), {0} };
    static const Py_ssize_t kvnode_planning_ipv4_address_Ipv4_size = sizeof(kvnode_planning_ipv4_address_Ipv4);
    """
    const Field *kvnode_planning_ipv4_address_Ipv4_fields
    const Py_ssize_t kvnode_planning_ipv4_address_Ipv4_size
    ctypedef class kvnode.planning.ipv4_address.Ipv4 [object kvnode_planning_ipv4_address_Ipv4, check_size ignore]:
        cdef object number "number_"
        cdef object prefix "prefix_"


cdef inline int check_planning_ipv4_address() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(Ipv4, kvnode_planning_ipv4_address_Ipv4_fields, kvnode_planning_ipv4_address_Ipv4_size)
    return 0
