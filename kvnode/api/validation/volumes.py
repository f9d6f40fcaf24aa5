"""Rules about volumes: one name, one source, and a source that can be found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import astuple

from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.amounts import size
from kvnode.api.validation.finding import duplicate, invalid, listed, required, shown
from kvnode.api.validation.names import absolute_path_fault, image_reference_fault, label_fault, subdomain_fault
from kvnode.api.volumes import ContainerDiskSource, HostDisk, SysprepSource, Volume
from kvnode.errors import FieldError

__all__ = ["image_rules", "utility_volume_rules", "volume_rules"]

_FIELDS = Volume.__struct_fields__
_WIRE_NAMES = dict(zip(Volume.__struct_fields__, Volume.__struct_encode_fields__, strict=True))
_GATES = {"container_path": "ContainerPathVolumes", "downward_metrics": "DownwardMetrics", "host_disk": "HostDisk"}
_ONE_OF_A_KIND = ("service_account", "downward_metrics", "memory_dump")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_HOST_DISK_TYPES = ("Disk", "DiskOrCreate")
_MINIMUM_DISK_BYTES = 512
_MAXIMUM_DISK_BYTES = (1 << 63) - 512
_LABEL_CHARACTERS = 32
"""What an ISO 9660 volume label holds."""

_VOLUMES = "spec.volumes"

Rule = Callable[[str, Volume], Iterator[FieldError]]


def volume_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Each volume has a name of its own, and exactly one source that names what it needs."""
    seen: dict[str, int] = {}
    kinds: list[str] = []
    for index, volume in enumerate(spec.volumes):
        field = f"{_VOLUMES}[{index}]"
        if volume.name in seen:
            yield duplicate(
                f"{field}.name", f"{shown(volume.name)} is the name of {_VOLUMES}[{seen[volume.name]}] already."
            )
        seen.setdefault(volume.name, index)
        if fault := label_fault(volume.name):
            yield invalid(f"{field}.name", f"{shown(volume.name)} {fault}.")
        # By position and not by name: there are sixteen kinds of source, and a guest has up to 256 volumes.
        sources = [name for name, source in zip(_FIELDS, astuple(volume), strict=True) if source is not None]
        sources.remove("name")
        kinds += sources
        if len(sources) != 1:
            given = " and ".join(_WIRE_NAMES[name] for name in sources) or "none"
            yield invalid(field, f"a volume has exactly one source, such as containerDisk; this one has {given}.")
        for name in sources:
            yield from _SOURCE_RULES[name](f"{field}.{_WIRE_NAMES[name]}", volume)
            if (gate := _GATES.get(name)) and not settings.gate(gate):
                yield invalid(
                    field,
                    f"a {_WIRE_NAMES[name]} volume takes the feature gate {gate}, which is shut; "
                    "open it in the KubeVirt configuration.",
                )
    for name in _ONE_OF_A_KIND:
        if kinds.count(name) > 1:
            yield invalid(_VOLUMES, f"{kinds.count(name)} volumes are a {_WIRE_NAMES[name]}; a guest has at most one.")


def utility_volume_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Utility volumes are plugged into a running guest by controllers and never part of a new one."""
    if spec.utility_volumes:
        yield invalid(
            "spec.utilityVolumes", "a new guest has none: they are plugged into a running one. Leave the field out."
        )


def image_rules(field: str, image: str, policy: str | None, secret: str | None) -> Iterator[FieldError]:
    """What a container disk and a kernel's container share: the image, when to pull it, and with which Secret."""
    if not image:
        yield required(f"{field}.image", "name an image, such as registry.example/disks/debian:12.")
    elif fault := image_reference_fault(image):
        yield invalid(f"{field}.image", f"{shown(image)} {fault}.")
    if policy and policy not in _PULL_POLICIES:
        yield invalid(f"{field}.imagePullPolicy", f"{shown(policy)} is no pull policy; it is {listed(_PULL_POLICIES)}.")
    if secret and (fault := subdomain_fault(secret)):
        yield invalid(f"{field}.imagePullSecret", f"{shown(secret)} {fault}.")


def _name(field: str, name: str | None, what: str) -> Iterator[FieldError]:
    """The name of another object of the namespace."""
    if not name:
        yield required(field, f"name the {what}.")
    elif fault := subdomain_fault(name):
        yield invalid(field, f"{shown(name)} {fault}.")


def _volume_label(field: str, label: str | None) -> Iterator[FieldError]:
    if label and (len(label) > _LABEL_CHARACTERS or not label.isprintable() or not label.isascii()):
        yield invalid(
            f"{field}.volumeLabel", f"{shown(label)} must be at most {_LABEL_CHARACTERS} printable ASCII characters."
        )


def _container_disk(field: str, volume: Volume) -> Iterator[FieldError]:
    disk = volume.container_disk or ContainerDiskSource()
    yield from image_rules(field, disk.image, disk.image_pull_policy, disk.image_pull_secret)
    if disk.path and (fault := absolute_path_fault(disk.path)):
        yield invalid(f"{field}.path", f"{shown(disk.path)} {fault}.")


