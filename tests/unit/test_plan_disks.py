"""Disks and IO threads in a plan."""

import pytest

import kvnode
from kvnode import InvalidManifest
from kvnode.errors import HostError
from kvnode.planning.device_plans import BlockIo
from kvnode.planning.disks import _letters
from tests.plans import EMULATING, HOST, plan_of

ROOT = "/var/run/kubevirt-private/disks"


def disks(*faces, **facts):
    """The plan's disks for these disks of the manifest, each on a claim of its own name."""
    volumes = [{"name": face["name"], "persistentVolumeClaim": {"claimName": face["name"]}} for face in faces]
    plan = plan_of({"devices.disks": list(faces), "spec.volumes": volumes}, HOST | {"volumes": facts})
    return plan.devices.disks


def refused(*faces, **facts):
    with pytest.raises(InvalidManifest) as error:
        disks(*faces, **facts)
    return [fault.field for fault in error.value.errors]


def test_a_container_disk_is_an_overlay_whose_base_is_stated_to_its_end():
    (disk,) = plan_of(facts=HOST | {"volumes": {"system": {"format": "raw", "capacity_bytes": 4096}}}).devices.disks
    assert (disk.path, disk.format, disk.capacity_bytes) == (f"{ROOT}/0/overlay.qcow2", "qcow2", 4096)
    assert (disk.backing.source, disk.backing.path, disk.backing.format) == ("file", f"{ROOT}/0/base", "raw")
    xml = kvnode.render(plan_of())
    assert f'<source file="{ROOT}/0/base"/><backingStore/></backingStore>' in xml


@pytest.mark.parametrize(
    ("volume", "path", "image_format"),
    [
        ({"emptyDisk": {"capacity": "1Gi"}}, "disk.qcow2", "qcow2"),
        ({"cloudInitNoCloud": {"userData": "#!/bin/sh"}}, "cloud-init.iso", "raw"),
        ({"cloudInitConfigDrive": {"userData": "#!/bin/sh"}}, "volume.iso", "raw"),
        ({"persistentVolumeClaim": {"claimName": "a"}}, "disk.img", "raw"),
        ({"dataVolume": {"name": "a"}}, "disk.img", "raw"),
        ({"ephemeral": {"persistentVolumeClaim": {"claimName": "a"}}}, "overlay.qcow2", "qcow2"),
        ({"hostDisk": {"path": "/data/a.img", "type": "Disk"}}, "disk.img", "raw"),
        ({"configMap": {"name": "a"}}, "volume.iso", "raw"),
        ({"secret": {"secretName": "a"}}, "volume.iso", "raw"),
        ({"serviceAccount": {"serviceAccountName": "a"}}, "volume.iso", "raw"),
        ({"downwardAPI": {"fields": []}}, "volume.iso", "raw"),
        ({"sysprep": {"secret": {"name": "a"}}}, "volume.iso", "raw"),
        ({"downwardMetrics": {}}, "volume.iso", "raw"),
    ],
)
def test_every_source_is_a_file_of_the_pod_by_its_volumes_index(volume, path, image_format):
    volumes = [{"name": "pad", "emptyDisk": {"capacity": "1Mi"}}, {"name": "a", **volume}]
    faces = [{"name": "a", "disk": {}}, {"name": "pad", "disk": {}}]
    disk, _ = plan_of({"devices.disks": faces, "spec.volumes": volumes}).devices.disks
    assert (disk.path, disk.format, disk.source) == (f"{ROOT}/1/{path}", image_format, "file")


def of_read_only_claim(**face):
    """The plan's disk on a claim that the manifest has mounted read-only."""
    volumes = [{"name": "a", "persistentVolumeClaim": {"claimName": "a", "readOnly": True}}]
    (disk,) = plan_of({"devices.disks": [{"name": "a", **face}], "spec.volumes": volumes}).devices.disks
    return disk


@pytest.mark.parametrize("face", [{"disk": {"bus": "virtio"}}, {"disk": {"bus": "scsi", "readonly": False}}])
def test_a_claim_that_is_mounted_read_only_is_a_disk_to_read(face):
    assert of_read_only_claim(**face).readonly


