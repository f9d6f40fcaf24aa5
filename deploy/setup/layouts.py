"""Writes kvnode/_fast/layout_*.pxd: where the fields of our Structs lie, for the compiled code that reads them.

A Struct keeps its fields one after the other, those of its bases first and its own in the order of their names. A
field that holds a Struct or a tuple is read through a property, which makes sure that it does: so code may go from one
to the next as it does in Python, and what isn't what its annotation says is a TypeError. Other fields are objects.

Compiled code asks nobody whether a field is there, so only frozen Structs are laid out, of which none can be deleted.
``kvnode/_fast/layouts.pyx``, which is written here too, compares all of it with the types when it is imported.

Run with the environment's Python when a type that compiled code reads has changed, and build again; ``--check`` only
says what would be written.
"""

import importlib.abc
import importlib.util
import sys
import textwrap
import types
import typing
from importlib.machinery import ModuleSpec
from pathlib import Path

import msgspec

TREE = Path(__file__).resolve().parents[2]
FAST = TREE / "kvnode/_fast"

MODULES = (
    "kvnode.api.cpu_memory",
    "kvnode.api.devices",
    "kvnode.api.disks",
    "kvnode.api.features",
    "kvnode.api.firmware",
    "kvnode.api.instance",
    "kvnode.api.meta",
    "kvnode.api.network",
    "kvnode.api.status",
    "kvnode.api.volumes",
    "kvnode.facts.host",
    "kvnode.planning.device_plans",
    "kvnode.planning.disk_files",
    "kvnode.planning.domain_plan",
    "kvnode.planning.intermediate",
    "kvnode.planning.ipv4_address",
    "kvnode.planning.network_plans",
)


class FromSources(importlib.abc.MetaPathFinder):
    """Has planning imported from its sources: what is compiled of it may be older, and has no annotations.

    Nothing that was compiled reads a Struct then, so nobody asks where its fields lay when it was.
    """

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name == "kvnode._fast.layouts":
            return ModuleSpec(name, Unasked())
        source = TREE / f"{name.replace('.', '/')}.py"
        if name.startswith("kvnode.planning.") and source.exists():
            return importlib.util.spec_from_file_location(name, source)
        return None


class Unasked(importlib.abc.Loader):
    """Makes an empty module."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Do nothing."""


def from_sources() -> None:
    """Import kvnode from this tree."""
    sys.path.insert(0, str(TREE))
    sys.meta_path.insert(0, FromSources())


def structs(module: str) -> list[type[msgspec.Struct]]:
    """The Structs that a module defines, in the order of their definition."""
    return [
        value
        for value in vars(importlib.import_module(module)).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module
        if is_laid_out(value)
    ]


def short_name(module: str) -> str:
    """``planning_domain_plan`` of kvnode.planning.domain_plan."""
    return module.removeprefix("kvnode.").replace(".", "_")


def object_name(struct: type[msgspec.Struct]) -> str:
    """What C calls a Struct; names of classes are only their module's."""
    return f"kvnode_{short_name(struct.__module__)}_{struct.__name__}"


def laid_out(struct: type[msgspec.Struct]) -> list[str]:
    """The fields as they lie: what a base has lies where it does in the base."""
    found: dict[str, None] = {}
    for base in reversed(struct.__mro__):
        if base is not msgspec.Struct and isinstance(base, type(msgspec.Struct)):
            found.update(dict.fromkeys(sorted(set(base.__struct_fields__).difference(found))))
    return list(found)


