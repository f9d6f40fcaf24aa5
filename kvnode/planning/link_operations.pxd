# cython: language_level=3
"""The types of kvnode.planning.link_operations, from its annotations. deploy/setup/declarations.py writes this."""



