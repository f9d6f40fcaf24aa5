"""The grammars of names, as Kubernetes and its neighbours define them.

Each function here takes a text and answers None when it keeps the rule, or else the rest of a sentence that begins
with the value ("must be ..."), so that every rule words a broken name alike.  Kinds that a guest has dozens of are told
by ``kvnode._fast.names``, the others by expressions, compiled once and anchored with ``fullmatch``: ``$`` would let a
trailing newline through.

Sources: RFC 1123 labels and subdomains, Kubernetes' qualified names and label values, IANA service names (RFC 6335)
for ports, and the reference grammar of the OCI distribution specification for images.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from kvnode._fast.names import (
    is_interface_name,
    is_label,
    is_name_part,
    is_port_name,
    is_qualified_name,
    is_subdomain,
)

__all__ = [
    "absolute_path_fault",
    "image_reference_fault",
    "interface_name_fault",
    "ip_address_fault",
    "label_fault",
    "label_value_fault",
    "port_name_fault",
    "qualified_name_fault",
    "subdomain_fault",
]

# Possessive wherever what follows can't be part of what was taken: nothing is tried twice.
_HOST = r"(?!-)[a-zA-Z0-9-]++(?<!-)"
_PART = r"[a-z0-9]++(?:(?:\.|__?|-++)[a-z0-9]++)*+"
_IMAGE = re.compile(
    rf"(?:(?:{_HOST}(?:\.{_HOST})*+|\[[0-9a-fA-F:]++\])(?::[0-9]{{1,5}})?/)?"
    rf"{_PART}(?:/{_PART})*+"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}+)?"
    r"(?:@[A-Za-z][A-Za-z0-9]*+(?:[-_+.][A-Za-z][A-Za-z0-9]*+)*+:[0-9a-fA-F]{32,512})?",
    re.ASCII,
).fullmatch

_LABEL_CHARACTERS = 63
_SUBDOMAIN_CHARACTERS = 253
_PORT_NAME_CHARACTERS = 15
_IMAGE_CHARACTERS = 1024


def label_fault(value: str) -> str | None:
    """An RFC 1123 label: at most 63 of ``a-z 0-9 -``, with a letter or digit at either end."""
    if is_label(value):
        return None
    if len(value) > _LABEL_CHARACTERS:
        return f"must have at most {_LABEL_CHARACTERS} characters, it has {len(value)}"
    return "must be a DNS label: lower case letters, digits and '-', beginning and ending with a letter or digit"


def subdomain_fault(value: str) -> str | None:
    """An RFC 1123 subdomain: DNS labels joined by dots, at most 253 characters in all."""
    if is_subdomain(value):
        return None
    if len(value) > _SUBDOMAIN_CHARACTERS:
        return f"must have at most {_SUBDOMAIN_CHARACTERS} characters, it has {len(value)}"
    return (
        "must be a DNS name: lower case letters, digits, '-' and '.', "
        "each part beginning and ending with a letter or digit"
    )


def qualified_name_fault(value: str) -> str | None:
    """A label or annotation key: a name part of at most 63 characters, and a DNS name with ``/`` before it, if any."""
    if is_qualified_name(value):
        return None
    prefix, slash, _ = value.rpartition("/")
    if slash and not is_subdomain(prefix):
        return "must have a DNS name before its '/', and no other '/'"
    return (
        f"must {'have' if slash else 'be'} 1 to {_LABEL_CHARACTERS} letters, digits, '-', '_' or '.'"
        f"{' after its /' if slash else ''}, beginning and ending with a letter or digit"
    )


def label_value_fault(value: str) -> str | None:
    """A label's value: empty, or what a qualified name's name part may be."""
    if not value or is_name_part(value):
        return None
    return (
        f"must be empty or at most {_LABEL_CHARACTERS} letters, digits, '-', '_' or '.', "
        "beginning and ending with a letter or digit"
    )


def interface_name_fault(value: str) -> str | None:
    """An interface's or a network's logical name: letters, digits, ``-`` and ``_``, at most 253 of them."""
    if is_interface_name(value):
        return None
    if len(value) > _SUBDOMAIN_CHARACTERS:
        return f"must have at most {_SUBDOMAIN_CHARACTERS} characters, it has {len(value)}"
    return "must be made of letters, digits, '-' and '_'"


def port_name_fault(value: str) -> str | None:
    """A port's name, by RFC 6335: 1 to 15 lower case letters, digits and single hyphens, one letter among them."""
    if is_port_name(value):
        return None
    return (
        f"must be 1 to {_PORT_NAME_CHARACTERS} lower case letters, digits and single hyphens, "
        "with at least one letter among them"
    )


def image_reference_fault(value: str) -> str | None:
    """An image reference: ``[registry[:port]/]path[:tag][@digest]``.

    It names an image in a registry or in the local store and never a file of the host, so a path with ``..``, a
    transport such as ``docker://`` or ``dir:`` and whatever a shell or an XML parser would trip over all fail here.
    """
    if not value:
        return "must name an image, such as registry.example/disks/debian:12"
    if len(value) > _IMAGE_CHARACTERS:
        return f"must have at most {_IMAGE_CHARACTERS} characters, it has {len(value)}"
    if not _IMAGE(value):
        return "must be an image reference, [registry[:port]/]path[:tag][@digest], the path in lower case"
    return None


def absolute_path_fault(value: str) -> str | None:
    """A path inside an image: absolute, below ``/``, without empty, ``.`` or ``..`` parts and control characters.

    One trailing slash is let through, as Kubernetes' clients write it.
    """
    if value == "/":
        return "must name a file below '/', not '/' itself"
    if not value.startswith("/") or not value.isprintable():
        return "must be an absolute path of printable characters, such as /disk/disk.img"
    if any(part in ("", ".", "..") for part in value.removesuffix("/").split("/")[1:]):
        return "must be an absolute path without empty, '.' or '..' parts"
    return None


def ip_address_fault(value: str) -> str | None:
    """An IPv4 or IPv6 address in text, without a zone."""
    try:
        sound = "%" not in value and ip_address(value) is not None
    except ValueError:
        sound = False
    return None if sound else "must be an IPv4 or IPv6 address"
