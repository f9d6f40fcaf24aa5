"""What `kvnode explain` tells: memory by cell, each disk, the way of a packet; in 80 columns, whatever the data is."""

import json
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import kvnode
from kvnode import HostFacts
from kvnode.cli import main, memory_map, network_path
from kvnode.cli.columns import Line, folded, table
from kvnode.cli.device_lines import device_lines, disk_lines
from tests.golden.folders import FOLDERS, HERE, golden_plan
from tests.plans import GIB, MIB, plan_of
from tests.unit.test_cli_hostile import GUEST, PLACES, TEXTS, changed

CORES = [[[0], [1]], [[2], [3]]]
FREE = {"2Mi": {"total": 1024, "free": 600}}


def said(lines):
    """Lines as words, blanks counting once."""
    return [" ".join(line.text.split()) for line in lines]


def cells(count=2, **more):
    return [{"id": at, "cores": CORES[at], "memory_free_bytes": 4 * GIB, **more} for at in range(count)]


@pytest.fixture
def explained(tmp_path, capsys):
    """Explains a guest by the command line: its lines, in a pipe."""

    def run(guest, facts, *options):
        file, host = tmp_path / "guest.json", tmp_path / "host.json"
        file.write_text(json.dumps(guest))
        host.write_text(json.dumps(facts))
        status = main(["explain", str(file), "--facts", str(host), *options])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_huge_pages_are_told_for_the_cells_that_they_come_from():
    host = HostFacts.from_json(yaml.safe_load((HERE / "pinned" / "facts.yaml").read_text()))
    told = said(memory_map.lines(golden_plan(HERE / "pinned"), host))
    assert told[0] == "5 GiB in 5 huge pages of 1 GiB, taken at the start"
    assert "host cell 0 1 GiB 4 pages 6 pages 2 pages 8 pages" in told
    assert "host cell 1 1 GiB 1 page 1 page 0 pages 8 pages" in told
    assert "the host normal 126.5 MiB unknown" in told


def test_huge_pages_from_anywhere_are_told_of_the_host():
    facts = {"cells": cells(hugepages=FREE)}
    plan = plan_of({"memory": {"guest": "2Gi", "hugepages": {"pageSize": "2Mi"}}}, facts)
    told = said(memory_map.lines(plan, HostFacts.from_json(facts)))
    assert "host cell 0 2 MiB as it comes 600 pages 1024 pages" in told
    assert "all cells 2 MiB 1024 pages 1200 pages 176 pages 2048 pages" in told


def test_normal_pages_are_told_with_the_overhead_of_the_one_cell_or_of_all():
    plan = plan_of({"memory": {"guest": "1Gi"}})
    taken = GIB + plan.overhead.total_bytes
    one = said(memory_map.lines(plan, HostFacts.from_json({"cells": cells(1, memory_bytes=8 * GIB)})))
    row = next(line for line in one if line.startswith("host cell 0"))
    assert re.fullmatch(r"host cell 0 normal 1\.\d+ GiB 4 GiB 2\.\d+ GiB 8 GiB", row)
    assert float(row.split()[8]) == pytest.approx((4 * GIB - taken) / GIB, abs=0.001)
    two = said(memory_map.lines(plan, HostFacts.from_json({"cells": cells()})))
    assert [line for line in two if line.startswith("host cell")] == [
        "host cell 0 normal as it comes 4 GiB",
        "host cell 1 normal as it comes 4 GiB",
    ]
    assert any(line.startswith("all cells normal") and "8 GiB" in line for line in two)


def test_what_a_cgroup_leaves_is_told_where_that_is_less():
    facts = {"cells": cells(1), "memory_available_bytes": 2 * GIB}
    plan = plan_of({"memory": {"guest": "1Gi"}}, facts)
    told = said(memory_map.lines(plan, HostFacts.from_json(facts)))
    assert any(line.startswith("cgroup's limit normal") and " 2 GiB " in line for line in told)
    roomy = HostFacts.from_json({**facts, "memory_available_bytes": 64 * GIB})
    assert not any("cgroup" in line for line in said(memory_map.lines(plan, roomy)))


def test_overcommitted_memory_is_said_to_be_short():
    facts = {"cells": cells(1)}
    plan = plan_of({"memory": {"guest": "6Gi"}, "resources": {"requests": {"memory": "1Gi"}}}, facts)
    told = said(memory_map.lines(plan, HostFacts.from_json(facts)))
    assert " short" in told[-2]
    assert told[-1].startswith("The manifest requests less")


def test_each_disk_is_told_with_its_file_and_who_serves_it():
    told = said(disk_lines(golden_plan(HERE / "disks")))
    at = told.index("vda: own, virtio disk (virtio-non-transitional)")
    assert told[at + 1 : at + 3] == [
        "raw block /var/run/kubevirt-private/disks/0/block, 1 GiB",
        "IO thread 4 of 4, 2 queues, cache none, IO native, PCI 0000:01:00.0",
    ]
    at = told.index("sda: ephemeral, scsi disk, read-only, boot order 2")
    assert told[at + 2].startswith("on raw block ")
    assert "an empty drive, its tray open" in told
    assert sum(line.startswith(("vd", "sd")) for line in told) == 9
    assert said(disk_lines(plan_of({"devices.disks": [], "spec.volumes": []}))) == ["none"]


