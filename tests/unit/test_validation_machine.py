"""What is wrong with a VirtualMachine beside the guest in its template."""

import msgspec
import pytest

from kvnode.api.unsupported_machine import unsupported_machine
from kvnode.api.validation.virtual_machine import RUN_STRATEGIES, validate_machine
from kvnode.api.virtual_machine import VirtualMachine
from kvnode.errors import VALUE_DUPLICATE, VALUE_INVALID, VALUE_NOT_SUPPORTED, VALUE_REQUIRED
from tests.manifests import GONE, changed, manifest

SHUT = {"developerConfiguration": {"disabledFeatureGates": ["DecentralizedLiveMigration"]}}
RUNNING = {"runStrategy": "Always"}
MEMORY = "spec.template.spec.domain.memory"


def machine(spec, changes=None, **metadata):
    template = {"spec": manifest(changes or {})["spec"]}
    document = {"metadata": {"name": "mill", **metadata}, "spec": {"template": template, **spec}}
    return msgspec.convert(document, VirtualMachine)


def found(made, config=None):
    return [(error.field, error.reason) for error in validate_machine(made, config)]


def template(name, **spec):
    return {"metadata": {"name": name}, "spec": {"storage": {}, **(spec or {"source": {"blank": {}}})}}


@pytest.mark.parametrize("strategy", RUN_STRATEGIES)
def test_every_strategy_there_is_is_right(strategy):
    assert found(machine({"runStrategy": strategy})) == []


def test_waiting_for_a_migrating_guest_takes_its_gate():
    assert found(machine({"runStrategy": "WaitAsReceiver"}), SHUT) == [("spec.runStrategy", VALUE_INVALID)]


@pytest.mark.parametrize("running", [True, False])
def test_so_is_the_older_way_to_say_it(running):
    assert found(machine({"running": running})) == []


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({}, ("spec.running", VALUE_REQUIRED)),
        ({"running": False, "runStrategy": "Halted"}, ("spec.running", VALUE_INVALID)),
        ({"runStrategy": "always"}, ("spec.runStrategy", VALUE_INVALID)),
        ({"runStrategy": ""}, ("spec.runStrategy", VALUE_INVALID)),
        ({**RUNNING, "updateVolumesStrategy": "Swap"}, ("spec.updateVolumesStrategy", VALUE_INVALID)),
        ({**RUNNING, "instancetype": {}}, ("spec.instancetype.name", VALUE_REQUIRED)),
        ({**RUNNING, "instancetype": {"name": "../x"}}, ("spec.instancetype.name", VALUE_INVALID)),
        (
            {**RUNNING, "preference": {"name": "fedora", "revisionName": "a b"}},
            ("spec.preference.revisionName", VALUE_INVALID),
        ),
        ({**RUNNING, "preference": {"inferFromVolume": "gone"}}, ("spec.preference.inferFromVolume", VALUE_INVALID)),
        (
            {**RUNNING, "instancetype": {"name": "u1", "inferFromVolume": "root"}},
            ("spec.instancetype.name", VALUE_INVALID),
        ),
        ({**RUNNING, "preference": {"name": "fedora", "kind": "Pod"}}, ("spec.preference.kind", VALUE_INVALID)),
        (
            {**RUNNING, "preference": {"inferFromVolume": "root", "inferFromVolumeFailurePolicy": "Hope"}},
            ("spec.preference.inferFromVolumeFailurePolicy", VALUE_NOT_SUPPORTED),
        ),
        ({**RUNNING, "dataVolumeTemplates": [template("data")]}, ("spec.dataVolumeTemplates[0]", VALUE_REQUIRED)),
        (
            {**RUNNING, "dataVolumeTemplates": [template("")]},
            ("spec.dataVolumeTemplates[0].metadata.name", VALUE_REQUIRED),
        ),
        (
            {**RUNNING, "dataVolumeTemplates": [template("a/b")]},
            ("spec.dataVolumeTemplates[0].metadata.name", VALUE_INVALID),
        ),
    ],
)
def test_each_fault_has_its_path_and_reason(spec, fault):
    assert found(machine(spec)) == [fault]


def test_templates_are_one_each_with_one_source_in_the_machines_namespace():
    volumes = {"spec.volumes.3": {"name": "data", "dataVolume": {"name": "data"}}}
    sound = {**RUNNING, "dataVolumeTemplates": [template("data")]}
    assert found(machine(sound, volumes)) == []
    foreign = template("data", source={"blank": {}, "upload": {}})
    foreign["metadata"]["namespace"] = "elsewhere"
    assert found(machine({**RUNNING, "dataVolumeTemplates": [template("data"), foreign]}, volumes)) == [
        ("spec.dataVolumeTemplates[1].metadata.name", VALUE_DUPLICATE),
        ("spec.dataVolumeTemplates[1].metadata.namespace", VALUE_INVALID),
        ("spec.dataVolumeTemplates[1].spec.source", VALUE_INVALID),
    ]


