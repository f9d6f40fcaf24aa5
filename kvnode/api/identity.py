"""What a guest is known by where its manifest doesn't say: the same manifest gives the same machine.

Firmware UUIDs are drawn from ``metadata.uid``, or else from namespace and name, and never at random: a plan made twice
is the same plan, and a licence that is bound to the machine survives a restart.
"""

from __future__ import annotations

from hashlib import sha1

from kvnode.api.meta import ObjectMeta

__all__ = ["DEFAULT_NAMESPACE", "firmware_uuid", "identity_of"]

DEFAULT_NAMESPACE = "default"

# The namespace of our name-based UUIDs, drawn once; changing it would change every machine that has no UUID of its own.
_UUID_NAMESPACE = bytes.fromhex("7d1c61b55d3f4b0a9d0d6f2f7e2a4c11")


def identity_of(metadata: ObjectMeta) -> str:
    """The text that tells this guest from all others: its uid, or else ``namespace/name``."""
    return metadata.uid or f"{metadata.namespace or DEFAULT_NAMESPACE}/{metadata.name or ''}"


def firmware_uuid(metadata: ObjectMeta) -> str:
    """The UUID that the guest reads from its SMBIOS tables, as a name-based UUID (RFC 9562, version 5)."""
    # Half a surrogate pair is for validation to refuse; here it must not stop anybody.
    name = identity_of(metadata).encode(errors="surrogatepass")
    text = sha1(_UUID_NAMESPACE + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"
