"""KubeVirt's kinds on a real API server: installed from the shipped files, then written, read, pruned and explained."""

import json
import os
import subprocess
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.cluster.binaries import find_program
from kvnode.api.crd import CUSTOM_KINDS, CustomKind
from kvnode.api.decode import decode
from kvnode.api.schema_facts import OF_FIELDS
from tests.api_documents import whole_document
from tests.api_facts import facts
from tests.controllers.api_server import Answer, ApiServer
from tests.controllers.custom_kinds import DEFINITIONS, DEPLOY, await_served, conditions
from tests.manifests import GONE, changed
from tests.object_manifests import SOUND_OBJECTS, object_findings

STRICT = "fieldValidation=Strict"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
BY_NAME = {custom.kind.name: custom for custom in CUSTOM_KINDS}
OLD = [(custom, version) for custom in CUSTOM_KINDS for version in custom.kind.api_versions[1:]]
# Of a field that takes few values only, the first, or the largest.
CHOICES = {
    path.partition(".")[2]: keywords["enum"][0] if "enum" in keywords else keywords["maximum"]
    for path, keywords in OF_FIELDS.items()
    if "enum" in keywords or "maximum" in keywords
}
# What kinds with rules in CEL have to say.
RULED: dict[str, dict[str, Any]] = {
    "VirtualMachineBackup": {
        "source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web"},
        "pvcName": "backup",
    },
    "VirtualMachineBackupTracker": {
        "source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web"},
    },
}

Kubectl = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def kubectl(api_server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """An administrator's, with a home of its own."""
    program = find_program("kubectl", print)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path_factory.mktemp("home")),
        "KUBECONFIG": str(api_server.kubeconfig),
    }

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.fixture(scope="module", autouse=True)
def installed(api_server: ApiServer, kubectl: Kubectl) -> str:
    """All kinds, as an administrator installs them; what the API server warned of."""
    done = kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=test", "-k", str(DEPLOY / "crds"))
    assert done.returncode == 0, done.stderr
    await_served(api_server, CUSTOM_KINDS)
    return done.stderr


def collection(custom: CustomKind, namespace: str, version: str | None = None) -> str:
    root = f"/apis/{version or custom.kind.api_versions[0]}"
    return f"{root}/namespaces/{namespace}/{custom.plural}" if custom.kind.namespaced else f"{root}/{custom.plural}"


def document(custom: CustomKind, name: str, body: dict[str, Any]) -> dict[str, Any]:
    kind = custom.kind
    return {**body, "apiVersion": kind.api_versions[0], "kind": kind.name, "metadata": {"name": name}}


