"""Places on PCI that are refused before a guest is planned are ones that libvirt doesn't give it."""

import xml.etree.ElementTree as ET

import pytest

import kvnode
from kvnode.api.unsupported_devices import unsupported_devices
from tests.libvirt.test_domains import tried
from tests.plans import EMULATING, guest, plan_of

FORGOTTEN = "0000:00:00.0"
PLACES = {
    "0000:00:1f.0": "double use",
    "0000:00:1f.2": "double use",
    "0000:00:1f.3": "double use",
    "0001:00:05.0": "Only PCI domain 0",
    "0000:07:01.0": "slot must be <= 0",
    "0000:f1:00.0": "none is available",
    "twice": "double use",
    FORGOTTEN: None,
    "0000:00:01.0": None,
    "0000:60:00.0": None,
}


def with_place(place):
    """Two disks, the first of which lies there; or both in one place."""
    first, second = ("0000:05:00.0",) * 2 if place == "twice" else (place, "0000:06:00.0")
    return {
        "devices.disks": [
            {"name": name, "disk": {"bus": "virtio", "pciAddress": address}}
            for name, address in (("a", first), ("b", second))
        ],
        "spec.volumes": [{"name": name, "emptyDisk": {"capacity": "1Mi"}} for name in ("a", "b")],
    }


@pytest.fixture(scope="module")
def answers():
    return tried([[place, kvnode.render(plan_of(with_place(place), EMULATING)), True] for place in PLACES])


@pytest.mark.parametrize(("place", "said"), PLACES.items())
def test_what_is_refused_is_what_libvirt_doesnt_give(answers, place, said):
    error, live = answers[place]
    refused = list(unsupported_devices(guest(with_place(place))))
    if said is not None:
        assert said in error
        assert len(refused) == 1
        return
    assert error is None
    address = ET.fromstring(live).find("devices/disk[1]/address")
    numbers = [int(address.get(part), 16) for part in ("domain", "bus", "slot", "function")]
    lies_there = "{:04x}:{:02x}:{:02x}.{}".format(*numbers) == place
    assert lies_there == (place != FORGOTTEN) == (not refused)
