"""Rules about volumes: one name, one source, and a source that can be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from kvnode._fast.names import is_label, is_subdomain
from kvnode._fast.plain import Plain
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.amounts import size
from kvnode.api.validation.downward_api import downward_api_rules
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.names import absolute_path_fault, image_reference_fault, label_fault, subdomain_fault
from kvnode.api.volumes import (
    CloudInitConfigDriveSource,
    CloudInitNoCloudSource,
    ConfigMapVolumeSource,
    ContainerDiskSource,
    ContainerPathVolumeSource,
    DataVolumeSource,
    DownwardAPIVolumeSource,
    DownwardMetricsVolumeSource,
    EmptyDiskSource,
    EphemeralVolumeSource,
    HostDisk,
    MemoryDumpVolumeSource,
    PersistentVolumeClaimVolumeSource,
    SecretVolumeSource,
    ServiceAccountVolumeSource,
    SysprepSource,
    Volume,
)
from kvnode.quantity import Quantity

__all__ = ["SOURCES", "image_rules", "utility_volume_rules", "volume_rules"]

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_HOST_DISK_TYPES = ("Disk", "DiskOrCreate")
_MINIMUM_DISK_BYTES = 512
_MAXIMUM_DISK_BYTES = (1 << 63) - 512
_LABEL_CHARACTERS = 32
"""What an ISO 9660 volume label holds."""

_OUR_FOLDERS = tuple(f"{run}/{name}" for run in ("/run", "/var/run") for name in ("kubevirt", "libvirt"))
"""Beginnings of folders in the launcher's Pod that hold sockets and disks of the guest."""

_VOLUMES = "spec.volumes"

_PLAIN = Plain(
    Volume,
    {
        "name": is_label,
        "persistent_volume_claim": Plain(
            PersistentVolumeClaimVolumeSource, {"claim_name": is_subdomain, "read_only": ..., "hotpluggable": ...}
        ),
        "data_volume": Plain(DataVolumeSource, {"name": is_subdomain, "hotpluggable": ...}),
        "cloud_init_no_cloud": ...,
        "cloud_init_config_drive": ...,
    },
    one_of=("persistent_volume_claim", "data_volume", "cloud_init_no_cloud", "cloud_init_config_drive"),
    unique="name",
)
"""Volumes of which volume_rules would say nothing; cloud-init has rules of its own."""


class Source(Struct, frozen=True):
    """A kind of source: its field of a volume, the rule about it, its feature gate, and if a guest has one at most."""

    name: str
    rule: Callable[[Findings, int, Any], None]
    gate: str = ""
    single: bool = False


def volume_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Each volume has a name of its own, and exactly one source that names what it needs."""
    seen: dict[str, int] = {}
    single: list[str] = []
    volumes = spec.volumes
    for index in _PLAIN.others(volumes):
        volume = volumes[index]
        name = volume.name
        if name in seen:
            found.duplicate(f"{_at(index)}.name", f"{shown(name)} is the name of {_at(seen[name])} already.")
        seen.setdefault(name, index)
        if not is_label(name):
            found.invalid(f"{_at(index)}.name", f"{shown(name)} {label_fault(name)}.")
        # All fields at once, since there are seventeen; a source that is there is true, one without fields too.
        given = list(filter(None, astuple(volume)))
        if name:
            del given[0]
        if len(given) != 1:
            names = " and ".join(SOURCES[type(one)].name for one in given) or "none"
            found.invalid(_at(index), f"a volume has exactly one source, such as containerDisk; this one has {names}.")
        for one in given:
            source = SOURCES[type(one)]
            rule = source.rule
            rule(found, index, one)
            if source.gate and not settings.gate(source.gate):
                found.invalid(
                    _at(index),
                    f"a {source.name} volume takes the feature gate {source.gate}, which is shut; "
                    "open it in the KubeVirt configuration.",
                )
            if source.single:
                single.append(source.name)
            if one is volume.container_path:
                _shared(found, index, name, spec)
    if len(single) > 1:
        _singles(found, single)


def utility_volume_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Utility volumes are plugged into a running guest by controllers and never part of a new one."""
    if spec.utility_volumes:
        found.invalid(
            "spec.utilityVolumes", "a new guest has none: they are plugged into a running one. Leave the field out."
        )


