# cython: language_level=3
"""A text's characters, in place. A header: whoever reads texts has this in its own code. Nothing here allocates.
"""

cdef extern from *:
    bint PyUnicode_IS_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    const unsigned char *PyUnicode_1BYTE_DATA(object text)


cdef struct Text:
    const unsigned char *data
    Py_ssize_t size


cdef inline int read(object text, Text *into) except -1:
    """The characters of a text, none of one that isn't ASCII. They live as long as the text does."""
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} is no text")
    into.size = 0
    into.data = NULL
    if PyUnicode_IS_ASCII(text):
        into.size = PyUnicode_GET_LENGTH(text)
        into.data = PyUnicode_1BYTE_DATA(text)
    return 0
