# cython: language_level=3
"""Where the fields of kvnode.api.features lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *enabled_; } kvnode_api_features_FeatureState;
    static const kvnode_field kvnode_api_features_FeatureState_fields[] = { AT(kvnode_api_features_FeatureState,
        enabled), {0} };
    static const Py_ssize_t kvnode_api_features_FeatureState_size = sizeof(kvnode_api_features_FeatureState);
    """
    const Field *kvnode_api_features_FeatureState_fields
    const Py_ssize_t kvnode_api_features_FeatureState_size
    ctypedef class kvnode.api.features.FeatureState [object kvnode_api_features_FeatureState, check_size ignore]:
        cdef object enabled "enabled_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *enabled_, *end_of_interrupt_; } kvnode_api_features_FeatureAPIC;
    static const kvnode_field kvnode_api_features_FeatureAPIC_fields[] = { AT(kvnode_api_features_FeatureAPIC,
        enabled), AT(kvnode_api_features_FeatureAPIC, end_of_interrupt), {0} };
    static const Py_ssize_t kvnode_api_features_FeatureAPIC_size = sizeof(kvnode_api_features_FeatureAPIC);
    """
    const Field *kvnode_api_features_FeatureAPIC_fields
    const Py_ssize_t kvnode_api_features_FeatureAPIC_size
    ctypedef class kvnode.api.features.FeatureAPIC [object kvnode_api_features_FeatureAPIC, check_size ignore]:
        cdef object enabled "enabled_"
        cdef object end_of_interrupt "end_of_interrupt_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *hidden_; } kvnode_api_features_FeatureKVM;
    static const kvnode_field kvnode_api_features_FeatureKVM_fields[] = { AT(kvnode_api_features_FeatureKVM,
        hidden), {0} };
    static const Py_ssize_t kvnode_api_features_FeatureKVM_size = sizeof(kvnode_api_features_FeatureKVM);
    """
    const Field *kvnode_api_features_FeatureKVM_fields
    const Py_ssize_t kvnode_api_features_FeatureKVM_size
    ctypedef class kvnode.api.features.FeatureKVM [object kvnode_api_features_FeatureKVM, check_size ignore]:
        cdef object hidden "hidden_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *enabled_, *spinlocks_; } kvnode_api_features_FeatureSpinlocks;
    static const kvnode_field kvnode_api_features_FeatureSpinlocks_fields[] = {
        AT(kvnode_api_features_FeatureSpinlocks, enabled), AT(kvnode_api_features_FeatureSpinlocks, spinlocks), {0}
        };
    static const Py_ssize_t kvnode_api_features_FeatureSpinlocks_size = sizeof(kvnode_api_features_FeatureSpinlocks);
    """
    const Field *kvnode_api_features_FeatureSpinlocks_fields
    const Py_ssize_t kvnode_api_features_FeatureSpinlocks_size
    ctypedef class kvnode.api.features.FeatureSpinlocks [object kvnode_api_features_FeatureSpinlocks, check_size ignore]:
        cdef object enabled "enabled_"
        cdef object spinlocks "spinlocks_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *enabled_, *vendorid_; } kvnode_api_features_FeatureVendorID;
    static const kvnode_field kvnode_api_features_FeatureVendorID_fields[] = {
        AT(kvnode_api_features_FeatureVendorID, enabled), AT(kvnode_api_features_FeatureVendorID, vendorid), {0} };
    static const Py_ssize_t kvnode_api_features_FeatureVendorID_size = sizeof(kvnode_api_features_FeatureVendorID);
    """
    const Field *kvnode_api_features_FeatureVendorID_fields
    const Py_ssize_t kvnode_api_features_FeatureVendorID_size
    ctypedef class kvnode.api.features.FeatureVendorID [object kvnode_api_features_FeatureVendorID, check_size ignore]:
        cdef object enabled "enabled_"
        cdef object vendorid "vendorid_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *direct_, *enabled_; } kvnode_api_features_SyNICTimer;
    static const kvnode_field kvnode_api_features_SyNICTimer_fields[] = { AT(kvnode_api_features_SyNICTimer,
        direct), AT(kvnode_api_features_SyNICTimer, enabled), {0} };
    static const Py_ssize_t kvnode_api_features_SyNICTimer_size = sizeof(kvnode_api_features_SyNICTimer);
    """
    const Field *kvnode_api_features_SyNICTimer_fields
    const Py_ssize_t kvnode_api_features_SyNICTimer_size
    ctypedef class kvnode.api.features.SyNICTimer [object kvnode_api_features_SyNICTimer, check_size ignore]:
        cdef object direct_ "direct_"
        cdef object enabled "enabled_"
        @property
        cdef inline FeatureState direct(self):
            return self.direct_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *direct_, *enabled_, *extended_; } kvnode_api_features_TLBFlush;
    static const kvnode_field kvnode_api_features_TLBFlush_fields[] = { AT(kvnode_api_features_TLBFlush, direct),
        AT(kvnode_api_features_TLBFlush, enabled), AT(kvnode_api_features_TLBFlush, extended), {0} };
    static const Py_ssize_t kvnode_api_features_TLBFlush_size = sizeof(kvnode_api_features_TLBFlush);
    """
    const Field *kvnode_api_features_TLBFlush_fields
    const Py_ssize_t kvnode_api_features_TLBFlush_size
    ctypedef class kvnode.api.features.TLBFlush [object kvnode_api_features_TLBFlush, check_size ignore]:
        cdef object direct_ "direct_"
        cdef object extended_ "extended_"
        cdef object enabled "enabled_"
        @property
        cdef inline FeatureState direct(self):
            return self.direct_
        @property
        cdef inline FeatureState extended(self):
            return self.extended_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *evmcs_, *frequencies_, *ipi_, *reenlightenment_, *relaxed_, *reset_,
        *runtime_, *spinlocks_, *synic_, *synictimer_, *tlbflush_, *vapic_, *vendorid_, *vpindex_; }
        kvnode_api_features_FeatureHyperv;
    static const kvnode_field kvnode_api_features_FeatureHyperv_fields[] = { AT(kvnode_api_features_FeatureHyperv,
        evmcs), AT(kvnode_api_features_FeatureHyperv, frequencies), AT(kvnode_api_features_FeatureHyperv, ipi),
        AT(kvnode_api_features_FeatureHyperv, reenlightenment), AT(kvnode_api_features_FeatureHyperv, relaxed),
        AT(kvnode_api_features_FeatureHyperv, reset), AT(kvnode_api_features_FeatureHyperv, runtime),
        AT(kvnode_api_features_FeatureHyperv, spinlocks), AT(kvnode_api_features_FeatureHyperv, synic),
        AT(kvnode_api_features_FeatureHyperv, synictimer), AT(kvnode_api_features_FeatureHyperv, tlbflush),
        AT(kvnode_api_features_FeatureHyperv, vapic), AT(kvnode_api_features_FeatureHyperv, vendorid),
        AT(kvnode_api_features_FeatureHyperv, vpindex), {0} };
    static const Py_ssize_t kvnode_api_features_FeatureHyperv_size = sizeof(kvnode_api_features_FeatureHyperv);
    """
    const Field *kvnode_api_features_FeatureHyperv_fields
    const Py_ssize_t kvnode_api_features_FeatureHyperv_size
    ctypedef class kvnode.api.features.FeatureHyperv [object kvnode_api_features_FeatureHyperv, check_size ignore]:
        cdef object evmcs_ "evmcs_"
        cdef object frequencies_ "frequencies_"
        cdef object ipi_ "ipi_"
        cdef object reenlightenment_ "reenlightenment_"
        cdef object relaxed_ "relaxed_"
        cdef object reset_ "reset_"
        cdef object runtime_ "runtime_"
        cdef object spinlocks_ "spinlocks_"
        cdef object synic_ "synic_"
        cdef object synictimer_ "synictimer_"
        cdef object tlbflush_ "tlbflush_"
        cdef object vapic_ "vapic_"
        cdef object vendorid_ "vendorid_"
        cdef object vpindex_ "vpindex_"
        @property
        cdef inline FeatureState evmcs(self):
            return self.evmcs_
        @property
        cdef inline FeatureState frequencies(self):
            return self.frequencies_
        @property
        cdef inline FeatureState ipi(self):
            return self.ipi_
        @property
        cdef inline FeatureState reenlightenment(self):
            return self.reenlightenment_
        @property
        cdef inline FeatureState relaxed(self):
            return self.relaxed_
        @property
        cdef inline FeatureState reset(self):
            return self.reset_
        @property
        cdef inline FeatureState runtime(self):
            return self.runtime_
        @property
        cdef inline FeatureSpinlocks spinlocks(self):
            return self.spinlocks_
        @property
        cdef inline FeatureState synic(self):
            return self.synic_
        @property
        cdef inline SyNICTimer synictimer(self):
            return self.synictimer_
        @property
        cdef inline TLBFlush tlbflush(self):
            return self.tlbflush_
        @property
        cdef inline FeatureState vapic(self):
            return self.vapic_
        @property
        cdef inline FeatureVendorID vendorid(self):
            return self.vendorid_
        @property
        cdef inline FeatureState vpindex(self):
            return self.vpindex_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *enabled_; } kvnode_api_features_HyperVPassthrough;
    static const kvnode_field kvnode_api_features_HyperVPassthrough_fields[] = {
        AT(kvnode_api_features_HyperVPassthrough, enabled), {0} };
    static const Py_ssize_t kvnode_api_features_HyperVPassthrough_size = sizeof(kvnode_api_features_HyperVPassthrough);
    """
    const Field *kvnode_api_features_HyperVPassthrough_fields
    const Py_ssize_t kvnode_api_features_HyperVPassthrough_size
    ctypedef class kvnode.api.features.HyperVPassthrough [object kvnode_api_features_HyperVPassthrough, check_size ignore]:
        cdef object enabled "enabled_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *acpi_, *apic_, *hyperv_, *hyperv_passthrough_, *kvm_, *pvspinlock_,
        *smm_; } kvnode_api_features_Features;
    static const kvnode_field kvnode_api_features_Features_fields[] = { AT(kvnode_api_features_Features, acpi),
        AT(kvnode_api_features_Features, apic), AT(kvnode_api_features_Features, hyperv),
        AT(kvnode_api_features_Features, hyperv_passthrough), AT(kvnode_api_features_Features, kvm),
        AT(kvnode_api_features_Features, pvspinlock), AT(kvnode_api_features_Features, smm), {0} };
    static const Py_ssize_t kvnode_api_features_Features_size = sizeof(kvnode_api_features_Features);
    """
    const Field *kvnode_api_features_Features_fields
    const Py_ssize_t kvnode_api_features_Features_size
    ctypedef class kvnode.api.features.Features [object kvnode_api_features_Features, check_size ignore]:
        cdef object acpi_ "acpi_"
        cdef object apic_ "apic_"
        cdef object hyperv_ "hyperv_"
        cdef object hyperv_passthrough_ "hyperv_passthrough_"
        cdef object kvm_ "kvm_"
        cdef object pvspinlock_ "pvspinlock_"
        cdef object smm_ "smm_"
        @property
        cdef inline FeatureState acpi(self):
            return self.acpi_
        @property
        cdef inline FeatureAPIC apic(self):
            return self.apic_
        @property
        cdef inline FeatureHyperv hyperv(self):
            return self.hyperv_
        @property
        cdef inline HyperVPassthrough hyperv_passthrough(self):
            return self.hyperv_passthrough_
        @property
        cdef inline FeatureKVM kvm(self):
            return self.kvm_
        @property
        cdef inline FeatureState pvspinlock(self):
            return self.pvspinlock_
        @property
        cdef inline FeatureState smm(self):
            return self.smm_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *offset_seconds_; } kvnode_api_features_ClockOffsetUTC;
    static const kvnode_field kvnode_api_features_ClockOffsetUTC_fields[] = { AT(kvnode_api_features_ClockOffsetUTC,
        offset_seconds), {0} };
    static const Py_ssize_t kvnode_api_features_ClockOffsetUTC_size = sizeof(kvnode_api_features_ClockOffsetUTC);
    """
    const Field *kvnode_api_features_ClockOffsetUTC_fields
    const Py_ssize_t kvnode_api_features_ClockOffsetUTC_size
    ctypedef class kvnode.api.features.ClockOffsetUTC [object kvnode_api_features_ClockOffsetUTC, check_size ignore]:
        cdef object offset_seconds "offset_seconds_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *present_, *tick_policy_; } kvnode_api_features_HPETTimer;
    static const kvnode_field kvnode_api_features_HPETTimer_fields[] = { AT(kvnode_api_features_HPETTimer, present),
        AT(kvnode_api_features_HPETTimer, tick_policy), {0} };
    static const Py_ssize_t kvnode_api_features_HPETTimer_size = sizeof(kvnode_api_features_HPETTimer);
    """
    const Field *kvnode_api_features_HPETTimer_fields
    const Py_ssize_t kvnode_api_features_HPETTimer_size
    ctypedef class kvnode.api.features.HPETTimer [object kvnode_api_features_HPETTimer, check_size ignore]:
        cdef object present "present_"
        cdef object tick_policy "tick_policy_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *present_; } kvnode_api_features_HypervTimer;
    static const kvnode_field kvnode_api_features_HypervTimer_fields[] = { AT(kvnode_api_features_HypervTimer,
        present), {0} };
    static const Py_ssize_t kvnode_api_features_HypervTimer_size = sizeof(kvnode_api_features_HypervTimer);
    """
    const Field *kvnode_api_features_HypervTimer_fields
    const Py_ssize_t kvnode_api_features_HypervTimer_size
    ctypedef class kvnode.api.features.HypervTimer [object kvnode_api_features_HypervTimer, check_size ignore]:
        cdef object present "present_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *present_; } kvnode_api_features_KVMTimer;
    static const kvnode_field kvnode_api_features_KVMTimer_fields[] = { AT(kvnode_api_features_KVMTimer, present),
        {0} };
    static const Py_ssize_t kvnode_api_features_KVMTimer_size = sizeof(kvnode_api_features_KVMTimer);
    """
    const Field *kvnode_api_features_KVMTimer_fields
    const Py_ssize_t kvnode_api_features_KVMTimer_size
    ctypedef class kvnode.api.features.KVMTimer [object kvnode_api_features_KVMTimer, check_size ignore]:
        cdef object present "present_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *present_, *tick_policy_; } kvnode_api_features_PITTimer;
    static const kvnode_field kvnode_api_features_PITTimer_fields[] = { AT(kvnode_api_features_PITTimer, present),
        AT(kvnode_api_features_PITTimer, tick_policy), {0} };
    static const Py_ssize_t kvnode_api_features_PITTimer_size = sizeof(kvnode_api_features_PITTimer);
    """
    const Field *kvnode_api_features_PITTimer_fields
    const Py_ssize_t kvnode_api_features_PITTimer_size
    ctypedef class kvnode.api.features.PITTimer [object kvnode_api_features_PITTimer, check_size ignore]:
        cdef object present "present_"
        cdef object tick_policy "tick_policy_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *present_, *tick_policy_, *track_; } kvnode_api_features_RTCTimer;
    static const kvnode_field kvnode_api_features_RTCTimer_fields[] = { AT(kvnode_api_features_RTCTimer, present),
        AT(kvnode_api_features_RTCTimer, tick_policy), AT(kvnode_api_features_RTCTimer, track), {0} };
    static const Py_ssize_t kvnode_api_features_RTCTimer_size = sizeof(kvnode_api_features_RTCTimer);
    """
    const Field *kvnode_api_features_RTCTimer_fields
    const Py_ssize_t kvnode_api_features_RTCTimer_size
    ctypedef class kvnode.api.features.RTCTimer [object kvnode_api_features_RTCTimer, check_size ignore]:
        cdef object present "present_"
        cdef object tick_policy "tick_policy_"
        cdef object track "track_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *hpet_, *hyperv_, *kvm_, *pit_, *rtc_; } kvnode_api_features_Timer;
    static const kvnode_field kvnode_api_features_Timer_fields[] = { AT(kvnode_api_features_Timer, hpet),
        AT(kvnode_api_features_Timer, hyperv), AT(kvnode_api_features_Timer, kvm), AT(kvnode_api_features_Timer,
        pit), AT(kvnode_api_features_Timer, rtc), {0} };
    static const Py_ssize_t kvnode_api_features_Timer_size = sizeof(kvnode_api_features_Timer);
    """
    const Field *kvnode_api_features_Timer_fields
    const Py_ssize_t kvnode_api_features_Timer_size
    ctypedef class kvnode.api.features.Timer [object kvnode_api_features_Timer, check_size ignore]:
        cdef object hpet_ "hpet_"
        cdef object hyperv_ "hyperv_"
        cdef object kvm_ "kvm_"
        cdef object pit_ "pit_"
        cdef object rtc_ "rtc_"
        @property
        cdef inline HPETTimer hpet(self):
            return self.hpet_
        @property
        cdef inline HypervTimer hyperv(self):
            return self.hyperv_
        @property
        cdef inline KVMTimer kvm(self):
            return self.kvm_
        @property
        cdef inline PITTimer pit(self):
            return self.pit_
        @property
        cdef inline RTCTimer rtc(self):
            return self.rtc_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *timer_, *timezone_, *utc_; } kvnode_api_features_Clock;
    static const kvnode_field kvnode_api_features_Clock_fields[] = { AT(kvnode_api_features_Clock, timer),
        AT(kvnode_api_features_Clock, timezone), AT(kvnode_api_features_Clock, utc), {0} };
    static const Py_ssize_t kvnode_api_features_Clock_size = sizeof(kvnode_api_features_Clock);
    """
    const Field *kvnode_api_features_Clock_fields
    const Py_ssize_t kvnode_api_features_Clock_size
    ctypedef class kvnode.api.features.Clock [object kvnode_api_features_Clock, check_size ignore]:
        cdef object timer_ "timer_"
        cdef object utc_ "utc_"
        cdef object timezone "timezone_"
        @property
        cdef inline Timer timer(self):
            return self.timer_
        @property
        cdef inline ClockOffsetUTC utc(self):
            return self.utc_


cdef inline int check_api_features() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(FeatureState, kvnode_api_features_FeatureState_fields, kvnode_api_features_FeatureState_size)
    kvnode_lies_so(FeatureAPIC, kvnode_api_features_FeatureAPIC_fields, kvnode_api_features_FeatureAPIC_size)
    kvnode_lies_so(FeatureKVM, kvnode_api_features_FeatureKVM_fields, kvnode_api_features_FeatureKVM_size)
    kvnode_lies_so(FeatureSpinlocks, kvnode_api_features_FeatureSpinlocks_fields, kvnode_api_features_FeatureSpinlocks_size)
    kvnode_lies_so(FeatureVendorID, kvnode_api_features_FeatureVendorID_fields, kvnode_api_features_FeatureVendorID_size)
    kvnode_lies_so(SyNICTimer, kvnode_api_features_SyNICTimer_fields, kvnode_api_features_SyNICTimer_size)
    kvnode_lies_so(TLBFlush, kvnode_api_features_TLBFlush_fields, kvnode_api_features_TLBFlush_size)
    kvnode_lies_so(FeatureHyperv, kvnode_api_features_FeatureHyperv_fields, kvnode_api_features_FeatureHyperv_size)
    kvnode_lies_so(HyperVPassthrough, kvnode_api_features_HyperVPassthrough_fields, kvnode_api_features_HyperVPassthrough_size)
    kvnode_lies_so(Features, kvnode_api_features_Features_fields, kvnode_api_features_Features_size)
    kvnode_lies_so(ClockOffsetUTC, kvnode_api_features_ClockOffsetUTC_fields, kvnode_api_features_ClockOffsetUTC_size)
    kvnode_lies_so(HPETTimer, kvnode_api_features_HPETTimer_fields, kvnode_api_features_HPETTimer_size)
    kvnode_lies_so(HypervTimer, kvnode_api_features_HypervTimer_fields, kvnode_api_features_HypervTimer_size)
    kvnode_lies_so(KVMTimer, kvnode_api_features_KVMTimer_fields, kvnode_api_features_KVMTimer_size)
    kvnode_lies_so(PITTimer, kvnode_api_features_PITTimer_fields, kvnode_api_features_PITTimer_size)
    kvnode_lies_so(RTCTimer, kvnode_api_features_RTCTimer_fields, kvnode_api_features_RTCTimer_size)
    kvnode_lies_so(Timer, kvnode_api_features_Timer_fields, kvnode_api_features_Timer_size)
    kvnode_lies_so(Clock, kvnode_api_features_Clock_fields, kvnode_api_features_Clock_size)
    return 0
