"""What a schema says of the API's types that the types themselves don't: how lists merge, and few further bounds.

By `Type.field`, the field under its wire name. Everything here is what KubeVirt's own definitions hold: a bound too
many refuses manifests that have always been good, and whatever else a value has to be is admission's to say, with all
faults at once. A list that isn't here is replaced whole by whoever applies it.
"""

from typing import Any

Keywords = dict[str, Any]


def _by(*keys: str) -> Keywords:
    """A list whose items are told apart by these of their fields: each may have an owner of its own."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}


def _one_of(*values: str) -> Keywords:
    return {"enum": list(values)}


_SET: Keywords = {"x-kubernetes-list-type": "set"}
_NULLABLE: Keywords = {"nullable": True}

_STATE_PRESERVATION = _one_of("Disabled", "Offline", "Online")

OF_FIELDS: dict[str, Keywords] = {
    "DataVolumeSpec.contentType": _one_of("kubevirt", "archive"),
    "KubeVirtConfiguration.supportContainerResources": _by("type"),
    "KubeVirtConfiguration.vmRolloutStrategy": _one_of("Stage", "LiveUpdate"),
    "QemuGuestAgentSSHPublicKeyAccessCredentialPropagation.users": _SET,
    "SnapshotVolumesLists.excludedVolumes": _SET,
    "SnapshotVolumesLists.includedVolumes": _SET,
    "TLSConfiguration.ciphers": _SET,
    "TLSConfiguration.minTLSVersion": _one_of("VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"),
    "VirtualMachineExportBackup.endpoints": _by("endpoint"),
    "VirtualMachineExportLink.backups": _by("name"),
    "VirtualMachineExportLink.manifests": _by("type"),
    "VirtualMachineExportLink.volumes": _by("name"),
    "VirtualMachineExportVolume.formats": _by("format"),
    "VirtualMachineInstanceSpec.resourceClaims": _by("name"),
    "VirtualMachineInstanceSpec.topologySpreadConstraints": _by("topologyKey", "whenUnsatisfiable"),
    "VirtualMachineInstanceSpec.utilityVolumes": _by("name"),
    "VirtualMachinePoolAutohealingStrategy.startUpFailureThreshold": {"minimum": 1},
    "VirtualMachinePoolOpportunisticScaleInStrategy.statePreservation": _STATE_PRESERVATION,
    "VirtualMachinePoolProactiveScaleInStrategy.statePreservation": _STATE_PRESERVATION,
    "VirtualMachinePoolSelectionPolicy.sortPolicy": _one_of(
        "AscendingOrder", "DescendingOrder", "Newest", "Oldest", "Random"
    ),
    "VirtualMachinePoolSpec.replicas": {"minimum": 0},
    "VirtualMachineRestoreStatus.deletedDataVolumes": _SET,
    "VirtualMachineSnapshotContentStatus.creationTime": _NULLABLE,
    "VirtualMachineSnapshotStatus.creationTime": _NULLABLE,
    "VirtualMachineSnapshotStatus.indications": _SET,
    "VolumeSnapshotState.creationTime": _NULLABLE,
}
"""Keywords of single fields."""

REPLACED_WHOLE = frozenset(
    {
        "LabelSelector",
        "LocalObjectReference",
        "NodeSelector",
        "NodeSelectorTerm",
        "ObjectFieldSelector",
        "ResourceFieldSelector",
        "TypedLocalObjectReference",
    }
)
"""Types whose objects have one owner: whoever applies one says all of it."""

REQUIRED = frozenset(
    {
        "NodeHook.permittedHooks",
        "NodeMediatedDeviceTypesConfig.nodeSelector",
        "NodeSelector.nodeSelectorTerms",
        "QemuGuestAgentSSHPublicKeyAccessCredentialPropagation.users",
        "StandardCondition.lastTransitionTime",
    }
)
"""Required fields that the types have an absent value for."""

OPTIONAL = frozenset(
    {
        "DomainSpec.resources",
        "KubeVirtSpec.configuration",
        "PersistentVolumeClaimSpec.resources",
        "SnapshottedPersistentVolumeClaim.spec",
        "SnapshottedVirtualMachine.spec",
        "StorageSpec.resources",
        "VirtualMachineCloneSpec.template",
        "VirtualMachineInstancePreset.spec",
        "VirtualMachineTemplateSpec.spec",
    }
)
"""Objects that are always there in the types and may be left out of a document."""
