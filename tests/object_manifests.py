"""A sound object of each of KubeVirt's kinds that is no guest, as people write them, and how tests change them."""

from __future__ import annotations

from typing import Any

import kvnode
from kvnode.api.validation.objects import validate_object
from tests.manifests import SOUND, changed, gates

GUEST = SOUND["spec"]
LABELS = {"app": "mill"}
GATES = gates("IncrementalBackup", "Plugins", "HostDevices")
"""What some of these kinds take, and is shut unless it is opened."""


def _machine() -> dict[str, Any]:
    return {
        "runStrategy": "Always",
        "dataVolumeTemplates": [
            {
                "metadata": {"name": "data"},
                "spec": {"source": {"blank": {}}, "storage": {"resources": {"requests": {"storage": "10Gi"}}}},
            }
        ],
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {
                **GUEST,
                "domain": {
                    **GUEST["domain"],
                    "devices": {
                        **GUEST["domain"]["devices"],
                        "disks": [
                            *GUEST["domain"]["devices"]["disks"],
                            {"name": "data", "disk": {"bus": "virtio"}},
                        ],
                    },
                },
                "volumes": [*GUEST["volumes"], {"name": "data", "dataVolume": {"name": "data"}}],
            },
        },
    }


_SIZE = {
    "cpu": {"guest": 4, "dedicatedCPUPlacement": True, "isolateEmulatorThread": True, "model": "host-passthrough"},
    "memory": {"guest": "8Gi", "hugepages": {"pageSize": "1Gi"}},
    "gpus": [{"name": "gpu", "deviceName": "nvidia.com/GA102"}],
    "ioThreadsPolicy": "supplementalPool",
    "ioThreads": {"supplementalPoolThreadCount": 4},
    "nodeSelector": {"example.com/pool": "fast"},
    "annotations": {"example.com/size": "large"},
}
_LIKINGS = {
    "clock": {
        "preferredClockOffset": {"utc": {}},
        "preferredTimer": {
            "hpet": {"present": False},
            "pit": {"tickPolicy": "delay"},
            "rtc": {"tickPolicy": "catchup"},
            "hyperv": {},
        },
    },
    "cpu": {
        "preferredCPUTopology": "spread",
        "spreadOptions": {"across": "SocketsCoresThreads", "ratio": 4},
        "preferredCPUFeatures": [{"name": "vmx", "policy": "require"}],
    },
    "devices": {
        "preferredDiskBus": "virtio",
        "preferredCdromBus": "sata",
        "preferredLunBus": "scsi",
        "preferredDiskCache": "none",
        "preferredDiskIO": "native",
        "preferredDiskBlockSize": {"custom": {"logical": 512, "physical": 4096}},
        "preferredInputBus": "usb",
        "preferredInputType": "tablet",
        "preferredInterfaceModel": "virtio",
        "preferredInterfaceMasquerade": {},
        "preferredNetworkInterfaceMultiQueue": True,
        "preferredPanicDeviceModel": "hyperv",
        "preferredSoundModel": "ich9",
        "preferredTPM": {"persistent": True},
        "preferredVideoType": "virtio",
        "preferredRng": {},
    },
    "features": {
        "preferredAcpi": {},
        "preferredApic": {},
        "preferredHyperv": {
            "relaxed": {},
            "vapic": {},
            "spinlocks": {"spinlocks": 8191},
            "vpindex": {},
            "synic": {},
            "synictimer": {"direct": {}},
        },
        "preferredSmm": {},
    },
    "firmware": {"preferredEfi": {"secureBoot": True, "persistent": True}},
    "machine": {"preferredMachineType": "q35"},
    "volumes": {"preferredStorageClassName": "fast"},
    "preferredArchitecture": "amd64",
    "preferredSubdomain": "works",
    "preferredTerminationGracePeriodSeconds": 3600,
    "requirements": {"cpu": {"guest": 2}, "memory": {"guest": "4Gi"}, "architecture": "amd64"},
    "annotations": {"example.com/os": "windows"},
}
_VM = {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "mill"}

