"""Guest images made from Debian's packages: small systems to try manifests with, and to test kvnode by.

``tiny`` is Debian's cloud kernel with busybox in an initramfs, on a disk that boots by BIOS and by UEFI.  It asks
DHCP on each interface and takes all that the lease says, has a shell on the first serial port (and on the screen),
answers on TCP (port 7 echoes, port 80 tells host name, uptime and addresses), obeys the power button, reads a
NoCloud seed, and says on its serial line when it is ready and which addresses it got.  ``facts``, typed there, tells
what it sees of its machine. Nothing is fetched at boot and nothing is kept: it runs from memory.

Making one needs no privilege and changes nothing on the host: packages are fetched into a cache, checked, read and
combined. The same packages and code give the same bytes, and are combined once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from kvnode.storage.guest_image.build import Build, build_image
from kvnode.storage.guest_image.fault import GuestImageError
from kvnode.storage.guest_image.recipe import RECIPES, TINY, TINY_FULL, Recipe

__all__ = [
    "RECIPES",
    "TINY",
    "TINY_FULL",
    "Build",
    "GuestImageError",
    "Recipe",
    "build_image",
    "build_tiny",
    "build_tiny_disk",
]


def build_tiny(out_dir: Path, progress: Callable[[str], None], cache: Path) -> Path:
    """Make ``tiny`` as an OCI layout and give back its folder, which is ``out_dir``.

    out_dir  -- where to; must be missing or empty
    progress -- called with a line for each step that takes time
    cache    -- packages and finished images are kept here; a second build costs a copy

    Raises GuestImageError (no network, a missing package or tool, no room, a folder with something in it).
    """
    if out_dir.exists() and (not out_dir.is_dir() or any(out_dir.iterdir())):
        raise GuestImageError(f"{TINY.name} can't be written to {out_dir}: it holds something; name an empty folder")
    built = build_image(TINY, cache, progress)
    try:
        shutil.copytree(built.layout, out_dir, dirs_exist_ok=True)
    except OSError as error:
        raise GuestImageError(
            f"{TINY.name} can't be written to {out_dir}: {error.strerror}; name an empty folder with 50 MB of room"
        ) from error
    return out_dir


def build_tiny_disk(out: Path, progress: Callable[[str], None], cache: Path) -> Path:
    """Make ``tiny`` as a plain qcow2 file at ``out``, replacing what is there, and give back ``out``."""
    built = build_image(TINY, cache, progress)
    try:
        shutil.copyfile(built.disk, out)
    except OSError as error:
        raise GuestImageError(f"{TINY.name} can't be written to {out}: {error.strerror}; name another file") from error
    return out
