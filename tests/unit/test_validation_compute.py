"""Processors, memory, firmware, features: each rule refuses what it should at the field where it is, and no more."""

import pytest

import kvnode
from tests.manifests import DEVICES, DOMAIN, GONE, findings, gates, shut
from tests.plans import manifest

CPU, MEMORY, FIRMWARE, FEATURES = (f"{DOMAIN}.{name}" for name in ("cpu", "memory", "firmware", "features"))
REQUESTS, LIMITS = f"{DOMAIN}.resources.requests", f"{DOMAIN}.resources.limits"
EFI = {"bootloader": {"efi": {"secureBoot": False}}}


def test_a_sound_manifest_has_no_findings():
    assert findings() == {}


REFUSED = [
    ({f"{CPU}.sockets": 4294967295}, f"{CPU}.sockets", "Invalid"),
    ({f"{CPU}": {"sockets": 64, "cores": 65, "threads": 1}}, f"{CPU}.cores", "Invalid"),
    ({f"{CPU}": {"sockets": 2, "maxSockets": 1}}, f"{CPU}.sockets", "Invalid"),
    ({f"{CPU}": {"sockets": 1, "cores": 2, "maxSockets": 4096}}, f"{CPU}.maxSockets", "Invalid"),
    ({f"{CPU}.model": "host'model"}, f"{CPU}.model", "Invalid"),
    ({f"{CPU}.model": "x" * 65}, f"{CPU}.model", "Invalid"),
    ({f"{CPU}.features": [{"name": "vmx", "policy": "maybe"}]}, f"{CPU}.features[0].policy", "NotSupported"),
    ({f"{CPU}.features": [{"name": "vmx"}, {"name": "vmx"}]}, f"{CPU}.features[1].name", "Duplicate"),
    ({f"{CPU}.features": [{"name": "v mx"}]}, f"{CPU}.features[0].name", "Invalid"),
    ({f"{CPU}.isolateEmulatorThread": True}, f"{CPU}.isolateEmulatorThread", "Invalid"),
    (
        {f"{CPU}.numa": {"guestMappingPassthrough": {}}, f"{MEMORY}.hugepages": {"pageSize": "2Mi"}},
        f"{CPU}.numa.guestMappingPassthrough",
        "Invalid",
    ),
    (
        {f"{CPU}": {"dedicatedCpuPlacement": True, "numa": {"guestMappingPassthrough": {}}}},
        f"{CPU}.numa.guestMappingPassthrough",
        "Invalid",
    ),
    ({f"{CPU}.realtime": {}}, f"{CPU}.dedicatedCpuPlacement", "Required"),
    ({f"{CPU}.realtime": {"mask": "a-b"}}, f"{CPU}.realtime.mask", "Invalid"),
    ({REQUESTS: {"cpu": "-200m"}}, f"{REQUESTS}.cpu", "Invalid"),
    ({LIMITS: {"cpu": "-3"}}, f"{LIMITS}.cpu", "Invalid"),
    ({REQUESTS: {"cpu": "2500m"}, LIMITS: {"cpu": "500m"}}, f"{REQUESTS}.cpu", "Invalid"),
    ({REQUESTS: {"cpu": "two"}}, f"{REQUESTS}.cpu", "Invalid"),
    ({REQUESTS: {"example.com/fpga": "x"}}, f"{REQUESTS}[example.com/fpga]", "Invalid"),
    ({f"{MEMORY}.guest": "1e999999999"}, f"{MEMORY}.guest", "Invalid"),
    ({f"{MEMORY}.guest": "512"}, f"{MEMORY}.guest", "Invalid"),
    ({f"{MEMORY}.guest": "0"}, f"{MEMORY}.guest", "Invalid"),
    ({f"{MEMORY}.guest": "-64Mi"}, f"{MEMORY}.guest", "Invalid"),
    ({f"{MEMORY}.guest": "5Pi"}, f"{MEMORY}.guest", "Invalid"),
    ({f"{MEMORY}.maxGuest": "lots"}, f"{MEMORY}.maxGuest", "Invalid"),
    ({MEMORY: GONE}, f"{MEMORY}.guest", "Required"),
    ({LIMITS: {"memory": "64Mi"}}, f"{MEMORY}.guest", "Invalid"),
    ({REQUESTS: {"memory": "64m"}}, f"{REQUESTS}.memory", "Invalid"),
    ({REQUESTS: {"memory": "2Gi"}, LIMITS: {"memory": "1Gi"}}, f"{REQUESTS}.memory", "Invalid"),
    ({f"{MEMORY}.hugepages": {}}, f"{MEMORY}.hugepages.pageSize", "Required"),
    ({f"{MEMORY}.hugepages": {"pageSize": "2ab"}}, f"{MEMORY}.hugepages.pageSize", "Invalid"),
    ({f"{MEMORY}.hugepages": {"pageSize": "0"}}, f"{MEMORY}.hugepages.pageSize", "Invalid"),
    ({f"{MEMORY}.hugepages": {"pageSize": "-2Mi"}}, f"{MEMORY}.hugepages.pageSize", "Invalid"),
    ({f"{MEMORY}.hugepages": {"pageSize": "2Gi"}}, f"{REQUESTS}.memory", "Invalid"),
    ({MEMORY: {"guest": "1025Mi", "hugepages": {"pageSize": "2Mi"}}}, f"{REQUESTS}.memory", "Invalid"),
    ({f"{MEMORY}.reservedOverhead": {"addedOverhead": "1Mi"}}, f"{MEMORY}.reservedOverhead", "Invalid"),
    ({"spec.architecture": "riscv64"}, "spec.architecture", "Invalid"),
    ({f"{DOMAIN}.machine.type": "pc-i440fx-3.0"}, f"{DOMAIN}.machine.type", "Invalid"),
    ({f"{DOMAIN}.machine.type": "q35'/><x"}, f"{DOMAIN}.machine.type", "Invalid"),
    ({f"{DOMAIN}.machine.type": "q35\n"}, f"{DOMAIN}.machine.type", "Invalid"),
    ({"spec.architecture": "arm64", f"{DOMAIN}.machine.type": "q35"}, f"{DOMAIN}.machine.type", "Invalid"),
    ({f"{FIRMWARE}.uuid": "not-a-uuid"}, f"{FIRMWARE}.uuid", "Invalid"),
    ({f"{FIRMWARE}.serial": "a b"}, f"{FIRMWARE}.serial", "Invalid"),
    ({f"{FIRMWARE}.serial": "a" * 257}, f"{FIRMWARE}.serial", "Invalid"),
    ({f"{FIRMWARE}.bootloader": {"efi": {"secureBoot": False}, "bios": {}}}, f"{FIRMWARE}.bootloader", "Invalid"),
    ({f"{FIRMWARE}.bootloader": {"efi": {}}}, DOMAIN, "Invalid"),
    (
        {f"{FIRMWARE}.bootloader": {"efi": {}}, f"{FEATURES}.smm": {"enabled": False}},
        f"{FEATURES}.smm",
        "Invalid",
    ),
    ({f"{FIRMWARE}.kernelBoot": {"kernelArgs": "quiet"}}, f"{FIRMWARE}.kernelBoot.kernelArgs", "Invalid"),
    ({f"{FIRMWARE}.kernelBoot": {"container": {}}}, f"{FIRMWARE}.kernelBoot.container", "Required"),
    (
        {f"{FIRMWARE}.kernelBoot": {"container": {"image": "k", "kernelPath": "boot/vmlinuz"}}},
        f"{FIRMWARE}.kernelBoot.container.kernelPath",
        "Invalid",
    ),
    (
        {f"{FIRMWARE}.kernelBoot": {"container": {"image": "k", "kernelPath": "/k"}, "kernelArgs": "a\nb"}},
        f"{FIRMWARE}.kernelBoot.kernelArgs",
        "Invalid",
    ),
    ({f"{FIRMWARE}.acpi": {}}, f"{FIRMWARE}.acpi", "Invalid"),
    ({f"{FIRMWARE}.acpi": {"slicNameRef": "none"}}, f"{FIRMWARE}.acpi.slicNameRef", "Invalid"),
    ({f"{FIRMWARE}.acpi": {"msdmNameRef": "root"}}, f"{FIRMWARE}.acpi.msdmNameRef", "Invalid"),
    ({f"{DOMAIN}.chassis": {"sku": "a\nb"}}, f"{DOMAIN}.chassis.sku", "Invalid"),
    (
        {f"{FEATURES}.hyperv": {"ipi": {}, "vpindex": {"enabled": False}}},
        f"{FEATURES}.hyperv.ipi",
        "Invalid",
    ),
    ({f"{FEATURES}": {"hyperv": {}, "hypervPassthrough": {}}}, f"{FEATURES}.hyperv", "Invalid"),
    (
        {f"{FEATURES}.hyperv": {"spinlocks": {"spinlocks": 1000}}},
        f"{FEATURES}.hyperv.spinlocks.spinlocks",
        "Invalid",
    ),
    (
        {f"{FEATURES}.hyperv": {"vendorid": {"vendorid": "thirteen-long"}}},
        f"{FEATURES}.hyperv.vendorid.vendorid",
        "Invalid",
    ),
    ({f"{DOMAIN}.clock": {"utc": {}, "timezone": "Europe/Vienna"}}, f"{DOMAIN}.clock", "Invalid"),
    ({f"{DOMAIN}.clock": {"timezone": "../../etc/passwd"}}, f"{DOMAIN}.clock.timezone", "Invalid"),
    (
        {f"{DOMAIN}.clock": {"timer": {"rtc": {"tickPolicy": "merge"}}}},
        f"{DOMAIN}.clock.timer.rtc.tickPolicy",
        "NotSupported",
    ),
    ({f"{DOMAIN}.clock": {"timer": {"rtc": {"track": "sun"}}}}, f"{DOMAIN}.clock.timer.rtc.track", "NotSupported"),
    ({f"{DOMAIN}.launchSecurity": {}}, f"{DOMAIN}.launchSecurity", "Invalid"),
    ({f"{DOMAIN}.launchSecurity": {"sev": {}, "snp": {}}}, f"{DOMAIN}.launchSecurity", "Invalid"),
    ({f"{DOMAIN}.launchSecurity": {"sev": {}}}, f"{DOMAIN}.launchSecurity.sev", "Invalid"),
    ({f"{DOMAIN}.launchSecurity": {"tdx": {}}, FIRMWARE: EFI}, f"{DOMAIN}.launchSecurity.tdx", "Invalid"),
    (
        {f"{DOMAIN}.launchSecurity": {"sev": {"attestation": {}}}, FIRMWARE: EFI},
        f"{DOMAIN}.launchSecurity.sev",
        "Invalid",
    ),
    (
        {f"{DOMAIN}.launchSecurity": {"sev": {"session": "?"}}, FIRMWARE: EFI},
        f"{DOMAIN}.launchSecurity.sev.session",
        "Invalid",
    ),
    (
        {f"{DOMAIN}.launchSecurity": {"sev": {}}, FIRMWARE: EFI, f"{DEVICES}.interfaces.0.bootOrder": 1},
        f"{DOMAIN}.launchSecurity.sev",
        "Invalid",
    ),
    ({f"{DOMAIN}.ioThreadsPolicy": "many"}, f"{DOMAIN}.ioThreadsPolicy", "Invalid"),
    (
        {f"{DOMAIN}.ioThreadsPolicy": "supplementalPool"},
        f"{DOMAIN}.ioThreads.supplementalPoolThreadCount",
        "Invalid",
    ),
    (
        {f"{DOMAIN}.ioThreadsPolicy": "auto", f"{DOMAIN}.ioThreads": {"supplementalPoolThreadCount": 2}},
        f"{DOMAIN}.ioThreads.supplementalPoolThreadCount",
        "Invalid",
    ),
]


