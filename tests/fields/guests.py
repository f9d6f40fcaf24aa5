"""Guests that set every field of a VirtualMachineInstance: what each one changes of a small sound manifest.

What a field does is measured where it means something: a volume's source needs a disk of its name, a tag a device, a
watchdog its architecture. So there is a guest for each subject, and of it only what it sets itself is tried. All of
them are right (`WRONG` names what can't be), whether or not this build can do what they ask for; fields that keep a
guest from being planned are in guests of their own, or nothing of the others could be measured.
"""

from __future__ import annotations

from typing import Any

from kvnode.api.settings import ALPHA_GATES, typed_configuration
from tests.fields.pods import AFFINITY, POD, PROBES
from tests.manifests import DEVICES, DOMAIN, GONE, gates

UID = "7f3b1d52-9d0a-4b0a-9f55-1f6f2f6f0001"
CONFIG = typed_configuration(
    {
        **gates(*sorted(ALPHA_GATES)),
        "network": {"binding": {"fast": {"domainAttachmentType": "tap"}}},
        "persistentReservationConfiguration": {"enabled": True},
    }
)
"""All gates are open, so that what stands behind one is judged for itself."""

HOST: dict[str, Any] = {
    "cells": [
        {
            "id": 0,
            "memory_bytes": 1 << 40,
            "memory_free_bytes": 1 << 40,
            "cores": [[0], [1], [2], [3]],
            "hugepages": {"2Mi": {"total": 4096, "free": 4096}, "1Gi": {"total": 8, "free": 8}},
        }
    ],
    "links": {
        name: {
            "ifname": ifname,
            "mac": mac,
            "mtu": 1450,
            "addresses": [f"10.244.{number}.17/24"],
            "routes": [{"dst": "default", "gateway": f"10.244.{number}.1"}],
            "resolver": {"nameservers": ["10.96.0.10"], "search": ["works.svc.cluster.local"]},
        }
        for number, (name, ifname, mac) in enumerate(
            [("default", "eth0", "0a:58:0a:f4:00:11"), ("red", "net1", "0a:58:0a:f4:01:11")]
        )
    },
    "pci": {"vendor.example/gpu": ["0000:65:00.0"], "vendor.example/card": ["0000:66:00.0"]},
    "mdev": {"vendor.example/vgpu": ["5d307ca9-b3ef-428c-8861-06e72d69f223"]},
    "claims": {"gpu": {"one": [{"pci": "0000:68:00.0"}]}, "card": {"one": [{"pci": "0000:69:00.0"}]}},
    "efi": {
        purpose: {"code": f"/usr/share/OVMF/{purpose}.fd", "vars": f"/usr/share/OVMF/{purpose}.vars.fd"}
        for purpose in ("plain", "secure_boot")
    },
}
HOST["links"]["fn"] = {"kind": "sriov", "pci": "0000:67:00.1"}
"""A node that has what the guests ask for."""

_NIC = f"{DEVICES}.interfaces.0"
_SECOND_NIC = f"{DEVICES}.interfaces.1"
_SWITCH = {"enabled": True}


def _volume(**source: Any) -> dict[str, Any]:
    """A third volume of this source, on a disk."""
    return {
        f"{DEVICES}.disks.3": {"name": "more", "disk": {"bus": "virtio"}},
        "spec.volumes.3": {"name": "more", **source},
    }


