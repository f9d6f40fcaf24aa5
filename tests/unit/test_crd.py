"""The custom resource definitions: what users and tools rely on, and that the shipped files are what is generated."""

import pytest

from deploy.crds.__main__ import definitions, main
from kvnode.api.crd import custom_resource_definitions

CRDS = {crd["spec"]["names"]["kind"]: crd for crd in custom_resource_definitions()}


def columns(kind, wide):
    version = CRDS[kind]["spec"]["versions"][0]
    return [one["name"] for one in version["additionalPrinterColumns"] if wide or not one.get("priority")]


def test_the_shipped_files_are_the_generated_ones(capsys):
    assert main(["--check"]) == 0, capsys.readouterr().err
    folder = next(iter(definitions())).parent
    assert set(folder.glob("*.yaml")) - {folder / "kustomization.yaml"} == set(definitions())


@pytest.mark.parametrize(
    ("kind", "plural", "short"),
    [
        ("VirtualMachine", "virtualmachines", ["vm", "vms"]),
        ("VirtualMachineInstance", "virtualmachineinstances", ["vmi", "vmis"]),
        ("KubeVirt", "kubevirts", ["kv", "kvs"]),
    ],
)
def test_names_are_those_that_people_type(kind, plural, short):
    spec = CRDS[kind]["spec"]
    assert CRDS[kind]["metadata"]["name"] == f"{plural}.kubevirt.io"
    assert (spec["names"]["plural"], spec["names"]["shortNames"]) == (plural, short)
    assert (spec["names"]["categories"], spec["scope"]) == (["all"], "Namespaced")
    assert [(one["name"], one["storage"]) for one in spec["versions"]] == [("v1", True), ("v1alpha3", False)]


def test_columns_are_those_that_people_read():
    assert columns("VirtualMachine", wide=True) == ["Age", "Status", "Ready"]
    assert columns("VirtualMachineInstance", wide=False) == ["Age", "Phase", "IP", "NodeName", "Ready"]
    assert columns("VirtualMachineInstance", wide=True)[5:] == ["Live-Migratable", "Paused"]
    assert columns("KubeVirt", wide=True) == ["Age", "Phase"]


@pytest.mark.parametrize("kind", sorted(CRDS))
def test_conditions_are_a_map_and_nothing_is_pruned(kind):
    for version in CRDS[kind]["spec"]["versions"]:
        properties = version["schema"]["openAPIV3Schema"]["properties"]
        conditions = properties["status"]["properties"]["conditions"]
        assert (conditions["x-kubernetes-list-type"], conditions["x-kubernetes-list-map-keys"]) == ("map", ["type"])
        assert properties["spec"]["x-kubernetes-preserve-unknown-fields"] is True
        assert properties["status"]["x-kubernetes-preserve-unknown-fields"] is True
        assert version["subresources"] == {"status": {}}
