"""What libvirt and QEMU say they can do, asked for real and remembered by the node."""

import pytest

from kvnode import HostFacts, probe_host
from kvnode.host import capabilities
from kvnode.host.tree import Tree
from kvnode.paths import NodePaths
from kvnode.runtime.capabilities import ensure_capabilities


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A node of its own that has asked its libvirt once: (its paths, what it was told)."""
    root = tmp_path_factory.mktemp("node")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KVNODE_ROOT", str(root))
        node = NodePaths.here()
        yield node, ensure_capabilities(node, probe_host(), lambda _line: None)


def test_libvirt_and_qemu_are_asked(asked):
    _, answer = asked
    facts = answer.facts
    assert facts.libvirt >= 9_000_000
    assert facts.qemu >= 7_000_000
    assert facts.emulator.startswith("/usr/")
    assert {"q35", "pc"} <= set(facts.machine_types)
    assert any(name.startswith("pc-q35-") for name in facts.machine_types)
    assert "qemu64" in facts.cpu_models
    assert facts.max_vcpus is not None
    assert facts.max_vcpus >= 8
    assert len(facts.cpu_models) == len(set(facts.cpu_models))


def test_libvirts_version_is_in_its_librarys_name_too(asked):
    library = capabilities.find_libvirt(Tree(), probe_host().arch)
    assert library is not None
    assert capabilities.libvirt_version(library) == asked[1].facts.libvirt


def test_the_next_probe_knows_what_was_said(asked):
    _, answer = asked
    host = probe_host()
    assert host.libvirt == answer.facts.libvirt
    assert host.qemu == answer.facts.qemu
    assert host.machine_types == answer.facts.machine_types
    assert host.cpu_models == answer.facts.cpu_models
    assert HostFacts.from_json(host.to_json()) == host


def test_a_second_time_nobody_is_asked(asked):
    node, answer = asked
    lines = []
    again = ensure_capabilities(node, probe_host(), lines.append)
    assert again == answer
    assert lines == []


def test_a_broken_memory_is_no_memory(asked, tmp_path):
    node, answer = asked
    key = answer.folder.name
    assert capabilities.read_capabilities(node, key) == answer.facts
    assert capabilities.read_capabilities(node, "0" * 16) is None
    other = NodePaths(tmp_path / "run", tmp_path / "lib", tmp_path / "cache")
    (other.capabilities / key).mkdir(parents=True)
    for content in (b"", b"{", b"[]", b'{"libvirt": "9"}'):
        (other.capabilities / key / capabilities.FACTS_NAME).write_bytes(content)
        assert capabilities.read_capabilities(other, key) is None
    capabilities.write_capabilities(other.capabilities / key, answer.facts)
    assert capabilities.read_capabilities(other, key) == answer.facts


def test_the_key_follows_what_the_answers_depend_on(tmp_path):
    def key(kvm="broken"):
        return capabilities.qemu_capabilities_key("x86_64", kvm, Tree(tmp_path))

    seen = [key(), key("works")]
    for path in ("usr/bin/qemu-system-x86_64", "usr/lib/x86_64-linux-gnu/libvirt.so.0.9000.0"):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1")
        seen.append(key())
        file.write_text("22")
        seen.append(key())
    for path, content in (("proc/sys/kernel/osrelease", "6.1"), ("proc/cpuinfo", "processor: 0\nmicrocode : 0x1\n\n")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
        seen.append(key())
    assert len(set(seen)) == len(seen)
    assert key() == seen[-1]
    # What changes from minute to minute doesn't count.
    (tmp_path / "proc/cpuinfo").write_text("processor: 0\nmicrocode : 0x1\ncpu MHz: 17\n\n")
    assert key() == seen[-1]


def test_the_newest_library_is_taken_by_version_and_not_by_spelling(tmp_path):
    folder = tmp_path / "usr/lib/x86_64-linux-gnu"
    folder.mkdir(parents=True)
    for name in ("libvirt.so.0", "libvirt.so.0.9000.0", "libvirt.so.0.11003.0", "libvirt-qemu.so.0.12000.0"):
        (folder / name).write_text("")
    library = capabilities.find_libvirt(Tree(tmp_path), "x86_64")
    assert library is not None
    assert library.name == "libvirt.so.0.11003.0"
    assert capabilities.version_text(capabilities.libvirt_version(library) or 0) == "11.3.0"
