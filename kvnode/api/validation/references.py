"""Rules about references to objects of the same namespace: group, kind and name that go together.

Which kinds a reference may name is the field's own business, and so is what an absent group means: KubeVirt's objects
are in groups of theirs, and one that leaves the group out names an object of Kubernetes' core.
"""

from __future__ import annotations

from collections.abc import Mapping

from kvnode.api.meta import TypedLocalObjectReference
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.names import subdomain_fault

__all__ = ["MACHINE", "MACHINE_SNAPSHOT", "name_rules", "reference_rules"]

MACHINE = {"VirtualMachine": "kubevirt.io"}
MACHINE_SNAPSHOT = {"VirtualMachineSnapshot": "snapshot.kubevirt.io"}


def reference_rules(
    found: Findings,
    field: str,
    reference: TypedLocalObjectReference,
    kinds: Mapping[str, str],
    *,
    named: bool = True,
) -> None:
    """A reference to an object of one of these kinds.

    kinds -- the kinds that it may name, each with its group; empty is Kubernetes' core group
    named -- whether it has to name one; a name that is given has to be one in any case
    """
    group = kinds.get(reference.kind)
    if not reference.kind:
        found.required(f"{field}.kind", f"say what it is: {listed(kinds)}.")
    elif group is None:
        found.not_supported(f"{field}.kind", f"{shown(reference.kind)} can't be one; it is {listed(kinds)}.")
    elif group and not reference.api_group:
        found.required(f"{field}.apiGroup", f"{reference.kind} is a kind of {group}: set it to that.")
    elif (reference.api_group or "") != group:
        what = f"set it to {group}" if group else "leave it out"
        found.invalid(f"{field}.apiGroup", f"{shown(reference.api_group)} isn't the group of {reference.kind}: {what}.")
    if reference.name:
        name_rules(found, f"{field}.name", reference.name)
    elif named:
        found.required(f"{field}.name", f"name the {reference.kind if group is not None else 'object'}.")


def name_rules(found: Findings, field: str, name: str | None) -> None:
    """An object's name that is given is one that there can be."""
    if name and (fault := subdomain_fault(name)):
        found.invalid(field, f"{shown(name)} {fault}.")
