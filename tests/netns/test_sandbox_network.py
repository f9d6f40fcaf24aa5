"""The standalone sandboxes' network on hosts of their own: each host here is a network namespace with an uplink.

So the tests see everything that a host has, bridge, rules, forwarding and routes, and none of it is this machine's.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kvnode.errors import HostError
from kvnode.network import cni, sandbox_network
from kvnode.network.links import probe_links
from kvnode.network.rtnetlink import KernelRoute
from kvnode.network.sandbox_network import RANGES, Attached, attach, bridge_name, detach, free_range
from kvnode.paths import NodePaths
from tests.netns.pods import Namespace, namespace

A, B, C = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"


class Host:
    """A network namespace as the host of sandboxes, and the node's folders of one root on it."""

    def __init__(self, space: Namespace, node: NodePaths, root: Path) -> None:
        self.space = space
        self.node = node
        self.root = root

    def attach(self, guest: str, sandbox: Namespace) -> Attached:
        return self.space.netns.run(attach, guest, sandbox.pid, self.node)

    def detach(self, guest: str) -> None:
        self.space.netns.run(detach, guest, self.node)

    def seen(self) -> str:
        """All that a guest's network could leave on a host."""
        script = "ip -o link; ip -4 -o addr; ip route; ip rule; nft list ruleset; cat /proc/sys/net/ipv4/ip_forward"
        files = sorted(str(path) for path in self.root.rglob("*") if path.name not in ("run", "kvnode"))
        return self.space.sh(script) + "\n".join(files)

    def wait_until_seen(self, wanted: str) -> None:
        """The kernel takes namespaces down in its own time."""
        deadline = time.monotonic() + 10
        while (seen := self.seen()) != wanted:
            assert time.monotonic() < deadline, f"{seen}\n--- instead of\n{wanted}"
            time.sleep(0.05)


@pytest.fixture
def space() -> Iterator[Namespace]:
    with namespace() as space:
        space.sh(
            "ip link add uplink mtu 1400 type veth peer name far; ip link set uplink up; ip link set far up; "
            "ip addr add 192.0.2.2/24 dev uplink; ip route add default via 192.0.2.1; "
            "echo 0 > /proc/sys/net/ipv4/ip_forward"
        )
        time.sleep(0.1)
        yield space


