"""Debian packages as ingredients: found, fetched and read, never installed.

apt does what it is good at: it knows the mirrors, checks the archive's signature over its lists and each package
against them.  Nothing of the host changes: packages land in a cache of ours, and where the host's own lists don't do
(a fresh machine that never ran ``apt-get update``, or lists so old that the mirror has dropped what they name) lists
are fetched into a private folder beside it.

A package is known by name, version and SHA-256, which is what a build's key is made of.  The hash is checked again each
time a cached file is used.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from kvnode.storage.guest_image.fault import GuestImageError
from kvnode.storage.guest_image.tool import last_words, require_room, run_tool

Progress = Callable[[str], None]

_CHECK_SOURCES = (
    "check that the network is up and that /etc/apt names a Debian mirror, run apt-get update, and try again"
)
_LISTS_BYTES = 200_000_000
_INSTALL_APT = "an image is made from Debian's packages, so this needs a Debian host (apt and dpkg)"

# A host's apt may run hooks after an update (docker images delete the host's archives there); unsigned lists are
# refused whatever the host says.
_APT_CONF = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
APT::Get::AllowUnauthenticated "false";
APT::Architecture "amd64";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "";
"""


class Package(msgspec.Struct, frozen=True):
    """One version of one binary package, as the archive's signed lists describe it; ``size`` is in bytes."""

    name: str
    version: str
    sha256: str
    size: int
    depends: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class PackageCache:
    """Fetches packages and keeps their files, by SHA-256, in ``folder``/packages."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._files = folder / "packages"
        self._apt = folder / "apt"
        self._lists = self._apt / "lists"
        self._progress = progress
        # Whether what was resolved last is known from the private lists, so that it is fetched by the same ones.
        self._by_private = False
        self._files.mkdir(parents=True, exist_ok=True)
        self._apt.mkdir(parents=True, exist_ok=True)
        self._conf = self._apt / "apt.conf"
        self._conf.write_text(_APT_CONF)

    def resolve(self, names: Iterable[str]) -> dict[str, Package]:
        """The version of each package that apt would install now, by name.

        Asks the newer one of the host's lists and the private ones, then the other, and fetches private ones when
        neither names all the packages.
        """
        wanted = list(names)
        for private in self._shops():
            found = self._ask(wanted, private)
            if len(found) == len(wanted):
                self._by_private = private
                return found
        said = self.refresh()
        found = self._ask(wanted, private=True)
        missing = [name for name in wanted if name not in found]
        if missing:
            because = f" (fetching lists: {said})" if said else ""
            raise GuestImageError(f"apt finds no package {', '.join(missing)} for amd64{because}: {_CHECK_SOURCES}")
        self._by_private = True
        return found

    def refresh(self) -> str:
        """Fetch the lists of the host's sources into the private folder; what apt complained about on the way."""
        self._progress("package lists: fetching them (kept apart from the host's)")
        require_room(self._apt, _LISTS_BYTES, "fetching Debian's package lists")
        (self._lists / "partial").mkdir(parents=True, exist_ok=True)
        # Some source of the host may be unreachable and of no interest: whether what matters came, the next question
        # tells.
        ended = run_tool(
            [*self._command("apt-get", private=True), "-q", "update"],
            would_do=_CHECK_SOURCES,
            timeout_s=300,
            expected=(0, 100),
        )
        return last_words(ended.stderr)

    def fetch(self, packages: Iterable[Package]) -> None:
        """Have every package's file here, whole: those that are missing or damaged come from the mirror, at once.

        Raises GuestImageError where one can't be had: the network, or lists older than what the mirror keeps.
        """
        missing = [package for package in packages if not self._is_whole(package)]
        if not missing:
            return
        require_room(self._files, 3 * sum(package.size for package in missing), "fetching packages")
        for package in missing:
            self._progress(f"{package}: fetching {package.size / 1e6:.1f} MB")
        with tempfile.TemporaryDirectory(dir=self._files, prefix="fetch-") as scratch:
            folder = Path(scratch) / "apt"
            folder.mkdir()
            os.chmod(scratch, 0o711)
            _let_apt_write(folder)
            run_tool(
                [
                    *self._command("apt-get", private=self._by_private),
                    *("-q", "download", *(f"{package.name}={package.version}" for package in missing)),
                ],
                would_do=_CHECK_SOURCES,
                timeout_s=900,
                cwd=folder,
            )
            # Copies, out of apt's hands before they are looked at: what the cache holds belongs to whoever builds.
            copies = (shutil.copyfile(path, Path(scratch) / path.name) for path in folder.glob("*.deb"))
            came = {_sha256(path): path for path in copies}
            for package in missing:
                if package.sha256 not in came:
                    raise GuestImageError(
                        f"{package} did not come with SHA-256 {package.sha256}, which the archive's lists give it: "
                        "a proxy or mirror changes files on the way; use another mirror"
                    )
                os.replace(came[package.sha256], self._path(package))

    @contextmanager
    def opened(self, package: Package) -> Iterator[PackageFiles]:
        """The files inside of a fetched package, for reading."""
        with tempfile.TemporaryFile(dir=self._files) as data:
            run_tool(["dpkg-deb", "--fsys-tarfile", self._path(package)], would_do=_INSTALL_APT, stdout=data.fileno())
            data.seek(0)
            with tarfile.open(fileobj=data, mode="r:") as tar:
                yield PackageFiles(package, tar)

    def _is_whole(self, package: Package) -> bool:
        path = self._path(package)
        if not path.exists() or _sha256(path) != package.sha256:
            return False
        os.utime(path)  # it is in use: the cache keeps what is asked for
        return True

    def _path(self, package: Package) -> Path:
        return self._files / f"{package.sha256}.deb"

    def _shops(self) -> list[bool]:
        """Which lists to ask, in order: True stands for the private ones.  apt gives a list the time at which the
        archive made it, so the newer of two of the same name knows more."""
        private = _list_times(self._lists)
        if not private:
            return [False]
        host = _list_times(self._host_lists())
        newer = any(private[name] > host[name] for name in private.keys() & host.keys())
        return [True, False] if newer or not host else [False, True]

    def _host_lists(self) -> Path:
        shown = run_tool(["apt-config", "shell", "LISTS", "Dir::State::lists/d"], would_do=_INSTALL_APT)
        match = re.fullmatch(r"LISTS='(.*)'\n", shown.stdout.decode(errors="replace"))
        return Path(match[1] if match else "/var/lib/apt/lists")

    def _command(self, tool: str, *, private: bool) -> list[str]:
        # apt keeps its lists in a quick form beside its other caches: in ours, since it writes there.
        folder = self._apt / ("private" if private else "host")
        (folder / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        words = [tool, "-c", str(self._conf), "-o", f"Dir::Cache={folder}"]
        return [*words, "-o", f"Dir::State::lists={self._lists}"] if private else words

    def _ask(self, names: list[str], private: bool) -> dict[str, Package]:
        # One that apt doesn't know makes it say 100, and print the others all the same.
        shown = run_tool(
            [*self._command("apt-cache", private=private), "show", "--no-all-versions", *names],
            would_do=_INSTALL_APT,
            expected=(0, 100),
        )
        found = {}
        for paragraph in shown.stdout.decode(errors="replace").split("\n\n"):
            package = _package_of(paragraph)
            if package is not None and package.name in names:
                found[package.name] = package
        return found


class PackageFiles:
    """The files of an opened package, by their path without the leading ``./``."""

    def __init__(self, package: Package, tar: tarfile.TarFile) -> None:
        self._package = package
        self._tar = tar
        self._members = {member.name.removeprefix("./"): member for member in tar.getmembers()}

    def paths(self, pattern: str) -> list[str]:
        """The regular files whose whole path matches a regular expression, sorted."""
        match = re.compile(pattern).fullmatch
        return sorted(path for path, member in self._members.items() if member.isfile() and match(path))

    def read(self, path: str) -> bytes:
        """The bytes of one file."""
        return self._open(path).read()

    def modified(self, path: str) -> int:
        """When the package says that the file was last changed: seconds since 1970, the same on every host."""
        return int(self._member(path).mtime)

    def _member(self, path: str) -> tarfile.TarInfo:
        member = self._members.get(path)
        if member is None or not member.isfile():
            raise GuestImageError(
                f"{self._package} has no file /{path}: this version is laid out in another way; "
                "use a host with Debian 12 sources, or report it"
            )
        return member

    def _open(self, path: str) -> IO[bytes]:
        opened = self._tar.extractfile(self._member(path))
        assert opened is not None, "a regular file can be opened"
        return opened


def _package_of(paragraph: str) -> Package | None:
    """A paragraph of ``apt-cache show`` as a Package; None for one that no mirror has (installed here, known from
    dpkg's status alone), since it has no file."""
    fields: dict[str, str] = {}
    for line in paragraph.splitlines():
        name, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            fields.setdefault(name, value.strip())
    try:
        return Package(
            name=fields["Package"],
            version=fields["Version"],
            sha256=fields["SHA256"],
            size=int(fields["Size"]),
            depends=fields.get("Depends", ""),
        )
    except (KeyError, ValueError):
        return None


def _let_apt_write(folder: Path) -> None:
    """Started by root, apt fetches as its user ``_apt``; that one has to be able to write here."""
    if os.geteuid() != 0:
        return
    try:
        shutil.chown(folder, "_apt")
    except LookupError:
        return  # a host without that user: apt then fetches as root, as it says itself


def _list_times(folder: Path) -> dict[str, float]:
    return {path.name: path.stat().st_mtime for path in folder.glob("*Release")}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
