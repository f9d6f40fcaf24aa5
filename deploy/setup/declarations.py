"""Writes kvnode/planning/*.pxd: what the compiler is told of the modules that are compiled as they stand.

All of it is read from the annotations that Python has: a function is called as C calls one and gets its arguments by
their types, an object of a class keeps its attributes as C does, and what a loop goes through is known. So a module has
one source, which says the same to a reader, to mypy, to the interpreter and to the compiler. What has no word in C
(decorators, keyword-only arguments, generators) stays as Python has it.

Run with the environment's Python after an annotation or a signature has changed, and build again; ``--check`` only says
what would be written.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import types
import typing
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any

import msgspec
from layouts import MODULES as LAID_OUT
from layouts import TREE, from_sources, is_laid_out, short_name, write

COMPILED = TREE / "kvnode/planning"
PLAIN = {tuple: "tuple", list: "list", dict: "dict", set: "set", frozenset: "frozenset", bool: "bint"}
CONSTANT = re.compile(r"_[A-Z][A-Z0-9_]*")
NOT_IN_C = (ast.Yield, ast.YieldFrom, ast.Lambda, ast.GeneratorExp, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(TREE.joinpath(*module.split(".")).with_suffix(".py").read_text())


@cache
def compiled_modules() -> list[str]:
    """Modules that have something to compile: all of planning but those that define what lies in memory."""
    names = [f"kvnode.planning.{path.stem}" for path in sorted(COMPILED.glob("*.py")) if path.stem != "__init__"]
    return [name for name in names if name not in LAID_OUT]


@cache
def functions_of(module: str) -> set[str]:
    """The functions that C can call of a compiled module."""
    if module in compiled_modules():
        return {one.name for one in tree_of(module).body if isinstance(one, ast.FunctionDef) and declarable(one)}
    header = TREE.joinpath(*module.split(".")).with_suffix(".pxd")
    if not module.startswith("kvnode._fast.") or not header.exists():
        return set()
    return set(re.findall(r"^cpdef .*?(\w+)\(", header.read_text(), re.MULTILINE))


class Words:
    """The names that one module's declarations use, and where they come from."""

    def __init__(self, module: str) -> None:
        self.module = importlib.import_module(module)
        self.tree = tree_of(module)
        self.imports: set[str] = set()
        self.uses_cython = False
        from_elsewhere = [node for node in self.tree.body if isinstance(node, ast.ImportFrom)]
        self.names = {(node.module, one.name) for node in from_elsewhere for one in node.names if one.asname is None}
        self.called()

    def called(self) -> None:
        """Functions of other compiled modules that this one imports: they are called as its own are."""
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                told = functions_of(node.module)
                self.imports |= {f"from {node.module} cimport {one.name}" for one in node.names if one.name in told}

    def imported(self, kind: type, module: str) -> str:
        """A class by the name that the module has for it, or by one of its own."""
        name = kind.__name__
        if (kind.__module__, name) not in self.names:
            name = f"{kind.__module__.rpartition('.')[2]}_{name}"
        self.imports.add(f"from {module} cimport {kind.__name__}{f' as {name}' if name != kind.__name__ else ''}")
        return name

    def hint(self, annotation: ast.expr) -> object:
        """What an annotation within a function says; None where it names what only a type checker knows."""
        try:
            return eval(ast.unparse(annotation), vars(self.module))
        except NameError:
            return None

    def known(self, hint: object) -> object:
        """A hint without None; None where it may be several things."""
        if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
            kinds = [kind for kind in typing.get_args(hint) if kind is not types.NoneType]
            return kinds[0] if len(kinds) == 1 else None
        return hint

    def word(self, hint: object, *, boolean: bool = True) -> str:
        """The C type of a hint; ``object`` where there is none."""
        kind = self.known(hint)
        kind = typing.get_origin(kind) or kind
        if kind is bool and (kind is not hint or not boolean):
            return "object"
        if kind in PLAIN:
            return PLAIN[typing.cast(type, kind)]
        if not isinstance(kind, type):
            return "object"
        if kind.__module__ == self.module.__name__:
            return kind.__name__ if is_class_of_c(kind) else "object"
        if kind.__module__ in LAID_OUT and is_laid_out(kind):
            return self.imported(kind, f"kvnode._fast.layout_{short_name(kind.__module__)}")
        if kind.__module__ in compiled_modules() and is_class_of_c(kind):
            return self.imported(kind, kind.__module__)
        return "object"


