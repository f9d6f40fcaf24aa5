"""Devices that a driver has allotted to a guest's resource claims."""

import pytest

import kvnode
from kvnode.errors import HostError, InvalidManifest
from kvnode.facts import HostFacts
from tests.plans import HOST, plan_of

UUID = "53764d0e-85a0-42b4-af5c-2046b460b1dc"
CLAIMS = {
    "gpus": {
        "pair": [{"pci": "0000:65:00.0"}, {"pci": "0000:66:00.0"}],
        "share": [{"mdev": UUID}],
    },
    "stick": {"one": [{"usb": "3:12"}]},
}


def device(name, claim, request):
    return {"name": name, "claimName": claim, "requestName": request}


def devices(changes, claims=None):
    asked = [{"name": claim, "resourceClaimName": f"that-{claim}"} for claim in CLAIMS]
    facts = {**HOST, "claims": CLAIMS if claims is None else claims}
    return plan_of({"spec.resourceClaims": asked, **changes}, facts)


def test_devices_of_a_request_are_taken_in_turn():
    plan = devices({"devices.gpus": [device("a", "gpus", "pair"), device("b", "gpus", "pair")]})
    assert [(one.alias, one.source.bus) for one in plan.devices.host_devices] == [
        ("ua-gpu-a", 0x65),
        ("ua-gpu-b", 0x66),
    ]
    assert kvnode.render(plan).count('<hostdev mode="subsystem" type="pci"') == 2


def test_a_claimed_device_may_be_of_each_kind():
    plan = devices(
        {
            "devices.gpus": [device("screen", "gpus", "share")],
            "devices.hostDevices": [device("stick", "stick", "one")],
        }
    )
    stick, screen = plan.devices.host_devices
    assert (stick.kind, stick.usb_bus, stick.usb_device) == ("usb", 3, 12)
    assert (screen.kind, screen.uuid, screen.display, screen.ramfb) == ("mdev", UUID, True, True)
    assert plan.devices.controllers[0].model == "qemu-xhci"


@pytest.mark.parametrize(
    ("asked", "claims"),
    [
        ([device("a", "gpus", "pair")], {}),
        ([device("a", "gpus", "none")], CLAIMS),
        ([device("a", "other", "pair")], CLAIMS),
        ([device("a", "gpus", "share"), device("b", "gpus", "share")], CLAIMS),
    ],
)
def test_what_nobody_has_allotted_is_told_by_claim_and_request(asked, claims):
    with pytest.raises(HostError) as error:
        devices({"devices.gpus": asked}, claims)
    last = asked[-1]
    at = f"spec.domain.devices.gpus[{len(asked) - 1}].claimName: "
    assert str(error.value).startswith(at)
    assert f"request {last['requestName']!r} of the claim {last['claimName']!r}" in str(error.value)


@pytest.mark.parametrize(
    ("claimed", "field"),
    [
        ({}, "claims[a][b][0]"),
        ({"pci": "0000:65:00.0", "mdev": UUID}, "claims[a][b][0]"),
        ({"pci": "0000:65:00.9"}, "claims[a][b][0].pci"),
        ({"mdev": "../x"}, "claims[a][b][0].mdev"),
        ({"usb": "3"}, "claims[a][b][0].usb"),
    ],
)
def test_facts_of_claims_are_checked(claimed, field):
    with pytest.raises(InvalidManifest) as error:
        HostFacts.from_json({"claims": {"a": {"b": [claimed]}}})
    assert [fault.field for fault in error.value.errors] == [field]


def test_facts_of_claims_are_written_and_read():
    facts = HostFacts.from_json({"claims": CLAIMS})
    assert HostFacts.from_json(facts.to_json()) == facts
