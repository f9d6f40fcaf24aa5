# cython: language_level=3
"""The types of kvnode.planning.settings, from its annotations. deploy/setup/declarations.py writes this."""

from kvnode._fast.layout_planning_intermediate cimport PlanSettings

cdef PlanSettings _PLAIN
cpdef _ratio(text)
