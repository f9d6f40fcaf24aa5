"""MACs of a guest's card and of the links beside it: those that a manifest gives, and those that nobody gave.

The latter derive from who the guest is and from the name of its network, so the same manifest has the same MACs at
every start. All are locally administered and no group's; who has one is told by its first octet, so that no two links
of an interface share one.
"""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import Any

from kvnode._fast.names import is_card_address
from kvnode.api.card_address import canonical_mac

GUEST, POD, BRIDGE = "02", "06", "0a"
"""First octets: the guest's card, the Pod's link where the guest has that link's own, the bridge between them."""


def _sha256() -> Any:
    """The interpreter's own SHA-256; OpenSSL, which hashlib prefers, is made for more than sixty bytes at a time."""
    for name in ("_sha2", "_sha256"):
        try:
            return import_module(name).sha256
        except ImportError:
            continue
    return hashlib.sha256


_SHA256 = _sha256()


def derived_mac(first_octet: str, identity: str, network: str) -> str:
    """One of the MACs of an interface.

    identity  -- the guest's (``kvnode.api.identity.identity_of``)
    network   -- its network's name in the manifest
    """
    digest: bytes = _SHA256(f"{identity}\0guest/{network}".encode("utf-8", "surrogatepass")).digest()
    return first_octet + ":" + digest[:5].hex(":")


def given_mac(text: str | None) -> str | None:
    """A MAC of a manifest as the kernel writes it; None where there is none."""
    if not text:
        return None
    return text if is_card_address(text) else canonical_mac(text)


def seen_mac(text: str | None) -> str | None:
    """A MAC of the facts, which may be anybody's, in lower case; None where there is none."""
    if not text:
        return None
    return text if is_card_address(text) else text.lower()
