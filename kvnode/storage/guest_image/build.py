"""Makes an image out of a recipe, once: a second build of the same inputs is a look into the cache.

The key of a build is a hash of all that its bytes are made from: each package's name, version and SHA-256, this
package's own code and guest files, the recipe, and the versions of qemu-img and zlib.  The same key gives the same
bytes on every host, so an image's digest says what it was made of.  A build happens in a folder of its own and is
renamed into place when it is whole; builds that run at once wait for each other and share the result.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import msgspec

from kvnode.storage.guest_image.boot_disk import (
    BootFiles,
    BootLoaders,
    convert_to_qcow2,
    qemu_img_version,
    write_boot_disk,
)
from kvnode.storage.guest_image.debian_packages import Package, PackageCache, PackageFiles
from kvnode.storage.guest_image.fault import GuestImageError
from kvnode.storage.guest_image.initramfs import build_initramfs, guest_files
from kvnode.storage.guest_image.kernel_modules import modules_with_dependencies
from kvnode.storage.guest_image.oci_layout import write_oci_layout
from kvnode.storage.guest_image.recipe import Recipe
from kvnode.storage.guest_image.tool import MAKE_ROOM, require_room

Progress = Callable[[str], None]

_BUSYBOX, _SYSLINUX, _MTOOLS, _SYSTEMD_BOOT = "busybox-static", "syslinux", "mtools", "systemd-boot-efi"
_KEEP_DAYS = 30


class Build(msgspec.Struct, frozen=True):
    """A finished image in the cache: its qcow2 disk, its OCI layout (a folder), and the key of its inputs."""

    disk: Path
    layout: Path
    key: str


def build_image(recipe: Recipe, cache: Path, progress: Progress) -> Build:
    """The image of a recipe, from the cache or made now.

    cache    -- a folder for packages and finished images; made where it is missing
    progress -- called with a line for each step that takes time

    Raises GuestImageError: no network and nothing cached, a tool or package that is missing, no room.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / "lock", progress):
            packages = PackageCache(cache, progress)
            build = _found_or_built(recipe, cache, packages, progress)
            _forget_unused(cache)
            return build
    except OSError as error:
        where = error.filename or cache
        raise GuestImageError(f"{recipe.name} can't be built: {where}: {error.strerror}; {MAKE_ROOM}") from error


def build_key(recipe: Recipe, packages: list[Package], writers: list[str]) -> str:
    """SHA-256 (hex) over everything that decides an image's bytes.

    writers -- the host's programs and libraries that write some of them, each with its version
    """
    digest = hashlib.sha256()
    for package in sorted(packages, key=lambda package: package.name):
        digest.update(msgspec.json.encode([package.name, package.version, package.sha256]))
    digest.update(msgspec.json.encode([recipe, writers]))
    for path, content in {**_own_code(), **guest_files()}.items():
        digest.update(msgspec.json.encode([path, hashlib.sha256(content).hexdigest()]))
    return digest.hexdigest()


def _writers() -> list[str]:
    return [qemu_img_version(), f"zlib {zlib.ZLIB_RUNTIME_VERSION}"]


def _own_code() -> dict[str, bytes]:
    folder = files("kvnode.storage.guest_image")
    return {item.name: item.read_bytes() for item in sorted(folder.iterdir(), key=str) if item.name.endswith(".py")}


def _found_or_built(recipe: Recipe, cache: Path, packages: PackageCache, progress: Progress) -> Build:
    inputs = _resolve(recipe, packages)
    build = _place(recipe, cache, inputs)
    if _is_finished(build):
        os.utime(build.disk.parent)
        progress(f"{recipe.name}: unchanged since it was last built ({build.key[:12]})")
        return build
    try:
        packages.fetch(inputs.values())
    except GuestImageError:
        # Lists name what the mirror had when they were made; a security update takes the old file's place.
        packages.refresh()
        inputs = _resolve(recipe, packages)
        build = _place(recipe, cache, inputs)
        packages.fetch(inputs.values())
    if not _is_finished(build):
        progress(f"{recipe.name}: building from {', '.join(map(str, inputs.values()))}")
        _make(build, recipe, packages, inputs, progress)
    return build


def _forget_unused(cache: Path) -> None:
    """Remove what no build has asked for in a month: images of older inputs, packages that nobody has any more."""
    long_ago = time.time() - _KEEP_DAYS * 86400
    for path in [*(cache / "built").iterdir(), *(cache / "packages").iterdir()]:
        if path.stat().st_mtime > long_ago:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _place(recipe: Recipe, cache: Path, inputs: dict[str, Package]) -> Build:
    """Where in the cache the image of these inputs is, or will be."""
    key = build_key(recipe, list(inputs.values()), _writers())
    folder = cache / "built" / f"{recipe.name}-{key[:20]}"
    return Build(folder / "disk.qcow2", folder / "oci", key)


def _is_finished(build: Build) -> bool:
    return (build.layout / "oci-layout").exists() and build.disk.exists()


