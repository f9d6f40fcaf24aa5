"""The host's CPUs by cell and core, and who of a guest sits where: as lines, and as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import msgspec

from kvnode.facts.cpuset import cpus_of, parse_cpuset

if TYPE_CHECKING:
    from kvnode.facts import Cell, HostFacts
    from kvnode.planning.domain_plan import CpuTune, DomainPlan

FREE, FOREIGN = "free", "not allotted"


class Seat(msgspec.Struct, frozen=True):
    """One of the host's CPUs, and who has it: ``role`` is vcpu, realtime, emulator, iothread, free or foreign."""

    cpu: int
    role: str
    who: str


def seats(plan: DomainPlan, host: HostFacts) -> list[tuple[Cell, list[list[Seat]]]]:
    """Each cell with its cores; empty for a guest without CPUs of its own, and where no cells are known."""
    if plan.cpu_tune is None:
        return []
    taken = _taken(plan.cpu_tune)
    nobody = {True: ("free", FREE), False: ("foreign", FOREIGN)}
    return [
        (
            cell,
            [
                [Seat(cpu, *taken.get(cpu, nobody[bool(host.allotted >> cpu & 1)])) for cpu in core]
                for core in cell.cores
            ],
        )
        for cell in host.cells
    ]


def _taken(tune: CpuTune) -> dict[int, tuple[str, str]]:
    """Role and name by CPU. Threads that share the vCPUs' have no seat of their own."""
    taken: dict[int, tuple[str, str]] = {}
    for thread, cpus in enumerate(tune.iothreads, 1):
        for cpu in cpus_of(parse_cpuset(cpus)):
            taken[cpu] = "iothread", f"IO thread {thread}"
    for cpu in cpus_of(parse_cpuset(tune.emulator or "")):
        taken[cpu] = "emulator", "emulator"
    realtime = parse_cpuset(tune.realtime or "")
    for vcpu, cpu in enumerate(tune.vcpus):
        taken[cpu] = ("realtime", f"vCPU {vcpu}, real-time") if realtime >> vcpu & 1 else ("vcpu", f"vCPU {vcpu}")
    return taken


def lines(plan: DomainPlan, host: HostFacts) -> Iterator[str]:
    """A line for each core that has a thread of the guest, or one that it could have; the others are counted."""
    for cell, cores in seats(plan, host):
        yield _cell(plan, cell)
        used = [core for core in cores if any(seat.role not in ("free", "foreign") for seat in core)]
        width = max((len(f"{seat.cpu}: {seat.who}") for core in used for seat in core), default=0)
        for core in used:
            yield "  " + "  ".join(f"{f'{seat.cpu}: {seat.who}':<{width}}" for seat in core).rstrip()
        free = sum(seat.role == "free" for core in cores for seat in core)
        if len(used) < len(cores) or free:
            rest = len(cores) - len(used)
            told = f"{rest} more core{'s' * (rest != 1)}" if rest else "nothing else"
            yield f"  {told}; {free} of the guest's CPUs there are free" if free else f"  {told}, not the guest's"


def _cell(plan: DomainPlan, cell: Cell) -> str:
    mine = [guest for guest in plan.cpu.numa if guest.host_cell == cell.id]
    sees = "".join(f", the guest's cell {guest.id} with {guest.memory_bytes >> 20} MiB" for guest in mine)
    return f"host cell {cell.id}{sees}"


_BOX, _GAP, _ROW, _HEAD = 150, 8, 26, 34
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1b1f24 }
  .cell { fill: #f6f8fa; stroke: #8c959f } .seat { stroke: #8c959f }
  .vcpu { fill: #b6e3ff } .realtime { fill: #ffd8b5 } .emulator { fill: #d8b9ff } .iothread { fill: #aceebb }
  .free { fill: #ffffff } .foreign { fill: #d0d7de }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .cell { fill: #161b22; stroke: #6e7681 } .seat { stroke: #6e7681 }
    .vcpu { fill: #0c4a86 } .realtime { fill: #7a3e12 } .emulator { fill: #4c2889 } .iothread { fill: #0f5323 }
    .free { fill: #0d1117 } .foreign { fill: #30363d }
  }
"""


def picture(label: str, plan: DomainPlan, host: HostFacts) -> str:
    """The same as SVG, for light and dark surroundings: cells side by side, a row for each core, a box for each CPU."""
    left, tallest, drawn = _GAP, 0, []
    for cell, cores in seats(plan, host):
        threads = max(map(len, cores), default=1)
        width, height = threads * (_BOX + _GAP) + _GAP, _HEAD + len(cores) * _ROW + _GAP
        drawn.append(f'<g transform="translate({left} {_HEAD})"><rect class="cell" width="{width}" height="{height}"/>')
        drawn.append(_text(_GAP, 21, _cell(plan, cell)))
        for row, core in enumerate(cores):
            for column, seat in enumerate(core):
                x, y = _GAP + column * (_BOX + _GAP), _HEAD + row * _ROW
                drawn.append(f'<rect class="seat {seat.role}" x="{x}" y="{y}" width="{_BOX}" height="{_ROW - 4}"/>')
                drawn.append(_text(x + 6, y + 15, f"{seat.cpu}: {seat.who}"))
        drawn.append("</g>")
        left, tallest = left + width + _GAP, max(tallest, height)
    size = f'width="{max(left, 400)}" height="{_HEAD + tallest + _GAP}"'
    title = _text(_GAP, 22, label if drawn else f"{label}: no CPUs of its own on a host whose cells are known")
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{_STYLE}</style>{title}{"".join(drawn)}</svg>\n'


def _text(x: int, y: int, words: str) -> str:
    return f'<text x="{x}" y="{y}">{escape(words)}</text>'
