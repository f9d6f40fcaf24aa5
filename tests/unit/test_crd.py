"""The custom resource definitions: what users and tools rely on, and that the shipped files are what is generated.

What the API server makes of them is tests/controllers/test_custom_kinds.py's.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from msgspec.structs import fields

from deploy.crds.__main__ import definitions, main
from kvnode import quantity
from kvnode.api.base import NO_ITEMS, Duration, Model, Time
from kvnode.api.crd import CUSTOM_KINDS, CustomKind, custom_resource_definition
from kvnode.api.kinds import KINDS
from kvnode.api.meta import ObjectMeta
from kvnode.api.schema import object_schema, sentence
from kvnode.api.schema_facts import OF_FIELDS, OPTIONAL, REPLACED_WHOLE, REQUIRED
from kvnode.errors import QuantityError
from tests.api_facts import facts
from tests.kubernetes.quantity_facts import recorded

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
KEEPS_UNKNOWN = "x-kubernetes-preserve-unknown-fields"
CRDS = {custom.kind.name: custom_resource_definition(custom) for custom in CUSTOM_KINDS}
# Names, short names, versions with the stored one first (a deprecated one has a `-`), scope if it isn't Namespaced,
# subresources, columns (a wide one has a `+`).
SERVED = """
KubeVirt kubevirts kv,kvs; v1 v1alpha3-; status; Age Phase
VirtualMachine virtualmachines vm,vms; v1 v1alpha3-; status; Age Status Ready
VirtualMachineInstance virtualmachineinstances vmi,vmis; v1 v1alpha3-; status; \
Age Phase IP NodeName Ready Live-Migratable+ Paused+
VirtualMachineInstanceMigration virtualmachineinstancemigrations vmim,vmims; v1 v1alpha3-; status; Phase VMI
VirtualMachineInstancePreset virtualmachineinstancepresets vmipreset,vmipresets; v1alpha3- v1-;;
VirtualMachineInstanceReplicaSet virtualmachineinstancereplicasets vmirs,vmirss; v1 v1alpha3-; scale status; \
Desired Current Ready Age
VirtualMachinePool virtualmachinepools vmpool,vmpools; v1beta1 v1alpha1; scale status; Desired Current Ready Age
VirtualMachineInstancetype virtualmachineinstancetypes vminstancetype,vminstancetypes,vmf,vmfs; v1beta1;;
VirtualMachineClusterInstancetype virtualmachineclusterinstancetypes \
vmclusterinstancetype,vmclusterinstancetypes,vmcf,vmcfs; v1beta1 Cluster;;
VirtualMachinePreference virtualmachinepreferences vmpref,vmprefs,vmp,vmps; v1beta1;;
VirtualMachineClusterPreference virtualmachineclusterpreferences vmcp,vmcps; v1beta1 Cluster;;
MigrationPolicy migrationpolicies ; v1alpha1 Cluster; status;
VirtualMachineSnapshot virtualmachinesnapshots vmsnapshot,vmsnapshots; v1beta1 v1alpha1; status; \
SourceKind SourceName Phase ReadyToUse CreationTime Error
VirtualMachineSnapshotContent virtualmachinesnapshotcontents vmsnapshotcontent,vmsnapshotcontents; v1beta1 v1alpha1; \
status; ReadyToUse CreationTime Error
VirtualMachineRestore virtualmachinerestores vmrestore,vmrestores; v1beta1 v1alpha1; status; \
TargetKind TargetName Complete RestoreTime
VirtualMachineClone virtualmachineclones vmclone,vmclones; v1beta1 v1alpha1; status; \
Phase SourceVirtualMachine TargetVirtualMachine
VirtualMachineExport virtualmachineexports vmexport,vmexports; v1 v1beta1-; status; SourceKind SourceName Phase
VirtualMachineBackup virtualmachinebackups vmbackup,vmbackups; v1alpha1; status; \
SourceKind SourceName Type CheckpointName
VirtualMachineBackupTracker virtualmachinebackuptrackers vmbackuptracker,vmbackuptrackers; v1alpha1; status; \
SourceKind SourceName LatestCheckpoint CheckpointTime
Plugin plugins ; v1alpha1 Cluster;;
"""


def schema(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = CRDS[kind]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def walk(at: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema within a schema, with its path."""
    yield path, at
    for name, inner in at.get("properties", {}).items():
        yield from walk(inner, f"{path}.{name}")
    for inner in (at.get("items"), at.get("additionalProperties")):
        if inner is not None:
            yield from walk(inner, f"{path}[]")


