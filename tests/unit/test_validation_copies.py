"""Snapshots, restores, clones, exports, backups, plugins and presets: what each rule refuses, where, in which words."""

import pytest

from tests.manifests import DOMAIN, GONE
from tests.object_manifests import SOUND_OBJECTS, object_findings

SNAP, KEPT, BACK = "VirtualMachineSnapshot", "VirtualMachineSnapshotContent", "VirtualMachineRestore"
SNAPSHOTS = [
    (SNAP, {"spec.source.kind": GONE}, "spec.source.kind", "Required", "say what it is: VirtualMachine"),
    (SNAP, {"spec.source.kind": "Pod"}, "spec.source.kind", "NotSupported", "'Pod' can't be one; it is VirtualMachine"),
    (SNAP, {"spec.source.apiGroup": GONE}, "spec.source.apiGroup", "Required", "a kind of kubevirt.io: set it"),
    (SNAP, {"spec.source.apiGroup": "x.io"}, "spec.source.apiGroup", "Invalid", "'x.io' isn't the group"),
    (SNAP, {"spec.source.name": ""}, "spec.source.name", "Required", "name the VirtualMachine"),
    (SNAP, {"spec.source.name": "A"}, "spec.source.name", "Invalid", "'A' must be a DNS name"),
    (SNAP, {"spec.deletionPolicy": "Keep"}, "spec.deletionPolicy", "NotSupported", "it is Delete or Retain"),
    (SNAP, {"spec.failureDeadline": "-1s"}, "spec.failureDeadline", "Invalid", "less than no time"),
    (KEPT, {"spec.source": {}}, "spec.source.virtualMachine", "Required", "no machine to put back"),
    (KEPT, {"spec.virtualMachineSnapshotName": "_"}, "spec.virtualMachineSnapshotName", "Invalid", "DNS name"),
    (KEPT, {"spec.volumeBackups.0.volumeName": ""}, "spec.volumeBackups[0].volumeName", "Required", "name the volume"),
    (
        KEPT,
        {"spec.volumeBackups.1": SOUND_OBJECTS[KEPT]["spec"]["volumeBackups"][0]},
        "spec.volumeBackups[1].volumeName",
        "Duplicate",
        "'data' is volumeBackups[0] already",
    ),
    (
        KEPT,
        {"spec.volumeBackups.0.persistentVolumeClaim.metadata.name": "A"},
        "spec.volumeBackups[0].persistentVolumeClaim.metadata.name",
        "Invalid",
        "'A' must be a DNS name",
    ),
    (BACK, {"spec.target.kind": SNAP}, "spec.target.kind", "NotSupported", "it is VirtualMachine"),
    (BACK, {"spec.target.apiGroup": SNAP}, "spec.target.apiGroup", "Invalid", "set it to kubevirt.io"),
    (
        BACK,
        {"spec.virtualMachineSnapshotName": ""},
        "spec.virtualMachineSnapshotName",
        "Required",
        "name the VirtualMachineSnapshot to put back",
    ),
    (
        BACK,
        {"spec.targetReadinessPolicy": "Hope"},
        "spec.targetReadinessPolicy",
        "NotSupported",
        "it is StopTarget, WaitGracePeriod, FailImmediate or WaitEventually",
    ),
    (BACK, {"spec.volumeRestorePolicy": "Same"}, "spec.volumeRestorePolicy", "NotSupported", "'Same' is no policy"),
    (BACK, {"spec.volumeOwnershipPolicy": "VM"}, "spec.volumeOwnershipPolicy", "NotSupported", "it is Vm or None"),
    (
        BACK,
        {"spec.volumeRestoreOverrides.0.volumeName": GONE},
        "spec.volumeRestoreOverrides[0].volumeName",
        "Required",
        "name the volume",
    ),
    (
        BACK,
        {"spec.volumeRestoreOverrides.1": {"volumeName": "logs"}},
        "spec.volumeRestoreOverrides[1]",
        "Required",
        "it says nothing of the claim",
    ),
    (
        BACK,
        {"spec.volumeRestoreOverrides.1": {"volumeName": "logs", "restoreName": "data-restored"}},
        "spec.volumeRestoreOverrides[1].restoreName",
        "Duplicate",
        "that of volumeRestoreOverrides[0] already",
    ),
    (
        BACK,
        {"spec.volumeRestoreOverrides.0.annotations": {"a b": ""}},
        "spec.volumeRestoreOverrides[0].annotations[a b]",
        "Invalid",
        "the key 'a b' must be 1 to 63",
    ),
    (BACK, {"spec.patches.0": "{"}, "spec.patches[0]", "Invalid", "'{' isn't JSON: "),
    (BACK, {"spec.patches.0": "[]"}, "spec.patches[0]", "Invalid", "not one operation, an object with op and path"),
    (BACK, {"spec.patches.0": '{"op": "set"}'}, "spec.patches[0]", "Invalid", "its op is 'set'; it is add, replace"),
    (BACK, {"spec.patches.0": '{"op": "add", "path": "/spec/x"}'}, "spec.patches[0]", "Invalid", "add takes a value"),
    (BACK, {"spec.patches.0": '{"op": "remove", "path": 7}'}, "spec.patches[0]", "Invalid", "its path is 7; it is a"),
    (
        BACK,
        {"spec.patches.0": '{"op": "remove", "path": "/metadata/name"}'},
        "spec.patches[0]",
        "Invalid",
        "'/metadata/name' can't be patched: what can is below /spec/, /metadata/labels/ or /metadata/annotations/",
    ),
    (
        BACK,
        {"spec.patches.0": '{"op": "move", "path": "/spec/a", "from": "/status/b"}'},
        "spec.patches[0]",
        "Invalid",
        "its from '/status/b' can't be patched",
    ),
]

