"""kvnode: KubeVirt's virtual machines as a library.

The middle is pure: ``load`` a manifest, ``default`` and ``validate`` it, ``plan`` it for a host's facts, ``render``
the plan as libvirt's domain XML.  None of these needs libvirt, root or a Linux node; they work on a laptop.

Every name here is imported when it is first asked for, so that ``import kvnode`` costs nothing beyond what is used:
the launcher pays for its imports once for each guest on a node.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "load": "kvnode.manifest",
    "load_all": "kvnode.manifest",
    "default": "kvnode.api.defaults",
    "validate": "kvnode.api.validation",
    "unsupported": "kvnode.api.unsupported",
    "to_dict": "kvnode.api.encode",
    "HostFacts": "kvnode.facts",
    "probe_host": "kvnode.host",
    "plan": "kvnode.planning",
    "DomainPlan": "kvnode.planning",
    "render": "kvnode.domain",
    "FieldError": "kvnode.errors",
    "InvalidManifest": "kvnode.errors",
    "KvnodeError": "kvnode.errors",
    "NoFit": "kvnode.errors",
}

__all__ = [*sorted(_HOME), "__version__"]

if TYPE_CHECKING:
    from kvnode.api.defaults import default as default
    from kvnode.api.encode import to_dict as to_dict
    from kvnode.api.unsupported import unsupported as unsupported
    from kvnode.api.validation import validate as validate
    from kvnode.domain import render as render
    from kvnode.errors import FieldError as FieldError
    from kvnode.errors import InvalidManifest as InvalidManifest
    from kvnode.errors import KvnodeError as KvnodeError
    from kvnode.errors import NoFit as NoFit
    from kvnode.facts import HostFacts as HostFacts
    from kvnode.host import probe_host as probe_host
    from kvnode.manifest import load as load
    from kvnode.manifest import load_all as load_all
    from kvnode.planning import DomainPlan as DomainPlan
    from kvnode.planning import plan as plan


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'kvnode' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
