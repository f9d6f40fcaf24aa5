"""From the words of a command line to guests, facts and configuration.

FILE is a manifest with any number of documents, ``-`` is standard input. Each VirtualMachineInstance in it is a guest,
and so is each VirtualMachine, by its template; documents of other kinds are what guests refer to (Secrets), or are
passed over. ``prepared`` takes a guest through everything that comes before planning.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

import click
import msgspec

import kvnode
from kvnode.api.fault import below
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.kinds import known_kind
from kvnode.api.meta import ObjectMeta
from kvnode.api.virtual_machine import VirtualMachine
from kvnode.cli.terminal import in_guest, warn
from kvnode.errors import VALUE_REQUIRED, FieldError, InvalidManifest, NotFound, UsageError
from kvnode.facts import HostFacts
from kvnode.manifest import file_content

Where = Literal["standalone", "cluster"]

_MOST_BYTES = 128 << 20
_TEMPLATE = "spec.template"
_TAKEN = f"{__name__}.standard-input"

file_argument = click.argument("file", metavar="FILE")
config_option = click.option("--config", metavar="KUBEVIRT.yaml", help="The KubeVirt resource whose settings count.")
facts_option = click.option(
    "--facts", metavar="HOST.json", help="Facts of the node to plan for, as `kvnode doctor --facts` prints them."
)


class Guest(msgspec.Struct, frozen=True):
    """One guest of a file.

    label    -- its kind, namespace and name: ``VirtualMachineInstance/default/web``
    vmi      -- as the file has it, nothing defaulted
    objects  -- every object of the file; references of the guest resolve there
    machine  -- the VirtualMachine whose template it is, None for an instance that stands alone
    """

    label: str
    vmi: VirtualMachineInstance
    objects: tuple[Any, ...]
    machine: VirtualMachine | None = None

    def located(self, errors: list[FieldError]) -> list[FieldError]:
        """Errors of the instance by their paths in the file: a VirtualMachine has the spec in its template."""
        if self.machine is None:
            return errors
        return [
            below(_TEMPLATE, error)
            if error.field.startswith(("spec.", "metadata.labels", "metadata.annotations"))
            else error
            for error in errors
        ]


def read_bytes(file: str) -> bytes:
    """A file's content, or standard input's for ``-``. Raises NotFound that says why it can't be read."""
    try:
        if file == "-":
            _claim_standard_input()
            return sys.stdin.buffer.read(_MOST_BYTES)
        return file_content(Path(file))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NotFound(f"{file!r} can't be read: {why}") from None


def _claim_standard_input() -> None:
    """It can be read once: for the manifest, or for the facts, or for the configuration."""
    context = click.get_current_context(silent=True)
    if context is None:
        return
    if context.meta.setdefault(_TAKEN, False):
        raise UsageError("- is standard input, which can be read once: give the other one as a file")
    context.meta[_TAKEN] = True


def read_guests(file: str) -> list[Guest]:
    """The guests of a file, in its order. Raises InvalidManifest, also where there is none."""
    objects = tuple(kvnode.load_all(read_bytes(file)))
    guests = [guest_of(item, objects) for item in objects if is_guest(item)]
    if not guests:
        raise InvalidManifest([no_guest(file, objects)])
    return guests


def read_judged(file: str) -> list[Any]:
    """The guests of a file, and its objects of KubeVirt's other kinds, in its order. Raises as `read_guests` does.

    A VirtualMachine of an instance type or a preference comes as itself: what its guest will be isn't in the file.
    """
    objects = tuple(kvnode.load_all(read_bytes(file)))
    found = [
        guest_of(item, objects) if is_guest(item) and not _is_completed(item) else item
        for item in objects
        if is_judged(item)
    ]
    if not found:
        raise InvalidManifest([no_guest(file, objects)])
    return found


def is_guest(item: object) -> bool:
    """Whether an object of a file stands for a guest."""
    return isinstance(item, VirtualMachineInstance | VirtualMachine)


def _is_completed(item: VirtualMachineInstance | VirtualMachine) -> bool:
    return isinstance(item, VirtualMachine) and (item.spec.instancetype or item.spec.preference) is not None


def is_judged(item: Any) -> bool:
    """Whether validation has something to say of an object of a file: of a guest, and of KubeVirt's other kinds."""
    kind = known_kind(item.api_version, item.kind)
    return kind is not None and kind.ours and isinstance(item.metadata, ObjectMeta)


