"""The compiled modules, and nothing else: all that is data stands in pyproject.toml.

Each ``kvnode/_fast/*.pyx`` becomes one extension. Cython runs as a step of ``build_ext`` and not
before it, so a source distribution carries the ``.pyx`` files and no generated C, and whoever
builds from it gets C made by the Cython that pyproject.toml asks for.

Switches, read from the environment:

``KVNODE_DEBUG=1``
    ``-O0 -g3``, Cython's bounds, wraparound and None checks back on, assertions kept.
``KVNODE_TRACE=1``
    line tracing, for coverage and profilers.
``KVNODE_SANITIZE=1``
    address and undefined-behaviour sanitizers (the interpreter then runs under ``LD_PRELOAD`` of libasan).
``KVNODE_EXTENSIONS=a,b``
    only these modules, and none where it is empty.
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

COMPILE_ARGS = ["-O0", "-g3", "-UNDEBUG"] if DEBUG else ["-O2", "-g0"]
COMPILE_ARGS += ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-missing-field-initializers"]
SANITIZE_ARGS = ["-fsanitize=address,undefined", "-fno-omit-frame-pointer"] if SANITIZE else []
MACROS = [("CYTHON_TRACE", "1"), ("CYTHON_TRACE_NOGIL", "1")] if TRACE else []


def extensions() -> list[Extension]:
    """The extensions that this build is asked for."""
    names = sorted(path.stem for path in Path("kvnode/_fast").glob("*.pyx"))
    asked = os.environ.get("KVNODE_EXTENSIONS")
    if asked is not None:
        wanted = {name for name in asked.split(",") if name}
        unknown = wanted.difference(names)
        if unknown:
            raise SystemExit(f"KVNODE_EXTENSIONS names {', '.join(sorted(unknown))}; there is {', '.join(names)}")
        names = [name for name in names if name in wanted]
    return [
        Extension(
            f"kvnode._fast.{name}",
            sources=[f"kvnode/_fast/{name}.pyx"],
            define_macros=MACROS,
            extra_compile_args=COMPILE_ARGS + SANITIZE_ARGS,
            extra_link_args=SANITIZE_ARGS,
        )
        for name in names
    ]


setup(
    ext_modules=extensions(),
    options={"build_ext": {"cython_c_in_temp": True, "cython_directives": DIRECTIVES}},
)
