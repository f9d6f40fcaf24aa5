"""A guest's plumbing in a namespace: one batch against everything else that makes the same links.

The work is the bridge binding's: bridge, tap, the Pod's link joined, its address moved; with one interface and with
eight.  Each round has a fresh network namespace and ends before anything is deleted, since deleting is the kernel's
time (RCU) and the same for all.  Rivals do the same operations on the same links:

- one message and one ack for each operation, over our own socket
- pyroute2, its socket open already
- ``ip -batch``, one process for all
- ``ip``, a process for each operation

Everybody makes taps as it does that: we by ioctl, pyroute2 by a helper of its own, iproute2 by ``tuntap``.  Packet
rules, knobs and the thread that enters the namespace are not part of this; ``test_apply_links`` has them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import msgspec
import pytest
from pyroute2 import IPRoute
from pytest_benchmark.fixture import BenchmarkFixture

from kvnode._fast.netlink import Batch
from kvnode.api.instance import VirtualMachineInstance
from kvnode.facts import HostFacts, LinkFacts
from kvnode.network.dnsmasq import find_dnsmasq, start_dnsmasq
from kvnode.network.links import apply_links, encode_operation, link_indexes, make_links, probe_links
from kvnode.network.netns import Netns
from kvnode.network.rtnetlink import RouteSocket
from kvnode.network.taps import create_tap
from kvnode.planning.link_operations import (
    AddAddress,
    CreateBridge,
    CreateTap,
    RemoveAddress,
    SetLink,
    SetPort,
    SetSysctl,
)
from kvnode.planning.network import network_plan
from kvnode.planning.network_plans import InterfaceNetwork, NetworkPlan
from tests.netns.pods import Namespace

ROUNDS = 15
UID = 61234
INTERFACES = pytest.mark.parametrize("interfaces", [1, 8], ids=["1 interface", "8 interfaces"])


def plan_of(pod: Namespace, interfaces: int) -> NetworkPlan:
    """The plan of a guest with that many bridged interfaces on that many links of the Pod."""
    names = [f"eth{index}" for index in range(interfaces)]
    document = {
        "metadata": {"name": "bench"},
        "spec": {
            "networks": [{"name": name, "multus": {"networkName": name}} for name in names],
            "domain": {"devices": {"interfaces": [{"name": name, "bridge": {}} for name in names]}},
        },
    }
    seen: dict[str, LinkFacts] = {name: probe_links(pod.netns, name) for name in names}
    return network_plan(msgspec.convert(document, VirtualMachineInstance), HostFacts(links=seen))


@pytest.fixture
def pods() -> Iterator[Callable[[int], tuple[Namespace, NetworkPlan]]]:
    """Makes a Pod with links and addresses and the plan for it; all of them end with the test."""
    made: list[Namespace] = []

    def make(interfaces: int) -> tuple[Namespace, NetworkPlan]:
        while made:
            made.pop().close()
        pod = Namespace()
        made.append(pod)
        pod.sh(
            "".join(
                f"ip link add eth{index} type veth peer name far{index}; ip link set far{index} up; "
                f"ip link set eth{index} up; ip addr add 10.244.{index}.17/24 dev eth{index}\n"
                for index in range(interfaces)
            )
        )
        return pod, plan_of(pod, interfaces)

    yield make
    while made:
        made.pop().close()


def make_taps(plan: NetworkPlan) -> None:
    """All taps by ioctl."""
    for operation in plan.operations:
        if isinstance(operation, CreateTap):
            create_tap(operation.link, operation.index, UID, queues=operation.queues)


def by_one_batch(plan: NetworkPlan) -> None:
    """Ours: taps by ioctl, all else in one sendmsg."""
    make_links(plan.operations, UID)


def by_single_messages(plan: NetworkPlan) -> None:
    """A sendmsg and a wait for its ack for each operation, with the same encoder."""
    indexes = link_indexes(plan.operations)
    make_taps(plan)
    with RouteSocket() as kernel:
        for operation in plan.operations:
            if isinstance(operation, CreateTap | CreateBridge):
                indexes[operation.link] = operation.index
            if isinstance(operation, CreateTap | SetSysctl):
                continue
            batch = Batch()
            encode_operation(batch, operation, indexes)
            assert kernel.send(batch) == []


def by_pyroute2(plan: NetworkPlan, kernel: IPRoute) -> None:
    """pyroute2's own calls, one for each operation."""
    indexes: dict[str, int] = {}

    def index(name: str) -> int:
        if name not in indexes:
            indexes[name] = kernel.link_lookup(ifname=name)[0]
        return indexes[name]

    for operation in plan.operations:
        match operation:
            case CreateTap():
                kernel.link("add", ifname=operation.link, kind="tuntap", mode="tap", uid=UID)
            case CreateBridge():
                kernel.link("add", ifname=operation.link, kind="bridge", address=operation.mac)
            case SetLink():
                changes: dict[str, object] = {"address": operation.mac, "mtu": operation.mtu, "group": operation.group}
                changes["master"] = index(operation.master) if operation.master else None
                changes["state"] = "up" if operation.up else None
                kernel.link("set", index=index(operation.link), **{k: v for k, v in changes.items() if v is not None})
            case SetPort():
                learning = int(operation.learning)
                kernel.brport("set", index=index(operation.link), learning=learning)
            case AddAddress() | RemoveAddress():
                verb = "add" if isinstance(operation, AddAddress) else "del"
                address, _, prefix = operation.address.partition("/")
                kernel.addr(verb, index=index(operation.link), address=address, prefixlen=int(prefix))


