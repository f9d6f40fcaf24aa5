"""``kvnode ps``, ``stop``, ``console`` and ``logs``: the guests that are here."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from kvnode.cli.terminal import console, printable, say, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from kvnode.runtime.node import Guest

NAMESPACE = click.option("-n", "--namespace", metavar="NAMESPACE", default="default", help="The guest's namespace.")
LOG_BYTES = 4 << 20


@click.command("ps", help="List the guests that run here, and those that have ended and are not stopped yet.")
@click.option("-n", "--namespace", metavar="NAMESPACE", help="Only those of NAMESPACE.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="json is for programs.")
def ps_command(namespace: str | None, output: str) -> None:
    """See the module."""
    from kvnode.paths import NodePaths
    from kvnode.runtime.node import guests

    found = [guest for guest in guests(NodePaths.here()) if namespace in (None, guest.record.namespace)]
    if output == "json":
        write_json([as_json(guest) for guest in found])
        return
    if not found:
        where = f" in namespace {namespace!r}" if namespace is not None else ""
        say(f"no guests here{where}: `kvnode run FILE` starts one")
        return
    from rich import box
    from rich.table import Table

    table = Table("NAMESPACE", "NAME", "PHASE", "ADDRESS", "AGE", "MEMORY", box=box.SIMPLE_HEAD, pad_edge=False)
    for guest in found:
        record = guest.record
        phase = f"{record.phase} ({record.reason})" if record.reason else record.phase
        row = (record.namespace, record.name, phase, ", ".join(record.addresses), age(record.created), memory(guest))
        table.add_row(*map(printable, row))
    console().print(table)


def as_json(guest: Guest) -> dict[str, object]:
    """What ``ps -o json`` gives of a guest; ``processes`` has the host's pids by part."""
    record = guest.record
    return {
        "namespace": record.namespace,
        "name": record.name,
        "phase": record.phase,
        "reason": record.reason,
        "message": record.message,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
        "addresses": list(record.addresses),
        "processes": guest.processes,
    }


def age(created: float) -> str:
    """Seconds since, as kubectl shows an age."""
    seconds = max(0, int(time.time() - created))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def memory(guest: Guest) -> str:
    """The proportional set size of all processes in the sandbox."""
    import psutil

    total = 0
    for pids in guest.processes.values():
        for pid in pids:
            try:
                total += psutil.Process(pid).memory_full_info().pss
            except psutil.Error:
                continue
    return f"{total / (1 << 20):.0f} MiB" if total else ""


@click.command("stop", help="Stop guests and take away everything of them; also what a killed one left.")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@NAMESPACE
@click.option(
    "--grace-period",
    "grace_period_s",
    type=click.IntRange(0, 86400),
    metavar="SECONDS",
    help="How long the guest may take; its manifest's where left out.",
)
@click.option("--force", is_flag=True, help="End it at once: as --grace-period 0.")
def stop_command(names: tuple[str, ...], namespace: str, grace_period_s: int | None, force: bool) -> None:
    """See the module."""
    from kvnode.errors import HostError
    from kvnode.paths import NodePaths
    from kvnode.runtime.node import stop_guest

    if os.geteuid() != 0:
        raise HostError("stopping a guest takes root, as starting it did; run it with sudo")
    node = NodePaths.here()
    for name in names:
        label = f"{namespace}/{name}"
        began = time.monotonic()

        def tell(text: str, label: str = label) -> None:
            say(f"{label}: {text}")

        record = stop_guest(node, namespace, name, 0 if force else grace_period_s, tell)
        how = f": {record.message}" if record.message else ""
        say(f"{label} is gone after {time.monotonic() - began:.2f} s{how}")


@click.command("console", help="Talk to a guest's serial console; Ctrl-] leaves it.")
@click.argument("name")
@NAMESPACE
@click.option(
    "--backlog",
    "backlog_bytes",
    type=click.IntRange(0, 1 << 17),
    default=0,
    metavar="BYTES",
    help="First show so much of what was printed before.",
)
def console_command(name: str, namespace: str, backlog_bytes: int) -> None:
    """See the module."""
    from kvnode.cli.console import talk
    from kvnode.paths import NodePaths
    from kvnode.runtime.node import find_guest

    talk(*find_guest(NodePaths.here(), namespace, name), backlog_bytes)


@click.command("logs", help="Show what a guest printed on its serial console.")
@click.argument("name")
@NAMESPACE
@click.option("--launcher", is_flag=True, help="What its launcher and libvirt said instead.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the guest has ended.")
def logs_command(name: str, namespace: str, launcher: bool, follow: bool) -> None:
    """See the module."""
    from kvnode.paths import NodePaths
    from kvnode.runtime.guests import processes_in
    from kvnode.runtime.node import find_guest

    paths, _ = find_guest(NodePaths.here(), namespace, name)
    log = paths.state / "launcher.log" if launcher else paths.pod / "console.log"
    shown = show_log(log)
    while follow:
        runs = bool(processes_in(paths))  # looked at first, so that the last words are shown
        shown = show_more(log, shown)
        if not runs:
            return
        time.sleep(0.2)


def show_log(log: Path) -> int:
    """Prints a log, its older generation first; returns how far the younger one was read."""
    from kvnode.runtime.guests import read_bounded

    older = read_bounded(log.with_name(log.name + ".1"), LOG_BYTES)
    younger = read_bounded(log, LOG_BYTES) or b""
    emit((older or b"") + younger)
    return len(younger)


def show_more(log: Path, shown: int) -> int:
    """Prints what came since; a log that began anew is shown from its beginning."""
    from kvnode.runtime.guests import read_bounded

    data = read_bounded(log, LOG_BYTES) or b""
    if len(data) < shown:
        shown = 0
    emit(data[shown:])
    return len(data)


def emit(data: bytes) -> None:
    """A guest's output: byte for byte into a pipe, without what a terminal would obey onto a terminal."""
    if not data:
        return
    if sys.stdout.isatty():
        text = data.decode(errors="replace").replace("\r\n", "\n")
        sys.stdout.write("".join(c if c in "\n\t" or c.isprintable() else printable(c) for c in text))
    else:
        sys.stdout.buffer.write(data)
    sys.stdout.flush()
