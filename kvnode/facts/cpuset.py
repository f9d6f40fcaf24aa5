"""CPU lists as the kernel and libvirt write them, and the bit masks that all arithmetic is done on.

A set of CPUs is a Python int with bit *n* set for CPU *n*: intersection is ``&``, its size ``mask.bit_count()``, and a
thousand CPUs cost one object. Text is read once, at the edge, and strictly: what a kernel file or a manifest gives is
either understood whole or refused with the piece that wasn't.

The format is the kernel's ``0-4,16`` (Documentation/admin-guide/kernel-parameters.rst, "cpu lists") and libvirt's
addition to it, ``^3``, which takes one CPU out of what stands before it (formatdomain, attribute ``cpuset``). The
kernel's strides (``0-31:2/4``) never occur in the files that are read here and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kvnode.errors import KvnodeError

CPU_LIMIT = 65536
"""CPU numbers lie below this: eight times what the kernel can be built for (``NR_CPUS``), and a mask of 8 KiB."""

_TEXT_LIMIT = 512 * 1024
_ITEM = re.compile(r"(\^?)([0-9]{1,5})(?:-([0-9]{1,5}))?", re.ASCII)


class CpusetError(KvnodeError, ValueError):
    """Text that isn't a list of CPUs."""

    reason = "InvalidCpuset"
    exit_status = 1


def parse_cpuset(text: str) -> int:
    """The mask of a CPU list: ``"0-4,^3,16"`` is ``0b1_0000_0000_0001_0111``; blanks at the ends don't count.

    An empty list is the empty set, as the kernel writes it. Raises CpusetError with the piece at fault.
    """
    text = text.strip(" \t\n")
    if not text:
        return 0
    if len(text) > _TEXT_LIMIT:
        raise CpusetError(f"a CPU list of {len(text)} characters is too long: at most {_TEXT_LIMIT} are read")
    mask = 0
    for piece in text.split(","):
        match = _ITEM.fullmatch(piece)
        if match is None:
            raise CpusetError(f"{piece[:40]!r} in the CPU list {text[:60]!r} is neither a CPU, a range, nor ^CPU")
        without, first, last = match[1], int(match[2]), int(match[3] or match[2])
        if without and match[3]:
            raise CpusetError(f"{piece!r} in the CPU list {text[:60]!r} leaves out a range: ^ takes one CPU")
        if last < first:
            raise CpusetError(f"{piece!r} in the CPU list {text[:60]!r} runs backwards: write {last}-{first}")
        if last >= CPU_LIMIT:
            raise CpusetError(f"{piece!r} in the CPU list {text[:60]!r} is beyond CPU {CPU_LIMIT - 1}")
        bits = ((1 << (last - first + 1)) - 1) << first
        mask = mask & ~bits if without else mask | bits
    return mask


def format_cpuset(mask: int) -> str:
    """The shortest list of single CPUs and ranges, ascending: ``0b10111`` is ``"0-2,4"``; the empty set is ``""``."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in _runs(mask))


def cpus_of(mask: int) -> list[int]:
    """The CPUs of a mask, ascending."""
    return [cpu for first, last in _runs(mask) for cpu in range(first, last + 1)]


def mask_of(cpus: Iterable[int]) -> int:
    """The mask of some CPUs; each is 0 to 65535."""
    mask = 0
    for cpu in cpus:
        if not 0 <= cpu < CPU_LIMIT:
            raise CpusetError(f"CPU {cpu} is not between 0 and {CPU_LIMIT - 1}")
        mask |= 1 << cpu
    return mask


def _runs(mask: int) -> Iterator[tuple[int, int]]:
    """(first, last) of each unbroken run of bits, ascending."""
    if mask < 0:
        raise CpusetError(f"{mask} is not a CPU mask: it has no last CPU")
    position = 0
    while mask:
        gap = (mask & -mask).bit_length() - 1
        mask >>= gap
        length = (~mask & (mask + 1)).bit_length() - 1
        first = position + gap
        yield first, first + length - 1
        mask >>= length
        position = first + length
