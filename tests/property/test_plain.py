"""What the sieves pass over, the rules would have said nothing of: with and without them validation says the same."""

from collections.abc import Callable
from contextlib import contextmanager
from copy import deepcopy
from random import Random
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from kvnode.api.defaults import default
from kvnode.api.disks import Disk
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.network import Interface, Network
from kvnode.api.validation import disks, interfaces, network, validate, volumes
from kvnode.api.volumes import Volume
from tests.manifests import DEVICES, manifest
from tests.property.test_validation import MANIFESTS, drawn

CONFIGURATIONS = st.sampled_from([None, {"network": {"permitBridgeInterfaceOnPodNetwork": False}}])
CARDS = ["52:54:00:12:34:56", "52:54:00:AB:34:56", "52:54:00:ab:34:56", "53:54:00:12:34:56", "00:00:00:00:00:00"]
WORDS = [
    "",
    "disk-0",
    "disk-1",
    "a_b",
    "A",
    "x" * 64,
    "x" * 300,
    "virtio",
    "scsi",
    "sata",
    "usb",
    "none",
    "native",
    "up",
]


class NobodyPasses:
    """A sieve that holds back everybody."""

    @staticmethod
    def others(items: Any) -> range:
        return range(len(items))


@contextmanager
def without_sieves():
    with (
        patch.object(disks, "_PLAIN", NobodyPasses),
        patch.object(volumes, "_PLAIN", NobodyPasses),
        patch.object(interfaces, "_PLAIN", NobodyPasses),
        patch.object(network, "_PLAIN", NobodyPasses),
    ):
        yield


def assert_judged_alike(document: dict[str, Any], config: dict[str, Any] | None) -> None:
    made = default(msgspec.convert(document, VirtualMachineInstance), config)
    found = validate(made, config)
    with without_sieves():
        assert validate(made, config) == found


@given(MANIFESTS, CONFIGURATIONS)
def test_whatever_a_manifest_holds(document, config):
    assert_judged_alike(document, config)


class Worded(Random):
    """Draws words that mean something to disks, volumes and interfaces where `drawn` has a text to choose."""

    def choice(self, seq: Any) -> Any:
        return super().choice([*WORDS, *CARDS] if "1Gi" in seq else seq)


def _plain() -> dict[str, Any]:
    """A guest of whose devices nobody is looked at."""
    return manifest(
        {
            f"{DEVICES}.disks": [{"name": f"disk-{index}", "disk": {"bus": "virtio"}} for index in range(3)],
            f"{DEVICES}.interfaces": [{"name": f"net-{index}", "bridge": {}} for index in range(3)],
            "spec.volumes": [
                {"name": f"disk-{index}", "persistentVolumeClaim": {"claimName": "c"}} for index in range(3)
            ],
            "spec.networks": [{"name": f"net-{index}", "multus": {"networkName": "n"}} for index in range(3)],
        }
    )


def _fields(kind: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    return shape.fields


LISTS: dict[str, tuple[type[msgspec.Struct], Callable[[dict[str, Any]], list[dict[str, Any]]]]] = {
    "disks": (Disk, lambda document: document["spec"]["domain"]["devices"]["disks"]),
    "volumes": (Volume, lambda document: document["spec"]["volumes"]),
    "networks": (Network, lambda document: document["spec"]["networks"]),
    "interfaces": (Interface, lambda document: document["spec"]["domain"]["devices"]["interfaces"]),
}


def test_a_plain_guest_is_passed_over_and_sound():
    made = default(msgspec.convert(_plain(), VirtualMachineInstance))
    assert validate(made) == []
    devices = made.spec.domain.devices
    assert not disks._PLAIN.others(devices.disks)
    assert not volumes._PLAIN.others(made.spec.volumes)
    assert not interfaces._PLAIN.others(devices.interfaces)
    assert not network._PLAIN.others(made.spec.networks)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("places", [(1,), (0, 2)], ids=["of one", "of two alike"])
def test_a_plain_guest_with_one_field_changed(name, places):
    kind, of = LISTS[name]
    for field in _fields(kind):
        for seed in range(30):
            document = deepcopy(_plain())
            value = drawn(field.type, Worded(seed))
            for place in places:
                of(document)[place][field.encode_name] = value
            assert_judged_alike(document, None)


@pytest.mark.parametrize("name", LISTS)
@given(seed=st.integers(0, 2**32), fields=st.integers(1, 3), config=CONFIGURATIONS)
def test_a_plain_guest_with_a_few_fields_changed(name, seed, fields, config):
    kind, of = LISTS[name]
    random, document = Worded(seed), deepcopy(_plain())
    for _ in range(fields):
        field = random.choice(_fields(kind))
        random.choice(of(document))[field.encode_name] = drawn(field.type, random)
    assert_judged_alike(document, config)
