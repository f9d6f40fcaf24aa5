"""Applying a plan: what the kernel has afterwards, again after a crash, and what is said when it refuses."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from kvnode._fast.netlink import Batch
from kvnode.errors import HostError
from kvnode.facts import HostFacts, LinkFacts, Route
from kvnode.facts.checks import inconsistencies
from kvnode.network.links import apply_links, apply_operations, probe_links
from kvnode.network.netns import Netns
from kvnode.network.rtnetlink import RouteSocket
from kvnode.planning.link_operations import SetLink
from kvnode.planning.network import network_plan
from kvnode.planning.network_plans import LINK_GROUP
from tests.netns.manifests import guest_with, plan_for
from tests.netns.pods import namespace, pod_on_wire

UID = 61234


def links_of(pod):
    """Links by name, as pyroute2's rival on the command line sees them."""
    found = msgspec.json.decode(pod.sh("ip -d -j link show"))
    return {link["ifname"]: link for link in found}


def test_links_as_planned():
    with pod_on_wire(mtu=1400) as (pod, _):
        seen = probe_links(pod.netns, "eth0")
        plan = plan_for(seen, {"bridge": {}})
        apply_links(plan, pod.netns, UID)
        interface, links = plan.interfaces[0], links_of(pod)
        assert links["eth0"]["address"] == interface.pod_mac != seen.mac
        assert links["eth0"]["master"] == links["tap0"]["master"] == "k6t-eth0"
        assert {links[name]["mtu"] for name in ("eth0", "tap0", "k6t-eth0")} == {1400}
        assert {links[name]["group"] for name in ("tap0", "k6t-eth0")} == {str(LINK_GROUP)}
        assert all("UP" in links[name]["flags"] for name in ("eth0", "tap0", "k6t-eth0"))
        tap = links["tap0"]["linkinfo"]["info_data"]
        assert str(tap.pop("user")) == str(UID)
        assert tap == {"type": "tap", "pi": False, "vnet_hdr": True, "multi_queue": False, "persist": True}
        assert len({links[name]["address"] for name in links} | {interface.guest_mac}) == len(links) + 1
        addresses = pod.sh("ip -o addr show scope global; ip -o -6 addr show dev k6t-eth0; ip -o -6 addr show dev eth0")
        assert [line.split()[3] for line in addresses.splitlines()] == ["169.254.75.10/32"]


def test_queues_make_a_multi_queue_tap():
    with pod_on_wire() as (pod, _):
        vmi = guest_with({"bridge": {}})
        devices = msgspec.structs.replace(vmi.spec.domain.devices, network_interface_multiqueue=True)
        cpu = msgspec.convert({"cores": 2, "sockets": 2}, type(vmi.spec.domain).__annotations__["cpu"])
        domain = msgspec.structs.replace(vmi.spec.domain, devices=devices, cpu=cpu)
        vmi = msgspec.structs.replace(vmi, spec=msgspec.structs.replace(vmi.spec, domain=domain))
        plan = network_plan(vmi, HostFacts(links={"net0": probe_links(pod.netns, "eth0")}))
        assert plan.interfaces[0].queues == 4
        apply_links(plan, pod.netns, UID)
        assert links_of(pod)["tap0"]["linkinfo"]["info_data"]["multi_queue"]


def test_again_changes_nothing():
    with pod_on_wire() as (pod, _):
        plan = plan_for(probe_links(pod.netns, "eth0"), {"bridge": {}})
        apply_links(plan, pod.netns, UID)
        before = pod.sh("ip link; ip addr; ip route; nft list ruleset")
        apply_links(plan, pod.netns, UID)
        assert pod.sh("ip link; ip addr; ip route; nft list ruleset") == before


