"""The parts of the cluster on one machine that can be held without one: names, programs, certificates, images."""

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
from itertools import combinations
from pathlib import Path

import pytest

from deploy.cluster import binaries, cgroups, go
from deploy.cluster.binaries import PROJECTS, find_binaries, version_of
from deploy.cluster.certificates import Authority, service_account_keys
from deploy.cluster.faults import ClusterError, last_lines
from deploy.cluster.images import Link, Program, compile_pause, write_image
from deploy.cluster.kube_api import KubeApi, NotAnswering, kubeconfig, wait_until
from deploy.cluster.layout import MOST_NODES, NUMBERS, Layout

# Where there is no Go, one is fetched.
WITH_GO = pytest.mark.full("how the cluster's programs are built")

# -- layout ----------------------------------------------------------------------------------------------------------


def test_no_two_clusters_share_an_address_or_a_name():
    layouts = [Layout(number, MOST_NODES) for number in range(NUMBERS)]
    networks = [
        network
        for layout in layouts
        for network in (layout.machine_network, layout.service_network, layout.pod_network)
    ]
    assert not [pair for pair in combinations(networks, 2) if pair[0].overlaps(pair[1])]
    for name in ("folder", "link", "cgroup", "server"):
        assert len({getattr(layout, name) for layout in layouts}) == NUMBERS


def test_a_cluster_s_addresses_are_distinct_and_in_its_networks():
    layout = Layout(3, MOST_NODES)
    machines = [layout.host_address, layout.control_address, *map(layout.node_address, layout.node_numbers)]
    assert len(set(machines)) == MOST_NODES + 2
    assert machines[:3] == ["10.98.3.1", "10.98.3.10", "10.98.3.11"]
    pods = [layout.pods_of(node) for node in layout.node_numbers]
    assert all(network.subnet_of(layout.pod_network) for network in pods)
    assert len(set(pods)) == MOST_NODES
    assert len(layout.link) < 16


@pytest.mark.parametrize(("number", "nodes"), [(-1, 2), (NUMBERS, 2), (0, 0), (0, MOST_NODES + 1)])
def test_a_number_without_a_place_is_refused(number, nodes):
    with pytest.raises(ClusterError, match=r"a cluster.*(number|nodes)"):
        Layout(number, nodes)


# -- programs --------------------------------------------------------------------------------------------------------


def test_each_project_names_one_version_and_the_programs_it_builds():
    assert {project.name: project.version() for project in PROJECTS}.keys() == {"etcd", "containerd", "kubernetes"}
    for project in PROJECTS:
        tools = (project.folder / "go.mod").read_text()
        assert all(package in tools for package in project.packages.values())
        assert (project.folder / "go.sum").stat().st_size > 10_000


def test_every_staging_module_has_the_version_that_belongs_to_its_kubernetes():
    kubernetes = next(project for project in PROJECTS if project.name == "kubernetes")
    wanted = "v0." + kubernetes.version().split(".", 1)[1]
    lines = (kubernetes.folder / "go.mod").read_text().splitlines()
    replaced = [line.split() for line in lines if "=>" in line]
    assert len(replaced) > 25
    assert [words for words in replaced if words[0] != words[2] or words[3] != wanted] == []
    assert f"-X k8s.io/component-base/version.gitVersion=v{kubernetes.version()}" in kubernetes.linker_flags()


def assets(folder: Path, **versions: str) -> Path:
    """A folder of programs that say these versions, as KUBEBUILDER_ASSETS names it; ``_`` stands for a dash."""
    folder.mkdir()
    for name, version in versions.items():
        program = folder / name.replace("_", "-")
        program.write_text(f"#!/bin/sh\necho Kubernetes v{version}\n")
        program.chmod(0o755)
    return folder


EVERYTHING = {name.replace("-", "_"): "1.30.0" for project in PROJECTS for name in project.packages}


@pytest.fixture
def no_building(monkeypatch):
    def refuse(project, names, progress):
        raise AssertionError(f"{names} would be built")

    monkeypatch.setattr(binaries, "build", refuse)


