# cython: language_level=3
"""The types of kvnode.planning.hostname, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_api_instance cimport VirtualMachineInstance

cpdef guest_hostname(VirtualMachineInstance vmi)
