"""Aliases: as the manifest calls a device, and no two of them the same."""

import pytest

import kvnode
from kvnode.domain import domain_state
from tests.plans import plan_of


def named(disk, card, **more):
    return {
        "devices.disks": [{"name": disk, "disk": {"bus": "virtio"}}],
        "spec.volumes": [{"name": disk, "emptyDisk": {"capacity": "1Gi"}}],
        "devices.interfaces": [{"name": card, "bridge": {}}],
        "spec.networks": [{"name": card, "pod": {}}],
        **{f"devices.{name}": value for name, value in more.items()},
    }


def aliases(plan):
    devices = plan.devices
    kinds = (devices.disks, devices.interfaces, devices.inputs, devices.watchdogs, devices.sounds)
    return [one.alias for kind in kinds for one in kind]


def test_a_device_is_called_as_the_manifest_calls_it():
    assert aliases(plan_of(named("system", "default"))) == ["ua-system", "ua-default"]


def test_devices_of_one_name_are_told_apart_by_their_kind():
    plan = plan_of(
        named(
            "x",
            "x",
            inputs=[{"name": "x", "type": "tablet", "bus": "usb"}],
            watchdog={"name": "x", "i6300esb": {}},
            sound={"name": "x"},
        )
    )
    assert aliases(plan) == ["ua-x", "ua-x_card", "ua-x_input", "ua-x_watchdog", "ua-x_sound"]


@pytest.mark.parametrize("card", ["x", "default", "x_card", "x_card_card"])
def test_a_cards_name_is_read_back_from_its_alias(card):
    plan = plan_of(named("x", card))
    state = domain_state(kvnode.render(plan))
    assert [one.network for one in state.interfaces] == [card]
    assert [one.volume for one in state.disks] == ["x"]


def test_two_cards_are_never_told_apart_into_one():
    changes = named("x", "x")
    changes["devices.interfaces"].append({"name": "x_card", "bridge": {}})
    changes["spec.networks"].append({"name": "x_card", "multus": {"networkName": "n"}})
    assert aliases(plan_of(changes)) == ["ua-x", "ua-x_card", "ua-x_card_card"]
