"""The strict walk: every fault with its path and a sentence that helps."""

from typing import Any

import msgspec
import pytest

import kvnode
from kvnode.api.configuration import RateLimiter
from kvnode.api.decode import convert, decode
from kvnode.api.fault import below, child
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.kubevirt import KubeVirt
from kvnode.api.probes import Probe
from kvnode.api.strict import Walk, check_text, read
from kvnode.api.validation import validate
from kvnode.errors import FieldError, InvalidManifest


def faults(spec: dict[str, Any]) -> list[FieldError]:
    walk = Walk()
    assert read(VirtualMachineInstance, {"spec": spec}, walk) is None
    return walk.errors


def fault(spec: dict[str, Any]) -> tuple[str, str]:
    (error,) = faults(spec)
    return error.field, error.message


def test_all_faults_are_found_in_one_pass() -> None:
    found = faults(
        {
            "domain": {
                "cpu": {"cores": "2", "Sockets": 1},
                "devices": {"disks": [{"name": "a", "lun": {"bus": 5}}, {"name": "b", "lun": {"bsu": "x"}}, 7]},
            },
            "nodeSelector": {"zone": 1},
            "hostname": ["x"],
        }
    )
    assert [error.field for error in found] == [
        "spec.domain.cpu.cores",
        "spec.domain.cpu.Sockets",
        "spec.domain.devices.disks[0].lun.bus",
        "spec.domain.devices.disks[1].lun.bsu",
        "spec.domain.devices.disks[2]",
        "spec.nodeSelector[zone]",
        "spec.hostname",
    ]


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        ({"domian": {}}, "spec.domian", "did you mean domain?"),
        ({"Domain": {}}, "spec.Domain", "did you mean domain?"),
        ({"domain": {"cpu": {"xyz": 1}}}, "spec.domain.cpu.xyz", "it has cores, dedicatedCpuPlacement, features"),
        ({"a b\n": 1}, "spec['a b\\n']", "has no field 'a b\\n'"),
        ({"x" * 100_000: 1}, f"spec[{'x' * 40!r}...]", "has no field"),
        ({"domain": {"cpu": {"cores": "2"}}}, "spec.domain.cpu.cores", "leave out the quotes"),
        ({"domain": {"cpu": {"cores": 1.5}}}, "spec.domain.cpu.cores", "a whole number is wanted"),
        ({"domain": {"cpu": {"cores": True}}}, "spec.domain.cpu.cores", "a whole number is wanted"),
        ({"domain": {"cpu": {"cores": -1}}}, "spec.domain.cpu.cores", "outside of 0 to 4294967295"),
        ({"domain": {"cpu": {"sockets": 2**32}}}, "spec.domain.cpu.sockets", "outside of 0 to 4294967295"),
        ({"domain": {"cpu": {"sockets": 10**300}}}, "spec.domain.cpu.sockets", "a number of 997 bits"),
        ({"terminationGracePeriodSeconds": 2**63}, "spec.terminationGracePeriodSeconds", "outside of"),
        ({"hostname": 12}, "spec.hostname", "write it in quotes"),
        ({"hostname": False}, "spec.hostname", "YAML takes yes, no"),
        ({"hostname": {}}, "spec.hostname", "an object is no value, text is wanted"),
        ({"domain": []}, "spec.domain", "not an object with the fields of a DomainSpec"),
        ({"domain": "x"}, "spec.domain", "not an object"),
        ({"volumes": {"a": 1}}, "spec.volumes", "an object is not a list"),
        ({"volumes": [None]}, "spec.volumes[0]", "the entry is empty"),
        ({"nodeSelector": ["a"]}, "spec.nodeSelector", "a list is not a map"),
        ({"nodeSelector": {"a/b.c": None}}, "spec.nodeSelector[a/b.c]", "write '' if that is meant"),
        (
            {"domain": {"features": {"acpi": {"enabled": "true"}}}},
            "spec.domain.features.acpi.enabled",
            "leave out the quotes",
        ),
        ({"domain": {"memory": {"guest": "1Gb"}}}, "spec.domain.memory.guest", "'1Gb' is not a quantity"),
        ({"domain": {"memory": {"guest": True}}}, "spec.domain.memory.guest", "a quantity such as 512Mi"),
        (
            {"domain": {"resources": {"requests": {"cpu": "x"}}}},
            "spec.domain.resources.requests.cpu",
            "not a quantity",
        ),
        ({"hostname": "a\0b"}, "spec.hostname", "a NUL character at 1"),
        ({"hostname": "a\udc80"}, "spec.hostname", "half a surrogate pair at 1"),
        ({"nodeSelector": {"a\0": "b"}}, "spec.nodeSelector['a\\x00']", "the key has a NUL"),
        ({"livenessProbe": {"httpGet": {"port": 2**31}}}, "spec.livenessProbe.httpGet.port", "outside of"),
        ({"livenessProbe": {"httpGet": {"port": 1.5}}}, "spec.livenessProbe.httpGet.port", "text is wanted"),
    ],
)
def test_fault(spec: dict[str, Any], field: str, words: str) -> None:
    found, message = fault(spec)
    assert found == field
    assert words in message
    assert message.isprintable()
    assert len(message) < 400


