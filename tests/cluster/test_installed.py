"""kvnode on a real cluster: applied as a user applies it, guests run in Pods that are ordinary users' Pods."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.cluster.cluster import Cluster
from tests.cluster.pods import await_pod, busybox_pod

EXAMPLES = Path(__file__).resolve().parents[2] / "deploy/examples"
GUESTS = "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances"
BOOT_S = 120

pytestmark = [
    pytest.mark.full("a cluster with kvnode on it"),
    # The first run ever builds the cluster's programs, and the images.
    pytest.mark.timeout(2400),
]


@pytest.fixture(scope="module")
def guest(kubevirt: Cluster) -> Iterator[dict[str, Any]]:
    """vmi-tiny, Running; its object."""
    kubevirt.kubectl("apply", "-f", EXAMPLES / "vmi-tiny.yaml")
    yield await_guest(kubevirt, "vmi-tiny")
    kubevirt.kubectl("delete", "vmi", "vmi-tiny", "--ignore-not-found")


def await_guest(cluster: Cluster, name: str, phase: str = "Running", timeout_s: float = 60) -> dict[str, Any]:
    deadline = time.monotonic() + timeout_s
    while True:
        found = cluster.api.find(f"{GUESTS}/{name}")
        if found is not None and found.get("status", {}).get("phase") == phase:
            return found
        assert time.monotonic() < deadline, f"not {phase}:\n" + cluster.kubectl("describe", "vmi,pod", check=False)
        time.sleep(0.2)


def await_gone(cluster: Cluster, name: str, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while cluster.api.find(f"{GUESTS}/{name}") is not None or pods_of(cluster, name):
        assert time.monotonic() < deadline, cluster.kubectl("describe", "vmi,pod", check=False)
        time.sleep(0.2)


def pods_of(cluster: Cluster, name: str) -> list[dict[str, Any]]:
    """The launcher Pods of a guest that have not ended."""
    pods = cluster.api.get(f"/api/v1/namespaces/default/pods?labelSelector=vm.kubevirt.io%2Fname%3D{name}")["items"]
    return [pod for pod in pods if pod["status"]["phase"] not in ("Succeeded", "Failed")]


def facts_of(address: str, timeout_s: float = BOOT_S) -> dict[str, str]:
    """What the guest's own web server says of it, asked until it answers."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}/", timeout=5) as answer:
                return dict(re.findall(r"^(\S+?)=(.*)$", answer.read().decode(), re.MULTILINE))
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def address_of(guest: dict[str, Any]) -> str:
    return str(guest["status"]["interfaces"][0]["ipAddress"])


def test_the_guest_has_its_pods_address_and_answers_the_host(kubevirt: Cluster, guest: dict[str, Any]) -> None:
    [pod] = pods_of(kubevirt, "vmi-tiny")
    assert address_of(guest) == pod["status"]["podIP"]
    facts = facts_of(address_of(guest))
    assert facts["address.eth0"].split("/")[0] == pod["status"]["podIP"]


def test_a_pod_on_the_other_node_reaches_the_guest_and_its_service(kubevirt: Cluster, guest: dict[str, Any]) -> None:
    address = address_of(guest)
    facts_of(address)
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "tiny"},
        "spec": {"selector": {"app": "tiny"}, "ports": [{"port": 8000, "targetPort": 80}]},
    }
    kubevirt.kubectl("apply", "-f", "-", stdin=json.dumps(service))
    of_service = kubevirt.api.get("/api/v1/namespaces/default/services/tiny")["spec"]["clusterIP"]
    other = next(name for name in kubevirt.node_names if name != guest["status"]["nodeName"])
    asks = f"until ping -c 1 -w 2 {address}; do sleep 1; done; "
    asks += "".join(
        f"until timeout 5 wget -q -O - http://{to}/; do sleep 1; done; " for to in (address, f"{of_service}:8000")
    )
    kubevirt.kubectl(
        "apply", "-f", "-", stdin=json.dumps(busybox_pod("asks", other, "sh", "-c", asks, restartPolicy="Never"))
    )
    try:
        await_pod(kubevirt, "asks", "Succeeded")
        assert kubevirt.kubectl("logs", "asks").count("kvnode-tiny") == 2
    finally:
        kubevirt.kubectl("delete", "pod/asks", "service/tiny", "--force")