def typed(kind: type[Model], at: dict[str, Any]) -> Iterator[tuple[type[Model], dict[str, Any]]]:
    """Every type within a type, with its schema where it is met; metadata is Kubernetes' own."""
    yield kind, at
    for field in fields(kind):
        for inner in _types(field.type):
            found = at["properties"][field.encode_name]
            yield from typed(inner, found.get("items") or found.get("additionalProperties") or found)


def _types(annotation: Any) -> Iterator[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model) and annotation is not ObjectMeta:
        yield annotation
    for one in get_args(annotation):
        yield from _types(one)


def test_the_shipped_files_are_the_generated_ones(capsys):
    assert main(["--check"]) == 0, capsys.readouterr().err
    assert set((DEPLOY / "crds").glob("*.yaml")) == set(definitions())


def test_what_is_installed_is_what_the_daemons_act_upon():
    """A kind that nobody acts upon would be taken, and nothing would happen to it."""
    resources = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())["resources"]
    installed = {one for one in resources if one.startswith("crds/")}
    assert installed == {"crds/kubevirts.yaml", "crds/virtualmachines.yaml", "crds/virtualmachineinstances.yaml"}
    every = yaml.safe_load((DEPLOY / "crds/kustomization.yaml").read_text())["resources"]
    assert every == sorted(f"{custom.plural}.yaml" for custom in CUSTOM_KINDS)


def test_roles_are_about_kinds_that_there_are_and_never_about_status():
    """Whoever may edit guests can neither say what is known of one, nor move it, nor change the installation."""
    documents = list(yaml.safe_load_all((DEPLOY / "base/user-roles.yaml").read_text()))
    roles = {one["metadata"]["name"]: one["rules"] for one in documents if one["kind"] == "ClusterRole"}
    allowed: dict[str, dict[tuple[str, str], set[str]]] = {}
    for name, rules in roles.items():
        for rule in rules:
            for resource in rule["resources"]:
                [group] = rule["apiGroups"]
                allowed.setdefault(name, {})[group, resource] = set(rule["verbs"])
    known = {(custom.kind.group, custom.plural) for custom in CUSTOM_KINDS}
    scales = {(group, plural) for group, plural in known if plural.endswith(("replicasets", "pools"))}
    named = {key for rules in allowed.values() for key in rules}
    assert named == known - {("kubevirt.io", "kubevirts"), ("plugin.kubevirt.io", "plugins")} | {
        (group, f"{plural}/scale") for group, plural in scales
    }
    assert roles["kubevirt.io:admin"] == roles["kubevirt.io:edit"]
    edit, view = allowed["kubevirt.io:edit"], allowed["kubevirt.io:view"]
    assert set(edit) == set(view)
    for key, verbs in view.items():
        assert verbs <= {"get", "list", "watch"}, key
        assert verbs <= edit[key], key
    only_seen = {("kubevirt.io", "virtualmachineinstancemigrations"), ("migrations.kubevirt.io", "migrationpolicies")}
    assert {key for key, verbs in edit.items() if verbs == view[key]} == only_seen


def test_every_kind_of_ours_has_a_definition():
    assert {(custom.kind.group, custom.kind.name) for custom in CUSTOM_KINDS} == {
        key for key, kind in KINDS.items() if kind.ours
    }
    assert len(CRDS) == len(CUSTOM_KINDS) == len(SERVED.split("\n")) - 2


