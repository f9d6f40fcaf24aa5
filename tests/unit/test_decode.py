"""The fast decoder, and the types themselves."""

import msgspec
import pytest

from kvnode.api import strict
from kvnode.api.backup import BackupOptions
from kvnode.api.base import Model
from kvnode.api.core import RawObject
from kvnode.api.decode import convert, decode
from kvnode.api.descriptions import field_descriptions
from kvnode.api.disks import Disk
from kvnode.api.encode import to_dict
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.settings import settings_of
from kvnode.api.subresources import (
    EvacuateCancelOptions,
    FreezeUnfreezeTimeout,
    MigrateOptions,
    ObjectGraphOptions,
    PauseOptions,
    RestartOptions,
    SEVSecretOptions,
    SEVSessionOptions,
    StartOptions,
    StopOptions,
    UnpauseOptions,
)
from kvnode.errors import FieldError, InvalidManifest
from kvnode.planning.settings import plan_settings
from tests.api_documents import api_types

TYPES = (*api_types(), RawObject)


def test_unknown_fields_and_nulls_are_passed_over() -> None:
    data = b'{"kind": "VirtualMachineInstance", "spec": {"new": 1, "domain": {"cpu": {"cores": 2}}}, "status": null}'
    vmi = decode(data, VirtualMachineInstance)
    assert vmi.spec.domain.cpu is not None
    assert vmi.spec.domain.cpu.cores == 2
    assert vmi.status.phase is None


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        (b'{"spec": {"domain": {"cpu": {"cores": "2"}}}}', "spec.domain.cpu.cores", "Expected `int"),
        (b'{"spec": {"domain": {"devices": {"disks": [{"name": 5}]}}}}', "spec.domain.devices.disks[0].name", "`str`"),
        (b'{"spec": {"domain": {"cpu": {"cores": 4294967296}}}}', "spec.domain.cpu.cores", "4294967295"),
        (b'{"spec": ', "", "not JSON"),
        (b"\xff", "", "not JSON"),
        (b"[]", "", "Expected `object`"),
        (b'{"spec":' * 100_000, "", "nested too deeply"),
        (b'{"spec": 5} x', "", "not JSON"),
    ],
)
def test_first_fault_with_its_path(data: bytes, field: str, words: str) -> None:
    with pytest.raises(InvalidManifest) as caught:
        decode(data, VirtualMachineInstance)
    (error,) = caught.value.errors
    assert error.field == field
    assert words in error.message


def test_values_are_converted_alike() -> None:
    assert convert({"spec": {"hostname": "a", "domain": None}}, VirtualMachineInstance).spec.hostname == "a"
    with pytest.raises(InvalidManifest) as caught:
        convert({"spec": 5}, VirtualMachineInstance)
    assert caught.value.errors[0].field == "spec"


def test_any_value_of_ours_becomes_plain() -> None:
    class Part(msgspec.Struct, frozen=True, rename="camel"):
        cpu_set: tuple[int, ...]
        by_cell: dict[int, tuple[str, ...]]

    assert to_dict(Part((1, 2), {0: ("a",)})) == {"cpuSet": [1, 2], "byCell": {"0": ["a"]}}
    assert to_dict([FieldError("a", "b", "c")]) == [{"field": "a", "reason": "b", "message": "c"}]
    with pytest.raises(TypeError, match="object is not one of kvnode's values"):
        to_dict(object())


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_type(kind: type[Model]) -> None:
    """Each type is frozen, can be made empty, has distinct wire names, and every annotation of it is understood."""
    assert kind.__struct_config__.frozen
    assert kind.__doc__
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    assert len(set(names)) == len(names)
    assert set(strict._shape(kind)) == set(names)
    empty = kind()
    nothing = ("", "0", 0, {}, [])
    assert {name for name, value in to_dict(empty).items() if value not in nothing} <= {"apiVersion", "kind"}
    assert decode(msgspec.json.encode(empty), kind) == empty


@pytest.mark.parametrize(
    "kind",
    [
        *(StartOptions, StopOptions, RestartOptions, PauseOptions, UnpauseOptions, MigrateOptions, BackupOptions),
        *(EvacuateCancelOptions, FreezeUnfreezeTimeout, ObjectGraphOptions, SEVSessionOptions, SEVSecretOptions),
    ],
    ids=lambda kind: kind.__name__,
)
def test_what_a_call_asks_for_is_understood_whole_or_refused(kind: type[Model]) -> None:
    with pytest.raises(InvalidManifest, match="unknown field `noSuchField`"):
        decode(b'{"noSuchField": 1}', kind)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_field_is_described(kind: type[Model]) -> None:
    described = field_descriptions(kind)
    assert set(described) == {field.encode_name for field in msgspec.structs.fields(kind)}
    assert all(len(text) < 240 for text in described.values())


def test_a_long_description_stands_above_its_field() -> None:
    text = "when the firmware tries it, 1 first; without any order, disks come in the order of the list"
    assert field_descriptions(Disk)["bootOrder"] == text
    assert field_descriptions(Disk)["dedicatedIOThread"] == "whether the disk gets an IO thread of its own"


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"cpuModel": 5}, "spec.configuration.cpuModel"),
        ({"smbios": {"family": 5}}, "spec.configuration.smbios.family"),
        (
            {"developerConfiguration": {"featureGates": ["a", 1]}},
            "spec.configuration.developerConfiguration.featureGates[1]",
        ),
        ([1], "spec.configuration"),
        ({"\ud800": 1}, "spec.configuration"),
    ],
)
@pytest.mark.parametrize("reader", [settings_of, plan_settings])
def test_a_configuration_at_fault_is_told_by_its_path(reader, config, field):
    with pytest.raises(InvalidManifest) as caught:
        reader(config)
    assert [error.field for error in caught.value.errors] == [field]
    assert " - at " not in str(caught.value)
