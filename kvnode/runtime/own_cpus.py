"""CPUs that guests of this node have for themselves: who starts gets what no other guest has.

A guest's record names the CPUs, and it is written before anything of the guest runs, under the lock on all guests: so
two that start at once don't take the same. They are free again when nothing of the guest lives any more, whatever its
record still says.
"""

from __future__ import annotations

import msgspec

from kvnode.facts import HostFacts
from kvnode.facts.cpuset import CpusetError, format_cpuset, parse_cpuset
from kvnode.paths import GuestPaths, NodePaths
from kvnode.planning import DomainPlan
from kvnode.runtime.guests import all_guests, processes_of


def without_taken_cpus(node: NodePaths, host: HostFacts, own: GuestPaths) -> HostFacts:
    """The host for the guest ``own``: without the CPUs that others have. The caller holds ``locked_guests``."""
    others = [(paths, record) for paths, record in all_guests(node) if record.cpus and paths.state != own.state]
    alive = processes_of([paths for paths, _ in others])
    taken = 0
    for (_, record), processes in zip(others, alive, strict=True):
        if processes or record.starting:
            taken |= _mask(record.cpus)
    # A host of which no cells are known has the CPUs that are asked for, and nobody can be kept off any.
    if not taken or not host.cells:
        return host
    return msgspec.structs.replace(host, allotted_cpus=format_cpuset(host.allotted & ~taken))


def own_cpus(plan: DomainPlan) -> str:
    """The CPUs that a plan gives to its guest alone, as a CPU list; empty for none."""
    return "" if plan.cpu_tune is None else format_cpuset(plan.cpu_tune.mask)


def _mask(text: str) -> int:
    try:
        return parse_cpuset(text)
    except CpusetError:
        return 0
