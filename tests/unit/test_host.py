"""The probe on trees of machines that we don't have, and on the one that we do."""

import os

import pytest

from kvnode import HostFacts, probe_host
from kvnode.facts import Firmware, HugepagePool
from kvnode.facts.cpuset import cpus_of, format_cpuset
from kvnode.host.cells import probe_cells
from kvnode.host.cgroups import cpuset_mask, memory_available_bytes
from kvnode.host.tree import Tree
from tests.hosts.trees import cpus, legacy, meminfo, node, put, two_cells, unified

GIB = 1 << 30


def test_two_cells_in_a_container(tmp_path):
    facts = probe_host(two_cells(tmp_path))
    first, second = facts.cells
    assert first.cores == ((0, 4), (1, 5))
    assert second.cores == ((2, 6), (3, 7))
    assert first.distances == {0: 10, 1: 21}
    assert first.hugepages == {"2Mi": HugepagePool(16, 12), "1Gi": HugepagePool(2, 2)}
    assert first.memory_bytes == 8 * GIB
    assert (first.memory_free_bytes, second.memory_free_bytes) == (6 * GIB, 4 * GIB)
    assert facts.allotted_cpus == "1-2,5-6"
    # The pod's limit of 4 GiB, 3 in use, of which 1 is page cache that can go.
    assert facts.memory_available_bytes == 2 * GIB
    assert facts.memory_free_bytes == 2 * GIB
    assert facts.kvm == "absent"
    assert facts.kvm_note is not None
    assert "no /dev/kvm" in facts.kvm_note


def test_cells_share_what_the_kernel_thinks_can_be_had(tmp_path):
    root = put(two_cells(tmp_path), meminfo(16, 5))
    assert [cell.memory_free_bytes for cell in probe_cells(Tree(root))] == [3 * GIB, 2 * GIB]


def test_what_a_probe_finds_passes_the_checks_for_facts_from_outside(tmp_path):
    facts = probe_host(two_cells(tmp_path))
    assert HostFacts.from_json(facts.to_json()) == facts


def test_a_machine_without_numa_is_one_cell(tmp_path):
    root = put(
        tmp_path,
        {
            **cpus(["0,1", "2,3"], "0-3"),
            **meminfo(4, 3),
            "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": 8,
            "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": 6,
            "sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages": 4,
        },
    )
    (cell,) = probe_cells(Tree(root))
    assert cell.id == 0
    assert cell.cores == ((0, 1), (2, 3))
    assert (cell.memory_bytes, cell.memory_free_bytes) == (4 * GIB, 3 * GIB)
    # Four of the six free pages are promised to somebody who hasn't touched them yet.
    assert cell.hugepages == {"2Mi": HugepagePool(8, 2)}


def test_cores_differ_and_offline_siblings_are_left_out(tmp_path):
    # A performance core with both threads, one whose sibling 3 is offline, two efficiency cores.
    root = put(tmp_path, cpus(["0,1", "2,3", "4", "5"], "0-2,4-5"))
    (cell,) = probe_cells(Tree(root))
    assert cell.cores == ((0, 1), (2,), (4,), (5,))


def test_node_ids_have_gaps_and_a_node_may_be_memory_only(tmp_path):
    root = put(
        tmp_path,
        {
            **cpus(["0", "1"], "0-1"),
            "sys/devices/system/node/online": "0,8,252",
            **node(0, "0", "10 40 80", 2, 1),
            **node(8, "1", "40 10 80", 2, 1),
            **node(252, "", "80 80 10", 16, 16),
        },
    )
    cells = probe_cells(Tree(root))
    assert [(cell.id, cell.cores) for cell in cells] == [(0, ((0,),)), (8, ((1,),)), (252, ())]
    assert cells[1].distances == {0: 40, 8: 10, 252: 80}


def test_a_cpu_that_no_node_claims_is_not_lost(tmp_path):
    root = put(
        tmp_path,
        {
            **cpus(["0", "1", "2"], "0-2"),
            "sys/devices/system/node/online": "0-1",
            **node(0, "0", "10 20", 2, 1),
            **node(1, "1", "20 10", 2, 1),
        },
    )
    assert probe_cells(Tree(root))[0].cores == ((0,), (2,))


def test_an_empty_tree_still_gives_facts(tmp_path):
    facts = probe_host(tmp_path)
    assert facts.kvm == "absent"
    assert facts.cells[0].cores == ((0,),)
    assert facts.cells[0].memory_bytes is None
    assert facts.memory_free_bytes is None
    assert facts.devices == ()
    assert facts.libvirt is None
    assert HostFacts.from_json(facts.to_json()) == facts


