"""What a guest needs on disk, as values, and the Secrets that its cloud-init data comes from."""

import base64
import json
from typing import Any

import msgspec
import pytest

import kvnode
from kvnode.api.core import ConfigMap, Secret
from kvnode.api.defaults import default
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import InvalidManifest
from kvnode.planning.disk_files import CloudInitNoCloud, ContainerDisk, DiskOperation, EmptyDisk
from kvnode.planning.disk_operations import cloud_init_meta_data, disk_operations
from kvnode.planning.hostname import guest_hostname
from kvnode.planning.references import resolve_references


def guest(*volumes: dict[str, Any], spec: dict[str, Any] | None = None, **metadata: Any) -> VirtualMachineInstance:
    return kvnode.load(
        {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachineInstance",
            "metadata": {"name": "db", "namespace": "prod", **metadata},
            "spec": {"domain": {"devices": {}}, "volumes": list(volumes), **(spec or {})},
        }
    )


def cloud_init(**source: Any) -> dict[str, Any]:
    return {"name": "c", "cloudInitNoCloud": source}


def only(vmi: VirtualMachineInstance) -> DiskOperation:
    (operation,) = disk_operations(vmi)
    return operation


def test_each_volume_lies_at_its_own_index() -> None:
    vmi = guest(
        {"name": "../../etc", "containerDisk": {"image": "localhost/kvnode/tiny", "path": "/disk/a"}},
        {"name": "claim", "persistentVolumeClaim": {"claimName": "x"}},
        {"name": "scratch", "emptyDisk": {"capacity": "1Mi"}},
        cloud_init(userData="#!/bin/sh"),
    )
    root, scratch, seed = disk_operations(vmi)
    folder = "/var/run/kubevirt-private/disks"
    assert root == ContainerDisk(
        0, "../../etc", "localhost/kvnode/tiny", f"{folder}/0/overlay.qcow2", f"{folder}/0/base", "/disk/a", "Always"
    )
    assert scratch == EmptyDisk(2, "scratch", 1 << 20, f"{folder}/2/disk.qcow2")
    assert isinstance(seed, CloudInitNoCloud)
    assert (seed.index, seed.path, seed.user_data) == (3, f"{folder}/3/cloud-init.iso", b"#!/bin/sh")


def test_operations_survive_json() -> None:
    """A bug report holds a plan as JSON."""
    vmi = guest(
        {"name": "r", "containerDisk": {"image": "a"}},
        {"name": "s", "emptyDisk": {"capacity": 512}},
        cloud_init(userDataBase64="AP8="),
    )
    operations = disk_operations(vmi)
    assert msgspec.json.decode(msgspec.json.encode(operations), type=tuple[DiskOperation, ...]) == operations


@pytest.mark.parametrize(
    ("image", "stated", "policy"),
    [
        ("a", None, "Always"),
        ("a:latest", None, "Always"),
        ("a:1", None, "IfNotPresent"),
        ("localhost:5000/a", None, "IfNotPresent"),
        (f"a@sha256:{'0' * 64}", None, "IfNotPresent"),
        ("a", "Never", "Never"),
        ("a:1", "Always", "Always"),
    ],
)
def test_the_pull_policy_is_that_of_admission(image: str, stated: str | None, policy: str) -> None:
    source = {"image": image, **({"imagePullPolicy": stated} if stated else {})}
    vmi = guest({"name": "r", "containerDisk": source})
    for made in (vmi, default(vmi)):
        operation = only(made)
        assert isinstance(operation, ContainerDisk)
        assert operation.pull_policy == policy


@pytest.mark.parametrize(("capacity", "size"), [("1Gi", 1 << 30), (513, 1024), ("1k", 1024), ("0.5Ki", 512)])
def test_an_empty_disk_has_whole_sectors(capacity: object, size: int) -> None:
    operation = only(guest({"name": "s", "emptyDisk": {"capacity": capacity}}))
    assert isinstance(operation, EmptyDisk)
    assert operation.capacity_bytes == size


@pytest.mark.parametrize(
    ("volume", "field"),
    [
        ({"name": "s", "emptyDisk": {"capacity": "0"}}, "spec.volumes[0].emptyDisk.capacity"),
        ({"name": "s", "emptyDisk": {"capacity": "-1Gi"}}, "spec.volumes[0].emptyDisk.capacity"),
        (cloud_init(userDataBase64="%%%"), "spec.volumes[0].cloudInitNoCloud.userDataBase64"),
        (cloud_init(networkDataBase64="abc"), "spec.volumes[0].cloudInitNoCloud.networkDataBase64"),
    ],
)
def test_what_cant_be_read_is_named(volume: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidManifest) as caught:
        disk_operations(guest(volume))
    assert [error.field for error in caught.value.errors] == [field]