_SPECS: dict[str, tuple[str, dict[str, Any]]] = {
    "VirtualMachine": ("kubevirt.io/v1", _machine()),
    "VirtualMachineInstanceReplicaSet": (
        "kubevirt.io/v1",
        {
            "replicas": 3,
            "selector": {
                "matchLabels": LABELS,
                "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front", "back"]}],
            },
            "template": {"metadata": {"labels": {**LABELS, "tier": "front"}}, "spec": GUEST},
        },
    ),
    "VirtualMachinePool": (
        "pool.kubevirt.io/v1beta1",
        {
            "replicas": 3,
            "selector": {"matchLabels": LABELS},
            "virtualMachineTemplate": {"metadata": {"labels": LABELS}, "spec": _machine()},
            "nameGeneration": {"appendIndexToSecretRefs": True},
            "maxUnavailable": "25%",
            "scaleInStrategy": {
                "proactive": {
                    "statePreservation": "Offline",
                    "selectionPolicy": {
                        "sortPolicy": "Newest",
                        "selectors": {
                            "labelSelector": {"matchLabels": {"expendable": "yes"}},
                            "nodeSelectorRequirementMatcher": [{"key": "zone", "operator": "In", "values": ["east"]}],
                        },
                    },
                }
            },
            "updateStrategy": {"opportunistic": {}},
            "autohealing": {"startUpFailureThreshold": 5, "minFailingToStartDuration": "10m"},
        },
    ),
    "VirtualMachineInstanceMigration": (
        "kubevirt.io/v1",
        {"vmiName": "mill", "addedNodeSelector": {"kubernetes.io/hostname": "node-2"}, "priority": "user-triggered"},
    ),
    "MigrationPolicy": (
        "migrations.kubevirt.io/v1alpha1",
        {
            "selectors": {
                "namespaceSelector": {"team": "works"},
                "virtualMachineInstanceSelector": {"workload": "database"},
            },
            "allowPostCopy": True,
            "bandwidthPerMigration": "64Mi",
            "completionTimeoutPerGiB": 120,
            "maxDowntimeMs": 500,
            "experimental": {
                "compression": "zstd",
                "downtimeTuning": {"initialMs": 100, "steps": 5, "startAfterIteration": 3, "cooldownSeconds": 10},
                "stallDetector": {"stallMargin": 4, "stallProgressTimeout": 40, "ewmaAlpha": "0.4"},
            },
        },
    ),
    "VirtualMachineInstancetype": ("instancetype.kubevirt.io/v1beta1", _SIZE),
    "VirtualMachineClusterInstancetype": (
        "instancetype.kubevirt.io/v1beta1",
        {"cpu": {"guest": 1, "maxSockets": 4}, "memory": {"guest": "2Gi", "maxGuest": "8Gi", "overcommitPercent": 50}},
    ),
    "VirtualMachinePreference": ("instancetype.kubevirt.io/v1beta1", _LIKINGS),
    "VirtualMachineClusterPreference": (
        "instancetype.kubevirt.io/v1beta1",
        {
            "cpu": {"preferredCPUTopology": "preferCores"},
            "machine": {"preferredMachineType": "virt"},
            "firmware": {"preferredUseEfi": True, "preferredUseSecureBoot": False},
        },
    ),
    "VirtualMachineSnapshot": (
        "snapshot.kubevirt.io/v1beta1",
        {"source": _VM, "deletionPolicy": "Retain", "failureDeadline": "10m"},
    ),
    "VirtualMachineSnapshotContent": (
        "snapshot.kubevirt.io/v1beta1",
        {
            "virtualMachineSnapshotName": "before-upgrade",
            "source": {"virtualMachine": {"metadata": {"name": "mill"}, "spec": _machine()}},
            "volumeBackups": [
                {
                    "volumeName": "data",
                    "persistentVolumeClaim": {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}},
                    "volumeSnapshotName": "vmsnapshot-data",
                }
            ],
        },
    ),
    "VirtualMachineRestore": (
        "snapshot.kubevirt.io/v1beta1",
        {
            "target": _VM,
            "virtualMachineSnapshotName": "before-upgrade",
            "targetReadinessPolicy": "StopTarget",
            "volumeRestorePolicy": "PrefixTargetName",
            "volumeOwnershipPolicy": "None",
            "volumeRestoreOverrides": [
                {"volumeName": "data", "restoreName": "data-restored", "labels": {"a": "b"}, "annotations": {"c": "d"}}
            ],
            "patches": ['{"op": "replace", "path": "/spec/runStrategy", "value": "Halted"}'],
        },
    ),
    "VirtualMachineClone": (
        "clone.kubevirt.io/v1beta1",
        {
            "source": _VM,
            "target": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "mill-2"},
            "labelFilters": ["*", "!example.com/*"],
            "annotationFilters": ["note"],
            "template": {"labelFilters": ["app*"]},
            "newMacAddresses": {"default": "02:00:5e:10:00:01", "second": ""},
            "newSMBiosSerial": "new-serial",
            "patches": ['{"op": "add", "path": "/metadata/labels/copy", "value": "yes"}'],
            "volumeNamePolicy": "RandomizeNames",
        },
    ),
    "VirtualMachineExport": (
        "export.kubevirt.io/v1",
        {
            "source": {"kind": "PersistentVolumeClaim", "name": "data"},
            "tokenSecretRef": "export-token",
            "ttlDuration": "1h",
        },
    ),
    "VirtualMachineBackup": (
        "backup.kubevirt.io/v1alpha1",
        {
            "source": {"apiGroup": "backup.kubevirt.io", "kind": "VirtualMachineBackupTracker", "name": "mill"},
            "mode": "Pull",
            "pvcName": "scratch",
            "tokenSecretRef": "backup-token",
            "ttlDuration": "6h",
        },
    ),
    "VirtualMachineBackupTracker": ("backup.kubevirt.io/v1alpha1", {"source": _VM}),
    "VirtualMachineInstancePreset": (
        "kubevirt.io/v1",
        {
            "selector": {"matchLabels": {"flavor": "windows"}},
            "domain": {
                "devices": {
                    "disks": [{"name": "root", "disk": {"bus": "sata"}}],
                    "interfaces": [{"name": "default", "masquerade": {}, "model": "e1000"}],
                },
                "firmware": {"uuid": "5d307ca9-b3ef-428c-8861-06e72d69f223"},
            },
        },
    ),
    "Plugin": (
        "plugin.kubevirt.io/v1alpha1",
        {
            "failureStrategy": "Fail",
            "domainHooks": [
                {"cel": {"expression": "domain"}, "condition": "vmi.metadata.name == 'mill'"},
                {"sidecar": {"socketPath": "/var/run/hooks/tune.sock"}, "timeout": "5s", "failureStrategy": "Ignore"},
            ],
            "nodeHooks": [{"socket": "/var/run/hooks/node.sock", "permittedHooks": ["PreVMStart", "PostVMStop"]}],
            "validatingAdmissionPolicies": [{"name": "tune"}],
        },
    ),
    "KubeVirt": (
        "kubevirt.io/v1",
        {
            "imagePullPolicy": "IfNotPresent",
            "imageRegistry": "registry.example:5000/kubevirt",
            "imageTag": "v1.6.0",
            "imagePullSecrets": [{"name": "registry"}],
            "infra": {
                "replicas": 2,
                "nodePlacement": {
                    "nodeSelector": {"node-role.kubernetes.io/control-plane": ""},
                    "tolerations": [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}],
                },
            },
            "certificateRotateStrategy": {
                "selfSigned": {
                    "ca": {"duration": "168h", "renewBefore": "24h"},
                    "server": {"duration": "48h", "renewBefore": "12h"},
                }
            },
            "customizeComponents": {
                "patches": [
                    {
                        "resourceType": "Deployment",
                        "resourceName": "virt-controller",
                        "type": "strategic",
                        "patch": '{"metadata": {"labels": {"a": "b"}}}',
                    }
                ],
                "flags": {"api": {"v": "4"}},
            },
            "workloadUpdateStrategy": {
                "workloadUpdateMethods": ["LiveMigrate", "Evict"],
                "batchEvictionSize": 10,
                "batchEvictionInterval": "1m",
            },
            "uninstallStrategy": "BlockUninstallIfWorkloadsExist",
            "monitorNamespace": "monitoring",
            "monitorAccount": "prometheus",
            "productName": "works",
            "synchronizationPort": "9185",
            "configuration": {
                "developerConfiguration": {
                    "featureGates": ["HostDisk", "SomethingOfTomorrow"],
                    "disabledFeatureGates": ["Snapshot"],
                    "cpuAllocationRatio": 10,
                    "memoryOvercommit": 150,
                    "pvcTolerateLessSpaceUpToPercent": 10,
                    "diskVerification": {"memoryLimit": "2G"},
                    "logVerbosity": {"virtAPI": 3, "nodeVerbosity": {"node-1": 9}},
                    "nodeSelectors": {"zone": "east"},
                },
                "architectureConfiguration": {
                    "defaultArchitecture": "arm64",
                    "amd64": {"machineType": "pc-q35-9.2", "emulatedMachines": ["q35*", "pc-q35*"]},
                },
                "cpuModel": "Haswell-noTSX",
                "cpuRequest": "50m",
                "obsoleteCPUModels": {"486": True},
                "evictionStrategy": "LiveMigrate",
                "imagePullPolicy": "Always",
                "migrations": {
                    "bandwidthPerMigration": "0",
                    "completionTimeoutPerGiB": 150,
                    "parallelMigrationsPerCluster": 5,
                    "parallelOutboundMigrationsPerNode": 2,
                    "progressTimeout": 150,
                    "nodeDrainTaintKey": "kubevirt.io/drain",
                    "network": "migrations",
                },
                "liveUpdateConfiguration": {"maxHotplugRatio": 4, "maxCpuSockets": 32, "maxGuest": "64Gi"},
                "network": {
                    "defaultNetworkInterface": "masquerade",
                    "binding": {
                        "fast": {
                            "domainAttachmentType": "managedTap",
                            "networkAttachmentDefinition": "works/fast",
                            "sidecarImage": "registry.example/fast:1",
                            "downwardAPI": "device-info",
                            "migration": {"method": "link-refresh"},
                            "computeResourceOverhead": {"requests": {"memory": "50Mi"}, "limits": {"memory": "100Mi"}},
                        }
                    },
                },
                "permittedHostDevices": {
                    "pciHostDevices": [
                        {"pciVendorSelector": "10de:1eb8", "resourceName": "nvidia.com/TU104GL"},
                        {"pciVendorSelector": "8086:*", "resourceName": "intel.com/any"},
                    ],
                    "mediatedDevices": [{"mdevNameSelector": "GRID T4-1Q", "resourceName": "nvidia.com/GRID_T4-1Q"}],
                    "usb": [
                        {
                            "resourceName": "kubevirt.io/storage",
                            "selectors": [{"vendor": "46f4", "product": "0001"}],
                        }
                    ],
                },
                "mediatedDevicesConfiguration": {
                    "mediatedDeviceTypes": ["nvidia-222"],
                    "nodeMediatedDeviceTypes": [
                        {"nodeSelector": {"gpu": "t4"}, "mediatedDeviceTypes": ["nvidia-223"]},
                    ],
                },
                "tlsConfiguration": {
                    "minTLSVersion": "VersionTLS12",
                    "ciphers": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
                },
                "seccompConfiguration": {
                    "virtualMachineInstanceProfile": {"customProfile": {"localhostProfile": "kubevirt/kubevirt.json"}}
                },
                "supportContainerResources": [
                    {"type": "sidecar", "resources": {"requests": {"cpu": "10m"}, "limits": {"cpu": "1"}}}
                ],
                "ksmConfiguration": {"nodeLabelSelector": {"matchExpressions": [{"key": "ksm", "operator": "Exists"}]}},
                "additionalGuestMemoryOverheadRatio": "1.2",
                "vmRolloutStrategy": "LiveUpdate",
                "roleAggregationStrategy": "Manual",
                "instancetype": {"referencePolicy": "expand"},
                "hypervisors": [{"name": "kvm"}],
                "smbios": {"manufacturer": "works", "sku": "1"},
                "virtualMachineInstancesPerNode": 110,
                "memBalloonStatsPeriod": 0,
                "vmStateStorageClass": "fast",
                "selinuxLauncherType": "container_t",
                "confidentialCompute": {"tdx": {"attestation": {"qgsSocketPath": "/var/run/tdx-qgs/qgs.socket"}}},
                "apiConfiguration": {
                    "restClient": {"rateLimiter": {"tokenBucketRateLimiter": {"qps": 50.5, "burst": 100}}}
                },
            },
        },
    ),
}
_IN_NO_NAMESPACE = (
    "MigrationPolicy",
    "Plugin",
    "VirtualMachineClusterInstancetype",
    "VirtualMachineClusterPreference",
)

SOUND_OBJECTS: dict[str, dict[str, Any]] = {
    kind: {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "mill", **({} if kind in _IN_NO_NAMESPACE else {"namespace": "works"})},
        "spec": spec,
    }
    for kind, (api_version, spec) in _SPECS.items()
}
"""By kind, the document of one."""


def object_of(kind: str, changes: dict[str, Any] | None = None) -> Any:
    """The sound object of a kind with values put at dotted paths, read strictly."""
    (found,) = kvnode.load_all(changed(SOUND_OBJECTS[kind], changes))
    return found


def object_findings(
    kind: str, changes: dict[str, Any] | None = None, config: dict[str, Any] | None = None
) -> list[tuple[str, str, str]]:
    """What validation says of it: field, reason without its beginning, sentence."""
    found = validate_object(object_of(kind, changes), GATES if config is None else config)
    return [(error.field, error.reason.removeprefix("FieldValue"), error.message) for error in found]
