"""Admission as a function: reviews in, answers out, with documents as users write them."""

import base64
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.virt_api.admission import Rules, mutate, validate
from controllers.virt_api.answers import Refusal
from controllers.virt_api.json_patch import changes
from kvnode.api.configuration import DeveloperConfiguration, KubeVirtConfiguration

RULES = Rules(KubeVirtConfiguration(developer_configuration=DeveloperConfiguration(use_emulation=True)))
CONTROLLER = "system:serviceaccount:kubevirt:virt-controller"


def guest(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": "tiny", "namespace": "default", "uid": "6f1d"},
        "spec": {
            "domain": {
                "memory": {"guest": "64Mi"},
                "devices": {"disks": [{"name": "root", "disk": {}}]},
            },
            "volumes": [{"name": "root", "containerDisk": {"image": "localhost/kvnode/tiny:v1"}}],
            **spec,
        },
    }


def machine(**spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": guest()["spec"]}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": "tiny", "namespace": "default"},
        "spec": {"runStrategy": "Halted", "template": template, **spec},
    }


def review(new: Any, old: Any = None, user: str = "alice") -> bytes:
    request = {
        "uid": "review-1",
        "operation": "CREATE" if old is None else "UPDATE",
        "userInfo": {"username": user, "groups": ["system:authenticated"]},
        "object": new,
        "oldObject": old,
        "options": None,
    }
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).encode()


def applied(document: Any, operations: list[dict[str, Any]]) -> Any:
    """The document with the patch, by RFC 6902's words and not by the code that is tested."""
    document = copy.deepcopy(document)
    for operation in operations:
        keys = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        if not keys:
            document = operation["value"]
            continue
        place = document
        for key in keys[:-1]:
            place = place[int(key)] if isinstance(place, list) else place[key]
        if operation["op"] == "remove":
            assert keys[-1] in place, f"{operation} removes what isn't there"
            del place[keys[-1]]
        elif isinstance(place, list):
            if keys[-1] == "-":
                place.append(operation["value"])
            else:
                # An `add` would insert here, and shift what follows.
                assert operation["op"] == "replace", operation
                place[int(keys[-1])] = operation["value"]
        else:
            place[keys[-1]] = operation["value"]
    return document


def mutated(new: Any, old: Any = None, rules: Rules = RULES) -> tuple[Any, dict[str, Any]]:
    response = mutate(review(new, old), rules)["response"]
    assert response["uid"] == "review-1"
    assert response["allowed"] is True
    patch = json.loads(base64.b64decode(response["patch"])) if "patch" in response else []
    return applied(new, patch), response


def refused(new: Any, old: Any = None, user: str = "alice") -> dict[str, str]:
    """Reasons by field; empty where it is let in."""
    response = validate(review(new, old, user), RULES)["response"]
    assert response["uid"] == "review-1"
    if response["allowed"]:
        assert "status" not in response
        return {}
    said = response["status"]
    assert (said["kind"], said["code"], said["reason"]) == ("Status", 422, "Invalid")
    causes = said["details"]["causes"]
    assert all(cause["message"] in said["message"] for cause in causes)
    return {cause["field"]: cause["reason"] for cause in causes}


def test_a_guest_gets_its_defaults_and_keeps_all_else() -> None:
    document = guest()
    document["metadata"]["annotations"] = {"example.com/note": "kept"}
    document["spec"]["somethingNew"] = {"deep": [1, None]}
    # Unknown fields are validate's to refuse; mutate leaves the whole document alone then.
    assert mutated(document)[0] == document
    del document["spec"]["somethingNew"]
    document["spec"]["nodeSelector"] = None
    document["spec"]["networks"] = []
    result, response = mutated(document)
    assert response["patchType"] == "JSONPatch"
    assert result["metadata"]["annotations"]["example.com/note"] == "kept"
    assert result["spec"]["nodeSelector"] is None
    assert result["spec"]["architecture"] == "amd64"
    assert result["spec"]["domain"]["machine"]["type"] == "q35"
    assert result["spec"]["domain"]["devices"]["disks"][0]["disk"]["bus"]
    assert result["spec"]["domain"]["devices"]["interfaces"]
    assert result["spec"]["volumes"][0]["containerDisk"]["image"] == "localhost/kvnode/tiny:v1"
    assert refused(result) == {}


