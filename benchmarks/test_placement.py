"""Who of a guest sits on which of the host's CPUs: the compiled search beside the same with Python's integers.

Hosts are 2 cells of 64 threads and 8 of 64; of the larger one half of the CPUs are allotted, and pages are so few in
each cell that a guest has to spread. The rival keeps a mask for each core, as a scheduler in Python would, counts the
cells, and takes the first that do; it makes the same table of pins. The yardstick is a list of 64 numbers, which no
answer can do without.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from kvnode._fast.placement import TOO_FEW_PAGES, HostCpus, place

THREADS = 64


class Host:
    """Cells of 64 threads on 32 cores; with ``half`` every second core is somebody else's."""

    def __init__(self, cells: int, *, half: bool) -> None:
        cores = 32
        self.cells = tuple(
            tuple((cell * cores + core, (cells + cell) * cores + core) for core in range(cores))
            for cell in range(cells)
        )
        taken = [cpu for cell in self.cells for number, core in enumerate(cell) for cpu in core if half and number % 2]
        self.allotted = ((1 << cells * THREADS) - 1) & ~sum(1 << cpu for cpu in taken)
        self.distances = tuple(tuple(10 if one == two else 21 for two in range(cells)) for one in range(cells))
        self.masks = tuple(tuple(1 << first | 1 << second for first, second in cell) for cell in self.cells)
        self.compiled = HostCpus(self.cells, self.allotted, self.distances)


def by_integers(host: Host, cores: int, threads: int, pages: int, wanted: int) -> list[int]:
    """The same answer of cells in their order, without a look at distances."""
    pins: list[int] = []
    left, memory = cores, wanted
    for cell in host.masks:
        if left <= 0 and memory <= 0:
            break
        most = max(1, min(left, cores * pages // wanted if wanted else left))
        memory -= pages
        for core in cell:
            mask = core & host.allotted
            if most > 0 and mask.bit_count() >= threads:
                for _ in range(threads):
                    lowest = mask & -mask
                    pins.append(lowest.bit_length() - 1)
                    mask ^= lowest
                most -= 1
                left -= 1
    return pins


def compiled(host: Host, cores: int, threads: int, pages: int, wanted: int) -> list[int]:
    found = place(host.compiled, cores, threads, 0, True, (pages,) * len(host.cells), wanted)
    pins = found[0]
    assert isinstance(pins, list)
    return pins


# The host, guest cores, threads of each, free pages of each cell, pages of the guest.
QUESTIONS = {
    "64 vCPUs on 2x64": (Host(2, half=False), 32, 2, 64, 64),
    "64 vCPUs on 8x64": (Host(8, half=False), 32, 2, 64, 64),
    "64 vCPUs in 4 cells of 8x64 half used": (Host(8, half=True), 32, 2, 16, 64),
}
WAYS = {"compiled": compiled, "integers": by_integers}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.benchmark(group="placement")
def test_pins(benchmark: BenchmarkFixture, way: str, question: str) -> None:
    find: Callable[..., list[int]] = WAYS[way]
    pins = benchmark(find, *QUESTIONS[question])
    assert len(set(pins)) == THREADS


@pytest.mark.benchmark(group="placement")
def test_0_a_list_of_64_numbers(benchmark: BenchmarkFixture) -> None:
    """the yardstick"""
    assert len(benchmark(lambda: [number for number in range(THREADS)])) == THREADS  # noqa: C416 - made one by one


@pytest.mark.benchmark(group="placement")
def test_what_fits_nowhere_though_it_nearly_would(benchmark: BenchmarkFixture) -> None:
    """CPUs are there and pages are there, and no three cells have both: every choice of cells is out of question."""
    host, pages = Host(8, half=False), (20, 19, 18, 17, 16, 15, 14, 13)
    answer = benchmark(lambda: place(host.compiled, 3, 1, 0, True, pages, 64))
    assert answer == (TOO_FEW_PAGES, 64, 57)


@pytest.mark.benchmark(group="placement of a host")
def test_the_tables_of_a_host(benchmark: BenchmarkFixture) -> None:
    """made once for a host, however many guests are placed on it"""
    host = Host(8, half=True)
    assert benchmark(HostCpus, host.cells, host.allotted, host.distances).allotted == 256