def read_as(hint: object) -> type | None:
    """The Struct or tuple that a field holds if it isn't None; None where it may hold something else."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        kinds = [kind for kind in typing.get_args(hint) if kind is not types.NoneType]
        return read_as(kinds[0]) if len(kinds) == 1 else None
    if typing.get_origin(hint) is tuple:
        return tuple
    return hint if isinstance(hint, type) and is_laid_out(hint) else None


def is_laid_out(kind: type) -> bool:
    """Whether a class is a Struct that compiled code reads: public, frozen, and with fields."""
    if not issubclass(kind, msgspec.Struct) or kind.__module__ not in MODULES or kind.__name__.startswith("_"):
        return False
    return bool(kind.__struct_fields__) and kind.__struct_config__.frozen


def class_layout(struct: type[msgspec.Struct]) -> str:
    """The declaration of one Struct."""
    name, fields, hints = struct.__name__, laid_out(struct), typing.get_type_hints(struct)
    object_type = object_name(struct)
    members = ", ".join(f"*{field}_" for field in fields)
    table = ", ".join(f"AT({object_type}, {field})" for field in fields)
    kinds = {field: kind for field in fields if (kind := read_as(hints[field])) is not None}
    properties = [
        line
        for field, kind in kinds.items()
        for line in (
            "        @property",
            f"        cdef inline {kind.__name__} {field}(self):",
            f"            return self.{field}_",
        )
    ]
    return "\n".join(
        [
            "cdef extern from *:",
            '    """',
            filled(f"typedef struct {{ PyObject_HEAD PyObject {members}; }} {object_type};"),
            filled(f"static const kvnode_field {object_type}_fields[] = {{ {table}, {{0}} }};"),
            f"    static const Py_ssize_t {object_type}_size = sizeof({object_type});",
            '    """',
            f"    const Field *{object_type}_fields",
            f"    const Py_ssize_t {object_type}_size",
            f"    ctypedef class {struct.__module__}.{name} [object {object_type}, check_size ignore]:",
            *(f'        cdef object {field}_ "{field}_"' for field in kinds),
            *(f'        cdef object {field} "{field}_"' for field in fields if field not in kinds),
            *properties,
        ]
    )


def needed(module: str, structs_there: list[type[msgspec.Struct]]) -> list[str]:
    """The imports of what fields hold that another module defines."""
    kinds = {
        kind
        for struct in structs_there
        for hint in typing.get_type_hints(struct).values()
        if (kind := read_as(hint)) is not None and kind is not tuple and kind.__module__ != module
    }
    return sorted(f"from kvnode._fast.layout_{short_name(kind.__module__)} cimport {kind.__name__}" for kind in kinds)


def filled(declaration: str) -> str:
    """A long line of C as lines that fit."""
    return textwrap.fill(declaration, 116, initial_indent="    ", subsequent_indent="        ", break_long_words=False)


def layout(module: str) -> str:
    """The header of one module."""
    short, found = short_name(module), structs(module)
    head = f'''# cython: language_level=3
"""Where the fields of {module} lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so
'''
    head += "".join(f"{line}\n" for line in needed(module, found))
    check = [f"cdef inline int check_{short}() except -1:", '    """Raise ImportError where it isn\'t so."""']
    for struct in found:
        object_type = object_name(struct)
        check.append(f"    kvnode_lies_so({struct.__name__}, {object_type}_fields, {object_type}_size)")
    return "\n\n".join([head, *map(class_layout, found), "\n".join(["", *check, "    return 0", ""])])


def checks() -> str:
    """The module that asks every header whether it is so."""
    shorts = [short_name(module) for module in MODULES]
    imports = [f"from kvnode._fast.layout_{short} cimport check_{short}" for short in shorts]
    return "\n".join([CHECKS, *imports, "", "", *(f"check_{short}()" for short in shorts), ""])


CHECKS = '''# cython: language_level=3
"""That every Struct lies as it did when compiled code was made to read it: asked when this is imported, or ImportError.

Whatever is compiled and reads Structs imports this before it reads. deploy/setup/layouts.py writes it.
"""
'''


def main() -> int:
    texts = {FAST / f"layout_{short_name(module)}.pxd": layout(module) for module in MODULES}
    return write({**texts, FAST / "layouts.pyx": checks()}, "all layouts are those of the types")


def write(texts: dict[Path, str], all_good: str) -> int:
    """Have files say what they should, or tell which don't; the exit status."""
    wrong = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
    print("\n".join(str(path.relative_to(TREE)) for path in wrong) or all_good)
    if "--check" in sys.argv[1:]:
        return 1 if wrong else 0
    for path in wrong:
        path.write_text(texts[path])
    return 0


if __name__ == "__main__":
    from_sources()
    raise SystemExit(main())
