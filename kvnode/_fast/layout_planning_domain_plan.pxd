# cython: language_level=3
"""Where the fields of kvnode.planning.domain_plan lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *nvram_, *path_, *secure_, *stateless_, *template_; } KvnodeLoader;
    static const kvnode_field KvnodeLoader_fields[] = { AT(KvnodeLoader, nvram), AT(KvnodeLoader, path),
        AT(KvnodeLoader, secure), AT(KvnodeLoader, stateless), AT(KvnodeLoader, template), {0} };
    static const Py_ssize_t KvnodeLoader_size = sizeof(KvnodeLoader);
    """
    const Field *KvnodeLoader_fields
    const Py_ssize_t KvnodeLoader_size
    ctypedef class kvnode.planning.domain_plan.Loader [object KvnodeLoader, check_size ignore]:
        cdef object nvram "nvram_"
        cdef object path "path_"
        cdef object secure "secure_"
        cdef object stateless "stateless_"
        cdef object template "template_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *acpi_tables_, *arch_, *bios_serial_, *boot_menu_timeout_ms_, *cmdline_,
        *initrd_, *kernel_, *loader_, *machine_, *smbios_; } KvnodeOsPlan;
    static const kvnode_field KvnodeOsPlan_fields[] = { AT(KvnodeOsPlan, acpi_tables), AT(KvnodeOsPlan, arch),
        AT(KvnodeOsPlan, bios_serial), AT(KvnodeOsPlan, boot_menu_timeout_ms), AT(KvnodeOsPlan, cmdline),
        AT(KvnodeOsPlan, initrd), AT(KvnodeOsPlan, kernel), AT(KvnodeOsPlan, loader), AT(KvnodeOsPlan, machine),
        AT(KvnodeOsPlan, smbios), {0} };
    static const Py_ssize_t KvnodeOsPlan_size = sizeof(KvnodeOsPlan);
    """
    const Field *KvnodeOsPlan_fields
    const Py_ssize_t KvnodeOsPlan_size
    ctypedef class kvnode.planning.domain_plan.OsPlan [object KvnodeOsPlan, check_size ignore]:
        cdef object acpi_tables "acpi_tables_"
        cdef object arch "arch_"
        cdef object bios_serial "bios_serial_"
        cdef object boot_menu_timeout_ms "boot_menu_timeout_ms_"
        cdef object cmdline "cmdline_"
        cdef object initrd "initrd_"
        cdef object kernel "kernel_"
        cdef object loader "loader_"
        cdef object machine "machine_"
        cdef object smbios "smbios_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *chassis_, *system_; } KvnodeSysinfoPlan;
    static const kvnode_field KvnodeSysinfoPlan_fields[] = { AT(KvnodeSysinfoPlan, chassis), AT(KvnodeSysinfoPlan,
        system), {0} };
    static const Py_ssize_t KvnodeSysinfoPlan_size = sizeof(KvnodeSysinfoPlan);
    """
    const Field *KvnodeSysinfoPlan_fields
    const Py_ssize_t KvnodeSysinfoPlan_size
    ctypedef class kvnode.planning.domain_plan.SysinfoPlan [object KvnodeSysinfoPlan, check_size ignore]:
        cdef object chassis "chassis_"
        cdef object system "system_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *bytes_, *hugepage_bytes_, *max_bytes_, *shared_, *slots_, *source_,
        *unmerged_; } KvnodeMemoryPlan;
    static const kvnode_field KvnodeMemoryPlan_fields[] = { AT(KvnodeMemoryPlan, bytes), AT(KvnodeMemoryPlan,
        hugepage_bytes), AT(KvnodeMemoryPlan, max_bytes), AT(KvnodeMemoryPlan, shared), AT(KvnodeMemoryPlan, slots),
        AT(KvnodeMemoryPlan, source), AT(KvnodeMemoryPlan, unmerged), {0} };
    static const Py_ssize_t KvnodeMemoryPlan_size = sizeof(KvnodeMemoryPlan);
    """
    const Field *KvnodeMemoryPlan_fields
    const Py_ssize_t KvnodeMemoryPlan_size
    ctypedef class kvnode.planning.domain_plan.MemoryPlan [object KvnodeMemoryPlan, check_size ignore]:
        cdef object bytes "bytes_"
        cdef object hugepage_bytes "hugepage_bytes_"
        cdef object max_bytes "max_bytes_"
        cdef object shared "shared_"
        cdef object slots "slots_"
        cdef object source "source_"
        cdef object unmerged "unmerged_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *enabled_, *maximum_; } KvnodeVcpuPlan;
    static const kvnode_field KvnodeVcpuPlan_fields[] = { AT(KvnodeVcpuPlan, enabled), AT(KvnodeVcpuPlan, maximum),
        {0} };
    static const Py_ssize_t KvnodeVcpuPlan_size = sizeof(KvnodeVcpuPlan);
    """
    const Field *KvnodeVcpuPlan_fields
    const Py_ssize_t KvnodeVcpuPlan_size
    ctypedef class kvnode.planning.domain_plan.VcpuPlan [object KvnodeVcpuPlan, check_size ignore]:
        cdef object enabled "enabled_"
        cdef object maximum "maximum_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *policy_; } KvnodeCpuFeature;
    static const kvnode_field KvnodeCpuFeature_fields[] = { AT(KvnodeCpuFeature, name), AT(KvnodeCpuFeature,
        policy), {0} };
    static const Py_ssize_t KvnodeCpuFeature_size = sizeof(KvnodeCpuFeature);
    """
    const Field *KvnodeCpuFeature_fields
    const Py_ssize_t KvnodeCpuFeature_size
    ctypedef class kvnode.planning.domain_plan.CpuFeature [object KvnodeCpuFeature, check_size ignore]:
        cdef object name "name_"
        cdef object policy "policy_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *cores_, *sockets_, *threads_; } KvnodeTopology;
    static const kvnode_field KvnodeTopology_fields[] = { AT(KvnodeTopology, cores), AT(KvnodeTopology, sockets),
        AT(KvnodeTopology, threads), {0} };
    static const Py_ssize_t KvnodeTopology_size = sizeof(KvnodeTopology);
    """
    const Field *KvnodeTopology_fields
    const Py_ssize_t KvnodeTopology_size
    ctypedef class kvnode.planning.domain_plan.Topology [object KvnodeTopology, check_size ignore]:
        cdef object cores "cores_"
        cdef object sockets "sockets_"
        cdef object threads "threads_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *cpus_, *distances_, *host_cell_, *id_, *memory_bytes_; }
        KvnodeNumaCell;
    static const kvnode_field KvnodeNumaCell_fields[] = { AT(KvnodeNumaCell, cpus), AT(KvnodeNumaCell, distances),
        AT(KvnodeNumaCell, host_cell), AT(KvnodeNumaCell, id), AT(KvnodeNumaCell, memory_bytes), {0} };
    static const Py_ssize_t KvnodeNumaCell_size = sizeof(KvnodeNumaCell);
    """
    const Field *KvnodeNumaCell_fields
    const Py_ssize_t KvnodeNumaCell_size
    ctypedef class kvnode.planning.domain_plan.NumaCell [object KvnodeNumaCell, check_size ignore]:
        cdef object cpus "cpus_"
        cdef object distances "distances_"
        cdef object host_cell "host_cell_"
        cdef object id "id_"
        cdef object memory_bytes "memory_bytes_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *emulator_, *iothreads_, *realtime_, *vcpus_; } KvnodeCpuTune;
    static const kvnode_field KvnodeCpuTune_fields[] = { AT(KvnodeCpuTune, emulator), AT(KvnodeCpuTune, iothreads),
        AT(KvnodeCpuTune, realtime), AT(KvnodeCpuTune, vcpus), {0} };
    static const Py_ssize_t KvnodeCpuTune_size = sizeof(KvnodeCpuTune);
    """
    const Field *KvnodeCpuTune_fields
    const Py_ssize_t KvnodeCpuTune_size
    ctypedef class kvnode.planning.domain_plan.CpuTune [object KvnodeCpuTune, check_size ignore]:
        cdef object emulator "emulator_"
        cdef object iothreads "iothreads_"
        cdef object realtime "realtime_"
        cdef object vcpus "vcpus_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *features_, *mode_, *model_, *numa_, *topology_; } KvnodeCpuPlan;
    static const kvnode_field KvnodeCpuPlan_fields[] = { AT(KvnodeCpuPlan, features), AT(KvnodeCpuPlan, mode),
        AT(KvnodeCpuPlan, model), AT(KvnodeCpuPlan, numa), AT(KvnodeCpuPlan, topology), {0} };
    static const Py_ssize_t KvnodeCpuPlan_size = sizeof(KvnodeCpuPlan);
    """
    const Field *KvnodeCpuPlan_fields
    const Py_ssize_t KvnodeCpuPlan_size
    ctypedef class kvnode.planning.domain_plan.CpuPlan [object KvnodeCpuPlan, check_size ignore]:
        cdef object features "features_"
        cdef object mode "mode_"
        cdef object model "model_"
        cdef object numa "numa_"
        cdef object topology "topology_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *attribute_, *children_, *name_; } KvnodeHypervFeature;
    static const kvnode_field KvnodeHypervFeature_fields[] = { AT(KvnodeHypervFeature, attribute),
        AT(KvnodeHypervFeature, children), AT(KvnodeHypervFeature, name), {0} };
    static const Py_ssize_t KvnodeHypervFeature_size = sizeof(KvnodeHypervFeature);
    """
    const Field *KvnodeHypervFeature_fields
    const Py_ssize_t KvnodeHypervFeature_size
    ctypedef class kvnode.planning.domain_plan.HypervFeature [object KvnodeHypervFeature, check_size ignore]:
        cdef object attribute "attribute_"
        cdef object children "children_"
        cdef object name "name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *acpi_, *apic_, *apic_eoi_, *hyperv_, *hyperv_passthrough_,
        *kvm_dedicated_, *kvm_hidden_, *pmu_, *pvspinlock_, *smm_, *tb_cache_bytes_, *vmport_; } KvnodeFeaturesPlan;
    static const kvnode_field KvnodeFeaturesPlan_fields[] = { AT(KvnodeFeaturesPlan, acpi), AT(KvnodeFeaturesPlan,
        apic), AT(KvnodeFeaturesPlan, apic_eoi), AT(KvnodeFeaturesPlan, hyperv), AT(KvnodeFeaturesPlan,
        hyperv_passthrough), AT(KvnodeFeaturesPlan, kvm_dedicated), AT(KvnodeFeaturesPlan, kvm_hidden),
        AT(KvnodeFeaturesPlan, pmu), AT(KvnodeFeaturesPlan, pvspinlock), AT(KvnodeFeaturesPlan, smm),
        AT(KvnodeFeaturesPlan, tb_cache_bytes), AT(KvnodeFeaturesPlan, vmport), {0} };
    static const Py_ssize_t KvnodeFeaturesPlan_size = sizeof(KvnodeFeaturesPlan);
    """
    const Field *KvnodeFeaturesPlan_fields
    const Py_ssize_t KvnodeFeaturesPlan_size
    ctypedef class kvnode.planning.domain_plan.FeaturesPlan [object KvnodeFeaturesPlan, check_size ignore]:
        cdef object acpi "acpi_"
        cdef object apic "apic_"
        cdef object apic_eoi "apic_eoi_"
        cdef object hyperv "hyperv_"
        cdef object hyperv_passthrough "hyperv_passthrough_"
        cdef object kvm_dedicated "kvm_dedicated_"
        cdef object kvm_hidden "kvm_hidden_"
        cdef object pmu "pmu_"
        cdef object pvspinlock "pvspinlock_"
        cdef object smm "smm_"
        cdef object tb_cache_bytes "tb_cache_bytes_"
        cdef object vmport "vmport_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_, *present_, *tickpolicy_, *track_; } KvnodeTimer;
    static const kvnode_field KvnodeTimer_fields[] = { AT(KvnodeTimer, name), AT(KvnodeTimer, present),
        AT(KvnodeTimer, tickpolicy), AT(KvnodeTimer, track), {0} };
    static const Py_ssize_t KvnodeTimer_size = sizeof(KvnodeTimer);
    """
    const Field *KvnodeTimer_fields
    const Py_ssize_t KvnodeTimer_size
    ctypedef class kvnode.planning.domain_plan.Timer [object KvnodeTimer, check_size ignore]:
        cdef object name "name_"
        cdef object present "present_"
        cdef object tickpolicy "tickpolicy_"
        cdef object track "track_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *adjustment_, *offset_, *timers_, *timezone_; } KvnodeClockPlan;
    static const kvnode_field KvnodeClockPlan_fields[] = { AT(KvnodeClockPlan, adjustment), AT(KvnodeClockPlan,
        offset), AT(KvnodeClockPlan, timers), AT(KvnodeClockPlan, timezone), {0} };
    static const Py_ssize_t KvnodeClockPlan_size = sizeof(KvnodeClockPlan);
    """
    const Field *KvnodeClockPlan_fields
    const Py_ssize_t KvnodeClockPlan_size
    ctypedef class kvnode.planning.domain_plan.ClockPlan [object KvnodeClockPlan, check_size ignore]:
        cdef object adjustment "adjustment_"
        cdef object offset "offset_"
        cdef object timers "timers_"
        cdef object timezone "timezone_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *dh_cert_, *policy_, *session_, *type_; } KvnodeLaunchSecurityPlan;
    static const kvnode_field KvnodeLaunchSecurityPlan_fields[] = { AT(KvnodeLaunchSecurityPlan, dh_cert),
        AT(KvnodeLaunchSecurityPlan, policy), AT(KvnodeLaunchSecurityPlan, session), AT(KvnodeLaunchSecurityPlan,
        type), {0} };
    static const Py_ssize_t KvnodeLaunchSecurityPlan_size = sizeof(KvnodeLaunchSecurityPlan);
    """
    const Field *KvnodeLaunchSecurityPlan_fields
    const Py_ssize_t KvnodeLaunchSecurityPlan_size
    ctypedef class kvnode.planning.domain_plan.LaunchSecurityPlan [object KvnodeLaunchSecurityPlan, check_size ignore]:
        cdef object dh_cert "dh_cert_"
        cdef object policy "policy_"
        cdef object session "session_"
        cdef object type "type_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *bytes_, *name_, *why_; } KvnodeOverheadItem;
    static const kvnode_field KvnodeOverheadItem_fields[] = { AT(KvnodeOverheadItem, bytes), AT(KvnodeOverheadItem,
        name), AT(KvnodeOverheadItem, why), {0} };
    static const Py_ssize_t KvnodeOverheadItem_size = sizeof(KvnodeOverheadItem);
    """
    const Field *KvnodeOverheadItem_fields
    const Py_ssize_t KvnodeOverheadItem_size
    ctypedef class kvnode.planning.domain_plan.OverheadItem [object KvnodeOverheadItem, check_size ignore]:
        cdef object bytes "bytes_"
        cdef object name "name_"
        cdef object why "why_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *items_, *reserved_bytes_, *total_bytes_; } KvnodeMemoryOverhead;
    static const kvnode_field KvnodeMemoryOverhead_fields[] = { AT(KvnodeMemoryOverhead, items),
        AT(KvnodeMemoryOverhead, reserved_bytes), AT(KvnodeMemoryOverhead, total_bytes), {0} };
    static const Py_ssize_t KvnodeMemoryOverhead_size = sizeof(KvnodeMemoryOverhead);
    """
    const Field *KvnodeMemoryOverhead_fields
    const Py_ssize_t KvnodeMemoryOverhead_size
    ctypedef class kvnode.planning.domain_plan.MemoryOverhead [object KvnodeMemoryOverhead, check_size ignore]:
        cdef object items "items_"
        cdef object reserved_bytes "reserved_bytes_"
        cdef object total_bytes "total_bytes_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *clock_, *cpu_, *cpu_tune_, *devices_, *disk_operations_, *features_,
        *grace_period_s_, *guest_, *hostname_, *hypervisor_, *hypervisor_note_, *iothreads_, *launch_security_,
        *memory_, *memory_lock_bytes_, *name_, *namespace_, *network_, *numa_tune_, *on_crash_, *on_poweroff_,
        *on_reboot_, *os_, *overhead_, *start_paused_, *sysinfo_, *uuid_, *vcpu_; } KvnodeDomainPlan;
    static const kvnode_field KvnodeDomainPlan_fields[] = { AT(KvnodeDomainPlan, clock), AT(KvnodeDomainPlan, cpu),
        AT(KvnodeDomainPlan, cpu_tune), AT(KvnodeDomainPlan, devices), AT(KvnodeDomainPlan, disk_operations),
        AT(KvnodeDomainPlan, features), AT(KvnodeDomainPlan, grace_period_s), AT(KvnodeDomainPlan, guest),
        AT(KvnodeDomainPlan, hostname), AT(KvnodeDomainPlan, hypervisor), AT(KvnodeDomainPlan, hypervisor_note),
        AT(KvnodeDomainPlan, iothreads), AT(KvnodeDomainPlan, launch_security), AT(KvnodeDomainPlan, memory),
        AT(KvnodeDomainPlan, memory_lock_bytes), AT(KvnodeDomainPlan, name), AT(KvnodeDomainPlan, namespace),
        AT(KvnodeDomainPlan, network), AT(KvnodeDomainPlan, numa_tune), AT(KvnodeDomainPlan, on_crash),
        AT(KvnodeDomainPlan, on_poweroff), AT(KvnodeDomainPlan, on_reboot), AT(KvnodeDomainPlan, os),
        AT(KvnodeDomainPlan, overhead), AT(KvnodeDomainPlan, start_paused), AT(KvnodeDomainPlan, sysinfo),
        AT(KvnodeDomainPlan, uuid), AT(KvnodeDomainPlan, vcpu), {0} };
    static const Py_ssize_t KvnodeDomainPlan_size = sizeof(KvnodeDomainPlan);
    """
    const Field *KvnodeDomainPlan_fields
    const Py_ssize_t KvnodeDomainPlan_size
    ctypedef class kvnode.planning.domain_plan.DomainPlan [object KvnodeDomainPlan, check_size ignore]:
        cdef object clock "clock_"
        cdef object cpu "cpu_"
        cdef object cpu_tune "cpu_tune_"
        cdef object devices "devices_"
        cdef object disk_operations "disk_operations_"
        cdef object features "features_"
        cdef object grace_period_s "grace_period_s_"
        cdef object guest "guest_"
        cdef object hostname "hostname_"
        cdef object hypervisor "hypervisor_"
        cdef object hypervisor_note "hypervisor_note_"
        cdef object iothreads "iothreads_"
        cdef object launch_security "launch_security_"
        cdef object memory "memory_"
        cdef object memory_lock_bytes "memory_lock_bytes_"
        cdef object name "name_"
        cdef object namespace "namespace_"
        cdef object network "network_"
        cdef object numa_tune "numa_tune_"
        cdef object on_crash "on_crash_"
        cdef object on_poweroff "on_poweroff_"
        cdef object on_reboot "on_reboot_"
        cdef object os "os_"
        cdef object overhead "overhead_"
        cdef object start_paused "start_paused_"
        cdef object sysinfo "sysinfo_"
        cdef object uuid "uuid_"
        cdef object vcpu "vcpu_"


cdef inline int check_planning_domain_plan() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(Loader, KvnodeLoader_fields, KvnodeLoader_size)
    kvnode_lies_so(OsPlan, KvnodeOsPlan_fields, KvnodeOsPlan_size)
    kvnode_lies_so(SysinfoPlan, KvnodeSysinfoPlan_fields, KvnodeSysinfoPlan_size)
    kvnode_lies_so(MemoryPlan, KvnodeMemoryPlan_fields, KvnodeMemoryPlan_size)
    kvnode_lies_so(VcpuPlan, KvnodeVcpuPlan_fields, KvnodeVcpuPlan_size)
    kvnode_lies_so(CpuFeature, KvnodeCpuFeature_fields, KvnodeCpuFeature_size)
    kvnode_lies_so(Topology, KvnodeTopology_fields, KvnodeTopology_size)
    kvnode_lies_so(NumaCell, KvnodeNumaCell_fields, KvnodeNumaCell_size)
    kvnode_lies_so(CpuTune, KvnodeCpuTune_fields, KvnodeCpuTune_size)
    kvnode_lies_so(CpuPlan, KvnodeCpuPlan_fields, KvnodeCpuPlan_size)
    kvnode_lies_so(HypervFeature, KvnodeHypervFeature_fields, KvnodeHypervFeature_size)
    kvnode_lies_so(FeaturesPlan, KvnodeFeaturesPlan_fields, KvnodeFeaturesPlan_size)
    kvnode_lies_so(Timer, KvnodeTimer_fields, KvnodeTimer_size)
    kvnode_lies_so(ClockPlan, KvnodeClockPlan_fields, KvnodeClockPlan_size)
    kvnode_lies_so(LaunchSecurityPlan, KvnodeLaunchSecurityPlan_fields, KvnodeLaunchSecurityPlan_size)
    kvnode_lies_so(OverheadItem, KvnodeOverheadItem_fields, KvnodeOverheadItem_size)
    kvnode_lies_so(MemoryOverhead, KvnodeMemoryOverhead_fields, KvnodeMemoryOverhead_size)
    kvnode_lies_so(DomainPlan, KvnodeDomainPlan_fields, KvnodeDomainPlan_size)
    return 0