def host_on(space: Namespace, root: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setenv("KVNODE_ROOT", str(root))
    return Host(space, NodePaths.here(), root)


@pytest.fixture
def host(space: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return host_on(space, tmp_path, monkeypatch)


@contextlib.contextmanager
def sandboxes(count: int) -> Iterator[list[Namespace]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(namespace()) for _ in range(count)]


def test_three_guests_reach_each_other_and_the_host_and_leave_nothing(host: Host):
    before = host.seen()
    with sandboxes(3) as boxes:
        given = [host.attach(guest, box).address for guest, box in zip((A, B, C), boxes, strict=True)]
        assert len(set(given)) == 3
        plain = [address.partition("/")[0] for address in given]
        for address in plain:
            host.space.sh(f"ping -c1 -W2 {address}")
            for box in boxes:
                box.sh(f"ping -c1 -W2 {address}")
        boxes[0].sh("ping -c1 -W2 192.0.2.2")
        for guest in (A, B, C):
            host.detach(guest)
    host.wait_until_seen(before)


def test_the_sandbox_has_what_a_pod_has(host: Host):
    with namespace() as box:
        attached = host.attach(A, box)
        link = probe_links(box.netns, "eth0")
        assert link.addresses == (attached.address,)
        assert link.mtu == 1400, "the host's own way out takes no more"
        assert [route.gateway for route in link.routes if route.dst == "default"] == ["10.188.0.1"]
        box.sh("ping -c1 -W1 127.0.0.1")
        assert attached.veth in host.space.sh("ip -o link")
        host.detach(A)
        assert attached.veth not in host.space.sh("ip -o link"), "its link goes though its namespace is still there"


def test_the_bridge_keeps_its_mac_and_believes_no_guest(host: Host):
    with sandboxes(2) as boxes:
        host.attach(A, boxes[0])
        show = f"ip -o link show {bridge_name()} | grep -o 'ether [^ ]*'"
        first = host.space.sh(show)
        host.attach(B, boxes[1])
        assert host.space.sh(show) == first
        assert host.space.sh(f"cat /proc/sys/net/ipv6/conf/{bridge_name()}/disable_ipv6") == "1\n"
        host.detach(A)
        assert host.space.sh(show) == first
        host.detach(B)


def test_guests_go_out_under_the_hosts_address(host: Host):
    host.space.sh("ip addr add 192.0.2.1/32 dev far; ip link set far up")
    with namespace() as box, namespace() as outside:
        host.space.sh(f"ip addr flush dev far; ip link set far netns {outside.pid}")
        outside.sh("ip link set far up; ip addr add 192.0.2.1/24 dev far")
        host.attach(A, box)
        box.sh("ping -c1 -W2 192.0.2.1")
        assert "10.188" not in outside.sh("ip neigh; ip route")
        host.detach(A)


def test_an_address_is_free_again(host: Host):
    """A range gives out its addresses in turn; a full turn brings back those that were freed and no other."""
    with sandboxes(2) as boxes:
        host.attach(A, boxes[0])
        host.attach(B, boxes[1])
        host.detach(B)
        taken = [path.name for path in (host.node.cni / "kvnode").iterdir() if path.name[0].isdigit()]
        assert len(taken) == 1
        host.detach(A)


def test_detach_is_repeatable_and_knows_no_guest(host: Host):
    before = host.seen()
    host.detach(A)
    with namespace() as box:
        host.attach(A, box)
        host.detach(B)
        assert host.seen() != before, "a stranger's detach leaves the others alone"
        host.detach(A)
        host.detach(A)
    host.wait_until_seen(before)


def test_a_guest_that_died_unseen_is_forgotten_by_the_next(host: Host):
    before = host.seen()
    with namespace() as box:
        lost = host.attach(A, box)
    deadline = time.monotonic() + 10
    while lost.veth in host.space.sh("ip -o link"):
        assert time.monotonic() < deadline
    with namespace() as box:
        host.attach(B, box)
        state = msgspec.json.decode((host.node.cni / "network.json").read_bytes())
        assert set(state["guests"]) == {B}
        assert not (host.node.cni / "kvnode" / lost.address.partition("/")[0]).exists()
        host.detach(B)
    host.wait_until_seen(before)


def test_the_same_guest_again_without_having_left(host: Host):
    with sandboxes(2) as boxes:
        host.attach(A, boxes[0])
        host.attach(A, boxes[1])
        boxes[1].sh("ping -c1 -W2 10.188.0.1")
        state = msgspec.json.decode((host.node.cni / "network.json").read_bytes())
        assert set(state["guests"]) == {A}
        host.detach(A)


KILLED_AT = ["_save", "_make_bridge", "_raise_bridge", "_set_forwarding", "load_ruleset", "_add"]
KILLED = """
import os, signal, sys
from kvnode.network import sandbox_network
from kvnode.paths import NodePaths
where, after, guest, pid = sys.argv[1], sys.argv[2] == "after", sys.argv[3], int(sys.argv[4])
original = getattr(sandbox_network, where)
def struck(*args, **named):
    if after:
        original(*args, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(sandbox_network, where, struck)
if pid:
    sandbox_network.attach(guest, pid, NodePaths.here())
else:
    sandbox_network.detach(guest, NodePaths.here())
"""


def killed(host: Host, where: str, when: str, guest: str, pid: int) -> None:
    """An attach (or with pid 0 a detach) in a process of its own that is killed before or after a step."""
    command = [*host.space.entered, sys.executable, "-c", KILLED, where, when, guest, str(pid)]
    environment = {**os.environ, "KVNODE_ROOT": str(host.root), "PYTHONPATH": os.getcwd()}
    assert subprocess.run(command, env=environment).returncode == -signal.SIGKILL


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("where", KILLED_AT)
def test_killed_while_attaching(host: Host, where: str, when: str):
    before = host.seen()
    with namespace() as box:
        killed(host, where, when, A, box.pid)
    host.detach(A)
    host.wait_until_seen(before)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("where", ["_free", "_save", "_tear_down", "load_ruleset", "_set_forwarding", "_delete_link"])
def test_killed_while_detaching(host: Host, where: str, when: str):
    before = host.seen()
    with namespace() as box:
        host.attach(A, box)
        killed(host, where, when, A, 0)
        host.detach(A)
    host.wait_until_seen(before)


def test_killed_while_another_lives(host: Host):
    """Whoever finishes a dead guest's stop leaves the living one its bridge, its rules and its address."""
    with sandboxes(2) as boxes:
        host.attach(A, boxes[0])
        killed(host, "_add", "after", B, boxes[1].pid)
        host.detach(B)
        boxes[0].sh("ping -c1 -W2 192.0.2.2")
        host.detach(A)


def test_a_failed_attach_leaves_nothing(host: Host, monkeypatch: pytest.MonkeyPatch):
    before = host.seen()
    with namespace() as box:
        pass
    with pytest.raises(HostError, match="can't be opened"):
        host.attach(A, box)
    host.wait_until_seen(before)


def test_missing_plugins_name_their_package(host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    before = host.seen()
    monkeypatch.setattr(cni, "FOLDERS", (str(tmp_path),))
    monkeypatch.delenv("CNI_PATH", raising=False)
    with namespace() as box, pytest.raises(HostError, match="install the package containernetworking-plugins"):
        host.attach(A, box)
    host.wait_until_seen(before)


def test_a_stop_goes_through_without_the_plugins(host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Somebody who removes the package must not be left with a bridge that nothing takes away."""
    before = host.seen()
    monkeypatch.delenv("CNI_PATH", raising=False)
    with namespace() as box:
        host.attach(A, box)
        monkeypatch.setattr(cni, "FOLDERS", (str(tmp_path),))
        host.detach(A)
    host.wait_until_seen(before)


def test_a_plugins_own_words_are_the_error(host: Host):
    with namespace() as box:
        box.sh("ip link add eth0 type bridge")
        with pytest.raises(HostError, match=r"refuses ADD: .*already exists"):
            host.attach(A, box)


def test_forwarding_that_was_on_stays_on(host: Host):
    host.space.sh("echo 1 > /proc/sys/net/ipv4/ip_forward")
    before = host.seen()
    with namespace() as box:
        host.attach(A, box)
        host.detach(A)
    host.wait_until_seen(before)


@pytest.mark.parametrize("first_to_leave", [0, 1])
def test_two_roots_share_a_host(space: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first_to_leave: int):
    roots = [host_on(space, tmp_path / name, monkeypatch) for name in ("one", "two")]
    for root in roots:
        root.root.mkdir()
    before = roots[0].seen()
    with sandboxes(2) as boxes:
        given = []
        for root, box in zip(roots, boxes, strict=True):
            monkeypatch.setenv("KVNODE_ROOT", str(root.root))
            given.append(root.attach(A, box).address)
        assert given[0] != given[1]
        for index in (first_to_leave, 1 - first_to_leave):
            monkeypatch.setenv("KVNODE_ROOT", str(roots[index].root))
            assert space.sh("cat /proc/sys/net/ipv4/ip_forward") == "1\n", "the other's guest still goes out"
            roots[index].detach(A)
    roots[0].wait_until_seen(before)


def test_many_at_once(host: Host):
    before = host.seen()
    guests = [f"{index:012x}" for index in range(6)]
    failures: list[BaseException] = []
    given: list[Any] = []
    with sandboxes(len(guests)) as boxes:

        def live(guest: str, box: Namespace) -> None:
            try:
                given.append(host.attach(guest, box).address)
                host.detach(guest)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=live, args=pair) for pair in zip(guests, boxes, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(given) == len(guests)
    host.wait_until_seen(before)


def test_a_range_that_is_routed_is_not_taken(host: Host):
    host.space.sh("ip route add 10.188.0.0/16 via 192.0.2.9")
    with namespace() as box:
        assert host.attach(A, box).address.startswith("10.77.0.")
        host.detach(A)


def test_ranges_are_chosen_clear_of_every_route():
    assert free_range([KernelRoute(1, "0.0.0.0/0", "10.0.0.1"), KernelRoute(1, "fd00::/64", None)]) == RANGES[0]
    assert free_range([KernelRoute(1, "10.188.3.0/24", None)]) == RANGES[1]
    assert free_range([KernelRoute(1, "10.0.0.0/8", None)]).overlaps(sandbox_network.IPv4Network("172.28.0.0/20"))
    with pytest.raises(HostError, match="all 49 address ranges"):
        free_range([KernelRoute(1, "10.0.0.0/8", None), KernelRoute(1, "128.0.0.0/1", None)])


def test_a_state_that_is_lost_harms_no_living_guest(host: Host):
    before = host.seen()
    with sandboxes(2) as boxes:
        host.attach(A, boxes[0])
        (host.node.cni / "network.json").write_bytes(b'{"bridge": 7')
        host.detach(B)
        boxes[0].sh("ping -c1 -W2 192.0.2.2")
        host.attach(B, boxes[1])
        boxes[1].sh("ping -c1 -W2 192.0.2.2")
        boxes[0].sh("ping -c1 -W2 192.0.2.2")
    deadline = time.monotonic() + 10
    while "veth" in host.space.sh("ip -o link | grep -v uplink | grep -v far || true"):
        assert time.monotonic() < deadline
    host.detach(A)
    host.detach(B)
    host.wait_until_seen(before)


def test_one_waits_for_the_other(host: Host):
    host.node.cni.mkdir(parents=True)
    lock = os.open(host.node.cni, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with namespace() as box:
        done = threading.Event()
        thread = threading.Thread(target=lambda: (host.attach(A, box), done.set()))
        thread.start()
        assert not done.wait(0.5)
        os.close(lock)
        thread.join()
        host.detach(A)


def test_nobody_waits_forever(host: Host, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox_network, "TURN_S", 0.2)
    host.node.cni.mkdir(parents=True)
    lock = os.open(host.node.cni, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with pytest.raises(HostError, match=r"is being changed by another process for over 0 s"):
        host.detach(A)
    os.close(lock)
    host.detach(A)


@pytest.mark.parametrize("guest", ["", "../x", "a b", "x" * 65, "ä"])
def test_an_id_that_is_none(host: Host, guest: str):
    with pytest.raises(HostError, match="is not a guest's id"):
        host.detach(guest)


def test_bridges_are_named_by_their_root():
    assert bridge_name(Path("/")) == "kvnode0"
    assert bridge_name(Path("/tmp/x")) != bridge_name(Path("/tmp/y"))
    assert len(bridge_name(Path("/tmp/x" * 500))) <= 15
