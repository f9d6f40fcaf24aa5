# cython: language_level=3
"""The types of kvnode.planning.requirements, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_facts_host cimport HostFacts as host_HostFacts
from kvnode._fast.layout_planning_domain_plan cimport DomainPlan

cpdef check_requirements(DomainPlan plan, host_HostFacts host)
cpdef _version(number)
