# cython: language_level=3, boundscheck=False, wraparound=False
"""Whether a text is a name: the alphabets and shapes of Kubernetes' and its neighbours' names, one pass each.

A guest has a hundred names, and each is looked at by the defaulting webhook, the validating one and the controller; a
regular expression takes 0.2 to 0.5 µs to say yes to one, a loop over its bytes a tenth. Which field takes which kind of
name, and what is said of a text that is none, is ``kvnode.api.validation``'s business.

All of these alphabets are ASCII, so a text with any other character is no name at all, and one of them is a byte. Text
is only read, in place: nothing here allocates.
"""

from libc.string cimport memcmp

from kvnode._fast.text cimport Text, read

cdef extern from *:
    """
    enum { LOWER = 1, UPPER = 2, DIGIT = 4, HYPHEN = 8, UNDERSCORE = 16, DOT = 32, PLUS = 64, HEX = 128 };

    /* What each ASCII character is. */
    static const unsigned char kvnode_kinds[128] = {
        ['a' ... 'f'] = LOWER | HEX, ['g' ... 'z'] = LOWER,
        ['A' ... 'F'] = UPPER | HEX, ['G' ... 'Z'] = UPPER,
        ['0' ... '9'] = DIGIT | HEX,
        ['-'] = HYPHEN, ['_'] = UNDERSCORE, ['.'] = DOT, ['+'] = PLUS,
    };
    """
    const unsigned char kvnode_kinds[128]
    enum:
        LOWER, UPPER, DIGIT, HYPHEN, UNDERSCORE, DOT, PLUS, HEX

cdef const char *NOBODY = "00:00:00:00:00:00"

cdef enum:
    ALPHANUMERIC = LOWER | UPPER | DIGIT
    LONGEST_LABEL = 63
    LONGEST_SUBDOMAIN = 253
    LONGEST_PORT = 15
    LONGEST_SERIAL = 256
    MAC_CHARACTERS = 17
    UUID_CHARACTERS = 36


cdef inline bint made_of(const unsigned char *data, Py_ssize_t size, int kinds) noexcept:
    """Whether there is at least one character, and each is of one of these kinds."""
    cdef Py_ssize_t at
    for at in range(size):
        if not kvnode_kinds[data[at]] & kinds:
            return False
    return size > 0


cdef inline bint shaped(const unsigned char *data, Py_ssize_t size, int ends, int inside) noexcept:
    """The same, where the first and the last character are of fewer kinds."""
    return (
        made_of(data, size, inside)
        and kvnode_kinds[data[0]] & ends != 0
        and kvnode_kinds[data[size - 1]] & ends != 0
    )


cdef inline bint dns_name(const unsigned char *data, Py_ssize_t size) noexcept:
    cdef Py_ssize_t at, start = 0
    if size > LONGEST_SUBDOMAIN:
        return False
    for at in range(size):
        if data[at] == 46:
            if not shaped(data + start, at - start, LOWER | DIGIT, LOWER | DIGIT | HYPHEN):
                return False
            start = at + 1
    return shaped(data + start, size - start, LOWER | DIGIT, LOWER | DIGIT | HYPHEN)


cdef inline bint part(const unsigned char *data, Py_ssize_t size) noexcept:
    return size <= LONGEST_LABEL and shaped(data, size, ALPHANUMERIC, ALPHANUMERIC | HYPHEN | UNDERSCORE | DOT)


cdef bint label(object text) except -1:
    cdef Text name
    read(text, &name)
    return name.size <= LONGEST_LABEL and shaped(name.data, name.size, LOWER | DIGIT, LOWER | DIGIT | HYPHEN)


cdef bint subdomain(object text) except -1:
    cdef Text name
    read(text, &name)
    return dns_name(name.data, name.size)


cdef bint qualified_name(object text) except -1:
    cdef Text name
    cdef Py_ssize_t slash
    read(text, &name)
    slash = name.size - 1
    while slash >= 0 and name.data[slash] != 47:
        slash -= 1
    return (slash < 0 or dns_name(name.data, slash)) and part(name.data + slash + 1, name.size - slash - 1)


cdef bint name_part(object text) except -1:
    cdef Text name
    read(text, &name)
    return part(name.data, name.size)


cdef bint interface_name(object text) except -1:
    cdef Text name
    read(text, &name)
    return name.size <= LONGEST_SUBDOMAIN and made_of(name.data, name.size, ALPHANUMERIC | HYPHEN | UNDERSCORE)


cdef bint attachment_name(object text) except -1:
    cdef Text name
    cdef Py_ssize_t slash = 0
    read(text, &name)
    while slash < name.size and name.data[slash] != 47:
        slash += 1
    if slash == name.size:
        return dns_name(name.data, name.size)
    return dns_name(name.data, slash) and dns_name(name.data + slash + 1, name.size - slash - 1)


