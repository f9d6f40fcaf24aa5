"""What a disk image is, read from its own header before QEMU sees it.

A format is stated to QEMU and never probed, so somebody has to know it.  As in KubeVirt there are two: what starts with
qcow2's magic is qcow2, anything else is raw (an ISO too).  A qcow2 that would lead QEMU to another file (a backing
file, an external data file), that is encrypted, or that has features nobody here knows is refused, and so is a format
that would boot as rubbish if it were taken for raw.

Source: QEMU, docs/interop/qcow2.txt.
"""

import struct
from typing import BinaryIO, Literal

import msgspec

from kvnode.errors import InvalidImage

Format = Literal["qcow2", "raw"]

SECTOR_BYTES = 512
VIRTUAL_LIMIT = 16 << 40
"""The largest disk: what an overlay on ext4 with 4 KiB blocks can hold, 16 TiB."""

_QCOW2_MAGIC = b"QFI\xfb"
_HEADER = struct.Struct(">4sIQIIQIIQQIIQ")
_V3_FEATURES = struct.Struct(">QQQII")
_V3_HEADER_BYTES = 104
_CLUSTER_BITS = range(9, 22)

_CORRUPT = 1 << 1
_EXTERNAL_DATA = 1 << 2
_KNOWN_INCOMPATIBLE = 0b11111  # dirty, corrupt, external data file, compression type, extended L2 entries

_END_OF_EXTENSIONS = 0
_ENCRYPTION_HEADER = 0x0537BE77
_DATA_FILE_NAME = 0x44415441

_FOREIGN: tuple[tuple[int, bytes, str], ...] = (
    (0, b"QED\0", "QED"),
    (0, b"KDMV", "VMDK"),
    (0, b"COWD", "VMDK"),
    (0, b"# Disk DescriptorFile", "VMDK"),
    (0, b"vhdxfile", "VHDX"),
    (0, b"conectix", "VHD"),
    (0x40, b"\x7f\x10\xda\xbe", "VDI"),
    (0, b"WithoutFreeSpace", "Parallels"),
    (0, b"WithouFreSpacExt", "Parallels"),
    (0, b"Bochs Virtual HD Image", "Bochs"),
)
_PACKED: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
)


class DiskImage(msgspec.Struct, frozen=True):
    """A disk's format and the size that a guest sees, in bytes."""

    format: Format
    virtual_bytes: int


def read_disk_header(file: BinaryIO, file_bytes: int, what: str) -> DiskImage:
    """Reads the header at the start of ``file``, which has ``file_bytes``; ``what`` calls it in messages.

    Raises InvalidImage for what must not or can't be a guest's disk.
    """
    file.seek(0)
    head = file.read(4096)
    if head.startswith(_QCOW2_MAGIC):
        image = DiskImage("qcow2", _Qcow2Header(head, what).virtual_bytes(file))
    else:
        _refuse_foreign(head, what)
        image = DiskImage("raw", file_bytes)
    if image.virtual_bytes == 0 or image.virtual_bytes % SECTOR_BYTES:
        raise InvalidImage(
            f"{what} is a {image.format} disk of {image.virtual_bytes} bytes; a disk has whole sectors of "
            f"{SECTOR_BYTES} bytes, one at least"
        )
    if image.virtual_bytes > VIRTUAL_LIMIT:
        raise InvalidImage(f"{what} is a disk of {image.virtual_bytes} bytes, {VIRTUAL_LIMIT} at most")
    return image


class _Qcow2Header:
    def __init__(self, head: bytes, what: str) -> None:
        self._what = what
        if len(head) < _HEADER.size:
            raise InvalidImage(f"{what} ends within its qcow2 header")
        fields = _HEADER.unpack_from(head)
        self._version, self._backing_offset, self._backing_bytes = fields[1:4]
        self._cluster_bits, self._virtual_bytes, self._encryption = fields[4:7]
        if self._version not in (2, 3):
            raise InvalidImage(f"{what} is qcow of version {self._version}; versions 2 and 3 are read")
        self._incompatible, self._length = 0, _HEADER.size
        if self._version == 3:
            if len(head) < _V3_HEADER_BYTES:
                raise InvalidImage(f"{what} ends within its qcow2 header")
            self._incompatible, _, _, _, self._length = _V3_FEATURES.unpack_from(head, _HEADER.size)
            if self._length < _V3_HEADER_BYTES or self._length % 8:
                raise InvalidImage(f"{what} has a qcow2 header of {self._length} bytes, which can't be")
        if self._cluster_bits not in _CLUSTER_BITS:
            raise InvalidImage(
                f"{what} has qcow2 clusters of 2^{self._cluster_bits} bytes; from 2^9 to 2^21 are allowed"
            )

    def virtual_bytes(self, file: BinaryIO) -> int:
        """The guest's size, once nothing in the header leads elsewhere."""
        if self._backing_offset or self._backing_bytes:
            raise InvalidImage(
                f"{self._what} names a backing file ({self._backing_file(file)!r}); an image has to be whole: "
                "`qemu-img convert -O qcow2` makes it so"
            )
        if self._encryption:
            raise InvalidImage(f"{self._what} is encrypted (method {self._encryption}), and nobody has its key here")
        if self._incompatible & _EXTERNAL_DATA:
            raise InvalidImage(f"{self._what} keeps its data in another file; an image has to be whole")
        if self._incompatible & _CORRUPT:
            raise InvalidImage(f"{self._what} is marked as corrupt; `qemu-img check -r all` may mend it")
        if unknown := self._incompatible & ~_KNOWN_INCOMPATIBLE:
            raise InvalidImage(f"{self._what} has qcow2 features that nobody here knows (bits {unknown:#x})")
        self._check_extensions(file)
        return int(self._virtual_bytes)

    def _backing_file(self, file: BinaryIO) -> str:
        file.seek(min(self._backing_offset, VIRTUAL_LIMIT))
        return file.read(min(self._backing_bytes, 200)).decode("utf-8", "replace")

    def _check_extensions(self, file: BinaryIO) -> None:
        """Walks the header's extensions, which lie in its first cluster, each padded to eight bytes."""
        file.seek(0)
        cluster = file.read(1 << self._cluster_bits)
        position = self._length
        while position + 8 <= len(cluster):
            kind, length = struct.unpack_from(">II", cluster, position)
            if kind == _END_OF_EXTENSIONS:
                return
            if kind == _DATA_FILE_NAME:
                raise InvalidImage(f"{self._what} names an external data file; an image has to be whole")
            if kind == _ENCRYPTION_HEADER:
                raise InvalidImage(f"{self._what} has an encryption header, and nobody has its key here")
            position += 8 + length + -length % 8
        if position > len(cluster):
            raise InvalidImage(f"{self._what} has a qcow2 header extension that goes beyond the first cluster")


def _refuse_foreign(head: bytes, what: str) -> None:
    for offset, magic, name in _FOREIGN:
        if head.startswith(magic, offset):
            raise InvalidImage(
                f"{what} is a {name} disk; guests take qcow2 and raw: `qemu-img convert -f {name.lower()} -O qcow2` "
                "makes one of it"
            )
    for magic, name in _PACKED:
        if head.startswith(magic):
            raise InvalidImage(f"{what} is compressed with {name}; an image holds its disk as qcow2 or raw")