@pytest.mark.parametrize("missing", ["tap0", "k6t-eth0"])
@pytest.mark.parametrize("binding", ["bridge", "masquerade"])
def test_what_is_missing_is_mended(binding, missing):
    with pod_on_wire() as (pod, _):
        plan = plan_for(probe_links(pod.netns, "eth0"), {binding: {}})
        apply_links(plan, pod.netns, UID)
        before = links_of(pod)
        pod.sh(f"ip link del {missing}; nft flush ruleset")
        apply_links(plan, pod.netns, UID)
        after = links_of(pod)
        assert after.keys() == before.keys()
        assert {name: link.get("master") for name, link in after.items()} == {
            name: link.get("master") for name, link in before.items()
        }
        assert "table" in pod.sh("nft list ruleset")


def test_half_a_plan_is_finished():
    """A plan that was cut off between any two operations is completed by applying it again."""
    with pod_on_wire() as (pod, _):
        plan = plan_for(probe_links(pod.netns, "eth0"), {"bridge": {}})
        interface = plan.interfaces[0]
        for upto in range(len(interface.operations)):
            pod.netns.run(apply_operations, interface.operations[:upto], UID)
        apply_links(plan, pod.netns, UID)
        assert links_of(pod)["tap0"]["master"] == "k6t-eth0"
        assert "169.254.75.10/32" in pod.sh("ip addr show k6t-eth0")


def test_a_refusal_names_the_operation_and_the_kernels_words():
    with pod_on_wire() as (pod, _):
        plan = plan_for(probe_links(pod.netns, "eth0"), {"bridge": {}})
        wrong = (*plan.operations, SetLink("tap0", mtu=70000))
        with pytest.raises(HostError, match=r"change tap0 \(mtu 70000\): Invalid argument \(mtu greater than device"):
            pod.netns.run(apply_operations, wrong, UID)


def test_a_link_that_is_not_there():
    with namespace() as pod:
        plan = plan_for(LinkFacts(ifname="eth7", mac="02:00:00:00:00:01", addresses=("10.0.0.2/24",)), {"bridge": {}})
        with pytest.raises(HostError, match="no link eth7"):
            apply_links(plan, pod.netns, UID)
        with pytest.raises(HostError, match="no link eth7; it has lo"):
            probe_links(pod.netns, "eth7")


def test_a_namespace_that_is_gone():
    holder = subprocess.Popen(["unshare", "--net", "sleep", "60"])
    holder.kill()
    holder.wait()
    with pytest.raises(HostError, match="can't be opened: No such"):
        Netns.of_pid(holder.pid)


def test_what_is_not_a_namespace(tmp_path: Path):
    path = tmp_path / "file"
    path.touch()
    with Netns(path) as wrong, pytest.raises(HostError, match="can't be entered"):
        wrong.run(lambda: None)


