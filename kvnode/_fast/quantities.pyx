# cython: language_level=3, boundscheck=False, wraparound=False
"""Quantities as nearly every manifest writes them, ``512Mi`` or ``10G``, as a number of bytes.

``kvnode.quantity`` knows all of the grammar, its rounding and its caps, and is asked for whatever is written otherwise.
"""

from kvnode._fast.text cimport Text, read

cdef enum:
    ZERO = 48
    MOST_DIGITS = 9


cpdef long long plain_bytes(object quantity) except? -1:
    """A text of one to nine digits, and perhaps one of Ki, Mi, Gi, Ti, k, M, G and T; -1 for anything else."""
    cdef Text name
    cdef Py_ssize_t at = 0
    cdef long long amount = 0
    if not isinstance(quantity, str):
        return -1
    read(quantity, &name)
    while at < name.size and at < MOST_DIGITS and ZERO <= name.data[at] <= ZERO + 9:
        amount = amount * 10 + name.data[at] - ZERO
        at += 1
    if at == 0 or name.size - at > 2:
        return -1
    if at == name.size:
        return amount
    if at + 1 == name.size:
        return decimal(amount, name.data[at])
    return binary(amount, name.data[at]) if name.data[at + 1] == c"i" else -1


cdef inline long long binary(long long amount, unsigned char suffix) noexcept:
    if suffix == c"K":
        return amount << 10
    if suffix == c"M":
        return amount << 20
    if suffix == c"G":
        return amount << 30
    return amount << 40 if suffix == c"T" and amount < 1 << 22 else -1


cdef inline long long decimal(long long amount, unsigned char suffix) noexcept:
    if suffix == c"k":
        return amount * 1_000
    if suffix == c"M":
        return amount * 1_000_000
    if suffix == c"G":
        return amount * 1_000_000_000
    return amount * 1_000_000_000_000 if suffix == c"T" and amount < 1 << 22 else -1