def as_ip_lines(interface: InterfaceNetwork) -> Iterator[str]:
    """The operations as lines of ``ip -batch``."""
    for operation in interface.operations:
        match operation:
            case CreateTap():
                yield f"tuntap add dev {operation.link} mode tap user {UID} vnet_hdr"
            case CreateBridge():
                yield f"link add {operation.link} index {operation.index} address {operation.mac} type bridge"
            case SetLink():
                changes = [("address", operation.mac), ("mtu", operation.mtu), ("master", operation.master)]
                words = " ".join(f"{name} {value}" for name, value in changes if value is not None)
                yield f"link set dev {operation.link} {words} {'up' if operation.up else ''}"
                if operation.group is not None:
                    yield f"link set dev {operation.link} group {operation.group}"
            case SetPort():
                learning = "on" if operation.learning else "off"
                yield f"link set dev {operation.link} type bridge_slave learning {learning}"
            case AddAddress():
                yield f"addr add {operation.address} dev {operation.link}"
            case RemoveAddress():
                yield f"addr del {operation.address} dev {operation.link}"


def ip_lines(plan: NetworkPlan) -> list[str]:
    return [line for interface in plan.interfaces for line in as_ip_lines(interface)]


def by_ip_batch(plan: NetworkPlan) -> None:
    """One process of iproute2 for all operations."""
    subprocess.run(["ip", "-batch", "-"], input="\n".join(ip_lines(plan)), text=True, check=True)


def by_ip(plan: NetworkPlan) -> None:
    """A process of iproute2 for each operation."""
    for line in ip_lines(plan):
        subprocess.run(["ip", *line.split()], check=True)


def check(pod: Namespace, plan: NetworkPlan) -> None:
    """Every rival has to have done the work."""
    seen = msgspec.json.decode(pod.sh("ip -j addr show"))
    by_name = {link["ifname"]: link for link in seen}
    for interface in plan.interfaces:
        assert by_name[interface.pod_ifname]["master"] == interface.bridge
        assert by_name[interface.tap]["master"] == interface.bridge
        assert by_name[interface.pod_ifname]["address"] == interface.pod_mac
        assert not [a for a in by_name[interface.pod_ifname]["addr_info"] if a["family"] == "inet"]
        assert interface.dhcp is not None
        assert [a["local"] for a in by_name[interface.bridge]["addr_info"] if a["family"] == "inet"] == [
            interface.dhcp.server
        ]


RIVALS: dict[str, Callable[[NetworkPlan, IPRoute], None]] = {
    "one batch": lambda plan, _: by_one_batch(plan),
    "a message at a time": lambda plan, _: by_single_messages(plan),
    "pyroute2": by_pyroute2,
    "ip -batch": lambda plan, _: by_ip_batch(plan),
    "ip": lambda plan, _: by_ip(plan),
}


