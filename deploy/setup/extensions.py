"""Builds the extensions in place, each one only when what it is made from has changed.

Each ``kvnode/_fast/*.pyx``, and each ``kvnode/planning/*.py`` with declarations, is cached by itself: by the hash of
its source, of the declarations that it imports, setup.py, the compiler, Python, Cython and setup.py's switches. What is
missing is built in parallel, one process for each module, so a module that doesn't compile keeps nobody from the
others. In the tree lies a copy, put there by a rename: a process that has the old one mapped keeps it.

Run with the environment's Python; ``--force`` builds all anew, ``--into FOLDER`` puts the copies into the package's
copy there and leaves the tree as it is (for a build with other switches).
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from cache import TREE, cache_folder, forget_old, kept, key_of, locked, output_of, python_identity

PACKAGE = TREE / "kvnode"
FAST, PLANNING = PACKAGE / "_fast", PACKAGE / "planning"
CIMPORT = re.compile(r"^\s*(?:from\s+kvnode\.(\S+)\s+cimport|cimport\s+kvnode\.(\S+))", re.MULTILINE)
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
SWITCHES = ("KVNODE_DEBUG", "KVNODE_TRACE", "KVNODE_SANITIZE", "CFLAGS", "LDFLAGS", "CC")


class BuildFailed(Exception):
    """A module doesn't compile; the text is what Cython or the compiler said."""


def sources() -> list[Path]:
    """What is compiled."""
    return sorted([*FAST.glob("*.pyx"), *(path.with_suffix(".py") for path in PLANNING.glob("*.pxd"))])


def name_of(source: Path) -> str:
    """A module's name below kvnode, as setup.py takes it."""
    return ".".join(source.relative_to(PACKAGE).with_suffix("").parts)


def headers(source: Path) -> list[Path]:
    """What a module is compiled with: its declarations, whatever those import, and what all begin with."""
    found: set[Path] = set()
    waiting = [source, source.with_suffix(".pxd")]
    while waiting:
        text = waiting.pop()
        if text in found or not text.exists():
            continue
        found.add(text)
        for names in CIMPORT.findall(text.read_text()):
            waiting += [PACKAGE.joinpath(*name.split(".")).with_suffix(".pxd") for name in names if name]
    return sorted({*found, FAST / "cold.h"}.difference([source]))


def extension_key(source: Path) -> str:
    """What one module's binary depends on."""
    switches = " ".join(f"{name}={os.environ.get(name, '')}" for name in SWITCHES)
    compiler = output_of(os.environ.get("CC", "gcc"), "--version")
    return key_of(source, *headers(source), TREE / "setup.py", compiler, python_identity(), version("Cython"), switches)


def compile_into(source: Path, folder: Path) -> None:
    """Build one module; ``folder`` then holds its binary."""
    with tempfile.TemporaryDirectory(prefix="kvnode-build-") as work:
        command = [
            sys.executable,
            "setup.py",
            "-q",
            "build_ext",
            "--build-lib",
            f"{work}/lib",
            "--build-temp",
            f"{work}/tmp",
        ]
        done = subprocess.run(
            command,
            cwd=TREE,
            env={**os.environ, "KVNODE_EXTENSIONS": name_of(source)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        built = Path(work, "lib", source.relative_to(TREE)).with_name(source.stem + SUFFIX)
        if done.returncode or not built.exists():
            raise BuildFailed(done.stdout)
        if "warning" in done.stdout:
            print(done.stdout, flush=True)
        shutil.copy2(built, folder)


def put_in_place(source: Path, into: Path, force: bool) -> str | None:
    """Have one module's binary in a copy of the package. None, or what the compiler said against it."""
    key = extension_key(source)
    place = into / source.relative_to(PACKAGE).with_name(source.stem + SUFFIX)
    if force:
        shutil.rmtree(cache_folder() / "extensions" / key, ignore_errors=True)
    begun = time.monotonic()
    known = (cache_folder() / "extensions" / key).is_dir()
    try:
        built = kept("extensions", key, lambda folder: compile_into(source, folder)) / place.name
    except BuildFailed as failure:
        return f"kvnode.{name_of(source)} does not build:\n{failure}"
    if not known:
        print(f"built kvnode.{name_of(source)} ({time.monotonic() - begun:.1f} s)", flush=True)
    if not place.exists() or place.read_bytes() != built.read_bytes():
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_name(f".{place.name}.{os.getpid()}")
        shutil.copy2(built, fresh)
        fresh.replace(place)
    return None


def main() -> int:
    words = argparse.ArgumentParser()
    words.add_argument("--force", action="store_true")
    words.add_argument("--into", type=Path, default=PACKAGE, metavar="FOLDER")
    asked = words.parse_args()
    compiled = sources()
    with locked(TREE / ".cache/extensions.lock", "the extensions"):
        places = {source.with_name(source.stem + SUFFIX) for source in compiled}
        for stale in {*FAST.glob(f"*{SUFFIX}"), *PLANNING.glob(f"*{SUFFIX}")} - places:
            stale.unlink()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            told = pool.map(lambda source: put_in_place(source, asked.into, asked.force), compiled)
            failures = [text for text in told if text]
    forget_old("extensions", days=14)
    print("\n".join(failures), file=sys.stderr, end="")
    return 1 if failures else 0


sys.exit(main())
