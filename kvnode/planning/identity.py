"""What libvirt knows a guest by: its domain's name, and its uuid in the spelling that libvirt reads."""

from __future__ import annotations

import re
from hashlib import sha256

from kvnode._fast.names import is_uuid
from kvnode.api.identity import DEFAULT_NAMESPACE
from kvnode.api.identity import firmware_uuid as derived_uuid
from kvnode.api.instance import VirtualMachineInstance
from kvnode.planning.refusal import invalid

_UUID = re.compile(r"([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})", re.ASCII | re.I)


# libvirt calls files after a domain, with up to nine more characters: 255 is the most that a file system takes.
_LONGEST_NAME = 246
_HASH_DIGITS = 16


def domain_name(vmi: VirtualMachineInstance) -> str:
    """``<namespace>_<name>``: neither part can have an underscore, so no two guests share one.

    A name that is too long for libvirt is cut and told from others by its hash, behind a second underscore.
    """
    name = f"{vmi.metadata.namespace or DEFAULT_NAMESPACE}_{vmi.metadata.name or ''}"
    if len(name) <= _LONGEST_NAME:
        return name
    digest = sha256(name.encode(errors="surrogatepass")).hexdigest()[:_HASH_DIGITS]
    return f"{name[: _LONGEST_NAME - _HASH_DIGITS - 1]}_{digest}"


def domain_uuid(vmi: VirtualMachineInstance) -> str:
    """The manifest's firmware uuid with its dashes, or the derived one. Raises InvalidManifest for other text."""
    firmware = vmi.spec.domain.firmware
    if firmware is None or not firmware.uuid:
        return derived_uuid(vmi.metadata)
    if is_uuid(firmware.uuid):
        return firmware.uuid
    match = _UUID.fullmatch(firmware.uuid)
    if match is None:
        example = "5d307ca9-b3ef-428c-8861-06e72d69f223"
        raise invalid("spec.domain.firmware.uuid", f"{firmware.uuid[:60]!r} is not a UUID such as {example}")
    return "-".join(match.groups()).lower()
