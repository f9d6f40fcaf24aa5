"""Addresses of network cards (EUI-48, IEEE 802) as people write them.

Three ways are common: ``02:00:5e:10:00:01``, ``02-00-5E-10-00-01`` and ``0200.5e10.0001``. A manifest may use any; what
is planned, compared or shown uses the first, in lower case, which is the kernel's.
"""

from __future__ import annotations

import re

from kvnode._fast.names import is_mac_address

__all__ = ["canonical_mac"]

_OTHER_FORMS = re.compile(
    r"[0-9a-fA-F]{2}(?:-[0-9a-fA-F]{2}){5}|[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4}){2}", re.ASCII
).fullmatch


def canonical_mac(text: str) -> str | None:
    """The address as the kernel writes it, or None of a text that is none."""
    if is_mac_address(text):
        return text.lower()
    if not _OTHER_FORMS(text):
        return None
    digits = text.replace("-", "").replace(".", "").lower()
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
