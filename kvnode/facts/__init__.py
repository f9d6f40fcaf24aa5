"""Host facts: what a node is, as plain values.

Pure: nothing here reads a machine (kvnode.host does). ``HostFacts`` is what a plan is made for; ``cpuset`` has the CPU
lists and masks that it and the placement share.
"""

from __future__ import annotations

from kvnode.facts.host import (
    Cell,
    ClaimedDevice,
    Firmware,
    HostFacts,
    HugepagePool,
    Kvm,
    LinkFacts,
    Resolver,
    Route,
    VolumeFacts,
    page_size_bytes,
)

__all__ = [
    "Cell",
    "ClaimedDevice",
    "Firmware",
    "HostFacts",
    "HugepagePool",
    "Kvm",
    "LinkFacts",
    "Resolver",
    "Route",
    "VolumeFacts",
    "page_size_bytes",
]
