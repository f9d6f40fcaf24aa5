"""What a manifest is when it says nothing, and that what it says is left alone."""

import msgspec
import pytest

from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.defaults import PCI_TOPOLOGY_ANNOTATION, default
from kvnode.api.identity import firmware_uuid
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.meta import ObjectMeta
from kvnode.errors import InvalidManifest
from tests.manifests import DEVICES, DOMAIN, GONE, vmi


def spec_of(changes=None, config=None):
    return default(vmi(changes), config).spec


def bare(spec=None):
    return msgspec.convert({"metadata": {"name": "mill"}, "spec": spec or {}}, VirtualMachineInstance)


def test_an_empty_manifest_becomes_a_machine():
    spec = default(bare()).spec
    assert spec.architecture == "amd64"
    assert spec.eviction_strategy == "None"
    assert spec.domain.machine.type == "q35"
    assert (spec.domain.cpu.sockets, spec.domain.cpu.cores, spec.domain.cpu.threads) == (1, 1, 1)
    assert spec.domain.cpu.model == "host-model"
    assert spec.domain.features.acpi.enabled is True
    assert [network.name for network in spec.networks] == ["default"]
    assert spec.domain.devices.interfaces[0].bridge is not None


def test_the_manifest_itself_stays_as_it_was():
    before = vmi()
    document = msgspec.json.encode(before)
    default(before)
    assert msgspec.json.encode(before) == document


@pytest.mark.parametrize("arch", ["amd64", "arm64", "s390x"])
@pytest.mark.parametrize("config", [None, {"vmRolloutStrategy": "Stage"}, {"cpuRequest": "500m"}])
def test_a_second_time_changes_nothing(arch, config):
    hyperv = {"synictimer": {"direct": {}}, "evmcs": {}, "spinlocks": {}, "tlbflush": {"extended": {}}}
    once = default(
        vmi(
            {
                "spec.architecture": arch,
                "spec.livenessProbe": {"exec": {"command": ["true"]}},
                f"{DOMAIN}.features": {"hyperv": hyperv, "smm": {}},
                f"{DOMAIN}.clock": {"timer": {"hpet": {}}},
                f"{DEVICES}.watchdog": {"name": "w", "i6300esb": {}},
                f"{DEVICES}.inputs": [{"name": "t"}],
                f"{DEVICES}.disks.3": {"name": "bare"},
            }
        ),
        config,
    )
    assert default(once, config) == once


def test_a_limit_of_cpus_is_requested_and_makes_sockets():
    domain = spec_of({f"{DOMAIN}.cpu": GONE, f"{DOMAIN}.resources.limits": {"cpu": "2500m"}}).domain
    assert domain.resources.requests == {"cpu": "2500m"}
    assert (domain.cpu.sockets, domain.cpu.max_sockets) == (3, 12)


@pytest.mark.parametrize("text", ["-1", "two", "1e99", "0"])
def test_a_strange_request_makes_no_strange_topology(text):
    cpu = spec_of({f"{DOMAIN}.cpu": GONE, f"{DOMAIN}.resources.requests": {"cpu": text}}).domain.cpu
    assert 1 <= cpu.sockets < 2**32


@pytest.mark.parametrize(
    ("memory", "resources", "guest"),
    [
        ({"guest": "2Gi"}, {"requests": {"memory": "1Gi"}}, "2Gi"),
        ({}, {"requests": {"memory": "1Gi"}, "limits": {"memory": "3Gi"}}, "1Gi"),
        ({}, {"limits": {"memory": "3Gi"}}, "3Gi"),
        ({"hugepages": {"pageSize": "2Mi"}}, {}, "2Mi"),
        ({"hugepages": {"pageSize": "two"}}, {}, None),
        ({}, {}, None),
    ],
)
def test_memory_comes_from_what_there_is(memory, resources, guest):
    changes = {f"{DOMAIN}.memory": memory, f"{DOMAIN}.resources": resources}
    assert spec_of(changes).domain.memory.guest == guest


