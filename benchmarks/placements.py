"""Who of a guest sits on which of the host's CPUs: the questions, and each candidate's way to answer them.

Hosts are two cells of 64 threads and eight of 64. Of one of the larger half of the cores are somebody else's, and each
cell's pages do for a quarter of the guest, so that it has to spread; of another the CPUs are in the cells that have
no pages. A rival keeps a mask for each core, as a scheduler would, takes the fewest cells that hold the guest, the
first such in their order, and looks at no distances; one does so with Python's integers and one in C. An answer is the
table of pins, or None: `sound` says whether it is right, whoever gave it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import kvnode
from benchmarks.floor import floor
from kvnode import HostFacts, NoFit
from kvnode._fast.placement import place
from kvnode.planning.architecture import architecture_of
from kvnode.planning.cpu import vcpu_plan
from kvnode.planning.domain_plan import MemoryPlan, Topology, VcpuPlan
from kvnode.planning.intermediate import IoThreads
from kvnode.planning.iothreads import iothreads_plan
from kvnode.planning.memory import memory_plan
from kvnode.planning.placement import placement

CORES = 32
THREADS = 64
GIB = 1 << 30

Answer = list[int] | None

GUEST = kvnode.default(
    kvnode.load(
        {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachineInstance",
            "metadata": {"name": "placed", "namespace": "default"},
            "spec": {
                "domain": {
                    "cpu": {
                        "cores": CORES,
                        "threads": 2,
                        "dedicatedCpuPlacement": True,
                        "numa": {"guestMappingPassthrough": {}},
                    },
                    "memory": {"guest": "64Gi", "hugepages": {"pageSize": "1Gi"}},
                    "devices": {},
                }
            },
        }
    )
)


@dataclass(frozen=True)
class Question:
    """A guest of 64 vCPUs on 32 cores and 64 pages of 1 GiB, and a host.

    cells   -- each of 64 threads on 32 cores
    pages   -- free in each
    taken   -- a core of so many is somebody else's, by cell; 1 is all
    answer  -- whether it fits
    """

    cells: int
    pages: tuple[int, ...]
    taken: tuple[int, ...]
    answer: bool = True

    @cached_property
    def cores(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """The CPUs of each core of each cell: a core's second thread is numbered after all first ones."""
        return tuple(
            tuple((cell * CORES + core, (self.cells + cell) * CORES + core) for core in range(CORES))
            for cell in range(self.cells)
        )

    @cached_property
    def allotted(self) -> frozenset[int]:
        return frozenset(
            cpu
            for cell, every in zip(self.cores, self.taken, strict=True)
            for number, core in enumerate(cell)
            if not every or number % every
            for cpu in core
        )

    @cached_property
    def mask(self) -> int:
        return sum(1 << cpu for cpu in self.allotted)

    @cached_property
    def facts(self) -> HostFacts:
        return HostFacts.from_json(
            {
                "allotted_cpus": ",".join(map(str, sorted(self.allotted))),
                "cells": [
                    {
                        "id": cell,
                        "memory_bytes": 512 * GIB,
                        "memory_free_bytes": 256 * GIB,
                        "distances": {str(other): 10 if cell == other else 21 for other in range(self.cells)},
                        "cores": self.cores[cell],
                        "hugepages": {"1Gi": {"total": max(pages, 1), "free": pages}},
                    }
                    for cell, pages in enumerate(self.pages)
                ],
            }
        )

    @cached_property
    def free(self) -> tuple[tuple[int, ...], ...]:
        """The masks of each cell's cores of which both threads are allotted: made once, as our tables are."""
        masks = tuple(tuple(1 << first | 1 << second for first, second in cell) for cell in self.cores)
        return tuple(tuple(mask for mask in cell if (mask & self.mask).bit_count() >= 2) for cell in masks)

    @cached_property
    def decided(self) -> tuple[VcpuPlan, Topology, MemoryPlan, IoThreads]:
        """What a plan has decided before it comes to the placement."""
        threads = iothreads_plan(GUEST, architecture_of(GUEST, self.facts), THREADS)
        return *vcpu_plan(GUEST, self.facts), memory_plan(GUEST, self.facts), threads

    @cached_property
    def c_masks(self) -> Any:
        return floor().Masks(self.cores, self.allotted)


QUESTIONS = {
    "64 vCPUs on 2 cells of 64": Question(2, (64,) * 2, (0,) * 2),
    "64 vCPUs on 8 cells of 64": Question(8, (64,) * 8, (0,) * 8),
    "64 vCPUs in 4 of 8 cells, half used": Question(8, (16,) * 8, (2,) * 8),
    "fits nowhere in 8 cells of 64": Question(8, (4, 64) * 4, (0, 1) * 4, answer=False),
}


def sound(question: Question, answer: Answer) -> bool:
    """Whether an answer is right: 64 allotted CPUs, each guest core on the two threads of one of the host's."""
    if answer is None or not question.answer:
        return answer is None and not question.answer
    pairs = {frozenset(core) for cell in question.cores for core in cell}
    together = {frozenset(answer[at : at + 2]) for at in range(0, THREADS, 2)}
    return set(answer) <= question.allotted and len(set(answer)) == THREADS and together <= pairs


def by_integers(question: Question) -> Answer:
    """With a mask for each core as one of Python's integers."""
    room = [(cell, len(free), question.pages[cell]) for cell, free in enumerate(question.free) if free]
    for count in range(1, len(room) + 1):
        for chosen in combinations(room, count):
            if sum(one[1] for one in chosen) >= CORES and sum(one[2] for one in chosen) >= THREADS:
                return _pins(question.free, chosen)
    return None


def _pins(free: tuple[tuple[int, ...], ...], chosen: tuple[tuple[int, int, int], ...]) -> list[int]:
    pins: list[int] = []
    left, behind = CORES, sum(one[1] for one in chosen)
    for at, (cell, cores, _) in enumerate(chosen):
        behind -= cores
        share = min(cores, max(-(-left // (len(chosen) - at)), left - behind))
        left -= share
        for mask in free[cell][:share]:
            lowest = mask & -mask
            pins += (lowest.bit_length() - 1, mask.bit_length() - 1)
    return pins


def in_c(question: Question, table: bool = True) -> Any:
    """The table of pins, or without it in how many cells the guest would lie."""
    return question.c_masks.pins(CORES, 2, question.pages, THREADS, table)


def searched(question: Question) -> Answer:
    """Ours, the search alone: from tables that are made once for a host."""
    found = place(question.facts.cpus, CORES, 2, 0, True, question.pages, THREADS)
    return found[0] if isinstance(found[0], list) else None


def planned(question: Question) -> Answer:
    """Ours as a plan has it: from the guest and its host's facts to pins, guest cells and their memory, or NoFit."""
    try:
        found = placement(GUEST, question.facts, *question.decided)
    except NoFit:
        return None
    assert found is not None
    return list(found.tune.vcpus)


WAYS: dict[str, Callable[[Question], Answer]] = {
    "kvnode": searched,
    "kvnode, within a plan": planned,
    "C": in_c,
    "Python's integers": by_integers,
}
