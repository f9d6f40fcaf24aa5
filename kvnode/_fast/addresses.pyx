# cython: language_level=3, boundscheck=False, wraparound=False
"""IPv4 addresses, from text to a number and back, one pass each.

A plan reads every address, route and name server of a Pod; in Python each costs as much as ten fields of a guest.
``kvnode.planning.ipv4`` is their face, and says what is wrong with a text that is none.
"""

from cpython.unicode cimport PyUnicode_DecodeASCII

from kvnode._fast.text cimport Text, read

cdef enum:
    LONGEST = 15  # of four numbers with dots between
    POINT = 46
    SLASH = 47
    ZERO = 48
    WHOLE = 32


def ipv4(text: str, /) -> tuple | None:
    """An address as (number, prefix), whose prefix is 32 where the text has none; None for any other text.

    Four decimal numbers up to 255 without leading zeros, which some read as octal, and perhaps ``/`` and 0 to 32.
    """
    cdef Text name
    cdef Py_ssize_t at = 0
    cdef long long address = 0
    cdef int number, prefix = WHOLE, octet
    read(text, &name)
    for octet in range(4):
        if octet:
            if at == name.size or name.data[at] != POINT:
                return None
            at += 1
        number = decimal(&name, &at, 3)
        if number < 0 or number > 255:
            return None
        address = address << 8 | number
    if at < name.size:
        if name.data[at] != SLASH:
            return None
        at += 1
        # A prefix may have a leading zero: it is a length, which nobody reads as octal.
        prefix = digits(&name, &at, 2)
        if prefix < 0 or prefix > WHOLE or at < name.size:
            return None
    return address, prefix


cdef inline int decimal(const Text *name, Py_ssize_t *at, int most) noexcept:
    """A number without leading zeros of at most so many digits; -1 where there is none."""
    cdef Py_ssize_t first = at[0]
    cdef int number = digits(name, at, most)
    return -1 if number >= 0 and at[0] - first > 1 and name.data[first] == ZERO else number


cdef inline int digits(const Text *name, Py_ssize_t *at, int most) noexcept:
    cdef int number = 0, count = 0
    while at[0] < name.size and count < most and ZERO <= name.data[at[0]] <= ZERO + 9:
        number = number * 10 + name.data[at[0]] - ZERO
        at[0] += 1
        count += 1
    return number if count else -1


def ipv4_text(unsigned int number, /) -> str:
    """The address alone: ``10.244.1.17``. OverflowError for what isn't 0 to 2**32 - 1."""
    cdef char out[LONGEST]
    cdef Py_ssize_t at = LONGEST
    cdef unsigned int octet
    cdef int count
    for count in range(4):
        octet = number & 255
        number >>= 8
        if count:
            at -= 1
            out[at] = POINT
        while True:
            at -= 1
            out[at] = <char> (ZERO + octet % 10)
            octet //= 10
            if not octet:
                break
    return PyUnicode_DecodeASCII(out + at, LONGEST - at, NULL)
