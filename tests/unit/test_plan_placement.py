"""Guests with CPUs of their own: who is pinned where, what their guests see of it, and what is said where it fails."""

from typing import Any

import pytest

import kvnode
from kvnode.errors import NoFit
from tests.plans import GIB, guest, plan_of

CORES = [[[0, 8], [1, 9], [2, 10], [3, 11]], [[4, 12], [5, 13], [6, 14], [7, 15]]]
HOST: dict[str, Any] = {
    "allotted_cpus": "0-15",
    "cells": [
        {
            "id": number,
            "memory_bytes": 64 * GIB,
            "distances": {"0": 21 - 11 * (not number), "1": 21 - 11 * number},
            "cores": cores,
            "hugepages": {"2Mi": {"total": 4096, "free": 4096}},
        }
        for number, cores in enumerate(CORES)
    ],
}
OWN = {"dedicatedCpuPlacement": True}
PAGES = {"guest": "2Gi", "hugepages": {"pageSize": "2Mi"}}
MAPPED = {**OWN, "numa": {"guestMappingPassthrough": {}}}


def tune(cpu: dict[str, Any], changes: dict[str, Any] | None = None, facts: dict[str, Any] | None = None):
    return plan_of({"cpu": {**OWN, **cpu}, **(changes or {})}, {**HOST, **(facts or {})}).cpu_tune


def test_a_guest_without_cpus_of_its_own_is_pinned_nowhere() -> None:
    assert plan_of({"cpu": {"cores": 2}}, HOST).cpu_tune is None


def test_threads_of_a_core_are_siblings() -> None:
    assert tune({"cores": 2, "threads": 2}, facts={"allotted_cpus": "2-3,5,10-11"}).vcpus == (2, 10, 3, 11)


def test_only_what_the_pod_was_allotted_is_used() -> None:
    assert tune({"cores": 3}, facts={"allotted_cpus": "3,6,9"}).vcpus == (9, 3, 6)


@pytest.mark.parametrize(("cores", "own"), [(3, "8"), (4, "2,10")])
def test_an_emulator_thread_may_fill_up_an_even_number(cores: int, own: str) -> None:
    annotated = {"metadata.annotations": {"alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity": ""}}
    made = tune({"cores": cores, "isolateEmulatorThread": True}, annotated, {"allotted_cpus": "0-3,8-11"})
    assert (len(made.vcpus), len(made.emulator.split(","))) == (cores, len(own.split(",")))
    assert not set(made.emulator.split(",")) & set(map(str, made.vcpus))


@pytest.mark.parametrize(
    ("cpu", "changes", "threads"),
    [
        ({"cores": 4}, {"ioThreadsPolicy": "shared"}, ("0-1,8-9",)),
        ({"cores": 4, "isolateEmulatorThread": True}, {"ioThreadsPolicy": "shared"}, ("2",)),
        ({"cores": 4}, {"ioThreadsPolicy": "auto"}, ("0,8", "1,9")),
        ({"cores": 1}, {"ioThreadsPolicy": "auto"}, ("0", "0")),
        (
            {"cores": 2},
            {"ioThreadsPolicy": "supplementalPool", "ioThreads": {"supplementalPoolThreadCount": 2}},
            ("1", "9"),
        ),
    ],
)
def test_where_io_threads_run(cpu: dict[str, Any], changes: dict[str, Any], threads: tuple[str, ...]) -> None:
    disks = [{"name": "system", "disk": {"bus": "virtio"}}, {"name": "data", "disk": {"bus": "virtio"}}]
    volumes = [{"name": name, "containerDisk": {"image": "localhost/kvnode/tiny"}} for name in ("system", "data")]
    assert tune(cpu, {"devices.disks": disks, "spec.volumes": volumes, **changes}).iothreads == threads


def test_a_guest_sees_the_cells_that_it_lies_in() -> None:
    plan = plan_of({"cpu": {**MAPPED, "cores": 5, "threads": 2}, "memory": PAGES}, HOST)
    assert [(cell.cpus, cell.host_cell, cell.memory_bytes) for cell in plan.cpu.numa] == [
        ("0-5", 0, 615 << 21),
        ("6-9", 1, 409 << 21),
    ]
    assert plan.cpu.numa[0].distances == ((0, 10), (1, 21))
    assert plan.numa_tune == "0-1"


