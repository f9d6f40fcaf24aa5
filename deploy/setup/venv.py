"""Makes ``.venv``: a virtual environment with the pinned versions of constraints.txt, and kvnode in it, editable.

pip asks the network only to fill the wheelhouse, a folder of wheels that is cached by the hash of the pins and of the
Python they are built for (libvirt-python compiles for half a minute). The environment itself is then filled from that
folder alone, so a second clone needs no network. The stamp in ``.venv`` says what it was made from; where it still
holds, this does nothing and takes a few hundredths of a second.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from cache import TREE, forget_old, kept, key_of, locked, output_of, python_identity

VENV = TREE / ".venv"
PINS = TREE / "constraints.txt"
PROJECT = TREE / "pyproject.toml"
STAMP = VENV / "made-from"


def run(*command: str | Path, **environment: str) -> None:
    """Run a command quietly; when it fails, show what it said and stop."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=TREE,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\nfailed with status {done.returncode}:\n{done.stdout}")


def fill_wheelhouse(folder: Path) -> None:
    """Fetch or build a wheel for every pin."""
    print("fetching and building the Python packages of constraints.txt", flush=True)
    run(VENV / "bin/python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, "-r", PINS)


def make_environment(python_id: str, pins_key: str, project_key: str) -> None:
    """Bring ``.venv`` to the pins, from whatever it was before."""
    had = STAMP.read_text().split("\n") if STAMP.exists() else []
    if had[:1] != [python_id]:
        shutil.rmtree(VENV, ignore_errors=True)
        run(sys.executable, "-m", "venv", VENV)
    if had[1:2] != [pins_key]:
        wheels = kept("wheels", pins_key, fill_wheelhouse)
        offline = ("--no-index", "--find-links", wheels)
        run(VENV / "bin/python", "-m", "pip", "install", "--quiet", *offline, "-r", PINS, PIP_FIND_LINKS="")
        forget_old("wheels")
    # The extensions are built by extensions.py, from its own cache; here only the names are put in place.
    editable = ("install", "--quiet", "--no-build-isolation", "--no-deps", "--editable", TREE)
    run(VENV / "bin/python", "-m", "pip", *editable, KVNODE_EXTENSIONS="", PIP_NO_INDEX="1")
    STAMP.write_text("\n".join([python_id, pins_key, project_key]))


def main() -> None:
    if Path(sys.prefix) == VENV:
        # It would be removed, since it is made from another Python than its own, and this process with it.
        sys.exit("run this with the Python that .venv is made from, as `make venv` does, and not with its own")
    python_id = key_of(python_identity(), sys.executable, str(TREE))
    pins_key = key_of(PINS, python_identity(), output_of("pkg-config", "--modversion", "libvirt"))
    project_key = key_of(PROJECT)
    wanted = [python_id, pins_key, project_key]
    with locked(TREE / ".cache/venv.lock", ".venv"):
        if STAMP.exists() and STAMP.read_text().split("\n") == wanted:
            return
        begun = time.monotonic()
        make_environment(*wanted)
        print(f".venv is ready ({time.monotonic() - begun:.0f} s)", flush=True)


main()
