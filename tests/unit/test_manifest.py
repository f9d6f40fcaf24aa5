"""Manifests from every kind of source, and what becomes of their objects."""

import json
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

import kvnode
import kvnode.manifest
from kvnode.api.core import ConfigMap, DataVolume, RawObject, Secret
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.kubevirt import KubeVirt
from kvnode.api.limits import MAX_DOCUMENTS, MAX_SOURCE
from kvnode.api.virtual_machine import VirtualMachine
from kvnode.errors import VALUE_NOT_SUPPORTED, VALUE_REQUIRED, FieldError, InvalidManifest, NotFound
from kvnode.manifest import instance_of, readings
from kvnode.quantity import canonical

GUEST = """\
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: web
spec:
  domain:
    cpu: {cores: 2}
    memory: {guest: 1Gi}
    devices:
      disks:
      - name: root
        disk: {bus: virtio}
      interfaces:
      - name: default
        masquerade: {}
        macAddress: 52:54:00:12:34:56
  networks:
  - name: default
    pod: {}
  volumes:
  - name: root
    containerDisk: {image: localhost/kvnode/tiny}
"""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n"


def faults(source: Any) -> list[FieldError]:
    with pytest.raises(InvalidManifest) as caught:
        kvnode.load_all(source)
    return caught.value.errors


def test_all_sources_give_the_same_guest(tmp_path: Path) -> None:
    path = tmp_path / "guest.yaml"
    path.write_text(GUEST)
    vmi = kvnode.load(GUEST)
    tree = kvnode.to_dict(vmi)
    assert isinstance(vmi, VirtualMachineInstance)
    assert vmi.spec.domain.devices.interfaces[0].mac_address == "52:54:00:12:34:56"
    assert vmi.spec.domain.devices.disks[0].disk is not None
    assert kvnode.load(path) == vmi
    assert kvnode.load(GUEST.encode()) == vmi
    assert kvnode.load(tree) == vmi
    assert kvnode.load(json.dumps(tree)) == vmi
    assert kvnode.load("\n\n" + json.dumps(tree, indent=4)) == vmi


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_encodings_by_their_byte_order_mark(encoding: str, form: str) -> None:
    text = GUEST.replace("name: web", "name: wéb")
    if form == "json":
        text = json.dumps(kvnode.to_dict(kvnode.load(text)), ensure_ascii=False)
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    assert kvnode.load((mark + text).encode(encoding)).metadata.name == "wéb"


def test_bytes_that_are_no_text_are_refused_with_their_place() -> None:
    (error,) = faults(b"a: 1\nb: \xff")
    assert error.message.startswith("line 2: byte 8 is not UTF-8")
    (error,) = faults(b"\xff\xfea")
    assert "UTF-16-LE" in error.message


def test_round_trip_adds_and_drops_nothing() -> None:
    vmi = kvnode.load(GUEST)
    tree = kvnode.to_dict(vmi)
    assert tree["spec"]["domain"]["devices"]["interfaces"][0]["masquerade"] == {}
    assert "status" not in tree
    assert "resources" not in tree["spec"]["domain"]
    assert kvnode.to_dict(kvnode.load(tree)) == tree
    devices = {"disks": [{"name": "", "disk": {"readonly": False}}]}
    explicit = {**tree, "spec": {**tree["spec"], "domain": {"devices": devices, "resources": {}, "cpu": {"model": ""}}}}
    assert kvnode.to_dict(kvnode.load(explicit)) == explicit


def test_nulls_are_absent() -> None:
    vmi = kvnode.load(GUEST + "status: null\n")
    assert vmi == kvnode.load(GUEST)
    assert kvnode.load({**kvnode.to_dict(vmi), "metadata": None}).metadata.name is None