@pytest.mark.parametrize(
    ("changes", "config", "room"),
    [
        ({}, None, "4Gi"),
        ({}, {"liveUpdateConfiguration": {"maxHotplugRatio": 2}}, "2Gi"),
        ({}, {"liveUpdateConfiguration": {"maxGuest": "64Gi"}}, "64Gi"),
        ({}, {"liveUpdateConfiguration": {"maxGuest": "512Mi"}}, None),
        ({}, {"vmRolloutStrategy": "Stage"}, None),
        ({"spec.architecture": "arm64"}, None, None),
        ({f"{DOMAIN}.memory.guest": "1023Mi"}, None, None),
        ({f"{DOMAIN}.memory.guest": "1025Mi"}, None, None),
        ({f"{DOMAIN}.memory.guest": "1Pi"}, None, "4Pi"),
        ({f"{DOMAIN}.memory.guest": "2Pi"}, None, None),
        ({f"{DOMAIN}.memory": {"guest": "2Gi", "hugepages": {"pageSize": "1Gi"}}}, None, "8Gi"),
        ({f"{DOMAIN}.memory": {"guest": "1026Mi", "hugepages": {"pageSize": "1Gi"}}}, None, None),
        ({f"{DOMAIN}.cpu.realtime": {}}, None, None),
        ({f"{DOMAIN}.cpu.numa": {"guestMappingPassthrough": {}}}, None, None),
        ({f"{DOMAIN}.launchSecurity": {"sev": {}}}, None, None),
        ({f"{DOMAIN}.memory.guest": "much"}, None, None),
    ],
)
def test_room_for_more_memory_is_where_memory_can_be_plugged(changes, config, room):
    assert spec_of(changes, config).domain.memory.max_guest == room


@pytest.mark.parametrize(
    ("cpu", "config", "most"),
    [
        ({"sockets": 2, "cores": 4, "threads": 2}, None, 8),
        ({"sockets": 3, "cores": 128, "threads": 2}, None, 3),
        ({"sockets": 1, "cores": 64, "threads": 4}, None, 2),
        ({"cores": 4}, None, None),
        ({"sockets": 2, "maxSockets": 5}, None, 5),
        ({"sockets": 2}, {"liveUpdateConfiguration": {"maxCpuSockets": 6}}, 6),
        ({"sockets": 9}, {"liveUpdateConfiguration": {"maxCpuSockets": 6}}, 9),
        ({"sockets": 2}, {"vmRolloutStrategy": "Stage"}, None),
        ({"sockets": 200}, None, 512),
        ({"sockets": 2000}, None, 2000),
        ({"sockets": 4294967295}, None, 4294967295),
    ],
)
def test_room_for_more_sockets_ends_at_512_vcpus(cpu, config, most):
    assert spec_of({f"{DOMAIN}.cpu": cpu}, config).domain.cpu.max_sockets == most


def test_a_configured_cpu_request_is_for_guests_without_cpus_of_their_own():
    config = {"cpuRequest": "500m"}
    assert spec_of({}, config).domain.resources.requests == {"cpu": "500m"}
    assert spec_of({f"{DOMAIN}.cpu.dedicatedCpuPlacement": True}, config).domain.resources.requests is None
    assert spec_of({}, {"cpuRequest": "0.1"}).domain.resources.requests is None


def test_arm64_boots_by_uefi_from_virtio_with_the_hosts_own_model():
    spec = spec_of({"spec.architecture": "arm64", f"{DEVICES}.disks.0": {"name": "root"}}, {"cpuModel": "Nehalem"})
    assert spec.domain.cpu.model == "host-passthrough"
    assert spec.domain.firmware.bootloader.efi.secure_boot is False
    assert spec.domain.devices.disks[0].disk.bus == "virtio"
    assert spec.domain.machine.type == "virt"
    assert spec.domain.cpu.max_sockets is None


