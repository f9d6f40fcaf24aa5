"""What a user gets: the source distribution, the wheel built from it, and environments with nothing else in them.

All is made from a copy of what git would clone, so a file that lies in the tree only here is missed here too. Both
distributions are cached by everything they are made from; an environment is made anew, from the wheelhouse of
``make setup`` and without the network.
"""

import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.setup.cache import cache_folder, kept, key_of, output_of, python_identity

TREE = Path(__file__).resolve().parents[2]
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PATH": "/usr/bin:/bin"}


# All that is compiled, one module after the other: two and a half minutes where nothing else runs.
BUILD_S = 800


def run(*command: str | Path, cwd: Path | str = "/", timeout_s: float = 240, **environment: str) -> str:
    """What a command prints; its own words in the failure where it fails."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=OFFLINE | environment, capture_output=True, text=True, timeout=timeout_s
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _tracked() -> list[str]:
    """What a clone would hold if all that git doesn't ignore were committed."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=TREE)
    return sorted(name for name in listed.split("\0") if name and (TREE / name).is_file())


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from the sdist alone."""
    names = [name for name in _tracked() if not name.startswith(("tests/", "benchmarks/", "docs/", "controllers/"))]
    key = key_of(
        *(part for name in names for part in (name, TREE / name)), output_of("gcc", "--version"), python_identity()
    )

    def make(folder: Path) -> None:
        source = tmp_path_factory.mktemp("source")
        for name in names:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TREE / name, source / name)
        # Without --sdist or --wheel, build makes the wheel from the sdist it has just made.
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, cwd=source, timeout_s=BUILD_S)

    return kept("distributions", key, make)


@pytest.fixture(scope="session")
def wheel(distributions: Path) -> Path:
    (found,) = distributions.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def sdist(distributions: Path) -> Path:
    (found,) = distributions.glob("*.tar.gz")
    return found


@pytest.fixture(scope="session")
def clean_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """An environment with the wheel, the extras asked for, and what these need; its bin folder."""
    made: dict[str, Path] = {}

    def environment(extras: str = "") -> Path:
        if extras not in made:
            place = tmp_path_factory.mktemp("environment")
            venv.create(place, with_pip=True)
            wheels = max((cache_folder() / "wheels").iterdir(), key=lambda folder: folder.stat().st_mtime)
            pins = ("--constraint", TREE / "constraints.txt")
            run(place / "bin/pip", "install", "--quiet", "--find-links", wheels, *pins, f"{wheel}{extras}")
            made[extras] = place / "bin"
        return made[extras]

    return environment
