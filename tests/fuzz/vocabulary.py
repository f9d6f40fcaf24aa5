"""Words that mean something to us, collected from the tree itself when they are wanted.

Field names come from the types, everything else (buses, policies, suffixes, annotations, feature gates) from the text
constants of the sources that read manifests. So the fuzzer knows a field that is added tomorrow.
"""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import msgspec

from kvnode.api.descriptions import field_descriptions
from tests.api_documents import api_types

TREE = Path(__file__).resolve().parents[2]
SOURCES = ("kvnode/api", "kvnode/planning", "kvnode/domain", "kvnode/quantity.py", "kvnode/facts")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9./:_%+-]{0,40}")
# What YAML's grammar is made of.
TOKENS = (
    "---\n",
    "...\n",
    "? ",
    ": ",
    "- ",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "!!binary ",
    "|\n  ",
    ">-\n  ",
    "%TAG ",
    "\ufeff",
)


@cache
def field_names() -> tuple[str, ...]:
    """The name on the wire of every field of every type."""
    return tuple(sorted({field.encode_name for kind in api_types() for field in msgspec.structs.fields(kind)}))


@cache
def choices() -> dict[str, tuple[str, ...]]:
    """What a text field may be, by the field's name: the words that its comment has in quotes."""
    found: dict[str, set[str]] = {}
    for kind in api_types():
        for name, said in field_descriptions(kind).items():
            found.setdefault(name, set()).update(filter(WORD.fullmatch, re.findall(r"`([^`]+)`", said)))
    return {name: tuple(sorted(words)) for name, words in found.items() if words}


@cache
def words() -> tuple[str, ...]:
    """The words that the sources hold a manifest's text against, or may."""
    found: set[str] = set()
    for source in SOURCES:
        at = TREE / source
        for path in sorted(at.rglob("*.py")) if at.is_dir() else [at]:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and WORD.fullmatch(node.value):
                    found.add(node.value)
    return tuple(sorted(found - set(field_names())))


def dictionary() -> str:
    """A dictionary as libFuzzer reads it: a quoted word a line."""
    return "".join(f"{_quoted(word)}\n" for word in (*map(json.dumps, field_names()), *words(), *TOKENS))


def _quoted(word: str) -> str:
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in word.encode()) + '"'