def test_every_kind_has_its_type() -> None:
    found = kvnode.load_all(
        f"{GUEST}---\n{SECRET}---\n---\n"
        "{apiVersion: v1, kind: ConfigMap, data: {a: b}}\n---\n"
        "{apiVersion: cdi.kubevirt.io/v1beta1, kind: DataVolume, spec: {source: {blank: {}}}}\n---\n"
        "{apiVersion: kubevirt.io/v1, kind: KubeVirt, spec: {configuration: {cpuModel: host-model}}}\n---\n"
        "{apiVersion: example.org/v1, kind: Other, metadata: {name: x}, deep: [{a: 1}]}\n"
    )
    assert [type(item) for item in found] == [
        VirtualMachineInstance,
        Secret,
        ConfigMap,
        DataVolume,
        KubeVirt,
        RawObject,
    ]
    assert found[4].spec.configuration.cpu_model == "host-model"
    assert found[5].metadata.name == "x"
    assert kvnode.to_dict(found[5])["deep"] == [{"a": 1}]
    assert kvnode.to_dict(found)[1]["stringData"] == {"a": "b"}


def test_json_values_may_follow_each_other() -> None:
    secret = json.dumps(kvnode.to_dict(kvnode.load_all(SECRET)[0]))
    assert len(kvnode.load_all(secret + "\n" + secret + secret)) == 3


def test_flow_style_is_not_taken_for_broken_json() -> None:
    assert isinstance(kvnode.load_all("{apiVersion: v1, kind: Secret}")[0], Secret)
    (error,) = faults('{"apiVersion": "v1",\n "kind" "Secret"}')
    assert error.message.startswith("line 2, column 9: this is not JSON")


def test_lists_are_taken_apart_and_paths_say_which_item() -> None:
    secret = {"metadata": {"name": "s"}}
    nested = {"apiVersion": "v1", "kind": "SecretList", "items": [secret]}
    found = kvnode.load_all(
        {"apiVersion": "v1", "kind": "List", "items": [nested, {"apiVersion": "v1", "kind": "Secret"}]}
    )
    assert [type(item) for item in found] == [Secret, Secret]
    wrong = {"apiVersion": "v1", "kind": "List", "items": [{**nested, "items": [{"dta": {}}]}, 5]}
    assert [error.field for error in faults(wrong)] == ["items[0].items[0].dta", "items[1]"]


def test_faults_of_all_documents_come_together_and_say_which() -> None:
    errors = faults(f"{GUEST}  domian: {{}}\n---\n{SECRET}foo: 1\n---\n[1]\n---\nkind: Secret\n")
    assert [error.field for error in errors] == ["spec.domian", "foo", "", "apiVersion"]
    line = GUEST.count("\n") + 1
    assert errors[0].message.endswith(f"did you mean domain? (line {line})")
    assert errors[1].message.endswith(f"(line {line + 6}) (document 2)")
    assert errors[3].reason == VALUE_REQUIRED


def test_what_load_refuses() -> None:
    for source, words in [
        ("", "no object"),
        (f"{GUEST}---\n{SECRET}", "2 objects (VirtualMachineInstance, Secret)"),
        (SECRET, "'Secret' is no guest"),
        ("5", "5 is not an object"),
        ({"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance"}, "needs a spec"),
        ({"apiVersion": "kubevirt.io/v7", "kind": "VirtualMachineInstance", "spec": {}}, "not in 'kubevirt.io/v7'"),
        ({"apiVersion": 1, "kind": ["x"]}, "1 is not text"),
        (None, "NoneType can't be read"),
        ({1: 2}, "the key 1 is not text"),
        ({"kind": {1, 2}}, "set is none of JSON's types"),
        ({"kind": float("nan")}, "infinite or none"),
        ("a" * (MAX_SOURCE + 1), "larger than 64 MiB"),
        ("---\n" * (MAX_DOCUMENTS + 2), f"more than {MAX_DOCUMENTS} documents"),
        (f"{SECRET}x: '" + "y" * (3 << 20) + "'", "larger than 3 MiB"),
        ('{"a":' * 100_000, "deeper than 100"),
        ("[" + "1," * 1_000_001 + "1]", "more than 1000000 values"),
        ('{"a": 1e999}', "too large"),
        ('{"a": NaN}', "NaN is not"),
        ('{"a": ' + "9" * 5000 + "}", "5000 digits"),
        ('{"a": 1, "a": 2}', "stands twice"),
    ]:
        with pytest.raises(InvalidManifest) as caught:
            kvnode.load(source)  # type: ignore[arg-type]
        assert words in str(caught.value)
        assert caught.value.exit_status == 1


