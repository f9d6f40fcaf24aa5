"""Kinds that are no guests: each rule refuses what it should, at the field where it is and in words, and no more."""

import json

import pytest

import kvnode
from kvnode.api.decode import decode
from kvnode.api.kinds import KINDS
from kvnode.api.pool import VirtualMachinePoolList
from kvnode.api.validation.objects import RULES
from tests.manifests import DOMAIN, GONE, gates
from tests.object_manifests import GUEST, SOUND_OBJECTS, object_findings, object_of

OURS = {kind.name for kind in KINDS.values() if kind.ours}


def test_there_is_a_sound_object_and_a_rule_of_every_kind():
    assert set(SOUND_OBJECTS) == OURS - {"VirtualMachineInstance"} == set(RULES)


@pytest.mark.parametrize("kind", SOUND_OBJECTS)
def test_a_sound_object_has_no_findings(kind):
    assert object_findings(kind) == []


@pytest.mark.parametrize("kind", SOUND_OBJECTS)
def test_the_public_call_judges_every_kind(kind):
    item = object_of(kind, {"metadata.name": "not a name"})
    assert [error.field for error in kvnode.validate(item, gates("IncrementalBackup", "Plugins", "HostDevices"))] == [
        "metadata.name"
    ]


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS.values() if kind.ours and not kind.namespaced])
def test_what_is_the_whole_cluster_s_is_in_no_namespace(kind):
    ((field, reason, message),) = object_findings(kind, {"metadata.namespace": "works"})
    assert (field, reason) == ("metadata.namespace", "Invalid")
    assert "the whole cluster's: leave 'works' out" in message