def test_s390x_has_no_acpi_and_a_watchdog_of_its_own():
    domain = spec_of({"spec.architecture": "s390x", f"{DEVICES}.watchdog": {"name": "w"}}).domain
    assert domain.features.acpi.enabled is False
    assert domain.devices.watchdog.diag288.action == "reset"
    assert domain.machine.type == "s390-ccw-virtio"


def test_machine_model_and_architecture_as_configured():
    config = {
        "cpuModel": "Nehalem",
        "evictionStrategy": "LiveMigrate",
        "architectureConfiguration": {"defaultArchitecture": "amd64", "amd64": {"machineType": "pc-q35-5.0"}},
    }
    spec = spec_of({}, config)
    assert (spec.domain.machine.type, spec.domain.cpu.model, spec.eviction_strategy) == (
        "pc-q35-5.0",
        "Nehalem",
        "LiveMigrate",
    )
    assert spec_of({f"{DOMAIN}.machine": {"type": "q35"}}, config).domain.machine.type == "q35"
    assert spec_of({}, msgspec.convert(config, KubeVirtConfiguration)) == spec


def test_a_configuration_of_the_wrong_type_says_so():
    with pytest.raises(InvalidManifest, match="developerConfiguration"):
        default(vmi(), {"developerConfiguration": {"featureGates": "Sidecar"}})
    with pytest.raises(InvalidManifest, match="cpuRequest"):
        default(vmi(), {"cpuRequest": "some"})


def test_every_volume_has_a_disk_and_every_disk_a_bus():
    changes = {
        f"{DEVICES}.disks": [
            {"name": "root"},
            {"name": "seed", "cdrom": {}},
            {"name": "luny", "lun": {}},
        ],
    }
    disks = spec_of(changes).domain.devices.disks
    assert [disk.name for disk in disks] == ["root", "seed", "luny", "scratch"]
    assert (disks[0].disk.bus, disks[1].cdrom.bus, disks[2].lun.bus, disks[3].disk.bus) == ("sata",) * 4
    assert (disks[1].cdrom.readonly, disks[1].cdrom.tray) == (True, "closed")


def test_a_volume_of_a_filesystem_becomes_no_disk():
    changes = {
        f"{DEVICES}.filesystems": [{"name": "shared", "virtiofs": {}}],
        "spec.volumes.3": {"name": "shared", "configMap": {"name": "cm"}},
    }
    assert "shared" not in {disk.name for disk in spec_of(changes).domain.devices.disks}


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("debian", "Always"),
        ("debian:latest", "Always"),
        ("registry.example/debian:12", "IfNotPresent"),
        ("debian@sha256:" + "a" * 64, "IfNotPresent"),
    ],
)
def test_a_tag_that_moves_is_pulled_always(image, policy):
    assert spec_of({"spec.volumes.0.containerDisk.image": image}).volumes[0].container_disk.image_pull_policy == policy
    said = {"spec.volumes.0.containerDisk": {"image": image, "imagePullPolicy": "Never"}}
    assert spec_of(said).volumes[0].container_disk.image_pull_policy == "Never"


@pytest.mark.parametrize(
    ("spec", "config", "binding"),
    [
        ({}, None, "bridge"),
        ({}, {"network": {"defaultNetworkInterface": "masquerade"}}, "masquerade"),
        ({"domain": {"devices": {"autoattachPodInterface": False}}}, None, None),
        ({"networks": [{"name": "n", "pod": {}}]}, None, None),
    ],
)
def test_the_pods_network_is_for_those_who_name_none(spec, config, binding):
    interfaces = default(bare(spec), config).spec.domain.devices.interfaces
    if binding is None:
        assert interfaces == ()
    else:
        assert getattr(interfaces[0], binding) is not None


def test_what_is_present_is_on():
    features = {
        "acpi": {},
        "apic": {},
        "smm": {},
        "pvspinlock": {"enabled": False},
        "hyperv": {"relaxed": {}, "spinlocks": {}, "vapic": {"enabled": False}},
    }
    made = spec_of({f"{DOMAIN}.features": features}).domain.features
    assert (made.acpi.enabled, made.apic.enabled, made.smm.enabled, made.pvspinlock.enabled) == (
        True,
        True,
        True,
        False,
    )
    assert (made.hyperv.relaxed.enabled, made.hyperv.vapic.enabled) == (True, False)
    assert (made.hyperv.spinlocks.enabled, made.hyperv.spinlocks.spinlocks) == (True, 4096)


