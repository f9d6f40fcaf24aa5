"""Where costly things are kept between runs and clones, and the names they are kept under.

Everything here is made from something else, so its name is a hash of what it is made from: a clone that has the same
sources, compiler and Python finds it, any other makes its own. Nothing is ever changed in place: a thing is made in a
folder beside its own name and renamed, so a run that is cut off leaves nothing that looks finished.

Only the standard library is used; this runs before there is an environment.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]


def cache_folder() -> Path:
    """``KVNODE_BUILD_CACHE``, or ``kvnode-build`` in the user's cache folder."""
    named = os.environ.get("KVNODE_BUILD_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kvnode-build"


def key_of(*parts: str | Path) -> str:
    """Sixteen hex digits for what something is made from: texts as they are, files by name and content."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode()
        name = part.name if isinstance(part, Path) else ""
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def python_identity() -> str:
    """What a compiled module depends on of the running Python."""
    return f"{sys.version} {sysconfig.get_platform()} {sysconfig.get_config_var('EXT_SUFFIX')}"


def output_of(*command: str) -> str:
    """What a command prints, or nothing where there is no such command or it fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


@contextlib.contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold ``path`` against other runs; says so when it has to wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another run that makes {what}", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def kept(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder ``kind/key`` of the cache; ``make`` fills it where it isn't there yet."""
    place = cache_folder() / kind / key
    if not place.is_dir():
        with locked(cache_folder() / f"{kind}.{key}.lock", kind):
            if not place.is_dir():
                place.parent.mkdir(parents=True, exist_ok=True)
                unfinished = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
                try:
                    make(unfinished)
                    unfinished.chmod(0o755)
                    unfinished.rename(place)
                finally:
                    shutil.rmtree(unfinished, ignore_errors=True)
        (cache_folder() / f"{kind}.{key}.lock").unlink(missing_ok=True)
    os.utime(place)
    return place


def forget_old(kind: str, days: float = 60) -> None:
    """Drop what no run has used for a while: each key that was ever built would stay otherwise."""
    folder = cache_folder() / kind
    for place in folder.iterdir() if folder.is_dir() else ():
        if time.time() - place.stat().st_mtime > days * 86400:
            shutil.rmtree(place, ignore_errors=True)