def test_the_way_of_a_packet_is_told_station_by_station():
    plan = golden_plan(HERE / "typical")
    told = said(network_path.lines(plan))
    first, second = plan.network.interfaces
    assert "eth0 -> k6t-eth0 -> tap0 -> virtio-non-transitional" in told
    assert "Pod link eth0 0a:58:0a:f4:01:11 10.244.1.17/32" in told
    assert "bridge k6t-eth0 02:00:00:00:00:00 10.0.2.1/24" in told
    assert any(line.startswith(f"card virtio-non-transitional {first.guest_mac}") for line in told)
    assert "lease 10.0.2.2/24 from 10.0.2.1 by DHCP, without an end" in told
    assert "out 10.0.2.2/24 behind 10.0.2.1/24, seen as 10.244.1.17 (NAT)" in told
    assert "in tcp 80 of the Pod lead to the guest; other ports don't" in told
    assert "wire: bridge, MTU 9000" in told
    assert f"Pod link net1 {second.pod_mac} 192.0.2.9/24 until now" in told


def test_what_the_facts_do_not_know_of_a_link_is_said():
    told = said(network_path.lines(plan_of(facts={"links": {}})))
    assert any("not in the facts" in line for line in told)
    none = {"devices.interfaces": [], "spec.networks": [], "devices.autoattachPodInterface": False}
    assert said(network_path.lines(plan_of(none))) == ["none"]


def test_only_ipv4_is_translated():
    link = {"ifname": "eth0", "mtu": 1450, "addresses": ["10.244.1.17/32", "fd00::5/64"]}
    told = said(network_path.lines(plan_of(facts={"links": {"default": link}})))
    assert "out 10.0.2.2/24 behind 10.0.2.1/24, seen as 10.244.1.17 (NAT)" in told
    assert any("fd00::5/64" in line for line in told)


def test_routes_and_names_of_a_lease_are_told():
    link = {
        "ifname": "eth0",
        "mac": "0a:58:0a:f4:01:11",
        "addresses": ["10.244.1.17/32"],
        "routes": [{"dst": "default", "gateway": "169.254.1.1"}],
        "resolver": {"nameservers": ["10.96.0.10"], "search": ["a.svc", "b.svc"]},
    }
    plan = plan_of({"devices.interfaces": [{"name": "default", "bridge": {}}]}, {"links": {"default": link}})
    told = said(network_path.lines(plan))
    assert "routes 169.254.1.1/32 by the link, 0.0.0.0/0 by 169.254.1.1" in told
    assert "resolver 10.96.0.10" in told
    assert "search a.svc b.svc" in told


def test_devices_of_the_host_are_told_by_both_addresses():
    told = said(device_lines(golden_plan(HERE / "passthrough")))
    assert any(line.startswith("from the host hostdevice-disk: PCI 0000:5e:00.0") for line in told)
    assert "from the host sriov-fast: PCI 0000:04:02.5, at 0000:09:00.0 of the guest, boot order 1" in told
    assert any(line.startswith("folder shared, by virtiofs") for line in told)
    assert "panic tells of a guest kernel's panic (hyperv)" in said(device_lines(golden_plan(HERE / "windows")))


def test_root_ports_are_counted_and_those_that_are_free():
    assert "PCI 16 root ports, 14 of them free for what is plugged" in said(device_lines(golden_plan(HERE / "pinned")))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_device_of_a_plan_is_told(folder):
    """What is in the domain and not in the explanation would be a silence."""
    plan = golden_plan(folder)
    words = " ".join((*said(disk_lines(plan)), *said(network_path.lines(plan)), *said(device_lines(plan))))
    devices = plan.devices
    names = [disk.target for disk in devices.disks] + [card.model for card in devices.interfaces]
    names += [serial.path for serial in devices.serials] + [channel.name for channel in devices.channels]
    names += [one.model for one in devices.controllers if one.model not in ("none", "pcie-root-port")]
    names += [one.tag for one in devices.filesystems]
    names += [one.model for one in (*devices.watchdogs, *devices.sounds, *devices.panics)]
    names += [
        one.model for one in (devices.rng, devices.tpm, devices.balloon) if one is not None and one.model != "none"
    ]
    names += [str(one.uuid) for one in devices.host_devices if one.uuid] + [one.type for one in devices.inputs]
    assert [name for name in names if name not in words] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_text_fits_80_columns_and_is_plain_in_a_pipe(folder, explained):
    facts = yaml.safe_load((folder / "facts.yaml").read_text()) or {}
    gates = ["HostDisk", "HostDevices", "EnableVirtioFsStorageVolumes", "VSOCK", "PersistentReservation"]
    manifest = yaml.safe_load((folder / "manifest.yaml").read_text())
    status, out, err = explained(manifest, json.loads(json.dumps(facts)))
    if status:
        assert any(gate in err for gate in gates) or "feature gate" in err or "configuration" in err, err
        return
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "\x1b" not in out
    for section in ("machine", "CPU", "placement", "memory", "disks", "network", "devices", "overhead", "end"):
        assert f"\n{section}\n  " in out