@pytest.mark.parametrize(("changes", "field", "reason"), REFUSED)
def test_refused(changes, field, reason):
    assert findings(changes).get(field) == [reason]


ACCEPTED = [
    ({f"{CPU}": {"sockets": 16, "cores": 64, "threads": 4, "maxSockets": 16}}, None),
    ({f"{CPU}.model": "Skylake-Server-noTSX-IBRS"}, None),
    ({f"{CPU}.features": [{"name": "sse4.1", "policy": "optional"}, {"name": "vmx"}]}, None),
    ({f"{CPU}.dedicatedCpuPlacement": True, REQUESTS: {"cpu": "2"}}, None),
    ({MEMORY: {"guest": "1Gi", "maxGuest": "512Mi"}}, None),
    ({MEMORY: {"guest": "8Mi"}}, None),
    ({MEMORY: {"hugepages": {"pageSize": "1Gi"}}}, None),
    ({f"{MEMORY}.reservedOverhead": {"addedOverhead": "1Mi"}}, gates("ReservedOverheadMemlock")),
    ({f"{DOMAIN}.machine.type": "pc-q35-7.2"}, None),
    ({f"{DOMAIN}.machine.type": "pc"}, {"architectureConfiguration": {"amd64": {"emulatedMachines": ["pc"]}}}),
    ({f"{FIRMWARE}.uuid": "5d307ca9b3ef428c886106e72d69f223"}, None),
    ({f"{FIRMWARE}.serial": "A-b_c.1+2"}, None),
    ({f"{FIRMWARE}.bootloader": {"efi": {}}, f"{FEATURES}.smm": {}}, None),
    ({f"{FIRMWARE}.bootloader": {"bios": {"useSerial": True}}}, None),
    ({f"{DOMAIN}.chassis": {"manufacturer": 'It\'s <ours> & "theirs"', "asset": "ü"}}, None),
    ({f"{FEATURES}.hyperv": {"synictimer": {}, "tlbflush": {}, "evmcs": {}}}, None),
    ({f"{FEATURES}": {"hyperv": {"relaxed": {}}, "hypervPassthrough": {"enabled": False}}}, None),
    ({f"{DOMAIN}.clock": {"timezone": "America/Argentina/Buenos_Aires"}}, None),
    ({f"{DOMAIN}.launchSecurity": {"sev": {}}, FIRMWARE: EFI}, None),
    ({f"{DOMAIN}.launchSecurity": {"tdx": {}}, FIRMWARE: EFI}, gates("WorkloadEncryptionTDX")),
    (
        {f"{DOMAIN}.launchSecurity": {"tdx": {}}, FIRMWARE: {"bootloader": {"efi": {"secureBoot": True}}}},
        gates("WorkloadEncryptionTDX"),
    ),
    (
        {f"{DOMAIN}.ioThreadsPolicy": "supplementalPool", f"{DOMAIN}.ioThreads": {"supplementalPoolThreadCount": 2}},
        None,
    ),
]


