"""A node: containerd, kubelet and kube-proxy in a machine of its own, and the Pod network as a CNI configuration.

What differs from a node that somebody bought: it has the memory divided by the number of nodes, since each sees the
whole machine; images are never collected, since nobody could pull them again; and where this host's root may not lower
an OOM score (no CAP_SYS_RESOURCE), containerd is told to leave them, without which every sandbox dies.

The first node's kubelet gives Pods CPUs of their own, where the machine has two or more; the others' don't, so that
there are nodes of both kinds. It keeps one CPU for everybody and counts half of one as the system's: a Pod with a CPU
of its own then fits beside Pods that ask for little, also on a machine with two.
"""

import json
import os
from pathlib import Path
from typing import Any

from deploy.cluster.binaries import CNI_FOLDER
from deploy.cluster.certificates import Authority
from deploy.cluster.faults import ClusterError, last_lines
from deploy.cluster.images import PAUSE_IMAGE, copy_into
from deploy.cluster.kube_api import KubeApi, Refused, kubeconfig, wait_until
from deploy.cluster.layout import Layout, node_name
from deploy.cluster.machine import Machine

READY_TIMEOUT_S = 120.0
CONTAINERD_TIMEOUT_S = 60.0
IMPORT_TIMEOUT_S = 600.0
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
CAP_SYS_RESOURCE = 24
NODE_OF_OWN_CPUS = 1


def prepare(layout: Layout, number: int, machine: Machine, authority: Authority, runc: Path) -> None:
    """Write the node's certificates and configurations. ``authority`` signs; its key stays where it is."""
    name, address = node_name(number), layout.node_address(number)
    folder = machine.path("/etc/kubernetes")
    (folder / "ca.crt").write_bytes(authority.pair.certificate.read_bytes())
    serving = authority.issue(
        f"system:node:{name}", groups=("system:nodes",), names=(f"DNS:{name}", f"IP:{address}", "IP:127.0.0.1")
    )
    for source, target in ((serving.certificate, "kubelet.crt"), (serving.key, "kubelet.key")):
        (folder / target).touch(mode=0o600)
        (folder / target).write_bytes(source.read_bytes())
    proxy = authority.issue("system:kube-proxy")
    for component, client in (("kubelet", serving), ("kube-proxy", proxy)):
        path = folder / f"{component}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(kubeconfig(layout.server, authority.pair.certificate, client, component))
    (folder / "kubelet.yaml").write_text(json.dumps(_kubelet(layout, number, machine), indent=1))
    (folder / "kube-proxy.yaml").write_text(json.dumps(_kube_proxy(layout, name), indent=1))
    machine.path("/etc/containerd/config.toml").write_text(_containerd(runc))
    machine.path("/etc/cni/net.d/10-pods.conflist").write_text(json.dumps(_pod_network(layout, number), indent=1))


def _kubelet(layout: Layout, number: int, machine: Machine) -> dict[str, Any]:
    others = _memory_bytes() * (layout.nodes - 1) // layout.nodes
    own_cpus = number == NODE_OF_OWN_CPUS and (os.cpu_count() or 1) > 1
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": "/etc/kubernetes/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": "/etc/kubernetes/kubelet.crt",
        "tlsPrivateKeyFile": "/etc/kubernetes/kubelet.key",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{machine.cgroup}",
        "cpuCFSQuota": _has_cpu_quota(),
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "clusterDomain": "cluster.local",
        "clusterDNS": [layout.dns_address],
        "resolvConf": "/etc/resolv.conf",
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "systemReserved": {"memory": str(others)} if others else {},
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        **({"cpuManagerPolicy": "static", "kubeReserved": {"cpu": "500m"}} if own_cpus else {}),
    }


def _kube_proxy(layout: Layout, name: str) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "hostnameOverride": name,
        "clusterCIDR": str(layout.pod_network),
        "clientConnection": {"kubeconfig": "/etc/kubernetes/kube-proxy.kubeconfig"},
        "oomScoreAdj": 0,
        # The table of connections is the kernel's, and its size not a node's to change.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        # Without this filter a reply on one bridge never meets the rules that rewrote the question.
        "nftables": {"masqueradeAll": not Path("/proc/sys/net/bridge/bridge-nf-call-iptables").exists()},
    }


