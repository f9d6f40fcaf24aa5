"""Every kind that is read: in which versions, as which type, and what that costs whoever reads guests alone."""

import subprocess
import sys

import msgspec
import pytest

import kvnode
from kvnode.api.core import RawObject
from kvnode.api.kinds import KINDS, Kind, known_kind
from kvnode.api.validation.objects import RULES
from kvnode.errors import InvalidManifest

# Group, versions with the stored one first, whether it is in namespaces, kinds.
SERVED = [
    ("kubevirt.io", "v1 v1alpha3", True, "VirtualMachine VirtualMachineInstance VirtualMachineInstanceMigration"),
    ("kubevirt.io", "v1 v1alpha3", True, "VirtualMachineInstancePreset VirtualMachineInstanceReplicaSet KubeVirt"),
    ("pool.kubevirt.io", "v1beta1 v1alpha1", True, "VirtualMachinePool"),
    ("instancetype.kubevirt.io", "v1beta1", True, "VirtualMachineInstancetype VirtualMachinePreference"),
    ("instancetype.kubevirt.io", "v1beta1", False, "VirtualMachineClusterInstancetype VirtualMachineClusterPreference"),
    ("migrations.kubevirt.io", "v1alpha1", False, "MigrationPolicy"),
    ("snapshot.kubevirt.io", "v1beta1 v1alpha1", True, "VirtualMachineSnapshot VirtualMachineSnapshotContent"),
    ("snapshot.kubevirt.io", "v1beta1 v1alpha1", True, "VirtualMachineRestore"),
    ("clone.kubevirt.io", "v1beta1 v1alpha1", True, "VirtualMachineClone"),
    ("export.kubevirt.io", "v1 v1beta1", True, "VirtualMachineExport"),
    ("backup.kubevirt.io", "v1alpha1", True, "VirtualMachineBackup VirtualMachineBackupTracker"),
    ("plugin.kubevirt.io", "v1alpha1", False, "Plugin"),
]
OURS = [kind for kind in KINDS.values() if kind.ours]


def test_all_that_kubevirt_serves_is_read_in_the_versions_that_it_serves():
    expected = {
        (group, name): (tuple(versions.split()), namespaced)
        for group, versions, namespaced, names in SERVED
        for name in names.split()
    }
    assert {(kind.group, kind.name): (kind.versions, kind.namespaced) for kind in OURS} == expected


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_has_its_type(kind: Kind) -> None:
    type_ = kind.type()
    assert type_.__name__ == kind.name
    empty = kvnode.to_dict(type_())
    assert (empty["apiVersion"], empty["kind"]) == (kind.api_versions[0], kind.name)


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)
def test_a_kind_has_its_list(kind: Kind) -> None:
    listed = known_kind(kind.api_versions[-1], f"{kind.name}List")
    assert listed is not None
    empty = listed.type()()
    assert kvnode.to_dict(empty) == {"apiVersion": kind.api_versions[0], "kind": f"{kind.name}List", "items": []}
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(listed.type())}
    assert fields["items"] == tuple[kind.type(), ...]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)
def test_a_kind_is_read_strictly_in_each_of_its_versions(kind: Kind) -> None:
    for version in kind.api_versions:
        with pytest.raises(InvalidManifest) as caught:
            kvnode.load_all(
                {"apiVersion": version, "kind": kind.name, "spec": {"noSuchField": 1}, "metadata": {"x": 1}}
            )
        assert [error.field for error in caught.value.errors] == ["spec.noSuchField", "metadata.x"]
    with pytest.raises(InvalidManifest, match=f"{kind.name} is read in {' and '.join(kind.api_versions)}, not in"):
        kvnode.load_all({"apiVersion": f"{kind.group}/v7", "kind": kind.name})


def test_a_list_without_items_is_read_strictly_too():
    with pytest.raises(InvalidManifest, match="did you mean items"):
        kvnode.load_all({"apiVersion": "pool.kubevirt.io/v1beta1", "kind": "VirtualMachinePoolList", "itmes": []})


@pytest.mark.parametrize("items", [{"items": None}, {"items": []}, {}])
def test_an_empty_list_may_be_without_its_items(items):
    assert kvnode.load_all({"apiVersion": "pool.kubevirt.io/v1beta1", "kind": "VirtualMachinePoolList", **items}) == []


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("v1", "VirtualMachinePool"),
        ("v1", "SecretList"),
        ("apps/v1", "ReplicaSet"),
    ],
)
def test_what_only_looks_like_a_kind_is_kept_as_it_is(version, kind):
    assert known_kind(version, kind) is None
    (found,) = kvnode.load_all({"apiVersion": version, "kind": kind, "spec": {"any": 1}})
    assert isinstance(found, RawObject)


@pytest.mark.parametrize(
    ("version", "kind", "advice"),
    [
        ("kubevirt.io/v1", "VirtualMachineInstanse", "did you mean VirtualMachineInstance?"),
        ("kubevirt.io/v1", "VirtualMachinePool", "it is of pool.kubevirt.io/v1beta1"),
        ("pool.kubevirt.io/v1beta1", "VirtualMachinePoolListList", "did you mean VirtualMachinePool?"),
        ("clone.kubevirt.io/v1beta1", "X" * 999, "it has VirtualMachineClone"),
    ],
)
def test_a_kind_that_kubevirt_has_not_got_is_refused(version, kind, advice):
    with pytest.raises(InvalidManifest) as caught:
        kvnode.load_all({"apiVersion": version, "kind": kind, "spec": {"any": 1}})
    (fault,) = caught.value.errors
    assert fault.field == "kind"
    assert fault.message.startswith(f"{version.partition('/')[0]} has no kind ")
    assert advice in fault.message


GUEST = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": {"name": "a"}, "spec": {}}


@pytest.mark.parametrize(
    "code",
    [
        f"import kvnode; kvnode.load({GUEST!r})",
        f"import kvnode; kvnode.validate(kvnode.default(kvnode.load({GUEST!r})))",
        "from kvnode.api import decode, instance; decode.decode('{}', instance.VirtualMachineInstance)",
    ],
    ids=["load", "validate", "decode"],
)
def test_who_reads_guests_imports_no_other_kind(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    loaded = {name.removeprefix("kvnode.api.") for name in done.stdout.split() if name.startswith("kvnode.api.")}
    others = {kind.module for kind in KINDS.values()} - {"instance", "virtual_machine", "core"}
    assert len(others) > 10
    others |= {"conditions", "configuration", "guest_agent", "subresources", "crd", "schema", "descriptions"}
    others |= {"defaults_objects", "validation.objects", *(f"validation.{module}" for module, _ in RULES.values())}
    assert loaded & others == set()
