"""Rendering: a plan as libvirt's domain XML.

``kvnode._fast.domain_xml`` writes the bytes; here is its face, and the one place where its errors become ours.
"""

from __future__ import annotations

from kvnode._fast.domain_xml import render_domain
from kvnode.api.fault import shown
from kvnode.errors import KvnodeError
from kvnode.planning.domain_plan import DomainPlan

# A namespace and a name, as Kubernetes has them.
_LONGEST_NAME = 63 + 1 + 253


class Unrenderable(KvnodeError, ValueError):
    """Text of the manifest that XML has no way to say, such as a NUL."""

    reason = "UnrenderableText"
    exit_status = 1


def render_bytes(plan: DomainPlan) -> bytes:
    """The domain XML in UTF-8, without a declaration and without white space between elements.

    Raises Unrenderable where a string of the plan has a character that XML 1.0 doesn't have (section 2.2).
    """
    try:
        return render_domain(plan)
    except ValueError as error:
        name = f"{plan.namespace}/{plan.guest}"
        told = name if name.isprintable() and len(name) <= _LONGEST_NAME else shown(name)
        raise Unrenderable(f"the guest {told} can't be described to libvirt: {error}") from None


def render(plan: DomainPlan) -> str:
    """The domain XML as text; see ``render_bytes``."""
    return render_bytes(plan).decode()
