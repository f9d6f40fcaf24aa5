"""Guests of many shapes, as changes of tests.plans.LEAST: libvirt takes each, and a real QEMU starts with it."""

from typing import Any

from kvnode import DomainPlan
from tests.plans import EMULATING, plan_of

ON = {"enabled": True}
FACTS = EMULATING | {"links": {"default": {"ifname": "eth0", "mac": "0a:58:0a:f4:01:11", "mtu": 1450}}}


def on_bus(bus: str) -> dict[str, Any]:
    """Both kinds of disk on one bus, with whatever a disk may ask for."""
    disk = {"name": "system", "disk": {"bus": bus}, "bootOrder": 1, "serial": "S1", "cache": "none", "io": "native"}
    drive = {"name": "seed", "cdrom": {"bus": "sata" if bus == "virtio" else bus, "tray": "open"}}
    return {"devices.disks": [disk, drive], "spec.volumes": VOLUMES}


def with_card(model: str) -> dict[str, Any]:
    """A card of this model, first to boot from."""
    return {"devices.interfaces": [{"name": "default", "bridge": {}, "model": model, "bootOrder": 1}]}


VOLUMES = [
    {"name": "system", "containerDisk": {"image": "localhost/kvnode/tiny"}},
    {"name": "seed", "cloudInitNoCloud": {"userData": "#!/bin/sh\n"}},
]
BLOCKS = {"custom": {"logical": 4096, "physical": 4096}}

SHAPES: dict[str, dict[str, Any]] = {
    "least": {},
    "all that can be left out": {
        "devices.autoattachGraphicsDevice": False,
        "devices.autoattachSerialConsole": False,
        "devices.autoattachMemBalloon": False,
        "devices.disableHotplug": True,
        "devices.interfaces": [],
        "spec.networks": [],
    },
    "room to grow": {
        "cpu": {"sockets": 1, "cores": 2, "threads": 2, "maxSockets": 4},
        "memory": {"guest": "256Mi", "maxGuest": "1Gi"},
    },
    "passthrough in emulation": {"cpu": {"model": "host-passthrough"}},
    "named model": {"cpu": {"model": "qemu64", "features": [{"name": "x2apic", "policy": "disable"}]}},
    "odd bytes": {"memory": {"guest": "150000001"}},
    "clock and features": {
        "features": {"acpi": ON, "apic": ON, "smm": ON, "kvm": {"hidden": True}, "pvspinlock": {"enabled": False}},
        "clock": {
            "utc": {"offsetSeconds": -3600},
            "timer": {
                "hpet": {"present": False},
                "pit": {"tickPolicy": "delay"},
                "rtc": {"tickPolicy": "catchup", "track": "guest"},
                "kvm": {},
                "hyperv": {},
            },
        },
    },
    "zone": {"clock": {"timezone": "Europe/Berlin"}},
    "identity": {
        "firmware": {
            "bootloader": {"bios": {"useSerial": True}},
            "serial": "a b",
            "uuid": "5d307ca9b3ef428c886106e72d69f223",
        },
        "chassis": {"manufacturer": 'm & "co"', "asset": "<a>", "sku": "s"},
    },
    "paused": {"spec.startStrategy": "Paused"},
    "virtio screen": {"devices.video": {"type": "virtio"}},
    "cirrus": {"devices.video": {"type": "cirrus"}},
    "inputs": {
        "devices.inputs": [
            {"name": "u", "type": "tablet", "bus": "usb"},
            {"name": "v", "type": "tablet", "bus": "virtio"},
        ]
    },
    "gadgets": {
        "devices.rng": {},
        "devices.watchdog": {"name": "dog", "i6300esb": {"action": "poweroff"}},
        "devices.sound": {"name": "s"},
        "devices.panicDevices": [{"model": "isa"}],
        "devices.downwardMetrics": {},
    },
    "iothreads and queues": {"ioThreadsPolicy": "auto", "devices.blockMultiQueue": True, "cpu": {"cores": 2}},
    "older virtio": {"devices.useVirtioTransitional": True, "devices.rng": {}},
    "block sizes": {
        "devices.disks": [
            {
                "name": "system",
                "disk": {"bus": "virtio", "readonly": True},
                "blockSize": BLOCKS,
                "errorPolicy": "report",
            },
            {"name": "seed", "disk": {"bus": "virtio"}, "cache": "writethrough", "io": "threads"},
            {"name": "drive", "cdrom": {"bus": "sata"}},
        ],
        "spec.volumes": VOLUMES,
    },
    "disks of all sources": {
        "devices.disks": [{"name": name, "disk": {"bus": "virtio"}} for name in ("system", "seed", "empty", "claim")],
        "spec.volumes": [
            *VOLUMES,
            {"name": "empty", "emptyDisk": {"capacity": "1Gi"}},
            {"name": "claim", "persistentVolumeClaim": {"claimName": "claim"}},
        ],
    },
    "placed": {
        "devices.disks": [{"name": "system", "disk": {"bus": "virtio", "pciAddress": "0000:02:00.0"}}],
        "devices.interfaces": [{"name": "default", "bridge": {}, "pciAddress": "0000:01:00.0", "acpiIndex": 7}],
    },
    "places of every kind": {
        "devices.rng": {},
        "devices.watchdog": {"name": "dog", "i6300esb": {}},
        "devices.sound": {"name": "s", "model": "ac97"},
        "devices.inputs": [{"name": name, "type": "tablet", "bus": "virtio"} for name in ("u", "v")],
        "devices.interfaces": [
            {"name": "default", "bridge": {}, "model": "pcnet", "pciAddress": "0000:00:02.0"},
        ],
        "devices.disks": [{"name": f"d{number}", "disk": {"bus": "virtio"}} for number in range(9)],
        "spec.volumes": [{"name": f"d{number}", "emptyDisk": {"capacity": "1Gi"}} for number in range(9)],
    },
    "one name for all": {
        "devices.interfaces": [{"name": "system", "bridge": {}, "bootOrder": 2}],
        "spec.networks": [{"name": "system", "pod": {}}],
        "devices.inputs": [{"name": "system", "type": "tablet", "bus": "usb"}],
        "devices.watchdog": {"name": "system", "i6300esb": {}},
        "devices.sound": {"name": "system"},
    },
    "cable pulled": {"devices.interfaces": [{"name": "default", "bridge": {}, "state": "down"}]},
    **{f"{bus} bus": on_bus(bus) for bus in ("virtio", "sata", "scsi", "usb")},
    **{f"{model} card": with_card(model) for model in ("e1000", "e1000e", "rtl8139", "ne2k_pci", "pcnet")},
}


def shape_plan(name: str) -> DomainPlan:
    """The plan of a shape, emulated."""
    return plan_of(SHAPES[name], FACTS)
