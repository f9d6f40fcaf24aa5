"""One guest on the cluster: applied, reached from everywhere, typed to, confined, and gone within its grace period."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest

from benchmarks.guest_on_cluster import MIB, weigh
from deploy.cluster.cluster import Cluster
from deploy.cluster.kube_api import KubeApi, Refused
from tests.cluster.guests import NAMESPACE, Guest, example, facts_of, uptime_s, wait_for
from tests.cluster.pods import await_pod, busybox_pod
from tests.guest.conftest import pings


@pytest.fixture(scope="module")
def tiny(kubevirt: Cluster, user: KubeApi) -> Iterator[Guest]:
    """A guest that is up, for tests that only look."""
    made = Guest(kubevirt, user, "tiny")
    made.apply()
    facts_of(made.running())
    yield made
    made.remove()


def test_the_guest_has_its_pods_address_and_answers_the_host(tiny: Guest) -> None:
    address = tiny.running()
    assert tiny.pod()["status"]["podIP"] == address
    assert facts_of(address)["address.eth0"].split("/")[0] == address
    wait_for("a ping from the host", lambda: pings(address), tiny.said)


def test_a_pod_on_the_other_node_reaches_it_and_its_service(tiny: Guest) -> None:
    cluster, address = tiny.cluster, tiny.running()
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": tiny.name},
        "spec": {"selector": {"app": tiny.name}, "ports": [{"port": 8000, "targetPort": 80}]},
    }
    services = f"/api/v1/namespaces/{NAMESPACE}/services"
    behind = tiny.user.request("POST", services, service)["spec"]["clusterIP"]
    other = next(name for name in cluster.node_names if name != tiny.node)
    asks = f"until ping -c 1 -w 2 {address}; do sleep 1; done; "
    asks += "".join(
        f"until timeout 5 wget -q -O - http://{to}/; do sleep 1; done; " for to in (address, f"{behind}:8000")
    )
    pod = busybox_pod("asks", other, "sh", "-c", asks, restartPolicy="Never")
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    try:
        await_pod(cluster, "asks", "Succeeded", 90)
        assert cluster.kubectl("logs", "asks").count(f"hostname={tiny.name}") == 2
    finally:
        cluster.kubectl("delete", "pod", "asks", "--force")
        tiny.user.request("DELETE", f"{services}/{tiny.name}")


def test_its_launcher_is_an_ordinary_user(tiny: Guest) -> None:
    pod = tiny.pod()
    told = tiny.cluster.kubectl("exec", pod["metadata"]["name"], "--", "busybox", "cat", "/proc/1/status")
    status = dict(re.findall(r"^(\w+):\s*(.*)$", told, re.MULTILINE))
    assert status["Uid"].split() == ["107"] * 4
    assert {status[name] for name in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    container = pod["spec"]["containers"][0]["securityContext"]
    assert (container["readOnlyRootFilesystem"], container["privileged"]) == (True, False)
    assert "hostPath" not in json.dumps(pod["spec"])
    assert "serviceaccount" not in json.dumps(pod["spec"]["containers"])


def test_people_see_it(tiny: Guest) -> None:
    cluster, address = tiny.cluster, tiny.running()
    shown = cluster.kubectl("get", "vmi", tiny.name, "-o", "wide").splitlines()
    assert shown[0].split() == ["NAME", "AGE", "PHASE", "IP", "NODENAME", "READY", "LIVE-MIGRATABLE", "PAUSED"]
    assert shown[1].split()[2:6] == ["Running", address, tiny.node, "True"]
    assert tiny.name in cluster.kubectl("get", "all")
    reasons = {event["reason"] for event in tiny.events()}
    assert {"SuccessfulCreate", "Started"} <= reasons


def test_its_console_types_and_answers(tiny: Guest) -> None:
    with tiny.console() as console:
        console.await_shell()
        console.type("echo $((6*7))-$(hostname)")
        console.expect(f"42-{tiny.name}")


def test_the_newer_console_takes_over(tiny: Guest) -> None:
    with tiny.console() as older:
        older.await_shell()
        with tiny.console() as newer:
            newer.await_shell()
            with pytest.raises(AssertionError, match="the console closed"):
                older.expect("what never comes", 20)


def test_the_console_is_for_those_who_may(tiny: Guest) -> None:
    stranger = Guest(tiny.cluster, tiny.cluster.user("somebody-else"), tiny.name)
    with pytest.raises(Exception, match="403"):
        stranger.console()
    nobody = Guest(tiny.cluster, tiny.user, "no-such-guest")
    with pytest.raises(Exception, match="404"):
        nobody.console()


def test_deletion_is_a_shutdown_within_the_grace_period(guest: Guest) -> None:
    """The guest hears its power button; nothing of it is left on its node."""
    guest.apply(terminationGracePeriodSeconds=60)
    uptime_s(guest.running())
    uid, node = guest.pod()["metadata"]["uid"], guest.cluster.machine(guest.node)
    assert uid in node.run("cat", "/proc/mounts").stdout
    begun = time.monotonic()
    guest.user.request("DELETE", guest.path())
    guest.await_gone()
    assert time.monotonic() - begun < 40, "the guest was not asked, or its end was not seen"
    assert guest.qemus() == 0
    wait_for("its Pod's mounts are gone", lambda: uid not in node.run("cat", "/proc/mounts").stdout, guest.said, 60)


def test_a_guest_that_does_not_heed_its_power_button_is_ended_at_the_end_of_its_grace_period(guest: Guest) -> None:
    guest.apply(terminationGracePeriodSeconds=5)
    guest.running()
    with guest.console() as console:
        console.await_shell()
        console.type("killall acpid; echo deaf-$((1+1))")
        console.expect("deaf-2")
    begun = time.monotonic()
    guest.user.request("DELETE", guest.path())
    guest.await_gone()
    took = time.monotonic() - begun
    assert 5 <= took < 30, took


def test_masquerade(guest: Guest) -> None:
    """Behind the Pod's address, which the Pod keeps."""
    domain = example("vmi-tiny")["spec"]["domain"]
    domain["devices"]["interfaces"] = [{"name": "default", "masquerade": {}}]
    guest.apply(domain=domain)
    address = guest.running()
    assert facts_of(address)["address.eth0"].startswith("10.0.2.2/24")
    assert guest.pod()["status"]["podIP"] == address
    assert pings(address)