def test_enlightenments_bring_what_they_need():
    domain = spec_of({f"{DOMAIN}.features": {"hyperv": {"synictimer": {}, "evmcs": {}}}}).domain
    hyperv = domain.features.hyperv
    assert (hyperv.synic.enabled, hyperv.vpindex.enabled, hyperv.vapic.enabled) == (True, True, True)
    assert [(feature.name, feature.policy) for feature in domain.cpu.features] == [("vmx", "require")]


def test_an_enlightenment_that_is_off_stays_off():
    hyperv = spec_of(
        {f"{DOMAIN}.features": {"hyperv": {"ipi": {}, "vpindex": {"enabled": False}}}}
    ).domain.features.hyperv
    assert hyperv.vpindex.enabled is False


def test_nothing_follows_from_an_enlightenment_without_what_it_needs():
    features = {"hyperv": {"evmcs": {}, "vapic": {"enabled": False}, "ipi": {}}}
    domain = spec_of({f"{DOMAIN}.features": features}).domain
    assert domain.features.hyperv.vpindex is None


def test_vmx_replaces_a_feature_of_that_name_in_its_place():
    features = [{"name": "vmx", "policy": "disable"}, {"name": "avx"}]
    domain = spec_of({f"{DOMAIN}.cpu.features": features, f"{DOMAIN}.features": {"hyperv": {"evmcs": {}}}}).domain
    assert [(feature.name, feature.policy) for feature in domain.cpu.features] == [("vmx", "require"), ("avx", None)]


def test_a_named_timer_is_present():
    timer = spec_of(
        {f"{DOMAIN}.clock": {"timer": {"hpet": {"present": False}, "rtc": {"track": "wall"}}}}
    ).domain.clock.timer
    assert (timer.hpet.present, timer.rtc.present, timer.pit) == (False, True, None)


def test_probes_have_kubernetes_own_defaults():
    probe = spec_of({"spec.readinessProbe": {"guestAgentPing": {}, "periodSeconds": 3}}).readiness_probe
    assert (probe.timeout_seconds, probe.period_seconds, probe.success_threshold, probe.failure_threshold) == (
        1,
        3,
        1,
        3,
    )


def test_the_generation_of_the_pci_layout_is_noted_once():
    metadata = default(vmi({"metadata.annotations": {"mine": "kept"}})).metadata
    assert metadata.annotations == {"mine": "kept", PCI_TOPOLOGY_ANNOTATION: "v3"}
    older = default(vmi({"metadata.annotations": {PCI_TOPOLOGY_ANNOTATION: "v2"}})).metadata
    assert older.annotations == {PCI_TOPOLOGY_ANNOTATION: "v2"}
    assert default(vmi({"spec.architecture": "s390x"})).metadata.annotations is None


def test_a_firmware_uuid_is_the_guests_own_and_stays():
    made = [default(vmi(changes)).spec.domain.firmware.uuid for changes in ({}, {}, {"metadata.name": "other"})]
    assert made[0] == made[1] != made[2]
    own = "5d307ca9-b3ef-428c-8861-06e72d69f223"
    assert spec_of({f"{DOMAIN}.firmware": {"uuid": own}}).domain.firmware.uuid == own


def test_a_derived_uuid_is_a_name_based_one():
    uuid = firmware_uuid(ObjectMeta(name="mill", namespace="works"))
    assert uuid[14] == "5"
    assert uuid[19] in "89ab"
    assert uuid != firmware_uuid(ObjectMeta(name="mill", namespace="works", uid="1"))
    assert firmware_uuid(ObjectMeta(name="mill")) == firmware_uuid(ObjectMeta(name="mill", namespace="default"))
