"""The probe of the real machine against what others say: lscpu, the kernel by other ways, a cgroup made for it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import kvnode
from kvnode.facts.cpuset import parse_cpuset

V1 = Path("/sys/fs/cgroup/cpuset")
V2 = Path("/sys/fs/cgroup")

ASK = "from kvnode.host.cgroups import cpuset_mask; from kvnode.host.tree import Tree; print(cpuset_mask(Tree('/')))"


@contextlib.contextmanager
def cgroup(parent: Path) -> Iterator[Path]:
    """A cgroup of its own, gone afterwards."""
    place = parent / f"kvnode-test-{os.getpid()}"
    place.mkdir()
    try:
        yield place
    finally:
        place.rmdir()


def mask_inside(place: Path) -> int:
    """What the probe says of its CPUs in a process that has joined a cgroup."""
    script = 'echo $$ > "$0/cgroup.procs" && exec "$1" -c "$2"'
    done = subprocess.run(["sh", "-c", script, place, sys.executable, ASK], capture_output=True, text=True, check=True)
    return int(done.stdout)


def lscpu(columns: str) -> list[tuple[int, ...]]:
    """Rows of lscpu's table for programs; a number it doesn't know is -1."""
    lines = subprocess.run(["lscpu", f"--parse={columns}"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(",") for line in lines.splitlines() if not line.startswith("#")]
    return [tuple(int(number or -1) for number in row) for row in rows]


def test_every_cpu_is_a_thread_of_one_core():
    threads = [thread for cell in kvnode.probe_host().cells for core in cell.cores for thread in core]
    assert sorted(threads) == sorted(cpu for (cpu,) in lscpu("CPU"))


def test_the_threads_of_a_core_are_those_that_lscpu_puts_together():
    rows = lscpu("CPU,CORE,SOCKET")
    expected = {tuple(sorted(c for c, *where in rows if where == [core, socket])) for _, core, socket in rows}
    assert {tuple(sorted(core)) for cell in kvnode.probe_host().cells for core in cell.cores} == expected


def test_memory_is_what_the_machine_has():
    total = sum(cell.memory_bytes or 0 for cell in kvnode.probe_host().cells)
    assert total == pytest.approx(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), rel=0.01)


@pytest.mark.needs("root", "cgroup_v1_cpuset")
def test_a_cpuset_of_v1_is_what_is_allotted():
    one = parse_cpuset((V1 / "cpuset.cpus").read_text().strip()).bit_length() - 1
    with cgroup(V1) as place:
        (place / "cpuset.cpus").write_text(str(one))
        (place / "cpuset.mems").write_text("0")
        assert mask_inside(place) == 1 << one


@pytest.mark.needs("root", "cgroup_v2")
def test_a_cpuset_of_v2_is_what_is_allotted():
    one = parse_cpuset((V2 / "cpuset.cpus.effective").read_text().strip()).bit_length() - 1
    with cgroup(V2) as place:
        (place / "cpuset.cpus").write_text(str(one))
        assert mask_inside(place) == 1 << one


@pytest.mark.needs("numa_cells_2")
def test_cells_are_those_that_lscpu_knows():
    expected = {node: {cpu for cpu, its in lscpu("CPU,NODE") if its == node} for _, node in lscpu("CPU,NODE")}
    cells = {cell.id: cell for cell in kvnode.probe_host().cells}
    assert {number: {thread for core in cell.cores for thread in core} for number, cell in cells.items()} == expected
    for number, cell in cells.items():
        assert cell.distances.keys() == cells.keys()
        assert min(cell.distances.values()) == cell.distances[number]


@pytest.mark.needs("hugepages_2Mi")
def test_the_pool_of_2_mib_pages_is_seen():
    assert pages("2Mi") == int(Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages").read_text())


@pytest.mark.needs("hugepages_1Gi")
def test_the_pool_of_1_gib_pages_is_seen():
    assert pages("1Gi") == int(Path("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages").read_text())


def pages(size: str) -> int:
    return sum(cell.hugepages[size].total for cell in kvnode.probe_host().cells)