TEMPLATE = "spec.template"
POOL = "spec.virtualMachineTemplate"
MACHINE = f"{POOL}.spec.template.{DOMAIN}"
SIZED = {f"{POOL}.spec.instancetype": {"name": "large"}}
LIKED = {f"{POOL}.spec.preference": {"name": "windows"}}
IO_THREAD = {"dedicatedIOThread": True}
SET = "VirtualMachineInstanceReplicaSet"
REPLICATION = [
    (SET, {"spec.replicas": -1}, "spec.replicas", "Invalid", "-1 is less than 0"),
    (SET, {"spec.selector": {}}, "spec.selector", "Required", "an empty selector chooses whatever there is"),
    (
        SET,
        {"spec.selector.matchLabels.app": "loom"},
        "spec.selector.matchLabels[app]",
        "Invalid",
        "'loom' is wanted, and spec.template.metadata.labels say 'mill'",
    ),
    (
        SET,
        {"spec.template.metadata.labels": {"app": "mill"}},
        "spec.selector.matchExpressions[0]",
        "Invalid",
        "'tier' is null there",
    ),
    (
        SET,
        {"spec.selector.matchExpressions.0.operator": "NotIn"},
        "spec.selector.matchExpressions[0]",
        "Invalid",
        "wouldn't be known again",
    ),
    (
        SET,
        {"spec.selector.matchExpressions.0": {"key": "tier", "operator": "DoesNotExist"}},
        "spec.selector.matchExpressions[0]",
        "Invalid",
        "'tier' is 'front' there",
    ),
    (
        SET,
        {"spec.selector.matchExpressions.0.operator": "Near"},
        "spec.selector.matchExpressions[0].operator",
        "Invalid",
        "'Near' is no operator; it is In, NotIn, Exists or DoesNotExist",
    ),
    (
        SET,
        {"spec.selector.matchExpressions.0.values": []},
        "spec.selector.matchExpressions[0].values",
        "Required",
        "In takes at least one value",
    ),
    (
        SET,
        {"spec.selector.matchExpressions.0.operator": "Exists"},
        "spec.selector.matchExpressions[0].values",
        "Invalid",
        "Exists takes no values",
    ),
    (
        SET,
        {"spec.selector.matchExpressions.0.key": "a b"},
        "spec.selector.matchExpressions[0].key",
        "Invalid",
        "'a b' must be 1 to 63",
    ),
    (SET, {"spec.template": GONE}, TEMPLATE, "Required", "say what each guest is made from"),
    (SET, {"spec.template.spec": GONE}, f"{TEMPLATE}.spec", "Required", "nothing to make a guest from"),
    (SET, {f"{TEMPLATE}.{DOMAIN}.memory.guest": "1"}, f"{TEMPLATE}.{DOMAIN}.memory.guest", "Invalid", "less than 1M"),
    (
        SET,
        {f"{TEMPLATE}.spec.volumes.0.containerDisk.image": "x y"},
        f"{TEMPLATE}.spec.volumes[0].containerDisk.image",
        "Invalid",
        "'x y' must be an image reference",
    ),
    (
        SET,
        {f"{TEMPLATE}.metadata.labels": {"app": "mill", "tier": "front", "x": "a b"}},
        f"{TEMPLATE}.metadata.labels[x]",
        "Invalid",
        "'a b' must be empty or at most 63 letters",
    ),
    ("VirtualMachinePool", {"spec.replicas": -2}, "spec.replicas", "Invalid", "-2 is less than 0"),
    ("VirtualMachinePool", {"spec.virtualMachineTemplate": GONE}, POOL, "Required", "say what each machine is made"),
    (
        "VirtualMachinePool",
        {"spec.selector.matchLabels": {"app": "mill", "more": ""}},
        "spec.selector.matchLabels[more]",
        "Invalid",
        "have no such label",
    ),
    (
        "VirtualMachinePool",
        {f"{POOL}.spec.runStrategy": "Perhaps"},
        f"{POOL}.spec.runStrategy",
        "Invalid",
        "'Perhaps' is no run strategy",
    ),
    (
        "VirtualMachinePool",
        {f"{POOL}.spec.template.{DOMAIN}.cpu.sockets": 5000},
        f"{POOL}.spec.template.{DOMAIN}.cpu.sockets",
        "Invalid",
        "at most 4096",
    ),
    ("VirtualMachinePool", {"spec.maxUnavailable": "120%"}, "spec.maxUnavailable", "Invalid", "from 0% to 100%"),
    ("VirtualMachinePool", {"spec.maxUnavailable": "all"}, "spec.maxUnavailable", "Invalid", "'all' is neither"),
    ("VirtualMachinePool", {"spec.maxUnavailable": -1}, "spec.maxUnavailable", "Invalid", "-1 is less than 0"),
    (
        "VirtualMachinePool",
        {"spec.updateStrategy.unmanaged": {}},
        "spec.updateStrategy",
        "Invalid",
        "unmanaged and opportunistic are set: it is one of unmanaged, opportunistic or proactive",
    ),
    (
        "VirtualMachinePool",
        {"spec.scaleInStrategy.opportunistic": {}},
        "spec.scaleInStrategy",
        "Invalid",
        "opportunistic and proactive are set",
    ),
    (
        "VirtualMachinePool",
        {"spec.scaleInStrategy.proactive.statePreservation": "Partly"},
        "spec.scaleInStrategy.proactive.statePreservation",
        "NotSupported",
        "it is Disabled, Offline or Online",
    ),
    (
        "VirtualMachinePool",
        {"spec.updateStrategy": {"proactive": {"selectionPolicy": {"sortPolicy": "Best"}}}},
        "spec.updateStrategy.proactive.selectionPolicy.sortPolicy",
        "NotSupported",
        "'Best' is no order",
    ),
    (
        "VirtualMachinePool",
        {"spec.scaleInStrategy.proactive.selectionPolicy.selectors.nodeSelectorRequirementMatcher.0.operator": "~"},
        "spec.scaleInStrategy.proactive.selectionPolicy.selectors.nodeSelectorRequirementMatcher[0].operator",
        "Invalid",
        "it is In, NotIn, Exists, DoesNotExist, Gt or Lt",
    ),
    (
        "VirtualMachinePool",
        {"spec.scaleInStrategy.proactive.selectionPolicy.selectors.labelSelector.matchLabels": {"a": "b c"}},
        "spec.scaleInStrategy.proactive.selectionPolicy.selectors.labelSelector.matchLabels[a]",
        "Invalid",
        "'b c' must be empty",
    ),
    (
        "VirtualMachinePool",
        {"spec.autohealing.startUpFailureThreshold": 0},
        "spec.autohealing.startUpFailureThreshold",
        "Invalid",
        "at least 1",
    ),
    (
        "VirtualMachinePool",
        {"spec.autohealing.minFailingToStartDuration": "-5m"},
        "spec.autohealing.minFailingToStartDuration",
        "Invalid",
        "'-5m' is less than no time",
    ),
]