def test_a_lun_of_such_a_claim_is_one_to_read():
    volumes = [{"name": "a", "persistentVolumeClaim": {"claimName": "a", "readOnly": True}}]
    changes = {"devices.disks": [{"name": "a", "lun": {"bus": "scsi"}}], "spec.volumes": volumes}
    (disk,) = plan_of(changes, HOST | {"volumes": {"a": {"mode": "Block"}}}).devices.disks
    assert (disk.device, disk.source, disk.readonly) == ("lun", "block", True)


def test_a_drive_whose_disc_could_be_written_has_one_to_read():
    assert of_read_only_claim(cdrom={"bus": "sata", "readonly": False}).readonly


@pytest.mark.parametrize("disk", [{"bus": "sata"}, {}])
def test_no_sata_disk_is_on_a_claim_to_read(disk):
    with pytest.raises(InvalidManifest) as error:
        of_read_only_claim(disk=disk)
    assert [fault.field for fault in error.value.errors] == ["spec.volumes[0].persistentVolumeClaim.readOnly"]
    assert "use virtio or scsi" in str(error.value)


def test_a_claim_may_be_a_device():
    (disk,) = disks({"name": "a"}, a={"mode": "Block"})
    assert (disk.source, disk.path) == ("block", f"{ROOT}/0/block")
    volumes = [{"name": "a", "ephemeral": {"persistentVolumeClaim": {"claimName": "a"}}}]
    facts = HOST | {"volumes": {"a": {"mode": "Block"}}}
    plan = plan_of({"devices.disks": [{"name": "a"}], "spec.volumes": volumes}, facts)
    assert plan.devices.disks[0].backing.source == "block"
    assert f'<backingStore type="block"><format type="raw"/><source dev="{ROOT}/0/block"/>' in kvnode.render(plan)


def test_a_name_from_the_manifest_is_no_path():
    volumes = [{"name": "findme", "emptyDisk": {"capacity": "1Gi"}}]
    xml = kvnode.render(plan_of({"devices.disks": [{"name": "findme"}], "spec.volumes": volumes}))
    assert xml.count("findme") == xml.count('<alias name="ua-findme"/>') == 1


def test_devices_are_counted_by_bus():
    faces = [{"name": f"v{n}", "disk": {"bus": "virtio"}} for n in range(28)]
    faces += [{"name": f"s{n}", "disk": {"bus": bus}} for n, bus in enumerate(("sata", "scsi", "usb", "scsi"))]
    made = disks(*faces)
    assert [disk.target for disk in made[:2] + made[25:28]] == ["vda", "vdb", "vdz", "vdaa", "vdab"]
    assert [disk.target for disk in made[28:]] == ["sda", "sdb", "sdc", "sdd"]
    assert [disk.unit for disk in made[28:]] == [None, 0, None, 1]
    assert [disk.model for disk in made[27:30]] == ["virtio-non-transitional", None, None]
    assert [_letters(number) for number in (0, 25, 26, 701, 702)] == ["a", "z", "aa", "zz", "aaa"]


def test_a_disk_keeps_the_name_that_its_status_has():
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in "abc"]
    status = [{"name": "b", "target": "vda"}, {"name": "c", "target": "../vdx"}]
    changes = {
        "devices.disks": [{"name": name, "disk": {"bus": "virtio"}} for name in "abc"],
        "spec.volumes": volumes,
        "status.volumeStatus": status,
    }
    assert [disk.target for disk in plan_of(changes).devices.disks] == ["vdb", "vda", "vdc"]


def test_what_a_manifest_leaves_out():
    (disk,) = disks({"name": "a"})
    assert (disk.bus, disk.error_policy, disk.discard, disk.cache, disk.io) == ("sata", "stop", "unmap", None, None)
    assert disks({"name": "a"}, a={"preallocated": True})[0].discard is None


