"""The table of what is built names real fields, and whatever it doesn't name is refused by its path."""

import json
from copy import deepcopy
from functools import cache

import msgspec
import pytest

import kvnode
from kvnode.api.defaults import default
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.unsupported import NO_EFFECT, SUPPORTED, unsupported, without_effect
from kvnode.api.unsupported_machine import machine_without_effect
from kvnode.api.validation import validate
from kvnode.errors import KvnodeError, UsageError
from tests.api_paths import is_real
from tests.manifests import DEVICES, DOMAIN, GONE, gates, manifest, vmi

HOST = {
    "version": 1,
    "arch": "x86_64",
    "kvm": "works",
    "emulation_allowed": True,
    "cells": [{"id": 0, "memory_bytes": 1 << 40, "memory_free_bytes": 1 << 40, "cores": [[0], [1], [2], [3]]}],
}
HOST["cells"][0]["hugepages"] = {"2Mi": {"total": 1024}}
HOST["efi"] = {kind: {"code": "/fw/code.fd", "vars": "/fw/vars.fd"} for kind in ("plain", "secure_boot")}
HOST["efi"]["secure_boot"]["code"] = "/fw/sealed.fd"

NODE = HOST | {
    "links": {
        "default": {
            "ifname": "eth0",
            "mac": "0a:58:0a:f4:01:11",
            "mtu": 1450,
            "addresses": ["10.244.1.17/24"],
            "routes": [{"dst": "default", "gateway": "10.244.1.1"}],
            "resolver": {"nameservers": ["10.96.0.10"], "search": ["works.svc.cluster.local"]},
        }
    },
}

DISK = {
    "name": "root",
    "bootOrder": 1,
    "serial": "root-1",
    "cache": "none",
    "io": "threads",
    "errorPolicy": "stop",
    "blockSize": {"custom": {"logical": 512, "physical": 4096, "discardGranularity": 1024}},
    "dedicatedIOThread": True,
    "changedBlockTracking": False,
    "shareable": False,
    "disk": {"bus": "virtio", "pciAddress": "0000:02:00.0", "readonly": True},
}
RANGE = {"start": 8000, "end": 8010, "protocol": "TCP"}
NIC = {
    "model": "e1000e",
    "macAddress": "02:00:5e:10:00:01",
    "bootOrder": 2,
    "pciAddress": "0000:01:00.0",
    "acpiIndex": 7,
    "state": "up",
}
EVERYTHING = {
    "metadata.name": "everything",
    "spec.architecture": "amd64",
    "spec.terminationGracePeriodSeconds": 5,
    "spec.hostname": "all",
    "spec.subdomain": "of-it",
    "spec.dnsPolicy": "None",
    "spec.dnsConfig": {"nameservers": ["192.0.2.53"], "searches": ["a.example"], "options": [{"name": "ndots"}]},
    "spec.networks.0": {"name": "default", "pod": {"vmNetworkCIDR": "10.11.12.0/24"}},
    "spec.volumes.0.containerDisk": {
        "image": "localhost/kvnode/tiny",
        "imagePullPolicy": "Never",
        "imagePullSecret": "pull",
        "path": "/disk/a.qcow2",
    },
    f"{DOMAIN}.chassis": {"manufacturer": "m", "version": "v", "serial": "s", "asset": "a", "sku": "k"},
    f"{DOMAIN}.clock": {"utc": {"offsetSeconds": 60}, "timer": {"hpet": {"present": False}, "rtc": {"track": "guest"}}},
    f"{DOMAIN}.cpu": {
        "sockets": 2,
        "cores": 2,
        "threads": 1,
        "maxSockets": 3,
        "model": "Nehalem",
        "features": [{"name": "aes", "policy": "require"}],
        "dedicatedCpuPlacement": False,
        "isolateEmulatorThread": False,
    },
    f"{DOMAIN}.memory": {
        "guest": "1Gi",
        "maxGuest": "2Gi",
        "reservedOverhead": {"addedOverhead": "64Mi", "memLock": "Required"},
    },
    f"{DOMAIN}.resources": {
        "requests": {"cpu": "1", "memory": "1Gi"},
        "limits": {"cpu": "4", "memory": "2Gi"},
        "overcommitGuestOverhead": True,
    },
    f"{DOMAIN}.machine": {"type": "q35"},
    f"{DOMAIN}.rebootPolicy": "Terminate",
    f"{DOMAIN}.ioThreadsPolicy": "supplementalPool",
    f"{DOMAIN}.ioThreads": {"supplementalPoolThreadCount": 2},
    f"{DOMAIN}.firmware": {
        "uuid": "5d307ca9-b3ef-428c-8861-06e72d69f223",
        "serial": "s-1",
        "bootloader": {"bios": {"useSerial": True}},
    },
    f"{DOMAIN}.features": {
        "acpi": {},
        "apic": {"endOfInterrupt": True},
        "kvm": {"hidden": True},
        "pvspinlock": {"enabled": False},
        "smm": {},
        "hyperv": {"relaxed": {}, "spinlocks": {"spinlocks": 8191}, "vendorid": {"vendorid": "mill"}},
        "hypervPassthrough": {"enabled": False},
    },
    DEVICES: {
        "autoattachGraphicsDevice": True,
        "autoattachInputDevice": False,
        "autoattachMemBalloon": False,
        "autoattachPodInterface": True,
        "autoattachSerialConsole": True,
        "autoattachVSOCK": False,
        "blockMultiQueue": True,
        "disableHotplug": True,
        "logSerialConsole": False,
        "networkInterfaceMultiqueue": True,
        "useVirtioTransitional": True,
        "rng": {},
        "video": {"type": "virtio"},
        "tpm": {"enabled": False},
        "inputs": [{"name": "tablet", "type": "tablet", "bus": "usb"}],
        "panicDevices": [{"model": "isa"}],
        "sound": {"name": "sound", "model": "ac97"},
        "watchdog": {"name": "dog", "i6300esb": {"action": "poweroff"}},
        "disks": [DISK, {"name": "seed", "cdrom": {"bus": "scsi", "readonly": True, "tray": "open"}}],
        "interfaces": [
            {"name": "default", "masquerade": {}, "ports": [{"name": "web", "port": 80, "protocol": "TCP"}], **NIC}
        ],
    },
}
"""A manifest that sets all of the table at once, save a bridge, which excludes masquerade."""