def test_what_kubebuilder_assets_names_is_taken_first(tmp_path, monkeypatch, no_building):
    folder = assets(tmp_path / "assets", **EVERYTHING)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(folder))
    found = find_binaries(print)
    assert {path.parent for name, path in found.paths.items() if name != "runc"} == {folder}
    assert version_of(found["kube-apiserver"]) == "1.30.0"


def test_a_kubelet_that_is_newer_than_the_api_server_is_refused(tmp_path, monkeypatch, no_building):
    folder = assets(tmp_path / "assets", **(EVERYTHING | {"kubelet": "1.31.0"}))
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(folder))
    with pytest.raises(ClusterError, match=r"kubelet is 1\.31\.0 .*kube-apiserver is 1\.30\.0: .*never newer"):
        find_binaries(print)


def test_a_program_of_another_minor_version_on_the_path_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    kubernetes = next(project for project in PROJECTS if project.name == "kubernetes")
    ours = kubernetes.version()
    folder = assets(tmp_path / "bin", kubectl="1.30.0", kubelet=ours)
    monkeypatch.setenv("PATH", str(folder))
    assert binaries._found(kubernetes, "kubectl") is None
    assert binaries._found(kubernetes, "kubelet") == folder / "kubelet"


@WITH_GO
def test_a_build_that_fails_says_what_go_said(tmp_path, monkeypatch):
    monkeypatch.setenv("KVNODE_BUILD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(binaries, "MODULES", tmp_path)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/go.mod").write_text("module broken.invalid\n\ngo 1.21\n")
    (tmp_path / "broken/go.sum").write_text("")
    (tmp_path / "broken/main.go").write_text("package main\n\nfunc main() { this is no Go }\n")
    monkeypatch.setattr(binaries.Project, "version", lambda self: "1.0.0")
    project = binaries.Project("broken", "x.invalid/y", {"broken": "."})
    with pytest.raises(ClusterError, match=r"building broken 1\.0\.0 .* failed .*\n(.*\n)*.*main\.go"):
        binaries.build(project, ["broken"], print)
    assert not list((tmp_path / "cache/cluster-binaries").glob("*"))