@pytest.mark.parametrize("line", SERVED.strip().split("\n"), ids=lambda line: line.split()[0])
def test_a_kind_is_served_as_people_and_tools_know_it(line: str) -> None:
    names, served, subresources, columns = line.split(";")
    kind, plural, short = names.split(" ")
    *versions, scope = served.split() if "Cluster" in served else [*served.split(), "Namespaced"]
    spec = CRDS[kind]["spec"]
    assert CRDS[kind]["metadata"]["name"] == f"{plural}.{spec['group']}"
    assert (spec["names"]["plural"], spec["names"]["singular"]) == (plural, kind.lower())
    assert (spec["names"]["kind"], spec["names"]["listKind"]) == (kind, f"{kind}List")
    assert spec["names"].get("shortNames", []) == list(filter(None, short.split(",")))
    assert (spec["names"]["categories"], spec["scope"]) == (["all"], scope)
    found = spec["versions"]
    ordered = sorted(found, key=lambda one: not one["storage"])
    assert [f"{one['name']}{'-' * one.get('deprecated', False)}" for one in ordered] == versions
    assert [one["storage"] for one in ordered] == [True] + [False] * (len(found) - 1)
    for version in found:
        assert version["served"] is True
        assert ("deprecationWarning" in version) is version.get("deprecated", False)
        assert sorted(version.get("subresources", ())) == subresources.split()
        shown = version.get("additionalPrinterColumns", [])
        assert [f"{one['name']}{'+' * one.get('priority', 0)}" for one in shown] == columns.split()
        # Objects are the same in each version, so nothing has to convert them.
        assert version["schema"] == found[0]["schema"]


@pytest.mark.parametrize("kind", sorted(CRDS))
def test_columns_and_replicas_are_paths_of_the_schema(kind: str) -> None:
    version = CRDS[kind]["spec"]["versions"][0]
    paths = [one["jsonPath"] for one in version.get("additionalPrinterColumns", [])]
    paths += [one["jsonPath"] for one in version.get("selectableFields", [])]
    paths += version.get("subresources", {}).get("scale", {}).values()
    known = {path.replace("[]", "") for path, _ in walk(schema(kind))} | {".metadata.creationTimestamp"}
    assert {re.sub(r"\[[^]]*\]", "", path) for path in paths} <= known


def test_a_guest_has_a_status_of_its_own_and_watches_can_be_narrowed_by_it():
    for version in CRDS["VirtualMachineInstance"]["spec"]["versions"]:
        assert version["subresources"] == {"status": {}}
        assert [one["jsonPath"] for one in version["selectableFields"]] == [".status.nodeName", ".status.phase"]


@pytest.mark.parametrize("custom", CUSTOM_KINDS, ids=lambda custom: custom.kind.name)
def test_a_schema_has_the_fields_of_the_api_and_requires_what_the_api_requires(custom: CustomKind) -> None:
    for kind, at in typed(custom.kind.type(), schema(custom.kind.name)):
        known = facts()[kind.__name__]
        assert set(at.get("properties", {})) == set(known), kind
        assert set(at.get("required", ())) == {name for name, (_, required) in known.items() if required}, kind


WORDS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    "int32": {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"type": "integer", "format": "int64"},
    "uint8": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 255},
    "uint32": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 2**32 - 1},
    "time": {"type": "string", "format": "date-time"},
    "duration": {"type": "string", "format": "duration"},
    "int-or-text": {"x-kubernetes-int-or-string": True},
    "quantity": {"x-kubernetes-int-or-string": True},
}


@pytest.mark.parametrize("custom", CUSTOM_KINDS, ids=lambda custom: custom.kind.name)
def test_a_field_is_of_the_apis_type_and_described(custom: CustomKind) -> None:
    for kind, at in typed(custom.kind.type(), schema(custom.kind.name)):
        for name, (holds, _) in facts()[kind.__name__].items():
            path, found = f"{kind.__name__}.{name}", at["properties"][name]
            if kind is custom.kind.type() and name in ("apiVersion", "kind", "metadata"):
                continue
            assert found["description"].endswith((".", "?")), path
            inner = found
            if holds.startswith("["):
                assert found["type"] == "array", path
                inner = found["items"]
            elif holds.startswith("{"):
                assert found["type"] == "object", path
                inner = found["additionalProperties"]
            more = OF_FIELDS.get(path, {})
            assert more.items() <= found.items(), path
            wanted = {"minimum": None, "type": None} | WORDS.get(holds.strip("[]{}"), {"type": "object"})
            wanted |= {key: value for key, value in more.items() if key in wanted}
            assert {key: inner.get(key) for key in wanted} == wanted, path
            assert ("pattern" in inner) is (holds.strip("{}") == "quantity"), path


