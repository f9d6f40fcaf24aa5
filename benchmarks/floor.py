"""``floor.c`` as a module: compiled when it is first asked for, and kept where the tree's other compiled parts are."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

from deploy.setup.cache import forget_old, kept, key_of, output_of, python_identity

SOURCE = Path(__file__).with_suffix(".c")
FLAGS = ("-O3", "-shared", "-fPIC", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-missing-field-initializers")


def _compile(folder: Path) -> None:
    include = sysconfig.get_paths()["include"]
    command = (os.environ.get("CC", "cc"), *FLAGS, f"-I{include}", str(SOURCE), "-o", str(folder / "floor.so"))
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{SOURCE.name} does not compile: {done.stderr}")


@cache
def floor() -> Any:
    """The module; what it has is told at the top of its source."""
    compiler = output_of(os.environ.get("CC", "cc"), "--version")
    built = kept("benchmark-floor", key_of(SOURCE, " ".join(FLAGS), compiler, python_identity()), _compile)
    forget_old("benchmark-floor", days=14)
    spec = importlib.util.spec_from_file_location("floor", built / "floor.so")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
