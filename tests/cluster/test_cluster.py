"""The cluster that tests run on is a real one: Pods on both nodes, their network, Services, and nothing left after."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.cluster.binaries import find_binaries
from deploy.cluster.cluster import Cluster, create_cluster, find_cluster
from deploy.cluster.faults import ClusterError
from deploy.cluster.images import BUSYBOX_IMAGE, Program, write_image
from deploy.cluster.layout import Layout
from deploy.cluster.machine import KERNEL_SETTINGS, processes_of
from tests.cluster.pods import await_pod, busybox_pod

TREE = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.full("a control plane and two nodes on this machine"),
    # The first run ever builds the programs.
    pytest.mark.timeout(2400),
]

WEB = ("sh", "-c", "mkdir /tmp/www && hostname >/tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www")


def answer_of(address: str, port: int, timeout_s: float = 20) -> str:
    """What a web server says, asked until it answers."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}:{port}/", timeout=2) as answer:
                return str(answer.read().decode().strip())
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def until(holds: Callable[[], bool], timeout_s: float = 30) -> bool:
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(scope="module")
def web_pods(cluster: Cluster) -> Iterator[dict[str, str]]:
    """A web server on each node that answers with its name; addresses by name."""
    names = {f"web-{node}": node for node in cluster.node_names}
    for name, node in names.items():
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(busybox_pod(name, node, *WEB)))
    yield {name: await_pod(cluster, name)["status"]["podIP"] for name in names}
    cluster.kubectl("delete", "pod", "--force", *names)


def test_every_node_is_ready_and_a_machine_of_its_own(cluster: Cluster) -> None:
    nodes = cluster.api.get("/api/v1/nodes")["items"]
    assert [node["metadata"]["name"] for node in nodes] == ["node-1", "node-2"]
    for node in nodes:
        assert {c["type"]: c["status"] for c in node["status"]["conditions"]}["Ready"] == "True"
        assert node["status"]["nodeInfo"]["kubeletVersion"].startswith("v1.")
        assert node["status"]["nodeInfo"]["containerRuntimeVersion"].startswith("containerd://2.")
    pids = ["self", *(str(machine.pid()) for machine in (cluster.control, *cluster.nodes.values()))]
    for kind in ("mnt", "pid", "net", "uts", "ipc"):
        assert len({os.readlink(f"/proc/{pid}/ns/{kind}") for pid in pids}) == 4, kind


def test_nodes_share_the_memory_of_the_machine(cluster: Cluster) -> None:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    nodes = cluster.api.get("/api/v1/nodes")["items"]
    allocatable = [int(node["status"]["allocatable"]["memory"].removesuffix("Ki")) * 1024 for node in nodes]
    assert sum(allocatable) <= total
    assert sum(allocatable) > total * 0.9


def test_pods_reach_each_other_across_nodes(cluster: Cluster, web_pods: dict[str, str]) -> None:
    first, second = web_pods
    for here, there in ((first, second), (second, first)):
        cluster.kubectl("exec", here, "--", "ping", "-c", "1", "-W", "5", web_pods[there])
        answer = cluster.kubectl(
            "exec", here, "--", "timeout", "5", "wget", "-q", "-O", "-", f"http://{web_pods[there]}:8080/"
        )
        assert answer.strip() == there


def test_pods_are_reached_from_the_host(web_pods: dict[str, str]) -> None:
    for name, address in web_pods.items():
        assert answer_of(address, 8080) == name


def test_a_service_leads_to_its_pod_from_a_pod_of_each_node_and_from_the_host(
    cluster: Cluster, web_pods: dict[str, str]
) -> None:
    name = "web-node-2"
    cluster.kubectl("expose", "pod", name, "--port=80", "--target-port=8080")
    try:
        address = cluster.api.get(f"/api/v1/namespaces/default/services/{name}")["spec"]["clusterIP"]
        assert answer_of(address, 80) == name
        for here in web_pods:  # one is the Service's own Pod
            ask = (here, "--", "timeout", "2", "wget", "-q", "-O", "-", f"http://{address}/")
            assert until(lambda ask=ask: cluster.kubectl("exec", *ask, check=False).strip() == name)
    finally:
        cluster.kubectl("delete", "service", name)


