"""Reads a tar front to back, as strictly as one from a stranger has to be read.

Python's own ``tarfile`` reads an extended header of any size into memory and follows GNU's dialects wherever they
lead.  Here an extended header has a limit, the number of entries too, and what is skipped is counted; a checksum, a
number or a record that doesn't parse is an InvalidImage.  Nothing here creates a file: the caller sees names and kinds,
and reads the content of the entries it wants.

Formats: ustar and pax (POSIX.1-2017, "pax - portable archive interchange", "ustar Interchange Format"), with GNU's long
names and base-256 sizes (GNU tar manual, "Basic Tar Format"), which is all that image builders write.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from kvnode.errors import InvalidImage
from kvnode.storage.digests import CHUNK_BYTES, Readable

BLOCK = 512
EXTENDED_LIMIT = 1024 * 1024
"""The largest extended header; real ones are a name or a few attributes."""

NAME_LIMIT = 4096

Kind = Literal["file", "folder", "symlink", "hardlink", "device", "sparse"]

_KINDS: dict[bytes, Kind] = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"1": "hardlink",
    b"2": "symlink",
    b"3": "device",
    b"4": "device",
    b"5": "folder",
    b"6": "device",
    b"S": "sparse",
}
_VOLUME_LABEL = b"V"
_ZERO_BLOCK = bytes(BLOCK)


class TarEntry(msgspec.Struct, frozen=True):
    """One entry as the archive has it.

    name    -- raw: it may be absolute or hold ``..``; undecodable bytes are surrogates
    target  -- of a link, else ""
    size    -- bytes of content
    offset  -- where the content starts in the (uncompressed) archive
    """

    name: str
    kind: Kind
    size: int
    offset: int
    target: str = ""


class TarReader:
    """The entries of an archive, and the content of the one that was handed out last.

    source         -- the uncompressed bytes
    what           -- for messages, as ``layer sha256:12ab…``
    entry_limit    -- how many entries there may be
    skipped_limit  -- how many bytes may be passed over, headers and unread content together; ``skipped`` counts them

    ``ended`` says afterwards whether the archive had its end mark, a block of zeros: what was cut off has none.
    """

    def __init__(
        self, source: Readable, what: str, *, entry_limit: int = 100_000, skipped_limit: int = 8 << 30
    ) -> None:
        self._source = source
        self._what = what
        self._entry_limit = entry_limit
        self._skipped_limit = skipped_limit
        self.skipped = 0
        self.ended = False
        self._position = 0
        self._content_left = 0
        self._padding = 0

    def entries(self) -> Iterator[TarEntry]:
        """Each entry in turn; whatever of its content wasn't read is passed over."""
        count = 0
        shared: dict[str, str] = {}
        own: dict[str, str] = {}
        while (header := self._header()) is not None:
            count += 1
            if count > self._entry_limit:
                raise InvalidImage(f"{self._what} has more than {self._entry_limit} entries")
            flag = header[156:157]
            if flag in b"xgLK":
                data = self._extended(_number(header[124:136], self._what, "size"))
                if flag == b"x":
                    own.update(self._pax_records(data))
                elif flag == b"g":
                    shared.update(self._pax_records(data))
                else:
                    own["path" if flag == b"L" else "linkpath"] = _text(data.rstrip(b"\0"))
                continue
            entry = self._entry(header, flag, {**shared, **own})
            own = {}
            if entry is not None:
                yield entry
            self._skip_content()

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes of the current entry's content; b"" at its end."""
        data = self._take(min(size, self._content_left))
        if not data and size and self._content_left:
            raise InvalidImage(f"{self._what} ends too early, within an entry that has {self._content_left} bytes more")
        self._content_left -= len(data)
        return data

    def _entry(self, header: bytes, flag: bytes, extended: dict[str, str]) -> TarEntry | None:
        kind = _KINDS.get(flag)
        if kind is None and flag != _VOLUME_LABEL:
            raise InvalidImage(f"{self._what} has an entry of the unknown type {flag!r}")
        size = _number(header[124:136], self._what, "size")
        if "size" in extended:
            size = _decimal(extended["size"], self._what)
        if kind not in ("file", "sparse"):  # what a link or a folder says of its size is no content
            size = 0
        self._content_left = size
        self._padding = -size % BLOCK
        if kind is None:
            return None
        name = extended.get("path") or _header_name(header)
        if len(name) > NAME_LIMIT or "\0" in name:
            raise InvalidImage(f"{self._what} has an entry whose name has {len(name)} characters, or a NUL")
        if kind == "file" and name.endswith("/"):
            kind = "folder"
        if kind == "file" and any(key.startswith("GNU.sparse.") for key in extended):
            kind = "sparse"
        return TarEntry(name, kind, size, self._position, extended.get("linkpath") or _text(_field(header[157:257])))

    def _header(self) -> bytes | None:
        """The next header, or None at the end of the archive."""
        block = self._block()
        if block is None:
            return None
        if block == _ZERO_BLOCK:
            if self._block() not in (None, _ZERO_BLOCK):
                raise InvalidImage(f"{self._what} goes on after a block of zeros, as no tar does")
            self.ended = True
            return None
        # In the checksum its own field counts as eight spaces.
        stated = block[148:156].strip(b" \0")
        is_octal = stated and all(0x30 <= digit <= 0x37 for digit in stated)
        if not is_octal or int(stated, 8) != sum(block) - sum(block[148:156]) + 8 * 32:
            if self._position == BLOCK:
                raise InvalidImage(f"{self._what} is not a tar archive: it doesn't begin with a tar's header")
            raise InvalidImage(
                f"{self._what} is a broken tar archive: the header at its byte {self._position - BLOCK} has a wrong "
                "checksum; fetch or copy it again"
            )
        return block

    def _block(self) -> bytes | None:
        block = self._take_all(BLOCK)
        if not block:
            return None
        if len(block) < BLOCK and self._position < BLOCK:
            raise InvalidImage(f"{self._what} is not a tar archive: it has {self._position} bytes, less than a header")
        if len(block) < BLOCK:
            raise InvalidImage(f"{self._what} ends too early, within a header: fetch or copy it again")
        self._pass_over(BLOCK)
        return block

    def _extended(self, size: int) -> bytes:
        if size > EXTENDED_LIMIT:
            raise InvalidImage(f"{self._what} has an extended header of {size} bytes, {EXTENDED_LIMIT} at most")
        data = self._take_all(size + -size % BLOCK)
        if len(data) < size:
            raise InvalidImage(f"{self._what} ends too early, within an extended header: fetch or copy it again")
        self._pass_over(len(data))
        return data[:size]

    def _pax_records(self, data: bytes) -> dict[str, str]:
        records: dict[str, str] = {}
        start = 0
        while start < len(data):
            space = data.find(b" ", start, start + 10)
            length = data[start:space] if space > 0 else b""
            end = start + (int(length) if length.isdigit() else 0)
            key, equals, value = data[space + 1 : end - 1].partition(b"=")
            if end <= space + 1 or end > len(data) or data[end - 1 : end] != b"\n" or not equals:
                raise InvalidImage(f"{self._what} has an extended header that can't be read at its byte {start}")
            records[_text(key)] = _text(value)
            start = end
        return records

    def _skip_content(self) -> None:
        left = self._content_left + self._padding
        self._pass_over(left)
        while left:
            data = self._take(min(left, CHUNK_BYTES))
            if not data:
                raise InvalidImage(f"{self._what} ends too early, within an entry that has {left} bytes more")
            left -= len(data)
        self._content_left = self._padding = 0

    def _pass_over(self, size: int) -> None:
        self.skipped += size
        if self.skipped > self._skipped_limit:
            raise InvalidImage(
                f"{self._what} unpacks to more than {self._skipped_limit} bytes besides its disk: a container disk "
                "holds a disk and little else"
            )

    def _take(self, size: int) -> bytes:
        data = self._source.read(size)
        self._position += len(data)
        return data

    def _take_all(self, size: int) -> bytes:
        parts = []
        while size and (data := self._take(size)):
            parts.append(data)
            size -= len(data)
        return b"".join(parts)


def _header_name(header: bytes) -> str:
    name = _field(header[:100])
    if header[257:263] == b"ustar\0" and (prefix := _field(header[345:500])):
        name = prefix + b"/" + name
    return _text(name)


def _field(raw: bytes) -> bytes:
    return raw.partition(b"\0")[0]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _number(raw: bytes, what: str, field: str) -> int:
    """A header's number: octal digits, or GNU's base-256 with the first bit set."""
    if raw[0] & 0x80:
        value = int.from_bytes(bytes([raw[0] & 0x7F]) + raw[1:], "big")
    else:
        digits = raw.strip(b" \0")
        if not all(0x30 <= digit <= 0x37 for digit in digits):
            raise InvalidImage(f"{what} is not a tar archive, or broken: the {field} in a header is no number")
        value = int(digits or b"0", 8)
    if value >= 1 << 62:
        raise InvalidImage(f"{what} has an entry whose {field} is {value}")
    return value


def _decimal(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidImage(f"{what} has an entry whose size is {text[:40]!r}")
    return int(text)
