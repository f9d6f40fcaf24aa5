"""Host facts: JSON in and out, and what is refused."""

import json

import pytest

from kvnode import HostFacts, InvalidManifest
from kvnode.facts import Cell, HugepagePool, VolumeFacts

EXAMPLE = {
    "version": 1,
    "arch": "x86_64",
    "kvm": "works",
    "emulation_allowed": True,
    "allotted_cpus": "0-1,16",
    "cells": [
        {
            "id": 0,
            "memory_bytes": 68719476736,
            "memory_free_bytes": 60129542144,
            "distances": {"0": 10, "1": 21},
            "cores": [[0, 16], [1, 17]],
            "hugepages": {"2Mi": {"total": 1024, "free": 1024}},
        }
    ],
    "volumes": {"data": {"mode": "Block"}},
    "links": {
        "default": {
            "ifname": "eth0",
            "mac": "0a:58:0a:f4:01:11",
            "mtu": 1450,
            "addresses": ["10.244.1.17/32"],
            "routes": [{"dst": "default", "gateway": "169.254.1.1"}],
            "resolver": {"nameservers": ["10.96.0.10", "fd00::a"], "search": ["default.svc.cluster.local"]},
        }
    },
    "pci": {"nvidia.com/T4": ["0000:65:00.0"]},
    "mdev": {"nvidia.com/GRID": ["53764d0e-85a0-42b4-af5c-2046b460b1dc"]},
    "usb": {"kubevirt.io/token": ["3:12"]},
    "efi": {"plain": {"code": "/usr/share/OVMF/OVMF_CODE.fd", "vars": "/usr/share/OVMF/OVMF_VARS.fd"}},
}


def test_every_source_gives_the_same_facts(tmp_path):
    text = json.dumps(EXAMPLE)
    path = tmp_path / "host.json"
    path.write_text(text)
    facts = HostFacts.from_json(text)
    assert facts == HostFacts.from_json(text.encode()) == HostFacts.from_json(EXAMPLE) == HostFacts.from_json(path)
    assert facts.cells[0].distances == {0: 10, 1: 21}
    assert facts.links["default"].routes[0].gateway == "169.254.1.1"


def test_what_is_written_is_read_back_and_keeps_its_names():
    facts = HostFacts.from_json(EXAMPLE)
    assert HostFacts.from_json(facts.to_json()) == facts
    written = json.loads(facts.to_json())
    for key, value in EXAMPLE.items():
        if key != "volumes":
            assert written[key] == value
    assert written["volumes"] == {"data": {"mode": "Block"}}


def test_nothing_at_all_is_a_node_on_which_guests_run():
    facts = HostFacts.from_json("{}")
    assert (facts.kvm, facts.arch, facts.emulation_allowed) == ("works", "x86_64", False)
    assert facts.libvirt is None
    assert facts.machine_types is None
    assert facts.memory_free_bytes is None
    assert json.loads(facts.to_json()) == {"version": 1, "arch": "x86_64", "kvm": "works", "emulation_allowed": False}


def test_unknown_keys_are_passed_over():
    assert HostFacts.from_json({"kvm": "broken", "moon": {"phase": 3}}).kvm == "broken"


def test_masks_come_from_cores_and_the_allotted_cpus():
    facts = HostFacts.from_json(EXAMPLE)
    assert facts.cells[0].core_masks == ((1 << 16) | 1, (1 << 17) | 2)
    assert facts.mask == 0b11 << 16 | 0b11
    assert facts.allotted == 1 << 16 | 0b11
    assert HostFacts(cells=facts.cells).allotted == facts.mask


def test_pools_are_found_by_size_in_bytes_whatever_it_is_called():
    cell = Cell(0, hugepages={"2048Ki": HugepagePool(4, 3), "1Gi": HugepagePool(2)})
    assert cell.pools == {2 << 20: HugepagePool(4, 3), 1 << 30: HugepagePool(2, 2)}


def test_free_memory_is_bounded_by_what_the_cgroup_leaves():
    cells = (Cell(0, memory_free_bytes=5), Cell(1, memory_free_bytes=7), Cell(2))
    assert HostFacts(cells=cells).memory_free_bytes == 12
    assert HostFacts(cells=cells, memory_available_bytes=9).memory_free_bytes == 9
    assert HostFacts(memory_available_bytes=9).memory_free_bytes == 9