BRIDGED = {
    f"{DEVICES}.interfaces.0": {"name": "default", "bridge": {}, "dhcpOptions": {"tftpServerName": "boot"}, **NIC}
}


PORT_RANGES = {f"{DEVICES}.interfaces.0": {"name": "default", "masquerade": {}, "portRanges": [RANGE], "state": "down"}}
BEHIND_GATES = gates("PortRangesSpec", "ReservedOverheadMemlock")
OTHERWISE = {
    f"{DOMAIN}.cpu": {"cores": 2, "threads": 2},
    f"{DOMAIN}.machine.type": "pc-q35-7.2",
    f"{DOMAIN}.features": {"acpi": {"enabled": False}, "hypervPassthrough": {}},
    f"{DOMAIN}.memory": GONE,
    f"{DOMAIN}.resources": {"requests": {"memory": "1Gi"}},
    f"{DEVICES}.autoattachGraphicsDevice": False,
    f"{DEVICES}.autoattachPodInterface": False,
    f"{DEVICES}.autoattachSerialConsole": False,
    f"{DEVICES}.disableHotplug": True,
    f"{DEVICES}.interfaces": [],
    "spec.networks": [],
    f"{DEVICES}.disks.0.errorPolicy": "report",
    f"{DEVICES}.disks.0.blockSize": {"matchVolume": {}},
    f"{DEVICES}.disks.1.dedicatedIOThread": True,
    f"{DEVICES}.disks.2.cdrom": {"readonly": False},
    f"{DEVICES}.inputs": [{"name": "tablet", "type": "tablet", "bus": "virtio"}],
    f"{DEVICES}.panicDevices": [{"model": "hyperv"}],
}
"""What EVERYTHING can't set, or sets as it is anyway."""

PINNED = {
    f"{DOMAIN}.cpu": {
        "cores": 2,
        "dedicatedCpuPlacement": True,
        "isolateEmulatorThread": True,
        "numa": {"guestMappingPassthrough": {}},
        "realtime": {"mask": "1"},
    },
    f"{DOMAIN}.memory": {"guest": "1Gi", "hugepages": {"pageSize": "2Mi"}},
    "metadata.annotations": {"alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity": ""},
}

BY_UEFI = {
    f"{DOMAIN}.cpu": {"cores": 2},
    f"{DOMAIN}.features": {"smm": {"enabled": True}},
    f"{DOMAIN}.firmware": {"bootloader": {"efi": {"secureBoot": False}}},
    f"{DEVICES}.networkInterfaceMultiqueue": True,
    f"{DEVICES}.tpm": {},
}

KERNEL = {"image": "localhost/k", "imagePullPolicy": "Never", "kernelPath": "/boot/k", "initrdPath": "/boot/i"}
BY_KERNEL = {f"{DOMAIN}.firmware": {"kernelBoot": {"kernelArgs": "quiet", "container": KERNEL}}}