def test_a_dict_that_contains_itself_is_refused() -> None:
    endless: dict[str, Any] = {"apiVersion": "v1"}
    endless["kind"] = endless
    assert "deeper than 100" in faults(endless)[0].message


def test_the_text_that_makes_an_object_too_large_is_named() -> None:
    big = "y" * (10 << 20)
    for text in (
        f"{SECRET}metadata2: {{annotations: {{'a b': '{big}'}}}}",
        json.dumps({"x": ["z", {"k": big}], "kind": ""}),
    ):
        (error,) = faults(text)
        assert error.field in ("metadata2.annotations[a b]", "x[1].k")
        assert "larger than 3 MiB" in error.message
        assert f"{10 << 20} characters" in error.message


def test_an_object_of_a_list_is_no_larger_than_one_that_stands_alone() -> None:
    big = json.dumps({"apiVersion": "v1", "kind": "Secret", "data": {"k": "y" * (4 << 20)}})
    small = json.dumps({"apiVersion": "v1", "kind": "Secret", "data": {"k": "y" * (2 << 20)}})
    listed = '{"apiVersion": "v1", "kind": "List", "items": [%s]}'
    assert len(kvnode.load_all(listed % ",".join([small] * 3))) == 3
    (error,) = faults(listed % ",".join([small, big, small]))
    assert error.field == "items[1].data[k]"
    assert f"{4 << 20} characters" in error.message


def test_number_of_faults_is_bounded() -> None:
    labels = {f"k{number}": number for number in range(10_000)}
    errors = faults({"apiVersion": "v1", "kind": "Secret", "metadata": {"labels": labels}})
    assert len(errors) == 201
    assert "first 200 faults" in errors[-1].message
    assert errors[7].field == "metadata.labels[k7]"
    listed = {"apiVersion": "v1", "kind": "List", "items": [{}] * 1000}
    assert [error.field for error in faults(listed)][-3:] == ["items[99].apiVersion", "items[99].kind", ""]
    assert len(faults("a: 1\n---\n" * 90 + json.dumps(listed))) == 201
    # What comes after the last fault that is told is no better for that.
    assert len(faults({**listed, "items": [1] * 199 + [{}] * 10})) == 201
    assert len(faults({**listed, "items": [1] * 300 + [{}]})) == 201


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, why in [(tmp_path / "none", "No such file"), (tmp_path, "Is a directory"), (Path("a\0b"), "null byte")]:
        with pytest.raises(NotFound, match=why):
            kvnode.load_all(path)


@pytest.mark.parametrize(
    ("number", "written"),
    [("1", "1"), ("1.0", "1"), ("1.5", "1500m"), ("1e3", "1k"), ("1E3", "1k"), ("0.1", "100m"), ("0.00005", "50u")]
    + [
        ("1e-7", "100e-9"),
        ("1e20", "100E"),
        ("1e22", "10e21"),
        ("-0.0", "0"),
        ("123456789012345678901234567890", None),
    ],
)
@pytest.mark.parametrize("form", ["{%s}", "# YAML\n{%s}"], ids=["JSON", "YAML"])
def test_a_quantity_may_be_a_number(number: str, written: str | None, form: str) -> None:
    """The canonical forms are what kubectl and an API server make of the same."""
    text = form % (
        '"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", '
        f'"spec": {{"domain": {{"resources": {{"requests": {{"cpu": {number}}}}}}}}}'
    )
    vmi = kvnode.load(text)
    assert canonical(vmi.spec.domain.resources.requests["cpu"]) == (written or "123456789012345680e12")
    assert kvnode.load(kvnode.to_dict(vmi)) == vmi


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    half = len(GUEST) // 2

    def write() -> None:
        with pipe.open("w") as file:
            file.write(GUEST[:half])
            file.flush()
            file.write(GUEST[half:])

    writer = threading.Thread(target=write)
    writer.start()
    assert kvnode.load(pipe) == kvnode.load(GUEST)
    writer.join()
    read, write_end = os.pipe()
    os.write(write_end, GUEST.encode())
    os.close(write_end)
    assert kvnode.load(Path(f"/dev/fd/{read}")) == kvnode.load(GUEST)
    os.close(read)


