"""One document by each way of writing XML from Python, from the same description of it.

The description is what stands in the document: elements with a tag, attributes, a text and children, as plain values.
It is read from our own output, so a rival never has less to write than we, and `means_the_same` holds what a rival
writes against ours. Ours starts from the plan, whose numbers it formats and whose choices it follows; a rival gets
finished strings.

Two rivals get more than a description: pieces, which are the document cut into text that is always the same for such
a guest and values to escape. The C writer copies them; that is the practical floor. As an f-string they are the best
that Python's own formatting can do: one expression made for this very guest, without a loop or a choice.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from lxml import etree

from benchmarks.floor import floor

C = "C, of pieces"
FSTRING = "one f-string"
_REPLACED = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"))


class Element(NamedTuple):
    """An element of the description."""

    tag: str
    attributes: dict[str, str]
    text: str | None
    children: tuple[Element, ...]


def description(xml: bytes | str) -> Element:
    """What stands in a document."""
    return _described(ET.fromstring(xml))


def _described(node: ET.Element) -> Element:
    return Element(node.tag, dict(node.attrib), node.text or None, tuple(map(_described, node)))


def means_the_same(one: bytes | str, other: bytes | str) -> bool:
    """Whether two documents are one and the same in canonical XML; white space counts."""
    return ET.canonicalize(_text(one)) == ET.canonicalize(_text(other))


def _text(xml: bytes | str) -> str:
    return xml.decode() if isinstance(xml, bytes) else xml


def pieces(root: Element) -> tuple[bytes | str, ...]:
    """The document as literals (bytes) and values to escape (str), never two literals in a row."""
    made: list[bytes | str] = []
    _cut(root, made)
    merged: list[bytes | str] = []
    for piece in made:
        if merged and isinstance(piece, bytes) and isinstance(merged[-1], bytes):
            merged[-1] += piece
        else:
            merged.append(piece)
    return tuple(merged)


def _cut(element: Element, made: list[bytes | str]) -> None:
    made.append(f"<{element.tag}".encode())
    for name, value in element.attributes.items():
        made += (f' {name}="'.encode(), value, b'"')
    if element.text is None and not element.children:
        made.append(b"/>")
        return
    made.append(b">")
    if element.text is not None:
        made.append(element.text)
    for child in element.children:
        _cut(child, made)
    made.append(f"</{element.tag}>".encode())


def escaped(value: str) -> str:
    """A value as it may stand in XML; most have nothing to escape."""
    if "&" in value or "<" in value or ">" in value or '"' in value:
        for character, replacement in _REPLACED:
            value = value.replace(character, replacement)
    return value


def fstring(parts: tuple[bytes | str, ...]) -> Callable[[], bytes]:
    """One f-string for these very pieces, with their values in a tuple."""
    values = tuple(part for part in parts if isinstance(part, str))
    places = iter(range(len(values)))
    body = "".join(
        f"{{escaped(values[{next(places)}])}}" if isinstance(part, str) else part.decode().replace("{", "{{")
        for part in parts
    )
    names: dict[str, Any] = {"escaped": escaped}
    exec(f"def write(values):\n    return f'''{body}'''.encode()", names)
    return partial(names["write"], values)


def by_fstrings(element: Element) -> bytes:
    """An f-string for each element."""
    return _element(element).encode()


def _element(element: Element) -> str:
    tag, attributes, text, children = element
    head = "".join([f' {name}="{escaped(value)}"' for name, value in attributes.items()])
    if children:
        return f"<{tag}{head}>{escaped(text) if text else ''}{''.join(map(_element, children))}</{tag}>"
    return f"<{tag}{head}>{escaped(text)}</{tag}>" if text else f"<{tag}{head}/>"


def by_elementtree(element: Element) -> bytes:
    """The standard library's tree, built and written."""
    root = ET.Element(element.tag, element.attributes)
    root.text = element.text
    _grow(ET.SubElement, root, element.children)
    written: bytes = ET.tostring(root)
    return written


def by_lxml(element: Element) -> bytes:
    """lxml's tree, built and written."""
    root = etree.Element(element.tag, element.attributes)
    root.text = element.text
    _grow(etree.SubElement, root, element.children)
    written: bytes = etree.tostring(root)
    return written


def _grow(sub_element: Callable[..., Any], parent: Any, children: tuple[Element, ...]) -> None:
    for tag, attributes, text, below in children:
        node = sub_element(parent, tag, attributes)
        if text is not None:
            node.text = text
        if below:
            _grow(sub_element, node, below)


def rivals(xml: bytes) -> dict[str, Callable[[], bytes]]:
    """Each rival's call that writes the document which ``xml`` is."""
    root = description(xml)
    cut = pieces(root)
    return {
        C: partial(floor().write, cut),
        FSTRING: fstring(cut),
        "f-strings by element": partial(by_fstrings, root),
        "lxml": partial(by_lxml, root),
        "ElementTree": partial(by_elementtree, root),
    }