def test_nonsense_in_files_is_unknown_and_no_error(tmp_path):
    root = put(
        tmp_path,
        {
            "sys/devices/system/cpu/online": "banana",
            "sys/devices/system/node/online": "0-",
            "proc/meminfo": "MemTotal: lots kB\n\nx",
            "proc/cpuinfo": "processor : 0\n\nprocessor : x\nprocessor : 1",
            "proc/self/cgroup": "nonsense\n0:",
            "proc/self/mountinfo": "1 2 3 - cgroup2\n\n-",
            "proc/self/status": "Cpus_allowed_list:\t9-1",
        },
    )
    facts = probe_host(root)
    assert facts.cells[0].cores == ((0,), (1,))
    assert facts.allotted_cpus == "0-1"


def test_cpuset_of_v1_cgroups(tmp_path):
    root = put(
        tmp_path,
        {
            **legacy({"cpuset": "/docker/abc", "memory": "/docker/abc"}),
            "sys/fs/cgroup/cpuset/docker/abc/cpuset.effective_cpus": "2-3",
            "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": 8 << 20,
            "sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes": 5 << 20,
            "sys/fs/cgroup/memory/docker/abc/memory.stat": f"cache 9\ntotal_inactive_file {1 << 20}",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": 9223372036854771712,
        },
    )
    assert cpus_of(cpuset_mask(Tree(root))) == [2, 3]
    assert memory_available_bytes(Tree(root)) == 4 << 20


def test_a_container_sees_its_own_part_of_a_hierarchy(tmp_path):
    # The mount shows /docker/abc as its top while the process's path counts from the host's root.
    root = put(
        tmp_path,
        {
            **legacy({"cpuset": "/docker/abc/inner"}, mount_root="/docker/abc"),
            "sys/fs/cgroup/cpuset/inner/cpuset.cpus": "1",
        },
    )
    assert cpus_of(cpuset_mask(Tree(root))) == [1]


@pytest.mark.parametrize("path", ["/../../outside", "/elsewhere"])
def test_a_cgroup_outside_of_the_mount_is_answered_by_its_top(tmp_path, path):
    root = put(
        tmp_path,
        {
            **unified(path, "/kubepods"),
            "sys/fs/cgroup/cpuset.cpus.effective": "0-1",
            "outside/cpuset.cpus.effective": "7",
        },
    )
    assert cpus_of(cpuset_mask(Tree(root))) == [0, 1]


def test_a_leaf_without_the_controller_has_its_parents_cpus(tmp_path):
    root = put(tmp_path, {**unified("/a/b/c"), "sys/fs/cgroup/a/cpuset.cpus.effective": "4-7"})
    assert format_cpuset(cpuset_mask(Tree(root)) or 0) == "4-7"


def test_without_cgroups_the_affinity_counts(tmp_path):
    root = put(tmp_path, {"proc/self/status": "Name:\tx\nCpus_allowed_list:\t0,2"})
    assert cpus_of(cpuset_mask(Tree(root))) == [0, 2]
    assert memory_available_bytes(Tree(root)) is None


def test_firmware_is_found_by_purpose(tmp_path):
    share = "usr/share/OVMF"
    names = ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", "OVMF_CODE.secboot.fd", "OVMF_VARS.secboot.fd", "OVMF.amdsev.fd")
    root = put(tmp_path, {f"{share}/{name}": "" for name in names} | {"proc/sys/kernel/arch": "x86_64"})
    assert probe_host(root).efi == {
        "plain": Firmware(f"/{share}/OVMF_CODE_4M.fd", f"/{share}/OVMF_VARS_4M.fd"),
        "secure_boot": Firmware(f"/{share}/OVMF_CODE.secboot.fd", f"/{share}/OVMF_VARS.secboot.fd"),
        "snp": Firmware(f"/{share}/OVMF.amdsev.fd"),
    }


def test_sysctl_files_that_refuse_large_reads_are_read():
    assert Tree().number("proc/sys/net/ipv4/ip_forward") in (0, 1)


def test_this_machine_is_probed():
    facts = probe_host()
    assert facts.arch == os.uname().machine
    assert facts.mask.bit_count() == os.cpu_count()
    assert 0 < facts.allotted <= facts.mask
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert sum(cell.memory_bytes or 0 for cell in facts.cells) == pytest.approx(pages, rel=0.05)
    assert facts.emulation_allowed
    assert HostFacts.from_json(facts.to_json()) == facts
