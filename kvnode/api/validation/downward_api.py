"""Rules about files that show what Kubernetes knows of the guest's Pod: each shows one thing that there is.

They are Kubernetes' own rules: the volume is the Pod's, and a Pod with another one is refused.
"""

from __future__ import annotations

import re

from kvnode.api.validation.amounts import amount_rules
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.names import label_fault, qualified_name_fault
from kvnode.api.volumes import (
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    ObjectFieldSelector,
    ResourceFieldSelector,
)

__all__ = ["downward_api_rules"]

_FIELDS = ("metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations")
_ENTRY = re.compile(r"metadata\.(?:labels|annotations)\['([^']+)'\]", re.ASCII).fullmatch
_RESOURCES = tuple(
    f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "memory", "ephemeral-storage")
)
_PAGES = re.compile(r"(?:limits|requests)\.hugepages-[0-9A-Za-z]{1,16}", re.ASCII).fullmatch
_MAX_MODE = 0o777
_MAX_PATH_CHARACTERS = 4095


def downward_api_rules(found: Findings, field: str, source: DownwardAPIVolumeSource) -> None:
    """Each file has a path of its own inside the volume, and one thing to show."""
    paths: dict[str, int] = {}
    for index, file in enumerate(source.fields):
        inside = f"{field}.fields[{index}]"
        if paths.setdefault(file.path, index) != index:
            found.duplicate(
                f"{inside}.path", f"{shown(file.path)} is the path of {field}.fields[{paths[file.path]}] already."
            )
        _file(found, inside, file)


def _file(found: Findings, field: str, file: DownwardAPIVolumeFile) -> None:
    path = file.path
    below = path and not path.startswith("/") and ".." not in path.split("/")
    if not below or len(path) > _MAX_PATH_CHARACTERS or not path.isprintable():
        found.invalid(f"{field}.path", f"{shown(path)} must be a relative path without '..'.")
    if file.mode is not None and not 0 <= file.mode <= _MAX_MODE:
        found.invalid(f"{field}.mode", f"{file.mode} are no file's permissions, which are 0 to {_MAX_MODE} (0777).")
    if (file.field_ref is None) == (file.resource_field_ref is None):
        found.invalid(field, "a file shows either a fieldRef or a resourceFieldRef: set one of them.")
    if file.field_ref is not None:
        _field(found, f"{field}.fieldRef", file.field_ref)
    if file.resource_field_ref is not None:
        _resource(found, f"{field}.resourceFieldRef", file.resource_field_ref)


def _field(found: Findings, field: str, reference: ObjectFieldSelector) -> None:
    path = reference.field_path
    if reference.api_version and reference.api_version != "v1":
        found.invalid(f"{field}.apiVersion", f"{shown(reference.api_version)} has no Pods: it is v1.")
    if not path:
        found.required(f"{field}.fieldPath", f"name what is shown: {listed(_FIELDS)}.")
    elif path not in _FIELDS:
        named = _ENTRY(path)
        if named is None:
            found.not_supported(
                f"{field}.fieldPath",
                f"{shown(path)} isn't shown to files; it is {listed(_FIELDS)}, or metadata.labels['KEY'].",
            )
        elif fault := qualified_name_fault(named[1].lower()):
            found.invalid(f"{field}.fieldPath", f"{shown(named[1])} {fault}.")


def _resource(found: Findings, field: str, reference: ResourceFieldSelector) -> None:
    resource = reference.resource
    if not reference.container_name:
        found.required(f"{field}.containerName", "name the container, which is compute.")
    elif fault := label_fault(reference.container_name):
        found.invalid(f"{field}.containerName", f"{shown(reference.container_name)} {fault}.")
    if not resource:
        found.required(f"{field}.resource", f"name what is shown: {listed(_RESOURCES)}.")
    elif resource not in _RESOURCES and not _PAGES(resource):
        found.not_supported(f"{field}.resource", f"{shown(resource)} isn't shown; it is {listed(_RESOURCES)}.")
    amount_rules(found, f"{field}.divisor", reference.divisor)
