"""A guest that boots a kernel out of an image, without a boot loader and with the arguments that it is given.

Its panic at the end is told by the device that it has for that.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.cluster.images import Link, Program, write_image
from kvnode.paths import NodePaths
from kvnode.storage.guest_image import TINY
from kvnode.storage.guest_image.build import _boot_files, _resolve
from kvnode.storage.guest_image.debian_packages import PackageCache
from tests.guest.conftest import Guests, wait_for
from tests.guest.test_lifecycle import variant

IMAGE = "localhost/kvnode/kernel:1"
ARGUMENTS = "console=ttyS0 panic=1 told=by-the-manifest"
CONTAINER = {"image": IMAGE, "kernelPath": "/boot/vmlinuz", "initrdPath": "/boot/initrd"}


@pytest.fixture
def kernel_image(guests: Guests, tmp_path: Path) -> None:
    """An image with the kernel and the ramdisk of the tiny guest, and nothing that could be a disk."""
    packages = PackageCache(NodePaths.here().cache / "guest-images", lambda _line: None)
    inputs = _resolve(TINY, packages)
    packages.fetch(inputs.values())
    boot, _ = _boot_files(TINY, packages, inputs, lambda _line: None)
    files = {"boot/vmlinuz": Program(boot.kernel, 0o644), "boot/initrd": Program(boot.initramfs, 0o600)}
    write_image(tmp_path / "kernel.tar", IMAGE, {**files, "boot/link": Link("vmlinuz")}, {})
    guests.kvnode("image", "add", tmp_path / "kernel.tar", "--as", IMAGE)


def test_a_kernel_and_its_arguments_come_from_the_manifest(guests: Guests, kernel_image: None, tmp_path: Path) -> None:
    boot = {"kernelArgs": ARGUMENTS, "container": CONTAINER}
    panics = [{"model": "isa"}]
    manifest = variant(tmp_path, domain__firmware={"kernelBoot": boot}, domain__devices__panicDevices=panics)
    guests.detach(manifest, "direct")
    wait_for("the guest", lambda: "ready after" in guests.kvnode("logs", "direct").stdout)
    printed = guests.type("direct", "cat /proc/cmdline")
    assert ARGUMENTS in printed
    assert "BOOT_IMAGE" not in printed  # what a boot loader says of itself
    assert "SYSLINUX" not in guests.kvnode("logs", "direct").stdout
    guests.type("direct", "echo c >/proc/sysrq-trigger")
    wait_for("its end", lambda: guests.listed("direct")["phase"] == "Failed")
    assert guests.listed("direct")["message"] == "the guest's kernel panicked"
    guests.kvnode("stop", "direct")

    for path, words in (("/boot/none", "has no file /boot/none"), ("/boot/link", "is a symlink")):
        wrong = {"container": {**CONTAINER, "kernelPath": path}}
        manifest = variant(tmp_path, domain__firmware={"kernelBoot": wrong})
        refused = guests.kvnode("run", str(manifest), "--name", "wrong", "--detach", status=1).stderr
        assert "spec.domain.firmware.kernelBoot.container.kernelPath: " in refused
        assert words in refused
