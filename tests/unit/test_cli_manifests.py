"""render, plan, explain, default and validate: files in, documents out."""

import copy
import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
import yaml

import kvnode
from kvnode.cli import main
from tests.object_manifests import SOUND_OBJECTS

FACTS = {
    "kvm": "works",
    "cells": [{"id": 0, "memory_bytes": 8 << 30, "memory_free_bytes": 4 << 30, "cores": [[0], [1]]}],
    "links": {"default": {"ifname": "eth0", "mtu": 1450, "addresses": ["10.244.1.17/32"], "mac": "0a:58:0a:f4:01:11"}},
}


def guest(name="web", **changes):
    """A small guest; changes are put below spec.domain."""
    domain = {
        "memory": {"guest": "128Mi"},
        "devices": {
            "disks": [{"name": "root", "disk": {"bus": "virtio"}}, {"name": "seed", "disk": {"bus": "virtio"}}],
            "interfaces": [{"name": "default", "bridge": {}}],
        },
        **changes,
    }
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": name, "namespace": "team"},
        "spec": {
            "domain": domain,
            "networks": [{"name": "default", "pod": {}}],
            "volumes": [
                {"name": "root", "containerDisk": {"image": "localhost/kvnode/tiny"}},
                {"name": "seed", "cloudInitNoCloud": {"secretRef": {"name": "seed"}}},
            ],
        },
    }


def machine(name="web", **changes):
    """The same guest as a VirtualMachine."""
    template = guest(name, **changes)
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": name, "namespace": "team"},
        "spec": {"runStrategy": "Always", "template": {"metadata": {}, "spec": template["spec"]}},
    }


SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "seed", "namespace": "team"},
    "stringData": {"userdata": "#!/bin/sh\necho hi\n"},
}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": []}}


@pytest.fixture
def write(tmp_path):
    """Writes documents into a file and gives its name."""

    def put(*documents, name="guests.yaml"):
        path = tmp_path / name
        path.write_text(yaml.safe_dump_all(documents))
        return str(path)

    return put


@pytest.fixture
def facts(tmp_path):
    path = tmp_path / "host.json"
    path.write_text(json.dumps(FACTS))
    return ["--facts", str(path)]


@pytest.fixture
def said(capsys):
    """Runs a command line in this process: (exit status, standard output, standard error)."""

    def run(*words):
        status = main(list(words))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return status, captured.out, captured.err

    return run


def domains(text):
    """The documents that ``render`` printed."""
    return [ET.fromstring(part + "</domain>") for part in text.split("</domain>") if part.strip()]


def test_render_prints_a_document_for_each_guest_and_passes_others_over(write, facts, said):
    file = write(SERVICE, guest("a"), SECRET, machine("b"))
    status, out, _ = said("render", file, *facts)
    assert status == 0
    assert [domain.findtext("name") for domain in domains(out)] == ["team_a", "team_b"]


def test_render_prints_what_the_library_renders(write, facts, said, tmp_path):
    _, out, _ = said("render", write(guest(), SECRET), *facts)
    objects = kvnode.load_all(tmp_path / "guests.yaml")
    from kvnode.planning.references import resolve_references

    vmi = resolve_references(kvnode.default(objects[0]), objects)
    expected = kvnode.render(kvnode.plan(vmi, kvnode.HostFacts.from_json(FACTS)))
    assert out.rstrip("\n") == expected.rstrip("\n")