SHAPES = [EVERYTHING, BRIDGED, PORT_RANGES, OTHERWISE, PINNED, BY_UEFI, BY_KERNEL]

FOLLOWED_ELSEWHERE = {
    f"{DOMAIN}.firmware.kernelBoot.container.image": "the plan has the kernel's place, and not what is put there",
    f"{DOMAIN}.firmware.kernelBoot.container.imagePullPolicy": "as the image",
    "spec.dnsConfig": "it makes the Pod's resolver (kvnode.network.resolver), which the plan takes from the facts",
    "spec.dnsPolicy": "as dnsConfig",
    f"{DEVICES}.inputs[].type": "tablet is the only one that there is, and what defaulting fills in",
}


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
        ({f"{DOMAIN}.cpu.dedicatedCpuPlacement": True}, []),
        ({f"{DOMAIN}.cpu.realtime": {}}, []),
        ({f"{DOMAIN}.memory.hugepages": {"pageSize": "2Mi"}}, []),
        ({f"{DOMAIN}.launchSecurity": {"sev": {}}}, [f"{DOMAIN}.launchSecurity"]),
        ({f"{DOMAIN}.firmware.bootloader": {"bios": {"useSerial": True}}}, []),
        ({f"{DOMAIN}.firmware.bootloader": {"efi": {}}}, []),
        ({f"{DOMAIN}.firmware.bootloader": {"efi": {"persistent": False}}}, []),
        (
            {f"{DOMAIN}.firmware.bootloader": {"efi": {"persistent": True}}},
            [f"{DOMAIN}.firmware.bootloader.efi.persistent"],
        ),
        ({f"{DEVICES}.tpm": {}}, []),
        ({f"{DEVICES}.tpm": {"enabled": True}}, []),
        ({f"{DEVICES}.tpm": {"persistent": True}}, [f"{DEVICES}.tpm.persistent"]),
        ({f"{DEVICES}.tpm": {"enabled": False}}, []),
        ({f"{DEVICES}.gpus": [{"name": "g", "deviceName": "a/b"}]}, [f"{DEVICES}.gpus"]),
        ({f"{DEVICES}.disks.0": {"name": "root", "lun": {}}}, [f"{DEVICES}.disks[0].lun"]),
        ({f"{DEVICES}.disks.1.shareable": True}, [f"{DEVICES}.disks[1].shareable"]),
        ({f"{DEVICES}.interfaces.0": {"name": "default", "sriov": {}}}, [f"{DEVICES}.interfaces[0].sriov"]),
        ({f"{DEVICES}.interfaces.0.state": "down"}, []),
        ({f"{DEVICES}.autoattachVSOCK": True}, [f"{DEVICES}.autoattachVSOCK"]),
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
            ["metadata.annotations[hooks.kubevirt.io/hookSidecars]"],
        ),
    ],
)
def test_the_outermost_field_is_named(changes, fields):
    assert refused(changes) == fields


def test_firmware_and_a_tpm_are_not_in_a_clusters_launchers_yet():
    made = vmi({f"{DOMAIN}.firmware.bootloader": {"efi": {}}, f"{DEVICES}.tpm": {}})
    fields = [finding.field for finding in unsupported(made, "cluster")]
    assert {f"{DOMAIN}.firmware.bootloader.efi", f"{DEVICES}.tpm"} <= set(fields)


@pytest.mark.parametrize(
    "changes", SHAPES, ids=["everything", "bridged", "port ranges", "otherwise", "pinned", "by uefi", "by kernel"]
)
def test_what_is_let_through_can_be_planned_and_rendered(changes):
    made = default(vmi(changes))
    assert kvnode.validate(made, BEHIND_GATES) == []
    assert unsupported(made, "standalone") == []
    plan = kvnode.plan(made, kvnode.HostFacts.from_json(json.dumps(HOST)))
    assert kvnode.render(plan).startswith("<domain")


def places(value, here=(), pattern=""):
    """(steps, pattern) of every part of a document: patterns have ``[]`` for indexes."""
    yield here, pattern
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inside:
        below = f"{pattern}[]" if isinstance(step, int) else f"{pattern}.{step}".removeprefix(".")
        yield from places(item, (*here, step), below)


def planned(document):
    """The plan of a document on a node with a network; what refuses it is an answer too."""
    try:
        return kvnode.plan(default(msgspec.convert(document, VirtualMachineInstance)), kvnode.HostFacts.from_json(NODE))
    except KvnodeError as error:
        return str(error)


def without(document, steps):
    *parents, last = steps
    changed = deepcopy(document)
    here = changed
    for step in parents:
        here = here[step]
    del here[last]
    return changed


