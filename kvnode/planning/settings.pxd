# cython: language_level=3
"""The types of kvnode.planning.settings, from its annotations. deploy/setup/declarations.py writes this."""


cpdef _ratio(text)
