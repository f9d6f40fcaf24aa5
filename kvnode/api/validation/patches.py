"""Rules about JSON patches that are kept as text: one operation each, on a part of a machine that may be patched.

A clone and a restore change the manifest of the machine that they make. Names, uids and status are not theirs to
change; a patch of those would be refused hours later, when the snapshot is done and the machine is to be made.

Source: RFC 6902, and RFC 6901 for its pointers; which parts may be patched is KubeVirt's admission of restores.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kvnode.api.validation.finding import Findings, listed, shown

__all__ = ["json_fault", "patch_rules"]

_WITH_VALUE = ("add", "replace", "test")
_WITH_FROM = ("move", "copy")
_OPERATIONS = (*_WITH_VALUE, *_WITH_FROM, "remove")
_PARTS = ("/spec/", "/metadata/labels/", "/metadata/annotations/")


def json_fault(text: str) -> str | None:
    """The rest of a sentence about text that isn't JSON, and None for JSON."""
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        return f"isn't JSON: {error}"
    except (UnicodeError, RecursionError):
        return "isn't JSON that can be read"
    return None


def patch_rules(found: Findings, field: str, patches: tuple[str, ...]) -> None:
    """Each is one operation of RFC 6902, on the machine's spec, its labels or its annotations."""
    for index, text in enumerate(patches):
        inside = f"{field}[{index}]"
        if fault := json_fault(text):
            found.invalid(inside, f"{shown(text)} {fault}.")
            continue
        patch = msgspec.json.decode(text)
        if isinstance(patch, dict):
            _operation(found, inside, patch)
        else:
            found.invalid(inside, f"{shown(text)} is not one operation, an object with op and path.")


def _operation(found: Findings, field: str, patch: dict[str, Any]) -> None:
    name = patch.get("op")
    if name not in _OPERATIONS:
        found.invalid(field, f"its op is {shown(name)}; it is {listed(_OPERATIONS)}.")
        return
    if name in _WITH_VALUE and "value" not in patch:
        found.invalid(field, f"the operation {name} takes a value, and there is none.")
    for pointer in ("path", "from") if name in _WITH_FROM else ("path",):
        value = patch.get(pointer)
        if not isinstance(value, str) or not value.startswith("/"):
            found.invalid(field, f"its {pointer} is {shown(value)}; it is a pointer such as /spec/runStrategy.")
        elif not value.startswith(_PARTS) or value in _PARTS:
            found.invalid(field, f"its {pointer} {shown(value)} can't be patched: what can is below {listed(_PARTS)}.")
