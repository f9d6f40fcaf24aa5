# cython: language_level=3
cpdef str hashed_mac(object first_octet, object text)
