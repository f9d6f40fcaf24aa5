"""The domain: DomainPlan -> libvirt's XML, and libvirt's live XML -> DomainState.

Pure. Rendering writes what the plan says and decides nothing; what is accepted is proved by libvirt's own schema and
parser in the tests.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME = {
    "render": "kvnode.domain.rendering",
    "render_bytes": "kvnode.domain.rendering",
    "DomainState": "kvnode.domain.state",
    "domain_state": "kvnode.domain.state",
}

__all__ = ["DomainState", "domain_state", "render", "render_bytes"]

if TYPE_CHECKING:
    from kvnode.domain.rendering import render as render
    from kvnode.domain.rendering import render_bytes as render_bytes
    from kvnode.domain.state import DomainState as DomainState
    from kvnode.domain.state import domain_state as domain_state


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'kvnode.domain' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value