@WITH_GO
def test_a_program_is_built_once(tmp_path, monkeypatch):
    monkeypatch.setenv("KVNODE_BUILD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(binaries, "MODULES", tmp_path)
    (tmp_path / "small").mkdir()
    (tmp_path / "small/go.mod").write_text("module small.invalid\n\ngo 1.21\n\n// require small.invalid v9.9.9\n")
    (tmp_path / "small/go.sum").write_text("")
    (tmp_path / "small/main.go").write_text('package main\n\nfunc main() { println("small") }\n')
    monkeypatch.setattr(binaries.Project, "version", lambda self: "9.9.9")
    project = binaries.Project("small", "small.invalid", {"small": "."})
    told: list[str] = []
    first = binaries.build(project, ["small"], told.append)["small"]
    assert subprocess.run([first], capture_output=True, text=True, check=True).stderr == "small\n"
    assert len(told) == 2
    assert binaries.build(project, ["small"], told.append)["small"] == first
    assert len(told) == 2
    (tmp_path / "small/go.sum").write_text("\n")
    assert binaries.build(project, ["small"], told.append)["small"] != first


def test_a_go_that_is_too_old_is_not_taken(tmp_path, monkeypatch):
    (tmp_path / "go.mod").write_text("module x.invalid\n\ngo 1.26.0\n")
    old = tmp_path / "go"
    old.write_text("#!/bin/sh\necho go1.19.8\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    asked: list[str] = []
    monkeypatch.setattr(go, "kept", lambda kind, key, make: asked.append(kind) or tmp_path / "wheel")
    assert go.go_command(tmp_path, print) == tmp_path / "wheel/go/bin/go"
    assert asked == ["go"]
    old.write_text("#!/bin/sh\necho go1.26.8\n")
    assert go.go_command(tmp_path, print) == old


# -- certificates ----------------------------------------------------------------------------------------------------


def openssl(*words: str | Path) -> str:
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=True).stdout


def test_a_certificate_is_who_and_where_it_says_and_its_authority_s(tmp_path):
    authority = Authority.create(tmp_path / "one", "one")
    pair = authority.issue("system:node:node-1", groups=("system:nodes",), names=("DNS:node-1", "IP:10.98.0.11"))
    text = openssl("x509", "-noout", "-subject", "-ext", "subjectAltName,extendedKeyUsage", "-in", pair.certificate)
    assert "O = system:nodes, CN = system:node:node-1" in text
    assert "DNS:node-1, IP Address:10.98.0.11" in text
    assert "TLS Web Client Authentication, TLS Web Server Authentication" in text
    assert openssl("verify", "-CAfile", authority.pair.certificate, pair.certificate).endswith(": OK\n")
    assert pair.key.stat().st_mode & 0o077 == 0
    other = Authority.create(tmp_path / "other", "other")
    with pytest.raises(subprocess.CalledProcessError):
        openssl("verify", "-CAfile", other.pair.certificate, pair.certificate)


def test_a_client_is_no_server(tmp_path):
    pair = Authority.create(tmp_path, "one").issue("kubernetes-admin", groups=("system:masters",))
    text = openssl("x509", "-noout", "-text", "-in", pair.certificate)
    assert "TLS Web Client Authentication" in text
    assert "Server Authentication" not in text
    assert "CA:FALSE" in text


def test_service_account_keys_belong_together(tmp_path):
    pair = service_account_keys(tmp_path)
    assert openssl("pkey", "-in", pair.key, "-pubout") == pair.certificate.read_text()
    assert pair.key.stat().st_mode & 0o077 == 0


def test_a_kubeconfig_is_whole_in_itself(tmp_path):
    authority = Authority.create(tmp_path, "one")
    config = json.loads(kubeconfig("https://10.98.0.10:6443", authority.pair.certificate, authority.issue("me"), "me"))
    assert config["contexts"][0]["context"] == {"cluster": "kvnode", "user": "me", "namespace": "default"}
    assert str(tmp_path) not in json.dumps(config)


def test_an_api_server_that_is_not_there_is_not_answering(tmp_path):
    authority = Authority.create(tmp_path, "one")
    api = KubeApi("https://127.0.0.1:1", authority.pair.certificate, authority.issue("me"))
    with pytest.raises(NotAnswering, match=r"GET https://127\.0\.0\.1:1/readyz: .*refused"):
        api.get("/readyz")
    with pytest.raises(ClusterError, match=r"it is ready: not so after 0 s \(GET .*refused.*\); the log says so"):
        wait_until("it is ready", lambda: bool(api.get("/readyz")), 0.2, lambda: "the log says so")


# -- images ----------------------------------------------------------------------------------------------------------


def test_an_image_is_an_oci_layout_whose_digests_hold(tmp_path):
    files = {"bin/hello": Program(b"hello"), "bin/hi": Link("hello"), "etc/data": Program(b"data", 0o600)}
    write_image(tmp_path / "image.tar", "localhost/kvnode/hello:1", files, {"Cmd": ["hi"]})
    with tarfile.open(tmp_path / "image.tar") as tar:
        content = {member.name: tar.extractfile(member).read() for member in tar}
    blobs = {name.removeprefix("blobs/sha256/"): data for name, data in content.items() if name.startswith("blobs/")}
    assert all(hashlib.sha256(data).hexdigest() == name for name, data in blobs.items())
    index = json.loads(content["index.json"])["manifests"][0]
    assert index["annotations"] == {"io.containerd.image.name": "localhost/kvnode/hello:1"}
    manifest = json.loads(blobs[index["digest"].removeprefix("sha256:")])
    config = json.loads(blobs[manifest["config"]["digest"].removeprefix("sha256:")])
    layer = gzip.decompress(blobs[manifest["layers"][0]["digest"].removeprefix("sha256:")])
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    assert config["config"] == {"Cmd": ["hi"]}
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        assert tar.getmember("bin/hi").linkname == "hello"
        assert (tar.getmember("bin/hello").mode, tar.getmember("etc/data").mode) == (0o755, 0o600)
        names = tar.getnames()
        assert names.index("bin") < names.index("bin/hello")


def test_the_same_content_is_the_same_image(tmp_path):
    for name in ("a.tar", "b.tar"):
        write_image(tmp_path / name, "localhost/kvnode/x:1", {"x": Program(b"x")}, {})
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_pause_waits_and_ends_when_told(tmp_path):
    compile_pause(tmp_path / "pause")
    with subprocess.Popen([tmp_path / "pause"]) as pause:
        with pytest.raises(subprocess.TimeoutExpired):
            pause.wait(0.2)
        pause.terminate()
        assert pause.wait(5) == 128 + 15
    assert b"interpreter" not in subprocess.run(["readelf", "-l", tmp_path / "pause"], capture_output=True).stdout


# -- cgroups ---------------------------------------------------------------------------------------------------------


def test_a_cgroup_that_was_made_is_in_every_hierarchy_and_gone_when_removed():
    name = f"kvnode-test-{os.getpid()}"
    try:
        made = cgroups.make_cgroup(f"{name}/machine/daemons")
        assert made == [mount / name / "machine/daemons" for mount in cgroups.hierarchies()]
        with subprocess.Popen(["sleep", "60"]) as sleep:
            for folder in made:
                (folder / "cgroup.procs").write_text(str(sleep.pid))
            listed = Path(f"/proc/{sleep.pid}/cgroup").read_text()
            assert listed.count(f"/{name}/machine/daemons\n") == len(made)
            sleep.kill()
    finally:
        cgroups.remove_cgroups(name)
    assert not [mount for mount in cgroups.hierarchies() if (mount / name).exists()]


def test_a_cgroup_with_a_process_in_it_is_not_given_up_on_in_silence(monkeypatch):
    monkeypatch.setattr(cgroups, "REMOVE_TIMEOUT_S", 0.2)
    name = f"kvnode-test-{os.getpid()}"
    with subprocess.Popen(["sleep", "60"]) as sleep:
        try:
            (cgroups.make_cgroup(name)[0] / "cgroup.procs").write_text(str(sleep.pid))
            with pytest.raises(ClusterError, match=f"/{name} can't be removed after 0 s, .* in it: {sleep.pid};"):
                cgroups.remove_cgroups(name)
        finally:
            sleep.kill()
    cgroups.remove_cgroups(name)


def test_a_controller_is_handed_down_where_there_is_one_hierarchy(tmp_path, monkeypatch):
    """A v2 tree as the kernel shows it at the top: an empty cpuset of a child means the parent's, which has no file."""
    monkeypatch.setattr(cgroups, "hierarchies", lambda: [tmp_path])
    (tmp_path / "cgroup.controllers").write_text("cpuset memory\n")
    (tmp_path / "one").mkdir()
    (tmp_path / "one/cgroup.controllers").write_text("memory\n")
    (tmp_path / "one/cpuset.cpus").write_text("\n")
    assert cgroups.make_cgroup("one/two") == [tmp_path / "one/two"]
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory"
    assert (tmp_path / "one/cgroup.subtree_control").read_text() == "+memory"
    assert (tmp_path / "one/cpuset.cpus").read_text() == "\n"


# -- faults ----------------------------------------------------------------------------------------------------------


def test_the_end_of_a_log_is_shown_and_its_absence_told(tmp_path):
    log = tmp_path / "x.log"
    assert last_lines(log) == f"{log} was never written"
    log.write_text("")
    assert last_lines(log) == f"{log} is empty"
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    assert last_lines(log, 2) == f"{log} ends with:\n    line 98\n    line 99"
