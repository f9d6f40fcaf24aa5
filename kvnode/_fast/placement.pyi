from collections.abc import Sequence
from typing import Final, Self, final

TOO_FEW_CPUS: Final = 1
CROSSES_CELLS: Final = 2
TOO_FEW_PAGES: Final = 3
FEWER_PAGES_THAN_CELLS: Final = 4

@final
class HostCpus:
    @property
    def cell_count(self) -> int: ...
    @property
    def allotted(self) -> int: ...
    def __new__(
        cls,
        cells: tuple[Sequence[Sequence[int]], ...],
        allotted: int,
        distances: tuple[Sequence[int], ...] | None = None,
    ) -> Self: ...

def place(
    host: HostCpus,
    cores: int,
    threads: int,
    spare: int,
    in_cells: bool,
    pages: tuple[int, ...] | None = None,
    wanted_pages: int = 0,
) -> tuple[list[int], list[int], list[tuple[int, int, int]]] | tuple[int, int, int]: ...
