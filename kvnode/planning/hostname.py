"""The name that a guest hears itself called: by DHCP, by cloud-init and in its Pod's ``/etc/hosts``.

One rule for all three, because a guest that is told two names believes the later one.
"""

from __future__ import annotations

from kvnode._fast.names import is_label
from kvnode.api.instance import VirtualMachineInstance

LABEL_LIMIT = 63
"""The longest DNS label, in octets (RFC 1035, section 2.3.4)."""


def guest_hostname(vmi: VirtualMachineInstance) -> str:
    """``spec.hostname``, or else the first label of the guest's name, cut to what DNS takes.

    The name of an object may have dots and 253 characters (``db-0.replica``); a host name has neither.
    """
    if vmi.spec.hostname:
        return vmi.spec.hostname
    name = vmi.metadata.name or ""
    if is_label(name):
        return name
    return name.split(".", 1)[0][:LABEL_LIMIT].rstrip("-")