def chosen(value: Any, name: str = "") -> Any:
    """A document of any values, with possible ones where there is a choice of few."""
    if isinstance(value, dict):
        return {key: chosen(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [chosen(inner, name) for inner in value]
    # Fields of one name may be of several types.
    return CHOICES[name] if type(CHOICES.get(name)) is type(value) else value


SMALLEST: dict[str, Any] = {
    "text": "some",
    "bool": False,
    "float": 0.5,
    "time": "2026-08-01T12:00:00Z",
    "duration": "1h",
    "quantity": "1Gi",
    "int-or-text": "http",
    **dict.fromkeys(("int32", "int64", "uint8", "uint32"), 1),
}


def ruled(custom: CustomKind, body: dict[str, Any]) -> dict[str, Any]:
    """The body of an object, kept to the rules of its kind."""
    rules = RULED.get(custom.kind.name)
    return {**body, "spec": {**body["spec"], **rules}} if rules else body


def smallest_of(custom: CustomKind) -> dict[str, Any]:
    """What has to be in an object of a kind."""
    return ruled(custom, smallest(custom.kind.name))


def smallest(kind: str) -> dict[str, Any]:
    """What has to be in an object of this type, by what is known of the API, and nothing else."""

    def value(holds: str) -> Any:
        if holds.startswith(("[", "{")):
            return [] if holds.startswith("[") else {}
        return SMALLEST[holds] if holds in SMALLEST else smallest(holds)

    return {name: value(holds) for name, (holds, required) in facts()[kind].items() if required}


def told(server: ApiServer, custom: CustomKind, namespace: str, body: dict[str, Any], query: str = STRICT) -> Answer:
    """What the API server would make of a new object."""
    return server.ask("POST", f"{collection(custom, namespace)}?dryRun=All&{query}", body)


def refused(call: Callable[[], object]) -> tuple[int, str]:
    """Status and message of a call that the API server refuses."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        call()
    return caught.value.code, json.loads(caught.value.read())["message"]


def test_every_definition_is_taken_without_a_warning(api_server: ApiServer, installed: str) -> None:
    assert "arning" not in installed
    for custom in CUSTOM_KINDS:
        # NonStructuralSchema would be a third one.
        assert conditions(api_server, custom) == {"NamesAccepted": "True", "Established": "True"}, custom.name
        # With the record of who wrote what; etcd takes 1.5 MiB.
        assert len(api_server.request("GET", f"{DEFINITIONS}/{custom.name}")) < 256 << 10, custom.name


@pytest.mark.parametrize("custom", CUSTOM_KINDS, ids=lambda custom: custom.kind.name)
def test_an_object_with_every_field_comes_back_as_it_was_written(
    api_server: ApiServer, namespace: str, custom: CustomKind
) -> None:
    sent = document(custom, "whole", ruled(custom, chosen(whole_document(custom.kind.type()))))
    path = f"{collection(custom, namespace)}/whole"
    answer = api_server.ask("POST", f"{collection(custom, namespace)}?{STRICT}", sent)
    assert answer.warnings == tuple(filter(None, [custom.deprecated.get(custom.kind.versions[0])]))
    if "status" in custom.subresources and "status" in sent:
        api_server.ask("PATCH", f"{path}/status?{STRICT}", {"status": sent["status"]}, MERGE)
    for version in custom.kind.api_versions:
        raw = api_server.request("GET", f"{collection(custom, namespace, version)}/whole")
        read = json.loads(raw)
        assert {key: read.get(key) for key in ("spec", "status")} == {key: sent.get(key) for key in ("spec", "status")}
        as_written, as_read = decode(json.dumps(sent), custom.kind.type()), decode(raw, custom.kind.type())
        assert as_read.spec == as_written.spec  # type: ignore[attr-defined]
    api_server.request("DELETE", path)


@pytest.mark.parametrize("custom", CUSTOM_KINDS, ids=lambda custom: custom.kind.name)
def test_what_the_api_requires_is_enough(api_server: ApiServer, namespace: str, custom: CustomKind) -> None:
    body = smallest_of(custom)
    made = json.loads(told(api_server, custom, namespace, document(custom, "smallest", body)).body)
    assert {key: made[key] for key in body} == body
    if body:
        code, message = refused(lambda: told(api_server, custom, namespace, document(custom, "smallest", {})))
        assert (code, "spec: Required value" in message) == (422, True), message


@pytest.mark.parametrize("name", SOUND_OBJECTS)
def test_what_validation_takes_the_schema_takes(api_server: ApiServer, namespace: str, name: str) -> None:
    custom = BY_NAME[name]
    sent = document(custom, "sound", {"spec": SOUND_OBJECTS[name]["spec"]})
    answer = told(api_server, custom, namespace, sent)
    assert json.loads(answer.body)["spec"] == sent["spec"]


BACKUP, TRACKER = "VirtualMachineBackup", "VirtualMachineBackupTracker"
REFUSED = [
    (BACKUP, {"spec.source.apiGroup": GONE}, "spec.source", "it is a VirtualMachine of apiGroup kubevirt.io, or a"),
    (BACKUP, {"spec.source.kind": "Pod"}, "spec.source", "or a VirtualMachineBackupTracker of backup.kubevirt.io"),
    (BACKUP, {"spec.source.name": ""}, "spec.source", "name the object"),
    (BACKUP, {"spec.pvcName": ""}, "spec", "name the claim in pvcName"),
    (BACKUP, {"spec.tokenSecretRef": GONE}, "spec", "name it in tokenSecretRef"),
    (BACKUP, {"spec.mode": "Peek"}, "spec.mode", 'supported values: "Pull", "Push"'),
    (TRACKER, {"spec.source.kind": TRACKER}, "spec.source", "it is a VirtualMachine of apiGroup kubevirt.io"),
    ("Plugin", {"spec.domainHooks.0.cel.expression": ""}, "spec.domainHooks[0].cel.expression", "at least 1 char"),
    ("Plugin", {"spec.nodeHooks.0.permittedHooks": []}, "spec.nodeHooks[0].permittedHooks", "at least 1 items"),
    ("MigrationPolicy", {"spec.maxDowntimeMs": 0}, "spec.maxDowntimeMs", "greater than or equal to 1"),
    ("VirtualMachineInstancetype", {"spec.cpu.guest": 0}, "spec.cpu.guest", "greater than or equal to 1"),
    ("VirtualMachineRestore", {"spec.targetReadinessPolicy": "Hope"}, "spec.targetReadinessPolicy", "supported values"),
    (
        "VirtualMachinePreference",
        {"spec.cpu.preferredCPUTopology": "round"},
        "spec.cpu.preferredCPUTopology",
        "supported values",
    ),
    (
        "KubeVirt",
        {"spec.configuration.hypervisors.1": {"name": "kvm"}},
        "spec.configuration.hypervisors",
        "must have at most 1 item",
    ),
]


@pytest.mark.parametrize(("name", "changes", "field", "words"), REFUSED, ids=[f"{one[0]} {one[3]}" for one in REFUSED])
def test_what_kubevirts_definitions_refuse_is_refused_before_admission(
    api_server: ApiServer, namespace: str, name: str, changes: dict[str, Any], field: str, words: str
) -> None:
    custom = BY_NAME[name]
    sent = document(custom, "wrong", {"spec": changed(SOUND_OBJECTS[name], changes)["spec"]})
    code, message = refused(lambda: told(api_server, custom, namespace, sent))
    assert (code, message.count(f"{field}: ")) == (422, 1), message
    assert words in message
    # Validation, which has more to say, says so too.
    assert any(at.startswith(field) for at, _, _ in object_findings(name, changes))


@pytest.mark.parametrize("name", [BACKUP, TRACKER])
def test_a_backup_stays_what_it_was_asked_to_be(api_server: ApiServer, namespace: str, name: str) -> None:
    custom = BY_NAME[name]
    path = f"{collection(custom, namespace)}/asked"
    api_server.request("POST", collection(custom, namespace), document(custom, "asked", smallest_of(custom)))
    change = {"spec": {"source": {"name": "other"}}}
    code, message = refused(lambda: api_server.ask("PATCH", path, change, MERGE))
    assert (code, "the spec stays as it was made" in message) == (422, True), message
    api_server.ask("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, MERGE)


@pytest.mark.parametrize(("custom", "version"), OLD, ids=lambda one: one if isinstance(one, str) else one.kind.name)
def test_an_older_version_is_the_same_object_and_says_so_where_it_goes(
    api_server: ApiServer, namespace: str, custom: CustomKind, version: str
) -> None:
    body = smallest_of(custom)
    sent = {**document(custom, "old", body), "apiVersion": version}
    answer = api_server.ask("POST", f"{collection(custom, namespace, version)}?{STRICT}", sent)
    warning = custom.deprecated.get(version.rpartition("/")[2])
    assert answer.warnings == ((warning,) if warning else ())
    read = json.loads(api_server.request("GET", f"{collection(custom, namespace)}/old"))
    assert {key: read[key] for key in body} == body


@pytest.mark.parametrize("file", ["examples/vm-tiny.yaml", "examples/vmi-tiny.yaml", "emulation/kubevirt.yaml"])
def test_what_is_shipped_has_no_field_that_nobody_knows(api_server: ApiServer, namespace: str, file: str) -> None:
    for body in yaml.safe_load_all((DEPLOY / file).read_text()):
        assert told(api_server, BY_NAME[body["kind"]], namespace, body).warnings == ()


MACHINE = BY_NAME["VirtualMachine"]


def machine(**domain: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "web"}, "creationTimestamp": None, "fromTomorrow": {"kept": True}},
        "spec": {"domain": {"devices": {}, **domain}},
    }
    return document(MACHINE, "web", {"spec": {"runStrategy": "Halted", "template": template}})


UNKNOWN = 'unknown field "spec.template.spec.domain.memry"'


def test_an_unknown_field_is_refused_where_the_client_is_strict(api_server: ApiServer, namespace: str) -> None:
    body = machine(memry={"guest": "1Gi"})
    code, message = refused(lambda: told(api_server, MACHINE, namespace, body))
    assert (code, UNKNOWN in message) == (400, True), message
    path = f"{collection(MACHINE, namespace)}/web?fieldManager=test"
    _, message = refused(lambda: api_server.ask("PATCH", path, body, APPLY))
    assert ".spec.template.spec.domain.memry: field not declared in schema" in message


def test_an_unknown_field_is_pruned_with_a_warning_where_it_is_not(api_server: ApiServer, namespace: str) -> None:
    body = machine(memry={"guest": "1Gi"})
    for query, warnings in (("", (UNKNOWN,)), ("fieldValidation=Ignore", ())):
        answer = told(api_server, MACHINE, namespace, body, query)
        assert answer.warnings == warnings
        template = json.loads(answer.body)["spec"]["template"]
        assert template["spec"] == {"domain": {"devices": {}}}
        # What Kubernetes says about metadata isn't ours to prune.
        assert template["metadata"]["fromTomorrow"] == {"kept": True}


def test_kubectl_tells_of_a_misspelt_field_itself(kubectl: Kubectl, namespace: str, tmp_path: Path) -> None:
    file = tmp_path / "web.json"
    file.write_text(json.dumps(machine(memry={"guest": "1Gi"})))
    done = kubectl("apply", "-n", namespace, "-f", str(file))
    assert (done.returncode, UNKNOWN in done.stderr) == (1, True), done.stderr


def test_a_wrong_type_is_refused_by_its_path_and_in_one_sentence(api_server: ApiServer, namespace: str) -> None:
    body = machine(memory={"guest": ["1Gi"]}, cpu={"sockets": 2**32, "cores": "2"})
    code, message = refused(lambda: told(api_server, MACHINE, namespace, body))
    assert code == 422
    domain = "spec.template.spec.domain"
    for field in (f"{domain}.memory.guest", f"{domain}.cpu.sockets", f"{domain}.cpu.cores"):
        assert message.count(f"{field}: Invalid value") == 1, message
    assert message.count("Invalid value") == 3, message


def test_null_is_nothing_as_everywhere_in_kubernetes(api_server: ApiServer, namespace: str) -> None:
    body = machine(cpu=None, memory={"guest": None, "hugepages": None}, features=None)
    body["spec"] |= {"running": None, "dataVolumeTemplates": None}
    body["status"] = None
    spec = json.loads(told(api_server, MACHINE, namespace, body).body)["spec"]
    assert set(spec) == {"runStrategy", "template"}
    assert spec["template"]["spec"]["domain"] == {"devices": {}, "memory": {}}


def test_two_owners_have_a_condition_each(api_server: ApiServer, namespace: str) -> None:
    custom = BY_NAME["VirtualMachinePool"]
    path = f"{collection(custom, namespace)}/owned"
    body = document(custom, "owned", smallest(custom.kind.name))
    api_server.request("POST", collection(custom, namespace), body)
    del body["spec"]
    for owner in ("ReplicaPaused", "ReplicaFailure"):
        status = {"conditions": [{"type": owner, "status": "True", "lastTransitionTime": None}]}
        api_server.ask("PATCH", f"{path}/status?fieldManager={owner}", {**body, "status": status}, APPLY)
    found = json.loads(api_server.request("GET", path))["status"]["conditions"]
    assert [one["type"] for one in found] == ["ReplicaPaused", "ReplicaFailure"]


@pytest.mark.parametrize("name", ["VirtualMachineInstanceReplicaSet", "VirtualMachinePool"])
def test_a_set_is_scaled_as_kubernetes_own_are(api_server: ApiServer, namespace: str, name: str) -> None:
    custom = BY_NAME[name]
    path = f"{collection(custom, namespace)}/many"
    api_server.request("POST", collection(custom, namespace), document(custom, "many", smallest(name)))
    status = {"replicas": 2, "readyReplicas": 1, "labelSelector": "app=web"}
    api_server.request("PATCH", f"{path}/status", {"status": status}, MERGE)
    api_server.request("PATCH", f"{path}/scale", {"spec": {"replicas": 3}}, MERGE)
    scale = json.loads(api_server.request("GET", f"{path}/scale"))
    assert (scale["spec"], scale["status"]) == ({"replicas": 3}, {"replicas": 2, "selector": "app=web"})
    assert json.loads(api_server.request("GET", path))["spec"]["replicas"] == 3


def test_guests_are_selected_by_phase_and_node(api_server: ApiServer, namespace: str) -> None:
    custom = BY_NAME["VirtualMachineInstance"]
    where = collection(custom, namespace)
    for name, phase in (("one", "Running"), ("two", "Pending")):
        api_server.request("POST", where, document(custom, name, smallest(custom.kind.name)))
        # Nobody who may write a guest gets to say this: it has a path, and rights, of its own.
        api_server.request("PATCH", f"{where}/{name}", {"status": {"phase": "Failed"}}, MERGE)
        api_server.request("PATCH", f"{where}/{name}/status", {"status": {"phase": phase, "nodeName": "n"}}, MERGE)
    for selector, names in (("status.phase%3DRunning", ["one"]), ("status.nodeName%3Dn", ["one", "two"])):
        items = json.loads(api_server.request("GET", f"{where}?fieldSelector={selector}"))["items"]
        assert [one["metadata"]["name"] for one in items] == names


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "vmi.spec.domain.devices.disks",
            [
                "FIELD: disks <[]Object>",
                "Disks, each with a volume of its name.\n    One disk of the guest.",
                "name\t<string> -required-\n    The volume behind it.",
                "bootOrder\t<integer>\n    When the firmware tries it, 1 first;",
            ],
        ),
        (
            "vmpool.spec.virtualMachineTemplate.spec.template.spec.domain.devices.interfaces",
            ["macAddress\t<string>\n    The card's MAC address."],
        ),
        ("vm.spec.template.metadata", ["labels\t<map[string]string>", "Labels and annotations."]),
        (
            "kubevirt.spec.configuration.developerConfiguration.featureGates",
            ["FIELD: featureGates <[]string>", "Gates to open."],
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_kubectl_explains_what_a_field_means(kubectl: Kubectl, path: str, said: list[str]) -> None:
    done = kubectl("explain", path)
    assert done.returncode == 0, done.stderr
    for text in said:
        assert text in done.stdout, done.stdout
