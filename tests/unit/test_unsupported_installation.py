"""What a KubeVirt resource asks for and nobody follows is named, the outermost part of it."""

import pytest

from kvnode.api.kubevirt import KubeVirtSpec
from kvnode.api.unsupported_installation import FOLLOWED, installation_without_effect
from tests.fields.paths import KEY, fields_below

FIELDS = {field.path for field in fields_below(KubeVirtSpec, "spec")}


@pytest.mark.parametrize("line", FOLLOWED)
def test_every_line_of_the_table_is_a_field(line):
    assert f"spec.{line}".replace(".[]", "[]").replace("*", KEY) in FIELDS


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({}, []),
        ({"configuration": {"cpuModel": "Nehalem", "smbios": {"sku": "x"}}}, []),
        ({"configuration": {"developerConfiguration": {"featureGates": ["Root"]}}}, []),
        ({"configuration": {"migrations": {"network": "n"}}}, ["spec.configuration.migrations"]),
        (
            {"configuration": {"developerConfiguration": {"useEmulation": True, "logVerbosity": {"virtAPI": 3}}}},
            ["spec.configuration.developerConfiguration.logVerbosity"],
        ),
        (
            {"configuration": {"network": {"binding": {"a/b": {"domainAttachmentType": "tap", "sidecarImage": "i"}}}}},
            ["spec.configuration.network.binding[a/b].sidecarImage"],
        ),
        # What stands in the resource that KubeVirt itself is installed by asks for nothing.
        ({"certificateRotateStrategy": {}, "customizeComponents": {}, "workloadUpdateStrategy": {}}, []),
        ({"infra": {"replicas": 2}, "imageTag": "v1"}, ["spec.infra", "spec.imageTag"]),
        (
            {"configuration": {"permittedHostDevices": {"pciHostDevices": [{"externalResourceProvider": True}]}}},
            ["spec.configuration.permittedHostDevices.pciHostDevices[0].externalResourceProvider"],
        ),
        # What has no such shape is wrong, and the path of what is there is told all the same.
        ({"configuration": ["x"]}, ["spec.configuration"]),
    ],
)
def test_the_outermost_part_is_named(spec, fields):
    notes = installation_without_effect(spec)
    assert [note.field for note in notes] == fields
    assert all("nothing comes of it" in note.message for note in notes)