MOVE = "VirtualMachineInstanceMigration"
POLICY = "MigrationPolicy"
MIGRATIONS = [
    (MOVE, {"spec.vmiName": GONE}, "spec.vmiName", "Required", "name the guest to move"),
    (MOVE, {"spec.vmiName": "../x"}, "spec.vmiName", "Invalid", "must be a DNS name"),
    (
        MOVE,
        {"spec.addedNodeSelector": {"a b": "c"}},
        "spec.addedNodeSelector[a b]",
        "Invalid",
        "the key 'a b' must be 1 to 63",
    ),
    (
        MOVE,
        {"spec.priority": "now"},
        "spec.priority",
        "NotSupported",
        "'now' is no priority; it is system-critical, user-triggered or system-maintenance",
    ),
    (MOVE, {"spec.receive": {}}, "spec.receive.migrationID", "Required", "the id of both clusters"),
    (
        MOVE,
        {"spec.sendTo": {"migrationID": "m", "connectURL": ""}},
        "spec.sendTo.connectURL",
        "Required",
        "where the other cluster is",
    ),
    (
        MOVE,
        {"spec.sendTo": {"migrationID": "m", "connectURL": "a b"}},
        "spec.sendTo.connectURL",
        "Invalid",
        "without spaces",
    ),
    (
        MOVE,
        {"spec.sendTo": {"migrationID": "m", "connectURL": "10.0.0.1:9185"}, "spec.receive": {"migrationID": "n"}},
        "spec.receive.migrationID",
        "Invalid",
        "'n' isn't 'm'",
    ),
    (
        POLICY,
        {"spec.selectors.namespaceSelector": {"team": "a b"}},
        "spec.selectors.namespaceSelector[team]",
        "Invalid",
        "'a b' must be empty",
    ),
    (
        POLICY,
        {"spec.selectors.virtualMachineInstanceSelector": {"/x": ""}},
        "spec.selectors.virtualMachineInstanceSelector[/x]",
        "Invalid",
        "a DNS name before its '/'",
    ),
    (POLICY, {"spec.bandwidthPerMigration": "-1Mi"}, "spec.bandwidthPerMigration", "Invalid", "is less than 0"),
    (POLICY, {"spec.completionTimeoutPerGiB": -1}, "spec.completionTimeoutPerGiB", "Invalid", "-1 s is less than no"),
    (POLICY, {"spec.maxDowntimeMs": 2_000_001}, "spec.maxDowntimeMs", "Invalid", "isn't from 1 to 2000000"),
    (
        POLICY,
        {"spec.experimental.compression": "xz"},
        "spec.experimental.compression",
        "NotSupported",
        "it is none or zstd",
    ),
    (
        POLICY,
        {"spec.experimental.downtimeTuning.steps": 0},
        "spec.experimental.downtimeTuning.steps",
        "Invalid",
        "0 is less than 1",
    ),
    (
        POLICY,
        {"spec.experimental.downtimeTuning.initialMs": 501},
        "spec.experimental.downtimeTuning.initialMs",
        "Invalid",
        "more than spec.maxDowntimeMs (500)",
    ),
    (
        POLICY,
        {"spec.experimental.stallDetector.stallMargin": 101},
        "spec.experimental.stallDetector.stallMargin",
        "Invalid",
        "from 0 to 100",
    ),
    (
        POLICY,
        {"spec.experimental.stallDetector.switchoverTimeout": -1},
        "spec.experimental.stallDetector.switchoverTimeout",
        "Invalid",
        "less than no time",
    ),
    (
        POLICY,
        {"spec.experimental.stallDetector.ewmaAlpha": "1.1"},
        "spec.experimental.stallDetector.ewmaAlpha",
        "Invalid",
        "'1.1' is more than 1",
    ),
    (
        POLICY,
        {"spec.experimental.stallDetector.ewmaAlpha": "0"},
        "spec.experimental.stallDetector.ewmaAlpha",
        "Invalid",
        "more than 0",
    ),
]

TABLE = [*REPLICATION, *MIGRATIONS]


@pytest.mark.parametrize(
    ("kind", "changes", "field", "reason", "words"), TABLE, ids=[f"{row[0]} {row[2]} {row[4][:20]}" for row in TABLE]
)
def test_what_is_refused(kind, changes, field, reason, words):
    found = object_findings(kind, changes)
    assert [(at, why) for at, why, _ in found] == [(field, reason)], found
    assert words in found[0][2]


