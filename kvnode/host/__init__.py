"""The node: reads what it is into HostFacts, tries KVM, and says what is missing.

All effects, none of them lasting: nothing here changes the node. ``probe_host`` gives the facts that plans are made
for, ``check_node`` what a person wants to know before the first guest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME = {
    "probe_host": "kvnode.host.probe",
    "try_kvm": "kvnode.host.kvm",
    "KvmVerdict": "kvnode.host.kvm",
    "check_node": "kvnode.host.doctor",
    "Check": "kvnode.host.doctor",
}

__all__ = ["Check", "KvmVerdict", "check_node", "probe_host", "try_kvm"]

if TYPE_CHECKING:
    from kvnode.host.doctor import Check as Check
    from kvnode.host.doctor import check_node as check_node
    from kvnode.host.kvm import KvmVerdict as KvmVerdict
    from kvnode.host.kvm import try_kvm as try_kvm
    from kvnode.host.probe import probe_host as probe_host


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'kvnode.host' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value
