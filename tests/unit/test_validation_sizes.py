"""Instance types and preferences: what no guest can be made of is refused, by the type's own fields."""

import pytest

from tests.manifests import GONE, gates, shut
from tests.object_manifests import object_findings

SIZE, LIKING = "VirtualMachineInstancetype", "VirtualMachinePreference"
PLAIN_SIZE, PLAIN_LIKING = "VirtualMachineClusterInstancetype", "VirtualMachineClusterPreference"

SIZES = [
    (PLAIN_SIZE, {"spec.cpu.guest": GONE}, "spec.cpu.guest", "Required", "1 or more"),
    (PLAIN_SIZE, {"spec.cpu": GONE}, "spec.cpu.guest", "Required", "how many vCPUs"),
    (PLAIN_SIZE, {"spec.cpu.guest": 4097}, "spec.cpu.guest", "Invalid", "a guest has at most 4096"),
    (PLAIN_SIZE, {"spec.cpu.maxSockets": 0}, "spec.cpu.maxSockets", "Invalid", "0 isn't from 1 to 4096"),
    (PLAIN_SIZE, {"spec.cpu.model": "a b"}, "spec.cpu.model", "Invalid", "is not the name of a CPU model"),
    (
        PLAIN_SIZE,
        {"spec.cpu.isolateEmulatorThread": True},
        "spec.cpu.isolateEmulatorThread",
        "Invalid",
        "takes spec.cpu.dedicatedCPUPlacement: set it to true",
    ),
    (
        PLAIN_SIZE,
        {"spec.cpu.numa": {"guestMappingPassthrough": {}}, "spec.cpu.dedicatedCPUPlacement": True},
        "spec.cpu.numa.guestMappingPassthrough",
        "Invalid",
        "set spec.memory.hugepages.",
    ),
    (SIZE, {"spec.cpu.realtime": {}}, "spec.cpu.numa.guestMappingPassthrough", "Required", "spec.cpu.realtime takes"),
    (PLAIN_SIZE, {"spec.memory": GONE}, "spec.memory.guest", "Required", "such as 1Gi"),
    (PLAIN_SIZE, {"spec.memory.guest": "0"}, "spec.memory.guest", "Required", "such as 1Gi"),
    (PLAIN_SIZE, {"spec.memory.guest": "-1Gi"}, "spec.memory.guest", "Invalid", "'-1Gi' is less than 0"),
    (PLAIN_SIZE, {"spec.memory.guest": "1k"}, "spec.memory.guest", "Invalid", "less than 1M"),
    (
        PLAIN_SIZE,
        {"spec.memory.guest": "9Gi"},
        "spec.memory.guest",
        "Invalid",
        "'9Gi' is more than spec.memory.maxGuest ('8Gi')",
    ),
    (
        PLAIN_SIZE,
        {"spec.memory.overcommitPercent": 101},
        "spec.memory.overcommitPercent",
        "Invalid",
        "101 is no share in percent",
    ),
    (
        SIZE,
        {"spec.memory.overcommitPercent": 10},
        "spec.memory.overcommitPercent",
        "Invalid",
        "drop spec.memory.hugepages",
    ),
    (
        SIZE,
        {"spec.memory.guest": "8.5Gi"},
        "spec.memory.guest",
        "Invalid",
        "is not a multiple of spec.memory.hugepages.pageSize (1Gi)",
    ),
    (SIZE, {"spec.memory.hugepages": {}}, "spec.memory.hugepages.pageSize", "Required", "huge pages have a size"),
    (SIZE, {"spec.gpus.0.deviceName": "a b"}, "spec.gpus[0].deviceName", "Invalid", "'a b' must be 1 to 63"),
    (SIZE, {"spec.gpus.0.name": ""}, "spec.gpus[0].name", "Required", "give it a name"),
    (
        SIZE,
        {"spec.ioThreads": GONE},
        "spec.ioThreads.supplementalPoolThreadCount",
        "Invalid",
        "takes a pool of at least 1 thread",
    ),
    (SIZE, {"spec.ioThreadsPolicy": "many", "spec.ioThreads": GONE}, "spec.ioThreadsPolicy", "Invalid", "'many' is no"),
    (SIZE, {"spec.nodeSelector": {"a": "b c"}}, "spec.nodeSelector[a]", "Invalid", "'b c' must be empty"),
    (SIZE, {"spec.schedulerName": "A"}, "spec.schedulerName", "Invalid", "'A' must be a DNS name"),
    (SIZE, {"spec.annotations": {"a b": ""}}, "spec.annotations[a b]", "Invalid", "the key 'a b' must be 1 to 63"),
    (
        SIZE,
        {"spec.annotations": {"a": "x" * 262_144}},
        "spec.annotations",
        "Invalid",
        "they have 262145 bytes, more than 262144",
    ),
    (
        SIZE,
        {"spec.launchSecurity": {"sev": {}, "snp": {}}},
        "spec.launchSecurity",
        "Invalid",
        "exactly one of sev, snp or tdx; here is sev and snp",
    ),
    (SIZE, {"spec.launchSecurity": {"tdx": {}}}, "spec.launchSecurity.tdx", "Invalid", "WorkloadEncryptionTDX"),
]