_MACHINE: dict[str, dict[str, Any]] = {
    "sound": {},
    "processors": {
        f"{DOMAIN}.cpu": {
            "sockets": 2,
            "cores": 2,
            "threads": 2,
            "maxSockets": 3,
            "model": "Nehalem",
            "features": [{"name": "aes", "policy": "require"}],
            "dedicatedCpuPlacement": False,
            "isolateEmulatorThread": False,
        },
        f"{DOMAIN}.ioThreadsPolicy": "supplementalPool",
        f"{DOMAIN}.ioThreads": {"supplementalPoolThreadCount": 2},
    },
    "IO threads": {f"{DOMAIN}.ioThreadsPolicy": "auto"},
    "processors of its own": {f"{DOMAIN}.cpu": {"cores": 2, "dedicatedCpuPlacement": True}},
    "an emulator apart": {
        f"{DOMAIN}.cpu": {"cores": 2, "dedicatedCpuPlacement": True, "isolateEmulatorThread": True},
    },
    "cells of the host": {
        f"{DOMAIN}.cpu": {"cores": 2, "dedicatedCpuPlacement": True, "numa": {"guestMappingPassthrough": {}}},
        f"{DOMAIN}.memory": {"guest": "1Gi", "hugepages": {"pageSize": "2Mi"}},
    },
    "processors in real time": {
        f"{DOMAIN}.cpu": {
            "cores": 2,
            "dedicatedCpuPlacement": True,
            "isolateEmulatorThread": True,
            "numa": {"guestMappingPassthrough": {}},
            "realtime": {"mask": "0-1"},
        },
        f"{DOMAIN}.memory": {"guest": "1Gi", "hugepages": {"pageSize": "2Mi"}},
    },
    "memory": {f"{DOMAIN}.memory": {"guest": "1Gi", "maxGuest": "2Gi"}},
    "huge pages": {f"{DOMAIN}.memory": {"guest": "1Gi", "hugepages": {"pageSize": "2Mi"}}},
    "reserved memory": {
        f"{DOMAIN}.memory": {"guest": "1Gi", "reservedOverhead": {"addedOverhead": "64Mi", "memLock": "Required"}}
    },
    "requests": {
        f"{DOMAIN}.cpu": GONE,
        f"{DOMAIN}.memory": GONE,
        f"{DOMAIN}.resources": {
            "requests": {"cpu": "2", "memory": "1Gi"},
            "limits": {"cpu": "4", "memory": "2Gi"},
            "overcommitGuestOverhead": False,
        },
    },
    "requests alone": {
        f"{DOMAIN}.cpu": GONE,
        f"{DOMAIN}.memory": GONE,
        f"{DOMAIN}.resources": {"requests": {"cpu": "2", "memory": "1Gi"}},
    },
    "limits alone": {
        f"{DOMAIN}.cpu": GONE,
        f"{DOMAIN}.memory": GONE,
        f"{DOMAIN}.resources": {"limits": {"cpu": "2", "memory": "1Gi"}},
    },
    "other amounts": {
        f"{DOMAIN}.resources": {"requests": {"ephemeral-storage": "1Gi"}, "limits": {"ephemeral-storage": "2Gi"}}
    },
    "firmware": {
        "spec.architecture": "amd64",
        f"{DOMAIN}.machine": {"type": "pc-q35-7.2"},
        f"{DOMAIN}.rebootPolicy": "Terminate",
        f"{DOMAIN}.chassis": {"manufacturer": "m", "version": "v", "serial": "s", "asset": "a", "sku": "k"},
        f"{DOMAIN}.firmware": {
            "uuid": "5d307ca9-b3ef-428c-8861-06e72d69f223",
            "serial": "s-1",
            "bootloader": {"bios": {"useSerial": True}},
        },
    },
    "UEFI": {
        f"{DOMAIN}.firmware": {"bootloader": {"efi": {"secureBoot": True, "persistent": True}}},
        f"{DOMAIN}.features": {"smm": _SWITCH},
    },
    "a kernel": {
        f"{DOMAIN}.firmware": {
            "kernelBoot": {
                "container": {
                    "image": "registry.example/kernel:1",
                    "imagePullPolicy": "Always",
                    "imagePullSecret": "pull",
                    "kernelPath": "/boot/vmlinuz",
                    "initrdPath": "/boot/initrd",
                },
                "kernelArgs": "console=ttyS0",
            }
        }
    },
    "ACPI tables": {
        **_volume(secret={"secretName": "tables"}),
        f"{DOMAIN}.firmware": {"acpi": {"slicNameRef": "more", "msdmNameRef": "more"}},
    },
    "SEV": {
        f"{DOMAIN}.firmware": {"bootloader": {"efi": {"secureBoot": False}}},
        f"{DOMAIN}.launchSecurity": {
            "sev": {"policy": {"encryptedState": True}, "attestation": {}, "session": "c2Vzc2lvbg==", "dhCert": "ZGg="}
        },
        "spec.startStrategy": "Paused",
    },
    **{
        kind.upper(): {
            f"{DOMAIN}.firmware": {"bootloader": {"efi": {"secureBoot": False}}},
            f"{DOMAIN}.launchSecurity": {kind: {}},
        }
        for kind in ("snp", "tdx")
    },
    "features": {
        f"{DOMAIN}.features": {
            "acpi": _SWITCH,
            "apic": {"enabled": True, "endOfInterrupt": True},
            "kvm": {"hidden": True},
            "pvspinlock": {"enabled": False},
            "smm": _SWITCH,
            "hyperv": {
                **dict.fromkeys(("relaxed", "vapic", "vpindex", "runtime", "synic", "reset", "frequencies"), _SWITCH),
                **dict.fromkeys(("reenlightenment", "ipi", "evmcs"), _SWITCH),
                "spinlocks": {"enabled": True, "spinlocks": 8191},
                "synictimer": {"enabled": True, "direct": _SWITCH},
                "vendorid": {"enabled": True, "vendorid": "mill"},
                "tlbflush": {"enabled": True, "direct": _SWITCH, "extended": _SWITCH},
            },
        }
    },
    **{
        f"Hyper-V: {name}": {f"{DOMAIN}.features": {"hyperv": {name: _SWITCH}}}
        for name in (
            *("relaxed", "vapic", "vpindex", "runtime", "synic", "reset", "frequencies", "reenlightenment", "ipi"),
            *("evmcs", "synictimer", "tlbflush"),
        )
    },
    "few features": {f"{DOMAIN}.features": {"acpi": _SWITCH, "smm": _SWITCH}},
    "all that Hyper-V has": {f"{DOMAIN}.features": {"hypervPassthrough": _SWITCH}},
    "clock": {
        f"{DOMAIN}.clock": {
            "utc": {"offsetSeconds": 60},
            "timer": {
                "hpet": {"present": True, "tickPolicy": "delay"},
                "kvm": {"present": True},
                "pit": {"present": True, "tickPolicy": "delay"},
                "rtc": {"present": True, "tickPolicy": "catchup", "track": "guest"},
                "hyperv": {"present": True},
            },
        }
    },
    "time zone": {f"{DOMAIN}.clock": {"timezone": "Europe/Vienna"}},
}