def test_json_yaml_and_standard_input_are_the_same(write, facts, said, tmp_path, monkeypatch):
    file = write(guest(), SECRET)
    as_json = tmp_path / "guests.json"
    as_json.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [guest(), SECRET]}))
    _, expected, _ = said("render", file, *facts)
    assert said("render", str(as_json), *facts)[:2] == (0, expected)
    done = subprocess.run(
        [sys.executable, "-m", "kvnode", "render", "-", *facts],
        input=(tmp_path / "guests.yaml").read_text(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, expected)


def test_render_needs_neither_libvirt_nor_root(write, facts):
    code = f"""
import sys
from kvnode.cli import main
from tests.object_manifests import SOUND_OBJECTS
assert main(["render", {write(guest(), SECRET)!r}, "--facts", {facts[1]!r}]) == 0
print(*sys.modules, sep="\\n", file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.split())
    assert loaded.isdisjoint({"libvirt", "pyroute2", "psutil", "rich", "pycdlib", "asyncio", "kvnode.runtime"})


def test_without_facts_the_nodes_own_count(write, said):
    status, out, _ = said("render", write(guest(), SECRET))
    assert status == 0
    host = kvnode.probe_host()
    assert domains(out)[0].get("type") == ("kvm" if host.kvm == "works" else "qemu")


@pytest.mark.parametrize("command", ["render", "plan", "explain", "default", "validate"])
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "no guest"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n", "no guest"),
        ("a: [", ""),
        ("kind: VirtualMachineInstance\nkind: VirtualMachineInstance\n", "kind"),
        ("\x00", ""),
        ("[" * 100_000, ""),
        ("just text", ""),
        (
            "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\nmetadata: {name: a}\nspec: {domain: 7}\n",
            "spec.domain",
        ),
    ],
)
def test_input_at_fault_is_one_and_a_sentence(tmp_path, said, facts, command, text, named):
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    status, out, err = said(command, str(file), *(facts if command not in ("default", "validate") else []))
    assert status == 1
    assert named in (out if command == "validate" else err)
    assert (out if command == "validate" else err).strip()
    assert "internal error" not in err


@pytest.mark.parametrize("file", ["/no/such/file.yaml", "/proc", "a\x00b", "x" * 5000])
def test_a_file_that_cannot_be_read_is_said(file, said):
    status, out, err = said("render", file)
    assert (status, out) == (1, "")
    assert "can't be read" in err


def test_a_fault_comes_with_its_path_and_in_company_with_its_guest(write, facts, said):
    bad = guest("bad", memory={"guest": "0"})
    status, out, err = said("render", write(bad, SECRET), *facts)
    assert (status, out) == (1, "")
    assert err.startswith("error: spec.domain.memory.guest: ")
    _, out, err = said("render", write(guest("good"), bad, SECRET), *facts)
    assert out == ""
    assert "(in VirtualMachineInstance/team/bad)" in err


def test_a_reference_that_leads_nowhere_is_named(write, facts, said):
    status, _, err = said("render", write(guest()), *facts)
    assert status == 1
    assert err.startswith("error: spec.volumes[1].cloudInitNoCloud.secretRef")
    status, _, err = said("render", write(machine()), *facts)
    assert err.startswith("error: spec.template.spec.volumes[1].cloudInitNoCloud.secretRef")


def test_what_does_not_fit_is_three_and_says_what_is_missing(write, facts, said):
    status, out, err = said("render", write(guest(memory={"guest": "6Gi"}), SECRET), *facts)
    assert (status, out) == (3, "")
    assert "4096 MiB" in err
    assert "6144 MiB" in err


def test_emulation_that_nobody_allowed_is_three(write, said, tmp_path):
    path = tmp_path / "broken.json"
    path.write_text(json.dumps({**FACTS, "kvm": "broken", "emulation_allowed": False}))
    status, _, err = said("plan", write(guest(), SECRET), "--facts", str(path))
    assert status == 3
    assert "emulation" in err


def test_facts_at_fault_are_one_with_their_path(write, said, tmp_path):
    path = tmp_path / "bad.json"
    path.write_text('{"cells": [{"id": "x"}]}')
    status, _, err = said("render", write(guest(), SECRET), "--facts", str(path))
    assert status == 1
    assert err.startswith("error: cells[0].id: ")
    assert f"(in {str(path)!r})" in err


def test_default_fills_in_and_reads_back(write, said, tmp_path):
    status, out, _ = said("default", write(guest()))
    assert status == 0
    defaulted = kvnode.default(kvnode.load(guest()))
    assert kvnode.load(out) == defaulted
    status, out, _ = said("default", write(guest()), "-o", "json")
    assert json.loads(out) == json.loads(json.dumps(kvnode.to_dict(defaulted)))
    assert defaulted.spec.domain.machine is not None


def test_several_defaulted_guests_are_a_list_as_kubectl_has_it(write, said):
    file = write(guest("a"), machine("b"))
    listed = json.loads(said("default", file, "-o", "json")[1])
    assert listed["kind"] == "List"
    assert [item["metadata"]["name"] for item in listed["items"]] == ["a", "b"]
    assert [item["metadata"]["name"] for item in yaml.safe_load_all(said("default", file)[1])] == ["a", "b"]


def test_default_fills_in_other_kinds_of_kubevirts_and_leaves_the_rest(write, said):
    snapshot = kind_of_its_own(
        "snapshot.kubevirt.io/v1beta1",
        "VirtualMachineSnapshot",
        source={"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "b"},
    )
    assert json.loads(said("default", write(snapshot, SECRET), "-o", "json")[1]) == {
        **snapshot,
        "spec": {**snapshot["spec"], "deletionPolicy": "Delete", "failureDeadline": "5m"},
    }
    listed = json.loads(said("default", write(guest("a"), snapshot, SECRET), "-o", "json")[1])
    assert [item["kind"] for item in listed["items"]] == ["VirtualMachineInstance", "VirtualMachineSnapshot"]
    status, out, err = said("default", write(SECRET))
    assert (status, out) == (1, "")
    assert "there is no guest in" in err


def test_validate_lists_every_fault_of_every_guest(write, said):
    first, second = guest("first"), machine("second")
    first["spec"]["volumes"].pop()
    second["spec"]["template"]["spec"]["networks"] = []
    status, out, _ = said("validate", write(first, second, guest("third")), "-o", "json")
    rows = json.loads(out)
    assert status == 1
    assert all(set(row) == {"object", "field", "reason", "message"} for row in rows)
    assert {row["object"] for row in rows} == {"VirtualMachineInstance/team/first", "VirtualMachine/team/second"}
    assert all(row["field"].startswith("spec.template.spec.") for row in rows if row["object"].endswith("second"))
    assert all(row["reason"].startswith("FieldValue") for row in rows)


def test_validate_says_so_where_nothing_is_wrong(write, said):
    file = write(guest(), SECRET)
    assert said("validate", file, "-o", "json")[:2] == (0, "[]\n")
    status, out, err = said("validate", file)
    assert (status, out) == (0, "")
    assert "nothing is wrong" in err


def test_faults_of_reading_are_rows_too(write, said):
    bad = guest()
    bad["spec"]["domain"]["cpus"] = {}
    bad["spec"]["domain"]["cpu"] = {"cores": "two"}
    wrong = guest("wrong")
    wrong["spec"]["networks"] = []
    status, out, _ = said("validate", write(guest("good"), bad, SECRET, wrong), "-o", "json")
    rows = json.loads(out)
    assert status == 1
    unreadable = [row for row in rows if row["object"] == "VirtualMachineInstance/team/web"]
    assert {row["field"] for row in unreadable} == {"spec.domain.cpus", "spec.domain.cpu.cores"}
    assert all("line" in row["message"] for row in unreadable)
    # What can be read beside it is judged all the same.
    assert {row["object"] for row in rows} == {"VirtualMachineInstance/team/web", "VirtualMachineInstance/team/wrong"}


def typed_machine(**changes):
    """A machine whose size and likings are in a cluster."""
    typed = machine("typed", **changes)
    typed["spec"] |= {"instancetype": {"name": "u1.small"}, "preference": {"inferFromVolume": "root"}}
    return typed


def test_a_machine_is_judged_without_the_instance_type_that_it_names(write, said):
    file = write(typed_machine(memory=None), guest())
    assert said("validate", file, "-o", "json")[:2] == (0, "[]\n")
    for where in ("standalone", "cluster"):
        rows = json.loads(said("validate", file, "--where", where, "-o", "json")[1])
        told = [(row["field"], row["reason"]) for row in rows if row["object"] == "VirtualMachine/team/typed"]
        assert told == [
            ("spec.instancetype", "FieldValueNotSupported"),
            ("spec.preference", "FieldValueNotSupported"),
        ]


def test_a_machine_of_an_instance_type_is_printed_as_it_is(write, said):
    typed = typed_machine(memory=None)
    listed = json.loads(said("default", write(typed, guest("a")), "-o", "json")[1])["items"]
    assert [item["kind"] for item in listed] == ["VirtualMachine", "VirtualMachineInstance"]
    assert listed[0]["spec"]["instancetype"] == {"name": "u1.small"}
    assert "machine" not in listed[0]["spec"]["template"]["spec"]["domain"]


def test_a_size_is_the_instance_types_or_the_templates(write, said):
    resources = {"requests": {"memory": "1Gi"}, "limits": {"cpu": "2"}}
    typed = typed_machine(cpu={"cores": 2, "model": "host-model"}, resources=resources)
    rows = json.loads(said("validate", write(typed), "-o", "json")[1])
    assert {row["field"].removeprefix("spec.template.spec.domain.") for row in rows} == {
        "cpu.cores",
        "memory.guest",
        "resources.requests.memory",
        "resources.limits.cpu",
    }


def test_a_sentence_names_fields_where_they_are_in_the_file(write, said):
    faulty = machine("faulty")
    del faulty["spec"]["template"]["spec"]["volumes"][0]
    [row] = json.loads(said("validate", write(faulty), "-o", "json")[1])
    assert row["field"] == "spec.template.spec.domain.devices.disks[0].name"
    assert "add it to spec.template.spec.volumes" in row["message"]


def test_a_machines_own_faults_are_rows_beside_its_guests(write, said):
    faulty = machine("faulty", machine={"type": "pink"})
    faulty["spec"] |= {"running": True, "template": {**faulty["spec"]["template"]}}
    rows = json.loads(said("validate", write(faulty), "-o", "json")[1])
    assert [row["field"] for row in rows] == ["spec.running", "spec.template.spec.domain.machine.type"]


def kind_of_its_own(version, kind, name="a", **spec):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def test_other_kinds_of_kubevirts_are_judged_too(write, said):
    sound = SOUND_OBJECTS["VirtualMachinePool"]["spec"]
    pool = kind_of_its_own("pool.kubevirt.io/v1alpha1", "VirtualMachinePool", **sound)
    policy = kind_of_its_own("migrations.kubevirt.io/v1alpha1", "MigrationPolicy", allowPostCopy=True)
    assert said("validate", write(pool, policy), "-o", "json") == (0, "[]\n", "")
    pool["metadata"] |= {"namespace": "team", "labels": {"a b": "c", "kubevirt.io/nodeName": "only-a-guests-matter"}}
    pool["spec"] = {**sound, "replicas": -1}
    policy["metadata"] = {}
    snapshot = kind_of_its_own(
        "snapshot.kubevirt.io/v1beta1", "VirtualMachineSnapshot", sorce={}, failureDeadline="soon"
    )
    cluster = kind_of_its_own("instancetype.kubevirt.io/v1beta1", "VirtualMachineClusterPreference", cpu=[])
    rows = json.loads(said("validate", write(pool, policy, snapshot, cluster, guest()), "-o", "json")[1])
    assert [(row["object"], row["field"]) for row in rows] == [
        ("VirtualMachinePool/team/a", "metadata.labels[a b]"),
        ("VirtualMachinePool/team/a", "spec.replicas"),
        ("MigrationPolicy/", "metadata.name"),
        ("VirtualMachineSnapshot/default/a", "spec.failureDeadline"),
        ("VirtualMachineSnapshot/default/a", "spec.sorce"),
        ("VirtualMachineClusterPreference/a", "spec.cpu"),
    ]
    assert rows[2]["message"] == "give the object a name."


def test_what_cannot_run_yet_is_told_apart_from_what_is_wrong(write, facts, said):
    odd = guest()
    odd["spec"]["domain"]["devices"]["tpm"] = {"persistent": True}
    file = write(odd, SECRET)
    assert said("validate", file, "-o", "json")[1] == "[]\n"
    rows = json.loads(said("validate", file, "--where", "standalone", "-o", "json")[1])
    assert [row["field"] for row in rows] == ["spec.domain.devices.tpm.persistent"]
    assert {row["reason"] for row in rows} == {"FieldValueNotSupported"}
    status, _, err = said("render", file, *facts)
    assert status == 0
    assert "warning: spec.domain.devices.tpm.persistent: " in err


def test_plan_is_the_plan(write, facts, said, tmp_path):
    status, out, _ = said("plan", write(guest(), SECRET), *facts, "-o", "json")
    assert status == 0
    plan = json.loads(out)
    assert plan["name"] == "team_web"
    assert plan["memory"]["bytes"] == 128 << 20
    assert plan["overhead"]["total_bytes"] == sum(item["bytes"] for item in plan["overhead"]["items"])
    assert plan == yaml.safe_load(said("plan", str(tmp_path / "guests.yaml"), *facts)[1])
    (interface,) = plan["network"]["interfaces"]
    steps = [(step["op"], step["link"]) for step in interface["operations"]]
    assert steps[-2:] == [("add-address", "k6t-eth0"), ("set-link", "k6t-eth0")]
    assert ("remove-address", "eth0") in steps
    plans = json.loads(said("plan", write(guest("a"), guest("b"), SECRET), *facts, "-o", "json")[1])
    assert [plan["name"] for plan in plans] == ["team_a", "team_b"]


def test_explain_itemises_the_overhead(write, facts, said):
    file = write(guest(), SECRET)
    told = json.loads(said("explain", file, *facts, "-o", "json")[1])
    assert told["object"] == "VirtualMachineInstance/team/web"
    assert told["overhead"]["total_bytes"] == sum(item["bytes"] for item in told["overhead"]["items"])
    assert all(item["why"] for item in told["overhead"]["items"])
    assert told["total_bytes"] == told["memory_bytes"] + told["overhead"]["total_bytes"]
    status, text, _ = said("explain", file, *facts)
    assert status == 0
    for part in ("128 MiB", "by KVM", "localhost/kvnode/tiny", "k6t-eth0", "10.244.1.17/32", "launcher", "cloud-init"):
        assert part in text
    words = " ".join(text.split())
    for item in told["overhead"]["items"]:
        assert item["why"] in words


def test_explain_tells_of_masquerade_and_emulation(write, said, tmp_path):
    path = tmp_path / "host.json"
    path.write_text(json.dumps({**FACTS, "kvm": "broken", "emulation_allowed": True, "kvm_note": "it interprets"}))
    behind = guest()
    ports = [{"port": 80}, {"port": 53, "protocol": "UDP"}]
    behind["spec"]["domain"]["devices"]["interfaces"] = [{"name": "default", "masquerade": {}, "ports": ports}]
    _, text, _ = said("explain", write(behind, SECRET), "--facts", str(path))
    assert "by emulation" in text
    assert "it interprets" in text
    assert "10.0.2.2/24 behind 10.0.2.1/24" in text
    assert "tcp 80, udp 53 of the Pod lead to the guest; other ports don't" in text


def test_explain_draws_one_guest(write, said, tmp_path):
    host = tmp_path / "host.json"
    host.write_text(json.dumps({**FACTS, "cells": [{"id": 0, "memory_bytes": 1 << 40, "cores": [[0, 2], [1, 3]]}]}))
    pinned = guest()
    pinned["spec"]["domain"]["cpu"] = {"cores": 2, "dedicatedCpuPlacement": True}
    status, text, _ = said("explain", write(pinned, SECRET), "--facts", str(host), "-o", "svg")
    assert status == 0
    assert text.startswith("<svg ")
    assert "2: vCPU 1" in text
    two = write(pinned, {**pinned, "metadata": {**pinned["metadata"], "name": "other"}}, SECRET)
    status, _, error = said("explain", two, "--facts", str(host), "-o", "svg")
    assert (status, "a picture shows one" in error) == (2, True), error


def test_configuration_counts(write, said, tmp_path):
    config = tmp_path / "kubevirt.yaml"
    resource = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "KubeVirt",
        "metadata": {"name": "kubevirt"},
        "spec": {"configuration": {"architectureConfiguration": {"amd64": {"machineType": "pc-q35-7.2"}}}},
    }
    config.write_text(yaml.safe_dump(resource))
    resource["spec"]["configuration"]["migrations"] = {"parallelMigrationsPerCluster": 9}
    config.write_text(yaml.safe_dump(resource))
    status, out, notes = said("default", write(guest()), "--config", str(config), "-o", "json")
    assert notes.startswith("warning: spec.configuration.migrations in "), notes
    assert len(notes.splitlines()) == 1
    assert status == 0
    assert json.loads(out)["spec"]["domain"]["machine"]["type"] == "pc-q35-7.2"
    status, _, err = said("default", write(guest()), "--config", write(SERVICE, name="none.yaml"))
    assert status == 1
    assert "no KubeVirt resource" in err


HOSTILE = ['a"b', "../../etc", "a\nerror: b", "a\x1b[31mb", "\u202ex", "a" * 300, "a'b<c>&d"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("command", ["render", "explain", "plan", "default", "validate"])
def test_no_hostile_name_reaches_the_terminal_raw(write, facts, said, command, text):
    hostile = copy.deepcopy(guest())
    hostile["metadata"]["name"] = text
    hostile["metadata"]["labels"] = {"note": text}
    hostile["spec"]["domain"]["devices"]["disks"][0]["serial"] = text
    status, out, err = said(command, write(hostile, SECRET), *(facts if command not in ("default", "validate") else []))
    assert status in (0, 1)
    for stream in (out, err):
        assert all(character.isprintable() or character == "\n" for character in stream)
    assert not any(line.startswith("error: b") for line in err.splitlines())


def test_each_fault_is_told_of_its_own_object(tmp_path, capsys):
    """A document that is too large is at fault only as text, which must not shift the others' faults."""
    large, broken, wrong = guest("large"), guest("broken"), guest("wrong", machine={"type": "pink"})
    large["metadata"]["annotations"] = {"a": "x" * (4 << 20)}
    broken["spec"]["hostnam"] = "b"
    file = tmp_path / "guests.yaml"
    file.write_text("\n---\n".join(map(json.dumps, [large, broken, wrong])) + "\n--- 5\n")
    assert main(["validate", str(file), "-o", "json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert [(row["object"], row["field"]) for row in rows] == [
        ("VirtualMachineInstance/team/large", "metadata.annotations[a]"),
        ("VirtualMachineInstance/team/broken", "spec.hostnam"),
        ("VirtualMachineInstance/team/wrong", "spec.domain.machine.type"),
        ("", ""),
    ]


@pytest.mark.parametrize(
    ("option", "first"),
    [("--facts", guest()), ("--config", {"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "spec": {}})],
)
def test_standard_input_is_read_for_one_thing(option, first):
    words = [sys.executable, "-m", "kvnode", "render", "-", option, "-"]
    done = subprocess.run(words, input=json.dumps(first), capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "error: - is standard input, which can be read once" in done.stderr