LIKINGS = [
    (
        PLAIN_LIKING,
        {"spec.cpu.preferredCPUTopology": "round"},
        "spec.cpu.preferredCPUTopology",
        "NotSupported",
        "it is sockets, cores, threads, spread or any",
    ),
    (
        PLAIN_LIKING,
        {"spec.cpu.spreadOptions": {}},
        "spec.cpu.spreadOptions",
        "Invalid",
        "the topology is preferCores, which spreads nothing",
    ),
    (
        LIKING,
        {"spec.cpu.preferredCPUTopology": GONE},
        "spec.cpu.spreadOptions",
        "Invalid",
        "the topology is sockets if nobody says",
    ),
    (
        LIKING,
        {"spec.cpu.spreadOptions.across": "Rooms"},
        "spec.cpu.spreadOptions.across",
        "NotSupported",
        "it is SocketsCores, SocketsCoresThreads or CoresThreads",
    ),
    (
        LIKING,
        {"spec.cpu.spreadOptions.across": "CoresThreads"},
        "spec.cpu.spreadOptions.ratio",
        "Invalid",
        "4 threads for each core can't be had",
    ),
    (LIKING, {"spec.cpu.spreadOptions.ratio": 0}, "spec.cpu.spreadOptions.ratio", "Invalid", "0 cores make no socket"),
    (
        LIKING,
        {"spec.preferSpreadSocketToCoreRatio": 3},
        "spec.preferSpreadSocketToCoreRatio",
        "Invalid",
        "3 isn't 4, the ratio of spec.cpu.spreadOptions",
    ),
    (
        LIKING,
        {"spec.cpu.preferredCPUFeatures.0.policy": "maybe"},
        "spec.cpu.preferredCPUFeatures[0].policy",
        "NotSupported",
        "'maybe' is no policy",
    ),
    (LIKING, {"spec.devices.preferredDiskBus": "ide"}, "spec.devices.preferredDiskBus", "Invalid", "no IDE bus"),
    (LIKING, {"spec.devices.preferredLunBus": "usb"}, "spec.devices.preferredLunBus", "Invalid", "use scsi"),
    (LIKING, {"spec.devices.preferredCdromBus": "virtio"}, "spec.devices.preferredCdromBus", "Invalid", "use sata"),
    (LIKING, {"spec.devices.preferredDiskCache": "all"}, "spec.devices.preferredDiskCache", None, "'all'"),
    (LIKING, {"spec.devices.preferredDiskIO": "fast"}, "spec.devices.preferredDiskIO", None, "'fast'"),
    (
        LIKING,
        {"spec.devices.preferredDiskBlockSize.custom.logical": 8192},
        "spec.devices.preferredDiskBlockSize.custom.logical",
        "Invalid",
        "more than the physical 4096",
    ),
    (LIKING, {"spec.devices.preferredInputBus": "ps2"}, "spec.devices.preferredInputBus", "Invalid", "'ps2' is no bus"),
    (LIKING, {"spec.devices.preferredInputType": "pen"}, "spec.devices.preferredInputType", "Invalid", "it is tablet"),
    (
        LIKING,
        {"spec.devices.preferredInterfaceModel": "ne3k"},
        "spec.devices.preferredInterfaceModel",
        "NotSupported",
        "'ne3k' is no model",
    ),
    (
        LIKING,
        {"spec.devices.preferredPanicDeviceModel": "red"},
        "spec.devices.preferredPanicDeviceModel",
        "Invalid",
        "it is hyperv, isa or pvpanic",
    ),
    (LIKING, {"spec.devices.preferredSoundModel": "sb16"}, "spec.devices.preferredSoundModel", "Invalid", "'sb16'"),
    (LIKING, {"spec.devices.preferredVideoType": "cga"}, "spec.devices.preferredVideoType", "NotSupported", "'cga'"),
    (
        LIKING,
        {
            "spec.features.preferredHyperv.spinlocks.spinlocks": 10,
            "spec.features.preferredHyperv.spinlocks.enabled": True,
        },
        "spec.features.preferredHyperv.spinlocks.spinlocks",
        "Invalid",
        "10 retries are less than 4095",
    ),
    (
        LIKING,
        {"spec.features.preferredSmm.enabled": False},
        "spec.features.preferredSmm.enabled",
        "Invalid",
        "secure boot takes SMM",
    ),
    (
        LIKING,
        {"spec.clock.preferredClockOffset.timezone": "Europe/Berlin"},
        "spec.clock.preferredClockOffset",
        "Invalid",
        "utc and timezone exclude each other",
    ),
    (
        LIKING,
        {"spec.clock.preferredClockOffset": {"timezone": "a b"}},
        "spec.clock.preferredClockOffset.timezone",
        "Invalid",
        "'a b' is no time zone",
    ),
    (
        LIKING,
        {"spec.clock.preferredTimer.rtc.tickPolicy": "merge"},
        "spec.clock.preferredTimer.rtc.tickPolicy",
        "NotSupported",
        "it is delay or catchup",
    ),
    (
        LIKING,
        {"spec.firmware.preferredUseBios": True},
        "spec.firmware.preferredUseBios",
        "Invalid",
        "drop it, or drop preferredEfi",
    ),
    (
        PLAIN_LIKING,
        {"spec.firmware.preferredUseBiosSerial": True},
        "spec.firmware.preferredUseBiosSerial",
        "Invalid",
        "it takes BIOS",
    ),
    (
        PLAIN_LIKING,
        {"spec.firmware": {"preferredUseSecureBoot": True}},
        "spec.firmware.preferredUseSecureBoot",
        "Invalid",
        "it takes UEFI",
    ),
    (
        LIKING,
        {"spec.machine.preferredMachineType": "pc"},
        "spec.machine.preferredMachineType",
        "Invalid",
        "'pc' is not permitted on amd64",
    ),
    (
        LIKING,
        {"spec.preferredArchitecture": "riscv64", "spec.requirements.architecture": GONE},
        "spec.preferredArchitecture",
        "Invalid",
        "'riscv64' is no architecture",
    ),
    (LIKING, {"spec.preferredSubdomain": "A"}, "spec.preferredSubdomain", "Invalid", "'A' must be a DNS name"),
    (
        LIKING,
        {"spec.preferredTerminationGracePeriodSeconds": -1},
        "spec.preferredTerminationGracePeriodSeconds",
        "Invalid",
        "-1 s is less than 0",
    ),
    (
        LIKING,
        {"spec.preferredLaunchSecurity": {"sev": {"session": "?"}}, "spec.features": GONE},
        "spec.preferredLaunchSecurity.sev.session",
        "Invalid",
        "'?' is not base64",
    ),
    (LIKING, {"spec.requirements.cpu": {}}, "spec.requirements.cpu.guest", "Required", "1 or more"),
    (LIKING, {"spec.requirements.cpu.guest": 5000}, "spec.requirements.cpu.guest", "Invalid", "4096 are the most"),
    (LIKING, {"spec.requirements.memory": {}}, "spec.requirements.memory.guest", "Required", "such as 2Gi"),
    (LIKING, {"spec.requirements.memory.guest": "-1"}, "spec.requirements.memory.guest", "Invalid", "less than 0"),
    (
        LIKING,
        {"spec.requirements.architecture": "arm64"},
        "spec.requirements.architecture",
        "Invalid",
        "arm64 isn't 'amd64', which is spec.preferredArchitecture",
    ),
    (
        LIKING,
        {"spec.requirements.architecture": "vax"},
        "spec.requirements.architecture",
        "NotSupported",
        "it is amd64, arm64 or s390x",
    ),
    (
        LIKING,
        {"spec.volumes.preferredStorageClassName": "A"},
        "spec.volumes.preferredStorageClassName",
        "Invalid",
        "'A' must be a DNS name",
    ),
    (LIKING, {"spec.annotations": {"": ""}}, "spec.annotations[]", "Invalid", "the key '' must be 1 to 63"),
]

