"""Secrets that a guest names: what ``cloudInitNoCloud`` refers to is put into the guest's own fields before a plan.

Without a cluster they are looked up among the objects of the guest's own file; nothing else resolves: no file of the
host, no environment, no other namespace.  In a cluster the kubelet mounts them into the guest's Pod, and whoever is
at the Pod brings their data.

The keys are those that KubeVirt reads: ``userdata`` or ``userData``, ``networkdata`` or ``networkData``.
"""

import base64
from collections.abc import Callable, Iterable

import msgspec

from kvnode.api.core import Secret
from kvnode.api.fault import shown
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.volumes import CloudInitNoCloudSource
from kvnode.errors import VALUE_INVALID, FieldError, InvalidManifest

USER_DATA_KEYS = ("userdata", "userData")
NETWORK_DATA_KEYS = ("networkdata", "networkData")


def resolve_references(vmi: VirtualMachineInstance, objects: Iterable[object]) -> VirtualMachineInstance:
    """The same guest with its cloud-init Secrets' data in the place of their names.

    objects  -- what ``kvnode.load_all`` read from the guest's file; only Secrets of the guest's namespace count

    Raises InvalidManifest that names every reference which leads nowhere, and what would do.
    """
    namespace = vmi.metadata.namespace or "default"
    secrets = {
        item.metadata.name: item
        for item in objects
        if isinstance(item, Secret) and (item.metadata.namespace or "default") == namespace
    }
    errors: list[FieldError] = []
    volumes = list(vmi.spec.volumes)
    for index, volume in enumerate(volumes):
        if volume.cloud_init_no_cloud is not None:
            field = f"spec.volumes[{index}].cloudInitNoCloud"
            source = _resolved(field, volume.cloud_init_no_cloud, secrets, errors)
            volumes[index] = msgspec.structs.replace(volume, cloud_init_no_cloud=source)
    if errors:
        raise InvalidManifest(errors)
    spec = msgspec.structs.replace(vmi.spec, volumes=tuple(volumes))
    return msgspec.structs.replace(vmi, spec=spec)


def with_cloud_init_data(
    vmi: VirtualMachineInstance, user_data: Callable[[int], bytes], network_data: Callable[[int], bytes]
) -> VirtualMachineInstance:
    """The same guest with its cloud-init Secrets' data in the place of their names.

    user_data, network_data  -- bring the data of the volume at that index in ``spec.volumes``; asked only where the
                                volume names a Secret for it
    """
    volumes = list(vmi.spec.volumes)
    for index, volume in enumerate(volumes):
        source = volume.cloud_init_no_cloud
        if source is None:
            continue
        if source.secret_ref is not None:
            data = base64.b64encode(user_data(index)).decode()
            source = msgspec.structs.replace(source, secret_ref=None, user_data=None, user_data_base64=data)
        if source.network_data_secret_ref is not None:
            data = base64.b64encode(network_data(index)).decode()
            source = msgspec.structs.replace(
                source, network_data_secret_ref=None, network_data=None, network_data_base64=data
            )
        volumes[index] = msgspec.structs.replace(volume, cloud_init_no_cloud=source)
    return msgspec.structs.replace(vmi, spec=msgspec.structs.replace(vmi.spec, volumes=tuple(volumes)))


def _resolved(
    field: str, source: CloudInitNoCloudSource, secrets: dict[str | None, Secret], errors: list[FieldError]
) -> CloudInitNoCloudSource:
    if source.secret_ref is not None:
        data = _lookup(f"{field}.secretRef", source.secret_ref.name, secrets, USER_DATA_KEYS, errors)
        if data is not None:
            source = msgspec.structs.replace(source, secret_ref=None, user_data=None, user_data_base64=data)
    if source.network_data_secret_ref is not None:
        name = source.network_data_secret_ref.name
        data = _lookup(f"{field}.networkDataSecretRef", name, secrets, NETWORK_DATA_KEYS, errors)
        if data is not None:
            source = msgspec.structs.replace(
                source, network_data_secret_ref=None, network_data=None, network_data_base64=data
            )
    return source


def _lookup(
    field: str, name: str | None, secrets: dict[str | None, Secret], keys: tuple[str, ...], errors: list[FieldError]
) -> str | None:
    """The data in base64; None, with a fault appended, where there is none."""
    secret = secrets.get(name)
    if secret is None:
        there = _named(other for other in secrets if other)
        errors.append(
            FieldError(
                f"{field}.name",
                VALUE_INVALID,
                f"there is no Secret {shown(name)} for this guest (there: {there}); put it into the guest's own file, "
                "in the guest's namespace",
            )
        )
        return None
    for key in keys:
        if key in (secret.string_data or {}):
            return base64.b64encode((secret.string_data or {})[key].encode()).decode()
        if key in (secret.data or {}):
            return (secret.data or {})[key]
    there = _named({*(secret.data or {}), *(secret.string_data or {})})
    errors.append(
        FieldError(
            f"{field}.name",
            VALUE_INVALID,
            f"the Secret {shown(name)} has no key {keys[0]!r} or {keys[1]!r} (its keys: {there})",
        )
    )
    return None


def _named(names: Iterable[str]) -> str:
    """Names for a sentence, few of them: they are a manifest's, and may be anything."""
    found = sorted(names)
    return ", ".join(map(shown, found[:8])) + (", ..." if len(found) > 8 else "") or "none"
