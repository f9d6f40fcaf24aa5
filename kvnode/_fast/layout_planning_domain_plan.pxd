# cython: language_level=3
"""Where the fields of kvnode.planning.domain_plan lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so
from kvnode._fast.layout_planning_device_plans cimport DevicesPlan
from kvnode._fast.layout_planning_network_plans cimport NetworkPlan


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *nvram_, *path_, *secure_, *stateless_, *template_; }
        kvnode_planning_domain_plan_Loader;
    static const kvnode_field kvnode_planning_domain_plan_Loader_fields[] = { AT(kvnode_planning_domain_plan_Loader,
        nvram), AT(kvnode_planning_domain_plan_Loader, path), AT(kvnode_planning_domain_plan_Loader, secure),
        AT(kvnode_planning_domain_plan_Loader, stateless), AT(kvnode_planning_domain_plan_Loader, template), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_Loader_size = sizeof(kvnode_planning_domain_plan_Loader);
    """
    const Field *kvnode_planning_domain_plan_Loader_fields
    const Py_ssize_t kvnode_planning_domain_plan_Loader_size
    ctypedef class kvnode.planning.domain_plan.Loader [object kvnode_planning_domain_plan_Loader, check_size ignore]:
        cdef object nvram "nvram_"
        cdef object path "path_"
        cdef object secure "secure_"
        cdef object stateless "stateless_"
        cdef object template "template_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *acpi_tables_, *arch_, *bios_serial_, *boot_menu_timeout_ms_, *cmdline_,
        *initrd_, *kernel_, *loader_, *machine_, *smbios_; } kvnode_planning_domain_plan_OsPlan;
    static const kvnode_field kvnode_planning_domain_plan_OsPlan_fields[] = { AT(kvnode_planning_domain_plan_OsPlan,
        acpi_tables), AT(kvnode_planning_domain_plan_OsPlan, arch), AT(kvnode_planning_domain_plan_OsPlan,
        bios_serial), AT(kvnode_planning_domain_plan_OsPlan, boot_menu_timeout_ms),
        AT(kvnode_planning_domain_plan_OsPlan, cmdline), AT(kvnode_planning_domain_plan_OsPlan, initrd),
        AT(kvnode_planning_domain_plan_OsPlan, kernel), AT(kvnode_planning_domain_plan_OsPlan, loader),
        AT(kvnode_planning_domain_plan_OsPlan, machine), AT(kvnode_planning_domain_plan_OsPlan, smbios), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_OsPlan_size = sizeof(kvnode_planning_domain_plan_OsPlan);
    """
    const Field *kvnode_planning_domain_plan_OsPlan_fields
    const Py_ssize_t kvnode_planning_domain_plan_OsPlan_size
    ctypedef class kvnode.planning.domain_plan.OsPlan [object kvnode_planning_domain_plan_OsPlan, check_size ignore]:
        cdef object acpi_tables_ "acpi_tables_"
        cdef object loader_ "loader_"
        cdef object arch "arch_"
        cdef object bios_serial "bios_serial_"
        cdef object boot_menu_timeout_ms "boot_menu_timeout_ms_"
        cdef object cmdline "cmdline_"
        cdef object initrd "initrd_"
        cdef object kernel "kernel_"
        cdef object machine "machine_"
        cdef object smbios "smbios_"
        @property
        cdef inline tuple acpi_tables(self):
            return self.acpi_tables_
        @property
        cdef inline Loader loader(self):
            return self.loader_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *chassis_, *system_; } kvnode_planning_domain_plan_SysinfoPlan;
    static const kvnode_field kvnode_planning_domain_plan_SysinfoPlan_fields[] = {
        AT(kvnode_planning_domain_plan_SysinfoPlan, chassis), AT(kvnode_planning_domain_plan_SysinfoPlan, system),
        {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_SysinfoPlan_size = sizeof(kvnode_planning_domain_plan_SysinfoPlan);
    """
    const Field *kvnode_planning_domain_plan_SysinfoPlan_fields
    const Py_ssize_t kvnode_planning_domain_plan_SysinfoPlan_size
    ctypedef class kvnode.planning.domain_plan.SysinfoPlan [object kvnode_planning_domain_plan_SysinfoPlan, check_size ignore]:
        cdef object chassis_ "chassis_"
        cdef object system_ "system_"
        @property
        cdef inline tuple chassis(self):
            return self.chassis_
        @property
        cdef inline tuple system(self):
            return self.system_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *bytes_, *hugepage_bytes_, *max_bytes_, *shared_, *slots_, *source_,
        *unmerged_; } kvnode_planning_domain_plan_MemoryPlan;
    static const kvnode_field kvnode_planning_domain_plan_MemoryPlan_fields[] = {
        AT(kvnode_planning_domain_plan_MemoryPlan, bytes), AT(kvnode_planning_domain_plan_MemoryPlan,
        hugepage_bytes), AT(kvnode_planning_domain_plan_MemoryPlan, max_bytes),
        AT(kvnode_planning_domain_plan_MemoryPlan, shared), AT(kvnode_planning_domain_plan_MemoryPlan, slots),
        AT(kvnode_planning_domain_plan_MemoryPlan, source), AT(kvnode_planning_domain_plan_MemoryPlan, unmerged),
        {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_MemoryPlan_size = sizeof(kvnode_planning_domain_plan_MemoryPlan);
    """
    const Field *kvnode_planning_domain_plan_MemoryPlan_fields
    const Py_ssize_t kvnode_planning_domain_plan_MemoryPlan_size
    ctypedef class kvnode.planning.domain_plan.MemoryPlan [object kvnode_planning_domain_plan_MemoryPlan, check_size ignore]:
        cdef object bytes "bytes_"
        cdef object hugepage_bytes "hugepage_bytes_"
        cdef object max_bytes "max_bytes_"
        cdef object shared "shared_"
        cdef object slots "slots_"
        cdef object source "source_"
        cdef object unmerged "unmerged_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *enabled_, *maximum_; } kvnode_planning_domain_plan_VcpuPlan;
    static const kvnode_field kvnode_planning_domain_plan_VcpuPlan_fields[] = {
        AT(kvnode_planning_domain_plan_VcpuPlan, enabled), AT(kvnode_planning_domain_plan_VcpuPlan, maximum), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_VcpuPlan_size = sizeof(kvnode_planning_domain_plan_VcpuPlan);
    """
    const Field *kvnode_planning_domain_plan_VcpuPlan_fields
    const Py_ssize_t kvnode_planning_domain_plan_VcpuPlan_size
    ctypedef class kvnode.planning.domain_plan.VcpuPlan [object kvnode_planning_domain_plan_VcpuPlan, check_size ignore]:
        cdef object enabled "enabled_"
        cdef object maximum "maximum_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *policy_; } kvnode_planning_domain_plan_CpuFeature;
    static const kvnode_field kvnode_planning_domain_plan_CpuFeature_fields[] = {
        AT(kvnode_planning_domain_plan_CpuFeature, name), AT(kvnode_planning_domain_plan_CpuFeature, policy), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_CpuFeature_size = sizeof(kvnode_planning_domain_plan_CpuFeature);
    """
    const Field *kvnode_planning_domain_plan_CpuFeature_fields
    const Py_ssize_t kvnode_planning_domain_plan_CpuFeature_size
    ctypedef class kvnode.planning.domain_plan.CpuFeature [object kvnode_planning_domain_plan_CpuFeature, check_size ignore]:
        cdef object name "name_"
        cdef object policy "policy_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *cores_, *sockets_, *threads_; } kvnode_planning_domain_plan_Topology;
    static const kvnode_field kvnode_planning_domain_plan_Topology_fields[] = {
        AT(kvnode_planning_domain_plan_Topology, cores), AT(kvnode_planning_domain_plan_Topology, sockets),
        AT(kvnode_planning_domain_plan_Topology, threads), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_Topology_size = sizeof(kvnode_planning_domain_plan_Topology);
    """
    const Field *kvnode_planning_domain_plan_Topology_fields
    const Py_ssize_t kvnode_planning_domain_plan_Topology_size
    ctypedef class kvnode.planning.domain_plan.Topology [object kvnode_planning_domain_plan_Topology, check_size ignore]:
        cdef object cores "cores_"
        cdef object sockets "sockets_"
        cdef object threads "threads_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *cpus_, *distances_, *host_cell_, *id_, *memory_bytes_; }
        kvnode_planning_domain_plan_NumaCell;
    static const kvnode_field kvnode_planning_domain_plan_NumaCell_fields[] = {
        AT(kvnode_planning_domain_plan_NumaCell, cpus), AT(kvnode_planning_domain_plan_NumaCell, distances),
        AT(kvnode_planning_domain_plan_NumaCell, host_cell), AT(kvnode_planning_domain_plan_NumaCell, id),
        AT(kvnode_planning_domain_plan_NumaCell, memory_bytes), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_NumaCell_size = sizeof(kvnode_planning_domain_plan_NumaCell);
    """
    const Field *kvnode_planning_domain_plan_NumaCell_fields
    const Py_ssize_t kvnode_planning_domain_plan_NumaCell_size
    ctypedef class kvnode.planning.domain_plan.NumaCell [object kvnode_planning_domain_plan_NumaCell, check_size ignore]:
        cdef object distances_ "distances_"
        cdef object cpus "cpus_"
        cdef object host_cell "host_cell_"
        cdef object id "id_"
        cdef object memory_bytes "memory_bytes_"
        @property
        cdef inline tuple distances(self):
            return self.distances_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *emulator_, *iothreads_, *realtime_, *vcpus_; }
        kvnode_planning_domain_plan_CpuTune;
    static const kvnode_field kvnode_planning_domain_plan_CpuTune_fields[] = {
        AT(kvnode_planning_domain_plan_CpuTune, emulator), AT(kvnode_planning_domain_plan_CpuTune, iothreads),
        AT(kvnode_planning_domain_plan_CpuTune, realtime), AT(kvnode_planning_domain_plan_CpuTune, vcpus), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_CpuTune_size = sizeof(kvnode_planning_domain_plan_CpuTune);
    """
    const Field *kvnode_planning_domain_plan_CpuTune_fields
    const Py_ssize_t kvnode_planning_domain_plan_CpuTune_size
    ctypedef class kvnode.planning.domain_plan.CpuTune [object kvnode_planning_domain_plan_CpuTune, check_size ignore]:
        cdef object iothreads_ "iothreads_"
        cdef object vcpus_ "vcpus_"
        cdef object emulator "emulator_"
        cdef object realtime "realtime_"
        @property
        cdef inline tuple iothreads(self):
            return self.iothreads_
        @property
        cdef inline tuple vcpus(self):
            return self.vcpus_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *features_, *mode_, *model_, *numa_, *topology_; }
        kvnode_planning_domain_plan_CpuPlan;
    static const kvnode_field kvnode_planning_domain_plan_CpuPlan_fields[] = {
        AT(kvnode_planning_domain_plan_CpuPlan, features), AT(kvnode_planning_domain_plan_CpuPlan, mode),
        AT(kvnode_planning_domain_plan_CpuPlan, model), AT(kvnode_planning_domain_plan_CpuPlan, numa),
        AT(kvnode_planning_domain_plan_CpuPlan, topology), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_CpuPlan_size = sizeof(kvnode_planning_domain_plan_CpuPlan);
    """
    const Field *kvnode_planning_domain_plan_CpuPlan_fields
    const Py_ssize_t kvnode_planning_domain_plan_CpuPlan_size
    ctypedef class kvnode.planning.domain_plan.CpuPlan [object kvnode_planning_domain_plan_CpuPlan, check_size ignore]:
        cdef object features_ "features_"
        cdef object numa_ "numa_"
        cdef object topology_ "topology_"
        cdef object mode "mode_"
        cdef object model "model_"
        @property
        cdef inline tuple features(self):
            return self.features_
        @property
        cdef inline tuple numa(self):
            return self.numa_
        @property
        cdef inline Topology topology(self):
            return self.topology_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *attribute_, *children_, *name_; }
        kvnode_planning_domain_plan_HypervFeature;
    static const kvnode_field kvnode_planning_domain_plan_HypervFeature_fields[] = {
        AT(kvnode_planning_domain_plan_HypervFeature, attribute), AT(kvnode_planning_domain_plan_HypervFeature,
        children), AT(kvnode_planning_domain_plan_HypervFeature, name), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_HypervFeature_size = sizeof(kvnode_planning_domain_plan_HypervFeature);
    """
    const Field *kvnode_planning_domain_plan_HypervFeature_fields
    const Py_ssize_t kvnode_planning_domain_plan_HypervFeature_size
    ctypedef class kvnode.planning.domain_plan.HypervFeature [object kvnode_planning_domain_plan_HypervFeature, check_size ignore]:
        cdef object attribute_ "attribute_"
        cdef object children_ "children_"
        cdef object name "name_"
        @property
        cdef inline tuple attribute(self):
            return self.attribute_
        @property
        cdef inline tuple children(self):
            return self.children_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *acpi_, *apic_, *apic_eoi_, *hyperv_, *hyperv_passthrough_,
        *kvm_dedicated_, *kvm_hidden_, *pmu_, *pvspinlock_, *smm_, *tb_cache_bytes_, *vmport_; }
        kvnode_planning_domain_plan_FeaturesPlan;
    static const kvnode_field kvnode_planning_domain_plan_FeaturesPlan_fields[] = {
        AT(kvnode_planning_domain_plan_FeaturesPlan, acpi), AT(kvnode_planning_domain_plan_FeaturesPlan, apic),
        AT(kvnode_planning_domain_plan_FeaturesPlan, apic_eoi), AT(kvnode_planning_domain_plan_FeaturesPlan,
        hyperv), AT(kvnode_planning_domain_plan_FeaturesPlan, hyperv_passthrough),
        AT(kvnode_planning_domain_plan_FeaturesPlan, kvm_dedicated), AT(kvnode_planning_domain_plan_FeaturesPlan,
        kvm_hidden), AT(kvnode_planning_domain_plan_FeaturesPlan, pmu), AT(kvnode_planning_domain_plan_FeaturesPlan,
        pvspinlock), AT(kvnode_planning_domain_plan_FeaturesPlan, smm), AT(kvnode_planning_domain_plan_FeaturesPlan,
        tb_cache_bytes), AT(kvnode_planning_domain_plan_FeaturesPlan, vmport), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_FeaturesPlan_size = sizeof(kvnode_planning_domain_plan_FeaturesPlan);
    """
    const Field *kvnode_planning_domain_plan_FeaturesPlan_fields
    const Py_ssize_t kvnode_planning_domain_plan_FeaturesPlan_size
    ctypedef class kvnode.planning.domain_plan.FeaturesPlan [object kvnode_planning_domain_plan_FeaturesPlan, check_size ignore]:
        cdef object hyperv_ "hyperv_"
        cdef object acpi "acpi_"
        cdef object apic "apic_"
        cdef object apic_eoi "apic_eoi_"
        cdef object hyperv_passthrough "hyperv_passthrough_"
        cdef object kvm_dedicated "kvm_dedicated_"
        cdef object kvm_hidden "kvm_hidden_"
        cdef object pmu "pmu_"
        cdef object pvspinlock "pvspinlock_"
        cdef object smm "smm_"
        cdef object tb_cache_bytes "tb_cache_bytes_"
        cdef object vmport "vmport_"
        @property
        cdef inline tuple hyperv(self):
            return self.hyperv_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *present_, *tickpolicy_, *track_; }
        kvnode_planning_domain_plan_Timer;
    static const kvnode_field kvnode_planning_domain_plan_Timer_fields[] = { AT(kvnode_planning_domain_plan_Timer,
        name), AT(kvnode_planning_domain_plan_Timer, present), AT(kvnode_planning_domain_plan_Timer, tickpolicy),
        AT(kvnode_planning_domain_plan_Timer, track), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_Timer_size = sizeof(kvnode_planning_domain_plan_Timer);
    """
    const Field *kvnode_planning_domain_plan_Timer_fields
    const Py_ssize_t kvnode_planning_domain_plan_Timer_size
    ctypedef class kvnode.planning.domain_plan.Timer [object kvnode_planning_domain_plan_Timer, check_size ignore]:
        cdef object name "name_"
        cdef object present "present_"
        cdef object tickpolicy "tickpolicy_"
        cdef object track "track_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *adjustment_, *offset_, *timers_, *timezone_; }
        kvnode_planning_domain_plan_ClockPlan;
    static const kvnode_field kvnode_planning_domain_plan_ClockPlan_fields[] = {
        AT(kvnode_planning_domain_plan_ClockPlan, adjustment), AT(kvnode_planning_domain_plan_ClockPlan, offset),
        AT(kvnode_planning_domain_plan_ClockPlan, timers), AT(kvnode_planning_domain_plan_ClockPlan, timezone), {0}
        };
    static const Py_ssize_t kvnode_planning_domain_plan_ClockPlan_size = sizeof(kvnode_planning_domain_plan_ClockPlan);
    """
    const Field *kvnode_planning_domain_plan_ClockPlan_fields
    const Py_ssize_t kvnode_planning_domain_plan_ClockPlan_size
    ctypedef class kvnode.planning.domain_plan.ClockPlan [object kvnode_planning_domain_plan_ClockPlan, check_size ignore]:
        cdef object timers_ "timers_"
        cdef object adjustment "adjustment_"
        cdef object offset "offset_"
        cdef object timezone "timezone_"
        @property
        cdef inline tuple timers(self):
            return self.timers_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *dh_cert_, *policy_, *session_, *type_; }
        kvnode_planning_domain_plan_LaunchSecurityPlan;
    static const kvnode_field kvnode_planning_domain_plan_LaunchSecurityPlan_fields[] = {
        AT(kvnode_planning_domain_plan_LaunchSecurityPlan, dh_cert),
        AT(kvnode_planning_domain_plan_LaunchSecurityPlan, policy),
        AT(kvnode_planning_domain_plan_LaunchSecurityPlan, session),
        AT(kvnode_planning_domain_plan_LaunchSecurityPlan, type), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_LaunchSecurityPlan_size = sizeof(kvnode_planning_domain_plan_LaunchSecurityPlan);
    """
    const Field *kvnode_planning_domain_plan_LaunchSecurityPlan_fields
    const Py_ssize_t kvnode_planning_domain_plan_LaunchSecurityPlan_size
    ctypedef class kvnode.planning.domain_plan.LaunchSecurityPlan [object kvnode_planning_domain_plan_LaunchSecurityPlan, check_size ignore]:
        cdef object dh_cert "dh_cert_"
        cdef object policy "policy_"
        cdef object session "session_"
        cdef object type "type_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *bytes_, *count_, *name_, *why_; }
        kvnode_planning_domain_plan_OverheadItem;
    static const kvnode_field kvnode_planning_domain_plan_OverheadItem_fields[] = {
        AT(kvnode_planning_domain_plan_OverheadItem, bytes), AT(kvnode_planning_domain_plan_OverheadItem, count),
        AT(kvnode_planning_domain_plan_OverheadItem, name), AT(kvnode_planning_domain_plan_OverheadItem, why), {0}
        };
    static const Py_ssize_t kvnode_planning_domain_plan_OverheadItem_size = sizeof(kvnode_planning_domain_plan_OverheadItem);
    """
    const Field *kvnode_planning_domain_plan_OverheadItem_fields
    const Py_ssize_t kvnode_planning_domain_plan_OverheadItem_size
    ctypedef class kvnode.planning.domain_plan.OverheadItem [object kvnode_planning_domain_plan_OverheadItem, check_size ignore]:
        cdef object bytes "bytes_"
        cdef object count "count_"
        cdef object name "name_"
        cdef object why "why_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *items_, *reserved_bytes_, *total_bytes_; }
        kvnode_planning_domain_plan_MemoryOverhead;
    static const kvnode_field kvnode_planning_domain_plan_MemoryOverhead_fields[] = {
        AT(kvnode_planning_domain_plan_MemoryOverhead, items), AT(kvnode_planning_domain_plan_MemoryOverhead,
        reserved_bytes), AT(kvnode_planning_domain_plan_MemoryOverhead, total_bytes), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_MemoryOverhead_size = sizeof(kvnode_planning_domain_plan_MemoryOverhead);
    """
    const Field *kvnode_planning_domain_plan_MemoryOverhead_fields
    const Py_ssize_t kvnode_planning_domain_plan_MemoryOverhead_size
    ctypedef class kvnode.planning.domain_plan.MemoryOverhead [object kvnode_planning_domain_plan_MemoryOverhead, check_size ignore]:
        cdef object items_ "items_"
        cdef object reserved_bytes "reserved_bytes_"
        cdef object total_bytes "total_bytes_"
        @property
        cdef inline tuple items(self):
            return self.items_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *clock_, *cpu_, *cpu_tune_, *devices_, *disk_operations_, *features_,
        *grace_period_s_, *guest_, *hostname_, *hypervisor_, *hypervisor_note_, *iothreads_, *launch_security_,
        *memory_, *memory_lock_bytes_, *name_, *namespace_, *network_, *numa_tune_, *on_crash_, *on_poweroff_,
        *on_reboot_, *os_, *overhead_, *start_paused_, *sysinfo_, *uuid_, *vcpu_; }
        kvnode_planning_domain_plan_DomainPlan;
    static const kvnode_field kvnode_planning_domain_plan_DomainPlan_fields[] = {
        AT(kvnode_planning_domain_plan_DomainPlan, clock), AT(kvnode_planning_domain_plan_DomainPlan, cpu),
        AT(kvnode_planning_domain_plan_DomainPlan, cpu_tune), AT(kvnode_planning_domain_plan_DomainPlan, devices),
        AT(kvnode_planning_domain_plan_DomainPlan, disk_operations), AT(kvnode_planning_domain_plan_DomainPlan,
        features), AT(kvnode_planning_domain_plan_DomainPlan, grace_period_s),
        AT(kvnode_planning_domain_plan_DomainPlan, guest), AT(kvnode_planning_domain_plan_DomainPlan, hostname),
        AT(kvnode_planning_domain_plan_DomainPlan, hypervisor), AT(kvnode_planning_domain_plan_DomainPlan,
        hypervisor_note), AT(kvnode_planning_domain_plan_DomainPlan, iothreads),
        AT(kvnode_planning_domain_plan_DomainPlan, launch_security), AT(kvnode_planning_domain_plan_DomainPlan,
        memory), AT(kvnode_planning_domain_plan_DomainPlan, memory_lock_bytes),
        AT(kvnode_planning_domain_plan_DomainPlan, name), AT(kvnode_planning_domain_plan_DomainPlan, namespace),
        AT(kvnode_planning_domain_plan_DomainPlan, network), AT(kvnode_planning_domain_plan_DomainPlan, numa_tune),
        AT(kvnode_planning_domain_plan_DomainPlan, on_crash), AT(kvnode_planning_domain_plan_DomainPlan,
        on_poweroff), AT(kvnode_planning_domain_plan_DomainPlan, on_reboot),
        AT(kvnode_planning_domain_plan_DomainPlan, os), AT(kvnode_planning_domain_plan_DomainPlan, overhead),
        AT(kvnode_planning_domain_plan_DomainPlan, start_paused), AT(kvnode_planning_domain_plan_DomainPlan,
        sysinfo), AT(kvnode_planning_domain_plan_DomainPlan, uuid), AT(kvnode_planning_domain_plan_DomainPlan,
        vcpu), {0} };
    static const Py_ssize_t kvnode_planning_domain_plan_DomainPlan_size = sizeof(kvnode_planning_domain_plan_DomainPlan);
    """
    const Field *kvnode_planning_domain_plan_DomainPlan_fields
    const Py_ssize_t kvnode_planning_domain_plan_DomainPlan_size
    ctypedef class kvnode.planning.domain_plan.DomainPlan [object kvnode_planning_domain_plan_DomainPlan, check_size ignore]:
        cdef object clock_ "clock_"
        cdef object cpu_ "cpu_"
        cdef object cpu_tune_ "cpu_tune_"
        cdef object devices_ "devices_"
        cdef object disk_operations_ "disk_operations_"
        cdef object features_ "features_"
        cdef object launch_security_ "launch_security_"
        cdef object memory_ "memory_"
        cdef object network_ "network_"
        cdef object os_ "os_"
        cdef object overhead_ "overhead_"
        cdef object sysinfo_ "sysinfo_"
        cdef object vcpu_ "vcpu_"
        cdef object grace_period_s "grace_period_s_"
        cdef object guest "guest_"
        cdef object hostname "hostname_"
        cdef object hypervisor "hypervisor_"
        cdef object hypervisor_note "hypervisor_note_"
        cdef object iothreads "iothreads_"
        cdef object memory_lock_bytes "memory_lock_bytes_"
        cdef object name "name_"
        cdef object namespace "namespace_"
        cdef object numa_tune "numa_tune_"
        cdef object on_crash "on_crash_"
        cdef object on_poweroff "on_poweroff_"
        cdef object on_reboot "on_reboot_"
        cdef object start_paused "start_paused_"
        cdef object uuid "uuid_"
        @property
        cdef inline ClockPlan clock(self):
            return self.clock_
        @property
        cdef inline CpuPlan cpu(self):
            return self.cpu_
        @property
        cdef inline CpuTune cpu_tune(self):
            return self.cpu_tune_
        @property
        cdef inline DevicesPlan devices(self):
            return self.devices_
        @property
        cdef inline tuple disk_operations(self):
            return self.disk_operations_
        @property
        cdef inline FeaturesPlan features(self):
            return self.features_
        @property
        cdef inline LaunchSecurityPlan launch_security(self):
            return self.launch_security_
        @property
        cdef inline MemoryPlan memory(self):
            return self.memory_
        @property
        cdef inline NetworkPlan network(self):
            return self.network_
        @property
        cdef inline OsPlan os(self):
            return self.os_
        @property
        cdef inline MemoryOverhead overhead(self):
            return self.overhead_
        @property
        cdef inline SysinfoPlan sysinfo(self):
            return self.sysinfo_
        @property
        cdef inline VcpuPlan vcpu(self):
            return self.vcpu_


cdef inline int check_planning_domain_plan() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(Loader, kvnode_planning_domain_plan_Loader_fields, kvnode_planning_domain_plan_Loader_size)
    kvnode_lies_so(OsPlan, kvnode_planning_domain_plan_OsPlan_fields, kvnode_planning_domain_plan_OsPlan_size)
    kvnode_lies_so(SysinfoPlan, kvnode_planning_domain_plan_SysinfoPlan_fields, kvnode_planning_domain_plan_SysinfoPlan_size)
    kvnode_lies_so(MemoryPlan, kvnode_planning_domain_plan_MemoryPlan_fields, kvnode_planning_domain_plan_MemoryPlan_size)
    kvnode_lies_so(VcpuPlan, kvnode_planning_domain_plan_VcpuPlan_fields, kvnode_planning_domain_plan_VcpuPlan_size)
    kvnode_lies_so(CpuFeature, kvnode_planning_domain_plan_CpuFeature_fields, kvnode_planning_domain_plan_CpuFeature_size)
    kvnode_lies_so(Topology, kvnode_planning_domain_plan_Topology_fields, kvnode_planning_domain_plan_Topology_size)
    kvnode_lies_so(NumaCell, kvnode_planning_domain_plan_NumaCell_fields, kvnode_planning_domain_plan_NumaCell_size)
    kvnode_lies_so(CpuTune, kvnode_planning_domain_plan_CpuTune_fields, kvnode_planning_domain_plan_CpuTune_size)
    kvnode_lies_so(CpuPlan, kvnode_planning_domain_plan_CpuPlan_fields, kvnode_planning_domain_plan_CpuPlan_size)
    kvnode_lies_so(HypervFeature, kvnode_planning_domain_plan_HypervFeature_fields, kvnode_planning_domain_plan_HypervFeature_size)
    kvnode_lies_so(FeaturesPlan, kvnode_planning_domain_plan_FeaturesPlan_fields, kvnode_planning_domain_plan_FeaturesPlan_size)
    kvnode_lies_so(Timer, kvnode_planning_domain_plan_Timer_fields, kvnode_planning_domain_plan_Timer_size)
    kvnode_lies_so(ClockPlan, kvnode_planning_domain_plan_ClockPlan_fields, kvnode_planning_domain_plan_ClockPlan_size)
    kvnode_lies_so(LaunchSecurityPlan, kvnode_planning_domain_plan_LaunchSecurityPlan_fields, kvnode_planning_domain_plan_LaunchSecurityPlan_size)
    kvnode_lies_so(OverheadItem, kvnode_planning_domain_plan_OverheadItem_fields, kvnode_planning_domain_plan_OverheadItem_size)
    kvnode_lies_so(MemoryOverhead, kvnode_planning_domain_plan_MemoryOverhead_fields, kvnode_planning_domain_plan_MemoryOverhead_size)
    kvnode_lies_so(DomainPlan, kvnode_planning_domain_plan_DomainPlan_fields, kvnode_planning_domain_plan_DomainPlan_size)
    return 0