@pytest.mark.parametrize(("changes", "config"), ACCEPTED)
def test_accepted(changes, config):
    assert findings(changes, config) == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (
            {f"{CPU}": {"dedicatedCpuPlacement": True, "cores": 4}, REQUESTS: {"cpu": "2"}},
            f"{CPU}.dedicatedCpuPlacement",
        ),
        (
            {f"{CPU}.dedicatedCpuPlacement": True, REQUESTS: {"cpu": "2"}, LIMITS: {"cpu": "4"}},
            f"{CPU}.dedicatedCpuPlacement",
        ),
        ({f"{CPU}": {"dedicatedCpuPlacement": True, "threads": 3}}, f"{CPU}.dedicatedCpuPlacement"),
        ({f"{CPU}.dedicatedCpuPlacement": True, REQUESTS: {"cpu": "1500m"}}, f"{REQUESTS}.cpu"),
        (
            {
                f"{CPU}.dedicatedCpuPlacement": True,
                REQUESTS: {"memory": "1Gi"},
                LIMITS: {"memory": "2Gi"},
            },
            f"{REQUESTS}.memory",
        ),
        (
            {"spec.architecture": "arm64", f"{CPU}": {"dedicatedCpuPlacement": True, "threads": 2}},
            "spec.architecture",
        ),
    ],
)
def test_cpus_of_its_own_are_whole_ones(changes, field):
    assert field in findings(changes)


