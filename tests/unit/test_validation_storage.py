"""Disks, volumes, cloud-init: each rule refuses what it should at the field where it is, and no more."""

import base64

import pytest

from tests.manifests import DEVICES, findings, gates, shut

ROOT, SEED = f"{DEVICES}.disks.0", f"{DEVICES}.disks.2"
VOLUME = "spec.volumes.0"
CLOUD_INIT = "spec.volumes.2.cloudInitNoCloud"
INSIDE = "spec.volumes[2].cloudInitNoCloud"


def with_source(source):
    """The root disk's volume with another source."""
    return {VOLUME: {"name": "root", **source}}


REFUSED = [
    ({f"{ROOT}.name": "Root", "spec.volumes.0.name": "Root"}, f"{DEVICES}.disks[0].name", "Invalid"),
    ({f"{ROOT}.lun": {}}, f"{DEVICES}.disks[0]", "Invalid"),
    ({f"{ROOT}.disk.bus": "ide"}, f"{DEVICES}.disks[0].disk.bus", "Invalid"),
    ({f"{ROOT}.disk.bus": "nvme"}, f"{DEVICES}.disks[0].disk.bus", "Invalid"),
    ({f"{ROOT}.disk": {"bus": "sata", "readonly": True}}, f"{DEVICES}.disks[0].disk.bus", "Invalid"),
    ({f"{SEED}.cdrom.bus": "virtio"}, f"{DEVICES}.disks[2].cdrom.bus", "Invalid"),
    ({f"{SEED}.cdrom.tray": "ajar"}, f"{DEVICES}.disks[2].cdrom.tray", "NotSupported"),
    ({f"{ROOT}.disk.pciAddress": "zz"}, f"{DEVICES}.disks[0].disk.pciAddress", "Invalid"),
    ({f"{ROOT}.disk.pciAddress": "0000:81:20.0"}, f"{DEVICES}.disks[0].disk.pciAddress", "Invalid"),
    (
        {f"{ROOT}.disk": {"bus": "scsi", "pciAddress": "0000:81:01.0"}},
        f"{DEVICES}.disks[0].disk.pciAddress",
        "Invalid",
    ),
    ({f"{ROOT}.serial": "a b"}, f"{DEVICES}.disks[0].serial", "Invalid"),
    ({f"{ROOT}.serial": "a" * 257}, f"{DEVICES}.disks[0].serial", "Invalid"),
    ({f"{ROOT}.cache": "writearound"}, f"{DEVICES}.disks[0].cache", "Invalid"),
    ({f"{ROOT}.io": "uring"}, f"{DEVICES}.disks[0].io", "NotSupported"),
    ({f"{ROOT}.errorPolicy": "panic"}, f"{DEVICES}.disks[0].errorPolicy", "Invalid"),
    ({f"{ROOT}.tag": "a\tb"}, f"{DEVICES}.disks[0].tag", "Invalid"),
    (
        {f"{ROOT}": {"name": "root", "disk": {"bus": "scsi"}, "dedicatedIOThread": True}},
        f"{DEVICES}.disks[0].dedicatedIOThread",
        "NotSupported",
    ),
    (
        {f"{ROOT}.blockSize": {"custom": {"logical": 512, "physical": 1000}}},
        f"{DEVICES}.disks[0].blockSize.custom.physical",
        "Invalid",
    ),
    (
        {f"{ROOT}.blockSize": {"custom": {"logical": 4096, "physical": 512}}},
        f"{DEVICES}.disks[0].blockSize.custom.logical",
        "Invalid",
    ),
    (
        {f"{ROOT}.blockSize": {"custom": {"logical": 512, "physical": 512}, "matchVolume": {}}},
        f"{DEVICES}.disks[0].blockSize",
        "Invalid",
    ),
    (
        {f"{ROOT}.blockSize": {"custom": {"logical": 512, "physical": 512, "discardGranularity": 700}}},
        f"{DEVICES}.disks[0].blockSize.custom.discardGranularity",
        "Invalid",
    ),
    ({f"{ROOT}.bootOrder": 0}, f"{DEVICES}.disks[0].bootOrder", "Invalid"),
    ({f"{ROOT}.bootOrder": 1, f"{SEED}.bootOrder": 1}, f"{DEVICES}.disks[2].bootOrder", "Invalid"),
    (
        {f"{ROOT}.bootOrder": 2, f"{DEVICES}.interfaces.0.bootOrder": 2},
        f"{DEVICES}.interfaces[0].bootOrder",
        "Invalid",
    ),
    ({f"{DEVICES}.disks.3": {"name": "lost", "disk": {}}}, f"{DEVICES}.disks[3].name", "Invalid"),
    ({f"{ROOT}": {"name": "root", "lun": {"bus": "scsi"}}}, f"{DEVICES}.disks[0].lun", "Invalid"),
    ({"spec.volumes.3": {"name": "root", "emptyDisk": {"capacity": "1Gi"}}}, "spec.volumes[3].name", "Duplicate"),
    ({"spec.volumes.3": {"name": "a/../b", "emptyDisk": {"capacity": "1Gi"}}}, "spec.volumes[3].name", "Invalid"),
    (with_source({}), "spec.volumes[0]", "Invalid"),
    (with_source({"emptyDisk": {"capacity": "1Gi"}, "configMap": {"name": "c"}}), "spec.volumes[0]", "Invalid"),
    (with_source({"containerDisk": {}}), "spec.volumes[0].containerDisk.image", "Required"),
    (with_source({"containerDisk": {"image": "../etc/x"}}), "spec.volumes[0].containerDisk.image", "Invalid"),
    (with_source({"containerDisk": {"image": "i", "path": "a/b"}}), "spec.volumes[0].containerDisk.path", "Invalid"),
    (with_source({"containerDisk": {"image": "i", "path": "/"}}), "spec.volumes[0].containerDisk.path", "Invalid"),
    (
        with_source({"containerDisk": {"image": "i", "path": "/a/../b"}}),
        "spec.volumes[0].containerDisk.path",
        "Invalid",
    ),
    (
        with_source({"containerDisk": {"image": "i", "imagePullPolicy": "Sometimes"}}),
        "spec.volumes[0].containerDisk.imagePullPolicy",
        "Invalid",
    ),
    (with_source({"emptyDisk": {}}), "spec.volumes[0].emptyDisk.capacity", "Required"),
    (with_source({"emptyDisk": {"capacity": "511"}}), "spec.volumes[0].emptyDisk.capacity", "Invalid"),
    (with_source({"emptyDisk": {"capacity": "9Ei"}}), "spec.volumes[0].emptyDisk.capacity", "Invalid"),
    (with_source({"emptyDisk": {"capacity": "-1Gi"}}), "spec.volumes[0].emptyDisk.capacity", "Invalid"),
    (with_source({"emptyDisk": {"capacity": "big"}}), "spec.volumes[0].emptyDisk.capacity", "Invalid"),
    (with_source({"persistentVolumeClaim": {}}), "spec.volumes[0].persistentVolumeClaim.claimName", "Required"),
    (
        with_source({"persistentVolumeClaim": {"claimName": "../x"}}),
        "spec.volumes[0].persistentVolumeClaim.claimName",
        "Invalid",
    ),
    (with_source({"ephemeral": {}}), "spec.volumes[0].ephemeral.persistentVolumeClaim", "Required"),
    (with_source({"dataVolume": {}}), "spec.volumes[0].dataVolume.name", "Required"),
    (with_source({"secret": {}}), "spec.volumes[0].secret.secretName", "Required"),
    (with_source({"configMap": {"name": "A b"}}), "spec.volumes[0].configMap.name", "Invalid"),
    (
        with_source({"configMap": {"name": "c", "volumeLabel": "x" * 33}}),
        "spec.volumes[0].configMap.volumeLabel",
        "Invalid",
    ),
    (with_source({"serviceAccount": {}}), "spec.volumes[0].serviceAccount.serviceAccountName", "Required"),
    (with_source({"sysprep": {}}), "spec.volumes[0].sysprep", "Invalid"),
    (
        with_source({"sysprep": {"secret": {"name": "s"}, "configMap": {"name": "c"}}}),
        "spec.volumes[0].sysprep",
        "Invalid",
    ),
    (
        with_source({"downwardAPI": {"fields": [{"path": "../x", "fieldRef": {"fieldPath": "metadata.name"}}]}}),
        "spec.volumes[0].downwardAPI.fields[0].path",
        "Invalid",
    ),
    (with_source({"hostDisk": {"path": "/d.img", "type": "Disk"}}), "spec.volumes[0]", "Invalid"),
    (with_source({"downwardMetrics": {}}), "spec.volumes[0]", "Invalid"),
    (with_source({"containerPath": {"path": "/x"}}), "spec.volumes[0]", "Invalid"),
    ({"spec.utilityVolumes": [{"name": "u", "claimName": "c"}]}, "spec.utilityVolumes", "Invalid"),
    ({CLOUD_INIT: {}}, INSIDE, "Required"),
    ({CLOUD_INIT: {"userData": ""}}, INSIDE, "Required"),
    ({CLOUD_INIT: {"userData": "a", "userDataBase64": "YQ=="}}, INSIDE, "Invalid"),
    ({CLOUD_INIT: {"userDataBase64": "#"}}, f"{INSIDE}.userDataBase64", "Invalid"),
    ({CLOUD_INIT: {"userData": "x" * 2049}}, f"{INSIDE}.userData", "Invalid"),
    ({CLOUD_INIT: {"userData": "ü" * 1025}}, f"{INSIDE}.userData", "Invalid"),
    (
        {CLOUD_INIT: {"networkDataBase64": base64.b64encode(b"x" * 2049).decode()}},
        f"{INSIDE}.networkDataBase64",
        "Invalid",
    ),
    ({CLOUD_INIT: {"secretRef": {"name": "../x"}}}, f"{INSIDE}.secretRef.name", "Invalid"),
    (
        {"spec.volumes.3": {"name": "more", "cloudInitConfigDrive": {"userData": "x"}}},
        "spec.volumes[3].cloudInitConfigDrive",
        "Invalid",
    ),
    (
        {f"{DEVICES}.filesystems": [{"name": "gone", "virtiofs": {}}]},
        f"{DEVICES}.filesystems[0].name",
        "Invalid",
    ),
    (
        {
            f"{DEVICES}.filesystems": [{"name": "fs", "virtiofs": {}}],
            "spec.volumes.3": {"name": "fs", "persistentVolumeClaim": {"claimName": "c"}},
        },
        f"{DEVICES}.filesystems[0].virtiofs",
        "Invalid",
    ),
]