def test_inline_data_is_kept_to_the_byte() -> None:
    data = bytes(range(256))
    encoded = base64.encodebytes(data).decode()
    operation = only(guest(cloud_init(userData="grüße\n", networkDataBase64=encoded)))
    assert isinstance(operation, CloudInitNoCloud)
    assert (operation.user_data, operation.network_data) == ("grüße\n".encode(), data)


@pytest.mark.parametrize(
    ("name", "hostname", "expected"),
    [
        ("db", None, "db"),
        ("db-0.replica.prod", None, "db-0"),
        ("n" * 62 + "-x", None, "n" * 62),
        ("db", "said-so", "said-so"),
    ],
)
def test_host_name_and_meta_data(name: str, hostname: str | None, expected: str) -> None:
    vmi = guest(name=name, spec={"hostname": hostname} if hostname else {})
    assert guest_hostname(vmi) == expected
    meta_data = json.loads(cloud_init_meta_data(vmi))
    assert meta_data == {"instance-id": f"{expected}.prod", "local-hostname": expected}


def test_meta_data_names_the_instancetype() -> None:
    for annotation in ("kubevirt.io/instancetype-name", "kubevirt.io/cluster-instancetype-name"):
        vmi = guest(annotations={annotation: 'small "one"'})
        assert json.loads(cloud_init_meta_data(vmi))["instance-type"] == 'small "one"'


def secret(name: str, namespace: str | None = "prod", **content: Any) -> Secret:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return msgspec.convert({"metadata": metadata, **content}, Secret)


@pytest.mark.parametrize("key", ["userdata", "userData"])
def test_secrets_take_the_place_of_their_names(key: str) -> None:
    vmi = guest(cloud_init(secretRef={"name": "u"}, networkDataSecretRef={"name": "n"}))
    unresolved = only(vmi)
    assert isinstance(unresolved, CloudInitNoCloud)
    assert (unresolved.user_data_secret, unresolved.network_data_secret) == ("u", "n")
    objects = [
        ConfigMap(),
        secret("u", data={key: base64.b64encode(b"\xff\0").decode()}),
        secret("n", stringData={"networkdata": "version: 2"}, data={"networkdata": "AAAA"}),
    ]
    resolved = only(resolve_references(vmi, objects))
    assert isinstance(resolved, CloudInitNoCloud)
    assert (resolved.user_data, resolved.network_data) == (b"\xff\0", b"version: 2")
    assert resolved.user_data_secret is resolved.network_data_secret is None


def test_a_guest_without_references_stays_as_it_is() -> None:
    vmi = guest(cloud_init(userData="x"), {"name": "r", "containerDisk": {"image": "a"}})
    assert resolve_references(vmi, []) == vmi


def test_every_reference_that_leads_nowhere_is_named() -> None:
    vmi = guest(
        cloud_init(secretRef={"name": "nowhere"}, networkDataSecretRef={"name": "elsewhere"}),
        cloud_init(secretRef={"name": "without"}),
    )
    objects = [secret("elsewhere", namespace="other"), secret("without", data={"password": "eA=="})]
    with pytest.raises(InvalidManifest) as caught:
        resolve_references(vmi, objects)
    first, second, third = caught.value.errors
    assert first.field == "spec.volumes[0].cloudInitNoCloud.secretRef.name"
    assert "no Secret 'nowhere' for this guest (there: 'without')" in first.message
    assert second.field == "spec.volumes[0].cloudInitNoCloud.networkDataSecretRef.name"
    assert third.field == "spec.volumes[1].cloudInitNoCloud.secretRef.name"
    assert "has no key 'userdata' or 'userData' (its keys: 'password')" in third.message


def test_a_guest_without_a_namespace_is_in_the_default_one() -> None:
    vmi = guest(cloud_init(secretRef={"name": "u"}), namespace=None)
    for namespace in (None, "default"):
        resolved = only(resolve_references(vmi, [secret("u", namespace, stringData={"userData": "x"})]))
        assert isinstance(resolved, CloudInitNoCloud)
        assert resolved.user_data == b"x"