@cache
def followed():
    """Patterns of all parts of the shapes whose absence changes the plan."""
    found = set()
    for changes in SHAPES:
        document = manifest(changes)
        whole = planned(document)
        assert isinstance(whole, kvnode.DomainPlan)
        found |= {
            p for steps, p in places(document) if steps and p not in found if planned(without(document, steps)) != whole
        }
    return found


def lines_to_follow():
    table = SUPPORTED["standalone"]
    return [line for line in sorted(table.paths | table.subtrees) if not {line, f"{line}.**"} & NO_EFFECT.keys()]


@pytest.mark.parametrize("line", lines_to_follow())
def test_what_is_built_changes_the_plan(line):
    if line in FOLLOWED_ELSEWHERE:
        assert line not in followed(), "the plan follows it: the list of exceptions is too long"
    else:
        assert line in followed()


@pytest.mark.parametrize("where", ["standalone", "cluster"])
def test_cpus_of_ones_own_are_had_in_both_modes(where):
    assert refused(PINNED, where) == []


def test_on_a_cluster_cpus_of_ones_own_and_less_memory_than_needed_exclude_each_other():
    less = {f"{DOMAIN}.resources": {"overcommitGuestOverhead": True, "requests": {"memory": "1Gi"}}}
    assert refused({**PINNED, **less}, "cluster") == [f"{DOMAIN}.resources.overcommitGuestOverhead"]
    assert refused({**PINNED, **less}) == []
    assert refused(less, "cluster") == []


def test_the_sentence_says_which_value_would_do():
    found = unsupported(default(vmi({f"{DEVICES}.autoattachVSOCK": True})), "standalone")
    assert "set it to false" in found[0].message
    assert "standalone" in found[0].message


def test_scheduling_is_kept_and_noted_on_one_machine():
    changes = {"spec.nodeSelector": {"zone": "a"}, "spec.tolerations": [{"operator": "Exists"}]}
    assert refused(changes) == []
    assert [note.field for note in without_effect(vmi(changes))] == ["spec.nodeSelector", "spec.tolerations"]
    assert without_effect(vmi()) == []


def test_limits_that_nothing_enforces_are_noted():
    resources = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}}
    notes = without_effect(vmi({f"{DOMAIN}.resources": resources}))
    names = [note.field.removeprefix(f"{DOMAIN}.resources.") for note in notes]
    assert names == ["requests.cpu", "limits.cpu", "limits.memory"]
    assert all("nothing here holds the guest to it" in note.message for note in notes)


def test_a_resolver_option_is_the_pods_alone():
    options = {"nameservers": ["192.0.2.53"], "options": [{"name": "ndots", "value": "2"}]}
    assert [note.field for note in without_effect(vmi({"spec.dnsConfig": options}))] == ["spec.dnsConfig.options"]


def test_of_a_templates_metadata_labels_and_annotations_are_followed():
    template = {"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}, "name": "x", "finalizers": ["f/g"]}}
    [machine] = kvnode.load_all(
        {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachine",
            "metadata": {"name": "mill"},
            "spec": {"runStrategy": "Once", "template": {**template, "spec": manifest()["spec"]}},
        }
    )
    notes = machine_without_effect(machine)
    assert [note.field for note in notes] == ["spec.template.metadata.name", "spec.template.metadata.finalizers"]


def test_another_mode_is_no_mode():
    with pytest.raises(UsageError, match="moon"):
        unsupported(vmi(), "moon")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({f"{DEVICES}.disks.0.disk.pciAddress": "0000:81:01.0"}, "disks[0].disk"),
        ({f"{DEVICES}.disks.0.disk.pciAddress": "0001:00:01.0"}, "disks[0].disk"),
        ({f"{DEVICES}.interfaces.0.pciAddress": "0000:02:1f.0"}, "interfaces[0]"),
        (
            {f"{DEVICES}.interfaces.0.model": "igb", f"{DEVICES}.interfaces.0.pciAddress": "0000:02:02.0"},
            "interfaces[0]",
        ),
        ({f"{DEVICES}.disks.0.disk.pciAddress": "0000:00:1b.0"}, None),
        ({f"{DEVICES}.disks.0.disk.pciAddress": "0000:03:00.0"}, None),
        ({f"{DEVICES}.interfaces.0.model": "rtl8139", f"{DEVICES}.interfaces.0.pciAddress": "0000:02:02.0"}, None),
    ],
)
@pytest.mark.parametrize("where", ["standalone", "cluster"])
def test_a_root_port_has_one_slot(changes, field, where):
    made = default(vmi(changes))
    assert validate(made) == []
    expected = [f"{DEVICES}.{field}.pciAddress"] if field else []
    assert [error.field for error in unsupported(made, where)] == expected