@pytest.mark.parametrize(("changes", "field", "reason"), REFUSED)
def test_refused(changes, field, reason):
    assert findings(changes).get(field) == [reason]


ACCEPTED = [
    ({f"{ROOT}.disk": {"bus": "scsi"}, f"{SEED}.cdrom.bus": "usb"}, None),
    ({f"{ROOT}.disk": {"bus": "virtio", "pciAddress": "0000:81:1f.7"}}, None),
    (
        {f"{ROOT}.serial": "A" * 256, f"{ROOT}.cache": "none", f"{ROOT}.io": "native", f"{ROOT}.errorPolicy": "stop"},
        None,
    ),
    ({f"{ROOT}.dedicatedIOThread": True, f"{ROOT}.bootOrder": 1, f"{SEED}.bootOrder": 2}, None),
    ({f"{ROOT}.blockSize": {"custom": {"logical": 512, "physical": 4096, "discardGranularity": 1024}}}, None),
    ({f"{ROOT}.blockSize": {"custom": {"logical": 512, "physical": 512}, "matchVolume": {"enabled": False}}}, None),
    ({f"{DEVICES}.disks.3": {"name": "empty", "cdrom": {"bus": "sata"}}}, None),
    (with_source({"containerDisk": {"image": "localhost/kvnode/tiny", "path": "/disk/a.qcow2"}}), None),
    (with_source({"emptyDisk": {"capacity": "1500M"}}), None),
    (with_source({"hostDisk": {"path": "/d.img", "type": "Disk"}}), gates("HostDisk")),
    (with_source({"hostDisk": {"path": "/d.img", "type": "DiskOrCreate", "capacity": "1Gi"}}), gates("HostDisk")),
    (with_source({"persistentVolumeClaim": {"claimName": "data.1"}}), None),
    (with_source({"sysprep": {"secret": {"name": "s"}}}), None),
    ({f"{ROOT}": {"name": "root", "lun": {}}, **with_source({"dataVolume": {"name": "d"}})}, None),
    ({CLOUD_INIT: {"userData": "ü" * 1024, "networkData": "version: 2\n"}}, None),
    ({CLOUD_INIT: {"userDataBase64": "YQ\n==\n"}}, None),
    ({CLOUD_INIT: {"secretRef": {"name": "user-data"}, "networkDataSecretRef": {"name": "net"}}}, None),
    ({CLOUD_INIT: {"userData": "echo \"it's\" '../x' <tag> & \x1b[0m"}}, None),
]


