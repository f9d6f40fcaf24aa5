"""Writes kvnode/_fast/layout_*.pxd: where the fields of our Structs lie, for the compiled code that reads them.

A Struct keeps its fields one after the other, in the order of their names; what lies where is read from the types
themselves. Run with the environment's Python when a type that compiled code reads has changed, and build again;
``--check`` only says what would be written. A compiled module compares all of it once more when it is imported.
"""

import importlib
import sys
import textwrap
from pathlib import Path

import msgspec

TREE = Path(__file__).resolve().parents[2]
FAST = TREE / "kvnode/_fast"

MODULES = ("kvnode.planning.device_plans", "kvnode.planning.domain_plan")


def structs(module: str) -> list[type[msgspec.Struct]]:
    """The Structs that a module defines, in the order of their definition."""
    return [
        value
        for value in vars(importlib.import_module(module)).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module
        if value.__struct_fields__ and not value.__name__.startswith("_")
    ]


def short_name(module: str) -> str:
    """``planning_domain_plan`` of kvnode.planning.domain_plan."""
    return module.removeprefix("kvnode.").replace(".", "_")


def class_layout(struct: type[msgspec.Struct]) -> str:
    """The declaration of one Struct. Fields are objects to C: what type each has is asked where it is used."""
    name, fields = struct.__name__, sorted(struct.__struct_fields__)
    object_type = f"Kvnode{name}"
    members = ", ".join(f"*{field}_" for field in fields)
    table = ", ".join(f"AT({object_type}, {field})" for field in fields)
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
            *(f'        cdef object {field} "{field}_"' for field in fields),
        ]
    )


def filled(declaration: str) -> str:
    """A long line of C as lines that fit."""
    return textwrap.fill(declaration, 116, initial_indent="    ", subsequent_indent="        ", break_long_words=False)


def layout(module: str) -> str:
    """The header of one module."""
    short, types = short_name(module), structs(module)
    head = f'''# cython: language_level=3
"""Where the fields of {module} lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so
'''
    check = [f"cdef inline int check_{short}() except -1:", '    """Raise ImportError where it isn\'t so."""']
    for struct in types:
        object_type = f"Kvnode{struct.__name__}"
        check.append(f"    kvnode_lies_so({struct.__name__}, {object_type}_fields, {object_type}_size)")
    return "\n\n".join([head, *map(class_layout, types), "\n".join(["", *check, "    return 0", ""])])


def main() -> int:
    wrong = []
    for module in MODULES:
        path, text = FAST / f"layout_{short_name(module)}.pxd", layout(module)
        if path.exists() and path.read_text() == text:
            continue
        wrong.append(path.name)
        if "--check" not in sys.argv[1:]:
            path.write_text(text)
    print("\n".join(wrong) or "all layouts are those of the types")
    return 1 if wrong and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.path.insert(0, str(TREE))
    raise SystemExit(main())