def test_no_operation_replaces_an_object_that_the_user_wrote() -> None:
    document = guest()
    response = mutate(review(document), RULES)["response"]
    operations = json.loads(base64.b64decode(response["patch"]))
    paths = [operation["path"] for operation in operations]
    assert paths
    for path in paths:
        place: Any = document
        for key in path.split("/")[1:]:
            place = place.get(key, "absent") if isinstance(place, dict) else place[int(key)] if key != "-" else "absent"
            if place == "absent":
                break
        assert place == "absent", f"{path} is the user's own"


def test_defaulting_what_was_defaulted_changes_nothing() -> None:
    result, _ = mutated(guest())
    assert "patch" not in mutate(review(result), RULES)["response"]


def test_the_configuration_in_force_counts() -> None:
    rules = Rules(KubeVirtConfiguration(cpu_model="Westmere"))
    assert mutated(guest(), rules=rules)[0]["spec"]["domain"]["cpu"]["model"] == "Westmere"
    assert mutated(guest())[0]["spec"]["domain"]["cpu"]["model"] == "host-model"


def test_a_machine_keeps_its_template_but_for_what_outlasts_an_upgrade() -> None:
    document = machine()
    result, _ = mutated(document)
    spec = result["spec"]["template"]["spec"]
    assert (spec.pop("architecture"), spec["domain"].pop("machine")) == ("amd64", {"type": "q35"})
    assert result == document
    assert refused(mutated(document)[0]) == {}


def test_what_has_no_effect_is_told() -> None:
    document = machine(running=True, updateVolumesStrategy="Replacement")
    del document["spec"]["runStrategy"]
    document["spec"]["template"]["spec"]["evictionStrategy"] = "LiveMigrate"
    document["spec"]["template"]["metadata"] = {"labels": {"a": "b"}, "finalizers": ["mine/one"]}
    warnings = mutated(document)[1]["warnings"]
    assert [warning.split(":")[0].split(" is ")[0] for warning in warnings] == [
        "spec.running",
        "spec.updateVolumesStrategy",
        "spec.template.metadata.finalizers",
        "spec.template.spec.evictionStrategy",
    ]
    assert "warnings" not in mutated(machine())[1]


def test_all_faults_come_at_once_by_their_paths() -> None:
    document = guest()
    document["spec"]["domain"]["cpus"] = {"cores": 2}
    document["spec"]["domain"]["memory"]["guest"] = ["64Mi"]
    assert refused(document) == {
        "spec.domain.cpus": "FieldValueInvalid",
        "spec.domain.memory.guest": "FieldValueInvalid",
    }
    document = guest()
    document["spec"]["domain"]["devices"]["disks"].append({"name": "lost", "disk": {"bus": "pink"}})
    document["spec"]["domain"]["devices"]["tpm"] = {}
    found = refused(document)
    assert "spec.domain.devices.disks[1].name" in found
    assert found["spec.domain.devices.tpm"] == "FieldValueNotSupported"
    assert len(found) >= 3


def test_a_machine_is_judged_with_its_template() -> None:
    document = machine(runStrategy="Sometimes")
    document["spec"]["template"]["spec"]["domain"]["devices"]["disks"][0]["name"] = "lost"
    document["spec"]["template"]["spec"]["terminationGracePeriodSecond"] = 5
    assert set(refused(document)) == {"spec.template.spec.terminationGracePeriodSecond"}
    del document["spec"]["template"]["spec"]["terminationGracePeriodSecond"]
    found = refused(document)
    assert "spec.runStrategy" in found
    assert "spec.template.spec.domain.devices.disks[0].name" in found
    assert refused(machine(instancetype={"name": "small"})) == {"spec.instancetype": "FieldValueNotSupported"}
    assert refused(machine(runStrategy="WaitAsReceiver"))["spec.runStrategy"]
    broken = machine(template={"metadata": {}})
    assert refused(broken) == {"spec.template.spec": "FieldValueRequired"}


