"""Everything around a guest is killed, replaced or away: its own uptime goes on, and it is never there twice."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator

import pytest

from deploy.cluster.cluster import Cluster
from deploy.cluster.kube_api import KubeApi
from tests.cluster.guests import Guest, Machine, uptime_s, wait_for

DAEMONS = ("daemonset/virt-handler", "deployment/virt-controller", "deployment/virt-api")
DHCP = ("pgrep", "-f", "interface=k6t-eth0")


class Unblinking:
    """A machine whose guest is up, and what must stay as it is."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.address = machine.running()
        self.uid, self.pod = machine.uid, machine.pod()["metadata"]["uid"]
        self.qemu = self._qemu()
        self.uptime_s = uptime_s(self.address)

    def _qemu(self) -> str:
        """Its process on its node; a number that comes again would take a whole round of them."""
        node = self.machine.cluster.machine(self.machine.node)
        return node.run("pgrep", "-f", f"guest=default_{self.machine.name},").stdout

    def holds(self) -> None:
        """The same guest in the same Pod and process, its own clock further on, and only once."""
        before, self.uptime_s = self.uptime_s, uptime_s(self.address)
        assert self.uptime_s > before
        assert self._qemu() == self.qemu
        wait_for("Running", lambda: self.machine.phase == "Running", self.machine.said, 30)
        assert self.machine.uid == self.uid
        assert [pod["metadata"]["uid"] for pod in self.machine.pods()] == [self.pod]
        assert self.machine.qemus() == 1


@pytest.fixture(scope="module")
def guest_that_stays(kubevirt: Cluster, user: KubeApi) -> Iterator[Unblinking]:
    machine = Machine(kubevirt, user, "unblinking")
    machine.apply("Always")
    yield Unblinking(machine)
    machine.remove()


def rolled_out(cluster: Cluster) -> None:
    """Wait until every daemon is there again."""
    for daemon in DAEMONS:
        cluster.kubectl("-n", "kubevirt", "rollout", "status", daemon, "--timeout=100s")


def test_the_handler_is_killed_and_what_it_started_lives_on(guest_that_stays: Unblinking) -> None:
    machine = guest_that_stays.machine
    node = machine.cluster.machine(machine.node)
    server = node.run(*DHCP).stdout.split()[0]
    node.run("pkill", "-9", "-f", "controllers.virt_handler")
    assert node.run(*DHCP).stdout.split()[0] == server, "it lives in the Pod's cgroup"
    guest_that_stays.holds()
    # What breaks while nobody looks is mended by the next handler.
    node.run("kill", "-9", server)
    wait_for("an address server again", lambda: node.run(*DHCP, check=False).stdout.split(), machine.said)
    rolled_out(machine.cluster)
    guest_that_stays.holds()
    with machine.console() as console:
        console.await_shell()


def test_all_daemons_are_replaced_at_once(guest_that_stays: Unblinking) -> None:
    """An upgrade of the handlers, with every replica of the others killed meanwhile; and another guest starts in it."""
    machine = guest_that_stays.machine
    cluster = machine.cluster
    other = Guest(cluster, machine.user, "meanwhile")
    other.apply()
    stamp = {"spec": {"template": {"metadata": {"annotations": {"upgraded-at": str(time.time())}}}}}
    cluster.kubectl("-n", "kubevirt", "patch", "daemonset/virt-handler", "-p", json.dumps(stamp))
    others = "kubevirt.io in (virt-api,virt-controller)"
    cluster.kubectl("-n", "kubevirt", "delete", "pod", "-l", others, "--force", "--grace-period=0")
    guest_that_stays.holds()
    rolled_out(cluster)
    guest_that_stays.holds()
    try:
        uptime_s(other.running())
        assert len(other.pods()) == other.qemus() == 1
    finally:
        other.remove()


def test_the_api_server_is_away(guest_that_stays: Unblinking) -> None:
    """Nothing is known while it is away, so nothing is done; back, all is as before."""
    cluster = guest_that_stays.machine.cluster
    cluster.restart("control", "kube-apiserver", signal.SIGKILL)
    cluster.await_all_ready()
    guest_that_stays.holds()


def test_a_guest_ends_while_its_handler_is_away(guest: Guest) -> None:
    """The handler that comes back finds how it ended, and its deletion goes on."""
    guest.apply()
    guest.running()
    node = guest.cluster.machine(guest.node)
    with guest.console() as console:
        console.await_shell()
        console.type("(sleep 5; poweroff -f) & echo later-$((1+1))")
        console.expect("later-2")
    # Its process stands still, so the kubelet starts no other one meanwhile.
    handlers = node.run("pgrep", "-f", "controllers.virt_handler").stdout.split()
    node.run("kill", "-STOP", *handlers)
    try:
        assert guest.qemus() == 1
        wait_for("no QEMU", lambda: guest.qemus() == 0, guest.said)
        assert guest.phase == "Running", "nobody has told it yet"
    finally:
        node.run("kill", "-9", *handlers)
    wait_for("its end", lambda: guest.phase == "Succeeded", guest.said)
