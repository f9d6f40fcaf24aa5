# cython: language_level=3
"""Where the fields of kvnode.api.cpu_memory lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *policy_; } kvnode_api_cpu_memory_CPUFeature;
    static const kvnode_field kvnode_api_cpu_memory_CPUFeature_fields[] = { AT(kvnode_api_cpu_memory_CPUFeature,
        name), AT(kvnode_api_cpu_memory_CPUFeature, policy), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_CPUFeature_size = sizeof(kvnode_api_cpu_memory_CPUFeature);
    """
    const Field *kvnode_api_cpu_memory_CPUFeature_fields
    const Py_ssize_t kvnode_api_cpu_memory_CPUFeature_size
    ctypedef class kvnode.api.cpu_memory.CPUFeature [object kvnode_api_cpu_memory_CPUFeature, check_size ignore]:
        cdef object name "name_"
        cdef object policy "policy_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *guest_mapping_passthrough_; } kvnode_api_cpu_memory_NUMA;
    static const kvnode_field kvnode_api_cpu_memory_NUMA_fields[] = { AT(kvnode_api_cpu_memory_NUMA,
        guest_mapping_passthrough), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_NUMA_size = sizeof(kvnode_api_cpu_memory_NUMA);
    """
    const Field *kvnode_api_cpu_memory_NUMA_fields
    const Py_ssize_t kvnode_api_cpu_memory_NUMA_size
    ctypedef class kvnode.api.cpu_memory.NUMA [object kvnode_api_cpu_memory_NUMA, check_size ignore]:
        cdef object guest_mapping_passthrough "guest_mapping_passthrough_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *mask_; } kvnode_api_cpu_memory_Realtime;
    static const kvnode_field kvnode_api_cpu_memory_Realtime_fields[] = { AT(kvnode_api_cpu_memory_Realtime, mask),
        {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_Realtime_size = sizeof(kvnode_api_cpu_memory_Realtime);
    """
    const Field *kvnode_api_cpu_memory_Realtime_fields
    const Py_ssize_t kvnode_api_cpu_memory_Realtime_size
    ctypedef class kvnode.api.cpu_memory.Realtime [object kvnode_api_cpu_memory_Realtime, check_size ignore]:
        cdef object mask "mask_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *cores_, *dedicated_cpu_placement_, *features_,
        *isolate_emulator_thread_, *max_sockets_, *model_, *numa_, *realtime_, *sockets_, *threads_; }
        kvnode_api_cpu_memory_CPU;
    static const kvnode_field kvnode_api_cpu_memory_CPU_fields[] = { AT(kvnode_api_cpu_memory_CPU, cores),
        AT(kvnode_api_cpu_memory_CPU, dedicated_cpu_placement), AT(kvnode_api_cpu_memory_CPU, features),
        AT(kvnode_api_cpu_memory_CPU, isolate_emulator_thread), AT(kvnode_api_cpu_memory_CPU, max_sockets),
        AT(kvnode_api_cpu_memory_CPU, model), AT(kvnode_api_cpu_memory_CPU, numa), AT(kvnode_api_cpu_memory_CPU,
        realtime), AT(kvnode_api_cpu_memory_CPU, sockets), AT(kvnode_api_cpu_memory_CPU, threads), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_CPU_size = sizeof(kvnode_api_cpu_memory_CPU);
    """
    const Field *kvnode_api_cpu_memory_CPU_fields
    const Py_ssize_t kvnode_api_cpu_memory_CPU_size
    ctypedef class kvnode.api.cpu_memory.CPU [object kvnode_api_cpu_memory_CPU, check_size ignore]:
        cdef object features_ "features_"
        cdef object numa_ "numa_"
        cdef object realtime_ "realtime_"
        cdef object cores "cores_"
        cdef object dedicated_cpu_placement "dedicated_cpu_placement_"
        cdef object isolate_emulator_thread "isolate_emulator_thread_"
        cdef object max_sockets "max_sockets_"
        cdef object model "model_"
        cdef object sockets "sockets_"
        cdef object threads "threads_"
        @property
        cdef inline tuple features(self):
            return self.features_
        @property
        cdef inline NUMA numa(self):
            return self.numa_
        @property
        cdef inline Realtime realtime(self):
            return self.realtime_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *cores_, *sockets_, *threads_; } kvnode_api_cpu_memory_CPUTopology;
    static const kvnode_field kvnode_api_cpu_memory_CPUTopology_fields[] = { AT(kvnode_api_cpu_memory_CPUTopology,
        cores), AT(kvnode_api_cpu_memory_CPUTopology, sockets), AT(kvnode_api_cpu_memory_CPUTopology, threads), {0}
        };
    static const Py_ssize_t kvnode_api_cpu_memory_CPUTopology_size = sizeof(kvnode_api_cpu_memory_CPUTopology);
    """
    const Field *kvnode_api_cpu_memory_CPUTopology_fields
    const Py_ssize_t kvnode_api_cpu_memory_CPUTopology_size
    ctypedef class kvnode.api.cpu_memory.CPUTopology [object kvnode_api_cpu_memory_CPUTopology, check_size ignore]:
        cdef object cores "cores_"
        cdef object sockets "sockets_"
        cdef object threads "threads_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *page_size_; } kvnode_api_cpu_memory_Hugepages;
    static const kvnode_field kvnode_api_cpu_memory_Hugepages_fields[] = { AT(kvnode_api_cpu_memory_Hugepages,
        page_size), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_Hugepages_size = sizeof(kvnode_api_cpu_memory_Hugepages);
    """
    const Field *kvnode_api_cpu_memory_Hugepages_fields
    const Py_ssize_t kvnode_api_cpu_memory_Hugepages_size
    ctypedef class kvnode.api.cpu_memory.Hugepages [object kvnode_api_cpu_memory_Hugepages, check_size ignore]:
        cdef object page_size "page_size_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *added_overhead_, *mem_lock_; } kvnode_api_cpu_memory_ReservedOverhead;
    static const kvnode_field kvnode_api_cpu_memory_ReservedOverhead_fields[] = {
        AT(kvnode_api_cpu_memory_ReservedOverhead, added_overhead), AT(kvnode_api_cpu_memory_ReservedOverhead,
        mem_lock), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_ReservedOverhead_size = sizeof(kvnode_api_cpu_memory_ReservedOverhead);
    """
    const Field *kvnode_api_cpu_memory_ReservedOverhead_fields
    const Py_ssize_t kvnode_api_cpu_memory_ReservedOverhead_size
    ctypedef class kvnode.api.cpu_memory.ReservedOverhead [object kvnode_api_cpu_memory_ReservedOverhead, check_size ignore]:
        cdef object added_overhead "added_overhead_"
        cdef object mem_lock "mem_lock_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *guest_, *hugepages_, *max_guest_, *reserved_overhead_; }
        kvnode_api_cpu_memory_Memory;
    static const kvnode_field kvnode_api_cpu_memory_Memory_fields[] = { AT(kvnode_api_cpu_memory_Memory, guest),
        AT(kvnode_api_cpu_memory_Memory, hugepages), AT(kvnode_api_cpu_memory_Memory, max_guest),
        AT(kvnode_api_cpu_memory_Memory, reserved_overhead), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_Memory_size = sizeof(kvnode_api_cpu_memory_Memory);
    """
    const Field *kvnode_api_cpu_memory_Memory_fields
    const Py_ssize_t kvnode_api_cpu_memory_Memory_size
    ctypedef class kvnode.api.cpu_memory.Memory [object kvnode_api_cpu_memory_Memory, check_size ignore]:
        cdef object hugepages_ "hugepages_"
        cdef object reserved_overhead_ "reserved_overhead_"
        cdef object guest "guest_"
        cdef object max_guest "max_guest_"
        @property
        cdef inline Hugepages hugepages(self):
            return self.hugepages_
        @property
        cdef inline ReservedOverhead reserved_overhead(self):
            return self.reserved_overhead_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *limits_, *overcommit_guest_overhead_, *requests_; }
        kvnode_api_cpu_memory_ResourceRequirements;
    static const kvnode_field kvnode_api_cpu_memory_ResourceRequirements_fields[] = {
        AT(kvnode_api_cpu_memory_ResourceRequirements, limits), AT(kvnode_api_cpu_memory_ResourceRequirements,
        overcommit_guest_overhead), AT(kvnode_api_cpu_memory_ResourceRequirements, requests), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_ResourceRequirements_size = sizeof(kvnode_api_cpu_memory_ResourceRequirements);
    """
    const Field *kvnode_api_cpu_memory_ResourceRequirements_fields
    const Py_ssize_t kvnode_api_cpu_memory_ResourceRequirements_size
    ctypedef class kvnode.api.cpu_memory.ResourceRequirements [object kvnode_api_cpu_memory_ResourceRequirements, check_size ignore]:
        cdef object limits "limits_"
        cdef object overcommit_guest_overhead "overcommit_guest_overhead_"
        cdef object requests "requests_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *limits_, *requests_; }
        kvnode_api_cpu_memory_ResourceRequirementsWithoutClaims;
    static const kvnode_field kvnode_api_cpu_memory_ResourceRequirementsWithoutClaims_fields[] = {
        AT(kvnode_api_cpu_memory_ResourceRequirementsWithoutClaims, limits),
        AT(kvnode_api_cpu_memory_ResourceRequirementsWithoutClaims, requests), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_ResourceRequirementsWithoutClaims_size = sizeof(kvnode_api_cpu_memory_ResourceRequirementsWithoutClaims);
    """
    const Field *kvnode_api_cpu_memory_ResourceRequirementsWithoutClaims_fields
    const Py_ssize_t kvnode_api_cpu_memory_ResourceRequirementsWithoutClaims_size
    ctypedef class kvnode.api.cpu_memory.ResourceRequirementsWithoutClaims [object kvnode_api_cpu_memory_ResourceRequirementsWithoutClaims, check_size ignore]:
        cdef object limits "limits_"
        cdef object requests "requests_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *limits_, *requests_; }
        kvnode_api_cpu_memory_VolumeResourceRequirements;
    static const kvnode_field kvnode_api_cpu_memory_VolumeResourceRequirements_fields[] = {
        AT(kvnode_api_cpu_memory_VolumeResourceRequirements, limits),
        AT(kvnode_api_cpu_memory_VolumeResourceRequirements, requests), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_VolumeResourceRequirements_size = sizeof(kvnode_api_cpu_memory_VolumeResourceRequirements);
    """
    const Field *kvnode_api_cpu_memory_VolumeResourceRequirements_fields
    const Py_ssize_t kvnode_api_cpu_memory_VolumeResourceRequirements_size
    ctypedef class kvnode.api.cpu_memory.VolumeResourceRequirements [object kvnode_api_cpu_memory_VolumeResourceRequirements, check_size ignore]:
        cdef object limits "limits_"
        cdef object requests "requests_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *resource_claim_name_, *resource_claim_template_name_; }
        kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim;
    static const kvnode_field kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim_fields[] = {
        AT(kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim, name),
        AT(kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim, resource_claim_name),
        AT(kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim, resource_claim_template_name), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim_size = sizeof(kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim);
    """
    const Field *kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim_fields
    const Py_ssize_t kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim_size
    ctypedef class kvnode.api.cpu_memory.VirtualMachineInstanceResourceClaim [object kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim, check_size ignore]:
        cdef object name "name_"
        cdef object resource_claim_name "resource_claim_name_"
        cdef object resource_claim_template_name "resource_claim_template_name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *claim_name_, *request_name_; } kvnode_api_cpu_memory_ClaimRequest;
    static const kvnode_field kvnode_api_cpu_memory_ClaimRequest_fields[] = { AT(kvnode_api_cpu_memory_ClaimRequest,
        claim_name), AT(kvnode_api_cpu_memory_ClaimRequest, request_name), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_ClaimRequest_size = sizeof(kvnode_api_cpu_memory_ClaimRequest);
    """
    const Field *kvnode_api_cpu_memory_ClaimRequest_fields
    const Py_ssize_t kvnode_api_cpu_memory_ClaimRequest_size
    ctypedef class kvnode.api.cpu_memory.ClaimRequest [object kvnode_api_cpu_memory_ClaimRequest, check_size ignore]:
        cdef object claim_name "claim_name_"
        cdef object request_name "request_name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *supplemental_pool_thread_count_; } kvnode_api_cpu_memory_DiskIOThreads;
    static const kvnode_field kvnode_api_cpu_memory_DiskIOThreads_fields[] = {
        AT(kvnode_api_cpu_memory_DiskIOThreads, supplemental_pool_thread_count), {0} };
    static const Py_ssize_t kvnode_api_cpu_memory_DiskIOThreads_size = sizeof(kvnode_api_cpu_memory_DiskIOThreads);
    """
    const Field *kvnode_api_cpu_memory_DiskIOThreads_fields
    const Py_ssize_t kvnode_api_cpu_memory_DiskIOThreads_size
    ctypedef class kvnode.api.cpu_memory.DiskIOThreads [object kvnode_api_cpu_memory_DiskIOThreads, check_size ignore]:
        cdef object supplemental_pool_thread_count "supplemental_pool_thread_count_"


cdef inline int check_api_cpu_memory() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(CPUFeature, kvnode_api_cpu_memory_CPUFeature_fields, kvnode_api_cpu_memory_CPUFeature_size)
    kvnode_lies_so(NUMA, kvnode_api_cpu_memory_NUMA_fields, kvnode_api_cpu_memory_NUMA_size)
    kvnode_lies_so(Realtime, kvnode_api_cpu_memory_Realtime_fields, kvnode_api_cpu_memory_Realtime_size)
    kvnode_lies_so(CPU, kvnode_api_cpu_memory_CPU_fields, kvnode_api_cpu_memory_CPU_size)
    kvnode_lies_so(CPUTopology, kvnode_api_cpu_memory_CPUTopology_fields, kvnode_api_cpu_memory_CPUTopology_size)
    kvnode_lies_so(Hugepages, kvnode_api_cpu_memory_Hugepages_fields, kvnode_api_cpu_memory_Hugepages_size)
    kvnode_lies_so(ReservedOverhead, kvnode_api_cpu_memory_ReservedOverhead_fields, kvnode_api_cpu_memory_ReservedOverhead_size)
    kvnode_lies_so(Memory, kvnode_api_cpu_memory_Memory_fields, kvnode_api_cpu_memory_Memory_size)
    kvnode_lies_so(ResourceRequirements, kvnode_api_cpu_memory_ResourceRequirements_fields, kvnode_api_cpu_memory_ResourceRequirements_size)
    kvnode_lies_so(ResourceRequirementsWithoutClaims, kvnode_api_cpu_memory_ResourceRequirementsWithoutClaims_fields, kvnode_api_cpu_memory_ResourceRequirementsWithoutClaims_size)
    kvnode_lies_so(VolumeResourceRequirements, kvnode_api_cpu_memory_VolumeResourceRequirements_fields, kvnode_api_cpu_memory_VolumeResourceRequirements_size)
    kvnode_lies_so(VirtualMachineInstanceResourceClaim, kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim_fields, kvnode_api_cpu_memory_VirtualMachineInstanceResourceClaim_size)
    kvnode_lies_so(ClaimRequest, kvnode_api_cpu_memory_ClaimRequest_fields, kvnode_api_cpu_memory_ClaimRequest_size)
    kvnode_lies_so(DiskIOThreads, kvnode_api_cpu_memory_DiskIOThreads_fields, kvnode_api_cpu_memory_DiskIOThreads_size)
    return 0
