"""Rules about a DataVolume that is made along with a machine: one claim, one content, and names that there can be.

CDI judges the DataVolume itself, once it is made; by then the machine has been taken and waits for it.  So what CDI
would refuse whatever the cluster has (a claim described twice, a source without an address) is refused with the
machine. What it may know better, such as the size of a copy and a storage class's ways of access, is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kvnode.api.data_volumes import (
    DataVolumeContentSource,
    DataVolumeSourceRef,
    DataVolumeSourceRegistry,
    DataVolumeSpec,
    DataVolumeTemplateSpec,
    PersistentVolumeClaimSpec,
    StorageSpec,
)
from kvnode.api.fault import entry
from kvnode.api.meta import TypedLocalObjectReference, TypedObjectReference
from kvnode.api.validation.amounts import amount_rules
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.labels import annotation_map_rules, label_map_rules, label_selector_rules
from kvnode.api.validation.names import label_fault, qualified_name_fault, subdomain_fault
from kvnode.api.validation.references import name_rules
from kvnode.quantity import Quantity

__all__ = ["data_volume_template_rules"]

_GROUP = "cdi.kubevirt.io/"
_CONTENT_TYPES = ("kubevirt", "archive")
_ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_VOLUME_MODES = ("Filesystem", "Block")
_PULL_METHODS = ("pod", "node")
_SCHEMES = {
    "http": ("http", "https"),
    "registry": ("docker", "oci-archive"),
    "s3": ("http", "https", "s3"),
    "gcs": ("http", "https", "gs"),
    "imageio": ("http", "https"),
    "vddk": ("http", "https"),
}
_URL = re.compile(r"([a-z][a-z0-9+.-]{0,31})://[!-~]{1,2000}", re.ASCII).fullmatch


def data_volume_template_rules(found: Findings, field: str, template: DataVolumeTemplateSpec) -> None:
    """What a template says beside its name, which the machine's other volumes have a word in."""
    if template.api_version and not template.api_version.startswith(_GROUP):
        found.invalid(f"{field}.apiVersion", f"{shown(template.api_version)} has no DataVolumes: leave it out.")
    if template.kind and template.kind != "DataVolume":
        found.invalid(f"{field}.kind", f"{shown(template.kind)} is no DataVolume: leave it out.")
    label_map_rules(found, f"{field}.metadata.labels", template.metadata.labels or {})
    annotation_map_rules(found, f"{field}.metadata.annotations", template.metadata.annotations or {})
    field, spec = f"{field}.spec", template.spec
    _one_claim(found, field, spec)
    _one_content(found, field, spec)
    if spec.content_type and spec.content_type not in _CONTENT_TYPES:
        found.invalid(f"{field}.contentType", f"{shown(spec.content_type)} is neither {listed(_CONTENT_TYPES)}.")
    name_rules(found, f"{field}.priorityClassName", spec.priority_class_name)
    for index, checkpoint in enumerate(spec.checkpoints):
        if not checkpoint.current:
            found.required(f"{field}.checkpoints[{index}].current", "name the snapshot that is imported.")


def _one_claim(found: Findings, field: str, spec: DataVolumeSpec) -> None:
    given = [name for name, claim in (("storage", spec.storage), ("pvc", spec.pvc)) if claim is not None]
    if len(given) != 1:
        found.invalid(
            field, f"storage or pvc describes a DataVolume's claim; here is {' and '.join(given) or 'neither of them'}."
        )
    if spec.storage is not None:
        _claim(found, f"{field}.storage", spec.storage)
    if spec.pvc is not None:
        _claim(found, f"{field}.pvc", spec.pvc)
        name_rules(found, f"{field}.pvc.volumeAttributesClassName", spec.pvc.volume_attributes_class_name)


def _one_content(found: Findings, field: str, spec: DataVolumeSpec) -> None:
    """The content comes from a source, from an object that names one, or from whoever fills the claim."""
    source, reference, claim = spec.source, spec.source_ref, spec.storage or spec.pvc
    populated = claim is not None and (claim.data_source is not None or claim.data_source_ref is not None)
    if source is None and reference is None:
        if claim is not None and not populated:
            found.invalid(field, "nothing says what is in it: set source (blank, say) or sourceRef.")
    elif populated:
        found.invalid(field, "the claim's own dataSource fills it: drop that, or drop source and sourceRef.")
    elif source is not None and reference is not None:
        found.invalid(field, "source and sourceRef exclude each other: keep one.")
    if source is not None:
        _source(found, f"{field}.source", source)
    if reference is not None:
        _source_reference(found, f"{field}.sourceRef", reference)


