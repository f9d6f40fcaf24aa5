# cython: language_level=3
"""Where the fields of kvnode.facts.host lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *free_, *total_; } kvnode_facts_host_HugepagePool;
    static const kvnode_field kvnode_facts_host_HugepagePool_fields[] = { AT(kvnode_facts_host_HugepagePool, free),
        AT(kvnode_facts_host_HugepagePool, total), {0} };
    static const Py_ssize_t kvnode_facts_host_HugepagePool_size = sizeof(kvnode_facts_host_HugepagePool);
    """
    const Field *kvnode_facts_host_HugepagePool_fields
    const Py_ssize_t kvnode_facts_host_HugepagePool_size
    ctypedef class kvnode.facts.host.HugepagePool [object kvnode_facts_host_HugepagePool, check_size ignore]:
        cdef object free "free_"
        cdef object total "total_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *cores_, *distances_, *hugepages_, *id_, *memory_bytes_,
        *memory_free_bytes_; } kvnode_facts_host_Cell;
    static const kvnode_field kvnode_facts_host_Cell_fields[] = { AT(kvnode_facts_host_Cell, cores),
        AT(kvnode_facts_host_Cell, distances), AT(kvnode_facts_host_Cell, hugepages), AT(kvnode_facts_host_Cell,
        id), AT(kvnode_facts_host_Cell, memory_bytes), AT(kvnode_facts_host_Cell, memory_free_bytes), {0} };
    static const Py_ssize_t kvnode_facts_host_Cell_size = sizeof(kvnode_facts_host_Cell);
    """
    const Field *kvnode_facts_host_Cell_fields
    const Py_ssize_t kvnode_facts_host_Cell_size
    ctypedef class kvnode.facts.host.Cell [object kvnode_facts_host_Cell, check_size ignore]:
        cdef object cores_ "cores_"
        cdef object distances "distances_"
        cdef object hugepages "hugepages_"
        cdef object id "id_"
        cdef object memory_bytes "memory_bytes_"
        cdef object memory_free_bytes "memory_free_bytes_"
        @property
        cdef inline tuple cores(self):
            return self.cores_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *capacity_bytes_, *discard_granularity_bytes_, *format_,
        *logical_block_bytes_, *mode_, *path_, *physical_block_bytes_, *preallocated_; }
        kvnode_facts_host_VolumeFacts;
    static const kvnode_field kvnode_facts_host_VolumeFacts_fields[] = { AT(kvnode_facts_host_VolumeFacts,
        capacity_bytes), AT(kvnode_facts_host_VolumeFacts, discard_granularity_bytes),
        AT(kvnode_facts_host_VolumeFacts, format), AT(kvnode_facts_host_VolumeFacts, logical_block_bytes),
        AT(kvnode_facts_host_VolumeFacts, mode), AT(kvnode_facts_host_VolumeFacts, path),
        AT(kvnode_facts_host_VolumeFacts, physical_block_bytes), AT(kvnode_facts_host_VolumeFacts, preallocated),
        {0} };
    static const Py_ssize_t kvnode_facts_host_VolumeFacts_size = sizeof(kvnode_facts_host_VolumeFacts);
    """
    const Field *kvnode_facts_host_VolumeFacts_fields
    const Py_ssize_t kvnode_facts_host_VolumeFacts_size
    ctypedef class kvnode.facts.host.VolumeFacts [object kvnode_facts_host_VolumeFacts, check_size ignore]:
        cdef object capacity_bytes "capacity_bytes_"
        cdef object discard_granularity_bytes "discard_granularity_bytes_"
        cdef object format "format_"
        cdef object logical_block_bytes "logical_block_bytes_"
        cdef object mode "mode_"
        cdef object path "path_"
        cdef object physical_block_bytes "physical_block_bytes_"
        cdef object preallocated "preallocated_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *mdev_, *pci_, *usb_; } kvnode_facts_host_ClaimedDevice;
    static const kvnode_field kvnode_facts_host_ClaimedDevice_fields[] = { AT(kvnode_facts_host_ClaimedDevice,
        mdev), AT(kvnode_facts_host_ClaimedDevice, pci), AT(kvnode_facts_host_ClaimedDevice, usb), {0} };
    static const Py_ssize_t kvnode_facts_host_ClaimedDevice_size = sizeof(kvnode_facts_host_ClaimedDevice);
    """
    const Field *kvnode_facts_host_ClaimedDevice_fields
    const Py_ssize_t kvnode_facts_host_ClaimedDevice_size
    ctypedef class kvnode.facts.host.ClaimedDevice [object kvnode_facts_host_ClaimedDevice, check_size ignore]:
        cdef object mdev "mdev_"
        cdef object pci "pci_"
        cdef object usb "usb_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *dst_, *gateway_; } kvnode_facts_host_Route;
    static const kvnode_field kvnode_facts_host_Route_fields[] = { AT(kvnode_facts_host_Route, dst),
        AT(kvnode_facts_host_Route, gateway), {0} };
    static const Py_ssize_t kvnode_facts_host_Route_size = sizeof(kvnode_facts_host_Route);
    """
    const Field *kvnode_facts_host_Route_fields
    const Py_ssize_t kvnode_facts_host_Route_size
    ctypedef class kvnode.facts.host.Route [object kvnode_facts_host_Route, check_size ignore]:
        cdef object dst "dst_"
        cdef object gateway "gateway_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *nameservers_, *search_; } kvnode_facts_host_Resolver;
    static const kvnode_field kvnode_facts_host_Resolver_fields[] = { AT(kvnode_facts_host_Resolver, nameservers),
        AT(kvnode_facts_host_Resolver, search), {0} };
    static const Py_ssize_t kvnode_facts_host_Resolver_size = sizeof(kvnode_facts_host_Resolver);
    """
    const Field *kvnode_facts_host_Resolver_fields
    const Py_ssize_t kvnode_facts_host_Resolver_size
    ctypedef class kvnode.facts.host.Resolver [object kvnode_facts_host_Resolver, check_size ignore]:
        cdef object nameservers_ "nameservers_"
        cdef object search_ "search_"
        @property
        cdef inline tuple nameservers(self):
            return self.nameservers_
        @property
        cdef inline tuple search(self):
            return self.search_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *addresses_, *ifname_, *kind_, *mac_, *mtu_, *pci_, *resolver_,
        *routes_; } kvnode_facts_host_LinkFacts;
    static const kvnode_field kvnode_facts_host_LinkFacts_fields[] = { AT(kvnode_facts_host_LinkFacts, addresses),
        AT(kvnode_facts_host_LinkFacts, ifname), AT(kvnode_facts_host_LinkFacts, kind),
        AT(kvnode_facts_host_LinkFacts, mac), AT(kvnode_facts_host_LinkFacts, mtu), AT(kvnode_facts_host_LinkFacts,
        pci), AT(kvnode_facts_host_LinkFacts, resolver), AT(kvnode_facts_host_LinkFacts, routes), {0} };
    static const Py_ssize_t kvnode_facts_host_LinkFacts_size = sizeof(kvnode_facts_host_LinkFacts);
    """
    const Field *kvnode_facts_host_LinkFacts_fields
    const Py_ssize_t kvnode_facts_host_LinkFacts_size
    ctypedef class kvnode.facts.host.LinkFacts [object kvnode_facts_host_LinkFacts, check_size ignore]:
        cdef object addresses_ "addresses_"
        cdef object resolver_ "resolver_"
        cdef object routes_ "routes_"
        cdef object ifname "ifname_"
        cdef object kind "kind_"
        cdef object mac "mac_"
        cdef object mtu "mtu_"
        cdef object pci "pci_"
        @property
        cdef inline tuple addresses(self):
            return self.addresses_
        @property
        cdef inline Resolver resolver(self):
            return self.resolver_
        @property
        cdef inline tuple routes(self):
            return self.routes_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *code_, *vars_; } kvnode_facts_host_Firmware;
    static const kvnode_field kvnode_facts_host_Firmware_fields[] = { AT(kvnode_facts_host_Firmware, code),
        AT(kvnode_facts_host_Firmware, vars), {0} };
    static const Py_ssize_t kvnode_facts_host_Firmware_size = sizeof(kvnode_facts_host_Firmware);
    """
    const Field *kvnode_facts_host_Firmware_fields
    const Py_ssize_t kvnode_facts_host_Firmware_size
    ctypedef class kvnode.facts.host.Firmware [object kvnode_facts_host_Firmware, check_size ignore]:
        cdef object code "code_"
        cdef object vars "vars_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *allotted_cpus_, *arch_, *cells_, *claims_, *cpu_models_, *devices_,
        *efi_, *emulation_allowed_, *host_cpu_model_, *kvm_, *kvm_note_, *kvm_ns_per_instruction_, *libvirt_,
        *links_, *machine_types_, *mdev_, *memory_available_bytes_, *memory_lock_bytes_, *pci_, *qemu_, *usb_,
        *version_, *volumes_; } kvnode_facts_host_HostFacts;
    static const kvnode_field kvnode_facts_host_HostFacts_fields[] = { AT(kvnode_facts_host_HostFacts,
        allotted_cpus), AT(kvnode_facts_host_HostFacts, arch), AT(kvnode_facts_host_HostFacts, cells),
        AT(kvnode_facts_host_HostFacts, claims), AT(kvnode_facts_host_HostFacts, cpu_models),
        AT(kvnode_facts_host_HostFacts, devices), AT(kvnode_facts_host_HostFacts, efi),
        AT(kvnode_facts_host_HostFacts, emulation_allowed), AT(kvnode_facts_host_HostFacts, host_cpu_model),
        AT(kvnode_facts_host_HostFacts, kvm), AT(kvnode_facts_host_HostFacts, kvm_note),
        AT(kvnode_facts_host_HostFacts, kvm_ns_per_instruction), AT(kvnode_facts_host_HostFacts, libvirt),
        AT(kvnode_facts_host_HostFacts, links), AT(kvnode_facts_host_HostFacts, machine_types),
        AT(kvnode_facts_host_HostFacts, mdev), AT(kvnode_facts_host_HostFacts, memory_available_bytes),
        AT(kvnode_facts_host_HostFacts, memory_lock_bytes), AT(kvnode_facts_host_HostFacts, pci),
        AT(kvnode_facts_host_HostFacts, qemu), AT(kvnode_facts_host_HostFacts, usb), AT(kvnode_facts_host_HostFacts,
        version), AT(kvnode_facts_host_HostFacts, volumes), {0} };
    static const Py_ssize_t kvnode_facts_host_HostFacts_size = sizeof(kvnode_facts_host_HostFacts);
    """
    const Field *kvnode_facts_host_HostFacts_fields
    const Py_ssize_t kvnode_facts_host_HostFacts_size
    ctypedef class kvnode.facts.host.HostFacts [object kvnode_facts_host_HostFacts, check_size ignore]:
        cdef object cells_ "cells_"
        cdef object cpu_models_ "cpu_models_"
        cdef object devices_ "devices_"
        cdef object machine_types_ "machine_types_"
        cdef object allotted_cpus "allotted_cpus_"
        cdef object arch "arch_"
        cdef object claims "claims_"
        cdef object efi "efi_"
        cdef object emulation_allowed "emulation_allowed_"
        cdef object host_cpu_model "host_cpu_model_"
        cdef object kvm "kvm_"
        cdef object kvm_note "kvm_note_"
        cdef object kvm_ns_per_instruction "kvm_ns_per_instruction_"
        cdef object libvirt "libvirt_"
        cdef object links "links_"
        cdef object mdev "mdev_"
        cdef object memory_available_bytes "memory_available_bytes_"
        cdef object memory_lock_bytes "memory_lock_bytes_"
        cdef object pci "pci_"
        cdef object qemu "qemu_"
        cdef object usb "usb_"
        cdef object version "version_"
        cdef object volumes "volumes_"
        @property
        cdef inline tuple cells(self):
            return self.cells_
        @property
        cdef inline tuple cpu_models(self):
            return self.cpu_models_
        @property
        cdef inline tuple devices(self):
            return self.devices_
        @property
        cdef inline tuple machine_types(self):
            return self.machine_types_


cdef inline int check_facts_host() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(HugepagePool, kvnode_facts_host_HugepagePool_fields, kvnode_facts_host_HugepagePool_size)
    kvnode_lies_so(Cell, kvnode_facts_host_Cell_fields, kvnode_facts_host_Cell_size)
    kvnode_lies_so(VolumeFacts, kvnode_facts_host_VolumeFacts_fields, kvnode_facts_host_VolumeFacts_size)
    kvnode_lies_so(ClaimedDevice, kvnode_facts_host_ClaimedDevice_fields, kvnode_facts_host_ClaimedDevice_size)
    kvnode_lies_so(Route, kvnode_facts_host_Route_fields, kvnode_facts_host_Route_size)
    kvnode_lies_so(Resolver, kvnode_facts_host_Resolver_fields, kvnode_facts_host_Resolver_size)
    kvnode_lies_so(LinkFacts, kvnode_facts_host_LinkFacts_fields, kvnode_facts_host_LinkFacts_size)
    kvnode_lies_so(Firmware, kvnode_facts_host_Firmware_fields, kvnode_facts_host_Firmware_size)
    kvnode_lies_so(HostFacts, kvnode_facts_host_HostFacts_fields, kvnode_facts_host_HostFacts_size)
    return 0
