"""The layers of Python: what kvnode requires as ``.venv`` has it, and kvnode with the daemons.

``.venv`` holds exactly the pinned versions, so an image's Python packages are those that the suite ran with, copied
file by file as their records list them. Binaries fit only the Python that they were built for: ``.venv`` has to be of
the same minor version as Debian's python3, which runs in the image.
"""

import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from deploy.images.layer import Layer, kept_file
from deploy.setup.cache import TREE, key_of
from kvnode.storage.guest_image.debian_packages import Progress
from kvnode.storage.guest_image.fault import GuestImageError

EXTRAS = ("node", "controllers")
SITE = "usr/lib/python3/dist-packages"
OURS = ("kvnode", "controllers")
_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
# The Kubernetes client comes with a class for each kind and each call; the daemons use its transport alone.
_LEFT_OUT = re.compile(
    r"(^|/)(__pycache__|tests?|docs)/|\.(pyx|pxd|c|h|pyi)$|^\.\./"
    r"|^kubernetes/(aio/)?client/(models|api)/(?!__init__\.py$)|^kubernetes/(aio/)?docs/"
)


def require_same_python() -> None:
    """Raises GuestImageError where ``.venv`` is of another minor version than Debian's python3."""
    asked = subprocess.run(
        ["/usr/bin/python3", "-c", "import sys; print(*sys.version_info[:2], sep='.')"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    if asked.stdout.strip() != ours:
        raise GuestImageError(
            f".venv is of Python {ours} and Debian's python3 is {asked.stdout.strip() or 'not there'}: the images run "
            "Debian's with .venv's packages; make it anew by `rm -rf .venv; KVNODE_PYTHON=/usr/bin/python3 make setup`"
        )


def requirements_layer(progress: Progress) -> Path:
    """The layer of the Python packages that kvnode and the daemons require. Raises GuestImageError."""
    found = _closure()
    names = [f"{each.name}=={each.version}" for each in found]
    key = key_of(*names, Path(__file__), sys.version, _SUFFIX)

    def make(target: Path) -> None:
        layer = Layer()
        for each in found:
            _copy(layer, each)
        layer.compile_modules(SITE)
        layer.write(target)
        progress(f"Python: {len(found)} packages in a layer of {target.stat().st_size / 1e6:.0f} MB")

    return kept_file("image-layers", key, "python.tar", make)


def own_layer(progress: Progress) -> Path:
    """The layer of kvnode and the daemons, as they stand in the tree."""
    files = {str(path.relative_to(TREE)): path for folder in OURS for path in _sources(TREE / folder)}
    key = key_of(*(part for name in sorted(files) for part in (name, files[name])), Path(__file__), sys.version)

    def make(target: Path) -> None:
        layer = Layer()
        for name, path in files.items():
            layer.file(f"{SITE}/{name}", path.read_bytes())
        layer.compile_modules(SITE)
        layer.write(target)
        progress(f"kvnode: a layer of {target.stat().st_size / 1e6:.1f} MB")

    return kept_file("image-layers", key, "kvnode.tar", make)


def _sources(folder: Path) -> Iterable[Path]:
    for path in sorted(folder.rglob("*")):
        if "__pycache__" in path.parts or not path.is_file() or path.suffix in (".pyx", ".pxd", ".c", ".h", ".pyi"):
            continue
        if path.suffix == ".so" and not path.name.endswith(_SUFFIX):
            continue
        yield path


def _closure() -> list[Distribution]:
    """Every distribution that the project and its extras for a node require, by name."""
    project = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    waiting = [
        Requirement(text) for text in [*project["dependencies"], *(t for extra in EXTRAS for t in extras[extra])]
    ]
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        try:
            each = distribution(wanted.name)
        except PackageNotFoundError:
            raise GuestImageError(f".venv has no {wanted.name}, which the images need: run `make setup`") from None
        found[each.name.lower()] = each
        for extra in ("", *wanted.extras):
            if (each.name, extra) in seen:
                continue
            seen.add((each.name, extra))
            for text in each.requires or ():
                needed = Requirement(text)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    waiting.append(needed)
    return [found[name] for name in sorted(found)]


def _copy(layer: Layer, each: Distribution) -> None:
    if each.files is None:
        raise GuestImageError(f".venv has {each.name} without a record of its files: make .venv anew")
    for file in each.files:
        if not _LEFT_OUT.search(str(file)):
            layer.file(f"{SITE}/{file}", Path(str(file.locate())).read_bytes())
