"""Link operations as route netlink bytes, and the kernel's acks back into errors.

A Batch collects messages one after the other in one buffer, each with a sequence number of its own and a wish for an
ack, so that a guest's whole set goes out in one sendmsg.  The kernel works through them in order and goes on after a
failed one; ``read_acks`` tells by sequence which that was.  Links made in the batch have their index preset, so what
follows can name them before they exist.

Mechanism only: which operations, in which order and which failures are none is the caller's business.  The buffer
starts inside of the object and moves to the heap when it outgrows that (a guest with one interface needs 500 bytes).
Layouts: linux/netlink.h, linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h.  All numbers are in host order.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memset

cdef enum:
    HEADER = 16  # struct nlmsghdr
    LINK_HEADER = 16  # struct ifinfomsg
    ADDRESS_HEADER = 8  # struct ifaddrmsg
    ATTRIBUTE_HEADER = 4  # struct nlattr
    ERROR_HEADER = 20  # struct nlmsgerr: the errno, and the header of the message that it is about
    NAME_BYTES = 15  # IFNAMSIZ without its NUL
    MAX_ATTRIBUTE = 65535 - 4

    NLMSG_ERROR = 2
    NLM_F_REQUEST = 0x1
    NLM_F_ACK = 0x4
    NLM_F_EXCL = 0x200
    NLM_F_CREATE = 0x400
    NLM_F_CAPPED = 0x100
    NLM_F_ACK_TLVS = 0x200
    NLMSGERR_ATTR_MSG = 1
    NLA_TYPE_MASK = 0x3FFF

    RTM_NEWLINK = 16
    RTM_DELLINK = 17
    RTM_NEWADDR = 20
    RTM_DELADDR = 21

    IFF_UP = 0x1
    IFLA_ADDRESS = 1
    IFLA_IFNAME = 3
    IFLA_MTU = 4
    IFLA_MASTER = 10
    IFLA_LINKINFO = 18
    IFLA_IFALIAS = 20
    IFLA_GROUP = 27
    IFLA_INFO_KIND = 1
    IFLA_INFO_SLAVE_KIND = 4
    IFLA_INFO_SLAVE_DATA = 5
    IFLA_BRPORT_LEARNING = 8
    IFA_ADDRESS = 1
    IFA_LOCAL = 2

    AF_INET = 2
    AF_INET6 = 10


cdef inline Py_ssize_t aligned(Py_ssize_t size) noexcept nogil:
    return (size + 3) & ~3


cdef inline uint16_t read_u16(const uint8_t *at) noexcept nogil:
    cdef uint16_t value
    memcpy(&value, at, 2)
    return value


cdef inline uint32_t read_u32(const uint8_t *at) noexcept nogil:
    cdef uint32_t value
    memcpy(&value, at, 4)
    return value


cdef inline int32_t read_i32(const uint8_t *at) noexcept nogil:
    cdef int32_t value
    memcpy(&value, at, 4)
    return value


cdef class Batch:
    """Messages for one sendmsg.

    ``first_sequence`` is the sequence of the first message, ``count`` how many there are; message n has
    ``first_sequence + n`` (modulo 2**32), and each method that adds one returns its n.
    """

    def __cinit__(self, uint32_t first_sequence=1):
        self._data = self._inline
        self._capacity = INLINE_BYTES
        self.first_sequence = first_sequence

    def __dealloc__(self):
        if self._data != self._inline:
            free(self._data)

    def __len__(self):
        return self.count

    def __bytes__(self):
        return PyBytes_FromStringAndSize(<char *>self._data, self._closed)

    def create_link(
        self,
        str name not None,
        str kind not None,
        int32_t index=0,
        bytes mac=None,
        uint32_t mtu=0,
    ):
        """A new link of ``kind``, which must not exist (EEXIST); an ``index`` of 0 leaves it to the kernel."""
        cdef bytes raw = name.encode()
        cdef bytes kind_bytes = kind.encode()
        cdef Py_ssize_t info
        if not 0 < len(raw) <= NAME_BYTES or b"\0" in raw:
            raise ValueError(f"{name!r} is not a link's name: it has {len(raw)} bytes, 1 to {NAME_BYTES} fit")
        if index < 0:
            raise ValueError(f"{index} is not an index for a link: indexes are positive")
        self._begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL)
        self._link_header(index, 0, 0)
        # PyBytes end in a NUL, which the kernel wants to be a part of the name.
        self._attribute(IFLA_IFNAME, PyBytes_AS_STRING(raw), PyBytes_GET_SIZE(raw) + 1)
        if mtu:
            self._number(IFLA_MTU, mtu)
        if mac is not None:
            self._mac(mac)
        info = self._nest(IFLA_LINKINFO)
        self._attribute(IFLA_INFO_KIND, PyBytes_AS_STRING(kind_bytes), PyBytes_GET_SIZE(kind_bytes))
        self._unnest(info)
        return self._end()

    def set_link(
        self,
        int32_t index,
        bytes mac=None,
        uint32_t mtu=0,
        object master=None,
        object group=None,
        object up=None,
        str alias=None,
    ):
        """Changes of the link with that index; None (for ``mtu`` 0) leaves a property, a ``master`` of 0 frees it."""
        cdef bytes alias_bytes = alias.encode() if alias is not None else None
        cdef uint32_t flags = 0
        cdef uint32_t change = 0
        if index <= 0:
            raise ValueError(f"{index} is not the index of a link: indexes are positive")
        if up is not None:
            change = IFF_UP
            flags = IFF_UP if up else 0
        self._begin(RTM_NEWLINK, 0)
        self._link_header(index, flags, change)
        if mac is not None:
            self._mac(mac)
        if mtu:
            self._number(IFLA_MTU, mtu)
        if master is not None:
            self._number(IFLA_MASTER, master)
        if group is not None:
            self._number(IFLA_GROUP, group)
        if alias_bytes is not None:
            self._attribute(IFLA_IFALIAS, PyBytes_AS_STRING(alias_bytes), PyBytes_GET_SIZE(alias_bytes))
        return self._end()

    def set_port(self, int32_t index, bint learning):
        """Whether the bridge learns addresses from the link with that index, which is a port of one already.

        A message of its own: the kernel asks the link's master as it was before the message (EOPNOTSUPP without one).
        """
        cdef uint8_t value = 1 if learning else 0
        cdef Py_ssize_t info, data
        if index <= 0:
            raise ValueError(f"{index} is not the index of a link: indexes are positive")
        self._begin(RTM_NEWLINK, 0)
        self._link_header(index, 0, 0)
        info = self._nest(IFLA_LINKINFO)
        self._attribute(IFLA_INFO_SLAVE_KIND, b"bridge", 6)
        data = self._nest(IFLA_INFO_SLAVE_DATA)
        self._attribute(IFLA_BRPORT_LEARNING, &value, 1)
        self._unnest(data)
        self._unnest(info)
        return self._end()

    def delete_link(self, int32_t index):
        """The link with that index goes."""
        if index <= 0:
            raise ValueError(f"{index} is not the index of a link: indexes are positive")
        self._begin(RTM_DELLINK, 0)
        self._link_header(index, 0, 0)
        return self._end()

    def delete_group(self, uint32_t group):
        """All links of the group go at once; group 0 is every link that nobody put into one, so it is refused."""
        if group == 0:
            raise ValueError("group 0 holds every link of the namespace that is in no other group")
        self._begin(RTM_DELLINK, 0)
        self._link_header(0, 0, 0)
        self._number(IFLA_GROUP, group)
        return self._end()

    def add_address(self, uint32_t index, bytes address not None, int prefix):
        """An address of 4 or 16 bytes joins the link with that index."""
        return self._address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address, prefix)

    def remove_address(self, uint32_t index, bytes address not None, int prefix):
        """An address of 4 or 16 bytes leaves the link with that index."""
        return self._address(RTM_DELADDR, 0, index, address, prefix)

    cdef int _address(self, uint16_t kind, uint16_t flags, uint32_t index, bytes address, int prefix) except -1:
        cdef Py_ssize_t length = PyBytes_GET_SIZE(address)
        cdef uint8_t *at
        if length != 4 and length != 16:
            raise ValueError(f"an address has 4 or 16 bytes, this one {length}")
        if not 0 <= prefix <= 8 * length:
            raise ValueError(f"a prefix of {prefix} bits doesn't fit an address of {8 * length}")
        if index == 0:
            raise ValueError("0 is not the index of a link: indexes are positive")
        self._begin(kind, flags)
        self._reserve(ADDRESS_HEADER)
        at = self._data + self._size
        memset(at, 0, ADDRESS_HEADER)
        at[0] = AF_INET if length == 4 else AF_INET6
        at[1] = <uint8_t>prefix
        memcpy(at + 4, &index, 4)
        self._size += ADDRESS_HEADER
        self._attribute(IFA_LOCAL, PyBytes_AS_STRING(address), length)
        self._attribute(IFA_ADDRESS, PyBytes_AS_STRING(address), length)
        return self._end()

    cdef int _reserve(self, Py_ssize_t extra) except -1:
        cdef Py_ssize_t wanted = self._size + extra
        cdef Py_ssize_t capacity = self._capacity
        cdef uint8_t *data
        if wanted <= capacity:
            return 0
        while capacity < wanted:
            capacity *= 2
        if self._data == self._inline:
            data = <uint8_t *>malloc(capacity)
            if data != NULL:
                memcpy(data, self._inline, self._size)
        else:
            data = <uint8_t *>realloc(self._data, capacity)
        if data == NULL:
            raise MemoryError(f"no memory for {capacity} bytes of link operations")
        self._data = data
        self._capacity = capacity
        return 0

    cdef int _begin(self, uint16_t kind, uint16_t flags) except -1:
        cdef uint8_t *at
        cdef uint32_t sequence = self.first_sequence + self.count
        cdef uint16_t all_flags = flags | NLM_F_REQUEST | NLM_F_ACK
        # What an error left unfinished is overwritten: the batch holds whole messages only.
        self._size = self._closed
        self._reserve(HEADER)
        at = self._data + self._size
        memset(at, 0, HEADER)
        memcpy(at + 4, &kind, 2)
        memcpy(at + 6, &all_flags, 2)
        memcpy(at + 8, &sequence, 4)
        self._size += HEADER
        return 0

    cdef int _end(self) except -1:
        """Closes the message with its length; returns its place in the batch. What is added is aligned already."""
        cdef uint32_t length = <uint32_t>(self._size - self._closed)
        memcpy(self._data + self._closed, &length, 4)
        self._closed = self._size
        self.count += 1
        return <int>(self.count - 1)

    cdef int _link_header(self, int32_t index, uint32_t flags, uint32_t change) except -1:
        cdef uint8_t *at
        self._reserve(LINK_HEADER)
        at = self._data + self._size
        memset(at, 0, LINK_HEADER)
        memcpy(at + 4, &index, 4)
        memcpy(at + 8, &flags, 4)
        memcpy(at + 12, &change, 4)
        self._size += LINK_HEADER
        return 0

    cdef int _attribute(self, uint16_t kind, const void *value, Py_ssize_t length) except -1:
        cdef Py_ssize_t whole = aligned(ATTRIBUTE_HEADER + length)
        cdef uint16_t stated = <uint16_t>(ATTRIBUTE_HEADER + length)
        cdef uint8_t *at
        if length > MAX_ATTRIBUTE:
            raise ValueError(f"an attribute holds {MAX_ATTRIBUTE} bytes, not {length}")
        self._reserve(whole)
        at = self._data + self._size
        memset(at, 0, whole)
        memcpy(at, &stated, 2)
        memcpy(at + 2, &kind, 2)
        if length:  # a nest begins empty and has no address to copy from
            memcpy(at + ATTRIBUTE_HEADER, value, length)
        self._size += whole
        return 0

    cdef int _number(self, uint16_t kind, uint32_t value) except -1:
        return self._attribute(kind, &value, 4)

    cdef Py_ssize_t _nest(self, uint16_t kind) except -1:
        cdef Py_ssize_t at = self._size
        self._attribute(kind, NULL, 0)
        return at

    cdef int _unnest(self, Py_ssize_t at) except -1:
        cdef uint16_t stated = <uint16_t>(self._size - at)
        memcpy(self._data + at, &stated, 2)
        return 0

    cdef int _mac(self, bytes mac) except -1:
        if PyBytes_GET_SIZE(mac) != 6:
            raise ValueError(f"a MAC has 6 bytes, this one {PyBytes_GET_SIZE(mac)}")
        return self._attribute(IFLA_ADDRESS, PyBytes_AS_STRING(mac), 6)


def read_acks(bytes data not None, uint32_t first_sequence, uint32_t count):
    """The acks of a batch that one recv brought.

    data            -- what the socket gave: any number of whole messages
    first_sequence  -- of the batch
    count           -- messages in the batch; acks of other sequences are passed over

    Returns a list of ``(n, errno, text)``: the message's place in the batch, 0 or a positive errno, and the kernel's
    own words (its extended ack) or None.  Raises ValueError where a length runs past the data.
    """
    cdef const uint8_t *start = <const uint8_t *>PyBytes_AS_STRING(data)
    cdef Py_ssize_t total = PyBytes_GET_SIZE(data)
    cdef Py_ssize_t at = 0
    cdef uint32_t length, n
    cdef list acks = []
    while total - at >= HEADER:
        length = read_u32(start + at)
        if length < HEADER or <Py_ssize_t>length > total - at:
            raise ValueError(f"a netlink message of {length} bytes at {at} of {total}")
        n = read_u32(start + at + 8) - first_sequence
        if read_u16(start + at + 4) == NLMSG_ERROR and n < count:
            if length < HEADER + 4:
                raise ValueError(f"a netlink ack of {length} bytes has no room for its error")
            acks.append((n, -<int64_t>read_i32(start + at + HEADER), extended_ack(start + at, length)))
        at += aligned(length)
    return acks


cdef object extended_ack(const uint8_t *message, Py_ssize_t length):
    """The kernel's sentence in an ack of ``length`` bytes, which the caller found to be there; or None."""
    cdef uint16_t flags = read_u16(message + 6)
    cdef Py_ssize_t at = HEADER + ERROR_HEADER
    cdef Py_ssize_t stated
    if not flags & NLM_F_ACK_TLVS or length < at:
        return None
    if not flags & NLM_F_CAPPED:
        # The message that it is about comes back whole, between the error and its attributes.
        at += aligned(read_u32(message + HEADER + 4)) - HEADER
    while at >= HEADER + ERROR_HEADER and length - at >= ATTRIBUTE_HEADER:
        stated = read_u16(message + at)
        if stated < ATTRIBUTE_HEADER or stated > length - at:
            return None
        if read_u16(message + at + 2) & NLA_TYPE_MASK == NLMSGERR_ATTR_MSG:
            text = PyBytes_FromStringAndSize(<const char *>message + at + ATTRIBUTE_HEADER, stated - ATTRIBUTE_HEADER)
            return text.rstrip(b"\0").decode("utf-8", "replace")
        at += aligned(stated)
    return None