@pytest.mark.parametrize(
    "distances",
    [
        [{"0": 10, "1": 10}, {"0": 10, "1": 10}],
        [{"0": 10, "1": 7}, {"0": 21, "1": 10}],
        [{"0": 12, "1": 21}, {"0": 21, "1": 10}],
        [{"0": 10, "1": 256}, {"0": 256, "1": 10}],
        [{"0": 10, "1": 21}, {}],
        [{}, {}],
    ],
)
def test_distances_that_no_guest_can_be_told_are_left_out(distances: list[dict[str, int]]) -> None:
    cells = [{**cell, "distances": known} for cell, known in zip(HOST["cells"], distances, strict=True)]
    plan = plan_of({"cpu": {**MAPPED, "cores": 5, "threads": 2}, "memory": PAGES}, {**HOST, "cells": cells})
    assert len(plan.cpu.numa) == 2
    assert [cell.distances for cell in plan.cpu.numa] == [(), ()]
    assert "<distances>" not in kvnode.render(plan)


def test_sockets_to_be_plugged_are_the_last_cells() -> None:
    plan = plan_of({"cpu": {**MAPPED, "cores": 6, "maxSockets": 4}, "memory": PAGES}, HOST)
    assert [cell.cpus for cell in plan.cpu.numa] == ["0-23"]
    assert len(plan.cpu_tune.vcpus) == 6


def test_a_host_of_which_nothing_is_known_has_what_is_asked_for() -> None:
    plan = kvnode.plan(guest({"cpu": {**MAPPED, "cores": 2, "threads": 2}, "memory": PAGES}), kvnode.HostFacts())
    assert plan.cpu_tune.vcpus == (0, 1, 2, 3)
    assert [(cell.cpus, cell.memory_bytes) for cell in plan.cpu.numa] == [("0-3", 2 * GIB)]


def test_real_time() -> None:
    plan = plan_of({"cpu": {**OWN, "cores": 4, "realtime": {"mask": "0-3,^0"}}}, HOST)
    assert plan.cpu_tune.realtime == "1-3"
    assert plan.features.pmu is False
    assert plan.memory.unmerged
    assert tune({"cores": 4, "realtime": {}}).realtime == "0-3"


@pytest.mark.parametrize(
    ("cpu", "memory", "facts", "cell", "sentence"),
    [
        (
            {"cores": 16, "isolateEmulatorThread": True},
            {},
            {},
            None,
            "the host has 16 CPUs for this guest alone (8 in cell 0, 8 in cell 1), 17 wanted (NotEnoughCpus)",
        ),
        (
            {"cores": 5},
            {},
            {"allotted_cpus": "4-7"},
            1,
            "cell 1 has 4 CPUs for this guest alone, 5 wanted (NotEnoughCpus)",
        ),
        (
            {**MAPPED, "cores": 3, "threads": 2},
            PAGES,
            {"allotted_cpus": "1-3,4-6"},
            None,
            "the host has 2 times 2 CPUs within one cell for a core of the guest (1 in cell 0, 1 in cell 1), 3 wanted "
            "(CoresCrossCells)",
        ),
        (
            {**MAPPED, "cores": 1},
            {"guest": "12Gi", "hugepages": {"pageSize": "2Mi"}},
            {},
            0,
            "cell 0 has 4096 free pages of 2 MiB where the guest's CPUs can be, 6144 wanted (NotEnoughHugepages)",
        ),
        (
            {**MAPPED, "cores": 2},
            {"guest": "12Gi", "hugepages": {"pageSize": "2Mi"}},
            {"allotted_cpus": "4-7"},
            1,
            "cell 1 has 4096 free pages of 2 MiB where the guest's CPUs can be, 6144 wanted (NotEnoughHugepages)",
        ),
        (
            {**OWN, "cores": 2},
            {"guest": "32Gi", "hugepages": {"pageSize": "2Mi"}},
            {},
            None,
            "the host has 8192 free pages of 2 MiB (4096 in cell 0, 4096 in cell 1), 16384 wanted (NotEnoughHugepages)",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_the_cell(
    cpu: dict[str, Any], memory: dict[str, Any], facts: dict[str, Any], cell: int | None, sentence: str
) -> None:
    with pytest.raises(NoFit) as refusal:
        tune(cpu, {"memory": memory} if memory else None, facts)
    assert refusal.value.cell == cell
    assert str(refusal.value) == sentence


def test_fewer_pages_than_cells_do_not_fit() -> None:
    cells = [{**cell, "hugepages": {"1Gi": {"total": 4}}} for cell in HOST["cells"]]
    memory = {"guest": "1Gi", "hugepages": {"pageSize": "1Gi"}}
    with pytest.raises(NoFit) as refusal:
        tune({**MAPPED, "cores": 12}, {"memory": memory}, {"cells": cells})
    assert str(refusal.value) == (
        "the host has 1 pages of 1 GiB to share out, 2 wanted: each cell that the guest's cores lie in gives a page at "
        "least (FewerPagesThanCells)"
    )
