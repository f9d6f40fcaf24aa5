"""What has to be made on disk before a guest starts, as values.

One operation for each volume that becomes a file of the guest's own: a container disk's overlay, an empty disk, a
cloud-init seed.  The plan holds them and the domain XML names their ``path``; ``kvnode.storage`` carries them out.

Paths are the Pod's (the launcher's mount namespace has them in both modes), so no host path is in a plan.  A volume
is called by its *index* in ``spec.volumes``, never by its name: names come from a manifest, and a manifest's text
never becomes a path.  The same guest gives the same operations, byte for byte.
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from kvnode.api.defaults_devices import pull_policy_default
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.meta import LocalObjectReference
from kvnode.api.volumes import CloudInitNoCloudSource, ContainerDiskSource, EmptyDiskSource
from kvnode.errors import InvalidManifest
from kvnode.facts import VolumeFacts
from kvnode.planning.disk_files import CloudInitNoCloud, ContainerDisk, DiskOperation, EmptyDisk, MetaData
from kvnode.planning.hostname import guest_hostname
from kvnode.planning.refusal import bytes_of, invalid

DISKS_DIR = "/var/run/kubevirt-private/disks"
"""Where the guest's disks lie in its Pod: one folder for each volume, called by its index."""

BASE = "base"
OVERLAY = "overlay.qcow2"
EMPTY_DISK = "disk.qcow2"
CLOUD_INIT = "cloud-init.iso"

SECTOR_BYTES = 512

_PATHS = {
    file: tuple([f"{DISKS_DIR}/{index}/{file}" for index in range(16)])
    for file in (BASE, OVERLAY, EMPTY_DISK, CLOUD_INIT, "disk.img", "block")
}
"""The paths that nearly all guests have, by file and volume."""

_INSTANCETYPE_ANNOTATIONS = ("kubevirt.io/instancetype-name", "kubevirt.io/cluster-instancetype-name")
_encoded = msgspec.json.Encoder().encode


def disk_operations(
    vmi: VirtualMachineInstance, volumes: dict[str, VolumeFacts] | None = None
) -> tuple[DiskOperation, ...]:
    """Every file that the guest's volumes ask for, in the order of ``spec.volumes``.

    volumes  -- the host's facts by volume name: a container disk that lies elsewhere in the Pod has its ``path`` there

    Volumes of other kinds (claims, host disks) bring their own file and are passed over.  Raises InvalidManifest
    with the field's path where base64 or a capacity can't be read; validated manifests have neither fault.
    """
    operations: list[DiskOperation] = []
    for index, volume in enumerate(vmi.spec.volumes):
        if volume.container_disk is not None:
            facts = volumes.get(volume.name) if volumes is not None else None
            operations.append(_container_disk(index, volume.name, volume.container_disk, facts))
        elif volume.empty_disk is not None:
            operations.append(_empty_disk(index, volume.name, volume.empty_disk))
        elif volume.cloud_init_no_cloud is not None:
            operations.append(_cloud_init(index, volume.name, volume.cloud_init_no_cloud, vmi))
    return tuple(operations)


def volume_path(index: int, file: str) -> str:
    """A file of the volume at ``index``, as the Pod sees it."""
    paths = _PATHS.get(file, ())
    return paths[index] if index < len(paths) else f"{DISKS_DIR}/{index}/{file}"


def _container_disk(index: int, name: str, source: ContainerDiskSource, facts: VolumeFacts | None) -> ContainerDisk:
    return ContainerDisk(
        index,
        name,
        source.image,
        volume_path(index, OVERLAY),
        (facts.path if facts is not None else None) or volume_path(index, BASE),
        source.path or None,
        source.image_pull_policy or pull_policy_default(source.image),
    )


def _empty_disk(index: int, name: str, source: EmptyDiskSource) -> EmptyDisk:
    field = f"spec.volumes[{index}].emptyDisk.capacity"
    capacity = bytes_of(field, source.capacity)
    if capacity < SECTOR_BYTES:
        message = f"{str(source.capacity)[:60]!r} is {capacity} bytes, less than one sector of {SECTOR_BYTES}"
        raise invalid(field, message)
    sectors = -(-capacity // SECTOR_BYTES)
    return EmptyDisk(index, name, sectors * SECTOR_BYTES, volume_path(index, EMPTY_DISK))


def _cloud_init(index: int, name: str, source: CloudInitNoCloudSource, vmi: VirtualMachineInstance) -> CloudInitNoCloud:
    user_data = _data(index, "userData", source.user_data, source.user_data_base64)
    network_data = _data(index, "networkData", source.network_data, source.network_data_base64)
    return CloudInitNoCloud(
        index,
        name,
        volume_path(index, CLOUD_INIT),
        cloud_init_meta_data(vmi),
        user_data,
        network_data,
        _referenced(source.secret_ref, user_data),
        _referenced(source.network_data_secret_ref, network_data),
    )


def cloud_init_meta_data(vmi: VirtualMachineInstance) -> bytes:
    """cloud-init's ``meta-data`` as JSON, which is YAML too.

    The instance-id is ``<host name>.<namespace>``, as KubeVirt has it: stable while a VirtualMachine is stopped and
    started, so that a guest on a disk that lasts runs its first-boot steps once and not at each start.
    """
    annotations: dict[str, str] | None = vmi.metadata.annotations
    hostname, instancetype = guest_hostname(vmi), None
    if annotations:
        for name in _INSTANCETYPE_ANNOTATIONS:
            instancetype = instancetype or annotations.get(name) or None
    return _encoded(MetaData(f"{hostname}.{vmi.metadata.namespace or 'default'}", hostname, instancetype))


def _data(index: int, name: str, text: str | None, encoded: str | None) -> bytes | None:
    """What a field holds as text, or else the one beside it in base64."""
    if text:
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            raise _fault(index, name, f"the character at {error.start} is half of a surrogate pair") from None
    if encoded:
        try:
            return base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise _fault(index, f"{name}Base64", f"this is not base64: {error}") from None
    return None


def _fault(index: int, field: str, message: str) -> InvalidManifest:
    return invalid(f"spec.volumes[{index}].cloudInitNoCloud.{field}", message)


def _referenced(reference: LocalObjectReference | None, data: bytes | None) -> str | None:
    """The Secret's name where the data is still to come from it."""
    if reference is None or data is not None:
        return None
    return reference.name or None