COPY, OFFER = "VirtualMachineClone", "VirtualMachineExport"
SAVE, TRACK = "VirtualMachineBackup", "VirtualMachineBackupTracker"
COPIES = [
    (
        COPY,
        {"spec.source": {"kind": OFFER, "name": "x"}},
        "spec.source.kind",
        "NotSupported",
        "it is VirtualMachine or VirtualMachineSnapshot",
    ),
    (
        COPY,
        {"spec.source.kind": SNAP},
        "spec.source.apiGroup",
        "Invalid",
        "'kubevirt.io' isn't the group of VirtualMachineSnapshot: set it to snapshot.kubevirt.io",
    ),
    (COPY, {"spec.target.kind": SNAP}, "spec.target.kind", "NotSupported", "it is VirtualMachine"),
    (COPY, {"spec.target.name": "mill"}, "spec.target.name", "Invalid", "'mill' is the machine that is copied"),
    (COPY, {"spec.labelFilters.0": ""}, "spec.labelFilters[0]", "Invalid", "'' names no key"),
    (COPY, {"spec.labelFilters.0": "!"}, "spec.labelFilters[0]", "Invalid", "'!' names no key"),
    (COPY, {"spec.annotationFilters.0": "a!b"}, "spec.annotationFilters[0]", "Invalid", "isn't at its beginning"),
    (COPY, {"spec.template.labelFilters.0": "*a"}, "spec.template.labelFilters[0]", "Invalid", "isn't at its end"),
    (COPY, {"spec.newMacAddresses.default": "02"}, "spec.newMacAddresses[default]", "Invalid", "'02' is no MAC"),
    (
        COPY,
        {"spec.newMacAddresses.default": "03:00:5e:10:00:01"},
        "spec.newMacAddresses[default]",
        "Invalid",
        "a group's address",
    ),
    (
        COPY,
        {"spec.newMacAddresses.second": "02:00:5E:10:00:01"},
        "spec.newMacAddresses[second]",
        "Duplicate",
        "the address of 'default' already",
    ),
    (COPY, {"spec.newMacAddresses": {"a b": ""}}, "spec.newMacAddresses[a b]", "Invalid", "must be made of letters"),
    (COPY, {"spec.newSMBiosSerial": "a b"}, "spec.newSMBiosSerial", "Invalid", "must be made of letters"),
    (COPY, {"spec.patches.0": "nonsense"}, "spec.patches[0]", "Invalid", "'nonsense' isn't JSON"),
    (COPY, {"spec.volumeNamePolicy": "Keep"}, "spec.volumeNamePolicy", "NotSupported", "it is RandomizeNames"),
    (OFFER, {"spec.source.kind": "Pod"}, "spec.source.kind", "NotSupported", "'Pod' can't be one"),
    (OFFER, {"spec.source.apiGroup": "v1"}, "spec.source.apiGroup", "Invalid", "PersistentVolumeClaim: leave it out"),
    (OFFER, {"spec.source.name": GONE}, "spec.source.name", "Required", "name the PersistentVolumeClaim"),
    (OFFER, {"spec.tokenSecretRef": "A"}, "spec.tokenSecretRef", "Invalid", "'A' must be a DNS name"),
    (OFFER, {"spec.ttlDuration": "0s"}, "spec.ttlDuration", "Invalid", "'0s' is no time at all"),
    (SAVE, {"spec.source.apiGroup": "kubevirt.io"}, "spec.source.apiGroup", "Invalid", "backup.kubevirt.io"),
    (SAVE, {"spec.mode": "Peek"}, "spec.mode", "NotSupported", "it is Push or Pull"),
    (SAVE, {"spec.pvcName": ""}, "spec.pvcName", "Required", "what the guest writes while its disks are read"),
    (SAVE, {"spec.pvcName": GONE, "spec.mode": GONE}, "spec.pvcName", "Required", "the backup is written to"),
    (SAVE, {"spec.tokenSecretRef": GONE}, "spec.tokenSecretRef", "Required", "name the Secret with the token"),
    (SAVE, {"spec.ttlDuration": "-1h"}, "spec.ttlDuration", "Invalid", "less than no time"),
    (TRACK, {"spec.source.kind": TRACK}, "spec.source.kind", "NotSupported", "it is VirtualMachine"),
]

