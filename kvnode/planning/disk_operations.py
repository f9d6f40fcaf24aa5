"""What has to be made on disk before a guest starts, as values.

One operation for each volume that becomes a file of the guest's own: a container disk's overlay, an empty disk, a
cloud-init seed.  The plan holds them and the domain XML names their ``path``; ``kvnode.storage`` carries them out.

Paths are the Pod's (the launcher's mount namespace has them in both modes), so no host path is in a plan.  A volume
is called by its *index* in ``spec.volumes``, never by its name: names come from a manifest, and a manifest's text
never becomes a path.  The same guest gives the same operations, byte for byte.
"""

import base64
import binascii
from collections.abc import Mapping

import msgspec

from kvnode.api.defaults_devices import pull_policy_default
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.meta import LocalObjectReference
from kvnode.api.volumes import CloudInitNoCloudSource, Volume
from kvnode.errors import VALUE_INVALID, FieldError, InvalidManifest
from kvnode.facts import VolumeFacts
from kvnode.planning.hostname import guest_hostname
from kvnode.planning.refusal import bytes_of

DISKS_DIR = "/var/run/kubevirt-private/disks"
"""Where the guest's disks lie in its Pod: one folder for each volume, called by its index."""

BASE = "base"
OVERLAY = "overlay.qcow2"
EMPTY_DISK = "disk.qcow2"
CLOUD_INIT = "cloud-init.iso"

SECTOR_BYTES = 512

_INSTANCETYPE_ANNOTATIONS = ("kubevirt.io/instancetype-name", "kubevirt.io/cluster-instancetype-name")


class ContainerDisk(msgspec.Struct, frozen=True, tag_field="kind", tag="containerDisk", gc=False):
    """A qcow2 overlay for this guest on the disk that a container image holds.

    index        -- position of the volume in ``spec.volumes``
    volume       -- the volume's name; for messages and for the facts' ``volumes`` key, never for a path
    image        -- the image's reference as the manifest has it
    image_path   -- the disk's path within the image, None for the one file in ``/disk``
    pull_policy  -- ``Always``, ``IfNotPresent`` or ``Never``
    path         -- the overlay, always qcow2: what the XML names as source
    base         -- the image's own disk, read-only, its format a host fact: the XML's backing store
    """

    index: int
    volume: str
    image: str
    path: str
    base: str
    image_path: str | None = None
    pull_policy: str = "IfNotPresent"


class EmptyDisk(msgspec.Struct, frozen=True, tag_field="kind", tag="emptyDisk", gc=False):
    """A blank qcow2 disk that grows as the guest writes and ends with it.

    capacity_bytes  -- what the guest sees, whole sectors
    path            -- the disk, always qcow2
    """

    index: int
    volume: str
    capacity_bytes: int
    path: str


class CloudInitNoCloud(msgspec.Struct, frozen=True, tag_field="kind", tag="cloudInitNoCloud", gc=False):
    """An ISO called ``cidata`` with the files of cloud-init's NoCloud source.

    user_data, network_data    -- bytes as the manifest has them; None where it has none, or where only a Secret does
    meta_data                  -- JSON: instance-id, local-hostname and, where one was used, instance-type
    user_data_secret,
    network_data_secret        -- names of Secrets that nobody has looked up yet (kvnode.planning.references does);
                                  what carries the operation out refuses it with them
    path                       -- the ISO, raw
    """

    index: int
    volume: str
    path: str
    meta_data: bytes
    user_data: bytes | None = None
    network_data: bytes | None = None
    user_data_secret: str | None = None
    network_data_secret: str | None = None


DiskOperation = ContainerDisk | EmptyDisk | CloudInitNoCloud


def disk_operations(
    vmi: VirtualMachineInstance, volumes: Mapping[str, VolumeFacts] | None = None
) -> tuple[DiskOperation, ...]:
    """Every file that the guest's volumes ask for, in the order of ``spec.volumes``.

    volumes  -- the host's facts by volume name: a container disk that lies elsewhere in the Pod has its ``path`` there

    Volumes of other kinds (claims, host disks) bring their own file and are passed over.  Raises InvalidManifest
    with the field's path where base64 or a capacity can't be read; validated manifests have neither fault.
    """
    operations: list[DiskOperation] = []
    for index, volume in enumerate(vmi.spec.volumes):
        if volume.container_disk is not None:
            operations.append(_container_disk(index, volume, (volumes or {}).get(volume.name)))
        elif volume.empty_disk is not None:
            operations.append(_empty_disk(index, volume))
        elif volume.cloud_init_no_cloud is not None:
            operations.append(_cloud_init(index, volume, vmi))
    return tuple(operations)