def is_class_of_c(kind: type) -> bool:
    """Whether a class of ours becomes an extension type: one that only holds the state that its ``__init__`` names."""
    bases = kind.__mro__[:-1]
    return (
        all(base.__module__ == kind.__module__ for base in bases)
        and kind.__module__.startswith("kvnode.planning.")
        and "__init__" in vars(bases[-1])
        and not hasattr(kind, "__dataclass_fields__")
        and not any(isinstance(one, cached_property) for base in bases for one in vars(base).values())
    )


def hints_of(function: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except NameError:
        return {}


def declarable(node: ast.FunctionDef) -> bool:
    """Whether C can have the function."""
    given = node.args
    odd = node.decorator_list or given.vararg or given.kwarg or given.kwonlyargs or given.posonlyargs
    return not odd and not any(isinstance(part, NOT_IN_C) for part in ast.walk(node) if part is not node)


class Function:
    """One function or method, and what its loops go through."""

    def __init__(self, words: Words, node: ast.FunctionDef, function: Any, owner: type | None) -> None:
        self.words = words
        self.node = node
        self.hints = hints_of(function)
        self.owner = owner
        self.kinds: dict[str, Any] = {name: hint for name, hint in self.hints.items() if name != "return"}

    def declaration(self) -> str:
        """As a line of a .pxd, after what is said of its loops."""
        names = [argument.arg for argument in self.node.args.args]
        given = ["self"] if self.owner is not None else []
        first_default = len(names) - len(self.node.args.defaults)
        for position, name in enumerate(names):
            if self.owner is not None and position == 0:
                continue
            word = self.words.word(self.hints.get(name))
            default = "=*" if position >= first_default else ""
            given.append(f"{'' if word == 'object' else word + ' '}{name}{default}")
        answer = self.words.word(self.hints.get("return"))
        answer = "" if answer == "object" else f"{answer} "
        return "\n".join([*self.looped(), f"cpdef {answer}{self.node.name}({', '.join(given)})"])

    def looped(self) -> list[str]:
        """What is said of variables: those with an annotation, and those that a loop goes on with."""
        annotated = self.annotated()
        told = {name: {word} for name, word in annotated.items()}
        for node in ast.walk(self.node):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.kinds.setdefault(node.targets[0].id, self.kind_of(node.value))
        for node in ast.walk(self.node):
            if isinstance(node, ast.For):
                for name, kind in self.targets(node.target, self.items(node.iter)):
                    if name not in annotated:
                        self.kinds[name] = kind
                        told.setdefault(name, set()).add(self.words.word(kind, boolean=False))
        taken = {argument.arg for argument in self.node.args.args}
        words = [
            f"{name}={next(iter(found))}"
            for name, found in told.items()
            if len(found) == 1 and found != {"object"} and name not in taken
        ]
        if not words:
            return []
        self.words.uses_cython = True
        return [f"@cython.locals({', '.join(words)})"]

    def annotated(self) -> dict[str, str]:
        """Variables with annotations of their own. Such a one may say ``str`` too, and is no other kind of text."""
        found = {}
        for node in ast.walk(self.node):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                hint = self.kinds[node.target.id] = self.words.hint(node.annotation)
                text = self.words.known(hint) is str
                found[node.target.id] = "str" if text else self.words.word(hint, boolean=False)
        return found

    def targets(self, target: ast.expr, kind: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(target, ast.Name):
            yield target.id, kind
        elif isinstance(target, ast.Tuple) and isinstance(kind, list):
            for one, its in zip(target.elts, kind, strict=False):
                yield from self.targets(one, its)

    def items(self, looped: ast.expr) -> Any:
        """What a loop over an expression meets; a list of them where it meets several at once."""
        if isinstance(looped, ast.Call) and isinstance(looped.func, ast.Name):
            if looped.func.id == "enumerate":
                return [int, self.items(looped.args[0])]
            if looped.func.id == "zip":
                return [self.items(one) for one in looped.args]
        kind = self.words.known(self.kind_of(looped))
        if typing.get_origin(kind) in (tuple, list, set, frozenset):
            return typing.get_args(kind)[0]
        return None

    def kind_of(self, value: ast.expr) -> Any:
        """The annotation of a name, of a field, or of what a function answers."""
        if isinstance(value, ast.Name):
            return self.kinds.get(value.id)
        if isinstance(value, ast.Attribute):
            owner = self.words.known(self.kind_of(value.value))
            if isinstance(owner, type) and issubclass(owner, msgspec.Struct):
                return hints_of(owner).get(value.attr)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            called = getattr(self.words.module, value.func.id, None)
            if isinstance(called, type):
                return called
            if inspect.isfunction(called):
                return hints_of(called).get("return")
        return None


def class_declaration(words: Words, node: ast.ClassDef) -> str | None:
    kind = getattr(words.module, node.name)
    if not is_class_of_c(kind):
        return None
    base = kind.__mro__[1]
    lines = [f"cdef class {node.name}{f'({base.__name__})' if base is not object else ''}:"]
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            lines += [f"    cdef {word} {name}" for name, word in attributes(words, method, kind).items()]
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("__") and declarable(method):
            told = Function(words, method, getattr(kind, method.name), kind).declaration()
            lines += [f"    {line}" for line in told.splitlines()]
    return "\n".join(lines if len(lines) > 1 else [*lines, "    pass"])


def attributes(words: Words, init: ast.FunctionDef, kind: type) -> dict[str, str]:
    """What an object of a class keeps, by what its ``__init__`` puts there."""
    function = Function(words, init, vars(kind)["__init__"], kind)
    found: dict[str, str] = {}
    for node in ast.walk(init):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
            found[node.target.attr] = words.word(words.hint(node.annotation), boolean=False)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute):
                    found.setdefault(target.attr, words.word(function.kind_of(node.value), boolean=False))
    return found


def constants(words: Words) -> list[str]:
    """A module's own constants, which nobody outside reads: C has them at hand, and needn't look for their names."""
    found: dict[str, int] = {}
    for node in words.tree.body:
        for name in assigned(node):
            found[name] = found.get(name, 0) + 1
    told = []
    for name, times in found.items():
        kind = type(getattr(words.module, name))
        if times == 1 and CONSTANT.fullmatch(name):
            told.append(f"cdef {words.word(kind)} {name}")
    return told


def assigned(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def declarations(module: str) -> str:
    """The .pxd of one module."""
    words = Words(module)
    told = constants(words)
    for node in words.tree.body:
        if isinstance(node, ast.FunctionDef) and declarable(node):
            told.append(Function(words, node, getattr(words.module, node.name), None).declaration())
        elif isinstance(node, ast.ClassDef) and (text := class_declaration(words, node)) is not None:
            told.append("\n" + text + "\n")
    head = [
        "# cython: language_level=3",
        f'"""The types of {module}, from its annotations. deploy/setup/declarations.py writes this."""',
        "",
        *(["cimport cython"] if words.uses_cython else []),
        *sorted(words.imports),
        "",
        "",
    ]
    return "\n".join(head) + "\n".join(told) + "\n"


def main() -> int:
    texts = {
        TREE.joinpath(*module.split(".")).with_suffix(".pxd"): declarations(module) for module in compiled_modules()
    }
    return write(texts, "all declarations are those of the annotations")


if __name__ == "__main__":
    from_sources()
    raise SystemExit(main())