def test_a_claim_of_the_templates_name_uses_it_too():
    volumes = {"spec.volumes.3": {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}}
    assert found(machine({**RUNNING, "dataVolumeTemplates": [template("data")]}, volumes)) == []


@pytest.mark.parametrize(
    "content",
    [
        {"storage": {}, "source": {"blank": {}}},
        {"pvc": {}, "sourceRef": {"kind": "DataSource", "name": "debian"}},
        {"storage": {"dataSource": {"kind": "VolumeSnapshot", "name": "s"}}},
        {"pvc": {"dataSourceRef": {"kind": "VolumeSnapshot", "name": "s"}}},
    ],
)
def test_a_template_has_one_claim_and_a_content(content):
    volumes = {"spec.volumes.3": {"name": "data", "dataVolume": {"name": "data"}}}

    def verdict(spec):
        made = {"metadata": {"name": "data"}, "spec": spec}
        return found(machine({**RUNNING, "dataVolumeTemplates": [made]}, volumes))

    fault = ("spec.dataVolumeTemplates[0].spec", VALUE_INVALID)
    assert verdict(content) == []
    assert verdict({"pvc": {}, "storage": {}, **content}) in ([fault], [fault, fault])
    bare = {name: {} for name in content if name in ("pvc", "storage")}
    assert verdict(bare) == [fault]
    doubled = {**content, "source": {"blank": {}}, "sourceRef": {"kind": "DataSource", "name": "debian"}}
    assert verdict(doubled) == [fault]
    without = {name: value for name, value in content.items() if name not in ("pvc", "storage")}
    assert verdict(without) == [fault]


WHOLE_TEMPLATE = {
    "apiVersion": "cdi.kubevirt.io/v1beta1",
    "kind": "DataVolume",
    "metadata": {"name": "data", "labels": {"a": "b"}, "annotations": {"a": "b c"}},
    "spec": {
        "source": {"http": {"url": "https://example.org/disk.img", "secretRef": "s", "extraHeaders": ["X-Key: 1"]}},
        "storage": {
            "storageClassName": "fast",
            "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
            "volumeMode": "Block",
            "resources": {"requests": {"storage": "1Gi"}},
            "selector": {"matchLabels": {"a": "b"}},
        },
        "contentType": "kubevirt",
    },
}


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"apiVersion": "v1"}, "apiVersion", VALUE_INVALID),
        ({"kind": "Pod"}, "kind", VALUE_INVALID),
        ({"metadata.labels": {"a": "b c"}}, "metadata.labels[a]", VALUE_INVALID),
        ({"metadata.annotations": {"a b": ""}}, "metadata.annotations[a b]", VALUE_INVALID),
        ({"spec.contentType": "iso"}, "spec.contentType", VALUE_INVALID),
        ({"spec.priorityClassName": "a b"}, "spec.priorityClassName", VALUE_INVALID),
        ({"spec.checkpoints": [{}]}, "spec.checkpoints[0].current", VALUE_REQUIRED),
        ({"spec.storage.storageClassName": "A"}, "spec.storage.storageClassName", VALUE_INVALID),
        ({"spec.storage.volumeName": "../x"}, "spec.storage.volumeName", VALUE_INVALID),
        ({"spec.storage.volumeMode": "Folder"}, "spec.storage.volumeMode", VALUE_NOT_SUPPORTED),
        ({"spec.storage.accessModes": ["Often"]}, "spec.storage.accessModes[0]", VALUE_NOT_SUPPORTED),
        (
            {"spec.storage.accessModes": ["ReadWriteOnce", "ReadWriteOnce"]},
            "spec.storage.accessModes[1]",
            VALUE_DUPLICATE,
        ),
        ({"spec.storage.selector.matchLabels": {"a": "b c"}}, "spec.storage.selector.matchLabels[a]", VALUE_INVALID),
        (
            {"spec.storage.resources.requests": {"storage": "0"}},
            "spec.storage.resources.requests[storage]",
            VALUE_INVALID,
        ),
        ({"spec.storage.resources.limits": {"storage": "x"}}, "spec.storage.resources.limits[storage]", VALUE_INVALID),
        ({"spec.storage.resources.limits": {"a b": "1"}}, "spec.storage.resources.limits[a b]", VALUE_INVALID),
        ({"spec.source.http.url": ""}, "spec.source.http.url", VALUE_REQUIRED),
        ({"spec.source.http.url": "ftp://example.org/x"}, "spec.source.http.url", VALUE_INVALID),
        ({"spec.source.http.url": "http://a b"}, "spec.source.http.url", VALUE_INVALID),
        ({"spec.source.http.secretRef": "a b"}, "spec.source.http.secretRef", VALUE_INVALID),
        ({"spec.source.http.certConfigMap": "a b"}, "spec.source.http.certConfigMap", VALUE_INVALID),
        ({"spec.source.http.extraHeaders": ["a: b\nc: d"]}, "spec.source.http.extraHeaders[0]", VALUE_INVALID),
        ({"spec.source.http.secretExtraHeaders": ["A"]}, "spec.source.http.secretExtraHeaders[0]", VALUE_INVALID),
        ({"spec.source": {"pvc": {}}}, "spec.source.pvc.name", VALUE_REQUIRED),
        ({"spec.source": {"snapshot": {"name": "A"}}}, "spec.source.snapshot.name", VALUE_INVALID),
        ({"spec.source": {"pvc": {"name": "a", "namespace": "a.b"}}}, "spec.source.pvc.namespace", VALUE_INVALID),
        ({"spec.source": {"registry": {"url": "https://x"}}}, "spec.source.registry.url", VALUE_INVALID),
        (
            {"spec.source": {"registry": {"url": "docker://x", "pullMethod": "push"}}},
            "spec.source.registry.pullMethod",
            VALUE_INVALID,
        ),
        ({"spec.source": {"registry": {"imageStream": "x"}}}, "spec.source.registry.pullMethod", VALUE_INVALID),
        (
            {"spec.source": {"registry": {"url": "docker://x", "imageStream": "x", "pullMethod": "node"}}},
            "spec.source.registry",
            VALUE_INVALID,
        ),
        ({"spec.source": {"imageio": {"url": "https://x"}}}, "spec.source.imageio.diskId", VALUE_REQUIRED),
        (
            {"spec.source": GONE, "spec.sourceRef": {"kind": "Pod", "name": "x"}},
            "spec.sourceRef.kind",
            VALUE_INVALID,
        ),
        (
            {"spec.source": GONE, "spec.sourceRef": {"kind": "DataSource"}},
            "spec.sourceRef.name",
            VALUE_REQUIRED,
        ),
        (
            {"spec.source": GONE, "spec.storage.dataSourceRef": {"name": "s"}},
            "spec.storage.dataSourceRef.kind",
            VALUE_REQUIRED,
        ),
        (
            {"spec.source": GONE, "spec.storage.dataSource": {"kind": "VolumeSnapshot", "name": "a b"}},
            "spec.storage.dataSource.name",
            VALUE_INVALID,
        ),
    ],
)
def test_what_no_importer_could_do_is_told_with_the_machine(changes, field, reason):
    volumes = {"spec.volumes.3": {"name": "data", "dataVolume": {"name": "data"}}}
    whole = {**RUNNING, "dataVolumeTemplates": [WHOLE_TEMPLATE]}
    assert found(machine(whole, volumes)) == []
    made = {**RUNNING, "dataVolumeTemplates": [changed(WHOLE_TEMPLATE, changes)]}
    assert found(machine(made, volumes)) == [(f"spec.dataVolumeTemplates[0].{field}", reason)]