class Inside:
    """This thread in a Pod's network namespace for one round, so that nothing but the work is timed."""

    def __init__(self, pods: Callable[[int], tuple[Namespace, NetworkPlan]], interfaces: int) -> None:
        self.pods = pods
        self.interfaces = interfaces
        self.home = Netns("/proc/thread-self/ns/net")
        self.kernel: IPRoute | None = None

    def enter(self) -> tuple[tuple[NetworkPlan, IPRoute], dict[str, object]]:
        """A new Pod, entered; its plan, and pyroute2's socket in it."""
        self.leave()
        self.pod, self.plan = self.pods(self.interfaces)
        self.pod.netns.enter()
        self.kernel = IPRoute()
        self.kernel.get_links()
        return (self.plan, self.kernel), {}

    def leave(self, *_: object) -> None:
        """Home again, if this thread was away."""
        if self.kernel is not None:
            self.kernel.close()
            self.kernel = None
            self.home.enter()


@pytest.fixture
def inside(pods: Callable[[int], tuple[Namespace, NetworkPlan]]) -> Iterator[Callable[[int], Inside]]:
    made: list[Inside] = []

    def make(interfaces: int) -> Inside:
        made.append(Inside(pods, interfaces))
        return made[-1]

    yield make
    for each in made:
        each.leave()
        each.home.close()


@INTERFACES
@pytest.mark.parametrize("rival", RIVALS)
def test_plumbing(benchmark: BenchmarkFixture, inside: Callable[[int], Inside], interfaces: int, rival: str) -> None:
    """The same operations by everybody."""
    benchmark.group = f"plumbing of {interfaces} interface{'s' * (interfaces > 1)}"
    namespace = inside(interfaces)
    benchmark.pedantic(RIVALS[rival], setup=namespace.enter, rounds=ROUNDS, warmup_rounds=1)
    check(namespace.pod, namespace.plan)


@INTERFACES
def test_apply_links(
    benchmark: BenchmarkFixture, pods: Callable[[int], tuple[Namespace, NetworkPlan]], interfaces: int
) -> None:
    """All of it, as a start does it: the namespace entered, knobs, taps, links, packet rules."""
    benchmark.group = f"plumbing of {interfaces} interface{'s' * (interfaces > 1)}"

    def setup() -> tuple[tuple[NetworkPlan, Netns, int], dict[str, object]]:
        pod, plan = pods(interfaces)
        return (plan, pod.netns, UID), {}

    benchmark.pedantic(apply_links, setup=setup, rounds=ROUNDS, warmup_rounds=1)


def test_dnsmasq_until_it_answers(
    benchmark: BenchmarkFixture, pods: Callable[[int], tuple[Namespace, NetworkPlan]]
) -> None:
    """From nothing to a bound DHCP server beside the Pod."""
    benchmark.group = "dnsmasq"
    started: list[Namespace] = []

    def setup() -> tuple[tuple[object, int], dict[str, object]]:
        pod, plan = pods(1)
        apply_links(plan, pod.netns, UID)
        started[:] = [pod]
        return (plan.interfaces[0].dhcp, pod.pid), {}

    benchmark.pedantic(start_dnsmasq, setup=setup, rounds=ROUNDS, warmup_rounds=1)
    assert len(find_dnsmasq(started[0].pid)) == 1


@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize("how", ["one group", "one by one"])
def test_deletion(benchmark: BenchmarkFixture, inside: Callable[[int], Inside], count: int, how: str) -> None:
    """Taps that go: grouped they wait for the kernel's grace period together."""
    benchmark.group = f"deletion of {count} tap{'s' * (count > 1)}"
    namespace = inside(1)
    first = 0x6B7F0000

    def setup() -> tuple[tuple[()], dict[str, object]]:
        namespace.enter()
        batch = Batch()
        for number in range(count):
            create_tap(f"gone{number}", first + number, UID)
            batch.set_link(first + number, group=9)
        with RouteSocket() as kernel:
            assert kernel.send(batch) == []
        return (), {}

    def delete() -> None:
        with RouteSocket() as kernel:
            for number in range(1 if how == "one group" else count):
                batch = Batch()
                if how == "one group":
                    batch.delete_group(9)
                else:
                    batch.delete_link(first + number)
                assert kernel.send(batch) == []

    benchmark.pedantic(delete, setup=setup, rounds=5)
    assert "gone" not in namespace.pod.sh("ip -o link")