def image_rules(found: Findings, field: str, image: str, policy: str | None, secret: str | None) -> None:
    """What a container disk and a kernel's container share: the image, when to pull it, and with which Secret."""
    if not image:
        found.required(f"{field}.image", "name an image, such as registry.example/disks/debian:12.")
    elif fault := image_reference_fault(image):
        found.invalid(f"{field}.image", f"{shown(image)} {fault}.")
    if policy and policy not in _PULL_POLICIES:
        found.invalid(f"{field}.imagePullPolicy", f"{shown(policy)} is no pull policy; it is {listed(_PULL_POLICIES)}.")
    if secret and (fault := subdomain_fault(secret)):
        found.invalid(f"{field}.imagePullSecret", f"{shown(secret)} {fault}.")


def _at(index: int) -> str:
    """Where a volume stands in the manifest."""
    return f"{_VOLUMES}[{index}]"


def _singles(found: Findings, given: list[str]) -> None:
    for source in SOURCES.values():
        if source.single and given.count(source.name) > 1:
            found.invalid(_VOLUMES, f"{given.count(source.name)} volumes are a {source.name}; a guest has at most one.")


def _name(found: Findings, index: int, inside: str, name: str | None, what: str) -> None:
    """The name of another object of the namespace."""
    if not name:
        found.required(f"{_at(index)}.{inside}", f"name the {what}.")
    elif not is_subdomain(name):
        found.invalid(f"{_at(index)}.{inside}", f"{shown(name)} {subdomain_fault(name)}.")


def _volume_label(found: Findings, index: int, source: str, label: str | None) -> None:
    if label and (len(label) > _LABEL_CHARACTERS or not label.isprintable() or not label.isascii()):
        found.invalid(
            f"{_at(index)}.{source}.volumeLabel",
            f"{shown(label)} must be at most {_LABEL_CHARACTERS} printable ASCII characters.",
        )


def _container_disk(found: Findings, index: int, disk: ContainerDiskSource) -> None:
    image_rules(found, f"{_at(index)}.containerDisk", disk.image, disk.image_pull_policy, disk.image_pull_secret)
    if disk.path and (fault := absolute_path_fault(disk.path)):
        found.invalid(f"{_at(index)}.containerDisk.path", f"{shown(disk.path)} {fault}.")


def _empty_disk(found: Findings, index: int, disk: EmptyDiskSource) -> None:
    value = size(disk.capacity)
    if value is None or value < 0:
        return  # whether it can be read is said where quantities are
    if value == 0:
        found.required(f"{_at(index)}.emptyDisk.capacity", "say how large the disk is, such as 1Gi.")
    else:
        _disk_bytes(found, f"{_at(index)}.emptyDisk.capacity", disk.capacity, value)


def _disk_bytes(found: Findings, field: str, capacity: Quantity | None, value: int) -> None:
    if not _MINIMUM_DISK_BYTES <= value <= _MAXIMUM_DISK_BYTES:
        found.invalid(field, f"{shown(capacity)} is no disk size: it has {_MINIMUM_DISK_BYTES} bytes to 8Ei.")


def _host_disk(found: Findings, index: int, disk: HostDisk) -> None:
    field = f"{_at(index)}.hostDisk"
    if not disk.path:
        found.required(f"{field}.path", "say where the image lies on the node.")
    elif fault := absolute_path_fault(disk.path):
        found.invalid(f"{field}.path", f"{shown(disk.path)} {fault}.")
    capacity = size(disk.capacity) or 0
    if disk.type not in _HOST_DISK_TYPES:
        found.invalid(f"{field}.type", f"{shown(disk.type)} is neither {listed(_HOST_DISK_TYPES)}.")
    elif disk.type == "Disk" and capacity:
        found.invalid(f"{field}.capacity", "an image that exists has its size: leave it out, or use type DiskOrCreate.")
    elif disk.type == "DiskOrCreate" and not capacity:
        found.required(f"{field}.capacity", "say how large an image to make, such as 1Gi.")
    elif capacity > 0:
        _disk_bytes(found, f"{field}.capacity", disk.capacity, capacity)


def _claim(found: Findings, index: int, claim: PersistentVolumeClaimVolumeSource) -> None:
    if not is_subdomain(claim.claim_name):
        _name(found, index, "persistentVolumeClaim.claimName", claim.claim_name, "claim")


