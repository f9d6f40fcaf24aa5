"""The commands that need no node: ``render``, ``plan``, ``default`` and ``validate``.

Each reads a manifest, goes part of the way to a domain, and prints what there is at that point. Nothing is started or
changed, and neither root nor libvirt is needed.
"""

from __future__ import annotations

from typing import Any

import click

import kvnode
from kvnode.cli.faults import file_faults
from kvnode.cli.sources import (
    Guest,
    Where,
    config_option,
    facts_option,
    file_argument,
    prepared,
    read_config,
    read_guests,
    read_host,
    read_judged,
)
from kvnode.cli.terminal import in_guest, printable, say, shortened, write, write_json, write_xml, write_yaml
from kvnode.errors import InvalidManifest

_FAULTY = 1


@click.command(name="render")
@file_argument
@facts_option
@config_option
def render_command(file: str, facts: str | None, config: str | None) -> None:
    """Print libvirt's domain XML, one document for each guest in FILE."""
    for plan in _plans(file, facts, config):
        write_xml(kvnode.render(plan))


@click.command(name="plan")
@file_argument
@facts_option
@config_option
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml")
def plan_command(file: str, facts: str | None, config: str | None, output: str) -> None:
    """Print everything that is decided about the guests in FILE: an object, or a list where there are several."""
    plans = [_decided(plan) for plan in _plans(file, facts, config)]
    if output == "json":
        write_json(plans[0] if len(plans) == 1 else plans)
    else:
        write_yaml(plans)


def _decided(plan: kvnode.DomainPlan) -> Any:
    """A plan as plain types, and with each interface the link operations that follow from what is decided of it."""
    document = kvnode.to_dict(plan)
    for index, planned in enumerate(plan.network.interfaces):
        if planned.operations:
            document["network"]["interfaces"][index]["operations"] = kvnode.to_dict(planned.operations)
    return document


@click.command(name="default")
@file_argument
@config_option
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml")
def default_command(file: str, config: str | None, output: str) -> None:
    """Print the guests in FILE, and KubeVirt's other objects, with every default that admission sets."""
    settings = read_config(config)
    found = read_judged(file)
    defaulted = [
        _defaulted(one, settings, len(found) == 1)
        if isinstance(one, Guest)
        else kvnode.to_dict(kvnode.default(one, settings))
        for one in found
    ]
    if output == "yaml":
        write_yaml(defaulted)
    else:
        write_json(defaulted[0] if len(defaulted) == 1 else {"apiVersion": "v1", "kind": "List", "items": defaulted})


@click.command(name="validate")
@file_argument
@config_option
@click.option("--where", type=click.Choice(["standalone", "cluster"]), help="Also what can't run there yet.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
def validate_command(file: str, config: str | None, where: Where | None, output: str) -> int:
    """List what is wrong with the objects in FILE, all of it. Exit status 1 where anything is."""
    faults = file_faults(file, read_config(config), where)
    if output == "json":
        write_json(faults)
    else:
        for fault in faults:
            sentence = ": ".join(filter(None, (fault.object, fault.field, f"{fault.message} ({fault.reason})")))
            write(printable(shortened(sentence)) + "\n")
        if not faults:
            say("nothing is wrong")
    return _FAULTY if faults else 0


def _defaulted(guest: Guest, config: Any, alone: bool) -> Any:
    try:
        return kvnode.to_dict(kvnode.default(guest.vmi, config))
    except InvalidManifest as error:
        located = InvalidManifest(guest.located(error.errors))
        raise (located if alone else in_guest(located, guest.label)) from None


def _plans(file: str, facts: str | None, config: str | None) -> list[kvnode.DomainPlan]:
    """The plans of all guests in a file: all, or an error before anything is printed."""
    settings = read_config(config)
    guests = read_guests(file)
    host = read_host(facts)
    alone = len(guests) == 1
    return [plan_guest(guest, host, settings, alone=alone) for guest in guests]


def plan_guest(guest: Guest, host: kvnode.HostFacts, config: Any, *, alone: bool) -> kvnode.DomainPlan:
    """A guest's plan; faults of the manifest that only planning finds say which guest they are of, too."""
    vmi = prepared(guest, config, alone=alone)
    try:
        return kvnode.plan(vmi, host, config)
    except InvalidManifest as error:
        located = InvalidManifest(guest.located(error.errors))
        raise (located if alone else in_guest(located, guest.label)) from None
