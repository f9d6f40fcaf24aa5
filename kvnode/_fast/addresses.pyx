# cython: language_level=3, boundscheck=False, wraparound=False
"""IPv4 addresses, from text to a number and back, one pass each.

A plan reads every address, route and name server of a Pod; in Python each costs as much as ten fields of a guest.
``kvnode.planning.ipv4`` is their face, and says what is wrong with a text that is none.
"""

from cpython.unicode cimport PyUnicode_DecodeASCII

from kvnode._fast.text cimport Text, read

cdef enum:
    LONGEST = 15  # of four numbers with dots between
    LONGEST_CIDR = LONGEST + 3
    POINT = 46
    SLASH = 47
    ZERO = 48
    WHOLE = 32


def ipv4(text: str, /) -> tuple | None:
    """An address as (number, prefix), whose prefix is 32 where the text has none; None for any other text.

    Four decimal numbers up to 255 without leading zeros, which some read as octal, and perhaps ``/`` and 0 to 32.
    """
    cdef int prefix
    cdef long long address = parsed(text, &prefix)
    return (address, prefix) if address >= 0 else None


cpdef object ipv4_cidr(object text):
    """An address in CIDR form, the text itself where it is so; None for one that ``ipv4`` doesn't read."""
    cdef char out[LONGEST_CIDR]
    cdef int prefix
    cdef Py_ssize_t at
    cdef Text given
    cdef long long address = parsed(text, &prefix)
    if address < 0:
        return None
    # What has been read is another text than this one only where it has no prefix, or one with a leading zero.
    read(text, &given)
    at = given.size
    if given.data[at - 2] == SLASH or (given.data[at - 3] == SLASH and given.data[at - 2] != ZERO):
        return text
    at = decimal_before(out, LONGEST_CIDR, prefix) - 1
    out[at] = SLASH
    at = dotted_before(out, at, <unsigned int> address)
    return PyUnicode_DecodeASCII(out + at, LONGEST_CIDR - at, NULL)


cpdef object ipv4_within(object text, unsigned int network, int prefix):
    """Whether an address lies in a network, whatever its own prefix; None for a text that ``ipv4`` doesn't read.

    network, prefix -- as ``ipv4`` reads them; ValueError for a prefix that isn't 0 to 32
    """
    cdef int own
    cdef long long address
    if prefix < 0 or prefix > WHOLE:
        raise ValueError(f"a prefix of {prefix} bits is not 0 to {WHOLE}")
    address = parsed(text, &own)
    return (address ^ network) >> (WHOLE - prefix) == 0 if address >= 0 else None


cdef long long parsed(object text, int *prefix) except -2:
    """The address, and its prefix; -1 where there is none."""
    cdef Text name
    cdef Py_ssize_t at = 0
    cdef long long address = 0
    cdef int number, octet
    read(text, &name)
    for octet in range(4):
        if octet:
            if at == name.size or name.data[at] != POINT:
                return -1
            at += 1
        number = decimal(&name, &at, 3)
        if number < 0 or number > 255:
            return -1
        address = address << 8 | number
    prefix[0] = WHOLE
    if at < name.size:
        if name.data[at] != SLASH:
            return -1
        at += 1
        # A prefix may have a leading zero: it is a length, which nobody reads as octal.
        prefix[0] = digits(&name, &at, 2)
        if prefix[0] < 0 or prefix[0] > WHOLE or at < name.size:
            return -1
    return address


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
    cdef Py_ssize_t at = dotted_before(out, LONGEST, number)
    return PyUnicode_DecodeASCII(out + at, LONGEST - at, NULL)


cdef inline Py_ssize_t dotted_before(char *out, Py_ssize_t at, unsigned int number) noexcept:
    """Writes an address so that it ends before a place; returns where it starts."""
    cdef int count
    for count in range(4):
        if count:
            at -= 1
            out[at] = POINT
        at = decimal_before(out, at, number & 255)
        number >>= 8
    return at


cdef inline Py_ssize_t decimal_before(char *out, Py_ssize_t at, unsigned int number) noexcept:
    """The same for a decimal number."""
    while True:
        at -= 1
        out[at] = <char> (ZERO + number % 10)
        number //= 10
        if not number:
            return at
