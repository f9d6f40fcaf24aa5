"""Which type an object has, by its apiVersion and kind."""

from typing import Any

from msgspec import Struct

from kvnode.api.core import ConfigMap, DataVolume, Secret
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.kubevirt import KubeVirt
from kvnode.api.virtual_machine import VirtualMachine

# Group and kind, to the versions that are read and the type that they are read as. v1alpha3 is v1 under its old name.
_KUBEVIRT_VERSIONS = ("v1", "v1alpha3")
KINDS: dict[tuple[str, str], tuple[tuple[str, ...], type[Struct]]] = {
    ("kubevirt.io", "VirtualMachineInstance"): (_KUBEVIRT_VERSIONS, VirtualMachineInstance),
    ("kubevirt.io", "VirtualMachine"): (_KUBEVIRT_VERSIONS, VirtualMachine),
    ("kubevirt.io", "KubeVirt"): (_KUBEVIRT_VERSIONS, KubeVirt),
    ("cdi.kubevirt.io", "DataVolume"): (("v1beta1",), DataVolume),
    ("", "Secret"): (("v1",), Secret),
    ("", "ConfigMap"): (("v1",), ConfigMap),
}


def known_kind(api_version: str, kind: str) -> tuple[tuple[str, ...], type[Struct]] | None:
    """The apiVersions in which a kind of this group is read, and its type; None for a kind without a type here."""
    group, _, _ = api_version.rpartition("/")
    entry = KINDS.get((group, kind))
    if entry is None:
        return None
    versions, type_ = entry
    return tuple(f"{group}/{version}" if group else version for version in versions), type_


def is_list(document: dict[str, Any]) -> bool:
    """Whether a document is a list of objects: kind `List`, or one of a kind of its own such as `SecretList`."""
    kind = document.get("kind")
    return isinstance(kind, str) and kind.endswith("List") and isinstance(document.get("items"), list | tuple)
