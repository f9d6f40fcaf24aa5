"""How much of a manifest is read at most. What is larger is refused before it costs time or memory."""

# The API server takes requests of 3 MiB at most, and etcd half of that: what is larger can't be an object of a cluster.
MAX_DOCUMENT = 3 << 20
# A file may hold many objects, or a list of them.
MAX_SOURCE = 64 << 20
# Documents in one source, those left empty included.
MAX_DOCUMENTS = 10_000
# Values in one source, those that aliases repeat included; a guest with 256 disks has some 3,000.
MAX_VALUES = 1_000_000
# Levels of nesting. The deepest field of a guest lies 14 deep.
MAX_DEPTH = 100
# %TAG directives in one source: the parser compares each with all before it.
MAX_TAG_DIRECTIVES = 100
# Faults that are told of one source.
MAX_FAULTS = 200