def test_a_claim_without_more_is_a_file_system():
    assert HostFacts.from_json({"volumes": {"data": {}}}).volumes["data"] == VolumeFacts(mode="Filesystem")


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"version": 2}, "version", "reads 1"),
        ({"arch": "../x86"}, "arch", "architecture"),
        ({"kvm": "maybe"}, "kvm", "maybe"),
        ({"cells": [{"id": "0"}]}, "cells[0].id", "int"),
        ({"cells": [{"memory_bytes": 1}]}, "cells[0]", "id"),
        ({"cells": [{"id": 0}, {"id": 0}]}, "cells[1].id", "cells[0] already"),
        ({"volumes": {"a": {"logical_block_bytes": 1000}}}, "volumes[a].logical_block_bytes", "power of two"),
        ({"volumes": {"a": {"physical_block_bytes": 1 << 30}}}, "volumes[a].physical_block_bytes", "power of two"),
        (
            {"volumes": {"a": {"logical_block_bytes": 4096, "physical_block_bytes": 512}}},
            "volumes[a].logical_block_bytes",
            "physical block of 512",
        ),
        (
            {"volumes": {"a": {"logical_block_bytes": 4096, "discard_granularity_bytes": 512}}},
            "volumes[a].discard_granularity_bytes",
            "no multiple",
        ),
        ({"cells": [{"id": 0, "cores": [[0], [0]]}]}, "cells[0].cores[1][0]", "another core"),
        ({"cells": [{"id": 0, "cores": [[]]}]}, "cells[0].cores[0]", "without threads"),
        ({"cells": [{"id": 0, "cores": [[65536]]}]}, "cells[0].cores[0][0]", "65535"),
        ({"cells": [{"id": 0, "memory_bytes": -1}]}, "cells[0].memory_bytes", ">= 0"),
        ({"cells": [{"id": 0, "hugepages": {"2M": {"total": 1}}}]}, "cells[0].hugepages[2M]", "page size"),
        ({"cells": [{"id": 0, "hugepages": {"2Mi": {"total": 1, "free": 2}}}]}, "cells[0].hugepages[2Mi]", "2 pages"),
        (
            {"cells": [{"id": 0, "hugepages": {"2Mi": {"total": 1}, "2048Ki": {"total": 1}}}]},
            "cells[0].hugepages[2048Ki]",
            "2Mi",
        ),
        ({"allotted_cpus": "0-"}, "allotted_cpus", "'0-'"),
        ({"cells": [{"id": 0, "cores": [[0]]}], "allotted_cpus": "0-3"}, "allotted_cpus", "CPU 1"),
        ({"links": {"a": {"mac": "xx"}}}, "links[a].mac", "MAC"),
        ({"links": {"a": {"ifname": "eth0/../x"}}}, "links[a].ifname", "name"),
        ({"links": {"a": {"ifname": "sixteen-letters-"}}}, "links[a].ifname", "15"),
        ({"links": {"a": {"ifname": ".."}}}, "links[a].ifname", "name"),
        ({"links": {"a": {"mtu": 20}}}, "links[a].mtu", "68"),
        ({"links": {"a": {"addresses": ["10.0.0.1"]}}}, "links[a].addresses[0]", "10.0.0.1"),
        ({"links": {"a": {"routes": [{"dst": "10.0.0.1/8"}]}}}, "links[a].routes[0].dst", "network"),
        ({"links": {"a": {"routes": [{"dst": "default", "gateway": "x"}]}}}, "links[a].routes[0].gateway", "address"),
        (
            {"links": {"a": {"resolver": {"nameservers": ["1.1.1.1\nx"]}}}},
            "links[a].resolver.nameservers[0]",
            "address",
        ),
        ({"links": {"a": {"resolver": {"search": ["a,b"]}}}}, "links[a].resolver.search[0]", "domain"),
        ({"pci": {"r": ["65:00.0"]}}, "pci[r][0]", "0000:65:00.0"),
        ({"mdev": {"r": ["x"]}}, "mdev[r][0]", "address"),
        ({"usb": {"r": ["3-12"]}}, "usb[r][0]", "3:12"),
        ({"efi": {"plain": {"code": "OVMF.fd"}}}, "efi[plain].code", "absolute"),
        ({"efi": {"plain": {"code": "/a\nb"}}}, "efi[plain].code", "absolute"),
        ({"volumes": {"v": {"format": "vmdk"}}}, "volumes[v].format", "vmdk"),
        ({"machine_types": ["q35;"]}, "machine_types[0]", "QEMU"),
    ],
)
def test_what_is_inconsistent_is_refused_by_its_path(change, field, said):
    with pytest.raises(InvalidManifest) as caught:
        HostFacts.from_json(change)
    faults = [error for error in caught.value.errors if said in error.message]
    # msgspec names a map's key only as "...": the path then leads to the map.
    assert [error.field for error in faults] in ([field], [field.replace("[a]", "[...]").replace("[v]", "[...]")])


def test_all_inconsistencies_are_named_at_once():
    with pytest.raises(InvalidManifest) as caught:
        HostFacts.from_json({"version": 7, "pci": {"r": ["x", "y"]}})
    assert [error.field for error in caught.value.errors] == ["version", "pci[r][0]", "pci[r][1]"]


@pytest.mark.parametrize(
    "source", ["", "{", "nope", b"\xff\xfe", "[]", "3", "[" * 200_000, '{"cells":' * 5000, "\ud800"]
)
def test_what_is_no_json_object_is_refused_in_a_sentence(source):
    with pytest.raises(InvalidManifest):
        HostFacts.from_json(source)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InvalidManifest, match="No such file"):
        HostFacts.from_json(tmp_path / "missing.json")
    with pytest.raises(InvalidManifest, match="Is a directory"):
        HostFacts.from_json(tmp_path)


def test_a_fault_is_told_in_a_sentence_however_long_the_value():
    with pytest.raises(InvalidManifest) as refusal:
        HostFacts.from_json({"kvm": " - at $.arch" * 1000})
    (error,) = refusal.value.errors
    assert error.field == "kvm"
    assert len(error.message) < 400
