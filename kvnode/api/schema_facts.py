"""What a schema says of the API's types that the types themselves don't: how lists merge, bounds, choices and rules.

By `Type.field`, the field under its wire name. Everything here is what KubeVirt's own definitions hold: a bound too
many refuses manifests that have always been good, and whatever else a value has to be is admission's to say, with all
faults at once. A list that isn't here is replaced whole by whoever applies it.

Rules are expressions in CEL, which the API server evaluates itself. Kinds have them that KubeVirt has no webhook for.
"""

from typing import Any

Keywords = dict[str, Any]


def _by(*keys: str) -> Keywords:
    """A list whose items are told apart by these of their fields: each may have an owner of its own."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}


def _one_of(*values: str) -> Keywords:
    return {"enum": list(values)}


def _within(least: int, most: int | None = None) -> Keywords:
    return {"minimum": least} if most is None else {"minimum": least, "maximum": most}


def _rules(*rules: tuple[str, str]) -> Keywords:
    """Rules in CEL, each with what is said where it doesn't hold."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in rules]}


_SET: Keywords = {"x-kubernetes-list-type": "set"}
_NULLABLE: Keywords = {"nullable": True}

_NOT_EMPTY: Keywords = {"minLength": 1}

_STATE_PRESERVATION = _one_of("Disabled", "Offline", "Online")
# What libvirt takes.
_DOWNTIME_MS = _within(1, 2_000_000)
_STAYS = ("self == oldSelf", "the spec stays as it was made: delete the object and make another one")
_NAMED = ("self.name != ''", "name the object")

OF_FIELDS: dict[str, Keywords] = {
    "AdmissionReference.name": _NOT_EMPTY,
    "CELDomainHook.expression": _NOT_EMPTY,
    "CPUInstancetype.guest": _within(1),
    "CPUInstancetype.maxSockets": _within(1),
    "CPUPreferences.preferredCPUTopology": _one_of(
        "any",
        "cores",
        "preferAny",
        "preferCores",
        "preferSockets",
        "preferSpread",
        "preferThreads",
        "sockets",
        "spread",
        "threads",
    ),
    "DataVolumeSpec.contentType": _one_of("kubevirt", "archive"),
    "DeveloperConfiguration.memoryOvercommit": _within(10),
    "DowntimeTuningOptions.cooldownSeconds": _within(1),
    "DowntimeTuningOptions.initialMs": _within(1),
    "DowntimeTuningOptions.startAfterIteration": _within(1),
    "DowntimeTuningOptions.steps": _within(1),
    "ExperimentalMigrationOptions.compression": _one_of("none", "zstd"),
    "HypervisorConfiguration.name": _one_of("hyperv-direct", "kvm"),
    "InstancetypeConfiguration.referencePolicy": _one_of("expand", "expandAll", "reference"),
    "KubeVirtConfiguration.hypervisors": {"maxItems": 1},
    "KubeVirtConfiguration.roleAggregationStrategy": _one_of("AggregateToDefault", "Manual"),
    "KubeVirtConfiguration.supportContainerResources": _by("type"),
    "KubeVirtConfiguration.vmRolloutStrategy": _one_of("Stage", "LiveUpdate"),
    "MemoryInstancetype.overcommitPercent": _within(0, 100),
    "MigrationConfiguration.maxDowntimeMs": _DOWNTIME_MS,
    "MigrationPolicySpec.maxDowntimeMs": _DOWNTIME_MS,
    "NodeHook.permittedHooks": {"minItems": 1},
    "NodeHook.socket": _NOT_EMPTY,
    "QemuGuestAgentSSHPublicKeyAccessCredentialPropagation.users": _SET,
    "SidecarDomainHook.socketPath": _NOT_EMPTY,
    "SnapshotVolumesLists.excludedVolumes": _SET,
    "SnapshotVolumesLists.includedVolumes": _SET,
    "SpreadOptions.across": _one_of("CoresThreads", "SocketsCores", "SocketsCoresThreads"),
    "SpreadOptions.ratio": _within(1),
    "StallDetectorOptions.stallMargin": _within(0, 100),
    "StallDetectorOptions.stallProgressTimeout": _within(0),
    "StallDetectorOptions.switchoverTimeout": _within(0),
    "TLSConfiguration.ciphers": _SET,
    "TLSConfiguration.minTLSVersion": _one_of("VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"),
    "VMIMConfigurationOptions.maxDowntimeMs": _DOWNTIME_MS,
    "VirtualMachineBackup.spec": _rules(
        _STAYS,
        ("has(self.pvcName) && self.pvcName != ''", "name the claim in pvcName"),
        (
            "!has(self.mode) || self.mode != 'Pull' || (has(self.tokenSecretRef) && self.tokenSecretRef != '')",
            "mode Pull takes a Secret with the readers' token: name it in tokenSecretRef",
        ),
    ),
    "VirtualMachineBackupSpec.mode": _one_of("Pull", "Push"),
    "VirtualMachineBackupSpec.source": _rules(
        (
            "has(self.apiGroup) && ((self.apiGroup == 'kubevirt.io' && self.kind == 'VirtualMachine') || "
            "(self.apiGroup == 'backup.kubevirt.io' && self.kind == 'VirtualMachineBackupTracker'))",
            "it is a VirtualMachine of apiGroup kubevirt.io, or a VirtualMachineBackupTracker of backup.kubevirt.io",
        ),
        _NAMED,
    ),
    "VirtualMachineBackupTracker.spec": _rules(_STAYS),
    "VirtualMachineBackupTrackerSpec.source": _rules(
        (
            "has(self.apiGroup) && self.apiGroup == 'kubevirt.io' && self.kind == 'VirtualMachine'",
            "it is a VirtualMachine of apiGroup kubevirt.io",
        ),
        _NAMED,
    ),
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
    "VirtualMachineRestoreSpec.targetReadinessPolicy": _one_of(
        "FailImmediate", "StopTarget", "WaitEventually", "WaitGracePeriod"
    ),
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