def test_this_process_stays_where_it_is():
    before = os.readlink("/proc/self/ns/net")
    with namespace() as pod:
        assert pod.netns.run(os.readlink, "/proc/thread-self/ns/net") == os.readlink(f"/proc/{pod.pid}/ns/net")
        with pytest.raises(ZeroDivisionError):
            pod.netns.run(lambda: 1 // 0)
        descriptor = pod.netns.fileno()
        assert stat.S_ISREG(os.fstat(descriptor).st_mode)
    assert os.readlink("/proc/self/ns/net") == before
    assert os.readlink("/proc/thread-self/ns/net") == before


def test_a_link_as_facts():
    setup = (
        "ip addr add 10.244.1.17/32 dev eth0; ip addr add 10.9.0.1/24 dev eth0; "
        "ip -6 addr add fd00::5/64 dev eth0 nodad; "
        "ip route add 169.254.1.1 dev eth0; ip route add default via 169.254.1.1; "
        "ip route add 172.16.0.0/12 via 10.9.0.254; ip -6 route add default via fd00::1; "
        "ip link add other type bridge; ip link set other up; ip addr add 10.77.0.1/24 dev other; "
        "ip route add unreachable 10.66.0.0/16; ip route add 10.55.0.0/16 dev eth0 table 77"
    )
    with pod_on_wire(setup=setup, mtu=1440) as (pod, _):
        link = probe_links(pod.netns, "eth0")
        mac = links_of(pod)["eth0"]["address"]
    assert (link.ifname, link.mac, link.mtu) == ("eth0", mac, 1440)
    assert link.addresses == ("10.244.1.17/32", "10.9.0.1/24", "fd00::5/64")
    assert set(link.routes) == {
        Route("default", "169.254.1.1"),
        Route("169.254.1.1/32"),
        Route("10.9.0.0/24"),
        Route("172.16.0.0/12", "10.9.0.254"),
        Route("fd00::/64"),
        Route("default", "fd00::1"),
    }
    assert list(inconsistencies(HostFacts(links={"net0": link}))) == []


def test_queries_agree_with_pyroute2():
    from pyroute2 import IPRoute

    setup = "ip addr add 10.244.1.17/24 dev eth0; ip link add br7 type bridge; ip link set eth0 master br7 alias here"
    with pod_on_wire(setup=setup) as (pod, _):

        def both():
            with RouteSocket() as ours, IPRoute() as theirs:
                mine = {(x.index, x.name, x.up, x.mac, x.mtu, x.master, x.alias) for x in ours.links()}
                yours = {
                    (
                        x["index"],
                        x.get("ifname"),
                        bool(x["flags"] & 1),
                        x.get("address"),
                        x.get("mtu"),
                        x.get("master") or 0,
                        x.get("ifalias") or "",
                    )
                    for x in theirs.get_links()
                }
                ours_too = {(x.index, x.cidr) for x in ours.addresses()}
                theirs_too = {(x["index"], f"{x.get('address')}/{x['prefixlen']}") for x in theirs.get_addr()}
            return mine, yours, ours_too, theirs_too

        mine, yours, addresses, their_addresses = pod.netns.run(both)
    assert mine == yours
    assert len(mine) == 3
    assert addresses == their_addresses


@pytest.mark.parametrize("count", [1, 64, 65, 3000])
def test_no_ack_of_a_large_batch_is_lost(count):
    """Each ack takes a kilobyte of the socket; more than fit into its usual buffer would be dropped by the kernel."""
    batch = Batch(2**32 - 5)
    for _ in range(count):
        batch.set_link(2**30, alias="x" * 60)
    with namespace() as pod:

        def refused():
            with RouteSocket() as kernel:
                return kernel.send(batch)

        refusals = pod.netns.run(refused)
    assert [refusal.place for refusal in refusals] == list(range(count))
    assert {refusal.errno for refusal in refusals} == {errno.ENODEV}


def test_grouped_links_go_together():
    with pod_on_wire() as (pod, _):
        plan = plan_for(probe_links(pod.netns, "eth0"), {"bridge": {}})
        apply_links(plan, pod.netns, UID)

        def delete():
            batch = Batch()
            batch.delete_group(LINK_GROUP)
            with RouteSocket() as kernel:
                return kernel.send(batch)

        assert pod.netns.run(delete) == []
        assert set(links_of(pod)) == {"lo", "eth0"}


def test_knobs_of_a_read_only_proc_that_have_their_value_are_no_failure():
    """As in a container, where /proc/sys can't be written."""
    work = (
        "from kvnode.network.links import _set_sysctl; from kvnode.planning.link_operations import SetSysctl\n"
        "_set_sysctl(SetSysctl('ipv4', 'ip_forward', int(open('/proc/sys/net/ipv4/ip_forward').read()), None))\n"
        "try: _set_sysctl(SetSysctl('ipv4', 'ip_forward', 7, None))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    read_only = "mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys"
    script = f'{read_only} && exec "$0" -c "$1"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", script, sys.executable, work], capture_output=True, text=True, check=True
    )
    assert done.stdout == "HostError /proc/sys/net/ipv4/ip_forward can't be set to 7: Read-only file system\n"