PLUGINS = [
    ({"spec.failureStrategy": "Retry"}, "spec.failureStrategy", "NotSupported", "it is Fail or Ignore"),
    ({"spec.domainHooks.0": {}}, "spec.domainHooks[0]", "Invalid", "neither of cel and sidecar"),
    (
        {"spec.domainHooks.0.sidecar": {"socketPath": "/a"}},
        "spec.domainHooks[0]",
        "Invalid",
        "both of cel and sidecar: a hook is called in exactly one way",
    ),
    ({"spec.domainHooks.0.cel.expression": " "}, "spec.domainHooks[0].cel.expression", "Required", "what to change"),
    ({"spec.domainHooks.1.sidecar.socketPath": ""}, "spec.domainHooks[1].sidecar.socketPath", "Required", "the socket"),
    (
        {"spec.domainHooks.1.sidecar.socketPath": "../a"},
        "spec.domainHooks[1].sidecar.socketPath",
        "Invalid",
        "must be an absolute path",
    ),
    ({"spec.domainHooks.1.timeout": "0"}, "spec.domainHooks[1].timeout", "Invalid", "no time at all"),
    ({"spec.nodeHooks.0.socket": ""}, "spec.nodeHooks[0].socket", "Required", "the socket"),
    ({"spec.nodeHooks.0.permittedHooks": []}, "spec.nodeHooks[0].permittedHooks", "Required", "say what it is told of"),
    (
        {"spec.nodeHooks.0.permittedHooks.0": "VMStart"},
        "spec.nodeHooks[0].permittedHooks[0]",
        "NotSupported",
        "it is PreVMStart, PostVMStart,",
    ),
    (
        {"spec.nodeHooks.0.permittedHooks.2": "PreVMStart"},
        "spec.nodeHooks[0].permittedHooks[2]",
        "Duplicate",
        "permittedHooks[0] already",
    ),
    (
        {"spec.validatingAdmissionPolicies.1": {"name": "tune"}},
        "spec.validatingAdmissionPolicies[1].name",
        "Duplicate",
        "'tune' is [0] of this list already",
    ),
    ({"spec.mutatingAdmissionWebhooks": [{}]}, "spec.mutatingAdmissionWebhooks[0].name", "Required", "name the object"),
]

