"""A guest in two cells of a host, on a machine that may have one: all is real but the host's second cell.

The plan is made for a host of two cells, one CPU in each, as this machine's CPUs are numbered. What is then left out of
it is what takes that host: the binding of memory to its cells, and their huge pages. Pins, cells and distances stay.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

import kvnode
from kvnode import DomainPlan, HostFacts
from kvnode.api.instance import VirtualMachineInstance
from kvnode.facts import Cell, HugepagePool
from kvnode.paths import NodePaths
from kvnode.runtime import starting
from kvnode.runtime.progress import Progress
from tests.guest.conftest import Guests, wait_for
from tests.guest.test_lifecycle import variant
from tests.guest.test_pinned import ALLOWED, qemu_of, threads_of

SEED = """\
#!/bin/sh
for node in /sys/devices/system/node/node*; do
  echo "seen: $(basename $node) cpus $(cat $node/cpulist) distances $(cat $node/distance)" \\
    "$(sed -n 's/.*MemTotal: *//p' $node/meminfo)" >/dev/ttyS0
done
echo "seen: all" >/dev/ttyS0
"""
MAPPED = {"cores": 2, "dedicatedCpuPlacement": True, "numa": {"guestMappingPassthrough": {}}}
MEMORY = {"guest": "256Mi", "hugepages": {"pageSize": "2Mi"}}
VOLUMES = [
    {"name": "system", "containerDisk": {"image": "localhost/kvnode/tiny"}},
    {"name": "seed", "cloudInitNoCloud": {"userData": SEED}},
]


def two_cells(first: int, second: int) -> tuple[Cell, ...]:
    """Two cells of one CPU each, the second farther away than the first is from itself."""
    distances = ({0: 10, 1: 21}, {0: 21, 1: 10})
    return tuple(
        Cell(number, 8 << 30, 4 << 30, distances[number], ((cpu,),), {"2Mi": HugepagePool(1024, 1024)})
        for number, cpu in enumerate((first, second))
    )


def on_one_cell(plan: DomainPlan) -> DomainPlan:
    """The plan for a machine that lacks the cells that it is for."""
    cells = tuple(msgspec.structs.replace(cell, host_cell=None) for cell in plan.cpu.numa)
    return msgspec.structs.replace(
        plan,
        numa_tune=None,
        cpu=msgspec.structs.replace(plan.cpu, numa=cells),
        memory=msgspec.structs.replace(plan.memory, hugepage_bytes=None, source=None),
    )


@pytest.mark.needs("root", "cpus_2")
def test_a_guest_sees_two_cells_and_its_threads_run_in_them(
    guests: Guests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sorted(ALLOWED)[:2]
    cells = two_cells(first, second)

    def planned(vmi: VirtualMachineInstance, host: HostFacts, *_config: object) -> DomainPlan:
        there = msgspec.structs.replace(host, cells=cells, allotted_cpus=f"{first},{second}")
        return on_one_cell(kvnode.plan(vmi, there))

    monkeypatch.setattr(starting, "plan", planned)
    manifest = variant(
        tmp_path, domain__cpu=MAPPED, domain__memory=MEMORY, domain__ioThreadsPolicy="auto", volumes=VOLUMES
    )
    vmi = kvnode.default(kvnode.load(manifest))
    started = starting.start_guest(vmi, NodePaths.here(), Progress(), attached=False)
    started.connection.close()
    threads = threads_of(qemu_of(guests, "vmi-tiny"))
    assert [threads[f"CPU {number}/TCG"] for number in (0, 1)] == [[str(first)], [str(second)]]
    assert [threads[f"IO iothread{number}"] for number in (1, 2)] == [[str(first)], [str(second)]]

    wait_for("the guest's script", lambda: "seen: all" in guests.kvnode("logs", "vmi-tiny").stdout)
    seen = re.findall(
        r"seen: node(\d) cpus (\S+) distances (\d+ \d+) (\d+) kB", guests.kvnode("logs", "vmi-tiny").stdout
    )
    assert [found[:3] for found in seen] == [("0", "0", "10 21"), ("1", "1", "21 10")]
    assert all(80_000 < int(found[3]) <= 128 << 10 for found in seen), seen
    guests.kvnode("stop", "vmi-tiny", "--force")
