"""The kernel that a guest boots directly: out of its image, and nothing that only looks like it."""

import stat
import tarfile

import pytest

from kvnode.api.firmware import KernelBootContainer
from kvnode.errors import InvalidImage, NotFound
from kvnode.storage.images import ImageStore
from kvnode.storage.kernel_boot import unpack_kernel
from tests.images.packed import layout, special, tar

REFERENCE = "localhost/test/kernel"


@pytest.fixture
def images(tmp_path):
    store = ImageStore(tmp_path / "images")
    layers = (
        tar(("boot/vmlinuz", b"an older kernel"), ("boot/initrd", b"ramdisk")),
        tar(("boot/vmlinuz", b"kernel"), special("boot/link", tarfile.SYMTYPE, "vmlinuz")),
    )
    store.add(layout(tmp_path / "layout", *layers), REFERENCE, len)
    return store


def unpacked(images, private, **paths):
    unpack_kernel(KernelBootContainer(REFERENCE, "Never", **paths), images, private, len)
    return {path.name: path.read_bytes() for path in (private / "kernel-boot").iterdir()}


def test_the_topmost_of_each_file_is_unpacked_to_be_read_only(images, tmp_path):
    made = unpacked(images, tmp_path / "private", kernel_path="/boot/vmlinuz", initrd_path="/boot/initrd")
    assert made == {"kernel": b"kernel", "initrd": b"ramdisk"}
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "private/kernel-boot").iterdir()}
    assert modes == {0o444}


def test_a_ramdisk_may_come_alone(images, tmp_path):
    assert unpacked(images, tmp_path / "private", initrd_path="/boot/initrd") == {"initrd": b"ramdisk"}


@pytest.mark.parametrize(
    ("paths", "field", "words"),
    [
        ({"kernel_path": "/boot/none"}, "kernelPath", "the image has no file /boot/none, which kernelPath names"),
        ({"kernel_path": "/boot/link"}, "kernelPath", "is a symlink; kernelPath has to name a plain file"),
        ({"initrd_path": "/boot/../etc"}, "initrdPath", "leads out of the image"),
        ({"initrd_path": "/"}, "initrdPath", "names no file"),
    ],
)
def test_what_is_no_file_of_the_image_is_refused_by_its_field(images, tmp_path, paths, field, words):
    with pytest.raises(InvalidImage) as error:
        unpacked(images, tmp_path / "private", **paths)
    assert str(error.value).startswith(f"spec.domain.firmware.kernelBoot.container.{field}: ")
    assert words in str(error.value)


def test_an_image_that_is_not_there(tmp_path):
    with pytest.raises(NotFound) as error:
        unpacked(ImageStore(tmp_path / "images"), tmp_path / "private", kernel_path="/k")
    assert str(error.value).startswith("spec.domain.firmware.kernelBoot.container.image: ")
