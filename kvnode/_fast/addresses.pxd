# cython: language_level=3
cpdef object ipv4_cidr(object text)
cpdef object ipv4_within(object text, unsigned int network, int prefix)