def _ephemeral(found: Findings, index: int, overlay: EphemeralVolumeSource) -> None:
    claim = overlay.persistent_volume_claim
    if claim is None:
        found.required(f"{_at(index)}.ephemeral.persistentVolumeClaim", "name the claim that the overlay is put on.")
    else:
        _name(found, index, "ephemeral.persistentVolumeClaim.claimName", claim.claim_name, "claim")


def _data_volume(found: Findings, index: int, source: DataVolumeSource) -> None:
    if not is_subdomain(source.name):
        _name(found, index, "dataVolume.name", source.name, "DataVolume")


def _memory_dump(found: Findings, index: int, dump: MemoryDumpVolumeSource) -> None:
    _name(found, index, "memoryDump.claimName", dump.claim_name, "claim")


def _config_map(found: Findings, index: int, source: ConfigMapVolumeSource) -> None:
    _name(found, index, "configMap.name", source.name, "ConfigMap")
    _volume_label(found, index, "configMap", source.volume_label)


def _secret(found: Findings, index: int, source: SecretVolumeSource) -> None:
    _name(found, index, "secret.secretName", source.secret_name, "Secret")
    _volume_label(found, index, "secret", source.volume_label)


def _service_account(found: Findings, index: int, account: ServiceAccountVolumeSource) -> None:
    _name(found, index, "serviceAccount.serviceAccountName", account.service_account_name, "account")


def _container_path(found: Findings, index: int, folder: ContainerPathVolumeSource) -> None:
    field = f"{_at(index)}.containerPath.path"
    if not folder.path:
        found.required(field, "say which folder of the Pod it is.")
    elif fault := absolute_path_fault(folder.path):
        found.invalid(field, f"{shown(folder.path)} {fault}.")
    elif folder.path.startswith(_OUR_FOLDERS):
        found.invalid(field, f"{shown(folder.path)} holds what runs the guest, which a guest must not reach.")


def _shared(found: Findings, index: int, name: str, spec: VirtualMachineInstanceSpec) -> None:
    if all(filesystem.name != name for filesystem in spec.domain.devices.filesystems):
        found.invalid(
            f"{_at(index)}.containerPath",
            f"a folder of the Pod can only be shared: add a filesystem called {shown(name)} below spec.domain.devices.",
        )


def _downward_api(found: Findings, index: int, source: DownwardAPIVolumeSource) -> None:
    _volume_label(found, index, "downwardAPI", source.volume_label)
    downward_api_rules(found, f"{_at(index)}.downwardAPI", source)


def _sysprep(found: Findings, index: int, source: SysprepSource) -> None:
    if (source.secret is None) == (source.config_map is None):
        found.invalid(
            f"{_at(index)}.sysprep", "the answer file comes from a secret or from a configMap: set one of them."
        )
    for name, reference in (("secret", source.secret), ("configMap", source.config_map)):
        if reference is not None:
            _name(found, index, f"sysprep.{name}.name", reference.name, "object")


def _nothing_more(found: Findings, index: int, source: object) -> None:
    """For sources without fields, and for cloud-init, which has rules of its own."""


SOURCES: dict[type[Struct], Source] = {
    CloudInitConfigDriveSource: Source("cloudInitConfigDrive", _nothing_more),
    CloudInitNoCloudSource: Source("cloudInitNoCloud", _nothing_more),
    ConfigMapVolumeSource: Source("configMap", _config_map),
    ContainerDiskSource: Source("containerDisk", _container_disk),
    ContainerPathVolumeSource: Source("containerPath", _container_path, gate="ContainerPathVolumes"),
    DataVolumeSource: Source("dataVolume", _data_volume),
    DownwardAPIVolumeSource: Source("downwardAPI", _downward_api),
    EmptyDiskSource: Source("emptyDisk", _empty_disk),
    EphemeralVolumeSource: Source("ephemeral", _ephemeral),
    HostDisk: Source("hostDisk", _host_disk, gate="HostDisk"),
    PersistentVolumeClaimVolumeSource: Source("persistentVolumeClaim", _claim),
    SecretVolumeSource: Source("secret", _secret),
    SysprepSource: Source("sysprep", _sysprep),
    ServiceAccountVolumeSource: Source("serviceAccount", _service_account, single=True),
    DownwardMetricsVolumeSource: Source("downwardMetrics", _nothing_more, gate="DownwardMetrics", single=True),
    MemoryDumpVolumeSource: Source("memoryDump", _memory_dump, single=True),
}
"""Every kind of source by its type; each field of a volume but its name has a type of its own."""
