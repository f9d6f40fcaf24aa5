"""What goes to the terminal, and what is kept from it.

Names, messages and logs come from manifests, images and guests, and a terminal obeys what it is sent: an escape
sequence in a guest's name could retitle the window, hide an error or type for the user. So all text from data passes
``printable``; control characters, bidirectional overrides and halves of surrogate pairs are shown as ``\\x1b``. Nothing
from data is ever read as rich's markup: text is handed over as ``Text``, or markup is off.

Programs get JSON (``-o json``), which is pure ASCII for the same reason; results are on standard output, everything
that is said to a person while they wait is on standard error.
"""

from __future__ import annotations

import contextlib
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from kvnode.errors import FieldError, InvalidManifest, KvnodeError

if TYPE_CHECKING:
    from rich.console import Console

_LONGEST = 2000
_MOST_ERRORS = 100
_PIPE_WIDTH = 240


def printable(text: str) -> str:
    """The text with everything that isn't a visible character or a blank written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shortened(text: str, longest: int = _LONGEST) -> str:
    """The text, cut in the middle where it is longer than a person will read."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} [... {len(text) - 2 * half} characters ...] {text[-half:]}"


def say(line: str) -> None:
    """One line to standard error; where nobody listens any more, to nobody."""
    with contextlib.suppress(OSError):
        print(printable(shortened(line)), file=sys.stderr, flush=True)


def warn(message: str) -> None:
    """A warning: something that the user should know and that stops nothing."""
    say(f"warning: {message}")


def report(error: KvnodeError) -> None:
    """An error as the contract has it: ``error: `` and its sentence, for a manifest one line for each fault."""
    if isinstance(error, InvalidManifest):
        for fault in error.errors[:_MOST_ERRORS]:
            say(f"error: {fault}")
        if len(error.errors) > _MOST_ERRORS:
            say(f"error: and {len(error.errors) - _MOST_ERRORS} more")
        return
    first, *others = str(error).splitlines() or [type(error).__name__]
    say(f"error: {first}")
    # Indented, so that no line of data can pass for one of ours.
    for line in others[:_MOST_ERRORS]:
        say(f"  {line}")


def in_guest(error: InvalidManifest, label: str) -> InvalidManifest:
    """The same faults, each saying what it is in: which guest of several, or which file beside the manifest."""
    return InvalidManifest(
        FieldError(fault.field, fault.reason, f"{fault.message} (in {label})") for fault in error.errors
    )


def write(text: str) -> None:
    """A result to standard output, as it is; ``text`` ends with a line's end."""
    sys.stdout.write(text)


def write_json(value: Any) -> None:
    """A result as JSON in ASCII: of our own structs, or of plain types."""
    indented = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    write(ascii_json(indented) + "\n")


def ascii_json(text: str) -> str:
    """JSON with everything beyond ASCII's visible characters written as ``\\u``; the same value."""
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(character if character < "\x7f" else _json_escape(character) for character in text)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def write_yaml(documents: list[Any]) -> None:
    """Results as YAML, one document each, that kubectl reads back as the same values."""
    import yaml

    write(yaml.dump_all(documents, Dumper=_dumper(), sort_keys=False, explicit_start=len(documents) > 1, width=110))


def write_xml(text: str) -> None:
    """XML byte for byte; on a terminal indented, and what a terminal would obey as character references."""
    if sys.stdout.isatty():
        import xml.etree.ElementTree as ET

        root = ET.fromstring(text)
        ET.indent(root)
        text = "".join(c if c.isprintable() or c == "\n" else f"&#x{ord(c):x};" for c in ET.tostring(root, "unicode"))
    write(text if text.endswith("\n") else text + "\n")


@lru_cache(maxsize=1)
def _dumper() -> Any:
    """A YAML writer that quotes whatever some YAML reader could take for something else than text."""
    import re

    import yaml

    # Words that stay words in YAML 1.1 and 1.2 and to readers that know more types; all others are quoted.
    safe = re.compile(
        r"(?!(?:y|n|yes|no|on|off|true|false|null)\Z)[A-Za-z_/][A-Za-z0-9_./+=-]*", re.ASCII | re.IGNORECASE
    )

    class Writer(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(writer: Any, value: str) -> Any:
        lines = "\n" in value and value.isascii() and all(line.isprintable() for line in value.split("\n"))
        style = None if safe.fullmatch(value) else "|" if lines else '"'
        return writer.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Writer.add_representer(str, text)
    return Writer


def console(stderr: bool = False) -> Console:
    """A rich console whose text is never markup."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    # Into a pipe or a file, lines are as long as they are: what reads them looks for lines, not for columns.
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=width)