def test_cloud_init_comes_from_a_secret(guest: Guest) -> None:
    secrets = f"/api/v1/namespaces/{NAMESPACE}/secrets"
    script = "#!/bin/sh\necho from-a-secret >/srv/www/told\n"
    guest.user.request("POST", secrets, {"metadata": {"name": guest.name}, "stringData": {"userdata": script}})
    try:
        system = example("vmi-tiny")["spec"]["volumes"][0]
        seed = {"name": "seed", "cloudInitNoCloud": {"secretRef": {"name": guest.name}}}
        guest.apply(volumes=[system, seed])
        guest.running()
        with guest.console() as console:
            console.await_shell()
            console.type("until cat /srv/www/told; do sleep 1; done")
            console.expect("from-a-secret")
    finally:
        guest.user.request("DELETE", f"{secrets}/{guest.name}")


def test_a_manifest_at_fault_is_refused_by_its_paths(guest: Guest) -> None:
    domain = example("vmi-tiny")["spec"]["domain"]
    with pytest.raises(Refused, match=r'unknown field "spec\.domain\.memry"') as refused:
        guest.apply(domain={**domain, "memry": {"guest": "1Gi"}})
    assert refused.value.status == 400
    domain["devices"]["disks"][0]["disk"]["bus"] = "floppy"
    domain["memory"] = {"guest": "-1Gi"}
    with pytest.raises(Refused, match=r"spec\.domain\.devices\.disks\[0\]\.disk\.bus") as refused:
        guest.apply(domain=domain)
    assert refused.value.status == 422
    assert "spec.domain.memory.guest" in str(refused.value)


def test_what_stands_beside_qemu_is_small(tiny: Guest) -> None:
    """A sixth of the 190 MiB that KubeVirt budgets beside QEMU is 31."""
    weights, cgroup = weigh(tiny.cluster, tiny.name)
    beside = [one for one in weights if one.part != "QEMU"]
    assert sorted(one.part for one in beside) == ["dnsmasq", "launcher"], weights
    assert sum(one.anonymous for one in beside) < 20 * MIB, weights
    assert sum(one.pss for one in beside) < 40 * MIB, weights
    overhead = int(tiny.pod()["spec"]["containers"][0]["resources"]["requests"]["memory"])
    assert cgroup["anonymous"] <= overhead, "more than the Pod has reserved"