@pytest.mark.parametrize(("changes", "config"), ACCEPTED)
def test_accepted(changes, config):
    assert findings(changes, config) == {}


@pytest.mark.parametrize(
    ("hostdisk", "field"),
    [
        ({"type": "Disk"}, "path"),
        ({"path": "x", "type": "Disk"}, "path"),
        ({"path": "/x", "type": "Nope"}, "type"),
        ({"path": "/x", "type": "Disk", "capacity": "1Gi"}, "capacity"),
        ({"path": "/x", "type": "DiskOrCreate"}, "capacity"),
        ({"path": "/x", "type": "DiskOrCreate", "capacity": "1m"}, "capacity"),
        ({"path": "/x", "type": "DiskOrCreate", "capacity": "9Ei"}, "capacity"),
    ],
)
def test_host_disks_are_checked_behind_their_gate(hostdisk, field):
    assert list(findings(with_source({"hostDisk": hostdisk}), gates("HostDisk"))) == [
        f"spec.volumes[0].hostDisk.{field}"
    ]


def test_a_name_given_twice_says_where_it_was_first():
    found = findings({f"{DEVICES}.disks.3": {"name": "root", "disk": {"bus": "virtio"}}})
    assert found == {f"{DEVICES}.disks[3].name": ["Duplicate"]}


