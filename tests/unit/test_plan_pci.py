"""Places on PCI: the same at every start, kept when something is added, with room for what is plugged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvnode.planning.device_plans import PciAddress
from tests.plans import plan_of

LAST_BLOCK = 12


def volumes(*names):
    return [{"name": name, "emptyDisk": {"capacity": "1Gi"}} for name in names]


def shape(disks=1, cards=1, **changes):
    """So many virtio disks and cards, and what else is asked for."""
    disk_names, card_names = [f"d{n}" for n in range(disks)], [f"c{n}" for n in range(cards)]
    return {
        "devices.disks": [{"name": name, "disk": {"bus": "virtio"}} for name in disk_names],
        "spec.volumes": volumes(*disk_names),
        "devices.interfaces": [{"name": name, "bridge": {}} for name in card_names],
        "spec.networks": [
            {"name": name, **({"multus": {"networkName": name}} if n else {"pod": {}})}
            for n, name in enumerate(card_names)
        ],
        **{f"devices.{name}": value for name, value in changes.items()},
    }


def text(address):
    return None if address is None else f"{address.bus:02x}:{address.slot:02x}.{address.function}"


def places(changes, facts=None):
    """{name: place} of everything in the plan that has one; root ports by their bus."""
    devices = plan_of(changes, facts).devices
    found = {}
    for one in devices.controllers:
        found[f"port {one.index}" if one.type == "pci" else one.type] = one.address
    for kind in ("disks", "interfaces", "host_devices", "sounds", "watchdogs"):
        found |= {one.alias: one.address for one in getattr(devices, kind)}
    for kind in ("inputs", "panics", "filesystems"):
        found |= {f"{kind} {number}": one.address for number, one in enumerate(getattr(devices, kind))}
    for kind in ("video", "rng", "balloon", "vsock"):
        if getattr(devices, kind) is not None:
            found[kind] = getattr(devices, kind).address
    return {name: text(address) for name, address in found.items() if address is not None}


def ports(found):
    """{bus: the root port's own place}."""
    return {int(name.removeprefix("port ")): place for name, place in found.items() if name.startswith("port ")}


def free(found):
    behind = {int(place[:2], 16) for name, place in found.items() if not name.startswith("port ")}
    return set(ports(found)) - behind


EVERYTHING = {
    "rng": {},
    "watchdog": {"name": "dog", "i6300esb": {}},
    "sound": {"name": "sound", "model": "ac97"},
    "inputs": [{"name": "pen", "type": "tablet", "bus": "virtio"}, {"name": "usb", "type": "tablet", "bus": "usb"}],
    "panicDevices": [{"model": "pvpanic"}],
    "autoattachVSOCK": True,
}
VSOCK = {"status.VSOCKCID": 7}


def test_a_small_guest():
    assert places(shape(disks=2, rng={})) == {
        "ua-c0": "01:00.0",
        "ua-d0": "05:00.0",
        "ua-d1": "06:00.0",
        "scsi": "00:15.0",
        "virtio-serial": "00:16.0",
        "balloon": "00:17.0",
        "rng": "00:18.0",
        "video": "00:01.0",
        **{f"port {n + 1}": f"00:02.{n}" for n in range(8)},
    }


@pytest.mark.parametrize(
    ("fewer", "more"),
    [
        (shape(), shape(disks=2)),
        (shape(), shape(cards=2)),
        (shape(disks=4, cards=4), shape(disks=5, cards=5)),
        (shape(disks=8, cards=1), shape(disks=20, cards=13)),
        (shape(), {**shape(**EVERYTHING), **VSOCK}),
        ({**shape(**EVERYTHING), **VSOCK}, {**shape(disks=9, cards=9, **EVERYTHING), **VSOCK}),
        (shape(), {**shape(), "memory": {"guest": "8Gi"}}),
        (shape(disks=3, disableHotplug=True), shape(disks=3)),
    ],
    ids=["disk", "card", "block", "blocks", "kinds", "kinds and blocks", "memory", "hotplug"],
)
def test_what_is_there_stays_where_it_is_when_something_is_added(fewer, more):
    before, after = places(fewer), places(more)
    assert before.items() <= after.items()
    assert len(after) > len(before)


@given(st.integers(0, 60), st.integers(0, 60), st.booleans(), st.sampled_from(["1Gi", "2Gi", "3Gi"]))
def test_no_two_devices_share_a_place_and_every_bus_has_its_port(disks, cards, plugged, memory):
    changes = {**shape(disks, cards, disableHotplug=not plugged, **EVERYTHING), **VSOCK, "memory": {"guest": memory}}
    found = places(changes)
    assert len(set(found.values())) == len(found)
    there = ports(found)
    assert list(there) == list(range(1, len(there) + 1))
    assert sorted(there.values()) == list(there.values())
    assert {int(place[:2], 16) for place in found.values()} <= {0, *there}
    # A function counts only where function 0 of its slot is there.
    assert {place[:-1] + "0" for place in found.values()} <= set(found.values())
    if plugged and len(there) < LAST_BLOCK * 8:
        assert len(free(found)) >= (6 if memory == "3Gi" else 3)
        assert len(there) >= (16 if memory == "3Gi" else 8)


def test_a_place_that_the_manifest_names_is_that_devices_and_the_others_step_aside():
    changes = shape(disks=4, cards=2, rng={})
    changes["devices.disks"][1]["disk"]["pciAddress"] = "0000:05:00.0"
    changes["devices.disks"][2]["disk"]["pciAddress"] = "0000:00:02.0"
    changes["devices.interfaces"][1]["pciAddress"] = "0000:00:18.3"
    found = places(changes)
    assert {name: found[name] for name in ("ua-d0", "ua-d1", "ua-d2", "ua-d3", "ua-c0", "ua-c1", "rng")} == {
        "ua-d0": "06:00.0",
        "ua-d1": "05:00.0",
        "ua-d2": "00:02.0",
        "ua-d3": "07:00.0",
        "ua-c0": "01:00.0",
        "ua-c1": "00:18.3",
        "rng": "00:0f.0",
    }
    assert ports(found)[1] == "00:03.0"


def test_a_bus_that_is_far_away_brings_the_ports_before_it():
    changes = shape()
    changes["devices.disks"][0]["disk"]["pciAddress"] = "0000:13:00.0"
    assert max(ports(places(changes))) == 24


@pytest.mark.parametrize("address", ["0000:81:00.0", "0000:02:05.0", "0000:01:00.3"])
def test_a_manifest_that_makes_buses_of_its_own_is_left_to_libvirt(address):
    changes = shape(rng={})
    changes["devices.interfaces"][0] |= {"model": "e1000", "pciAddress": address}
    found = places(changes)
    assert list(found) == ["ua-c0"]


def test_so_is_a_guest_whose_virtio_belongs_on_a_bridge():
    assert places(shape(rng={}, useVirtioTransitional=True)) == {}


def test_cards_of_conventional_pci_share_a_slot_of_bus_0():
    changes = shape(cards=4)
    for number, model in ((1, "e1000"), (2, "e1000e"), (3, "rtl8139")):
        changes["devices.interfaces"][number]["model"] = model
    found = places(changes)
    assert [found[f"ua-c{number}"] for number in range(4)] == ["01:00.0", "00:1e.0", "02:00.0", "00:1e.1"]


def test_devices_of_the_host_have_ports_behind_all_others():
    changes = {**shape(disks=5), "devices.gpus": [{"name": "g", "deviceName": "x/gpu"}]}
    changes["devices.hostDevices"] = [{"name": "u", "deviceName": "x/usb"}, {"name": "n", "deviceName": "x/nic"}]
    held = {"pci": {"x/gpu": ["0000:65:00.0"], "x/nic": ["0000:66:00.0"]}, "usb": {"x/usb": ["3:12"]}}
    found = places(changes, held)
    assert [found["ua-hostdevice-n"], found["ua-gpu-g"]] == ["11:00.0", "12:00.0"]
    assert [ports(found)[bus] for bus in (16, 17, 18)] == ["00:03.7", "00:10.0", "00:10.1"]


def test_channels_have_no_pci():
    devices = plan_of(
        {**shape(rng={}), "spec.architecture": "s390x", "devices.interfaces": [], "spec.networks": []},
        {"arch": "s390x"},
    ).devices
    assert devices.rng is not None
    assert devices.rng.address is None
    assert all(one.type != "pci" for one in devices.controllers)


def test_a_place_is_told_as_numbers():
    (disk,) = plan_of().devices.disks
    assert disk.address == PciAddress(0, 5, 0, 0)