PRESETS = [
    ({"spec.domain": GONE}, "spec.domain", "Required", "say what guests take over"),
    ({"spec.selector.matchLabels": {"a": "b c"}}, "spec.selector.matchLabels[a]", "Invalid", "'b c' must be empty"),
    (
        {f"{DOMAIN}.devices.disks.0.disk.bus": "ide"},
        f"{DOMAIN}.devices.disks[0].disk.bus",
        "Invalid",
        "the machine has no IDE bus",
    ),
    ({f"{DOMAIN}.firmware.uuid": "x"}, f"{DOMAIN}.firmware.uuid", "Invalid", "'x' is no UUID"),
    (
        {f"{DOMAIN}.devices.interfaces.0.model": "x"},
        f"{DOMAIN}.devices.interfaces[0].model",
        "NotSupported",
        "'x' is no model",
    ),
]

TABLE = [*SNAPSHOTS, *COPIES]
TABLE += [("Plugin", *row) for row in PLUGINS]
TABLE += [("VirtualMachineInstancePreset", *row) for row in PRESETS]


@pytest.mark.parametrize(
    ("kind", "changes", "field", "reason", "words"), TABLE, ids=[f"{row[0]} {row[2]} {row[4][:20]}" for row in TABLE]
)
def test_what_is_refused(kind, changes, field, reason, words):
    found = object_findings(kind, changes)
    assert [(at, why) for at, why, _ in found] == [(field, reason)], found
    assert words in found[0][2]


TAKEN = [
    (SNAP, {"spec.failureDeadline": "0s"}),
    (KEPT, {"spec.volumeBackups": GONE}),
    (COPY, {"spec.target": GONE}),
    (COPY, {"spec.target.name": GONE}),
    (COPY, {"spec.source": {"apiGroup": "snapshot.kubevirt.io", "kind": SNAP, "name": "mill-2"}}),
    (OFFER, {"spec.source.apiGroup": ""}),
    (OFFER, {"spec.source": {"apiGroup": "backup.kubevirt.io", "kind": SAVE, "name": "daily"}}),
    (SAVE, {"spec.mode": GONE, "spec.tokenSecretRef": GONE}),
    ("VirtualMachineInstancePreset", {"spec.selector": {}}),
    ("VirtualMachineInstancePreset", {f"{DOMAIN}.devices.disks.0.name": "no-volume-of-it-here"}),
    ("Plugin", {f"spec.{name}": GONE for name in SOUND_OBJECTS["Plugin"]["spec"]}),
]


@pytest.mark.parametrize(("kind", "changes"), TAKEN, ids=[f"{kind} {next(iter(changes))}" for kind, changes in TAKEN])
def test_what_is_taken(kind, changes):
    assert object_findings(kind, changes) == []


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        (SAVE, {}),
        (TRACK, {}),
        ("Plugin", {}),
        (SNAP, {"developerConfiguration": {"disabledFeatureGates": ["Snapshot"]}}),
        (BACK, {"developerConfiguration": {"disabledFeatureGates": ["Snapshot"]}}),
        (COPY, {"developerConfiguration": {"disabledFeatureGates": ["Snapshot"]}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_kind_whose_gate_is_shut_is_refused(kind, config):
    ((field, reason, message),) = object_findings(kind, None, config)
    assert (field, reason) == ("kind", "Invalid")
    assert f"{kind} takes the feature gate" in message