def test_an_empty_drive_takes_its_gate():
    changes = {f"{DEVICES}.disks.3": {"name": "empty", "cdrom": {"bus": "sata"}}}
    assert list(findings(changes, shut("DeclarativeHotplugVolumes"))) == [f"{DEVICES}.disks[3].name"]


def test_metrics_go_on_a_virtio_disk():
    changes = with_source({"downwardMetrics": {}})
    config = gates("DownwardMetrics")
    assert findings(changes, config) == {}
    assert list(findings({**changes, f"{ROOT}.disk.bus": "sata"}, config)) == [f"{DEVICES}.disks[0].disk.bus"]
    assert list(findings({**changes, ROOT: {"name": "root", "cdrom": {}}}, config)) == [f"{DEVICES}.disks[0].disk"]


@pytest.mark.parametrize(
    "config", [gates("PersistentReservation"), {"persistentReservationConfiguration": {"enabled": True}}]
)
def test_reservations_take_an_administrators_word_and_scsi(config):
    changes = {
        ROOT: {"name": "root", "lun": {"bus": "scsi", "reservation": True}},
        **with_source({"persistentVolumeClaim": {"claimName": "c"}}),
    }
    assert findings(changes, config) == {}
    assert list(findings(changes)) == [f"{DEVICES}.disks[0].lun.reservation"]
    changes[ROOT] = {"name": "root", "lun": {"bus": "sata", "reservation": True}}
    assert list(findings(changes, config)) == [f"{DEVICES}.disks[0].lun.bus"]


def test_a_guest_has_256_disks_at_most():
    names = [f"d{number}" for number in range(257)]
    changes = {
        f"{DEVICES}.disks": [{"name": name, "disk": {"bus": "scsi"}} for name in names],
        "spec.volumes": [{"name": name, "emptyDisk": {"capacity": "1Mi"}} for name in names],
    }
    assert findings(changes) == {f"{DEVICES}.disks": ["Invalid"]}
    changes = {f"{DEVICES}.disks": changes[f"{DEVICES}.disks"][1:], "spec.volumes": changes["spec.volumes"][1:]}
    assert findings(changes) == {}


def test_one_volume_of_a_kind():
    changes = {
        f"spec.volumes.{3 + number}": {"name": f"sa{number}", "serviceAccount": {"serviceAccountName": "one"}}
        for number in range(2)
    }
    assert findings(changes) == {"spec.volumes": ["Invalid"]}


@pytest.mark.parametrize(("kind", "bus"), [("disk", "sata"), ("lun", "sata"), ("cdrom", "sata")])
def test_sata_has_logical_blocks_of_512_bytes(kind, bus):
    size = {"custom": {"logical": 4096, "physical": 4096}}
    changes = {
        ROOT: {"name": "root", kind: {"bus": bus}, "blockSize": size},
        **with_source({"dataVolume": {"name": "d"}}),
    }
    assert findings(changes) == {f"{DEVICES}.disks[0].blockSize.custom.logical": ["Invalid"]}
    changes[ROOT] = {"name": "root", kind: {"bus": "scsi"}, "blockSize": size}
    assert findings(changes) == {}


