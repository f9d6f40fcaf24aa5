"""What kinds that are no guests are where their manifests are silent."""

import pytest

import kvnode
from kvnode.api.defaults_objects import MIGRATED_GUEST_LABEL
from tests.manifests import GONE
from tests.object_manifests import SOUND_OBJECTS, object_of

MACHINE = {"apiGroup": "kubevirt.io", "kind": "VirtualMachine"}


def defaulted(kind, changes=None, config=None):
    return kvnode.to_dict(kvnode.default(object_of(kind, changes), config))


def bare(kind, *kept):
    """Changes that leave only these of a kind's fields."""
    return {f"spec.{name}": GONE for name in SOUND_OBJECTS[kind]["spec"] if name not in kept}


SILENT = [
    ("VirtualMachineInstanceReplicaSet", bare("VirtualMachineInstanceReplicaSet", "template"), {"replicas": 1}),
    (
        "VirtualMachinePool",
        bare("VirtualMachinePool", "virtualMachineTemplate", "selector"),
        {
            "replicas": 1,
            "maxUnavailable": "100%",
            "scaleInStrategy": {"proactive": {}},
            "updateStrategy": {"proactive": {}},
        },
    ),
    (
        "VirtualMachinePool",
        {"spec.autohealing": {}, "spec.scaleInStrategy": {}, "spec.replicas": 0},
        {
            "replicas": 0,
            "autohealing": {"startUpFailureThreshold": 3, "minFailingToStartDuration": "5m"},
            "scaleInStrategy": {"proactive": {}},
            "updateStrategy": {"opportunistic": {}},
        },
    ),
    (
        "VirtualMachineSnapshot",
        bare("VirtualMachineSnapshot", "source"),
        {"deletionPolicy": "Delete", "failureDeadline": "5m"},
    ),
    (
        "VirtualMachineRestore",
        bare("VirtualMachineRestore", "target", "virtualMachineSnapshotName"),
        {
            "targetReadinessPolicy": "WaitGracePeriod",
            "volumeRestorePolicy": "RandomizeNames",
            "volumeOwnershipPolicy": "Vm",
        },
    ),
    ("VirtualMachineExport", bare("VirtualMachineExport", "source"), {"ttlDuration": "2h"}),
    ("VirtualMachineBackup", bare("VirtualMachineBackup", "source", "pvcName"), {"mode": "Push"}),
    ("Plugin", bare("Plugin"), {"failureStrategy": "Fail"}),
]


@pytest.mark.parametrize(
    ("kind", "changes", "filled"), SILENT, ids=[f"{row[0]} {next(iter(row[2]))}" for row in SILENT]
)
def test_what_is_silent_has_what_kubevirt_takes(kind, changes, filled):
    before, after = kvnode.to_dict(object_of(kind, changes)), defaulted(kind, changes)
    assert after["spec"] == before["spec"] | filled
    assert {**after, "spec": None} == {**before, "spec": None}


@pytest.mark.parametrize("kind", [kind for kind in SOUND_OBJECTS if kind != "VirtualMachineInstanceMigration"])
def test_what_was_said_stays(kind):
    before = kvnode.to_dict(object_of(kind))
    after = defaulted(kind)
    if kind == "VirtualMachine":
        # Pinned for upgrades.
        before["spec"]["template"]["spec"] |= {"architecture": "amd64"}
        before["spec"]["template"]["spec"]["domain"] |= {"machine": {"type": "q35"}}
    assert after == before


def test_a_migration_is_found_by_its_guest_and_has_no_finalizer_that_nobody_takes_away():
    made = defaulted("VirtualMachineInstanceMigration", {"metadata.labels": {"a": "b"}})
    assert made["metadata"]["labels"] == {"a": "b", MIGRATED_GUEST_LABEL: "mill"}
    assert "finalizers" not in made["metadata"]
    for name in ("x" * 64, GONE):
        assert "labels" not in defaulted("VirtualMachineInstanceMigration", {"spec.vmiName": name})["metadata"]


def test_a_clone_gets_a_target_of_its_own_name():
    made = defaulted("VirtualMachineClone", {"spec.target": GONE, "metadata.uid": "1"})["spec"]["target"]
    assert made == MACHINE | {"name": made["name"]}
    assert made["name"].startswith("clone-mill-")
    assert len(made["name"]) == len("clone-mill-") + 5
    again = defaulted("VirtualMachineClone", {"spec.target.name": GONE, "metadata.uid": "1"})["spec"]["target"]
    other = defaulted("VirtualMachineClone", {"spec.target": GONE, "metadata.uid": "2"})["spec"]["target"]
    assert made == again != other
    long = defaulted("VirtualMachineClone", {"spec.target": GONE, "spec.source.name": "x" * 253})["spec"]["target"]
    assert len(long["name"]) <= 63
    assert "target" not in defaulted("VirtualMachineClone", {"spec.target": GONE, "spec.source.name": ""})["spec"]


def test_a_machine_is_pinned_by_the_configuration_in_force():
    config = {"architectureConfiguration": {"defaultArchitecture": "arm64"}}
    template = defaulted("VirtualMachine", None, config)["spec"]["template"]["spec"]
    assert (template["architecture"], template["domain"]["machine"]) == ("arm64", {"type": "virt"})
    assert "cpu" in template["domain"]
    assert "features" not in template["domain"]
    sized = {"spec.instancetype": {"name": "large"}}
    assert defaulted("VirtualMachine", sized) == kvnode.to_dict(object_of("VirtualMachine", sized))
