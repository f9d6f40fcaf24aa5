# cython: language_level=3
"""The types of kvnode.planning.launch_security, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_api_firmware cimport SEV
from kvnode._fast.layout_api_instance cimport VirtualMachineInstance
from kvnode._fast.layout_planning_device_plans cimport Controller
from kvnode._fast.layout_planning_domain_plan cimport LaunchSecurityPlan
from kvnode._fast.layout_planning_intermediate cimport Architecture

cdef object _D
cdef object _SEV_NO_DEBUGGING
cdef object _SEV_ENCRYPTED_STATE
cdef object _SNP_POLICY
cpdef LaunchSecurityPlan launch_security(VirtualMachineInstance vmi, Architecture arch)
cpdef LaunchSecurityPlan _sev(SEV sev)
cpdef bint _is_virtio(Controller controller)
cpdef _kept(device, bint virtio)