def test_a_pod_reads_an_image_as_a_volume(cluster: Cluster, tmp_path: Path) -> None:
    archive = tmp_path / "disk.tar"
    write_image(archive, "localhost/kvnode/disk:1", {"disk/disk.img": Program(b"a disk", 0o644)}, {})
    cluster.load_image(archive)
    volume = {"name": "disk", "image": {"reference": "localhost/kvnode/disk:1", "pullPolicy": "IfNotPresent"}}
    pod = busybox_pod(
        *("reader", "node-1", "cat", "/image/disk/disk.img"),
        restartPolicy="Never",
        volumes=[volume],
        volumeMounts=[{"name": "disk", "mountPath": "/image", "readOnly": True}],
    )
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    try:
        await_pod(cluster, "reader", "Succeeded")
        assert cluster.kubectl("logs", "reader") == "a disk"
    finally:
        cluster.kubectl("delete", "pod", "reader", "--force")


def test_what_nobody_loaded_is_not_to_be_had(cluster: Cluster) -> None:
    pod = busybox_pod("nowhere", "node-1", "true")
    pod["spec"]["containers"][0]["image"] = "localhost/kvnode/nobody-made-this:1"
    pod["spec"]["containers"][0]["imagePullPolicy"] = "Never"
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    try:

        def reason() -> str:
            status = cluster.api.get("/api/v1/namespaces/default/pods/nowhere")["status"]
            waiting = [container["state"].get("waiting", {}) for container in status.get("containerStatuses", [])]
            return str(waiting[0].get("reason")) if waiting else ""

        assert until(lambda: reason() == "ErrImageNeverPull"), reason()
    finally:
        cluster.kubectl("delete", "pod", "nowhere", "--force")


@pytest.mark.parametrize(
    ("machine", "daemon"),
    [
        *(("control", daemon) for daemon in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")),
        *(("node-1", daemon) for daemon in ("containerd", "kubelet", "kube-proxy")),
    ],
)
def test_a_daemon_is_killed_and_started_and_no_pod_notices(
    cluster: Cluster, web_pods: dict[str, str], machine: str, daemon: str
) -> None:
    before = {name: await_pod(cluster, name)["status"]["containerStatuses"] for name in web_pods}
    cluster.restart(machine, daemon, signal.SIGKILL)
    cluster.await_all_ready()
    # A kubelet that is new has to hear of its Pods first.
    exec_in_pod = ("exec", "web-node-1", "--", "echo", "here")
    assert until(lambda: cluster.kubectl(*exec_in_pod, check=False) == "here\n")
    for name, address in web_pods.items():
        assert answer_of(address, 8080) == name
    after = {name: await_pod(cluster, name)["status"]["containerStatuses"] for name in web_pods}
    assert after == before


def test_requests_are_in_the_audit_log(cluster: Cluster) -> None:
    cluster.kubectl("get", "namespace", "kube-system")

    def seen() -> bool:
        lines = cluster.audit_log.read_text().splitlines()
        return any(
            event.get("objectRef", {}).get("name") == "kube-system" and event["user"]["username"] == "kubernetes-admin"
            for event in map(json.loads, lines)
        )

    assert until(seen)


def test_a_folder_is_applied_and_rolled_out(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [web.json]\n")
    container = {"name": "web", "image": BUSYBOX_IMAGE, "command": list(WEB)}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "applied", "namespace": "default"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "applied"}},
            "template": {
                "metadata": {"labels": {"app": "applied"}},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
            },
        },
    }
    (tmp_path / "web.json").write_text(json.dumps(deployment))
    cluster.apply(tmp_path)
    status = cluster.api.get("/apis/apps/v1/namespaces/default/deployments/applied")["status"]
    assert status["readyReplicas"] == 2
    cluster.kubectl("delete", "deployment", "applied")


def test_a_cluster_is_found_by_its_number(cluster: Cluster) -> None:
    again = find_cluster(cluster.layout.number)
    assert again == cluster
    again.await_all_ready()


