"""The table of what is built names real fields, and whatever it doesn't name is refused by its path."""

import pytest

from kvnode.api.defaults import default
from kvnode.api.unsupported import NO_EFFECT, SUPPORTED, unsupported, without_effect
from kvnode.errors import UsageError
from tests.api_paths import is_real
from tests.manifests import DEVICES, DOMAIN, vmi


def refused(changes, where="standalone"):
    found = unsupported(default(vmi(changes)), where)
    assert all(error.reason == "FieldValueNotSupported" for error in found)
    return [error.field for error in found]


def test_what_most_people_have_is_built():
    assert refused({}) == []
    assert refused({}, "cluster") == []


def lines():
    table = SUPPORTED["standalone"]
    return sorted({*table.paths, *table.subtrees, *table.values, *NO_EFFECT})


@pytest.mark.parametrize("line", lines())
def test_every_line_of_the_table_is_a_field(line):
    assert is_real(line.removesuffix(".**").replace("[]", "[0]"))


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({f"{DOMAIN}.cpu.dedicatedCpuPlacement": True}, [f"{DOMAIN}.cpu.dedicatedCpuPlacement"]),
        ({f"{DOMAIN}.cpu.dedicatedCpuPlacement": False}, []),
        ({f"{DOMAIN}.memory.hugepages": {"pageSize": "2Mi"}}, [f"{DOMAIN}.memory.hugepages"]),
        ({f"{DOMAIN}.launchSecurity": {"sev": {}}}, [f"{DOMAIN}.launchSecurity"]),
        ({f"{DOMAIN}.firmware.bootloader": {"bios": {"useSerial": True}}}, []),
        ({f"{DOMAIN}.firmware.bootloader": {"efi": {}}}, [f"{DOMAIN}.firmware.bootloader.efi"]),
        ({f"{DEVICES}.tpm": {}}, [f"{DEVICES}.tpm"]),
        ({f"{DEVICES}.tpm": {"enabled": True}}, [f"{DEVICES}.tpm.enabled"]),
        ({f"{DEVICES}.tpm": {"enabled": False}}, []),
        ({f"{DEVICES}.gpus": [{"name": "g", "deviceName": "a/b"}]}, [f"{DEVICES}.gpus"]),
        ({f"{DEVICES}.disks.0": {"name": "root", "lun": {}}}, [f"{DEVICES}.disks[0].lun"]),
        ({f"{DEVICES}.disks.1.shareable": True}, [f"{DEVICES}.disks[1].shareable"]),
        ({f"{DEVICES}.interfaces.0": {"name": "default", "sriov": {}}}, [f"{DEVICES}.interfaces[0].sriov"]),
        ({f"{DEVICES}.interfaces.0.state": "down"}, [f"{DEVICES}.interfaces[0].state"]),
        ({f"{DEVICES}.interfaces.0.state": "up"}, []),
        ({"spec.networks.1": {"name": "r", "multus": {"networkName": "r"}}}, ["spec.networks[1].multus"]),
        (
            {"spec.volumes.0": {"name": "root", "persistentVolumeClaim": {"claimName": "c"}}},
            ["spec.volumes[0].persistentVolumeClaim"],
        ),
        ({"spec.livenessProbe": {"guestAgentPing": {}}}, ["spec.livenessProbe"]),
        ({"spec.accessCredentials": [{}]}, ["spec.accessCredentials"]),
        ({"spec.startStrategy": "Paused"}, ["spec.startStrategy"]),
        ({"spec.architecture": "arm64", f"{DOMAIN}.firmware": {"bootloader": {}}}, ["spec.architecture"]),
        (
            {"metadata.annotations": {"hooks.kubevirt.io/hookSidecars": "[]", "mine": "x"}},
            ["metadata.annotations['hooks.kubevirt.io/hookSidecars']"],
        ),
    ],
)
def test_the_outermost_field_is_named(changes, fields):
    assert refused(changes) == fields


def test_the_sentence_says_which_value_would_do():
    found = unsupported(default(vmi({f"{DEVICES}.interfaces.0.state": "down"})), "standalone")
    assert '"up"' in found[0].message
    assert "standalone" in found[0].message


def test_scheduling_is_kept_and_noted_on_one_machine():
    changes = {"spec.nodeSelector": {"zone": "a"}, "spec.tolerations": [{"operator": "Exists"}]}
    assert refused(changes) == []
    assert without_effect(vmi(changes)) == ["spec.nodeSelector", "spec.tolerations"]
    assert without_effect(vmi()) == []


def test_another_mode_is_no_mode():
    with pytest.raises(UsageError, match="moon"):
        unsupported(vmi(), "moon")
