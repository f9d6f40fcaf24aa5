# cython: language_level=3
"""The types of kvnode.planning.features, from its annotations. deploy/setup/declarations.py writes this."""

cimport cython
from kvnode._fast.layout_api_features cimport Clock
from kvnode._fast.layout_api_features cimport FeatureState
from kvnode._fast.layout_api_features cimport Features
from kvnode._fast.layout_api_features cimport Timer as features_Timer
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_planning_domain_plan cimport ClockPlan
from kvnode._fast.layout_planning_domain_plan cimport FeaturesPlan
from kvnode._fast.layout_planning_domain_plan cimport MemoryPlan
from kvnode._fast.layout_planning_intermediate cimport Architecture
from kvnode.planning.hypervisor cimport translation_buffer_bytes
from kvnode.planning.refusal cimport invalid
from kvnode.planning.refusal cimport one_of

cdef Features _NO_FEATURES
cdef ClockPlan _UTC
cdef object _SPINLOCK_RETRIES
cdef tuple _TICK_POLICIES
cdef tuple _TRACKS
cpdef FeaturesPlan features_plan(VirtualMachineInstance vmi, Architecture arch, hypervisor, MemoryPlan memory)
cpdef bint _is_on(FeatureState state)
cpdef bint _state(FeatureState state)
cpdef ClockPlan clock_plan(VirtualMachineInstance vmi)
cpdef tuple _utc(Clock clock)
@cython.locals(made=list)
cpdef tuple _timers(features_Timer timers)
