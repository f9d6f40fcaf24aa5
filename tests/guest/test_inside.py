"""A guest with one of everything says from inside what it sees, next to what its manifest asked for.

Two starts are enough. The second has a disk and a network boot more and other words for its CPU, its card, its clock
and its watchdog; all that the first has is where it was. Each ends by its watchdog, in either way.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.guest.conftest import Guests, wait_for
from tests.guest.seen_inside import SCRIPT, pci_of, seen_inside

MAC = "02:00:00:00:00:07"
UUID = "5d307ca9-b3ef-428c-8861-06e72d69f223"
CLOCK_AHEAD_S = 7200

DISKS: list[dict[str, Any]] = [
    {"name": "other", "disk": {"bus": "virtio"}, "serial": "OTHER", "bootOrder": 3},
    {"name": "system", "disk": {"bus": "virtio"}, "serial": "SYSTEM", "bootOrder": 2},
    {
        "name": "blocks",
        "disk": {"bus": "virtio", "readonly": True},
        "serial": "BLOCKS",
        "blockSize": {"custom": {"logical": 4096, "physical": 8192}},
    },
    {"name": "scsi", "disk": {"bus": "scsi"}, "serial": "SCSI"},
    {"name": "sata", "disk": {"bus": "sata"}, "serial": "SATA"},
    {"name": "usb", "disk": {"bus": "usb"}, "serial": "USB"},
    {"name": "seed", "cdrom": {"bus": "sata"}},
    {"name": "drive", "cdrom": {"bus": "scsi", "tray": "open"}},
]
SIZES = {"blocks": "64Mi", "scsi": "32Mi", "sata": "48Mi", "usb": "16Mi"}
VOLUMES: list[dict[str, Any]] = [
    {"name": "other", "containerDisk": {"image": "localhost/kvnode/tiny"}},
    {"name": "system", "containerDisk": {"image": "localhost/kvnode/tiny-full"}},
    *({"name": name, "emptyDisk": {"capacity": size}} for name, size in SIZES.items()),
    {"name": "seed", "cloudInitNoCloud": {"secretRef": {"name": "script"}}},
]


def one_of_everything() -> dict[str, Any]:
    """The first start's guest. Its card, a tablet and a disk have one name, as they may."""
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": "everything"},
        "spec": {
            "domain": {
                "cpu": {
                    "sockets": 1,
                    "cores": 2,
                    "threads": 2,
                    "maxSockets": 2,
                    "model": "Westmere",
                    "features": [{"name": "aes", "policy": "disable"}],
                },
                "memory": {"guest": "256Mi"},
                "chassis": {"manufacturer": "Case & Co", "version": "2", "serial": "CH-9", "asset": "asset <7>"},
                "firmware": {"uuid": UUID, "serial": "SER-7", "bootloader": {"bios": {"useSerial": True}}},
                "clock": {"utc": {"offsetSeconds": CLOCK_AHEAD_S}, "timer": {"hpet": {"present": False}}},
                "features": {"acpi": {}, "apic": {}},
                "ioThreadsPolicy": "shared",
                "devices": {
                    "blockMultiQueue": True,
                    "networkInterfaceMultiqueue": True,
                    "rng": {},
                    "watchdog": {"name": "dog", "i6300esb": {"action": "reset"}},
                    "sound": {"name": "sound", "model": "ich9"},
                    "video": {"type": "virtio"},
                    "panicDevices": [{"model": "isa"}],
                    "inputs": [
                        {"name": "other", "type": "tablet", "bus": "virtio"},
                        {"name": "mouse", "type": "tablet", "bus": "usb"},
                    ],
                    "disks": DISKS,
                    "interfaces": [{"name": "other", "bridge": {}, "macAddress": MAC, "bootOrder": 4}],
                },
            },
            "networks": [{"name": "other", "pod": {}}],
            "volumes": VOLUMES,
        },
    }


def something_added() -> dict[str, Any]:
    """The second start's."""
    document = one_of_everything()
    domain = document["spec"]["domain"]
    domain["cpu"] = {"cores": 2, "model": "host-passthrough"}
    domain["clock"] = {"utc": {}}
    domain["devices"]["watchdog"]["i6300esb"]["action"] = "poweroff"
    domain["devices"]["interfaces"][0] |= {"model": "e1000e", "bootOrder": 1}
    domain["devices"]["disks"] = [*DISKS, {"name": "late", "disk": {"bus": "virtio"}, "serial": "LATE"}]
    document["spec"]["volumes"] = [*VOLUMES, {"name": "late", "emptyDisk": {"capacity": "8Mi"}}]
    return document