@pytest.mark.parametrize("kind", ["escape", "line", "override", "surrogate", "long", "comma"])
def test_a_hostile_text_moves_no_terminal(explained, kind):
    for path in PLACES:
        status, out, err = explained(changed(path, TEXTS[kind]), {"kvm": "works"})
        assert status in (0, 1, 3), err
        assert all(character.isprintable() or character == "\n" for character in out + err), path
        if status == 0:
            assert all(len(line) <= 80 for line in out.splitlines()), path
            assert out.splitlines()[0].startswith("VirtualMachineInstance/")
            assert out.count("\nmemory\n") == 1


def test_what_does_not_fit_names_the_cell(explained):
    facts = {"kvm": "works", "cells": [{"id": 2, "memory_free_bytes": 64 * MIB}]}
    status, out, err = explained(GUEST, facts)
    assert (status, out) == (3, "")
    assert err.startswith("error: cell 2 has 64 MiB of memory free, ")


def test_a_guest_without_cpus_of_its_own_may_run_anywhere(explained):
    facts = {"kvm": "works", "kvm_ns_per_instruction": 3.25, "cells": [{"id": 0, "cores": [[0, 2], [1, 3]]}]}
    _, out, _ = explained(GUEST, facts)
    assert "its threads run on any of the host's 4 CPUs in 1 cell" in out
    assert "KVM was tried: 3.25 ns an instruction" in out
    _, out, _ = explained(GUEST, {**facts, "allotted_cpus": "0-1"})
    assert "its threads run on any of the CPUs 0-1" in out


@given(st.text(max_size=200), st.integers(0, 30), st.integers(20, 90))
def test_a_folded_line_has_all_its_words_and_fits(text, indent, width):
    pieces = list(folded(Line(" " * indent + "x" + text), width))
    joined = "".join("".join(pieces).split())
    assert joined == "".join(kvnode.cli.terminal.printable("x" + text).split())
    for piece in pieces:
        assert piece.isprintable()
        assert len(piece.strip()) <= 1 or len(piece) <= max(width, indent + 3)


def test_wide_characters_take_two_columns():
    assert [len(piece) for piece in folded(Line("漢" * 50), 80)] == [40, 12]


def test_a_table_keeps_its_columns():
    rows = [("a", "1", "word " * 30), ("漢漢", "10", "short")]
    lines = [piece for line in table(rows, right=(1,)) for piece in folded(line)]
    assert lines[0].startswith("a      1  word")
    assert lines[1].startswith(" " * 10 + "word")
    assert lines[-1] == "漢漢  10  short"


def test_the_page_shows_what_is_told(explained):
    """Every line of the page's examples is told, in their order, of the folder that it names."""
    page = (HERE.parents[1] / "docs" / "plan.md").read_text()
    examples = re.findall(r"`tests/golden/(\w+)`[^`]*```\n(.*?)```", page, re.DOTALL)
    assert [name for name, _ in examples] == ["pinned", "typical"]
    for name, example in examples:
        manifest, facts = (yaml.safe_load((HERE / name / file).read_text()) for file in ("manifest.yaml", "facts.yaml"))
        _, out, _ = explained(manifest, json.loads(json.dumps(facts)))
        told = iter(out.splitlines())
        missing = [line for line in example.splitlines() if line not in told]
        assert missing == []


def test_the_page_shows_the_sentences_of_what_does_not_fit():
    page = (HERE.parents[1] / "docs" / "plan.md").read_text()
    cells = [{"id": at, "hugepages": {"2Mi": {"total": 1024, "free": free}}} for at, free in enumerate((400, 200))]
    with pytest.raises(kvnode.NoFit) as pages:
        plan_of({"memory": {"guest": "2Gi", "hugepages": {"pageSize": "2Mi"}}}, {"cells": cells})
    own = {"cpu": {"cores": 5, "dedicatedCpuPlacement": True}}
    facts = {"cells": [{"id": 0, "cores": [[0]]}, {"id": 1, "cores": [[1], [2], [3], [4]]}], "allotted_cpus": "1-4"}
    with pytest.raises(kvnode.NoFit) as cpus:
        plan_of(own, facts)
    for refusal in (pages, cpus):
        assert f"error: {refusal.value}\n" in page


def test_programs_find_the_same_subjects_as_ever(explained):
    _, out, _ = explained(GUEST, {"kvm": "works"}, "-o", "json")
    told = json.loads(out)
    lists = {"cpu", "placement", "memory", "disks", "network"}
    texts = {"object", "hypervisor", "machine", "ends"}
    assert set(told) == {*lists, *texts, "memory_bytes", "overhead", "total_bytes"}
    assert all(isinstance(told[name], list) for name in lists)
    assert all(isinstance(told[name], str) for name in texts)
    assert set(told["overhead"]) == {"total_bytes", "items", "reserved_bytes"}
    assert all({*item, "count"} == {"name", "bytes", "why", "count"} for item in told["overhead"]["items"])
