# cython: language_level=3
"""A growing buffer of XML: literals go in as they are, text goes through the one escaping function.

A header of inline functions, so that whoever writes elements has them in its own code. The buffer starts in
memory of the caller's and moves to its own when that is full; the caller frees it in a ``finally``.
"""

from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from libc.string cimport memcpy, strlen


cdef extern from *:
    """
    /* Bytes that text can't have as they are: markup, all controls (a tab and a line's end too, because a parser
       turns them into blanks within an attribute), and 0xEF, which begins U+FFFE and U+FFFF. */
    static const unsigned char kvnode_special[256] = {
        [0x00 ... 0x1f] = 1, ['"'] = 1, ['&'] = 1, ['<'] = 1, ['>'] = 1, [0xef] = 1,
    };
    """
    const unsigned char kvnode_special[256]

    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    const unsigned char *PyUnicode_1BYTE_DATA(object text)


cdef struct Buffer:
    char *data
    Py_ssize_t size
    Py_ssize_t capacity
    char *heap  # NULL as long as data is the caller's


cdef inline void buffer_init(Buffer *b, char *stack, Py_ssize_t capacity) noexcept:
    b.data = stack
    b.size = 0
    b.capacity = capacity
    b.heap = NULL


cdef inline void buffer_free(Buffer *b) noexcept:
    PyMem_Free(b.heap)
    b.heap = NULL


cdef inline int buffer_grow(Buffer *b, Py_ssize_t more) except -1:
    """Make room for ``more`` bytes, and at least four times what there is: who needs more needs much."""
    cdef Py_ssize_t wanted = b.size + more
    cdef Py_ssize_t capacity = b.capacity * 4 if b.capacity * 4 > wanted else wanted
    cdef char *heap
    if b.heap == NULL:
        heap = <char *> PyMem_Malloc(capacity)
        if heap != NULL:
            memcpy(heap, b.data, b.size)
    else:
        heap = <char *> PyMem_Realloc(b.heap, capacity)
    if heap == NULL:
        raise MemoryError()
    b.heap = b.data = heap
    b.capacity = capacity
    return 0


cdef inline int put(Buffer *b, const char *data, Py_ssize_t size) except -1:
    if b.size + size > b.capacity:
        buffer_grow(b, size)
    memcpy(b.data + b.size, data, size)
    b.size += size
    return 0


cdef inline int put_one(Buffer *b, char character) except -1:
    if b.size == b.capacity:
        buffer_grow(b, 1)
    b.data[b.size] = character
    b.size += 1
    return 0


cdef inline int lit(Buffer *b, const char *literal) except -1:
    """Markup that stands in the source; the compiler knows its length."""
    return put(b, literal, strlen(literal))


cdef inline int number(Buffer *b, object value) except -1:
    """An integer in decimal. It has to fit 64 bits with a sign: OverflowError."""
    cdef long long amount = value
    if 0 <= amount < 10:
        return put_one(b, <char> (48 + amount))
    cdef unsigned long long rest = <unsigned long long> amount
    cdef char digits[24]
    cdef Py_ssize_t at = sizeof(digits)
    if amount < 0:
        rest = 0 - rest
    while True:
        at -= 1
        digits[at] = <char> (48 + rest % 10)
        rest //= 10
        if rest == 0:
            break
    if amount < 0:
        at -= 1
        digits[at] = 45
    return put(b, digits + at, sizeof(digits) - at)


cdef inline int special_of_four(const unsigned char *data) noexcept:
    return kvnode_special[data[0]] | kvnode_special[data[1]] | kvnode_special[data[2]] | kvnode_special[data[3]]


cdef inline int text(Buffer *b, str value) except -1:
    """A string, escaped: for an attribute in double quotes and for an element's content alike.

    What XML 1.0 has no way to say (section 2.2: controls but tab, line feed and return; surrogates; U+FFFE, U+FFFF)
    is a ValueError.
    """
    cdef Py_ssize_t size = 0, done = 0, at = 0
    cdef unsigned char c
    cdef const char *data
    cdef char *to
    if value is None:
        raise TypeError("text is missing where the plan has to have some")
    if PyUnicode_IS_COMPACT_ASCII(value):
        data, size = <const char *> PyUnicode_1BYTE_DATA(value), PyUnicode_GET_LENGTH(value)
    else:
        data = PyUnicode_AsUTF8AndSize(value, &size)
    # Nearly all text is a few characters, none of them special: those are copied as they are looked at.
    if b.size + size > b.capacity:
        buffer_grow(b, size)
    to = b.data + b.size
    while at + 4 <= size and not special_of_four(<const unsigned char *> data + at):
        memcpy(to + at, data + at, 4)
        at += 4
    while at < size and not kvnode_special[<unsigned char> data[at]]:
        to[at] = data[at]
        at += 1
    b.size += at
    done = at
    while at < size:
        c = <unsigned char> data[at]
        at += 1
        if not kvnode_special[c]:
            continue
        if c == 0xEF:
            # UTF-8 is complete here, so two more bytes follow.
            if data[at] == <char> 0xBF and (<unsigned char> data[at + 1]) >= 0xBE:
                raise ValueError(f"XML has no way to say U+FFFE or U+FFFF, which {value[:40]!r} has in it")
            continue
        put(b, data + done, at - 1 - done)
        done = at
        escape(b, c, value)
    return put(b, data + done, size - done)


cdef inline int escape(Buffer *b, unsigned char c, str value) except -1:
    if c == 38:
        return lit(b, "&amp;")
    if c == 60:
        return lit(b, "&lt;")
    if c == 62:
        return lit(b, "&gt;")
    if c == 34:
        return lit(b, "&quot;")
    if c == 9:
        return lit(b, "&#9;")
    if c == 10:
        return lit(b, "&#10;")
    if c == 13:
        return lit(b, "&#13;")
    raise ValueError(f"XML has no way to say the control character U+{c:04X}, which {value[:40]!r} has in it")


cdef inline int attr(Buffer *b, const char *start, str value) except -1:
    """An attribute: ``start`` is `` name="`` with its blank and its quote."""
    lit(b, start)
    text(b, value)
    return put_one(b, 34)


cdef inline int attr_number(Buffer *b, const char *start, object value) except -1:
    lit(b, start)
    number(b, value)
    return put_one(b, 34)


cdef inline int element(Buffer *b, const char *start, str value, const char *end) except -1:
    """An element with text: ``start`` and ``end`` are its tags."""
    lit(b, start)
    text(b, value)
    return lit(b, end)
