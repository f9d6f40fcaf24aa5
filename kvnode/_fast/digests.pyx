# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""MACs from a digest: what a network card has that nobody gave an address.

Five octets of a text's SHA-256 (FIPS 180-4). The library's object for one digest takes four times as long as the digest
of so short a text, and has forty times the code, which a plan meets cold. Nothing secret goes through here, and nothing
is trusted because of it: it only has to be the same digest at every start and on every node.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_AsEncodedString, PyUnicode_DecodeASCII
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memset

from kvnode._fast.text cimport Text, read

cdef extern from *:
    """
    /* The first 32 bits of the fractions of the primes' cube roots, and of their square roots. */
    static const uint32_t kvnode_cube_roots[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    };
    static const uint32_t kvnode_square_roots[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    };
    """
    const uint32_t kvnode_cube_roots[64]
    const uint32_t kvnode_square_roots[8]

cdef enum:
    BLOCK = 64
    LENGTH_BYTES = 8
    OCTETS = 5  # of the digest
    MAC_CHARACTERS = 17
    COLON = 58

cdef const char *DIGITS = "0123456789abcdef"


cpdef str hashed_mac(object first_octet, object text):
    """A MAC: its first octet as two digits, and the first five octets of the SHA-256 of a text.

    Half a surrogate pair is encoded as if it were a character. ValueError for a first octet that isn't two characters.
    """
    cdef char mac[MAC_CHARACTERS]
    cdef uint32_t state[8]
    cdef unsigned char octet
    cdef Text first
    cdef int index
    read(first_octet, &first)
    if first.size != 2:
        raise ValueError(f"{first_octet!r} is not an octet's two digits")
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} is no text")
    encoded = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass")
    sha256(<const unsigned char *> PyBytes_AS_STRING(encoded), PyBytes_GET_SIZE(encoded), state)
    memcpy(mac, first.data, 2)
    for index in range(OCTETS):
        octet = state[index >> 2] >> (24 - 8 * (index & 3)) & 255
        mac[2 + 3 * index] = COLON
        mac[3 + 3 * index] = DIGITS[octet >> 4]
        mac[4 + 3 * index] = DIGITS[octet & 15]
    return PyUnicode_DecodeASCII(mac, MAC_CHARACTERS, NULL)


cdef void sha256(const unsigned char *data, Py_ssize_t size, uint32_t *state) noexcept nogil:
    """All blocks of the data, and the last ones: what is left, a bit that ends it, and its length in bits."""
    cdef unsigned char last[2 * BLOCK]
    cdef Py_ssize_t at, left = size % BLOCK, closing = BLOCK if left < BLOCK - LENGTH_BYTES else 2 * BLOCK
    cdef uint64_t bits = <uint64_t> size * 8
    memcpy(state, kvnode_square_roots, sizeof(kvnode_square_roots))
    for at in range(size // BLOCK):
        take_in(data + BLOCK * at, state)
    memset(last, 0, closing)
    memcpy(last, data + size - left, left)
    last[left] = 0x80
    for at in range(LENGTH_BYTES):
        last[closing - 1 - at] = bits >> (8 * at) & 255
    for at in range(closing // BLOCK):
        take_in(last + BLOCK * at, state)


cdef inline uint32_t turned(uint32_t word, int count) noexcept nogil:
    return word >> count | word << (32 - count)


cdef void take_in(const unsigned char *data, uint32_t *state) noexcept nogil:
    """One block. Of the 64 words that it becomes, the last sixteen are kept; a to h are the standard's names."""
    cdef uint32_t words[16]
    cdef uint32_t a = state[0], b = state[1], c = state[2], d = state[3]
    cdef uint32_t e = state[4], f = state[5], g = state[6], h = state[7]
    cdef uint32_t word
    cdef int round
    for round in range(64):
        if round < 16:
            word = data[0] << 16 | data[1] << 8 | data[2]
            word = word << 8 | data[3]
            data += 4
        else:
            word = words[round & 15] + words[(round + 9) & 15]
            word += mixed(words[(round + 1) & 15], 7, 18, 3) + mixed(words[(round + 14) & 15], 17, 19, 10)
        words[round & 15] = word
        word += h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + (g ^ (e & (f ^ g))) + kvnode_cube_roots[round]
        h, g, f = g, f, e
        e = d + word
        word += (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + (a & (b | c) | b & c)
        d, c, b = c, b, a
        a = word
    state[0] += a
    state[1] += b
    state[2] += c
    state[3] += d
    state[4] += e
    state[5] += f
    state[6] += g
    state[7] += h


cdef inline uint32_t mixed(uint32_t word, int first, int second, int gone) noexcept nogil:
    return turned(word, first) ^ turned(word, second) ^ word >> gone
