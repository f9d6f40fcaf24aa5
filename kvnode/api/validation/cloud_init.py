"""Rules about cloud-init volumes: one source for each kind of data, readable, and small enough to be in a manifest."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator

from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.meta import LocalObjectReference
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import invalid, required, shown
from kvnode.api.validation.names import subdomain_fault
from kvnode.api.volumes import CloudInitConfigDriveSource, CloudInitNoCloudSource
from kvnode.errors import FieldError

__all__ = ["INLINE_LIMIT_BYTES", "cloud_init_rules"]

INLINE_LIMIT_BYTES = 2048
"""The most that user data or network data may have in the manifest itself: every watcher gets every copy of it."""

Source = CloudInitNoCloudSource | CloudInitConfigDriveSource


def cloud_init_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """At most one cloud-init volume, with user data or network data, each from one place."""
    first: str | None = None
    for index, volume in enumerate(spec.volumes):
        for name, source in (
            ("cloudInitNoCloud", volume.cloud_init_no_cloud),
            ("cloudInitConfigDrive", volume.cloud_init_config_drive),
        ):
            if source is None:
                continue
            field = f"spec.volumes[{index}].{name}"
            if first is not None:
                yield invalid(
                    field, f"{first} is there already, and cloud-init reads one data source: drop one of them."
                )
            first = first or field
            yield from _source(field, source)


def _source(field: str, source: Source) -> Iterator[FieldError]:
    user = {"userData": source.user_data, "userDataBase64": source.user_data_base64, "secretRef": source.secret_ref}
    network = {
        "networkData": source.network_data,
        "networkDataBase64": source.network_data_base64,
        "networkDataSecretRef": source.network_data_secret_ref,
    }
    if not (_named(user) or _named(network)):
        yield required(field, f"there is nothing in it: set one of {', '.join((*user, *network))}.")
    yield from _data(field, "user data", user)
    yield from _data(field, "network data", network)


def _named(sources: dict[str, str | LocalObjectReference | None]) -> list[str]:
    """Those sources that name something; an empty text or reference counts as absent, as in Go."""
    return [
        name
        for name, source in sources.items()
        if (source.name if isinstance(source, LocalObjectReference) else source)
    ]


def _data(field: str, what: str, sources: dict[str, str | LocalObjectReference | None]) -> Iterator[FieldError]:
    named = _named(sources)
    if len(named) > 1:
        yield invalid(field, f"{what} comes from {' and '.join(named)}: keep one.")
    for name in named:
        source = sources[name]
        if isinstance(source, LocalObjectReference):
            if fault := subdomain_fault(source.name or ""):
                yield invalid(f"{field}.{name}.name", f"{shown(source.name)} {fault}.")
            continue
        length = _decoded_length(source or "") if name.endswith("Base64") else _utf8_length(source or "")
        if length is None:
            yield invalid(f"{field}.{name}", f"{shown(source)} is not base64 (RFC 4648, with padding).")
        elif length > INLINE_LIMIT_BYTES:
            yield invalid(
                f"{field}.{name}",
                f"{what} of {length} bytes is more than {INLINE_LIMIT_BYTES}, the most that a manifest may carry: "
                f"put it into a Secret and name that by {list(sources)[2]}.",
            )


def _utf8_length(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def _decoded_length(text: str) -> int | None:
    """Bytes that the base64 stands for, or None where it isn't any; line breaks are skipped, as Go's decoder does."""
    try:
        return len(b64decode(text.replace("\n", "").replace("\r", ""), validate=True))
    except (Base64Error, ValueError):
        return None
