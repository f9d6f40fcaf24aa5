"""The table of every field, measured anew, and the pages of docs/ that it stands in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from kvnode.api.crd import CUSTOM_KINDS
from kvnode.api.data_volumes import DataVolumeTemplateSpec
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.kubevirt import KubeVirtSpec
from kvnode.api.meta import ManagedFieldsEntry, OwnerReference
from kvnode.api.scheduling import Affinity
from kvnode.api.virtual_machine import VirtualMachineSpec
from tests.fields.effects import Case, Effect, measured
from tests.fields.guests import CONFIG, GUESTS, UID
from tests.fields.installations import INSTALLATIONS, installation_document, of_installation, told_of_installation
from tests.fields.machines import MACHINES, machine_document, of_machine, told_of_machine
from tests.fields.outcome import Outcome, Told, of_guest, told_of_guest
from tests.fields.paths import Field, Steps, fields_below, plain
from tests.fields.rows import NONE_YET, Row, rows
from tests.manifests import GONE, manifest

DOCS = Path(__file__).resolve().parents[2] / "docs"
HERE = Path(__file__).parent
_KUSTOMIZATION = DOCS.parent / "deploy/kustomization.yaml"
_WRITTEN = "<!-- Written by `pytest tests/golden --regenerate`: what is changed here by hand is overwritten. -->"


@cache
def guest_fields() -> tuple[Field, ...]:
    """Every field of a VirtualMachineInstance's spec."""
    return tuple(fields_below(VirtualMachineInstanceSpec, "spec"))


@cache
def guest_effects() -> dict[str, Effect]:
    """What each of them does."""
    cases = [_guest_case(name, changes) for name, changes in GUESTS.items()]
    return measured(VirtualMachineInstanceSpec, guest_fields(), cases)


def guest_document(changes: dict[str, Any]) -> dict[str, Any]:
    """One of the guests, as a document."""
    document = manifest(changes)
    document["metadata"]["uid"] = UID
    return document


def _guest_case(name: str, changes: dict[str, Any]) -> Case:
    set_here = [_steps(path) for path, value in changes.items() if value is not GONE]
    return Case(name, guest_document(changes), tuple(set_here) or (("spec",),), judged, _told)


@cache
def machine_fields() -> tuple[Field, ...]:
    """Every field of a VirtualMachine's spec but those of the guest in its template, which are the guest's."""
    # What CDI and Kubernetes keep in a template is theirs, and one thing each.
    found = fields_below(VirtualMachineSpec, "spec", (DataVolumeTemplateSpec, OwnerReference, ManagedFieldsEntry))
    return tuple(field for field in found if not field.path.startswith("spec.template.spec."))


@cache
def machine_effects() -> dict[str, Effect]:
    """What each of them does."""
    cases = []
    for name, changes in MACHINES.items():
        cases.append(Case(name, machine_document(changes), _keys(changes), of_machine, told_of_machine))
    found = measured(VirtualMachineSpec, machine_fields(), cases)
    guest = found["spec.template.spec"]
    guest.changes.update(*(effect.changes for effect in guest_effects().values()))
    return found


@cache
def installation_fields() -> tuple[Field, ...]:
    """Every field of a KubeVirt resource's spec."""
    return tuple(fields_below(KubeVirtSpec, "spec", (Affinity,)))


@cache
def installation_effects() -> dict[str, Effect]:
    """What each of them does."""
    cases = [
        Case(name, installation_document(spec), (("spec",),), of_installation, told_of_installation, in_bulk=True)
        for name, spec in INSTALLATIONS.items()
    ]
    return measured(KubeVirtSpec, installation_fields(), cases)


def _keys(changes: dict[str, Any]) -> tuple[Steps, ...]:
    return tuple(("spec", key) for key, value in changes.items() if value is not None)


def _steps(path: str) -> Steps:
    return tuple(int(step) if step.isdecimal() else step for step in path.split("."))


def judged(document: dict[str, Any]) -> Outcome:
    """What becomes of a VirtualMachineInstance, where all gates are open."""
    return _judged_text(json.dumps(document))


def _told(document: dict[str, Any]) -> Told:
    return told_of_guest(document, CONFIG)


# The same change is tried in many guests that differ in nothing else.
@cache
def _judged_text(document: str) -> Outcome:
    return of_guest(json.loads(document), CONFIG)


EFFECTS: Mapping[str, Any] = {
    "VirtualMachineInstance": (guest_fields, guest_effects),
    "VirtualMachine": (machine_fields, machine_effects),
    "KubeVirt": (installation_fields, installation_effects),
}
"""By kind, what gives its fields, and what they do."""

_PARTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "machine": ("VirtualMachineInstance", "The machine: `spec.domain` but its devices", ("spec.domain",)),
    "devices": ("VirtualMachineInstance", "Devices: `spec.domain.devices`", ("spec.domain.devices",)),
    "volumes": ("VirtualMachineInstance", "Volumes and networks", ("spec.volumes", "spec.networks")),
    "pod": ("VirtualMachineInstance", "The guest's place, names, keys and probes", ("spec",)),
    "virtual-machine": ("VirtualMachine", "VirtualMachine", ("spec",)),
    "kubevirt": ("KubeVirt", "KubeVirt: the installation and its configuration", ("spec",)),
}
"""By page: the kind, the title, and where its fields begin; a field is on the page that begins nearest to it."""


def pages() -> dict[Path, str]:
    """Every page of the table, by its file."""
    found = {DOCS / f"fields/{name}.md": _page(name) for name in _PARTS}
    found[DOCS / "fields.md"] = _front()
    return found


@cache
def _rows_of(kind: str) -> tuple[Row, ...]:
    fields, effects = EFFECTS[kind]
    return tuple(rows(fields(), effects(), kind))


def _on_page(name: str) -> list[Row]:
    kind = _PARTS[name][0]
    return [row for row in _rows_of(kind) if _page_of(kind, row.path) == name]


def _page_of(kind: str, path: str) -> str:
    begins = {
        begin: name
        for name, (whose, _, where) in _PARTS.items()
        if whose == kind
        for begin in where
        if path == begin or path.startswith((f"{begin}.", f"{begin}["))
    }
    return begins[max(begins, key=len)]


def _page(name: str) -> str:
    kind, title, _ = _PARTS[name]
    text = (HERE / f"texts/{name}.md").read_text()
    table = _table(_on_page(name), folds=kind != "VirtualMachineInstance")
    return f"{_WRITTEN}\n# {title}\n{text}\n{table}"


def _table(found: Iterable[Row], folds: bool) -> str:
    lines = ["| field | effect | |", "|---|---|---|"]
    for row, inner in _folded(found, folds):
        lines.append(row.line_with(inner))
    return "\n".join(lines) + "\n"


def _folded(found: Iterable[Row], folds: bool) -> list[tuple[Row, list[str]]]:
    """Rows with the paths of those below them that say the same: nothing is yet done with all of it."""
    made: list[tuple[Row, list[str]]] = []
    for row in found:
        above = made[-1] if made else None
        if folds and above is not None and _says_the_same(above[0], row):
            above[1].append(row.path.removeprefix(above[0].path).removeprefix("[]").removeprefix("."))
        else:
            made.append((row, []))
    return made


def _says_the_same(above: Row, row: Row) -> bool:
    is_below = row.path.startswith((f"{above.path}.", f"{above.path}["))
    return is_below and row.effect == NONE_YET and (row.effect, row.remarks) == (above.effect, above.remarks)


def _front() -> str:
    text = (HERE / "texts/front.md").read_text()
    counts = ["| page | fields | guest, Pod, plan or life | admission | none yet |", "|---|---|---|---|---|"]
    for name, (_, title, _) in _PARTS.items():
        words = Counter(_kind_of(row.effect) for row in _on_page(name))
        numbers = " | ".join(str(words[one]) for one in ("acts", "admission", NONE_YET))
        counts.append(f"| [{title}](fields/{name}.md) | {words.total()} | {numbers} |")
    return f"{_WRITTEN}\n{text.format(counts=chr(10).join(counts), kinds=_other_kinds())}"


def _kind_of(effect: str) -> str:
    return effect if effect in ("admission", NONE_YET) else "acts"


def _other_kinds() -> str:
    """Kinds that no daemon acts upon: those whose definitions aren't installed."""
    installed = set(yaml.safe_load(_KUSTOMIZATION.read_text())["resources"])
    lines = ["| kind | group | fields of its spec |", "|---|---|---|"]
    for custom in CUSTOM_KINDS:
        if f"crds/{custom.plural}.yaml" not in installed:
            lines.append(f"| {custom.kind.name} | {custom.kind.group} | {_number_of_fields(custom.kind.type())} |")
    return "\n".join(lines)


def _number_of_fields(kind: type[msgspec.Struct]) -> str:
    inner = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}.get("spec")
    return str(len(list(fields_below(plain(inner), "spec")))) if inner is not None else "none"