def no_guest(file: str, objects: tuple[Any, ...]) -> FieldError:
    """The fault of a file that has none."""
    kinds = ", ".join(sorted({str(getattr(item, "kind", "?")) for item in objects})) or "nothing"
    message = f"there is no guest in {file!r}, which has {kinds}: a VirtualMachineInstance or VirtualMachine is needed"
    return FieldError("kind", VALUE_REQUIRED, message)


def guest_of(item: VirtualMachineInstance | VirtualMachine, objects: tuple[Any, ...]) -> Guest:
    """The guest that an object stands for. Raises InvalidManifest for a VirtualMachine that no guest can be made of."""
    from kvnode.manifest import instance_of

    machine = item if isinstance(item, VirtualMachine) else None
    return Guest(label_of(item), instance_of(item), objects, machine)


def machine_faults(item: object, config: Any, where: Where | None) -> list[FieldError]:
    """What is wrong with a VirtualMachine beside its guest, by its own paths; with ``where`` also what can't run there.

    An object of another kind has no such faults.
    """
    from kvnode.api.unsupported_machine import unsupported_machine
    from kvnode.api.validation.virtual_machine import validate_machine

    if not isinstance(item, VirtualMachine):
        return []
    return [*validate_machine(item, config), *(unsupported_machine(item, where) if where is not None else ())]


def label_of(item: Any) -> str:
    """Kind, namespace and name of an object; of one whose kind is in no namespace kind and name."""
    meta = item.metadata
    return label(item.api_version, item.kind, meta.namespace or "default", meta.name or meta.generate_name or "")


def label(api_version: str, kind: str, namespace: str, name: str) -> str:
    """What an object is called where there are several."""
    known = known_kind(api_version, kind)
    return f"{kind}/{namespace}/{name}" if known is None or known.namespaced else f"{kind}/{name}"


def read_host(facts: str | None) -> HostFacts:
    """Facts from a file, or this node's own; the generic node where there is no Linux to ask."""
    if facts is not None:
        try:
            return HostFacts.from_json(read_bytes(facts))
        except InvalidManifest as error:
            raise in_guest(error, repr(facts)) from None
    if not sys.platform.startswith("linux"):
        return HostFacts()
    from kvnode.host.probe import probe_host

    return probe_host()


def read_config(file: str | None) -> Any:
    """``spec.configuration`` of the KubeVirt resource in a file; None without a file.

    Says on standard error what of it isn't followed.
    """
    if file is None:
        return None
    from kvnode.api.unsupported_installation import installation_without_effect

    try:
        objects = kvnode.load_all(read_bytes(file))
    except InvalidManifest as error:
        raise in_guest(error, repr(file)) from None
    for item in objects:
        if getattr(item, "kind", None) == "KubeVirt":
            plain: dict[str, Any] = kvnode.to_dict(item)
            configuration = plain.get("spec", {}).get("configuration") or None
            for note in installation_without_effect({"configuration": configuration}):
                warn(f"{note.field} in {file!r}: {note.message}")
            return configuration
    message = f"there is no KubeVirt resource in {file!r}, whose spec.configuration is asked for"
    raise InvalidManifest([FieldError("kind", VALUE_REQUIRED, message)])


def prepared(guest: Guest, config: Any, *, alone: bool = True) -> VirtualMachineInstance:
    """The guest with references resolved and defaults filled in, valid. Says on standard error what can't run yet.

    alone  -- the only guest of its file; otherwise errors say which guest they are of
    """
    from kvnode.planning.references import resolve_references

    own: list[FieldError] = []
    try:
        own = machine_faults(guest.machine, config, None)
        vmi = kvnode.default(guest.vmi, config)
        errors = kvnode.validate(vmi, config)
        if own or errors:
            raise InvalidManifest(errors)
        resolved = resolve_references(vmi, guest.objects)
    except InvalidManifest as error:
        located = InvalidManifest([*own, *guest.located(error.errors)])
        raise (located if alone else in_guest(located, guest.label)) from None
    for fault in (*_unsupported_of(guest.machine), *guest.located(kvnode.unsupported(vmi, "standalone"))):
        warn(f"{fault} (this can be planned, and not be run)")
    return resolved


def _unsupported_of(machine: VirtualMachine | None) -> list[FieldError]:
    from kvnode.api.unsupported_machine import unsupported_machine

    return unsupported_machine(machine, "standalone") if machine is not None else []