def test_the_kernel_s_settings_are_the_host_s_own(cluster: Cluster) -> None:
    for machine in cluster.nodes.values():
        for setting, value in KERNEL_SETTINGS.items():
            assert machine.run("cat", f"/proc/sys/{setting}").stdout.strip() == value
    # Where the host has another value than a kubelet would write, it still has it.
    assert any(Path("/proc/sys", setting).read_text().strip() != value for setting, value in KERNEL_SETTINGS.items())


def test_a_daemon_that_ends_is_named_with_its_last_words(cluster: Cluster) -> None:
    machine = cluster.nodes[2]
    machine.start("doomed", "sh", "-c", "echo the disk is full; exit 1")
    assert until(lambda: not machine.alive("doomed"))
    with pytest.raises(ClusterError, match=r"doomed on node-2 has ended; .*\n.*the disk is full"):
        machine.require("doomed")


# -- what remains ----------------------------------------------------------------------------------------------------


def remains(number: int) -> list[str]:
    """What this machine has of a cluster of this number."""
    layout = Layout(number)
    found = [f"process {pid}" for pid in processes_of(layout.folder)]
    found += [f"link {name}" for _, name in socket.if_nameindex() if name == layout.link]
    hierarchies = [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").iterdir()]
    found += [str(path / layout.cgroup) for path in hierarchies if (path / layout.cgroup).exists()]
    found += [str(layout.folder)] if layout.folder.exists() else []
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    found += [line for line in mounts if str(layout.folder) in line]
    routes = subprocess.run(["ip", "route", "show"], capture_output=True, text=True, check=True).stdout.splitlines()
    ours = (layout.machine_network, layout.pods_of(1), layout.service_network)
    found += [route for route in routes if any(str(network) in route for network in ours)]
    return found


def up(number: int) -> subprocess.Popen[str]:
    """``make cluster`` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.cluster", "up", "--number", str(number)],
        cwd=TREE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def down(number: int) -> None:
    subprocess.run([sys.executable, "-m", "deploy.cluster", "down", "--number", str(number)], cwd=TREE, check=True)


@pytest.mark.parametrize("said", ["machines:", "containerd answers", "node-1 is Ready"])
def test_nothing_remains_of_a_cluster_whose_maker_was_killed(cluster_number: int, said: str) -> None:
    making = up(cluster_number)
    assert making.stdout is not None
    with making.stdout:
        heard = ""
        for line in making.stdout:
            heard += line
            if said in line:
                break
        making.kill()
        making.wait()
        assert said in heard, heard
    assert len(remains(cluster_number)) > 4
    down(cluster_number)
    assert remains(cluster_number) == []
    down(cluster_number)


def test_a_process_that_calls_itself_a_machine_is_none(cluster: Cluster) -> None:
    machine = cluster.nodes[1]
    before = machine.pid()
    pause = ["/opt/cluster/pause", str(machine.root)]
    machine.start("claims", *pause)
    machine.start("claims-more", "unshare", "--pid", "--fork", "--kill-child", *pause)
    assert until(lambda: len(set(processes_of(machine.root))) >= 5)
    assert {machine.pid() for _ in range(20)} == {before}
    machine.stop("claims")
    machine.stop("claims-more", signal.SIGKILL)


def test_a_part_that_does_not_start_is_named_with_its_last_words(
    cluster_number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, path in find_binaries(print).paths.items():
        if name != "runc":
            (tmp_path / name).symlink_to(path)
    (tmp_path / "etcd").unlink()
    (tmp_path / "etcd").write_text("#!/bin/sh\necho etcd Version: 3.6.16\necho this disk is full >&2\nexit 1\n")
    (tmp_path / "etcd").chmod(0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with pytest.raises(ClusterError, match=r"etcd on control has ended; .*\n(.*\n)*.*this disk is full"):
        create_cluster(Layout(cluster_number), print)


def test_a_second_cluster_of_the_same_number_is_refused(cluster: Cluster) -> None:
    with pytest.raises(ClusterError, match=f"cluster {cluster.layout.number} is there already"):
        create_cluster(cluster.layout, print)
    cluster.await_all_ready()