TAKEN = [
    (SET, {"spec.replicas": 0}),
    (SET, {"spec.selector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}),
    (SET, {"spec.selector": {"matchExpressions": [{"key": "old", "operator": "DoesNotExist"}]}}),
    (SET, {"spec.selector": {"matchExpressions": [{"key": "old", "operator": "NotIn", "values": ["yes"]}]}}),
    ("VirtualMachinePool", {"spec.maxUnavailable": 0}),
    ("VirtualMachinePool", {"spec.maxUnavailable": "100%"}),
    ("VirtualMachinePool", {"spec.scaleInStrategy": {}, "spec.updateStrategy": {}, "spec.autohealing": {}}),
    ("VirtualMachinePool", {**SIZED, f"{MACHINE}.memory": GONE, f"{MACHINE}.cpu": GONE}),
    ("VirtualMachinePool", {**SIZED, f"{MACHINE}.memory": {"maxGuest": "4Gi"}, f"{MACHINE}.cpu": GONE}),
    ("VirtualMachinePool", {**SIZED, f"{MACHINE}.memory": GONE, f"{MACHINE}.cpu": {"isolateEmulatorThread": True}}),
    (
        "VirtualMachinePool",
        {f"{POOL}.spec.instancetype": {"inferFromVolume": "root", "inferFromVolumeFailurePolicy": "Ignore"}},
    ),
    ("VirtualMachinePool", {**LIKED, f"{MACHINE}.firmware.bootloader.efi": {"persistent": True}}),
    ("VirtualMachinePool", {**LIKED, f"{MACHINE}.devices.disks.0": {"name": "root", "disk": {}, **IO_THREAD}}),
    (MOVE, {"spec.sendTo": {"migrationID": "m", "connectURL": "[fd00::1]:9185"}}),
    (POLICY, {"spec.selectors": {}}),
    (POLICY, {"spec.bandwidthPerMigration": "0"}),
    (
        "VirtualMachinePool",
        {"spec.scaleInStrategy.proactive.selectionPolicy.selectors.nodeSelectorRequirementMatcher.0.operator": "Gt"},
    ),
]


@pytest.mark.parametrize(("kind", "changes"), TAKEN, ids=[f"{kind} {next(iter(changes))}" for kind, changes in TAKEN])
def test_what_is_taken(kind, changes):
    assert object_findings(kind, changes) == []


def test_all_findings_come_at_once_and_each_once():
    found = object_findings(
        SET,
        {
            "metadata.name": "a b",
            "spec.replicas": -1,
            "spec.selector.matchLabels.app": "a b",
            f"{TEMPLATE}.{DOMAIN}.cpu.cores": 5000,
            f"{TEMPLATE}.spec.hostname": "a b",
        },
    )
    assert sorted(field for field, _, _ in found) == [
        "metadata.name",
        "spec.replicas",
        "spec.selector.matchLabels[app]",
        f"{TEMPLATE}.{DOMAIN}.cpu.cores",
        f"{TEMPLATE}.spec.hostname",
    ]


def test_a_template_is_judged_by_the_configuration_in_force():
    changes = {f"{TEMPLATE}.spec.volumes.0": {"name": "root", "hostDisk": {"path": "/d", "type": "Disk"}}}
    ((_, reason, message),) = object_findings(SET, changes, {})
    assert reason == "Invalid"
    assert "the feature gate HostDisk" in message
    assert object_findings(SET, changes, gates("HostDisk")) == []


def test_a_machine_is_judged_with_the_guest_in_its_template():
    found = object_findings(
        "VirtualMachine",
        {"metadata.labels": {"a": "b c"}, f"{TEMPLATE}.{DOMAIN}.cpu.cores": 5000, f"{TEMPLATE}.metadata.name": "A B"},
    )
    assert [field for field, _, _ in found] == ["metadata.labels[a]", f"{TEMPLATE}.{DOMAIN}.cpu.cores"]
    ((field, reason, _),) = object_findings("VirtualMachine", {TEMPLATE: {}, "spec.dataVolumeTemplates": GONE})
    assert (field, reason) == (f"{TEMPLATE}.spec", "Required")


def test_a_guest_is_judged_by_the_same_call():
    assert GUEST["domain"]
    item = kvnode.load({"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "spec": GUEST})
    assert [error.field for error in kvnode.validate(kvnode.default(item))] == ["metadata.name"]


def test_a_list_of_one_kind_is_judged_item_by_item():
    pools = kinds_of(["mill", "A"])
    assert [error.field for error in kvnode.validate(pools)] == ["items[1].metadata.name"]
    assert [error.field for error in kvnode.validate(kinds_of([]))] == []
    defaulted = kvnode.default(kinds_of(["a", "b"]))
    assert [item.spec.max_unavailable for item in defaulted.items] == ["25%"] * 2


def kinds_of(names):
    """A list of pools as a client decodes it."""
    items = [{**SOUND_OBJECTS["VirtualMachinePool"], "metadata": {"name": name}} for name in names]
    return decode(json.dumps({"kind": "VirtualMachinePoolList", "items": items}), VirtualMachinePoolList)