def test_a_guests_spec_stays_and_a_machines_may_change() -> None:
    old, _ = mutated(guest())
    new = copy.deepcopy(old)
    new["spec"]["domain"]["memory"]["guest"] = "128Mi"
    new["spec"]["terminationGracePeriodSeconds"] = 3
    assert refused(new, old) == {
        "spec.domain.memory.guest": "FieldValueNotSupported",
        "spec.terminationGracePeriodSeconds": "FieldValueNotSupported",
    }
    assert refused(new, old, CONTROLLER) == {}
    assert refused(new, old, "system:serviceaccount:default:virt-controller") != {}
    assert refused(machine(runStrategy="Always"), machine()) == {}
    assert refused(machine(runStrategy="Sometimes"), machine()) == {"spec.runStrategy": "FieldValueInvalid"}


@pytest.mark.parametrize("make", [guest, machine])
def test_an_object_that_todays_rules_refuse_can_lose_its_finalizer(make: Any) -> None:
    old = make()
    (old["spec"]["template"]["spec"] if make is machine else old["spec"])["fromAnotherAge"] = True
    old["metadata"]["finalizers"] = ["kubevirt.io/foregroundDeleteVirtualMachine"]
    new = copy.deepcopy(old)
    new["metadata"]["finalizers"] = []
    assert refused(old) != {}
    assert refused(new, old) == {}
    assert "patch" not in mutate(review(new, old), RULES)["response"]


def test_a_daemon_may_stop_a_machine_that_todays_rules_refuse() -> None:
    old = machine(runStrategy="Always")
    old["spec"]["template"]["spec"]["domain"]["devices"]["tpm"] = {}
    new = copy.deepcopy(old)
    new["spec"]["runStrategy"] = "Halted"
    assert refused(new, old) != {}
    assert refused(new, old, "system:serviceaccount:kubevirt:virt-api") == {}


def test_labels_of_the_daemons_are_theirs() -> None:
    label = "kubevirt.io/nodeName"
    document = guest()
    document["metadata"]["labels"] = {label: "node-1", "app": "web"}
    assert refused(document) == {f"metadata.labels[{label}]": "FieldValueNotSupported"}
    assert refused(document, user=CONTROLLER) == {}
    plain = guest()
    assert refused(plain, document) == {f"metadata.labels[{label}]": "FieldValueNotSupported"}
    assert refused(document, document) == {}
    owner = machine()
    owner["spec"]["template"]["metadata"]["labels"] = {label: "node-1"}
    assert refused(owner) == {f"spec.template.metadata.labels[{label}]": "FieldValueNotSupported"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}',
        b'{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"1","operation":"CREATE"}}',
        b"\xff",
        review({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}),
        review([]),
        review(None),
        review({"apiVersion": "v1", "kind": "List", "items": []}),
        review({"apiVersion": "v1", "kind": "List", "items": [machine()]}, guest()),
    ],
)
def test_what_is_no_review_is_a_bad_request(body: bytes) -> None:
    for judge in (mutate, validate):
        with pytest.raises(Refusal) as refusal:
            judge(body, RULES)
        assert refusal.value.code == 400


@pytest.mark.parametrize("metadata", ["tiny", ["tiny"], 1, True])
def test_metadata_that_are_none_are_a_fault_among_others(metadata: Any) -> None:
    body = review({**guest(), "metadata": metadata})
    answer = validate(body, RULES)["response"]
    assert not answer["allowed"]
    assert [cause["field"] for cause in answer["status"]["details"]["causes"]] == ["metadata"]
    assert mutate(body, RULES)["response"]["allowed"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("a~/b", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a~/b", max_size=2), inner, max_size=3),
    max_leaves=12,
)


OBJECT = st.dictionaries(st.text("a~/b", max_size=2), JSON)


@given(before=OBJECT, after=OBJECT)
def test_a_patch_makes_of_the_one_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    operations = changes(before, before, after)
    assert applied(before, operations) == after
    same = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert (operations == []) == same


@given(before=OBJECT, after=OBJECT)
def test_a_patch_leaves_what_was_not_read(before: dict[str, Any], after: dict[str, Any]) -> None:
    operations = changes({**before, "unread": {"x": None}}, before, after)
    assert applied({**before, "unread": {"x": None}}, operations) == {**after, "unread": {"x": None}}