def file_of(document: dict[str, Any], folder: Path) -> Path:
    """The manifest with the script that it brings in a Secret, since it is longer than user data may be."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "script"}, "stringData": {"userdata": SCRIPT}}
    path = folder / "guest.yaml"
    path.write_text(yaml.safe_dump_all([document, secret]))
    return path


def starve_watchdog(guests: Guests, name: str) -> None:
    """Has the guest open its watchdog, set it to two seconds, and not feed it."""
    guests.type(
        name,
        "for dog in /sys/class/watchdog/*; do "
        "grep -q i6300 $dog/identity && watchdog -T 2 -t 100 /dev/$(basename $dog); done",
    )


def disks_by_serial(seen: dict[str, str]) -> dict[str, dict[str, str]]:
    """What the guest says of each disk that has a serial number."""
    names = {value: key.split(".")[1] for key, value in seen.items() if key.endswith(".serial") and value}
    return {
        serial: {key.split(".")[2]: value for key, value in seen.items() if key.startswith(f"disk.{name}.")}
        for serial, name in names.items()
        if name != "product_serial"
    }


def check_cpus(seen: dict[str, str]) -> None:
    assert (seen["cpus.online"], seen["cpus.possible"]) == ("0-3", "0-7")
    assert [seen[f"cpu{number}"] for number in range(4)] == ["0 0 0-1", "0 0 0-1", "0 1 2-3", "0 1 2-3"]
    assert seen["cpu.model"].startswith("Westmere ")
    flags = seen["cpu.flags"].split()
    assert "aes" not in flags
    assert {"sse4_2", "pclmulqdq"} <= set(flags)


def check_disks(seen: dict[str, str]) -> None:
    disks = disks_by_serial(seen)
    assert {serial: disk["bus"] for serial, disk in disks.items()} == {
        "OTHER": "virtio", "SYSTEM": "virtio", "BLOCKS": "virtio", "SCSI": "scsi", "SATA": "sata", "USB": "usb",
    }  # fmt: skip
    assert {serial: int(disks[serial]["size"]) >> 20 for serial in ("BLOCKS", "SCSI", "SATA", "USB")} == {
        "BLOCKS": 64, "SCSI": 32, "SATA": 48, "USB": 16,
    }  # fmt: skip
    assert {serial for serial, disk in disks.items() if disk["readonly"] == "1"} == {"BLOCKS"}
    assert disks["BLOCKS"]["blocks"] == "4096 8192"
    assert disks["SYSTEM"]["blocks"] == "512 512"
    assert {disks[serial]["queues"] for serial in ("OTHER", "SYSTEM", "BLOCKS")} == {"4"}
    drives = {seen[f"disk.sr{number}.bus"] for number in range(2)}
    assert drives == {"sata", "scsi"}
    assert {seen[f"disk.sr{number}.readonly"] for number in range(2)} == {"1"}


def check_machine(seen: dict[str, str]) -> None:
    """Firmware, SMBIOS, clock, and the devices that a guest has one of."""
    assert seen["firmware"] == "bios"
    assert seen["dmi.product_uuid"] == UUID
    assert (seen["dmi.product_serial"], seen["dmi.sys_vendor"]) == ("SER-7", "KubeVirt")
    assert [seen[f"dmi.chassis_{what}"] for what in ("vendor", "version", "serial", "asset_tag")] == [
        "Case & Co", "2", "CH-9", "asset <7>",
    ]  # fmt: skip
    assert 200_000 < int(seen["memory.kib"].split()[0]) <= 256 << 10
    assert seen["watchdog0"] == "i6300ESB timer"
    assert seen["rng"].startswith("virtio_rng")
    assert seen["virtio.virtio_balloon"] == "1"
    assert seen["ports"] == "org.qemu.guest_agent.0"
    for one in ("QEMU Virtio Tablet", "QEMU QEMU USB Tablet", "AT Translated Set 2 keyboard", "Power Button"):
        assert one in seen["inputs"]
    assert "QEMU0001" in seen["acpi"].split()  # pvpanic's


_DISK = "1af4 1042 010000"
PLACES = {
    "00:00.0": "8086 29c0 060000",
    "00:01.0": "1af4 1050 030000",  # the screen
    **{f"00:02.{function}": "1b36 000c 060400" for function in range(8)},  # root ports
    "00:14.0": "1b36 000d 0c0330",  # USB
    "00:15.0": "1af4 1048 010000",  # SCSI
    "00:16.0": "1af4 1043 078000",  # the agent's channel
    "00:17.0": "1af4 1045 00ff00",  # the balloon
    "00:18.0": "1af4 1044 00ff00",  # rng
    "00:19.0": "8086 25ab 088000",  # the watchdog
    "00:1b.0": "8086 293e 040300",  # the sound card
    "00:1c.0": "1af4 1052 098000",  # the tablet
    "00:1f.0": "8086 2918 060100",
    "00:1f.2": "8086 2922 010601",  # SATA
    "00:1f.3": "8086 2930 0c0500",
    "01:00.0": "1af4 1041 020000",  # the card
    "05:00.0": _DISK,
    "06:00.0": _DISK,
    "07:00.0": _DISK,
}
"""Vendor, device and class of everything on the first guest's PCI."""