def test_a_cdrom_is_read_only_and_may_be_empty():
    (disk,) = disks({"name": "a", "cdrom": {"bus": "sata"}})
    assert (disk.device, disk.readonly, disk.discard) == ("cdrom", True, None)
    (disk,) = disks({"name": "a", "cdrom": {"bus": "sata", "readonly": False, "tray": "open"}})
    assert (disk.readonly, disk.tray_open) == (False, True)
    plan = plan_of({"devices.disks": [{"name": "none", "cdrom": {"bus": "sata"}}], "spec.volumes": []})
    assert plan.devices.disks[0].source is None
    assert '<disk type="file" device="cdrom"><driver name="qemu" error_policy="stop"/><target' in kvnode.render(plan)


def test_a_drive_on_usb_has_a_disc():
    with pytest.raises(InvalidManifest, match="on usb can't be empty: use sata or scsi") as error:
        plan_of({"devices.disks": [{"name": "none", "cdrom": {"bus": "usb"}}], "spec.volumes": []})
    assert [one.field for one in error.value.errors] == ["spec.domain.devices.disks[0].cdrom.bus"]
    plan = plan_of({"devices.disks": [{"name": "none", "cdrom": {"bus": "scsi"}}], "spec.volumes": []})
    assert plan.devices.disks[0].source is None


@pytest.mark.parametrize(
    ("source", "facts", "said"),
    [
        ({"persistentVolumeClaim": {"claimName": "c"}}, {"a": {"mode": "Filesystem"}}, "volumeMode is Block"),
        ({"dataVolume": {"name": "c"}}, {"a": {"mode": "Filesystem"}}, "the claim of volume 'a' holds a file system"),
        ({"containerDisk": {"image": "localhost/kvnode/tiny"}}, {}, "volume 'a' is a file"),
    ],
)
def test_a_lun_is_on_a_device(source, facts, said):
    changes = {"devices.disks": [{"name": "a", "lun": {"bus": "scsi"}}], "spec.volumes": [{"name": "a", **source}]}
    with pytest.raises(InvalidManifest) as error:
        plan_of(changes, {**EMULATING, "volumes": facts})
    assert [one.field for one in error.value.errors] == ["spec.domain.devices.disks[0].lun"]
    assert said in str(error.value)


@pytest.mark.parametrize("lun", [{}, {"bus": "sata"}, {"bus": "usb"}])
def test_a_lun_is_on_a_bus_that_carries_scsi(lun):
    changes = {"devices.disks": [{"name": "a", "lun": lun}]}
    changes["spec.volumes"] = [{"name": "a", "persistentVolumeClaim": {"claimName": "c"}}]
    with pytest.raises(InvalidManifest, match="carries none: name scsi") as error:
        plan_of(changes)
    assert [one.field for one in error.value.errors] == ["spec.domain.devices.disks[0].lun.bus"]


def test_a_lun_that_nobody_has_looked_at_is_taken_for_a_device():
    (disk,) = disks({"name": "a", "lun": {"bus": "scsi"}})
    assert (disk.device, disk.source) == ("lun", "block")


def test_what_a_disk_asks_for_is_in_the_xml():
    block_size = {"custom": {"logical": 512, "physical": 4096, "discardGranularity": 65536}}
    face = {
        "name": "a", "disk": {"bus": "virtio", "readonly": True, "pciAddress": "0000:81:01.0"}, "serial": "S 1",
        "bootOrder": 3, "cache": "writethrough", "io": "threads", "errorPolicy": "enospace", "blockSize": block_size,
    }  # fmt: skip
    (disk,) = disks(face)
    plan = plan_of({"devices.disks": [face], "spec.volumes": [{"name": "a", "dataVolume": {"name": "a"}}]})
    assert plan.devices.disks == (disk,)
    xml = kvnode.render(plan)
    for piece in (
        '<driver name="qemu" type="raw" cache="writethrough" error_policy="enospace" io="threads" discard="unmap"/>',
        '<blockio logical_block_size="512" physical_block_size="4096" discard_granularity="65536"/>',
        '<readonly/><boot order="3"/><serial>S 1</serial><alias name="ua-a"/>',
        '<address type="pci" bus="129" slot="1" function="0"/>',
    ):
        assert piece in xml


def test_shared_and_native_disks_go_past_the_hosts_cache():
    assert disks({"name": "a", "shareable": True})[0].cache == "none"
    (disk,) = disks({"name": "a", "io": "native"})
    assert (disk.cache, disk.io) == ("none", "native")
    assert disks({"name": "a", "io": "default"})[0].io is None