_ON_DEVICES: dict[str, dict[str, Any]] = {
    "disks": {
        f"{DEVICES}.disks.0": {
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
            "tag": "first",
            "disk": {"bus": "virtio", "pciAddress": "0000:02:00.0", "readonly": True},
        },
        f"{DEVICES}.disks.2": {"name": "seed", "cdrom": {"bus": "scsi", "readonly": True, "tray": "open"}},
    },
    "the volume's blocks": {f"{DEVICES}.disks.0.blockSize": {"matchVolume": _SWITCH}},
    "tracked blocks": {
        f"{DEVICES}.disks.0": {
            "name": "root",
            "changedBlockTracking": True,
            "shareable": True,
            "disk": {"bus": "virtio"},
        }
    },
    "a lun": {
        f"{DEVICES}.disks.3": {"name": "more", "lun": {"bus": "scsi", "readonly": True, "reservation": True}},
        "spec.volumes.3": {"name": "more", "persistentVolumeClaim": {"claimName": "data"}},
    },
    "shared folders": {
        f"{DEVICES}.filesystems": [{"name": "more", "virtiofs": {}}],
        "spec.volumes.3": {"name": "more", "configMap": {"name": "settings"}},
    },
    "switches": {
        f"{DEVICES}.autoattachGraphicsDevice": False,
        f"{DEVICES}.autoattachInputDevice": False,
        f"{DEVICES}.autoattachMemBalloon": False,
        f"{DEVICES}.autoattachSerialConsole": False,
        f"{DEVICES}.autoattachVSOCK": False,
        f"{DEVICES}.blockMultiQueue": True,
        f"{DEVICES}.disableHotplug": True,
        f"{DEVICES}.networkInterfaceMultiqueue": True,
        f"{DEVICES}.useVirtioTransitional": True,
        f"{DOMAIN}.cpu": {"cores": 2, "maxSockets": 2},
    },
    "no network": {
        f"{DEVICES}.interfaces": [],
        "spec.networks": [],
        f"{DEVICES}.autoattachPodInterface": False,
        f"{DEVICES}.logSerialConsole": False,
    },
    "devices": {
        f"{DEVICES}.rng": {},
        f"{DEVICES}.video": {"type": "virtio"},
        f"{DEVICES}.inputs": [{"name": "tablet", "type": "tablet", "bus": "usb"}],
        f"{DEVICES}.panicDevices": [{"model": "isa"}],
        f"{DEVICES}.sound": {"name": "sound", "model": "ac97"},
        f"{DEVICES}.watchdog": {"name": "dog", "i6300esb": {"action": "poweroff"}},
        f"{DEVICES}.tpm": {"enabled": True},
        f"{DEVICES}.downwardMetrics": {},
    },
    "a TPM": {f"{DEVICES}.tpm": {}},
    "a lasting TPM": {f"{DEVICES}.tpm": {"persistent": True}},
    "a viewer's devices": {f"{DEVICES}.clientPassthrough": {}},
    "another architecture": {
        "spec.architecture": "arm64",
        f"{DEVICES}.disks.2": {"name": "seed", "cdrom": {"bus": "scsi"}},
    },
    "another watchdog": {
        "spec.architecture": "s390x",
        f"{DEVICES}.disks.2": {"name": "seed", "cdrom": {"bus": "scsi"}},
        f"{DEVICES}.watchdog": {"name": "dog", "diag288": {"action": "poweroff"}},
    },
    "devices of the host": {
        f"{DEVICES}.autoattachGraphicsDevice": False,
        f"{DEVICES}.gpus": [
            {
                "name": "gpu",
                "deviceName": "vendor.example/vgpu",
                "virtualGPUOptions": {"display": {"enabled": True, "ramFB": _SWITCH}},
                "tag": "screen",
            }
        ],
        f"{DEVICES}.hostDevices": [{"name": "card", "deviceName": "vendor.example/card", "tag": "fast"}],
    },
    "claimed devices": {
        "spec.resourceClaims": [
            {"name": "gpu", "resourceClaimName": "that-gpu"},
            {"name": "card", "resourceClaimTemplateName": "any-card"},
        ],
        f"{DEVICES}.gpus": [{"name": "gpu", "claimName": "gpu", "requestName": "one"}],
        f"{DEVICES}.hostDevices": [{"name": "card", "claimName": "card", "requestName": "one"}],
    },
}

