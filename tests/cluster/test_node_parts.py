"""What a virtualization daemon does on a node is possible on these nodes: the ground that other tests stand on."""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.cluster.cgroups import hierarchies
from deploy.cluster.cluster import Cluster
from tests.cluster.pods import await_pod, busybox_pod

pytestmark = [pytest.mark.full("what a node's daemon needs of a node"), pytest.mark.timeout(2400)]

SOCKETS = "/var/run/kubevirt"


@contextmanager
def running(cluster: Cluster, *pods: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """These Pods, as the API has them once they run; deleted afterwards."""
    names = [pod["metadata"]["name"] for pod in pods]
    for pod in pods:
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    try:
        yield [await_pod(cluster, name) for name in names]
    finally:
        cluster.kubectl("delete", "pod", "--force", *names)


def inside(cluster: Cluster, pod: str, script: str) -> str:
    """What a shell in the Pod prints."""
    return cluster.kubectl("exec", pod, "--", "sh", "-ec", script).strip()


def handler_pod(node: str) -> dict[str, Any]:
    """A privileged Pod in the node's pid namespace that sees the kubelet's folder, with mounts going both ways."""
    return busybox_pod(
        *("handler", node, "sleep", "3600"),
        hostPID=True,
        securityContext={"privileged": True},
        volumes=[{"name": "kubelet", "hostPath": {"path": "/var/lib/kubelet"}}],
        volumeMounts=[{"name": "kubelet", "mountPath": "/var/lib/kubelet", "mountPropagation": "Bidirectional"}],
    )


def launcher_pod(node: str) -> dict[str, Any]:
    """A Pod as confined as one can be, with an emptyDir for its sockets."""
    pod = busybox_pod(
        *("launcher", node, "sh", "-c", f"echo hello >{SOCKETS}/hello; exec sleep 3600"),
        securityContext={
            "runAsUser": 107,
            "runAsGroup": 107,
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        automountServiceAccountToken=False,
        volumes=[{"name": "sockets", "emptyDir": {}}],
        volumeMounts=[{"name": "sockets", "mountPath": SOCKETS}],
    )
    pod["spec"]["containers"][0]["resources"] = {"limits": {"memory": "64Mi", "cpu": "500m"}}
    return pod


def test_a_launcher_s_pod_is_confined(cluster: Cluster) -> None:
    with running(cluster, launcher_pod("node-1")):
        status = dict(
            line.split(":\t", 1)
            for line in inside(cluster, "launcher", "cat /proc/1/status").splitlines()
            if ":\t" in line
        )
        assert status["Uid"].split() == ["107"] * 4
        assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
        assert status["Seccomp"] == "2"
        assert status["NoNewPrivs"] == "1"
        assert inside(cluster, "launcher", "touch /etc/x 2>/dev/null || echo refused") == "refused"
        assert inside(cluster, "launcher", "ls -d /var/run/secrets 2>/dev/null || echo none") == "none"


def test_a_handler_finds_a_launcher_s_files_and_its_network(cluster: Cluster) -> None:
    with running(cluster, launcher_pod("node-2"), handler_pod("node-2")) as (launcher, _):
        uid = launcher["metadata"]["uid"]
        folder = f"/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~empty-dir/sockets"
        assert inside(cluster, "handler", f"cat {folder}/hello") == "hello"
        # hostPID, and the node's process 1 is the node's own.
        assert inside(cluster, "handler", "cat /proc/1/comm") == "pause"
        found = f"for p in /proc/[0-9]*; do if grep -q {shlex.quote(uid)} $p/cgroup && test $(cat $p/comm) = sleep; "
        pid = inside(cluster, "handler", found + "then basename $p; break; fi; done")
        assert re.fullmatch(r"\d+", pid)
        in_pod = f"nsenter -t {pid} -n"
        assert launcher["status"]["podIP"] in inside(cluster, "handler", f"{in_pod} ip -4 addr show eth0")
        inside(cluster, "handler", f"{in_pod} ip link add br0 type bridge && {in_pod} ip link del br0")


def test_a_mount_of_a_handler_is_seen_by_the_node_and_by_a_pod(cluster: Cluster) -> None:
    with running(cluster, handler_pod("node-1")):
        inside(cluster, "handler", "mkdir -p /var/lib/kubelet/shared && mount -t tmpfs handler /var/lib/kubelet/shared")
        inside(cluster, "handler", "echo mounted >/var/lib/kubelet/shared/file")
        machine = cluster.nodes[1]
        try:
            assert machine.run("cat", "/var/lib/kubelet/shared/file").stdout == "mounted\n"
            reader = busybox_pod(
                *("reader", "node-1", "sleep", "3600"),
                volumes=[{"name": "shared", "hostPath": {"path": "/var/lib/kubelet/shared"}}],
                volumeMounts=[{"name": "shared", "mountPath": "/shared", "mountPropagation": "HostToContainer"}],
            )
            with running(cluster, reader):
                assert inside(cluster, "reader", "cat /shared/file") == "mounted"
        finally:
            machine.run("umount", "/var/lib/kubelet/shared")


def test_the_kubelet_listens_for_device_plugins(cluster: Cluster) -> None:
    with running(cluster, handler_pod("node-1")):
        assert inside(cluster, "handler", "test -S /var/lib/kubelet/device-plugins/kubelet.sock && echo yes") == "yes"


def test_a_pod_s_limits_are_its_cgroup_s_below_the_cluster_s_own(cluster: Cluster) -> None:
    with running(cluster, launcher_pod("node-1")) as (launcher,):
        uid = launcher["metadata"]["uid"]
        of_cluster = [mount / cluster.layout.cgroup for mount in hierarchies()]
        limits = [
            limit.read_text().strip()
            for folder in of_cluster
            for pod in folder.rglob(f"pod{uid}")
            for name in ("memory.limit_in_bytes", "memory.max")
            for limit in (pod / name,)
            if limit.exists()
        ]
        assert limits == [str(64 << 20)]


def test_the_control_plane_reaches_pods(cluster: Cluster) -> None:
    """As the API server does for webhooks and aggregated APIs."""
    web = busybox_pod("web", "node-2", "sh", "-c", "echo here >/tmp/index.html; exec httpd -f -p 8080 -h /tmp")
    with running(cluster, web) as (pod,):
        answer = cluster.control.run("busybox", "wget", "-q", "-O", "-", f"http://{pod['status']['podIP']}:8080/")
        assert answer.stdout == "here\n"


def test_a_pod_that_fits_nowhere_says_why(cluster: Cluster) -> None:
    pod = busybox_pod("too-large", "node-1", "true")
    pod["spec"]["containers"][0]["resources"] = {"requests": {"memory": "10Ti"}}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    try:
        cluster.kubectl("wait", "--for=jsonpath={.status.conditions[0].reason}=Unschedulable", "pod/too-large")
        assert "Insufficient memory" in cluster.kubectl("describe", "pod", "too-large")
    finally:
        cluster.kubectl("delete", "pod", "too-large", "--force")