def _containerd(runc: Path) -> str:
    may_lower_scores = _has_capability(CAP_SYS_RESOURCE)
    return f"""\
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.cri.v1.images"]
snapshotter = "overlayfs"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{PAUSE_IMAGE}"

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = {"false" if may_lower_scores else "true"}
device_ownership_from_security_context = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["{CNI_FOLDER}"]
conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.cri.v1.runtime".containerd]
default_runtime_name = "runc"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = "{runc}"
SystemdCgroup = false

[plugins."io.containerd.nri.v1.nri"]
disable = true
"""


def _pod_network(layout: Layout, number: int) -> dict[str, Any]:
    return {
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": str(layout.pods_of(number))}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                    "dataDir": "/var/lib/cni/networks",
                },
            }
        ],
    }


def _memory_bytes() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    raise ClusterError("/proc/meminfo has no MemTotal: the machine's memory can't be divided among the nodes")


def _has_cpu_quota() -> bool:
    """Whether the kernel has CFS bandwidth control; v2 shows it in child cgroups alone."""
    return not Path("/sys/fs/cgroup/cpu").is_dir() or Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").exists()


def _has_capability(number: int) -> bool:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> number & 1)
    return False


def start_containerd(machine: Machine) -> None:
    """Start containerd; ``await_containerd`` says when it answers."""
    machine.start("containerd", "containerd", "--config=/etc/containerd/config.toml")


def await_containerd(machine: Machine) -> None:
    """Wait until containerd answers its client."""

    def answers() -> bool:
        machine.require("containerd")
        return machine.run(*_ctr("version"), check=False).returncode == 0

    wait_until(
        f"containerd on {machine.name} answers",
        answers,
        CONTAINERD_TIMEOUT_S,
        lambda: last_lines(machine.log("containerd")),
    )


def import_image(machine: Machine, archive: Path) -> None:
    """Load every image of an archive (an OCI layout or what ``docker save`` writes) into the node's containerd."""
    folder = machine.path("/var/tmp")
    seen = copy_into(archive, folder)
    try:
        machine.run(*_ctr("images", "import", "--local", f"/var/tmp/{seen.name}"), timeout_s=IMPORT_TIMEOUT_S)
    finally:
        seen.unlink(missing_ok=True)


def image_names(machine: Machine) -> set[str]:
    """The references of the images that the node has."""
    return set(machine.run(*_ctr("images", "list", "--quiet")).stdout.split())


def _ctr(*words: str) -> list[str]:
    return ["/opt/cluster/ctr", "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io", *words]


def kubelet_command(layout: Layout, number: int) -> list[str]:
    """The kubelet's command line; what isn't in its configuration file."""
    return [
        "kubelet",
        "--config=/etc/kubernetes/kubelet.yaml",
        "--kubeconfig=/etc/kubernetes/kubelet.kubeconfig",
        f"--hostname-override={node_name(number)}",
        f"--node-ip={layout.node_address(number)}",
    ]


def start_kubelet(layout: Layout, number: int, machine: Machine) -> None:
    """Start the kubelet, which registers the node."""
    machine.start("kubelet", *kubelet_command(layout, number))


def start_proxy(machine: Machine) -> None:
    """Start kube-proxy, whose rules are in the node's own network namespace."""
    machine.start("kube-proxy", "kube-proxy", "--config=/etc/kubernetes/kube-proxy.yaml")


def await_ready(api: KubeApi, number: int, machine: Machine) -> None:
    """Wait until the node is Ready; ClusterError with its own reason, or the kubelet's last words."""
    told: list[str] = []

    def ready() -> bool:
        for daemon in ("containerd", "kubelet", "kube-proxy"):
            machine.require(daemon)
        found = api.find(f"/api/v1/nodes/{node_name(number)}")
        conditions = (found or {}).get("status", {}).get("conditions", [])
        told[:] = [condition["message"] for condition in conditions if condition["type"] == "Ready"]
        if not any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions):
            return False
        # The condition may be an earlier kubelet's, so the one that runs now is asked itself.
        try:
            return api.get(f"/api/v1/nodes/{node_name(number)}/proxy/healthz").get("text") == "ok"
        except Refused:
            return False

    wait_until(
        f"{machine.name} is Ready",
        ready,
        READY_TIMEOUT_S,
        lambda: f"it says {told or 'nothing'}; {last_lines(machine.log('kubelet'))}",
    )
