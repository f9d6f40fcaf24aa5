"""The KubeVirt resource: settings that can't mean anything are refused where an administrator writes them."""

import pytest

import kvnode
from tests.manifests import GONE, vmi
from tests.object_manifests import object_findings

CONFIG = "spec.configuration"
DEVELOPER = f"{CONFIG}.developerConfiguration"
SIGNED = "spec.certificateRotateStrategy.selfSigned"
PATCH = "spec.customizeComponents.patches.0"
DEVICES = f"{CONFIG}.permittedHostDevices"
MEDIATED = f"{CONFIG}.mediatedDevicesConfiguration"
BINDING = f"{CONFIG}.network.binding.fast"
AT_BINDING = f"{CONFIG}.network.binding[fast]"
TLS = f"{CONFIG}.tlsConfiguration"
PROFILE = f"{CONFIG}.seccompConfiguration.virtualMachineInstanceProfile"
BUCKET = f"{CONFIG}.apiConfiguration.restClient.rateLimiter.tokenBucketRateLimiter"

# Changes, the field that is told (that of the change if None), its reason, words.
TABLE = [
    ({"spec.imagePullPolicy": "Once"}, None, "NotSupported", "it is Always, IfNotPresent or Never"),
    ({"spec.imageRegistry": "https://registry.example"}, None, "Invalid", "is no registry, such as"),
    ({"spec.imageTag": "a b"}, None, "Invalid", "'a b' is no tag"),
    ({"spec.imagePullSecrets.0": {}}, "spec.imagePullSecrets[0].name", "Required", "name the Secret"),
    (
        {"spec.imagePullSecrets.1": {"name": "registry"}},
        "spec.imagePullSecrets[1].name",
        "Duplicate",
        "'registry' is imagePullSecrets[0] already",
    ),
    ({"spec.infra.replicas": 0}, None, "Invalid", "0 of each leave nobody to do the work"),
    (
        {"spec.infra.nodePlacement.nodeSelector": {"a": "b c"}},
        "spec.infra.nodePlacement.nodeSelector[a]",
        "Invalid",
        "'b c' must be empty",
    ),
    (
        {"spec.infra.nodePlacement.tolerations.0.operator": "Like"},
        "spec.infra.nodePlacement.tolerations[0].operator",
        "NotSupported",
        "'Like' is no operator",
    ),
    (
        {
            "spec.workloads": {
                "nodePlacement": {
                    "affinity": {
                        "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": ""}]}
                    }
                }
            }
        },
        "spec.workloads.nodePlacement.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]"
        ".topologyKey",
        "Required",
        "name the node label",
    ),
    ({f"{SIGNED}.ca.renewBefore": "200h"}, None, "Invalid", "720000 s before its end are more than its 604800 s"),
    ({f"{SIGNED}.server.renewBefore": "50h"}, None, "Invalid", "more than its 172800 s of life"),
    ({f"{SIGNED}.server.duration": "200h"}, None, "Invalid", "more than the authority's own 604800 s"),
    ({f"{SIGNED}.ca.duration": "0s"}, None, "Invalid", "no time at all"),
    ({f"{SIGNED}.caRotateInterval": "168h"}, None, "Invalid", "keep these alone"),
    ({SIGNED: {"caOverlapInterval": "169h"}}, f"{SIGNED}.caOverlapInterval", "Invalid", "608400 s before its end"),
    ({SIGNED: {"certRotateInterval": "169h"}}, f"{SIGNED}.certRotateInterval", "Invalid", "the authority's own"),
    ({f"{PATCH}.resourceType": ""}, None, "Required", "name the kind to patch"),
    ({f"{PATCH}.resourceName": GONE}, None, "Required", "name the object to patch"),
    ({f"{PATCH}.type": "apply"}, None, "NotSupported", "it is json, merge or strategic"),
    ({f"{PATCH}.patch": "{a: b}"}, None, "Invalid", "'{a: b}' isn't JSON"),
    ({"spec.customizeComponents.flags.api": {"--v": "4"}}, None, "Invalid", "'--v' is no flag: write it without"),
    (
        {"spec.workloadUpdateStrategy.workloadUpdateMethods.0": "Kill"},
        None,
        "NotSupported",
        "it is LiveMigrate or Evict",
    ),
    ({"spec.workloadUpdateStrategy.workloadUpdateMethods.1": "LiveMigrate"}, None, "Duplicate", "[0] already"),
    ({"spec.workloadUpdateStrategy.batchEvictionSize": 0}, None, "Invalid", "0 guests at once are none"),
    ({"spec.workloadUpdateStrategy.batchEvictionInterval": "-1m"}, None, "Invalid", "less than no time"),
    ({"spec.uninstallStrategy": "Maybe"}, None, "NotSupported", "RemoveWorkloads or BlockUninstallIf"),
    ({"spec.monitorNamespace": "a.b"}, None, "Invalid", "must be a DNS label"),
    ({"spec.monitorAccount": "A"}, None, "Invalid", "must be a DNS name"),
    ({"spec.productName": "a b"}, None, "Invalid", "must be empty or at most 63"),
    ({"spec.synchronizationPort": "http"}, None, "Invalid", "'http' is no port"),
    ({"spec.synchronizationPort": "70000"}, None, "Invalid", "'70000' is no port"),
    ({f"{CONFIG}.evictionStrategy": "Move"}, None, "NotSupported", "LiveMigrateIfPossible or External"),
    ({f"{CONFIG}.imagePullPolicy": "Once"}, None, "NotSupported", "it is Always"),
    ({f"{CONFIG}.roleAggregationStrategy": "None"}, None, "NotSupported", "AggregateToDefault or Manual"),
    ({f"{CONFIG}.vmRolloutStrategy": "Later"}, None, "NotSupported", "it is Stage or LiveUpdate"),
    ({f"{CONFIG}.instancetype.referencePolicy": "copy"}, None, "NotSupported", "reference, expand or expandAll"),
    ({f"{CONFIG}.hypervisors.0.name": "xen"}, None, "NotSupported", "it is kvm or hyperv-direct"),
    ({f"{CONFIG}.hypervisors.1": {"name": "kvm"}}, f"{CONFIG}.hypervisors", "Invalid", "2 are more than one"),
    ({f"{DEVELOPER}.featureGates.0": "Host Disk"}, None, "Invalid", "'Host Disk' is no name of a feature gate"),
    (
        {f"{DEVELOPER}.featureGates.0": "hostdisk"},
        None,
        "NotSupported",
        "hostdisk is no feature gate that is known: HostDisk",
    ),
    ({f"{DEVELOPER}.featureGates.0": "LiveMigrationGate"}, None, "NotSupported", "LiveMigration is one"),
    ({f"{DEVELOPER}.featureGates.0": "HostDisc"}, None, "NotSupported", "HostDisk is one"),
    ({f"{DEVELOPER}.featureGates.0": "HostDik"}, None, "NotSupported", "HostDisk is one"),
    ({f"{DEVELOPER}.featureGates.0": "HostDDisk"}, None, "NotSupported", "HostDisk is one"),
    ({f"{DEVELOPER}.featureGates.0": "HostDsik"}, None, "NotSupported", "HostDisk is one"),
    ({f"{DEVELOPER}.featureGates.2": "HostDisk"}, None, "Duplicate", "HostDisk stands in featureGates[0] already"),
    ({f"{DEVELOPER}.disabledFeatureGates.0": "HostDisk"}, None, "Invalid", "a gate is open or shut"),
    ({f"{DEVELOPER}.pvcTolerateLessSpaceUpToPercent": 101}, None, "Invalid", "from 0 to 100"),
    ({f"{DEVELOPER}.memoryOvercommit": 9}, None, "Invalid", "9 is less than 10"),
    ({f"{DEVELOPER}.cpuAllocationRatio": 0}, None, "Invalid", "0 is less than 1"),
    ({f"{DEVELOPER}.minimumReservePVCBytes": -1}, None, "Invalid", "-1 is less than 0"),
    ({f"{DEVELOPER}.minimumClusterTSCFrequency": 0}, None, "Invalid", "0 is less than 1"),
    ({f"{DEVELOPER}.diskVerification.memoryLimit": "0"}, None, "Invalid", "has to be more than 0"),
    ({f"{DEVELOPER}.logVerbosity.virtAPI": 10}, None, "Invalid", "from 0 to 9"),
    (
        {f"{DEVELOPER}.logVerbosity.nodeVerbosity": {"node-1": -1}},
        f"{DEVELOPER}.logVerbosity.nodeVerbosity[node-1]",
        "Invalid",
        "-1 is no verbosity",
    ),
    ({f"{DEVELOPER}.nodeSelectors": {"a b": ""}}, f"{DEVELOPER}.nodeSelectors[a b]", "Invalid", "the key 'a b'"),
    (
        {f"{CONFIG}.architectureConfiguration.defaultArchitecture": "vax"},
        None,
        "NotSupported",
        "it is amd64, arm64 or s390x",
    ),
    (
        {f"{CONFIG}.architectureConfiguration.amd64.machineType": "pc"},
        None,
        "Invalid",
        "pc isn't permitted, so no guest that says nothing could start: it has to match 'q35*' or 'pc-q35*'",
    ),
    ({f"{CONFIG}.architectureConfiguration.amd64.emulatedMachines.2": "q 35"}, None, "Invalid", "is no pattern"),
    (
        {f"{CONFIG}.architectureConfiguration.arm64": {"ovmfPath": "x"}},
        f"{CONFIG}.architectureConfiguration.arm64.ovmfPath",
        "Invalid",
        "must be an absolute path",
    ),
    ({f"{CONFIG}.machineType": "q35'"}, None, "Invalid", "is no machine type"),
    ({f"{CONFIG}.cpuModel": "a b"}, None, "Invalid", "not the name of a CPU model"),
    ({f"{CONFIG}.obsoleteCPUModels": {"a b": True}}, f"{CONFIG}.obsoleteCPUModels[a b]", "Invalid", "not the name"),
    ({f"{CONFIG}.cpuRequest": "-1"}, None, "Invalid", "less than 0"),
    ({f"{CONFIG}.migrations.bandwidthPerMigration": "-1"}, None, "Invalid", "less than 0"),
    ({f"{CONFIG}.migrations.completionTimeoutPerGiB": -1}, None, "Invalid", "less than no time"),
    ({f"{CONFIG}.migrations.maxDowntimeMs": 0}, None, "Invalid", "isn't from 1 to 2000000"),
    ({f"{CONFIG}.migrations.progressTimeout": -1}, None, "Invalid", "less than no time"),
    ({f"{CONFIG}.migrations.parallelMigrationsPerCluster": 0}, None, "Invalid", "0 is less than 1"),
    ({f"{CONFIG}.migrations.nodeDrainTaintKey": "a b"}, None, "Invalid", "'a b' must be 1 to 63"),
    ({f"{CONFIG}.migrations.network": "a/b"}, None, "Invalid", "must be a DNS name"),
    ({f"{CONFIG}.liveUpdateConfiguration.maxHotplugRatio": 0}, None, "Invalid", "0 is less than 1"),
    ({f"{CONFIG}.liveUpdateConfiguration.maxCpuSockets": 0}, None, "Invalid", "0 is less than 1"),
    ({f"{CONFIG}.liveUpdateConfiguration.maxGuest": "0"}, None, "Invalid", "more than 0"),
    ({f"{CONFIG}.network.defaultNetworkInterface": "slirp"}, None, "NotSupported", "it is bridge or masquerade"),
    (
        {
            f"{CONFIG}.network.defaultNetworkInterface": "bridge",
            f"{CONFIG}.network.permitBridgeInterfaceOnPodNetwork": False,
        },
        f"{CONFIG}.network.defaultNetworkInterface",
        "Invalid",
        "use masquerade",
    ),
    ({f"{CONFIG}.network.binding": {"A B": {}}}, f"{CONFIG}.network.binding[A B]", "Invalid", "the name 'A B'"),
    ({f"{BINDING}.domainAttachmentType": "wire"}, f"{AT_BINDING}.domainAttachmentType", "NotSupported", "managedTap"),
    ({f"{BINDING}.sidecarImage": "a b"}, f"{AT_BINDING}.sidecarImage", "Invalid", "an image reference"),
    (
        {f"{BINDING}.networkAttachmentDefinition": "a/b/c"},
        f"{AT_BINDING}.networkAttachmentDefinition",
        "Invalid",
        "[namespace/]name",
    ),
    ({f"{BINDING}.downwardAPI": "all"}, f"{AT_BINDING}.downwardAPI", "NotSupported", "it is device-info"),
    ({f"{BINDING}.migration.method": "hope"}, f"{AT_BINDING}.migration.method", "NotSupported", "it is link-refresh"),
    (
        {f"{BINDING}.computeResourceOverhead.requests.memory": "200Mi"},
        f"{AT_BINDING}.computeResourceOverhead.requests.memory",
        "Invalid",
        "'200Mi' is more than the limit ('100Mi')",
    ),
    ({f"{DEVICES}.pciHostDevices.0.pciVendorSelector": "10de"}, None, "Invalid", "such as 10de:1eb8"),
    ({f"{DEVICES}.pciHostDevices.0.resourceName": ""}, None, "Required", "such as example.com/gpu"),
    ({f"{DEVICES}.pciHostDevices.0.resourceName": "gpu"}, None, "Invalid", "'gpu' has no domain before it"),
    (
        {f"{DEVICES}.pciHostDevices.2": {"pciVendorSelector": "10DE:1EB8", "resourceName": "a.b/c"}},
        f"{DEVICES}.pciHostDevices[2].pciVendorSelector",
        "Duplicate",
        "a device is one resource's",
    ),
    ({f"{DEVICES}.mediatedDevices.0.mdevNameSelector": ""}, None, "Invalid", "such as GRID T4-1Q"),
    ({f"{DEVICES}.usb.0.selectors": []}, None, "Required", "by vendor and product"),
    ({f"{DEVICES}.usb.0.selectors.0.vendor": "46g4"}, None, "Invalid", "four hexadecimal digits"),
    ({f"{MEDIATED}.mediatedDevicesTypes": ["nvidia-1"]}, None, "Invalid", "the older name"),
    ({f"{MEDIATED}.nodeMediatedDeviceTypes.0.nodeSelector": {}}, None, "Required", "which nodes create them"),
    ({f"{MEDIATED}.nodeMediatedDeviceTypes.0.mediatedDeviceTypes": []}, None, "Required", "which types"),
    ({f"{MEDIATED}.mediatedDeviceTypes.0": "a\u0007"}, None, "Invalid", "is no type"),
    ({f"{TLS}.minTLSVersion": "SSL3"}, None, "NotSupported", "'SSL3' is no version"),
    ({f"{TLS}.minTLSVersion": "VersionTLS13"}, f"{TLS}.ciphers", "NotSupported", "set minTLSVersion to VersionTLS12"),
    ({f"{TLS}.minTLSVersion": GONE}, f"{TLS}.ciphers", "NotSupported", "or drop them"),
    ({f"{TLS}.ciphers.0": "AES128-SHA"}, None, "NotSupported", "'AES128-SHA' is no suite that is known"),
    ({f"{TLS}.ciphers.1": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, None, "Duplicate", "is ciphers[0] already"),
    ({PROFILE: {}}, f"{PROFILE}.customProfile", "Required", "say which profile"),
    (
        {f"{PROFILE}.customProfile.runtimeDefaultProfile": True},
        f"{PROFILE}.customProfile.localhostProfile",
        "Invalid",
        "exclude each other",
    ),
    ({f"{PROFILE}.customProfile.localhostProfile": "../x"}, None, "Invalid", "no file below the kubelet's folder"),
    ({f"{CONFIG}.supportContainerResources.0.type": "mail"}, None, "NotSupported", "'mail' is no helper"),
    (
        {f"{CONFIG}.supportContainerResources.1": {"type": "sidecar", "resources": {}}},
        f"{CONFIG}.supportContainerResources[1].type",
        "Duplicate",
        "sidecar is that of [0] already",
    ),
    (
        {f"{CONFIG}.supportContainerResources.0.resources.limits.cpu": "1m"},
        f"{CONFIG}.supportContainerResources[0].resources.requests.cpu",
        "Invalid",
        "more than the limit",
    ),
    (
        {f"{CONFIG}.ksmConfiguration.nodeLabelSelector.matchExpressions.0.operator": "Is"},
        None,
        "Invalid",
        "'Is' is no operator",
    ),
    (
        {f"{CONFIG}.autoCPULimitNamespaceLabelSelector": {"matchLabels": {"a": "b c"}}},
        f"{CONFIG}.autoCPULimitNamespaceLabelSelector.matchLabels[a]",
        "Invalid",
        "'b c' must be empty",
    ),
    (
        {
            f"{CONFIG}.changedBlockTrackingLabelSelectors": {
                "namespaceLabelSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}
            }
        },
        f"{CONFIG}.changedBlockTrackingLabelSelectors.namespaceLabelSelector.matchExpressions[0].values",
        "Required",
        "at least one value",
    ),
    ({f"{CONFIG}.additionalGuestMemoryOverheadRatio": "0.9"}, None, "Invalid", "0.9 is less than 1"),
    ({f"{CONFIG}.additionalGuestMemoryOverheadRatio": "a lot"}, None, "Invalid", "'a lot' is no factor"),
    ({f"{CONFIG}.virtualMachineInstancesPerNode": 0}, None, "Invalid", "0 is less than 1"),
    ({f"{CONFIG}.memBalloonStatsPeriod": -1}, None, "Invalid", "-1 is less than 0"),
    ({f"{CONFIG}.smbios.sku": "a\u0007"}, None, "Invalid", "printable characters"),
    ({f"{CONFIG}.vmStateStorageClass": "A"}, None, "Invalid", "must be a DNS name"),
    ({f"{CONFIG}.defaultRuntimeClass": "A"}, None, "Invalid", "must be a DNS name"),
    ({f"{CONFIG}.selinuxLauncherType": "a b"}, None, "Invalid", "is no SELinux type"),
    ({f"{CONFIG}.confidentialCompute.tdx.attestation.qgsSocketPath": "x"}, None, "Invalid", "absolute path"),
    ({f"{BUCKET}.qps": -1}, None, "Invalid", "-1.0 requests a second can't be"),
    ({f"{BUCKET}.burst": -1}, None, "Invalid", "-1 requests at once can't be"),
]


