"""What defaulting changed, as a JSON patch (RFC 6902) to the document that a user wrote.

The document and the typed object that was read from it are not the same: a newer client's field is in the one and not
in the other, a null or an empty list is in the one alone. So the patch is what differs between the typed object before
and after defaulting, applied to the document as it is: whatever defaulting didn't touch stays, known to us or not.
"""

from typing import Any

Operation = dict[str, Any]

# Where a place of the document doesn't exist. None would not do: a document has nulls.
_ABSENT: Any = object()


def changes(document: Any, before: Any, after: Any) -> list[Operation]:
    """Operations that make ``document`` say what ``after`` says, wherever that differs from ``before``.

    document -- as it was written, in JSON's types
    before   -- what was read from it, as a document again
    after    -- ``before`` with defaults

    Worked: from a disk without a bus to one with a bus it is one ``add`` of ``/spec/domain/devices/disks/0/disk/bus``.
    """
    found: list[Operation] = []
    _compare(document, before, after, "", found)
    return found


def _compare(
    document: Any, before: Any, after: Any, path: str, found: list[Operation], *, is_item: bool = False
) -> None:
    if isinstance(document, dict) and isinstance(before, dict) and isinstance(after, dict):
        _compare_objects(document, before, after, path, found)
    elif _are_lists_alike(document, before, after):
        for index, item in enumerate(after[: len(before)]):
            _compare(document[index], before[index], item, f"{path}/{index}", found, is_item=True)
        found += [{"op": "add", "path": f"{path}/-", "value": item} for item in after[len(before) :]]
    elif not _is_same(before, after):
        # In an object `add` sets the value whether or not one is there; in a list it would insert (RFC 6902, 4.1).
        found.append({"op": "replace" if is_item else "add", "path": path, "value": after})


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same in JSON, where true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return type(one) is type(other) and bool(one == other)


def _compare_objects(
    document: dict[str, Any], before: dict[str, Any], after: dict[str, Any], path: str, found: list[Operation]
) -> None:
    for key in before:
        if key not in after and key in document:
            found.append({"op": "remove", "path": f"{path}/{_escaped(key)}"})
    for key, value in after.items():
        _compare(document.get(key, _ABSENT), before.get(key, _ABSENT), value, f"{path}/{_escaped(key)}", found)


def _are_lists_alike(document: Any, before: Any, after: Any) -> bool:
    """Whether items can be told apart by their index: defaulting appends, and neither inserts nor removes."""
    return (
        isinstance(document, list)
        and isinstance(before, list)
        and isinstance(after, list)
        and len(document) == len(before) <= len(after)
    )


def _escaped(key: str) -> str:
    """A key as a part of a pointer (RFC 6901, 3)."""
    return key.replace("~", "~0").replace("/", "~1")
