"""A machine's template: the guest that it describes, and whether a guest that is there still is that one.

The guest is made from the template as it is written, and not from what this build understands of it. Whether template
and guest agree is three questions, from the cheapest to the last, and a yes to any of them will do:

- Is it the same generation? A guest notes the one that it was made from, and within it no spec changes. This is also
  how a guest that an earlier version made is known to be up to date.
- Is it the same text? The guest carries a hash of the template's spec as it was when it was made. Generations pass
  without the template changing (another run strategy), and what was changed may be changed back.
- Does it mean the same? A later version's admission may write more defaults into a template than the one before, and
  a user may write down what was a default all along. Template and guest are then read as a start would read them, with
  every default of today in place on both sides. Only here is it known which fields differ.

The first two don't depend on what is a default today, so neither an upgrade nor another configuration makes a
difference out of nothing. Nothing is remembered but what stands in the two objects. Labels and annotations of the
template aren't compared: they don't make another machine.
"""

import copy
import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from controllers.runtime.resources import owner_reference
from controllers.virt_controller.objects import (
    GENERATION,
    GROUP,
    GUESTS,
    MACHINES,
    TEMPLATE_HASH,
    VERSION,
    Guest,
    Machine,
)
from controllers.virt_controller.statements import Statement
from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.defaults import default
from kvnode.api.encode import to_dict
from kvnode.api.fault import child
from kvnode.api.identity import firmware_uuid
from kvnode.api.meta import ObjectMeta
from kvnode.errors import KvnodeError
from kvnode.manifest import load

_TEMPLATE_SPEC = "spec.template.spec"
_MOST_FIELDS = 5
_MISSING = object()


def guest_of(machine: Machine, paused: bool = False) -> dict[str, Any]:
    """The VirtualMachineInstance that a machine's template describes, in JSON's types."""
    meta, template = machine.metadata, machine.spec.template
    theirs = template.get("metadata")
    theirs = theirs if isinstance(theirs, dict) else {}
    spec = _guest_spec(machine)
    if paused:
        spec["startStrategy"] = "Paused"
    annotations = theirs.get("annotations")
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": GUESTS.kind,
        "metadata": {
            "name": meta.name,
            "namespace": meta.namespace,
            "labels": theirs.get("labels") or {},
            "annotations": {
                **(annotations if isinstance(annotations, dict) else {}),
                GENERATION: str(meta.generation or 0),
                TEMPLATE_HASH: template_hash(template["spec"]),
            },
            "ownerReferences": [owner_reference(MACHINES, machine)],
        },
        "spec": spec,
    }


def template_hash(spec: dict[str, Any]) -> str:
    """The same for the same spec, in whatever order its keys come."""
    return hashlib.sha256(msgspec.json.encode(spec, order="deterministic")).hexdigest()


def made_from(guest: Guest) -> int | None:
    """The generation of its machine that a guest was made from."""
    text = (guest.metadata.annotations or {}).get(GENERATION, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def changed_fields(machine: Machine, guest: Guest, configuration: KubeVirtConfiguration) -> list[str] | None:
    """The fields of a machine's template that its guest was not made from, or None where the two agree.

    An empty list says that they differ, and that it can't be told where: one of them can't be read by this version.
    """
    if made_from(guest) is not None and made_from(guest) == machine.metadata.generation:
        return None
    if (guest.metadata.annotations or {}).get(TEMPLATE_HASH) == template_hash(machine.spec.template["spec"]):
        return None
    there, would_be = (_with_defaults(spec, guest, configuration) for spec in (guest.spec, _guest_spec(machine)))
    if there is None or would_be is None:
        return []
    return list(_differences(there, would_be, _TEMPLATE_SPEC)) or None


def restart_required(machine: Machine, fields: list[str]) -> Statement:
    """The condition of a machine whose running guest was made from another template."""
    shown = ", ".join(fields[:_MOST_FIELDS])
    more = len(fields) - _MOST_FIELDS
    where = f": {shown}" + (f" and {more} more" if more > 0 else "") if fields else ""
    message = (
        f"a non-live-updatable field was changed in the template spec{where}; the guest runs on as it was started: "
        f"restart {machine.metadata.name} to have the change, or take it back"
    )
    return Statement("RestartRequired", True, "TemplateChanged", message)


def _guest_spec(machine: Machine) -> dict[str, Any]:
    """The template's spec, a copy of it.

    Where it names no firmware UUID the guest's is drawn from the machine's namespace and name, so that it is the same
    machine to its software after each start.
    """
    spec: dict[str, Any] = copy.deepcopy(machine.spec.template["spec"])
    domain = spec.setdefault("domain", {})
    firmware = domain.setdefault("firmware", {}) if isinstance(domain, dict) else None
    if isinstance(firmware, dict) and not firmware.get("uuid"):
        firmware["uuid"] = firmware_uuid(ObjectMeta(name=machine.metadata.name, namespace=machine.metadata.namespace))
    return spec


def _with_defaults(spec: dict[str, Any], guest: Guest, configuration: KubeVirtConfiguration) -> dict[str, Any] | None:
    """The spec as a start would read it, or None where it can't be read."""
    # Both sides get one identity, so that what derives from it is no difference.
    meta = {"name": guest.metadata.name, "namespace": guest.metadata.namespace, "uid": guest.metadata.uid}
    document = {"apiVersion": f"{GROUP}/{VERSION}", "kind": GUESTS.kind, "metadata": meta, "spec": spec}
    try:
        read: dict[str, Any] = to_dict(default(load(document), configuration))["spec"]
    except KvnodeError:
        return None
    return read


def _differences(old: Any, new: Any, path: str) -> Iterator[str]:
    """The outermost fields that differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _differences(old.get(key, _MISSING), new.get(key, _MISSING), child(path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif old != new:
        yield path
