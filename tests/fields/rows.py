"""From what was measured of a field to its row: one or two words for the effect, and a sentence where one helps.

The words are a user's: `guest` is what the guest sees, `Pod` what the cluster sees of it, `plan` what only kvnode's own
parts go by. A sentence that a measurement gives (who refuses, who is told) is made here; what only a person can say
stands in `REMARKS`, and none of it says what a field's effect is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tests.fields.effects import Effect
from tests.fields.outcome import GUEST_PARTS
from tests.fields.paths import Field
from tests.fields.remarks import REMARKS

NONE_YET = "none yet"
ADMISSION = "admission"
_FEW = 16
SILENT = "taken without a word"
_OTHER_PARTS = ("Pod", "plan", "life", "admission")
_UNSEEN = ("plan", "admission")


class Row(msgspec.Struct, frozen=True):
    """A field's line in the table."""

    path: str
    effect: str
    remarks: tuple[str, ...] = ()

    def line_with(self, inner: list[str]) -> str:
        """The line, which holds for fields within this one as well."""
        path = f"`{self.path}`"
        if inner:
            few = len(inner) <= _FEW
            path += f" with {', '.join(f'`{one}`' for one in inner)}" if few else f" with the {len(inner)} fields in it"
        said = "; ".join(self.remarks)
        return f"| {path} | {self.effect} | {said[:1].upper() + said[1:]} |"


def rows(fields: Iterable[Field], measured: Mapping[str, Effect], kind: str) -> list[Row]:
    """A row for each field, in the order of the types."""
    fields = list(fields)
    return [_row(field, with_inner(field, measured), kind) for field in fields]


def with_inner(field: Field, measured: Mapping[str, Effect]) -> Effect:
    """What was measured of a field, and for one that has fields of its own what those change."""
    own = measured[field.path]
    inner = [effect for path, effect in measured.items() if path.startswith((f"{field.path}.", f"{field.path}["))]
    changes, planned = (set().union(*(getattr(one, name) for one in (own, *inner))) for name in ("changes", "planned"))
    return msgspec.structs.replace(own, changes=changes, planned=planned)


def _row(field: Field, effect: Effect, kind: str) -> Row:
    remarks = REMARKS[kind]
    said = [*_measured_remarks(effect, kind), *([remarks[field.path]] if field.path in remarks else [])]
    return Row(field.path, _word(effect), tuple(said))


def _word(effect: Effect) -> str:
    inside = [part for part in GUEST_PARTS if part in effect.changes]
    words = [f"guest ({', '.join(inside)})"] if inside else []
    # A plan has all that a guest has, and admission fills it in: of them is said what can't be seen elsewhere.
    words += [part for part in _OTHER_PARTS if part in effect.changes and not (part in _UNSEEN and inside)]
    if words:
        return ", ".join(words)
    return ADMISSION if effect.checked and not effect.refused and not effect.told.get("cluster") else NONE_YET


def _measured_remarks(effect: Effect, kind: str) -> Iterable[str]:
    if effect.refused and not effect.changes:
        few = [value for value in effect.taken if not isinstance(value, dict | list)]
        yield f"refused, but for {_quoted(few)}" if few else "refused"
        if effect.planned - {"life"}:
            yield "`kvnode render` has it" if "domain" in effect.planned else "`kvnode plan` has it"
    elif effect.refused and not any(isinstance(value, dict | list) for value in effect.refused):
        yield f"refused: {_quoted(effect.refused)}"
    elif not effect.taken and not effect.refused and effect.checked and not effect.changes and not effect.planned:
        yield "no value is right"
    for mode, where in (("cluster", "on a cluster"), ("standalone", "by `kvnode run`")):
        if values := effect.refused_by.get(mode, []):
            few = [one for one in effect.taken if one not in values and not isinstance(one, dict | list)]
            yield f"refused {where}, but for {_quoted(few)}" if few else f"refused {where}"
    if effect.told.get("cluster") and not effect.changes:
        yield "told"
    elif effect.told.get("standalone"):
        yield "not by `kvnode run`, which says so"
    elif kind != "KubeVirt" and effect.changes == {"Pod"}:
        yield "not by `kvnode run`"
    elif is_silent(effect):
        yield SILENT


def is_silent(effect: Effect) -> bool:
    """Whether a field does nothing, and nobody says anything of it."""
    return not (effect.changes or effect.planned or effect.refused or effect.checked or effect.told)


def _quoted(values: list[Any]) -> str:
    return ", ".join(f"`{value if isinstance(value, str) else json.dumps(value)}`" for value in values)