def test_arm64_has_no_bios_and_no_secure_boot():
    found = findings({"spec.architecture": "arm64", f"{FIRMWARE}.bootloader": {"bios": {}}})
    assert found[f"{FIRMWARE}.bootloader.bios"] == ["NotSupported"]
    found = findings({"spec.architecture": "arm64", f"{FIRMWARE}.bootloader": {"efi": {}}})
    assert found[f"{FIRMWARE}.bootloader.efi.secureBoot"] == ["NotSupported"]


@pytest.mark.parametrize("model", ["cortex-a72", "host-model"])
def test_arm64_has_the_hosts_cpu(model):
    changes = {"spec.architecture": "arm64", f"{DEVICES}.disks.2.cdrom.bus": "scsi"}
    assert findings({**changes, f"{CPU}.model": model}) == {f"{CPU}.model": ["NotSupported"]}
    assert findings({**changes, f"{CPU}.model": "host-passthrough"}) == {}


@pytest.mark.parametrize(
    ("overhead", "field"),
    [({"memLock": "Perhaps"}, "memLock"), ({"addedOverhead": "5Pi"}, "addedOverhead"), ({"memLock": "Required"}, None)],
)
def test_reserved_memory_is_some_and_locked_or_not(overhead, field):
    found = findings({f"{MEMORY}.reservedOverhead": overhead}, gates("ReservedOverheadMemlock"))
    assert list(found) == ([f"{MEMORY}.reservedOverhead.{field}"] if field else [])


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("ephemeral-storage", True),
        ("hugepages-2Mi", True),
        ("example.org/gpu", True),
        ("gpu", False),
        ("../x", False),
        ("a b", False),
        ("", False),
    ],
)
def test_a_pod_asks_for_what_kubernetes_or_somebody_offers(name, sound):
    found = findings({REQUESTS: {"memory": "1Gi", name: "1"}})
    assert list(found.values()) == ([] if sound else [["Invalid"]])


def test_a_gate_that_is_shut_refuses_encryption():
    found = findings({f"{DOMAIN}.launchSecurity": {"sev": {}}, FIRMWARE: EFI}, shut("WorkloadEncryptionSEV"))
    assert found == {f"{DOMAIN}.launchSecurity.sev": ["Invalid"]}


def test_a_broken_quantity_is_one_finding():
    assert findings({f"{MEMORY}": {"guest": "2q", "hugepages": {"pageSize": "2Mi"}}}) == {
        f"{MEMORY}.guest": ["Invalid"]
    }


@pytest.mark.parametrize(("enabled", "sound"), [({}, False), ({"enabled": True}, False), ({"enabled": False}, True)])
def test_spinlocks_are_on_unless_they_are_off_also_before_defaults(enabled, sound):
    """As the plan takes them."""
    hyperv = {"spinlocks": {"spinlocks": 1000, **enabled}}
    found = kvnode.validate(kvnode.load(manifest({"features": {"hyperv": hyperv}})))
    assert [error.field for error in found] == ([] if sound else [f"{FEATURES}.hyperv.spinlocks.spinlocks"])
