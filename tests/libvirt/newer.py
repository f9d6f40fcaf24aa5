"""The newer libvirt that lies unpacked in the build cache, for programs that speak to it.

Its library is found by the loader's path. Schemas, CPU models and drivers it looks for where Debian has them, so they
are seen there, in a mount namespace that is one program's own; for all others the machine's libvirt stays what it is.
"""

import os
from functools import cache
from pathlib import Path

from deploy.setup.newer_libvirt import newer_libvirt

# "$1" is seen at "$2", and so on in pairs until "--"; the rest is the program.
_SEEN = """
while [ "$1" != -- ]; do
    mkdir -p "$2" && mount --bind "$1" "$2" || exit 125
    shift 2
done
shift
exec "$@"
"""


@cache
def _library() -> Path:
    (library,) = newer_libvirt().glob("usr/lib/*/libvirt.so.0")
    return library


def newer_version() -> int:
    """Its version as libvirt counts: 11_003_000 is 11.3.0. The library's own name has it."""
    return int(_library().resolve().name.split(".")[-2]) * 1000


def with_newer_libvirt(*command: str | Path) -> list[str]:
    """The command of a program that finds this libvirt in place of the machine's; mounts are the program's own."""
    root, libraries = newer_libvirt(), _library().parent
    places = [root / "usr/share/libvirt", "/usr/share/libvirt"]
    places += [libraries / "libvirt", Path("/", *libraries.relative_to(root).parts, "libvirt")]
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    in_it = ["env", f"LD_LIBRARY_PATH={libraries}", *map(str, command)]
    return ["unshare", *as_root, "--mount", "sh", "-c", _SEEN, "sh", *map(str, places), "--", *in_it]