def bracketed(path):
    """A path of changes as findings write it."""
    steps = path.split(".")
    return "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in steps).removeprefix(".")


@pytest.mark.parametrize(
    ("changes", "field", "reason", "words"), TABLE, ids=[f"{next(iter(row[0]))} {row[3][:20]}" for row in TABLE]
)
def test_what_is_refused(changes, field, reason, words):
    found = object_findings("KubeVirt", changes)
    assert [(at, why) for at, why, _ in found] == [(field or bracketed(next(iter(changes))), reason)], found
    assert words in found[0][2]


TAKEN = [
    {"spec": {}},
    {"spec.imageTag": f"sha256:{'0' * 64}"},
    {SIGNED: {"ca": {}, "server": {}}},
    {SIGNED: {"caRotateInterval": "48h", "caOverlapInterval": "24h", "certRotateInterval": "24h"}},
    {f"{CONFIG}.additionalGuestMemoryOverheadRatio": "1"},
    {f"{PROFILE}.customProfile": {"runtimeDefaultProfile": True}},
    {f"{DEVICES}.usb.0": {"resourceName": "a.b/c", "externalResourceProvider": True}},
    {TLS: {"minTLSVersion": "VersionTLS13"}},
    {f"{DEVELOPER}.featureGates.0": "CPUManager"},
    {f"{DEVELOPER}.featureGates.0": "GPUV"},
    {f"{DEVELOPER}.featureGates.0": "DataVolumes"},
    {f"{CONFIG}.machineType": "pc-q35-9.2"},
]


@pytest.mark.parametrize("changes", TAKEN, ids=[next(iter(changes)) for changes in TAKEN])
def test_what_is_taken(changes):
    assert object_findings("KubeVirt", changes) == []


def test_patterns_of_an_administrator_s_are_told_short_and_printable():
    hostile = [*(f"x{number}" for number in range(1000)), "a\nb"]
    (found,) = kvnode.validate(kvnode.default(vmi()), {"emulatedMachines": hostile})
    assert found.field == "spec.domain.machine.type"
    assert found.message.endswith("has to match 'x0', 'x1', 'x2', 'x3', 'x4', 'x5' or another.")
    (found,) = kvnode.validate(kvnode.default(vmi()), {"emulatedMachines": ["a\nb"]})
    assert found.message.endswith(r"has to match 'a\nb'.")