def _empty_disk(field: str, volume: Volume) -> Iterator[FieldError]:
    capacity = volume.empty_disk.capacity if volume.empty_disk else None
    value = size(capacity)
    if value is None or value < 0:
        return  # whether it can be read is said where quantities are
    if value == 0:
        yield required(f"{field}.capacity", "say how large the disk is, such as 1Gi.")
    elif not _MINIMUM_DISK_BYTES <= value <= _MAXIMUM_DISK_BYTES:
        yield invalid(
            f"{field}.capacity", f"{shown(capacity)} is no disk size: it has {_MINIMUM_DISK_BYTES} bytes to 8Ei."
        )


def _host_disk(field: str, volume: Volume) -> Iterator[FieldError]:
    disk = volume.host_disk or HostDisk()
    if not disk.path:
        yield required(f"{field}.path", "say where the image lies on the node.")
    elif fault := absolute_path_fault(disk.path):
        yield invalid(f"{field}.path", f"{shown(disk.path)} {fault}.")
    capacity = size(disk.capacity) or 0
    if disk.type not in _HOST_DISK_TYPES:
        yield invalid(f"{field}.type", f"{shown(disk.type)} is neither {listed(_HOST_DISK_TYPES)}.")
    elif disk.type == "Disk" and capacity:
        yield invalid(f"{field}.capacity", "an image that exists has its size: leave it out, or use type DiskOrCreate.")
    elif disk.type == "DiskOrCreate" and not capacity:
        yield required(f"{field}.capacity", "say how large an image to make, such as 1Gi.")


def _claim(field: str, volume: Volume) -> Iterator[FieldError]:
    claim = volume.persistent_volume_claim
    yield from _name(f"{field}.claimName", claim.claim_name if claim else None, "claim")


def _ephemeral(field: str, volume: Volume) -> Iterator[FieldError]:
    claim = volume.ephemeral.persistent_volume_claim if volume.ephemeral else None
    if claim is None:
        yield required(f"{field}.persistentVolumeClaim", "name the claim that the overlay is put on.")
    else:
        yield from _name(f"{field}.persistentVolumeClaim.claimName", claim.claim_name, "claim")


def _data_volume(field: str, volume: Volume) -> Iterator[FieldError]:
    yield from _name(f"{field}.name", volume.data_volume.name if volume.data_volume else None, "DataVolume")


def _memory_dump(field: str, volume: Volume) -> Iterator[FieldError]:
    yield from _name(f"{field}.claimName", volume.memory_dump.claim_name if volume.memory_dump else None, "claim")


def _config_map(field: str, volume: Volume) -> Iterator[FieldError]:
    if volume.config_map is not None:
        yield from _name(f"{field}.name", volume.config_map.name, "ConfigMap")
        yield from _volume_label(field, volume.config_map.volume_label)


def _secret(field: str, volume: Volume) -> Iterator[FieldError]:
    if volume.secret is not None:
        yield from _name(f"{field}.secretName", volume.secret.secret_name, "Secret")
        yield from _volume_label(field, volume.secret.volume_label)


def _service_account(field: str, volume: Volume) -> Iterator[FieldError]:
    account = volume.service_account
    yield from _name(f"{field}.serviceAccountName", account.service_account_name if account else None, "account")


def _container_path(field: str, volume: Volume) -> Iterator[FieldError]:
    path = volume.container_path.path if volume.container_path else ""
    if not path:
        yield required(f"{field}.path", "say which folder of the Pod it is.")
    elif fault := absolute_path_fault(path):
        yield invalid(f"{field}.path", f"{shown(path)} {fault}.")


def _downward_api(field: str, volume: Volume) -> Iterator[FieldError]:
    source = volume.downward_api
    if source is None:
        return
    yield from _volume_label(field, source.volume_label)
    for index, file in enumerate(source.fields):
        inside = f"{field}.fields[{index}]"
        parts = file.path.split("/")
        if not file.path or file.path.startswith("/") or ".." in parts or not file.path.isprintable():
            yield invalid(f"{inside}.path", f"{shown(file.path)} must be a relative path without '..'.")
        if (file.field_ref is None) == (file.resource_field_ref is None):
            yield invalid(inside, "a file shows either a fieldRef or a resourceFieldRef: set one of them.")


def _sysprep(field: str, volume: Volume) -> Iterator[FieldError]:
    source = volume.sysprep or SysprepSource()
    if (source.secret is None) == (source.config_map is None):
        yield invalid(field, "the answer file comes from a secret or from a configMap: set one of them.")
    for name, reference in (("secret", source.secret), ("configMap", source.config_map)):
        if reference is not None:
            yield from _name(f"{field}.{name}.name", reference.name, "object")


def _nothing_more(field: str, volume: Volume) -> Iterator[FieldError]:
    """For sources without fields, and for cloud-init, which has rules of its own."""
    return iter(())


_SOURCE_RULES: dict[str, Rule] = {
    "cloud_init_config_drive": _nothing_more,
    "cloud_init_no_cloud": _nothing_more,
    "config_map": _config_map,
    "container_disk": _container_disk,
    "container_path": _container_path,
    "data_volume": _data_volume,
    "downward_api": _downward_api,
    "downward_metrics": _nothing_more,
    "empty_disk": _empty_disk,
    "ephemeral": _ephemeral,
    "host_disk": _host_disk,
    "memory_dump": _memory_dump,
    "persistent_volume_claim": _claim,
    "secret": _secret,
    "service_account": _service_account,
    "sysprep": _sysprep,
}