def test_a_lun_may_reserve():
    (disk,) = disks({"name": "a", "lun": {"bus": "scsi", "reservation": True, "readonly": True}}, a={"mode": "Block"})
    assert (disk.device, disk.readonly) == ("lun", True)
    volumes = [{"name": "a", "persistentVolumeClaim": {"claimName": "a"}}]
    changes = {"devices.disks": [{"name": "a", "lun": {"bus": "scsi", "reservation": True}}], "spec.volumes": volumes}
    xml = kvnode.render(plan_of(changes, HOST | {"volumes": {"a": {"mode": "Block"}}}))
    assert f'<source dev="{ROOT}/0/block"><reservations managed="no"><source type="unix" path="/var/run/' in xml


@pytest.mark.parametrize(
    ("face", "field"),
    [
        ({"disk": {"bus": "ide"}}, "disk.bus"),
        ({"cdrom": {"bus": "virtio"}}, "cdrom.bus"),
        ({"cdrom": {"bus": "sata", "tray": "ajar"}}, "cdrom.tray"),
        ({"disk": {"bus": "virtio", "pciAddress": "0:1.2"}}, "disk.pciAddress"),
        ({"cache": "fast"}, "cache"),
        ({"io": "fast"}, "io"),
        ({"io": "native", "cache": "writeback"}, "io"),
        ({"shareable": True, "cache": "writeback"}, "cache"),
        ({"errorPolicy": "panic"}, "errorPolicy"),
        ({"blockSize": {"custom": {"logical": 500, "physical": 512}}}, "blockSize.custom.logical"),
        ({"blockSize": {"custom": {"logical": 4096, "physical": 512}}}, "blockSize.custom.logical"),
    ],
)
def test_refusals_name_their_field(face, field):
    assert refused({"name": "a", **face}) == [f"spec.domain.devices.disks[0].{field}"]


def test_a_shared_disk_is_raw():
    assert refused({"name": "a", "shareable": True}, a={"format": "qcow2"}) == [
        "spec.domain.devices.disks[0].shareable"
    ]


def test_a_disk_without_a_volume_and_a_volume_that_is_no_disk():
    with pytest.raises(InvalidManifest) as error:
        plan_of({"devices.disks": [{"name": "gone", "disk": {}}]})
    assert error.value.errors[0].field == "spec.domain.devices.disks[0].name"
    volumes = [{"name": "system", "memoryDump": {"claimName": "a"}}]
    with pytest.raises(InvalidManifest) as error:
        plan_of({"spec.volumes": volumes})
    assert error.value.errors[0].field == "spec.volumes[0].memoryDump"


def threads_of(policy, faces, vcpus=2, pool=None):
    volumes = [{"name": face["name"], "persistentVolumeClaim": {"claimName": face["name"]}} for face in faces]
    changes = {
        "devices.disks": faces, "spec.volumes": volumes, "ioThreadsPolicy": policy, "ioThreads": pool,
        "cpu": {"cores": vcpus},
    }  # fmt: skip
    plan = plan_of(changes)
    return plan.iothreads, [disk.iothreads for disk in plan.devices.disks]


def virtio(*names, **more):
    return [{"name": name, "disk": {"bus": "virtio"}, **more} for name in names]


def test_iothreads_are_dealt_out():
    assert threads_of(None, virtio(*"ab")) == (0, [(), ()])
    assert threads_of("shared", virtio(*"ab")) == (1, [(1,), (1,)])
    faces = virtio("a", dedicatedIOThread=True) + virtio(*"bcdef")
    assert threads_of("auto", faces) == (4, [(4,), (1,), (2,), (3,), (1,), (2,)])
    assert threads_of(None, virtio("a", dedicatedIOThread=True) + virtio("b")) == (2, [(2,), (1,)])
    faces = [*virtio("a"), {"name": "b", "disk": {"bus": "sata"}}]
    assert threads_of("auto", faces) == (2, [(1,), ()])
    assert threads_of("supplementalPool", virtio("a"), pool={"supplementalPoolThreadCount": 3}) == (3, [(1, 2, 3)])


