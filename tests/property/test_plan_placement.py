"""Guests with CPUs of their own on any host: a plan that can be rendered and told, or a refusal, and nothing else."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

import kvnode
from kvnode.cli import cpu_map
from kvnode.errors import KvnodeError
from kvnode.facts.cpuset import parse_cpuset
from tests.plans import guest

NUMBERS = st.sampled_from((0, 1, 2, 3, 8, 60_000, 2**32 - 1))


@st.composite
def hosts(draw: st.DrawFn) -> dict[str, Any]:
    """Facts that are consistent, and may be absurd: distances and pools of any size, cells without a CPU."""
    width = draw(st.sampled_from((1, 2, 4)))
    cells, count = [], 0
    for number in range(draw(st.sampled_from((0, 1, 2, 3, 20)))):
        size = draw(st.integers(0, 5))
        cores = [[count + core * width + thread for thread in range(width)] for core in range(size)]
        count += size * width
        total = draw(st.sampled_from((0, 1, 512, 10**30)))
        cell: dict[str, Any] = {"id": number, "cores": cores, "hugepages": {"2Mi": {"total": total}}}
        if draw(st.booleans()):
            cell["distances"] = {str(other): draw(st.sampled_from((10, 21, 10**12))) for other in range(3)}
        cells.append(cell)
    facts: dict[str, Any] = {"cells": cells}
    if draw(st.booleans()) and (count or not cells):
        allotted = draw(st.sets(st.integers(0, (count or 8) - 1)))
        facts["allotted_cpus"] = ",".join(map(str, sorted(allotted)))
    return facts


CPUS = st.fixed_dictionaries(
    {"dedicatedCpuPlacement": st.just(True)},
    optional={
        "cores": NUMBERS,
        "threads": NUMBERS,
        "sockets": NUMBERS,
        "maxSockets": NUMBERS,
        "isolateEmulatorThread": st.booleans(),
        "numa": st.just({"guestMappingPassthrough": {}}),
        "realtime": st.fixed_dictionaries(
            {}, optional={"mask": st.sampled_from(("0", "0-3,^1", "^0", "x", "0-65535"))}
        ),
    },
)
OTHERS = st.fixed_dictionaries(
    {"memory": st.sampled_from(({"guest": "2Mi"}, {"guest": "1Gi"}, {"guest": "3Gi"}, {"guest": "4Ei"}))},
    optional={
        "ioThreadsPolicy": st.sampled_from(("shared", "auto", "supplementalPool")),
        "ioThreads": st.builds(lambda count: {"supplementalPoolThreadCount": count}, NUMBERS),
    },
)


@given(hosts(), CPUS, OTHERS, st.booleans())
def test_it_is_planned_or_refused(
    facts: dict[str, Any], cpu: dict[str, Any], others: dict[str, Any], huge: bool
) -> None:
    memory = {**others["memory"], **({"hugepages": {"pageSize": "2Mi"}} if huge else {})}
    host = kvnode.HostFacts.from_json(json.dumps(facts))
    try:
        plan = kvnode.plan(guest({**others, "cpu": cpu, "memory": memory}), host)
    except KvnodeError as refusal:
        assert str(refusal)
        return
    assert kvnode.render(plan).startswith("<domain")
    assert msgspec.json.decode(msgspec.json.encode(plan), type=kvnode.DomainPlan) == plan
    tune = plan.cpu_tune
    assert tune is not None
    assert len(set(tune.vcpus)) == plan.vcpu.enabled
    if not host.cells:
        return
    used = sum(1 << vcpu for vcpu in tune.vcpus)
    for cpus in (tune.emulator or "", *tune.iothreads):
        used |= parse_cpuset(cpus)
    assert not used & ~host.allotted
    if plan.cpu.numa and "numa" in cpu:
        assert sum(cell.memory_bytes for cell in plan.cpu.numa) == plan.memory.bytes
    told = list(cpu_map.lines(plan, host))
    assert sum("vCPU" in line for line in told) > 0
    assert cpu_map.picture("guest", plan, host).count('class="seat') == sum(
        len(core) for c in host.cells for core in c.cores
    )
