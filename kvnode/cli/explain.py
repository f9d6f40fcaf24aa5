"""``kvnode explain``: a guest's plan for a person.

Section by section: what the guest sees (machine, CPUs, memory, disks, devices), where it comes from (which host CPUs,
which cell's pages, which file, the way of a packet), and what it costs, with the memory overhead item by item. It tells
the plan and decides nothing. Lines fit 80 columns, on a terminal as in a pipe.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from kvnode.cli import cpu_map, memory_map, network_path, sentences
from kvnode.cli.columns import Line, table, write_sections
from kvnode.cli.device_lines import device_lines, disk_lines
from kvnode.cli.sources import config_option, facts_option, file_argument, read_config, read_guests, read_host
from kvnode.cli.terminal import printable, shortened, write, write_json
from kvnode.errors import UsageError
from kvnode.quantity import bytes_text

if TYPE_CHECKING:
    from kvnode.facts import HostFacts
    from kvnode.planning.domain_plan import DomainPlan, OverheadItem


@click.command(name="explain")
@file_argument
@facts_option
@config_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "svg"]),
    default="text",
    help="svg: a picture of who sits where",
)
def explain_command(file: str, facts: str | None, config: str | None, output: str) -> None:
    """Tell in words what the guests in FILE get, and what they cost the node."""
    from kvnode.cli.manifests import plan_guest

    settings = read_config(config)
    guests = read_guests(file)
    host = read_host(facts)
    plans = [plan_guest(guest, host, settings, alone=len(guests) == 1) for guest in guests]
    if output == "json":
        told = [sentences.told_as_json(guest.label, plan, host) for guest, plan in zip(guests, plans, strict=True)]
        write_json(told[0] if len(told) == 1 else told)
        return
    if output == "svg":
        if len(plans) != 1:
            raise UsageError(f"{file!r} has {len(plans)} guests, and a picture shows one")
        write(cpu_map.picture(printable(shortened(guests[0].label)), plans[0], host))
        return
    for position, (guest, plan) in enumerate(zip(guests, plans, strict=True)):
        write("\n\n" * bool(position))
        write_sections(guest.label, _sections(plan, host))


def _sections(plan: DomainPlan, host: HostFacts) -> Iterator[tuple[str, Iterator[Line | str]]]:
    yield "machine", _machine(plan, host)
    yield "CPU", iter(sentences.cpu_texts(plan))
    yield "placement", _placement(plan, host)
    yield "memory", iter(memory_map.lines(plan, host))
    yield "disks", iter(disk_lines(plan))
    yield "network", iter(network_path.lines(plan))
    yield "devices", iter(device_lines(plan))
    yield "overhead", _overhead(plan)
    yield "end", iter([sentences.end_text(plan)])


def _machine(plan: DomainPlan, host: HostFacts) -> Iterator[str]:
    yield sentences.machine_text(plan)
    if plan.hypervisor_note is not None:
        yield plan.hypervisor_note
    elif host.kvm_ns_per_instruction is not None:
        warning = f"; {host.kvm_note}" if host.kvm_note is not None else ""
        yield f"KVM was tried: {host.kvm_ns_per_instruction:.3g} ns an instruction{warning}"
    if plan.os.kernel is not None:
        yield f"starts the kernel {plan.os.kernel} itself"
    if plan.launch_security is not None:
        yield f"its memory is sealed from the host: {plan.launch_security.type}"
    if plan.start_paused:
        yield "starts paused"


def _placement(plan: DomainPlan, host: HostFacts) -> Iterator[str]:
    """Who sits where, or where a guest without CPUs of its own may run."""
    if plan.cpu_tune is None:
        yield f"no CPUs of its own: its threads run on any of {_cpus(host)}"
        return
    known = False
    for line in cpu_map.lines(plan, host):
        known = True
        yield line
    if not known:
        yield f"vCPUs on the host's CPUs {', '.join(map(str, plan.cpu_tune.vcpus))}; its cells aren't known here"


def _cpus(host: HostFacts) -> str:
    if host.allotted_cpus is not None:
        return f"the CPUs {host.allotted_cpus}"
    if not host.mask:
        return "the host's CPUs"
    cells = sentences.counted(len(host.cells), "cell")
    return f"the host's {sentences.counted(host.mask.bit_count(), 'CPU')} in {cells}"


def _overhead(plan: DomainPlan) -> Iterator[Line | str]:
    overhead = plan.overhead
    total = bytes_text(plan.memory.bytes + overhead.total_bytes)
    yield f"{bytes_text(overhead.total_bytes)} beside the guest's memory; {total} in all"
    yield from table([(bytes_text(item.bytes), item.name, _why(item)) for item in overhead.items], right=(0,))
    if not overhead.reserved_bytes:
        yield "None of it has to be free: the manifest has it overcommitted."


def _why(item: OverheadItem) -> str:
    return item.why if item.count is None else f"{item.count} {item.why}"
