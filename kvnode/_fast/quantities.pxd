# cython: language_level=3
cpdef long long plain_bytes(object quantity) except? -1