@pytest.mark.parametrize(
    ("policy", "pool"),
    [("some", None), ("supplementalPool", None), ("supplementalPool", {"supplementalPoolThreadCount": 9999})],
)
def test_iothread_policies_that_are_none(policy, pool):
    with pytest.raises(InvalidManifest):
        threads_of(policy, virtio("a"), pool=pool)


def test_a_pool_for_one_disk_takes_a_newer_libvirt():
    changes = {"ioThreadsPolicy": "supplementalPool", "ioThreads": {"supplementalPoolThreadCount": 2}}
    with pytest.raises(HostError, match=r"takes libvirt 10\.0\.0, and this node has 9\.0\.0"):
        plan_of(changes, HOST | {"libvirt": 9_000_000})
    with pytest.raises(HostError, match=r"takes QEMU 9\.0\.0, and this node has 8\.2\.1"):
        plan_of(changes, HOST | {"libvirt": 11_000_000, "qemu": 8_002_001})
    assert plan_of(changes, HOST | {"libvirt": 11_000_000, "qemu": 9_000_000}).iothreads == 2


def test_queues_of_a_disk_are_the_vcpus():
    plan = plan_of({"devices.blockMultiQueue": True, "cpu": {"cores": 3}})
    assert plan.devices.disks[0].queues == 3


BLOCKS = {"logical_block_bytes": 512, "physical_block_bytes": 4096, "discard_granularity_bytes": 65536}


def matching(bus="virtio", match=None, facts=None, **host):
    """The block sizes of a disk that asks for its volume's."""
    face = {"name": "a", "disk": {"bus": bus}, "blockSize": {"matchVolume": match or {}}}
    volumes = [{"name": "a", "persistentVolumeClaim": {"claimName": "a"}}]
    plan = plan_of({"devices.disks": [face], "spec.volumes": volumes}, {**HOST, "volumes": {"a": facts or {}}, **host})
    return plan.devices.disks[0].blockio


@pytest.mark.parametrize(
    ("bus", "facts", "expected"),
    [
        ("virtio", BLOCKS, BlockIo(512, 4096, 65536)),
        ("scsi", {"mode": "Block", **BLOCKS}, BlockIo(512, 4096, 65536)),
        ("sata", {"logical_block_bytes": 4096, "physical_block_bytes": 4096}, BlockIo(512, 4096)),
        ("virtio", {"logical_block_bytes": 4096}, BlockIo(4096, 4096)),
        ("virtio", {}, BlockIo(4096, 4096)),
        ("virtio", {"mode": "Block"}, BlockIo(512, 512)),
        ("virtio", {"mode": "Block", "physical_block_bytes": 1 << 20}, BlockIo(512, 1 << 20)),
        ("virtio", {"physical_block_bytes": 512, "discard_granularity_bytes": 512}, BlockIo(512, 512, 512)),
        ("virtio", {"discard_granularity_bytes": 512}, BlockIo(4096, 4096)),
        ("virtio", {**BLOCKS, "discard_granularity_bytes": 0}, BlockIo(512, 4096)),
    ],
)
def test_a_disk_may_have_its_volumes_blocks(bus, facts, expected):
    assert matching(bus, facts=facts) == expected


def test_a_libvirt_that_knows_no_discard_granularity_is_told_none():
    assert matching(facts=BLOCKS, libvirt=9_000_000) == BlockIo(512, 4096)
    assert matching(facts=BLOCKS, libvirt=11_003_000) == BlockIo(512, 4096, 65536)


def test_a_disk_that_does_not_ask_has_the_usual_blocks():
    assert matching(match={"enabled": False}, facts=BLOCKS) is None
    (disk,) = disks({"name": "a", "disk": {"bus": "virtio"}}, a=BLOCKS)
    assert disk.blockio is None


def test_an_empty_drive_has_no_blocks_to_match():
    face = {"name": "a", "cdrom": {"bus": "sata"}, "blockSize": {"matchVolume": {}}}
    (drive,) = plan_of({"devices.disks": [face], "spec.volumes": []}).devices.disks
    assert drive.blockio is None