def test_only_the_metadata_of_templates_keeps_what_it_is_given():
    keeping = {path for kind in CRDS for path, at in walk(schema(kind), kind) if KEEPS_UNKNOWN in at}
    assert keeping
    for path in keeping:
        assert path.endswith((".template.metadata", "Template.metadata", "Templates[].metadata")) or (
            path.startswith("VirtualMachineSnapshotContent.spec.") and path.endswith(".metadata")
        ), path
    template = schema("VirtualMachine")["properties"]["spec"]["properties"]["template"]["properties"]["metadata"]
    assert template["nullable"] is True
    assert set(template["properties"]) == {"name", "generateName", "namespace", "labels", "annotations"}


@pytest.mark.parametrize("kind", sorted(CRDS))
def test_conditions_are_a_map_by_type_in_every_kind(kind: str) -> None:
    for path, at in walk(schema(kind)):
        if path.endswith(".conditions"):
            assert (at["x-kubernetes-list-type"], at["x-kubernetes-list-map-keys"]) == ("map", ["type"]), path
            times = at["items"]["properties"]
            assert times["lastTransitionTime"]["nullable"] is times["lastProbeTime"]["nullable"] is True


def test_every_fact_is_of_a_field_that_there_is():
    met = {kind for custom in CUSTOM_KINDS for kind, _ in typed(custom.kind.type(), schema(custom.kind.name))}
    paths = {f"{kind.__name__}.{field.encode_name}" for kind in met for field in fields(kind)}
    assert set(OF_FIELDS) | REQUIRED | OPTIONAL <= paths
    # OwnerReference is within metadata alone, which is Kubernetes' own.
    assert {kind.__name__ for kind in met} >= REPLACED_WHOLE


def test_what_tells_the_items_of_a_list_apart_is_required_of_them():
    for kind in CRDS:
        for path, at in walk(schema(kind), kind):
            assert set(at.get("x-kubernetes-list-map-keys", ())) <= set(at.get("items", {}).get("required", ())), path


def test_what_is_a_quantity_fits_and_what_kubernetes_refuses_does_not():
    memory = schema("VirtualMachineInstance")["properties"]["spec"]["properties"]["domain"]["properties"]["memory"]
    # Go's `$` is the end of the text, Python's also the place before a last line break.
    pattern = re.compile(memory["properties"]["guest"]["pattern"].removesuffix("$") + r"\Z")
    for fact in recorded():
        if pattern.match(fact.text):
            assert fact.nanos is not None, fact.text
        else:
            with pytest.raises(QuantityError):
                quantity.parse(fact.text)


def test_a_definition_fits_where_kubectl_and_etcd_put_it():
    """`kubectl apply` keeps a whole manifest in an annotation of 256 KiB; etcd takes objects of 1.5 MiB."""
    sizes = {kind: len(json.dumps(crd, separators=(",", ":"))) for kind, crd in CRDS.items()}
    assert max(sizes.values()) < 250 * 1024, sizes


class Inner(Model, frozen=True):
    """Something inside of itself."""

    name: str = NO_ITEMS  # what it is called
    inner: tuple["Inner", ...] = ()  # what it has; more of the same
    since: Time | None = None  # since when?
    lasts: Duration | None = None


def test_a_type_inside_of_itself_keeps_what_it_is_given_there():
    found = object_schema(Inner)
    assert found["required"] == ["name"]
    properties = found["properties"]
    assert properties["name"] == {"description": "What it is called.", "type": "string"}
    assert properties["inner"]["items"] == {
        "description": "Something inside of itself.",
        "type": "object",
        KEEPS_UNKNOWN: True,
    }
    assert properties["since"]["description"] == "Since when?"
    assert properties["lasts"] == {"description": "", "type": "string", "format": "duration"}


def test_a_description_says_nothing_twice():
    devices = schema("VirtualMachineInstance")["properties"]["spec"]["properties"]["domain"]["properties"]["devices"]
    assert devices["description"] == "All devices of a guest."
    said = devices["properties"]
    assert said["watchdog"]["description"] == "A watchdog. Resets or stops a guest that no longer reports."
    assert said["disks"]["items"]["properties"]["disk"]["description"] == "Shown as an ordinary disk."
    assert [sentence(text) for text in ("", "a word", "`x` or `y`", "Ends.")] == ["", "A word.", "`x` or `y`.", "Ends."]
