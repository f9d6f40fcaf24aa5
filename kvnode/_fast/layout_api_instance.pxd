# cython: language_level=3
"""Where the fields of kvnode.api.instance lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so
from kvnode._fast.layout_api_cpu_memory cimport CPU
from kvnode._fast.layout_api_cpu_memory cimport DiskIOThreads
from kvnode._fast.layout_api_cpu_memory cimport Memory
from kvnode._fast.layout_api_cpu_memory cimport ResourceRequirements
from kvnode._fast.layout_api_devices cimport Devices
from kvnode._fast.layout_api_features cimport Clock
from kvnode._fast.layout_api_features cimport Features
from kvnode._fast.layout_api_firmware cimport Chassis
from kvnode._fast.layout_api_firmware cimport Firmware
from kvnode._fast.layout_api_firmware cimport LaunchSecurity
from kvnode._fast.layout_api_firmware cimport Machine
from kvnode._fast.layout_api_meta cimport ListMeta
from kvnode._fast.layout_api_meta cimport ObjectMeta
from kvnode._fast.layout_api_network cimport PodDNSConfig
from kvnode._fast.layout_api_status cimport VirtualMachineInstanceStatus


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *chassis_, *clock_, *cpu_, *devices_, *features_, *firmware_,
        *io_threads_, *io_threads_policy_, *launch_security_, *machine_, *memory_, *reboot_policy_, *resources_; }
        kvnode_api_instance_DomainSpec;
    static const kvnode_field kvnode_api_instance_DomainSpec_fields[] = { AT(kvnode_api_instance_DomainSpec,
        chassis), AT(kvnode_api_instance_DomainSpec, clock), AT(kvnode_api_instance_DomainSpec, cpu),
        AT(kvnode_api_instance_DomainSpec, devices), AT(kvnode_api_instance_DomainSpec, features),
        AT(kvnode_api_instance_DomainSpec, firmware), AT(kvnode_api_instance_DomainSpec, io_threads),
        AT(kvnode_api_instance_DomainSpec, io_threads_policy), AT(kvnode_api_instance_DomainSpec, launch_security),
        AT(kvnode_api_instance_DomainSpec, machine), AT(kvnode_api_instance_DomainSpec, memory),
        AT(kvnode_api_instance_DomainSpec, reboot_policy), AT(kvnode_api_instance_DomainSpec, resources), {0} };
    static const Py_ssize_t kvnode_api_instance_DomainSpec_size = sizeof(kvnode_api_instance_DomainSpec);
    """
    const Field *kvnode_api_instance_DomainSpec_fields
    const Py_ssize_t kvnode_api_instance_DomainSpec_size
    ctypedef class kvnode.api.instance.DomainSpec [object kvnode_api_instance_DomainSpec, check_size ignore]:
        cdef object chassis_ "chassis_"
        cdef object clock_ "clock_"
        cdef object cpu_ "cpu_"
        cdef object devices_ "devices_"
        cdef object features_ "features_"
        cdef object firmware_ "firmware_"
        cdef object io_threads_ "io_threads_"
        cdef object launch_security_ "launch_security_"
        cdef object machine_ "machine_"
        cdef object memory_ "memory_"
        cdef object resources_ "resources_"
        cdef object io_threads_policy "io_threads_policy_"
        cdef object reboot_policy "reboot_policy_"
        @property
        cdef inline Chassis chassis(self):
            return self.chassis_
        @property
        cdef inline Clock clock(self):
            return self.clock_
        @property
        cdef inline CPU cpu(self):
            return self.cpu_
        @property
        cdef inline Devices devices(self):
            return self.devices_
        @property
        cdef inline Features features(self):
            return self.features_
        @property
        cdef inline Firmware firmware(self):
            return self.firmware_
        @property
        cdef inline DiskIOThreads io_threads(self):
            return self.io_threads_
        @property
        cdef inline LaunchSecurity launch_security(self):
            return self.launch_security_
        @property
        cdef inline Machine machine(self):
            return self.machine_
        @property
        cdef inline Memory memory(self):
            return self.memory_
        @property
        cdef inline ResourceRequirements resources(self):
            return self.resources_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *access_credentials_, *affinity_, *architecture_, *dns_config_,
        *dns_policy_, *domain_, *eviction_strategy_, *hostname_, *liveness_probe_, *networks_, *node_selector_,
        *priority_class_name_, *readiness_probe_, *resource_claims_, *scheduler_name_, *service_account_name_,
        *start_strategy_, *subdomain_, *termination_grace_period_seconds_, *tolerations_,
        *topology_spread_constraints_, *utility_volumes_, *volumes_; }
        kvnode_api_instance_VirtualMachineInstanceSpec;
    static const kvnode_field kvnode_api_instance_VirtualMachineInstanceSpec_fields[] = {
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, access_credentials),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, affinity),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, architecture),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, dns_config),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, dns_policy),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, domain),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, eviction_strategy),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, hostname),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, liveness_probe),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, networks),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, node_selector),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, priority_class_name),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, readiness_probe),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, resource_claims),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, scheduler_name),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, service_account_name),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, start_strategy),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, subdomain),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, termination_grace_period_seconds),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, tolerations),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, topology_spread_constraints),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, utility_volumes),
        AT(kvnode_api_instance_VirtualMachineInstanceSpec, volumes), {0} };
    static const Py_ssize_t kvnode_api_instance_VirtualMachineInstanceSpec_size = sizeof(kvnode_api_instance_VirtualMachineInstanceSpec);
    """
    const Field *kvnode_api_instance_VirtualMachineInstanceSpec_fields
    const Py_ssize_t kvnode_api_instance_VirtualMachineInstanceSpec_size
    ctypedef class kvnode.api.instance.VirtualMachineInstanceSpec [object kvnode_api_instance_VirtualMachineInstanceSpec, check_size ignore]:
        cdef object access_credentials_ "access_credentials_"
        cdef object dns_config_ "dns_config_"
        cdef object domain_ "domain_"
        cdef object networks_ "networks_"
        cdef object resource_claims_ "resource_claims_"
        cdef object tolerations_ "tolerations_"
        cdef object topology_spread_constraints_ "topology_spread_constraints_"
        cdef object utility_volumes_ "utility_volumes_"
        cdef object volumes_ "volumes_"
        cdef object affinity "affinity_"
        cdef object architecture "architecture_"
        cdef object dns_policy "dns_policy_"
        cdef object eviction_strategy "eviction_strategy_"
        cdef object hostname "hostname_"
        cdef object liveness_probe "liveness_probe_"
        cdef object node_selector "node_selector_"
        cdef object priority_class_name "priority_class_name_"
        cdef object readiness_probe "readiness_probe_"
        cdef object scheduler_name "scheduler_name_"
        cdef object service_account_name "service_account_name_"
        cdef object start_strategy "start_strategy_"
        cdef object subdomain "subdomain_"
        cdef object termination_grace_period_seconds "termination_grace_period_seconds_"
        @property
        cdef inline tuple access_credentials(self):
            return self.access_credentials_
        @property
        cdef inline PodDNSConfig dns_config(self):
            return self.dns_config_
        @property
        cdef inline DomainSpec domain(self):
            return self.domain_
        @property
        cdef inline tuple networks(self):
            return self.networks_
        @property
        cdef inline tuple resource_claims(self):
            return self.resource_claims_
        @property
        cdef inline tuple tolerations(self):
            return self.tolerations_
        @property
        cdef inline tuple topology_spread_constraints(self):
            return self.topology_spread_constraints_
        @property
        cdef inline tuple utility_volumes(self):
            return self.utility_volumes_
        @property
        cdef inline tuple volumes(self):
            return self.volumes_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *api_version_, *kind_, *metadata_, *spec_, *status_; }
        kvnode_api_instance_VirtualMachineInstance;
    static const kvnode_field kvnode_api_instance_VirtualMachineInstance_fields[] = {
        AT(kvnode_api_instance_VirtualMachineInstance, api_version), AT(kvnode_api_instance_VirtualMachineInstance,
        kind), AT(kvnode_api_instance_VirtualMachineInstance, metadata),
        AT(kvnode_api_instance_VirtualMachineInstance, spec), AT(kvnode_api_instance_VirtualMachineInstance,
        status), {0} };
    static const Py_ssize_t kvnode_api_instance_VirtualMachineInstance_size = sizeof(kvnode_api_instance_VirtualMachineInstance);
    """
    const Field *kvnode_api_instance_VirtualMachineInstance_fields
    const Py_ssize_t kvnode_api_instance_VirtualMachineInstance_size
    ctypedef class kvnode.api.instance.VirtualMachineInstance [object kvnode_api_instance_VirtualMachineInstance, check_size ignore]:
        cdef object metadata_ "metadata_"
        cdef object spec_ "spec_"
        cdef object status_ "status_"
        cdef object api_version "api_version_"
        cdef object kind "kind_"
        @property
        cdef inline ObjectMeta metadata(self):
            return self.metadata_
        @property
        cdef inline VirtualMachineInstanceSpec spec(self):
            return self.spec_
        @property
        cdef inline VirtualMachineInstanceStatus status(self):
            return self.status_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *metadata_, *spec_; }
        kvnode_api_instance_VirtualMachineInstanceTemplateSpec;
    static const kvnode_field kvnode_api_instance_VirtualMachineInstanceTemplateSpec_fields[] = {
        AT(kvnode_api_instance_VirtualMachineInstanceTemplateSpec, metadata),
        AT(kvnode_api_instance_VirtualMachineInstanceTemplateSpec, spec), {0} };
    static const Py_ssize_t kvnode_api_instance_VirtualMachineInstanceTemplateSpec_size = sizeof(kvnode_api_instance_VirtualMachineInstanceTemplateSpec);
    """
    const Field *kvnode_api_instance_VirtualMachineInstanceTemplateSpec_fields
    const Py_ssize_t kvnode_api_instance_VirtualMachineInstanceTemplateSpec_size
    ctypedef class kvnode.api.instance.VirtualMachineInstanceTemplateSpec [object kvnode_api_instance_VirtualMachineInstanceTemplateSpec, check_size ignore]:
        cdef object metadata_ "metadata_"
        cdef object spec_ "spec_"
        @property
        cdef inline ObjectMeta metadata(self):
            return self.metadata_
        @property
        cdef inline VirtualMachineInstanceSpec spec(self):
            return self.spec_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *api_version_, *items_, *kind_, *metadata_; }
        kvnode_api_instance_VirtualMachineInstanceList;
    static const kvnode_field kvnode_api_instance_VirtualMachineInstanceList_fields[] = {
        AT(kvnode_api_instance_VirtualMachineInstanceList, api_version),
        AT(kvnode_api_instance_VirtualMachineInstanceList, items),
        AT(kvnode_api_instance_VirtualMachineInstanceList, kind), AT(kvnode_api_instance_VirtualMachineInstanceList,
        metadata), {0} };
    static const Py_ssize_t kvnode_api_instance_VirtualMachineInstanceList_size = sizeof(kvnode_api_instance_VirtualMachineInstanceList);
    """
    const Field *kvnode_api_instance_VirtualMachineInstanceList_fields
    const Py_ssize_t kvnode_api_instance_VirtualMachineInstanceList_size
    ctypedef class kvnode.api.instance.VirtualMachineInstanceList [object kvnode_api_instance_VirtualMachineInstanceList, check_size ignore]:
        cdef object items_ "items_"
        cdef object metadata_ "metadata_"
        cdef object api_version "api_version_"
        cdef object kind "kind_"
        @property
        cdef inline tuple items(self):
            return self.items_
        @property
        cdef inline ListMeta metadata(self):
            return self.metadata_


cdef inline int check_api_instance() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(DomainSpec, kvnode_api_instance_DomainSpec_fields, kvnode_api_instance_DomainSpec_size)
    kvnode_lies_so(VirtualMachineInstanceSpec, kvnode_api_instance_VirtualMachineInstanceSpec_fields, kvnode_api_instance_VirtualMachineInstanceSpec_size)
    kvnode_lies_so(VirtualMachineInstance, kvnode_api_instance_VirtualMachineInstance_fields, kvnode_api_instance_VirtualMachineInstance_size)
    kvnode_lies_so(VirtualMachineInstanceTemplateSpec, kvnode_api_instance_VirtualMachineInstanceTemplateSpec_fields, kvnode_api_instance_VirtualMachineInstanceTemplateSpec_size)
    kvnode_lies_so(VirtualMachineInstanceList, kvnode_api_instance_VirtualMachineInstanceList_fields, kvnode_api_instance_VirtualMachineInstanceList_size)
    return 0
