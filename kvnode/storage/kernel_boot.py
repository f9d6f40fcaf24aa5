"""The kernel and the initial ramdisk that a guest boots without a boot loader, out of an image.

Both lie in ``<private>/kernel-boot/``, which the guest's Pod sees as ``/var/run/kubevirt-private/kernel-boot/``, under
names of ours. They are this guest's alone and go with its disks. As with a disk, no name in an image becomes a path of
the host, and what isn't a plain file is refused.
"""

from __future__ import annotations

import os
from pathlib import Path

from kvnode.api.defaults_devices import pull_policy_default
from kvnode.api.firmware import KernelBootContainer
from kvnode.errors import InvalidImage, NotFound
from kvnode.storage.files import host_errors, make_folder
from kvnode.storage.images import ImageStore, Progress
from kvnode.storage.layers import extract_disk

FOLDER = "kernel-boot"
_FIELD = "spec.domain.firmware.kernelBoot.container"


def unpack_kernel(container: KernelBootContainer, images: ImageStore, private: Path, progress: Progress) -> None:
    """Makes ``kernel`` and ``initrd`` below ``private``, those of them that the manifest names.

    Raises NotFound or InvalidImage with the field's path, HostError where there is no room.
    """
    try:
        policy = container.image_pull_policy or pull_policy_default(container.image)
        image = images.ensure(container.image, policy, progress)
    except (NotFound, InvalidImage) as error:
        raise type(error)(f"{_FIELD}.image: {error}") from error
    layers = images.manifest_layers(image.digest)
    folder = private / FOLDER
    make_folder(folder)
    for name, path in (("kernel", container.kernel_path), ("initrd", container.initrd_path)):
        if not path:
            continue
        place = folder / name
        with host_errors("unpack the kernel", place), open(place, "x+b") as file:
            try:
                extract_disk(layers, images.open_blob, path, file, place, f"{name}Path")
            except InvalidImage as error:
                raise InvalidImage(f"{_FIELD}.{name}Path: {error}") from error
            os.fchmod(file.fileno(), 0o444)