def _claim(found: Findings, field: str, claim: StorageSpec | PersistentVolumeClaimSpec) -> None:
    name_rules(found, f"{field}.storageClassName", claim.storage_class_name)
    name_rules(found, f"{field}.volumeName", claim.volume_name)
    if claim.volume_mode and claim.volume_mode not in _VOLUME_MODES:
        found.not_supported(f"{field}.volumeMode", f"{shown(claim.volume_mode)} is neither {listed(_VOLUME_MODES)}.")
    for index, mode in enumerate(claim.access_modes):
        if mode not in _ACCESS_MODES:
            found.not_supported(
                f"{field}.accessModes[{index}]", f"{shown(mode)} is no access mode; it is {listed(_ACCESS_MODES)}."
            )
        elif mode in claim.access_modes[:index]:
            found.duplicate(f"{field}.accessModes[{index}]", f"{mode} stands there already.")
    if claim.selector is not None:
        label_selector_rules(found, f"{field}.selector", claim.selector)
    _space(found, f"{field}.resources.requests", claim.resources.requests or {})
    _space(found, f"{field}.resources.limits", claim.resources.limits or {})
    if claim.data_source is not None:
        _population(found, f"{field}.dataSource", claim.data_source)
    if claim.data_source_ref is not None:
        _population(found, f"{field}.dataSourceRef", claim.data_source_ref)
        _namespace(found, f"{field}.dataSourceRef", claim.data_source_ref.namespace)


def _space(found: Findings, field: str, amounts: Mapping[str, Quantity]) -> None:
    for name, quantity in amounts.items():
        if fault := qualified_name_fault(name):
            found.invalid(entry(field, name), f"{shown(name)} {fault}.")
        amount_rules(found, entry(field, name), quantity, positive=name == "storage")


def _population(found: Findings, field: str, reference: TypedLocalObjectReference | TypedObjectReference) -> None:
    if not reference.kind:
        found.required(f"{field}.kind", "say what it is, such as VolumeSnapshot.")
    _name(found, field, reference.name, "object")


def _source(found: Findings, field: str, source: DataVolumeContentSource) -> None:
    named = [name for name in source.__struct_fields__ if getattr(source, name) is not None]
    if len(named) != 1:
        found.invalid(field, f"it names {len(named)} sources, and exactly one fills a DataVolume.")
    for name, schemes in _SCHEMES.items():
        remote = getattr(source, name)
        if remote is not None:
            if name != "registry" or not remote.image_stream:
                _url(found, f"{field}.{name}.url", remote.url, schemes)
            name_rules(found, f"{field}.{name}.secretRef", remote.secret_ref)
            name_rules(found, f"{field}.{name}.certConfigMap", getattr(remote, "cert_config_map", None))
    for name, copied in (("pvc", source.pvc), ("snapshot", source.snapshot)):
        if copied is not None:
            _name(found, f"{field}.{name}", copied.name, "object to copy")
            _namespace(found, f"{field}.{name}", copied.namespace)
    if source.registry is not None:
        _registry(found, f"{field}.registry", source.registry)
    if source.imageio is not None and not source.imageio.disk_id:
        found.required(f"{field}.imageio.diskId", "name the disk.")
    if source.http is not None:
        for index, header in enumerate(source.http.extra_headers):
            if ":" not in header or not header.isprintable():
                found.invalid(
                    f"{field}.http.extraHeaders[{index}]", f"{shown(header)} is no header, such as 'X-Key: 1'."
                )
        for index, secret in enumerate(source.http.secret_extra_headers):
            if fault := subdomain_fault(secret):
                found.invalid(f"{field}.http.secretExtraHeaders[{index}]", f"{shown(secret)} {fault}.")


def _registry(found: Findings, field: str, registry: DataVolumeSourceRegistry) -> None:
    if registry.url and registry.image_stream:
        found.invalid(field, "url and imageStream exclude each other: keep one.")
    if registry.pull_method and registry.pull_method not in _PULL_METHODS:
        found.invalid(f"{field}.pullMethod", f"{shown(registry.pull_method)} is neither {listed(_PULL_METHODS)}.")
    elif registry.image_stream and registry.pull_method != "node":
        found.invalid(f"{field}.pullMethod", "an image stream is known to nodes alone: set it to node.")


def _source_reference(found: Findings, field: str, reference: DataVolumeSourceRef) -> None:
    if reference.kind != "DataSource":
        found.invalid(f"{field}.kind", f"{shown(reference.kind)} names no source: it is DataSource.")
    _name(found, field, reference.name, "DataSource")
    _namespace(found, field, reference.namespace)


def _url(found: Findings, field: str, url: str | None, schemes: tuple[str, ...]) -> None:
    parts = _URL(url or "")
    if not url:
        found.required(field, f"say where it is: {schemes[0]}://...")
    elif parts is None or parts[1] not in schemes:
        found.invalid(
            field, f"{shown(url)} is no address that begins with {listed(f'{scheme}://' for scheme in schemes)}."
        )


def _name(found: Findings, field: str, name: str, what: str) -> None:
    if name:
        name_rules(found, f"{field}.name", name)
    else:
        found.required(f"{field}.name", f"name the {what}.")


def _namespace(found: Findings, field: str, namespace: str | None) -> None:
    if namespace and (fault := label_fault(namespace)):
        found.invalid(f"{field}.namespace", f"{shown(namespace)} {fault}.")
