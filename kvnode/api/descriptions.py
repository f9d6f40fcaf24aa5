"""What types and fields of the API mean, taken from the sources: docstrings of types, comments of fields.

A custom resource's schema has a description for every field. Here they stand where people read them, beside the
field, and cost a running program nothing; whoever generates a schema has the sources at hand and reads them from
there.
"""

import inspect
import io
import tokenize

from msgspec.structs import fields

from kvnode.api.base import Model


def field_descriptions(kind: type[Model]) -> dict[str, str]:
    """What each field of a type means, by its wire name.

    Comments of the lines right above a field belong to it, and so does the one at its end. Raises OSError where there
    are no sources.
    """
    comments = _comments_by_attribute(inspect.getsource(kind))
    return {field.encode_name: comments[field.name] for field in fields(kind) if comments.get(field.name)}


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