def check_places(seen: dict[str, str]) -> None:
    disks = disks_by_serial(seen)
    for serial, place in (("OTHER", "05:00.0"), ("SYSTEM", "06:00.0"), ("BLOCKS", "07:00.0")):
        assert f"/0000:{place}/" in disks[serial]["path"]
    assert "/0000:01:00.0/" in seen["nic.eth0.path"]


def free_ports(seen: dict[str, str]) -> int:
    """Root ports with nothing behind them."""
    return sum(name.startswith("behind.") and not devices for name, devices in seen.items())


def test_a_guest_sees_what_its_manifest_asked_for(guests: Guests, tiny_full_image: str, tmp_path: Path) -> None:
    guests.detach(file_of(one_of_everything(), tmp_path), "everything")
    seen = seen_inside(guests, "everything")
    ahead_s = int(seen["rtc"]) - time.time()
    check_cpus(seen)
    check_disks(seen)
    check_machine(seen)
    check_places(seen)
    assert pci_of(seen) == PLACES
    assert free_ports(seen) == 4
    # Both of its disks boot, and the kernels tell which one did.
    assert "cloud" not in seen["kernel"]
    assert abs(ahead_s - CLOCK_AHEAD_S) < 300
    assert "PNP0103" not in seen["acpi"].split()  # the HPET's
    assert (seen["nic.eth0.driver"], seen["nic.eth0.mac"], seen["nic.eth0.queues"]) == ("virtio_net", MAC, "4")
    (address,) = guests.listed("everything")["addresses"]
    assert f" {address}/" in seen["nic.eth0.address"]
    starve_watchdog(guests, "everything")
    wait_for("a reset", lambda: firmware_starts(guests, "everything") == 2)
    guests.kvnode("stop", "everything", "--force")


@pytest.mark.full("a guest with more devices and a network boot, to its watchdog's power off")
def test_what_was_there_is_where_it_was_when_something_is_added(
    guests: Guests, tiny_full_image: str, tmp_path: Path
) -> None:
    guests.detach(file_of(something_added(), tmp_path), "everything")
    again = seen_inside(guests, "everything")
    assert pci_of(again) == {**PLACES, "01:00.0": "8086 10d3 020000", "08:00.0": _DISK}
    check_places(again)
    assert "/0000:08:00.0/" in disks_by_serial(again)["LATE"]["path"]
    check_network_boot(guests.kvnode("logs", "everything").stdout)
    assert (again["nic.eth0.driver"], again["nic.eth0.mac"]) == ("e1000e", MAC)
    assert (again["cpus.online"], again["cpus.possible"]) == ("0-1", "0-1")
    assert "aes" in again["cpu.flags"].split()
    assert "PNP0103" in again["acpi"].split()
    assert abs(int(again["rtc"]) - time.time()) < 300
    starve_watchdog(guests, "everything")
    wait_for("its end", lambda: guests.listed("everything")["phase"] == "Failed")
    told = str(guests.listed("everything")["message"])
    assert told.startswith("the guest's watchdog was not fed, and powered it off"), told


def firmware_starts(guests: Guests, name: str) -> int:
    return guests.kvnode("logs", name).stdout.count("SeaBIOS (version")


def check_network_boot(printed: str) -> None:
    """The firmware tried the card first, found nothing to boot there, and went on to the disk."""
    card, disk = printed.find("Configuring (net0 " + MAC), printed.find("Booting from Hard Disk")
    assert 0 <= card < disk
    assert "net0: " in printed[card:disk]
    assert "Nothing to boot" in printed[card:disk]
