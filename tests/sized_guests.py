"""A guest of the usual size and a large one, for budgets and benchmarks: both sound, and ordinary for their size.

``typical`` has three disks, two cards and a cloud-init seed; ``heavy`` has 32 pinned vCPUs on two cells, pages of
1 GiB, sixteen disks and volumes and eight cards, and is some 7 KB of JSON once it is defaulted.
"""

from __future__ import annotations

from typing import Any

TYPICAL: dict[str, Any] = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachineInstance",
    "metadata": {"name": "typical", "namespace": "default", "labels": {"app.kubernetes.io/name": "web"}},
    "spec": {
        "domain": {
            "cpu": {"cores": 4},
            "memory": {"guest": "8Gi"},
            "devices": {
                "rng": {},
                "disks": [
                    {"name": "root", "disk": {"bus": "virtio"}, "bootOrder": 1},
                    {"name": "data", "disk": {"bus": "virtio"}, "serial": "DATA", "cache": "none"},
                    {"name": "seed", "cdrom": {"bus": "sata"}},
                ],
                "interfaces": [
                    {"name": "default", "masquerade": {}, "ports": [{"name": "ssh", "port": 22}]},
                    {"name": "second", "bridge": {}, "macAddress": "52:54:00:12:34:56"},
                ],
            },
        },
        "networks": [{"name": "default", "pod": {}}, {"name": "second", "multus": {"networkName": "second"}}],
        "terminationGracePeriodSeconds": 60,
        "volumes": [
            {"name": "root", "containerDisk": {"image": "registry.example/disks/debian:12"}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "seed", "cloudInitNoCloud": {"userData": "#cloud-config\npassword: linux\n"}},
        ],
    },
}


def _heavy_volume(index: int) -> dict[str, Any]:
    if index == 0:
        return {"containerDisk": {"image": "registry.example:5000/disks/debian:12"}}
    if index == 1:
        return {"cloudInitNoCloud": {"userData": "#cloud-config\npassword: linux\nchpasswd: {expire: false}\n"}}
    if index % 2:
        return {"persistentVolumeClaim": {"claimName": f"claim-{index}"}}
    return {"dataVolume": {"name": f"volume-{index}"}}


HEAVY: dict[str, Any] = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachineInstance",
    "metadata": {
        "name": "heavy",
        "namespace": "default",
        "labels": {"app.kubernetes.io/name": "database", "kubevirt.io/size": "large"},
        "annotations": {"example.com/owner": "storage team"},
    },
    "spec": {
        "domain": {
            "cpu": {
                "sockets": 2,
                "cores": 16,
                "threads": 1,
                "model": "host-passthrough",
                "features": [{"name": "invtsc", "policy": "require"}],
                "dedicatedCpuPlacement": True,
                "isolateEmulatorThread": True,
                "numa": {"guestMappingPassthrough": {}},
            },
            "memory": {"guest": "64Gi", "hugepages": {"pageSize": "1Gi"}},
            "resources": {"requests": {"memory": "64Gi"}, "limits": {"memory": "64Gi"}},
            "ioThreadsPolicy": "auto",
            "features": {"acpi": {}, "smm": {"enabled": True}},
            "firmware": {"bootloader": {"efi": {"secureBoot": False}}, "serial": "rack-4.unit-12"},
            "clock": {
                "utc": {},
                "timer": {
                    "hpet": {"present": False},
                    "pit": {"tickPolicy": "delay"},
                    "rtc": {"tickPolicy": "catchup"},
                },
            },
            "devices": {
                "rng": {},
                "blockMultiQueue": True,
                "networkInterfaceMultiqueue": True,
                "disks": [
                    {
                        "name": f"disk-{index}",
                        "disk": {"bus": "virtio"},
                        "serial": f"SERIAL-{index:04}",
                        "bootOrder": index + 1,
                        "cache": "none",
                        "io": "native",
                        "errorPolicy": "stop",
                        "dedicatedIOThread": True,
                    }
                    for index in range(16)
                ],
                "interfaces": [
                    {
                        "name": f"net-{index}",
                        "model": "virtio",
                        "macAddress": f"52:54:00:12:34:{index:02x}",
                        **({"bridge": {}} if index else {"masquerade": {}, "ports": [{"name": "ssh", "port": 22}]}),
                    }
                    for index in range(8)
                ],
            },
        },
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "guests", "effect": "NoSchedule"}],
        "terminationGracePeriodSeconds": 60,
        "evictionStrategy": "LiveMigrate",
        "networks": [
            {"name": f"net-{index}", "multus": {"networkName": f"default/attachment-{index}"}}
            if index
            else {"name": "net-0", "pod": {}}
            for index in range(8)
        ],
        "volumes": [{"name": f"disk-{index}", **_heavy_volume(index)} for index in range(16)],
    },
}

MANIFESTS = {"typical": TYPICAL, "heavy": HEAVY}