def test_a_pipe_that_says_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kvnode.manifest, "SILENCE_S", 0.05)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(NotFound, match="nobody has written"):
        kvnode.load_all(pipe)
    holder = os.open(pipe, os.O_RDWR)
    os.write(holder, b"apiVersion: v1\n")
    with pytest.raises(NotFound, match="nobody has written"):
        kvnode.load_all(pipe)
    os.close(holder)


def test_devices_end_somewhere(tmp_path: Path) -> None:
    assert kvnode.load_all(Path("/dev/null")) == []
    (error,) = faults(Path("/dev/zero"))
    assert "larger than 64 MiB" in error.message
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    with pytest.raises(NotFound, match="No such device"):
        kvnode.load_all(tmp_path / "socket")
    listener.close()


def machine(**spec: Any) -> dict[str, Any]:
    meta = {"name": "m", "namespace": "prod", "labels": {"of": "machine"}, "uid": "u-1"}
    template = {
        "metadata": {"name": "ignored", "generateName": "x-", "labels": {"of": "template"}, "annotations": {"a": "b"}},
        "spec": {"domain": {"cpu": {"cores": 3}}},
    }
    body = {"runStrategy": "Always", "template": template, **spec}
    return {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": meta, "spec": body}


def test_a_machine_stands_for_the_guest_of_its_template() -> None:
    vmi = kvnode.load(machine())
    assert (vmi.metadata.name, vmi.metadata.namespace, vmi.metadata.generate_name) == ("m", "prod", None)
    assert vmi.metadata.labels == {"of": "template"}
    assert vmi.metadata.annotations == {"a": "b"}
    assert vmi.metadata.uid is None
    assert vmi.spec.domain.cpu is not None
    assert vmi.spec.domain.cpu.cores == 3
    (owner,) = vmi.metadata.owner_references
    assert (owner.kind, owner.name, owner.uid, owner.controller) == ("VirtualMachine", "m", "u-1", True)
    assert kvnode.to_dict(vmi)["kind"] == "VirtualMachineInstance"
    unborn = machine()
    del unborn["metadata"]["uid"]
    assert kvnode.load(unborn).metadata.owner_references == ()
    assert instance_of(vmi) is vmi


def test_a_template_gives_its_guest_labels_and_annotations_alone() -> None:
    document = machine()
    document["spec"]["template"]["metadata"] |= {"uid": "u-2", "finalizers": ["f"], "generation": 3}
    meta = kvnode.load(document).metadata
    assert (meta.uid, meta.finalizers, meta.generation) == (None, (), None)
    assert meta.labels == {"of": "template"}


def test_a_machine_whose_template_is_not_all_is_refused() -> None:
    with pytest.raises(InvalidManifest) as caught:
        kvnode.load(machine(instancetype={"name": "u1.small"}, preference={"name": "fedora"}, template={}))
    assert [(error.field, error.reason) for error in caught.value.errors] == [
        ("spec.instancetype", VALUE_NOT_SUPPORTED),
        ("spec.preference", VALUE_NOT_SUPPORTED),
        ("spec.template.spec", VALUE_REQUIRED),
    ]
    # Read, it is fine: controllers look up what it names.
    assert isinstance(kvnode.load_all(machine(instancetype={"name": "u1.small"}))[0], VirtualMachine)


def test_each_document_is_read_by_itself() -> None:
    big = f"apiVersion: v1\nkind: Secret\nmetadata: {{labels: {{a: '{'y' * (4 << 20)}'}}}}\n"
    found = list(readings(f"---\n{GUEST}---\n{big}---\nkind: Secret\n---\n{SECRET}"))
    assert [[type(item).__name__ for item in reading.objects] for reading in found] == [
        ["VirtualMachineInstance"],
        [],
        [],
        ["Secret"],
    ]
    assert [[error.field for error in reading.errors] for reading in found] == [
        [],
        ["metadata.labels[a]"],
        ["apiVersion"],
        [],
    ]


def test_what_is_no_json_is_told_by_its_path() -> None:
    for value, field in [
        ({"a": [1, {"b c": {2}}]}, "a[1][b c]"),
        ({"metadata": {"labels": {"x": float("inf")}}}, "metadata.labels[x]"),
        ({"a": {1: 2}}, "a"),
    ]:
        assert [error.field for error in faults(value)] == [field]