def test_the_launcher_is_an_ordinary_user(kubevirt: Cluster, guest: dict[str, Any]) -> None:
    [pod] = pods_of(kubevirt, "vmi-tiny")
    told = kubevirt.kubectl("exec", pod["metadata"]["name"], "--", "busybox", "cat", "/proc/1/status")
    status = dict(re.findall(r"^(\w+):\s*(.*)$", told, re.MULTILINE))
    assert status["Uid"].split() == ["107"] * 4
    assert {status[name] for name in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert "hostPath" not in json.dumps(pod["spec"])
    assert "serviceaccount" not in json.dumps(pod["spec"]["containers"])


def test_a_guest_outlives_the_handler_and_the_controllers(kubevirt: Cluster, guest: dict[str, Any]) -> None:
    before = float(facts_of(address_of(guest))["uptime"])
    [pod] = pods_of(kubevirt, "vmi-tiny")
    kubevirt.kubectl("delete", "pod", "-n", "kubevirt", "--all", "--grace-period=1")
    kubevirt.kubectl("rollout", "status", "-n", "kubevirt", "daemonset/virt-handler", "--timeout=100s")
    kubevirt.kubectl("rollout", "status", "-n", "kubevirt", "deployment/virt-controller", "--timeout=100s")
    assert float(facts_of(address_of(guest))["uptime"]) > before
    [after] = pods_of(kubevirt, "vmi-tiny")
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]
    assert await_guest(kubevirt, "vmi-tiny")["metadata"]["uid"] == guest["metadata"]["uid"]


def test_a_machine_is_started_stopped_and_deleted(kubevirt: Cluster) -> None:
    machine = yaml.safe_load((EXAMPLES / "vm-tiny.yaml").read_text())
    machine["spec"]["runStrategy"] = "Halted"
    kubevirt.kubectl("apply", "-f", "-", stdin=json.dumps(machine))

    def strategy(name: str) -> None:
        change = json.dumps({"spec": {"runStrategy": name}})
        kubevirt.kubectl("patch", "vm", "vm-tiny", "--type=merge", "-p", change)

    strategy("Always")
    first = await_guest(kubevirt, "vm-tiny")
    facts_of(address_of(first))
    begun = time.monotonic()
    strategy("Halted")
    await_gone(kubevirt, "vm-tiny")
    # A guest that heeds its power button is off long before its 30 s are over.
    assert time.monotonic() - begun < 25
    strategy("Always")
    assert await_guest(kubevirt, "vm-tiny")["metadata"]["uid"] != first["metadata"]["uid"]
    kubevirt.kubectl("delete", "vm", "vm-tiny", "--timeout=60s")
    await_gone(kubevirt, "vm-tiny")


def test_an_image_that_is_missing_is_told(kubevirt: Cluster) -> None:
    lost = yaml.safe_load((EXAMPLES / "vmi-tiny.yaml").read_text())
    lost["metadata"] = {"name": "vmi-lost"}
    lost["spec"]["volumes"][0]["containerDisk"] = {
        "image": "localhost/kvnode/nowhere:v1",
        "imagePullPolicy": "Never",
    }
    kubevirt.kubectl("apply", "-f", "-", stdin=json.dumps(lost))
    deadline = time.monotonic() + 60
    while (
        "localhost/kvnode/nowhere:v1"
        not in (told := kubevirt.kubectl("describe", "vmi", "vmi-lost")).partition("Status:")[2]
    ):
        assert time.monotonic() < deadline, told
        time.sleep(0.5)
    kubevirt.kubectl("delete", "vmi", "vmi-lost", "--timeout=60s")


def test_the_daemons_do_nothing_that_their_roles_forbid(kubevirt: Cluster) -> None:
    """After the tests above: no request of a daemon was refused for want of a right."""
    seen = 0
    with kubevirt.audit_log.open() as log:
        for line in log:
            entry = json.loads(line)
            if entry["user"]["username"].startswith("system:serviceaccount:kubevirt:virt-"):
                seen += 1
                assert entry.get("responseStatus", {}).get("code") != 403, line
    assert seen > 100
