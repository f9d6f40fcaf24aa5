"""The compiled modules, and nothing else: all that is data stands in pyproject.toml.

Each ``kvnode/_fast/*.pyx`` becomes one extension, and so does each module of ``kvnode/planning``
that has its declarations beside it (``deploy/setup/declarations.py``). Cython runs as a step of
``build_ext`` and not before it, so a source distribution carries the sources and no generated C,
and whoever builds from it gets C made by the Cython that pyproject.toml asks for.

Switches, read from the environment:

``KVNODE_DEBUG=1``
    ``-O0 -g3``, Cython's bounds, wraparound and None checks back on, assertions kept.
``KVNODE_TRACE=1``
    line tracing, for coverage and profilers.
``KVNODE_SANITIZE=1``
    address and undefined-behaviour sanitizers (the interpreter then runs under ``LD_PRELOAD`` of libasan).
``KVNODE_EXTENSIONS=a,b``
    only these modules (``_fast.names``, ``planning.disks``), and none where it is empty.
"""

import os
from pathlib import Path

from setuptools import Extension, setup

DEBUG = os.environ.get("KVNODE_DEBUG") == "1"
TRACE = os.environ.get("KVNODE_TRACE") == "1"
SANITIZE = os.environ.get("KVNODE_SANITIZE") == "1"

DIRECTIVES = {"language_level": 3, "embedsignature": True, "embedsignature.format": "python", "linetrace": TRACE}
if DEBUG:
    DIRECTIVES |= {"boundscheck": True, "wraparound": True, "nonecheck": True}

# Modules that are Python to everybody else: a None where there is to be an object is Python's error and no crash.
# Nothing of them is pickled; what Cython writes for that makes objects of any content.
PYTHON = DIRECTIVES | {"annotation_typing": False, "nonecheck": True, "embedsignature": False, "auto_pickle": False}

COMPILE_ARGS = ["-O0", "-g3", "-UNDEBUG"] if DEBUG else ["-O2", "-g0"]
# A plan runs through much code once. Calls into Python go straight to it, and not by a table's entry for each.
COMPILE_ARGS += ["-fno-plt", "-include", "kvnode/_fast/cold.h"]
COMPILE_ARGS += ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-missing-field-initializers"]
# Cython compares any two objects by what they may be, and gcc takes a branch for None as if it read there.
COMPILE_ARGS += ["-Wno-array-bounds"]
SANITIZE_ARGS = ["-fsanitize=address,undefined", "-fno-omit-frame-pointer"] if SANITIZE else []
MACROS = [("CYTHON_TRACE", "1"), ("CYTHON_TRACE_NOGIL", "1")] if TRACE else []


def sources() -> dict[str, str]:
    """What is compiled, by the module's name below kvnode."""
    found = {f"_fast.{path.stem}": path for path in Path("kvnode/_fast").glob("*.pyx")}
    found |= {f"planning.{path.stem}": path.with_suffix(".py") for path in Path("kvnode/planning").glob("*.pxd")}
    return {name: str(path) for name, path in sorted(found.items())}


def extensions() -> list[Extension]:
    """The extensions that this build is asked for."""
    found = sources()
    asked = os.environ.get("KVNODE_EXTENSIONS")
    if asked is not None:
        wanted = {name for name in asked.split(",") if name}
        unknown = wanted.difference(found)
        if unknown:
            raise SystemExit(f"KVNODE_EXTENSIONS names {', '.join(sorted(unknown))}; there is {', '.join(found)}")
        found = {name: source for name, source in found.items() if name in wanted}
    return [extension(name, source) for name, source in found.items()]


def extension(name: str, source: str) -> Extension:
    made = Extension(
        f"kvnode.{name}",
        sources=[source],
        define_macros=MACROS,
        extra_compile_args=COMPILE_ARGS + SANITIZE_ARGS,
        extra_link_args=SANITIZE_ARGS,
        depends=["kvnode/_fast/cold.h"],
    )
    if source.endswith(".py"):
        made.cython_directives = PYTHON
    return made


setup(
    ext_modules=extensions(),
    options={"build_ext": {"cython_c_in_temp": True, "cython_directives": DIRECTIVES}},
)