_ON_NETWORKS: dict[str, dict[str, Any]] = {
    "masquerade": {
        "spec.networks.0": {"name": "default", "pod": {"vmNetworkCIDR": "10.11.12.0/24"}},
        _NIC: {
            "name": "default",
            "masquerade": {},
            "model": "e1000e",
            "macAddress": "02:00:5e:10:00:01",
            "ports": [{"name": "web", "port": 80, "protocol": "TCP"}],
            "bootOrder": 2,
            "pciAddress": "0000:01:00.0",
            "acpiIndex": 7,
            "state": "up",
            "tag": "outside",
        },
    },
    "bridge": {
        _NIC: {
            "name": "default",
            "bridge": {},
            "dhcpOptions": {
                "bootFileName": "boot.img",
                "tftpServerName": "boot.example",
                "ntpServers": ["192.0.2.7"],
                "privateOptions": [{"option": 240, "value": "x"}],
            },
        }
    },
    "port ranges": {
        _NIC: {"name": "default", "masquerade": {}, "portRanges": [{"start": 80, "end": 90, "protocol": "TCP"}]}
    },
    "IPv6": {"spec.networks.0": {"name": "default", "pod": {"vmIPv6NetworkCIDR": "fd10:0:2::/120"}}},
    "a further network": {
        _SECOND_NIC: {"name": "red", "bridge": {}},
        "spec.networks.1": {"name": "red", "multus": {"networkName": "red", "default": False}},
    },
    "another first network": {
        _NIC: {"name": "red", "bridge": {}},
        "spec.networks.0": {"name": "red", "multus": {"networkName": "works/red", "default": True}},
    },
    "a function": {
        _SECOND_NIC: {"name": "fn", "sriov": {}},
        "spec.networks.1": {"name": "fn", "multus": {"networkName": "fn"}},
    },
    "passt": {_NIC: {"name": "default", "passtBinding": {}}},
    "a plugin": {_NIC: {"name": "default", "binding": {"name": "fast"}}},
    "a claimed network": {
        "spec.resourceClaims": [{"name": "fn", "resourceClaimName": "that-function"}],
        _SECOND_NIC: {"name": "fn", "sriov": {}},
        "spec.networks.1": {"name": "fn", "resourceClaim": {"claimName": "fn", "requestName": "one"}},
    },
    **{f"removed: {name}": {_NIC: {"name": "default", name: {}}} for name in ("macvtap", "passt", "slirp")},
}

