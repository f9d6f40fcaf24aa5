"""What types and fields of the API mean, taken from the sources: docstrings of types, comments of fields.

A custom resource's schema has a description for every field. Here they stand where people read them, beside the
field, and cost a running program nothing; whoever generates a schema has the sources at hand and reads them from
there.
"""

import ast
import inspect
import io
import sys
import tokenize
from collections.abc import Mapping
from functools import cache

from msgspec.structs import fields

from kvnode.api.base import Model


@cache
def field_descriptions(kind: type[Model]) -> Mapping[str, str]:
    """What each field of a type means, by its wire name.

    Comments of the lines right above a field belong to it, and so does the one at its end. Raises OSError where there
    are no sources.
    """
    comments = _comments_by_attribute(_classes(kind.__module__)[kind.__qualname__])
    return {field.encode_name: comments[field.name] for field in fields(kind) if comments.get(field.name)}


def type_description(kind: type[Model]) -> str:
    """What a type is, in one paragraph without line breaks."""
    paragraph, _, _ = inspect.cleandoc(kind.__doc__ or "").partition("\n\n")
    return " ".join(paragraph.split())


# All classes at once: Python finds each by going through the whole module.
@cache
def _classes(module: str) -> dict[str, str]:
    """The source of each class at a module's top level."""
    source = inspect.getsource(sys.modules[module])
    lines = source.splitlines(keepends=True)
    classes = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    return {node.name: "".join(lines[node.lineno - 1 : node.end_lineno]) for node in classes}


def _comments_by_attribute(source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    pending: list[str] = []
    attribute, at_line_start = "", True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            pending.append(token.string.lstrip("# "))
        elif token.type == tokenize.NEWLINE:
            if attribute:
                found[attribute] = " ".join(pending)
            attribute, pending, at_line_start = "", [], True
        elif token.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
            if at_line_start and token.type == tokenize.NAME and token.string != "class":
                attribute = token.string
            at_line_start = False
    return found