TABLE = [*SIZES, *LIKINGS]
CONFIG = {
    "developerConfiguration": {
        "featureGates": ["HostDevices", "WorkloadEncryptionSEV"],
    }
}


@pytest.mark.parametrize(
    ("kind", "changes", "field", "reason", "words"), TABLE, ids=[f"{row[2]} {row[4][:24]}" for row in TABLE]
)
def test_what_is_refused(kind, changes, field, reason, words):
    found = object_findings(kind, changes, CONFIG)
    assert [at for at, _, _ in found] == [field], found
    assert reason in (None, found[0][1])
    assert words in found[0][2]


TAKEN = [
    (SIZE, {"spec.launchSecurity": {"sev": {"attestation": {}, "policy": {"encryptedState": True}}}}),
    (SIZE, {"spec.launchSecurity": {}}),
    (SIZE, {"spec.hostDevices": [{"name": "fpga", "deviceName": "example.com/fpga"}]}),
    (SIZE, {"spec.gpus": [{"name": "gpu", "claimName": "gpus", "requestName": "one"}]}),
    (SIZE, {"spec.cpu.realtime": {"mask": "0-3,^1"}, "spec.cpu.numa": {"guestMappingPassthrough": {}}}),
    (PLAIN_SIZE, {"spec.cpu.guest": 8}),
    (LIKING, {"spec.cpu.spreadOptions": {"across": "CoresThreads"}}),
    (LIKING, {"spec.cpu.spreadOptions": {"ratio": 3}, "spec.preferSpreadSocketToCoreRatio": 3}),
    (LIKING, {"spec.features.preferredSmm.enabled": False, "spec.firmware.preferredEfi.secureBoot": False}),
    (LIKING, {"spec.preferredLaunchSecurity": {"snp": {}}}),
    (PLAIN_LIKING, {"spec.machine.preferredMachineType": "s390-ccw-virtio"}),
    (PLAIN_LIKING, {"spec.machine.preferredMachineType": "virt", "spec.requirements": {"architecture": "arm64"}}),
    (PLAIN_LIKING, {"spec.firmware": {"preferredUseBios": True, "preferredUseBiosSerial": True}}),
    (PLAIN_LIKING, {"spec.cpu": {"preferredCPUTopology": "preferSpread"}, "spec.preferSpreadSocketToCoreRatio": 8}),
]


@pytest.mark.parametrize(("kind", "changes"), TAKEN, ids=[f"{kind} {[*changes]}" for kind, changes in TAKEN])
def test_what_is_taken(kind, changes):
    assert object_findings(kind, changes, CONFIG) == []


def test_sizes_and_likings_are_judged_by_the_configuration_in_force():
    ((field, reason, message),) = object_findings(
        SIZE, {"spec.hostDevices": [{"name": "fpga", "deviceName": "example.com/fpga"}]}, shut("Nothing")
    )
    assert (field, reason) == ("spec.hostDevices", "Invalid")
    assert "the feature gate HostDevices" in message
    machines = {"emulatedMachines": ["pc-q35-9*"]}
    ((field, _, message),) = object_findings(LIKING, None, machines | gates())
    assert field == "spec.machine.preferredMachineType"
    assert "has to match 'pc-q35-9*'" in message