@pytest.mark.parametrize(
    ("path", "faults"),
    [
        ("/data", []),
        ("/run/secrets/token", []),
        ("/var/run/kubevirt-private/x", ["spec.volumes[3].containerPath.path"]),
        ("/run/libvirt", ["spec.volumes[3].containerPath.path"]),
        ("data", ["spec.volumes[3].containerPath.path"]),
    ],
)
def test_a_folder_of_the_pod_is_shared_and_not_what_runs_the_guest(path, faults):
    config = gates("ContainerPathVolumes")
    changes = {"spec.volumes.3": {"name": "fs", "containerPath": {"path": path}}}
    assert list(findings({**changes, f"{DEVICES}.filesystems": [{"name": "fs", "virtiofs": {}}]}, config)) == faults
    assert list(findings(changes, config)) == [*faults, "spec.volumes[3].containerPath"]


@pytest.mark.parametrize(
    ("file", "field", "reason"),
    [
        ({"fieldRef": {"fieldPath": "metadata.labels"}}, "", ""),
        ({"fieldRef": {"fieldPath": "metadata.annotations['a.b/C']", "apiVersion": "v1"}, "mode": 0o640}, "", ""),
        ({"resourceFieldRef": {"containerName": "compute", "resource": "limits.cpu", "divisor": "1m"}}, "", ""),
        ({"resourceFieldRef": {"containerName": "compute", "resource": "requests.hugepages-2Mi"}}, "", ""),
        ({"fieldRef": {}}, "fieldRef.fieldPath", "Required"),
        ({"fieldRef": {"fieldPath": "spec.nodeName"}}, "fieldRef.fieldPath", "NotSupported"),
        ({"fieldRef": {"fieldPath": "metadata.labels['a b']"}}, "fieldRef.fieldPath", "Invalid"),
        ({"fieldRef": {"fieldPath": "metadata.uid", "apiVersion": "v2"}}, "fieldRef.apiVersion", "Invalid"),
        ({"fieldRef": {"fieldPath": "metadata.uid"}, "mode": -1}, "mode", "Invalid"),
        ({"fieldRef": {"fieldPath": "metadata.uid"}, "mode": 0o1000}, "mode", "Invalid"),
        ({"fieldRef": {"fieldPath": "metadata.uid"}, "path": "x" * 4096}, "path", "Invalid"),
        ({"resourceFieldRef": {"resource": "limits.cpu"}}, "resourceFieldRef.containerName", "Required"),
        (
            {"resourceFieldRef": {"resource": "limits.cpu", "containerName": "../x"}},
            "resourceFieldRef.containerName",
            "Invalid",
        ),
        ({"resourceFieldRef": {"containerName": "compute"}}, "resourceFieldRef.resource", "Required"),
        (
            {"resourceFieldRef": {"containerName": "compute", "resource": "limits.gpu"}},
            "resourceFieldRef.resource",
            "NotSupported",
        ),
        (
            {"resourceFieldRef": {"containerName": "compute", "resource": "limits.cpu", "divisor": "-1"}},
            "resourceFieldRef.divisor",
            "Invalid",
        ),
    ],
)
def test_a_file_shows_what_kubernetes_shows(file, field, reason):
    found = findings(with_source({"downwardAPI": {"fields": [{"path": "a", **file}]}}))
    assert found == ({f"spec.volumes[0].downwardAPI.fields[0].{field}": [reason]} if field else {})


def test_no_two_files_have_one_path():
    file = {"path": "a", "fieldRef": {"fieldPath": "metadata.uid"}}
    found = findings(with_source({"downwardAPI": {"fields": [file, file]}}))
    assert found == {"spec.volumes[0].downwardAPI.fields[1].path": ["Duplicate"]}


def test_a_shared_claim_takes_its_gate_and_a_shared_config_map_none():
    changes = {
        f"{DEVICES}.filesystems": [{"name": "fs", "virtiofs": {}}],
        "spec.volumes.3": {"name": "fs", "persistentVolumeClaim": {"claimName": "c"}},
    }
    assert findings(changes, gates("EnableVirtioFsStorageVolumes")) == {}
    changes["spec.volumes.3"] = {"name": "fs", "configMap": {"name": "c"}}
    assert findings(changes) == {}