def test_its_own_labels_are_judged():
    assert found(machine(RUNNING, labels={"app": "no spaces"})) == [("metadata.labels[app]", VALUE_INVALID)]


@pytest.mark.parametrize(
    ("most", "faults"), [("512Mi", [(f"{MEMORY}.guest", VALUE_INVALID)]), ("1Gi", []), ("4Gi", [])]
)
def test_a_guest_starts_with_no_more_than_it_may_grow_to(most, faults):
    assert found(machine(RUNNING, {"spec.domain.memory": {"guest": "1Gi", "maxGuest": most}})) == faults


@pytest.mark.parametrize(
    "changes",
    [
        {"spec.architecture": "arm64"},
        {"spec.domain.launchSecurity": {"sev": {}}},
        {"spec.domain.cpu.realtime": {}},
        {"spec.domain.cpu.numa": {"guestMappingPassthrough": {}}},
        {"spec.domain.memory.guest": "1025Ki"},
        {"spec.domain.memory.maxGuest": "4097Mi"},
        {"spec.domain.memory": {"guest": "1026Mi", "maxGuest": "4Gi", "hugepages": {"pageSize": "1Gi"}}},
        {"spec.domain.memory": {"maxGuest": "4Gi"}},
    ],
)
def test_only_some_guests_grow_while_they_run(changes):
    changes = {"spec.domain.memory": {"guest": "1Gi", "maxGuest": "4Gi"}, **changes}
    assert found(machine(RUNNING, changes)) == [(f"{MEMORY}.guest", VALUE_INVALID)]
    assert found(machine(RUNNING, changes), {"vmRolloutStrategy": "Stage"}) == []


@pytest.mark.parametrize("where", ["standalone", "cluster"])
def test_what_is_not_built_is_named(where):
    made = machine({"runStrategy": "WaitAsReceiver", "dataVolumeTemplates": [template("data")]})
    assert [(error.field, error.reason) for error in unsupported_machine(made, where)] == [
        ("spec.dataVolumeTemplates[0]", VALUE_NOT_SUPPORTED),
        ("spec.runStrategy", VALUE_NOT_SUPPORTED),
    ]
    assert unsupported_machine(machine(RUNNING), where) == []
