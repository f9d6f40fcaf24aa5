"""What the API has, as a list that says so by itself: tests/api_fields.txt, read.

A line is `Type.field`, what it holds, and `required` where the API asks for it; `[X]` is a list, `{X}` a map of text to
X.
"""

from functools import cache
from pathlib import Path

FACTS = Path(__file__).resolve().parent / "api_fields.txt"


@cache
def facts() -> dict[str, dict[str, tuple[str, bool]]]:
    """By type, by field: what it holds, and whether it is required."""
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for line in FACTS.read_text().splitlines():
        if line.startswith("#") or not line:
            continue
        path, *rest = line.split(" ")
        name, _, field = path.partition(".")
        fields = found.setdefault(name, {})
        if field:
            assert field not in fields, line
            assert rest[1:] in ([], ["required"]), line
            fields[field] = rest[0], rest[1:] == ["required"]
    return found