def volume_path(index: int, file: str) -> str:
    """A file of the volume at ``index``, as the Pod sees it."""
    return f"{DISKS_DIR}/{index}/{file}"


def _container_disk(index: int, volume: Volume, facts: VolumeFacts | None) -> ContainerDisk:
    source = volume.container_disk
    assert source is not None
    return ContainerDisk(
        index,
        volume.name,
        source.image,
        path=volume_path(index, OVERLAY),
        base=(facts.path if facts is not None else None) or volume_path(index, BASE),
        image_path=source.path or None,
        pull_policy=source.image_pull_policy or pull_policy_default(source.image),
    )


def _empty_disk(index: int, volume: Volume) -> EmptyDisk:
    assert volume.empty_disk is not None
    field = f"spec.volumes[{index}].emptyDisk.capacity"
    capacity = bytes_of(field, volume.empty_disk.capacity)
    if capacity < SECTOR_BYTES:
        raise _fault(
            field,
            f"{str(volume.empty_disk.capacity)[:60]!r} is {capacity} bytes, less than one sector of {SECTOR_BYTES}",
        )
    sectors = -(-capacity // SECTOR_BYTES)
    return EmptyDisk(index, volume.name, sectors * SECTOR_BYTES, volume_path(index, EMPTY_DISK))


def _cloud_init(index: int, volume: Volume, vmi: VirtualMachineInstance) -> CloudInitNoCloud:
    source = volume.cloud_init_no_cloud
    assert source is not None
    user_data, network_data = _inline_data(f"spec.volumes[{index}].cloudInitNoCloud", source)
    return CloudInitNoCloud(
        index,
        volume.name,
        path=volume_path(index, CLOUD_INIT),
        meta_data=cloud_init_meta_data(vmi),
        user_data=user_data,
        network_data=network_data,
        user_data_secret=_referenced(source.secret_ref, user_data),
        network_data_secret=_referenced(source.network_data_secret_ref, network_data),
    )


def cloud_init_meta_data(vmi: VirtualMachineInstance) -> bytes:
    """cloud-init's ``meta-data`` as JSON, which is YAML too.

    The instance-id is ``<host name>.<namespace>``, as KubeVirt has it: stable while a VirtualMachine is stopped and
    started, so that a guest on a disk that lasts runs its first-boot steps once and not at each start.
    """
    hostname = guest_hostname(vmi)
    data = {"instance-id": f"{hostname}.{vmi.metadata.namespace or 'default'}", "local-hostname": hostname}
    annotations = vmi.metadata.annotations or {}
    for name in _INSTANCETYPE_ANNOTATIONS:
        if annotations.get(name):
            data["instance-type"] = annotations[name]
            break
    return msgspec.json.encode(data)


def _inline_data(field: str, source: CloudInitNoCloudSource) -> tuple[bytes | None, bytes | None]:
    user_data = _text_or_base64(field, "userData", source.user_data, source.user_data_base64)
    network_data = _text_or_base64(field, "networkData", source.network_data, source.network_data_base64)
    return user_data, network_data


def _text_or_base64(field: str, name: str, text: str | None, encoded: str | None) -> bytes | None:
    if text:
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            raise _fault(f"{field}.{name}", f"the character at {error.start} is half of a surrogate pair") from None
    if encoded:
        try:
            return base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise _fault(f"{field}.{name}Base64", f"this is not base64: {error}") from None
    return None


def _referenced(reference: LocalObjectReference | None, data: bytes | None) -> str | None:
    """The Secret's name where the data is still to come from it."""
    if reference is None or data is not None:
        return None
    return reference.name or None


def _fault(field: str, message: str) -> InvalidManifest:
    return InvalidManifest([FieldError(field, VALUE_INVALID, message)])
