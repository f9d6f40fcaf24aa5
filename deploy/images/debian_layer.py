"""The layer of Debian's packages: unpacked and merged, never installed.

apt says which packages the wanted ones need on a machine that has none, and fetches them checked; no maintainer script
runs, so nothing here needs root or a chroot. What scripts would have done and what is needed of it is done here: the
merged /usr, the users, compiled Python modules. Left out is what only a person at a terminal reads, firmware of other
machines, and packages that are there for maintainer scripts alone.
"""

import re
import sys
import tarfile
import tempfile
from pathlib import Path

from deploy.images.layer import Layer, kept_file
from deploy.setup.cache import cache_folder, key_of
from kvnode.storage.guest_image.debian_packages import Package, PackageCache, Progress
from kvnode.storage.guest_image.fault import GuestImageError
from kvnode.storage.guest_image.tool import run_tool

WANTED = (
    "base-files",
    "libc-bin",  # the locale C.UTF-8
    "busybox-static",  # for whoever has to look into a container
    "python3",
    "qemu-system-x86",
    "qemu-utils",
    "seabios",
    "ipxe-qemu",
    "libvirt-daemon",
    "libvirt-daemon-driver-qemu",
    "dnsmasq-base",
    "nftables",
    "util-linux",  # nsenter
)
# Needed by maintainer scripts, or data that no program of ours asks for.
SCRIPTS_ONLY = frozenset(
    ("adduser", "debconf", "dpkg", "iso-codes", "libasound2-data", "passwd", "perl-base", "readline-common", "tar")
)
_LEFT_OUT = re.compile(
    r"usr/share/(doc|man|info|locale|lintian|bash-completion|zsh|icons|applications|doc-base|common-licenses|bug"
    r"|gcc|polkit-1|systemtap|perl5|metainfo|gdb|pixmaps|menu)(/|$)"
    r"|usr/share/(qemu|seabios)/(?!(bios|bios-256k|vgabios.*|kvmvapic|linuxboot.*|multiboot.*|pvh|efi-virtio|pxe-virtio"
    r"|efi-e1000e?|pxe-e1000|efi-rtl8139|pxe-rtl8139)\.(bin|rom)$).+\.(bin|lid|img|elf|rom|dtb|fd)$"
    r"|usr/lib/python3[^/]*/(idlelib|lib2to3|turtledemo|tkinter|ensurepip|pydoc_data)(/|$)"
    r"|usr/lib/(systemd|udev|tmpfiles\.d|sysusers\.d)(/|$)|etc/(init\.d|default|logrotate\.d|cron[^/]*|apparmor\.d)(/|$)"
    r"|var/(cache|log|mail|spool)(/|$)"
)
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_PASSWD = """\
root:x:0:0:root:/root:/bin/sh
dnsmasq:x:106:65534:dnsmasq:/var/lib/misc:/usr/sbin/nologin
libvirt-qemu:x:107:107:guests:/tmp:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
_GROUP = "root:x:0:\nlibvirt-qemu:x:107:\nnogroup:x:65534:\n"


def debian_layer(progress: Progress) -> Path:
    """The layer's tar file, from the cache or made now. Raises GuestImageError."""
    cache = PackageCache(_folder(), progress)
    packages = _closure(cache, progress)
    key = key_of(*(f"{package} {package.sha256}" for package in packages), Path(__file__), sys.version)
    return kept_file("image-layers", key, "debian.tar", lambda target: _make(target, cache, packages, progress))


def _folder() -> Path:
    """Where PackageCache keeps its lists, and its packages by their SHA-256."""
    return cache_folder() / "debian"


def _closure(cache: PackageCache, progress: Progress) -> list[Package]:
    """Every package that the wanted ones need, as apt resolves it for a machine that has none."""
    cache.resolve(WANTED)  # fetches lists where the host has none
    with tempfile.NamedTemporaryFile() as nothing:
        command = ["apt-get", "-s", "-o", f"Dir::State::status={nothing.name}", "-o", "APT::Install-Recommends=0"]
        lists = _folder() / "apt/lists"
        private = ["-o", f"Dir::State::lists={lists}"] if lists.is_dir() else []
        asked = run_tool(
            [*command, *private, "install", *WANTED],
            would_do="run apt-get update, and try again",
            timeout_s=120,
        )
    names = re.findall(r"^Inst (\S+)", asked.stdout.decode(), re.MULTILINE)
    found = cache.resolve(sorted({name.partition(":")[0] for name in names} - SCRIPTS_ONLY))
    progress(f"Debian: {len(found)} packages")
    return [found[name] for name in sorted(found)]


def _make(target: Path, cache: PackageCache, packages: list[Package], progress: Progress) -> None:
    cache.fetch(packages)
    layer = Layer()
    for folder in _MERGED[:5]:
        layer.folder(f"usr/{folder}")
        layer.link(folder, f"usr/{folder}")
    for package in packages:
        _unpack(layer, package)
    for path, mode in (("tmp", 0o1777), ("run", 0o755), ("var/tmp", 0o1777), ("root", 0o755), ("proc", 0o555)):
        layer.folder(path, mode)
    for path in ("sys", "dev", "var/lib/misc", "var/lib/kvnode", "var/log"):
        layer.folder(path)
    layer.link("var/run", "/run")
    layer.link("usr/bin/sh", "busybox")
    layer.file("etc/passwd", _PASSWD.encode())
    layer.file("etc/group", _GROUP.encode())
    layer.compile_modules(f"usr/lib/python3.{sys.version_info.minor}")
    digest = layer.write(target)
    progress(f"Debian: a layer of {target.stat().st_size / 1e6:.0f} MB, sha256:{digest[:12]}")


def _unpack(layer: Layer, package: Package) -> None:
    """Merge one package's files into the layer."""
    with tempfile.TemporaryFile() as data:
        run_tool(
            ["dpkg-deb", "--fsys-tarfile", _folder() / "packages" / f"{package.sha256}.deb"],
            would_do="an image is made from Debian's packages, so this needs a Debian host (apt and dpkg)",
            stdout=data.fileno(),
        )
        data.seek(0)
        with tarfile.open(fileobj=data, mode="r:") as tar:
            for member in tar:
                _merge(layer, package, tar, member)


def _merge(layer: Layer, package: Package, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    path = _merged(member.name)
    if path is None or _LEFT_OUT.match(path):
        return
    if member.isdir():
        if not layer.is_link(path):
            layer.folder(path, member.mode & 0o1777 | 0o555)
    elif member.issym():
        layer.link(path, member.linkname)
    elif member.isreg() or member.islnk():
        opened = tar.extractfile(member)
        assert opened is not None, "a file, or a hard link to one, can be opened"
        # Programs that change their user are of no use to processes that may not.
        layer.file(path, opened.read(), member.mode & 0o777 | 0o444)
    else:
        raise GuestImageError(f"{package} has a device at /{path}: report it, images have none")


def _merged(name: str) -> str | None:
    """A package's path in the merged /usr; None for the root and for what is a link there."""
    path = name.removeprefix("./").strip("/")
    if not path or path == "." or path in _MERGED or path == "var/run":
        return None
    return f"usr/{path}" if path.split("/", 1)[0] in _MERGED else path
