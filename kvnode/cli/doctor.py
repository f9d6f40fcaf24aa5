"""``kvnode doctor``: what this node can do, what is missing, what to install."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kvnode.cli.terminal import console, printable, write, write_json

if TYPE_CHECKING:
    from kvnode.host.doctor import Check

_NOT_READY = 3


@click.command(name="doctor")
@click.option("--facts", is_flag=True, help="Print the node's host facts as JSON, for --facts of other commands.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="How to print the checks.")
def doctor_command(facts: bool, output: str) -> int:
    """Say what this node can do, what is missing, and what to install.

    Exit status 3 where something is missing that every guest needs.
    """
    from kvnode.host.probe import probe_host

    host = probe_host()
    if facts:
        write(host.to_json() + "\n")
        return 0
    from kvnode.host.doctor import check_node

    checks = [*check_node(host), _guests()]
    ready = all(check.ok for check in checks if check.required)
    if output == "json":
        write_json({"ready": ready, "checks": checks})
        return 0 if ready else _NOT_READY
    _print_checks(checks, ready)
    return 0 if ready else _NOT_READY


def _guests() -> Check:
    """The guests that are here, and the memory of all their processes (proportional set size)."""
    from kvnode.host.doctor import Check
    from kvnode.paths import NodePaths
    from kvnode.runtime.guests import all_guests, processes_of

    pids = processes_of([paths for paths, _ in all_guests(NodePaths.here())])
    if not pids:
        return Check("guests", True, "none here", required=False)
    running = sum(map(bool, pids))
    used = sum(_pss(pid) for found in pids for pid in found)
    return Check("guests", True, f"{len(pids)} here, {running} running in {used >> 20} MiB", required=False)


def _pss(pid: int) -> int:
    """A process's share of memory in bytes; 0 where it has gone, or where nobody can tell."""
    try:
        import psutil
    except ImportError:
        return 0
    try:
        return int(psutil.Process(pid).memory_full_info().pss)
    except psutil.Error:
        return 0


def _print_checks(checks: list[Check], ready: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for check in checks:
        word, style = ("ok", "green") if check.ok else ("missing", "bold red") if check.required else ("note", "yellow")
        table.add_row(Text(word, style), Text(printable(check.name)), Text(printable(check.value)))
        for line in filter(None, (check.why, check.remedy and f"→ {check.remedy}")):
            table.add_row("", "", Text(printable(line), "dim" if line is check.why else ""))
    out = console()
    out.print(table)
    missing = [check.name for check in checks if check.required and not check.ok]
    out.print()
    out.print("This node runs guests." if ready else f"No guest runs here until this is mended: {', '.join(missing)}.")
