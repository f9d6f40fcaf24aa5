"""Planning: (VirtualMachineInstance, HostFacts) -> DomainPlan, or the reason why not.

Pure. ``plan`` is all that most callers want; the subjects (``cpu``, ``memory``, ``disks``, ``network``, ``overhead``,
...) have a module each. Names are imported when they are asked for, so that whoever needs one type pays for that.

All of it but the types is compiled as it stands, and reads Structs as C does. Where their fields lie is compared first.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME = {"plan": "kvnode.planning.planner", "DomainPlan": "kvnode.planning.domain_plan"}

__all__ = ["DomainPlan", "plan"]

# Before anything of it is called; an ImportError where a Struct isn't what planning was compiled for.
import_module("kvnode._fast.layouts")

if TYPE_CHECKING:
    from kvnode.planning.domain_plan import DomainPlan as DomainPlan
    from kvnode.planning.planner import plan as plan


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'kvnode.planning' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value
