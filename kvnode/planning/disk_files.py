"""The files that a guest's disks are made of, as values: what is made for it, and what lies behind each disk.

Types alone: compiled code reads their fields as C does, which takes that they are there before it is. The operations
are a part of the plan (``disk_operations`` decides them, ``kvnode.storage`` carries them out); a source is what
``disks`` makes a device of, and no plan keeps it.
"""

from __future__ import annotations

import msgspec

from kvnode.planning.device_plans import Backing


class OfVolume(msgspec.Struct, frozen=True, gc=False):
    """What all operations have.

    index   -- position of the volume in ``spec.volumes``
    volume  -- the volume's name; for messages and for the facts' ``volumes`` key, never for a path
    """

    index: int
    volume: str


class ContainerDisk(OfVolume, frozen=True, tag_field="kind", tag="containerDisk", gc=False):
    """A qcow2 overlay for this guest on the disk that a container image holds.

    image        -- the image's reference as the manifest has it
    path         -- the overlay, always qcow2: what the XML names as source
    base         -- the image's own disk, read-only, its format a host fact: the XML's backing store
    image_path   -- the disk's path within the image, None for the one file in ``/disk``
    pull_policy  -- ``Always``, ``IfNotPresent`` or ``Never``
    """

    image: str
    path: str
    base: str
    image_path: str | None = None
    pull_policy: str = "IfNotPresent"


class EmptyDisk(OfVolume, frozen=True, tag_field="kind", tag="emptyDisk", gc=False):
    """A blank qcow2 disk that grows as the guest writes and ends with it.

    capacity_bytes  -- what the guest sees, whole sectors
    path            -- the disk, always qcow2
    """

    capacity_bytes: int
    path: str


class CloudInitNoCloud(OfVolume, frozen=True, tag_field="kind", tag="cloudInitNoCloud", gc=False):
    """An ISO called ``cidata`` with the files of cloud-init's NoCloud source.

    path                       -- the ISO, raw
    meta_data                  -- JSON: instance-id, local-hostname and, where one was used, instance-type
    user_data, network_data    -- bytes as the manifest has them; None where it has none, or where only a Secret does
    user_data_secret,
    network_data_secret        -- names of Secrets that nobody has looked up yet (kvnode.planning.references does);
                                  what carries the operation out refuses it with them
    """

    path: str
    meta_data: bytes
    user_data: bytes | None = None
    network_data: bytes | None = None
    user_data_secret: str | None = None
    network_data_secret: str | None = None


DiskOperation = ContainerDisk | EmptyDisk | CloudInitNoCloud


class MetaData(msgspec.Struct, frozen=True, omit_defaults=True, rename="kebab", gc=False):
    """cloud-init's ``meta-data``, by the names that it has there."""

    instance_id: str
    local_hostname: str
    instance_type: str | None = None


class DiskSource(msgspec.Struct, frozen=True, gc=False):
    """What is behind a disk: ``file`` or ``block`` in the Pod, its format and size, and the file below an overlay.

    An empty drive has neither kind nor path.
    """

    kind: str | None
    path: str | None
    format: str = "raw"
    capacity_bytes: int | None = None
    backing: Backing | None = None