def test_metadata_times_and_durations() -> None:
    walk = Walk()
    stamps = {"creationTimestamp": "2026-08-01T12:00:00Z", "deletionTimestamp": "yesterday"}
    read(VirtualMachineInstance, {"metadata": stamps, "spec": {}}, walk)
    assert [error.field for error in walk.errors] == ["metadata.deletionTimestamp"]
    for text in ("2026-02-30T12:00:00Z", "2026-08-01", "2026-08-01T25:00:00Z"):
        walk = Walk()
        read(VirtualMachineInstance, {"metadata": {"creationTimestamp": text}}, walk)
        assert text in walk.errors[0].message
    walk = Walk()
    rotate = {"selfSigned": {"ca": {"duration": "48h", "renewBefore": "1h30m0.5s"}, "server": {"duration": "2 days"}}}
    read(KubeVirt, {"spec": {"certificateRotateStrategy": rotate}}, walk)
    assert [error.field for error in walk.errors] == ["spec.certificateRotateStrategy.selfSigned.server.duration"]


def test_ports_are_numbers_or_names() -> None:
    for port in (80, "http"):
        walk = Walk()
        probe = read(Probe, {"tcpSocket": {"port": port}}, walk)
        assert probe is not None
        assert probe.tcp_socket is not None
        assert probe.tcp_socket.port == port


def test_a_number_that_is_too_large_is_a_fault() -> None:
    walk = Walk()
    limit = {"tokenBucketRateLimiter": {"qps": 2**70, "burst": 1}}
    assert read(RateLimiter, limit, walk) is None
    assert [error.field for error in walk.errors] == ["tokenBucketRateLimiter.qps"]
    with pytest.raises(InvalidManifest, match="too large"):
        kvnode.load_all({"apiVersion": "v1", "kind": "Secret", "x": 10**400})


def test_lines_go_into_messages() -> None:
    value = {"hostname": 1, "domain": {"cpu": 5}}
    document = {"spec": value}
    lines = {id(document): {"spec": 3}, id(value): {"hostname": 4, "domain": 5}, id(value["domain"]): {"cpu": 6}}
    walk = Walk(lines, " (document 2)")
    read(VirtualMachineInstance, document, walk)
    assert [error.message.partition("(line")[2] for error in walk.errors] == [" 4) (document 2)", " 6) (document 2)"]


def test_untyped_values_are_searched_for_what_nothing_can_carry() -> None:
    walk = Walk()
    check_text({"a": ["x", {"b": "y\0"}], "c\0": 1}, walk)
    assert [error.field for error in walk.errors] == ["a[1].b", "['c\\x00']"]


