"""Builds the extensions in place, each one only when what it is made from has changed.

Each ``kvnode/_fast/*.pyx`` is cached by itself, by the hash of its source, every header beside it, setup.py, the
compiler, Python, Cython and setup.py's switches; what is missing is built in parallel, one process for each module,
so a module that doesn't compile keeps nobody from the others. In the tree lies a copy, put there by a rename:
a process that has the old one mapped keeps it.

Run with the environment's Python; ``--force`` builds all anew, ``--into FOLDER`` puts the copies there and leaves the
tree as it is (for a build with other switches).
"""

import argparse
import os
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

FAST = TREE / "kvnode/_fast"
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
SWITCHES = ("KVNODE_DEBUG", "KVNODE_TRACE", "KVNODE_SANITIZE", "CFLAGS", "LDFLAGS", "CC")


class BuildFailed(Exception):
    """A module doesn't compile; the text is what Cython or the compiler said."""


def extension_key(source: Path) -> str:
    """What one module's binary depends on."""
    headers = sorted(path for ending in ("*.pxd", "*.pxi", "*.h") for path in FAST.glob(ending))
    switches = " ".join(f"{name}={os.environ.get(name, '')}" for name in SWITCHES)
    compiler = output_of(os.environ.get("CC", "gcc"), "--version")
    return key_of(source, *headers, TREE / "setup.py", compiler, python_identity(), version("Cython"), switches)


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
            env={**os.environ, "KVNODE_EXTENSIONS": source.stem},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        built = Path(work, "lib/kvnode/_fast", source.stem + SUFFIX)
        if done.returncode or not built.exists():
            raise BuildFailed(done.stdout)
        if "warning" in done.stdout:
            print(done.stdout, flush=True)
        shutil.copy2(built, folder)


def put_in_place(source: Path, into: Path, force: bool) -> str | None:
    """Have one module's binary in a folder. None, or what the compiler said against it."""
    key = extension_key(source)
    place = into / (source.stem + SUFFIX)
    if force:
        shutil.rmtree(cache_folder() / "extensions" / key, ignore_errors=True)
    begun = time.monotonic()
    known = (cache_folder() / "extensions" / key).is_dir()
    try:
        built = kept("extensions", key, lambda folder: compile_into(source, folder)) / place.name
    except BuildFailed as failure:
        return f"kvnode._fast.{source.stem} does not build:\n{failure}"
    if not known:
        print(f"built kvnode._fast.{source.stem} ({time.monotonic() - begun:.1f} s)", flush=True)
    if not place.exists() or place.read_bytes() != built.read_bytes():
        fresh = place.with_name(f".{place.name}.{os.getpid()}")
        shutil.copy2(built, fresh)
        fresh.replace(place)
    return None


def main() -> int:
    words = argparse.ArgumentParser()
    words.add_argument("--force", action="store_true")
    words.add_argument("--into", type=Path, default=FAST, metavar="FOLDER")
    asked = words.parse_args()
    sources = sorted(FAST.glob("*.pyx"))
    with locked(TREE / ".cache/extensions.lock", "the extensions"):
        for stale in FAST.glob(f"*{SUFFIX}"):
            if not FAST.joinpath(stale.name.removesuffix(SUFFIX) + ".pyx").exists():
                stale.unlink()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            told = pool.map(lambda source: put_in_place(source, asked.into, asked.force), sources)
            failures = [text for text in told if text]
    forget_old("extensions", days=14)
    print("\n".join(failures), file=sys.stderr, end="")
    return 1 if failures else 0


sys.exit(main())