cdef bint port_name(object text) except -1:
    cdef Text name
    cdef Py_ssize_t at
    cdef int kinds = 0
    read(text, &name)
    if name.size > LONGEST_PORT or not shaped(name.data, name.size, LOWER | DIGIT, LOWER | DIGIT | HYPHEN):
        return False
    for at in range(name.size):
        kinds |= kvnode_kinds[name.data[at]]
        if name.data[at] == 45 and name.data[at - 1] == 45:
            return False
    return kinds & LOWER != 0


cdef bint mac_address(object text) except -1:
    cdef Text name
    return pairs(text, &name) != 0


cdef bint card_address(object text) except -1:
    cdef Text name
    cdef int kinds = pairs(text, &name)
    if not kinds or kinds & UPPER:
        return False
    # The digits 0 to 9 and a to f are even or odd as their codes are, a to f the other way round.
    if (name.data[1] & 1) != (kvnode_kinds[name.data[1]] & LOWER):
        return False
    return memcmp(name.data, NOBODY, MAC_CHARACTERS) != 0


cdef inline int pairs(object text, Text *name) except -1:
    """What kinds of characters six pairs of hexadecimal digits with colons between have in all; 0 of another text."""
    cdef Py_ssize_t at
    cdef int first, second, kinds = 0
    read(text, name)
    if name.size != MAC_CHARACTERS:
        return 0
    for at in range(0, MAC_CHARACTERS, 3):
        first, second = kvnode_kinds[name.data[at]], kvnode_kinds[name.data[at + 1]]
        if not first & second & HEX or (at + 2 < MAC_CHARACTERS and name.data[at + 2] != 58):
            return 0
        kinds |= first | second
    return kinds


cdef bint uuid(object text) except -1:
    cdef Text name
    cdef Py_ssize_t at
    read(text, &name)
    if name.size != UUID_CHARACTERS:
        return False
    for at in range(UUID_CHARACTERS):
        if at == 8 or at == 13 or at == 18 or at == 23:
            if name.data[at] != 45:
                return False
        elif not kvnode_kinds[name.data[at]] & HEX or kvnode_kinds[name.data[at]] & UPPER:
            return False
    return True


cdef bint serial(object text) except -1:
    cdef Text name
    cdef int kinds = ALPHANUMERIC | HYPHEN | UNDERSCORE | DOT | PLUS
    read(text, &name)
    return name.size <= LONGEST_SERIAL and made_of(name.data, name.size, kinds)


cdef Kind kind_of(object function) except NULL:
    if function is is_label:
        return label
    if function is is_subdomain:
        return subdomain
    if function is is_interface_name:
        return interface_name
    if function is is_attachment_name:
        return attachment_name
    if function is is_card_address:
        return card_address
    if function is is_serial:
        return serial
    raise TypeError(f"{function!r} is no kind of name that is asked for here")


def is_label(text, /) -> bool:
    """An RFC 1123 label: 1 to 63 of ``a-z 0-9 -``, with a letter or digit at either end."""
    return label(text)


def is_subdomain(text, /) -> bool:
    """An RFC 1123 subdomain: DNS labels joined by dots, at most 253 characters in all."""
    return subdomain(text)


def is_qualified_name(text, /) -> bool:
    """A label's or an annotation's key: a name part, and a subdomain with ``/`` before it, if any."""
    return qualified_name(text)


def is_name_part(text, /) -> bool:
    """A label's value: 1 to 63 of ``A-Z a-z 0-9 - _ .``, with a letter or digit at either end."""
    return name_part(text)


def is_interface_name(text, /) -> bool:
    """An interface's or a network's logical name: 1 to 253 of ``A-Z a-z 0-9 - _``."""
    return interface_name(text)


def is_attachment_name(text, /) -> bool:
    """A NetworkAttachmentDefinition, as ``name`` or ``namespace/name``, each of them a subdomain."""
    return attachment_name(text)


def is_port_name(text, /) -> bool:
    """A port's name (RFC 6335): 1 to 15 of ``a-z 0-9 -``, a letter among them, no hyphen at an end or by another."""
    return port_name(text)


def is_mac_address(text, /) -> bool:
    """Six pairs of hexadecimal digits with colons between."""
    return mac_address(text)


def is_card_address(text, /) -> bool:
    """A MAC address as a card has it: not a group's, not all zeros, and in lower case, so that equal ones are equal."""
    return card_address(text)


def is_serial(text, /) -> bool:
    """1 to 256 of ``A-Z a-z 0-9 _ . + -``: what libvirt and QEMU take in a serial number."""
    return serial(text)


def is_uuid(text, /) -> bool:
    """A UUID as libvirt and the kernel write it: 36 characters, dashes in their places, lower case."""
    return uuid(text)
