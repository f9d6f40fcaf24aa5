"""Whatever the files of a node say, the probe gives facts, and facts that would be taken from outside too."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from kvnode import HostFacts
from kvnode.host.capabilities import qemu_capabilities_key
from kvnode.host.kvm import KvmVerdict, verdict_of
from kvnode.host.probe import read_node
from kvnode.host.tree import Tree

CPU, NODE, CGROUP = "sys/devices/system/cpu", "sys/devices/system/node", "sys/fs/cgroup"
FILES = [
    *(f"{CPU}/online", f"{CPU}/cpu0/topology/core_cpus_list", f"{CPU}/cpu1/topology/thread_siblings_list"),
    *(f"{NODE}/online", f"{NODE}/node0/cpulist", f"{NODE}/node0/distance", f"{NODE}/node0/meminfo"),
    *(f"{NODE}/node1/cpulist", f"{NODE}/node1/hugepages/hugepages-2048kB/nr_hugepages"),
    *(f"{NODE}/node1/hugepages/hugepages-2048kB/free_hugepages", f"{NODE}/node1/meminfo"),
    *("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "sys/kernel/mm/hugepages/hugepages-xkB/nr_hugepages"),
    *("sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "proc/meminfo", "proc/cpuinfo"),
    *("proc/self/cgroup", "proc/self/mountinfo", "proc/self/status", "proc/sys/kernel/arch"),
    *(f"{CGROUP}/cpuset.cpus.effective", f"{CGROUP}/memory.max", f"{CGROUP}/memory.current", f"{CGROUP}/memory.stat"),
]
USUAL = [
    *("0", "0-1", "0-3", "1,0", "10 21", "21 10", "2048", "max", "x86_64", "-1", "", "7-2", "99999999999999999999"),
    *("Node 0 MemTotal: 4096 kB\nNode 0 MemFree: 99 kB", "Node 1 MemTotal: x kB\nNode 1 MemFree: 9999999999 kB"),
    *("MemTotal: 4096 kB\nMemAvailable: 512 kB", "processor : 0\n\nprocessor : 1", "0::/", "0::/a/../b", "4:cpuset:/"),
    "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
    "30 23 0:26 /x /sys/fs/cgroup rw - cgroup cgroup rw,cpuset",
    *(
        "CapEff: zz\nCpus_allowed_list: 0",
        "CapEff:",
        "CapEff: 1ffffffffff",
        "inactive_file 3\nfile x",
        "\x00\x1b\u0663",
    ),
]
TREES = st.dictionaries(st.sampled_from(FILES), st.sampled_from(USUAL) | st.text(max_size=20), max_size=len(FILES))


@given(TREES)
def test_a_probe_gives_facts_whatever_the_files_say(files):
    with tempfile.TemporaryDirectory() as root:
        for relative, content in files.items():
            path = Path(root, relative)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8", "surrogatepass"))
        facts = read_node(Tree(root), KvmVerdict("absent", note="not tried"))
        assert facts.cells
        assert facts.mask
        assert facts.allotted
        assert facts.allotted & ~facts.mask == 0
        assert HostFacts.from_json(facts.to_json()) == facts
        assert len(qemu_capabilities_key(facts.arch, facts.kvm, Tree(root))) == 16


@given(
    st.text(max_size=60) | st.builds("{} {}".format, st.sampled_from(["ns", "failed", "untimed"]), st.text(max_size=20))
)
def test_any_line_of_a_trial_is_a_verdict(line):
    verdict = verdict_of(line)
    assert verdict.state in ("works", "broken", "absent")
    assert verdict.state == "works" or verdict.note