def test_depth_of_untyped_values_is_bounded() -> None:
    value: Any = "x"
    for _ in range(5000):
        value = [value]
    walk = Walk()
    check_text(value, walk)
    assert "deeper than 100" in walk.errors[0].message


@pytest.mark.parametrize(
    ("path", "key", "written"),
    [
        ("", "spec", "spec"),
        ("spec", "domain", "spec.domain"),
        ("spec", "a b", "spec[a b]"),
        ("metadata.labels", "app", "metadata.labels[app]"),
        ("metadata.annotations", "a.example/b", "metadata.annotations[a.example/b]"),
        ("spec.domain.resources.requests", "memory", "spec.domain.resources.requests.memory"),
        ("spec.domain.resources.requests", "example.com/fpga", "spec.domain.resources.requests[example.com/fpga]"),
        ("metadata.labels", "a\n", "metadata.labels['a\\n']"),
        ("metadata.labels", "x" * 318, f"metadata.labels[{'x' * 40!r}...]"),
    ],
)
def test_a_path_is_written_as_kubernetes_writes_it(path: str, key: str, written: str) -> None:
    assert child(path, key) == written


def test_whoever_looks_at_a_map_of_text_writes_the_same_path() -> None:
    """Typed or not: the strict walk, validation, and the search for broken text."""
    labels = {"metadata": {"name": "a", "labels": {"zone": "a b"}}}
    walk = Walk()
    read(VirtualMachineInstance, {"metadata": {"labels": {"zone": 1}}}, walk)
    check_text({"metadata": {"labels": {"zone": "\0"}}}, walk)
    found = [error.field for error in (*walk.errors, *validate(convert(labels, VirtualMachineInstance)))]
    assert [field for field in found if "labels" in field] == ["metadata.labels[zone]"] * 3


MANAGED = {"manager": "kubectl", "fieldsType": "FieldsV1"}


def test_what_a_client_owns_is_passed_over_and_its_owner_kept() -> None:
    entry = {**MANAGED, "fieldsV1": {"f:spec": {"f:domain": {".": {}, 'k:{"name":"a"}': {}}, "f:replicas": 1}}}
    document = {"metadata": {"name": "a", "managedFields": [entry]}}
    walk = Walk()
    strictly = read(VirtualMachineInstance, document, walk)
    assert walk.errors == []
    assert strictly == decode(msgspec.json.encode(document), VirtualMachineInstance)
    assert strictly == convert(document, VirtualMachineInstance)
    assert kvnode.to_dict(strictly)["metadata"]["managedFields"] == [{**MANAGED, "fieldsV1": {}}]


@pytest.mark.parametrize(
    ("tree", "field"),
    [
        ("f:spec", "fieldsV1"),
        (["f:spec"], "fieldsV1"),
        ({"f:spec": {"a\0b": {}}}, "fieldsV1[f:spec]['a\\x00b']"),
        ({"f:spec": {"v:": "\ud800"}}, "fieldsV1[f:spec][v:]"),
    ],
)
def test_what_a_client_owns_is_a_tree_of_text(tree: Any, field: str) -> None:
    walk = Walk()
    document = {"metadata": {"managedFields": [{**MANAGED, "fieldsV1": tree}]}}
    assert read(VirtualMachineInstance, document, walk) is None
    (error,) = walk.errors
    assert error.field == f"metadata.managedFields[0].{field}"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("add it to spec.volumes, or drop it", "add it to spec.template.spec.volumes, or drop it"),
        ("spec.a excludes (spec.b)", "spec.template.spec.a excludes (spec.template.spec.b)"),
        ("'spec.a' is no name, nor is x.spec.b", "'spec.a' is no name, nor is x.spec.b"),
        ("the spec. is long", "the spec. is long"),
    ],
)
def test_a_fault_of_a_part_is_told_where_the_part_is(message, told):
    fault = FieldError("spec.volumes[0]", "FieldValueInvalid", message)
    assert below("spec.template", fault) == FieldError("spec.template.spec.volumes[0]", "FieldValueInvalid", told)
    assert below("", fault) is fault
