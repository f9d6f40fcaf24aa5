"""Places on PCI that no machine has, or that no guest looks at, are refused by their field in both modes."""

import pytest

from kvnode import default, validate
from kvnode.api.unsupported import unsupported
from tests.manifests import DEVICES, vmi

VOLUMES = [{"name": name, "emptyDisk": {"capacity": "1Gi"}} for name in ("a", "b")]
DISK_A, DISK_B = (f"{DEVICES}.disks[{number}].disk.pciAddress" for number in (0, 1))
CARD = f"{DEVICES}.interfaces[0].pciAddress"


def refused(a=None, b=None, card=None, **devices):
    """{field: message} of two disks and a card that lie there."""
    given = vmi(
        {
            f"{DEVICES}.disks": [
                {"name": name, "disk": {"bus": "virtio", **({"pciAddress": place} if place else {})}}
                for name, place in (("a", a), ("b", b))
            ],
            "spec.volumes": VOLUMES,
            **({f"{DEVICES}.interfaces.0.pciAddress": card} if card else {}),
            **{f"{DEVICES}.{name}": value for name, value in devices.items()},
        }
    )
    made = default(given)
    assert validate(made) == []
    found = {where: unsupported(made, where) for where in ("standalone", "cluster")}
    assert found["standalone"] == found["cluster"]
    return {error.field: error.message for error in found["cluster"]}


@pytest.mark.parametrize("place", ["0000:00:00.0", "0000:00:00.1", "0000:00:1f.0", "0000:00:1F.2", "0000:00:1f.3"])
def test_the_machines_own_places_are_no_devices(place):
    assert "is the machine's own" in refused(a=place)[DISK_A]
    assert "is the machine's own" in refused(card=place)[CARD]


def test_a_place_is_one_devices():
    found = refused(a="0000:0a:00.0", b="0000:0A:00.0")
    assert found == {DISK_B: f"0000:0a:00.0 is that of {DEVICES}.disks[0].disk already: take another."}
    assert list(refused(a="0000:05:00.0", card="0000:05:00.0")) == [DISK_A]
    assert list(refused(a="0000:05:00.0", b="0000:05:00.0", useVirtioTransitional=True)) == [DISK_B]


@pytest.mark.parametrize("slot", ["0000:00:18", "0000:05:00"])
def test_a_guest_looks_for_more_functions_behind_the_first(slot):
    found = refused(a=f"{slot}.3")
    assert found == {DISK_A: f"nothing is at function 0 of its slot, so no guest looks for more: take {slot}.0."}
    assert refused(a=f"{slot}.3", b=f"{slot}.0") == {}
    assert refused(a=f"{slot}.3", card=f"{slot}.0") == {}


@pytest.mark.parametrize("place", ["0000:00:01.0", "0000:00:1e.0", "0000:00:1f.7", "0000:60:00.0", "0000:f0:00.0"])
def test_other_places_are_had(place):
    assert refused(a=place) == refused(card=place) == {}


def test_buses_are_as_many_as_there_is_room_for_root_ports():
    assert refused(a="0000:f1:00.0")[DISK_A].startswith("bus f1 is behind no root port, of which a guest has 240")


def test_conventional_devices_may_lie_in_any_slot_behind_a_bridge():
    assert list(refused(a="0000:07:03.0")) == [DISK_A]
    assert refused(a="0000:07:03.0", useVirtioTransitional=True) == {}
    assert list(refused(a="0001:07:03.0", useVirtioTransitional=True)) == [DISK_A]
