"""The doctor: what it finds on this machine, and what it says where something is missing."""

import json
import os

import msgspec
import pytest

from kvnode import HostFacts, probe_host
from kvnode.cli import main
from kvnode.facts import Cell, Firmware, HugepagePool
from kvnode.host import doctor
from kvnode.host.doctor import check_node


def found(name, facts=None):
    return next(check for check in check_node(facts or HostFacts()) if check.name == name)


def test_this_machine_runs_guests(capsys):
    assert main(["doctor", "-o", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ready"] is True
    names = [check["name"] for check in answer["checks"]]
    assert len(names) == len(set(names))
    assert all(check["why"] or check["remedy"] or check["ok"] for check in answer["checks"])
    kvm = next(check for check in answer["checks"] if check["name"] == "KVM")
    assert kvm["value"].startswith(probe_host().kvm)


def test_people_get_a_table_and_a_verdict(capsys):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "This node runs guests." in out
    host = probe_host()
    assert host.kvm == "works" or "KVM interprets every instruction" in out or "/dev/kvm" in out


def test_its_facts_are_facts(capsys):
    assert main(["doctor", "--facts"]) == 0
    assert HostFacts.from_json(capsys.readouterr().out).cells


@pytest.mark.parametrize("program", doctor.PROGRAMS)
def test_a_missing_program_comes_with_its_package(program, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "_SBIN", ())
    check = found(program.name)
    assert not check.ok
    assert check.required == program.required
    assert check.remedy == f"apt-get install {program.package}"


def test_missing_plugins_come_with_their_package(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "_CNI_FOLDERS", (str(tmp_path),))
    monkeypatch.delenv("CNI_PATH", raising=False)
    assert found("CNI plugins").remedy == "apt-get install containernetworking-plugins"
    for name in ("bridge", "host-local"):
        (tmp_path / name).touch(0o755)
    assert found("CNI plugins").ok
    (tmp_path / "bridge").chmod(0o644)
    monkeypatch.setenv("CNI_PATH", "/usr/lib/cni")
    assert "/usr/lib/cni" in found("CNI plugins").value


def test_missing_uefi_comes_with_its_package_and_only_where_guests_have_it():
    check = found("UEFI", HostFacts(efi={"plain": Firmware("/code.fd")}))
    assert (check.ok, check.required, check.value) == (False, False, "missing: secure boot")
    assert check.remedy == "apt-get install ovmf"
    assert found("UEFI", HostFacts(efi={kind: Firmware("/code.fd") for kind in ("plain", "secure_boot")})).ok
    assert found("UEFI", HostFacts(arch="aarch64")).remedy == "apt-get install qemu-efi-aarch64"
    assert found("UEFI", HostFacts(arch="aarch64", efi={"plain": Firmware("/code.fd")})).value == "/code.fd"
    assert found("UEFI", HostFacts(arch="s390x")).ok


def test_an_architecture_without_qemu_comes_with_its_package():
    check = found("qemu-system-aarch64", HostFacts(arch="aarch64"))
    assert not check.ok
    assert check.remedy == "apt-get install qemu-system-arm"


def test_an_old_libvirt_is_named_with_the_version_that_would_do():
    check = found("libvirt", HostFacts(libvirt=8_000_000))
    assert not check.ok
    assert "8.0.0" in check.value
    assert "9.0.0" in check.why


def test_a_missing_module_says_which_extra_brings_it(monkeypatch):
    monkeypatch.setattr(doctor, "_NODE_MODULES", ("libvirt", "no_such_module_here"))
    check = found("Python modules")
    assert not check.ok
    assert check.value == "missing: no_such_module_here"
    assert "kvnode[node]" in check.remedy


@pytest.mark.parametrize(
    ("facts", "ok", "value"),
    [
        (HostFacts(kvm_ns_per_instruction=0.9), True, "works, 0.9 ns"),
        (HostFacts(kvm_ns_per_instruction=80.0, kvm_note="KVM is slow"), False, "works, 80 ns"),
        (HostFacts(kvm="broken", kvm_ns_per_instruction=412.0, kvm_note="interprets"), False, "broken, 412 ns"),
        (HostFacts(kvm="absent", kvm_note="there is no /dev/kvm"), False, "absent"),
    ],
)
def test_kvm_is_told_with_its_speed_and_never_stops_a_guest(facts, ok, value):
    check = found("KVM", facts)
    assert check.ok == ok
    assert check.value.startswith(value)
    assert check.why == (facts.kvm_note or "")
    assert not check.required


def test_memory_and_pages_are_summed_over_cells():
    pool = {"2Mi": HugepagePool(8, 3), "1Gi": HugepagePool(0)}
    cells = (Cell(0, 1 << 30, 100 << 20, hugepages=pool), Cell(1, 1 << 30, 100 << 20, hugepages=pool))
    facts = HostFacts(cells=cells)
    memory = found("memory", facts)
    assert not memory.ok
    assert memory.value == "200 MiB free of 2048 MiB"
    assert found("memory", msgspec.structs.replace(facts, memory_available_bytes=7 << 20)).value.startswith("7 MiB")
    assert found("huge pages", facts).value == "6 of 16 free of 2Mi"


def test_a_full_disk_is_seen_where_the_caches_will_be(monkeypatch, tmp_path):
    monkeypatch.setenv("KVNODE_ROOT", str(tmp_path / "not/there/yet"))
    assert str(tmp_path) in found("disk space").value
    monkeypatch.setattr(doctor, "SMALL_DISK_BYTES", 1 << 60)
    check = found("disk space")
    assert not check.ok
    assert "KVNODE_ROOT" in check.remedy


def test_an_ordinary_user_is_told_what_root_is_for():
    """Forked, since what the interpreter imports later may be out of an ordinary user's reach."""
    check_node(HostFacts())
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        os.write(writer, msgspec.json.encode([doctor._root(), doctor._tun()]))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        root, _tun = msgspec.json.decode(pipe.read(), type=list[doctor.Check])
    assert os.waitpid(child, 0)[1] == 0
    assert not root.ok
    assert root.value == "user 65534"
    assert "sudo" in root.remedy


def test_a_node_that_cannot_is_three(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "_SBIN", ())
    assert main(["doctor"]) == 3
    out = capsys.readouterr().out
    assert "apt-get install dnsmasq-base" in out
    assert "No guest runs here until this is mended: qemu-img, dnsmasq, nft." in out


@pytest.mark.parametrize(
    ("chains", "tables"),
    [
        ("", []),
        ("table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n",
         ["table ip filter"]),
        ("table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy accept;\n\t}\n}\n",
         []),
        ("table ip6 filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority 0; policy drop;\n\t}\n}\n", []),
        ("table inet a {\n\tchain i {\n\t\ttype filter hook input priority 0; policy drop;\n\t}\n\tchain f {\n"
         "\t\ttype filter hook forward priority 0; policy drop;\n\t}\n\tchain u {\n\t}\n}\n", ["table inet a"]),
    ],
)  # fmt: skip
def test_a_firewall_that_keeps_guests_from_going_out(chains, tables):
    assert doctor.dropping_tables(chains) == tables


def test_a_firewall_that_drops_is_told_with_what_would_do(monkeypatch, tmp_path):
    chains = "table ip filter {\nchain FORWARD {\ntype filter hook forward priority filter; policy drop;\n}\n}"
    (tmp_path / "nft").write_text(f"#!/bin/sh\necho '{chains}'\n")
    (tmp_path / "nft").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    check = found("firewall")
    assert (check.ok, check.required, check.value) == (False, False, "table ip filter drops what is forwarded")
    assert "DOCKER-USER" in check.remedy


@pytest.mark.parametrize(
    ("place", "mode"), [("", 0o700), ("inner", 0o700), ("inner/module.py", 0o600), ("fast.so", 0o600)]
)
def test_a_package_that_the_launcher_may_not_read_is_noted(tmp_path, place, mode):
    package = tmp_path / "package"
    (package / "inner").mkdir(parents=True)
    for file in ("inner/module.py", "fast.so"):
        (package / file).touch()
    for path in (package, *package.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert doctor.readable_by_all(package).ok
    (package / place).chmod(mode)
    check = doctor.readable_by_all(package)
    assert (check.ok, check.required) == (False, False)
    assert str(package / place) in check.value
    assert f"chmod -R a+rX {package}" in check.remedy


def test_the_bridge_family_of_nft_is_tried(monkeypatch, tmp_path):
    assert found("nft bridge").ok
    nft = tmp_path / "nft"
    nft.write_text("#!/bin/sh\necho 'Error: Could not process rule: Operation not supported' >&2\nexit 1\n")
    nft.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    check = found("nft bridge")
    assert (check.ok, check.required) == (False, False)
    assert "Operation not supported" in check.value
    assert "CONFIG_NF_TABLES_BRIDGE" in check.remedy
