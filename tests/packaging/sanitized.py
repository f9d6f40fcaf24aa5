"""pytest on the extensions that the folder named first holds: a program, started with the sanitizers' libraries loaded.

What the loader was told is forgotten before a test runs. So the programs that tests start, and the interpreters among
them, run as ever and on the tree's own extensions; QEMU below a sanitizer would be no QEMU that anybody runs.
"""

import importlib
import os
import sys
from pathlib import Path

from compiled import EXTENSIONS

TREE = Path(__file__).resolve().parents[2]


def main() -> int:
    folder, *arguments = sys.argv[1:]
    for name in ("LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS", "PYTHONMALLOC"):
        os.environ.pop(name, None)
    sys.path[0:1] = [folder, str(TREE)]
    for name in EXTENSIONS:
        loaded = importlib.import_module(f"kvnode.{name}").__file__ or ""
        if not loaded.startswith(f"{folder}/"):
            raise SystemExit(f"{loaded} is not the module with the sanitizers in it, which lies below {folder}")
    import pytest

    return pytest.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
