"""Rules about cloud-init volumes: one source for each kind of data, readable, and small enough to be in a manifest."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error

from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.meta import LocalObjectReference
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings, shown
from kvnode.api.validation.names import subdomain_fault
from kvnode.api.volumes import CloudInitConfigDriveSource, CloudInitNoCloudSource, Volume

__all__ = ["INLINE_LIMIT_BYTES", "cloud_init_rules"]

INLINE_LIMIT_BYTES = 2048
"""The most that user data or network data may have in the manifest itself: every watcher gets every copy of it."""

Source = CloudInitNoCloudSource | CloudInitConfigDriveSource
Names = tuple[str, str, str]
Data = tuple[str | None, str | None, str | None]

_USER: Names = ("userData", "userDataBase64", "secretRef")
_NETWORK: Names = ("networkData", "networkDataBase64", "networkDataSecretRef")
"""Where data may come from: a text, base64, or a Secret."""


def cloud_init_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """At most one cloud-init volume, with user data or network data, each from one place."""
    first = ""
    for index, volume in enumerate(spec.volumes):
        if volume.cloud_init_no_cloud is None and volume.cloud_init_config_drive is None:
            continue
        for name, source in _sources(volume):
            field = f"spec.volumes[{index}].{name}"
            if first:
                found.invalid(
                    field, f"{first} is there already, and cloud-init reads one data source: drop one of them."
                )
            first = first or field
            _source(found, field, source)


def _sources(volume: Volume) -> list[tuple[str, Source]]:
    named = (
        ("cloudInitNoCloud", volume.cloud_init_no_cloud),
        ("cloudInitConfigDrive", volume.cloud_init_config_drive),
    )
    return [(name, source) for name, source in named if source is not None]


def _source(found: Findings, field: str, source: Source) -> None:
    user = (source.user_data, source.user_data_base64, _name_in(source.secret_ref))
    network = (source.network_data, source.network_data_base64, _name_in(source.network_data_secret_ref))
    has_user, has_network = any(user), any(network)
    if not (has_user or has_network):
        found.required(field, f"there is nothing in it: set one of {', '.join((*_USER, *_NETWORK))}.")
    if has_user:
        _data(found, field, "user data", _USER, user)
    if has_network:
        _data(found, field, "network data", _NETWORK, network)


def _name_in(reference: LocalObjectReference | None) -> str | None:
    return None if reference is None else reference.name


def _data(found: Findings, field: str, what: str, names: Names, data: Data) -> None:
    """One kind of data: the text, the base64 and the Secret's name; an empty one counts as absent, as in Go."""
    text, base64, secret = data
    if bool(text) + bool(base64) + bool(secret) > 1:
        given = [name for name, value in zip(names, data, strict=True) if value]
        found.invalid(field, f"{what} comes from {' and '.join(given)}: keep one.")
    if text:
        _length(found, field, what, names[0], names[2], len(text.encode(errors="surrogatepass")))
    if base64:
        length = _decoded_length(base64)
        if length is None:
            found.invalid(f"{field}.{names[1]}", f"{shown(base64)} is not base64 (RFC 4648, with padding).")
        else:
            _length(found, field, what, names[1], names[2], length)
    if secret and (fault := subdomain_fault(secret)):
        found.invalid(f"{field}.{names[2]}.name", f"{shown(secret)} {fault}.")


def _length(found: Findings, field: str, what: str, name: str, secret: str, length: int) -> None:
    if length > INLINE_LIMIT_BYTES:
        found.invalid(
            f"{field}.{name}",
            f"{what} of {length} bytes is more than {INLINE_LIMIT_BYTES}, the most that a manifest may carry: "
            f"put it into a Secret and name that by {secret}.",
        )


def _decoded_length(text: str) -> int | None:
    """Bytes that the base64 stands for, or None where it isn't any; line breaks are skipped, as Go's decoder does."""
    try:
        return len(b64decode(text.replace("\n", "").replace("\r", ""), validate=True))
    except (Base64Error, ValueError):
        return None