_ON_VOLUMES: dict[str, dict[str, Any]] = {
    "container disk": {
        "spec.volumes.0.containerDisk": {
            "image": "registry.example/disks/debian:12",
            "imagePullPolicy": "Never",
            "imagePullSecret": "pull",
            "path": "/disk/a.qcow2",
        }
    },
    **{
        f"{kind} in {form}": {"spec.volumes.2": {"name": "seed", kind: data}}
        for kind in ("cloudInitNoCloud", "cloudInitConfigDrive")
        for form, data in {
            "text": {"userData": "#!/bin/sh\n", "networkData": "version: 2\n"},
            "base64": {"userDataBase64": "IyEvYmluL3NoCg==", "networkDataBase64": "dmVyc2lvbjogMgo="},
            "Secrets": {"secretRef": {"name": "user"}, "networkDataSecretRef": {"name": "network"}},
        }.items()
    },
    "ephemeral": _volume(ephemeral={"persistentVolumeClaim": {"claimName": "data", "readOnly": True}}),
    "a claim": _volume(persistentVolumeClaim={"claimName": "data", "hotpluggable": True}),
    "a claim to read": _volume(persistentVolumeClaim={"claimName": "data", "readOnly": True}),
    "a DataVolume": _volume(dataVolume={"name": "data", "hotpluggable": True}),
    "a disk of the host": _volume(
        hostDisk={"path": "/data/a.img", "type": "DiskOrCreate", "capacity": "1Gi", "shared": True}
    ),
    "a ConfigMap": _volume(configMap={"name": "settings", "optional": True, "volumeLabel": "cfg"}),
    "a Secret": _volume(secret={"secretName": "keys", "optional": True, "volumeLabel": "keys"}),
    "an account": {**_volume(serviceAccount={"serviceAccountName": "mill"})},
    "facts of the Pod": _volume(
        downwardAPI={
            "fields": [
                {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels", "apiVersion": "v1"}, "mode": 420},
                {
                    "path": "memory",
                    "resourceFieldRef": {"containerName": "compute", "resource": "limits.memory", "divisor": "1Mi"},
                },
            ],
            "volumeLabel": "pod",
        }
    ),
    "metrics": _volume(downwardMetrics={}),
    "a folder of the Pod": {
        f"{DEVICES}.filesystems": [{"name": "more", "virtiofs": {}}],
        "spec.volumes.3": {"name": "more", "containerPath": {"path": "/var/data", "readOnly": True}},
    },
    "an answer file": _volume(sysprep={"secret": {"name": "answers"}}),
    "an answer file in a ConfigMap": _volume(sysprep={"configMap": {"name": "answers"}}),
    "a dump of the memory": {
        "spec.volumes.3": {"name": "more", "memoryDump": {"claimName": "dump", "readOnly": False, "hotpluggable": True}}
    },
    "work beside the guest": {
        "spec.utilityVolumes": [{"name": "work", "claimName": "work", "type": "Backup", "readOnly": True}]
    },
}

GUESTS: dict[str, dict[str, Any]] = {
    **_MACHINE,
    **_ON_DEVICES,
    **_ON_NETWORKS,
    **_ON_VOLUMES,
    **POD,
    **AFFINITY,
    **PROBES,
}
"""What each guest changes, by its name; paths as `tests.manifests` has them."""

WRONG = {f"{DEVICES}.interfaces[0].{name}" for name in ("macvtap", "passt", "slirp")} | {"spec.utilityVolumes"}
"""What no guest may set; it is tried all the same, since it is a field."""