def _resolve(recipe: Recipe, packages: PackageCache) -> dict[str, Package]:
    """The packages that the recipe needs; the kernel's under the key ``kernel``, the others by name.

    The kernel's package is named by the meta package, and carries its version in its name.
    """
    found = packages.resolve([recipe.kernel_package, _BUSYBOX, _SYSLINUX, _MTOOLS, _SYSTEMD_BOOT])
    meta = found.pop(recipe.kernel_package)
    match = re.search(r"(?:^|[ ,|])(linux-image-[0-9][^ ,|(]*)", meta.depends)
    if match is None:
        raise GuestImageError(
            f"{meta} depends on no package linux-image-VERSION (it depends on {meta.depends or 'nothing'}): "
            "use a host with Debian 12 sources"
        )
    name = match[1]
    return {"kernel": packages.resolve([name])[name], **found}


def _make(build: Build, recipe: Recipe, packages: PackageCache, inputs: dict[str, Package], progress: Progress) -> None:
    done = build.disk.parent
    done.parent.mkdir(exist_ok=True)
    # The kernel's package is unpacked on the way: to some six times its size, as xz packs modules.
    require_room(done.parent, 64_000_000 + 8 * inputs["kernel"].size, f"making {recipe.name}")
    with tempfile.TemporaryDirectory(dir=done.parent, prefix="building-") as scratch:
        new, work = Path(scratch) / "new", Path(scratch) / "work"
        (new / "oci").mkdir(parents=True)
        work.mkdir()
        boot, date = _boot_files(recipe, packages, inputs, progress)
        progress(f"{recipe.name}: making the disk (syslinux for BIOS, systemd-boot for UEFI)")
        raw = work / "disk.raw"
        write_boot_disk(raw, boot, _boot_loaders(packages, inputs), int(build.key[:8], 16), date, work)
        convert_to_qcow2(raw, new / "disk.qcow2")
        labels = {f"kvnode.package.{package.name}": package.version for package in inputs.values()}
        labels["kvnode.key"] = build.key
        digest = write_oci_layout(new / "oci", new / "disk.qcow2", recipe.reference, labels, date)
        if done.exists():  # not whole, or it would have been used: what an interrupted removal left
            shutil.rmtree(done)
        os.rename(new, done)
    progress(f"{recipe.name}: built, {build.disk.stat().st_size / 1e6:.1f} MB, {digest[:19]}")


def _boot_files(
    recipe: Recipe, packages: PackageCache, inputs: dict[str, Package], progress: Progress
) -> tuple[BootFiles, int]:
    """Kernel and initramfs, and the date that everything in the image bears: when Debian built that kernel."""
    with packages.opened(inputs[_BUSYBOX]) as package:
        busybox = package.read("bin/busybox" if package.paths("bin/busybox") else "usr/bin/busybox")
    with packages.opened(inputs["kernel"]) as package:
        kernel_path = _only(package, r"boot/vmlinuz-.*", inputs["kernel"])
        version = kernel_path.removeprefix("boot/vmlinuz-")
        folder = re.match(r"(?:usr/)?", package.paths(rf"(?:usr/)?lib/modules/{re.escape(version)}/modules\.order")[0])
        assert folder is not None
        prefix = f"{folder[0]}lib/modules/{version}/"
        builtin = package.read(prefix + "modules.builtin").decode().split()
        modules, absent = modules_with_dependencies(
            [*recipe.needed_modules, *recipe.welcome_modules],
            [path.removeprefix(prefix) for path in package.paths(re.escape(prefix) + r".*\.ko(\.[a-z0-9]+)?")],
            lambda path: package.read(prefix + path),
            frozenset(path.rsplit("/", 1)[-1].removesuffix(".ko").replace("-", "_") for path in builtin),
        )
        kernel, date = package.read(kernel_path), package.modified(kernel_path)
    if lacking := [name for name in recipe.needed_modules if name in absent]:
        raise GuestImageError(f"{inputs['kernel']} lacks the modules {', '.join(lacking)}, which {recipe.name} needs")
    progress(f"{recipe.name}: kernel {version} with {len(modules)} modules")
    initramfs = build_initramfs(busybox, version, modules, date)
    return BootFiles(kernel, initramfs, recipe.command_line, f"kvnode-{recipe.name}"), date


def _boot_loaders(packages: PackageCache, inputs: dict[str, Package]) -> BootLoaders:
    with packages.opened(inputs[_SYSLINUX]) as package:
        syslinux, mbr = package.read("usr/bin/syslinux"), package.read("usr/lib/SYSLINUX/mbr.bin")
    with packages.opened(inputs[_MTOOLS]) as package:
        mtools = package.read("usr/bin/mtools")
    with packages.opened(inputs[_SYSTEMD_BOOT]) as package:
        systemd_boot = package.read("usr/lib/systemd/boot/efi/systemd-bootx64.efi")
    return BootLoaders(syslinux, mtools, mbr, systemd_boot)


def _only(package: PackageFiles, pattern: str, whose: Package) -> str:
    paths = package.paths(pattern)
    if len(paths) != 1:
        raise GuestImageError(f"{whose} has {len(paths)} files like /{pattern}, one was expected")
    return paths[0]


@contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[None]:
    """Holds the cache for one build; the lock goes with the process, however that ends."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("another image is being built in this cache: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
