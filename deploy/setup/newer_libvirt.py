"""Unpacks the libvirt of Debian's backports, whose schema and parser the suite holds every domain against.

Guests run on the libvirt that Debian 12 has installed. What is newer is only read and run from the cache: its library,
its QEMU driver, its schemas and CPU models, of the packages below and as they are. apt fetches them by lists of its
own, signed by the same keys as the host's; nothing is installed, and a second run asks the network for nothing.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.setup.cache import forget_old, kept, key_of

SUITE = "bookworm-backports"
PACKAGES = ("libvirt0", "libvirt-common", "libvirt-daemon-driver-qemu")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
ARCHIVE = "http://deb.debian.org/debian"
# An image's apt may run hooks after an update (docker images delete the host's archives there).
CONFIGURATION = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::AllowInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
Dir::Etc::sourceparts "/dev/null";
"""


class NotFetched(Exception):
    """What apt, dpkg or the loader said against it, with what would do."""


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What a command prints; NotFetched with its last words where it fails."""
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise NotFetched(f"{command[0]} ended with status {done.returncode}:\n{said}")
    return done.stdout


def archive() -> str:
    """The mirror that the host's own apt uses for Debian, or Debian's own address."""
    said = run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages")
    mirrors = re.findall(rf"^(\S+) {SUITE.partition('-')[0]}$", said, re.MULTILINE)
    return mirrors[0] if mirrors else ARCHIVE


def unpack_into(folder: Path) -> None:
    """Fetch the packages and merge their files below ``folder``. Raises NotFetched."""
    print(f"fetching {', '.join(PACKAGES)} of {SUITE}", flush=True)
    with tempfile.TemporaryDirectory(prefix="kvnode-libvirt-") as scratch:
        work = Path(scratch)
        work.chmod(0o711)
        came = work / "came"
        for place in (work / "lists/partial", work / "cache/archives/partial", came):
            place.mkdir(parents=True)
        if os.geteuid() == 0:
            # Started by root, apt fetches as a user of its own.
            shutil.chown(came, "_apt")
        (work / "apt.conf").write_text(CONFIGURATION)
        (work / "sources.list").write_text(f"deb [signed-by={KEYRING}] {archive()} {SUITE} main\n")
        places = {"Dir::Etc::sourcelist": "sources.list", "Dir::State::lists": "lists", "Dir::Cache": "cache"}
        options = [f"-o{name}={work / place}" for name, place in places.items()]
        apt = ("apt-get", "-q", "-c", work / "apt.conf", *options)
        run(*apt, "update")
        run(*apt, "download", *(f"{package}/{SUITE}" for package in PACKAGES), cwd=came)
        for package in sorted(came.glob("*.deb")):
            run("dpkg-deb", "--extract", package, folder)
    require_whole(folder)


def require_whole(folder: Path) -> None:
    """Refuse what the suite couldn't use: no schema, or a library that lacks another one here."""
    libraries = [*folder.glob("usr/lib/*/libvirt.so.0"), *folder.glob("usr/lib/*/libvirt/*/libvirt_driver_qemu.so")]
    if len(libraries) != 2 or not folder.joinpath("usr/share/libvirt/schemas/domain.rng").exists():
        raise NotFetched(f"the packages {', '.join(PACKAGES)} of {SUITE} are laid out in another way")
    for library in libraries:
        needed = run("env", f"LD_LIBRARY_PATH={libraries[0].parent}", "ldd", library)
        lacking = re.findall(r"^\s*(\S+) => not found", needed, re.MULTILINE)
        if lacking:
            raise NotFetched(f"{library.name} needs {', '.join(lacking)}: add its package to packages.txt")


def newer_libvirt() -> Path:
    """The folder that stands for ``/`` of the newer libvirt, from the cache or made now. Raises NotFetched."""
    return kept("libvirt", key_of(Path(__file__)), unpack_into)


def main() -> int:
    try:
        newer_libvirt()
    except NotFetched as failure:
        print(f"the libvirt of {SUITE} can't be had, which the suite checks domains with: {failure}", file=sys.stderr)
        return 3
    forget_old("libvirt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
