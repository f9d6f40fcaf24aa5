"""A guest on the real cluster: applied, reached, its handlers restarted under it, powered off, deleted, and gone."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.cluster.cluster import Cluster
from deploy.images.build import guest_archive, kvnode_archive
from tests.cluster.pods import await_pod, busybox_pod
from tests.guest.conftest import pings, web_page

TREE = Path(__file__).resolve().parents[2]
EXAMPLE = TREE / "deploy" / "examples" / "vmi-tiny.yaml"
BOOT_S = 180.0
GUESTS = "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances"

pytestmark = [
    pytest.mark.full("a control plane and two nodes on this machine"),
    # The first run ever builds the programs and the images.
    pytest.mark.timeout(2400),
]


@pytest.fixture(scope="session")
def kubevirt(cluster: Cluster) -> Cluster:
    """The cluster with our daemons on it, as somebody without KVM installs them."""
    for archive in (kvnode_archive(print), guest_archive(print)):
        cluster.load_image(archive)
    cluster.apply(TREE / "deploy")
    cluster.apply(TREE / "deploy" / "emulation")
    return cluster


class Guest:
    """One guest and what the API server says of it."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster = cluster
        self.name = name

    def apply(self, **spec: object) -> None:
        document = yaml.safe_load(EXAMPLE.read_text())
        document["metadata"] = {"name": self.name, "labels": {"app": self.name}}
        document["spec"].update(spec)
        self.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(document))

    def get(self) -> dict[str, Any]:
        return self.cluster.api.get(f"{GUESTS}/{self.name}")

    @property
    def phase(self) -> str:
        return str(self.get().get("status", {}).get("phase", ""))

    def running(self) -> str:
        """Its address, once it runs."""
        wait_for(f"{self.name} is Running", lambda: self.phase == "Running", self.said)
        return str(self.get()["status"]["interfaces"][0]["ipAddress"])

    @property
    def node(self) -> str:
        return str(self.get()["status"]["nodeName"])

    def pod(self) -> dict[str, Any]:
        uid = self.get()["metadata"]["uid"]
        listed = self.cluster.api.get(f"/api/v1/namespaces/default/pods?labelSelector=kubevirt.io%2Fcreated-by%3D{uid}")
        (pod,) = listed["items"]
        return dict(pod)

    def type(self, line: str) -> None:
        """Types into its console, in its Pod, as its launcher's own user: until the console is there for others."""
        script = (
            "import sys; from pathlib import Path; from kvnode.runtime.launcher_client import connect_launcher as c; "
            "x = c(Path('/var/run/kubevirt'), 107, 10); x.attach(0); x.socket.sendall(sys.argv[1].encode() + b'\\n'); "
            "x.socket.settimeout(10); x.socket.recv(1)"
        )
        self.cluster.kubectl("exec", self.pod()["metadata"]["name"], "--", "python3", "-c", script, line)

    def said(self) -> str:
        return self.cluster.kubectl("describe", "vmi", self.name) + self.cluster.kubectl("get", "events")

    def delete(self) -> None:
        self.cluster.kubectl("delete", "vmi", self.name, "--wait=false", "--ignore-not-found")
        wait_for(f"{self.name} is gone", lambda: self.cluster.api.find(f"{GUESTS}/{self.name}") is None, str)


def wait_for(what: str, true: Callable[[], object], said: Callable[[], str], timeout_s: float = BOOT_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s:.0f} s\n{said()}"
        time.sleep(0.2)


def uptime_s(address: str) -> float:
    """What the guest says of itself; an emulated guest on a busy machine may need more than one try."""
    for _ in range(5):
        found = re.search(r"uptime=([0-9.]+)", web_page(address))
        if found:
            return float(found[1])
        time.sleep(2)
    raise AssertionError(f"{address} doesn't answer")


