"""Packet rules as text: which chains a plan needs, ports as sets, and names that can't end their quotes."""

import shutil

import msgspec
import pytest

from kvnode.errors import HostError
from kvnode.facts import HostFacts, LinkFacts
from kvnode.network import nft
from kvnode.network.nft import load_ruleset, pod_ruleset, quoted_ifname
from kvnode.planning.network import network_plan
from kvnode.planning.network_plans import ForwardedPort
from tests.netns.manifests import guest_with, plan_for

LINK = LinkFacts(ifname="eth0", mac="02:00:00:00:00:01", mtu=1500, addresses=("10.244.1.17/24",))


def test_no_rules_where_nothing_is_done():
    assert pod_ruleset(network_plan(guest_with(), HostFacts())) == ""
    assert pod_ruleset(network_plan(guest_with({"bridge": {}}), HostFacts())) == ""
    load_ruleset("")


def test_bridged_guests_have_a_guard_and_no_nat():
    script = pod_ruleset(plan_for(LINK, {"bridge": {}}))
    assert script.startswith("table bridge kvnode\nflush table bridge kvnode\ntable bridge kvnode {\n")
    assert 'iifname { "eth0" } drop' in script
    assert "nat" not in script


def test_each_table_is_replaced_in_the_same_script():
    networks = [{"name": "net0", "pod": {}}, {"name": "net1", "multus": {"networkName": "x"}}]
    vmi = guest_with({"masquerade": {}}, {"bridge": {}}, networks=networks)
    second = msgspec.structs.replace(LINK, ifname="net1", mac="02:00:00:00:00:02")
    script = pod_ruleset(network_plan(vmi, HostFacts(links={"net0": LINK, "net1": second})))
    for family in ("ip", "bridge"):
        assert script.count(f"flush table {family} kvnode\n") == 1
    assert 'iifname { "net1" } drop' in script
    assert '"eth0" dnat to 10.0.2.2' in script


def test_ports_become_sets():
    plan = plan_for(LINK, {"masquerade": {}})
    ports = (
        ForwardedPort("tcp", 8000, 8010),
        ForwardedPort("udp", 53, 53),
        ForwardedPort("tcp", 80, 80),
        ForwardedPort("tcp", 8005, 8020),
        ForwardedPort("tcp", 81, 81),
    )
    nat = msgspec.structs.replace(plan.interfaces[0].nat, ports=ports)
    interface = msgspec.structs.replace(plan.interfaces[0], nat=nat)
    script = pod_ruleset(msgspec.structs.replace(plan, interfaces=(interface,)))
    assert 'iifname "eth0" tcp dport { 80-81, 8000-8020 } dnat to 10.0.2.2' in script
    assert 'iifname "eth0" udp dport { 53 } dnat to 10.0.2.2' in script
    assert "ip daddr 127.0.0.1 udp dport { 53 } dnat to 10.0.2.2" in script
    assert 'iifname "eth0" dnat' not in script


@pytest.mark.parametrize("name", ["", "x" * 16, 'a"b', "a b", "a\n", "a;b", "a{", "eth0\0", "a/b", "é"])
def test_a_name_that_cannot_stand_in_a_script(name):
    with pytest.raises(HostError, match="can't stand in packet rules"):
        quoted_ifname(name)


@pytest.mark.parametrize("name", ["eth0", "k6t-eth0", "veth1a2b", "eth0.100", "a@b+c"])
def test_a_name_that_can(name):
    assert quoted_ifname(name) == f'"{name}"'


def test_a_missing_nft_names_its_package(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(HostError, match="install the package nftables"):
        load_ruleset("table ip x\n")


def test_what_nft_refuses_is_said(monkeypatch):
    assert nft.TABLE == "kvnode"
    with pytest.raises(HostError, match="nft refuses the packet rules: .*syntax error"):
        load_ruleset("no rule at all\n")