@pytest.fixture
def guest(kubevirt: Cluster, request: pytest.FixtureRequest) -> Iterator[Guest]:
    """A guest that is taken away, called as its test."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")
    made = Guest(kubevirt, name)
    yield made
    made.delete()


def test_apply_runs_reaches_and_deletes(guest: Guest) -> None:
    cluster = guest.cluster
    guest.apply()
    address = guest.running()
    pod = guest.pod()
    assert pod["status"]["podIP"] == address, "the guest has its Pod's address"
    security = pod["spec"]["containers"][0]["securityContext"]
    assert (security["privileged"], security["capabilities"]) == (False, {"drop": ["ALL"]})
    wait_for("a ping from the host", lambda: pings(address), guest.said)
    wait_for("its page", lambda: guest.name in web_page(address), guest.said)

    # From a Pod on the other node, straight and by a Service.
    cluster.kubectl("expose", "pod", pod["metadata"]["name"], f"--name={guest.name}", "--port=80")
    service = cluster.api.get(f"/api/v1/namespaces/default/services/{guest.name}")["spec"]["clusterIP"]
    other = next(name for name in cluster.node_names if name != guest.node)
    asks = "".join(f"until timeout 5 wget -q -O - http://{to}/; do sleep 1; done; " for to in (address, service))
    client = f"{guest.name}-client"
    manifest = busybox_pod(client, other, "sh", "-c", f"ping -c1 -W5 {address} && {asks}", restartPolicy="Never")
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    await_pod(cluster, client, "Succeeded", 120)
    assert cluster.kubectl("logs", client).count(f"hostname={guest.name}") == 2
    cluster.kubectl("delete", "pod", client, "--wait=false")
    cluster.kubectl("delete", "service", guest.name)

    uid = pod["metadata"]["uid"]
    node = cluster.machine(guest.node)
    processes = node.run("ps", "-eo", "args").stdout
    assert "--interface=k6t-eth0" in processes
    guest.delete()
    wait_for("its Pod is gone", lambda: uid not in cluster.kubectl("get", "pods", "-o", "yaml"), guest.said)
    processes = node.run("ps", "-eo", "args").stdout
    assert "--interface=k6t-eth0" not in processes
    assert "qemu-system" not in processes


def test_a_guest_does_not_notice_its_handler(guest: Guest) -> None:
    """The handler is killed, and replaced: the guest's uptime goes on, and what it had beside it is mended."""
    cluster = guest.cluster
    guest.apply()
    address = guest.running()
    wait_for("its page", lambda: guest.name in web_page(address), guest.said)
    before, pod = uptime_s(address), guest.pod()["metadata"]["uid"]
    node = cluster.machine(guest.node)
    serves = ["pgrep", "-f", "interface=k6t-eth0"]
    server = node.run(*serves).stdout.split()[0]

    handler = node.run("pgrep", "-f", "controllers.virt_handler").stdout.split()
    node.run("kill", "-9", *handler)
    assert node.run(*serves, check=False).stdout.split()[:1] == [server], "it lives in the Pod's cgroup"
    assert uptime_s(address) > before

    # What is broken while nobody looks is mended by the next handler, which also follows the guest again.
    node.run("kill", "-9", server)
    cluster.kubectl("-n", "kubevirt", "rollout", "restart", "daemonset/virt-handler")
    cluster.kubectl("-n", "kubevirt", "rollout", "status", "daemonset/virt-handler", "--timeout=120s", timeout_s=150)
    wait_for("a server again", lambda: node.run(*serves, check=False).stdout.split(), guest.said)
    assert uptime_s(address) > before
    assert guest.pod()["metadata"]["uid"] == pod
    assert guest.phase == "Running"
    guest.type("poweroff -f")
    wait_for("its end is told", lambda: guest.phase == "Succeeded", guest.said)


def test_the_api_server_may_be_away(guest: Guest) -> None:
    """Nothing is known while it is away, so nothing is done; back, all is as before."""
    cluster = guest.cluster
    guest.apply()
    address = guest.running()
    wait_for("its page", lambda: guest.name in web_page(address), guest.said)
    before, pod = uptime_s(address), guest.pod()["metadata"]["uid"]
    cluster.restart("control", "kube-apiserver", signal.SIGKILL)
    cluster.await_all_ready()
    assert guest.phase == "Running"
    assert guest.pod()["metadata"]["uid"] == pod
    assert uptime_s(address) > before


def test_why_a_guest_does_not_start_is_told(guest: Guest) -> None:
    """An image without a disk: a condition and an event with the field; `kubectl describe` shows both."""
    volumes = [{"name": "system", "containerDisk": {"image": "localhost/kvnode/busybox:1"}}]
    document = yaml.safe_load(EXAMPLE.read_text())
    guest.apply(volumes=[*volumes, document["spec"]["volumes"][1]])
    wait_for("an event", lambda: "InvalidImage" in guest.said(), guest.said)
    assert "spec.volumes[0].containerDisk.image" in guest.said()
    assert guest.phase == "Scheduled"
    synchronized = next(one for one in guest.get()["status"]["conditions"] if one["type"] == "Synchronized")
    assert (synchronized["status"], synchronized["reason"]) == ("False", "InvalidImage")


def test_masquerade(guest: Guest) -> None:
    """Behind the Pod's address, which the Pod keeps."""
    document = yaml.safe_load(EXAMPLE.read_text())
    domain = document["spec"]["domain"]
    domain["devices"]["interfaces"] = [{"name": "default", "masquerade": {}}]
    guest.apply(domain=domain)
    address = guest.running()
    wait_for("its page", lambda: "10.0.2.2/24" in web_page(address), guest.said)
    assert subprocess.run(["ping", "-c1", "-W2", address], capture_output=True).returncode == 0
